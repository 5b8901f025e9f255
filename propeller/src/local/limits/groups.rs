//! Control groups, of the first version or the second: one for each attempt that is held to something.
//!
//! They are made below the group that the server itself is in, which takes permission: as root, or in a unit of
//! systemd's with `Delegate=yes`. In the second version a group that has groups may have no processes, so the
//! server moves into one of its own beside them; it does so only when it is alone.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Limits;

/// How long the turns are in which processors are given out, in microseconds.
const TURN: u64 = 100_000;

/// How often a group is tried to be removed whose processes are about to end.
const REMOVALS: u32 = 50;
const PAUSE: Duration = Duration::from_millis(2);

/// Where groups are made; nowhere when the system does not let us.
#[derive(Clone, Debug, Default)]
pub(in crate::local) struct Groups {
    memory: Option<Root>,
    cpu: Option<Root>,
}

/// A folder of ours for one thing that is limited.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Root {
    folder: PathBuf,
    version: Version,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

/// The group of one attempt, a folder for each root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::local) struct Group {
    memory: Option<(PathBuf, Version)>,
    cpu: Option<(PathBuf, Version)>,
}

impl Groups {
    /// Looks where groups may be made, and makes a folder of this data folder's there. What an earlier driver
    /// left is removed, but for groups whose attempts still run.
    pub(in crate::local) fn open(data_dir: &Path) -> Groups {
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        let memberships = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let name = name(data_dir);
        let root = |controller: &str| match open(&mounts, &memberships, controller, &name) {
            Ok(root) => Some(root),
            Err(error) => {
                tracing::debug!(controller, %error, "no control groups");
                None
            }
        };
        Groups { memory: root("memory"), cpu: root("cpu") }
    }

    /// What of these limits groups see to.
    pub(in crate::local) const fn hold_memory(&self) -> bool {
        self.memory.is_some()
    }

    /// The group of an attempt with these limits, which may not be there. The name is a file's.
    pub(in crate::local) fn of(&self, name: &str, limits: &Limits) -> Group {
        let Group { memory, cpu } = self.every(name);
        Group {
            memory: memory.filter(|_| limits.memory.is_some()),
            cpu: cpu.filter(|_| limits.cpu.is_some()),
        }
    }

    /// The group of an attempt, whatever it is held to.
    pub(in crate::local) fn every(&self, name: &str) -> Group {
        let folder = |root: &Root| (root.folder.join(name), root.version);
        Group { memory: self.memory.as_ref().map(folder), cpu: self.cpu.as_ref().map(folder) }
    }

    /// Removes our folders, if no attempt is left in them.
    pub(in crate::local) fn close(&self) {
        for root in [&self.memory, &self.cpu].into_iter().flatten() {
            sweep(&root.folder);
            let _still_in_use = fs::remove_dir(&root.folder);
        }
    }
}

impl Group {
    /// Makes the group, with its limits.
    pub(in crate::local) fn make(&self, limits: &Limits) -> io::Result<()> {
        if let (Some((folder, version)), Some(memory)) = (&self.memory, &limits.memory) {
            fs::create_dir_all(folder)?;
            match version {
                Version::One => fs::write(folder.join("memory.limit_in_bytes"), memory.bytes.to_string())?,
                Version::Two => {
                    fs::write(folder.join("memory.max"), memory.bytes.to_string())?;
                    // Where there is swap, a task would grow into it instead.
                    if folder.join("memory.swap.max").exists() {
                        fs::write(folder.join("memory.swap.max"), "0")?;
                    }
                }
            }
        }
        if let (Some((folder, version)), Some(cpu)) = (&self.cpu, limits.cpu) {
            fs::create_dir_all(folder)?;
            // The system gives out no less than a millisecond.
            let quota = (cpu.saturating_mul(TURN) / 1000).max(1000);
            match version {
                Version::One => {
                    fs::write(folder.join("cpu.cfs_period_us"), TURN.to_string())?;
                    fs::write(folder.join("cpu.cfs_quota_us"), quota.to_string())?;
                }
                Version::Two => fs::write(folder.join("cpu.max"), format!("{quota} {TURN}"))?,
            }
        }
        Ok(())
    }

    /// Where a process writes its number in order to join.
    pub(in crate::local) fn members(&self) -> Vec<PathBuf> {
        self.folders().into_iter().map(|folder| folder.join("cgroup.procs")).collect()
    }

    /// Whether a process of the group was killed because memory ran out.
    pub(in crate::local) fn ran_out_of_memory(&self) -> bool {
        let Some((folder, version)) = &self.memory else { return false };
        let events = folder.join(match version {
            Version::One => "memory.oom_control",
            Version::Two => "memory.events",
        });
        let events = fs::read_to_string(events).unwrap_or_default();
        events.lines().any(|line| line.strip_prefix("oom_kill ").is_some_and(|count| count.trim() != "0"))
    }

