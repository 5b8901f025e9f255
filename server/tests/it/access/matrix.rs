//! Every RPC, tried with every role in its own project and in another, over gRPC: what may be called is what the table of
//! rights says, and nothing has been forgotten.

use std::collections::BTreeMap;

use aileron_idl::reflect;
use prost::Message;
use prost_reflect::{DynamicMessage, MethodDescriptor, ReflectMessage, Value};
use tonic::metadata::MetadataValue;
use tonic::transport::Channel;
use tonic::{Code, Request};

use super::{bind, built_in, program};
use crate::harness::TestServer;
use crate::protocols::Raw;

/// Which right each RPC needs and what the roles have, as the crate's own test keeps it.
const MATRIX: &str = include_str!("../../../src/access/matrix.txt");
const ROLES: [&str; 5] = ["viewer", "launcher", "contributor", "admin", "propeller"];
/// RPCs that are about no project: a role in one is not enough.
const OF_SERVER: [&str; 4] = ["ListMatchableAttributes", "ListDatasets", "RegisterProject", "ReportEvents"];
/// Messages that say what a request is about, at some depth.
const NAMING: [&str; 17] = [
    "binding",
    "id",
    "workflow_execution_id",
    "execution_id",
    "node_execution_id",
    "parent_node_execution_id",
    "task_execution_id",
    "event",
    "attributes",
    "spec",
    "launch_plan",
    "workflow_id",
    "dataset",
    "dataset_id",
    "artifact",
    "tag",
    "reservation_id",
];

/// A row: the RPC, whether everybody or everybody who is known may, and which roles may.
struct Row {
    method: MethodDescriptor,
    right: String,
    allowed: Vec<bool>,
}

fn rows() -> Vec<Row> {
    let by_name: BTreeMap<String, MethodDescriptor> = reflect::pool()
        .services()
        .flat_map(|service| service.methods().collect::<Vec<_>>())
        .map(|method| (plain(&format!("{}/{}", method.parent_service().full_name(), method.name())), method))
        .collect();
    let row = |line: &str| {
        let mut words = line.split_whitespace();
        let method = by_name[&plain(words.next().unwrap())].clone();
        let right = words.next().unwrap().to_owned();
        Row { method, right, allowed: words.map(|mark| mark == "x").collect() }
    };
    MATRIX.lines().map(row).collect()
}

/// A name without what languages write differently.
fn plain(name: &str) -> String {
    name.replace('_', "").to_lowercase()
}

/// A request about a project's domain, as far as its names go.
fn about(method: &MethodDescriptor, project: &str) -> DynamicMessage {
    let mut message = DynamicMessage::new(method.input());
    name(&mut message, project, 0);
    message
}

fn name(message: &mut DynamicMessage, project: &str, depth: usize) {
    let is_project = message.descriptor().full_name().contains("Project");
    for field in message.descriptor().fields().filter(|field| !field.is_list() && !field.is_map()) {
        let text = match field.name() {
            "project" | "id" if field.kind().as_message().is_none() => {
                (field.name() == "project" || is_project).then(|| project.to_owned())
            }
            "domain" => Some("development".to_owned()),
            "flyte_url" => Some(format!("flyte://v1/{project}/development/x/n0/i")),
            _ => None,
        };
        if let Some(text) = text {
            message.set_field(&field, Value::String(text));
        } else if let Some(inner) = field.kind().as_message()
            && (NAMING.contains(&field.name()) || field.name() == "project")
            && depth < 5
        {
            let mut inner = DynamicMessage::new(inner.clone());
            name(&mut inner, project, depth + 1);
            message.set_field(&field, Value::Message(inner));
        }
    }
}

/// The code of an answer; streams are asked for what comes first.
async fn ask(channel: &Channel, method: &MethodDescriptor, message: &DynamicMessage, token: &str) -> Code {
    let mut client = tonic::client::Grpc::new(channel.clone());
    client.ready().await.unwrap();
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
    let mut request = Request::new(message.encode_to_vec());
    if !token.is_empty() {
        let value: MetadataValue<_> = format!("Bearer {token}").parse().unwrap();
        request.metadata_mut().insert("flyte-authorization", value);
    }
    let answer = client.server_streaming(request, path.parse().unwrap(), Raw).await;
    let first = match answer {
        Ok(answer) => answer.into_inner().message().await.map(drop),
        Err(status) => Err(status),
    };
    first.err().map_or(Code::Ok, |status| status.code())
}

struct Somebody {
    name: String,
    token: String,
    /// The role, and whether it is that on the whole server.
    role: Option<(usize, bool)>,
}

async fn everybody(server: &TestServer) -> Vec<Somebody> {
    let mut all = vec![
        Somebody { name: "nobody".into(), token: String::new(), role: None },
        Somebody { name: "no-role".into(), token: program(server, "no-role").await, role: None },
    ];
    for (at, role) in ROLES.into_iter().enumerate() {
        for (suffix, scope, everywhere) in [("here", "flytesnacks", false), ("everywhere", "*", true)] {
            let name = format!("{role}-{suffix}");
            let token = program(server, &name).await;
            bind(server, &format!("client:{name}"), role, scope).await;
            all.push(Somebody { name, token, role: Some((at, everywhere)) });
        }
    }
    all
}

fn expected(row: &Row, who: &Somebody, is_own: bool) -> bool {
    match row.right.as_str() {
        "Public" => return true,
        "Known" => return who.name != "nobody",
        _ => {}
    }
    let Some((role, everywhere)) = who.role else { return false };
    let needs_server = OF_SERVER.contains(&row.method.name());
    row.allowed[role] && (everywhere || is_own && !needs_server)
}

#[tokio::test]
async fn every_rpc_is_tried_with_every_role_in_its_own_and_in_another_project() {
    let server = built_in().await;
    let everybody = everybody(&server).await;
    let channel =
        Channel::from_shared(format!("http://{}", server.address)).unwrap().connect().await.unwrap();
    let rows = rows();
    let (mut tried, mut wrong) = (0, Vec::new());
    for row in &rows {
        for who in &everybody {
            for (project, is_own) in [("flytesnacks", true), ("elsewhere", false)] {
                let message = about(&row.method, project);
                let code = ask(&channel, &row.method, &message, &who.token).await;
                let refusal =
                    if who.name == "nobody" { Code::Unauthenticated } else { Code::PermissionDenied };
                let expected = expected(row, who, is_own);
                if expected == (code == refusal) || code == Code::Unknown {
                    let rpc = row.method.full_name();
                    wrong.push(format!("{rpc} by {} in {project}: {code:?}, allowed: {expected}", who.name));
                }
                tried += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(tried, rows.len() * 24);
    assert!(rows.len() >= 83, "{}", rows.len());
}
