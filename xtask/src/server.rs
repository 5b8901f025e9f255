//! A running `aileron serve`, ended when it is dropped.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::cache::Places;

/// What the command line promises: a clean end within this time of SIGTERM.
const GRACE: Duration = Duration::from_secs(10);

/// A server of the [tested](Places::tested) binary.
pub(crate) struct Server {
    child: Child,
    address: String,
    log: PathBuf,
}

impl Server {
    /// Starts it and waits for the line with its address. `listen` is `127.0.0.1:PORT`; port 0 finds one.
    pub(crate) fn start(places: &Places, listen: &str, data: &Path) -> Result<Server> {
        Server::start_with(places, listen, data, [])
    }

    /// As [`start`](Server::start), with further settings.
    pub(crate) fn start_with<'a>(
        places: &Places,
        listen: &str,
        data: &Path,
        settings: impl IntoIterator<Item = &'a str>,
    ) -> Result<Server> {
        fs::create_dir_all(data).with_context(|| data.display().to_string())?;
        let log = places.log("server");
        fs::create_dir_all(log.parent().context("a log lies in a folder")?)?;
        let binary = places.tested();
        let mut command = places.command(&binary.to_string_lossy());
        command.args(["serve", "--listen", listen, "--data-dir"]).arg(data);
        command.arg("--task-path").arg(places.venv().join("bin")).args(settings);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?)
            .spawn()
            .with_context(|| format!("failed to start {}", binary.display()))?;
        let output = child.stdout.take().context("standard output is a pipe")?;
        let mut server = Server { child, address: String::new(), log };
        server.address = server.first_address(output)?;
        Ok(server)
    }

    /// `http://HOST:PORT`, without a slash at its end.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// `HOST:PORT`, as flytekit wants it.
    pub(crate) fn endpoint(&self) -> &str {
        self.address.split_once("://").map_or(self.address.as_str(), |(_, rest)| rest)
    }

    /// Stays until the terminal or the system asks us to stop, or the server ends on its own.
    pub(crate) fn stay(mut self) -> Result<()> {
        let pid = self.pid()?;
        let mut signals = Signals::new([SIGINT, SIGTERM])?;
        let handle = signals.handle();
        let asked = thread::spawn(move || {
            let asked = signals.forever().next().is_some();
            // From a terminal the server has had the signal too; a second one changes nothing.
            asked && kill_process(pid, Signal::TERM).is_ok()
        });
        let status = self.child.wait()?;
        handle.close();
        if !asked.join().unwrap_or(false) && !status.success() {
            bail!("the server ended with {status}: see {}", self.log.display());
        }
        Ok(())
    }

    fn first_address(&mut self, output: ChildStdout) -> Result<String> {
        let mut lines = BufReader::new(output).lines();
        for line in lines.by_ref() {
            if let Some(address) = address_in(&line?) {
                // A pipe that nobody reads would stop the server once it is full.
                thread::spawn(move || lines.count());
                return Ok(address);
            }
        }
        let status = self.child.wait()?;
        let said = fs::read_to_string(&self.log)?;
        let last = said.lines().last().unwrap_or("no output");
        bail!("the server ended with {status} before it answered: {last} (all of it: {})", self.log.display())
    }

    fn pid(&self) -> Result<Pid> {
        Pid::from_raw(self.child.id().cast_signed()).context("a child has a process id")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let Ok(pid) = self.pid() else { return };
        let deadline = Instant::now() + GRACE;
        let mut ended = kill_process(pid, Signal::TERM).is_err();
        while !ended && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(20));
            ended = !matches!(self.child.try_wait(), Ok(None));
        }
        if !ended {
            eprintln!("the server did not end within {} s of SIGTERM; killing it", GRACE.as_secs());
            // It may have ended just now: then there is nothing to kill, which is what we want.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

fn address_in(line: &str) -> Option<String> {
    let start = line.find("http://")?;
    let address = line[start..].split_whitespace().next()?;
    Some(address.trim_end_matches(['/', ',', '.']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_the_line() {
        let line = "Aileron listens on http://127.0.0.1:30080/, data in /var/lib/aileron";
        assert_eq!(address_in(line).as_deref(), Some("http://127.0.0.1:30080"));
        assert_eq!(address_in("starting"), None);
    }
}
