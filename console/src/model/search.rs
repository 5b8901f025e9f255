//! The search of the list of executions: words, and words with a prefix that says what they are of.
//!
//! | written | finds executions |
//! |---|---|
//! | `etl` | with `etl` in their name |
//! | `workflow:etl`, `plan:etl`, `task:etl` | with it in the name of what they run |
//! | `version:v7` | of that version of the workflow |
//! | `user:ada` | that somebody with `ada` in their name launched |
//! | `error:ValueError` | that failed with it in the error's code |
//! | `label:team`, `label:team=a` | with that label, or that label and value |
//! | `longer:10s`, `shorter:2m` | that took longer, or less long |
//!
//! Everything must hold. Quotes keep spaces together: `user:"Ada L"`.

/// A search that says what nobody understands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unclear {
    /// A prefix that there is not.
    #[error(
        "there is no `{0}:`; known are workflow, plan, task, version, user, error, label, longer and shorter"
    )]
    Prefix(String),
    /// No span of time.
    #[error("`{0}` is no span of time; write 500ms, 10s, 2m or 1h")]
    Span(String),
    /// Text that a filter cannot have in it.
    #[error("a search cannot have `{0}` in it")]
    Letter(char),
}

/// Every prefix, for completion.
pub const PREFIXES: [&str; 9] =
    ["workflow", "plan", "task", "version", "user", "error", "label", "longer", "shorter"];

/// The search in the API's filter language, piece by piece.
///
/// # Errors
/// The first word that is not understood.
pub fn filters(search: &str) -> Result<Vec<String>, Unclear> {
    let mut found = Vec::new();
    for word in words(search) {
        found.extend(filter(&word)?);
    }
    Ok(found)
}

fn filter(word: &str) -> Result<Vec<String>, Unclear> {
    if let Some(letter) = word.chars().find(|letter| matches!(letter, '+' | ',' | '(' | ')' | ';')) {
        return Err(Unclear::Letter(letter));
    }
    let Some((prefix, value)) = word.split_once(':') else { return Ok(vec![contains("name", word)]) };
    if value.is_empty() {
        // It is still being typed.
        return Ok(Vec::new());
    }
    Ok(match prefix {
        "workflow" => vec![contains("workflow.name", value)],
        "plan" => vec![contains("launch_plan.name", value)],
        "task" => vec![contains("task.name", value)],
        "version" => vec![format!("eq(workflow.version,{value})")],
        "user" => vec![contains("user", value)],
        "error" => vec![contains("error_code", value)],
        "label" => label(value),
        "longer" => vec![format!("gt(duration,{})", nanos(value)?)],
        "shorter" => vec![format!("lt(duration,{})", nanos(value)?)],
        other => return Err(Unclear::Prefix(other.to_owned())),
    })
}

fn contains(column: &str, text: &str) -> String {
    format!("contains({column},{text})")
}

fn label(text: &str) -> Vec<String> {
    match text.split_once('=') {
        None => vec![format!("eq(execution_tag.key,{text})")],
        Some((key, value)) => {
            vec![format!("eq(execution_tag.key,{key})"), format!("eq(execution_tag.value,{value})")]
        }
    }
}

fn nanos(text: &str) -> Result<u64, Unclear> {
    let units = [("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3_600e9), ("d", 86_400e9)];
    let found = units.iter().find_map(|(unit, nanos)| {
        let number: f64 = text.strip_suffix(unit)?.parse().ok()?;
        (0.0..1e9).contains(&number).then_some(number * nanos)
    });
    found.map(|nanos| nanos as u64).ok_or_else(|| Unclear::Span(text.to_owned()))
}

/// Words between spaces; quotes keep spaces and are dropped.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut is_quoted) = (Vec::new(), String::new(), false);
    for letter in text.chars() {
        match letter {
            '"' => is_quoted = !is_quoted,
            space if space.is_whitespace() && !is_quoted => words.push(std::mem::take(&mut word)),
            other => word.push(other),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(search: &str, expect: &str) {
        let found = filters(search).map_or_else(|unclear| unclear.to_string(), |parts| parts.join("+"));
        assert_eq!(found, expect, "{search}");
    }

    #[test]
    fn words_become_filters() {
        check("  ", "");
        check("etl  daily", "contains(name,etl)+contains(name,daily)");
        check("user:\"Ada L\"", "contains(user,Ada L)");
        check("label:team=a", "eq(execution_tag.key,team)+eq(execution_tag.value,a)");
        check("longer:1.5s shorter:2m", "gt(duration,1500000000)+lt(duration,120000000000)");
        check("workflow:", "");
    }

    #[test]
    fn what_is_not_understood_is_said() {
        check(
            "who:ada",
            "there is no `who:`; known are workflow, plan, task, version, user, error, label, longer and shorter",
        );
        check("longer:soon", "`soon` is no span of time; write 500ms, 10s, 2m or 1h");
        check("a+b", "a search cannot have `+` in it");
    }
}
