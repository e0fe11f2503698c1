"""Fits a vocabulary to a corpus: drops the tokens that it does not use, and gives the new id of each old one.

``Tokenizer.prune`` says what is kept. Why the texts of the corpus keep their tokens: merging makes a token from two others and
never takes one apart. So within the bytes of a token that a text ends up with, the merges are those that make the token from
its bytes alone: what happens outside them neither allows nor forbids a merge inside. If the tokens on that way are kept, the
pruned vocabulary has every merge that was made in the corpus, and no merge that the old one had not. The lowest rank of those
possible is then the same at each step.

By hand, with the merges 0: (a, b) -> X, 1: (X, c) -> Y, 2: (b, c) -> Z and the corpus ``abc``: Y is used, X is on the way to
it; Z is dropped, and with it merge 2. ``bc`` was Z and is ``b c`` now: other text takes more tokens, and decodes to itself.

With a limit, tokens are ranked by how often the corpus *makes* them, as a token of a text or on the way to one. What is on the
way to a token is made at least as often, so that a vocabulary that is cut off in this order stays closed.

Costs: encoding the corpus, or its distinct pieces; then O(V log V) for V tokens.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..arguments import allowed_tokens, check_int, check_iterable, is_bool
from ..backend import load_backend
from ..definition import IDENTITY
from ..errors import VocabularyError
from ..extras import is_array
from ..reference.merging import GONE, merge_parts
from ..reference.published.characters import characters
from ..reference.text import utf8
from .counting import BATCH, checked
from .counts import PieceCounts
from .files import batches
from .learning import check_pieces

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ..backend import Codec, Vocab
    from ..definition import Definition

    Uses = npt.NDArray[np.int64]
    Pair = tuple[int, int]


def shrink(base: Definition, vocab_size: int) -> Definition:
    """See ``Tokenizer.shrink``."""
    made = [token_id for _, _, token_id, _ in base.vocab.merges]
    ascending = all(earlier <= later for earlier, later in zip(made, made[1:], strict=False))
    if base.byte_order is None or not ascending or (made and made[0] < len(IDENTITY)):
        raise VocabularyError("only a vocabulary of single bytes and then merges, in the order of ids, can be shrunk")
    # An id with two names stays one id.
    old_ids = sorted(set(base.found_tokens.values()))
    below = check_int(vocab_size, "vocab_size") - len(old_ids)
    least, most = 256 + len(old_ids), max([256, *(token_id + 1 for token_id in made[-1:])]) + len(old_ids)
    if not least <= vocab_size <= most:
        raise VocabularyError(f"vocab_size {vocab_size} is not between {least} and {most}")
    new_ids = {old: below + index for index, old in enumerate(old_ids)}
    vocab = base.vocab.truncate(sum(token_id < below for token_id in made))
    lost = [token_id for token_id in base.vocab.tokens if token_id < below and vocab.token_bytes(token_id) is None]
    if lost:
        raise VocabularyError(f"no merge makes the token {min(lost)}, which shrinking would drop")
    return base.replace(vocab=vocab, name=base.name, **renumbered(base, new_ids))


def renumbered(base: Definition, new_ids: Mapping[int, int]) -> dict[str, Any]:
    """Returns the special and the added tokens with other ids."""
    special = {name: new_ids[old] for name, old in base.special_tokens.items()}
    return {"special_tokens": special, "added_tokens": {name: new_ids[old] for name, old in base.added_tokens.items()}}


# Numbers from here on downwards are not ids: they mark merges.
LAST = GONE - 1


def prune(
    base: Definition,
    corpus: PieceCounts | Iterable[str | bytes] | npt.NDArray[Any],
    *,
    keep: Iterable[int | str | bytes] = (),
    vocab_size: int | None = None,
    allowed_special: Collection[str] | str = (),
    threads: int = 1,
) -> tuple[Definition, npt.NDArray[np.int64]]:
    """Returns a tokenizer without the tokens that a corpus does not use, and the new id of each old one.

    Kept are the tokens that the corpus uses, those that they are made of, the bytes, the special tokens and what
    ``keep`` names, in their order and without gaps. The texts of the corpus keep their tokens; any other text still
    decodes to itself, at the cost of more tokens. ``extend`` first and ``prune`` then exchange one language for another.

    Args:
        base: The definition of the tokenizer.
        corpus: Texts; or counts from ``count_pieces`` with this pattern and these special tokens; or how often each id
            occurs, as ``numpy.bincount`` counts the ids of a corpus that has been encoded.
        keep: Further tokens to keep, as ids, ``bytes`` or ``str``.
        vocab_size: At most this many ids: of the tokens that the corpus uses, those that it makes most often, as
            tokens of its texts or on the way to them. Without a limit, all of them.
        allowed_special: As for ``encode``, for texts.
        threads: How many to use; by default one per processor.

    Returns:
        The tokenizer, and an array of shape (old ``vocab_size``,) of int64 that holds the new id of each old one, or -1.
        The rows of an embedding that are kept are ``embedding[new_ids >= 0]``, in the order of the new ids.

    Raises:
        VocabularyError: ``vocab_size`` leaves no room for what must be kept, or ``keep`` names no token.
        TrainingError: The counts are of other pieces.

    Costs encoding the corpus, or its distinct pieces, and some seconds for 200,000 tokens.
    """
    base.check("be pruned")
    allowed = allowed_tokens(allowed_special, base.special_tokens)
    ways = Ways(base.vocab)
    kept = ways.closed(wanted_ids(base, keep)) | first_ids(base.vocab) | set(base.found_tokens.values())
    if vocab_size is not None and check_int(vocab_size, "vocab_size") < len(kept):
        raise VocabularyError(
            f"vocab_size {vocab_size} is below {len(kept)}, the number of bytes, special tokens and tokens to keep"
        )
    made = ways.made(uses_of(base, corpus, allowed, threads))
    rest = (token_id for token_id in ranked(made, ways.tokens) if token_id not in kept)
    kept.update(rest if vocab_size is None else [new for new, _ in zip(rest, range(vocab_size - len(kept)))])
    return with_ids(base, ways, sorted(kept))


class Marked(NamedTuple):
    """The merges of a vocabulary, some of which make other ids: rank and id by pair."""

    merges: dict[Pair, tuple[int, int]]
    marked: dict[Pair, tuple[int, int]]

    def merge_of(self, left: int, right: int) -> tuple[int, int] | None:
        """Returns the rank of a merge, and what it makes; None if the two do not merge."""
        return self.marked.get((left, right)) or self.merges.get((left, right))


class Ways:
    """The tokens of a vocabulary, and which two tokens each is made of when text is encoded."""

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab
        self.tokens = dict(vocab.tokens)
        self.merges = [tuple(merge) for merge in vocab.merges]
        self.pairs: dict[int, Pair] = {}
        # The pairs of each token that several merges make.
        self.several: dict[int, list[Pair]] = {}
        for left, right, made, _ in self.merges:
            if made in self.pairs:
                self.several.setdefault(made, [self.pairs[made]]).append((left, right))
            self.pairs.setdefault(made, (left, right))
        self.by_pair = {(left, right): (rank, made) for left, right, made, rank in self.merges} if self.several else {}

    def parts(self, token_id: int) -> Pair | None:
        """Returns what a token is made of; None for one that no merge makes."""
        if token_id in self.several:
            last = self.last_merge(token_id, self.several.pop(token_id))
            # A token that merging never gives is found as a whole piece only, and needs none of its merges.
            self.pairs[token_id] = last or self.pairs[token_id]
        return self.pairs.get(token_id)

    def last_merge(self, token_id: int, pairs: Sequence[Pair]) -> Pair | None:
        """Returns the last merge when the bytes of a token with several merges are encoded, if that gives the token."""
        # Each pair makes an id of its own, which says at the end which of them it was.
        marked = {pair: (self.by_pair[pair][0], LAST - number) for number, pair in enumerate(pairs)}
        begin: list[int] = self.first_parts(self.tokens[token_id])
        ids = merge_parts(Marked(self.by_pair, marked).merge_of, begin)
        return pairs[LAST - ids[0]] if len(ids) == 1 and ids[0] <= LAST else None

    def first_parts(self, token: bytes) -> list[int]:
        """Returns the ids that a piece begins as (SPEC S1)."""
        fallback, token_id = self.vocab.fallback, self.vocab.token_id
        if fallback is None:
            singles = (token_id(bytes([byte])) for byte in token)
            return [single for single in singles if single is not None]
        ids: list[int] = []
        for char in characters(token):
            whole = token_id(char)
            ids += [fallback[byte] for byte in char] if whole is None else [whole]
        return ids

    def closed(self, wanted: Iterable[int]) -> set[int]:
        """Returns the tokens that are wanted, and those on the way to them."""
        found: set[int] = set()
        left = list(wanted)
        while left:
            token_id = left.pop()
            if token_id not in found:
                found.add(token_id)
                left += self.parts(token_id) or ()
        return found

    def made(self, uses: dict[int, int]) -> dict[int, int]:
        """Returns how often each token is made, from how often each is found in text."""
        made = dict(uses)
        # Longest first: when a token's turn comes, everything that it is a part of has been counted.
        by_length: dict[int, list[int]] = {}
        for token_id in uses:
            by_length.setdefault(len(self.tokens.get(token_id, b"")), []).append(token_id)
        for length in range(max(by_length, default=0), 0, -1):
            for token_id in by_length.get(length, ()):
                for part in self.parts(token_id) or ():
                    if part not in made:
                        made[part] = 0
                        by_length.setdefault(len(self.tokens[part]), []).append(part)
                    made[part] += made[token_id]
        return made


def ranked(made: dict[int, int], tokens: dict[int, bytes]) -> list[int]:
    """The tokens that are made, most often first; of those made equally often, a shorter one first: it may be a part."""
    found = [token_id for token_id, count in made.items() if count and token_id in tokens]
    return sorted(found, key=lambda token_id: (-made[token_id], len(tokens[token_id]), token_id))


def first_ids(vocab: Vocab) -> set[int]:
    """The ids without which some text would have none: those of the bytes."""
    if vocab.fallback is not None:
        return set(vocab.fallback)
    return {found for byte in range(256) if (found := vocab.token_id(bytes([byte]))) is not None}


def wanted_ids(base: Definition, keep: Iterable[int | str | bytes]) -> Iterator[int]:
    for item in check_iterable(keep, "keep", "ids or tokens"):
        if isinstance(item, (str, bytes)):
            found = base.special_tokens.get(item) if isinstance(item, str) else None
            found = base.vocab.token_id(utf8(item)) if found is None else found
        elif hasattr(type(item), "__index__") and not is_bool(item):
            found = int(item)
            known = found in base.special_tokens.values() or (
                0 <= found < 1 << 31 and base.vocab.token_bytes(found) is not None
            )
            found = found if known else None
        else:
            raise TypeError(f"a token to keep must be an id, str or bytes, not {type(item).__name__}")
        if found is None:
            raise VocabularyError(f"keep names {item!r}, which is not a token")
        yield found


def uses_of(
    base: Definition,
    corpus: PieceCounts | Iterable[str | bytes] | npt.NDArray[Any],
    allowed: list[str] | None,
    threads: int,
) -> dict[int, int]:
    """How often the corpus has each id."""
    from ..extras import np

    uses = np.zeros(base.vocab_size, np.int64)
    if isinstance(corpus, PieceCounts):
        add_pieces(uses, base, corpus, threads)
    elif is_array(corpus):
        if corpus.ndim != 1 or corpus.dtype.kind not in "iu" or len(corpus) > len(uses) or (corpus < 0).any():
            raise VocabularyError(
                f"counts of ids must be an array of whole numbers, one for each of the {len(uses):,} ids at most; "
                "they are not ids"
            )
        uses[: len(corpus)] = corpus
    else:
        codec = base.codec()
        for batch in batches(checked(corpus), BATCH):
            ids, _ = codec.encode_batch_to_numpy(batch, allowed, threads)
            uses += np.bincount(ids, minlength=len(uses))
    used = np.flatnonzero(uses)
    return dict(zip(used.tolist(), uses[used].tolist(), strict=True))


def add_pieces(uses: Uses, base: Definition, counts: PieceCounts, threads: int) -> None:
    """Counts the ids of pieces. They are encoded as they stand: cut once more, a piece could fall apart."""
    from ..extras import np

    if base.normalizer or base.late_tokens or base.prefix or base.token_flags or base.words or base.word_end:
        raise VocabularyError("cannot prune from counts: this tokenizer preprocesses text; pass texts instead")
    check_pieces(counts, base)
    codec: Codec = base.replace(pattern="none").codec()
    pieces = iter(counts.to_dict().items())
    while batch := [item for item, _ in zip(pieces, range(1 << 16))]:
        ids, offsets = codec.encode_batch_to_numpy([piece for piece, _ in batch], [], threads)
        lengths = np.diff(offsets.astype(np.int64))
        np.add.at(uses, ids, np.repeat(np.array([count for _, count in batch], np.int64), lengths))


def with_ids(base: Definition, ways: Ways, kept: list[int]) -> tuple[Definition, npt.NDArray[np.int64]]:
    """Returns the definition with the kept ids only, renumbered in their order, and the new id of each old one."""
    from ..extras import np

    new = {old: index for index, old in enumerate(kept)}
    map_ = np.full(base.vocab_size, -1, np.int64)
    map_[kept] = np.arange(len(kept))
    left = [merge for merge in ways.merges if new.keys() >= set(merge[:3])]
    if all(made == rank for _, _, made, rank in left):
        ranks = new  # as in tiktoken's files
    else:
        ranks = {rank: index for index, rank in enumerate(sorted({rank for *_, rank in left}))}
    merges = [(new[a], new[b], new[made], ranks[rank]) for a, b, made, rank in left]
    tokens = {new[old]: token for old, token in ways.tokens.items() if old in new}
    fallback = None if base.vocab.fallback is None else [new[old] for old in base.vocab.fallback]
    vocab = load_backend(base.backend).vocab(tokens, merges, base.vocab.whole_pieces, fallback, base.vocab.drops_bytes)
    trained = {**(base.trained or {}), "pruned_from": base.vocab_size}
    return base.replace(vocab=vocab, trained=trained, **renumbered(base, new)), map_
