"""An ``Explanation`` as the sections of a web page: tokens, what other patterns cut, merges and blocked merges, stream."""

from __future__ import annotations

from html import escape
from itertools import islice
from typing import TYPE_CHECKING

from .chips import chip, chips, mark_up, plural, stepper, table
from .page import Section
from .steps import walk
from .timeline import timeline, timeline_html
from .tree import tree_svg

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .model import Blocked, Explained, Lane, LanePiece, Piece
    from .steps import Step

__all__ = ["explanation_sections", "lanes_html", "why"]

# The colour of what no alternative made.
PLAIN = 7
# A piece with more bytes than this gets no tree: it would be wider than any window.
WIDEST_TREE = 64
# How many tokens each step of a long piece shows on either side of the merge, and how many candidates: a page grows with the
# number of steps, not with its square. And how many steps of a piece can be shown.
AROUND, CANDIDATES, MOST_STEPS = 24, 12, 2048


def explanation_sections(told: Explained) -> list[Section]:
    """All there is to say about the tokens of a text."""
    ids = told.ids
    stream = timeline(ids, [token.token for token in told.tokens])
    sections = [
        Section("Tokens", tokens_html(told), f"{plural(len(ids), 'token')} for {plural(len(told.text), 'byte')}."),
        Section(
            "Pieces",
            lanes_html(told.lanes, told.text),
            "Before anything merges, a pattern cuts the text, and no merge crosses a cut. "
            "Under each piece: the alternative of the pattern that made it. First the pattern in use, then others.",
        ),
        Section(
            "Merges",
            merges_html(told),
            "Each piece begins as its bytes. Of all pairs that can merge, the one of lowest rank is merged, the leftmost "
            "first, until none is left. Open a piece and move the slider.",
        ),
    ]
    if any(step.held for step in stream.steps):
        sections.append(
            Section(
                "Stream",
                timeline_html(stream, only_held=True),
                "When tokens arrive one by one, a character that is not complete yet is held back.",
            )
        )
    return sections


def tokens_html(told: Explained) -> str:
    """The tokens in a row, and a table of all that is known of each."""
    tokens = told.tokens
    by_id = {token.id: token.token for token in tokens}
    row = chips(told.ids, by_id.__getitem__, notes=[str(token.id) for token in tokens])
    rows = [
        (
            str(token.id),
            mark_up(token.token),
            f"<code>{token.token.hex(' ')}</code>",
            f"{token.start}-{token.end}",
            f"{token.first_char}-{token.last_char}",
            escape(why(piece)),
        )
        for piece in told.pieces
        for token in piece.tokens
    ]
    head = ("id", "token", "bytes", "at bytes", "at characters", "its piece is")
    details = table(head, rows, "every token", numeric=(0, 3, 4))
    about = f"{escape(told.encoding or 'a tokenizer')}, pattern <code>{escape(told.pattern)}</code>"
    return f"<p>{about}</p>{row}<details><summary>Bytes and offsets of every token</summary>{details}</details>"


def why(piece: Piece | LanePiece) -> str:
    """What made a piece, in a word or two."""
    if piece.special or piece.added:
        return "special token" if piece.special else "added token"
    return piece.alternative.label if piece.alternative else "all that is left"


def lanes_html(lanes: tuple[Lane, ...], text: bytes) -> str:
    """One lane for each pattern, each piece with what made it."""
    shown = ""
    for lane in lanes:
        pieces = "".join(
            chip(text[piece.start : piece.end], piece.alternative.index if piece.alternative else PLAIN, why(piece))
            for piece in lane.pieces
        )
        name = escape(lane.pattern)
        shown += (
            f'<div class="lane"><h3><code>{name}</code> <span class="count">{plural(len(lane.pieces), "piece")}</span></h3>'
            f'<p class="tokens">{pieces}</p>{machine_html(lane, lanes[0])}</div>'
        )
    return shown


def machine_html(lane: Lane, first: Lane) -> str:
    """How the pattern of a lane is run, and the shortest text that it cuts otherwise than the first lane's."""
    told = ""
    if lane.differs is not None:
        told += (
            f" The shortest text on which it differs from <code>{escape(first.pattern)}</code>: "
            f"<code>{mark_up(lane.differs.encode())}</code>."
        )
    run = (
        f"<details><summary>How it is run</summary><p>Cut {escape(lane.scanned)}.</p></details>" if lane.scanned else ""
    )
    return (f'<p class="count">{told}</p>' if told else "") + run


def merges_html(told: Explained) -> str:
    """The pieces one by one: tree, steps, blocked merges. The one with the most steps is open."""
    longest = max(told.pieces, key=lambda piece: len(piece.steps), default=None)
    return "".join(piece_html(piece, told, is_open=piece is longest) for piece in told.pieces)


