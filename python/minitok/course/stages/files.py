"""Stage 9: text that comes in chunks, and tokenizers that are saved."""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import strategies as st

from ...data import tiny_shakespeare
from ...tokenizer import Tokenizer
from ...training import train
from ..bench import Bench, parts_at
from ..report import Failure
from ..search import smallest
from ..showing import link, show, show_ids, show_tokens, token_table
from .stage import Stage
from .texts import CL100K, GPT2, PATTERNS, letters, paragraphs, runs

Pair = tuple[int, int]

CORPUS = "a a a  b\n\n\nb low lower lowest it's it's he'll he'll he'll\n"
CHUNKS: tuple[list[str], ...] = (
    ["low lower"],
    ["a\n\n\nb"],
    ["lo", "w lo", "wer"],
    ["a\n", "\n", "\n", "b"],
    ["low ", " lower"],
    ["low", " ", " ", "lower  "],
    ["it", "'s it'", "s"],
    ["he'l", "l"],
    ["", "low", "", " low", ""],
    ["lo", "", "w"],
    ["  "],
    [],
    ["é", "é 🦀", " é"],
    ["12", "3 4", "5"],
)
# Lines of different lengths, so that a block of any size ends inside a piece sooner or later; and how many of them come. Not
# all may be read before the first id comes.
LINES = ("low lower\n", "the lowest of it's lower\n", "he'll, a\n\n\nb  low\n")
LONG = 300
# A word as long as this is one piece and one token. Programs that merge one pair after the other take longer for longer ones.
WORD = 2048


def run(bench: Bench) -> Failure | None:
    bench.need_pieces()
    tok = train([CORPUS * 3], 256 + 30, pattern=GPT2)
    failure = None
    if bench.names != "minbpe":
        bench.need("encode_iterable")
        failure = bench.search(lambda one: check_chunks(bench, one, tok), CHUNKS, chunked(bench))
        for pattern in ["GPT2", "CL100K"] if bench.course_names else ["GPT2"]:
            failure = failure or check_runs(bench, pattern)
        failure = failure or check_long_word(bench) or check_lazy(bench)
    if failure is None and bench.names != "cs336":
        bench.need("save", "load")
        failure = bench.search(lambda one: check_saved(bench, *one), saved(bench))
    return failure


# -- streaming input -------------------------------------------------------------------------------------------------


def chunked(bench: Bench) -> Any:
    """Texts cut anywhere."""
    part = st.text(alphabet=letters(bench.random, 1) + "low \n'1é", max_size=5)
    return st.one_of(
        st.lists(part, max_size=6),
        paragraphs(bench.random, 60).map(lambda text: [text[at : at + 7] for at in range(0, len(text), 7)]),
    )


def in_chunks(text: str) -> list[list[str]]:
    """A text character by character, and two by two: every chunk ends somewhere inside it."""
    twos = [text[at : at + 2] for at in range(0, len(text), 2)]
    return [list(text), twos, [text[:1], *(text[at : at + 2] for at in range(1, len(text), 2))]]


def check_runs(bench: Bench, pattern: str) -> Failure | None:
    """Chunks that end inside runs of every kind of character, and between any two kinds.

    The vocabulary is learned from the text itself, until each piece is one token: a piece that is cut in two shows in the ids.
    """
    kinds = runs(bench.random)

    @cache
    def learned(text: str) -> Tokenizer:
        return train([text], 256 + 1000, pattern=PATTERNS[pattern.lower()])

    def check(chunks: list[str]) -> Failure | None:
        return check_chunks(bench, chunks, learned("".join(chunks)), pattern)

    for at, first in enumerate(kinds):
        # Each kind before and after each of the others.
        text = "".join(first + second for second in kinds[at:])
        for chunks in in_chunks(text):
            failure = check(chunks)
            if failure is not None:
                return bench.search(check, [smallest(chunks, lambda fewer: check(fewer) is not None)]) or failure
    return None


