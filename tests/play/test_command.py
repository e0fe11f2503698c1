"""`minitok play`: what it serves and to whom, how it ends, what it says when it cannot; and the page that it opens."""

import http.client
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from contextlib import contextmanager

import build_pages
import minitok
import minitok.play as playing
import pytest
from playground import panel
from playwright.sync_api import expect
from web import watched


@pytest.fixture(scope="module", autouse=True)
def page_archive(tmp_path_factory, target):
    """The page as the package has it, in a folder for the tests."""
    archive = tmp_path_factory.mktemp("package") / "page.tar.xz"
    build_pages.build_for_package(target, archive, quick=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(playing, "PAGE", archive)
        yield archive


@contextmanager
def serving(*files):
    """The server in a thread: its address."""
    with playing.Server(0, files) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.address
        finally:
            server.shutdown()
            thread.join()


def ask(address, path, method="GET", **headers):
    """The answer to a request as it stands: its code, its headers and what it holds."""
    connection = http.client.HTTPConnection(address.split("/")[2], timeout=60)
    connection.putrequest(method, path, skip_host="host" in headers)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, content


# -- the command -----------------------------------------------------------------------------------------------------


@contextmanager
def started(archive, *arguments):
    """The command running: its process, and the address that it names."""
    patched = f"import minitok.play as play, pathlib; play.PAGE = pathlib.Path({str(archive)!r}); from minitok.cli import main; main()"
    command = [sys.executable, "-W", "error", "-c", patched, "play", "--no-browser", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()
            found = re.search(r"http://\S+/", line)
            assert found, line + process.stderr.read()
            yield process, found[0]
        finally:
            process.kill()


def test_it_serves_until_it_is_interrupted(page_archive):
    with started(page_archive, "--port", "0") as (process, address):
        assert b"minitok playground" in urllib.request.urlopen(address, timeout=60).read()  # noqa: S310
        # A connection that asks for nothing holds nothing up.
        with socket.create_connection(("127.0.0.1", int(address.rsplit(":", 1)[1].rstrip("/"))), timeout=60):
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        assert (process.returncode, out, err) == (0, "", "")


def test_what_is_missing_is_named(page_archive, tmp_path, monkeypatch):
    monkeypatch.setattr(playing, "PAGE", tmp_path / "page.tar.xz")
    with pytest.raises(FileNotFoundError, match="this installation has no page; in a clone, `make play` builds it"):
        playing.Server(0)
    monkeypatch.setattr(playing, "PAGE", page_archive)
    for file in (tmp_path / "none.json", tmp_path):
        with pytest.raises(OSError, match=re.escape(str(file))):
            playing.Server(0, [file])


def test_a_port_that_is_taken_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            OSError, match=f"Address already in use; --port 0 takes a free one: '127.0.0.1 port {port}'"
        ):
            playing.Server(port)


# -- what is served, and to whom -------------------------------------------------------------------------------------


def test_it_listens_to_this_machine_alone():
    with serving() as address:
        port = int(address.rstrip("/").rsplit(":", 1)[1])
        # Another address of this machine is not listened at.
        with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.2", port), timeout=60):
            pass


def test_it_answers_to_its_own_names_only():
    with serving() as address:
        for host in ("127.0.0.1", "localhost:8765", "LocalHost", "127.0.0.1:1"):
            assert ask(address, "/", host=host)[0] == 200
        others = [
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil:80",
            "a@localhost",
            "",
            "[::1]",
            "127.0.0.2",
        ]
        for host in others:
            code, _, content = ask(address, "/opened.json", host=host)
            assert (code, content) == (403, b"this server goes by 127.0.0.1 and localhost only")


def test_there_are_its_own_files_and_no_others(tmp_path):
    (tmp_path / "secret").write_text("secret")
    with serving() as address:
        paths = [
            "/static",
            "/static/",
            "/core/",
            "/../__init__.py",
            "/static/../index.html",
            "//etc/passwd",
            "/opened/0",
        ]
        for path in (*paths, f"/{tmp_path}/secret", "/%2e%2e/__init__.py", "http://127.0.0.1/index.html"):
            assert ask(address, path)[0] == 404
        kinds = {
            "/": "text/html",
            "/?x": "text/html",
            "/static/main.js": "text/javascript",
            "/static/shakespeare.txt": "text/plain; charset=utf-8",
            "/static/play.css": "text/css",
            "/opened.json": "application/json",
            "/lesson-1.html": "text/html",
            "/alone/lesson-1.html": "text/html",
            "/lesson/lesson-1.js": "text/javascript",
            "/static/icon.svg": "image/svg+xml",
            "/vocabularies/o200k.vocab": "application/octet-stream",
            "/texts/udhr.json.gz": "application/octet-stream",
            "/core/first.lzma": "application/octet-stream",
        }
        for path, kind in kinds.items():
            code, headers, content = ask(address, path)
            assert (code, headers["content-type"], headers["x-content-type-options"]) == (200, kind, "nosniff")
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            head = ask(address, path, "HEAD")
            assert head == (code, headers | {"date": head[1]["date"]}, b"")
            assert 2_600_000 > int(headers["content-length"]) == len(content) > 0
        assert ask(address, "/", "POST")[0] == 501


def test_of_a_long_file_the_beginning_is_given(tmp_path):
    long = tmp_path / "long.gguf"
    with long.open("wb") as file:
        file.truncate(1 << 32)  # sparse: four gigabytes that take no room
    with serving(long) as address:
        assert len(ask(address, "/opened/0")[2]) == (1 << 26) + 1


# -- the page --------------------------------------------------------------------------------------------------------


def test_files_that_are_named_are_opened(browser, tmp_path):
    minitok.train(["low lower lowest"], 262, pattern="gpt2", name="low <b>").save(tmp_path / "low.json")
    minitok.train(["abab"], 257, pattern="gpt2").save(tmp_path, format="gpt2")
    files = [tmp_path / name for name in ("low.json", "vocab.json", "merges.txt")]
    with serving(*files) as address, watched(browser) as page:
        page.goto(address)
        expect(page.locator(".panel h3")).to_have_text(["o200k_base", "vocab", "low <b>"])
        page.locator("#more").click()
        page.locator("#view").select_option("ids")
        text = page.locator("#text").input_value()
        own = panel(page, page.locator(".panel").nth(2).get_attribute("data-encoding"))
        expect(own.locator(".token")).to_have_text(list(map(str, minitok.load(files[0]).encode(text))))
        page.wait_for_url("**own=*")
        page.reload()
        expect(page.locator(".panel h3")).to_have_text(["o200k_base", "vocab", "low <b>"])
        # Nobody else can see it.
        expect(page.locator("#copy-frame")).to_be_disabled()
        expect(page.locator("#about")).to_contain_text("what minitok play serves, they cannot")


def test_a_bad_file_is_refused_and_one_that_has_gone_is_missed(browser, tmp_path):
    (tmp_path / "my.json").write_text("{}")
    with serving(tmp_path / "my.json") as address, watched(browser) as page:
        page.goto(address)
        expect(page.locator("#status")).to_contain_text("my.json: not a tokenizer")
        expect(panel(page, "o200k_base").locator(".token").first).to_be_visible()
        (tmp_path / "my.json").unlink()
        page.allow("ERR_EMPTY_RESPONSE")
        page.goto(address)
        expect(page.locator("#status")).to_contain_text("opened/0 cannot be read. Is minitok play still running?")
