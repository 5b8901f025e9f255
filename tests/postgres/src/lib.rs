//! A PostgreSQL of the tests' own: a cluster in a temporary folder, on a socket there, and in it a
//! database for whoever asks.
//!
//! It ends with the process that started it, however that ends: a shell holds the server and the read
//! end of a pipe, and stops the one when the other closes. Nothing is written through to the disk.
//!
//! What it deliberately does not do: install PostgreSQL (`cargo xtask setup` does), or know what is kept
//! in a database.
//!
//! Start reading at [`Cluster::start`].

use std::fs::{self, File};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

/// Who owns the databases.
const USER: &str = "aileron";
/// A user who needs a password that nobody has.
const GUARDED: &str = "guarded";
/// Longest wait for a server that starts.
const PATIENCE: Duration = Duration::from_secs(60);
/// What is needed of PostgreSQL.
const PROGRAMS: [&str; 4] = ["initdb", "postgres", "pg_isready", "createdb"];
/// Runs a server until standard input closes, then removes its folder.
const HOLD: &str =
    r#"folder=$1; shift; "$@" & server=$!; cat; kill -QUIT $server; wait $server; rm -rf "$folder""#;
/// The same, but a server that ends is started again. A new one waits until all of the old one has gone.
const REVIVE: &str = r#"folder=$1; shift
(trap 'kill -QUIT $server; wait $server; exit' TERM
while :; do "$@" & server=$!; wait $server; sleep 0.1; done) & loop=$!
cat; kill -TERM $loop; wait $loop; rm -rf "$folder""#;
/// What makes a server fast that may forget.
const FORGETFUL: [&str; 4] =
    ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum_naptime=5s"];

/// The same for one that is killed: what it has acknowledged must be with the system then, though not on the disk.
const FORGETFUL_OF_POWER: [&str; 3] = ["fsync=off", "full_page_writes=off", "autovacuum_naptime=5s"];

/// A running server with databases.
#[derive(Debug)]
pub struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
    owner: Option<Owner>,
    holder: Child,
    made: AtomicU32,
}

/// Who runs the server when we are root, which it refuses.
#[derive(Clone, Copy, Debug)]
struct Owner {
    user: u32,
    group: u32,
}

impl Cluster {
    /// Starts a server; a few seconds.
    ///
    /// # Errors
    /// When PostgreSQL is not installed, or does not start; the error ends with its log.
    pub fn start() -> Result<Cluster> {
        Cluster::start_with(&FORGETFUL)
    }

    /// As [`start`](Cluster::start), but a server that is killed comes again, with all that it has acknowledged.
    ///
    /// # Errors
    /// As there.
    pub fn start_reviving() -> Result<Cluster> {
        let mut cluster = Cluster::held(&FORGETFUL_OF_POWER, REVIVE)?;
        cluster.wait()?;
        cluster.database()?;
        Ok(cluster)
    }

    /// The URL of the first database that was made.
    pub fn first(&self) -> String {
        self.url("test_0")
    }

    /// Kills the server at once, with all that it has in memory.
    ///
    /// # Errors
    /// When it does not run.
    pub fn crash(&self) -> Result<()> {
        let file = self.folder.join("data/postmaster.pid");
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let number =
            text.lines().next().and_then(|line| line.trim().parse().ok()).context("postmaster.pid")?;
        let process = Pid::from_raw(number).context("a process has a number above 0")?;
        Ok(kill_process(process, Signal::KILL)?)
    }

    /// As [`start`](Cluster::start), with settings instead of those that make it forgetful.
    ///
    /// # Errors
    /// As there.
    pub fn start_with(settings: &[&str]) -> Result<Cluster> {
        let mut cluster = Cluster::held(settings, HOLD)?;
        cluster.wait()?;
        Ok(cluster)
    }

    /// A server that a script holds; it may not answer yet.
    fn held(settings: &[&str], script: &str) -> Result<Cluster> {
        let programs = programs()?;
        let owner = Owner::needed()?;
        let folder = tempfile::Builder::new().prefix("aileron-postgres-").tempdir()?.keep();
        if let Some(Owner { user, group }) = owner {
            chown(&folder, Some(user), Some(group))?;
        }
        init(&programs, &folder, owner)?;
        let holder = hold(&programs, &folder, owner, settings, script)?;
        Ok(Cluster { programs, folder, owner, holder, made: AtomicU32::new(0) })
    }

