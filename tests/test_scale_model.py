"""The simulation of notes/performance.md and its formulas agree where nothing is uneven, and bound each other where something is."""

from dataclasses import replace

import pytest

from benchmarks.scale_model import (
    COSTS,
    Costs,
    Job,
    bottleneck,
    bounds,
    encoding,
    formula,
    packing,
    parts,
    simulate,
    tasks,
    training,
)

EVEN = replace(COSTS, slow=0.0)


@pytest.mark.parametrize(
    ("costs", "cores", "what"),
    [
        (replace(EVEN, driver=0.0, storage=1e6, network=1e6), 8, "processors"),
        (replace(EVEN, driver=0.5, storage=1e6, network=1e6), 200, "driver"),
        (replace(EVEN, driver=0.0, storage=0.2), 200, "storage"),
    ],
)
def test_formula_and_simulation_agree_where_one_thing_is_slow(costs, cores, what):
    job = encoding(100, costs)
    assert bottleneck(job, cores, costs) == what
    assert simulate(job, cores, costs) == pytest.approx(formula(job, cores, costs), rel=0.02)


@pytest.mark.parametrize("cores", [1, 2, 7, 64, 1000])
@pytest.mark.parametrize("size", [1, 30, 300])
def test_the_simulation_is_between_the_formula_and_what_a_list_of_tasks_can_cost_at_most(size, cores):
    for job in (encoding(size, EVEN), packing(size, cores, EVEN), training(size, EVEN)):
        found = bounds(job, cores, EVEN)
        # Each part at its worst after the others, and a last task.
        most = EVEN.start + sum(found.values()) + found["largest part"]
        assert formula(job, cores, EVEN) <= simulate(job, cores, EVEN) * (1 + 1e-9) <= most


def test_by_hand():
    costs = Costs(task=1.0, driver=0.0, start=10.0, storage=1e9, network=1e9, slow=0.0)
    # Three tasks of 1 + 2 * 2 seconds on two processors: two rounds.
    job = Job([2.0] * 3, cpu=2.0, moved=1.0, after=7.0, then="join")
    assert simulate(job, 2, costs) == pytest.approx(10 + 10 + 7)
    assert formula(job, 2, costs) == pytest.approx(10 + 7.5 + 7)
    slow = replace(costs, slow=1.0, slower=3.0)
    assert simulate(job, 2, slow) == pytest.approx(10 + 30 + 7)


def test_parts_hold_the_whole_corpus():
    assert sum(parts(500, 64, COSTS)) == pytest.approx(500)
    assert sum(tasks(500, COSTS)) == pytest.approx(500)
    assert max(parts(500, 64, COSTS)) > 1.2 * 500 / 64
    assert len(set(parts(500, 1, COSTS))) == 1
