"""The grader's side of a submission's process: start it, ask, wait no longer than a limit, end it.

What comes back is only ever an answer to a question. The grader alone knows the right answer and decides; it runs in this
process, which the submission cannot reach: it has another user (where the grader is root), no system calls that touch other
processes (on Linux), and a pipe through which nothing but plain values is read. So a submission that forges what it writes into
the pipe has answered, no more.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from ..errors import BackendError
from . import usage
from .showing import printable
from .users import NOBODY, tasks_of
from .worker import wire

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Limits", "Raised", "Session", "Stopped"]

NAMES = ("minitok", "minbpe", "cs336")
NOT_AN_ANSWER = "it wrote into the grader's pipe, and what came out of it is not an answer"
WORKER = Path(__file__).parent / "worker"
PACKAGE = Path(__file__).parent.parent
# Starts the worker's folder as a package of its own, without minitok's __init__. Its compiled files are kept, unlike those of a
# submission.
BOOT = (
    "import sys, types; sys.path = [path for path in sys.path if path]; package = types.ModuleType('grader_worker'); "
    "package.__path__ = [sys.argv[1]]; sys.modules['grader_worker'] = package; "
    "sys.dont_write_bytecode = False; from grader_worker.main import run; sys.dont_write_bytecode = True; run()"
)


class Limits:
    """What a stage may use. Time of the processor, not of the clock, so that a busy machine changes no verdict.

    A process that does nothing for ``wall_seconds`` is ended; one that waits for the processor is given ``most_seconds``. The
    system limits a process and a file; what all of a stage's processes take together is looked at every ``look_seconds``.
    """

    cpu_seconds = 7
    wall_seconds = 6.0
    most_seconds = 180.0
    memory = 1 << 30
    output = 1 << 20
    processes = 24
    memory_together = 1 << 31
    files = 1000
    files_together = 1 << 26
    look_seconds = 0.2


class Raised(Exception):  # noqa: N818
    """The submission raised an exception."""

    def __init__(self, kind: str, message: str, line: int | None, source: str) -> None:
        super().__init__(kind, message, line, source)
        self.kind, self.message, self.source = printable(kind), printable(message), printable(source)
        self.line = line

    def __str__(self) -> str:
        what = f"{self.kind}: {self.message}" if self.message else self.kind
        return what if self.line is None else f"{what} (line {self.line}: {self.source})"


class Stopped(Exception):  # noqa: N818
    """The submission's process has ended, or was ended: too slow, a crash, an exit, an answer that is none."""


