//! Where a conversion is, and what it may still spend.

use std::cell::Cell;

use serde_json::Value as Json;

use super::VALUES_LIMIT;
use crate::diagnostic::{self, Code, Diagnostic, Location, PathStep};
use crate::types::DEPTH_LIMIT;

/// Findings that one conversion reports.
const FINDINGS: usize = 100;
/// Longest text shown of a value, in characters.
const SHOWN: usize = 60;

/// A conversion's outcome; `Err` is never empty.
pub(super) type Read<T> = Result<T, Vec<Diagnostic>>;

/// The values that one conversion may still look at; `None` once it wanted more.
pub(super) struct Budget(Cell<Option<usize>>);

impl Budget {
    pub(super) fn new() -> Self {
        Self(Cell::new(Some(VALUES_LIMIT)))
    }

    /// At the outermost value, which lies at `root`.
    pub(super) fn reader<'a>(&'a self, root: &'a Location) -> Reader<'a> {
        Reader { root, step: None, levels: DEPTH_LIMIT, exact: false, budget: &self.0 }
    }

    /// The outcome of a whole conversion: none of its findings counts when it could not look at everything.
    pub(super) fn settle<T>(&self, outcome: Read<T>) -> Read<T> {
        if self.0.get().is_some() {
            return outcome;
        }
        let message =
            format!("the input has more than {VALUES_LIMIT} values, or its unions take as many tries");
        let finding = Diagnostic::error(Code::InvalidValue, Location::whole(), message);
        Err(vec![finding.hint("store it as a file, and give the file's URI")])
    }
}

/// A place in the value being read.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    root: &'a Location,
    /// The step that led here, and from where.
    step: Option<(&'a Reader<'a>, Step<'a>)>,
    levels: usize,
    exact: bool,
    budget: &'a Cell<Option<usize>>,
}

#[derive(Clone, Copy)]
pub(super) enum Step<'a> {
    Index(usize),
    Key(&'a str),
}

impl<'a> Reader<'a> {
    /// Whether only the type's own form is taken: `1` is no float, `1.0` no integer. Unions ask so first.
    pub(super) fn is_exact(&self) -> bool {
        self.exact
    }

    /// The same place, one level deeper in the type.
    pub(super) fn deeper(&self) -> Read<Reader<'a>> {
        self.spend(1)?;
        let Some(levels) = self.levels.checked_sub(1) else { return Err(vec![self.too_deep()]) };
        Ok(Reader { levels, ..*self })
    }

    /// Pays for looking at so many values.
    pub(super) fn spend(&self, values: usize) -> Read<()> {
        let left = self.budget.get().and_then(|left| left.checked_sub(values));
        self.budget.set(left);
        // What is said here is lost: `settle` says it of the whole.
        left.map(drop).ok_or_else(|| vec![self.finding(Code::InvalidValue, "too many values")])
    }

    pub(super) fn inside<'b>(&'b self, step: Step<'b>) -> Reader<'b> {
        Reader { step: Some((self, step)), ..*self }
    }

    pub(super) fn exactly(&self) -> Reader<'a> {
        Reader { exact: true, ..*self }
    }

    pub(super) fn location(&self) -> Location {
        let mut location = self.root.clone();
        let mut steps: Vec<_> =
            std::iter::successors(Some(self), |reader| reader.step.map(|(outer, _)| outer))
                .filter_map(|reader| reader.step.map(|(_, step)| path_step(step)))
                .collect();
        steps.reverse();
        location.path.extend(steps);
        location
    }

    pub(super) fn finding(&self, code: Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, self.location(), message)
    }

    /// A value of another kind than the type has.
    pub(super) fn mismatch(&self, expected: &str, value: &Json) -> Diagnostic {
        let got = shown(value);
        self.finding(Code::MismatchingTypes, format!("expected {expected}, but got {got}"))
            .expected(expected)
            .got(got)
    }

    /// A text that is not written as the type's values are.
    pub(super) fn syntax(&self, expected: &str, text: &str) -> Diagnostic {
        let got = quoted(text);
        self.finding(Code::SyntaxError, format!("{got} is not {expected}")).expected(expected).got(got)
    }

    /// A value of the right kind that cannot be.
    pub(super) fn invalid(&self, message: impl Into<String>, got: &Json) -> Diagnostic {
        self.finding(Code::InvalidValue, message).got(shown(got))
    }

    fn too_deep(&self) -> Diagnostic {
        let message = format!("the value is nested more than {DEPTH_LIMIT} levels deep");
        let mut finding = self.finding(Code::NestingTooDeep, message).hint("use a flatter structure");
        // The path is as deep as the value: its beginning is enough to find it.
        finding.location.path.truncate(3);
        finding
    }
}

fn path_step(step: Step<'_>) -> PathStep {
    match step {
        Step::Index(index) => PathStep::Index(index),
        Step::Key(key) => PathStep::Key(key.to_owned()),
    }
}

/// All outcomes, or their findings.
pub(super) fn all<T>(outcomes: impl IntoIterator<Item = Read<T>>) -> Read<Vec<T>> {
    let (mut values, mut findings) = (Vec::new(), Vec::new());
    for outcome in outcomes {
        match outcome {
            Ok(value) => values.push(value),
            Err(more) => findings.extend(more),
        }
        if findings.len() >= FINDINGS {
            findings.truncate(FINDINGS);
            break;
        }
    }
    if findings.is_empty() { Ok(values) } else { Err(findings) }
}

/// A value in a message: scalars as they are, the outline of others.
pub(super) fn shown(value: &Json) -> String {
    match value {
        Json::String(text) => quoted(text),
        Json::Array(items) if items.is_empty() => "an empty list".to_owned(),
        Json::Array(items) => format!("a list of {}", items.len()),
        Json::Object(fields) if fields.is_empty() => "an empty object".to_owned(),
        Json::Object(fields) => format!("an object with {}", listed(fields.keys().map(String::as_str))),
        scalar => scalar.to_string(),
    }
}

pub(super) fn quoted(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("\"{}...\"", &text[..end]),
        None => format!("\"{text}\""),
    }
}

/// Names in a hint.
pub(super) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    diagnostic::listed(names, quoted).unwrap_or_default()
}
