//! When each node waited, was set up and ran, on the execution's own time; which nodes decided how long it took; and
//! that time without the parts in which nothing ran.

use aileron_idl::core::{Span, span};

use super::node::NodeRow;
use super::run::Run;
use super::sorted;
use super::time;

/// The narrowest bar, in percent: a node of a millisecond is seen too.
const NARROWEST: f64 = 0.35;
/// Idle time shorter than this share of the whole is left as it is.
const WORTH_COLLAPSING: f64 = 0.05;
/// What is left of idle time that is collapsed, as a share of the time in which something ran.
const COLLAPSED: f64 = 0.015;

/// What a stretch of time was spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spent {
    /// Waiting for a turn.
    Queue,
    /// Getting ready: inputs, folders, processes.
    SetUp,
    /// The user's code.
    Run,
    /// Putting away: outputs, ends.
    TearDown,
}

impl Spent {
    /// Every kind, in the order in which they come.
    pub const ALL: [Self; 4] = [Self::Queue, Self::SetUp, Self::Run, Self::TearDown];

    /// In words.
    pub fn label(self) -> &'static str {
        match self {
            Self::Queue => "Queued",
            Self::SetUp => "Set-up",
            Self::Run => "Running",
            Self::TearDown => "Put away",
        }
    }

    /// In style sheets.
    pub fn key(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::SetUp => "setup",
            Self::Run => "run",
            Self::TearDown => "teardown",
        }
    }
}

/// A stretch of a node's time, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// On what.
    pub spent: Spent,
    /// From.
    pub from: f64,
    /// To.
    pub to: f64,
}

/// The stretches of a node by what its row says: it knows no set-up.
pub fn of_row(node: &NodeRow, now: f64) -> Vec<Stretch> {
    let mut stretches = Vec::new();
    let end = node.ended().or_else(|| (!node.run.phase.is_terminal()).then_some(now));
    if let Some(created) = node.created {
        let to = node.run.started.or(end).unwrap_or(created);
        stretches.push(Stretch { spent: Spent::Queue, from: created, to });
    }
    if let (Some(from), Some(to)) = (node.run.started, end) {
        stretches.push(Stretch { spent: Spent::Run, from, to });
    }
    stretches.retain(|stretch| stretch.to > stretch.from);
    stretches
}

/// The stretches of every node in a tree of measured spans, by the node's id.
pub fn of_spans(root: &Span) -> Vec<(String, Vec<Stretch>)> {
    let (mut found, mut rest) = (Vec::new(), vec![root]);
    while let Some(span) = rest.pop() {
        if let Some(span::Id::NodeId(node)) = &span.id {
            let mut stretches = Vec::new();
            operations(span, &mut stretches);
            sorted::sort_by(&mut stretches, |a: &Stretch, b| a.from.total_cmp(&b.from));
            found.push((node.node_id.clone(), stretches));
        }
        rest.extend(&span.spans);
    }
    found
}

/// The operations of a node and its attempts, those of nodes inside not.
fn operations(span: &Span, found: &mut Vec<Stretch>) {
    for part in &span.spans {
        match &part.id {
            Some(span::Id::OperationId(name)) => {
                let (Some(from), Some(to)) = (&part.start_time, &part.end_time) else { continue };
                if let Some(spent) = spent(name) {
                    found.push(Stretch { spent, from: time::millis(from), to: time::millis(to) });
                }
            }
            Some(span::Id::TaskId(_)) => operations(part, found),
            _ => {}
        }
    }
}

fn spent(operation: &str) -> Option<Spent> {
    match operation {
        "NODE_IDLE" | "NODE_RESET" => Some(Spent::Queue),
        "NODE_SETUP" | "TASK_SETUP" | "NODE_TRANSITION" => Some(Spent::SetUp),
        "TASK_RUNTIME" => Some(Spent::Run),
        "TASK_TEARDOWN" | "NODE_TEARDOWN" => Some(Spent::TearDown),
        _ => None,
    }
}

/// The time that bars are drawn on, from left to right. Idle parts may be folded: then each takes little room.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    start: f64,
    end: f64,
    /// Folded parts: from, to, and the length that is drawn for them.
    folds: Vec<(f64, f64, f64)>,
    length: f64,
}

/// A bar's left edge and width, in percent of the axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    /// Left edge.
    pub left: f64,
    /// Width.
    pub width: f64,
}