def check_long_word(bench: Bench) -> Failure | None:
    """A word of which every part is a token twice as long as the next: wherever it is cut, its ids are others."""
    word = letters(bench.random, 2) * (WORD // 2)
    merges = [(left, right) for left, right in train([word], 256 + WORD.bit_length() - 1, pattern="gpt2").merges]
    chunks = [word[at : at + 100] for at in range(0, WORD, 100)]
    return bench.compare(
        f"encode_iterable({len(chunks)} chunks of a word of {WORD:,} letters)",
        lambda: bench.session.iterate(ids_of(merges), chunks, len(chunks))[0],
        Tokenizer(merges, pattern="gpt2").encode(word),
        lambda _: "A piece may be of any length: what is held back must not be cut because it is long.",
    )


def ids_of(merges: list[Pair]) -> dict[Pair, int]:
    return {pair: 256 + rank for rank, pair in enumerate(merges)}


def check_chunks(bench: Bench, chunks: list[str], tok: Tokenizer, pattern: str = "GPT2") -> Failure | None:
    """One stream. A pattern other than the default is passed by name."""
    text = "".join(chunks)
    named = {} if pattern == "GPT2" else {"pattern": PATTERNS[pattern.lower()]}
    merges = [(left, right) for left, right in tok.merges]
    expected = tok.encode(text)
    tokens = token_table(merges)

    def shown(value: Any) -> str:
        if isinstance(value, list) and all(token_id in tokens for token_id in value):
            return f"{show_tokens([tokens[token_id] for token_id in value])} {show_ids(value)}".strip()
        return show(value)

    def why(yours: Any) -> str:
        if not isinstance(yours, list) or not all(isinstance(token_id, int) for token_id in yours):
            return "It yields ids, one by one."
        sentence = f"They part at id {parts_at(yours, expected)}."
        apart = [token_id for chunk in chunks for token_id in tok.encode(chunk)]
        alone = "Yours encodes each chunk by itself; a piece may go on in the next chunk."
        # What gets that example right holds something back, and too little.
        cut = "A piece was cut in two at the end of a chunk: what comes next decides whether it ends there."
        known = {
            alone if chunks == CHUNKS[2] else cut: apart,
            "Yours encodes line by line; a piece may hold line breaks, and what follows: \\s+(?!\\S).": [
                token_id for line in text.splitlines(keepends=True) for token_id in tok.encode(line)
            ],
            "Yours loses the line breaks.": [token_id for line in text.splitlines() for token_id in tok.encode(line)],
        }
        if named:
            known[f"Yours takes GPT-2's pattern where another is asked for: {pattern}."] = Tokenizer(
                merges, pattern="gpt2"
            ).encode(text)
        words = [words for words, ids in known.items() if ids == yours]
        lost = b"".join(tokens.get(token_id, b"?") for token_id in yours) != text.encode()
        if not words:
            early = f"{text!r} goes on: what is held back when the chunks end is encoded, too."
            words = (
                [early if expected[: len(yours)] == yours else "Put together, your tokens are not the text."]
                if lost
                else ["A piece was cut in two: where the text can be cut depends on what comes next."]
            )
        return f"{sentence} {words[0]}"

    return bench.compare(
        f"encode_iterable({show(chunks)}{f', pattern={pattern}' if named else ''})",
        lambda: bench.session.iterate(ids_of(merges), chunks, len(chunks), **named)[0],
        expected,
        why,
        shown=shown,
        link=lambda _: link(text, merges, pattern.lower()),
    )


def check_lazy(bench: Bench) -> Failure | None:
    """Ids come while the text is still coming. A third of it may be read before: a program may take lines or blocks."""
    chunks = [LINES[at % len(LINES)] for at in range(LONG)]
    merges = [(left, right) for left, right in train(LINES, 256 + 100, pattern="gpt2").merges]
    expected = Tokenizer(merges, pattern="gpt2").encode("".join(chunks))
    early, right = "the first id while the text is still coming", "the ids of the whole text"
    whole, size = f"the first id after {LONG} chunks", len("".join(chunks[: LONG // 3]).encode())

    def ask() -> Any:
        yours, asked = bench.session.iterate(ids_of(merges), chunks, 1)
        if asked > LONG // 3:
            return f"the first id after {min(asked, LONG)} chunks", right
        return early, right if yours == expected else f"others from id {parts_at(yours, expected)} on"

    def why(yours: Any) -> str:
        if yours[0] == whole:
            return "It reads all of the text before it yields anything, so its memory grows with the file."
        if yours[0] != early:
            return (
                f"The first {LONG // 3} chunks hold {size:,} bytes: an id of theirs is certain long before their end."
            )
        return "The ids of a long text must not depend on where a block of it ends."

    return bench.compare(
        f"encode_iterable({LONG} lines such as {chunks[0]!r})",
        ask,
        (early, right),
        why,
        shown=lambda value: next((one for one in value if one not in (early, right)), " and ".join(value)),
    )


# -- files -----------------------------------------------------------------------------------------------------------


def saved(bench: Bench) -> list[tuple[dict[Pair, int], str, dict[str, int]]]:
    """Tokenizers to save: merges, a pattern, special tokens."""
    some = learnt(CORPUS * 3, 30)
    word = letters(bench.random, 4)
    own = learnt(word * 3, 3)
    cases = [
        (some, GPT2, {}),
        (some, CL100K, {}),
        (some, GPT2, {"<|endoftext|>": 286, "<|pad|>": 400}),
        ({}, GPT2, {"<|é|>": 256}),
    ]
    if bench.course_names:
        cases += [
            (own, rf"[{word}]+|\s", {"<|a b|>": 300, '"quoted"\\': 301}),
            # What a file of lines or of texts would lose: line ends, spaces at the ends, tokens that are no characters.
            (own, " a\n|[b-z]+|. ", {" <s>\n": 300}),
            (learnt("🦀🦁🦊 漢字汉 éèê" * 3, 24), GPT2, {}),
            (learnt(tiny_shakespeare()[:200_000], 1100), GPT2, {}),
        ]
    return cases


def learnt(text: str, n_merges: int) -> dict[Pair, int]:
    return ids_of([(left, right) for left, right in train([text], 256 + n_merges, pattern="gpt2").merges])


def check_saved(bench: Bench, merges: dict[Pair, int], pattern: str, special_tokens: dict[str, int]) -> Failure | None:
    """Save in one process, load in another: what is only remembered is gone."""
    path = str(bench.session.printed.parent / "saved")
    expected = (merges, pattern, special_tokens)
    named = {GPT2: "GPT2", CL100K: "CL100K"}.get(pattern, repr(pattern))
    call = f"save(path, {len(merges)} merges, {named}, {special_tokens}), then load(path) in a new process"

    def ask() -> Any:
        bench.session.call("save", path, merges, pattern, special_tokens)
        with bench.fresh():
            loaded = bench.session.call("load", path)
        if isinstance(loaded, (list, tuple)) and len(loaded) == 3:
            made, cut, special = loaded
            if isinstance(made, dict) and made == merges and list(made) != list(merges):
                made = list(made.items())
            return made, cut, special or {}
        return loaded

    def why(yours: Any) -> str:
        if not isinstance(yours, tuple) or len(yours) != 3:
            return "load returns three things: merges, pattern, special tokens."
        if merges and not yours[0]:
            return "They part at the merges: there are none. The new process knows nothing but what stands in the file."
        if yours[1] != pattern:
            same = "GPT2" if yours[1] == GPT2 else show(yours[1])
            return f"They part at the pattern: {named} was saved, {same} loaded. With another pattern, a text has other ids."
        if yours[2] != special_tokens:
            return f"They part at the special tokens: {special_tokens} were saved, {show(yours[2])} loaded."
        if isinstance(yours[0], list) or set(yours[0]) == set(merges):
            return "They part at the merges: the pairs are right, their order is not, and the order is the rank."
        return f"They part at the merges: {show(yours[0])}."

    return bench.compare(call, ask, expected, why, shown=lambda value: shown_saved(value, expected))


def shown_saved(value: Any, expected: tuple[Any, ...]) -> str:
    """Which of the three things came back."""
    if value == expected:
        return "what was saved"
    if not isinstance(value, tuple) or len(value) != 3:
        return show(value)
    names = ("other merges", "another pattern", "other special tokens")
    return " and ".join(name for name, mine, right in zip(names, value, expected) if mine != right)


STAGE = Stage(9, "files", 5, run)
