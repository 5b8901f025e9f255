//! When each node ran, as bars on the execution's own time.

use super::run::Run;

/// The narrowest bar, in percent: a node of a millisecond is seen too.
const NARROWEST: f64 = 0.8;

/// The time that the bars are drawn on, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    start: f64,
    length: f64,
}

/// A bar's left edge and width, in percent of the window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    /// Left edge.
    pub left: f64,
    /// Width.
    pub width: f64,
}

impl Window {
    /// From an execution's start to its end, or to `now`; `None` before it starts.
    pub fn of(execution: &Run, now: f64) -> Option<Self> {
        Some(Self { start: execution.started?, length: execution.elapsed(now)?.max(1.0) })
    }

    /// A node's bar; `None` before it starts. What lies outside the window is cut off.
    pub fn bar(self, node: &Run, now: f64) -> Option<Bar> {
        let percent = |ms: f64| (ms / self.length * 100.0).clamp(0.0, 100.0);
        let start = node.started? - self.start;
        let left = percent(start).min(100.0 - NARROWEST);
        let width = (percent(start + node.elapsed(now)?) - left).max(NARROWEST);
        Some(Bar { left, width })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::phase::Phase;

    fn run(started: f64, took: Option<f64>) -> Run {
        let phase = if took.is_some() { Phase::Succeeded } else { Phase::Running };
        Run { phase, started: Some(started), took, failure: None }
    }

    fn check(node: &Run, expect: Option<(f64, f64)>) {
        let window = Window::of(&run(1_000.0, None), 2_000.0).expect("has started");
        let expect = expect.map(|(left, width)| Bar { left, width });
        assert_eq!(window.bar(node, 2_000.0), expect);
    }

    #[test]
    fn a_bar_stands_where_its_node_ran() {
        check(&run(1_250.0, Some(500.0)), Some((25.0, 50.0)));
    }

    #[test]
    fn a_running_node_reaches_to_now() {
        check(&run(1_600.0, None), Some((60.0, 40.0)));
    }

    #[test]
    fn a_very_short_node_is_still_seen() {
        check(&run(1_500.0, Some(0.0)), Some((50.0, NARROWEST)));
        check(&run(2_000.0, Some(0.0)), Some((100.0 - NARROWEST, NARROWEST)));
    }

    #[test]
    fn what_has_not_started_has_no_bar() {
        check(&Run::default(), None);
        assert_eq!(Window::of(&Run::default(), 0.0), None);
    }
}
