//! The processes of a cluster, and doing them harm.

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::{Cluster, pause};

/// Longest wait for a part that comes back.
const PATIENCE: Duration = Duration::from_secs(60);

/// A process that a cluster is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The database.
    Etcd,
    /// What everybody talks to.
    ApiServer,
    /// What collects garbage and empties namespaces.
    ControllerManager,
    /// What gives pods to the real node.
    Scheduler,
    /// What runs pods on the real node.
    Kubelet,
    /// What runs their containers.
    Containerd,
    /// What plays the node that ends pods at once.
    InstantNode,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Part::Etcd => "etcd",
            Part::ApiServer => "kube-apiserver",
            Part::ControllerManager => "kube-controller-manager",
            Part::Scheduler => "kube-scheduler",
            Part::Kubelet => "kubelet",
            Part::Containerd => "containerd",
            Part::InstantNode => "instant-node",
        }
    }
}

/// A part that is kept from coming back until this is dropped.
#[derive(Debug)]
pub struct Absence {
    mark: PathBuf,
    pid: Pid,
}

impl Absence {
    /// The process that was killed.
    pub fn pid(&self) -> Pid {
        self.pid
    }
}

impl Drop for Absence {
    fn drop(&mut self) {
        // Gone with its cluster, if it is not there.
        let _ = fs::remove_file(&self.mark);
    }
}

impl Cluster {
    /// The process of a part.
    ///
    /// # Errors
    /// When this cluster has no such part.
    pub fn pid(&self, part: Part) -> Result<Pid> {
        let path = self.folder().join(format!("{}.pid", part.name()));
        let text = fs::read_to_string(&path).with_context(|| format!("no {part:?} in this cluster"))?;
        Pid::from_raw(text.trim().parse()?).context("a process has a number above 0")
    }

    /// Sends a part a signal.
    ///
    /// # Errors
    /// When it does not run.
    pub fn signal(&self, part: Part, signal: Signal) -> Result<Pid> {
        let pid = self.pid(part)?;
        kill_process(pid, signal).with_context(|| format!("{part:?}"))?;
        Ok(pid)
    }

    /// Kills a part at once, and gives the process that it was.
    ///
    /// # Errors
    /// When it does not run.
    pub fn kill(&self, part: Part) -> Result<Pid> {
        self.signal(part, Signal::KILL)
    }

    /// Kills a part and keeps it away.
    ///
    /// # Errors
    /// When it does not run.
    pub fn keep_away(&self, part: Part) -> Result<Absence> {
        let mark = self.folder().join(format!("{}.down", part.name()));
        File::create(&mark)?;
        Ok(Absence { mark, pid: self.kill(part)? })
    }

    /// Waits for another process of a part than the one `before`, and gives it. Whether it answers yet is
    /// for its clients to see.
    ///
    /// # Errors
    /// When none comes.
    pub fn wait_for(&self, part: Part, before: Pid) -> Result<Pid> {
        let started = Instant::now();
        loop {
            let now = self.pid(part)?;
            if now != before {
                return Ok(now);
            }
            if started.elapsed() > PATIENCE {
                bail!("{part:?} did not come back in {PATIENCE:?}");
            }
            pause();
        }
    }
}
