//! What is wrong, where, and how to mend it: as data, and as Flyte's text.

use std::fmt::{self, Write as _};

/// The stable name of a rule. The texts are Flyte's, except `NestingTooDeep`, which is ours. Each has a page
/// in `docs/errors`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// A collection or map is bound to a union and more than one variant takes it.
    AmbiguousBindingUnionValue,
    /// A branch without a case, or a case without a condition.
    BranchNodeHasNoCondition,
    /// A branch that does not say what happens when no condition holds.
    BranchNodeHasNoDefault,
    /// A case of a branch without a node to run.
    BranchNodeIdNotFound,
    /// Nodes wait for each other in a circle, or a sub-workflow runs inside itself.
    CycleDetected,
    /// One output of a node has two aliases.
    DuplicateAlias,
    /// Two nodes, or two sub-workflows, share an id.
    DuplicateId,
    /// An attribute path names a field that the dataclass does not have.
    FieldNotFound,
    /// A text bound to an enum is not among its values.
    IllegalEnumValue,
    /// A collection or map is bound to a union and no variant takes it.
    IncompatibleBindingUnionValue,
    /// Reserved: Flyte defines it and never raises it, and neither does this compiler.
    InconsistentTypes,
    /// Reserved: what Flyte says of a launch input of an unknown kind, which is [`Code::UnrecognizedValue`] here.
    InvalidLiteralType,
    /// A value is present but not of the form it must have.
    InvalidValue,
    /// A collection or map is bound to something else.
    MismatchingBindings,
    /// Reserved: Flyte defines it and never raises it, and neither does this compiler.
    MismatchingInterfaces,
    /// A value's type does not fit the declared one.
    MismatchingTypes,
    /// Types, bindings, conditions or nodes are nested deeper than [`crate::types::DEPTH_LIMIT`], or types have
    /// too many variants. Flyte has no such limit.
    NestingTooDeep,
    /// A gate that waits for nothing.
    NoConditionFound,
    /// Reserved: what Flyte says at launch of a workflow whose start leads nowhere, which is
    /// [`Code::UnreachableNodes`] here, at registration.
    NoEntryNodeFound,
    /// A workflow without nodes.
    NoNodesFound,
    /// A node id that no node has.
    NodeReferenceNotFound,
    /// One variable has two values.
    ParameterBoundMoreThanOnce,
    /// A variable that must have a value has none.
    ParameterNotBound,
    /// A text or duration that does not parse.
    SyntaxError,
    /// A task that was not supplied.
    TaskReferenceNotFound,
    /// Nodes that no path from the start reaches.
    UnreachableNodes,
    /// A value of a kind or unit that is not known.
    UnrecognizedValue,
    /// Reserved: what Flyte says at launch of two tasks or nodes under one id, which is [`Code::DuplicateId`]
    /// here, at registration.
    ValueCollision,
    /// A mandatory part is missing.
    ValueRequired,
    /// A variable that the interface does not have.
    VariableNameNotFound,
    /// Reserved: what Flyte says at launch of resources that do not parse, which is
    /// [`Code::UnrecognizedValue`] here, at registration.
    WorkflowBuildError,
    /// A launch plan that is not registered, or a sub-workflow that was not sent.
    WorkflowReferenceNotFound,
}

impl Code {
    /// Every code, in the order of their texts.
    pub const ALL: [Self; 32] = [
        Self::AmbiguousBindingUnionValue,
        Self::BranchNodeHasNoCondition,
        Self::BranchNodeHasNoDefault,
        Self::BranchNodeIdNotFound,
        Self::CycleDetected,
        Self::DuplicateAlias,
        Self::DuplicateId,
        Self::FieldNotFound,
        Self::IllegalEnumValue,
        Self::IncompatibleBindingUnionValue,
        Self::InconsistentTypes,
        Self::InvalidLiteralType,
        Self::InvalidValue,
        Self::MismatchingBindings,
        Self::MismatchingInterfaces,
        Self::MismatchingTypes,
        Self::NestingTooDeep,
        Self::NoConditionFound,
        Self::NoEntryNodeFound,
        Self::NoNodesFound,
        Self::NodeReferenceNotFound,
        Self::ParameterBoundMoreThanOnce,
        Self::ParameterNotBound,
        Self::SyntaxError,
        Self::TaskReferenceNotFound,
        Self::UnreachableNodes,
        Self::UnrecognizedValue,
        Self::ValueCollision,
        Self::ValueRequired,
        Self::VariableNameNotFound,
        Self::WorkflowBuildError,
        Self::WorkflowReferenceNotFound,
    ];

