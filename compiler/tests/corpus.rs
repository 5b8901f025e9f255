//! Templates that the real Flyte v1.16.8 judged, judged again: the verdicts must be equal, or the
//! difference be listed with its reason. `corpus/README.md` says what the files hold.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use aileron_compiler::types::{castable, describe};
use aileron_compiler::{Diagnostic, Request, START_NODE, Severity, compile, compile_task};
use aileron_idl::core::{
    CompiledWorkflowClosure, Identifier, LiteralType, ParameterMap, TaskTemplate, VariableMap,
    WorkflowTemplate,
};
use prost::Message;
use sha2::{Digest, Sha256};

/// Codes that follow from others in the same verdict: of a node without an interface no variable is known,
/// a promise of an unknown variable binds nothing, and a node that nothing is bound to is not reached.
/// Flyte reports more of them beside the cause than we do.
const EXPLAINED_BY: [(&str, &[&str]); 3] = [
    ("VariableNameNotFound", &["ValueRequired"]),
    (
        "ParameterNotBound",
        &["DuplicateAlias", "NodeReferenceNotFound", "ValueRequired", "VariableNameNotFound"],
    ),
    (
        "UnreachableNodes",
        &[
            "CycleDetected",
            "NodeReferenceNotFound",
            "ParameterNotBound",
            "ValueRequired",
            "VariableNameNotFound",
        ],
    ),
];

/// Flyte names the start node, or the node that is referred to; we the node that refers.
const PLACED_ELSEWHERE: [&str; 6] = [
    "CycleDetected",
    "NodeReferenceNotFound",
    "TaskReferenceNotFound",
    "UnreachableNodes",
    "VariableNameNotFound",
    "WorkflowReferenceNotFound",
];

/// After these Flyte looks no further; we do.
const STOPS_FLYTE: [&str; 4] =
    ["DuplicateId", "NoNodesFound", "TaskReferenceNotFound", "WorkflowReferenceNotFound"];

/// Fewer compared cases than these mean that the comparison itself is broken.
const COMPARED_AT_LEAST: usize = 1400;
const SAMPLES_AT_LEAST: usize = 15;

/// Every kind of type there is.
const KINDS: [&str; 17] = [
    "blob:",
    "collection_type:",
    "enum_type:",
    "map_value_type:",
    "schema:",
    "simple:BINARY",
    "simple:BOOLEAN",
    "simple:DATETIME",
    "simple:DURATION",
    "simple:ERROR",
    "simple:FLOAT",
    "simple:INTEGER",
    "simple:NONE",
    "simple:STRING",
    "simple:STRUCT",
    "structured_dataset_type:",
    "union_type:",
];

/// Files of cases, with their verdicts beside them.
const GROUPS: [&str; 5] = ["flytekit", "rules", "values", "random", "broken"];

/// What is compiled: a workflow, or, without a template, one task.
#[derive(Clone, PartialEq, Message)]
struct Case {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, optional, tag = "2")]
    template: Option<WorkflowTemplate>,
    #[prost(message, repeated, tag = "3")]
    sub_workflows: Vec<WorkflowTemplate>,
    #[prost(message, repeated, tag = "4")]
    tasks: Vec<TaskTemplate>,
    #[prost(message, repeated, tag = "5")]
    launch_plans: Vec<LaunchPlan>,
}

/// A registered launch plan, as far as a node that refers to it sees.
#[derive(Clone, PartialEq, Message)]
struct LaunchPlan {
    #[prost(message, optional, tag = "1")]
    id: Option<Identifier>,
    #[prost(message, optional, tag = "2")]
    expected_inputs: Option<ParameterMap>,
    #[prost(message, optional, tag = "3")]
    expected_outputs: Option<VariableMap>,
}

impl From<LaunchPlan> for aileron_compiler::LaunchPlan {
    fn from(plan: LaunchPlan) -> Self {
        let LaunchPlan { id, expected_inputs, expected_outputs } = plan;
        Self { id: id.unwrap_or_default(), expected_inputs, expected_outputs }
    }
}

#[derive(Clone, PartialEq, Message)]
struct NamedType {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, optional, tag = "2")]
    declared: Option<LiteralType>,
}

#[derive(Clone, PartialEq, Message)]
struct NamedClosure {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, optional, tag = "2")]
    closure: Option<CompiledWorkflowClosure>,
}

/// What a compiler finds wrong, and at which node; an empty node is the workflow or task as a whole.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    code: String,
    node: String,
}

impl Finding {
    fn new(code: &str, node: &str) -> Self {
        let node = if node == START_NODE { "" } else { node };
        Self { code: code.to_owned(), node: node.to_owned() }
    }

