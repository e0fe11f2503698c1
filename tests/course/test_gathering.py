"""Programs as files hold them: marks and encodings, nesting, sizes, notebooks; and whatever they print, raise or are named."""

import json
import os

import pytest
from click.testing import CliRunner
from minitok.cli.app import app
from minitok.course.gathering import NotGradable, cell_code, gather
from minitok.course.grading import grade
from minitok.course.mutants import solution
from minitok.course.session import Session, Stopped, loaded

HOSTILE = "\x1b[2J\x1b]0;x\x07\n\r\u202e\ud800"


def copied(path, tmp_path):
    folder = tmp_path / "copy"
    folder.mkdir()
    return gather(path, folder)


# -- how a file is read ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "encoding"),
    [("", "utf-8-sig"), ("# coding: latin-1\n", "latin-1"), ("# vim: fileencoding=cp1252\n", "cp1252")],
)
def test_a_program_is_read_as_python_reads_it(head, encoding, tmp_path):
    path = tmp_path / "my_bpe.py"
    path.write_bytes((f"{head}{solution()}\nNAME = 'naïve'\n").encode(encoding, "replace"))
    with Session(copied(path, tmp_path), tmp_path / "run") as session:
        assert session.ask("value", "NAME") == "naïve"
        assert session.call("text_to_bytes", "é") == [195, 169]
        merges, steps = session.ask("count", "abab", 257, 1_000_000)
        assert (merges, steps > 0) == ({(97, 98): 256}, True)
        assert session.ask("value", "NAME") == "naïve"


def test_a_program_with_a_mark_is_graded(tmp_path):
    path = tmp_path / "my_bpe.py"
    path.write_bytes(b"\xef\xbb\xbfdef text_to_bytes(text):\n    return list(text.encode())\n")
    assert grade(path, stages=["bytes"]).passed


def test_what_is_not_a_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.py")
    with pytest.raises(NotGradable, match="not a regular file"):
        gather(tmp_path / "pipe.py", tmp_path)
    for name in ("/dev/zero", tmp_path / "pipe.py"):
        told = CliRunner().invoke(app, ["grade", str(name)])
        assert (told.exit_code, told.stderr.count("\n"), "not a regular file" in told.stderr) == (2, 1, True)


@pytest.mark.parametrize(
    "lines", ["from " + "." * 60 + " import x", f"import {'a' * 5000}", "import broken", "import deep"], ids=len
)
def test_imports_that_lead_nowhere_are_pythons_own_error(lines, tmp_path):
    (tmp_path / "broken.py").write_text("def (\n")
    (tmp_path / "deep.py").write_text("x = 1" + "+1" * 300_000)
    path = tmp_path / "my_bpe.py"
    path.write_text(f"{solution()}\ntry:\n    {lines}\nexcept BaseException: pass\n")
    report = grade(path, stages=["bytes"])
    assert report.passed


# -- notebooks -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("%matplotlib inline\nx = 1", "pass\nx = 1"),
        ("if x:\n    %time y\n    !ls \\\n -l\nz", "if x:\n    pass\n    pass\n\nz"),
        ("x = [b\n% 256 for b in y]", "x = [b\n% 256 for b in y]"),
        ("x = (a  # (\n    % b)\n%time", "x = (a  # (\n    % b)\npass"),
        ("x = a \\\n% b", "x = a \\\n% b"),
        ("'''\n%d\n! no\n'''\n!ls", "'''\n%d\n! no\n'''\npass"),
        ('f = """ \\""" (\n%s"""\n?f\nf??', 'f = """ \\""" (\n%s"""\npass\npass'),
        ("x = '(' + \"[\"\n%time", "x = '(' + \"[\"\npass"),
        ("x = 'a\\\n% b'\n%time", "x = 'a\\\n% b'\npass"),
        ("x = 1)\n%time", "x = 1)\npass"),
        ("%%time\nx = 1", "pass\nx = 1"),
        ("%%bash\nls |\nx = (", "\n\n"),
        ("x = y if a else b\n", "x = y if a else b\n"),
    ],
)
def test_only_what_ipython_takes_is_left_out(cell, code):
    assert cell_code(cell) == code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_notebook_may_begin_with_a_mark(encoding, tmp_path):
    path = tmp_path / "my_bpe.ipynb"
    cells = [{"cell_type": "code", "source": ["x = [b\n", "% 256 for b in 'é'.encode()]"]}]
    path.write_bytes(json.dumps({"cells": cells}, ensure_ascii=False).encode(encoding))
    assert "% 256" in copied(path, tmp_path).read_text(encoding="utf-8")


# -- what comes back -------------------------------------------------------------------------------------------------

PROGRAMS = {
    "message": "def text_to_bytes(text):\n    raise ValueError(H)\n",
    "class": "def text_to_bytes(text):\n    raise type(H.replace(chr(0xd800), ''), (Exception,), {})\n",
    "answer": "def text_to_bytes(text):\n    return H\n",
    "answer in a list": "def text_to_bytes(text):\n    return [H]\n",
    "type of an answer": "def text_to_bytes(text):\n    return [type(H.replace(chr(0xd800), ''), (), {})()]\n",
    "printed": "def text_to_bytes(text):\n    print(H)\n    return 1\n",
    "source": "def text_to_bytes(text):\n    x = '\x1b[2J'; return 1 / 0\n",
    "loading": "def text_to_bytes(text): pass\nraise KeyError(H)\n",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_whatever_a_program_says_is_escaped(name, written, tmp_path):
    path, results = written(f"H = {HOSTILE!a}\n{PROGRAMS[name]}"), tmp_path / "results.json"
    told = CliRunner().invoke(app, ["grade", str(path), "--stage", "bytes", "--json", "--gradescope", str(results)])
    assert told.exit_code == (2 if name == "loading" else 1)
    assert any(escape in results.read_text(encoding="utf-8") for escape in ("x1b", "u001b"))
    said = json.loads(told.stdout)["stages"] + json.loads(results.read_text(encoding="utf-8"))["tests"]
    lines = [line for one in said for line in one.get("message", one.get("output")).split("\n")]
    lines += [*told.stderr.split("\n"), *json.loads(results.read_text(encoding="utf-8"))["output"].split("\n")]
    assert all(line.isprintable() for line in lines)
    plain = CliRunner().invoke(app, ["grade", str(path), "--stage", "bytes"])
    assert all(line.isprintable() for line in (plain.stdout + plain.stderr).split("\n"))


def test_a_forged_answer_to_loading_is_none():
    for answer in (5, (), ("minitok",), ("odd\x1b", []), ("minitok", 5), ([], [])):
        with pytest.raises(Stopped, match="not an answer"):
            loaded(answer)
    assert loaded(("cs336", ["train", 3])) == ("cs336", ["train"])


def test_a_report_is_written_whole(written, tmp_path, monkeypatch):
    results = tmp_path / "results.json"
    results.write_text("before")
    monkeypatch.setattr("minitok.course.report.json.dumps", lambda *_, **__: 1 / 0)
    told = CliRunner().invoke(app, ["grade", str(written("x = 1\n")), "--gradescope", str(results)])
    assert told.exit_code != 0
    assert results.read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["my_bpe.py", "results.json"]
