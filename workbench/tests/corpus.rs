//! Every template that Flyte judged, through the workbench: digests of what is said of them.
//!
//! The page-side test (`tests/wasm`) does the same in a browser and compares with the same digests.

use std::fmt::Write as _;
use std::path::Path;

use aileron_idl::admin::WorkflowSpec;
use aileron_idl::core::{TaskTemplate, WorkflowTemplate};
use aileron_workbench::view::Compilation;
use aileron_workbench::{Problem, Workspace};
use expect_test::expect_file;
use prost::Message;
use serde::Serialize;
use sha2::{Digest, Sha256};

const GROUPS: [&str; 5] = ["flytekit", "rules", "values", "random", "broken"];

/// As `compiler/tests/corpus/README.md` says, without the launch plans, which are not whole there.
#[derive(Clone, PartialEq, Message)]
struct Case {
    #[prost(message, optional, tag = "2")]
    template: Option<WorkflowTemplate>,
    #[prost(message, repeated, tag = "3")]
    sub_workflows: Vec<WorkflowTemplate>,
    #[prost(message, repeated, tag = "4")]
    tasks: Vec<TaskTemplate>,
}

impl Case {
    fn files(self) -> Vec<Vec<u8>> {
        let Self { template, sub_workflows, tasks } = self;
        let workflow = template.map(|template| WorkflowSpec {
            template: Some(template),
            sub_workflows,
            ..WorkflowSpec::default()
        });
        let workflow = workflow.map(|workflow| workflow.encode_to_vec());
        workflow.into_iter().chain(tasks.iter().map(Message::encode_to_vec)).collect()
    }
}

fn answer(result: Result<impl Serialize, Problem>) -> String {
    match result {
        Ok(value) => serde_json::to_string(&value).expect("it is data"),
        Err(problem) => serde_json::to_string(&problem).expect("it is data"),
    }
}

/// What is said of the first file, the others dropped beside it.
fn transcript(files: &[Vec<u8>]) -> String {
    let mut workspace = Workspace::default();
    let mut lines: Vec<_> = files.iter().map(|bytes| answer(workspace.add(bytes, "file"))).collect();
    if let Some(first) = workspace.entities().first() {
        let verdict = workspace.compile(first.id);
        let closure = verdict.as_ref().map(|verdict| verdict.closure.encode_to_vec()).unwrap_or_default();
        let verdict = verdict.map(|verdict| Compilation::from(verdict.as_ref()));
        let hex = closure.iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").expect("text takes all");
            hex
        });
        lines.extend([answer(verdict), hex, answer(workspace.layout(first.id))]);
    }
    lines.push(String::new());
    lines.join("\n")
}

fn cases(group: &str) -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../compiler/tests/corpus").join(group);
    let bytes = std::fs::read(path.with_extension("pbs")).expect("the corpus is there");
    let (mut rest, mut cases) = (bytes.as_slice(), Vec::new());
    while !rest.is_empty() {
        cases.push(Case::decode_length_delimited(&mut rest).expect("a whole message"));
    }
    cases
}

#[test]
fn what_is_said_of_the_corpus_stays() {
    let mut found = String::new();
    for group in GROUPS {
        let (mut digest, mut count) = (Sha256::new(), 0);
        for case in cases(group) {
            digest.update(transcript(&case.files()));
            count += 1;
        }
        let digest = digest.finalize().iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").expect("text takes all");
            hex
        });
        writeln!(found, "{group} {count} {digest}").expect("text takes all");
    }
    expect_file!["golden/corpus.txt"].assert_eq(&found);
}
