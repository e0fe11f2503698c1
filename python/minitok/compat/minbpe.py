"""minbpe's classes over minitok: ``from minitok.compat.minbpe import BasicTokenizer, RegexTokenizer, GPT4Tokenizer``.

The names, the attributes that its lessons look at (``merges``, ``vocab``, ``pattern``, ``special_tokens``), the files and the
merges are minbpe's: of equal counts, the pair seen first. Code and exercises written for it run unchanged, at the speed of the
compiled core. What differs: text that the pattern does not match is kept, where minbpe drops it; training ends where no pair
is left, where minbpe fails; and the vocabulary of ``GPT4Tokenizer`` holds the bytes themselves, where minbpe's are shuffled.

>>> from minitok.compat.minbpe import BasicTokenizer
>>> tok = BasicTokenizer()
>>> tok.train("aaabdaaabac", 256 + 3)
>>> tok.encode("aaabdaaabac"), tok.merges
([258, 100, 258, 97, 99], {(97, 97): 256, (256, 97): 257, (257, 98): 258})
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import minitok
from minitok.explain.visible import visible
from minitok.formats.files import write_atomically

__all__ = ["BasicTokenizer", "GPT4Tokenizer", "RegexTokenizer", "Tokenizer"]

GPT2_SPLIT_PATTERN = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
GPT4_SPLIT_PATTERN = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"
)


class Tokenizer:
    """What the classes share: merges, a pattern and special tokens, and the files that hold them."""

    def __init__(self) -> None:
        self.merges: dict[tuple[int, int], int] = {}
        self.pattern = ""
        self.special_tokens: dict[str, int] = {}
        self.vocab: dict[int, bytes] = {byte: bytes([byte]) for byte in range(256)}
        self._made: tuple[object, minitok.Tokenizer] | None = None

    @property
    def tokenizer(self) -> minitok.Tokenizer:
        """The same as a tokenizer of minitok."""
        state = (tuple(self.merges), self.pattern, tuple(self.special_tokens.items()))
        if self._made is None or self._made[0] != state:
            made = minitok.Tokenizer(
                list(self.merges), pattern=self.pattern or "none", special_tokens=self.special_tokens
            )
            self._made = state, made
        return self._made[1]

    def train(self, text: str, vocab_size: int, verbose: bool = False) -> None:
        """Learns up to ``vocab_size`` tokens; ``verbose`` prints each merge.

        Raises:
            TrainingError: ``vocab_size`` is below 256.
        """
        events: list[dict[str, Any]] = []
        trace = events.append if verbose else None
        tok = minitok.train([text], vocab_size, pattern=self.pattern or "none", tie_break="first_seen", trace=trace)
        self.merges = {pair: 256 + number for number, pair in enumerate(tok.merges)}
        self.vocab = self._build_vocab()
        for done, event in enumerate((event for event in events if event["event"] == "train_merge"), 1):
            pair, made, count = tuple(event["winner"]), event["id"], event["count"]
            named = f"{pair} -> {made} ({self.vocab[made]!r})"
            print(f"merge {done}/{vocab_size - 256}: {named} had {count} occurrences")  # noqa: T201

    def encode(self, text: str) -> list[int]:
        return self.tokenizer.encode(text)

    def decode(self, ids: Iterable[int]) -> str:
        """The text of the ids; what is not UTF-8 becomes U+FFFD. Raises UnknownTokenError for an id that is none."""
        return self.tokenizer.decode(ids)

    def save(self, file_prefix: str) -> None:
        """Writes ``file_prefix.model``, which ``load`` reads, and ``file_prefix.vocab``, which is for people."""
        self.tokenizer.save(f"{file_prefix}.model", format="minbpe")
        self.save_vocab(f"{file_prefix}.vocab")

    def save_vocab(self, vocab_file: str) -> None:
        """Writes the tokens to a file, a line each, with the two that were merged."""
        pairs = {made: pair for pair, made in self.merges.items()}
        lines = []
        shown = {token_id: visible(token).replace("\n", "") for token_id, token in self.vocab.items()}
        for token_id, token in shown.items():
            parts = "".join(f"[{shown[part]}]" for part in pairs.get(token_id, ()))
            lines.append(f"{parts}{' -> ' if parts else ''}[{token}] {token_id}\n")
        write_atomically(vocab_file, "".join(lines).encode())

    def load(self, model_file: str) -> None:
        """Reads a ``.model`` file, of this class or of minbpe's."""
        tok = minitok.load(model_file)
        self.pattern = "" if tok.pattern == "none" else tok.pattern
        self.merges = {pair: 256 + number for number, pair in enumerate(tok.merges)}
        self.special_tokens = tok.special_tokens
        self.vocab = self._build_vocab()

    def _build_vocab(self) -> dict[int, bytes]:
        tokens, _, _ = self.tokenizer.definition.vocabulary()
        return tokens | {token_id: name.encode() for name, token_id in self.special_tokens.items()}


