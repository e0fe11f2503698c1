"""The interface of Hugging Face's ``tokenizers`` over minitok: ``import minitok.compat.tokenizers as tokenizers``.

``Tokenizer`` and ``Encoding`` with their methods, defaults and results, ``AddedToken``, every normalizer, pre-tokenizer,
decoder and post-processor, also in Python, and the three tokenizers of BPE that are put together. A ``tokenizer.json`` is read
if minitok gives the ids that ``tokenizers`` gives; otherwise it is refused with a typed error that names the reason. Ids are
made at once, in Rust, unless a component is in Python or no codec takes it; tokens, offsets and words when they are read.

What differs: models other than BPE are refused; nothing is downloaded; no input panics; a lone surrogate is U+FFFD; what a
component in Python raises is a ``ComponentError``, also while text is encoded.

The files, in the order in which to read them: ``options`` and ``components`` (what all components have), ``normalized_string``
and ``pre_tokenized_string`` (what they change), ``normalizers``, ``pre_tokenizers`` with ``matching``, ``decoders`` with
``decode_stream``, ``processors``, ``models``, ``added``, ``shown`` (how they are printed); ``trainers`` and ``training``;
``recipe`` and ``pipeline`` (what a tokenizer is, and what it does: ids and columns from a codec) and ``steps`` (from the
components one by one, where no codec takes them); ``columns`` and ``encoded_text``, ``encoding``, ``settings`` (truncation and
padding), ``processing`` and ``batches``; ``tokenizer`` and ``implementations``.

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
    "AddedToken", "ByteLevelBPETokenizer", "CharBPETokenizer", "Encoding", "NormalizedString", "PreTokenizedString",
    "Regex", "SentencePieceBPETokenizer", "Token", "Tokenizer", "decoders", "models", "normalizers", "pre_tokenizers",
    "processors", "trainers",
]  # fmt: skip
