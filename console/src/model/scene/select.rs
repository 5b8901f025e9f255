//! The language of the search field: which nodes are meant.
//!
//! | text | nodes |
//! |---|---|
//! | `price` | whose id, path, title or target is `price`; if there is none, in which it occurs |
//! | `n*` | whose id, path, title or target is like that |
//! | `+x` | `x` and all that it waits for |
//! | `x+` | `x` and all that waits for it |
//! | `2+x`, `x+2` | the same, so many steps far |
//! | `type:branch` | of a kind or task type |
//! | `phase:failed` | of a phase |
//! | `err` | with errors, or failed |
//! | `path(a,b)` | on a way from `a` to `b` |
//! | `a b`, `a & b`, `!a`, `(a b)` | either; both; not; as one |

use std::collections::BTreeSet;
use std::fmt;

use super::Scene;
use super::marks::Marks;
use crate::model::phase::Phase;

/// How deep brackets nest.
const DEEPEST: usize = 32;

/// A text that cannot be read, and where in it, in characters from 0.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} at character {}", at + 1)]
pub struct Unreadable {
    /// Where.
    pub at: usize,
    /// What was wanted.
    pub message: &'static str,
}

/// What nodes are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// By a name or pattern.
    Name(String),
    /// By kind or task type.
    Type(String),
    /// By phase.
    Phase(String),
    /// Those in trouble.
    Trouble,
    /// Nodes with those before them and behind them, so many steps; none for no steps.
    Around {
        /// What to start from.
        of: Box<Query>,
        /// Steps upstream.
        up: u32,
        /// Steps downstream.
        down: u32,
    },
    /// On a way between two.
    Path(Box<Query>, Box<Query>),
    /// Either.
    Or(Vec<Query>),
    /// Both.
    And(Vec<Query>),
    /// All others.
    Not(Box<Query>),
}

/// What a query is asked of.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The nodes.
    pub scene: &'a Scene,
    /// What is wrong with them.
    pub marks: &'a Marks,
    /// Their phases, in the scene's order.
    pub phases: &'a [Phase],
}

impl Query {
    /// Reads a text; nothing of an empty one.
    ///
    /// # Errors
    /// When it is not of the language.
    pub fn parse(text: &str) -> Result<Option<Self>, Unreadable> {
        let mut reader = Reader { letters: text.chars().collect(), at: 0 };
        reader.skip();
        if reader.is_done() {
            return Ok(None);
        }
        let query = reader.either(0)?;
        if reader.is_done() { Ok(Some(query)) } else { Err(reader.wrong("a bracket closes nothing")) }
    }

    /// The nodes that are meant.
    pub fn nodes(&self, subject: Subject<'_>) -> BTreeSet<u32> {
        let all = || 0..u32::try_from(subject.scene.nodes.len()).unwrap_or(u32::MAX);
        let node = |at: &u32| &subject.scene.nodes[*at as usize];
        match self {
            Self::Name(name) => named(subject.scene, name),
            Self::Type(word) => all()
                .filter(|at| node(at).kind.label().to_lowercase().contains(&word.to_lowercase()))
                .collect(),
            Self::Phase(word) => {
                let key = word.to_uppercase().replace([' ', '-'], "_");
                all().filter(|at| subject.phase(*at).is_some_and(|phase| phase.key() == key)).collect()
            }
            Self::Trouble => all().filter(|at| subject.is_in_trouble(*at)).collect(),
            Self::Around { of, up, down } => {
                let from = of.nodes(subject);
                let mut found = reach(subject.scene, &from, *up, true);
                found.extend(reach(subject.scene, &from, *down, false));
                found
            }
            Self::Path(from, to) => {
                let behind = reach(subject.scene, &from.nodes(subject), u32::MAX, false);
                let before = reach(subject.scene, &to.nodes(subject), u32::MAX, true);
                behind.intersection(&before).copied().collect()
            }
            Self::Or(queries) => queries.iter().flat_map(|query| query.nodes(subject)).collect(),
            Self::And(queries) => {
                let mut found = queries.iter().map(|query| query.nodes(subject));
                let first = found.next().unwrap_or_default();
                found.fold(first, |both, next| both.intersection(&next).copied().collect())
            }
            Self::Not(query) => {
                let without = query.nodes(subject);
                all().filter(|at| !without.contains(at)).collect()
            }
        }
    }
}

