//! What of a stored file can be shown in the page, by its format or the end of its name.

/// How a file is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preview {
    /// As a picture.
    Picture,
    /// As lines of text.
    Text,
    /// As rows and columns.
    Table,
    /// As a page without scripts.
    Page,
}

/// How a file is shown; `None` for what only a program can read. `what` is a value's description, such as `file (csv)`.
pub fn of(what: &str, uri: &str) -> Option<Preview> {
    let format = what.strip_prefix("file").map(|rest| rest.trim().trim_matches(['(', ')']).to_lowercase())?;
    let name = uri.rsplit('/').next().unwrap_or_default();
    let end = name.rsplit_once('.').map(|(_, end)| end.to_lowercase()).unwrap_or_default();
    by_end(&format).or_else(|| by_end(&end))
}

fn by_end(end: &str) -> Option<Preview> {
    match end {
        "png" | "jpg" | "jpeg" | "gif" | "webp" | "svg" | "svg+xml" => Some(Preview::Picture),
        "csv" | "tsv" => Some(Preview::Table),
        "html" | "htm" => Some(Preview::Page),
        "txt" | "text" | "md" | "log" | "json" | "jsonl" | "yaml" | "yml" | "toml" | "xml" | "py" | "sql"
        | "sh" => Some(Preview::Text),
        _ => None,
    }
}

/// Rows of a text with separated values, quotes understood; at most so many.
pub fn rows(text: &str, most: usize) -> Vec<Vec<String>> {
    let tab = text.lines().next().is_some_and(|line| line.contains('\t') && !line.contains(','));
    let separator = if tab { '\t' } else { ',' };
    let (mut rows, mut row, mut cell, mut is_quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => cell.extend(letters.next()),
            '"' => is_quoted = !is_quoted,
            _ if is_quoted => cell.push(letter),
            '\r' => {}
            '\n' => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
                if rows.len() == most {
                    return rows;
                }
            }
            letter if letter == separator => row.push(std::mem::take(&mut cell)),
            letter => cell.push(letter),
        }
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        rows.push(row);
    }
    rows
}

/// Where a page is shown in a frame: without its scripts, or with them. The server keeps it apart from this page either way.
pub fn framed(path: &str, with_scripts: bool) -> String {
    let separator = if path.contains('?') { '&' } else { '?' };
    format!("{path}{separator}show={}", if with_scripts { "live" } else { "still" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_counts_before_a_name() {
        assert_eq!(of("file (csv)", "s3://b/x"), Some(Preview::Table));
        assert_eq!(of("file", "/o/picture.PNG"), Some(Preview::Picture));
        assert_eq!(of("file (bin)", "/o/a.json"), Some(Preview::Text));
        assert_eq!(of("file", "/o/model"), None);
        assert_eq!(of("folder", "/o/a.csv"), None);
    }

    #[test]
    fn quotes_keep_commas_and_lines() {
        let text = "a,\"b, c\"\n\"d \"\"e\"\"\nf\",g\n";
        assert_eq!(rows(text, 9), [["a", "b, c"], ["d \"e\"\nf", "g"]]);
        assert_eq!(rows("a\tb\nc\td", 1), [["a", "b"]]);
    }

    #[test]
    fn a_signed_address_says_how_it_is_shown() {
        assert_eq!(framed("/download/a?signature=x", false), "/download/a?signature=x&show=still");
        assert_eq!(framed("/download/a", true), "/download/a?show=live");
    }
}
