//! A cluster with everything on it: the resource's definition, a server that hands executions over to it, and
//! a propeller that runs them. Each part is a process that can be killed and started again.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use aileron_test_cluster::{Cluster, MACHINE, Nodes, Options as ClusterOptions};
use aileron_test_postgres::Cluster as Postgres;
use anyhow::{Context, Result, bail};
use kube::api::{ApiResource, DynamicObject};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::GroupVersionKind;
use kube::{Api, Client, Config};
use tempfile::TempDir;

use crate::certificates::Certificates;
use crate::server::{Server, binary};

/// Where the executions of the tests have their objects.
pub const NAMESPACE: &str = "flytesnacks-development";

/// What a world is made with.
#[derive(Clone, Debug)]
pub struct Options {
    /// Who runs the pods.
    pub nodes: Nodes,
    /// Whether parts of the cluster that end are started again.
    pub revive: bool,
    /// Whether the metadata is in PostgreSQL.
    pub postgres: bool,
    /// The platform's settings for pods, as YAML.
    pub plugins: &'static str,
    /// A manifest that every namespace gets, with values in it; empty for none.
    pub template: &'static str,
    /// Whether server and propeller have the chart's rights, and no others, and namespaces get what the chart gives them.
    pub least_rights: bool,
    /// Further settings of server and propeller.
    pub settings: &'static [&'static str],
}

impl Options {
    /// A cluster with such nodes, metadata in `SQLite`, defaults for all else.
    pub fn new(nodes: Nodes) -> Options {
        Options {
            nodes,
            revive: false,
            postgres: false,
            plugins: "{}",
            template: "",
            least_rights: false,
            settings: &[],
        }
    }
}

/// A cluster, a server and a propeller. They end when it is dropped.
#[derive(Debug)]
pub struct World {
    propeller: Option<Program>,
    server: Option<Server>,
    /// The database, if it is one of its own.
    pub postgres: Option<Postgres>,
    /// The cluster.
    pub cluster: Cluster,
    listen: String,
    door: String,
    /// By which server and propeller know each other, if they speak TLS.
    certificates: Option<Certificates>,
    options: Options,
    folder: TempDir,
}

impl World {
    /// Starts everything; some seconds.
    pub fn start(options: Options) -> Result<World> {
        let folder = tempfile::tempdir()?;
        let (nodes, revive) = (options.nodes, options.revive);
        let cluster = Cluster::start_with(&ClusterOptions { nodes, images: Vec::new(), revive })?;
        let definition = Command::new(binary()?).arg("crd").output()?;
        cluster.apply(&String::from_utf8(definition.stdout)?)?;
        fs::write(folder.path().join("plugins.yaml"), options.plugins)?;
        fs::create_dir(folder.path().join("templates"))?;
        fs::write(folder.path().join("templates/template.yaml"), options.template)?;
        if options.least_rights {
            give_rights(&cluster, folder.path())?;
            give_templates(&folder.path().join("templates"))?;
        }
        let postgres = options.postgres.then(Postgres::start_reviving).transpose()?;
        // Pods of a real node reach the machine by its bridge; nobody else needs to.
        let host = if nodes == Nodes::Real { MACHINE } else { "127.0.0.1" };
        let mut world = World {
            propeller: None,
            server: None,
            postgres,
            cluster,
            listen: free("127.0.0.1")?,
            door: free(host)?,
            certificates: None,
            options,
            folder,
        };
        world.start_server()?;
        world.start_propeller()?;
        Ok(world)
    }

    /// `http://HOST:PORT` of the server, or `https://localhost:PORT` where it speaks TLS.
    pub fn address(&self) -> String {
        match &self.certificates {
            None => format!("http://{}", self.listen),
            Some(_) => format!("https://{}", self.listen.replace("127.0.0.1", "localhost")),
        }
    }

    /// Has parts that are started from now on speak TLS, and show each other certificates; callers are told apart.
    pub fn speak_tls(&mut self) -> Result<()> {
        self.certificates = Some(Certificates::new()?);
        Ok(())
    }

    /// The certificates, if there are some.
    pub fn certificates(&self) -> Option<&Certificates> {
        self.certificates.as_ref()
    }

    /// The workflows of the tests' namespace.
    pub async fn workflows(&self) -> Result<Api<DynamicObject>> {
        let kind = GroupVersionKind::gvk("flyte.lyft.com", "v1alpha1", "FlyteWorkflow");
        Ok(Api::namespaced_with(self.kube().await?, NAMESPACE, &ApiResource::from_gvk(&kind)))
    }

    /// A client of the cluster.
    pub async fn kube(&self) -> Result<Client> {
        // One is enough for the process; whoever comes later finds it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let file = Kubeconfig::read_from(self.cluster.kubeconfig())?;
        Ok(Client::try_from(Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await?)?)
    }

    /// The server's process, if it runs.
    pub fn server(&self) -> Option<&Server> {
        self.server.as_ref()
    }

