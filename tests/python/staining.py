"""Tasks that leave all they can behind, and tell what they found and who they are."""

import builtins
import json
import logging
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import warnings

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
        "sandbox": flytekit.configuration.Config.auto().local_sandbox_path,
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


PLAIN = (type(None), bool, int, float, str, bytes)
CONTAINERS = (dict, list, set, tuple)
PACKAGES = ("flytekit", "fsspec", "click")


def portrait():
    """All that can be seen of an interpreter's state, as text: what modules, their classes and their objects hold."""
    loggers = logging.root.manager.loggerDict
    seen = {
        "modules": sorted(sys.modules),
        "path": [plain(folder) for folder in sys.path],
        "importers": sorted(map(plain, sys.path_importer_cache)),
        "variables": sorted(os.environ),
        "threads": sorted(thread.name for thread in threading.enumerate()),
        "filters": [str(rule) for rule in warnings.filters],
        "signals": [plain(str(signal.getsignal(number))) for number in sorted(signal.valid_signals())],
        "loggers": sorted(f"{name} {type(one).__name__} {vars(one).get('level')}" for name, one in loggers.items()),
        "handlers": [str(handler) for handler in logging.root.handlers],
        "sandbox": plain(flytekit.configuration.Config.auto().local_sandbox_path),
    }
    for name, module in list(sys.modules.items()):
        if type(module) is not type(sys):
            continue
        hold(seen, name, module)
        for key, value in list(vars(module).items()):
            kind = value if issubclass(type(value), type) else type(value)
            # A module that is imported when it is asked for something is not asked.
            if type(value).__getattribute__ not in (object.__getattribute__, type.__getattribute__):
                continue
            if str(kind.__module__).startswith(PACKAGES) and hasattr(value, "__dict__"):
                hold(seen, f"{name}.{key}", value)
    return seen


def hold(seen, name, holder):
    for key, value in list(vars(holder).items()):
        if type(value) in PLAIN:
            seen[f"{name}.{key}"] = plain(repr(value))
        elif type(value) in CONTAINERS:
            seen[f"{name}.{key}"] = f"{type(value).__name__} of {len(value)}"
        else:
            seen[f"{name}.{key}"] = type(value).__qualname__


def plain(text):
    """Without what names the attempt or is drawn by chance."""
    for word, value in (("WORK", os.getcwd()), ("TMP", os.environ["TMPDIR"])):
        text = text.replace(value, word)
    return re.sub(r"0x[0-9a-f]+|(?<=flyte)-?[0-9a-z_]{8}\b|\b[0-9a-f]{32}\b", "...", text)


def draw(file):
    with open(file, "w") as paper:
        json.dump(portrait(), paper)
    return file


@task
def draw_warm(file: str) -> str:
    return draw(file)


@task(environment={"AILERON_WARM": "false"})
def draw_fresh(file: str) -> str:
    return draw(file)


@workflow
def drawing(warm: str, fresh: str) -> tuple[str, str]:
    return draw_warm(file=warm), draw_fresh(file=fresh)


@task(environment={"PYTHONPATH": os.path.join(os.path.dirname(os.path.abspath(__file__)), "unrehearsed")})
def begin() -> str:
    return json.dumps(told())


@workflow
def beginning() -> str:
    return begin()


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
