"""From files to counted pieces, to learnt merges, and to packed ids.

Reading order: ``files`` (documents of text), ``records`` (those of JSON lines, Parquet and Arrow), ``compression`` (``.gz`` and
``.zst``), ``counts`` (``PieceCounts``: all that training needs to know), ``counts_file`` (how they are kept), ``counting``,
``learning``, ``report`` (how a training went), ``pruning`` (a vocabulary without what a corpus does not use), ``packing`` (ids
on disk), ``temporary`` (a folder for data that does not fit into memory).
"""