impl Subject<'_> {
    fn phase(&self, at: u32) -> Option<Phase> {
        let is_still = self.scene.nodes[at as usize].kind.is_still();
        self.phases.get(at as usize).copied().filter(|_| !is_still)
    }

    fn is_in_trouble(&self, at: u32) -> bool {
        let mark = self.marks.of(&self.scene.nodes[at as usize].path);
        mark.is_some_and(|mark| mark.errors > 0 || mark.fault.is_some())
            || matches!(
                self.phase(at),
                Some(Phase::Failed | Phase::Failing | Phase::TimedOut | Phase::Aborted)
            )
    }
}

fn named(scene: &Scene, name: &str) -> BTreeSet<u32> {
    let like = |is: &dyn Fn(&str) -> bool| -> BTreeSet<u32> {
        let nodes = (0..).zip(&scene.nodes);
        nodes
            .filter(|(_, node)| is(&node.id) || is(&node.path) || is(&node.title) || is(&node.target))
            .map(|(at, _)| at)
            .collect()
    };
    if name.contains('*') {
        return like(&|text| matches(name, text));
    }
    let exact = like(&|text| text == name);
    if !exact.is_empty() {
        return exact;
    }
    let lower = name.to_lowercase();
    like(&|text| text.to_lowercase().contains(&lower))
}

/// Whether a text is like a pattern in which `*` stands for anything.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// Nodes and those before or behind them, so many steps.
fn reach(scene: &Scene, from: &BTreeSet<u32>, steps: u32, upstream: bool) -> BTreeSet<u32> {
    let mut found = from.clone();
    let mut edge: Vec<u32> = from.iter().copied().collect();
    for _ in 0..steps {
        let next = edge.iter().flat_map(|at| {
            let node = &scene.nodes[*at as usize];
            if upstream { &node.upstream } else { &node.downstream }
        });
        let next: Vec<u32> = next.copied().filter(|at| found.insert(*at)).collect();
        if next.is_empty() {
            break;
        }
        edge = next;
    }
    found
}

struct Reader {
    letters: Vec<char>,
    at: usize,
}

