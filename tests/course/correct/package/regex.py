"""The text in chunks, and special tokens. The file has the name of the module that it imports, as minbpe's has."""

import regex as re

from .base import Tokenizer

DIGITS = r"\p{N}{1,3}"
GPT4_SPLIT_PATTERN = "|".join(
    [
        r"'(?i:[sdmt]|ll|ve|re)",
        r"[^\r\n\p{L}\p{N}]?+\p{L}+",
        DIGITS,
        r" ?[^\s\p{L}\p{N}]++[\r\n]*",
        r"\s*[\r\n]",
        r"\s+(?!\S)",
        r"\s+",
    ]
)


class RegexTokenizer(Tokenizer):
    def __init__(self, pattern=None):
        super().__init__()
        self.pattern = GPT4_SPLIT_PATTERN if pattern is None else pattern

    def train(self, text, vocab_size, verbose=False):
        self.learn([list(chunk.encode("utf-8")) for chunk in re.findall(self.pattern, text)], vocab_size, verbose)

    def register_special_tokens(self, special_tokens):
        self.special_tokens = special_tokens
        self.vocab = self.build_vocab()

    def _encode_chunk(self, text_bytes):
        return self.encode_ids(list(text_bytes))

    def encode_ordinary(self, text):
        return [idx for chunk in re.findall(self.pattern, text) for idx in self._encode_chunk(chunk.encode("utf-8"))]

    def encode(self, text, allowed_special="none_raise"):
        if allowed_special == "all":
            special = self.special_tokens
        elif allowed_special in ("none", "none_raise"):
            special = {}
            assert allowed_special == "none" or not any(name in text for name in self.special_tokens)
        else:
            special = {name: idx for name, idx in self.special_tokens.items() if name in allowed_special}
        ids, rest = [], text
        while rest:
            starts = [(rest.index(name), -len(name), name) for name in special if name in rest]
            at, _, name = min(starts, default=(len(rest), 0, ""))
            ids += self.encode_ordinary(rest[:at])
            ids += [special[name]] if name else []
            rest = rest[at + len(name) :]
        return ids
