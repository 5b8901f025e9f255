//! The configuration file: keys and their values as text, each with its line.

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::KEYS;
use super::problem::{Problem, Problems, did_you_mean};
use super::table::{Key, key};

/// A value that the file gives.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: &'static Key,
    pub(super) text: String,
    /// From 1.
    pub(super) line: usize,
}

/// Reads a file; every key that is wrong is told.
pub(super) fn read(path: &Path) -> Result<Vec<Entry>, Problems> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| Problem::Unreadable { path: path.to_owned(), source })?;
    parse(&path.display().to_string(), &text)
}

fn parse(name: &str, text: &str) -> Result<Vec<Entry>, Problems> {
    let line = |at: usize| 1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count();
    let table = DeTable::parse(text).map_err(|error| Problem::Syntax {
        place: format!("{name}:{}", line(error.span().unwrap_or_default().start)),
        message: error.message().to_owned(),
    })?;
    let mut entries = Vec::new();
    let mut problems = Vec::new();
    for (key, value) in table.get_ref() {
        let line = line(key.span().start);
        match entry(&format!("{name}:{line}"), key.get_ref(), value) {
            Ok((key, text)) => entries.push(Entry { key, text, line }),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(entries) } else { Err(problems.into()) }
}

fn entry(place: &str, name: &str, value: &Spanned<DeValue<'_>>) -> Result<(&'static Key, String), Problem> {
    let place = place.to_owned();
    let Some(key) = key(name) else {
        let known = did_you_mean(name, KEYS.iter().map(|key| key.name));
        let hint = known.map_or_else(
            || "; docs/configuration.md lists the keys".to_owned(),
            |known| format!("; did you mean `{known}`?"),
        );
        return Err(Problem::UnknownKey { place, key: name.to_owned(), hint });
    };
    match text_of(value.get_ref()) {
        Some(text) => Ok((key, text)),
        None => {
            let problem = format!("it has a {}; write a {}", value.get_ref().type_str(), key.kind);
            Err(Problem::Invalid { place, key: key.name, problem })
        }
    }
}

/// A value as a flag would give it.
fn text_of(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        DeValue::Boolean(value) => Some(value.to_string()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Array(items) => {
            let texts: Option<Vec<String>> = items
                .iter()
                .map(|item| item.get_ref().as_str().filter(|text| !text.contains(',')).map(str::to_owned))
                .collect();
            Some(texts?.join(","))
        }
        DeValue::Integer(_) | DeValue::Datetime(_) | DeValue::Table(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn values_keep_their_lines() {
        let entries = parse(
            "a.toml",
            "# a comment\nlisten = \"127.0.0.1:1\"\n\nparallel_attempts = 4\nprojects = [\"a\", \"b\"]\n",
        );
        let shown: Vec<_> = entries
            .unwrap()
            .iter()
            .map(|entry| format!("{} {} {}", entry.line, entry.key.name, entry.text))
            .collect();
        assert_eq!(shown, ["2 listen 127.0.0.1:1", "4 parallel_attempts 4", "5 projects a,b"]);
    }

    #[test]
    fn every_wrong_key_is_told_with_its_line() {
        let text = "lisen = 1\n[limits]\nx = 1\n";
        expect![[r"
            the configuration is wrong
              a.toml:2: unknown key `limits`; docs/configuration.md lists the keys
              a.toml:1: unknown key `lisen`; did you mean `listen`?"]]
        .assert_eq(&parse("a.toml", text).unwrap_err().to_string());
        expect![[r"
            the configuration is wrong
              a.toml:1: invalid value for `listen`: it has a datetime; write a IP address and port"]]
        .assert_eq(&parse("a.toml", "listen = 1979-05-27").unwrap_err().to_string());
        expect![[r"
            the configuration is wrong
              a.toml:2: unclosed array, expected `]`"]]
        .assert_eq(&parse("a.toml", "\nprojects = [").unwrap_err().to_string());
    }
}
