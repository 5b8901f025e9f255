//! What it costs that callers are told apart: the same calls to a server that knows everybody, to one that asks for a
//! token and has one role binding, and to one with ten thousand.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use aileron_idl::admin::WorkflowExecutionGetRequest;
use aileron_idl::core::WorkflowExecutionIdentifier;
use aileron_tests::client::Client;
use aileron_tests::programs;
use aileron_tests::server::Server;
use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic::Request;

use super::{Asked, Numbers, streams};

const STREAMS: usize = 16;
/// Each kind of server is measured so often, taking turns; the middle one counts.
const ROUNDS: usize = 5;
/// Executions that are asked for.
const EXECUTIONS: usize = 200;
/// Role bindings of the large server.
const BINDINGS: usize = 10_000;
const CALLER: &str = "bench";
/// Where pyflyte and flytectl send tokens.
const HEADER: &str = "flyte-authorization";
const FEW: &str = "few.toml";
const MANY: &str = "many.toml";

/// One kind of server: its name among the numbers, and its file of roles, where callers are told apart.
const KINDS: [(&str, Option<&str>); 3] = [("open", None), ("few", Some(FEW)), ("many", Some(MANY))];

/// What a kind of server took.
#[derive(Clone, Copy)]
struct Cost {
    per_second: f64,
    /// Processor time of the server for one call, in microseconds.
    cpu: f64,
}

pub(crate) async fn measure(asked: &Asked, numbers: &mut Numbers) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let executions = launch(asked, &data).await?;
    let secret = add_caller(asked, &data)?;
    std::fs::write(folder.path().join(FEW), binding(&format!("client:{CALLER}"), programs::PROJECT))?;
    std::fs::write(folder.path().join(MANY), bindings())?;
    let mut costs: [Vec<Cost>; KINDS.len()] = Default::default();
    for _ in 0..ROUNDS {
        for (at, (name, roles)) in KINDS.into_iter().enumerate() {
            let roles = roles.map(|file| folder.path().join(file));
            let cost = ask(asked, &data, roles.as_deref(), &secret, &executions).await?;
            eprintln!("{name}: {:.0}/s, {:.1} us of processor time a call", cost.per_second, cost.cpu);
            costs[at].push(cost);
        }
    }
    let [open, few, many] = costs.map(|costs| {
        let middle = |of: fn(&Cost) -> f64| median(costs.iter().map(of).collect());
        Cost { per_second: middle(|cost| cost.per_second), cpu: middle(|cost| cost.cpu) }
    });
    numbers.extend([
        ("open", open.per_second),
        ("few", few.per_second),
        ("many", many.per_second),
        ("open_cpu", open.cpu),
        ("few_cpu", few.cpu),
        ("many_cpu", many.cpu),
        ("few_more", (few.cpu / open.cpu - 1.0) * 100.0),
        ("many_more", (many.cpu / open.cpu - 1.0) * 100.0),
        ("many_slower", (open.per_second / many.per_second - 1.0) * 100.0),
        ("decision", many.cpu - open.cpu),
    ]);
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Executions that have ended, in a new data folder.
async fn launch(asked: &Asked, data: &Path) -> Result<Vec<WorkflowExecutionIdentifier>> {
    let server = serve(asked, data, &[])?;
    let mut client = Client::connect(server.address()).await?;
    let nothing = client.create_task(programs::command("nothing", &["true"])).await?;
    let plan = client.create_workflow(programs::chain("once", &nothing, 1)).await?;
    let mut executions = Vec::new();
    for _ in 0..EXECUTIONS {
        executions.push(client.launch(&plan).await?);
    }
    for execution in &executions {
        client.succeed(execution, std::time::Duration::from_secs(120)).await?;
    }
    Ok(executions)
}

/// Makes a program's account; its secret.
fn add_caller(asked: &Asked, data: &Path) -> Result<String> {
    let made =
        Command::new(&asked.binary).args(["client", "add", CALLER, "--data-dir"]).arg(data).output()?;
    ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Ok(String::from_utf8(made.stdout)?.trim().to_owned())
}

fn binding(who: &str, project: &str) -> String {
    format!("[[binding]]\nwho = [\"{who}\"]\nrole = \"viewer\"\nscope = \"{project}/{}\"\n", programs::DOMAIN)
}

/// The caller's binding among those of people, groups and programs in projects of their own.
fn bindings() -> String {
    let mut text = binding(&format!("client:{CALLER}"), programs::PROJECT);
    for at in 1..BINDINGS {
        let kind = ["user", "group", "client"][at % 3];
        // Writing to a text cannot fail.
        let _ = write!(text, "{}", binding(&format!("{kind}:n{at}"), &format!("p{}", at % 500)));
    }
    text
}

fn serve(asked: &Asked, data: &Path, options: &[&str]) -> Result<Server> {
    let options: Vec<&str> = ["--log", "warn"].into_iter().chain(options.iter().copied()).collect();
    Server::start(&asked.binary, data, "127.0.0.1:0", &options)
}

/// Asks a server of one kind for executions for a while.
async fn ask(
    asked: &Asked,
    data: &Path,
    roles: Option<&Path>,
    secret: &str,
    executions: &[WorkflowExecutionIdentifier],
) -> Result<Cost> {
    let roles = roles.map(|file| file.to_string_lossy().into_owned());
    let options: Vec<&str> = roles.as_deref().map_or_else(Vec::new, |file| {
        vec!["--auth", "builtin", "--max-caller-rate", "0", "--roles-file", file]
    });
    let server = serve(asked, data, &options)?;
    let bearer = match roles {
        Some(_) => Some(format!("Bearer {}", token(server.address(), secret).await?).parse()?),
        None => None,
    };
    let before = server.processor_time()?;
    let measured = streams::call(server.address(), STREAMS, async |client, stream, turn| {
        let id = executions[(turn * STREAMS + stream) * 7919 % executions.len()].clone();
        let mut request = Request::new(WorkflowExecutionGetRequest { id: Some(id) });
        if let Some(bearer) = &bearer {
            request.metadata_mut().insert(HEADER, Clone::clone(bearer));
        }
        client.admin.get_execution(request).await.map(drop)
    })
    .await?;
    let spent = (server.processor_time()? - before).as_secs_f64() * 1e6;
    Ok(Cost { per_second: measured.per_second, cpu: spent / measured.answers.len().max(1) as f64 })
}

/// A token for the program, by its secret.
async fn token(address: &str, secret: &str) -> Result<String> {
    let host = address.trim_start_matches("http://");
    let form = format!("grant_type=client_credentials&scope=all&client_id={CALLER}&client_secret={secret}");
    let request = format!(
        "POST /oauth2/token HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n{form}",
        form.len()
    );
    let mut connection = TcpStream::connect(host).await?;
    connection.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await?;
    let body = answer.split_once("\r\n\r\n").map_or(answer.as_str(), |(_, body)| body);
    let body = &body[body.find('{').unwrap_or_default()..=body.rfind('}').unwrap_or_default()];
    let body: serde_json::Value = serde_json::from_str(body).with_context(|| answer.clone())?;
    Ok(body["access_token"].as_str().with_context(|| body.to_string())?.to_owned())
}
