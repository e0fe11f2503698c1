"""The comparison with other libraries is honest: work is verified before it is timed, and unequal work never is."""

import json
import sys
import time

import numpy as np
import pytest

from benchmarks import figures, harness, pack_worker, packing, report, tables, texts, threads, worker
from benchmarks.compare import jobs_of
from benchmarks.ladder import slope
from benchmarks.peers import Calls, flat, read_tokenizers_1
from benchmarks.rungs import TRAIN, Tally
from benchmarks.train_worker import digest

IDS = np.array([1, 2, 3], np.uint32)


class FakeLibrary:
    """A library that gives these ids, and counts how often it was asked."""

    def __init__(self, *answers):
        self.answers = answers
        self.asked = 0

    def encode(self, _):
        self.asked += 1
        return list(self.answers[min(self.asked, len(self.answers)) - 1])


def row(*peers):
    return [{"peer": peer, "op": "encode_list", "threads": 1} for peer in peers]


def compared(answers, *peers, repeats=3):
    """The outcome of a row, and every job that was started; ``answers(job)`` stands for a process."""
    started = []

    def run(job):
        started.append((job["peer"], job["verify"]))
        return answers(job)

    outcome = harness.Outcome()
    harness.compare(row(*peers), run, repeats, outcome)
    return outcome, started


def test_other_ids_are_unequal():
    wrong = FakeLibrary([1, 2, 4])
    with pytest.raises(worker.UnequalError, match="the first at 2"):
        worker.verify(wrong.encode, "encode_list", ["abc"], [IDS])
    with pytest.raises(worker.UnequalError, match="2 instead of 3, the first at 2"):
        worker.check("encode_list", [1, 2], IDS)
    worker.verify(FakeLibrary([1, 2, 3]).encode, "encode_list", ["abc"], [IDS])


def test_other_text_is_unequal():
    worker.check("decode_list", "é", "é".encode())
    with pytest.raises(worker.UnequalError, match="other text"):
        worker.check("decode_list", b"e", "é".encode())


@pytest.mark.parametrize("wrong_on", [1, 2])
def test_ids_that_go_wrong_while_timed_give_no_time(wrong_on):
    right, wrong = [1, 2, 3], [1, 2, 4]
    library = FakeLibrary(*([right] * (wrong_on - 1)), wrong)
    with pytest.raises(worker.UnequalError):
        worker.time_passes(library.encode, "encode_list", ["abc", "def"], [IDS, IDS])


def test_short_strings_are_looked_at_too():
    with pytest.raises(worker.UnequalError):
        worker.time_short(FakeLibrary([1, 2, 4]).encode, "short_list", ["abc"], [IDS])


def test_all_are_verified_before_any_is_timed_and_then_take_turns():
    times = iter(range(1, 100))
    outcome, started = compared(
        lambda job: {} if job["verify"] else {"warm": float(next(times))}, "minitok", "other", repeats=2
    )
    assert started == [
        ("minitok", True), ("other", True),
        ("minitok", False), ("other", False),
        ("minitok", False), ("other", False),
    ]  # fmt: skip
    assert [found["all"]["warm"] for found in outcome.rows] == [[1, 3], [2, 4]]
    assert outcome.rows[1]["ratio"]["warm"] == (2 / 1 + 4 / 3) / 2
    assert outcome.refused == []


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"unequal": "other ids"}, "other ids"),
        ({"failed": "a panic"}, "a panic"),
        ({"missing": True}, "no such call"),
    ],
)
def test_who_is_not_equal_is_named_and_never_timed(answer, why):
    outcome, started = compared(lambda job: answer if job["peer"] == "wrong" else {"warm": 1.0}, "minitok", "wrong")
    assert ("wrong", False) not in started
    assert [(refused["peer"], refused["why"]) for refused in outcome.refused] == [("wrong", why)]
    assert [found["peer"] for found in outcome.rows] == ["minitok"]


