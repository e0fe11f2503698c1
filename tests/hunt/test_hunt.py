"""Each hunt for its share of the time: ``make hunt TIME=60``. A minute of it is part of ``make test``."""

import time

import pytest
from hunts import HUNTS
from hypothesis import given, seed, settings

# How many examples there are between two looks at the clock.
ROUND = 20


@pytest.mark.filterwarnings("ignore:.*the added token:UserWarning")  # damage may change its id
@pytest.mark.timeout(0)
@pytest.mark.parametrize("check", HUNTS, ids=lambda check: check.__name__)
def test_hunt(check, hunt_seconds, hunt_seed, record_property):
    tried, rounds, began = 0, 0, time.monotonic()

    def counted(drawn):
        nonlocal tried
        tried += 1
        check(drawn)

    try:
        while not rounds or time.monotonic() - began < hunt_seconds / len(HUNTS):
            run = given(HUNTS[check])(counted)
            run = settings(max_examples=ROUND, database=None, print_blob=True)(run)
            seed(hunt_seed * 1_000_000 + rounds)(run)()
            rounds += 1
    finally:
        spent = time.monotonic() - began
        what = check.__doc__.split("\n", maxsplit=1)[0].split(":")[0].rstrip(".")
        record_property("tried", f"{what}: {tried:,} cases in {spent:.0f} s, HUNT_SEED={hunt_seed}")
