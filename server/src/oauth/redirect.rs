//! Where a browser is led: back to our own pages, or to a client on its own machine, and nowhere else.

use http::request::Parts;
use url::{Host, Url};

use super::HOME;

/// The page that `redirect_url` of a request asks for, when it is one of ours; else the first one.
pub(super) fn asked(parts: &Parts, origin: &str) -> String {
    let query = parts.uri.query().unwrap_or_default().as_bytes();
    let given = url::form_urlencoded::parse(query).find(|(name, _)| name == "redirect_url");
    given.and_then(|(_, given)| own(&given, origin)).unwrap_or_else(|| HOME.to_owned())
}

/// Path and query of a page of ours that a text names, as a path or as a whole address.
pub(crate) fn own(given: &str, origin: &str) -> Option<String> {
    let plain = given.chars().all(|letter| !letter.is_control() && letter != '\\' && letter != ' ');
    let is_path = given.starts_with('/') && !given.starts_with("//");
    let base = Url::parse(origin).ok()?;
    let is_address = given.starts_with("https://") || given.starts_with("http://");
    if !plain || !(is_path || is_address) {
        return None;
    }
    let target = base.join(given).ok()?;
    let same =
        target.origin() == base.origin() && target.username().is_empty() && target.password().is_none();
    // What follows the origin in the text that browsers will get: it begins with one slash.
    let path = &target[url::Position::BeforePath..];
    (same && path.starts_with('/') && !path.starts_with("//")).then(|| path.to_owned())
}

/// Whether an address is one at which a command line may wait for its code: `http`, on this machine, `/callback`.
pub(crate) fn is_of_command_line(given: &str) -> bool {
    let Ok(url) = Url::parse(given) else { return false };
    let loopback = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    let bare = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    let plain = given.chars().all(|letter| letter.is_ascii_graphic() && letter != '\\' && letter != '%');
    url.scheme() == "http" && loopback && bare && plain && url.path() == "/callback" && url.port().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "https://own.test:8443";
    const TARGETS: &str = include_str!("redirect_targets.txt");

    #[test]
    fn our_own_pages_are_led_to() {
        for (given, expected) in [
            ("/console/projects/p?x=1", "/console/projects/p?x=1"),
            ("https://own.test:8443/console/a#b", "/console/a#b"),
            (
                "/oauth2/authorize?redirect_uri=http%3A%2F%2Flocalhost",
                "/oauth2/authorize?redirect_uri=http%3A%2F%2Flocalhost",
            ),
            ("/a/../b", "/b"),
        ] {
            assert_eq!(own(given, ORIGIN).as_deref(), Some(expected), "{given}");
        }
    }

    /// Each line is a target that would lead elsewhere, in a browser's eyes at least; `\n` and the like stand for
    /// themselves.
    #[test]
    fn nothing_else_is() {
        let mut tried = 0;
        for line in TARGETS.lines().filter(|line| !line.starts_with("# ")) {
            let given =
                line.replace("\\t", "\t").replace("\\n", "\n").replace("\\r", "\r").replace("\\0", "\0");
            assert_eq!(own(&given, ORIGIN), None, "{line}");
            assert!(!is_of_command_line(&given), "{line}");
            tried += 1;
        }
        assert!(tried >= 120, "{tried}");
    }

    #[test]
    fn codes_go_to_this_machine_alone() {
        for given in
            ["http://localhost:53593/callback", "http://127.0.0.1:1/callback", "http://[::1]:9/callback"]
        {
            assert!(is_of_command_line(given), "{given}");
        }
        for given in [
            "http://localhost/callback",
            "https://localhost:1/callback",
            "http://localhost:1/other",
            "http://localhost:1/callback?x",
            "http://localhost:1/callback#x",
            "http://a@localhost:1/callback",
            "http://localhost.evil.test:1/callback",
        ] {
            assert!(!is_of_command_line(given), "{given}");
        }
    }
}
