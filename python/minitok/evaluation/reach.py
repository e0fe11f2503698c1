"""Which tokens can a text produce? By proof where the merges decide, by search where the split pattern does.

**What is proved.** If a token comes about in some text, every merge inside it was made in the order of ranks, with no merge
across its borders before. The same merges, in the same order, are made of its bytes alone. So a token whose bytes alone,
without any split, become other tokens comes about in no text, unless it is taken whole as a piece (SPEC E5).

**What is searched.** Other tokens are put between characters of every kind, and tokens that hold a part of a character are
completed to characters. A text that holds the token proves that it comes about; a search that found none proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice, product

from ..backend import load_backend
from ..definition import Definition
from ..reference.published.normalize import steps_of
from ..tokenizer import Tokenizer
from .tally import is_text

# Characters of every kind that patterns tell apart.
AROUND = ["", " ", "  ", "\n", "\t", "a", "A", "1", "'", ".", "_", "\u00e9", "\u4e2d", "\u0301", "\U0001f600"]
# What follows an apostrophe in a contraction; U+017F is an s to a pattern that folds case.
CONTRACTED = ["s", "t", "d", "m", "re", "ve", "ll", "S", "T", "D", "M", "RE", "VE", "LL", "\u017f"]
# Texts that are searched first, at once, and at most for a token; and about how many bytes at once.
FIRST, AT_ONCE, SEARCHED = 16, 1 << 12, 1 << 21
BYTES = 1 << 20


@dataclass(frozen=True)
class Reach:
    """The ordinary tokens that no text was seen to produce, and those that no merge makes, by id.

    Attributes:
        merges: What the bytes of the token become instead: proved.
        invalid: The tokens whose bytes are in no text, since they are not UTF-8: proved.
        cut: The tokens that the pattern cut wherever they were put: searched.
        partial: The tokens with a part of a character that none of its completions produced: searched.
        normalized: What the normalizer makes of the text of the token: it is never met as it is.
        whole: What the merges make of a token that comes about only where it is a whole piece: proved.
    """

    merges: dict[int, list[int]]
    invalid: list[int]
    cut: list[int]
    partial: list[int]
    normalized: dict[int, str]
    whole: dict[int, list[int]]


def reach(tok: Tokenizer) -> Reach:
    """Sorts out the tokens. Costs time in proportion to their bytes, and up to two million texts for each that is searched."""
    definition = tok.definition
    definition.check("be audited")
    found = set(definition.found_tokens.values())
    tokens = {token_id: token for token_id, token in definition.vocab.tokens.items() if token_id not in found and token}
    bare = Tokenizer(bare_of(definition, definition.pattern, whole_pieces=definition.vocab.whole_pieces))
    merging = Tokenizer(bare_of(definition, "none", whole_pieces=False))
    alone = dict(zip(tokens, bare.encode_batch(tokens.values()), strict=True))
    rest = [token_id for token_id, ids in alone.items() if ids != [token_id] or not is_text(tokens[token_id])]
    asked = [*tokens] if definition.vocab.whole_pieces else rest
    merged = dict(zip(asked, merging.encode_batch([tokens[token_id] for token_id in asked]), strict=True))
    unmade: dict[int, list[int]] = {}
    invalid: list[int] = []
    cut: list[int] = []
    partial: list[int] = []
    for token_id in rest:
        token = tokens[token_id]
        # Where the end of a word is part of its last token, a token alone is a word: only a search can tell.
        made = merged[token_id] == [token_id] or definition.word_end is not None
        texts = placed(token) if is_text(token) else completed(token)
        if not is_text(token) and not any(True for _ in islice(completed(token), 1)):
            invalid.append(token_id)
        elif not made and not definition.vocab.whole_pieces:
            unmade[token_id] = merged[token_id]
        elif not produced(bare, token_id, texts):
            if not made:
                unmade[token_id] = merged[token_id]
            else:
                (cut if is_text(token) else partial).append(token_id)
    lost = {*unmade, *invalid, *cut, *partial}
    changed = normalized(tok, {i: token for i, token in tokens.items() if i not in lost})
    whole = (
        {i: ids for i, ids in merged.items() if ids != [i] and i not in lost} if definition.vocab.whole_pieces else {}
    )
    return Reach(unmade, invalid, cut, partial, changed, whole)


def bare_of(definition: Definition, pattern: str, *, whole_pieces: bool) -> Definition:
    """The vocabulary alone, under a pattern: nothing is done to text before, and no token is found in it."""
    vocab = definition.vocab
    tokens, merges, _ = definition.vocabulary()
    return Definition.from_vocabulary(
        tokens,
        merges,
        whole_pieces,
        fallback=vocab.fallback,
        drops_bytes=vocab.drops_bytes,
        pattern=pattern,
        words=definition.words,
        word_end=definition.word_end,
        backend=definition.backend,
    )


def placed(token: bytes) -> Iterator[bytes]:
    """The token between characters of every kind."""
    for before, after in product(AROUND, [*AROUND, *CONTRACTED]):
        yield before.encode() + token + after.encode()


def completed(token: bytes) -> Iterator[bytes]:
    r"""Texts that hold a token which begins or ends inside a character; none if its bytes are not part of UTF-8.

    >>> b"\xc3\xa9" in list(completed(b"\xa9")), list(completed(b"\xff"))
    (True, [])
    """
    head = next((at for at, byte in enumerate(token) if not 0x80 <= byte < 0xC0), len(token))
    tail = len(token)
    for back in range(1, min(4, tail - head) + 1):
        if token[-back] >= 0xC0:
            lead = token[-back]
            tail -= back if back < (2 if lead < 0xE0 else 3 if lead < 0xF0 else 4) else 0
            break
    if not is_text(token[head:tail]):
        return
    if head == len(token):
        yield from ending_with(token)
        return
    for first in ending_with(token[:head]) if head else [b""]:
        for last in beginning_with(token[tail:]) if tail < len(token) else [b""]:
            yield first + token[head:tail] + last


def ending_with(part: bytes) -> Iterator[bytes]:
    r"""Characters whose last bytes are these.

    >>> list(ending_with(b"\xa9"))[:2], list(ending_with(b"a"))
    ([b'\xc2\xa9', b'\xc3\xa9'], [])
    """
    last = 0
    for byte in part:
        last = last << 6 | byte & 0x3F
    return characters(range(last, 0x110000, 64 ** len(part)), lambda char: char.endswith(part) and char != part)


def beginning_with(part: bytes) -> Iterator[bytes]:
    r"""Characters whose first bytes are these.

    >>> [char.decode() for char in beginning_with(b"\xf0\x9f\x98")][:2]
    ['\U0001f600', '\U0001f601']
    """
    size = 2 if part[0] < 0xE0 else 3 if part[0] < 0xF0 else 4
    first = part[0] & (0x7F >> size)
    for byte in part[1:]:
        first = first << 6 | byte & 0x3F
    free = 64 ** (size - len(part))
    return characters(range(first * free, min((first + 1) * free, 0x110000)), lambda char: char.startswith(part))


def characters(codes: range, wanted: Callable[[bytes], bool]) -> Iterator[bytes]:
    """The characters of code points, in UTF-8."""
    return filter(wanted, (chr(code).encode() for code in codes if not 0xD800 <= code < 0xE000))


def produced(bare: Tokenizer, token_id: int, texts: Iterator[bytes]) -> bool:
    searched = 0
    while searched < SEARCHED and (held := taken(texts, min(searched + FIRST, AT_ONCE))):
        ids, _ = bare.encode_batch_to_numpy(held)
        if (ids == token_id).any():
            return True
        searched += len(held)
    return False


def taken(texts: Iterator[bytes], count: int) -> list[bytes]:
    """The next texts, at most ``count``; fewer if they are long.

    >>> taken(iter([b"a", b"b" * BYTES, b"c"]), 3)[0], len(taken(iter([b"a", b"b" * BYTES, b"c"]), 3))
    (b'a', 2)
    """
    held: list[bytes] = []
    size = 0
    for text in islice(texts, count):
        held.append(text)
        size += len(text)
        if size > BYTES:
            break
    return held


def normalized(tok: Tokenizer, tokens: dict[int, bytes]) -> dict[int, str]:
    """The tokens whose text the normalizer changes, with what it makes of it."""
    if tok.definition.normalizer is None:
        return {}
    normalizer = load_backend(tok.definition.backend).normalizer(steps_of(tok.definition.normalizer))
    after = {token_id: normalizer.apply(token) for token_id, token in tokens.items() if is_text(token)}
    return {token_id: text.decode() for token_id, text in after.items() if text != tokens[token_id]}