class BasicTokenizer(Tokenizer):
    """Byte-pair encoding of the whole text: no pattern and no special tokens."""


class RegexTokenizer(Tokenizer):
    """With a split pattern, that of GPT-4 unless another is given, and special tokens."""

    def __init__(self, pattern: str | None = None) -> None:
        super().__init__()
        self.pattern = GPT4_SPLIT_PATTERN if pattern is None else pattern
        self.inverse_special_tokens: dict[int, str] = {}

    def register_special_tokens(self, special_tokens: Mapping[str, int]) -> None:
        """Gives the tokenizer its special tokens."""
        self.special_tokens = dict(special_tokens)
        self.inverse_special_tokens = {token_id: name for name, token_id in self.special_tokens.items()}

    def encode_ordinary(self, text: str) -> list[int]:
        """The ids of a text in which no special token is looked for."""
        return self.tokenizer.encode(text)

    def encode(self, text: str, allowed_special: str | set[str] = "none_raise") -> list[int]:
        """The ids of a text.

        Args:
            text: The text.
            allowed_special: Which special tokens are found: ``"all"``, ``"none"``, a set of them, or ``"none_raise"``:
                a text that has one is refused.

        Raises:
            AssertionError: A special token stands in the text, under ``"none_raise"``.
            ValueError: ``allowed_special`` is none of these.
        """
        if isinstance(allowed_special, str) and allowed_special not in ("all", "none", "none_raise"):
            raise ValueError(f"allowed_special={allowed_special} not understood")
        if allowed_special == "none":
            return self.encode_ordinary(text)
        if allowed_special == "none_raise":
            if found := next((name for name in self.special_tokens if name in text), None):
                raise AssertionError(f"the text contains the special token {found!r}")
            return self.encode_ordinary(text)
        return self.tokenizer.encode(text, allowed_special=allowed_special)


class GPT4Tokenizer(RegexTokenizer):
    """The tokenizer of GPT-4, complete: it is not trained, saved or loaded."""

    def __init__(self) -> None:
        super().__init__()
        tok = minitok.get_encoding("cl100k_base")
        self._gpt4 = tok
        _, merges, _ = tok.definition.vocabulary()
        self.merges = {(left, right): made for left, right, made, _ in merges}
        self.byte_shuffle = {byte: tok.token_id(bytes([byte])) for byte in range(256)}
        self.register_special_tokens(tok.special_tokens)
        self.vocab = self._build_vocab()

    @property
    def tokenizer(self) -> minitok.Tokenizer:
        """The same as a tokenizer of minitok."""
        return self._gpt4

    def train(self, text: str, vocab_size: int, verbose: bool = False) -> None:
        raise NotImplementedError("GPT4Tokenizer is trained already")

    def save(self, file_prefix: str) -> None:
        raise NotImplementedError("GPT4Tokenizer cannot be saved.")

    def load(self, model_file: str) -> None:
        raise NotImplementedError("GPT4Tokenizer cannot be loaded.")