def test_who_goes_wrong_when_timed_loses_the_times_it_had():
    turns = iter([{"warm": 1.0}, {"unequal": "other ids"}])

    def answers(job):
        if job["peer"] == "wrong":
            return {} if job["verify"] else next(turns)
        return {"warm": 2.0}

    outcome, _ = compared(answers, "minitok", "wrong")
    assert [found["peer"] for found in outcome.rows] == ["minitok"]
    assert outcome.refused[0]["why"] == "when timed: other ids"


@pytest.mark.parametrize(
    ("answer", "why"), [({"unequal": "other ids"}, "when timed: other ids"), ({"missing": True}, "no such call")]
)
def test_who_was_not_verified_is_refused_in_its_turn(answer, why):
    started, outcome = [], harness.Outcome()
    compared = harness.Comparison(row("minitok", "wrong"), lambda job: started.append(job["peer"]) or answer, outcome)
    compared.turn()
    compared.turn()
    compared.end()
    assert started == ["minitok", "wrong"]
    assert [found["why"] for found in outcome.refused] == [why, why]
    assert not outcome.rows


def test_turns_go_over_all_rows_until_the_time_has_come():
    started = []
    rows = [
        harness.Comparison(row(name), lambda job: started.append(job["peer"]) or {"warm": 1.0}, harness.Outcome())
        for name in ("minitok", "other")
    ]
    figures.take_turns(rows, time.monotonic() - 1)  # the time has come, but each row has a turn
    assert started == ["minitok", "other"]
    assert [len(one.outcome.rows) for one in rows] == [1, 1]


def test_files_of_models_are_found_by_their_names(tmp_path, monkeypatch):
    written = {}
    monkeypatch.setattr(figures, "write_model", lambda name, _, path: written.update({name: path and path.name}))
    for name in ("qwen-3.5.json", "ModernBERT-base.tokenizer.json", "kimi-k2.tiktoken", "falcon_config.json"):
        (tmp_path / name).touch()
    assert figures.write_models(["modernbert", "qwen-3", "kimi-k2", "falcon"], tmp_path, tmp_path) == list(written)
    assert written == {"modernbert": "ModernBERT-base.tokenizer.json", "qwen-3": None, "kimi-k2": "kimi-k2.tiktoken"}


def test_a_second_release_of_a_library_is_seen_by_its_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert harness.version("tokenizers-1") is None
    information = tmp_path / "tokenizers-1" / "tokenizers-1.0.0.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: tokenizers\nVersion: 1.0.0\n")
    assert harness.version("tokenizers-1") == "1.0.0"
    job = {"encoding": "cl100k_base", "op": "encode_list"}
    with_it, without = jobs_of(job, ["tokenizers-1", "tokenizers"], tmp_path, harness.Outcome())
    assert with_it["environment"] == {"PYTHONPATH": str(tmp_path / "tokenizers-1")}
    assert "environment" not in without


def test_the_other_release_is_never_measured_in_its_place(tmp_path):
    with pytest.raises(ImportError, match=r"tokenizers 1\.0 is not installed beside 0\."):
        read_tokenizers_1(tmp_path / "tokenizer.json")


def test_the_fastest_other_library_is_named():
    rows = [
        {"peer": peer, "encoding": "e", "text": "t", "bytes": 10**6, "median": {"cold": seconds, "warm": 0.01}}
        for peer, seconds in (("minitok", 0.01), ("slow", 0.1), ("fast", 0.02))
    ]
    assert "| e | t | 100 | 50 fast | 2 | 100 | 100 slow | 1 |" in tables.figures_table({"rows": rows})
    assert "| e | t | 100 | - | - | 100 | - | - |" in tables.figures_table({"rows": rows[:1]})


