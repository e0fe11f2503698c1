"""The command as a process: pipes, signals and terminals."""

import os
import pty
import random
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
    data = bytes(range(256)) * 300 + b"\r\nnot \xff text\n"
    encoded = run("encode", "-t", tokenizer, stdin=data)
    assert encoded.returncode == 0, encoded.stderr
    assert [int(word) for word in encoded.stdout.split()] == minitok.load(tokenizer).encode(data)
    decoded = run("decode", "-t", tokenizer, stdin=encoded.stdout)
    assert decoded.stdout == data


def test_a_large_input_is_encoded_as_it_comes(tokenizer):
    data = "low lower 🦀 lowest\n".encode() * 100_000
    encoded = run("encode", "-t", tokenizer, stdin=data)
    assert [int(word) for word in encoded.stdout.split()] == minitok.load(tokenizer).encode(data)


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
@pytest.mark.parametrize("args", [["--help"], ["encode", "--help"], ["encode", "--text", "a"]], ids=" ".join)
def test_an_output_that_is_full_is_one_line(args):
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run([*COMMAND, *args], stdout=full, stderr=subprocess.PIPE, timeout=120, check=False)
    assert (ended.returncode, ended.stderr) == (1, b"minitok: [Errno 28] No space left on device\n")


def test_an_interrupt_ends_cleanly(tmp_path):
    with subprocess.Popen(
        [*COMMAND, "train", "-", "-o", tmp_path / "tok.json"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdin
        assert process.stderr
        # Larger than a pipe holds: once it is written, the command is reading.
        process.stdin.write(b"text " * 1_000_000)
        process.stdin.flush()
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        process.stdin.close()
        assert process.stderr.read() == b"minitok: interrupted\n"
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_stops_a_training_at_work(tmp_path):
    corpus = tmp_path / "corpus.txt"
    os.mkfifo(corpus)
    # One piece of half a million random letters, which the reference merges for minutes.
    text = "".join(random.Random(0).choices("abcdefgh", k=500_000))
    args = ["train", corpus, "-o", tmp_path / "tok.json", "--pattern", "none", "--backend", "python", "-n", "9999"]
    with subprocess.Popen([*COMMAND, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stderr
        # Once all of it has gone through the pipe, the command has read it.
        corpus.write_text(text, encoding="utf-8")
        time.sleep(1)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert process.stderr.read() == b"minitok: interrupted\n"
    assert not (tmp_path / "tok.json").exists()


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


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("minitok co", "count convert course"),
        ("minitok count -e cl", "cl100k_base clip"),
        ("minitok encode -t p50k", "p50k_base p50k_edit"),
    ],
)
def test_the_shell_completes_commands_and_encodings(typed, completed):
    words = {"COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split()) - 1)}
    shown = run(_MINITOK_COMPLETE="bash_complete", **words)
    assert shown.stdout.decode().split() == [f"plain,{word}" for word in completed.split()]


def test_the_command_needs_no_extra():
    named = run("--help").stdout + run("--version").stdout
    assert b"minitok explain" in named
    _, modules = imported("import minitok.cli.app")
    assert modules.isdisjoint({"hypothesis", "pyarrow", "tokenizers", "tiktoken"})


@pytest.mark.parametrize(
    ("argument", "needed", "others"),
    [
        ("count", "minitok.cli.count", ("numpy", "minitok.cli.pack", "minitok.evaluation", "minitok.course")),
        ("--help", "minitok.cli.app", ("numpy", "rich", "regex", "minitok.cli.count", "minitok.tokenizer")),
    ],
)
def test_a_command_imports_what_it_needs(argument, needed, others):
    _, modules = imported(f"from minitok.cli import main; sys.argv[1:] = [{argument!r}, '--help']; main()")
    assert needed in modules
    assert modules.isdisjoint(others)


def test_an_encoding_is_opened_without_readers_of_files_and_other_packages():
    arguments = ["count", "-e", "o200k_base", "--text", "a"]
    _, modules = imported(f"from minitok.cli import main; sys.argv[1:] = {arguments}; main()")
    assert "minitok.encodings.published" in modules
    assert modules.isdisjoint({"importlib.metadata", "email", "socket", "minitok.formats.detect"})


def test_importing_minitok_is_light():
    heavy = "numpy regex rich click matplotlib gzip tempfile html difflib socket asyncio"
    assert imported("import minitok")[1].isdisjoint(heavy.split())


@pytest.mark.parametrize(("name", "value"), [("MINITOK_BACKEND", "nonsense"), ("MINITOK_CACHE", "much")])
@pytest.mark.parametrize("command", [[sys.executable, "-m", "minitok"], [SCRIPT]])
def test_a_wrong_environment_is_one_line(command, name, value):
    wrong = {**os.environ, name: value}
    ran = subprocess.run(
        [*command, "encode", "-e", "gpt2", "--text", "a"], capture_output=True, text=True, check=False, env=wrong
    )
    assert ran.returncode == 1
    assert ran.stderr.startswith(f"minitok: {name} is {value!r}; it can be ")
    assert ran.stderr.count("\n") == 1
    assert ran.stdout == ""
