"""The grader as students and lecturers meet it: commands, exit codes, JSON, Gradescope's file, seeds, notebooks."""

import base64
import json
import re
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path
from urllib.parse import parse_qs

import minitok
import nbformat
import pytest
from click.testing import CliRunner
from minitok.cli.app import app
from minitok.course.grading import grade
from minitok.course.mutants import find, solution
from minitok.course.packing import student_seed

ROOT = Path(__file__).parent.parent.parent
LEFTMOST = find("leftmost-first").source
BREAKS = 'breaks = {"leftmost-first": ("encode_piece", "cba", {(98, 97): 256, (99, 98): 257})}\n'


def run(*args):
    return CliRunner().invoke(app, [*map(str, args)])


def test_the_message_is_the_example_of_the_lesson(written):
    message = grade(written(LEFTMOST), stages=[5]).stages[0].message
    assert "\n".join(message.splitlines()[:3]) in (ROOT / "docs/course/index.md").read_text(encoding="utf-8")
    assert message.splitlines()[:3] == [
        'stage 5 encode: encode_piece("cba", b+a rank 0, c+b rank 1)',
        "  yours cb|a [257, 97]    expected c|ba [99, 256]",
        "  They part at step 1: b+a (rank 0) and c+b (rank 1) could merge, and the lowest rank is merged first; you took the leftmost.",
    ]
    assert re.match(
        r"  Lesson 5 · see it: http://127\.0\.0\.1:8765/#text=cba&encodings=own-[0-9a-f]{8}&at=",
        message.splitlines()[3],
    )


def test_exit_codes(right, written, tmp_path):
    assert run("grade", right, "--stage", 2).exit_code == 0
    assert run("grade", written(LEFTMOST, "wrong.py"), "--stage", "encode").exit_code == 1
    for bad in ("def f(:\n", "raise ValueError('no')\n", "x = 1\n", "import sys; sys.exit()\n"):
        assert run("grade", written(bad, "bad.py")).exit_code == 2
    assert run("grade", tmp_path / "nowhere.py").exit_code == 2
    assert run("grade", written("{}", "bad.ipynb")).exit_code == 2
    assert run("grade", written("text", "notes.txt")).exit_code == 2
    assert run("grade", right, "--stage", 99).exit_code == 2
    assert run("grade", right, "--ties", "odd").exit_code == 2


def test_json_is_one_object(right, tmp_path):
    told = json.loads(run("grade", right, "--stage", 2, "--stage", 3, "--json", "--seed", 5).stdout)
    assert told == {
        "passed": True,
        "failed_stage": None,
        "stages": [
            {"name": "bytes", "passed": True, "points": 5, "message": told["stages"][0]["message"]},
            {"name": "pairs", "passed": True, "points": 5, "message": told["stages"][1]["message"]},
        ],
        "seed": 5,
    }
    told = json.loads(run("grade", tmp_path / "nowhere.py", "--json").stdout)
    assert told == {"passed": False, "failed_stage": None, "stages": [], "seed": 0}


def test_the_same_seed_gives_the_same_report(written):
    wrong = written(find("stale-counts").source)
    first, again = (grade(wrong, stages=["train"], seed=3).to_dict() for _ in range(2))
    assert first == again


@pytest.mark.usefixtures("near", "unshrunk")
def test_another_seed_draws_other_texts(written):
    # Right for the examples that stand in the source, wrong for some of what is drawn.
    start = "    frequencies = count_pieces(text, special_tokens, pattern)\n"
    drawn = "len(text) % 7 == 3 and len(text) < 200 and len(set(text)) > 8"
    wrong = written(solution().replace(start, f"    if {drawn}:\n        return {{}}\n{start}"))
    assert len({grade(wrong, stages=["train"], seed=seed).stages[0].message for seed in range(3)}) == 3


def test_the_rule_for_ties_can_be_asked_for(right):
    assert "ties by smallest_ids" in grade(right, stages=["train"]).stages[0].message
    report = grade(right, stages=["train"], ties="greatest_bytes")
    assert not report.passed
    assert "by the greatest bytes it is" in report.stages[0].message


def test_what_is_missing_is_said(written):
    report = grade(written("def text_to_bytes(text):\n    return list(text.encode())\n"))
    assert report.failed_stage == "pairs"
    assert "count_pairs" in report.stages[-1].message
    assert "not been written yet" in report.stages[-1].message


