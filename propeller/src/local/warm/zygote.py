"""A warm worker: an interpreter that has imported flytekit, and forks itself for each attempt.

It runs no user's code itself, and an attempt's process is never used again: what one attempt does to modules and
globals, no other sees. Whatever an import leaves that must differ from process to process (temporary folders,
seeds, threads) is made anew after the fork, or makes this interpreter unfit, which it says. What is slow when it is
done first is done before, by a task of our own: see `rehearsal.py`.

Standard input is a socket to the driver. It tells what to run, `LENGTH` and then that many bytes of fields, each
ended by NUL:

    number, attempt's folder, folder of temporary files, files of control groups to join with `:` between, most
    bytes of memory or nothing, count of arguments, arguments, NAME=VALUE of each variable

It answers in lines: `ready FOLDER...` with what was imported from, or `unfit REASON`, once; then `started NUMBER`
or `failed NUMBER REASON` for each attempt, and `over NUMBER` when one that was started has ended, which is a little
before its process is gone. When the socket closes it waits for its attempts, and ends.

An attempt is claimed by its process before it runs, by the file `pid`: the process, when it began, and the same of this
one. The process writes `exit` itself when it ends in good order; when it was killed, this one does.
"""

import atexit
import ctypes
import gc
import importlib.machinery
import os
import random
import resource
import select
import shutil
import signal
import socket
import struct
import sys
import tarfile
import tempfile
import threading
import traceback
import types

SAFE_PATH = getattr(sys.flags, "safe_path", False)
if SAFE_PATH:
    sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import rehearsal  # noqa: E402

# The folder of this script is nobody's library, and neither is what was imported from there.
sys.path_importer_cache.pop(sys.path.pop(0), None)
del sys.modules[rehearsal.__name__]

# An interpreter that has no locale sets one, for processes that it starts as well.
COERCED = os.environ.get("LC_CTYPE")
# The console script whose whole work is to prepare a folder and run another.
UNPACKING = "pyflyte-fast-execute"
# What the process of an attempt tells its worker.
STARTED, FAILED, OVER = b"+", b"-", b"."
# The scripts that were run here, by their paths: which version, and its code.
SCRIPTS = {}


def main():
    driver = socket.socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    os.dup2(null, 0, inheritable=True)
    try:
        generators, pages = warm_up()
    except Exception as error:
        tell(driver, f"unfit {type(error).__name__}: {error}")
        return
    tell(driver, "ready " + os.pathsep.join(folder for folder in sys.path if os.path.isdir(folder)))
    Worker(driver, null, generators, pages, spares=int(sys.argv[1])).serve()


def warm_up():
    """Imports what every task imports; gives what is random since then, and the memory that an attempt uses."""
    import flytekit.bin.entrypoint  # noqa: F401
    import flytekit.core.array_node_map_task  # noqa: F401
    from flytekit.core.docstring import Docstring

    # What renews the state after a fork must work with this version of flytekit.
    renew(os.path.join(tempfile.gettempdir(), "renewed"))
    if len(os.listdir("/proc/self/task")) > 1:
        raise RuntimeError("importing flytekit starts threads here, which a fork would lose")
    # Patterns are compiled once, for all.
    Docstring(docstring="What a task does.")
    pages = rehearsal.rehearsed(rehearse, rehearse_attempt)
    # The collector finds nothing that is frozen.
    gc.unfreeze()
    generators = [found for found in gc.get_objects() if issubclass(type(found), random.Random)]
    rehearsal.settle()
    return generators, pages


def rehearse(arguments, folder):
    renew(folder)
    tempfile.tempdir = folder
    return status(lambda: execute(arguments))


def rehearse_attempt(arguments, folder, at_end):
    """The same in a process of its own, which does something at its end."""
    os.makedirs(os.path.join(folder, "work"), exist_ok=True)
    variables = [f"{name}={value}" for name, value in os.environ.items()]
    fields = ["0", folder, folder, "", "", str(len(arguments)), *arguments, *variables]
    attempt = Attempt(b"".join(os.fsencode(field) + b"\0" for field in fields))
    pid = fork()
    if pid == 0:
        try:
            signal.alarm(rehearsal.LIMIT)
            os.setpgid(0, 0)
            attempt.run(os.dup(0), at_end)
        finally:
            os._exit(1)
    os.waitpid(pid, 0)
    exit, log = (os.path.join(folder, name) for name in ("exit", "task.log"))
    code = int(read(exit) or 1)
    if code:
        print(read(log), file=sys.stderr)
    return code


