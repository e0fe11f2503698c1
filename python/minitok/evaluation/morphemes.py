"""How well tokens follow morphemes: words whose morphemes are known, and where the tokens cut them.

A word is written with a bar between its morphemes, ``un|break|able``, one a line in a file, and encoded alone. Borders are
offsets in the bytes of the normalized word, so that a token that ends inside a character does not end at a border. A word has
no space: a space in its tokens is a marker of the tokenizer, and is left out.

By hand: where ``baked`` is the tokens ``ba``, ``k``, ``ed``, they are cut at 2 and 3, and the first morpheme of ``bak|ed`` ends
at 3: one border, which one of two cuts finds.

>>> counted(("bak", "ed"), [b"ba", b"k", b"ed"])
Counted(tokens=3, borders=1, cuts=2, found=1)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

from ..corpus.compression import opened
from ..errors import FileFormatError
from ..reference.text import utf8
from .measures import ratio
from .record import MorphemeRow
from .tally import units

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from ..tokenizer import Tokenizer
    from .record import Interval

    Word = tuple[str, ...]
    # The interval of a ratio of two counts of the same units.
    Between = Callable[[npt.NDArray[Any], npt.NDArray[Any]], Interval]

MARK = "|"
# The longest word in characters, bars included: each border costs a look at the word.
LONGEST = 1000
# More bytes than such a line has: with a mark of the byte order before it, and an end of two bytes.
MOST_BYTES = 4 * LONGEST + 6


class Counted(NamedTuple):
    """How many tokens a word is, borders between its morphemes, cuts between its tokens, and borders that are cuts."""

    tokens: int
    borders: int
    cuts: int
    found: int


def counted(word: Word, tokens: Sequence[bytes], normalize: Callable[[str], str] = str) -> Counted:
    """Compares where tokens and morphemes end.

    Where normalizing changes the text across the end of a morpheme, and where tokens do not spell the word, nothing is found.
    """
    parts = [part for token in tokens if (part := token.replace(b" ", b""))]
    cuts = set(accumulate(map(len, parts[:-1])))

    def normalized(morphemes: Sequence[str]) -> bytes:
        return utf8(normalize("".join(morphemes))).replace(b" ", b"")

    whole = normalized(word)
    ends = set()
    for at in range(1, len(word)) if cuts and b"".join(parts) == whole else ():
        before = normalized(word[:at])
        if before + normalized(word[at:]) == whole:
            ends.add(len(before))
    return Counted(len(parts), len(word) - 1, len(cuts), len(cuts & ends))


def counts_of(tok: Tokenizer, words: Sequence[Word], threads: int | None = None) -> list[Counted]:
    """Encodes each word by itself.

    Raises:
        VocabularyError: The tokens do not spell the text (BPE with an unknown token).

    >>> from minitok import Tokenizer
    >>> counts_of(Tokenizer([(101, 100)]), [("b", "ed")])
    [Counted(tokens=2, borders=1, cuts=1, found=1)]
    """
    tok.definition.check("give offsets")
    spelled, normalize = cache(tok.token_bytes), tok.definition.normalize
    encoded = tok.encode_batch(["".join(word) for word in words], threads=threads)
    return [counted(word, [spelled(token_id) for token_id in ids], normalize) for word, ids in zip(words, encoded)]


def morpheme_row(tokenizer: str, group: str, found: Sequence[Counted], between: Between) -> MorphemeRow:
    """The measures of a tokenizer on the words of a group."""
    whole, n_words = units([word.tokens == 1 for word in found]), units([1] * len(found))
    # A word without a cut is left out.
    borders = units([word.borders if word.cuts else 0 for word in found])
    hits, cuts = units([word.found for word in found]), units([word.cuts for word in found])
    return MorphemeRow(
        tokenizer=tokenizer,
        group=group,
        words=len(found),
        one_token=ratio(whole.sum(), n_words.sum()),
        one_token_interval=between(whole, n_words),
        morphscore=ratio(hits.sum(), borders.sum()),
        morphscore_interval=between(hits, borders),
        precision=ratio(hits.sum(), cuts.sum()),
        precision_interval=between(hits, cuts),
    )


def word_of(written: str) -> Word:
    """The morphemes of a word as it is written.

    Raises:
        ValueError: A morpheme is empty, there is white space, or the word is longer than ``LONGEST``.

    >>> word_of("un|break|able")
    ('un', 'break', 'able')
    """
    if len(written) > LONGEST:
        raise ValueError(f"{len(written):,} characters are too many for a word")
    morphemes = tuple(written.split(MARK))
    if not all(morphemes):
        raise ValueError(f"an empty morpheme: {written!r}" if written else "an empty word")
    if any(map(str.isspace, written)):
        raise ValueError(f"white space in a word: {written!r}; give words with {MARK} between their morphemes")
    return morphemes


def words_of(group: str, written: Iterable[str]) -> list[Word]:
    """The words of a group.

    Raises:
        ValueError: A word is malformed, or none has two morphemes.
    """
    words = []
    for number, each in enumerate(written, 1):
        try:
            words.append(word_of(each))
        except ValueError as error:
            raise ValueError(f"morphemes of {group!r}, word {number}: {error}") from None
    if reason := lacking(words):
        raise ValueError(f"morphemes of {group!r}: {reason}")
    return words


def lacking(words: Sequence[Word]) -> str | None:
    """Why nothing can be measured on these words, if so."""
    if not words:
        return "no words"
    return None if any(len(word) > 1 for word in words) else f"no word has two morphemes, with {MARK} between them"


def read_words(paths: Sequence[Path]) -> dict[str, list[str]]:
    """Returns the words of files, as they are written, by the names of the files without suffixes.

    Raises:
        FileFormatError: A line is not UTF-8 or malformed, or no word of a file has two morphemes.
    """
    named: dict[str, list[str]] = {}
    for path in paths:
        named.setdefault(path.name.split(".")[0] or path.name, []).extend(words_in(path))
    return named


def words_in(path: Path) -> list[str]:
    """The lines of a file, each a word that is well formed."""
    lines, words = [], []
    with opened(path) as (stream, _):
        for number, line in enumerate(iter(lambda: stream.readline(MOST_BYTES), b""), 1):
            try:
                if len(line) == MOST_BYTES:
                    raise ValueError(f"more than {LONGEST:,} characters are too many for a word")
                written = line.rstrip(b"\r\n").decode("utf-8-sig" if number == 1 else "utf-8")
                words.append(word_of(written))
            except UnicodeDecodeError as error:
                raise FileFormatError(path, f"not UTF-8: byte {error.start + 1} of the line", number) from None
            except ValueError as error:
                raise FileFormatError(path, str(error), number) from None
            lines.append(written)
    if reason := lacking(words):
        raise FileFormatError(path, reason)
    return lines
