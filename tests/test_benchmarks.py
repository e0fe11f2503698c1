"""Published figures are of equal work: a library whose results differ is named, and has no time."""

import numpy as np
import pytest

from benchmarks import harness, worker
from benchmarks.scale_model import Costs, Job, formula, simulate

IDS = np.array([1, 2, 3], np.uint32)


def test_other_results_give_no_time():
    answers = iter([[1, 2, 3], [1, 2, 4]])
    with pytest.raises(worker.UnequalError, match="the first at 2"):
        worker.time_passes(lambda _: next(answers), "encode_list", ["abc", "def"], [IDS, IDS])
    with pytest.raises(worker.UnequalError):
        worker.time_short(lambda _: [1, 2, 4], "short_list", ["abc"], [IDS])
    with pytest.raises(worker.UnequalError, match="other text"):
        worker.check("decode_list", b"e", "é".encode())
    worker.verify(lambda _: [1, 2, 3], "encode_list", ["abc"], [IDS])


@pytest.mark.parametrize("verified", [{"unequal": "other ids"}, {}])
def test_who_is_not_equal_is_named_and_all_others_take_turns(verified):
    times, started = iter(range(1, 100)), []

    def run(job):
        started.append((job["peer"], job["verify"]))
        if job["peer"] == "wrong":
            return verified if job["verify"] else {"unequal": "other ids"}
        return {} if job["verify"] else {"warm": float(next(times))}

    outcome = harness.Outcome()
    jobs = [{"peer": peer, "op": "encode_list", "threads": 1} for peer in ("minitok", "other", "wrong")]
    harness.compare(jobs, run, 2, outcome)
    assert started[:3] == [("minitok", True), ("other", True), ("wrong", True)]
    assert [row["all"]["warm"] for row in outcome.rows] == [[1, 3], [2, 4]]
    assert outcome.rows[1]["ratio"]["warm"] == (2 / 1 + 4 / 3) / 2
    assert [refused["peer"] for refused in outcome.refused] == ["wrong"]


def test_the_simulation_of_clusters_by_hand():
    costs = Costs(task=1.0, driver=0.0, start=10.0, storage=1e9, network=1e9, slow=0.0)
    # Three tasks of 1 + 2 * 2 seconds on two processors: two rounds, where the formula has one and a half.
    job = Job([2.0] * 3, cpu=2.0, moved=1.0, after=7.0, then="join")
    assert simulate(job, 2, costs) == pytest.approx(10 + 10 + 7)
    assert formula(job, 2, costs) == pytest.approx(10 + 7.5 + 7)
