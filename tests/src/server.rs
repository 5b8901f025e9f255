//! `aileron serve` as a child process.

use std::env;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

/// A data folder and the process that serves it.
#[derive(Debug)]
pub struct Server {
    process: Child,
    address: String,
}

impl Server {
    /// Starts the binary on a folder and returns when it has printed its address. `listen` may have
    /// port 0; `more` are further options.
    pub fn start(binary: &Path, data: &Path, listen: &str, more: &[&str]) -> Result<Server> {
        fs::create_dir_all(data)?;
        let log = File::options().create(true).append(true).open(data.with_extension("log"))?;
        let mut command = Command::new(binary);
        command.args(["serve", "--listen", listen, "--data-dir"]).arg(data).args(more);
        let mut process = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .with_context(|| format!("failed to start {}", binary.display()))?;
        let mut lines = BufReader::new(process.stdout.take().context("standard output is a pipe")?).lines();
        for line in lines.by_ref() {
            let line = line?;
            if let Some(start) = line.find("http://").or_else(|| line.find("https://")) {
                let address = line[start..].split_whitespace().next().unwrap_or_default().to_owned();
                thread::spawn(move || lines.count());
                return Ok(Server { process, address });
            }
        }
        let log = fs::read_to_string(data.with_extension("log"))?;
        bail!("the server ended with {} before it answered:\n{log}", process.wait()?)
    }

    /// `http://HOST:PORT`, or `https://HOST:PORT` where it speaks TLS.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Ends the process at once; its tasks are not told.
    pub fn kill(mut self) -> Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }

    /// Asks the process to end, and waits for it.
    pub fn terminate(&mut self, within: Duration) -> Result<ExitStatus> {
        kill_process(self.pid()?, Signal::TERM)?;
        let deadline = Instant::now() + within;
        loop {
            if let Some(status) = self.process.try_wait()? {
                return Ok(status);
            }
            if Instant::now() > deadline {
                bail!("the server still runs {within:?} after SIGTERM");
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Bytes of memory that are in use now.
    pub fn resident_memory(&self) -> Result<u64> {
        self.memory("VmRSS:")
    }

    /// Bytes of memory that were in use at the most.
    pub fn peak_memory(&self) -> Result<u64> {
        self.memory("VmHWM:")
    }

    /// What the process has spent of the processors, to a hundredth of a second.
    pub fn processor_time(&self) -> Result<Duration> {
        // Linux tells it in hundredths of a second, whatever its own tick is.
        const TICKS: u64 = 100;
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        // The name, in brackets, may have blanks; the numbers after it are the fields from the third on.
        let (_, fields) = stat.rsplit_once(')').context("a process has a name")?;
        let spent: Option<u64> =
            fields.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u64>().ok()).sum();
        Ok(Duration::from_millis(spent.context("a process tells its time")? * 1000 / TICKS))
    }

    fn memory(&self, field: &str) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find(|line| line.starts_with(field));
        let kilobytes = line.and_then(|line| line.split_whitespace().nth(1));
        Ok(kilobytes.context("a process tells its memory")?.parse::<u64>()? * 1024)
    }

    fn pid(&self) -> Result<Pid> {
        Pid::from_raw(self.process.id().cast_signed()).context("a child has a process id")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A test that has failed already must not hang or leave processes; there is nobody to tell.
        if !matches!(self.process.try_wait(), Ok(Some(_))) && self.terminate(Duration::from_secs(10)).is_err()
        {
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }
}

/// The binary under test: `AILERON`, or the one that cargo built beside this test.
pub fn binary() -> Result<PathBuf> {
    if let Some(path) = env::var_os("AILERON") {
        return Ok(PathBuf::from(path));
    }
    let test = env::current_exe()?;
    let folder = test.ancestors().nth(2).context("a test lies in a build folder")?;
    let binary = folder.join("aileron");
    if !binary.exists() {
        bail!("no server at {}: run `cargo build -p aileron`, or set AILERON", binary.display());
    }
    Ok(binary)
}
