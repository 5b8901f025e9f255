//! `aileron register`: what `pyflyte package` wrote, sent to a server.
//!
//! `package` reads paths into entities, `fill` gives them what they leave open, `code` sends the code that
//! their tasks unpack, `send` registers one after the other. Registering again changes nothing.

mod code;
mod fill;
mod package;
mod send;

use std::path::PathBuf;

use serde_json::{Value, json};

use self::fill::Blanks;
use self::package::Package;
use self::send::{Outcome, Registered};
use super::connect::Target;
use super::failure::Failure;
use super::output::{Format, print, print_value, table};

/// Registers tasks, workflows and launch plans of packages.
#[derive(Debug, clap::Args)]
pub(crate) struct Register {
    /// Archives that `pyflyte package` wrote, folders of what is in them, or single files of it.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The version, where a package leaves it open.
    #[arg(long)]
    version: Option<String>,
    /// The folder that tasks unpack their code into, where a package leaves it open.
    #[arg(long, default_value = ".", value_name = "FOLDER")]
    dest_dir: String,
    /// Activate the launch plans, and with them their schedules.
    #[arg(long)]
    activate: bool,
    /// Form of the result.
    #[arg(long, short, value_enum, default_value_t)]
    output: Format,
    #[command(flatten)]
    target: Target,
}

impl Register {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let packages: Result<Vec<Package>, Failure> =
            self.paths.iter().map(|path| package::read(path)).collect();
        // What is open is told before anything is sent.
        let packages = packages?;
        for package in &packages {
            self.blanks(package, None).check(package)?;
        }
        let mut all = Vec::new();
        for package in packages {
            let code = match &package.code {
                Some(code) => Some(code::send(&self.target, code).await?),
                None => None,
            };
            let entities = self.blanks(&package, code).fill(package.entities)?;
            all.extend(send::send(&self.target, entities, self.activate).await?);
        }
        self.show(&all)?;
        verdict(&all)
    }

    fn blanks(&self, package: &Package, code: Option<String>) -> Blanks {
        Blanks {
            project: self.target.project.clone(),
            domain: self.target.domain.clone(),
            version: self.version.clone(),
            code: code.or_else(|| package.code.as_ref().map(|code| code.name.clone())),
            dest_dir: self.dest_dir.clone(),
        }
    }

    fn show(&self, all: &[Registered]) -> Result<(), Failure> {
        if self.output == Format::Table {
            let rows: Vec<_> = all.iter().map(row).collect();
            return print(&table(["KIND", "NAME", "VERSION", "RESULT"], &rows));
        }
        print_value(self.output, &Value::Array(all.iter().map(value).collect()))
    }
}

fn row(one: &Registered) -> [String; 4] {
    let id = &one.id;
    [one.kind.name().to_owned(), id.name.clone(), id.version.clone(), one.outcome.name().to_owned()]
}

fn value(one: &Registered) -> Value {
    let mut value = json!({
        "kind": one.kind.name(),
        "project": one.id.project,
        "domain": one.id.domain,
        "name": one.id.name,
        "version": one.id.version,
        "result": one.outcome.name(),
    });
    if let Outcome::Refused(problem) = &one.outcome {
        value["problem"] = Value::from(problem.as_str());
    }
    value
}

/// Refusals are a failure, each with its reason.
fn verdict(all: &[Registered]) -> Result<(), Failure> {
    let refused = all.iter().filter_map(|one| match &one.outcome {
        Outcome::Refused(problem) => Some(format!("\n  {} {}: {problem}", one.kind.name(), one.id.name)),
        _ => None,
    });
    let refused: Vec<String> = refused.collect();
    if refused.is_empty() {
        return Ok(());
    }
    Err(Failure::Unregistered { refused: refused.len(), all: all.len(), problems: refused.concat() })
}
