"""`minitok play` as a process: where it listens, how it ends, and what it says when it cannot."""

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest

COMMAND = [sys.executable, "-W", "error", "-m", "minitok", "play", "--no-browser"]


@contextmanager
def playing(*options):
    """The command running: its process, and the address that it names."""
    with subprocess.Popen([*COMMAND, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()
            found = re.search(r"http://\S+/", line)
            assert found, line + process.stderr.read()
            yield process, found[0]
        finally:
            process.kill()


def get(address, **headers):
    # Nothing but this machine is asked.
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=60) as answer:  # noqa: S310
        return answer.read()


def test_it_serves_until_it_is_interrupted():
    with playing("--port", "0") as (process, address):
        assert b"minitok playground" in get(address)
        assert "gpt2" in [one["name"] for one in json.loads(get(address + "api/start"))["encodings"]]
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out, err) == (0, "", "")


def test_it_listens_to_this_machine_alone():
    with playing("--port", "0") as (_, address):
        port = int(address.rstrip("/").rsplit(":", 1)[1])
        # Another address of this machine is not listened at.
        with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.2", port), timeout=60):
            pass


def test_it_goes_by_further_names_that_it_is_given():
    with playing("--port", "0", "--allow-host", "lecture.local") as (_, address):
        assert b"playground" in get(address, Host="lecture.local")
        with pytest.raises(urllib.error.HTTPError, match="403"):
            get(address, Host="other.local")


def test_a_training_that_runs_does_not_hold_it_up():
    with playing("--port", "0") as (process, address):
        words = " ".join(f"{number * 7919 % 1_000_003:x}{number:o}" for number in range(500_000)).encode()
        query = "api/train?vocab_size=60000&pattern=gpt2"
        headers = {"Content-Type": "application/octet-stream"}
        request = urllib.request.Request(address + query, data=words, headers=headers)  # noqa: S310
        with urllib.request.urlopen(request, timeout=60) as news:  # noqa: S310
            assert b"merges" in news.readline() + news.readline() + news.readline()
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)
            assert process.returncode == 0


def test_a_port_that_is_taken_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = subprocess.run([*COMMAND, "--port", port], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert ended.stderr == f"minitok: 127.0.0.1 port {port}: Address already in use; --port 0 takes a free one\n"


def test_without_the_extra_it_says_what_to_install():
    hidden = "import sys; sys.modules['starlette'] = None; from minitok.cli import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", hidden, "play", "--port", "0"], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 1
    assert "install minitok[play]" in ended.stderr