    /// The code as clients see it.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::AmbiguousBindingUnionValue => "AmbiguousBindingUnionValue",
            Self::BranchNodeHasNoCondition => "BranchNodeHasNoCondition",
            Self::BranchNodeHasNoDefault => "BranchNodeHasNoDefault",
            Self::BranchNodeIdNotFound => "BranchNodeIdNotFound",
            Self::CycleDetected => "CycleDetected",
            Self::DuplicateAlias => "DuplicateAlias",
            Self::DuplicateId => "DuplicateId",
            Self::FieldNotFound => "FieldNotFound",
            Self::IllegalEnumValue => "IllegalEnumValue",
            Self::IncompatibleBindingUnionValue => "IncompatibleBindingUnionValue",
            Self::InconsistentTypes => "InconsistentTypes",
            Self::InvalidLiteralType => "InvalidLiteralType",
            Self::InvalidValue => "InvalidValue",
            Self::MismatchingBindings => "MismatchingBindings",
            Self::MismatchingInterfaces => "MismatchingInterfaces",
            Self::MismatchingTypes => "MismatchingTypes",
            Self::NestingTooDeep => "NestingTooDeep",
            Self::NoConditionFound => "NoConditionFound",
            Self::NoEntryNodeFound => "NoEntryNodeFound",
            Self::NoNodesFound => "NoNodesFound",
            Self::NodeReferenceNotFound => "NodeReferenceNotFound",
            Self::ParameterBoundMoreThanOnce => "ParameterBoundMoreThanOnce",
            Self::ParameterNotBound => "ParameterNotBound",
            Self::SyntaxError => "SyntaxError",
            Self::TaskReferenceNotFound => "TaskReferenceNotFound",
            Self::UnreachableNodes => "UnreachableNodes",
            Self::UnrecognizedValue => "UnrecognizedValue",
            Self::ValueCollision => "ValueCollision",
            Self::ValueRequired => "ValueRequired",
            Self::VariableNameNotFound => "VariableNameNotFound",
            Self::WorkflowBuildError => "WorkflowBuildError",
            Self::WorkflowReferenceNotFound => "WorkflowReferenceNotFound",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// Whether a diagnostic refuses the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Severity {
    /// The input is refused.
    Error,
    /// The input is taken; the user should know.
    Warning,
}

/// One step into a bound value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PathStep {
    /// An element of a collection, from 0.
    Index(usize),
    /// An entry of a map, or a field of a dataclass.
    Key(String),
}

/// The place a diagnostic speaks of, from the outside in; absent parts mean the whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Location {
    /// The id of the sub-workflow that it is in; absent for the workflow itself.
    pub workflow: Option<String>,
    /// The node's id; `end-node` for the workflow's own outputs.
    pub node: Option<String>,
    /// The bound variable, interface variable or launch input.
    pub variable: Option<String>,
    /// Steps into the variable's value.
    pub path: Vec<PathStep>,
}

impl Location {
    /// The workflow, task or launch as a whole.
    #[must_use]
    pub fn whole() -> Self {
        Self::default()
    }

    /// A node.
    #[must_use]
    pub fn node(id: &str) -> Self {
        Self { node: Some(id.to_owned()), ..Self::default() }
    }

    /// A variable outside any node: of a workflow's or task's interface, or a launch input.
    #[must_use]
    pub fn variable(name: &str) -> Self {
        Self { variable: Some(name.to_owned()), ..Self::default() }
    }

    /// The variable with the path into it: `parts[2].x`.
    pub(crate) fn value(&self) -> String {
        let variable = self.variable.clone().unwrap_or_default();
        self.path.iter().fold(variable, |whole, step| format!("{whole}{step}"))
    }

    /// The same place, narrowed to a variable.
    #[must_use]
    pub fn at(mut self, variable: &str) -> Self {
        self.variable = Some(variable.to_owned());
        self
    }
}

impl fmt::Display for PathStep {
    /// `[2]` or `.x`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index(index) => write!(f, "[{index}]"),
            Self::Key(key) => write!(f, ".{key}"),
        }
    }
}

