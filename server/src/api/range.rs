//! `Range`: which part of a file a client wants.

use aileron_storage::Part;

/// The one range that a header asks for. What is malformed, in another unit or more than one range is
/// answered with the whole, as RFC 9110 allows.
pub(super) fn part(header: Option<&str>) -> Part {
    header.and_then(parse).unwrap_or(Part::Whole)
}

/// `bytes=FIRST-LAST`, `bytes=FIRST-` or `bytes=-COUNT`.
fn parse(header: &str) -> Option<Part> {
    let (first, last) = header.strip_prefix("bytes=")?.trim().split_once('-')?;
    let number = |digits: &str| digits.parse::<u64>().ok().filter(|_| !digits.starts_with('+'));
    match (first, last) {
        ("", count) => number(count).map(Part::Last),
        (first, "") => number(first).map(Part::From),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some(Part::Between(first, last.saturating_add(1)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_read_and_anything_else_is_the_whole() {
        for (header, expected) in [
            ("bytes=0-0", Part::Between(0, 1)),
            ("bytes=5-18446744073709551615", Part::Between(5, u64::MAX)),
            ("bytes=7-", Part::From(7)),
            ("bytes=-3", Part::Last(3)),
            ("bytes=3-2", Part::Whole),
            ("bytes=0-1,4-5", Part::Whole),
            ("bytes=+1-2", Part::Whole),
            ("bytes=-", Part::Whole),
            ("lines=0-1", Part::Whole),
            ("", Part::Whole),
        ] {
            assert_eq!(part(Some(header)), expected, "{header}");
        }
        assert_eq!(part(None), Part::Whole);
    }
}