    /// Removes the group, whose processes have ended, or are about to. Blocks for a moment then.
    pub(in crate::local) fn remove_patiently(&self) {
        for folder in self.folders() {
            for _ in 0..REMOVALS {
                match fs::remove_dir(folder) {
                    Err(error) if error.kind() == io::ErrorKind::ResourceBusy => std::thread::sleep(PAUSE),
                    // Whatever stays is swept at the next start.
                    _ => break,
                }
            }
        }
    }

    /// In the second version both are one.
    fn folders(&self) -> Vec<&PathBuf> {
        let mut folders: Vec<_> =
            [&self.memory, &self.cpu].into_iter().flatten().map(|(folder, _)| folder).collect();
        folders.dedup();
        folders
    }
}

/// A name that no other data folder has.
fn name(data_dir: &Path) -> String {
    format!("aileron-{}", crate::digest(data_dir.as_os_str().as_encoded_bytes(), 6))
}

fn open(mounts: &str, memberships: &str, controller: &str, name: &str) -> io::Result<Root> {
    let (own, version) = own_group(mounts, memberships, controller)
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the controller is not mounted"))?;
    if version == Version::Two {
        delegate(&own, controller)?;
    }
    let folder = own.join(name);
    fs::create_dir_all(&folder)?;
    if version == Version::Two {
        fs::write(folder.join("cgroup.subtree_control"), format!("+{controller}"))?;
    }
    sweep(&folder);
    Ok(Root { folder, version })
}

/// The folder of the group that this process is in, for a controller.
fn own_group(mounts: &str, memberships: &str, controller: &str) -> Option<(PathBuf, Version)> {
    let member = |wanted: &dyn Fn(&str) -> bool| {
        memberships.lines().find_map(|line| {
            let mut fields = line.splitn(3, ':').skip(1);
            let (controllers, path) = (fields.next()?, fields.next()?);
            wanted(controllers).then(|| path.trim_start_matches('/').to_owned())
        })
    };
    // The first version has a tree for each controller, which is not in the other's then.
    if let Some(path) = member(&|controllers| controllers.split(',').any(|one| one == controller)) {
        let has = |options: &str| options.split(',').any(|option| option == controller);
        return Some((mount(mounts, "cgroup", &has)?.join(path), Version::One));
    }
    let path = member(&str::is_empty)?;
    Some((mount(mounts, "cgroup2", &|_| true)?.join(path), Version::Two))
}

/// Where a file system of a type is mounted whose options say so. The fields before ` - ` are numbers, a root,
/// the place and so on; those behind it are type, source and options.
fn mount(mounts: &str, r#type: &str, says: &dyn Fn(&str) -> bool) -> Option<PathBuf> {
    mounts.lines().find_map(|line| {
        let (place, kind) = line.split_once(" - ")?;
        let mut kind = kind.split(' ');
        let (found, options) = (kind.next()?, kind.nth(1)?);
        (found == r#type && says(options)).then(|| place.split(' ').nth(4).map(PathBuf::from))?
    })
}

/// Lets groups below ours have a controller, which takes that no process is in ours directly.
fn delegate(own: &Path, controller: &str) -> io::Result<()> {
    let enable = || fs::write(own.join("cgroup.subtree_control"), format!("+{controller}"));
    if enable().is_ok() {
        return Ok(());
    }
    let alone = std::process::id().to_string();
    if fs::read_to_string(own.join("cgroup.procs"))?.trim() != alone {
        return Err(io::Error::other("other processes are in the server's group"));
    }
    let server = own.join("server");
    fs::create_dir_all(&server)?;
    fs::write(server.join("cgroup.procs"), &alone)?;
    enable()
}

/// Removes the groups that nobody is in.
fn sweep(folder: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
        let _still_in_use = fs::remove_dir(entry.path());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "\
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
";
    const SECOND: &str = "29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";

    #[test]
    fn the_own_group_is_found_in_either_version() {
        let memberships = "4:memory:/box\n2:cpu,cpuacct:/\n0::/\n";
        let found = |mounts, memberships, controller| own_group(mounts, memberships, controller);
        let group = |folder: &str, version| Some((PathBuf::from(folder), version));
        assert_eq!(found(FIRST, memberships, "memory"), group("/sys/fs/cgroup/memory/box", Version::One));
        assert_eq!(found(FIRST, memberships, "cpu"), group("/sys/fs/cgroup/cpu,cpuacct/", Version::One));
        let unit = "0::/system.slice/aileron.service\n";
        let own = group("/sys/fs/cgroup/system.slice/aileron.service", Version::Two);
        assert_eq!(found(SECOND, unit, "memory"), own);
        assert_eq!(found("", unit, "memory"), None);
    }
}
