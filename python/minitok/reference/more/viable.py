"""Which ids may come next, if all ids are to stay those that the tokenizer gives for some text.

A model can choose any id. Only some of them go on with a text as the tokenizer would write it: after ``a``, the id ``b`` is
impossible where both are merged. Ids are *viable* if some text has them as its first ids; what may come next is every id with
which they stay viable.

By hand, with the merges ``ab`` and ``abc``: ``b`` may not come after ``a``, nor ``c`` after ``ab``.
Viable is not the same as encoded: with ``cl100k``, two spaces are one token, but before a digit they are two; so
two ids of a space are viable, and are not the ids of their own text.

Invariants: the ids of a text are viable, and so are the first of viable ids. What ends inside a character is viable if some
character completes it.

Costs, V ids and n bytes: an encoding of the text for each of V ids, for each kind of character that may follow, and for each
way to complete a character. ``rust/fast/next`` answers from tables.

Implements SPEC L6.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from ..published.codecs import Codec
from ..published.preprocess import TokenFinder

# White space may be cut off because of what follows it.
SPACES = " \n\r\t\u00a0"
# A character of each kind that patterns tell apart; contractions need some letters.
KINDS = "aAsSdDmMtTlLvVeErR\u017féÉ\u01c5\u02b0中あ한ก1\u2167\u00b2\u0301 \n\r\t\u00a0'/.-_({\u200d😀"


def next_ids(codec: Codec, finder: TokenFinder, ids: Sequence[int]) -> list[int]:
    """Returns the ids that may come after viable ids, ascending.

    >>> from ..published.patterns import Pattern
    >>> from ..published.found_tokens import SpecialTokens
    >>> from ..published.vocabs import Vocab
    >>> codec = Codec(Vocab.from_merges(bytes(range(256)), [(97, 98)]), Pattern("gpt2"), SpecialTokens({}))
    >>> found = next_ids(codec, codec.finder(), [97])
    >>> 97 in found, 98 in found, 256 in found
    (True, False, True)
    """
    known = {*codec.vocab.tokens, *finder.early.ids.values()}
    return [token_id for token_id in sorted(known) if is_viable(codec, finder, [*ids, token_id])]


def is_viable(codec: Codec, finder: TokenFinder, ids: Sequence[int]) -> bool:
    """Whether some text has these ids as its first ids."""
    text, wanted = codec.decode_bytes(ids), list(ids)
    return any(codec.encode(text + more, finder)[: len(ids)] == wanted for more in continuations(kinds(codec), text))


def kinds(codec: Codec) -> list[bytes]:
    """A character of each kind, and those that the pattern names; and a letter after white space."""
    return [
        more.encode() for more in (*dict.fromkeys(KINDS + codec.pattern.source), *(space + "a" for space in SPACES))
    ]


def continuations(kinds: Sequence[bytes], text: bytes) -> Iterator[bytes]:
    """Yields what is tried after a text: what completes its last character, and then nothing, or one of ``kinds``."""
    cut = max((at for at in range(len(text)) if text[at] & 0xC0 != 0x80), default=0)
    char = text[cut:]
    if is_text(text):
        yield from (b"", *kinds)
    elif is_text(text[:cut]) and len(char) < length_of(char):
        ends = list(completions(char, length_of(char) - len(char)))
        for more in (b"", *kinds):
            yield from (end + more for end in ends)


def completions(char: bytes, missing: int) -> Iterator[bytes]:
    """Yields what completes a character that lacks some bytes. The next byte decides whether there is such a character."""
    firsts = [byte for byte in range(0x80, 0xC0) if is_text(char + bytes([byte, *[0x80] * (missing - 1)]))]
    yield from map(bytes, product(firsts, *[range(0x80, 0xC0)] * (missing - 1)))


def length_of(char: bytes) -> int:
    """How many bytes a character has that begins with these."""
    return 1 + (char[0] >= 0xC0) + (char[0] >= 0xE0) + (char[0] >= 0xF0)


def is_text(data: bytes) -> bool:
    """Whether some bytes are UTF-8."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
