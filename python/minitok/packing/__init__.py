"""Encodes files to arrays of ids on disk, with an index of the documents, for training a model; and reads them.

``Tokenizer.encode_files`` says what is written and how an interrupted run continues.

Reading order: ``declared`` (the options), ``options`` (the same, checked), ``encoding`` (files to ids, on several threads, in
order), ``chats`` (conversations to ids, and which of these a model is to learn), ``mask`` (how both stay together),
``label`` (what a file says of itself), ``number_file`` (numbers that are written, by one run at a time),
``outputs`` (which files an output is), ``formats`` (the files that trainers read), ``mapped`` (numbers that are read),
``bounds`` (where documents begin and end among them), ``packed_corpus`` and ``column_corpus`` (documents by number, and whether
files are whole), ``reader`` (which files are a packed corpus), ``arrange`` (shuffled, in rows, in shards), ``run`` (a run over
files, and the journal by which a later one continues).
"""

from .declared import LayoutOptions, PackOptions
from .options import Packed
from .packed_corpus import PackedCorpus
from .reader import open_packed, packed_files
from .run import encode_files, join_packed

__all__ = [
    "LayoutOptions", "PackOptions", "Packed", "PackedCorpus", "encode_files", "join_packed", "open_packed",
    "packed_files",
]  # fmt: skip
