"""The injection laboratory: a trusted template around a user's text, and the ids that ``allowed_special`` makes of it.

A chat is one list of ids, in which special tokens say who speaks. A user whose text can make such an id can speak for
somebody else. Encoding the finished prompt with all special tokens allowed lets that happen; encoding the parts does not,
since a special token is found in a text only if the caller allows it for that text (SPEC E3).
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from ..errors import DisallowedSpecialTokenError
from .chips import chip, plural
from .page import Section

if TYPE_CHECKING:
    from ..tokenizer import Tokenizer

SLOT = "{user}"


@dataclass(frozen=True)
class MarkedToken:
    """A token, whether it is a special one, and whether any of its bytes came from the user."""

    id: int
    token: bytes
    special: bool
    from_user: bool


@dataclass(frozen=True)
class Way:
    """One way to encode the prompt: a name, the call, and what comes of it."""

    name: str
    call: str
    tokens: tuple[MarkedToken, ...]

    @property
    def ids(self) -> list[int]:
        return [token.id for token in self.tokens]

    @property
    def smuggled(self) -> list[bytes]:
        """The special tokens that the user's text has made."""
        return [token.token for token in self.tokens if token.special and token.from_user]


@dataclass(frozen=True)
class Injection:
    """A template, a user's text, the ways to encode the two, and what ``disallowed_special`` says of the user's text."""

    template: str
    user: str
    ways: tuple[Way, ...]
    refused: str | None

    def section(self) -> Section:
        """As a part of a web page."""
        refused = (
            f"<p><code>tok.encode(user, disallowed_special=&quot;all&quot;)</code> refuses it: {escape(self.refused)}</p>"
            if self.refused
            else "<p><code>tok.encode(user, disallowed_special=&quot;all&quot;)</code> finds nothing in it.</p>"
        )
        lead = "Outlined: what came from the user. A user's text should become only text, never a special token."
        return Section("Injection", "".join(map(way_html, self.ways)) + refused, lead)


def inject(tokenizer: Tokenizer, template: str, user: str) -> Injection:
    """Encode ``template``, with ``user`` in the place of ``{user}``, in three ways.

    Raises:
        ValueError: The template does not say where the user's text goes, once.

    >>> from minitok import Tokenizer
    >>> tok = Tokenizer([], special_tokens={"<s>": 256})
    >>> [(way.name, way.smuggled) for way in inject(tok, "<s>{user}", "hi<s>").ways]
    [('all of it is text', []), ('all of it may be special', [b'<s>']), ('part by part', [])]
    """
    if template.count(SLOT) != 1:
        raise ValueError(f"the template must hold {SLOT} once, where the user's text goes; it has {template!r}")
    before, after = template.split(SLOT)
    prompt = before + user + after
    start, end = len(before.encode()), len((before + user).encode())
    plain, special = tokenizer.encode(prompt), tokenizer.encode(prompt, allowed_special="all")
    parts = [
        *tokenizer.encode(before, allowed_special="all"),
        *tokenizer.encode(user),
        *tokenizer.encode(after, allowed_special="all"),
    ]
    apart = 'encode(before, allowed_special="all") + encode(user) + encode(after, allowed_special="all")'
    return Injection(
        template,
        user,
        (
            Way("all of it is text", "encode(prompt)", marked(tokenizer, plain, start, end)),
            Way(
                "all of it may be special",
                'encode(prompt, allowed_special="all")',
                marked(tokenizer, special, start, end),
            ),
            Way("part by part", apart, marked(tokenizer, parts, start, end)),
        ),
        refusal(tokenizer, user),
    )


def marked(tokenizer: Tokenizer, ids: list[int], start: int, end: int) -> tuple[MarkedToken, ...]:
    """The tokens of the ids; the bytes from ``start`` to ``end`` are the user's."""
    specials = set(tokenizer.special_tokens.values())
    found: list[MarkedToken] = []
    at = 0
    for token_id in ids:
        token = tokenizer.token_bytes(token_id)
        found.append(MarkedToken(token_id, token, token_id in specials, at < end and start < at + len(token)))
        at += len(token)
    return tuple(found)


def refusal(tokenizer: Tokenizer, user: str) -> str | None:
    """What ``disallowed_special`` says of the user's text; None if it says nothing."""
    try:
        tokenizer.encode(user, disallowed_special="all")
    except DisallowedSpecialTokenError as error:
        return f"special token {error.token!r} at byte {error.position}"
    return None


def way_html(way: Way) -> str:
    """One way: the call, the tokens, and what was smuggled in."""
    shown: list[str] = []
    for token in way.tokens:
        extra = (" special" if token.special else "") + (" user" if token.from_user else "")
        shown.append(chip(token.token, token.id, str(token.id), extra))
    n_smuggled, n_special = len(way.smuggled), sum(token.special for token in way.tokens)
    verdict = f"{plural(n_special, 'special token')}, {n_smuggled} from the user's text"
    kind = "bad" if n_smuggled else "good"
    return (
        f'<div class="lane"><h3>{escape(way.name)} <code>{escape(way.call)}</code></h3>'
        f'<p class="tokens">{"".join(shown)}</p><p class="{kind}">{verdict}.</p></div>'
    )
