"""A playground for the tests of a module: its server, and a page of it for each."""

import importlib.util
from pathlib import Path

import pytest
from minitok.play.answers import Answers
from minitok.play.app import create_app
from minitok.play.guard import RequestLimits
from minitok.play.tokenizers import Shelf
from questions import PLAIN
from requests_to import SITE, SMALL
from starlette.testclient import TestClient
from web import Window, running, served_folder, watched

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def served():
    with running() as both:
        yield both


@pytest.fixture
def site(served):
    return served[0]


@pytest.fixture(scope="module")
def window(browser):
    return Window(browser)


@pytest.fixture
def page(window, site):
    with window.used(site) as opened:
        yield opened


@pytest.fixture(scope="module")
def client():
    with TestClient(create_app(), base_url=SITE) as opened:
        yield opened


@pytest.fixture
def small():
    with TestClient(create_app(SMALL), base_url=SITE) as opened:
        yield opened


@pytest.fixture(scope="session")
def page_builder():
    """The tool that makes the pages without a server."""
    spec = importlib.util.spec_from_file_location("build_pages", ROOT / "tools/build_pages.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    return tool


@pytest.fixture(scope="session")
def pages(tmp_path_factory, page_builder):
    """A folder with the pages that need no server."""
    wasm = ROOT / "target/wasm32-unknown-unknown/wasm/minitok.wasm"
    assert wasm.exists(), f"there is no {wasm.relative_to(ROOT)}: `make test` builds it"
    folder = tmp_path_factory.mktemp("site") / "playground"
    page_builder.build(wasm, folder, "../course/")
    return folder


@pytest.fixture(scope="module")
def static_site(pages):
    with served_folder(pages) as address:
        yield address


@pytest.fixture
def static_page(window, static_site):
    """The playground without a server."""
    with window.used(static_site) as opened:
        yield opened


@pytest.fixture(scope="module")
def asking(browser, static_site):
    """A page for questions that are not typed: ask(name, data)."""
    with watched(browser) as opened:
        opened.goto(static_site)
        opened.locator(".token").first.wait_for()

        def ask(name, data):
            return opened.evaluate(PLAIN, [name, data])

        ask.page = opened
        yield ask


@pytest.fixture(scope="module")
def answers():
    return Answers(Shelf(8), RequestLimits())


@pytest.fixture(scope="module")
def opened(browser, static_site):
    """A page for files that are opened past its buttons."""
    with watched(browser) as page:
        page.goto(static_site)
        page.locator(".token").first.wait_for()
        yield page


@pytest.fixture(params=["static_page", "page"])
def either(request):
    """The page without a server, and with one."""
    return request.getfixturevalue(request.param)