impl Axis {
    /// From an execution's start to its end, or to `now`; `None` before it starts.
    pub fn of(execution: &Run, created: Option<f64>, now: f64) -> Option<Self> {
        let start = created.or(execution.started)?;
        let end = match execution.started.zip(execution.elapsed(now)) {
            Some((started, elapsed)) => started + elapsed,
            None => now,
        };
        Some(Self::between(start, end))
    }

    fn between(start: f64, end: f64) -> Self {
        let end = end.max(start + 1.0);
        Self { start, end, folds: Vec::new(), length: end - start }
    }

    /// The same without the long parts in which no stretch but waiting lies.
    #[must_use]
    pub fn folded<'a>(self, stretches: impl Iterator<Item = &'a Stretch>) -> Self {
        let mut busy: Vec<(f64, f64)> = stretches
            .filter(|stretch| stretch.spent != Spent::Queue)
            .map(|stretch| (stretch.from.max(self.start), stretch.to.min(self.end)))
            .filter(|(from, to)| from < to)
            .collect();
        sorted::sort_by(&mut busy, |a, b| a.0.total_cmp(&b.0));
        let (mut idle, mut at) = (Vec::new(), self.start);
        for (from, to) in busy.into_iter().chain([(self.end, self.end)]) {
            if from - at > (self.end - self.start) * WORTH_COLLAPSING {
                idle.push((at, from));
            }
            at = at.max(to);
        }
        let active = self.end - self.start - idle.iter().map(|(from, to)| to - from).sum::<f64>();
        let drawn = (active * COLLAPSED).max(1.0);
        let folds: Vec<_> = idle.into_iter().map(|(from, to)| (from, to, drawn.min(to - from))).collect();
        let length = active + folds.iter().map(|(_, _, drawn)| drawn).sum::<f64>();
        Self { folds, length: length.max(1.0), ..self }
    }

    /// Where an instant is, in percent.
    pub fn at(&self, instant: f64) -> f64 {
        let instant = instant.clamp(self.start, self.end);
        let mut drawn = instant - self.start;
        for (from, to, length) in &self.folds {
            let inside = (instant.min(*to) - from).max(0.0);
            drawn -= inside * (1.0 - length / (to - from));
        }
        (drawn / self.length * 100.0).clamp(0.0, 100.0)
    }

    /// A stretch's bar.
    pub fn bar(&self, from: f64, to: f64) -> Bar {
        let left = self.at(from).min(100.0 - NARROWEST);
        Bar { left, width: (self.at(to) - left).max(NARROWEST) }
    }

    /// The folded parts: where they are drawn, and how long they are in truth.
    pub fn folds(&self) -> Vec<(Bar, f64)> {
        self.folds.iter().map(|(from, to, _)| (self.bar(*from, *to), to - from)).collect()
    }

    /// Round distances from the start, about `wanted` of them, with where they are.
    pub fn ticks(&self, wanted: usize) -> Vec<(f64, f64)> {
        let whole = self.end - self.start;
        let step = round_step(whole / wanted.max(1) as f64);
        let count = (whole / step).floor() as usize;
        let ticks = (0..=count).map(|n| n as f64 * step);
        let mut found: Vec<(f64, f64)> = Vec::new();
        for tick in ticks {
            let at = self.at(self.start + tick);
            let is_apart = found.last().is_none_or(|(before, _)| at - before >= 60.0 / wanted.max(1) as f64);
            if is_apart {
                found.push((at, tick));
            }
        }
        found
    }
}

/// The next of 1, 2 and 5 times a power of ten, or of what clocks count in.
fn round_step(least: f64) -> f64 {
    const CLOCK: [f64; 12] = [
        60e3, 120e3, 300e3, 600e3, 900e3, 1_800e3, 3_600e3, 7_200e3, 21_600e3, 43_200e3, 86_400e3, 604_800e3,
    ];
    if least > 30e3 {
        return CLOCK.into_iter().find(|step| *step >= least).unwrap_or(least);
    }
    let power = 10f64.powf(least.max(0.001).log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|step| step * power).find(|step| *step >= least).unwrap_or(least)
}

