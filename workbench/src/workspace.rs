//! Everything that was dropped, and what can be asked of it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use aileron_compiler::layout::{Layout, Metrics, Sizes};
use aileron_compiler::{Diagnostic, compile_task, diff, inputs, layout, values};
use aileron_idl::admin::LaunchPlan;
use aileron_idl::core::{
    CompiledTask, CompiledWorkflow, CompiledWorkflowClosure, DynamicJobSpec, Identifier, LiteralMap,
    ParameterMap, TaskTemplate, TypedInterface, WorkflowTemplate, node,
};
use aileron_idl::json;
use prost::Message;

use crate::document::Document;
use crate::library::{Library, Outcome, templates};
use crate::limits::Limits;
use crate::parameters::parameters;
use crate::problem::{Problem, Reason};
use crate::read::{self, Found, Status};
use crate::view;

/// The place of an entity in the order of dropping, from 0. It stays with the entity.
pub type EntityId = u32;

/// Entities, kept as long as the workspace is.
#[derive(Debug, Default)]
pub struct Workspace {
    limits: Limits,
    entities: Vec<Found>,
    /// How many entities there were before each file.
    files: Vec<usize>,
    /// What was compiled since the last file, which may change the verdict on any entity.
    verdicts: RefCell<BTreeMap<EntityId, Rc<Verdict>>>,
    /// A layout that is going to be asked for.
    foreseen: RefCell<Option<(EntityId, Metrics, Layout)>>,
}

/// What the compiler makes of an entity.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The closure: whole, or the best that could be made of it. A task's has the task alone.
    pub closure: CompiledWorkflowClosure,
    /// Every finding.
    pub diagnostics: Vec<Diagnostic>,
    /// What the entity refers to that was not dropped.
    pub missing: Vec<Identifier>,
    /// All that it refers to.
    pub uses: Vec<Identifier>,
}

impl Workspace {
    /// An empty workspace that reads within limits.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Other limits, for what is added from now on.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Reads a file. Its name is shown, and tells an empty `inputs.pb` from a file that is merely empty.
    ///
    /// # Errors
    /// When nothing can be read of it; entries of an archive that cannot be are told instead.
    pub fn add(&mut self, bytes: &[u8], name: &str) -> Result<view::Added, Problem> {
        let reading = read::read(bytes, name, &self.limits)?;
        let first = self.entities.len();
        self.files.push(first);
        self.verdicts.take();
        self.foreseen.take();
        self.entities.extend(reading.found);
        let entities = (first..self.entities.len()).filter_map(|at| self.summary(at)).collect();
        Ok(view::Added { entities, skipped: reading.skipped, code: reading.code })
    }

    /// Every entity, in the order of dropping.
    #[must_use]
    pub fn entities(&self) -> Vec<view::Entity> {
        (0..self.entities.len()).filter_map(|at| self.summary(at)).collect()
    }

    fn summary(&self, at: usize) -> Option<view::Entity> {
        Some(view::Entity::new(EntityId::try_from(at).ok()?, self.entities.get(at)?))
    }

    /// Compiles an entity against everything else that was dropped. A launch plan is its workflow, with
    /// findings about its own inputs. A custom resource has been compiled: it is taken as it is. Asked again
    /// before another file is added, the answer is the one that was given.
    ///
    /// # Errors
    /// [`Reason::NoEntity`]; [`Reason::Unsuited`] for values and errors.
    pub fn compile(&self, id: EntityId) -> Result<Rc<Verdict>, Problem> {
        if let Some(verdict) = self.verdicts.borrow().get(&id) {
            return Ok(Rc::clone(verdict));
        }
        let verdict = Rc::new(self.compiled(id)?);
        self.verdicts.borrow_mut().insert(id, Rc::clone(&verdict));
        Ok(verdict)
    }

