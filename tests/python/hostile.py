"""A program that tries what a task must not be able to do, and tells what of it worked."""

import ctypes
import errno
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

from flytekit import task, workflow

TRACEME = 0
METADATA = "169.254.169.254"


def reads(pattern):
    """Whether a file that fits has something in it."""
    def attempt(place):
        found = [path for path in Path("/").glob(pattern.format(**place).lstrip("/")) if path.is_file()]
        return any(path.read_bytes() for path in found)

    return attempt


def changes(pattern):
    """Whether a file can be made in a folder that fits."""
    def attempt(place):
        folders = [path for path in Path("/").glob(pattern.format(**place).lstrip("/")) if path.is_dir()]
        for folder in folders:
            (folder / "mark").write_text("changed")
            (folder / "mark").unlink()
        return bool(folders)

    return attempt


def connects(host, port):
    def attempt(place):
        address = host.format(**place), int(port.format(**place))
        socket.create_connection(address, timeout=2).close()
        return True

    return attempt


def signals(place):
    """Nothing is sent; only whether it could be."""
    os.kill(place["server"], 0)
    return True


def sees(place):
    return b"aileron" in Path(f"/proc/{place['server']}/cmdline").read_bytes()


def called(place, name, *arguments):
    if ctypes.CDLL(None, use_errno=True)[name](*arguments) < 0:
        raise OSError(ctypes.get_errno(), name)
    return True


def traces(place):
    """In a process of its own, which is traced then."""
    code = f"import ctypes; raise SystemExit(ctypes.CDLL(None).ptrace({TRACEME}, 0, 0, 0) < 0)"
    return subprocess.run([sys.executable, "-c", code]).returncode == 0


def makes_namespaces(place):
    code = "import ctypes; raise SystemExit(ctypes.CDLL(None).unshare(0x10000000) < 0)"
    return subprocess.run([sys.executable, "-c", code]).returncode == 0


TRESPASSES = {
    "the server's database": reads("{data}/aileron.db"),
    "the driver's database": reads("{data}/driver.db"),
    "the key that signs URLs": reads("{data}/signing.key"),
    "another attempt's log": reads("{data}/attempts/*{other}*/*/*/task.log"),
    "another attempt's folder": changes("{data}/attempts/*{other}*"),
    "another attempt's outputs": changes("{data}/objects"),
    "the user's programs": changes("{prefix}"),
    "the server's port": connects("127.0.0.1", "{port}"),
    "the server's process": signals,
    "the list of processes": sees,
    "tracing": traces,
    "namespaces": makes_namespaces,
}


@task
def honest() -> int:
    print("a log that is not for others")
    return 1


@task
def trespass(place: str) -> str:
    told, place = {}, json.loads(place) | {"prefix": sys.prefix}
    for name, attempt in TRESPASSES.items():
        try:
            told[name] = "done" if attempt(place) else "nothing there"
        except OSError as error:
            told[name] = errno.errorcode.get(error.errno, str(error))
    return json.dumps(told)


@task
def reach_metadata() -> str:
    """Where a cloud tells its machines who they are, and gives them its keys."""
    try:
        socket.create_connection((METADATA, 80), timeout=20).close()
        return "done"
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))


@workflow
def quiet() -> int:
    return honest()


@workflow
def hostile(place: str) -> str:
    return trespass(place=place)


@workflow
def metadata() -> str:
    return reach_metadata()
