"""Stage 8: GPT-2's vocabulary to the id, and merges from ranks."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from ... import get_encoding
from ...reference.published.ranks import split_by_ranks
from ...tokenizer import Tokenizer
from ...training import TIE_BREAKS, train
from ..bench import Bench, parts_at
from ..report import Failure
from ..showing import link, show, show_ids, show_text, show_token, show_tokens
from .stage import Stage
from .texts import GPT2, paragraphs

if TYPE_CHECKING:
    from ...corpus.learning import ByteOrder, TieBreak

Pair = tuple[int, int]
Ranks = dict[bytes, int]

TEXTS = (
    "The quick brown fox jumps over the lazy dog.",
    "unforgettable parseHTTPRequest strawberry",
    "naïve café, 東京 🦀  127 + 677\n",
)
# So many of GPT-2's ranks are recovered; a plain program does that in a second.
RECOVERED = 1200


@cache
def gpt2() -> Tokenizer:
    """GPT-2's merges with the bytes in their plain order, which is how the course writes merges."""
    tok = get_encoding("gpt2")
    first = [tok.token_bytes(token_id)[0] for token_id in range(256)]
    pairs = [tuple(first[side] if side < 256 else side for side in pair) for pair in tok.merges]
    return Tokenizer([(left, right) for left, right in pairs], pattern="gpt2")


def run(bench: Bench) -> Failure | None:
    bench.need_pieces()
    bench.need("encode", "decode")
    sides = [side for pair in gpt2().merges for side in pair]
    bench.session.ask("hold", "gpt2", sides)
    start = bench.start

    def start_holding() -> Any:
        session = start()
        session.ask("hold", "gpt2", sides)
        return session

    bench.start = start_holding
    failure = bench.search(lambda text: check_encode(bench, text), TEXTS, paragraphs(bench.random, 40), tries=2)
    failure = failure or bench.search(lambda text: check_decode(bench, text), TEXTS[2:])
    if failure is not None or bench.names == "cs336":
        return failure
    if not bench.has("recover_merges"):
        bench.remarks.append("recover_merges is not there, and earns no points")
        bench.points_lost = 2
        return None
    return bench.search(lambda one: check_recover(bench, *one), tables(bench), drawn_tables(bench), tries=15)


def check_encode(bench: Bench, text: str) -> Failure | None:
    expected = gpt2().encode(text)
    named = {"pattern": GPT2} if bench.names == "minbpe" else {}
    tokens = [gpt2().token_bytes(token_id) for token_id in expected]

    def why(yours: Any) -> str:
        if not isinstance(yours, list) or not all(isinstance(token_id, int) for token_id in yours):
            return "The answer is a list of ids."
        at = parts_at(yours, expected)
        if at == len(tokens):
            return f"They part at id {at}: the text ends there, yours goes on."
        return f"They part at id {at}: it is {show_token(tokens[at])!r}, {expected[at]}."

    return bench.compare(
        f"{bench.label('encode')}({show_text(text)}, GPT-2's merges)",
        lambda: bench.session.ask("call", "encode", text, held=[[1, "gpt2"]], **named),
        expected,
        why,
        shown=show_ids_and_tokens,
        link=lambda _: link(text),
    )


def show_ids_and_tokens(value: Any) -> str:
    """Ids with their tokens, where they are ids of GPT-2's."""
    if not isinstance(value, list):
        return show(value)
    n_ids = 256 + len(gpt2().merges)
    known = all(type(token_id) is int and 0 <= token_id < n_ids for token_id in value)
    return f"{show_tokens([gpt2().token_bytes(one) for one in value])} {show_ids(value)}" if known else show_ids(value)


def check_decode(bench: Bench, text: str) -> Failure | None:
    ids = gpt2().encode(text)
    return bench.compare(
        f"{bench.label('decode')}({show_ids(ids)}, GPT-2's merges)",
        lambda: bench.session.ask("call", "decode", ids, held=[[1, "gpt2"]]),
        text,
        lambda yours: "" if not isinstance(yours, str) else f"They part at character {parts_at(yours, text)}.",
    )