    /// The one of this process, which is started when it is first asked for.
    ///
    /// # Panics
    /// When it does not start.
    #[expect(clippy::expect_used, reason = "a test that cannot go on fails")]
    pub fn shared() -> &'static Cluster {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(|| Cluster::start().expect("a PostgreSQL for the tests"))
    }

    /// The URL of a new and empty database.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn database(&self) -> Result<String> {
        let name = format!("test_{}", self.made.fetch_add(1, Ordering::Relaxed));
        let mut create = self.client("createdb");
        answer(create.arg(&name))?;
        Ok(self.url(&name))
    }

    /// The URL of a database, be it there or not.
    pub fn url(&self, database: &str) -> String {
        format!("postgres:///{database}?host={}&user={USER}", self.folder.display())
    }

    fn wait(&mut self) -> Result<()> {
        let started = Instant::now();
        while answer(self.client("pg_isready").arg("--quiet")).is_err() {
            let ended = self.holder.try_wait()?;
            if ended.is_some() || started.elapsed() > PATIENCE {
                let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                bail!("PostgreSQL did not start in {}: {log}", self.folder.display());
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn client(&self, program: &str) -> Command {
        let mut command = command(&self.programs.join(program), self.owner);
        command.env("PGHOST", &self.folder).env("PGUSER", USER);
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        // Nothing can be done about a server that does not stop.
        let _ = self.holder.wait();
    }
}

impl Owner {
    /// Somebody else, if we are root.
    fn needed() -> Result<Option<Owner>> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let users = fs::read_to_string("/etc/passwd").context("/etc/passwd")?;
        let find = |name: &str| {
            let mut fields = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
            let found = fields.find(|fields| fields.len() > 3 && fields[0] == name)?;
            Some(Owner { user: found[2].parse().ok()?, group: found[3].parse().ok()? })
        };
        let owner = find("postgres").or_else(|| find("nobody"));
        Ok(Some(owner.context("root may not run PostgreSQL, and there is no user `postgres` or `nobody`")?))
    }
}

/// The folder of PostgreSQL's programs: where the search path has them, or Debian's newest.
///
/// # Errors
/// When there is none; the error says what to install.
pub fn programs() -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let mut debian: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|versions| versions.flatten().map(|version| version.path().join("bin")).collect())
        .unwrap_or_default();
    debian.sort();
    folders.extend(debian.into_iter().rev());
    folders.into_iter().find(|folder| PROGRAMS.iter().all(|program| folder.join(program).is_file())).context(
        "PostgreSQL is not installed: run `cargo xtask setup`, or install Debian's package `postgresql`",
    )
}

fn command(program: &Path, owner: Option<Owner>) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", "/usr/bin:/bin").current_dir("/").stdin(Stdio::null());
    if let Some(Owner { user, group }) = owner {
        command.uid(user).gid(group);
    }
    command
}

/// Sorted by a language's rules unless a column says otherwise, as most databases are.
fn init(programs: &Path, folder: &Path, owner: Option<Owner>) -> Result<()> {
    let mut initdb = command(&programs.join("initdb"), owner);
    initdb.args(["--auth=trust", "--no-sync", "--encoding=UTF8", "--username", USER]);
    initdb.args(["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"]);
    answer(initdb.arg("--pgdata").arg(folder.join("data")))?;
    let rules = format!("local all {GUARDED} scram-sha-256\nlocal all all trust\n");
    fs::write(folder.join("data/pg_hba.conf"), rules).context("pg_hba.conf")
}

fn hold(
    programs: &Path,
    folder: &Path,
    owner: Option<Owner>,
    settings: &[&str],
    script: &str,
) -> Result<Child> {
    // Root's files are read by whoever runs the server.
    let log = File::create(folder.join("log"))?;
    let mut shell = command(Path::new("/bin/sh"), owner);
    shell.args(["-c", script, "hold"]).arg(folder);
    shell.arg(programs.join("postgres")).arg("-D").arg(folder.join("data")).arg("-k").arg(folder);
    let always = ["listen_addresses=", "max_connections=1000"];
    for setting in always.iter().chain(settings) {
        shell.args(["-c", setting]);
    }
    shell.stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log);
    // What ends us by a signal to the group must not end the shell before it has tidied up.
    shell.process_group(0).spawn().context("/bin/sh")
}

/// Runs a program to its end; one that fails answers with what it wrote.
fn answer(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    if !output.status.success() {
        let text = [output.stdout, output.stderr].concat();
        bail!("{command:?}: {}: {}", output.status, String::from_utf8_lossy(&text).trim());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

    use super::*;

    #[test]
    fn a_cluster_leaves_nothing_behind() {
        let cluster = Cluster::start().unwrap();
        let folder = cluster.folder.clone();
        let urls = [cluster.database().unwrap(), cluster.database().unwrap()];
        assert_ne!(urls[0], urls[1]);
        drop(cluster);
        assert!(!folder.exists(), "{}", folder.display());
    }
}
