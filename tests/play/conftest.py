"""A playground for the tests of a module, and a page of it for each."""

import pytest
from web import running, watched


@pytest.fixture(scope="module")
def served():
    with running() as both:
        yield both


@pytest.fixture
def site(served):
    return served[0]


@pytest.fixture
def page(browser, site):
    with watched(browser) as opened:
        opened.goto(site)
        opened.locator(".token").first.wait_for()
        yield opened