def test_work_of_threads_is_compared_and_calculated():
    with pytest.raises(SystemExit, match="2 threads give another result"):
        threads.measure(lambda count: count, 2, 1, 1)
    assert threads.measure(lambda _: (IDS, IDS), 2, 2, (IDS, IDS)).keys() == {"wall", "all threads", "caller"}
    assert threads.least({"all threads": 8.0, "caller": 1.0}, 4) == 2
    assert threads.least({"all threads": 8.0, "caller": 1.0}, 64) == 1
    rows = [{"work": "w", "threads": 1, "measured": True, "times": 1.0}]
    rows.append({"work": "w", "threads": 64, "measured": False, "times": 30.0})
    assert "| w | 1 | *30* |" in tables.threads_table({"rows": rows})


def test_a_process_that_dies_is_an_answer():
    assert "ended with" in harness.launch("benchmarks.no_such_module", {"threads": 1})["failed"]


def test_a_worker_verifies_a_library(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"hi")
    job = {"peer": "minitok", "encoding": "cl100k_base", "op": "encode_list", "threads": 1, "folder": str(tmp_path)}
    job |= {"texts": [str(tmp_path / "a.txt")], "expected": [str(tmp_path / "a.npy")], "verify": True}
    np.save(tmp_path / "a.npy", np.array([6151], np.uint32))
    assert worker.work(job)["load"] > 0
    np.save(tmp_path / "a.npy", IDS)
    assert worker.work(job) == {"unequal": "other ids: 1 instead of 3, the first at 0"}


def test_flat_reads_every_form_of_a_batch():
    two = [[1, 2], [3]]
    arrays = np.array([1, 2, 3], np.uint32), np.array([0, 2, 3])
    for result in (two, arrays, (arrays[0].tobytes(), b""), {"ids": arrays[0], "offsets": arrays[1]}, [1, 2, 3]):
        assert flat(result).tolist() == [1, 2, 3]


def test_a_call_that_a_library_has_not_is_none():
    calls = Calls(to_list=list)
    assert worker.operation(calls, "encode_numpy") is None
    assert worker.operation(calls, "batch_list") is None
    assert worker.operation(calls, "encode_list") is list


def test_digests_tell_merges_apart():
    one, other = [(b"a", b"bc")], [(b"ab", b"c")]
    assert digest(one, tokens_only=False) != digest(other, tokens_only=False)
    assert digest(one, tokens_only=True) == digest(other, tokens_only=True)
    assert digest([(b"abc",)], tokens_only=True) == digest(one, tokens_only=True)


def test_rungs_learn_the_same_with_fewer_operations():
    pieces = texts.made("english", 0)[:3000].encode().split()
    tallies = {name: Tally() for name in TRAIN}
    merges = [train(pieces, 40, tallies[name]) for name, train in TRAIN.items()]
    assert all(learnt == merges[0] for learnt in merges)
    assert len(merges[0]) == 40
    operations = [tally.operations for tally in tallies.values()]
    assert operations == sorted(operations, reverse=True)


def test_slope_is_the_power_of_growth():
    rows = [{"rung": "r", "bytes": n, "seconds": n**2 / 1e6} for n in (10, 100)]
    assert slope(rows, "r") == pytest.approx(2)
    assert slope(rows[:1], "r") is None


def results_of(*rows):
    machine = {"date": "2000-01-01", "processor": "p", "processors": 1, "system": "s", "python": "3", "commit": "c"}
    machine |= {"versions": {"minitok": "1"}, "notes": ""}
    refused = [{"peer": "other", "op": "decode_numpy", "why": "other text"}]
    return {"machine": machine, "rows": list(rows), "refused": refused}


