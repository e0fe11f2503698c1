"""The interface of Hugging Face's ``tokenizers`` over minitok: ``import minitok.compat.tokenizers as tokenizers``.

``Tokenizer`` and ``Encoding`` with their methods, defaults and results, ``AddedToken``, and the components that BPE code names.
A ``tokenizer.json`` is read if minitok gives the ids that ``tokenizers`` gives; otherwise it is refused with a typed error that
names the reason. Ids are made at once, in Rust; tokens, offsets and words of an encoding when they are read.

What differs: models other than BPE are refused; nothing is downloaded; no input panics; a lone surrogate is U+FFFD.

>>> import minitok
>>> import minitok.compat.tokenizers as tokenizers
>>> tok = tokenizers.Tokenizer.from_minitok(minitok.get_encoding("gpt2"))
>>> tok.enable_padding(length=4)
>>> encoding = tok.encode("hello world")
>>> encoding.ids, encoding.attention_mask, encoding.offsets[:2]
([31373, 995, 0, 0], [1, 1, 0, 0], [(0, 5), (5, 11)])
"""

from . import decoders, models, normalizers, pre_tokenizers, processors, trainers
from .added import AddedToken
from .encoding import Encoding
from .implementations import ByteLevelBPETokenizer, CharBPETokenizer, SentencePieceBPETokenizer
from .models import Token
from .normalized_string import NormalizedString
from .options import Regex
from .pre_tokenized_string import PreTokenizedString
from .tokenizer import Tokenizer

__all__ = [
    "AddedToken",
    "ByteLevelBPETokenizer",
    "CharBPETokenizer",
    "Encoding",
    "NormalizedString",
    "PreTokenizedString",
    "Regex",
    "SentencePieceBPETokenizer",
    "Token",
    "Tokenizer",
    "decoders",
    "models",
    "normalizers",
    "pre_tokenizers",
    "processors",
    "trainers",
]
