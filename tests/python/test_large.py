"""Values that are larger than the server may grow."""

import re
from pathlib import Path

from test_programs import LIMIT, MODULES, launch, plain, register
from wire import PHASE

MEGABYTE = 1 << 20


def peak(server):
    """The most memory that the server has had in use, in megabytes."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


def ended(server, remote, wire, workflow, case):
    """The outputs of a launch, which has succeeded."""
    execution = wire.end(launch(remote, workflow, case).id.to_flyte_idl(), LIMIT)
    assert execution.closure.phase == PHASE.SUCCEEDED, execution.closure.error.message
    return {name: plain(value) for name, value in wire.outputs(execution.id).items()}


def offloaded(server):
    """The sizes of the values that lie elsewhere."""
    return [path.stat().st_size for path in server.objects.rglob("*_offloaded_metadata.pb")]


def growth(server, remote, wire, images, name):
    """How much more memory a program of a large list takes than of a list of three elements of the same size."""
    program = MODULES[name]
    workflow = register(remote, images, name, program.main)
    # What registering and a first run take is no part of it.
    ended(server, remote, wire, workflow, {"inputs": {"count": 3}})
    before, expected = peak(server), program.EXPECT[0]
    assert ended(server, remote, wire, workflow, expected) == expected["outputs"]
    assert max(offloaded(server)) > 100 * MEGABYTE
    return peak(server) - before


def test_a_list_of_100_megabytes_does_not_go_through_the_server(server, remote, wire, images):
    # Not even one copy of it was held.
    assert growth(server, remote, wire, images, "list_of_100_megabytes") < 50


def test_an_element_of_a_list_of_100_megabytes_is_read_alone(server, remote, wire, images):
    # Of eleven elements at most two more than of three were held.
    assert growth(server, remote, wire, images, "one_of_100_megabytes") < 50