def check_gradescope(results):
    """The shape that Gradescope documents for results.json."""
    known = {
        *("score", "execution_time", "output", "output_format", "test_output_format", "test_name_format", "visibility"),
        *("stdout_visibility", "extra_data", "tests", "leaderboard"),
    }
    of_tests = {
        *("score", "max_score", "status", "name", "name_format", "number", "output", "output_format", "tags"),
        *("visibility", "extra_data"),
    }
    assert set(results) <= known
    assert "score" in results or results["tests"]
    for test in results["tests"]:
        assert set(test) <= of_tests
        assert 0 <= test["score"] <= test["max_score"]
        assert test["status"] in ("passed", "failed")
        assert test["visibility"] in ("hidden", "after_due_date", "after_published", "visible")
        assert test["output_format"] in ("text", "html", "simple_format", "md", "ansi")
        assert isinstance(test["number"], str)


def test_gradescope(written, tmp_path):
    target = tmp_path / "results.json"
    ran = run("grade", written(find("per-token").source), "--gradescope", target, "--json", "--seed", "x1")
    told = json.loads(ran.stdout)
    assert (ran.exit_code, told["passed"], told["failed_stage"], told["seed"]) == (1, False, "decode", "x1")
    assert [stage["name"] for stage in told["stages"]] == ["bytes", "pairs", "split", "train", "encode", "decode"]
    assert [stage["points"] for stage in told["stages"]] == [5, 5, 2, 3, 5, 0]
    results = json.loads(target.read_text(encoding="utf-8"))
    check_gradescope(results)
    assert [test["score"] for test in results["tests"]] == [5, 5, 2, 3, 5, 0, 0, 0, 0]
    assert sum(test["max_score"] for test in results["tests"]) == 40
    assert run("grade", tmp_path / "nowhere.py", "--gradescope", target).exit_code == 2
    results = json.loads(target.read_text(encoding="utf-8"))
    check_gradescope({**results, "score": results["score"]})
    assert results["score"] == 0
    assert "nowhere.py" in results["output"]


def test_breaking_a_mutant(written):
    assert run("grade", written(BREAKS), "--break", "leftmost-first").exit_code == 0
    told = run("grade", written(BREAKS.replace('"cba"', '"ba"')), "--break", "leftmost-first", "--json")
    assert (told.exit_code, json.loads(told.stdout)["failed_stage"]) == (1, "break")
    for bad in (
        BREAKS.replace("257}", "300}"),  # merge 1 makes 257
        BREAKS.replace("encode_piece", "eval"),
        BREAKS.replace("leftmost-first", "another"),
        "breaks = 3\n",
        "",
        BREAKS.replace('"cba"', "3"),  # not an input
    ):
        assert run("grade", written(bad), "--break", "leftmost-first").exit_code == 2
    assert run("grade", written(BREAKS), "--break", "nobody").exit_code == 2
    missing = run("grade", written(BREAKS), "--break", "normalized")
    assert "no entry for 'normalized': add 'normalized': ('the function', its arguments, ...)" in missing.output
    assert run("grade", written(BREAKS), "--break", "rescans").exit_code == 2


@pytest.mark.parametrize(
    "call",
    [
        ("per-token", ("decode", [195, 169], {})),
        ("forgets-the-end", ("StreamDecoder", {}, [195])),
        ("per-line", ("encode_iterable", ["a\n\n\nb"], {(10, 10): 256})),
        ("ties-last-seen", ("train", "badc", 257)),
        ("pattern-lost", ("save", {}, "x", {})),
        (
            "longest-left",
            ("recover_merges", {**{bytes([b]): b for b in range(256)}, b"bc": 256, b"ab": 257, b"abc": 258}),
        ),
        ("always-on", ("encode", "<s>", {}, {"<s>": 256})),
        ("no-lookahead", ("split", "a  b")),
        ("one-occurrence", ("merge_pair", [1, 2, 1, 2], (1, 2), 9)),
        ("disjoint-pairs", ("count_pairs", [1, 2, 3])),
        ("code-points", ("text_to_bytes", "é")),
    ],
    ids=lambda call: call[0],
)
def test_every_kind_of_call_can_break(call, written):
    name, arguments = call
    file = written(f"breaks = {{{name!r}: {arguments!r}}}\n")
    told = run("grade", file, "--break", name)
    assert told.exit_code == 0, told.output


