"""Both backends, for every test that asks for one."""

from __future__ import annotations

import pytest


@pytest.fixture(params=["python", "rust"])
def backend(request: pytest.FixtureRequest) -> str:
    """The name of the implementation that runs: each test runs on both."""
    name: str = request.param
    return name
