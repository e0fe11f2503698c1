"""What the processes of a submission use together, as the system says; a submission cannot hide from it."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

__all__ = ["activity_of", "of_folder", "of_group"]

# Fields of /proc/PID/stat after the name of the program.
STATE, GROUP, USER_TIME, SYSTEM_TIME = 0, 2, 11, 12


def members(group: int) -> Iterator[tuple[Path, list[str]]]:
    """The folders in /proc of the processes of a group, with the fields of their stat."""
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            fields = status.read_text(encoding="ascii", errors="replace").rsplit(")", 1)[1].split()
            if int(fields[GROUP]) == group:
                yield status.parent, fields


def activity_of(group: int) -> int | None:
    """A number that grows while any process of the group runs, or waits for the processor; None where nobody knows."""
    total, known = 0, False
    for _, fields in members(group):
        known = True
        total += int(fields[USER_TIME]) + int(fields[SYSTEM_TIME])
        total += time.monotonic_ns() if fields[STATE] in "RD" else 0
    return total if known else None


def of_group(group: int) -> tuple[int, int]:
    """How many processes a group has, and how many bytes they have for themselves or share by maps; 0 where nobody knows."""
    processes = total = 0
    for process, _ in members(group):
        processes += 1
        with contextlib.suppress(OSError):
            for line in (process / "status").read_text(encoding="utf-8", errors="replace").splitlines():
                name, _, value = line.partition(":")
                if name in ("RssAnon", "RssShmem"):
                    total += int(value.split()[0]) * 1024
    return processes, total


def of_folder(folder: Path, most: int) -> tuple[int, int]:
    """How many files and folders are in a folder, and how many bytes they take; counting ends at ``most`` files.

    A folder that its owner has closed is opened; one that cannot be read counts for more than ``most``.
    """
    files = size = 0
    folders = [str(folder)]
    while folders and files <= most:
        inner = folders.pop()
        try:
            entries = os.scandir(inner)
        except PermissionError:
            try:
                os.chmod(inner, 0o700)
                entries = os.scandir(inner)
            except OSError:
                return most + 1, size
        except OSError:
            continue  # gone since
        with contextlib.suppress(OSError), entries:
            for entry in entries:
                files += 1
                if files > most:
                    break
                with contextlib.suppress(OSError):
                    size += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
    return files, size
