"""The server of `examples/axum` under load: right answers to many at once, to bodies that are too large, and after clients that vanish."""

import http.client
import json
import socket
import struct
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import minitok
import pytest
from minitok.data import human_rights, tiny_shakespeare

ROOT = Path(__file__).resolve().parent.parent.parent
TOK = minitok.get_encoding("o200k_base")


@pytest.fixture(scope="module")
def server():
    program = ROOT / "target" / "axum" / "debug" / "minitok-axum"
    with subprocess.Popen([program, "127.0.0.1:0"], stdout=subprocess.PIPE, text=True) as process:
        host, port = process.stdout.readline().strip().removeprefix("http://").split(":")
        yield host, int(port), process
        assert process.poll() is None
        process.kill()


def connect(server):
    """A connection that is kept, as a client keeps it, until it is closed."""
    return closing(http.client.HTTPConnection(*server[:2], timeout=60))


def ask(server, path, body, connection=None):
    """The status and the answer to a request: JSON, or a message."""
    if connection is None:
        with connect(server) as own:
            return ask(server, path, body, own)
    data = body if isinstance(body, bytes) else json.dumps({"encoding": "o200k_base", **body}).encode()
    connection.request("POST", path, data, {"content-type": "application/json"})
    answer = connection.getresponse()
    content = answer.read()
    return answer.status, json.loads(content) if answer.status == 200 else content.decode()


def memory(process):
    """Megabytes that a process has."""
    status = Path(f"/proc/{process.pid}/status").read_text("utf-8")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))) / 1024


def test_many_at_once_have_right_answers(server):
    lines = [line for text in [tiny_shakespeare()[:20000].split("\n"), *human_rights().values()] for line in text]

    def client(number):
        with connect(server) as connection:
            for at in range(number, len(lines), 32):
                texts = lines[at : at + 9]
                assert ask(server, "/encode", {"texts": texts}, connection) == (200, {"ids": TOK.encode_batch(texts)})
                assert ask(server, "/count", {"text": lines[at]}, connection) == (200, {"tokens": TOK.count(lines[at])})
        return True

    with ThreadPoolExecutor(32) as pool:
        assert all(pool.map(client, range(32)))


def test_long_texts_and_odd_requests(server):
    text = tiny_shakespeare()[:300_000]
    assert ask(server, "/count", {"text": text}) == (200, {"tokens": TOK.count(text)})
    assert ask(server, "/encode", {"texts": []}) == (200, {"ids": []})
    status, message = ask(server, "/count", {"encoding": "o200k_bas", "text": ""})
    assert (status, message) == (404, "unknown encoding 'o200k_bas'; did you mean 'o200k_base'?")
    assert ask(server, "/count", {"texts": []})[0] == 422
    assert ask(server, "/count", b"\xff{")[0] == 400


def test_bodies_that_are_too_large_are_refused_and_not_kept(server):
    before = memory(server[2])
    for _ in range(3):
        assert ask(server, "/count", {"text": "a" * (17 << 20)})[0] == 413
    assert memory(server[2]) < before + 40


def test_clients_that_vanish_leave_nothing_behind(server):
    body = json.dumps({"encoding": "o200k_base", "text": tiny_shakespeare()}).encode()
    head = f"POST /count HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode()
    sizes = []
    for turn in range(60):
        raw = socket.create_connection(server[:2], timeout=60)
        raw.sendall(head + body[: [0, 1000, len(body) // 2, len(body)][turn % 4]])
        # It ends with a reset, not with an end.
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raw.close()
        if turn % 20 == 19:
            assert ask(server, "/count", {"text": "hello world"}) == (200, {"tokens": 2})
            sizes.append(memory(server[2]))
    assert sizes[-1] < sizes[0] + 40
