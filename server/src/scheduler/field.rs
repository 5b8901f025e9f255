//! One field of a cron expression: text to a set of numbers.

/// Which field: its name in errors, its numbers, and the words that stand for some of them.
#[derive(Debug)]
pub(super) struct Kind {
    name: &'static str,
    first: u8,
    last: u8,
    /// Largest number that may be written; Sunday is 0 and 7.
    limit: u8,
    /// Words for `first`, `first + 1` and so on.
    words: &'static [&'static str],
}

const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

pub(super) static SECOND: Kind = numbers("second", 0, 59);
pub(super) static MINUTE: Kind = numbers("minute", 0, 59);
pub(super) static HOUR: Kind = numbers("hour", 0, 23);
pub(super) static DAY: Kind = numbers("day of month", 1, 31);
pub(super) static MONTH: Kind = Kind { name: "month", first: 1, last: 12, limit: 12, words: MONTHS };
pub(super) static WEEKDAY: Kind = Kind { name: "day of week", first: 0, last: 6, limit: 7, words: WEEKDAYS };

const fn numbers(name: &'static str, first: u8, last: u8) -> Kind {
    Kind { name, first, last, limit: last, words: &[] }
}

/// The numbers that a field allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Set {
    /// Bit n stands for n.
    bits: u64,
    /// Written as `*` or `?`, and so without an opinion.
    pub(super) open: bool,
}

impl Set {
    /// The smallest number that is at least `from`.
    pub(super) fn first_from(self, from: u8) -> Option<u8> {
        let rest = self.bits.checked_shr(u32::from(from)).unwrap_or(0);
        (rest != 0).then(|| from + rest.trailing_zeros() as u8)
    }

    pub(super) fn contains(self, number: u8) -> bool {
        self.first_from(number) == Some(number)
    }

    /// Whether every number of the field is allowed, however that was written.
    pub(super) fn is_full(self, kind: &Kind) -> bool {
        (kind.first..=kind.last).all(|number| self.contains(number))
    }
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FieldError {
    /// No number of this field, nor a word for one.
    #[error("{field}: `{text}` is none of {first} to {last}{words}")]
    Value {
        /// The field.
        field: &'static str,
        /// What was found.
        text: String,
        /// Smallest number.
        first: u8,
        /// Largest number.
        last: u8,
        /// The words, if there are some.
        words: &'static str,
    },
    /// A range that runs backwards.
    #[error("{field}: the range `{text}` ends before it begins; write two ranges with a comma between them")]
    Backwards {
        /// The field.
        field: &'static str,
        /// What was found.
        text: String,
    },
    /// A step that leads nowhere.
    #[error("{field}: `{text}` is no step; after `/` goes a number from 1 to 255")]
    Step {
        /// The field.
        field: &'static str,
        /// What was found.
        text: String,
    },
}

/// Reads a list of values, ranges and steps: `*`, `?`, `5`, `1-5`, `MON-FRI`, `*/15`, `10-50/20`, `5/15`.
pub(super) fn parse(kind: &Kind, text: &str) -> Result<Set, FieldError> {
    let mut set = Set { bits: 0, open: false };
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(parse_step(kind, step)?)),
            None => (part, None),
        };
        let (first, last) = parse_range(kind, range, step.is_some())?;
        let step = step.unwrap_or(1);
        set.open |= matches!(range, "*" | "?") && step == 1;
        set.bits |= (first..=last).step_by(usize::from(step)).fold(0, |bits, number| bits | 1 << number);
    }
    if kind.limit > kind.last && set.contains(kind.limit) {
        set.bits = (set.bits & !(1 << kind.limit)) | 1 << kind.first;
    }
    Ok(set)
}

/// A single value before a step begins a range to the field's end.
fn parse_range(kind: &Kind, range: &str, stepped: bool) -> Result<(u8, u8), FieldError> {
    if matches!(range, "*" | "?") {
        return Ok((kind.first, kind.last));
    }
    let Some((first, last)) = range.split_once('-') else {
        let only = parse_value(kind, range)?;
        return Ok((only, if stepped { only.max(kind.last) } else { only }));
    };
    let (first, last) = (parse_value(kind, first)?, parse_value(kind, last)?);
    if first > last {
        return Err(FieldError::Backwards { field: kind.name, text: range.to_owned() });
    }
    Ok((first, last))
}