def ranks_of(tok: Tokenizer) -> Ranks:
    """A vocabulary as tiktoken's files have it: the bytes of each token, with their rank."""
    return {tok.token_bytes(token_id): token_id for token_id in range(256 + len(tok.merges))}


def tables(bench: Bench) -> list[tuple[str, Ranks]]:
    """A small table by hand, GPT-2's first ranks, and one that depends on the seed."""
    # abc is ab+c, since ab has the lower rank; cut at the first place that gives two tokens, it would be a+bc.
    plain = Tokenizer([(98, 99), (97, 98), (257, 99)])
    gpt2_order = train(["abc abc ab bcd bcd"], 262, byte_order="gpt2")
    order: ByteOrder = bench.random.choice(["gpt2", "identity"])
    own = train(
        ["low lower lowest newest widest " * 2], 290, byte_order=order, tie_break=bench.random.choice(TIE_BREAKS)
    )
    first = get_encoding("gpt2").shrink(256 + RECOVERED)
    named = [("3 merges, bytes in plain order", plain), ("bytes in GPT-2's order", gpt2_order), ("trained", own)]
    return [
        *((name, ranks_of(tok)) for name, tok in named),
        (f"the first {RECOVERED:,} of GPT-2", ranks_of(first)),
    ]


def drawn_tables(bench: Bench) -> Any:
    """Trainings on parts of Shakespeare, with either order of bytes."""

    def build(text: str, order: ByteOrder, ties: TieBreak, merges: int) -> tuple[str, Ranks]:
        tok = train([text], 256 + merges, byte_order=order, tie_break=ties)
        return f"{merges} merges, {order} order of bytes", ranks_of(tok)

    return st.builds(
        build,
        paragraphs(bench.random, 300),
        st.sampled_from(["gpt2", "identity"]),
        st.sampled_from(TIE_BREAKS),
        st.integers(0, 40),
    )


def check_recover(bench: Bench, name: str, ranks: Ranks) -> Failure | None:
    expected: dict[Pair, int] = {}
    for token, rank in ranks.items():
        if len(token) > 1:
            parts = split_by_ranks(token, ranks, rank)
            if len(parts) != 2:
                return None  # two merges of the same bytes, which ranks cannot express
            expected[ranks[parts[0]], ranks[parts[1]]] = rank
    tokens = {rank: token for token, rank in ranks.items()}

    def pair(value: Any) -> str:
        return (
            "+".join(show_token(tokens.get(side, b"?")) for side in value) if isinstance(value, tuple) else show(value)
        )

    def why(yours: Any) -> str:
        if not isinstance(yours, dict):
            return "The answer is a dictionary: pair of ids -> rank of the token that it makes."
        for (left, right), rank in expected.items():
            if yours.get((left, right)) != rank:
                mine = next((other for other, made in yours.items() if made == rank), None)
                message = "is missing" if mine is None else f"is {pair(mine)} {mine}"
                if (left, right) in yours:
                    message = f"has it with rank {yours[left, right]}, but its rank is that of the token that it makes"
                # Sides that are bytes, and would be right if each byte were its own id.
                as_bytes = mine is not None and list(mine) == list(tokens[rank])
                order = f" The ids of single bytes are their ranks: 'a' has {ranks[b'a']}, not 97." if as_bytes else ""
                return (
                    f"They part at rank {rank}, {show_token(tokens[rank])!r}: it is {pair((left, right))} {(left, right)}, "
                    f"which merging with the ranks below {rank} leaves; yours {message}.{order}"
                )
        return "Yours holds pairs that make no token."

    return bench.compare(
        f"recover_merges({name})",
        lambda: bench.session.call("recover_merges", ranks),
        expected,
        why,
        shown=lambda value: f"{len(value):,} merges" if isinstance(value, dict) else show(value),
    )


STAGE = Stage(8, "published", 5, run)
