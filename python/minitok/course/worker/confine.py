"""Limits of the process that runs a submission, in the order in which they are set.

They are the user, resources, files, system calls, and what Python refuses.

Each is inherited by what the submission forks, and none can be raised again. None needs rights or namespaces, which a container
such as Gradescope's does not give: bubblewrap, which makes namespaces, does not start there.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import sys

from . import audit, landlock, loading, seccomp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CAPABILITIES_V3, CAP_DAC_READ_SEARCH, PR_SET_KEEPCAPS = 0x20080522, 1 << 2, 8


def confine(setup: dict[str, Any]) -> dict[str, bool]:
    """Set the limits; says which of them this system has."""
    other_user = setup["user"] is not None and become(setup["user"], setup["open_to_all"])
    limit(resource.RLIMIT_CPU, setup["seconds"])
    limit(resource.RLIMIT_AS, setup["memory"])
    limit(resource.RLIMIT_FSIZE, setup["output"])
    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_NOFILE, 128)
    if setup["processes"] is not None:
        limit(resource.RLIMIT_NPROC, setup["processes"])
    files = landlock.install(loading.root_of(setup["file"]), setup["folder"], setup["hidden"])
    filtered = seccomp.install(setup["grader"])
    audit.install(setup["hidden"], loading.root_of(setup["file"]), setup["folder"], setup["grader"])
    return {"other_user": other_user, "files": files, "system_calls": filtered}


def become(user: int, open_to_all: bool) -> bool:
    """Give up root's rights. Where not everybody may read Python's own files, the right to read files stays."""
    if open_to_all:
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)
        return True
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(CAPABILITIES_V3, 0)
    # Effective, permitted, inheritable: the low halves, then the high ones.
    rights = (ctypes.c_uint32 * 6)()
    if libc.capget(header, rights) != 0 or not rights[1] & CAP_DAC_READ_SEARCH:
        return False
    os.setgroups([])
    os.setgid(user)
    libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setuid(user)
    kept = (ctypes.c_uint32 * 6)(CAP_DAC_READ_SEARCH, CAP_DAC_READ_SEARCH, 0, 0, 0, 0)
    if libc.capset(header, kept) != 0:
        raise PermissionError("the process could not give up its rights")
    return True


def limit(what: int, most: int) -> None:
    """A limit, or the one there is where that is lower."""
    _, hard = resource.getrlimit(what)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    # The signal for the processor's time comes at the soft limit; a second later the process is ended.
    soft = max(0, most - 1) if what == resource.RLIMIT_CPU else most
    with contextlib.suppress(ValueError, OSError):  # macOS has no limit of address space
        resource.setrlimit(what, (soft, most))
