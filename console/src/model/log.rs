//! A task's log as it grows: bytes arrive in pieces, text is shown.

use std::collections::VecDeque;

/// How much of a log is kept in the page, in bytes; the oldest lines go first.
const KEPT: usize = 512 * 1024;

/// The end of a log, and where to go on reading.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Log {
    bytes: VecDeque<u8>,
    /// True when lines at the start were let go.
    pub is_cut: bool,
    /// Offset of the next byte to ask for.
    pub next_offset: u64,
    /// True when the attempt has ended and everything was read.
    pub is_complete: bool,
}

impl Log {
    /// Adds what was read at [`Log::next_offset`], and where the next piece starts.
    pub fn push(&mut self, piece: &[u8], next_offset: u64, is_complete: bool) {
        self.bytes.extend(piece);
        self.next_offset = next_offset;
        self.is_complete = is_complete;
        if self.bytes.len() > KEPT {
            self.cut();
        }
    }

    /// Lets go of the oldest lines, whole lines where there are any.
    fn cut(&mut self) {
        let excess = self.bytes.len() - KEPT;
        let line_end = self.bytes.iter().skip(excess).position(|byte| *byte == b'\n');
        self.bytes.drain(..line_end.map_or(excess, |end| excess + end + 1));
        self.is_cut = true;
    }

    /// The text so far. A character whose last bytes have not arrived yet waits for them.
    pub fn text(&self) -> String {
        let (front, back) = self.bytes.as_slices();
        let bytes = [front, back].concat();
        let whole = if self.is_complete { bytes.len() } else { bytes.len() - unfinished(&bytes) };
        String::from_utf8_lossy(&bytes[..whole]).into_owned()
    }
}

/// A log without the codes that colour a terminal.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\u{1b}' {
            out.push(letter);
            continue;
        }
        // `ESC [`, numbers, and the letter that ends them; any other code is two characters.
        if letters.next() == Some('[') {
            let _ = letters.find(|letter| letter.is_ascii_alphabetic());
        }
    }
    out
}

/// The lines that contain some letters, whatever their case; with their numbers, counted from 1.
pub fn matching(text: &str, wanted: &str) -> String {
    let wanted = wanted.to_lowercase();
    let lines = text.lines().enumerate().filter(|(_, line)| line.to_lowercase().contains(&wanted));
    lines.map(|(at, line)| format!("{:>5}  {line}\n", at + 1)).collect()
}

/// How many bytes at the end start a UTF-8 character that is not all there.
fn unfinished(bytes: &[u8]) -> usize {
    let tail = &bytes[bytes.len().saturating_sub(3)..];
    let start = tail.iter().rposition(|byte| *byte >= 0xc0);
    start.map_or(0, |at| {
        let have = tail.len() - at;
        let need = if tail[at] >= 0xf0 {
            4
        } else if tail[at] >= 0xe0 {
            3
        } else {
            2
        };
        if have < need { have } else { 0 }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_split_between_pieces_is_shown_once_it_is_whole() {
        let bytes = "né€𝄞".as_bytes();
        let mut log = Log::default();
        let mut seen = Vec::new();
        for (at, byte) in bytes.iter().enumerate() {
            log.push(&[*byte], at as u64 + 1, false);
            seen.push(log.text());
        }
        seen.dedup();
        assert_eq!(seen, ["n", "né", "né€", "né€𝄞"]);
    }

    #[test]
    fn colours_of_a_terminal_are_left_out() {
        assert_eq!(plain("a \u{1b}[1;31mred\u{1b}[0m b\u{1b}"), "a red b");
    }

    #[test]
    fn a_search_keeps_the_numbers_of_lines() {
        assert_eq!(matching("one\nTwo\nthree two\n", "two"), "    2  Two\n    3  three two\n");
    }

    #[test]
    fn what_a_killed_task_left_half_written_is_shown_as_it_is() {
        let mut log = Log::default();
        log.push(b"ok \xe2\x82", 5, true);
        assert_eq!(log.text(), "ok \u{fffd}");
    }

    #[test]
    fn a_long_log_keeps_its_last_whole_lines() {
        let mut log = Log::default();
        for n in 0..100_000 {
            log.push(format!("line {n}\n").as_bytes(), n, false);
        }
        let text = log.text();
        assert!(
            log.is_cut && text.len() <= KEPT && text.starts_with("line ") && text.ends_with("line 99999\n")
        );
    }

    #[test]
    fn one_endless_line_is_cut_too() {
        let mut log = Log::default();
        log.push(&vec![b'x'; KEPT + 10], 0, true);
        assert_eq!(log.text().len(), KEPT);
    }
}
