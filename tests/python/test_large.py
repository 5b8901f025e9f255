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


def test_a_list_of_100_megabytes_does_not_go_through_the_server(server, remote, wire, images):
    program = MODULES["list_of_100_megabytes"]
    # What registering and a first run take is no part of it.
    workflow = register(remote, images, "list_of_100_megabytes", program.main)
    small = {"inputs": {"count": 3}}
    assert wire.end(launch(remote, workflow, small).id.to_flyte_idl(), LIMIT).closure.phase == PHASE.SUCCEEDED
    before, expected = peak(server), program.EXPECT[0]
    execution = wire.end(launch(remote, workflow, expected).id.to_flyte_idl(), LIMIT)
    assert execution.closure.phase == PHASE.SUCCEEDED, execution.closure.error.message
    assert {name: plain(value) for name, value in wire.outputs(execution.id).items()} == expected["outputs"]
    written = [path.stat().st_size for path in server.objects.rglob("*_offloaded_metadata.pb")]
    assert max(written) > 100 * MEGABYTE
    # Not even one copy of it was held.
    assert peak(server) - before < 50
