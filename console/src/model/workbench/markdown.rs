//! Texts to be copied into a review or a report.

use std::fmt::Write;

use super::{Change, Diff, Entity, Finding, Problem};

/// A comparison as Markdown.
pub fn comparison(before: &Entity, after: &Entity, diff: &Diff) -> String {
    let mut text = format!("## {}: {} → {}\n", after.title(), place(before), place(after));
    if diff.changes.is_empty() && diff.interface.is_empty() {
        text.push_str("\nNothing differs.\n");
        return text;
    }
    if !diff.interface.is_empty() {
        text.push_str("\n| | where | before | after | effect |\n|---|---|---|---|---|\n");
    }
    for change in &diff.interface {
        let side = |text: &Option<String>| text.as_ref().map_or("–".to_owned(), |text| format!("`{text}`"));
        let _ = writeln!(
            text,
            "| {} `{}` | {} | {} | {} | **{}**: {} |",
            change.side,
            change.variable,
            change.within,
            side(&change.before),
            side(&change.after),
            change.effect,
            change.reason
        );
    }
    for word in ["added", "removed", "changed", "moved"] {
        let of: Vec<&Change> = diff.changes.iter().filter(|change| change.change == word).collect();
        if of.is_empty() {
            continue;
        }
        let _ = writeln!(text, "\n### {} ({})\n", capital(word), of.len());
        of.into_iter().for_each(|change| row(change, &mut text));
    }
    text
}

fn place(entity: &Entity) -> String {
    if entity.version.is_empty() || entity.version == "version" {
        entity.place.clone()
    } else {
        entity.version.clone()
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn row(change: &Change, text: &mut String) {
    let name = if change.id.is_empty() {
        change.within.clone()
    } else {
        format!("{} › {}", change.within, change.id)
    };
    let from = change.before.as_ref().map_or_else(String::new, |before| format!(" (was {before})"));
    let _ = writeln!(text, "- {} **{name}**{from}", change.what);
    for field in &change.fields {
        let side =
            |text: &Option<String>| text.as_ref().map_or("unset".to_owned(), |text| format!("`{text}`"));
        let _ = writeln!(text, "  - `{}`: {} → {}", field.path, side(&field.before), side(&field.after));
    }
}

/// A verdict as Markdown.
pub fn findings(entity: &Entity, findings: &[Finding]) -> String {
    let mut text = format!("## {} ({}): {} problems\n\n", entity.name, entity.place, findings.len());
    for finding in findings {
        let _ = write!(text, "- **{}** at `{}`: {}", finding.code, finding.place(), finding.message);
        if let (Some(expected), Some(got)) = (&finding.expected, &finding.got) {
            let _ = write!(text, " (expected `{expected}`, got `{got}`)");
        }
        if let Some(hint) = &finding.hint {
            let _ = write!(text, ". {hint}");
        }
        text.push('\n');
    }
    text
}

/// Why a file could not be read, as a report: what was tried, and why each failed.
pub fn report(problem: &Problem) -> String {
    let mut parts = problem.message.split("; ");
    let mut text = format!("{}: {}\n{}\n", problem.place, problem.code, parts.next().unwrap_or_default());
    for tried in parts {
        let _ = writeln!(text, "- {tried}");
    }
    let _ = writeln!(text, "Hint: {}", problem.hint);
    text
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::model::workbench::{Field, InterfaceChange};

    fn entity(version: &str) -> Entity {
        Entity { name: "shop.order".to_owned(), version: version.to_owned(), ..Entity::default() }
    }

    #[test]
    fn a_comparison_is_a_table_and_lists() {
        let field = Field { path: "a.b".to_owned(), before: Some("1".to_owned()), after: None };
        let change = Change {
            what: "node".to_owned(),
            within: "shop.order".to_owned(),
            id: "n1".to_owned(),
            change: "moved".to_owned(),
            before: Some("n0".to_owned()),
            fields: vec![field],
        };
        let interface = InterfaceChange {
            within: "shop.order".to_owned(),
            side: "input".to_owned(),
            variable: "a".to_owned(),
            after: Some("simple:INTEGER".to_owned()),
            effect: "breaking".to_owned(),
            reason: "callers do not give it".to_owned(),
            ..InterfaceChange::default()
        };
        let diff = Diff { changes: vec![change], interface: vec![interface] };
        expect![[r#"
            ## order: v1 → v2

            | | where | before | after | effect |
            |---|---|---|---|---|
            | input `a` | shop.order | – | `simple:INTEGER` | **breaking**: callers do not give it |

            ### Moved (1)

            - node **shop.order › n1** (was n0)
              - `a.b`: `1` → unset
        "#]]
        .assert_eq(&comparison(&entity("v1"), &entity("v2"), &diff));
        assert!(comparison(&entity("v1"), &entity("v2"), &Diff::default()).ends_with("Nothing differs.\n"));
    }

    #[test]
    fn a_report_has_a_line_for_each_attempt() {
        let problem = Problem {
            code: "Unrecognised".to_owned(),
            place: "x.bin".to_owned(),
            message: "the content is of no known kind; no TaskSpec: a is not set; no Task: b".to_owned(),
            hint: "drop a package".to_owned(),
        };
        expect![[r#"
            x.bin: Unrecognised
            the content is of no known kind
            - no TaskSpec: a is not set
            - no Task: b
            Hint: drop a package
        "#]]
        .assert_eq(&report(&problem));
    }
}
