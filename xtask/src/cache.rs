//! Where things lie: the clone, the build folder, and the cache folder outside the clone.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

/// The folders that every command works with.
pub(crate) struct Places {
    /// The clone.
    pub(crate) root: PathBuf,
    /// `${XDG_CACHE_HOME:-~/.cache}/aileron`: tools, the virtual environment, logs, demo data.
    pub(crate) cache: PathBuf,
    /// Cargo's build folder.
    pub(crate) target: PathBuf,
}

impl Places {
    /// Reads the environment once.
    pub(crate) fn find() -> Result<Places> {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = manifest.parent().context("xtask lies in a folder of the clone")?.to_path_buf();
        let caches = env::var_os("XDG_CACHE_HOME").filter(|folder| !folder.is_empty()).map(PathBuf::from);
        let caches = caches.or_else(|| env::home_dir().map(|home| home.join(".cache")));
        let cache = caches.context("neither XDG_CACHE_HOME nor HOME is set; set one")?.join("aileron");
        let target =
            env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder));
        Ok(Places { root, cache, target })
    }

    /// Where `cargo install` puts the tools that are missing.
    pub(crate) fn tools(&self) -> PathBuf {
        self.cache.join("tools")
    }

    /// The Python environment of flytekit.
    pub(crate) fn venv(&self) -> PathBuf {
        self.cache.join("venv")
    }

    /// Python packages that only some tests' tasks and connectors see.
    pub(crate) fn plugins(&self) -> PathBuf {
        self.cache.join("plugins")
    }

    /// Python packages of the plugins that `cargo xtask plugins` runs.
    pub(crate) fn heavy_plugins(&self) -> PathBuf {
        self.cache.join("heavy-plugins")
    }

    /// The Python environment of other orchestrators, for measurements alone.
    pub(crate) fn peers(&self) -> PathBuf {
        self.cache.join("peers")
    }

    /// The program that tests start: what `AILERON` names, or the one users run.
    pub(crate) fn tested(&self) -> PathBuf {
        env::var_os("AILERON").map_or_else(|| self.binary(), |named| self.root.join(named))
    }

    /// The program users run.
    pub(crate) fn binary(&self) -> PathBuf {
        self.target.join("release/aileron")
    }

    /// The log of one installation.
    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.cache.join("logs").join(format!("{name}.log"))
    }

    /// A command in the clone that finds our tools first and never reads the terminal.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).env("PATH", self.search_path()).stdin(Stdio::null());
        command
    }

    /// Cargo, for the build folder of this run.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = self.command("cargo");
        command.env("CARGO_TARGET_DIR", &self.target);
        command
    }

    /// A program of the Python environment, which finds its neighbours there.
    pub(crate) fn python(&self, program: &str) -> Command {
        self.with_python(&self.venv().join("bin").join(program).to_string_lossy())
    }

    /// A program that finds those of the Python environment before any other.
    pub(crate) fn with_python(&self, program: &str) -> Command {
        let mut path = OsString::from(self.venv().join("bin"));
        path.push(":");
        path.push(self.search_path());
        let mut command = self.command(program);
        command.env("PATH", path);
        command
    }

    /// The file that a name stands for on the search path.
    pub(crate) fn on_path(&self, program: &str) -> Option<PathBuf> {
        env::split_paths(&self.search_path()).map(|folder| folder.join(program)).find(|file| file.is_file())
    }

    fn search_path(&self) -> OsString {
        let tools = self.tools();
        let mut path = OsString::from(tools.join("bin"));
        path.push(":");
        path.push(tools.join("node_modules/.bin"));
        path.push(":");
        path.push(env::var_os("PATH").unwrap_or_default());
        path
    }
}