    fn of(found: &Diagnostic) -> Self {
        Self::new(found.code.text(), found.location.node.as_deref().unwrap_or_default())
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separator = if self.node.is_empty() { "" } else { "@" };
        write!(f, "{}{separator}{}", self.code, self.node)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
    /// Accepted, with the SHA-256 of the encoded closure.
    Ok(String),
    Error(BTreeSet<Finding>),
    /// The compiler ended without a verdict. Ours never may.
    Unjudged,
}

impl Verdict {
    fn of(compiled: Result<impl Message, Vec<Diagnostic>>) -> Self {
        match compiled {
            Ok(closure) => {
                let digest = Sha256::digest(closure.encode_to_vec());
                Self::Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
            }
            Err(found) => {
                let errors = found.iter().filter(|found| found.severity == Severity::Error);
                Self::Error(errors.map(Finding::of).collect())
            }
        }
    }

    /// `ok DIGEST`, `error CODE@NODE CODE ...` or `unjudged`.
    fn parse(text: &str) -> Self {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        match word {
            "ok" => Self::Ok(rest.to_owned()),
            "unjudged" => Self::Unjudged,
            "error" => Self::Error(
                rest.split_whitespace()
                    .map(|found| found.split_once('@').unwrap_or((found, "")))
                    .map(|(code, node)| Finding::new(code, node))
                    .collect(),
            ),
            _ => panic!("not a verdict: {text}"),
        }
    }

    /// What each says that the other does not, or nothing when they agree.
    fn difference(&self, theirs: &Self) -> Option<[String; 2]> {
        match (self, theirs) {
            (Self::Ok(ours), Self::Ok(theirs)) => {
                (ours != theirs).then(|| ["another closure".to_owned(), "ok".to_owned()])
            }
            (Self::Error(ours), Self::Error(theirs)) => {
                let (ours, theirs) = (causes(ours), causes(theirs));
                let stopped = theirs.iter().any(|found| STOPS_FLYTE.contains(&found.code.as_str()));
                let agree = if stopped { theirs.is_subset(&ours) } else { theirs == ours };
                (!agree).then(|| [list(ours.difference(&theirs)), list(theirs.difference(&ours))])
            }
            _ => Some([self.to_string(), theirs.to_string()]),
        }
    }
}

/// As it is listed: without digest and consequences.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok(_) => f.write_str("ok"),
            Self::Error(found) => f.write_str(&list(&causes(found))),
            Self::Unjudged => f.write_str("unjudged"),
        }
    }
}

/// The findings that no other one explains, without the places where Flyte's custom differs from ours.
fn causes(found: &BTreeSet<Finding>) -> BTreeSet<Finding> {
    let has = |code: &&str| found.iter().any(|found| found.code == *code);
    let explained = |finding: &&Finding| {
        EXPLAINED_BY.iter().any(|(code, by)| *code == finding.code && by.iter().any(has))
    };
    let placed = |finding: &Finding| match PLACED_ELSEWHERE.contains(&finding.code.as_str()) {
        true => Finding::new(&finding.code, ""),
        false => finding.clone(),
    };
    found.iter().filter(|finding| !explained(finding)).map(placed).collect()
}

fn list<'a>(found: impl IntoIterator<Item = &'a Finding>) -> String {
    let found: Vec<_> = found.into_iter().map(ToString::to_string).collect();
    if found.is_empty() { "-".to_owned() } else { found.join(" ") }
}

impl Case {
    fn verdict(&self) -> Verdict {
        match &self.template {
            Some(template) => Verdict::of(self.compile(template)),
            None => Verdict::of(compile_task(&self.tasks[0])),
        }
    }

    fn compile(&self, template: &WorkflowTemplate) -> Result<CompiledWorkflowClosure, Vec<Diagnostic>> {
        let Self { sub_workflows, tasks, launch_plans, .. } = self.clone();
        let launch_plans = launch_plans.into_iter().map(Into::into).collect();
        compile(Request { template: template.clone(), sub_workflows, tasks, launch_plans }).into_result()
    }
}

