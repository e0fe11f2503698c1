"""From files to counted pieces, and to learnt merges.

Reading order: ``files`` (documents of text), ``records`` (those of JSON lines, Parquet and Arrow), ``columns`` (the buffers of
Arrow's columns), ``compression`` (``.gz`` and ``.zst``), ``counts`` (``PieceCounts``: all that training needs to know),
``counts_file`` (how they are kept), ``counting``, ``learning``, ``superwords`` (words first, then tokens of several words),
``characters`` (vocabularies that begin with characters), ``symbols`` (those of models with an unknown token), ``report`` (how
a training went), ``progress`` (how far a task is), ``pruning`` (a vocabulary without what a corpus does not use).
"""
