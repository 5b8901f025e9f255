//! `cargo xtask fuzz`: the programs of `fuzz/fuzz_targets`, built and run.
//!
//! They are libFuzzer's, built by the stable toolchain: `fuzz/instrumented` says how. Each starts from
//! the committed inputs. What it finds beside them stays in the build folder until it is kept.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;

use anyhow::{Context, Result, bail};

use crate::cache::Places;
use crate::test::Tally;
use crate::{process, setup};

/// Inputs that each target tries as part of all tests, from the same seed every time.
const CHECKED: u64 = 5_000;
/// Longest input in bytes, longest time for one in seconds, most memory in MiB.
const LIMITS: [&str; 3] = ["-max_len=4096", "-timeout=60", "-rss_limit_mb=2048"];

/// What to run, and for how long.
#[derive(clap::Args)]
pub(crate) struct Hunt {
    /// One target; without it, all
    target: Option<String>,
    /// Inputs that each target tries
    #[arg(long, default_value_t = 1_000_000)]
    runs: u64,
    /// Afterwards, replace the committed inputs by the fewest that reach all that was reached
    #[arg(long)]
    keep: bool,
}

/// A program, and where its inputs are.
struct Target {
    name: String,
    program: PathBuf,
    /// The committed inputs.
    archive: PathBuf,
    /// `seeds` out of the archive, `found` by runs, and what broke an invariant beside them.
    folder: PathBuf,
}

/// Runs until told, or until an input breaks an invariant.
pub(crate) fn run(places: &Places, hunt: &Hunt) -> Result<()> {
    let mut targets = built(places)?;
    if let Some(name) = &hunt.target {
        let names: Vec<_> = targets.iter().map(|target| target.name.clone()).collect();
        targets.retain(|target| target.name == *name);
        if targets.is_empty() {
            bail!("there is no target {name}; there are {}", names.join(", "));
        }
    }
    for target in &targets {
        target.unpack()?;
        process::run(target.command(places, hunt.runs).arg("found").arg("seeds"))?;
        if hunt.keep {
            target.keep(places)?;
        }
    }
    Ok(())
}

/// Runs every target for a fixed count, some at a time.
pub(crate) fn check(places: &Places) -> Result<Tally> {
    let open = Mutex::new(built(places)?);
    let total = Mutex::new(Tally::default());
    let work = || {
        while let Some(target) = open.lock().ok().and_then(|mut open| open.pop()) {
            let outcome = target.check(places);
            if let (Err(error), name) = (&outcome, &target.name) {
                println!("    {name}: {error:#}; try it again: cargo xtask fuzz {name}");
            }
            if let Ok(mut total) = total.lock() {
                total.passed += usize::from(outcome.is_ok());
                total.failed += usize::from(outcome.is_err());
            }
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    total.into_inner().map_err(|_| anyhow::anyhow!("a thread that runs targets panicked"))
}

/// Builds every target.
fn built(places: &Places) -> Result<Vec<Target>> {
    setup::cxx(places)?;
    let wrapper = places.root.join("fuzz/instrumented");
    let mut cargo = places.cargo();
    cargo.args(["build", "--quiet", "--package", "aileron-fuzz", "--bins"]);
    process::run(cargo.env("RUSTC_WORKSPACE_WRAPPER", wrapper))?;
    let sources = fs::read_dir(places.root.join("fuzz/fuzz_targets")).context("fuzz/fuzz_targets")?;
    let mut targets = Vec::new();
    for source in sources {
        let source = source?.path();
        let name = source.file_stem().context("a target is a file")?.to_string_lossy().into_owned();
        targets.push(Target {
            program: places.target.join("debug").join(&name),
            archive: places.root.join("fuzz/corpus").join(&name).with_extension("tgz"),
            folder: places.target.join("fuzz").join(&name),
            name,
        });
    }
    targets.sort_by(|one, other| other.name.cmp(&one.name));
    Ok(targets)
}

impl Target {
    fn command(&self, places: &Places, runs: u64) -> std::process::Command {
        let mut command = places.command(&self.program.to_string_lossy());
        command.current_dir(&self.folder).args(LIMITS).arg(format!("-runs={runs}"));
        command
    }

    fn check(&self, places: &Places) -> Result<()> {
        self.unpack()?;
        let log = places.log(&format!("fuzz-{}", self.name));
        process::logged(self.command(places, CHECKED).args(["-seed=1", "seeds"]), &log)
    }

    /// The committed inputs in `seeds`, whatever was there before.
    fn unpack(&self) -> Result<()> {
        for part in ["seeds", "found"] {
            fs::create_dir_all(self.folder.join(part))?;
        }
        empty(&self.folder.join("seeds"))?;
        if !self.archive.exists() {
            return Ok(());
        }
        let mut tar = std::process::Command::new("tar");
        process::run(tar.arg("-xzf").arg(&self.archive).arg("-C").arg(self.folder.join("seeds")))
    }

    /// Puts the fewest inputs that reach everything into the archive; equal inputs make equal archives.
    fn keep(&self, places: &Places) -> Result<()> {
        let fewest = self.folder.join("fewest");
        fs::create_dir_all(&fewest)?;
        empty(&fewest)?;
        let mut merge = places.command(&self.program.to_string_lossy());
        merge.current_dir(&self.folder).args(LIMITS).args(["-merge=1", "fewest", "seeds", "found"]);
        process::run(&mut merge)?;
        let mut tar = std::process::Command::new("tar");
        tar.args(["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"]);
        process::run(tar.arg("-czf").arg(&self.archive).arg("-C").arg(&fewest).arg("."))
    }
}

fn empty(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        fs::remove_file(entry?.path())?;
    }
    Ok(())
}