/// The nodes that decided how long an execution took: from the one that ended last back along what each waited for, always
/// to the one that ended last of those. `upstream` tells what a node waits for, `top` the ids at the top.
pub fn critical_path<'a>(
    nodes: impl Fn(&str) -> Option<&'a NodeRow>,
    top: &[String],
    upstream: impl Fn(&str) -> Vec<String>,
) -> Vec<String> {
    let end = |id: &str| nodes(id).filter(|node| !node.is_boundary()).and_then(NodeRow::ended);
    let latest = |ids: &[String]| {
        let ended = ids.iter().filter_map(|id| Some((end(id)?, id.clone())));
        ended.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, id)| id)
    };
    let (mut path, mut at) = (Vec::new(), latest(top));
    while let Some(id) = at {
        at = latest(&upstream(&id)).filter(|next| !path.contains(next));
        path.push(id);
    }
    path.reverse();
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::phase::Phase;

    fn run(started: f64, took: Option<f64>) -> Run {
        let phase = if took.is_some() { Phase::Succeeded } else { Phase::Running };
        Run { phase, started: Some(started), took, failure: None }
    }

    fn node(id: &str, created: f64, started: f64, took: Option<f64>) -> NodeRow {
        NodeRow {
            id: id.into(),
            spec_id: id.into(),
            created: Some(created),
            run: run(started, took),
            ..NodeRow::default()
        }
    }

    fn axis() -> Axis {
        Axis::of(&run(1_000.0, None), None, 2_000.0).expect("has started")
    }

    #[test]
    fn a_bar_stands_where_its_node_ran() {
        assert_eq!(axis().bar(1_250.0, 1_750.0), Bar { left: 25.0, width: 50.0 });
    }

    #[test]
    fn a_very_short_stretch_is_still_seen() {
        assert_eq!(axis().bar(1_500.0, 1_500.0), Bar { left: 50.0, width: NARROWEST });
        assert_eq!(axis().bar(2_000.0, 2_000.0).left, 100.0 - NARROWEST);
    }

    #[test]
    fn what_has_not_started_has_no_axis() {
        assert_eq!(Axis::of(&Run::default(), None, 0.0), None);
    }

    #[test]
    fn waiting_comes_before_running() {
        let stretches = of_row(&node("n0", 1_000.0, 1_200.0, None), 2_000.0);
        let expect = [
            Stretch { spent: Spent::Queue, from: 1_000.0, to: 1_200.0 },
            Stretch { spent: Spent::Run, from: 1_200.0, to: 2_000.0 },
        ];
        assert_eq!(stretches, expect);
    }

    #[test]
    fn idle_time_is_folded_and_the_rest_keeps_its_proportions() {
        let busy = [
            Stretch { spent: Spent::Run, from: 0.0, to: 1_000.0 },
            Stretch { spent: Spent::Queue, from: 1_000.0, to: 99_000.0 },
            Stretch { spent: Spent::Run, from: 99_000.0, to: 100_000.0 },
        ];
        let axis = Axis::between(0.0, 100_000.0).folded(busy.iter());
        let folds = axis.folds();
        assert_eq!((folds.len(), folds[0].1), (1, 98_000.0));
        let (first, last) = (axis.bar(0.0, 1_000.0), axis.bar(99_000.0, 100_000.0));
        assert!((first.width - last.width).abs() < 1e-6 && first.width > 49.0, "{first:?} {last:?}");
        assert!(axis.at(50_000.0) > first.width && axis.at(50_000.0) < last.left);
    }

    #[test]
    fn ticks_are_round() {
        let ticks: Vec<f64> =
            Axis::between(0.0, 1_234.0).ticks(6).into_iter().map(|(_, tick)| tick).collect();
        assert_eq!(ticks, [0.0, 500.0, 1_000.0]);
        assert_eq!(round_step(400_000.0), 600e3);
    }

    #[test]
    fn the_critical_path_goes_back_from_what_ended_last() {
        let nodes = [
            node("a", 0.0, 0.0, Some(10.0)),
            node("b", 0.0, 0.0, Some(50.0)),
            node("c", 50.0, 50.0, Some(5.0)),
            node("d", 10.0, 10.0, Some(1.0)),
        ];
        let find = |id: &str| nodes.iter().find(|node| node.id == id);
        let upstream = |id: &str| match id {
            "c" => vec!["a".to_owned(), "b".to_owned(), "start-node".to_owned()],
            _ => Vec::new(),
        };
        let top: Vec<String> = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        assert_eq!(critical_path(find, &top, upstream), ["b", "c"]);
    }
}
