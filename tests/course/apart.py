"""Tests of hostile programs run in a namespace of processes of their own: if the grader's filters fail, nothing outside can be killed.

One process has the namespace for all tests of a file. Root can make one, and everybody where user namespaces are allowed.
"""

import ctypes
import os
import signal
from contextlib import suppress
from copy import copy
from multiprocessing import Pipe
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

LIBC = ctypes.CDLL(None, use_errno=True)
NEW_MOUNTS, NEW_USERS, NEW_PROCESSES = 0x0002_0000, 0x1000_0000, 0x2000_0000
PRIVATE = 1 << 18 | 1 << 14  # MS_PRIVATE, MS_REC
END_WITH_PARENT, CAPABILITIES_V3 = 1, 0x20080522
# The kernel's number of the namespace that is no container's.
WHOLE_MACHINE = 0xEFFFFFFC


class Apart:
    """The process that runs the tests of a file."""

    def __init__(self, items):
        self.items = items
        self.refused = self.start(confine)
        if self.refused and not is_at_stake():
            self.end()
            self.refused = self.start(end_with_parent)

    def start(self, confine):
        """Fork; returns why it cannot be confined."""
        self.reports, end = Pipe()
        self.process = os.fork()
        if self.process == 0:
            try:
                confine()
                end.send(None)
                self.serve(end)
            except OSError as error:
                end.send(f"no namespace of processes for hostile programs: {error}; be root, or allow it to users")
            finally:
                os._exit(1)
        end.close()
        return self.reports.recv()

    def serve(self, end):
        while True:
            item = self.items[end.recv()]
            # As if one more came: what the session and the file have set up is not this process's to end.
            for report in runtestprotocol(item, log=False, nextitem=copy(item)):
                end.send(item.config.hook.pytest_report_to_serializable(config=item.config, report=report))
            end.send(None)

    def run(self, item):
        """The reports of a test."""
        if self.refused:
            yield failed(item, self.refused)
            return
        try:
            self.reports.send(self.items.index(item))
            while report := self.reports.recv():
                yield item.config.hook.pytest_report_from_serializable(config=item.config, data=report)
        except (EOFError, OSError):
            self.refused = "the process that runs these tests was ended: the grader let a program do it"
            yield failed(item, self.refused)
        except pytest.fail.Exception as timeout:
            self.refused = f"a test before had no end: {timeout}"
            yield failed(item, str(timeout))

    def end(self):
        self.reports.close()
        with suppress(ProcessLookupError):
            os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)


def failed(item, words):
    return pytest.TestReport(item.nodeid, item.location, {}, "failed", words, "call")


def is_at_stake():
    """Whether this is neither a container nor a machine of continuous integration, which hostile programs may end."""
    return os.stat("/proc/self/ns/pid").st_ino == WHOLE_MACHINE and "CI" not in os.environ


def confine():
    """Go on as the second process of a new namespace. Raises OSError where the system refuses it."""
    end_with_parent()
    unshare()
    in_child()
    checked(LIBC.mount(b"none", b"/", None, PRIVATE, None), "mount /")
    checked(LIBC.mount(b"proc", b"/proc", b"proc", 0, None), "mount /proc")
    in_child()
    if os.geteuid() != 0:  # all rights inside came with the namespace
        header, rights = (ctypes.c_uint32 * 2)(CAPABILITIES_V3, 0), (ctypes.c_uint32 * 6)()
        checked(LIBC.capset(header, rights), "capset")


def unshare():
    root, user, group = os.geteuid() == 0, os.geteuid(), os.getegid()
    checked(LIBC.unshare(NEW_MOUNTS | NEW_PROCESSES | (0 if root else NEW_USERS)), "unshare")
    if not root:
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")


def in_child():
    """Go on in a child; this process waits until it ends, and for orphans."""
    child = os.fork()
    if child:
        while os.wait()[0] != child:
            pass
        os._exit(0)
    end_with_parent()


def end_with_parent():
    LIBC.prctl(END_WITH_PARENT, signal.SIGKILL)


def checked(answer, name):
    if answer != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
