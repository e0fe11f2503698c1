"""The space as a marker, ``▁``, and the space that is put before a text.

SentencePiece's vocabularies write a space as ``▁`` (U+2581) and so cannot distinguish the two: here both are a space, in
tokens and in text. And a space is put before the text, so that its first word is the same token as elsewhere. Programs differ
in where exactly; each rule has a name:

=========== ====================================================================== ==========================================
``never``   no space
``text``    at the start of the text                                               SentencePiece
``segment`` at the start of each segment                                           Hugging Face's ``Prepend``
``first``   at the start of the text, unless there is a space already              Hugging Face's ``Metaspace``, ``first``
``always``  at the start of each segment, unless there is a space already          Hugging Face's ``Metaspace``, ``always``
``bytes``   as ``always``, in a vocabulary whose spaces are not markers            Hugging Face's ``add_prefix_space``
=========== ====================================================================== ==========================================

A segment is what lies between the special tokens found in a text (E3).

By hand: `` a<s>b`` with the special token ``<s>`` allowed: the segments are `` a`` and ``b``. They become ``  a`` and ``b`` by
``text``; ``  a`` and `` b`` by ``segment``; `` a`` and ``b`` by ``first``; `` a`` and `` b`` by ``always``.

Decoding drops one space from the start of the text, unless the rule is ``never`` or ``bytes``.

Invariants: an empty segment stays empty.

Costs: O(n).

Implements SPEC S3, S4 and S5.
"""

from __future__ import annotations

from ...errors import VocabularyError

MARKER = "\N{LOWER ONE EIGHTH BLOCK}".encode()
PREFIXES = ("never", "text", "segment", "first", "always", "bytes")


class Metaspace:
    """Where a space is put before the text.

    >>> Metaspace("text").prepare("a▁b".encode(), starts_text=True)
    b' a b'
    """

    def __init__(self, prefix: str) -> None:
        if prefix not in PREFIXES:
            raise VocabularyError(f"unknown prefix {prefix!r}; expected one of {', '.join(PREFIXES)}")
        self.prefix = prefix

    def has_markers(self) -> bool:
        """Whether a marker is a space."""
        return self.prefix != "bytes"

    def comes_first(self) -> bool:
        """Whether spaces are put, and markers become spaces, before late tokens are looked for: the normalizer does it."""
        return self.prefix in ("never", "text", "segment")

    def is_prepended(self) -> bool:
        """Whether the space is part of late tokens at the start of a segment: that of Hugging Face's ``Prepend`` is."""
        return self.prefix == "segment"

    def prepare(self, segment: bytes, starts_text: bool) -> bytes:
        """The segment with its markers as spaces, and the space before it."""
        segment = spaced(segment) if self.has_markers() else segment
        return b" " + segment if self.puts_space(segment, starts_text) else segment

    def puts_space(self, segment: bytes, starts_text: bool) -> bool:
        """Whether a space is put before a segment, in which the markers are spaces already."""
        if not segment or self.prefix == "never" or (self.prefix in ("text", "first") and not starts_text):
            return False
        return self.prefix in ("text", "segment") or not segment.startswith(b" ")

    def drops_space(self) -> bool:
        """Whether decoding drops one space from the start of the text."""
        return self.prefix not in ("never", "bytes")


def spaced(segment: bytes) -> bytes:
    """The segment with its markers as spaces."""
    return segment.replace(MARKER, b" ")
