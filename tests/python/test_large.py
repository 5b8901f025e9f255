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


def test_a_list_of_100_megabytes_does_not_go_through_the_server(server, remote, wire, images):
    program = MODULES["list_of_100_megabytes"]
    # What registering and a first run take is no part of it.
    workflow = register(remote, images, "list_of_100_megabytes", program.main)
    ended(server, remote, wire, workflow, {"inputs": {"count": 3}})
    before, expected = peak(server), program.EXPECT[0]
    assert ended(server, remote, wire, workflow, expected) == expected["outputs"]
    assert max(offloaded(server)) > 100 * MEGABYTE
    # Not even one copy of it was held.
    assert peak(server) - before < 50


def test_an_element_of_a_list_of_100_megabytes_is_read_alone(server, remote, wire, images):
    program = MODULES["one_of_100_megabytes"]
    workflow = register(remote, images, "one_of_100_megabytes", program.main)
    # Elements of the same size, of a list of few: what two of them take at once is no part of it either.
    ended(server, remote, wire, workflow, {"inputs": {"count": 3}})
    before, expected = peak(server), program.EXPECT[0]
    assert ended(server, remote, wire, workflow, expected) == expected["outputs"]
    assert max(offloaded(server)) > 100 * MEGABYTE
    # Of eleven elements at most two more than before were held.
    assert peak(server) - before < 50
