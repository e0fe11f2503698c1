"""The mutants test the grader: each is caught by the stage it belongs to, by none before, and told where it goes wrong.

A stage before its own is asked of the part of a mutant that the functions of that stage reach. For most mutants this part is the
solution's, and one program is graded once: the same program and the same seed give the same report.
"""

import ast
import re
from collections import Counter
from functools import cache

import pytest
from minitok.course.grading import grade
from minitok.course.mutants import MUTANTS, find
from minitok.course.stages import STAGES
from near import part

pytestmark = pytest.mark.usefixtures("near")

FIRST_STEP = re.compile(
    r"They part at (byte|the pair|index|piece|merge|step|character|push|id|rank|finish|the )|raised|The right trace ends|"
    r"vocab_size \d+ is|After \d+ merge|Put together|The pairs are right|is gone|does not occur|steps|reads all|their order"
)
# What a message says of the mistake, where the result alone would not tell.
SAID = {
    "code-points": "Yours are code points, not UTF-8.",
    "utf-16": "Yours is UTF-16.",
    "normalized": 'text_to_bytes("e\\u0301")',
    "disjoint-pairs": "every second pair only",
    "sorted-pairs": "(a, b) and (b, a) are two pairs",
    "set-of-pairs": "yours counts each pair once",
    "shared-default": "it remembers something from the calls before",
    "wrong-stride": "every second place only",
    "one-occurrence": "replaces one occurrence only",
    "loses-unmerged": "yours drops them",
    "ids-as-text": "where 11 2 holds 1 2",
    "waits-for-more": "'\ufffd' is certain by then",
    "last-id-lost": "The last id has no partner",
    "no-lookahead": "the last belongs to the word",
    "any-case-contractions": "small letters only",
    "ascii-letters": "any script",
    "space-after": "A space belongs to the word after it",
    "counted-once": "Each distinct piece seems to count once",
    "holders-counted": "once for each piece that holds it",
    "across-pieces": "across the edges of pieces",
    "crash-without-pairs": "After 1 merge no pair is left",
    "stale-counts": "A merge changes the counts of the pairs next to it",
    "stale-neighbours": "A merge makes new pairs",
    "count-of-two": "A pair that occurs once is merged, too",
    "words-stripped": "The space at the beginning of a piece",
    "highest-rank": "you took the highest rank",
    "longest-match": "you took the longest token from the left",
    "characters": "yours are code points",
    "per-token": "in token <C3> (195). Yours makes text of each token by itself",
    "strict": "they become U+FFFD",
    "right-before-left": "the right side of a merge before the left",
    "single-level": "one level deep only",
    "drops-held": "yours shows these bytes alone",
    "special-unescaped": "In a regular expression",
    "special-dropped": "yours leaves it out",
    "first-special-only": "yours takes it for text.\n",
    "glued-documents": "seem to be one text; they are two",
    "byte-order": "'a' has 64, not 97",
    "ranks-from-zero": "yours has it with rank 0",
    "per-chunk": "encodes each chunk by itself",
    "any-space": "at the end of a chunk",
    "end-lost": "'low lower' goes on",
    "merges-sorted": "their order is not",
    "kept-in-memory": "what stands in the file",
}
# Two of each stage are in the gate, the others are tried by night.
GATE = [
    name for stage in STAGES for name in [name for name, mutant in MUTANTS.items() if mutant.stage == stage.name][:2]
]
# What each stage calls.
ASKED = {
    "bytes": ["text_to_bytes"],
    "pairs": ["count_pairs", "merge_pair"],
    "split": ["split"],
    "train": ["train"],
    "encode": ["encode_piece"],
    "decode": ["decode", "StreamDecoder"],
    "special": ["encode", "train"],
    "published": ["encode", "decode", "recover_merges"],
    "files": ["encode_iterable", "save", "load"],
    "fast": ["train"],
    "cursor": ["splice", "stable"],
    "subwords": ["wordpiece", "train_wordpiece", "unigram", "prune"],
    "ways": ["count_ways", "is_canonical"],
    "patches": ["count_next", "patches"],
}
BEFORE_FAST = ("bytes", "pairs", "split", "train")


def stages_before(mutant):
    names = list(ASKED)
    if mutant.stage == "fast":
        return BEFORE_FAST
    return [name for name in names[: names.index(mutant.stage)] if name != "fast"]


@pytest.fixture(scope="module")
def passes(tmp_path_factory):
    """Whether a program passes a stage; each is graded once."""
    file = tmp_path_factory.mktemp("part") / "my_bpe.py"

    @cache
    def graded(source, stage):
        file.write_text(source, encoding="utf-8")
        return grade(file, stages=[stage]).passed

    return graded


def test_every_stage_is_asked_for():
    assert [stage.name for stage in STAGES] == list(ASKED)


def test_a_part_is_what_the_functions_reach():
    source = "import os\nKEPT: dict = {}\n\ndef a():\n    return b()\n\ndef b():\n    return os\n\ndef c():\n    return a(), KEPT\n"
    assert "KEPT" not in part(source, ["a"])
    assert "def b" in part(source, ["a"])
    assert "def c" not in part(source, ["a"])
    assert part(source, ["c"]) == ast.unparse(ast.parse(source))


def test_there_are_enough_of_every_stage():
    stages = Counter(mutant.stage for mutant in MUTANTS.values())
    assert len(MUTANTS) >= 100
    assert min(stages.values()) >= 3
    assert set(stages) == set(ASKED)


def test_no_two_are_the_same_program():
    assert len({mutant.source for mutant in MUTANTS.values()}) == len(MUTANTS)


@pytest.mark.parametrize("name", [name for name in MUTANTS if name not in GATE])
def test_others_are_caught(name, written, passes):
    test_its_stage_catches_it_and_none_before(name, written, passes)


@pytest.mark.parametrize("name", GATE)
def test_its_stage_catches_it_and_none_before(name, written, passes):
    mutant = find(name)
    for before in stages_before(mutant):
        assert passes(part(mutant.source, ASKED[before]), before), before
    (stage,) = grade(written(mutant.source), stages=[mutant.stage]).stages
    assert not stage.passed
    message = stage.message
    assert message.startswith(f"stage {stage.number} {mutant.stage}: ")
    assert "yours " in message
    assert "expected " in message
    assert f"Lesson {stage.number}" in message
    assert FIRST_STEP.search(message), message
    assert SAID.get(name, "") in message
