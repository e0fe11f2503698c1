"""The command as a process: pipes, signals and terminals."""

import os
import pty
import resource
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import minitok
import pytest
from helpers import imported

COMMAND = [sys.executable, "-m", "minitok"]
SCRIPT = str(Path(sys.executable).with_name("minitok"))


def environment(**changes):
    """The environment without what would force or forbid colours."""
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "TERM")}
    return {**kept, "TERM": "xterm-256color", **changes}


def run(*args, stdin=b"", **changes):
    return subprocess.run(
        [*COMMAND, *map(str, args)],
        input=stdin,
        capture_output=True,
        env=environment(**changes),
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    file = tmp_path_factory.mktemp("cli") / "tok.json"
    minitok.train(["low lower lowest naïve 🦀"], 280).save(file)
    return file


def test_bytes_go_through_a_pipe_unchanged(tokenizer):
    data = bytes(range(256)) * 300 + "low lower 🦀 lowest\n".encode() * 100_000 + b"\r\nnot \xff text\n"
    encoded = run("encode", "-t", tokenizer, stdin=data)
    assert encoded.returncode == 0, encoded.stderr
    assert [int(word) for word in encoded.stdout.split()] == minitok.load(tokenizer).encode(data)
    decoded = run("decode", "-t", tokenizer, stdin=encoded.stdout)
    assert decoded.stdout == data


def test_a_reader_that_leaves_early_is_no_error_message(tokenizer):
    with subprocess.Popen(
        [*COMMAND, "encode", "-t", tokenizer], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        process.stdin.write(b"low lower\n" * 100_000)
        process.stdin.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 141


@pytest.mark.parametrize(
    ("closed", "name"), [("<&-", "input"), (">&-", "output")], ids=["standard input", "standard output"]
)
def test_a_stream_that_is_closed_is_one_line(closed, name):
    command = ["sh", "-c", f'"$@" {closed}', "sh", *COMMAND, "count"]
    ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False)
    assert (ended.returncode, ended.stderr) == (1, f"minitok: standard {name} is closed\n".encode())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("args", [["--help"], ["encode", "--text", "a"]], ids=" ".join)
def test_an_output_that_is_full_is_one_line(args):
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run([*COMMAND, *args], stdout=full, stderr=subprocess.PIPE, timeout=120, check=False)
    assert (ended.returncode, ended.stderr) == (1, b"minitok: [Errno 28] No space left on device\n")


@pytest.mark.parametrize("source", ["-", "pipe"])
def test_an_interrupt_ends_cleanly(tmp_path, source):
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(
        [*COMMAND, "train", source, "-o", "tok.json"],
        cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdin
        assert process.stderr
        # Larger than a pipe holds: once it is written, the command is reading.
        with process.stdin if source == "-" else (tmp_path / source).open("wb") as writer:
            writer.write(b"text " * 1_000_000)
            writer.flush()
            process.send_signal(signal.SIGINT)
            assert process.wait(120) == 130
        assert process.stderr.read() == b"minitok: interrupted\n"
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


@pytest.mark.parametrize("command", [["train", "-n", "300", "-o", "learnt.json"], ["encode"]])
def test_a_lack_of_memory_is_one_line(command, tmp_path):
    ran = subprocess.run(
        [*COMMAND, *command, "/dev/zero"],
        cwd=tmp_path,
        capture_output=True,
        env=environment(OPENBLAS_NUM_THREADS="1"),
        timeout=120,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30)),
        check=False,
    )
    assert (ran.returncode, ran.stderr.decode().splitlines()[-1:]) == (1, ["minitok: there is not enough memory"])


def in_terminal(*args, **changes):
    """What the command shows when its output is a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *map(str, args)], stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, env=environment(**changes)
    )
    os.close(theirs)
    shown = b""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        ready, _, _ = select.select([ours], [], [], 1)
        if ready:
            try:
                read = os.read(ours, 65536)
            except OSError:  # the other end has closed
                break
            if not read:
                break
            shown += read
        elif process.poll() is not None:
            break
    os.close(ours)
    assert process.wait(60) == 0, shown
    return shown


def test_colours_in_a_terminal_only():
    assert b"\x1b[" in in_terminal("explain", "low lower", "-e", "gpt2")
    assert b"\x1b[" not in run("explain", "low lower", "-e", "gpt2").stdout


def test_no_color_is_honoured():
    # Bold and the like may stay; colours may not: SGR 30 to 49, 90 to 107.
    shown = in_terminal("explain", "low lower", "-e", "gpt2", NO_COLOR="1")
    codes = {code for part in shown.split(b"\x1b[")[1:] for code in part.split(b"m")[0].split(b";") if code.isdigit()}
    assert not {code for code in codes if 30 <= int(code) <= 49 or 90 <= int(code) <= 107}
    assert "│".encode() in shown


def test_training_shows_its_progress_in_a_terminal(tmp_path):
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("low lower lowest " * 1000, encoding="utf-8")
    shown = in_terminal("train", corpus, "-n", "270", "-o", tmp_path / "tok.json")
    assert b"counting" in shown
    assert b"counting" not in in_terminal("train", corpus, "-n", "270", "-o", tmp_path / "tok.json", "--quiet")
    assert run("train", corpus, "-n", "270", "-o", tmp_path / "tok.json").stderr == b""


HEAVY = "numpy regex rich click matplotlib gzip tempfile html difflib socket asyncio"
EXTRAS = "hypothesis pyarrow tokenizers tiktoken"


@pytest.mark.parametrize(
    ("code", "needed", "others"),
    [
        ("import minitok", "minitok", HEAVY),
        ("count --help", "minitok.cli.count", f"{EXTRAS} numpy minitok.cli.pack minitok.evaluation minitok.course"),
        ("--help", "minitok.cli.app", f"{EXTRAS} numpy rich regex minitok.cli.count minitok.tokenizer"),
        ("count -e o200k_base --text a", "minitok.encodings.published", "importlib.metadata email socket minitok.formats.detect"),
    ],
)  # fmt: skip
def test_what_is_imported_is_what_is_needed(code, needed, others):
    if not code.startswith("import"):
        code = f"from minitok.cli import main; sys.argv[1:] = {code.split()}; main()"
    _, modules = imported(code)
    assert needed in modules
    assert modules.isdisjoint(others.split())


@pytest.mark.parametrize(
    ("command", "name", "value"), [(COMMAND, "MINITOK_BACKEND", "nonsense"), ([SCRIPT], "MINITOK_CACHE", "much")]
)
def test_a_wrong_environment_is_one_line(command, name, value):
    wrong = {**os.environ, name: value}
    command = [*command, "encode", "-e", "gpt2", "--text", "a"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env=wrong, timeout=120)
    assert ran.returncode == 1
    assert ran.stderr.startswith(f"minitok: {name} is {value!r}; it can be ")
    assert ran.stderr.count("\n") == 1
    assert ran.stdout == ""