def piece_html(piece: Piece, told: Explained, *, is_open: bool) -> str:
    token_bytes = told.vocabulary.__getitem__
    text = told.text[piece.start : piece.end]
    count = f"{plural(len(piece.tokens), 'token')}, {plural(len(piece.steps), 'merge')}"
    summary = f'<summary><span class="piece">{mark_up(text)}</span> {escape(why(piece))}: {count}</summary>'
    inner = whole_html(piece, told)
    if 1 < len(text) <= WIDEST_TREE and piece.parts:
        inner += tree_svg(piece, told.vocabulary)
    if piece.steps:
        inner += stepper("merges", steps_html(piece, token_bytes))
        if (more := len(piece.steps) - MOST_STEPS) > 0:
            inner += f"<p>And {plural(more, 'merge')} more, which this page leaves out.</p>"
    inner += blocked_html(piece.blocked, token_bytes)
    if not inner:
        what = "byte" if piece.parts else why(piece)
        inner = f"<p>One {what}: nothing to merge.</p>"
    return f'<details class="of-piece"{" open" if is_open else ""}>{summary}{inner}</details>'


def whole_html(piece: Piece, told: Explained) -> str:
    """What to say of a piece that was taken whole."""
    if not piece.whole:
        return ""
    if piece.tokens[0].part is not None:
        return "<p>The piece equals a token, so it was taken whole. These merges would make it, too:</p>"
    used = {side for part in piece.parts for side in (part.left, part.right)}
    last = sorted((part.start, part.id) for at, part in enumerate(piece.parts) if at not in used)
    others = chips([token_id for _, token_id in last], told.vocabulary.__getitem__)
    return f"<p>The piece equals a token, so it was taken whole. Merging alone would leave:</p>{others}"


def steps_html(piece: Piece, token_bytes: Callable[[int], bytes]) -> list[str]:
    """A frame for the bytes, and one for each merge."""
    start = [part.id for part in piece.parts if part.rank is None]
    frames = [f"<p>{plural(len(start), 'byte')}.</p>{near(start, len(start), 0, token_bytes)}"]
    steps = islice(walk(piece.parts, piece.blocked), MOST_STEPS)
    return [*frames, *(step_html(step, token_bytes) for step in steps)]


def step_html(step: Step, token_bytes: Callable[[int], bytes]) -> str:
    left, right = (mark_up(token_bytes(side)) for side in step.pair)
    made = mark_up(token_bytes(step.made.id))
    ties = f", the leftmost of {step.n_ties}" if step.n_ties > 1 else ""
    shown = step.ids(max(0, step.place - AROUND), step.place + AROUND + 1)
    said = (
        f"<p>Rank {step.made.rank:,}{ties}: <b>{left}</b> + <b>{right}</b> make <b>{made}</b>, id {step.made.id}.</p>"
        f"{near(shown, step.n_after, step.place, token_bytes, is_new=True)}"
    )
    rows = [
        (
            f"{candidate['rank']:,}",
            " + ".join(mark_up(token_bytes(side)) for side in candidate["pair"]),
            str(candidate["place"]),
            fate(candidate["place"] - step.place),
        )
        for candidate in step.candidates(CANDIDATES)
    ]
    more = len(step.possible) - len(rows)
    rest = f"<p>And {plural(more, 'pair')} of higher rank.</p>" if more else ""
    return said + table(("rank", "could merge", "place", "and then"), rows, numeric=(0, 2)) + rest


def near(
    shown: Sequence[int], n_all: int, place: int, token_bytes: Callable[[int], bytes], *, is_new: bool = False
) -> str:
    """The tokens around a place, of ``n_all``, and how many are left out on either side."""
    start, end = max(0, place - AROUND), place + AROUND + 1
    before = f"<p>{plural(start, 'token')} before these:</p>" if start else ""
    after = f"<p>{plural(n_all - end, 'token')} after these.</p>" if end < n_all else ""
    return before + chips(shown[: end - start], token_bytes, new=place - start if is_new else None) + after


def fate(distance: int) -> str:
    """What became of a candidate so far from the winner."""
    if distance == 0:
        return "merged"
    return "blocked: one side is gone" if abs(distance) == 1 else "waits"


def blocked_html(blocked: tuple[Blocked, ...], token_bytes: Callable[[int], bytes]) -> str:
    """The merges that did not happen, and why."""
    if not blocked:
        return ""
    rows = [
        (
            mark_up(token_bytes(one.id)),
            f"{mark_up(token_bytes(one.left))} + {mark_up(token_bytes(one.right))}",
            f"{one.rank:,}",
            "the piece ends between them"
            if one.step is None or one.by is None
            else f"{mark_up(token_bytes(one.by))} was merged first",
        )
        for one in sorted(blocked, key=lambda one: (one.reason != "boundary", one.rank))
    ]
    inner = table(("token", "of", "rank", "because"), rows, numeric=(2,))
    return f"<details><summary>{plural(len(rows), 'merge')} blocked</summary>{inner}</details>"