    /// The propeller's process, if it runs.
    pub fn propeller(&self) -> Option<&Program> {
        self.propeller.as_ref()
    }

    /// Starts the server where it was.
    pub fn start_server(&mut self) -> Result<()> {
        let (kubeconfig, templates) =
            (path(&self.kubeconfig("server")), path(&self.folder.path().join("templates")));
        let mut settings =
            vec!["--driver", "kubernetes", "--kubeconfig", &kubeconfig, "--s3-listen", &self.door];
        settings.extend(["--allow-plaintext", "true", "--namespace-templates", &templates]);
        if self.options.least_rights {
            settings.extend(["--namespace-values", "podSecurity=baseline"]);
        }
        let database = self.postgres.as_ref().map(Postgres::first);
        if let Some(database) = &database {
            settings.extend(["--database", database]);
        }
        let address = self.address();
        let tls = self.certificates.as_ref().map(|certificates| {
            let (certificate, key) = certificates.of("server");
            [certificate, key, certificates.authority()].map(|file| path(&file))
        });
        if let Some([certificate, key, authority]) = &tls {
            settings.extend(["--tls-cert", certificate, "--tls-key", key, "--tls-client-ca", authority]);
            settings.extend(["--auth", "builtin", "--public-url", &address]);
        }
        settings.extend(self.options.settings);
        let data = self.folder.path().join("data");
        self.server = Some(Server::start(&binary()?, &data, &self.listen, &settings)?);
        Ok(())
    }

    /// Ends the server at once.
    pub fn kill_server(&mut self) -> Result<()> {
        self.server.take().context("the server runs")?.kill()
    }

    /// Starts a propeller.
    pub fn start_propeller(&mut self) -> Result<()> {
        self.propeller = Some(self.another_propeller(&[])?);
        Ok(())
    }

    /// A propeller beside the first.
    pub fn another_propeller(&self, more: &[&str]) -> Result<Program> {
        self.propeller_through(&self.kubeconfig("propeller"), more)
    }

    /// The access key of the server's door.
    pub fn access_key(&self) -> Result<String> {
        Ok(self.keys()?.0)
    }

    fn keys(&self) -> Result<(String, String)> {
        let keys = fs::read_to_string(self.folder.path().join("data/s3.key"))?;
        let (access, secret) = keys.trim().split_once('\n').context("a key file has two lines")?;
        Ok((access.to_owned(), secret.to_owned()))
    }

    /// A propeller that reaches the cluster by a file.
    pub fn propeller_through(&self, kubeconfig: &Path, more: &[&str]) -> Result<Program> {
        let (access, secret) = self.keys()?;
        let mut command = Command::new(binary()?);
        command.arg("propeller").arg("--kubeconfig").arg(kubeconfig);
        command.args(["--objects", "s3://aileron", "--objects-allow-http", "true"]);
        match &self.certificates {
            None => command.args(["--server", &self.listen]),
            Some(certificates) => {
                let (certificate, key) = certificates.of("part");
                command.args(["--server", &self.address(), "--server-ca"]).arg(certificates.authority());
                command.arg("--server-cert").arg(certificate).arg("--server-key").arg(key);
                command.args(["--run-keys", "true"])
            }
        };
        command.args(["--objects-endpoint", &format!("http://{}", self.door)]);
        command.arg("--plugins").arg(self.folder.path().join("plugins.yaml"));
        command.arg("--data-dir").arg(self.folder.path()).args(self.options.settings).args(more);
        command.env("AWS_ACCESS_KEY_ID", access).env("AWS_SECRET_ACCESS_KEY", secret);
        Program::start(command, &self.folder.path().join("propeller.log"))
    }

    /// Starts a webhook, in the chart's namespace where there are rights.
    pub fn start_webhook(&self) -> Result<Program> {
        let address = free("127.0.0.1")?;
        let mut command = Command::new(binary()?);
        command.arg("webhook").arg("--kubeconfig").arg(self.kubeconfig("webhook"));
        command.args(["--namespace", "aileron", "--service", "aileron-webhook"]);
        command.args(["--listen", &address, "--address", &address]);
        Program::start(command, &self.folder.path().join("webhook.log"))
    }

    /// By which file a part reaches the cluster.
    fn kubeconfig(&self, part: &str) -> PathBuf {
        match self.options.least_rights {
            true => self.folder.path().join(part),
            false => self.cluster.kubeconfig(),
        }
    }

    /// Ends the propeller at once.
    pub fn kill_propeller(&mut self) -> Result<()> {
        self.propeller.take().context("the propeller runs")?.kill()
    }

    /// Whether a propeller has said something.
    pub fn propeller_said(&self, words: &str) -> bool {
        let log = fs::read_to_string(self.folder.path().join("propeller.log")).unwrap_or_default();
        log.contains(words)
    }

