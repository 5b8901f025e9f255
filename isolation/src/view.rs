//! What the command sees: the machine's files, to read, with a few folders that are others.
//!
//! It is built beside the machine's own root, which is still there to take from, and then takes its place.

use std::fs::Metadata;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, ResolveFlags, open, openat2};
use rustix::mount::{
    MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_bind, mount_bind_recursive, mount_change,
    unmount,
};
use rustix::process::{chdir, pivot_root};

use crate::{Apart, IsolationError, mounts};

/// Where the machine's root is while the view is built, and where that is.
const MACHINE: &str = "/machine";
const VIEW: &str = "/view";
/// Any folder that is there on every machine.
const STAGE: &str = "/tmp";

/// The devices that every program may expect and nobody is harmed by.
const DEVICES: [&str; 6] = ["null", "zero", "full", "random", "urandom", "tty"];
const LINKS: [(&str, &str); 4] = [
    ("fd", "/proc/self/fd"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"),
];
/// Sockets of the machine's services lie there: whoever reaches some of them is the machine's master.
const SERVICES: &str = "/run";
/// Names are resolved by it, and it is often a link to there.
const RESOLVER: &str = "/etc/resolv.conf";

/// A folder as a place, and not what is in it.
const FOLDER: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

type Done = Result<(), IsolationError>;

/// Makes the view this process's root, and its folder the same as before.
pub(crate) fn build(apart: &Apart, work: &Path) -> Done {
    let resolver = std::fs::canonicalize(RESOLVER).ok();
    take_the_stage()?;
    mount_bind_recursive(MACHINE, VIEW).map_err(failed("show the machine at", VIEW))?;
    mounts::make_read_only(Path::new(VIEW))?;
    devices()?;
    processes()?;
    // First, as what is to be seen may lie below.
    bind_folder(&apart.tmp, Path::new(STAGE))?;
    let mut empty = Vec::new();
    for path in apart.hidden.iter().map(PathBuf::as_path).chain([Path::new(SERVICES)]) {
        empty.extend(hide(path)?);
    }
    let resolver = resolver.filter(|path| path.starts_with(SERVICES));
    apart.shown.iter().chain(&resolver).try_for_each(|path| show(path))?;
    apart.writable.iter().try_for_each(|path| bind_folder(path, path))?;
    empty.iter().try_for_each(|folder| mounts::seal(folder))?;
    enter(work)
}

/// From now on the machine's root is at one place and the view's at another, and nothing else is there.
fn take_the_stage() -> Done {
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    mount_change("/", private).map_err(failed("keep mounts to itself below", "/"))?;
    tmpfs(STAGE, None)?;
    for place in [MACHINE, VIEW] {
        make(&at(STAGE, Path::new(place)))?;
    }
    let view = at(STAGE, Path::new(VIEW));
    mount_bind(&view, &view).map_err(failed("stage", VIEW))?;
    pivot_root(STAGE, at(STAGE, Path::new(MACHINE))).map_err(failed("leave the root for", STAGE))?;
    chdir("/").map_err(failed("enter", "/"))
}

/// The machine's root is gone with the stage.
fn enter(work: &Path) -> Done {
    unmount(MACHINE, UnmountFlags::DETACH).map_err(failed("leave", MACHINE))?;
    chdir(VIEW).map_err(failed("enter", VIEW))?;
    pivot_root(".", ".").map_err(failed("enter", VIEW))?;
    unmount(".", UnmountFlags::DETACH).map_err(failed("leave", "/"))?;
    chdir(work).map_err(failed("enter", work))
}

fn devices() -> Done {
    let devices = at(VIEW, Path::new("/dev"));
    tmpfs(&devices, Some(c"mode=0755"))?;
    for name in DEVICES {
        let device = devices.join(name);
        touch(&device)?;
        mount_bind(at(MACHINE, Path::new("/dev")).join(name), &device).map_err(failed("show", &device))?;
    }
    for (name, target) in LINKS {
        let link = devices.join(name);
        std::os::unix::fs::symlink(target, &link)
            .map_err(|error| IsolationError::view("make", link, error))?;
    }
    let shared = devices.join("shm");
    make(&shared)?;
    tmpfs(&shared, Some(c"mode=1777"))
}

/// Its own processes alone.
fn processes() -> Done {
    let place = at(VIEW, Path::new("/proc"));
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    mount("proc", &place, "proc", flags, None).map_err(failed("mount the processes at", &place))
}

/// A folder is empty then, which is given. What is not seen already need not be hidden.
fn hide(path: &Path) -> Result<Option<PathBuf>, IsolationError> {
    let seen = at(VIEW, path);
    if seen.is_dir() {
        tmpfs(&seen, Some(c"mode=0755"))?;
        return Ok(Some(seen));
    }
    if seen.exists() {
        mount_bind(at(VIEW, Path::new("/dev/null")), &seen).map_err(failed("hide", path))?;
    }
    Ok(None)
}

/// What is seen already need not be shown.
fn show(path: &Path) -> Done {
    let (there, seen) = (at(MACHINE, path), at(VIEW, path));
    let same = |there: &Metadata, seen: &Metadata| (there.dev(), there.ino()) == (seen.dev(), seen.ino());
    match (there.metadata(), seen.metadata()) {
        (Err(_), _) => Ok(()),
        (Ok(there), Ok(seen)) if same(&there, &seen) => Ok(()),
        (Ok(_), _) => {
            bind(path, path)?;
            mounts::make_read_only(&seen)
        }
    }
}

/// What is at a place of the machine becomes what is at a place of the view.
fn bind(from: &Path, to: &Path) -> Done {
    let (source, target) = (at(MACHINE, from), at(VIEW, to));
    if !target.exists() {
        match source.is_dir() {
            true => make(&target)?,
            false => touch(&target)?,
        }
    }
    mount_bind_recursive(source, &target).map_err(failed("show", from))
}

/// The same for a folder that may be written to. Others may write where it lies: if one of them has made a link of a part
/// of its path, that is not followed.
fn bind_folder(from: &Path, to: &Path) -> Done {
    let target = at(VIEW, to);
    if !target.exists() {
        make(&target)?;
    }
    let machine = open(MACHINE, FOLDER, Mode::empty()).map_err(failed("open", MACHINE))?;
    let below = from.strip_prefix("/").unwrap_or(from);
    let source = openat2(machine, below, FOLDER, Mode::empty(), ResolveFlags::NO_SYMLINKS);
    let source = source.map_err(failed("open, without following links,", from))?;
    let source = at(MACHINE, Path::new(&format!("/proc/self/fd/{}", source.as_raw_fd())));
    mount_bind_recursive(source, &target).map_err(failed("show", from))
}

fn tmpfs(place: impl AsRef<Path>, options: Option<&std::ffi::CStr>) -> Done {
    let place = place.as_ref();
    mount("tmpfs", place, "tmpfs", MountFlags::NOSUID | MountFlags::NODEV, options)
        .map_err(failed("mount an empty folder at", place))
}

fn make(folder: &Path) -> Done {
    std::fs::create_dir_all(folder).map_err(|error| IsolationError::view("make", folder, error))
}

fn touch(file: &Path) -> Done {
    if let Some(folder) = file.parent() {
        make(folder)?;
    }
    std::fs::write(file, "").map_err(|error| IsolationError::view("make", file, error))
}

/// A path of the machine below one of the two roots.
fn at(root: &str, path: &Path) -> PathBuf {
    Path::new(root).join(path.strip_prefix("/").unwrap_or(path))
}

fn failed<E: Into<io::Error>>(
    what: &'static str,
    path: impl AsRef<Path>,
) -> impl FnOnce(E) -> IsolationError {
    move |error| IsolationError::view(what, path.as_ref(), error)
}
