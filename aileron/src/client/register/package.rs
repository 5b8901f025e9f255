//! Reading packages: `NN_NAME_KIND.pb` for each entity, and at most one `fast*.tar.gz` of code, in an
//! archive or a folder.

use std::fs;
use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;
use tar::Archive;

use crate::client::failure::Failure;

/// Most bytes that are read of one package, unpacked.
const LARGEST: u64 = 512 << 20;

/// What is registered together.
#[derive(Debug, Default)]
pub(super) struct Package {
    /// In the order of their names, in which each comes after what it refers to.
    pub(super) entities: Vec<Entity>,
    pub(super) code: Option<Code>,
}

/// One message to register.
#[derive(Debug)]
pub(super) struct Entity {
    pub(super) kind: Kind,
    /// Where it was read.
    pub(super) place: String,
    pub(super) bytes: Vec<u8>,
}

/// The code that the tasks of a package unpack before they run.
#[derive(Debug)]
pub(super) struct Code {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// What an entity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Task,
    Workflow,
    LaunchPlan,
}

impl Kind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Kind::Task => "task",
            Kind::Workflow => "workflow",
            Kind::LaunchPlan => "launch plan",
        }
    }

    /// By the end of a file's name.
    fn of(file: &str) -> Option<Kind> {
        match file.strip_suffix(".pb")?.rsplit_once('_')?.1 {
            "1" => Some(Kind::Task),
            "2" => Some(Kind::Workflow),
            "3" => Some(Kind::LaunchPlan),
            _ => None,
        }
    }
}

/// Reads a path of any of the three forms.
pub(super) fn read(path: &Path) -> Result<Package, Failure> {
    let files = if path.is_dir() {
        of_folder(path)?
    } else if is_archive(&name_of(path)) {
        of_archive(path)?
    } else {
        vec![(name_of(path), read_file(path)?)]
    };
    collect(files, path)
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn is_archive(name: &str) -> bool {
    [".tgz", ".tar.gz"].iter().any(|end| name.ends_with(end))
}

fn failed(path: &Path) -> impl Fn(std::io::Error) -> Failure {
    let what = format!("failed to read {}", path.display());
    move |source| Failure::Io { what: what.clone(), source }
}

fn read_file(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(failed(path))
}

fn of_folder(path: &Path) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(failed(path))? {
        let file = entry.map_err(failed(path))?.path();
        if file.is_file() {
            files.push((name_of(&file), read_file(&file)?));
        }
    }
    Ok(files)
}

fn of_archive(path: &Path) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let failed = failed(path);
    let file = fs::File::open(path).map_err(&failed)?;
    let mut archive = Archive::new(MultiGzDecoder::new(file).take(LARGEST));
    let mut files = Vec::new();
    for entry in archive.entries().map_err(&failed)? {
        let mut entry = entry.map_err(&failed)?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let name = name_of(&entry.path().map_err(&failed)?);
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(&failed)?;
        files.push((name, bytes));
    }
    Ok(files)
}

fn collect(mut files: Vec<(String, Vec<u8>)>, path: &Path) -> Result<Package, Failure> {
    files.sort_by(|one, other| one.0.cmp(&other.0));
    let shown = path.display();
    let mut package = Package::default();
    for (name, bytes) in files {
        if is_archive(&name) && name.starts_with("fast") {
            if let Some(other) = package.code.replace(Code { name, bytes }) {
                let problem = format!("{shown} has two archives of code, `{}` is one", other.name);
                return Err(Failure::Usage(problem));
            }
        } else if let Some(kind) = Kind::of(&name) {
            package.entities.push(Entity { kind, place: format!("{shown}/{name}"), bytes });
        }
    }
    if package.entities.is_empty() {
        let hint = "name an archive or a folder that `pyflyte package` wrote, or files of it: their names end \
                    in _1.pb (task), _2.pb (workflow) or _3.pb (launch plan)";
        return Err(Failure::Usage(format!("there is nothing to register in {shown}\n  hint: {hint}")));
    }
    Ok(package)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_what_is_in_a_file() {
        for (name, kind) in [
            ("0_sums.add_1.pb", Some(Kind::Task)),
            ("12_sums.total_2.pb", Some(Kind::Workflow)),
            ("3_sums.total_3.pb", Some(Kind::LaunchPlan)),
            ("inputs.pb", None),
            ("a_4.pb", None),
            ("a_1.json", None),
        ] {
            assert_eq!(Kind::of(name), kind, "{name}");
        }
    }

    #[test]
    fn what_holds_nothing_is_told_with_what_would() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("README"), "x").unwrap();
        let told = read(folder.path()).unwrap_err().to_string();
        assert!(told.contains("nothing to register") && told.contains("pyflyte package"), "{told}");
        for code in ["fast1.tar.gz", "fast2.tar.gz"] {
            fs::write(folder.path().join(code), "x").unwrap();
        }
        assert!(read(folder.path()).unwrap_err().to_string().contains("two archives of code"));
        let missing = read(&folder.path().join("nowhere.tgz")).unwrap_err().to_string();
        assert!(missing.contains("failed to read") && missing.contains("nowhere.tgz"), "{missing}");
    }

    #[test]
    fn a_damaged_archive_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sums.tgz");
        fs::write(&path, "no archive").unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("failed to read"));
    }
}
