"""What a warm worker does so that no task has to do it first.

A first task is slow: it fills caches, and writes to memory that it shares with the worker, of which the system then
makes copies, page by page. So a task of our own runs here before any of a user's:

1. in a fork, which tells what such a task imports by itself, and whether this version of flytekit can be rehearsed;
2. in the worker, which then puts back whatever the task has left in flytekit, its files and its threads: only caches
   of what depends on no task are left (compiled patterns, checked classes, specialised code);
3. in a process that is forked as those of attempts are, which tells the pages of memory that an attempt writes to or
   reads. One that waits for its attempt gets all of them meanwhile, see `Pages`.
"""

import array
import asyncio
import atexit
import contextlib
import contextvars
import ctypes
import faulthandler
import functools
import gc
import importlib
import json
import operator
import os
import shutil
import signal
import struct
import sys
import tempfile
import threading
import time
import traceback
import types

# A task that does what most do: values in, values out.
TASK = """
from flytekit import task


@task
def rehearse(a: int, b: float, c: str, d: bool) -> int:
    return a
"""
VALUES = {"a": ("integer", 1), "b": ("float_value", 1.0), "c": ("string_value", "one"), "d": ("boolean", True)}
MODULE = "aileron_rehearses"
RESOLVER = "flytekit.core.python_auto_container.default_task_resolver"
# Whose state is put back: flytekit's, and that of the files by which it reads and writes.
PACKAGES = ("flytekit", "fsspec")
# After so many runs the interpreter has specialised all code that a task runs: it counts eight calls before it begins.
RUNS = 12
# Longer than a task takes that does nothing, in seconds.
LIMIT = 20

PAGE = os.sysconf("SC_PAGE_SIZE")
# Bits of an entry of a page map: the page is there; no other process has it.
THERE, OWN = 1 << 63, 1 << 63 | 1 << 56
# Bytes of a large page, of which a fork costs what it does of a small one.
HUGE = 2 << 20
# Since Linux 5.14: makes pages as reading or writing does. Since 6.1: makes one large page of small ones.
MADV_POPULATE_READ, MADV_POPULATE_WRITE, MADV_COLLAPSE = 22, 23, 25
# The call that gives an advice on many ranges at once, and how many: since Linux 6.13 a process may give itself any.
PROCESS_MADVISE, MOST = 440, 1024


class Unrehearsed(Exception):
    """A task of our own does not run here."""


def rehearsed(run, attempt):
    """Rehearses, and gives the memory that an attempt uses.

    `run(arguments, folder)` gives the exit code of flytekit's command, with its temporary files in that folder;
    `attempt(arguments, folder, at_end)` does the same in a process that is forked for it, as an attempt.
    """
    # A folder that would remove itself would be removed by a fork that ends.
    folder = tempfile.mkdtemp()

    def play(run=run):
        contextvars.copy_context().run(rehearse, run, folder)
        sys.modules.pop(MODULE, None)

    try:
        try:
            imported = in_fork(lambda: imports(play))
        except Unrehearsed:
            # Then what comes first takes a little longer in each attempt.
            traceback.print_exc()
            return Pages()
        for module in imported:
            importlib.import_module(module)
        with put_back():
            for _ in range(RUNS):
                play()
        settle()
        there, file = mapped(), os.path.join(folder, "pages")
        play(functools.partial(attempt, at_end=lambda: note(used(there), file)))
        with open(file) as noted:
            return Pages(*json.load(noted))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def rehearse(run, folder):
    """Runs the task by flytekit's command, as an attempt does."""
    from flyteidl.core.literals_pb2 import LiteralMap

    inputs = LiteralMap()
    for name, (kind, value) in VALUES.items():
        setattr(inputs.literals[name].scalar.primitive, kind, value)
    files = {f"{MODULE}.py": TASK.encode(), "inputs.pb": inputs.SerializeToString()}
    for name, content in files.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(content)
    outputs = os.path.join(folder, f"outputs-{os.getpid()}")
    options = {
        "inputs": os.path.join(folder, "inputs.pb"),
        "output-prefix": outputs,
        "raw-output-data-prefix": os.path.join(folder, "raw"),
        "checkpoint-path": os.path.join(folder, "checkpoints"),
        "resolver": RESOLVER,
    }
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    # Before what a user has.
    sys.path.insert(0, folder)
    try:
        code = run(["pyflyte-execute", *words, "--", "task-module", MODULE, "task-name", "rehearse"], folder)
    finally:
        sys.path.remove(folder)
    if code != 0 or not os.path.exists(os.path.join(outputs, "outputs.pb")):
        raise Unrehearsed(f"a task that does nothing ended with exit code {code}, and no outputs")