    fn compiled(&self, id: EntityId) -> Result<Verdict, Problem> {
        let entity = self.entity(id)?;
        let library = self.library(id);
        Ok(match &entity.document {
            Document::Task(template) => task(template),
            Document::Workflow(template, subs) => library.compile(template, subs).into(),
            Document::Closure(closure) => {
                match closure.primary.as_ref().and_then(|one| one.template.as_ref()) {
                    Some(template) => library.compile(template, templates(&closure.sub_workflows)).into(),
                    None => Verdict::of(closure.as_ref().clone()),
                }
            }
            Document::Resource(resource) => Verdict::of(resource.closure.clone()),
            Document::Dynamic(spec) => dynamic(&library, spec),
            Document::LaunchPlan(plan) => launch_plan(&library, plan),
            Document::Values(_) | Document::Error(_) | Document::Nodes(_) => {
                return Err(unsuited(entity, "compile"));
            }
        })
    }

    /// Draws an entity's workflow and each of its sub-workflows, once each.
    ///
    /// # Errors
    /// As [`Workspace::compile`].
    pub fn layout(&self, id: EntityId) -> Result<Vec<view::Picture>, Problem> {
        let closure = &self.compile(id)?.closure;
        let workflows = closure.primary.iter().chain(&closure.sub_workflows);
        Ok(workflows.map(|workflow| view::Picture::new(workflow, layout::layout(workflow))).collect())
    }

    /// Draws an entity's own workflow with nodes of these sizes.
    ///
    /// # Errors
    /// As [`Workspace::compile`].
    pub fn lay_out(&self, id: EntityId, metrics: &Metrics, sizes: &Sizes<'_>) -> Result<Layout, Problem> {
        let is_this =
            |(of, by, _): &(EntityId, Metrics, Layout)| *of == id && by == metrics && sizes.is_empty();
        if let Some((_, _, layout)) = self.foreseen.take().filter(is_this) {
            return Ok(layout);
        }
        let primary = &self.compile(id)?.closure.primary;
        Ok(primary.as_ref().map(|own| layout::layout_sized(own, metrics, sizes)).unwrap_or_default())
    }

    /// Draws it before that is asked for, and keeps the layout until then. Not a workflow with branches: what is drawn
    /// inside of them makes them larger, and whoever asks knows by how much.
    ///
    /// # Errors
    /// As [`Workspace::compile`].
    pub fn foresee(&self, id: EntityId, metrics: &Metrics) -> Result<(), Problem> {
        let verdict = self.compile(id)?;
        let own = verdict.closure.primary.as_ref().filter(|own| !has_branches(own));
        let laid_out = own.map(|own| (id, *metrics, layout::layout_with(own, metrics)));
        self.foreseen.replace(laid_out);
        Ok(())
    }

    /// The inputs of a launch, by name: nothing of what is wrong with them, which [`Workspace::validate`]
    /// tells.
    ///
    /// # Errors
    /// As [`Workspace::validate`].
    pub fn parameters(&self, id: EntityId) -> Result<Vec<view::Parameter>, Problem> {
        let (expected, fixed) = self.expected(id)?.unwrap_or_default();
        Ok(parameters(&expected, &fixed))
    }

    /// Checks what was typed for each input, as the server does at a launch.
    ///
    /// # Errors
    /// [`Reason::NoEntity`]; [`Reason::Unsuited`] for what cannot be launched.
    pub fn validate(&self, id: EntityId, typed: &BTreeMap<String, String>) -> Result<view::Launch, Problem> {
        let given = |expected: &ParameterMap| {
            let typed = typed.iter().map(|(name, text)| (name.as_str(), text.as_str()));
            values::inputs_from_text(expected, typed)
        };
        Ok(launch(self.expected(id)?, given))
    }

    /// Checks inputs that were dropped, an `inputs.pb`, as the server does at a launch.
    ///
    /// # Errors
    /// As [`Workspace::validate`]; [`Reason::Unsuited`] also when `values` are none.
    pub fn validate_values(&self, id: EntityId, values: EntityId) -> Result<view::Launch, Problem> {
        let dropped = self.entity(values)?;
        let Document::Values(given) = &dropped.document else { return Err(unsuited(dropped, "launch with")) };
        Ok(launch(self.expected(id)?, |_| Ok(given.clone())))
    }

