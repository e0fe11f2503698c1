"""The stages of the grader, in the order of the lessons.

Reading order: ``stage`` (what one is), ``texts`` (what is drawn), then a file for each: ``bytes``, ``pairs``, ``split``,
``train``, ``encode``, ``decode``, ``special``, ``published``, ``files``, ``fast``,
``cursor``, ``subwords``, ``ways``, ``patches``.
"""

from . import bytes as bytes_
from . import cursor, decode, encode, fast, files, pairs, patches, published, special, split, subwords, train, ways
from .stage import Stage

__all__ = ["STAGES", "Stage"]

STAGES: tuple[Stage, ...] = tuple(
    module.STAGE
    for module in (
        *(bytes_, pairs, split, train, encode, decode, special, published, files, fast),
        *(cursor, subwords, ways, patches),
    )
)
