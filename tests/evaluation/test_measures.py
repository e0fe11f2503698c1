"""The measures against their definitions by hand, a library that computes them, and simulations."""

import math

import numpy as np
import pytest
import tokenization_scorer
from hypothesis import given
from hypothesis import strategies as st
from minitok.evaluation.measures import (
    entropy,
    gini,
    interval,
    ratio,
    renyi_efficiency,
    resampled,
    worst_tenth,
)

counts = st.lists(st.integers(0, 50), min_size=1, max_size=30)


@given(counts, st.sampled_from([0.5, 2.0, 2.5, 3.0]))
def test_renyi_efficiency_is_that_of_its_authors(held, alpha):
    text = [[str(number)] * count for number, count in enumerate(held) if count]
    ours = renyi_efficiency(held, alpha)
    if len(text) < 2:
        assert ours is None
    else:
        assert ours == pytest.approx(tokenization_scorer.score(text, metric="renyi", power=alpha))
        assert entropy(held) == pytest.approx(tokenization_scorer.score(text, metric="shannon_entropy"))


def test_efficiency_at_one_is_shannons():
    assert renyi_efficiency([3, 1], 1) == pytest.approx(entropy([3, 1]))
    assert renyi_efficiency([5, 5, 5], 2.5) == pytest.approx(1)


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=20))
def test_gini_is_half_the_mean_difference(values):
    total = sum(values)
    pairs = sum(abs(a - b) for a in values for b in values)
    expected = pairs / (2 * len(values) * total) if total else 0
    assert gini(values) == pytest.approx(expected)


def test_of_nothing_nothing_is_said():
    assert ratio(1, 0) is None
    assert entropy([]) == entropy([0]) == 0
    assert gini([]) == gini([0, 0]) == 0
    assert worst_tenth([]) is None
    assert interval(resampled(1, 10, 0), [1], [1]) is None
    assert interval(resampled(3, 10, 0), [1, 1, 1], [0, 0, 0]) is None


def test_the_worst_tenth_is_at_least_one():
    assert worst_tenth([1, 9, 2]) == 9
    assert worst_tenth(range(30)) == 28


def test_resamples_have_as_many_documents_and_depend_on_the_seed():
    draws = resampled(20, 100, seed=1)
    assert draws.shape == (100, 20)
    assert set(draws.sum(1)) == {20}
    assert (draws == resampled(20, 100, seed=1)).all()
    assert (draws != resampled(20, 100, seed=2)).any()


def test_intervals_cover_the_truth():
    """Of 95 % intervals of a ratio whose truth is known, about 95 % hold it; over documents, not over tokens."""
    rng = np.random.default_rng(7)
    held = 0
    for trial in range(200):
        tokens = rng.integers(20, 200, size=100)
        size = tokens * 4 + rng.integers(-60, 61, size=100)
        low, high = interval(resampled(100, 400, seed=trial), size, tokens)
        assert low < high
        held += low <= 4 <= high
    # 190 are expected; the standard deviation is 3.1.
    assert 178 <= held <= 199
    assert math.isclose(held / 200, 0.95, abs_tol=0.06)
