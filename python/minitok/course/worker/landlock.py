"""Which files a submission can reach, held by the Linux kernel (Landlock, from version 5.13 on).

``audit`` refuses the same to Python code, with a message that says what is expected. But some modules of the standard library
open files unseen by it (``sqlite3``, ``readline``), and where the grader is root and Python itself is in a closed folder, the
process keeps the right to read every file. Landlock needs no privileges, cannot be lifted, and is inherited by what is forked.

Readable are Python, its packages without those that are hidden, the system's libraries, the submission and what its other
stages wrote; writable is the stage's own folder. Nothing else is there: no answers, no other submission, no file of whoever
grades.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Iterator

TYPE_CHECKING = False
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the numbers of these calls on every architecture
PR_SET_NO_NEW_PRIVS = 38
PATH_BENEATH = 1
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
MAKE_DEVICES = 1 << 6 | 1 << 9 | 1 << 11
READ = READ_FILE | READ_DIR
# How many kinds of access a version knows, from the first on.
KINDS = (13, 14, 15, 15, 16, 16)
NO_SIGNALS = 1 << 1  # to processes outside; from version 6 on

SYSTEM = ("/usr", "/lib", "/lib64", "/nix/store", "/gnu/store", "/etc/ld.so.cache", "/etc/localtime", "/etc/mime.types")
MACHINE = ("/etc/passwd", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/sys/devices/system/cpu")
DEVICES = ("/dev/zero", "/dev/urandom", "/dev/random")
# Locks of multiprocessing are files here.
SHARED_MEMORY = "/dev/shm"  # noqa: S108 - the system's own folder


def install(code: str, folder: str, hidden: list[str]) -> bool:
    """Restrict this process and all that it will fork; whether that could be done.

    Args:
        code: The folder of the submission.
        folder: The folder that is writable. The files next to it are readable: what other stages wrote.
        hidden: Folders that are not read, wherever they are. The worker's own is, since parts of it are imported later.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(CREATE_RULESET, None, 0, 1) if sys.platform.startswith("linux") else -1
    if version < 1:
        return False
    everything = (1 << KINDS[min(version, len(KINDS)) - 1]) - 1
    attributes = struct.pack("=QQQ", everything, 0, NO_SIGNALS if version >= 6 else 0)
    rules = libc.syscall(CREATE_RULESET, attributes, len(attributes) if version >= 6 else 8, 0)
    if rules < 0:
        return False
    # What a file can be given; a folder can be given all.
    of_files = (EXECUTE | WRITE_FILE | READ_FILE | 1 << 14 | 1 << 15) & everything

    def allow(path: str, access: int) -> None:
        try:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            return  # not there
        try:
            access &= everything if os.path.isdir(path) else of_files
            libc.syscall(ADD_RULE, rules, PATH_BENEATH, struct.pack("=Qi", access, place), 0)
        finally:
            os.close(place)

    # This minitok, and any other that is installed.
    closed = {os.path.realpath(path) for path in (*hidden, *(os.path.join(path, "minitok") for path in sys.path))}
    installed = (sys.prefix, sys.base_prefix, *sys.path, code, os.path.dirname(folder), "/proc/self", *SYSTEM, *MACHINE)
    for path in {os.path.realpath(path) for path in installed if path}:
        for part in without(path, closed):
            allow(part, READ)
    for path in (os.path.dirname(os.path.realpath(__file__)), *DEVICES):
        allow(path, READ)
    allow("/dev/null", READ | WRITE_FILE)
    allow(folder, everything & ~MAKE_DEVICES & ~EXECUTE)
    allow(SHARED_MEMORY, everything & ~MAKE_DEVICES & ~EXECUTE)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    restricted = libc.syscall(RESTRICT_SELF, rules, 0)
    os.close(rules)
    return bool(restricted == 0)


def without(path: str, hidden: set[str]) -> Iterator[str]:
    """The largest parts of a folder in which nothing hidden is."""
    if path in hidden or any(path.startswith(folder + os.sep) for folder in hidden):
        return
    if not any(folder.startswith(path.rstrip(os.sep) + os.sep) for folder in hidden):
        yield path
        return
    try:
        names = os.listdir(path)
    except OSError:
        return
    for name in names:
        part = os.path.join(path, name)
        if not os.path.islink(part):
            yield from without(part, hidden)
