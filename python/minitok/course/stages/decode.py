"""Stage 6: ids into text, at once and as they come."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from ...tokenizer import Tokenizer
from ..bench import Bench, parts_at
from ..report import Failure
from ..showing import link, show, show_ids, show_text, show_token, token_table
from .stage import Stage
from .texts import merge_lists

Pair = tuple[int, int]
Case = tuple[list[int], list[Pair]]

CRAB = list("🦀".encode())
EXAMPLES: tuple[Case, ...] = (
    ([104, 105], []),
    ([32], []),
    ([256, 33], [(104, 105)]),
    ([], []),
    ([257, 256], [(97, 98), (256, 99)]),
    ([0xC3, 0xA9], []),
    (CRAB, []),
    ([256, 0xA6, 0x80], [(0xF0, 0x9F)]),
    ([97, 0xFF, 98], []),
    ([97, *CRAB[:2]], []),
    ([0xC3], []),
    ([0xC3, 97], []),
    ([13, 10, 0, 32], []),
    ([*"\ufeffa\ufffdb".encode()], []),
    ([0xFF, 0xFF, 0xC0, 0x80, 97], []),
    ([0xED, 0xA0, 0x80, 97], []),
    ([97, *[0xFF] * 5, 98, 99], []),
    ([*"a\ufffd".encode()], []),
    ([*"e\u0301".encode()], []),
    ([256, 0xBD, 97], [(0xEF, 0xBF)]),
    ([409], [(97, byte) for byte in range(251, 97, -1)]),
)


def run(bench: Bench) -> Failure | None:
    bench.need("decode")
    failure = bench.search(lambda one: check(bench, *one), EXAMPLES, cases())
    if failure is None and bench.course_names:
        bench.need("StreamDecoder")
        failure = bench.search(lambda one: check_stream(bench, *one), EXAMPLES, cases())
    return failure


def cases() -> Any:
    """Texts cut into tokens without regard to characters, some of them cut off at the end or with a wrong byte inside."""
    text = st.text(alphabet="ab é€🦀\r\n\0\ufeff\ufffd", max_size=8)
    wrong = st.sampled_from(
        [*[b""] * 4, b"\xff", b"\x80", b"\xf0\x9f", b"\xff" * 5, b"\xed\xa0\x80", b"\xf4\x90\x80\x80"]
    )

    def build(merges: list[Pair], before: str, inside: bytes, after: str, cut: int) -> Case:
        data = before.encode() + inside + after.encode()
        data = data[: max(0, len(data) - cut)]
        return Tokenizer(merges, pattern="none").encode(data), merges

    return st.builds(build, merge_lists("ab é€🦀", 5), text, wrong, text, st.sampled_from([0, 0, 0, 1, 2]))


def data_of(ids: list[int], merges: list[Pair]) -> bytes:
    tokens = token_table(merges)
    return b"".join(tokens[token_id] for token_id in ids)


def called(ids: list[int], merges: list[Pair]) -> str:
    """The ids with the bytes that they stand for."""
    return f"{show_ids(ids)} = {show_token(data_of(ids, merges)) or 'nothing'}"


def check(bench: Bench, ids: list[int], merges: list[Pair]) -> Failure | None:
    expected = data_of(ids, merges).decode(errors="replace")
    return bench.compare(
        f"{bench.label('decode')}({called(ids, merges)})",
        lambda: bench.session.call("decode", ids, {pair: 256 + rank for rank, pair in enumerate(merges)}),
        expected,
        lambda yours: why(ids, merges, yours, expected),
        link=lambda _: see(expected, merges),
    )


def see(text: str, merges: list[Pair]) -> str | None:
    """A link, where the ids are a text."""
    return link(text, merges) if text and "\ufffd" not in text else None


def why(ids: list[int], merges: list[Pair], yours: Any, expected: str) -> str:
    """Where two texts part, and the mistake that gives the submission's."""
    if not isinstance(yours, str):
        return "The answer is a text."
    tokens = token_table(merges)
    at = parts_at(yours, expected)
    sentence = f"They part at character {at}, {place(ids, tokens, at)}."
    data = data_of(ids, merges)
    sides = {256 + rank: pair for rank, pair in enumerate(merges)}
    turned = {token_id: bytes([token_id]) for token_id in range(256)}
    for token_id, (left, right) in sides.items():
        turned[token_id] = turned[right] + turned[left]
    shallow = [side for token_id in ids for side in sides.get(token_id, (token_id,)) if side < 256]
    known = {
        "Yours makes text of each token by itself; it may hold half a character, so put the bytes together first.": "".join(
            tokens[token_id].decode(errors="replace") for token_id in ids
        ),
        "Yours leaves out bytes that are not valid UTF-8; they become U+FFFD, so that it can be seen.": data.decode(
            errors="ignore"
        ),
        "Yours shows such bytes as escapes; they become U+FFFD.": data.decode(errors="backslashreplace"),
        "Yours takes each byte for a character.": data.decode("latin-1"),
        "Yours takes white space away; a tokenizer gives back what it was given.": expected.strip(),
        "Yours puts the right side of a merge before the left.": b"".join(turned[one] for one in ids).decode(
            errors="replace"
        ),
        "A side of a merge may be the id of a merge itself; yours goes one level deep only.": bytes(shallow).decode(
            errors="replace"
        ),
    }
    return " ".join([sentence, *[words for words, text in known.items() if text == yours][:1]])