def fork(pages=None):
    """A process like this one, which has pages of its own before it needs them."""
    ctypes.pythonapi.PyOS_BeforeFork()
    pid = system.fork()
    if pid == 0:
        if pages is not None:
            pages.take()
        ctypes.pythonapi.PyOS_AfterFork_Child()
        return 0
    ctypes.pythonapi.PyOS_AfterFork_Parent()
    if pid < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return pid


# What holds the interpreter's lock while it is called.
system = ctypes.PyDLL(None, use_errno=True)


def reseed(generators):
    """Gives what is random another state in each process."""
    for generator in generators:
        generator.seed()
    if numpy := sys.modules.get("numpy.random"):
        numpy.seed()


def renew(folder=None):
    """Makes anew what an import leaves for one process alone; in a folder of its own, unless one is given."""
    from flytekit.configuration import Config, DataConfig
    from flytekit.core import context_manager, data_persistence

    folder = folder or tempfile.mkdtemp(prefix="flyte-")
    provider = data_persistence.FileAccessProvider(
        local_sandbox_dir=os.path.join(folder, "sandbox"),
        raw_output_prefix=os.path.join(folder, "raw"),
        data_config=DataConfig.auto(),
    )
    # A folder that flytekit makes once, as a default value.
    Config.local_sandbox_path = folder
    arguments = Config.__init__.__code__.co_varnames[: Config.__init__.__code__.co_argcount]
    defaults = dict(zip(reversed(arguments), reversed(Config.__init__.__defaults__)))
    Config.__init__.__defaults__ = tuple(reversed((defaults | {"local_sandbox_path": folder}).values()))
    data_persistence.flyte_tmp_dir = folder
    data_persistence.default_local_file_access_provider = provider
    context_manager.default_local_file_access_provider = provider
    context_manager.FlyteContextManager.initialize()
    if multiprocessing := sys.modules.get("multiprocessing.process"):
        multiprocessing.ORIGINAL_DIR = os.getcwd()


class Worker:
    """Starts attempts, and sees to their ends."""

    def __init__(self, driver, null, generators, pages, spares):
        self.driver = driver
        self.null = null
        self.generators = generators
        self.pages = pages
        self.wanted = spares
        self.spares = []  # processes that wait for an attempt: id, descriptor, where it is told, where it tells
        self.attempts = {}  # by descriptor of the process, what it runs
        self.telling = {}  # the same by where the process tells how far it is
        self.name = name_of(os.getpid())
        self.poll = select.poll()

    def serve(self):
        self.poll.register(self.driver, select.POLLIN)
        listening = True
        while listening or self.attempts:
            # A spare is made while nothing else is to be done, so that nobody waits for it.
            missing = listening and len(self.spares) < self.wanted
            events = self.poll.poll(0 if missing else None)
            if missing and not events:
                self.make_spare()
            for descriptor, _ in events:
                if descriptor in self.attempts:
                    self.bury(descriptor)
                    # What was closed with it may be there under the same number again.
                    break
                elif descriptor in self.telling:
                    self.hear(descriptor)
                elif not self.start_next():
                    self.poll.unregister(self.driver)
                    listening = False
        for _, _, told, _ in self.spares:
            os.close(told)

    def start_next(self):
        """Starts the attempt that the driver tells of; false when it tells of none any more."""
        try:
            message = receive(self.driver)
        except (EOFError, OSError):
            return False
        attempt = Attempt(message)
        try:
            self.start(attempt, message)
        except OSError as error:
            tell(self.driver, f"failed {attempt.number} {error}")
        return True

    def start(self, attempt, message):
        pid, descriptor, told, heard = self.spares.pop(0) if self.spares else self.fork()
        attempt.pid, attempt.heard, attempt.told = pid, heard, None
        self.attempts[descriptor] = self.telling[heard] = attempt
        for place in (descriptor, heard):
            self.poll.register(place, select.POLLIN)
        try:
            send(told, message)
        finally:
            # A process that is told nothing ends at once.
            os.close(told)

    def make_spare(self):
        try:
            self.spares.append(self.fork())
        except OSError as error:
            # Each attempt forks when it comes then, and is told of it if that fails too.
            print(f"no more spare processes: {error}", file=sys.stderr)
            self.wanted = 0

    def fork(self):
        """A process that waits to be told of its attempt, and leads a group of its own."""
        hears, told = os.pipe2(os.O_CLOEXEC)
        heard, tells = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        pid = fork(self.pages)
        if pid == 0:
            os.close(told)
            os.close(heard)
            self.wait(hears, tells)
        os.close(hears)
        os.close(tells)
        os.setpgid(pid, pid)
        return pid, os.pidfd_open(pid), told, heard

    def wait(self, hears, tells):
        """The new process: it closes what is not its own, and becomes its attempt."""
        try:
            self.driver.close()
            spares = (known for spare in self.spares for known in spare[1:])
            for descriptor in [*self.attempts, *self.telling, *spares]:
                os.close(descriptor)
            reseed(self.generators)
            with open(hears, "rb") as file:
                length, message = file.read(4), file.read()
            # A worker that dies says nothing, or not all.
            if length == struct.pack("<I", len(message)):
                attempt = Attempt(message)
                try:
                    attempt.take(self.name)
                except OSError as error:
                    os.write(tells, FAILED + os.fsencode(str(error)))
                    return
                os.write(tells, STARTED)
                attempt.run(self.null, lambda: os.write(tells, OVER))
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)

    def hear(self, heard):
        """Passes on what the process of an attempt tells."""
        attempt = self.telling[heard]
        try:
            words = os.read(heard, 1024)
        except BlockingIOError:
            return
        if words[:1] == FAILED:
            self.pass_on(attempt, "failed", os.fsdecode(words[1:]))
        elif STARTED in words:
            self.pass_on(attempt, "started")
        if OVER in words and words[:1] != FAILED:
            # It can do nothing more, and neither can what is left of it. It is not reaped, so its number is its own.
            kill_group(attempt.pid)
            self.pass_on(attempt, "over")
        if not words:
            self.close(attempt)

    def pass_on(self, attempt, word, reason=""):
        attempt.told = word
        tell(self.driver, f"{word} {attempt.number} {reason}".rstrip())

    def close(self, attempt):
        if self.telling.pop(attempt.heard, None):
            self.poll.unregister(attempt.heard)
            os.close(attempt.heard)

    def bury(self, descriptor):
        """Notes how an attempt's process ended that could not note it itself, and ends what it left."""
        self.poll.unregister(descriptor)
        attempt = self.attempts.pop(descriptor)
        if attempt.heard in self.telling:
            self.hear(attempt.heard)
            self.close(attempt)
        ended = os.waitid(os.P_PIDFD, descriptor, os.WEXITED | os.WNOWAIT)
        # Until it is reaped, its number is not reused.
        kill_group(attempt.pid)
        code = ended.si_status if ended.si_code == os.CLD_EXITED else 128 + ended.si_status
        if claimed_by(attempt.folder, attempt.pid):
            leave(attempt.folder, "exit", f"{code}\n")
        os.waitid(os.P_PIDFD, descriptor, os.WEXITED)
        os.close(descriptor)
        if attempt.told is None:
            self.pass_on(attempt, "failed", "its process died")
        elif attempt.told == "started":
            self.pass_on(attempt, "over")