def test_tables_name_the_fastest_and_who_is_missing(tmp_path):
    rows = [
        {
            "peer": peer,
            "encoding": "e",
            "op": "decode_list",
            "bytes": 10**6,
            "median": {"cold": seconds, "warm": seconds / 2},
        }
        for peer, seconds in (("minitok", 0.01), ("other", 0.02))
    ]
    harness.save("decode", results_of(*rows), tmp_path)
    page = report.fill("".join(f"<!-- {name} -->\nstale\n<!-- end -->\n" for name in report.TABLES), tmp_path)
    assert "`e`:\n\n" in page
    assert "| minitok | - | - | **100** | **200** |" in page
    assert "| other | - | - | 50 | 100 |" in page
    assert "- other: other text (decode_numpy)" in page
    assert "2000-01-01, p (1 processors)" in page
    assert page.count("stale") == len(report.TABLES) - 1
    assert report.fill(page, tmp_path) == page


def test_packers_are_verified(tmp_path):
    documents = packing.documents_of("a text, cut into documents. " * 2000)
    size, tokens = packing.write_corpus(tmp_path, documents, 60_000)
    assert size >= 60_000
    digest = packing.digest_of(tmp_path)
    job = {
        "peer": "minitok",
        "threads": 1,
        "processes": 1,
        "folder": str(tmp_path),
        "out": str(tmp_path),
        "tokens": tokens,
    }
    assert pack_worker.work({**job, "verify": True, "expected": digest}) == {}
    assert "other ids" in pack_worker.work({**job, "verify": True, "expected": digest + 1})["unequal"]
    assert f"instead of {tokens - 1:,}" in pack_worker.work({**job, "verify": False, "tokens": tokens - 1})["unequal"]
    assert pack_worker.work({**job, "verify": False}).keys() == {"wall", "cpu", "peak"}


def test_a_packer_that_is_not_installed_is_an_answer(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "gigatoken", None)
    job = {"peer": "gigatoken", "folder": str(tmp_path), "out": str(tmp_path)}
    assert pack_worker.work(job)["failed"].startswith("not installed: ")


def test_the_table_of_packers(tmp_path):
    median = {"wall": 2.0, "cpu": 3.0, "peak": 100e6}
    row = {
        "peer": "minitok",
        "threads": 2,
        "processes": 1,
        "bytes": 10**9,
        "median": median,
        "ratio": {"wall": 1.0, "cpu": 1.0},
    }
    parts = {**row, "peer": "minitok, 2 processes", "processes": 2}
    harness.save("packing", results_of(row, parts), tmp_path)
    made = report.table(tmp_path, "packing")
    assert "| 1,000 MB | minitok, 2 threads | 500 | 3 | 100 | 1 | 1 |" in made
    assert "| 1,000 MB | minitok, 2 processes | 500 |" in made


def test_the_page_has_a_place_for_every_table():
    for path, names in ((report.PAGE, report.TABLES), (report.FIGURES_PAGE, report.FIGURES)):
        page = path.read_text(encoding="utf-8")
        assert all(page.count(f"<!-- {name} -->\n") == 1 for name in names)


@pytest.mark.parametrize("name", texts.NAMES)
def test_texts_are_made_anew_each_time_alike(name):
    first, second = texts.read(name, 20_000)
    assert first
    assert first != second
    assert len(first.encode()) <= 20_000
    assert texts.read(name, 20_000) == (first, second)


def test_texts_are_read_from_a_folder(tmp_path):
    (tmp_path / "english.txt").write_text("one two 3 four")
    assert texts.read("english", 7, tmp_path) == ("one two", " 3 four")
    (tmp_path / "chat.jsonl").write_text(
        "".join(json.dumps({"role": "u", "text": f"line {n}"}) + "\n" for n in range(9))
    )
    assert texts.read("chat", 13, tmp_path)[0] == "line 0\nline 1"


def test_texts_are_repeated_where_they_are_too_short(tmp_path):
    (tmp_path / "english.txt").write_text("one é")
    file = tmp_path / "corpus.txt"
    assert texts.write(file, "english", 6, tmp_path) == (6, 1)
    assert texts.write(file, "english", 15, tmp_path) == (15, 3)
    assert file.read_text() == "one éone éone"[:13]
    assert texts.write(file, "english", 17, tmp_path) == (16, 3)  # not half of the letter
