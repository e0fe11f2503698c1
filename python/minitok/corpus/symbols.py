"""Training of symbols: BPE with an unknown token, as ``BpeTrainer`` of ``tokenizers`` learns it.

Pieces become symbols: the characters that are kept, with the prefix and the suffix. Each symbol has an id, and a piece is
written as one character for each: the id, far above all text. So the trainer sees pieces of characters that are all of one
length in bytes, and learns the merges of ``tokenizers``: pairs by count, then by id. Where all characters stand for bytes, the
bytes are the symbols, and pieces of bytes are learnt as they were counted.

Two things there depend on the order of a hash map: which of equally frequent characters ``limit_alphabet`` keeps, and the ids
of symbols with a prefix or a suffix, by which ties are broken. Here the smaller code points are kept, and ids follow the order
of the pieces, sorted.

By hand, with the suffix ``</w>`` and the words ``ab`` twice and ``b``: the characters ``a`` 0 and ``b`` 1; the symbol
``b</w>`` 2; the pieces 0 2, twice, and 2. (0, 2) with 2 makes ``ab</w>`` 3.

Costs: those of training; the distinct pieces are read some times in Python.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..backend import load_backend
from ..errors import TrainingError
from ..extras import array_of
from ..formats.byte_level import BYTES, to_chars
from ..reference.published.characters import Symbols
from ..reference.published.metaspace import MARKER
from ..reference.published.words import WordCutter
from ..reference.train import TrainOptions
from .counting import count_pieces
from .counts import PieceCounts

if TYPE_CHECKING:
    from ..definition import Definition
    from ..reference.more.parity import ParityOptions

    Pair = tuple[str, str]
    # Pieces of characters; or of bytes, whose symbols they are already.
    Counts = Counter[str] | PieceCounts

# The character of symbol 0; each has four bytes.
FIRST = 0x10000
SIZE = 4
# The most symbols that there are such characters for.
MOST = 0x110000 - FIRST
# Words that the first character tells from the white space between them.
BY_SPACE = (r"\w+|[^\w\s]+", r"\S+")
WHITE_SPACE = frozenset("\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000").union(
    map(chr, range(0x2000, 0x200B))
)


@dataclass(frozen=True)
class SymbolOptions:
    """The options of ``BpeTrainer``.

    Attributes:
        vocab_size: The most tokens, of all kinds.
        special_tokens: The first tokens.
        min_frequency: Pairs that occur less often are not merged.
        limit_alphabet: The most characters; None: all.
        initial_alphabet: Characters that have a token even if no text has them.
        prefix: Stands before each symbol of a piece but the first.
        suffix: Stands after the last symbol of a piece.
        max_token_length: Tokens are shorter than this, in symbols; two are always merged. None: of any length.
    """

    vocab_size: int
    special_tokens: Sequence[str] = ()
    min_frequency: int = 1
    limit_alphabet: int | None = None
    initial_alphabet: Collection[str] = ()
    prefix: str = ""
    suffix: str = ""
    max_token_length: int | None = None


@dataclass(frozen=True)
class Learnt:
    """The tokens and their ids, and the merges as pairs of tokens."""

    vocab: dict[str, int]
    merges: list[Pair]


def count_words(texts: Iterable[str], definition: Definition) -> Counter[str]:
    """How often each piece of the texts occurs, in the notation of ``tokenizers``.

    ``definition``: what is done to text before it is merged. Its tokens do not matter.
    """
    has_markers = definition.prefix not in (None, "bytes")
    counts: Counter[str] = Counter()
    for piece, count in counted(texts, definition):
        text = piece.decode() if definition.symbols is not None else to_chars(piece)
        counts[text.replace(" ", MARKER.decode()) if has_markers else text] += count
    return counts


def counted(texts: Iterable[str], definition: Definition) -> Iterator[tuple[bytes, int]]:
    """Each piece and how often it occurs."""
    codec, words, pattern = definition.codec(), definition.words, definition.pattern
    segments: Iterator[bytes] = (segment[0] for text in texts for segment in codec.segments(text, ()))
    by_space = words in BY_SPACE
    if by_space:
        # White space is counted, too, and left out afterwards: faster than leaving it out before.
        pattern = str(words) if pattern == "none" else f"{words}(?#then){pattern}"
    elif words is not None:
        cut, found = load_backend(definition.backend).pattern(pattern), WordCutter(words, None)
        segments = (piece for segment in segments for piece in found.pieces(cut, segment))
        pattern = "none"
    counts = count_pieces(segments, pattern=pattern, backend=definition.backend)
    for piece, count in counts.to_dict().items():
        if not by_space or piece.decode()[0] not in WHITE_SPACE:
            yield piece, count


def learn_symbols(counts: Counts, options: SymbolOptions, backend: str | None = None) -> Learnt:
    """Learns tokens from the pieces.

    Raises:
        TrainingError: A merge makes a token that there is already, which is another rule than T10; or there are too many
            symbols.
    """
    ids = first_ids([counts], options)
    return named(ids, merged(counts, ids, options, backend), options)


def learn_symbols_by_turns(
    languages: Sequence[Counts],
    development: Sequence[Counts],
    options: SymbolOptions,
    parity: ParityOptions,
    *,
    total: bool,
) -> Learnt:
    """Learns tokens from the pieces of several languages, as ``ParityBpeTrainer`` of ``tokenizers`` does.

    ``vocab_size`` is the number of merges, or with ``total`` that of all tokens. Development pieces with a symbol that the
    others do not have are left out.
    """
    chosen: Any = load_backend()
    ids = first_ids([*languages, *development], options)
    counters = [counter_of(chosen, counts, ids, options) for counts in languages]
    known = [counts if isinstance(counts, PieceCounts) else known_words(counts, ids, options) for counts in development]
    measured = [counter_of(chosen, counts, ids, options) for counts in known]
    size = options.vocab_size - len(ids) if total else options.vocab_size
    base, plain = base_of(chosen, languages[0], ids), train_options(size, languages[0], options)
    parity = replace(parity, names=tuple(ids), prefix=options.prefix)
    pairs, *_ = chosen.train_parity(counters, measured, plain, parity, base)
    return named(ids, pairs, options)


def first_ids(corpora: Sequence[Counts], options: SymbolOptions) -> dict[str, int]:
    """The ids of the special tokens, then of the characters that are kept."""
    names = list(dict.fromkeys(options.special_tokens))
    names += sorted(alphabet_of(corpora, options) - set(names))
    return {name: number for number, name in enumerate(names)}


def known_words(counts: Counter[str], ids: dict[str, int], options: SymbolOptions) -> Counter[str]:
    """The pieces all of whose symbols have ids."""
    return Counter({word: n for word, n in counts.items() if ids.keys() >= symbols_of(word, options)})


def symbols_of(word: str, options: SymbolOptions) -> set[str]:
    inner = {(options.prefix if at else "") + char for at, char in enumerate(word[:-1])}
    return {*word, *inner, (options.prefix if len(word) > 1 else "") + word[-1:] + options.suffix}


def named(ids: dict[str, int], pairs: Iterable[tuple[int, int]], options: SymbolOptions) -> Learnt:
    """The tokens that pairs of ids make, after those that have ids already."""
    tokens, learnt = list(ids), []
    for left, right in pairs:
        made = tokens[left] + tokens[right].removeprefix(options.prefix)
        if ids.setdefault(made, len(tokens)) != len(tokens):
            raise TrainingError(
                f"a merge makes the token {made!r} again, which has one id in tokenizers and two in minitok"
            )
        learnt.append((tokens[left], tokens[right]))
        tokens.append(made)
    return Learnt(ids, learnt)


def alphabet_of(corpora: Sequence[Counts], options: SymbolOptions) -> set[str]:
    """The characters that are kept: the initial ones, then the most frequent."""
    seen: Counter[str] = Counter()
    for counts in corpora:
        if isinstance(counts, PieceCounts):
            seen.update(to_chars(bytes(set().union(*counts.to_dict()))))
        else:
            for word, count in counts.items():
                for char in word:
                    seen[char] += count
    initial = set(options.initial_alphabet)
    kept = sorted(initial | seen.keys(), key=lambda char: (char not in initial, -seen[char], char))
    return set(kept[: options.limit_alphabet])


def numbered(counts: Counter[str], ids: dict[str, int], options: SymbolOptions) -> Counter[str]:
    """The pieces as the characters of their symbols' ids; new symbols are added to the ids."""
    words: Counter[str] = Counter()
    for word, count in sorted(counts.items()):
        symbols = [
            ids.setdefault(
                (options.prefix if at else "") + char + (options.suffix if at == len(word) - 1 else ""), len(ids)
            )
            for at, char in enumerate(word)
            if char in ids
        ]
        if len(ids) > MOST:
            raise TrainingError(f"there are {len(ids)} symbols; the most is {MOST}")
        words["".join(chr(FIRST + symbol) for symbol in symbols)] += count
    del words[""]
    return words


