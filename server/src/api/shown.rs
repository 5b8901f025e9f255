//! How a browser shows what tasks have stored: apart from every page of ours, and without asking anybody for anything.
//!
//! `?show=still` runs none of its scripts, `?show=live` runs those that it carries. Whichever is asked for, what is shown has
//! no origin: it sees no cookie, no storage and no page of ours. A query that is not signed may say it, as it gives nothing
//! that the signed rest doesn't.

/// Scripts of its own, and nothing from elsewhere: an address can carry away what the page has read.
const LIVE: &str = "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; \
     style-src 'unsafe-inline'; img-src data: blob:; font-src data:; media-src data: blob:; worker-src 'none'; \
     form-action 'none'; base-uri 'none'; frame-ancestors 'self'";
const STILL: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; \
     media-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'";
/// What shows every part of one of flytekit's decks, which a script of its own hides but one.
const ALL_PARTS: &str = "<style>#flyte-frame-nav{display:none}\
     #flyte-frame-container>div{display:block!important;padding:1rem 2rem}</style>";

const PAGE: &str = "text/html; charset=utf-8";
const BYTES: &str = "application/octet-stream";

/// What of an object a browser is to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// A page of which nothing runs.
    Still,
    /// A page with its scripts.
    Live,
    /// A file to be saved.
    File,
}

impl Shown {
    /// What is asked for; a page that nobody asks about is shown with its scripts.
    pub(super) fn asked(query: &[(String, String)], key: &str) -> Shown {
        match query.iter().find(|(name, _)| name == "show").map(|(_, value)| value.as_str()) {
            Some("still") => Shown::Still,
            Some("live") => Shown::Live,
            _ if key.ends_with(".html") => Shown::Live,
            _ => Shown::File,
        }
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Shown::Still | Shown::Live => PAGE,
            Shown::File => BYTES,
        }
    }

    /// The `Content-Security-Policy`.
    pub(super) fn policy(self) -> &'static str {
        match self {
            Shown::Live => LIVE,
            Shown::Still | Shown::File => STILL,
        }
    }

    /// What is sent after the whole object.
    pub(super) fn tail(self) -> &'static str {
        if self == Shown::Still { ALL_PARTS } else { "" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_shown_asks_anybody_or_has_an_origin() {
        for shown in [Shown::Still, Shown::Live, Shown::File] {
            let policy = shown.policy();
            assert!(policy.starts_with("sandbox") && policy.contains("; default-src 'none';"), "{policy}");
            assert!(!policy.contains("http") && !policy.contains("allow-same-origin"), "{policy}");
            assert_eq!(policy.contains("script"), shown == Shown::Live, "{policy}");
        }
    }

    #[test]
    fn a_name_says_what_is_shown_unless_the_query_does() {
        let asked = |value: &str| [("show".to_owned(), value.to_owned())];
        assert_eq!(Shown::asked(&[], "a/deck.html"), Shown::Live);
        assert_eq!(Shown::asked(&[], "a/model.bin"), Shown::File);
        assert_eq!(Shown::asked(&asked("still"), "a/deck.html"), Shown::Still);
        assert_eq!(Shown::asked(&asked("live"), "a/0"), Shown::Live);
        assert_eq!(Shown::asked(&asked("else"), "a/0"), Shown::File);
    }
}
