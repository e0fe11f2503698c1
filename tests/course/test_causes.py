"""What a message says of the cause is so, or it says only where the answers part; and its case is as small as it can be."""

import pytest
from minitok.course.grading import grade
from minitok.course.mutants import solution
from minitok.course.stages.encode import numbered, small_cases, spelled

pytestmark = pytest.mark.usefixtures("near")

SOURCE = solution()
GREEDY = """

def encode_piece(piece, merges):
    ids, rank = list(piece.encode()), lambda at: merges.get(tuple(ids[at : at + 2]), 10**9)
    while True:
        walked, at = [], 0
        while at < len(ids):
            here = rank(at)
            merged = here < 10**9 and here <= rank(at + 1)
            walked.append(here if merged else ids[at])
            at += 1 + merged
        if walked == ids:
            return ids
        ids = walked
"""
LONG_RANKS = """

def encode_piece(piece, merges, right=encode_piece):
    return right(piece, {pair: made for pair, made in merges.items() if made < 300})
"""
WITHOUT_WHITE = """

def count_pieces(text, special_tokens, pattern, right=count_pieces):
    return {piece: times for piece, times in right(text, special_tokens, pattern).items() if piece.strip()}
"""
ANY_CASE = """

def split_special(text, special_tokens):
    if not special_tokens:
        return [text]
    names = "|".join(regex.escape(name) for name in sorted(special_tokens, key=len, reverse=True))
    parts = regex.split(f"(?i)({names})", text)
    known = {name.lower(): name for name in special_tokens}
    return [known.get(part.lower(), part) for part in parts]
"""
BLOCKS = """

def encode_iterable(chunks, merges, pattern=GPT2, right=encode_iterable):
    held = ""
    for chunk in chunks:
        held += chunk
        if len(held) > 4096 and "\\n" in held:
            block, held = held.rsplit("\\n", 1)
            yield from right([block + "\\n"], merges, pattern)
    yield from right([held], merges, pattern)
"""
ARRAY = """

import numpy

def text_to_bytes(text):
    return numpy.array(list(text.encode()))
"""


def message(source, stage, written):
    (graded,) = grade(written(source), stages=[stage]).stages
    assert not graded.passed
    return graded.message


def test_a_case_is_the_smallest_of_all_small_ones(written):
    said = message(SOURCE + GREEDY, "encode", written)
    assert 'encode_piece("abcd", a+b rank 0, ab+c rank 1, c+d rank 2)' in said
    assert "They part at step 2" in said


def test_a_mistake_that_only_long_tables_show_is_shown_by_few_merges(written):
    said = message(SOURCE + LONG_RANKS, "encode", written)
    call = said.splitlines()[0]
    assert "see it" in said
    assert "… 45 merges)" in call
    assert len(call.partition("encode_piece(")[2].partition(",")[0]) < 12, call


def test_the_small_cases_are_all_and_different():
    found = [(piece, tuple(merges)) for piece, merges in small_cases()]
    assert len(found) == len(set(found)) == 5872
    assert found[:2] == [("ab", ((97, 98),)), ("aa", ((97, 97),))]
    assert ("abcd", ((97, 98), (256, 99), (99, 100))) in found
    merges = [(97, 98), (256, 99), (100, 100)]
    assert numbered(spelled(merges)) == merges
    assert numbered(spelled(merges)[1:]) == [(100, 100)]


@pytest.mark.parametrize(
    ("source", "stage", "so", "not_so"),
    [
        (WITHOUT_WHITE, "train", "They part at merge", "occurs once is merged, too"),
        (ANY_CASE, "special", "capitals are other letters", "regular expression"),
        (BLOCKS, "files", "an id of theirs is certain", "It reads all"),
        (ARRAY, "bytes", "Return a list of int, not numpy.ndarray.", "cannot be sent"),
    ],
    ids=["white", "capitals", "blocks", "array"],
)
def test_a_cause_is_only_named_where_it_is_proved(source, stage, so, not_so, written):
    said = message(SOURCE + source, stage, written)
    assert so in said
    assert not_so not in said


@pytest.mark.parametrize("stage", ["bytes", "pairs", "split", "train", "encode", "decode", "special", "files"])
@pytest.mark.parametrize(
    "answer", ["[[1]]", "[{}]", "{(1, 2): [3]}", "[None]", "['\\x1b', b'x']", "(1, [2])", "{}", "-1"]
)
def test_whatever_is_answered_is_said(stage, answer, written):
    functions = {
        "bytes": "text_to_bytes", "pairs": "merge_pair", "split": "split", "train": "train", "encode": "encode_piece",
        "decode": "decode", "special": "encode", "files": "encode_iterable",
    }  # fmt: skip
    again = f"\n\ndef {functions[stage]}(*arguments, **named):\n    return {answer}\n"
    said = message(SOURCE + again, stage, written)
    assert "expected" in said
    assert all(line.isprintable() for line in said.splitlines())