class Attempt:
    """What to run, and where."""

    def __init__(self, message):
        fields = [os.fsdecode(field) for field in message.split(b"\0")[:-1]]
        self.number, self.folder, self.tmp, self.groups, self.memory, count = fields[:6]
        self.arguments, self.variables = fields[6 : 6 + int(count)], fields[6 + int(count) :]

    def take(self, worker):
        """Has this process held to the attempt's limits, and claims it, which fails when somebody has it."""
        own = os.getpid()
        for group in filter(None, self.groups.split(":")):
            with open(group, "w") as members:
                members.write(str(own))
        if not leave(self.folder, "pid", f"{name_of(own)}\n{worker}\n"):
            raise FileExistsError("claimed")

    def run(self, null, at_end):
        """Runs it, tells so, and ends the process, with all that it left in its group."""
        log = os.open(os.path.join(self.folder, "task.log"), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.close(log)
        os.close(null)
        own = os.getpid()
        code = finished(self.work)
        if os.getpid() != own:
            # A fork that the task made has come to its end.
            os._exit(code)
        leave(self.folder, "exit", f"{code}\n")
        at_end()
        os.kill(0, signal.SIGKILL)

    def work(self):
        if self.memory:
            resource.setrlimit(resource.RLIMIT_DATA, (int(self.memory), int(self.memory)))
        os.chdir(os.path.join(self.folder, "work"))
        os.environ.clear()
        os.environ.update(variable.split("=", 1) for variable in self.variables)
        os.environ.setdefault("TMPDIR", self.tmp)
        # As a shell and an interpreter that start set them.
        os.environ.setdefault("PWD", os.getcwd())
        if COERCED:
            os.environ.setdefault("LC_CTYPE", COERCED)
        # As the first who asks for it finds it, but for a file that is made and removed to try it.
        folder = os.path.abspath(os.environ["TMPDIR"])
        tempfile.tempdir = folder if os.path.isdir(folder) and os.access(folder, os.W_OK | os.X_OK) else None
        renew()
        arguments = self.arguments
        if os.path.basename(arguments[0]) == UNPACKING:
            arguments = unpack(arguments[1:])
        execute(arguments)


def unpack(arguments):
    """Unpacks the program's archive as flytekit's own command does; gives what to run then."""
    from flytekit.tools.fast_registration import download_distribution

    options, command = {}, arguments
    while command and command[0].startswith("--"):
        if command[0] == "--":
            command = command[1:]
            break
        name, _, value = command[0].partition("=")
        options[name], command = (value, command[1:]) if value else (command[1], command[2:])
    archive, folder = options.get("--additional-distribution"), options.get("--dest-dir")
    if archive is not None:
        folder = folder or os.getcwd()
        path = archive.removeprefix("file://")
        if path.startswith("/") and path.endswith(".tar.gz"):
            copy = shutil.copy(path, folder)
            with tarfile.open(copy) as files:
                files.extraction_filter = getattr(tarfile, "tar_filter", None)
                files.extractall(folder)
        else:
            download_distribution(archive, folder)
    if folder is not None:
        folder = os.path.realpath(os.path.expanduser(folder))
        own = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = folder if own is None else own + os.pathsep + folder
        sys.path.insert(len(own.split(os.pathsep)) if own else 0, folder)
    resolver = command.index("--resolver") if "--resolver" in command else len(command)
    also = ["--dynamic-addl-distro", archive, "--dynamic-dest-dir", options.get("--dest-dir") or folder]
    return command[:resolver] + (also if resolver < len(command) and archive is not None else []) + command[resolver:]


def execute(arguments):
    """Runs a console script of this interpreter's as its interpreter would."""
    script = shutil.which(arguments[0])
    if script is None:
        raise FileNotFoundError(f"no program {arguments[0]} in {os.environ.get('PATH')}")
    code = compiled(script)
    main = types.ModuleType("__main__")
    main.__file__, main.__cached__, main.__builtins__ = script, None, __builtins__
    main.__loader__, main.__annotations__ = importlib.machinery.SourceFileLoader("__main__", script), {}
    sys.modules["__main__"] = main
    # As it is when multiprocessing is imported.
    if "__mp_main__" in sys.modules:
        sys.modules["__mp_main__"] = main
    sys.argv = [script, *arguments[1:]]
    if not SAFE_PATH:
        sys.path.insert(0, os.path.dirname(os.path.realpath(script)))
    exec(code, main.__dict__)


def compiled(script):
    """The code of a script, which is compiled once as long as it does not change."""
    found = os.stat(script)
    version = (found.st_ino, found.st_size, found.st_mtime_ns)
    if SCRIPTS.get(script, (None,))[0] != version:
        with open(script, "rb") as file:
            SCRIPTS[script] = version, compile(file.read(), script, "exec")
    return SCRIPTS[script][1]


def finished(work):
    """The exit code of an interpreter that does this work and ends in good order."""
    code = status(work)
    for chore in (threading._shutdown, atexit._run_exitfuncs, sys.stdout.flush, sys.stderr.flush):
        failed = status(chore)
        code = code or (120 if failed else 0)
    return code & 0xFF


def status(work):
    try:
        work()
    except SystemExit as end:
        if end.code is None:
            return 0
        if isinstance(end.code, int):
            return end.code
        print(end.code, file=sys.stderr)
        return 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def kill_group(pid):
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def claimed_by(folder, pid):
    return read(os.path.join(folder, "pid")).split(" ", 1)[0] == str(pid)


def read(path):
    """What is in a file; nothing when it cannot be read."""
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def leave(folder, name, text):
    """Writes a file whole, unless it is there; says whether it did."""
    draft = os.path.join(folder, f"{name}.{os.getpid()}")
    with open(draft, "w") as file:
        file.write(text)
    try:
        os.link(draft, os.path.join(folder, name))
    except FileExistsError:
        return False
    finally:
        os.unlink(draft)
    return True


def name_of(pid):
    """What no other process is called: its number, and when it began, in ticks since the machine did."""
    with open(f"/proc/{pid}/stat") as stat:
        return f"{pid} {stat.read().rpartition(')')[2].split()[19]}"


def receive(driver):
    (length,) = struct.unpack("<I", driver.recv(4, socket.MSG_WAITALL).ljust(4, b"\0"))
    message = driver.recv(length, socket.MSG_WAITALL)
    if not message or len(message) < length:
        raise EOFError
    return message


def send(told, message):
    with open(told, "wb", closefd=False) as file:
        file.write(struct.pack("<I", len(message)) + message)


def tell(driver, line):
    try:
        driver.sendall(os.fsencode(line.replace("\n", " ") + "\n"))
    except OSError:
        # A driver that is gone finds its attempts by their files.
        pass


main()
