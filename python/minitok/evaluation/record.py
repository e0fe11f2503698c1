"""What an evaluation says of one tokenizer: on one group of documents, on all of them, and on words with known morphemes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Interval = tuple[float, float] | None


@dataclass(frozen=True)
class Row:
    """One tokenizer on one group of documents. Intervals are at 95 %, by bootstrap over documents; None stands for no value.

    Attributes:
        tokenizer: The name of the tokenizer.
        group: The name of the group: a language, a field, a file.
        documents: How many documents.
        bytes: Their size in UTF-8.
        chars: Their characters, in code points.
        words: What white space separates.
        tokens: Their tokens.
        bytes_per_token: Compression, and its interval.
        chars_per_token: The same in characters.
        tokens_per_word: Fertility, and its interval; it means little where words are not separated by spaces.
        premium: Tokens, relative to those of the base group, and its interval; None if the documents are not the same.
        whole_words: The share of the words that are one token, with the space before.
        broken: The share of the tokens that hold a part of a character.
    """

    tokenizer: str
    group: str
    documents: int
    bytes: int
    chars: int
    words: int
    tokens: int
    bytes_per_token: float | None
    bytes_per_token_interval: Interval
    chars_per_token: float | None
    tokens_per_word: float | None
    tokens_per_word_interval: Interval
    premium: float | None
    premium_interval: Interval
    whole_words: float | None
    broken: float | None


@dataclass(frozen=True)
class Summary:
    """One tokenizer on all groups.

    Attributes:
        tokenizer: The name of the tokenizer.
        vocab_size: One more than its highest id.
        bytes_per_token: Over all groups.
        entropy: Of the ids, in bits a token.
        renyi_efficiency: At alpha 2.5.
        used: The share of the tokens that occur, special and added tokens left out.
        unused: How many never occur.
        gini: Over the tokens of parallel groups: 0 if all languages need as many. None if the groups are not parallel.
        worst_tenth: The mean premium of the tenth of the groups that pay most.
        price: Of a million characters, over all groups, if a price was given.
        context: The characters that a context holds, if a size was given.
        probes: Numbers, dates, code and white space (``probes.probe``).
    """

    tokenizer: str
    vocab_size: int
    bytes_per_token: float | None
    entropy: float
    renyi_efficiency: float | None
    used: float
    unused: int
    gini: float | None
    worst_tenth: float | None
    price: float | None
    context: int | None
    probes: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class MorphemeRow:
    """One tokenizer on the words of one group, each encoded alone. Intervals are as in ``Row``, over words.

    Attributes:
        tokenizer: The name of the tokenizer.
        group: The name of the group: a language.
        words: How many words.
        one_token: The share of the words that are one token, and its interval. The next two leave out words without a cut.
        morphscore: The share of the borders of morphemes at which a token ends, and its interval.
        precision: The share of the ends of tokens inside words that are borders of morphemes, and its interval.
    """

    tokenizer: str
    group: str
    words: int
    one_token: float | None
    one_token_interval: Interval
    morphscore: float | None
    morphscore_interval: Interval
    precision: float | None
    precision_interval: Interval