fn read(file: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(file);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn text(file: &str) -> String {
    String::from_utf8(read(file)).expect("the file is text")
}

/// Every message of a file, each after its length.
fn messages<M: Message + Default>(file: &str) -> Vec<M> {
    let bytes = read(file);
    let mut rest = bytes.as_slice();
    let mut all = Vec::new();
    while !rest.is_empty() {
        all.push(M::decode_length_delimited(&mut rest).expect("a whole message"));
    }
    all
}

/// The cases of a group, each with Flyte's verdict.
fn group(name: &str) -> Vec<(Case, Verdict)> {
    let cases = messages::<Case>(&format!("{name}.pbs"));
    let verdicts = text(&format!("{name}.txt"));
    assert_eq!(cases.len(), verdicts.lines().count(), "{name}: each case has one verdict");
    let recorded = cases.into_iter().zip(verdicts.lines()).map(|(case, line)| {
        let (name, verdict) = line.split_once('\t').expect("a name and a verdict");
        assert_eq!(case.name, name, "verdicts are in the order of the cases");
        (case, Verdict::parse(verdict))
    });
    recorded.collect()
}

/// Verdicts that differ: by case, ours and Flyte's.
#[derive(Default)]
struct Differences(BTreeMap<String, String>);

impl Differences {
    /// Lines `case`, ours, theirs, separated by tabs. Other lines start with `#` and say why.
    fn listed(prefix: impl Fn(&str) -> bool) -> Self {
        let list = text("differences.txt");
        let lines = list.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let lines = lines.filter_map(|line| line.split_once('\t')).filter(|(case, _)| prefix(case));
        Self(lines.map(|(case, verdicts)| (case.to_owned(), verdicts.to_owned())).collect())
    }

    fn add(&mut self, case: String, [ours, theirs]: [String; 2]) {
        self.0.insert(case, format!("{ours}\t{theirs}"));
    }

    /// Fails when `self`, found, is not what is listed.
    fn assert_listed(&self, listed: &Self) {
        let mut report = String::new();
        for (case, verdicts) in self.0.iter().filter(|(case, verdicts)| listed.0.get(*case) != Some(verdicts))
        {
            report += &format!("differs, not listed so:\t{case}\t{verdicts}\n");
        }
        for case in listed.0.keys().filter(|case| !self.0.contains_key(*case)) {
            report += &format!("listed, differs no longer:\t{case}\n");
        }
        assert!(report.is_empty(), "\n{report}");
    }
}

#[test]
fn verdicts_are_flytes() {
    let mut found = Differences::default();
    let mut compared = 0;
    for (case, theirs) in GROUPS.into_iter().flat_map(group) {
        compared += 1;
        if let Some(difference) = case.verdict().difference(&theirs) {
            found.add(case.name, difference);
        }
    }
    found.assert_listed(&Differences::listed(|case| !case.starts_with("castable/")));
    assert!(compared >= COMPARED_AT_LEAST, "only {compared} cases were compared");
}

#[test]
fn sampled_closures_are_flytes() {
    let cases: Vec<Case> = GROUPS.iter().flat_map(|group| messages(&format!("{group}.pbs"))).collect();
    let cases: BTreeMap<_, _> = cases.iter().map(|case| (&case.name, case)).collect();
    let samples: Vec<NamedClosure> = messages("closures.pbs");
    let differences = Differences::listed(|_| true).0;
    let mut compared = 0;
    for sample in samples.iter().filter(|sample| !differences.contains_key(&sample.name)) {
        let case = cases[&sample.name];
        let template = case.template.as_ref().unwrap();
        assert_eq!(case.compile(template).as_ref().ok(), sample.closure.as_ref(), "{}", sample.name);
        compared += 1;
    }
    assert!(compared >= SAMPLES_AT_LEAST, "only {compared} closures were compared");
}

#[test]
fn castability_is_flytes() {
    let types: Vec<NamedType> = messages("types.pbs");
    let lists = text("castable.txt");
    assert_eq!(types.len(), lists.lines().count(), "each type has one line");
    let kind = |of: &NamedType| {
        let text = describe(of.declared.as_ref().unwrap());
        text.split(['{', ' ']).next().unwrap_or_default().to_owned()
    };
    let kinds: BTreeSet<_> = types.iter().map(kind).collect();
    assert_eq!(kinds, KINDS.map(str::to_owned).into());
    let mut found = Differences::default();
    for (to, line) in types.iter().zip(lists.lines()) {
        let (name, accepted) = line.split_once(':').unwrap();
        assert_eq!(to.name, name, "lines are in the order of the types");
        let accepted: BTreeSet<_> = accepted.split_whitespace().collect();
        for from in &types {
            let ours = castable(from.declared.as_ref().unwrap(), to.declared.as_ref().unwrap());
            let theirs = accepted.contains(from.name.as_str());
            if ours != theirs {
                let word = |fits| if fits { "fits" } else { "does not fit" }.to_owned();
                found.add(format!("castable/{}/{name}", from.name), [word(ours), word(theirs)]);
            }
        }
    }
    found.assert_listed(&Differences::listed(|case| case.starts_with("castable/")));
}
