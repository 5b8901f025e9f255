"""Tasks that leave all they can behind, and tell what they found and who they are."""

import builtins
import json
import logging
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid

import flytekit
from flytekit import Resources, task, workflow

LEFT = []
MARK = "aileron_stain"


def stains():
    """What somebody left in this interpreter."""
    found = {
        "global": bool(LEFT),
        "module": MARK in sys.modules,
        "builtin": hasattr(builtins, MARK),
        "flytekit": hasattr(flytekit, MARK),
        "environment": MARK in os.environ,
        "path": MARK in sys.path,
        "level": logging.getLogger().level == 7,
        "thread": any(thread.name == MARK for thread in threading.enumerate()),
        "handler": signal.getsignal(signal.SIGUSR2) is not signal.SIG_DFL,
        "temporary": os.path.exists(os.path.join(tempfile.gettempdir(), MARK)),
        "folder": os.path.exists(MARK),
        "descriptor": any(MARK in os.readlink(f"/proc/self/fd/{fd}") for fd in descriptors()),
        "umask": os.umask(0o022) == 0o077,
    }
    return sorted(name for name, there in found.items() if there)


def descriptors():
    return [fd for fd in os.listdir("/proc/self/fd") if os.path.islink(f"/proc/self/fd/{fd}")]


def stain():
    LEFT.append(1)
    sys.modules[MARK] = builtins
    setattr(builtins, MARK, 1)
    setattr(flytekit, MARK, 1)
    os.environ[MARK] = "1"
    sys.path.append(MARK)
    logging.getLogger().setLevel(7)
    threading.Thread(target=time.sleep, args=(600,), name=MARK, daemon=True).start()
    signal.signal(signal.SIGUSR2, signal.SIG_IGN)
    open(os.path.join(tempfile.gettempdir(), MARK), "w").close()
    globals()["file"] = open(MARK, "w")
    os.umask(0o077)
    random.seed(1)


def told():
    """Who runs, and what must differ between any two."""
    return {
        "pid": os.getpid(),
        "parent": os.getppid(),
        "random": random.random(),
        "uuid": str(uuid.uuid4()),
        "flytekit": flytekit.FlyteContext.current_context().file_access.get_random_string(),
        "temporary": tempfile.mkdtemp(),
        "cwd": os.getcwd(),
        "tmpdir": os.environ["TMPDIR"],
        "attempt": os.environ["FLYTE_ATTEMPT_NUMBER"],
        "argument": sys.argv[0],
        "standard input": sys.stdin.read(),
    }


@task
def leave(a: int) -> str:
    answer = {"found": stains(), **told()}
    stain()
    print(f"out {a}")
    print(f"err {a}", file=sys.stderr)
    return json.dumps(answer)


@workflow
def leaving(a: int = 0) -> str:
    return leave(a=a)


@task(environment={"AILERON_WARM": "false"})
def refuse() -> str:
    return json.dumps(told())


@workflow
def refusing() -> str:
    return refuse()


@task
def die(how: str) -> int:
    if how == "exit":
        os._exit(3)
    if how == "system exit":
        sys.exit(4)
    os.kill(os.getpid(), getattr(signal, how))
    time.sleep(60)
    return 0


@workflow
def dying(how: str) -> int:
    return die(how=how)


@task
def wait(folder: str) -> int:
    """Runs until it is let go, with a process in the background."""
    background = subprocess.Popen(["sleep", "600"])
    with open(os.path.join(folder, "ran"), "a") as ran:
        ran.write(f"{os.getpid()} {os.getppid()} {background.pid}\n")
    while not os.path.exists(os.path.join(folder, "go")):
        time.sleep(0.01)
    return 7


@workflow
def waiting(folder: str) -> int:
    return wait(folder=folder)


@task(limits=Resources(mem="300Mi", cpu="1"))
def eat(megabytes: int) -> int:
    eaten = bytearray(megabytes << 20)
    return len(eaten) + len(socket.gethostname()) * 0


@workflow
def eating(megabytes: int) -> int:
    return eat(megabytes=megabytes)
