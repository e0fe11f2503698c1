"""Stage 7: special tokens, in encoding and in training."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st

from ...tokenizer import Tokenizer
from ..bench import Bench, parts_at
from ..report import Failure
from ..showing import link, show_ids, show_text, show_token, token_table
from . import train
from .stage import Stage
from .texts import GPT2

Pair = tuple[int, int]
# The text, the names of special tokens, and those that are allowed.
Case = tuple[str, tuple[str, ...], tuple[str, ...]]

MERGES: list[Pair] = [(97, 98), (60, 124), (124, 62), (257, 115), (32, 97)]
END = "<|end|>"
ALWAYS: tuple[Case, ...] = (
    (f"ab{END}ab", (END,), (END,)),
    (f"{END}{END} a b{END}", (END,), (END,)),
    ("ab", (END,), (END,)),
    ("<|end", (END,), (END,)),
    ("a [s] b", ("[s]",), ("[s]",)),
    ("a.b axb", ("a.b",), ("a.b",)),
    ("<|s|>a<|t|>", ("<|s|>", "<|t|>"), ("<|s|>", "<|t|>")),
    ("<|END|>ab", (END,), (END,)),
)
OVERLAPPING: tuple[Case, ...] = (
    # The first begins before the other, which is longer.
    ("a<s>xyb", ("<s>", "s>xy"), ("<s>", "s>xy")),
    ("a<s>xb<s>", ("<s>", "<s>x"), ("<s>", "<s>x")),
    ("<s><s>", ("<s>", "<s><s>"), ("<s>", "<s><s>")),
)
# What minbpe and the course can say, and CS336, whose special tokens are always on, cannot.
OPT_IN: tuple[Case, ...] = (
    (f"ab{END}ab", (END,), ()),
    ("<|s|>a<|t|>", ("<|s|>", "<|t|>"), ("<|t|>",)),
    ("a<s>b<s>x", ("<s>", "<s>x"), ("<s>x",)),
)
# The course alone promises this: `special_tokens` may be left out where there are none.
NONE: tuple[Case, ...] = (("ab <s>", (), ()),)
# A pattern of one character: no two of them merge.
APART = "."
# Words whose special tokens would be learnt if they were counted.
CORPORA: tuple[tuple[str, int, tuple[str, ...]], ...] = (
    (f"ab{END}ab{END}cd{END}cd{END}ce", 3, (END,)),
    ("a<s>b<s>a<s>b", 1, ("<s>",)),
    (f"ab{END}ab{END}ab cd", 2, (END,)),
    ("ab ab abc", 2, (END,)),
    ("abc<s>xabd<s>xab", 1, ("<s>", "<s>x")),
)


def run(bench: Bench) -> Failure | None:
    bench.need_pieces()
    bench.need("encode")
    examples = list(ALWAYS)
    if bench.names != "minbpe":
        examples += OVERLAPPING
    if bench.names != "cs336":
        examples += OPT_IN
    if bench.course_names:
        examples += NONE
    failure = bench.search(lambda one: check(bench, *one), examples, cases(bench))
    if failure is None and bench.course_names:
        failure = bench.search(lambda text: check(bench, text, (), (), APART), ("ab",))
    if failure is None and bench.names != "minbpe":
        bench.need("train")
        train.settle(bench)
        failure = bench.search(
            lambda one: train.check(bench, one[0], one[1], None, one[2]), CORPORA, corpora(bench), tries=40
        )
    return failure


def cases(bench: Bench) -> Any:
    """Texts that hold special tokens, whole and in part."""
    names = ("<s>", END, "a.b", "<s>x") if bench.names != "minbpe" else ("<s>", END, "a.b")
    parts = st.sampled_from([*names, "ab", " ", "<", "|>", "é", "a", "x"])
    text = st.lists(parts, max_size=8).map("".join)
    some = st.sets(st.sampled_from(names)) if bench.names != "cs336" else st.just(set(names))
    return st.builds(lambda text, allowed: (text, names, tuple(sorted(allowed))), text, some)


def corpora(bench: Bench) -> Any:
    """Documents with special tokens between them."""
    words = st.lists(st.sampled_from(["ab", "abc", " ab", "b", "<", "é "]), max_size=5).map("".join)
    names = (END,) if bench.random.random() < 0.5 else ("<s>",)
    return st.tuples(st.lists(words, min_size=1, max_size=4).map(names[0].join), st.integers(0, 5), st.just(names))


def check(
    bench: Bench, text: str, names: tuple[str, ...], allowed: tuple[str, ...], pattern: str = GPT2
) -> Failure | None:
    ids = {name: 256 + len(MERGES) + index for index, name in enumerate(names)}
    tok = Tokenizer(MERGES, special_tokens=ids, pattern=pattern)
    expected = tok.encode(text, allowed_special=set(allowed))
    merges = {pair: 256 + rank for rank, pair in enumerate(MERGES)}
    named: dict[str, Any] = {"special_tokens": ids, "allowed": list(allowed)} if names else {}
    if bench.names == "minbpe" or pattern != GPT2:
        named["pattern"] = pattern
    tokens = {**token_table(MERGES), **{token_id: name.encode() for name, token_id in ids.items()}}

    def shown(value: Any) -> str:
        if isinstance(value, list) and all(token_id in tokens for token_id in value):
            return f"{'|'.join(show_token(tokens[token_id]) for token_id in value[:14])} {show_ids(value)}".strip()
        return repr(value)

    said = f", special_tokens={ids}, allowed={list(allowed)}" if names else ""
    said += f", pattern={pattern!r}" if pattern != GPT2 else ""
    return bench.compare(
        f"{bench.label('encode')}({show_text(text)}{said})",
        lambda: bench.session.call("encode", text, merges, **named),
        expected,
        lambda yours: why(text, ids, allowed, yours, expected, tokens),
        shown=shown,
        # The playground allows all special tokens, or none.
        link=lambda _: (
            link(text, MERGES, pattern, special_tokens=ids, allowed=bool(allowed))
            if set(allowed) in (set(), set(ids))
            else None
        ),
    )


def why(
    text: str, ids: dict[str, int], allowed: tuple[str, ...], yours: Any, expected: list[int], tokens: dict[int, bytes]
) -> str:
    """Where two lists of ids part, and which rule of special tokens that is."""
    if not isinstance(yours, list) or not all(isinstance(token_id, int) and token_id in tokens for token_id in yours):
        return "The answer is a list of ids."
    at = parts_at(yours, expected)
    sentence = f"They part at id {at}."
    mine = yours[at] if at < len(yours) else None
    right = expected[at] if at < len(expected) else None
    names = {token_id: name for name, token_id in ids.items()}
    if mine in names and right in names:
        return f"{sentence} {names[right]!r} and {names[mine]!r} both begin there; the longer one is meant."
    if mine in names:
        if names[mine] not in allowed:
            return f"{sentence} {names[mine]!r} is not allowed in this call, so it is text: a user must not be able to type it."
        return f"{sentence} {names[mine]!r} {not_there(names[mine], text)}."
    if right in names:
        words = f"{sentence} {names[right]!r} is allowed and stands there"
        if names[right].encode() not in b"".join(tokens[token_id] for token_id in yours):
            return f"{words}; yours leaves it out."
        plain = Tokenizer(MERGES, pattern="gpt2").encode(text)
        escape = names[right] != re.escape(names[right]) and yours != plain and not names.keys() & set(yours)
        hint = (
            " In a regular expression, a name is to be escaped: | means “or” there, and . anything." if escape else ""
        )
        return f"{words}; yours takes it for text.{hint}"
    if not ids:
        return f"{sentence} Each piece of the pattern is encoded by itself."
    return f"{sentence} What stands between special tokens is encoded as a text of its own."


def not_there(name: str, text: str) -> str:
    """What there is in a text for the name of a special token that does not begin where it was found."""
    if name in text:
        return "begins elsewhere"
    if name.lower() in text.lower():
        return "does not occur in the text: capitals are other letters"
    if re.search(name, text):
        return "does not occur in the text: its characters are not a regular expression"
    return "does not occur in the text"


STAGE = Stage(7, "special", 5, run)