fn parse_value(kind: &Kind, text: &str) -> Result<u8, FieldError> {
    let word = kind.words.iter().position(|word| word.eq_ignore_ascii_case(text));
    let number = word.map(|position| kind.first + position as u8).or_else(|| digits(text));
    number.filter(|number| (kind.first..=kind.limit).contains(number)).ok_or_else(|| FieldError::Value {
        field: kind.name,
        text: text.to_owned(),
        first: kind.first,
        last: kind.limit,
        words: match kind.words.first() {
            Some(&"jan") => ", nor JAN to DEC",
            Some(_) => ", nor SUN to SAT",
            None => "",
        },
    })
}

fn parse_step(kind: &Kind, text: &str) -> Result<u8, FieldError> {
    let step = digits(text).filter(|step| *step > 0);
    step.ok_or_else(|| FieldError::Step { field: kind.name, text: text.to_owned() })
}

/// Digits alone: the number parser of the standard library takes a sign too.
fn digits(text: &str) -> Option<u8> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: &Kind, text: &str, expect: &[u8]) {
        let set = parse(kind, text).unwrap();
        let numbers: Vec<u8> = (0..64).filter(|number| set.contains(*number)).collect();
        assert_eq!(numbers, expect, "{text}");
    }

    #[test]
    fn lists_ranges_and_steps_are_sets() {
        check(&MINUTE, "5", &[5]);
        check(&MINUTE, "0,30,15-17", &[0, 15, 16, 17, 30]);
        check(&MINUTE, "*/20", &[0, 20, 40]);
        check(&MINUTE, "7/20", &[7, 27, 47]);
        check(&MINUTE, "10-50/20", &[10, 30, 50]);
        check(&HOUR, "*/24", &[0]);
        check(&DAY, "29-31", &[29, 30, 31]);
        check(&DAY, "*/10", &[1, 11, 21, 31]);
        check(&MONTH, "jan,FEB,Dec", &[1, 2, 12]);
        check(&MONTH, "MAR-may", &[3, 4, 5]);
        check(&WEEKDAY, "MON-FRI", &[1, 2, 3, 4, 5]);
        check(&WEEKDAY, "0", &[0]);
        check(&WEEKDAY, "7", &[0]);
        check(&WEEKDAY, "5-7", &[0, 5, 6]);
        check(&WEEKDAY, "7/2", &[0]);
        check(&WEEKDAY, "1/3", &[1, 4]);
        check(&WEEKDAY, "?", &[0, 1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn only_a_bare_star_has_no_opinion() {
        for (text, open) in [("*", true), ("?", true), ("*/1", true), ("*/2", false), ("1-31", false)] {
            assert_eq!(parse(&DAY, text).unwrap().open, open, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_field() {
        let check = |kind: &Kind, text: &str, expect: &str| {
            assert_eq!(parse(kind, text).unwrap_err().to_string(), expect);
        };
        check(&MINUTE, "60", "minute: `60` is none of 0 to 59");
        check(&MINUTE, "", "minute: `` is none of 0 to 59");
        check(&MINUTE, "+5", "minute: `+5` is none of 0 to 59");
        check(&MINUTE, "1,", "minute: `` is none of 0 to 59");
        check(&HOUR, "١", "hour: `١` is none of 0 to 23");
        check(&DAY, "L", "day of month: `L` is none of 1 to 31");
        check(&DAY, "0", "day of month: `0` is none of 1 to 31");
        check(&MONTH, "march", "month: `march` is none of 1 to 12, nor JAN to DEC");
        check(&WEEKDAY, "MON#2", "day of week: `MON#2` is none of 0 to 7, nor SUN to SAT");
        check(
            &WEEKDAY,
            "fri-mon",
            "day of week: the range `fri-mon` ends before it begins; write two ranges with a comma between them",
        );
        check(&MINUTE, "*/0", "minute: `0` is no step; after `/` goes a number from 1 to 255");
        check(&MINUTE, "*/x", "minute: `x` is no step; after `/` goes a number from 1 to 255");
    }
}
