//! The Kubernetes of the tests: its program, which Go builds, and the images of its real node.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::{Need, debian};
use crate::cache::Places;
use crate::process;

/// The version of Kubernetes that `tests/cluster/program/go.mod` names; clients ask for it.
const KUBERNETES: &str = "1.34.4";
const HELM: &str = "3.18.6";
const PROGRAM: &str = "tests/cluster/program";
const TRAINING: &str = "tests/cluster/training";
const RAY: &str = "tests/cluster/ray";
const RAY_OPERATOR: &str = "github.com/ray-project/kuberay/ray-operator";
const IMAGE: &str = "tests/cluster/task-image.sh";
/// What runs pods, each by a file of it.
const PACKAGES: [(&str, &str); 5] = [
    ("containerd", "/usr/bin/containerd"),
    ("runc", "/usr/sbin/runc"),
    ("containernetworking-plugins", "/usr/lib/cni/bridge"),
    ("iproute2", "/bin/ip"),
    ("debootstrap", "/usr/sbin/debootstrap"),
];

/// etcd, the API server and the rest, in one program; minutes at first, seconds from Go's cache.
pub(super) fn program(places: &Places) -> Result<()> {
    let need = Need {
        name: "kubernetes for tests",
        how: "go build, some minutes",
        mend: "check that Go 1.24 or later is on PATH and reaches a module proxy",
    };
    let folder = places.root.join(PROGRAM);
    let program = aileron_test_cluster::folder()?.join("cluster");
    let sources = sources(&folder)?;
    let stamp = Stamp::of(&program, &sources);
    need.meet(places, stamp.is_there(), |log| {
        let (major, minor) = KUBERNETES.split_once('.').context("a version has dots")?;
        let minor = minor.split('.').next().unwrap_or(minor);
        let at = "-X k8s.io/component-base/version";
        let flags =
            format!("-s -w {at}.gitVersion=v{KUBERNETES} {at}.gitMajor={major} {at}.gitMinor={minor}");
        let mut go = places.command("go");
        go.current_dir(&folder).args(["build", "-ldflags", &flags, "-o"]).arg(&program).arg(".");
        process::logged(&mut go, log)?;
        stamp.set()
    })
}

/// Kubeflow's training-operator, without its webhooks.
pub(super) fn training(places: &Places) -> Result<()> {
    let need = Need {
        name: "training-operator",
        how: "go build, a minute",
        mend: "check that Go 1.24 or later is on PATH and reaches a module proxy",
    };
    let folder = places.root.join(TRAINING);
    let program = aileron_test_cluster::folder()?.join("training");
    let sources = sources(&folder)?;
    let stamp = Stamp::of(&program, &sources);
    need.meet(places, stamp.is_there(), |log| {
        let mut go = places.command("go");
        go.current_dir(&folder).args(["build", "-ldflags", "-s -w", "-o"]).arg(&program).arg(".");
        process::logged(&mut go, log)?;
        stamp.set()
    })
}

/// KubeRay, as it is, and the definitions of its kinds.
pub(super) fn ray(places: &Places) -> Result<()> {
    let need = Need {
        name: "KubeRay",
        how: "go build, a minute",
        mend: "check that Go 1.24 or later is on PATH and reaches a module proxy",
    };
    let (folder, into) = (places.root.join(RAY), aileron_test_cluster::folder()?);
    let (program, definitions) = (into.join("ray"), into.join("ray.definitions"));
    let sources = sources(&folder)?;
    let stamp = Stamp::of(&program, &sources);
    need.meet(places, stamp.is_there(), |log| {
        let mut go = places.command("go");
        go.current_dir(&folder).args(["build", "-ldflags", "-s -w", "-o"]).arg(&program).arg(RAY_OPERATOR);
        process::logged(&mut go, log)?;
        let mut go = places.command("go");
        let module =
            process::answer(go.current_dir(&folder).args(["list", "-m", "-f", "{{.Dir}}", RAY_OPERATOR]))?;
        fs::create_dir_all(&definitions)?;
        for entry in fs::read_dir(Path::new(module.trim()).join("config/crd/bases"))? {
            let entry = entry?;
            fs::write(definitions.join(entry.file_name()), fs::read(entry.path())?)?;
        }
        stamp.set()
    })
}

/// Helm, which judges and renders the chart.
pub(super) fn helm(places: &Places) -> Result<()> {
    let version = format!("helm {HELM}");
    let need = Need {
        name: &version,
        how: "go install, a minute or two",
        mend: "check that Go 1.24 or later is on PATH and reaches a module proxy",
    };
    let bin = places.tools().join("bin");
    let stamp = Stamp::of(&bin.join("helm"), HELM);
    need.meet(places, stamp.is_there(), |log| {
        let mut go = places.command("go");
        go.args(["install", &format!("helm.sh/helm/v3/cmd/helm@v{HELM}")]).env("GOBIN", &bin);
        process::logged(&mut go, log)?;
        stamp.set()
    })
}

/// What a real node consists of. Without root there is none, and the tests that need one say so.
pub(super) fn node(places: &Places) -> Result<()> {
    let need = Need {
        name: "containerd and what it needs",
        how: "apt-get install",
        mend: "install Debian's packages containerd, runc, containernetworking-plugins, iproute2 and debootstrap",
    };
    if !debian::can_install(places) {
        println!("  {}: left out, only root on Debian can run pods", need.name);
        return Ok(());
    }
    let there = PACKAGES.iter().all(|(_, file)| Path::new(file).exists());
    need.meet(places, there, |log| debian::install(places, &PACKAGES.map(|(name, _)| name), log))?;
    images(places)
}

/// The image of flytekit's tasks and the one that holds a pod together, made without a registry.
fn images(places: &Places) -> Result<()> {
    let need = Need {
        name: "images of tasks",
        how: "debootstrap and pip, some minutes",
        mend: "check that the mirror of /etc/apt answers and that pip reaches an index",
    };
    let folder = aileron_test_cluster::folder()?;
    let text = fs::read_to_string(places.root.join(IMAGE)).context(IMAGE)?;
    let stamp = Stamp::of(&folder.join("flytekit.tar"), &text);
    need.meet(places, stamp.is_there(), |log| {
        // The environment of the clients has the interpreter whose wheels fit the image.
        process::logged(places.with_python("bash").arg(IMAGE).arg(&folder), log)?;
        stamp.set()
    })
}

/// All that the program is built from.
fn sources(folder: &Path) -> Result<String> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.retain(|file| file.extension().is_some_and(|kind| kind == "go" || kind == "mod" || kind == "sum"));
    files.sort();
    files.iter().map(|file| fs::read_to_string(file).with_context(|| file.display().to_string())).collect()
}

/// What a made file was made from, kept beside it and written last.
struct Stamp<'a> {
    made: PathBuf,
    from: &'a str,
}

impl Stamp<'_> {
    fn of<'a>(made: &Path, from: &'a str) -> Stamp<'a> {
        Stamp { made: made.to_path_buf(), from }
    }

    fn path(&self) -> PathBuf {
        self.made.with_added_extension("from")
    }

    fn is_there(&self) -> bool {
        self.made.is_file() && fs::read_to_string(self.path()).is_ok_and(|have| have == self.from)
    }

    fn set(&self) -> Result<()> {
        fs::write(self.path(), self.from).context("write what it was made from")
    }
}
