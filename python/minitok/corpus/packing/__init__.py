"""Encodes files to arrays of ids on disk, with an index of the documents, for training a model.

``Tokenizer.encode_files`` says what is written and how an interrupted run continues.

Reading order: ``options`` (what is asked for, checked), ``encoding`` (files to ids, on several threads, in order),
``exclusive`` (one run at a time), ``number_file`` (numbers on disk), ``run`` (a run over files, and the journal by which a
later one continues).
"""

from .options import Packed
from .run import encode_files

__all__ = ["Packed", "encode_files"]