    /// What differs between two entities.
    ///
    /// # Errors
    /// As [`Workspace::compile`], for either.
    pub fn diff(&self, before: EntityId, after: EntityId) -> Result<view::Diff, Problem> {
        let (old, new) = (self.compile(before)?, self.compile(after)?);
        let mut found = view::Diff::from(diff::diff(&old.closure, &new.closure));
        let plan = |id| Some((self.plan(id)?, self.expected(id).ok()?.ok()?.0));
        if let (Some((_, old)), Some((plan, new))) = (plan(before), plan(after)) {
            let name = plan.id.as_ref().map(|id| id.name.as_str()).unwrap_or_default();
            found.launch_plan(name, &diff::interface::parameters(&old, &new));
        }
        Ok(found)
    }

    /// How far an execution is, by its custom resource or by a server's list of its nodes.
    ///
    /// # Errors
    /// [`Reason::NoEntity`]; [`Reason::Unsuited`] for anything else.
    pub fn status(&self, id: EntityId) -> Result<Status, Problem> {
        let entity = self.entity(id)?;
        match &entity.document {
            Document::Resource(resource) => Ok(resource.status.clone()),
            Document::Nodes(list) => Ok(Status::of_nodes(&list.node_executions)),
            _ => Err(unsuited(entity, "ask for phases")),
        }
    }

    /// Values as JSON: inputs, outputs, or what a custom resource was launched with; of an error document
    /// its error.
    ///
    /// # Errors
    /// [`Reason::NoEntity`]; [`Reason::Unsuited`] for anything else.
    pub fn values(&self, id: EntityId) -> Result<serde_json::Value, Problem> {
        let entity = self.entity(id)?;
        let shown = |map: &LiteralMap| values::inputs_to_json(&ParameterMap::default(), map);
        match &entity.document {
            Document::Values(map) => Ok(shown(map)),
            Document::Resource(resource) => Ok(shown(&resource.inputs)),
            Document::Error(error) => Ok(view::error(error)),
            _ => Err(unsuited(entity, "show as values")),
        }
    }

    /// The same as a message, for who shows each value by its type.
    ///
    /// # Errors
    /// As [`Workspace::values`], and for errors.
    pub fn literals(&self, id: EntityId) -> Result<&LiteralMap, Problem> {
        let entity = self.entity(id)?;
        match &entity.document {
            Document::Values(map) => Ok(map),
            Document::Resource(resource) => Ok(&resource.inputs),
            _ => Err(unsuited(entity, "show as values")),
        }
    }

    /// What values are to an entity: all of their names are names of its inputs, or of its outputs. The
    /// values' file tells where both are so.
    ///
    /// # Errors
    /// As [`Workspace::literals`]; [`Reason::NoEntity`].
    pub fn suits(&self, id: EntityId, values: EntityId) -> Result<view::Suits, Problem> {
        let names = &self.literals(values)?.literals;
        let all = |known: &dyn Fn(&str) -> bool| !names.is_empty() && names.keys().all(|name| known(name));
        let inputs = match self.expected(id) {
            Ok(Ok((expected, _))) => all(&|name| expected.parameters.contains_key(name)),
            _ => false,
        };
        let outputs = self.interface(id)?.and_then(|interface| interface.outputs.as_ref());
        let outputs = outputs.is_some_and(|outputs| all(&|name| outputs.variables.contains_key(name)));
        let is_named = self.entity(values)?.place.contains("outputs");
        Ok(match (inputs, outputs) {
            (true, true) if is_named => view::Suits::Outputs,
            (true, _) => view::Suits::Inputs,
            (false, true) => view::Suits::Outputs,
            (false, false) => view::Suits::Neither,
        })
    }