def place(ids: list[int], tokens: dict[int, bytes], at: int) -> str:
    """The token in which a character of the text begins."""
    end = 0
    for token_id in ids:
        end += len(tokens[token_id])
        if len(b"".join(tokens[one] for one in ids)[:end].decode(errors="replace")) > at:
            return f"in token {show_token(tokens[token_id])} ({token_id})"
    return "after the last token"


def check_stream(bench: Bench, ids: list[int], merges: list[Pair]) -> Failure | None:
    """Each push gives the text that is certain by then; together with the end it is the whole text.

    When bytes that are not valid UTF-8 are shown is left open; that they are is not, nor that what follows them is shown. After
    the end nothing is held back.
    """
    data = data_of(ids, merges)
    whole = data.decode(errors="replace")
    # U+FFFD itself is a character like any other.
    valid = whole.encode() == data
    expected = [*pushes(ids, merges), ""] if valid else whole

    def ask() -> Any:
        answer = bench.session.ask("stream", {pair: 256 + rank for rank, pair in enumerate(merges)}, ids)
        if not (isinstance(answer, tuple) and len(answer) == 3 and isinstance(answer[0], list)):
            return answer
        parts = [*answer[0], *answer[1:]]
        if not all(isinstance(part, str) for part in parts) or parts.pop():
            return [*answer[0], *answer[1:]]
        return parts if valid or late(ids, merges, parts) is not None else "".join(parts)

    return bench.compare(
        f"StreamDecoder: push {called(ids, merges)}, then finish",
        ask,
        expected,
        lambda yours: why_stream(ids, merges, yours, expected),
        shown=lambda value: show_text(value) if isinstance(value, str) else show(value),
        link=lambda _: see(whole, merges),
    )


def pushes(ids: list[int], merges: list[Pair]) -> list[str]:
    """What each id makes certain: the text up to the last whole character."""
    shown: list[str] = []
    tokens = token_table(merges)
    held = b""
    for token_id in ids:
        held += tokens[token_id]
        text = held.decode(errors="ignore")
        shown.append(text)
        held = held[len(text.encode()) :]
    return shown


def late(ids: list[int], merges: list[Pair], parts: list[str]) -> int | None:
    """The first push that ends a character and leaves something unshown. Bytes that are not valid may wait until then."""
    tokens = token_table(merges)
    data, shown = b"", ""
    for at, (token_id, part) in enumerate(zip(ids, parts)):
        data += tokens[token_id]
        shown += part
        text = data.decode(errors="replace")
        if not text.endswith("\ufffd") and len(shown) < len(text):
            return at
    return None


def why_stream(ids: list[int], merges: list[Pair], yours: Any, expected: Any) -> str:
    """The first push whose text differs."""
    if isinstance(yours, list) and len(yours) == len(ids) + 2 and all(isinstance(one, str) for one in yours):
        return (
            "They part at finish(), when it is called again: what was held back has been given already, so it returns an "
            "empty text."
        )
    if isinstance(expected, str):
        at = (
            late(ids, merges, yours) if isinstance(yours, list) and all(isinstance(one, str) for one in yours) else None
        )
        if at is not None:
            token = show_token(token_table(merges)[ids[at]])
            return (
                f"They part at push {at} ({token}): a character is whole by then, and is not shown. Bytes that are not valid "
                "UTF-8 become U+FFFD; they must not hold back what follows them."
            )
        if isinstance(yours, str) and expected.startswith(yours):
            return (
                "Put together, your texts end too early: what is held back when the stream ends is half a character, and "
                "finish() shows it as U+FFFD."
            )
        return "Put together, what push and finish return is not what decode returns for all of the ids."
    if not isinstance(yours, list) or len(yours) != len(expected) or not all(isinstance(part, str) for part in yours):
        return "push and finish return text, an empty one where nothing is certain yet."
    at = parts_at(yours, expected)
    tokens = token_table(merges)
    if at == len(ids):
        return "They part at finish(): nothing is held back by then, so it returns an empty text."
    token = show_token(tokens[ids[at]])
    if "\ufffd" in yours[at] and expected[at]:
        return (
            f"They part at push {at} ({token}): with the bytes that were held back before, this is {expected[at]!r}; yours "
            "shows these bytes alone."
        )
    if "\ufffd" in yours[at]:
        return (
            f"They part at push {at} ({token}): half a character is shown; it is held back until the rest of it comes."
        )
    if len(yours[at]) < len(expected[at]):
        itself = " U+FFFD itself, EF BF BD, is a character like any other." if "\ufffd" in expected[at] else ""
        return f"They part at push {at} ({token}): {expected[at]!r} is certain by then, and is not shown.{itself}"
    return f"They part at push {at} ({token}): {expected[at]!r}, not {yours[at]!r}."


STAGE = Stage(6, "decode", 5, run)
