//! Everything that was dropped, in groups.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Compilation, Entity};

/// What entities are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Workflows in any form.
    Workflows,
    /// Launch plans.
    LaunchPlans,
    /// Tasks.
    Tasks,
    /// Custom resources of executions.
    Executions,
    /// Nodes of executions, as a server lists them.
    Nodes,
    /// Inputs and outputs.
    Values,
    /// Errors of attempts.
    Errors,
}

impl Group {
    /// The group of a kind.
    pub fn of(kind: &str) -> Self {
        match kind {
            "TaskSpec" | "Task" | "CompiledTask" | "TaskTemplate" => Self::Tasks,
            "LaunchPlan" => Self::LaunchPlans,
            "FlyteWorkflow" => Self::Executions,
            "NodeExecutionList" => Self::Nodes,
            "LiteralMap" => Self::Values,
            "ErrorDocument" => Self::Errors,
            _ => Self::Workflows,
        }
    }

    /// A heading.
    pub fn label(self) -> &'static str {
        match self {
            Self::Workflows => "Workflows",
            Self::LaunchPlans => "Launch plans",
            Self::Tasks => "Tasks",
            Self::Executions => "Executions",
            Self::Nodes => "Node executions",
            Self::Values => "Values",
            Self::Errors => "Errors",
        }
    }

    /// Whether the compiler has a verdict on it.
    pub fn is_compiled(self) -> bool {
        !matches!(self, Self::Values | Self::Errors | Self::Nodes)
    }

    /// Whether it says how far an execution is.
    pub fn has_status(self) -> bool {
        matches!(self, Self::Executions | Self::Nodes)
    }

    /// Whether its values are literals.
    pub fn has_literals(self) -> bool {
        matches!(self, Self::Executions | Self::Values)
    }

    /// Whether it holds values to look at.
    pub fn has_values(self) -> bool {
        matches!(self, Self::Values | Self::Errors | Self::Executions)
    }
}

/// What was dropped, and what the compiler says of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shelf {
    entities: Vec<Entity>,
    verdicts: BTreeMap<u32, Judged>,
}

/// A verdict, and how many others there were before it.
#[derive(Clone, Debug, PartialEq)]
struct Judged {
    verdict: Arc<Compilation>,
    revision: u32,
}

impl Shelf {
    /// Puts entities on the shelf, and says which verdicts have to be asked for: theirs, and of those
    /// that missed something.
    pub fn add(&mut self, entities: Vec<Entity>) -> Vec<u32> {
        let missed = self.verdicts.iter().filter(|(_, judged)| !judged.verdict.missing.is_empty());
        let mut stale: Vec<u32> = missed.map(|(id, _)| *id).collect();
        let compiled = |entity: &&Entity| Group::of(&entity.kind).is_compiled();
        stale.extend(entities.iter().filter(compiled).map(|entity| entity.id));
        self.entities.extend(entities);
        stale
    }

    /// Notes a verdict.
    pub fn judge(&mut self, id: u32, verdict: Compilation) {
        let revision = match self.verdicts.get(&id) {
            Some(before) => before.revision + u32::from(*before.verdict != verdict),
            None => 0,
        };
        self.verdicts.insert(id, Judged { verdict: Arc::new(verdict), revision });
    }

    /// The entity with a number.
    pub fn entity(&self, id: u32) -> Option<&Entity> {
        self.entities.iter().find(|entity| entity.id == id)
    }

    /// Whether the compiler has a verdict on an entity, now or later.
    pub fn is_compiled(&self, id: u32) -> bool {
        self.entity(id).is_some_and(|entity| Group::of(&entity.kind).is_compiled())
    }

    /// What the compiler says of an entity.
    pub fn verdict(&self, id: u32) -> Option<&Arc<Compilation>> {
        self.verdicts.get(&id).map(|judged| &judged.verdict)
    }

    /// Changes when another verdict on an entity comes than the first one, and with it another closure.
    pub fn revision(&self, id: u32) -> u32 {
        self.verdicts.get(&id).map_or(0, |judged| judged.revision)
    }

    /// The groups that are not empty, with what they hold in the order of dropping.
    pub fn groups(&self) -> BTreeMap<Group, Vec<Entity>> {
        let mut groups: BTreeMap<Group, Vec<Entity>> = BTreeMap::new();
        for entity in &self.entities {
            groups.entry(Group::of(&entity.kind)).or_default().push(entity.clone());
        }
        groups
    }

