"""A playground for the tests of a module: its server, and a page of it for each."""

import pytest
from minitok.play.app import create_app
from requests_to import SITE, SMALL
from starlette.testclient import TestClient
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


@pytest.fixture(scope="module")
def client():
    with TestClient(create_app(), base_url=SITE) as opened:
        yield opened


@pytest.fixture
def small():
    with TestClient(create_app(SMALL), base_url=SITE) as opened:
        yield opened