@pytest.mark.parametrize("names", ["minitok", "minbpe", "cs336"])
@pytest.mark.parametrize("form", ["py", "ipynb"])
def test_what_is_laid_out_can_be_graded(names, form, tmp_path):
    folder = tmp_path / "bpe"
    assert run("course", "start", folder, "--names", names, "--as", form).exit_code == 0
    report = grade(folder / f"my_bpe.{form}")
    assert (report.names, report.passed) == (names, False)
    assert "This has not been written yet." in report.stages[-1].message
    again = run("course", "start", folder, "--names", names, "--as", form)
    assert again.exit_code == 1
    assert "not overwritten" in again.stderr
    assert run("grade", folder / "breaks.py", "--break", "leftmost-first").exit_code == 0
    if form == "ipynb":
        nbformat.validate(nbformat.read(folder / "my_bpe.ipynb", as_version=4))


def test_the_mutants_are_listed():
    assert "leftmost-first" in run("course", "mutants", "--stage", "encode").stdout
    listed = json.loads(run("course", "mutants", "--json").stdout)
    assert {"name", "stage", "says"} == set(listed[0])
    assert run("course", "mutants", "--show", "leftmost-first").stdout.startswith("leftmost-first (encode): ")
    assert run("course", "mutants", "--show", "nobody").exit_code == 2
    assert run("course", "mutants", "--stage", "nobody").exit_code == 2


@pytest.mark.parametrize(("submitted", "score"), [("right", 10), ("wrong", 5), ("nothing", 0)])
def test_the_packed_autograder_grades(submitted, score, tmp_path):
    archive = tmp_path / "autograder.zip"
    options = ("--stage", 2, "--stage", 3)
    assert run("course", "pack", "--secret", "S", "--output", archive, *options).exit_code == 0
    first = archive.read_bytes()
    assert run("course", "pack", "--secret", "S", "--output", archive, *options).exit_code == 0
    assert archive.read_bytes() == first
    place = tmp_path / "autograder"
    with zipfile.ZipFile(archive) as packed:
        assert {"setup.sh", "run_autograder", "run.py", "secret.json"} == set(packed.namelist())
        assert packed.getinfo("secret.json").external_attr >> 16 == 0o100600
        assert packed.getinfo("run_autograder").external_attr >> 16 == 0o100755
        packed.extractall(place / "source")
    (place / "submission").mkdir()
    source = {"right": solution(), "wrong": find("one-occurrence").source}.get(submitted)
    if source:
        (place / "submission" / "my_bpe.py").write_text(source, encoding="utf-8")
    (place / "submission_metadata.json").write_text(json.dumps({"users": [{"id": 7}, {"id": 3}]}), encoding="utf-8")
    environment = {"AUTOGRADER": str(place), "PYTHON": sys.executable, "PATH": "/usr/bin:/bin"}
    subprocess.run(["/bin/bash", place / "source" / "run_autograder"], check=True, env=environment, timeout=120)
    results = json.loads((place / "results" / "results.json").read_text(encoding="utf-8"))
    check_gradescope(results)
    assert results.get("score", sum(test["score"] for test in results["tests"])) == score


def test_seeds_of_students_differ_and_do_not_tell_the_secret():
    seeds = {student_seed("S", [str(student)]) for student in range(100)}
    assert len(seeds) == 100
    assert student_seed("S", ["1", "2"]) == student_seed("S", ["2", "1"])


@pytest.mark.parametrize("name", ["leftmost-first", "shortest-special", "always-on", "per-line", "single-level"])
def test_a_link_opens_in_the_playground(name, written):
    """The link's tokenizer is one that the playground reads under the name that the link gives it, and its ids are right."""
    message = grade(written(find(name).source), stages=[find(name).stage]).stages[0].message
    fields = {name: values[0] for name, values in parse_qs(message.split("#")[1].strip()).items()}
    packed = base64.urlsafe_b64decode(fields["own"] + "=" * (-len(fields["own"]) % 4))
    (file,) = json.loads(zlib.decompress(packed, -15))
    # The page calls a tokenizer by a checksum of its file.
    name = f"own-{zlib.crc32(file.encode()):08x}"
    assert name == fields["encodings"]
    if "at" in fields:
        assert fields["at"] == f"0,{name}"
    saved = written(file, "own.json")
    ids = minitok.load(saved).encode(fields["text"], allowed_special="all" if "special" in fields else set())
    assert f"{ids}" in message or repr(fields["text"]).replace("'", '"') in message.split("expected ")[1]


def test_without_hypothesis_it_says_what_to_install(right):
    program = (
        "import sys; sys.modules['hypothesis'] = None\nfrom minitok.cli import main\n"
        f"sys.argv = ['minitok', 'grade', {str(right)!r}]\nmain()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 2
    assert "pip install hypothesis" in done.stderr
