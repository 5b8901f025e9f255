"""Programs in real pods: a real API server, scheduler, kubelet, containerd, and flytekit's image."""

import json
import sys
import urllib.request
from hashlib import sha256
from pathlib import Path

import pytest
from flytekit.configuration import SerializationSettings

import test_programs
from cluster import Cluster
from conftest import DOMAIN, PROJECT
from server import wait_for
from test_programs import MODULES
from wire import PHASE, TASK

SPEAKING = Path(__file__).parent / "programs"
sys.path.insert(0, str(SPEAKING))
import endless  # noqa: E402
import greeting  # noqa: E402
import secretive  # noqa: E402
import speaking  # noqa: E402

# Those that exercise pods: each pod costs two seconds of a core. All of them run, as processes, in test_programs.
NAMES = [
    "cached_by_an_override",
    "checkpointed",
    "directories",
    "dynamic_fan_out",
    "dynamic_that_fails_inside",
    "enums",
    "environment_of_a_task",
    "finishing_what_can_be",
    "map_of_launch_plan",
    "map_over_a_list",
    "map_that_may_fail",
    "retries_run_out",
    "timed_out",
]
RUNS = [(name, nth) for name in NAMES for nth in range(len(MODULES[name].EXPECT))]
LIMIT = 600.0
NAMESPACE = f"{PROJECT}-{DOMAIN}"
# Where pods have the programs: registered like this, a task is one interpreter and not two, as those are that unpack
# their code first. The log's task does that.
MOUNTED = "/programs"
# Looked for wherever they must not be.
USER = "canary-of-a-user-52b1f0c7"
PASSWORD = "canary-of-a-password-9e04d6aa"
PLUGINS = """
default-cpus: 500m
default-memory: 256Mi
default-pod-template-name: programs
secrets-by-webhook: true
co-pilot: {image: registry.local/aileron:1}
"""
TEMPLATES = f"""
apiVersion: v1
kind: PodTemplate
metadata: {{name: programs, namespace: "{{{{ namespace }}}}"}}
template:
  spec:
    volumes:
      - {{name: programs, hostPath: {{path: {test_programs.PROGRAMS}}}}}
      - {{name: speaking, hostPath: {{path: {SPEAKING}}}}}
    containers:
      - name: default
        image: registry.local/flytekit:1
        volumeMounts:
          - {{name: programs, mountPath: {MOUNTED}/programs, readOnly: true}}
          - {{name: speaking, mountPath: {MOUNTED}/speaking, readOnly: true}}
---
apiVersion: v1
kind: Secret
metadata: {{name: database, namespace: "{{{{ namespace }}}}"}}
stringData: {{user: {USER}, password: {PASSWORD}}}
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kubernetes")
    cluster = Cluster(folder, PLUGINS, TEMPLATES, ["--task-memory", "256Mi"]).start()
    yield cluster
    cluster.stop()


@pytest.fixture(scope="module")
def server(cluster):
    return cluster.server


@pytest.fixture(scope="module")
def register(remote, images):
    """Registers a program whose code the pods have."""

    def register(workflow):
        code = {"PYTHONPATH": f"{MOUNTED}/programs:{MOUNTED}/speaking"}
        settings = SerializationSettings(images, project=PROJECT, domain=DOMAIN, version="1", env=code)
        return remote.register_workflow(workflow, settings, version="1")

    return register


@pytest.fixture(scope="module")
def ended(remote, wire, register):
    """Each run as it ended: the first runs of all programs side by side, then the second ones."""
    registered = {name: register(MODULES[name].main) for name in NAMES}
    ends = {}
    for nth in range(1 + max(nth for _, nth in RUNS)):
        runs = {name: MODULES[name].EXPECT[nth] for name, n in RUNS if n == nth}
        started = {name: test_programs.launch(remote, registered[name], run) for name, run in runs.items()}
        ends |= {(name, nth): wire.end(run.id.to_flyte_idl(), LIMIT) for name, run in started.items()}
    return ends


@pytest.mark.parametrize(("name", "nth"), RUNS)
def test_it_does_in_pods_what_it_says(name, nth, ended, wire):
    test_programs.test_it_does_what_it_says(name, nth, ended, wire)


def test_a_task_gets_its_secrets_through_the_webhook(cluster, remote, wire, register):
    execution = remote.execute(register(secretive.main), inputs={})
    id = execution.id.to_flyte_idl()
    wire.succeed(id, LIMIT)
    expected = sha256(f"{USER} with {PASSWORD}".encode()).hexdigest()
    assert wire.outputs(id)["o0"].scalar.primitive.string_value == expected
    labels = cluster.get(f"{PODS}/{id.name}-n0-0")["metadata"]["labels"]
    assert labels["inject-flyte-secrets"] == "true", "the pod asks, and the webhook gives"
    seen = {
        "resource": json.dumps(cluster.get(f"{WORKFLOWS}/{id.name}")),
        "pods": json.dumps(cluster.get(PODS)),
        "events": json.dumps(cluster.get(f"/api/v1/namespaces/{NAMESPACE}/events")),
        "metrics": urllib.request.urlopen(f"{cluster.server.address}/metrics", timeout=30).read().decode(),
        "the server's log": cluster.server.log.read_text(errors="replace"),
    }
    seen |= {part: (cluster.folder / f"{part}.log").read_text(errors="replace") for part in ("propeller", "webhook")}
    for place, text in seen.items():
        assert USER not in text and PASSWORD not in text, place


def test_a_container_that_knows_nothing_of_flyte_gets_inputs_and_gives_outputs(remote, wire, register):
    id = remote.execute(register(greeting.main), inputs={"name": "ada"}).id.to_flyte_idl()
    wire.succeed(id, LIMIT)
    outputs = wire.outputs(id)
    assert outputs["o0"].scalar.primitive.string_value == "hello ada;hello ada;"
    assert outputs["o1"].scalar.primitive.integer == 20


def test_an_aborted_executions_pod_is_ended(cluster, remote, wire, register):
    id = remote.execute(register(endless.main), inputs={}).id.to_flyte_idl()
    running = lambda: any(attempt.closure.phase == TASK.RUNNING for attempt in wire.attempts(id))  # noqa: E731
    wait_for("the pod runs", running, LIMIT)
    wire.abort(id, "enough of it")
    closure = wire.end(id, LIMIT).closure
    assert closure.phase == PHASE.ABORTED
    assert closure.abort_metadata.cause == "enough of it"
    assert [attempt.closure.phase for attempt in wire.attempts(id)] == [TASK.ABORTED]
    pods = cluster.get(f"{PODS}?labelSelector=execution-id%3D{id.name}")["items"]
    assert all("deletionTimestamp" in pod["metadata"] for pod in pods), "the kubelet gives it time to end"


def test_a_pods_log_is_read_through_the_server(cluster, remote, wire, images):
    registered = remote.register_script(
        speaking.main, image_config=images, source_path=str(SPEAKING), module_name="speaking"
    )
    id = remote.execute(registered, inputs={"words": "something"}).id.to_flyte_idl()
    assert wire.end(id, LIMIT).closure.phase == PHASE.SUCCEEDED
    url = f"{cluster.server.address}/api/v1/logs/{id.project}/{id.domain}/{id.name}/n0/0"
    with urllib.request.urlopen(url) as answer:
        assert "a pod says something" in answer.read().decode()
        assert answer.headers["x-log-complete"] == "true"


PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
WORKFLOWS = f"/apis/flyte.lyft.com/v1alpha1/namespaces/{NAMESPACE}/flyteworkflows"


def test_kubectl_tells_how_far_a_workflow_is(cluster, ended):
    table = cluster.get(WORKFLOWS, accept="application/json;as=Table;v=v1;g=meta.k8s.io")
    columns = [column["name"] for column in table["columnDefinitions"]]
    assert columns == ["Name", "Phase", "Progress", "Workflow", "Age"]
    assert len(table["rows"]) >= len(RUNS)
    assert all(row["cells"][columns.index("Progress")] for row in table["rows"])


def test_no_object_comes_near_its_limit(cluster, ended):
    objects = cluster.get(WORKFLOWS)["items"]
    assert max(len(json.dumps(item)) for item in objects) < 256 * 1024
