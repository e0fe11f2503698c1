"""Training in two stages: words first, then tokens of several words (SPEC T13)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..backend import load_backend
from ..definition import Definition
from ..errors import TrainingError

if TYPE_CHECKING:
    from ..backend import Emit
    from .counts import PieceCounts
    from .learning import Job
    from .progress import Show

# Lines, but for numbers, of which three digits go together at most.
LINES = r"\p{N}{1,3}|[^\p{N}\r\n]+|[\r\n]+"
# What the code of SuperBPE bars.
MAX_WORDS = 4
BARRED = (": ",)


def train_superwords(
    count: Callable[..., PieceCounts],
    patterns: tuple[str, str],
    superwords: int,
    job: Job,
    show: Show,
    trace: Emit | None,
    name: str | None,
    max_words: int | None,
    barred: Sequence[str | bytes],
) -> Definition:
    """Learns a tokenizer whose last merges may be superwords.

    ``count`` gives the counts of the pieces of a pattern, to be trained on from bytes, or from ``vocab=``. ``patterns``
    are those of both stages. ``job`` is the whole training.
    """
    if not 1 <= superwords <= job.n_merges:
        raise TrainingError(f"superwords {superwords} is not between 1 and {job.n_merges}, the number of merges")
    words = replace(job, vocab_size=job.vocab_size - superwords)
    counts = count(patterns[0])
    merges, trained = words.learn(counts, show, trace, None, keep=False)
    vocab = load_backend(counts.backend).vocab.from_merges(job.byte_order, merges)
    first = 256 + len(merges)
    more_size = first + superwords
    phrases = replace(job, vocab_size=more_size, special=[], least=first, max_words=max_words, barred=barred)
    counts = count(patterns[1], vocab=vocab)
    more, trained_more = phrases.learn(counts, show, trace, (vocab, first), keep=False)
    merges += more
    special = {token: 256 + len(merges) + index for index, token in enumerate(job.special)}
    return Definition.of(
        load_backend(counts.backend).vocab.from_merges(job.byte_order, merges),
        counts.backend,
        pattern=patterns[1],
        special_tokens=special,
        name=name,
        trained={
            **trained_more,
            "vocab_size": job.vocab_size,
            "merges": len(merges),
            "ties": trained["ties"] + trained_more["ties"],
            "superwords": len(more),
            "word_pattern": patterns[0],
        },
    )
