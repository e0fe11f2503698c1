"""What a vocabulary does, in numbers: for ``plots``, or for your own figures.

One training answers every question about size: merges are prefix-nested, so the vocabulary of any smaller size is a prefix of
the largest one (SPEC T9).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..data import human_rights
from ..encodings import get_encoding
from ..reference.text import utf8

if TYPE_CHECKING:
    from ..tokenizer import Tokenizer

__all__ = ["Bill", "bytes_per_token", "language_bill", "merge_counts", "sizes", "token_lengths", "use"]

BILLED = ("gpt2", "cl100k_base", "o200k_base")


def sizes(tokenizer: Tokenizer, number: int = 12) -> list[int]:
    """Vocabulary sizes from the bytes alone to all of the tokenizer, evenly spaced on a logarithmic scale of merges.

    >>> from minitok import train
    >>> sizes(train(["low lower lowest"], 264), 4)
    [256, 257, 259, 263]
    """
    n_found = len(set(tokenizer.definition.found_tokens.values()))
    n_merges = len(tokenizer.merges)
    steps = [round(n_merges ** (step / max(1, number - 2))) for step in range(number - 1)] if n_merges else []
    return [256 + n_found + merges for merges in sorted({0, *steps})]


def bytes_per_token(tokenizer: Tokenizer, texts: Iterable[str | bytes], vocab_sizes: Sequence[int]) -> list[float]:
    """Returns the average number of bytes a token holds, for the tokenizer truncated to each size.

    >>> from minitok import train
    >>> bytes_per_token(train(["low low low"], 258), ["low low"], [256, 257, 258])
    [1.0, 1.4, 2.3333333333333335]
    """
    held = [utf8(text) for text in texts]
    n_bytes = sum(map(len, held))
    return [n_bytes / max(1, sum(tokenizer.shrink(size).count_batch(held))) for size in vocab_sizes]


def merge_counts(events: Iterable[Mapping[str, Any]]) -> list[int]:
    """How often each merge's pair occurred when it was chosen, in the order of merging, from a training's trace.

    >>> from minitok import train
    >>> events = []
    >>> tok = train(["low lower lowest"], 259, trace=events.append)
    >>> merge_counts(events)
    [3, 3, 2]
    """
    return [event["count"] for event in events if event["event"] == "train_merge"]


def token_lengths(tokenizer: Tokenizer) -> dict[int, int]:
    """How many tokens there are of each length in bytes; special tokens do not count.

    >>> from minitok import Tokenizer
    >>> token_lengths(Tokenizer([(97, 98), (256, 99)]))
    {1: 256, 2: 1, 3: 1}
    """
    tokens, _, _ = tokenizer.definition.vocabulary()
    return dict(sorted(Counter(map(len, tokens.values())).items()))


def use(tokenizer: Tokenizer, texts: Iterable[str | bytes]) -> dict[int, int]:
    """Returns how often each id occurs in the texts, including those that never do, without special tokens.

    >>> from minitok import Tokenizer
    >>> counts = use(Tokenizer([(97, 98), (98, 99)]), ["abc ab"])
    >>> counts[256], counts[257]
    (2, 0)
    """
    tokens, _, _ = tokenizer.definition.vocabulary()
    counts = dict.fromkeys(sorted(tokens), 0)
    for ids in tokenizer.encode_batch(texts):
        for token_id in ids:
            counts[token_id] += 1
    return counts


@dataclass(frozen=True)
class Bill:
    """The same sentences in many languages: tokens by encoding and language."""

    tokens: dict[str, dict[str, int]]
    base: str

    def relative(self, encoding: str) -> dict[str, float]:
        """The tokens of each language relative to those of the base."""
        counts = self.tokens[encoding]
        return {language: count / max(1, counts[self.base]) for language, count in counts.items()}

    def price(self, encoding: str, per_million: float, sentences: int = 1) -> dict[str, float]:
        """Returns what a number of such sentences costs in each language, at a price per million tokens.

        >>> bill = Bill({"gpt2": {"English": 30, "Greek": 250}}, "English")
        >>> bill.price("gpt2", per_million=2.0, sentences=100_000)
        {'English': 6.0, 'Greek': 50.0}
        """
        return {language: count * sentences * per_million / 1e6 for language, count in self.tokens[encoding].items()}


def language_bill(
    encodings: Sequence[str | Tokenizer] = BILLED, texts: Mapping[str, str] | None = None, base: str = "English"
) -> Bill:
    """Count the tokens of the same text in many languages, under each encoding.

    Args:
        encodings: Names of published encodings, or tokenizers.
        texts: The text by language; without it, Article 1 of the Universal Declaration of Human Rights.
        base: The language that the others are compared with.

    Raises:
        ValueError: The base is not among the languages.

    >>> bill = language_bill(["gpt2", "o200k_base"])
    >>> [bill.tokens[name]["Hindi"] for name in bill.tokens]
    [296, 54]
    """
    texts = {language: articles[0] for language, articles in human_rights().items()} if texts is None else texts
    if base not in texts:
        raise ValueError(f"base {base!r} is not one of the languages: {', '.join(texts)}")
    tokens: dict[str, dict[str, int]] = {}
    for encoding in encodings:
        tok = get_encoding(encoding) if isinstance(encoding, str) else encoding
        name = tok.name or f"tokenizer of {tok.n_vocab:,} ids"
        tokens[name] = {language: tok.count(text) for language, text in texts.items()}
    return Bill(tokens, base)
