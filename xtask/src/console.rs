//! Builds the web console with trunk and the workbench that its worker runs, and compresses both once so
//! that the server never has to; or, while a page is worked on, quickly.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use clap::Args;

use crate::cache::Places;
use crate::{process, sections, workbench};

/// The programs, each in a folder of its own of `dist/`.
const PROGRAMS: [&str; 4] = ["console", "run", "launch", "workbench"];
/// What the workbench's page asks, as it is called among the programs.
const WORKER: &str = "worker";
/// Programs whose page is that of the first one, but for the binary.
const ALIKE: [&str; 2] = ["run", "launch"];

/// What the bundle is made from: folders and files of the clone.
const SOURCES: [&str; 11] = [
    "console",
    "compiler",
    "engine",
    "layout",
    "idl/src",
    "idl/Cargo.toml",
    "public",
    "workbench/src",
    "workbench/Cargo.toml",
    "Trunk.toml",
    "Cargo.lock",
];
/// Tells of what sources `dist/` was made.
const STAMP: &str = ".sources";
/// File types that shrink; fonts and pictures are compressed already.
const COMPRESSED: [&str; 6] = ["wasm", "js", "css", "html", "svg", "json"];

/// How the console is built.
#[derive(Args)]
pub(crate) struct Asked {
    /// To try a change: hardly optimised and not compressed. A debug binary serves it as it lies in `dist/`
    #[arg(long)]
    quick: bool,
    /// With --quick, only these of console, run, launch, workbench and worker
    #[arg(requires = "quick", value_parser = ["console", "run", "launch", "workbench", WORKER])]
    programs: Vec<String>,
}

/// Builds what was asked for.
pub(crate) fn run(places: &Places, asked: &Asked) -> Result<()> {
    if !asked.quick {
        return build(places);
    }
    let is_asked =
        |program: &str| asked.programs.is_empty() || asked.programs.iter().any(|one| one == program);
    let dist = places.root.join("dist");
    // What is built next to be shipped is built whole.
    if dist.join(STAMP).exists() {
        fs::remove_file(dist.join(STAMP))?;
    }
    write_pages(places)?;
    for program in PROGRAMS.into_iter().filter(|program| is_asked(program)) {
        page(places, program, "workbench-quick", &[])?;
    }
    if is_asked(WORKER) {
        worker(places, &dist.join("workbench-quick"), "wasm-quick")?;
    }
    Ok(())
}

/// Builds `dist/` unless it is made of the same sources already.
pub(crate) fn build(places: &Places) -> Result<()> {
    write_pages(places)?;
    let dist = places.root.join("dist");
    let stamp = dist.join(STAMP);
    let sources = fingerprint(&places.root)?;
    if fs::read_to_string(&stamp).is_ok_and(|built| built == sources) {
        println!("  console: already built from these sources");
        return Ok(());
    }
    if dist.exists() {
        fs::remove_dir_all(&dist).context("remove what was built of other sources")?;
    }
    let folder = format!("workbench-{sources}");
    for program in PROGRAMS {
        page(places, program, &folder, &["--release"])?;
    }
    worker(places, &dist.join(folder), "wasm-worker")?;
    for file in files(&dist)? {
        strip(&file)?;
        compress(&file)?;
    }
    fs::write(stamp, sources).context("write the stamp of the console")
}

