"""The interfaces of other libraries, for code that was written for them.

Reading order, from the shortest: ``rustbpe`` and ``minbpe``; ``tiktoken`` with ``tiktoken_core`` (the part of tiktoken that is
Rust there); ``grammars`` (xgrammar and its kind); the packages ``tokenizers`` and, over it, ``transformers``.
"""