class Session:
    """One process for one stage.

    Args:
        file: The copy of the submission.
        folder: A new folder, for what the submission writes; it is its working directory.
        hash_seed: Of the order of sets of strings.
        user: Whose rights the process has, where the grader is root.
    """

    def __init__(self, file: Path, folder: Path, hash_seed: int = 0, user: int | None = None) -> None:
        if not hasattr(os, "fork"):
            raise BackendError("grading limits a process as Unix does; on Windows, run it in WSL")
        self.limits = Limits()
        self.printed = folder / ".printed"
        folder.mkdir(parents=True, exist_ok=True)
        self.printed.touch()
        self.marked = 0
        self.folder = folder
        self.looked = time.monotonic()
        user = (NOBODY if user is None else user) if os.geteuid() == 0 else None
        if user is not None:
            for path in (folder, self.printed):
                os.chown(path, user, user)
        self.process = subprocess.Popen(  # noqa: S603 - the worker, by this interpreter
            [sys.executable, "-c", BOOT, str(WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env=environment(folder, hash_seed),
            start_new_session=True,
            bufsize=0,
        )
        pipes = cast("tuple[IO[bytes], IO[bytes]]", (self.process.stdin, self.process.stdout))
        self.requests, self.answers = pipes[0].fileno(), pipes[1].fileno()
        self.held = bytearray()  # what has come of the answers and is not read yet
        setup = {
            "user": user,
            "open_to_all": user is not None and readable_by_all(file),
            "seconds": self.limits.cpu_seconds,
            "memory": self.limits.memory,
            "output": self.limits.output,
            "processes": most_tasks(user, self.limits.processes),
            "grader": os.getpid(),
            "hidden": [str(PACKAGE)],
            "file": str(file),
            "folder": str(folder),
            "printed": str(self.printed),
        }
        try:
            self.isolation: dict[str, bool] = self.exchange(setup)
            self.names, self.functions = loaded(self.ask("load", str(file)))
        except BaseException:
            self.end()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def call(self, name: str, *arguments: Any, **named: Any) -> Any:
        """What a function of the submission returns.

        Raises:
            Raised: It raised an exception.
            Stopped: It did not come back, or its process has ended.
        """
        return self.ask("call", name, *arguments, **named)

    def ask(self, what: str, *arguments: Any, **named: Any) -> Any:
        """What one of the worker's methods returns."""
        return self.exchange({"do": what, "arguments": list(arguments), "named": named})

    def iterate(self, merges: Any, chunks: list[str], at_once: int, **named: Any) -> tuple[list[int], int]:
        """The ids of chunks that are given ``at_once`` at a time, and how many had been given when the first id came.

        The count is the grader's own: chunks are given only after the ids known so far have been sent.
        """
        ids: list[int] = []
        given = 0
        first = None

        def more(emitted: Any) -> list[str]:
            nonlocal given, first
            ids.extend(emitted if isinstance(emitted, list) else [])
            if ids and first is None:
                first = given
            some = chunks[given : given + at_once]
            given += len(some)
            return some

        rest = self.exchange({"do": "iterate", "arguments": [merges], "named": named}, more)
        return ids + (rest if isinstance(rest, list) else []), given if first is None else first

    def exchange(self, request: dict[str, Any], more: Callable[[Any], Any] | None = None) -> Any:
        """Send a frame and wait for its answer; ``more`` answers what is asked in between."""
        deadline = time.monotonic() + self.limits.most_seconds
        try:
            wire.send(self.requests, request)
            while True:
                answer = self.read(deadline)
                if isinstance(answer, dict) and answer.keys() == {"more"} and more is not None:
                    wire.send(self.requests, more(answer["more"]))
                    continue
                break
        except (EOFError, BrokenPipeError, ConnectionResetError):
            raise Stopped(self.why_ended()) from None
        except wire.Malformed:
            self.end()
            raise Stopped(NOT_AN_ANSWER) from None
        if isinstance(answer, dict) and "ok" in answer:
            return answer["ok"]
        if isinstance(answer, dict) and isinstance(answer.get("raised"), tuple) and len(answer["raised"]) == 4:
            kind, message, line, source = answer["raised"]
            raise Raised(str(kind), str(message), line if isinstance(line, int) else None, str(source))
        self.end()
        raise Stopped(NOT_AN_ANSWER)

    def read(self, deadline: float) -> Any:
        """A frame, if it comes in time."""
        length = int.from_bytes(self.read_exactly(4, deadline), "big")
        if length > wire.LONGEST:
            raise wire.Malformed("a frame of more than 16 MiB")
        return wire.unpack(self.read_exactly(length, deadline))

    def read_exactly(self, length: int, deadline: float) -> bytes:
        while len(self.held) < length:
            self.wait(deadline)
            part = os.read(self.answers, 1 << 20)
            if not part:
                raise EOFError
            self.held += part
        data = bytes(self.held[:length])
        del self.held[:length]
        return data

    def wait(self, deadline: float) -> None:
        """Wait until there is something to read: as long as something is done for it, and the deadline is not over."""
        done: int | None = -1
        asked = time.monotonic()
        self.look()
        while not select.select([self.answers], [], [], min(self.limits.wall_seconds, self.limits.look_seconds))[0]:
            self.look()
            if time.monotonic() < asked + self.limits.wall_seconds:
                continue
            asked = time.monotonic()
            before, done = done, self.activity()
            if done in (before, None) or asked > deadline:
                self.end()
                raise Stopped("it did not come back, and did nothing any more")

    def look(self) -> None:
        """Ends the process if all that it started takes too much together; looks only now and then."""
        if time.monotonic() < self.looked + self.limits.look_seconds:
            return
        files, size = usage.of_folder(self.folder, self.limits.files)
        if files > self.limits.files or size > self.limits.files_together:
            self.end()
            raise Stopped(f"it wrote more than {self.limits.files:,} files or {self.limits.files_together >> 20} MiB")
        processes, memory = usage.of_group(self.process.pid)
        if processes > self.limits.processes:
            self.end()
            raise Stopped(f"it started more than {self.limits.processes} processes")
        if memory > self.limits.memory_together:
            self.end()
            raise Stopped(f"its processes took more than {self.limits.memory_together >> 20} MiB together")
        self.looked = time.monotonic()

    def activity(self) -> int | None:
        """A number that grows while any process of the submission runs, or waits for the processor; None where nobody knows."""
        return usage.activity_of(self.process.pid)

    def cpu_seconds(self) -> float:
        """The time of the processor that the process has used, as the system says; 0 where it does not say."""
        try:
            fields = (
                Path(f"/proc/{self.process.pid}/stat")
                .read_text(encoding="ascii", errors="replace")
                .rsplit(")", 1)[1]
                .split()
            )
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def why_ended(self) -> str:
        """Why the process has ended, in words."""
        try:
            code = self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.end()
            return "it closed the grader's pipe"
        self.end()
        if code in (-signal.SIGXCPU, -signal.SIGKILL):
            return f"it did not come back within {self.limits.cpu_seconds - 1} seconds of processor time"
        if code < 0:
            return f"its process crashed ({signal.Signals(-code).name})"
        return f"it ended its process, with exit code {code}"

    def end(self) -> None:
        """End the process and everything that it started: they cannot leave its group."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def printed_bytes(self) -> int:
        """How much the submission has printed; 0 if it has removed the file."""
        try:
            return self.printed.stat().st_size
        except OSError:
            return 0

    def mark(self) -> None:
        """What is printed from now on belongs to the next call."""
        self.marked = self.printed_bytes()

    def last_lines(self, most: int = 5) -> list[str]:
        """The end of what the submission printed in the last call, made safe to show."""
        try:
            with self.printed.open("rb") as file:
                file.seek(max(self.marked, self.printed_bytes() - 2000))
                text = file.read().decode("utf-8", "replace")
        except OSError:
            return []
        lines = [printable(line)[:200] for line in text.splitlines()]
        return [line for line in lines if line.strip()][-most:]


def loaded(answer: Any) -> tuple[str, list[str]]:
    """The vocabulary of names and the functions that are there, as the worker says them."""
    if isinstance(answer, tuple) and len(answer) == 2 and answer[0] in NAMES and isinstance(answer[1], list):
        return answer[0], [name for name in answer[1] if isinstance(name, str)]
    raise Stopped(NOT_AN_ANSWER)


def environment(folder: Path, hash_seed: int) -> dict[str, str]:
    """The environment of the process: nothing of the grader's own but where libraries are."""
    return {
        "PATH": os.defpath,
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "PYTHONPATH": os.pathsep.join(libraries()),
        "LANG": "C.UTF-8",
        "PYTHONUTF8": "1",
        "PYTHONHASHSEED": str(hash_seed % (1 << 32)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }


def libraries() -> list[str]:
    """The folders from which this program imports, without the one that it was started in: a submission is a copy."""
    here = os.getcwd()
    return [path for path in sys.path if os.path.isabs(path) and os.path.isdir(path) and os.path.realpath(path) != here]


def most_tasks(user: int | None, processes: int) -> int | None:
    """How many threads the user of a submission may have in all; None for any number, where nobody knows how many there are.

    Whoever grades with their own rights may start other programs meanwhile: ten times as many then.
    """
    if user is not None:
        return tasks_of(user) + processes
    others = tasks_of(os.geteuid())
    return others + 10 * processes if others else None


def readable_by_all(file: Path) -> bool:
    """Whether a user without rights can run Python and read the submission."""
    import regex

    needed = (Path(sys.executable), Path(sys.prefix), Path(os.__file__), Path(str(regex.__file__)), WORKER, file)
    return all(open_to_all(path.resolve()) for path in needed)


def open_to_all(path: Path) -> bool:
    """Whether every user may read this, and every folder above it."""
    modes: Iterator[int] = (folder.stat().st_mode for folder in path.parents)
    return all(mode & 0o001 for mode in modes) and bool(path.stat().st_mode & 0o004)
