//! Findings while they are collected: all are counted, and the first are kept.

use crate::diagnostic::{Code, Diagnostic, Location};

/// Findings kept; a thousand say enough of what is wrong. A finding names types and values, and a small
/// template can refer often to a large one: kept all, they could take gigabytes.
const LIMIT: usize = 1_000;

#[derive(Debug, Default)]
pub(crate) struct Findings {
    kept: Vec<Diagnostic>,
    left_out: Option<LeftOut>,
}

#[derive(Clone, Copy, Debug)]
struct LeftOut {
    /// Of the first.
    code: Code,
    count: usize,
}

impl Findings {
    pub(crate) fn push(&mut self, found: Diagnostic) {
        match self.kept.len() {
            LIMIT => self.leave_out(LeftOut { code: found.code, count: 1 }),
            _ => self.kept.push(found),
        }
    }

    fn leave_out(&mut self, more: LeftOut) {
        self.left_out.get_or_insert(LeftOut { count: 0, ..more }).count += more.count;
    }

    /// How many were found, kept or not.
    pub(crate) fn len(&self) -> usize {
        self.kept.len() + self.left_out.map_or(0, |more| more.count)
    }

    /// Forgets what was found after the first `len`.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.kept.truncate(len);
        let count = len.saturating_sub(self.kept.len());
        self.left_out = self.left_out.filter(|_| count > 0).map(|more| LeftOut { count, ..more });
    }

    /// Takes over what was found in a sub-workflow.
    pub(crate) fn absorb(&mut self, inner: Self, workflow: &str) {
        self.extend(inner.kept.into_iter().map(|found| found.of_workflow(workflow)));
        inner.left_out.into_iter().for_each(|more| self.leave_out(more));
    }

    /// What was kept, and how much more there is.
    pub(crate) fn into_diagnostics(mut self) -> Vec<Diagnostic> {
        self.kept.extend(self.left_out.map(|LeftOut { code, count }| {
            let message = format!("findings that are not listed: {count}");
            Diagnostic::error(code, Location::whole(), message).hint("mend what is listed, and try again")
        }));
        self.kept
    }

    /// Fine, if nothing was found.
    pub(crate) fn verdict(self) -> Result<(), Vec<Diagnostic>> {
        if self.kept.is_empty() { Ok(()) } else { Err(self.into_diagnostics()) }
    }
}

impl Extend<Diagnostic> for Findings {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, found: I) {
        found.into_iter().for_each(|found| self.push(found));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Program, collection, int_value, text_value};
    use crate::types::samples::*;

    fn some(count: usize, code: Code) -> Findings {
        let mut findings = Findings::default();
        findings.extend((0..count).map(|_| Diagnostic::error(code, Location::whole(), "wrong")));
        findings
    }

    fn last(findings: Findings) -> (usize, String) {
        let found = findings.into_diagnostics();
        (found.len(), found.last().map(ToString::to_string).unwrap_or_default())
    }

    #[test]
    fn the_first_thousand_are_kept_and_the_rest_is_counted() {
        assert_eq!(last(some(LIMIT, Code::SyntaxError)), (LIMIT, "SyntaxError: wrong".to_owned()));
        let more = "SyntaxError: findings that are not listed: 7 (mend what is listed, and try again)";
        assert_eq!(last(some(LIMIT + 7, Code::SyntaxError)), (LIMIT + 1, more.to_owned()));
    }

    #[test]
    fn what_is_forgotten_is_not_counted() {
        for (found, len) in [(5, 3), (LIMIT + 5, LIMIT + 2), (LIMIT + 5, LIMIT), (LIMIT + 5, 2)] {
            let mut findings = some(found, Code::SyntaxError);
            findings.truncate(len);
            assert_eq!(findings.len(), len);
            assert_eq!(findings.into_diagnostics().len(), len.min(LIMIT + 1));
        }
    }

    #[test]
    fn what_a_sub_workflow_left_out_is_left_out() {
        let mut outer = some(2, Code::SyntaxError);
        outer.absorb(some(LIMIT + 3, Code::InvalidValue), "inner");
        assert_eq!(outer.len(), LIMIT + 5);
        assert!(outer.into_diagnostics()[2].to_string().starts_with("InvalidValue at inner/"));
    }

    #[test]
    fn a_workflow_with_many_mistakes_has_few_diagnostics() {
        let names: Vec<_> = (0..100).map(|index| format!("a{index}")).collect();
        let inputs: Vec<_> = names.iter().map(|name| (name.as_str(), int())).collect();
        let mut program = Program::new().task("t", &inputs, &[]).task("l", &[("a", list(int()))], &[]);
        for index in 0..50 {
            program = program.node(&format!("n{index}"), "t", &[("a0", text_value("x"))]);
        }
        let wrong = (0..2_000).map(|_| text_value("x")).chain([int_value(1)]);
        let found = program.node("last", "l", &[("a", collection(wrong))]).compile().diagnostics;
        assert_eq!(found.len(), LIMIT + 1);
        assert!(found[LIMIT].message.ends_with(": 6000"), "{}", found[LIMIT]);
    }
}