    /// What to look at first: the workflow with the most nodes, else the first of anything.
    pub fn first_choice(&self, among: &[Entity]) -> Option<u32> {
        let workflows = among.iter().filter(|entity| entity.nodes > 0);
        let largest = workflows.max_by_key(|entity| (entity.nodes, std::cmp::Reverse(entity.id)));
        largest.or(among.first()).map(|entity| entity.id)
    }

    /// What an entity can be compared with: others of its group, those of its own name first.
    pub fn comparable(&self, id: u32) -> Vec<Entity> {
        let Some(entity) = self.entity(id) else { return Vec::new() };
        let group = Group::of(&entity.kind);
        let others = self.entities.iter().filter(|other| other.id != id && Group::of(&other.kind) == group);
        let mut others: Vec<Entity> = others.cloned().collect();
        others.sort_by_key(|other| other.name != entity.name);
        others
    }

    /// The names of what refers to a name.
    pub fn users(&self, name: &str) -> Vec<String> {
        let uses = |verdict: &Compilation| verdict.uses.iter().any(|used| used == name);
        let users = self
            .verdicts
            .iter()
            .filter(|(_, judged)| uses(&judged.verdict))
            .filter_map(|(id, _)| self.entity(*id));
        let mut names: Vec<String> = users.map(|user| user.name.clone()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// How many entities the compiler refuses.
    pub fn refused(&self) -> usize {
        let is_refused = |judged: &&Judged| judged.verdict.diagnostics.iter().any(|found| found.error);
        self.verdicts.values().filter(is_refused).count()
    }

    /// True before anything was dropped.
    pub fn is_empty(&self) -> bool {
        self.entities.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entity(id: u32, kind: &str, name: &str, nodes: usize) -> Entity {
        let (kind, name) = (kind.to_owned(), name.to_owned());
        Entity { id, kind, name, nodes, place: String::new(), version: String::new(), notes: Vec::new() }
    }

    #[test]
    fn a_new_file_asks_again_about_what_missed_something() {
        let mut shelf = Shelf::default();
        assert_eq!(shelf.add(vec![entity(0, "WorkflowSpec", "w", 2), entity(1, "LiteralMap", "", 0)]), [0]);
        shelf.judge(0, Compilation { missing: vec!["t".into()], ..Compilation::default() });
        assert_eq!(shelf.add(vec![entity(2, "TaskSpec", "t", 0)]), [0, 2]);
        shelf.judge(0, Compilation { accepted: true, ..Compilation::default() });
        assert_eq!(shelf.add(vec![entity(3, "TaskSpec", "u", 0)]), [3]);
    }

    #[test]
    fn a_revision_is_another_verdict_and_not_the_first_or_the_same() {
        let mut shelf = Shelf::default();
        let missing = |names: &[&str]| Compilation {
            missing: names.iter().map(|name| (*name).to_owned()).collect(),
            ..Compilation::default()
        };
        let mut revisions = vec![shelf.revision(0)];
        for verdict in [missing(&["t"]), missing(&["t"]), missing(&[]), missing(&[])] {
            shelf.judge(0, verdict);
            revisions.push(shelf.revision(0));
        }
        assert_eq!(revisions, [0, 0, 0, 1, 1]);
    }

    #[test]
    fn the_largest_workflow_is_looked_at_first() {
        let shelf = Shelf::default();
        let all = [
            entity(0, "TaskSpec", "t", 0),
            entity(1, "WorkflowSpec", "a", 2),
            entity(2, "WorkflowSpec", "b", 7),
        ];
        assert_eq!(shelf.first_choice(&all), Some(2));
        assert_eq!(shelf.first_choice(&all[..1]), Some(0));
        assert_eq!(shelf.first_choice(&[]), None);
    }

    #[test]
    fn it_knows_who_uses_what() {
        let mut shelf = Shelf::default();
        shelf.add(vec![entity(0, "WorkflowSpec", "w", 1), entity(1, "TaskSpec", "t", 0)]);
        shelf.judge(0, Compilation { uses: vec!["t".into()], ..Compilation::default() });
        assert_eq!((shelf.users("t"), shelf.users("w")), (vec!["w".to_owned()], Vec::new()));
    }

    #[test]
    fn its_own_name_is_compared_first() {
        let mut shelf = Shelf::default();
        shelf.add(vec![
            entity(0, "WorkflowSpec", "a", 1),
            entity(1, "WorkflowSpec", "b", 1),
            entity(2, "TaskSpec", "a", 0),
            entity(3, "CompiledWorkflowClosure", "a", 1),
        ]);
        let others: Vec<u32> = shelf.comparable(0).iter().map(|other| other.id).collect();
        assert_eq!(others, [3, 1]);
    }
}
