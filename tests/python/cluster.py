"""A real Kubernetes with everything on it: server, propeller, webhook, and a node whose pods are real containers."""

import base64
import json
import os
import ssl
import subprocess
import threading
import urllib.request
from pathlib import Path

import pytest
import yaml

from server import BINARY, ROOT, Server, free_port, wait_for

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "aileron/cluster"
PROGRAM = CACHE / "cluster"
IMAGES = [CACHE / "pause.tar", CACHE / "flytekit.tar"]
RECIPE = ROOT / "deploy/image/build.sh"
# Where pods reach this machine.
MACHINE = "10.88.0.1"


class Cluster:
    """Server, propeller and webhook are processes of this machine; the pods reach the server's objects by its bridge."""

    def __init__(self, folder: Path, plugins="{}", templates="", options=()):
        self.folder = folder
        self.options = ["--namespace-templates", folder / "templates", *options]
        (folder / "plugins.yaml").write_text(plugins)
        (folder / "templates").mkdir()
        (folder / "templates/all.yaml").write_text(templates)
        self.processes = []
        self.kubeconfig = folder / "cluster/kubeconfig"

    def start(self):
        if os.geteuid() != 0:
            pytest.skip("only root can run pods")
        missing = [path for path in [PROGRAM, *IMAGES] if not path.exists()]
        if missing:
            pytest.exit(f"{missing[0]} is missing: run `cargo xtask setup` as root", returncode=2)
        images = [word for image in [*IMAGES, self.own_image()] for word in ("--image", image)]
        up = self.spawn("cluster", PROGRAM, "up", "--held", "--nodes", "real", "--dir", self.folder / "cluster", *images)
        first = up.stdout.readline().decode()
        assert first.startswith("ready "), f"the cluster did not start: {first}{self.log('cluster')}"
        self.drain(up)
        definition = subprocess.run([BINARY, "crd"], check=True, capture_output=True).stdout
        self.apply(definition)
        self.start_webhook()
        door = f"{MACHINE}:{free_port()}"
        settings = ["--driver", "kubernetes", "--kubeconfig", self.kubeconfig, "--s3-listen", door]
        settings += ["--allow-plaintext", "true", *self.options]
        self.server = Server(self.folder / "data", options=settings).start()
        access, secret = (self.folder / "data/s3.key").read_text().split()
        self.start_part(
            "propeller",
            *("--kubeconfig", self.kubeconfig, "--server", self.server.endpoint, "--data-dir", self.folder),
            *("--objects", "s3://aileron", "--objects-endpoint", f"http://{door}", "--objects-allow-http", "true"),
            *("--plugins", self.folder / "plugins.yaml", "--public-url", self.server.address),
            environment={"AWS_ACCESS_KEY_ID": access, "AWS_SECRET_ACCESS_KEY": secret},
        )
        return self

    def own_image(self):
        """The binary as `registry.local/aileron:1`, by the recipe of releases."""
        image = self.folder / "aileron.tar"
        subprocess.run(["bash", RECIPE, BINARY, "registry.local/aileron:1", image], check=True, capture_output=True)
        return image

    def start_webhook(self):
        """Before any pod: one that asks for secrets is not made while nobody answers for them."""
        self.apply(b"apiVersion: v1\nkind: Namespace\nmetadata: {name: flyte}\n")
        address = f"127.0.0.1:{free_port()}"
        self.start_part("webhook", "--kubeconfig", self.kubeconfig, "--listen", address, "--address", address)

    def start_part(self, name, *options, environment=None):
        """A command of the binary that says a line once it works."""
        part = self.spawn(name, BINARY, name, *options, environment=environment)
        assert part.stdout.readline(), f"the {name} did not start: {self.log(name)}"
        self.drain(part)

    def apply(self, manifests):
        subprocess.run([PROGRAM, "apply", self.kubeconfig], input=manifests, check=True, capture_output=True)

    def spawn(self, name, *command, environment=None):
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=os.environ | (environment or {})
            )
        self.processes.append(process)
        return process

    def drain(self, process):
        threading.Thread(target=process.stdout.read, daemon=True).start()

    def log(self, name):
        lines = (self.folder / f"{name}.log").read_text(errors="replace").splitlines()
        return "\n".join(lines[-20:])

    def get(self, path, accept="application/json"):
        """What the API server answers to its administrator."""
        config = yaml.safe_load(self.kubeconfig.read_text())
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        headers = {"Authorization": f"Bearer {user['token']}", "Accept": accept}
        request = urllib.request.Request(f"{cluster['server']}{path}", headers=headers)
        with urllib.request.urlopen(request, context=ssl.create_default_context(cadata=authority)) as answer:
            return json.load(answer)

    def stop(self):
        self.server.stop()
        for process in reversed(self.processes):
            # The cluster ends when its standard input closes, the propeller when it is asked.
            process.stdin.close()
            if process is not self.processes[0]:
                process.terminate()
        wait_for("the end of the cluster", lambda: all(process.poll() is not None for process in self.processes))
