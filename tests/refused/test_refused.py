"""Every refusal is a row of a table: the call, the kind of error, and what its message must name.

The tables are the files ``*.rows`` of this folder. A row is ``CALL -> KIND: WORDS``. Calls are Python, with the names of
``names.py``; ``A ; B -> ...`` are two rows, and ``A for x in VALUES -> ...`` is one for each value, whose WORDS are an
f-string. In WORDS, three dots stand for anything. A call that begins with ``$`` is the command: ``{}`` in it holds Python,
and KIND is its exit code: 1 with a single line, 2 with the usage.
What is wrong with a file begins with its name, or with WORDS where it has none. ``name = expression`` and imports hold for the rows after them, made anew for each.
"""

import shlex
from pathlib import Path
from typing import NamedTuple

import pytest
from commands import run
from helpers import BACKENDS, Failure, on_both
from names import Names


class Row(NamedTuple):
    place: str
    call: str
    values: str
    kind: str
    words: str
    before: tuple[str, ...]

    def values_of(self, folder):
        """A line that gives each value of ``x`` in turn; or no line, once."""
        if not self.values:
            return [()]
        n_values = len(Names("rust", folder, self.before).value(f"({self.values},)"))
        return [(f"x = ({self.values},)[{number}]",) for number in range(n_values)]


def failure(call, names):
    """How a call fails."""
    if not call.startswith("$ "):
        return names.value(call)
    ran = run(*shlex.split(names.value("f" + repr(call[2:]))))
    assert ran.stdout == ""
    assert (ran.exit_code == 2) == ("Usage" in ran.stderr), ran.stderr
    assert ran.exit_code == 2 or (ran.stderr.startswith("minitok: ") and ran.stderr.count("\n") == 1), ran.stderr
    return Failure(f"exit {ran.exit_code}", " ".join(ran.stderr.replace("│", "").split()))


def rows_of(path):
    before = ()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if " -> " in line:
            calls, expected = line.rsplit(" -> ", 1)
            kind, _, words = expected.partition(": ")
            calls, _, values = calls.partition(" for x in ")
            for call in calls.split(" ; "):
                yield Row(f"{path.stem}-{number}", call, values, kind, words, before)
        elif line and not line.startswith("#"):
            before = (*before, line)


ROWS = [row for path in sorted(Path(__file__).parent.glob("*.rows")) for row in rows_of(path)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.place}: {row.call[:60]}")
def test_refused(row, tmp_path):
    for value in row.values_of(tmp_path):
        names = {backend: Names(backend, tmp_path, (*row.before, *value)) for backend in BACKENDS}
        failed = on_both(lambda backend, names=names: failure(row.call, names[backend]))
        assert isinstance(failed, Failure), f"nothing was refused: {failed!r}"
        assert getattr(failed.kind, "__name__", failed.kind) == row.kind, failed.message
        message = failed.message
        expected = names["rust"].value("f" + repr(row.words)) if value else row.words
        first, *_ = parts = [part for part in expected.split(" ... ") if part] or [str(tmp_path)]
        assert row.kind != "FileFormatError" or message.startswith((str(tmp_path), first)), message
        for words in parts if row.words else ():
            assert words in message, failed.message
            message = message.partition(words)[2]
        # Work that ends in the middle of the files can go on: what is to go on from stays, beside no result.
        written = "out.bin" if row.kind in ("FileFormatError", "TemplateError") else "out*"
        assert not list(tmp_path.glob(written))
