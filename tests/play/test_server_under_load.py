"""The playground's server as a real one on this machine: many connections, slow ones and broken ones, and what they leave behind."""

import json
import re
import socket
import subprocess
import sys
from contextlib import ExitStack

import pytest

# The times after which a connection is closed are short here, and the server says how much of it there is at its end.
SERVER = """
import sys, threading
from minitok.play.connections import Connection
from minitok.play.server import address, listen, serve
Connection.request_seconds, Connection.answer_seconds = 1.0, 5.0
listening = listen("127.0.0.1", 0)
serve(listening, "127.0.0.1", ready=lambda: print(address(listening, "127.0.0.1"), flush=True))
"""
PLAIN = json.dumps({"text": "hello world", "encodings": ["gpt2"], "special": False}).encode()


@pytest.fixture(scope="module")
def port():
    with subprocess.Popen(
        [sys.executable, "-c", SERVER], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            yield int(re.search(r":(\d+)/", process.stdout.readline())[1])
            assert process.poll() is None, "the server has ended"
        finally:
            process.kill()


def connect(port, sent=b""):
    connection = socket.create_connection(("127.0.0.1", port), timeout=60)
    connection.sendall(sent)
    return connection


def received(connection):
    """All that comes until the server closes the connection."""
    parts = []
    try:
        while part := connection.recv(1 << 16):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def request(path, body=b"", method="POST", **headers):
    lines = {"Host": "127.0.0.1", "Connection": "close", "Content_Length": str(len(body)), **headers}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def exchange(port, sent):
    with connect(port, sent) as connection:
        return received(connection)


def check_that_it_works(port):
    answer = exchange(port, request("/api/tokens", PLAIN, Content_Type="application/json"))
    assert answer.startswith(b"HTTP/1.1 200"), answer[:200]
    assert b"31373" in answer or b"hello" in answer


def test_a_thousand_connections(port):
    """More at a time than the server answers: it says so at once, and afterwards works as before."""
    codes = []
    for _ in range(4):
        with ExitStack() as stack:
            sent = request("/api/tokens", PLAIN, Content_Type="application/json")
            open_at_once = [stack.enter_context(connect(port, sent)) for _ in range(250)]
            codes += [int(received(connection)[9:12] or 0) for connection in open_at_once]
    assert set(codes) <= {200, 503}, set(codes)
    check_that_it_works(port)


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n",
        b"POST /api/tokens HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{",
    ],
    ids=["silent", "half a head", "half a body"],
)
def test_connections_that_come_to_nothing_are_closed(port, beginning):
    """More of them than are answered at a time would else keep everybody out for ever."""
    with ExitStack() as stack:
        slow = []
        for _ in range(8):
            slow += [stack.enter_context(connect(port, beginning)) for _ in range(10)]
            exchange(port, request("/", method="GET"))  # the server has seen those before it
        for connection in slow:
            received(connection)  # until the server closes it
        check_that_it_works(port)


def test_a_second_request_that_does_not_come_is_not_waited_for(port):
    with connect(port, request("/api/start", method="GET", Connection="keep-alive")) as connection:
        assert connection.recv(12) == b"HTTP/1.1 200"
        connection.sendall(b"GET / HTT")
        received(connection)  # until the server closes it


def test_a_training_that_nobody_watches_is_given_up(port):
    text = ("low lower lowest " * 1000).encode()
    sent = request("/api/train?vocab_size=300&pattern=gpt2", text, Content_Type="application/octet-stream")
    for _ in range(6):  # more than are trained at a time
        with connect(port, sent) as connection:
            assert connection.recv(12) in (b"HTTP/1.1 200", b"HTTP/1.1 503")
    answers = [exchange(port, sent) for _ in range(20)]
    assert any(answer.startswith(b"HTTP/1.1 200") for answer in answers)
    check_that_it_works(port)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (request("/" + "a" * 200_000, method="GET"), b"400"),
        (request("/", method="GET", X_Long="a" * 200_000), b"400"),
        (request("/api/tokens", b"{" * 100_000, Content_Type="application/json"), b"400"),
        (request("/api/tokens", b"[" * 100_000, Content_Type="application/json"), b"400"),
        (request("/api/tokens", b"\xff\xfe", Content_Type="application/json"), b"400"),
        (request("/api/tokens", b"", Content_Type="application/json", Content_Length="99999999999"), b"413"),
        (request("/api/tokens", PLAIN, Content_Type="application/json", Content_Length="-1"), b"400"),
        (request("/api/tokens", PLAIN, Content_Type="application/json", Transfer_Encoding="nonsense"), b"501|400"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200, b"400"),
        (b"GET / HTTP/1.1\r\n\r\n", b"400|403"),
    ],
)
def test_broken_requests_are_refused(port, sent, code):
    answer = exchange(port, sent)
    assert re.match(rb"HTTP/1\.1 (" + code + rb") ", answer), answer[:200]


@pytest.mark.parametrize(
    "path",
    [
        "/../../../../etc/passwd", "/static/../../app.py", "/static/..%2f..%2fapp.py", "/static/%2e%2e/%2e%2e/app.py",
        "/static//etc/passwd", "/static/%2fetc%2fpasswd", "/static/..\\..\\app.py", "/..%5c..%5capp.py", "/static/%00", "//etc/passwd",
    ],
)  # fmt: skip
def test_no_path_leads_out_of_its_files(port, path):
    answer = exchange(port, request(path, method="GET"))
    assert re.match(rb"HTTP/1\.1 (404|400|403|405) ", answer), answer[:200]
    assert b"root:" not in answer
    assert b"import " not in answer
    assert b"content-security-policy" in answer.lower()


def test_a_web_socket_is_not_opened(port):
    upgrade = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec_WebSocket_Version": "13",
        "Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    with connect(port, request("/api/start", method="GET", **upgrade)) as connection:
        assert connection.recv(12) == b"HTTP/1.1 200"  # an ordinary answer, and no switch of protocols