def imports(play):
    """The modules that a first task imports by itself. What the worker is about to do is tried as well."""
    before = set(sys.modules)
    with put_back():
        play()
        return [name for name in sys.modules if name not in before and name != MODULE]


def in_fork(work):
    """What this work gives in a process that ends with it."""
    hears, tells = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            signal.alarm(LIMIT)
            os.close(hears)
            answer = json.dumps(work())
            with open(tells, "w") as file:
                file.write(answer)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(0)
    os.close(tells)
    with open(hears) as file:
        answer = file.read()
    os.waitpid(pid, 0)
    if not answer:
        raise Unrehearsed("a task is not rehearsed here; what it said stands above")
    return json.loads(answer)


def settle():
    """Leaves memory as forks share it best: the collector looks at nothing that is there now, and pages are large."""
    gc.collect()
    gc.freeze()
    for start, end in (where for where, rights in mapped() if rights == "rw-p"):
        first = -(-start // HUGE) * HUGE
        for at in range(first, end - HUGE + 1, HUGE):
            advise(at, HUGE, MADV_COLLAPSE)


@contextlib.contextmanager
def put_back():
    """Leaves an interpreter that has run a task as if it had not, but for caches."""
    kept = [(holder, dict(vars(holder)), contents(holder)) for holder in holders()]
    path, importers, modules = list(sys.path), dict(sys.path_importer_cache), dict(sys.modules)
    arguments, variables, temporary = sys.argv, dict(os.environ), tempfile.tempdir
    with registered() as chores:
        yield
    for chore in chores:
        atexit.unregister(chore)
    end_threads()
    sys.stdout.flush()
    # Flytekit's command has it registered.
    faulthandler.unregister(signal.SIGUSR1)
    sys.argv, tempfile.tempdir = arguments, temporary
    fill(sys.path, path)
    fill(os.environ, variables)
    fill(sys.path_importer_cache, importers)
    for name in set(sys.modules) - set(modules):
        del sys.modules[name]
    sys.modules.update({name: modules[name] for name in ("__main__", "__mp_main__") if name in modules})
    for holder, values, held in kept:
        restore(holder, values, held)


@contextlib.contextmanager
def registered():
    """What is registered meanwhile to be done when the interpreter ends."""
    chores, register = [], atexit.register

    def note(chore, *args, **kwargs):
        chores.append(chore)
        return register(chore, *args, **kwargs)

    atexit.register = note
    try:
        yield chores
    finally:
        atexit.register = register


def end_threads():
    """Ends the event loops that flytekit runs in threads, and with them the threads."""
    for found in gc.get_objects():
        if issubclass(type(found), asyncio.AbstractEventLoop) and found.is_running():
            found.call_soon_threadsafe(found.stop)
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join(LIMIT)
    # A thread that was joined takes a moment to be gone.
    for _ in range(LIMIT * 1000):
        if len(os.listdir("/proc/self/task")) == 1:
            return
        time.sleep(0.001)
    raise RuntimeError("a task that has ended leaves threads here, which a fork would lose")


def holders():
    """All that has a state at its top: modules, their classes and their objects."""
    found = {}
    for name, module in list(sys.modules.items()):
        if not is_ours(name) or type(module) is not types.ModuleType:
            continue
        found[id(module)] = module
        for value in vars(module).values():
            kind = value if issubclass(type(value), type) else type(value)
            # A module that is imported when it is asked for something is not asked.
            asks_nobody = type(value).__getattribute__ in (object.__getattribute__, type.__getattribute__)
            if is_ours(kind.__module__) and asks_nobody and hasattr(value, "__dict__"):
                found[id(value)] = value
    return list(found.values())


def is_ours(module):
    return isinstance(module, str) and module.partition(".")[0] in PACKAGES


def contents(holder):
    containers = {name: value for name, value in vars(holder).items() if type(value) in (dict, list, set)}
    return {name: value.copy() for name, value in containers.items() if name != "__builtins__"}


def restore(holder, values, held):
    for name, value in list(vars(holder).items()):
        if name not in values:
            delattr(holder, name)
        elif value is not values[name]:
            setattr(holder, name, values[name])
    for name, content in held.items():
        if not is_same(values[name], content):
            fill(values[name], content)


def is_same(container, content):
    """Whether the same objects are in both."""
    if isinstance(container, set):
        return container == content
    if isinstance(container, dict):
        return container.keys() == content.keys() and all(container[key] is content[key] for key in content)
    return len(container) == len(content) and all(map(operator.is_, container, content))


def fill(container, content):
    container.clear()
    (container.extend if isinstance(container, list) else container.update)(content)


def used(there):
    """What this process uses of memory that was there when it began: what it has written to, and what it has read, as
    addresses and lengths."""
    return [pages(there, "w", OWN), pages(there, "-", THERE)]


def pages(there, access, bits):
    """The pages with these bits, of what is mapped with this access."""
    found = []
    with open("/proc/self/pagemap", "rb", buffering=0) as entries:
        for start, end in (where for where, rights in there if rights[1] == access):
            entries.seek(start // PAGE * 8)
            read = entries.read((end - start) // PAGE * 8)
            for index, (entry,) in enumerate(struct.iter_unpack("=Q", read)):
                page = start + index * PAGE
                if entry & bits != bits:
                    continue
                if found and sum(found[-1]) == page:
                    found[-1][1] += PAGE
                else:
                    found.append([page, PAGE])
    return found


def mapped():
    """What this process has mapped for itself alone: from address to address, and what it may do there."""
    with open("/proc/self/maps") as maps:
        lines = [line.split() for line in maps]
    # What the system has mapped for itself is not to be advised.
    lines = [words for words in lines if words[1][0::3] == "rp" and not words[-1].startswith("[v")]
    return [(tuple(int(at, 16) for at in where.split("-")), rights) for where, rights, *_ in lines]


def note(content, file):
    with open(file, "w") as noted:
        json.dump(content, noted)


class Pages:
    """Memory that a fork shares with the worker, and an attempt uses."""

    def __init__(self, written=(), read=()):
        self.parts = []
        for advice, ranges in ((MADV_POPULATE_WRITE, written), (MADV_POPULATE_READ, read)):
            for at in range(0, len(ranges), MOST):
                part = ranges[at : at + MOST]
                # As the system reads them: an address, a length, and so on.
                vector = array.array("Q", [number for pair in part for number in pair])
                self.parts.append((advice, vector, sum(length for _, length in part)))

    def take(self):
        """Has copies made of it, or has it mapped; what is not is when it is used, page by page."""
        own = os.pidfd_open(os.getpid())
        for advice, vector, length in self.parts:
            address, words = vector.buffer_info()
            if advise_all(PROCESS_MADVISE, own, address, words // 2, advice, 0) != length:
                for at in range(0, words, 2):
                    advise(vector[at], vector[at + 1], advice)
        os.close(own)


# A system that does not know an advice does not take it.
advise = ctypes.CDLL(None).madvise
advise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
advise_all = ctypes.CDLL(None).syscall
advise_all.argtypes = (ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_uint)
advise_all.restype = ctypes.c_long
