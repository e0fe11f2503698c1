"""Hugging Face's ``tokenizer.json``, for BPE of bytes and of characters, with byte fallback or an unknown token.

A file is read if minitok gives the ids that ``tokenizers`` gives; otherwise it is refused, and the message names the reason.

Reading order: ``read`` and ``write``, and for each part of a file a module that writes it: ``normalizers``,
``patterns`` (with ``oniguruma`` and ``tables``: what its engine and its tables read differently), ``characters``, ``symbols``
and ``added``. ``fields`` is what all of them need.

The correspondence:

* model ``BPE``: vocabulary, merges in either notation, ``ignore_merges``, ``byte_fallback``; ``unk_token``, ``fuse_unk``,
  ``continuing_subword_prefix``, ``end_of_word_suffix`` and the decoder (``symbols``)
* normalizer: none, or a normal form of Unicode; ``Prepend`` and ``Replace`` where they write spaces as markers
* pre-tokenizers ``ByteLevel``, ``Split``, ``Digits``, ``Punctuation``, and a ``Sequence`` of them: the split pattern
  (``patterns``); ``Metaspace``: the space before the text (``characters``)
* added tokens: special ones, and those that are found in every text (``added``). ``encode(text)`` is that of ``tokenizers``
  with ``encode_special_tokens``, and ``encode(text, allowed_special="all")`` that of its default
* post-processors only add special tokens where the caller asks for them, which minitok leaves to the caller: the ids are
  those of ``encode(text, add_special_tokens=False)``
"""

from .read import parse
from .write import dump, save

__all__ = ["dump", "parse", "save"]