    fn interface(&self, id: EntityId) -> Result<Option<&TypedInterface>, Problem> {
        Ok(match &self.entity(id)?.document {
            Document::Task(template) => template.interface.as_ref(),
            Document::Workflow(template, _) => template.interface.as_ref(),
            Document::Closure(closure) => interface(closure),
            Document::Resource(resource) => interface(&resource.closure),
            Document::LaunchPlan(plan) => {
                let library = self.library(id);
                library.workflow(plan).and_then(|template| template.interface.as_ref())
            }
            _ => None,
        })
    }

    /// An entity as protobuf's JSON: what is compiled as its closure, values as they are.
    ///
    /// # Errors
    /// As [`Workspace::compile`].
    pub fn json(&self, id: EntityId) -> Result<serde_json::Value, Problem> {
        let entity = self.entity(id)?;
        let written = match &entity.document {
            Document::Values(map) => json::to_value(map, json::Style::Compact),
            Document::Error(error) => json::to_value(error, json::Style::Compact),
            Document::Nodes(list) => json::to_value(list.as_ref(), json::Style::Compact),
            Document::LaunchPlan(plan) => json::to_value(plan.as_ref(), json::Style::Compact),
            Document::Task(template) => json::to_value(template.as_ref(), json::Style::Compact),
            _ => json::to_value(&self.compile(id)?.closure, json::Style::Compact),
        };
        written.map_err(|error| Reason::Damaged(error.to_string()).at(&entity.place))
    }

    /// An entity as it was dropped, byte for byte, what is not known of it included. Absent for what was no
    /// protobuf.
    ///
    /// # Errors
    /// [`Reason::NoEntity`].
    pub fn original(&self, id: EntityId) -> Result<Option<&[u8]>, Problem> {
        Ok(self.entity(id)?.original.as_deref())
    }

    /// Inputs that were written as JSON or YAML, as they would be typed for a launch.
    ///
    /// # Errors
    /// [`Reason::Unrecognised`] for what is no object of values.
    pub fn typed(&self, bytes: &[u8], name: &str) -> Result<BTreeMap<String, String>, Problem> {
        read::typed(bytes, name, &self.limits)
    }

    fn entity(&self, id: EntityId) -> Result<&Found, Problem> {
        let found = usize::try_from(id).ok().and_then(|at| self.entities.get(at));
        found.ok_or_else(|| Reason::NoEntity.at(&format!("entity {id}")))
    }

    /// Everything that was dropped; what came in the same file comes first for an entity, for two
    /// packages of one program name their entities alike.
    fn library(&self, id: EntityId) -> Library<'_> {
        let at = usize::try_from(id).unwrap_or(usize::MAX);
        let file = self.files.partition_point(|first| *first <= at);
        let start = file.checked_sub(1).map_or(0, |file| self.files[file]);
        let end = self.files.get(file).copied().unwrap_or(self.entities.len());
        let (before, own, after) =
            (&self.entities[..start], &self.entities[start..end], &self.entities[end..]);
        Library::new(before.iter().chain(after).chain(own).map(|entity| &entity.document))
    }

    fn plan(&self, id: EntityId) -> Option<&LaunchPlan> {
        match &self.entity(id).ok()?.document {
            Document::LaunchPlan(plan) => Some(plan),
            _ => None,
        }
    }

    /// The inputs that a launch may give, and those that are fixed.
    fn expected(&self, id: EntityId) -> Result<Expected, Problem> {
        let entity = self.entity(id)?;
        let declared = |interface: Option<&TypedInterface>| {
            let interface = interface.cloned().unwrap_or_default();
            let (none, fixed) = (ParameterMap::default(), LiteralMap::default());
            Ok((inputs::expected(&interface, &none, &fixed)?, fixed))
        };
        Ok(match &entity.document {
            Document::LaunchPlan(plan) => self.library(id).expected(plan),
            Document::Task(template) => declared(template.interface.as_ref()),
            Document::Workflow(template, _) => declared(template.interface.as_ref()),
            Document::Closure(closure) => declared(interface(closure)),
            Document::Resource(resource) => declared(interface(&resource.closure)),
            Document::Dynamic(_) | Document::Values(_) | Document::Error(_) | Document::Nodes(_) => {
                return Err(unsuited(entity, "launch"));
            }
        })
    }
}