impl Reader {
    fn is_done(&self) -> bool {
        self.at >= self.letters.len()
    }

    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    fn skip(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    fn take(&mut self, wanted: char) -> bool {
        let is_next = self.peek() == Some(wanted);
        self.at += usize::from(is_next);
        is_next
    }

    fn wrong(&self, message: &'static str) -> Unreadable {
        Unreadable { at: self.at, message }
    }

    fn either(&mut self, depth: usize) -> Result<Query, Unreadable> {
        let mut all = vec![self.both(depth)?];
        loop {
            self.skip();
            if self.is_done() || self.peek() == Some(')') || self.peek() == Some(',') {
                return Ok(single(all, Query::Or));
            }
            all.push(self.both(depth)?);
        }
    }

    fn both(&mut self, depth: usize) -> Result<Query, Unreadable> {
        let mut all = vec![self.negated(depth)?];
        loop {
            self.skip();
            if !self.take('&') {
                return Ok(single(all, Query::And));
            }
            self.skip();
            all.push(self.negated(depth)?);
        }
    }

    fn negated(&mut self, depth: usize) -> Result<Query, Unreadable> {
        if self.take('!') { Ok(Query::Not(Box::new(self.around(depth)?))) } else { self.around(depth) }
    }

    /// `+x`, `2+x`, `x+`, `x+2`
    fn around(&mut self, depth: usize) -> Result<Query, Unreadable> {
        let up = self.before();
        let of = self.one(depth)?;
        let down = if self.take('+') { Some(self.number().unwrap_or(u32::MAX)) } else { None };
        if up.is_none() && down.is_none() {
            return Ok(of);
        }
        Ok(Query::Around { of: Box::new(of), up: up.unwrap_or(0), down: down.unwrap_or(0) })
    }

    /// Steps upstream. A number without a plus is the beginning of a name.
    fn before(&mut self) -> Option<u32> {
        let start = self.at;
        let number = self.number();
        if self.take('+') {
            return Some(number.unwrap_or(u32::MAX));
        }
        self.at = start;
        None
    }

    fn number(&mut self) -> Option<u32> {
        let start = self.at;
        while self.peek().is_some_and(|letter| letter.is_ascii_digit()) {
            self.at += 1;
        }
        let digits: String = self.letters[start..self.at].iter().collect();
        digits.parse().ok()
    }

    fn one(&mut self, depth: usize) -> Result<Query, Unreadable> {
        if depth > DEEPEST {
            return Err(self.wrong("brackets nest too deep"));
        }
        if self.take('(') {
            let inner = self.either(depth + 1)?;
            return self.close(inner);
        }
        let start = self.at;
        let word = self.word();
        if word == "path" && self.take('(') {
            return self.path(depth);
        }
        match word.split_once(':') {
            _ if word.is_empty() => Err(Unreadable { at: start, message: "a name is wanted" }),
            Some(("type", kind)) => Ok(Query::Type(kind.to_owned())),
            Some(("phase", phase)) => Ok(Query::Phase(phase.to_owned())),
            _ if word == "err" => Ok(Query::Trouble),
            _ => Ok(Query::Name(word)),
        }
    }

    fn path(&mut self, depth: usize) -> Result<Query, Unreadable> {
        self.skip();
        let from = self.either(depth + 1)?;
        if !self.take(',') {
            return Err(self.wrong("path(a,b) wants a comma"));
        }
        self.skip();
        let to = self.either(depth + 1)?;
        self.close(Query::Path(Box::new(from), Box::new(to)))
    }

    fn close(&mut self, inner: Query) -> Result<Query, Unreadable> {
        self.skip();
        if self.take(')') { Ok(inner) } else { Err(self.wrong("a closing bracket is wanted")) }
    }

    fn word(&mut self) -> String {
        let start = self.at;
        while self.peek().is_some_and(|letter| !letter.is_whitespace() && !"()&!,+".contains(letter)) {
            self.at += 1;
        }
        self.letters[start..self.at].iter().collect()
    }
}

fn single(mut all: Vec<Query>, many: impl Fn(Vec<Query>) -> Query) -> Query {
    match all.pop() {
        Some(one) if all.is_empty() => one,
        Some(last) => {
            all.push(last);
            many(all)
        }
        None => many(all),
    }
}

impl fmt::Display for Query {
    /// In the language itself.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, all: &[Query], between: &str| {
            let all: Vec<_> = all.iter().map(Query::to_string).collect();
            write!(f, "({})", all.join(between))
        };
        let steps = |count: u32| if count == u32::MAX { String::new() } else { count.to_string() };
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Type(word) => write!(f, "type:{word}"),
            Self::Phase(word) => write!(f, "phase:{word}"),
            Self::Trouble => f.write_str("err"),
            Self::Around { of, up, down } => {
                if *up > 0 {
                    write!(f, "{}+", steps(*up))?;
                }
                write!(f, "{of}")?;
                if *down > 0 { write!(f, "+{}", steps(*down)) } else { Ok(()) }
            }
            Self::Path(from, to) => write!(f, "path({from},{to})"),
            Self::Or(all) => list(f, all, " "),
            Self::And(all) => list(f, all, " & "),
            Self::Not(query) => write!(f, "!{query}"),
        }
    }
}
