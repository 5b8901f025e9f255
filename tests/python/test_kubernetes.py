"""Programs of tests/programs in real pods: a real API server, scheduler, kubelet, containerd, and flytekit's image."""

import json
import sys
import urllib.request
from pathlib import Path

import pytest

import test_programs
from cluster import Cluster
from test_programs import MODULES, register
from wire import PHASE

SPEAKING = Path(__file__).parent / "programs"
sys.path.insert(0, str(SPEAKING))
import speaking  # noqa: E402

# Those that exercise pods; all of them run, as processes, in test_programs.
NAMES = [
    "cached_by_an_override",
    "cached_failure",
    "checkpointed",
    "directories",
    "dynamic_fan_out",
    "dynamic_that_fails_inside",
    "dynamic_that_retries",
    "enums",
    "environment_of_a_task",
    "finishing_what_can_be",
    "map_of_launch_plan",
    "map_over_a_list",
    "map_that_may_fail",
    "map_that_retries",
    "nested_collections",
    "retries_run_out",
    "unions",
]
RUNS = [(name, nth) for name in NAMES for nth in range(len(MODULES[name].EXPECT))]
LIMIT = 600.0
PLUGINS = "{default-cpus: 500m, default-memory: 256Mi}"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    cluster = Cluster(tmp_path_factory.mktemp("kubernetes"), PLUGINS, ["--task-memory", "256Mi"]).start()
    yield cluster
    cluster.stop()


@pytest.fixture(scope="module")
def server(cluster):
    return cluster.server


@pytest.fixture(scope="module")
def ended(remote, wire, images):
    """Each run as it ended: the first runs of all programs side by side, then the second ones, ..."""
    registered = {name: register(remote, images, name, MODULES[name].main) for name in NAMES}
    ends = {}
    for nth in range(1 + max(nth for _, nth in RUNS)):
        names = [name for name in NAMES if nth < len(MODULES[name].EXPECT)]
        inputs = {name: MODULES[name].EXPECT[nth].get("inputs", {}) for name in names}
        started = {name: remote.execute(registered[name], inputs=inputs[name]).id.to_flyte_idl() for name in names}
        ends |= {(name, nth): wire.end(id, LIMIT) for name, id in started.items()}
    return ends


@pytest.mark.parametrize(("name", "nth"), RUNS)
def test_it_does_in_pods_what_it_says(name, nth, ended, wire):
    test_programs.test_it_does_what_it_says(name, nth, ended, wire)


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


WORKFLOWS = "/apis/flyte.lyft.com/v1alpha1/namespaces/flytesnacks-development/flyteworkflows"


def test_kubectl_tells_how_far_a_workflow_is(cluster, ended):
    table = cluster.get(WORKFLOWS, accept="application/json;as=Table;v=v1;g=meta.k8s.io")
    columns = [column["name"] for column in table["columnDefinitions"]]
    assert columns == ["Name", "Phase", "Progress", "Workflow", "Age"]
    assert len(table["rows"]) >= len(RUNS)
    assert all(row["cells"][columns.index("Progress")] for row in table["rows"])


def test_no_object_comes_near_its_limit(cluster, ended):
    objects = cluster.get(WORKFLOWS)["items"]
    assert max(len(json.dumps(item)) for item in objects) < 256 * 1024
