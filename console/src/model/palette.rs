//! Finding anything by a few letters: places to go, things to do, names.

use super::sorted;

/// Something that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it is called.
    pub title: String,
    /// What it is: `workflow`, `execution`, `page`.
    pub kind: &'static str,
    /// Where it leads.
    pub href: String,
}

/// The entries that have all letters of the words in order, the best first.
pub fn found<'a>(entries: &'a [Entry], typed: &str, most: usize) -> Vec<&'a Entry> {
    let words: Vec<Vec<char>> =
        typed.split_whitespace().map(|word| word.to_lowercase().chars().collect()).collect();
    let mut scored: Vec<(i32, usize, &Entry)> = entries
        .iter()
        .enumerate()
        .filter_map(|(at, entry)| {
            let text: Vec<char> = format!("{} {}", entry.title, entry.kind).to_lowercase().chars().collect();
            let scores = words.iter().map(|word| score(&text, word)).collect::<Option<Vec<_>>>()?;
            Some((-scores.iter().sum::<i32>(), at, entry))
        })
        .collect();
    sorted::sort_by_key(&mut scored, |(score, at, _)| (*score, *at));
    scored.into_iter().take(most).map(|(_, _, entry)| entry).collect()
}

/// How well a word's letters stand in a text: those together and at the beginnings of words count most.
fn score(text: &[char], word: &[char]) -> Option<i32> {
    let whole = text.windows(word.len().max(1)).position(|window| window == word);
    if let Some(at) = whole {
        let begins = at == 0 || !text[at - 1].is_alphanumeric();
        return Some(if begins { 100 } else { 60 } - i32::try_from(at.min(40)).unwrap_or(40) / 4);
    }
    let (mut at, mut sum, mut last) = (0, 0, None::<usize>);
    for letter in word {
        let step = text[at..].iter().position(|other| other == letter)?;
        let here = at + step;
        let begins = here == 0 || !text[here - 1].is_alphanumeric();
        sum += if last.is_some_and(|last| last + 1 == here) { 5 } else { 0 } + if begins { 8 } else { 0 } - 1;
        last = Some(here);
        at = here + 1;
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(typed: &str) -> Vec<String> {
        let entry = |title: &str, kind| Entry { title: title.into(), kind, href: String::new() };
        let entries = [
            entry("Executions", "page"),
            entry("shop.order.checkout", "workflow"),
            entry("shop.price", "task"),
            entry("etl.checks", "workflow"),
        ];
        found(&entries, typed, 3).into_iter().map(|entry| entry.title.clone()).collect()
    }

    #[test]
    fn words_find_what_has_them_the_nearest_first() {
        assert_eq!(titles("check"), ["etl.checks", "shop.order.checkout"]);
        assert_eq!(titles("soco"), ["shop.order.checkout"]);
        assert_eq!(titles("shop task"), ["shop.price"]);
        assert_eq!(titles("zzz"), Vec::<String>::new());
    }

    #[test]
    fn nothing_typed_finds_everything_in_order() {
        assert_eq!(titles(""), ["Executions", "shop.order.checkout", "shop.price"]);
    }
}
