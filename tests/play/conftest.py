"""A playground for the tests of a module, and a page of it for each."""

from pathlib import Path

import build_pages
import pytest
from library import Library
from playground import OPEN
from questions import PLAIN
from web import Window, served_folder, watched

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="session")
def target():
    """Cargo's folder with the cores as modules."""
    target = ROOT / "target/wasm32-unknown-unknown"
    for profile in build_pages.CORES.values():
        module = target / profile / "minitok.wasm"
        assert module.exists(), f"there is no {module.relative_to(ROOT)}: `make test` builds it"
    return target


@pytest.fixture(scope="session")
def pages(tmp_path_factory, target):
    """A folder with the pages; and with the modules of which their scripts are made, for tests to import from."""
    folder = tmp_path_factory.mktemp("site") / "playground"
    build_pages.build(target, folder, "../course/")
    for name, module in build_pages.modules().items():
        if not (folder / name).exists():
            build_pages.write(folder / name, module.encode())
    return folder


@pytest.fixture(scope="module")
def site(pages):
    with served_folder(pages) as address:
        yield address


@pytest.fixture(scope="module")
def window(browser):
    """A window in which nothing moves by itself."""
    return Window(browser, reduced_motion="reduce")


@pytest.fixture
def page(window, site):
    with window.used(site + OPEN) as opened:
        yield opened


@pytest.fixture(scope="module")
def opened(browser, site):
    """A page for questions that are not typed, and for files that are opened past its buttons."""
    with watched(browser) as page:
        page.goto(site + OPEN)
        page.locator(".token").first.wait_for()
        yield page


@pytest.fixture(scope="module")
def asking(opened):
    """ask(name, data): the page's answer to a question that is not typed."""

    def ask(name, data):
        return opened.evaluate(PLAIN, [name, data])

    ask.page = opened
    return ask


@pytest.fixture(scope="module")
def library():
    return Library(build_pages.LIMITS)
