"""The time of a hunt, its seed, and what it says at the end: what was tried, how often."""

import datetime as dt
import os
import sys
from pathlib import Path

import pytest

# What is hunted with are the strategies of other tests.
for folder in ("edges", "packing"):
    sys.path.append(str(Path(__file__).parent.parent / folder))

TRIED = "tried"


@pytest.fixture(scope="session")
def hunt_seconds():
    """How long all hunts together take: ``HUNT_TIME``, in seconds."""
    return float(os.environ.get("HUNT_TIME") or 60)


@pytest.fixture(scope="session")
def hunt_seed():
    """``HUNT_SEED``; by default the number of the day, so that each day tries something else."""
    return int(os.environ.get("HUNT_SEED") or dt.datetime.now(dt.timezone.utc).toordinal())


def pytest_terminal_summary(terminalreporter):
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.stats.get(outcome, [])]
    lines = [value for report in reports for name, value in report.user_properties if name == TRIED]
    if lines:
        terminalreporter.section("what the hunt tried")
        for line in lines:
            terminalreporter.write_line(line)