impl fmt::Display for Location {
    /// `n1.parts[2].x`, or `p:d:inner:v/n1.parts[2].x` in a sub-workflow.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.workflow.iter().try_for_each(|workflow| write!(f, "{workflow}/"))?;
        let separator = if self.node.is_some() && self.variable.is_some() { "." } else { "" };
        write!(f, "{}{separator}{}", self.node.as_deref().unwrap_or_default(), self.value())
    }
}

/// One finding. `message` is complete in itself; the other fields let a page or a program use its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which rule.
    pub code: Code,
    /// Whether it refuses the input.
    pub severity: Severity,
    /// Where.
    pub location: Location,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// The type or value that would have been right.
    pub expected: Option<String>,
    /// What was there instead.
    pub got: Option<String>,
    /// How to mend it.
    pub hint: Option<String>,
}

impl Diagnostic {
    pub(crate) fn error(code: Code, location: Location, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { code, severity: Severity::Error, location, message, expected: None, got: None, hint: None }
    }

    /// The same finding, about a variable of this node.
    pub(crate) fn of_node(mut self, node: &str) -> Self {
        self.location.node = Some(node.to_owned());
        self
    }

    /// The same finding, in a sub-workflow.
    pub(crate) fn of_workflow(mut self, id: &str) -> Self {
        self.location.workflow = Some(id.to_owned());
        self
    }

    pub(crate) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    pub(crate) fn got(mut self, got: impl Into<String>) -> Self {
        self.got = Some(got.into());
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Diagnostic {
    /// `MismatchingTypes at n1.a: message (hint)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.text())?;
        if self.location != Location::default() {
            write!(f, " at {}", self.location)?;
        }
        write!(f, ": {}", self.message)?;
        self.hint.iter().try_for_each(|hint| write!(f, " ({hint})"))
    }
}

/// All findings in the form in which Flyte reports a failed compilation: a count, then a line each.
#[must_use]
pub fn render(diagnostics: &[Diagnostic]) -> String {
    let mut text = format!("Collected Errors: {}", diagnostics.len());
    for (index, diagnostic) in diagnostics.iter().enumerate() {
        let node = diagnostic.location.node.as_deref().unwrap_or_default();
        let Diagnostic { code, message, hint, .. } = diagnostic;
        let workflow = diagnostic.location.workflow.as_ref();
        let workflow = workflow.map(|id| format!(", Sub-workflow: {id}")).unwrap_or_default();
        let hint = hint.as_ref().map(|hint| format!(", Hint: {hint}")).unwrap_or_default();
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "\n\tError {index}: Code: {code}, Node Id: {node}, Description: {message}{workflow}{hint}"
        );
    }
    text
}

/// Names in a message, each in the quotes that it gets there: the first eight, and how many more there are.
/// Nothing of none.
pub(crate) fn listed<N>(names: impl IntoIterator<Item = N>, quoted: impl Fn(N) -> String) -> Option<String> {
    const SHOWN: usize = 8;
    let mut names = names.into_iter();
    let shown: Vec<_> = names.by_ref().take(SHOWN).map(quoted).collect();
    let shown = (!shown.is_empty()).then(|| shown.join(", "))?;
    Some(match names.count() {
        0 => shown,
        more => format!("{shown} and {more} more"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_names_are_shown_and_the_others_counted() {
        let listed = |count: u32| listed(1..=count, |name| format!("<{name}>"));
        assert_eq!(listed(0), None);
        assert_eq!(listed(2).unwrap(), "<1>, <2>");
        assert!(listed(8).unwrap().ends_with("<7>, <8>"));
        assert!(listed(11).unwrap().ends_with("<7>, <8> and 3 more"));
    }

    #[test]
    fn findings_render_in_flytes_form() {
        let place = Location { path: vec![PathStep::Index(2)], ..Location::node("n1").at("parts") };
        let finding = Diagnostic::error(Code::MismatchingTypes, place, "wrong type").hint("cast it");
        assert_eq!(finding.to_string(), "MismatchingTypes at n1.parts[2]: wrong type (cast it)");
        expect_test::expect![[r#"
            Collected Errors: 2
            	Error 0: Code: MismatchingTypes, Node Id: n1, Description: wrong type, Hint: cast it
            	Error 1: Code: NoNodesFound, Node Id: , Description: none"#]]
        .assert_eq(&render(&[finding, Diagnostic::error(Code::NoNodesFound, Location::whole(), "none")]));
    }
}