    /// The last lines that the programs said of something.
    pub fn said_of(&self, words: &str) -> String {
        let of = |name: &str| {
            let text = fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
            let lines: Vec<_> = text.lines().filter(|line| line.contains(words)).collect();
            format!("{name}:\n{}", lines[lines.len().saturating_sub(50)..].join("\n"))
        };
        format!("{}\n{}", of("data.log"), of("propeller.log"))
    }

    /// What the programs said, the end of it.
    pub fn logs(&self) -> String {
        let end = |name: &str| {
            let text = fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
            let lines: Vec<_> = text.lines().collect();
            format!("{name}:\n{}", lines[lines.len().saturating_sub(20)..].join("\n"))
        };
        format!("{}\n{}\n{}", end("data.log"), end("propeller.log"), end("webhook.log"))
    }
}

/// A command of the binary as a child process, which says a line once it works.
#[derive(Debug)]
pub struct Program(Child);

impl Program {
    fn start(mut command: Command, log: &Path) -> Result<Program> {
        let log = File::options().create(true).append(true).open(log)?;
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().with_context(|| format!("failed to start {command:?}"))?;
        let mut lines = BufReader::new(child.stdout.take().context("standard output is a pipe")?).lines();
        match lines.next() {
            Some(Ok(_)) => {
                thread::spawn(move || lines.count());
                Ok(Program(child))
            }
            _ => bail!("{command:?} ended with {} before it worked", child.wait()?),
        }
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Ends it at once.
    pub fn kill(mut self) -> Result<()> {
        self.0.kill()?;
        self.0.wait()?;
        Ok(())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended; then there is nothing to end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The chart as a release of the name `aileron` in the namespace of that name.
pub fn chart(values: &[&str]) -> Result<String> {
    let chart = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/helm/aileron");
    let mut helm = Command::new(helm()?);
    helm.args(["template", "aileron", "--namespace", "aileron", "--kube-version", "1.34.0"]).arg(chart);
    let output = helm.args(values.iter().flat_map(|value| ["--set", value])).output()?;
    if !output.status.success() {
        bail!("the chart is not rendered: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Helm, which set-up builds.
pub fn helm() -> Result<PathBuf> {
    let helm = aileron_test_cluster::folder()?.with_file_name("tools").join("bin/helm");
    if !helm.is_file() {
        bail!("{} is missing: run `cargo xtask setup`", helm.display());
    }
    Ok(helm)
}

/// Makes the chart's accounts with their roles, and a file for each to reach the cluster by.
fn give_rights(cluster: &Cluster, folder: &Path) -> Result<()> {
    let rendered = chart(&[])?;
    let of_rights = |document: &&str| {
        let kind = document.lines().find_map(|line| line.strip_prefix("kind: ")).unwrap_or_default();
        kind == "ServiceAccount" || kind.contains("Role")
    };
    let rights: Vec<_> = rendered.split("\n---\n").filter(of_rights).collect();
    // The chart leaves the namespace to whoever installs it.
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: aileron}\n---\n";
    let placed = rights.join("\n---\n").replace("\nmetadata:\n", "\nmetadata:\n  namespace: aileron\n");
    cluster.apply(&format!("{namespace}{placed}"))?;
    for part in ["server", "propeller", "webhook"] {
        fs::write(folder.join(part), cluster.account("aileron", &format!("aileron-{part}"))?)?;
    }
    Ok(())
}

/// What the chart gives to every namespace, but for the quota: it takes a controller that the cluster does not run.
fn give_templates(folder: &Path) -> Result<()> {
    let rendered = chart(&[])?;
    let templates =
        rendered.split("\n---\n").find(|document| document.contains("  name: aileron-namespaces\n"));
    let (_, files) =
        templates.and_then(|found| found.split_once("\ndata:\n")).context("the chart has none")?;
    let mut name = "";
    for line in files.lines() {
        if let Some(begun) = line.strip_suffix(": |").filter(|line| !line.starts_with("   ")) {
            name = begun.trim();
        } else if name != "quota.yaml" {
            let mut file = OpenOptions::new().create(true).append(true).open(folder.join(name))?;
            writeln!(file, "{}", line.strip_prefix("    ").unwrap_or(line))?;
        }
    }
    Ok(())
}

/// An address that nobody listens on. Below the ports that the system gives to whoever asks, so that nobody gets
/// it while its owner is dead; and none twice, since whoever asked before may not listen yet.
fn free(host: &str) -> Result<String> {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    for _ in 0..10_000 {
        let step = ASKED.fetch_add(1, Ordering::Relaxed);
        let port = 20_000 + (std::process::id() + step * 7) % 10_000;
        if TcpListener::bind((host, port as u16)).is_ok() {
            return Ok(format!("{host}:{port}"));
        }
    }
    bail!("no port is free on {host}")
}

fn path(path: &Path) -> String {
    PathBuf::from(path).to_string_lossy().into_owned()
}
