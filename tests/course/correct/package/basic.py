"""The whole text as one chunk."""

from .base import Tokenizer


class BasicTokenizer(Tokenizer):
    def train(self, text, vocab_size, verbose=False):
        self.learn([list(text.encode("utf-8"))], vocab_size, verbose)

    def encode(self, text):
        return self.encode_ids(list(text.encode("utf-8")))