/// Writes the pages that differ from the first in their binary alone.
fn write_pages(places: &Places) -> Result<()> {
    let folder = places.root.join("console");
    let first = fs::read_to_string(folder.join("index.html"))?;
    for program in ALIKE {
        let page = first
            .replace(r#"data-bin="aileron-console""#, &format!(r#"data-bin="aileron-console-{program}""#));
        ensure!(page != first, "console/index.html names no binary");
        let file = folder.join(format!("{program}.html"));
        // Trunk looks at times.
        if fs::read_to_string(&file).is_ok_and(|there| there == page) {
            continue;
        }
        fs::write(file, page)?;
    }
    Ok(())
}

/// Builds one program; `worker` is the folder in which it will look for the workbench.
fn page(places: &Places, program: &str, worker: &str, how: &[&str]) -> Result<()> {
    // Trunk's own downloads are not used: setup has put its tools on PATH.
    let mut trunk = places.command("trunk");
    trunk.args(["build", "--offline"]).args(how);
    trunk.args(["--dist", &format!("dist/{program}"), "--public-url", &format!("/console/{program}/")]);
    let target = if program == PROGRAMS[0] { "index" } else { program };
    trunk.arg(format!("console/{target}.html"));
    trunk.env("AILERON_WORKBENCH", worker).env("CARGO_TARGET_DIR", &places.target);
    process::run(&mut trunk).with_context(|| format!("the console's program `{program}` was not built"))
}

/// Builds what the page of the workbench asks.
fn worker(places: &Places, folder: &Path, profile: &str) -> Result<()> {
    workbench::build(places, "no-modules", profile, folder)?;
    fs::copy(places.root.join("public/workbench/worker.js"), folder.join("worker.js"))?;
    Ok(())
}

/// What a browser transfers of each wasm program, in kilobytes, by its row's key, and what it may be. The goal
/// of every page is 350, which those with a graph or a form miss: these limits keep them from growing, and are to fall
/// with them.
const BUDGETS: [(&str, &str, f64); 5] = [
    ("console_wasm", "console", 315.0),
    ("run_wasm", "run", 485.0),
    ("launch_wasm", "launch", 411.0),
    ("workbench_wasm", "workbench", 426.0),
    ("worker_wasm", "workbench-", 500.0),
];

/// The sizes of the compressed programs.
pub(crate) fn weights(dist: &Path) -> Result<Vec<(&'static str, f64)>> {
    let mut found = Vec::new();
    for file in files(dist)?.iter().filter(|file| file.to_string_lossy().ends_with(".wasm.br")) {
        let folder = file.parent().and_then(|folder| folder.strip_prefix(dist).ok()).unwrap_or(Path::new(""));
        let folder = folder.to_string_lossy();
        let is_of =
            |place: &str| if place.ends_with('-') { folder.starts_with(place) } else { folder == place };
        let key = BUDGETS.iter().find(|(_, place, _)| is_of(place)).map(|(key, _, _)| *key);
        #[expect(clippy::cast_precision_loss, reason = "sizes of files, shown with three digits")]
        found.extend(
            key.map(|key| (key, fs::metadata(file).map_or(0.0, |about| about.len() as f64 / 1024.0))),
        );
    }
    Ok(found)
}

/// Fails when a program is heavier than it may be.
pub(crate) fn weigh(places: &Places) -> Result<()> {
    let weights = weights(&places.root.join("dist"))?;
    for (key, _, most) in BUDGETS {
        let weight = weights.iter().find(|(known, _)| *known == key).map(|(_, weight)| *weight);
        let weight = weight.with_context(|| format!("{key} is not built"))?;
        println!("  {key}: {weight:.0} KB of {most:.0}");
        ensure!(weight <= most, "{key} is {weight:.0} KB, compressed; {most:.0} are allowed");
    }
    Ok(())
}

/// Leaves of a wasm program what a browser needs.
fn strip(file: &Path) -> Result<()> {
    if file.extension().is_none_or(|kind| kind != "wasm") {
        return Ok(());
    }
    let module = sections::without_custom(&fs::read(file)?).with_context(|| file.display().to_string())?;
    Ok(fs::write(file, module)?)
}

/// Writes the brotli form of a file beside it, as `NAME.br`.
fn compress(file: &Path) -> Result<()> {
    let kind = file.extension().unwrap_or_default().to_string_lossy().into_owned();
    if !COMPRESSED.contains(&kind.as_str()) {
        return Ok(());
    }
    let mut sibling = file.as_os_str().to_owned();
    sibling.push(".br");
    let mut out = brotli::CompressorWriter::new(fs::File::create(PathBuf::from(sibling))?, 1 << 16, 11, 22);
    out.write_all(&fs::read(file)?)?;
    out.flush().context("compress the console")
}

/// Changes when a file of [`SOURCES`] does. Not cryptographic: it guards a cache, not a secret.
fn fingerprint(root: &Path) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    for source in SOURCES {
        for file in files(&root.join(source))? {
            file.strip_prefix(root)?.hash(&mut hasher);
            fs::read(&file).with_context(|| file.display().to_string())?.hash(&mut hasher);
        }
    }
    Ok(format!("{:016x}", hasher.finish()))
}

/// Every file at or below a path, sorted.
fn files(path: &Path) -> Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_path_buf()]);
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(path).with_context(|| path.display().to_string())? {
        found.extend(files(&entry?.path())?);
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compressed_sibling_is_smaller_and_pictures_have_none() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("a.js");
        let picture = folder.path().join("a.png");
        fs::write(&script, "let a = 1;".repeat(100)).unwrap();
        fs::write(&picture, "p").unwrap();
        compress(&script).unwrap();
        compress(&picture).unwrap();
        let sibling = fs::read(folder.path().join("a.js.br")).unwrap();
        assert!(!sibling.is_empty() && sibling.len() < 100);
        assert!(!folder.path().join("a.png.br").exists());
    }

    #[test]
    fn the_fingerprint_follows_names_and_contents() {
        let folder = tempfile::tempdir().unwrap();
        for source in SOURCES {
            let path = folder.path().join(source);
            if source.contains('.') {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, source).unwrap();
            } else {
                fs::create_dir_all(path).unwrap();
            }
        }
        let empty = fingerprint(folder.path()).unwrap();
        assert_eq!(fingerprint(folder.path()).unwrap(), empty);
        fs::write(folder.path().join("console/a.rs"), "a").unwrap();
        let first = fingerprint(folder.path()).unwrap();
        fs::rename(folder.path().join("console/a.rs"), folder.path().join("console/b.rs")).unwrap();
        let renamed = fingerprint(folder.path()).unwrap();
        assert!(empty != first && first != renamed);
    }
}
