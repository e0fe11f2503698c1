"""A user for each grading, where the grader is root: gradings that run at once cannot reach one another."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

__all__ = ["empty", "free_user", "tasks_of"]

# Users without a name, which systemd, too, hands out and takes back; nobody where none can be had.
USERS = range(61_184, 65_520)
NOBODY = 65_534
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - what a submission left there is removed


@contextlib.contextmanager
def free_user() -> Iterator[int | None]:
    """A user that nobody else has as long as this lasts; None where the grader is not root, and has only its own rights.

    Afterwards nothing is left of the user: no processes, and no shared memory.
    """
    if os.geteuid() != 0:
        yield None
        return
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as claim:
        busy = tasks()
        user = next((user for user in USERS if not busy[user] and claimed(claim, user)), NOBODY)
        try:
            yield user
        finally:
            if user != NOBODY:
                remove_shared_memory(user)


def claimed(claim: socket.socket, user: int) -> bool:
    """Whether this process is the one that has the user. The name is given back when the process ends, however it ends."""
    try:
        claim.bind(f"\0minitok-grade-{user}")
    except OSError:
        return False
    return True


def tasks_of(user: int) -> int:
    """How many threads a user has; 0 where the system does not say."""
    return tasks()[user]


def tasks() -> Counter[int]:
    """How many threads each user has."""
    found: Counter[int] = Counter()
    for status in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            text = status.read_text(encoding="utf-8", errors="replace")
            user = int(text.partition("\nUid:")[2].split(None, 1)[0])
            found[user] += int(text.partition("\nThreads:")[2].split(None, 1)[0])
    return found


def remove_shared_memory(user: int) -> None:
    """Remove the user's files where memory is shared by name."""
    with contextlib.suppress(OSError):
        for file in os.scandir(SHARED_MEMORY):
            with contextlib.suppress(OSError):
                if file.stat(follow_symlinks=False).st_uid == user:
                    if file.is_dir(follow_symlinks=False):
                        empty(Path(file.path))
                        os.rmdir(file.path)
                    else:
                        os.unlink(file.path)


def empty(folder: Path) -> None:
    """Remove what is in a folder, however deep it is: folders that are inside are moved up before they are emptied."""
    number = 0
    folders = [folder]
    while folders:
        inner = folders.pop()
        with contextlib.suppress(OSError):
            inner.chmod(0o700)
            for file in os.scandir(inner):
                with contextlib.suppress(OSError):
                    if not file.is_dir(follow_symlinks=False):
                        os.unlink(file.path)
                        continue
                    number += 1
                    moved = folder / f".removed-{number}"
                    os.rename(file.path, moved)
                    folders.append(moved)
        if inner != folder:
            shutil.rmtree(inner, ignore_errors=True)
