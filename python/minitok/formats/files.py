"""What all formats share: files are written completely or not at all, and errors say where a file is wrong.

The name of an output may be a link: what it points to is replaced, and the link stays. A pipe or a device is written to as it
is; where several files belong together it is refused.
"""

from __future__ import annotations

import errno
import json
import os
import re
import reprlib
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, Any, BinaryIO

from ..errors import FileFormatError, MinitokError

if TYPE_CHECKING:
    from collections.abc import Iterator


# An escaped half of a surrogate pair.
SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
SHORT = reprlib.Repr()
SHORT.maxstring = SHORT.maxother = SHORT.maxlong = 80


def read(path: str | os.PathLike[str]) -> bytes:
    """The content of a file."""
    with open(path, "rb") as file:
        return file.read()


def parse_json(data: bytes, path: object) -> Any:
    """Returns the content of a JSON file, all of whose strings are text.

    A field given twice is refused, since the first would be lost.
    """

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        fields = dict(pairs)
        if len(fields) < len(pairs):
            seen: set[str] = set()
            twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
            raise FileFormatError(path, f"{twice!r} appears twice in one object")
        return fields

    try:
        content = json.loads(data.decode("utf-8-sig"), object_pairs_hook=unique)
        if SURROGATE.search(data):
            json.dumps(content, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise FileFormatError(path, f"not JSON: {place(error)}", error.lineno) from None
    except FileFormatError:
        raise
    except UnicodeEncodeError:
        raise FileFormatError(path, "a string holds half of a surrogate pair") from None
    except RecursionError:
        raise FileFormatError(path, "not JSON: nested too deeply") from None
    except ValueError as error:
        raise FileFormatError(path, f"not JSON: {error}") from None
    return content


def place(error: json.JSONDecodeError) -> str:
    """Returns what is wrong with a file of JSON, and where in the line; of one that is cut off, that it is.

    >>> for text in ['{"a": x}', '{"ab": "c', '["ab",']:
    ...     try:
    ...         json.loads(text)
    ...     except json.JSONDecodeError as error:
    ...         print(place(error))
    Expecting value at column 7
    the file ends within the string at column 8, so it is cut off
    the file ends at column 7, so it is cut off
    """
    if error.msg.startswith("Unterminated string"):
        return f"the file ends within the string at column {error.colno}, so it is cut off"
    if error.doc[error.pos :].isspace() or error.pos == len(error.doc):
        return f"the file ends at column {error.colno}, so it is cut off"
    return f"{error.msg.removesuffix(':')} at column {error.colno}"


def shown(value: object) -> str:
    """Returns a value from a file for a message: cut short, whatever it is.

    >>> shown(["a", {"b": [[[[[[]]]]]]}, "c" * 1000])
    "['a', {'b': [[[[[...]]]]]}, 'ccccccccccccccccccccccccccccccccccccc...cccccccccccccccccccccccccccccccccccccc']"
    """
    return SHORT.repr(value)


class Reason(Exception):  # noqa: N818
    """Why a file is not read, before it is known which file."""


# What JSON calls its values, and what is wanted of them.
KINDS = {str: "a string", list: "a list", dict: "an object", bool: "true or false", type(None): "null"}
WANTED = {**KINDS, int: "a whole number"}


def shown_kind(held: object) -> str:
    """What a value of JSON is."""
    return KINDS.get(type(held), "a number")


def field(content: Any, name: str, kind: type) -> Any:
    """A field of an object of JSON, which must be there and of that type."""
    if not isinstance(content, dict) or name not in content:
        raise Reason(f"no {name!r}" if isinstance(content, dict) else f"no {name!r} in {shown(content)}")
    held = content[name]
    if not isinstance(held, kind) or (kind is int and isinstance(held, bool)):
        raise Reason(f"{name!r} is {shown_kind(held)}, not {WANTED.get(kind, kind.__name__)}")
    return held


def optional_field(content: dict[str, Any], name: str, kind: type) -> Any:
    """A field that may be left out or null."""
    return None if content.get(name) is None else field(content, name, kind)


@contextmanager
def blame(path: object) -> Iterator[None]:
    """Errors raised in here are reported as errors of the file."""
    try:
        yield
    except FileFormatError:
        raise
    except Reason as reason:
        raise FileFormatError(path, str(reason)) from None
    except MinitokError as error:
        raise FileFormatError(path, str(error)) from error


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Errors raised in here name this file: not a temporary one that the caller does not know, nor none (a full disk)."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


def check_folder(out: Path) -> None:
    """Refuses an output whose folder is not there, before the work on it begins."""
    if not out.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "no such folder", str(out.parent))


def is_regular(path: Path) -> bool:
    """Returns whether a path names, also by links, a file with its content on disk: no pipe, device or folder."""
    return S_ISREG(path.stat().st_mode)


def check_regular(path: Path) -> None:
    """Raises ``OSError``, which names the path, if something other than a regular file has that name."""
    with suppress(FileNotFoundError, NotADirectoryError):
        if is_regular(path):
            return
        raise OSError(errno.EINVAL, "not a regular file, so it cannot be written over", str(path))


def link_target(path: Path) -> Path:
    """Returns the file that a link finally names, whether or not it exists. A path that is not a link is returned as it is."""
    return Path(os.path.realpath(path)) if path.is_symlink() else path


def write_atomically(path: str | os.PathLike[str], data: bytes) -> None:
    """Writes a file completely or, if anything fails, leaves it unchanged (SPEC F1)."""
    with writing(path) as file:
        file.write(data)


def write_together(contents: dict[Path, bytes]) -> None:
    """Writes several files that belong together completely or, if anything fails, leaves them unchanged.

    They are renamed one after the other, and the last one is removed first: whoever is killed meanwhile leaves a set from
    which it is missing, never the files of two sets.
    """
    for path in contents:
        check_regular(path)
    with ExitStack() as stack:
        # What is entered first is left last: the files are renamed in the order of `contents`.
        for path, data in reversed(contents.items()):
            file = stack.enter_context(writing(path))
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        last = list(contents)[-1]
        link_target(last).unlink(missing_ok=True)


@contextmanager
def writing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Opens a file for writing: at the end it is complete or, if anything fails, unchanged (SPEC F1).

    The data is written to a temporary file in the same folder and flushed to disk; then that replaces the old file. Of a
    link, what it points to is replaced. Into what is not a regular file, such as a pipe or a device, the data is written.
    """
    import tempfile

    shown = Path(path)
    with named(shown):
        target = link_target(shown)
        # What /dev/stdout links to may have no name: then the path behind the links is not that of the file.
        if shown.exists() and not (is_regular(shown) and target.exists() and target.samefile(shown)):
            with open(shown, "wb") as file:
                yield file
            return
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                os.chmod(temporary, mode_of(target))
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, target)
        except BaseException:
            os.unlink(temporary)
            raise


def mode_of(target: Path) -> int:
    """Returns the permissions of a file, or of a new one if there is none."""
    if target.exists():
        return target.stat().st_mode & 0o7777
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask
