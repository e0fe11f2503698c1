"""What the page asks for, as functions of data: JSON in, JSON out. Nothing here knows of HTTP.

Each asks for no more than the limits allow, so that none takes long.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data import human_rights
from ..errors import VocabularyError
from ..explain.bigram import Bigram, bits_by_size
from ..explain.build import units, with_machine
from ..explain.excerpt import as_read, explain_at, whole_characters
from ..explain.measures import sizes
from ..explain.model import Lane, LanePiece
from ..explain.serial import to_data
from ..explain.steps import walk
from ..reference.pretokenize import NAMED
from ..reference.published.families import FAMILIES
from ..reference.text import utf8
from .requests import TooLarge, WrongRequest, field, numbers
from .tokenizers import KNOWN_FOR, Shelf, describe

if TYPE_CHECKING:
    from ..tokenizer import Tokenizer
    from .guard import RequestLimits

__all__ = ["Answers"]

CANDIDATES = 12
COMPLETION = 200
MOST_SEED = 2**32 - 1


@dataclass(frozen=True)
class Answers:
    """All answers, over one shelf of tokenizers and under one set of limits."""

    shelf: Shelf
    limits: RequestLimits

    def start(self) -> dict[str, Any]:
        """What the page needs first: the published encodings, the limits, the patterns, and the languages of the bill."""
        named = self.shelf.published()
        limits = ("text", "corpus", "tokenizer", "encodings", "vocab_size")
        return {
            "encodings": [{"name": name, "models": KNOWN_FOR.get(name, [])} for name in named],
            "limits": {name: getattr(self.limits, name) for name in limits},
            "patterns": [*NAMED, *FAMILIES],
            "languages": list(human_rights()),
        }

    def tokens(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The ids of a text under some encodings, with dropout where it is asked for, and the bytes of each token."""
        text, special = self.text(asked), self.special(asked)
        drawn = {"dropout": 0, "seed": 0} | {name: asked[name] for name in ("dropout", "seed") if name in asked}
        percent, seed = numbers(drawn, dropout=(0, 100), seed=(0, MOST_SEED))
        names = self.encodings(asked)
        return {"bytes": len(text), "encodings": [self.encoded(name, text, special, percent, seed) for name in names]}

    def encoded(self, name: str, text: bytes, special: str, percent: int, seed: int) -> dict[str, Any]:
        tok = self.shelf.get(name)
        ids = plain = tok.encode_to_numpy(text, allowed_special=special or ())
        if percent:
            ids = tok.encode_to_numpy(text, allowed_special=special or (), dropout=percent / 100, seed=seed)
        distinct, places = np.unique(ids, return_inverse=True)
        lengths = np.array([len(spelled(tok, token_id)) for token_id in distinct.tolist()], dtype=np.uint32)
        without = {"without": len(plain)} if percent else {}
        told = {**describe(tok, name), **without, "ids": ids.tolist(), "lengths": lengths[places].tolist()}
        # The tokens of a tokenizer that changes text spell another one.
        read = as_read(tok, text, special or ())
        return told if read == text else {**told, "text": to_data(read)}

    def edit(self, asked: dict[str, Any]) -> dict[str, Any]:
        """What an edit costs a session of the text, and how many ids stay, whatever follows (SPEC L3), under some encodings.

        The bytes of the text from ``start`` to ``end`` have been put in the place of ``removed``.
        """
        text, special = self.text(asked), self.special(asked)
        removed = utf8(field(asked, "removed", str))
        start, end = numbers(asked, start=(0, len(text)), end=(0, len(text)))
        if start > end or whole_characters(text, start) < start or whole_characters(text, end) < end:
            raise WrongRequest(f"{start} to {end} is not a range of whole characters")
        before, put = text[:start] + removed + text[end:], text[start:end]

        def edited(name: str) -> dict[str, Any]:
            tok = self.shelf.get(name)
            found = [*tok.special_tokens, *tok.added_tokens] if special else []
            session = tok.definition.codec().session(found, [], False)
            session.edit(0, 0, before)
            session.edit(start, start + len(removed), put)
            return {"name": name, "encoded": session.encoded_bytes, "stable": session.stable_within(self.limits.tail)}

        return {"encodings": [edited(name) for name in self.encodings(asked)]}

    def bill(self, asked: dict[str, Any]) -> dict[str, Any]:
        """How many tokens one text has in each language."""
        tok = self.tokenizer(asked)
        counts = {language: sum(tok.count_batch(articles)) for language, articles in human_rights().items()}
        return {"title": describe(tok, "")["title"], "base": "English", "tokens": counts}

    def piece(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The piece at a byte of the text, explained."""
        text, special, tok = self.text(asked), self.special(asked), self.tokenizer(asked)
        (at,) = numbers(asked, at=(0, 1 << 31))
        try:
            found = explain_at(tok, text, at, special or (), self.limits.piece)
        except VocabularyError:
            raise
        except ValueError as error:
            raise TooLarge(str(error)) from None
        told = to_data(found.piece)
        steps = walk(found.piece.parts, found.piece.blocked)
        told["steps"] = [
            {**step.event(found.piece.number, CANDIDATES), "n_candidates": len(step.possible)} for step in steps
        ]
        return {"start": found.start, "piece": told, "vocabulary": to_data(found.told.vocabulary)}

    def lanes(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The pieces that the patterns of some encodings make of the beginning of a text."""
        text, special = self.text(asked), self.special(asked)
        toks = [self.shelf.get(name) for name in self.encodings(asked)]
        shown = text[: whole_characters(text, self.limits.lanes)]
        whole = len(shown) == len(text)
        made: dict[str, Any] = {}
        for tok in toks:
            read, pieces = self.lane(tok, shown, special)
            # What is cut off may be looked ahead to: the last pieces are not certain.
            certain = len(read) if whole else max(0, len(read) - 1)
            told = {"pattern": tok.pattern, "encodings": [], "pieces": [p for p in pieces if p["end"] <= certain]}
            apart = {} if read == shown else {"text": to_data(read)}
            same = made.setdefault(json.dumps([told, apart]), {**told, **apart})
            same["encodings"].append(tok.name or f"{tok.n_vocab:,} ids")
        for told in made.values():
            machine = with_machine(Lane(told["pattern"], ()), toks[0].pattern)
            told |= {"scanned": machine.scanned, "differs": machine.differs}
        return {"bytes": len(shown), "whole": whole, "lanes": list(made.values())}

    def lane(self, tok: Tokenizer, text: bytes, special: str) -> tuple[bytes, list[dict[str, Any]]]:
        """The text as it is when it is cut, and the pieces and tokens in it."""
        definition, added = tok.definition, set(tok.added_tokens.values())
        cut = list(units(definition, definition.codec(), text, list(tok.special_tokens) if special else []))
        pieces: list[dict[str, Any]] = []
        at = 0
        for data, token_id, alternative in cut:
            kinds = token_id is not None and token_id not in added, token_id in added
            pieces.append(to_data(LanePiece(at, at + len(data), *kinds, alternative)))
            at += len(data)
        return b"".join(unit.data for unit in cut), pieces

    def page(self, asked: dict[str, Any]) -> str:
        """The text explained, as a web page to keep."""
        text, special, tok = self.text(asked), self.special(asked), self.tokenizer(asked)
        if len(text) > self.limits.explained:
            raise TooLarge(
                f"a page holds at most {self.limits.explained:,} bytes of text, as it shows every merge of it"
            )
        return tok.explain(text, allowed_special=special or ()).to_html()

    def bigram(self, asked: dict[str, Any]) -> dict[str, Any]:
        """A bigram model of the text's tokens, completing a prompt."""
        text, special, tok = self.text(asked), self.special(asked), self.tokenizer(asked)
        prompt = utf8(field(asked, "prompt", str))
        length, seed = numbers(asked, length=(1, COMPLETION), seed=(-1, 1 << 31))
        model = Bigram(tok.encode_to_numpy(text, allowed_special=special or ()), tok.n_vocab)
        ids = tok.encode(prompt, allowed_special=special or ())
        steps = model.complete(ids, length, seed=None if seed < 0 else seed)
        named = {*ids, *(step.chosen for step in steps), *(then for step in steps for then, _ in step.row)}
        return {
            "prompt": ids,
            "steps": to_data(steps),
            "vocabulary": to_data({token_id: spelled(tok, token_id) for token_id in sorted(named)}),
            "n_ids": model.n_ids,
            "n_pairs": len(model.pairs),
            "bits_per_byte": self.bits(tok, text),
        }

    def bits(self, tok: Tokenizer, text: bytes) -> list[dict[str, Any]]:
        """Bits per byte by vocabulary size; of what was not trained here, for all of it."""
        if len(text) < 2:
            return []
        wanted = sizes(tok, 8) if tok.definition.trained is not None and tok.definition.is_plain else [tok.n_vocab]
        return [
            {"n_vocab": size, "bits": round(bits, 4)}
            for size, bits in zip(wanted, bits_by_size(tok, text, wanted), strict=True)
        ]

    def text(self, asked: dict[str, Any]) -> bytes:
        """The text that is asked about, as bytes."""
        text = utf8(field(asked, "text", str))
        if len(text) > self.limits.text:
            raise TooLarge(f"the text has {len(text):,} bytes; {self.limits.text:,} is the limit")
        return text

    def encodings(self, asked: dict[str, Any]) -> list[str]:
        """The names of the encodings that are asked about, not more than may be shown."""
        names: list[Any] = field(asked, "encodings", list)
        if len(names) > self.limits.encodings or not all(isinstance(name, str) for name in names):
            raise WrongRequest(f"'encodings' must be a list of at most {self.limits.encodings} names")
        return names

    def special(self, asked: dict[str, Any]) -> str:
        """Which special tokens are allowed: all or none."""
        return "all" if field(asked, "special", bool) else ""

    def tokenizer(self, asked: dict[str, Any]) -> Tokenizer:
        """The tokenizer that is asked about."""
        return self.shelf.get(field(asked, "encoding", str))


def spelled(tok: Tokenizer, token_id: int) -> bytes:
    """The bytes of a token as it is written, with the marks that decoding drops."""
    return tok.definition.codec().token_bytes(token_id) or b""
