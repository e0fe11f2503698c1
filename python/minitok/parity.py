"""Training that is fair to several languages: parity-aware BPE (SPEC T14, T15).

Plain training gives most tokens to the language with the most text, and the others need more ids to say the same. Here each
language is counted apart, and each merge goes to the one that is worst off.

Costs: those of ``train`` for all texts together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Real
from typing import TYPE_CHECKING

from .arguments import check_string
from .backend import load_backend
from .corpus.counting import Counting
from .corpus.counts import PieceCounts, check_special
from .corpus.learning import Job, check_bound
from .corpus.progress import start_progress
from .corpus.report import TrainingReport
from .definition import Definition
from .errors import TrainingError
from .reference.more.parity import ParityOptions
from .reference.pretokenize import DEFAULT_PATTERN
from .reference.published.names import pattern_named
from .tokenizer import Tokenizer

if TYPE_CHECKING:
    from .backend import BackendName
    from .corpus.learning import ByteOrder
    from .corpus.progress import Progress, Show

    Texts = Iterable[str | bytes] | PieceCounts

__all__ = ["train_parity"]


def train_parity(
    texts: Mapping[str, Texts],
    vocab_size: int,
    *,
    dev: Mapping[str, Texts] | None = None,
    ratio: Mapping[str, float] | None = None,
    window: int | None = None,
    alpha: float = 2.0,
    global_merges: int = 0,
    pattern: str | None = None,
    special_tokens: Sequence[str] = (),
    byte_order: ByteOrder = "identity",
    min_frequency: int = 1,
    max_token_length: int | None = None,
    backend: BackendName | None = None,
    threads: int | None = None,
    max_memory: int | None = None,
    progress: bool | Callable[[Progress], object] = False,
    name: str | None = None,
) -> Tokenizer:
    """Trains a tokenizer that is fair to several languages.

    Each merge is the most frequent pair of the language that is worst off, and is made in the texts of all. The merges are
    those of ``ParityBpeTrainer`` of ``tokenizers``; ties are decided as there, by the characters that GPT-2's files have for
    bytes.

    Args:
        texts: For each language, under any name, what ``train`` takes: documents, or what ``count_pieces`` or
            ``count_pieces_in_files`` has counted. The order matters only where two languages are equally badly off.
        vocab_size: The number of ids: 256 bytes, the merges, and the special tokens.
        dev: Development texts for each language, which should say the same in each: the language whose texts need the most
            tokens is worst off. Recommended: without them, the amount of text, or its bytes, stands in for its content.
        ratio: For each language, how much its texts should become shorter, relative to the others: the language
            that lags behind most is worst off. Lengths are in bytes, of which Devanagari, say, needs 2.5 times those of Latin
            script for the same content.
        window: If given, a language that has had more than ``alpha`` / L of this many last merges is passed over, where L is
            how many languages there are.
        alpha: See ``window``.
        global_merges: The first merges are those of all texts together, as in ``train``.
        pattern: See ``train``. By default that of the counts, if some are given, else ``o200k``.
        special_tokens: See ``train``. They are cut out of all texts.
        byte_order: See ``train``.
        min_frequency: A language in which no other pair is so frequent is passed over; training stops when all are.
        max_token_length: See ``train``.
        backend: See ``train``.
        threads: See ``train``.
        max_memory: How many bytes counting a language may use; see ``train``.
        progress: See ``train``.
        name: See ``train``.

    Returns:
        The tokenizer. ``definition.trained["languages"]`` says how many merges each language has chosen.

    Raises:
        TrainingError: There is no language, a language has no text, ``dev`` or ``ratio`` are not of the same languages, or the
            options cannot be met.
        PatternError: The pattern is malformed, or means different things to the two backends.
        TypeError: An argument has the wrong type; the message says which.

    Costs O(n) time to count n bytes; see docs/spec.md, T14 and T15. Source: https://arxiv.org/abs/2508.04796.

    >>> texts = {"en": ["the cat, the dog"] * 50, "de": ["der Hund"] * 2}
    >>> dev = {"en": ["the dog"], "de": ["der Hund"]}
    >>> tok = train_parity(texts, 256 + 4, dev=dev)
    >>> tok.definition.trained["languages"]
    {'en': 2, 'de': 2}
    >>> [len(tok.encode(text)) for text in ("the dog", "der Hund")]
    [5, 6]
    """
    check_string(name, "name")
    check_languages("texts", texts)
    if not texts:
        raise TrainingError("there are no languages: texts is empty")
    if dev is not None and ratio is not None:
        raise TrainingError("dev and ratio both say which language is worst off: pass one of them")
    for what, given in (("dev", dev), ("ratio", ratio)):
        if given is not None:
            check_languages(what, given, texts)
    given_counts = [counts for counts in [*texts.values(), *(dev or {}).values()] if isinstance(counts, PieceCounts)]
    if given_counts:
        pattern = given_counts[0].pattern if pattern is None else pattern
        special_tokens = special_tokens or given_counts[0].special_tokens
    job = Job(vocab_size, check_special(special_tokens), "smallest_ids", byte_order, min_frequency, max_token_length)
    options = ParityOptions(
        check_number("global_merges", global_merges, least=0),
        None if ratio is None else tuple(check_positive(f"ratio of {each!r}", ratio[each]) for each in texts),
        None if window is None else check_number("window", window, least=1),
        check_positive("alpha", alpha),
    )
    counting = Corpora(
        DEFAULT_PATTERN if pattern is None else pattern_named(pattern), job.special, backend, threads, max_memory
    )
    with start_progress(progress) as show:
        with job.watch.phase("counting"):
            languages = {each: counting.counts("texts", each, texts[each], show) for each in texts}
            development = {} if dev is None else {each: counting.counts("dev", each, dev[each], show) for each in texts}
        return Tokenizer(learn(languages, development, job, options, show, name, keep=bool(given_counts)))


class Corpora:
    """The counting of several corpora, one after the other, with the same options."""

    def __init__(
        self, pattern: str, special: list[str], backend: str | None, threads: int | None, max_memory: int | None
    ) -> None:
        self.options = pattern, special, load_backend(backend).name, threads, max_memory
        self.read = 0

    def counts(self, what: str, language: str, texts: Texts, show: Show) -> PieceCounts:
        pattern, special, backend, _, _ = self.options
        if isinstance(texts, (str, bytes, Mapping)):
            raise TypeError(
                f"{what} of {language!r} must be an iterable of texts, or PieceCounts, not {type(texts).__name__}"
            )
        if isinstance(texts, PieceCounts):
            if texts.pattern != pattern or texts.special_tokens != special:
                raise TrainingError(
                    f"{what} of {language!r} were counted with the pattern {texts.pattern!r} and the special tokens "
                    f"{texts.special_tokens}, not with {pattern!r} and {special}"
                )
            counts = texts.with_backend(backend)
        else:
            with Counting(*self.options) as counting:
                counting.add_texts(texts, shown_after(self.read, show))
                counts = counting.counts()
        if not len(counts):
            raise TrainingError(f"{what} of {language!r} are empty")
        self.read += counts.bytes
        return counts


def learn(
    languages: Mapping[str, PieceCounts],
    development: Mapping[str, PieceCounts],
    job: Job,
    options: ParityOptions,
    show: Show,
    name: str | None,
    *,
    keep: bool,
) -> Definition:
    """Learns a tokenizer from counts. Consumes them unless ``keep`` is set."""
    first = next(iter(languages.values()))
    backend = load_backend(first.backend)
    counters = [[counts.counter for counts in each.values()] for each in (languages, development)]
    base = backend.vocab.from_merges(job.byte_order, []), 256
    with job.watch.phase("merging"):
        merges, turns, _, ties, stop = backend.train_parity(
            *counters, job.options, options, base, lambda made: show("merging", made, job.n_merges), keep
        )
    every = languages.values()
    report = TrainingReport(
        stop,
        len(merges),
        ties,
        sum(counts.documents for counts in every),
        sum(counts.bytes for counts in every),
        sum(counts.pieces for counts in every),
        sum(len(counts) for counts in every),
        tuple(job.watch.phases),
    )
    return Definition.of(
        backend.vocab.from_merges(job.byte_order, merges),
        backend.name,
        pattern=first.pattern,
        special_tokens={token: 256 + len(merges) + index for index, token in enumerate(job.special)},
        name=name,
        trained={
            "vocab_size": job.vocab_size,
            "min_frequency": job.min_frequency,
            "max_token_length": job.max_token_length,
            "languages": {language: turns.count(index) for index, language in enumerate(languages)},
            **({"global_merges": turns.count(len(languages))} if options.global_merges else {}),
            **({"ratio": dict(zip(languages, options.ratio))} if options.ratio else {}),
            **({"window": options.window, "alpha": options.alpha} if options.window else {}),
            **report.to_dict(),
        },
    )


def shown_after(read: int, show: Show) -> Show:
    """Shows progress in bytes after those that have been read before."""

    def after(phase: str, done: int, _total: int | None, _cpu: float | None = None, /) -> object:
        return show(phase, read + done, None)

    return after


def check_languages(what: str, given: object, languages: Mapping[str, object] | None = None) -> None:
    """Whether an argument has something for each language, under its name."""
    if not isinstance(given, Mapping):
        raise TypeError(f"{what} must be a mapping from languages, not {type(given).__name__}")
    for language in given:
        if not isinstance(language, str):
            raise TypeError(f"the languages of {what} must be str, not {type(language).__name__}")
    if languages is not None:
        for missing in (language for language in languages if language not in given):
            raise TrainingError(f"{what} has nothing for the language {missing!r}")
        for other in (language for language in given if language not in languages):
            raise TrainingError(f"{what} has the language {other!r}, for which there are no texts")


def check_number(option: str, value: int, *, least: int) -> int:
    if not (least == 0 and value == 0 and not isinstance(value, bool)):
        check_bound(option, value)
    return value


def check_positive(option: str, value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{option} must be a number, not {type(value).__name__}")
    if not 0 < value < float("inf"):
        raise TrainingError(f"{option} must be positive and finite, not {value}")
    return float(value)
