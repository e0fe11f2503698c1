"""A playground for the tests of a module, and a page of it for each."""

import json
import os
import shutil
import subprocess
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode

import build_pages
import pytest
from library import Library
from playground import OPEN
from questions import PLAIN
from web import Window, launched, served_folder

ROOT = Path(__file__).parent.parent.parent
# The browser of all files here.
started = ExitStack()


@pytest.fixture(scope="module")
def browser():
    if not hasattr(started, "browser"):
        started.browser = started.enter_context(launched())
    return started.browser


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item, nextitem):
    """It ends with the last of them: while it runs, no other test may run an event loop."""
    if nextitem is None or nextitem.path.parent != item.path.parent:
        started.close()
        for name in ("browser", "window"):
            vars(started).pop(name, None)


@pytest.fixture(scope="session")
def target():
    """The folder with the cores as modules."""
    return ROOT / "target" / ("web" if os.environ.get("MINITOK_SHIPPED") == "1" else "web-quick")


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    """A folder with the pages, which are built once for all processes; and with the modules of which their scripts are made."""
    built = ROOT / "target/pages"
    assert built.exists(), "there are no pages: `make test-pages` builds them"
    folder = tmp_path_factory.mktemp("site") / "playground"
    shutil.copytree(built, folder)
    for name, module in build_pages.modules().items():
        if not (folder / name).exists():
            build_pages.write(folder / name, module.encode())
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def site(pages):
    with served_folder(pages) as address:
        yield address


@pytest.fixture(scope="module")
def window(browser):
    """A window in which nothing moves by itself, of all files here: what is open in it follows links."""
    if not hasattr(started, "window"):
        started.window = Window(browser, reduced_motion="reduce")
    return started.window


@pytest.fixture
def page(window, site):
    """The page with two encodings: it follows a link to them from where the last test has left it."""
    with window.used(site + OPEN, follows=True) as opened:
        yield opened


@pytest.fixture
def new_page(window, site):
    """The same page, loaded anew: for what no link undoes, and for what is only so at the beginning."""
    with window.used(site + OPEN) as opened:
        yield opened


@pytest.fixture
def go(window, site):
    """go(fields): the page, which must be open, follows a link."""
    return lambda **fields: window.follow(f"{site}index.html#{urlencode(fields)}")


class Node:
    """The modules of the page in Node: as a page of a browser, it evaluates a function, but it shows nothing."""

    def __init__(self, pages):
        program = os.environ.get("NODE") or shutil.which("node")
        assert program, "Node is missing: `make test-pages` installs it, or set NODE to its program"
        command = [program, Path(__file__).with_name("node.mjs"), pages]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")

    def evaluate(self, code, given=None):
        self.process.stdin.write(json.dumps({"code": code, "given": given}) + "\n")
        self.process.stdin.flush()
        told = json.loads(self.process.stdout.readline())
        if "error" in told:
            raise RuntimeError(told["error"])
        return told.get("answer")


@pytest.fixture(scope="session")
def opened(pages):
    """For questions that are not typed, and for files that are opened past the buttons of a page."""
    node = Node(pages)
    yield node
    node.process.stdin.close()
    assert node.process.wait(60) == 0
    node.process.stdout.close()


@pytest.fixture(scope="session")
def asking(opened):
    """ask(name, data): the page's answer to a question that is not typed."""

    def ask(name, data):
        return opened.evaluate(PLAIN, [name, data])

    ask.page = opened
    return ask


@pytest.fixture(scope="module")
def library():
    return Library(build_pages.LIMITS)