def merged(counts: Counts, ids: dict[str, int], options: SymbolOptions, backend: str | None) -> list[tuple[int, int]]:
    """The merges as pairs of ids; new symbols are added to the ids."""
    chosen: Any = load_backend(backend)
    counter = counter_of(chosen, counts, ids, options)
    plain = train_options(options.vocab_size - len(ids), counts, options)
    merges, *_ = chosen.train(counter, plain, None, None, base_of(chosen, counts, ids))
    return list(merges)


def base_of(backend: Any, counts: Counts, ids: dict[str, int]) -> tuple[Any, int]:
    """The vocabulary of the symbols, and the id of the first merge."""
    if isinstance(counts, PieceCounts):
        symbols = Symbols("bytes")
        tokens = {bytes([BYTES[name]]): number for name, number in ids.items() if name in BYTES}
    else:
        symbols = Symbols("characters")
        tokens = {chr(FIRST + number).encode(): number for number in ids.values()}
    return backend.vocab.from_tokens(tokens, [], False, symbols=symbols), len(ids)


def counter_of(backend: Any, counts: Counts, ids: dict[str, int], options: SymbolOptions) -> Any:
    """A counter that has these pieces, as their symbols."""
    if isinstance(counts, PieceCounts):
        return counts.counter
    words = numbered(counts, ids, options)
    counter = backend.piece_counter(backend.pattern("none"), backend.special_tokens({}))
    pieces = [word.encode() for word in words]
    sizes, times = array_of(map(len, pieces), "uint32"), array_of(words.values(), "int64")
    counter.add_pieces(b"".join(pieces), sizes, times, 0, 0)
    return counter


def train_options(n_merges: int, counts: Counts, options: SymbolOptions) -> TrainOptions:
    """The options of the trainer, which sees pieces of symbols."""
    limit, size = options.max_token_length, 1 if isinstance(counts, PieceCounts) else SIZE
    return TrainOptions(
        n_merges=max(0, n_merges),
        min_frequency=max(1, options.min_frequency),
        max_token_length=None if limit is None else size * max(2, limit - 1),
    )