/// Expected inputs and fixed ones, or what is wrong with them.
type Expected = Result<(ParameterMap, LiteralMap), Vec<Diagnostic>>;

fn launch(
    expected: Expected,
    given: impl FnOnce(&ParameterMap) -> Result<LiteralMap, Vec<Diagnostic>>,
) -> view::Launch {
    let resolved =
        expected.and_then(|(expected, fixed)| inputs::resolve(&expected, &fixed, &given(&expected)?));
    match resolved {
        Ok(inputs) => view::Launch { inputs: Some(inputs.encode_to_vec()), diagnostics: Vec::new() },
        Err(found) => view::Launch { inputs: None, diagnostics: view::diagnostics(&found) },
    }
}

fn interface(closure: &CompiledWorkflowClosure) -> Option<&TypedInterface> {
    closure.primary.as_ref()?.template.as_ref()?.interface.as_ref()
}

fn has_branches(workflow: &CompiledWorkflow) -> bool {
    let mut nodes = workflow.template.iter().flat_map(|template| &template.nodes);
    nodes.any(|node| matches!(node.target, Some(node::Target::BranchNode(_))))
}

fn unsuited(entity: &Found, verb: &'static str) -> Problem {
    Reason::Unsuited { kind: entity.kind, verb }.at(&entity.place)
}

impl Verdict {
    fn of(closure: CompiledWorkflowClosure) -> Self {
        Self { closure, diagnostics: Vec::new(), missing: Vec::new(), uses: Vec::new() }
    }
}

impl From<Outcome> for Verdict {
    fn from(outcome: Outcome) -> Self {
        let Outcome { compiled, missing, uses } = outcome;
        let (missing, uses) = (missing.into_iter().collect(), uses.into_iter().collect());
        Self { closure: compiled.closure, diagnostics: compiled.diagnostics, missing, uses }
    }
}

fn task(template: &TaskTemplate) -> Verdict {
    let (task, diagnostics) = match compile_task(template) {
        Ok(task) => (task, Vec::new()),
        Err(found) => (CompiledTask { template: Some(template.clone()) }, found),
    };
    let closure = CompiledWorkflowClosure { tasks: vec![task], ..Default::default() };
    Verdict { diagnostics, ..Verdict::of(closure) }
}

/// The nodes that a dynamic task made. Its outputs are those of the task, which the file does not tell.
fn dynamic(library: &Library<'_>, spec: &DynamicJobSpec) -> Verdict {
    let id = Identifier { name: "dynamic".to_owned(), ..Identifier::default() };
    let template = WorkflowTemplate {
        id: Some(id),
        interface: Some(TypedInterface::default()),
        nodes: spec.nodes.clone(),
        ..WorkflowTemplate::default()
    };
    library.compile(&template, &spec.subworkflows).into()
}

fn launch_plan(library: &Library<'_>, plan: &LaunchPlan) -> Verdict {
    let mut verdict = match library.workflow(plan) {
        Some(template) => {
            let mut verdict = Verdict::from(library.compile(template, &[]));
            verdict.uses = template.id.iter().cloned().collect();
            verdict
        }
        None => {
            let missing: Vec<_> = plan.spec.iter().filter_map(|spec| spec.workflow_id.clone()).collect();
            Verdict { uses: missing.clone(), missing, ..Verdict::of(CompiledWorkflowClosure::default()) }
        }
    };
    verdict.diagnostics.extend(library.expected(plan).err().into_iter().flatten());
    verdict
}
