"""A filter of system calls for Linux: no network, no other programs, no hand on other processes, no memory with a name.

It needs no privileges, cannot be lifted, and is inherited by every process that a submission forks. A refused call fails with
EPERM, which Python shows as a PermissionError. On other systems, and other processors than the two named here, ``audit`` alone
does this work, for Python code.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys

# By architecture: its number in the kernel, and the numbers of the calls.
ARCHITECTURES: dict[str, tuple[int, dict[str, int]]] = {
    "x86_64": (
        0xC000003E,
        {
            "execve": 59,
            "execveat": 322,
            "socket": 41,
            "ptrace": 101,
            "process_vm_readv": 310,
            "process_vm_writev": 311,
            "setsid": 112,
            "setpgid": 109,
            "kill": 62,
            "tkill": 200,
            "tgkill": 234,
            "pidfd_send_signal": 424,
            "pidfd_getfd": 438,
            "io_uring_setup": 425,
            "unshare": 272,
            "prlimit64": 302,
            "rt_sigqueueinfo": 129,
            "rt_tgsigqueueinfo": 297,
            "perf_event_open": 298,
            "bpf": 321,
            "memfd_create": 319,
            "shmget": 29,
            "semget": 64,
            "msgget": 68,
            "mq_open": 240,
            "mount": 165,
        },
    ),
    "aarch64": (
        0xC00000B7,
        {
            "execve": 221,
            "execveat": 281,
            "socket": 198,
            "ptrace": 117,
            "process_vm_readv": 270,
            "process_vm_writev": 271,
            "setsid": 157,
            "setpgid": 154,
            "kill": 129,
            "tkill": 130,
            "tgkill": 131,
            "pidfd_send_signal": 424,
            "pidfd_getfd": 438,
            "io_uring_setup": 425,
            "unshare": 97,
            "prlimit64": 261,
            "rt_sigqueueinfo": 138,
            "rt_tgsigqueueinfo": 240,
            "perf_event_open": 241,
            "bpf": 280,
            "memfd_create": 279,
            "shmget": 194,
            "semget": 190,
            "msgget": 186,
            "mq_open": 180,
            "mount": 40,
        },
    ),
}
# These are refused for some first arguments only.
BY_ARGUMENT = ("kill", "tgkill", "prlimit64")

LOAD, JUMP_IF_EQUAL, JUMP_IF_AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x80000000
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16  # offsets in the kernel's struct seccomp_data
X32 = 0x40000000
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, PR_SET_PDEATHSIG, SECCOMP_MODE_FILTER = 38, 22, 1, 2

Instruction = tuple[int, int, int, int]


def program(architecture: int, calls: dict[str, int], grader: int) -> list[Instruction]:
    """The filter: code, jump if true, jump if false, operand."""
    steps: list[Instruction] = [
        (LOAD, 0, 0, ARCHITECTURE),
        (JUMP_IF_EQUAL, 1, 0, architecture),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER),
        (JUMP_IF_AT_LEAST, 0, 1, X32),
        (RETURN, 0, 0, REFUSE),
    ]
    for name, number in calls.items():
        if name not in BY_ARGUMENT:
            steps += [(JUMP_IF_EQUAL, 0, 1, number), (RETURN, 0, 0, REFUSE)]
    own = os.getpid()
    # A signal to the grader, to a group or to all; limits of any process but the caller.
    for name, refused in (("kill", grader), ("tgkill", grader)):
        steps += [
            (JUMP_IF_EQUAL, 0, 5, calls[name]),
            (LOAD, 0, 0, FIRST_ARGUMENT),
            (JUMP_IF_EQUAL, 1, 0, refused),
            (JUMP_IF_AT_LEAST, 0, 1, 0x80000000),
            (RETURN, 0, 0, REFUSE),
            (RETURN, 0, 0, ALLOW),
        ]
    steps += [
        (JUMP_IF_EQUAL, 0, 5, calls["prlimit64"]),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        (JUMP_IF_EQUAL, 2, 0, 0),
        (JUMP_IF_EQUAL, 1, 0, own),
        (RETURN, 0, 0, REFUSE),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, ALLOW),
    ]
    return steps


def install(grader: int) -> bool:
    """Filter this process and all that it will fork; whether that could be done."""
    known = ARCHITECTURES.get(os.uname().machine)
    if not sys.platform.startswith("linux") or known is None or sys.maxsize < 1 << 32:
        return False
    steps = program(*known, grader)
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in steps))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))

    filled = Program(len(steps), ctypes.addressof(code))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl(PR_SET_PDEATHSIG, 9, 0, 0, 0)
    if prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return bool(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(filled), 0, 0) == 0)
