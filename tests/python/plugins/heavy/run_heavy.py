"""Tasks of Spark and PyTorch on one machine, for `cargo xtask plugins`: their packages are too large for a run of all tests."""

import os
import sys
from functools import partial
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PACKAGES = Path(sys.prefix).parent / "heavy-plugins"
sys.path[0:0] = [str(HERE), str(PACKAGES)]
os.environ["HEAVY_PACKAGES"] = str(PACKAGES)

import tasks_of_heavy as tasks  # noqa: E402
from server import command_lines, wait_for  # noqa: E402
from wire import PHASE  # noqa: E402


@pytest.fixture
def end(run_script):
    return partial(run_script, HERE, "tasks_of_heavy", timeout=300.0)


def test_a_spark_task_has_a_spark_of_this_machine_which_ends_with_it(end, wire):
    id, closure = end(tasks.summed, n=10)
    assert closure.phase == PHASE.SUCCEEDED, closure
    assert wire.outputs(id)["o0"].scalar.primitive.integer == 285
    wait_for("the end of its Java", lambda: not command_lines(f"{PACKAGES}/pyspark/jars"))


def test_its_spark_has_the_settings_of_the_task(end, wire):
    id, closure = end(tasks.told)
    assert closure.phase == PHASE.SUCCEEDED, closure
    words = wire.outputs(id)["o0"].collection.literals
    assert [word.scalar.primitive.string_value for word in words] == ["local[*]", "two words", "it's said"]


def test_without_java_it_says_what_to_install(end):
    _, closure = end(tasks.without_java)
    assert closure.phase == PHASE.FAILED, closure
    assert "pip install flytekitplugins-spark (and a Java runtime)" in closure.error.message, closure.error


def test_a_task_of_pytorch_is_one_process(end, wire):
    id, closure = end(tasks.trained, n=4)
    assert closure.phase == PHASE.SUCCEEDED, closure
    assert wire.outputs(id)["o0"].scalar.primitive.integer == 24


def test_without_torch_it_says_what_to_install(end):
    _, closure = end(tasks.without_torch)
    assert closure.phase == PHASE.FAILED, closure
    assert "pip install flytekitplugins-kfpytorch torch" in closure.error.message, closure.error
