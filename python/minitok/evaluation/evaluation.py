"""The record of an evaluation: what each tokenizer makes of each group of documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from ..arguments import check_iterable, check_tokenizer
from ..corpus.files import batches
from ..corpus.progress import start_progress
from ..data import human_rights
from ..extras import np
from .measures import entropy, gini, interval, ratio, renyi_efficiency, resampled, worst_tenth
from .morphemes import counts_of, morpheme_row, words_of
from .page import page
from .paper import csv_of, latex_of
from .probes import probe
from .record import Row, Summary
from .tally import BATCH, Tally, TextSizes, as_str, units

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from matplotlib.figure import Figure

    from ..corpus.progress import Progress
    from ..reference.text import Text
    from ..tokenizer import Tokenizer
    from .morphemes import Between
    from .record import MorphemeRow

# Each distinct word of so much of a group is encoded by itself, to see which words stay whole.
WORDS_OF = 1 << 22


@dataclass(frozen=True)
class Evaluation:
    """Rows, one for each tokenizer and group, a summary for each tokenizer, and what was found of morphemes, by group.

    Attributes:
        rows: What each tokenizer makes of each group.
        summaries: What each tokenizer makes of all groups.
        base: The group that the others are compared with; None if there is none.
        morphemes: What each tokenizer does to words with known morphemes.
        not_nfc: How many documents are not in NFC, by group, without the groups in which all are. Text is usually typed in
            NFC. The same text with accents as characters of their own has more tokens, so the figures of such a group may
            say nothing about its language.
    """

    rows: list[Row]
    summaries: list[Summary]
    base: str | None
    morphemes: list[MorphemeRow]
    not_nfc: dict[str, int]

    def to_dict(self) -> dict[str, Any]:
        """The record as data, ready for JSON."""
        return asdict(self)

    def to_html(self) -> str:
        """The record as a page that stands by itself."""
        return page(self.rows, self.summaries, self.base, self.morphemes, self.not_nfc)

    def to_csv(self) -> str:
        """The rows as CSV, with a line of names. An interval is two columns; what has no value is empty."""
        return csv_of(self.rows)

    def to_latex(self) -> str:
        """A table for LaTeX and booktabs: the premiums of the groups, or bytes per token where they are not parallel."""
        return latex_of(self.rows, self.summaries)

    def figure(self, *, dark: bool = False) -> Figure:
        """The premiums by group as a figure of Matplotlib, which ``savefig`` writes as PDF, SVG or PNG.

        Raises:
            ValueError: No group is parallel to the base, so there is no premium to draw.
            ModuleNotFoundError: Matplotlib is missing.
        """
        if all(row.premium is None for row in self.rows):
            raise ValueError("there is nothing to draw: no group has as many documents as a base")
        from ..explain.plots import languages

        return languages(self.rows, dark=dark)


def evaluate(
    tokenizers: Mapping[str, Tokenizer] | Sequence[Tokenizer],
    texts: Mapping[str, Iterable[Text] | Callable[[], Iterable[Text]]] | None = None,
    *,
    base: str | None = None,
    prices: Mapping[str, float] | None = None,
    context: int | None = None,
    morphemes: Mapping[str, Iterable[str]] | None = None,
    resamples: int = 1000,
    seed: int = 0,
    threads: int | None = None,
    progress: bool | Callable[[Progress], object] = False,
) -> Evaluation:
    """Measures tokenizers on the same texts. Special tokens are ordinary text.

    Args:
        tokenizers: By name; in a sequence, each has the name of its encoding.
        texts: Documents by group, or a function that gives them; by default the 30 articles of the Universal Declaration of
            Human Rights in 34 languages, which are parallel.
        base: The group that the others are compared with, document by document; ``English`` by default, if there is one. Groups
            with another number of documents have no premium.
        prices: Price per million tokens for each tokenizer, by name, in any currency.
        context: The size of a model's context, in tokens.
        morphemes: Words by group, a language each, with a bar between their morphemes: ``un|break|able``.
        resamples: How often documents, and words, are drawn for the intervals.
        seed: The seed of those draws.
        threads: The number of threads; by default one per processor.
        progress: True for a bar, or a function that is called with a ``Progress``; in bytes.

    Raises:
        ValueError: There is no tokenizer, no text, two tokenizers have one name, or the base is not a group; a morpheme is
            empty, a word holds white space, or no word of a group has two morphemes.
        VocabularyError: There are morphemes, and a tokenizer whose tokens do not spell the text (BPE with an unknown token).

    Costs O(n) time for each tokenizer, at the speed of encoding, and microseconds a word with morphemes; memory for one batch,
    those words, and 8 bytes a document.

    >>> from minitok import Tokenizer
    >>> found = evaluate({"bytes": Tokenizer([])}, {"English": ["ab c", "d"], "Greek": ["αβ λ", "δ"]})
    >>> [(row.group, row.tokens, row.tokens_per_word, row.premium) for row in found.rows]
    [('English', 5, 1.6666666666666667, 1.0), ('Greek', 9, 3.0, 1.8)]
    """
    named = names_of(tokenizers)
    if texts is not None and not isinstance(texts, Mapping):
        raise TypeError(f"texts must be a mapping of names to texts, not {type(texts).__name__}")
    groups = {name: list(articles) for name, articles in human_rights().items()} if texts is None else dict(texts)
    if not groups:
        raise ValueError("no texts: give at least one group")
    if base is None:
        base = "English" if "English" in groups else None
    elif base not in groups:
        raise ValueError(f"base {base!r} is not one of the groups: {', '.join(groups)}")
    words = {name: words_of(name, written) for name, written in (morphemes or {}).items()}
    for tok in named.values() if words else ():
        tok.definition.check("give offsets")
    held: dict[str, Group] = {}
    total = sum(getattr(documents, "size", 0) for documents in groups.values()) or None
    with start_progress(progress) as show:
        done = 0
        for name, documents in groups.items():
            group = held[name] = Group(named)
            for batch in batches(documents() if callable(documents) else documents, BATCH):
                group.add(batch, threads)
                show("evaluating", done + getattr(documents, "read", group.sizes.read), total)
            done += getattr(documents, "read", group.sizes.read)
    between = intervals(resamples, seed)
    rows = []
    for name in named:
        for group_name, group in held.items():
            parallel = base is not None and group.documents == held[base].documents
            rows.append(group.row(name, group_name, held[base] if base is not None and parallel else None, between))
    price = prices or {}
    summaries = [
        summary(name, tok, held, [row for row in rows if row.tokenizer == name], price.get(name), context)
        for name, tok in named.items()
    ]
    found = [
        morpheme_row(name, group_name, counts_of(tok, written, threads), between)
        for group_name, written in words.items()
        for name, tok in named.items()
    ]
    not_nfc = {name: group.sizes.not_nfc for name, group in held.items() if group.sizes.not_nfc}
    return Evaluation(rows, summaries, base, found, not_nfc)


def intervals(resamples: int, seed: int) -> Between:
    """The interval of a ratio of two counts of the same units. Units are drawn once for each number of them."""
    drawn = cache(partial(resampled, resamples=resamples, seed=seed))
    return lambda top, bottom: interval(drawn(len(top)), top, bottom) if len(top) else None


def names_of(tokenizers: Mapping[str, Tokenizer] | Sequence[Tokenizer]) -> dict[str, Tokenizer]:
    """The tokenizers by name."""
    if hasattr(tokenizers, "items"):
        pairs = [(name, tok) for name, tok in tokenizers.items() if check_tokenizer(tok, f"the tokenizer {name!r}")]
    else:
        listed = check_iterable(tokenizers, "tokenizers", "Tokenizer")
        pairs = [
            (check_tokenizer(tok, "each").definition.name or f"tokenizer of {tok.vocab_size:,} ids", tok)
            for tok in listed
        ]
    named = dict(pairs)
    if len(named) < len(pairs):
        raise ValueError(f"two tokenizers have one name: {', '.join(name for name, _ in pairs)}; give them by name")
    if not named:
        raise ValueError("no tokenizer: give at least one")
    return named


class Group:
    """The counts of a group."""

    def __init__(self, tokenizers: Mapping[str, Tokenizer]) -> None:
        self.sizes = TextSizes()
        self.tallies = {name: Tally(tok) for name, tok in tokenizers.items()}
        self.words: dict[str, int] = {}

    def add(self, batch: Sequence[Text], threads: int | None) -> None:
        """Counts documents under every tokenizer."""
        if self.sizes.read < WORDS_OF:
            for text in batch:
                for word in as_str(text).split():
                    self.words[word] = self.words.get(word, 0) + 1
        self.sizes.add(batch)
        for tally in self.tallies.values():
            tally.add(batch, threads)

    @property
    def documents(self) -> int:
        return len(self.sizes.bytes)

    def row(self, name: str, group: str, base: Group | None, between: Between) -> Row:
        """The measures of a tokenizer, with the group that it is compared with."""
        sizes, tally = self.sizes, self.tallies[name]
        tokens, size, words = units(tally.tokens), units(sizes.bytes), units(sizes.words)
        n_tokens = int(tokens.sum())
        of_base = units(base.tallies[name].tokens) if base is not None else None
        return Row(
            tokenizer=name,
            group=group,
            documents=self.documents,
            bytes=int(size.sum()),
            chars=sum(sizes.chars),
            words=int(words.sum()),
            tokens=n_tokens,
            bytes_per_token=ratio(size.sum(), n_tokens),
            bytes_per_token_interval=between(size, tokens),
            chars_per_token=ratio(sum(sizes.chars), n_tokens),
            tokens_per_word=ratio(n_tokens, words.sum()),
            tokens_per_word_interval=between(tokens, words),
            premium=ratio(n_tokens, of_base.sum()) if of_base is not None else None,
            premium_interval=between(tokens, of_base) if of_base is not None else None,
            whole_words=self.whole_words(tally.tok),
            broken=ratio(tally.broken(), n_tokens),
        )

    def whole_words(self, tok: Tokenizer) -> float | None:
        """The share of the words that are one token, each with the space before it that it has in a text."""
        before = "" if tok.definition.prefix else " "
        counts = np.asarray(tok.count_batch([before + word for word in self.words]))
        times = np.fromiter(self.words.values(), np.int64, len(self.words))
        return ratio(times[counts == 1].sum(), times.sum())


def summary(
    name: str,
    tok: Tokenizer,
    groups: Mapping[str, Group],
    rows: Sequence[Row],
    price: float | None,
    context: int | None,
) -> Summary:
    """A tokenizer on all groups together."""
    counts = sum((group.tallies[name].counts for group in groups.values()), np.zeros(tok.vocab_size, np.int64))
    found = set(tok.definition.found_tokens.values())
    ordinary = [token_id for token_id in tok.definition.vocab.tokens if token_id not in found]
    unused = int((counts[ordinary] == 0).sum()) if ordinary else 0
    chars, tokens = sum(row.chars for row in rows), sum(row.tokens for row in rows)
    premiums = [row.premium for row in rows if row.premium is not None]
    parallel = len(premiums) > 1
    return Summary(
        tokenizer=name,
        vocab_size=tok.vocab_size,
        bytes_per_token=ratio(sum(row.bytes for row in rows), tokens),
        entropy=entropy(counts),
        renyi_efficiency=renyi_efficiency(counts),
        used=1 - unused / len(ordinary) if ordinary else 0.0,
        unused=unused,
        gini=gini([row.tokens for row in rows if row.premium is not None]) if parallel else None,
        worst_tenth=worst_tenth(premiums) if parallel else None,
        price=price * tokens / chars if price is not None and chars else None,
        context=int(context * chars / tokens) if context is not None and tokens else None,
        probes=probe(tok),
    )
