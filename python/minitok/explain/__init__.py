"""Tokens explained: why a text has its ids, how a vocabulary was learnt, and what else could have happened.

``Tokenizer.explain`` returns an ``Explanation``: data, which ``report`` shows in a terminal and ``to_html`` as a web page.
Each laboratory answers one question: ``lanes`` (what does each pattern cut?), ``compare_ties`` and ``overlaps`` (what does
the tie rule change? how often is "aa" in "aaaa"?), ``stream`` (when does a token become text?), ``inject`` (what can a user's
text smuggle in?). ``page`` puts any of them on one web page. Trainings are replayed from traces (SPEC X1); a piece is merged
once more, in the steps of its trace (SPEC X2).

Reading order: ``model`` (what an explanation is), ``build`` (how it is made), ``steps`` (what could merge when),
``alternatives`` (which part of a pattern made a piece), ``explanation``. As a page: ``page``, ``chips``,
``visible``, and what draws it in ``assets/``, which the playground has, too, made into one script by ``bundle``; in a
terminal: ``terminal``, ``report``. The laboratories: ``timeline``, ``ties``, ``injection``, ``training``, ``bigram``; figures:
``measures``, ``plots``. ``plots`` needs Matplotlib: ``'minitok[plots]'``.
"""

from .build import lanes
from .explanation import Explanation
from .injection import Injection, inject
from .model import Alternative, Blocked, Lane, LanePiece, Part, Piece, Token
from .page import Section, page
from .ties import Overlap, TieComparison, compare_ties, overlaps
from .timeline import StreamStep, Timeline, stream
from .training import training_html

__all__ = [
    "Alternative", "Blocked", "Explanation", "Injection", "Lane", "LanePiece", "Overlap", "Part", "Piece", "Section",
    "StreamStep", "TieComparison", "Timeline", "Token", "compare_ties", "inject", "lanes", "overlaps", "page",
    "stream", "training_html",
]  # fmt: skip
