//! How results are written: tables for people, JSON and YAML for programs.

use std::io::Write;

use aileron_idl::json::{self, Style};
use clap::ValueEnum;
use prost::{Message, Name};
use serde_json::Value;

use super::failure::Failure;

/// The form of a result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Columns.
    #[default]
    Table,
    /// The messages as protobuf has them in JSON.
    Json,
    /// The same as YAML.
    Yaml,
}

/// Writes to standard output.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|source| Failure::Io { what: "failed to write to standard output".to_owned(), source })
}

/// Tells something beside the result, on standard error.
pub(super) fn tell(text: &str) -> Result<(), Failure> {
    let told = std::io::stderr().lock().write_all(text.as_bytes());
    told.map_err(|source| Failure::Io { what: "failed to write to standard error".to_owned(), source })
}

/// A message as JSON.
pub(super) fn value<M: Message + Name>(message: &M) -> Result<Value, Failure> {
    json::to_value(message, Style::Compact).map_err(|error| Failure::Answer(error.to_string()))
}

/// Writes one value in a form for programs.
pub(super) fn print_value(format: Format, value: &Value) -> Result<(), Failure> {
    let text = match format {
        Format::Yaml => {
            serde_yaml_ng::to_string(value).map_err(|error| Failure::Answer(error.to_string()))?
        }
        Format::Json | Format::Table => format!("{value:#}\n"),
    };
    print(&text)
}

/// Rows under a heading, the columns as wide as they must be.
pub(super) fn table<const N: usize>(heading: [&str; N], rows: &[[String; N]]) -> String {
    let heading = heading.map(str::to_owned);
    let all = || std::iter::once(&heading).chain(rows);
    let widths: [usize; N] =
        std::array::from_fn(|column| all().map(|row| row[column].chars().count()).max().unwrap_or_default());
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    all().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["a".to_owned(), "1".to_owned()], ["längst".to_owned(), "22".to_owned()]];
        assert_eq!(table(["NAME", "N"], &rows), "NAME    N\na       1\nlängst  22\n");
    }
}
