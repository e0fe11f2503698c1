"""The questions of the page, answered by the library: what the core must say in a browser, too."""

import json
import zlib
from dataclasses import replace
from functools import cache

import numpy as np
from minitok import get_encoding
from minitok.evaluation import evaluate
from minitok.explain.bigram import Bigram, bits_by_size, whole_characters
from minitok.explain.build import spoken_of, units, with_machine
from minitok.explain.measures import sizes
from minitok.explain.model import Lane, LanePiece
from minitok.explain.page import to_data
from minitok.formats import native
from minitok.reference.text import utf8
from minitok.spans.offsets import char_spans


class Library:
    """Its answers. ``limits`` are those of the page; what is refused is not looked at here."""

    def __init__(self, limits):
        self.limits, self.own = limits, {}
        self.explained = cache(lambda name, text, allowed: self.get(name).explain(text, allowed_special=allowed))

    def put(self, tok):
        """Keep a tokenizer of the reader's own; what the page says of it."""
        file = native.dump(tok.definition)
        name = f"own-{zlib.crc32(file.encode()):08x}"
        self.own[name] = tok
        return {**describe(tok, name), "n_merges": len(tok.merges), "file": file}

    def get(self, name):
        return self.own[name] if name in self.own else get_encoding(name)

    def tokens(self, asked):
        text, percent = utf8(asked["text"]), asked.get("dropout", 0)
        return {"bytes": len(text), "encodings": [self.encoded(name, asked, percent) for name in asked["encodings"]]}

    def encoded(self, name, asked, percent):
        tok, text = self.get(name), utf8(asked["text"])
        plain = tok.encode(text, allowed_special=allowed(asked))
        drawn = {"dropout": percent / 100, "seed": asked["seed"]} if percent else {}
        ids = tok.encode(text, allowed_special=allowed(asked), **drawn)
        read = as_read(tok, asked)
        return {
            **describe(tok, name),
            **({"without": len(plain)} if percent else {}),
            "ids": ids,
            "lengths": [len(spelled(tok, token_id)) for token_id in ids],
            **({} if read == text else {"text": to_data(read)}),
        }

    def edit(self, asked):
        text, removed = utf8(asked["text"]), utf8(asked["removed"])
        start, end = asked["start"], asked["end"]
        before, put = text[:start] + removed + text[end:], text[start:end]

        def edited(name):
            tok = self.get(name)
            found = [*tok.special_tokens, *tok.definition.added_tokens] if asked["special"] else []
            session = tok.definition.codec().session(found, [], False)
            session.edit(0, 0, before)
            session.edit(start, start + len(removed), put)
            return {
                "name": name,
                "encoded": session.encoded_bytes,
                "stable": session.stable_within(self.limits["tail"]),
            }

        return {"encodings": [edited(name) for name in asked["encodings"]]}

    def bill(self, asked):
        tok = self.get(asked["encoding"])
        counts = {row.group: row.tokens for row in evaluate({"it": tok}, resamples=0).rows}
        return {"title": describe(tok, "")["title"], "base": "English", "tokens": counts}

    def piece(self, asked):
        """The piece as if the text began with it, and the bytes of the ids that it and the next one name."""
        told = self.explained(asked["encoding"], asked["text"], allowed(asked))
        at = next(at for at, piece in enumerate(told.pieces) if asked["at"] < piece.end)
        piece = told.pieces[at]
        moved = from_zero(to_data(piece), piece.start)
        spans = char_spans([token.token for one in told.pieces[at : at + 2] for token in one.tokens])
        for token, (first, last) in zip(moved["tokens"], spans, strict=False):
            token |= {"first_char": first, "last_char": last}
        number = None if piece.number is None else 0
        inside = [
            replace(one, blocked=tuple(block for block in one.blocked if block.reason == "merge"))
            for one in told.pieces[at + 1 : at + 2]
        ]
        named = spoken_of([piece, *inside])
        vocabulary = {token_id: told.vocabulary[token_id] for token_id in sorted(named)}
        return {"start": piece.start, "piece": moved | {"number": number}, "vocabulary": to_data(vocabulary)}

    def explanation(self, asked):
        return to_data(self.explained(asked["encoding"], asked["text"], allowed(asked)))

    def lanes(self, asked):
        text = utf8(asked["text"])
        shown = text[: whole_characters(text, self.limits["lanes"])]
        whole = len(shown) == len(text)
        made = {}
        for name in asked["encodings"]:
            tok = self.get(name)
            read, pieces = lane(tok, shown, allowed(asked))
            certain = len(read) if whole else max(0, len(read) - 1)
            told = {"pattern": tok.pattern, "encodings": [], "pieces": [p for p in pieces if p["end"] <= certain]}
            apart = {} if read == shown else {"text": to_data(read)}
            same = made.setdefault(json.dumps([told, apart]), {**told, **apart})
            same["encodings"].append(describe(tok, name)["title"])
        for told in made.values():
            machine = with_machine(Lane(told["pattern"], ()), self.get(asked["encodings"][0]).pattern)
            told |= {"scanned": machine.scanned, "differs": machine.differs}
        return {"bytes": len(shown), "whole": whole, "lanes": list(made.values())}

    def bigram(self, asked):
        tok, text = self.get(asked["encoding"]), utf8(asked["text"])
        model = Bigram(np.array(tok.encode(text, allowed_special=allowed(asked)), np.uint32), tok.vocab_size)
        ids = tok.encode(asked["prompt"], allowed_special=allowed(asked))
        steps = model.complete(ids, asked["length"], seed=None if asked["seed"] < 0 else asked["seed"])
        named = {*ids, *(step.chosen for step in steps), *(then for step in steps for then, _ in step.row)}
        trained = tok.definition.trained is not None and tok.definition.is_plain
        wanted = (sizes(tok, 8) if trained else [tok.vocab_size]) if len(text) > 1 else []
        return {
            "prompt": ids,
            "steps": to_data(steps),
            "vocabulary": to_data({token_id: spelled(tok, token_id) for token_id in sorted(named)}),
            "n_ids": model.n_ids,
            "n_pairs": len(model.pairs),
            "bits_per_byte": [
                {"vocab_size": size, "bits": round(bits, 4)}
                for size, bits in zip(wanted, bits_by_size(tok, text, wanted) if wanted else [], strict=True)
            ],
        }


def allowed(asked):
    return "all" if asked["special"] else ()


def spelled(tok, token_id):
    """The bytes of a token as it is written, with the marks that decoding drops."""
    return tok.definition.codec().token_bytes(token_id) or b""


def as_read(tok, asked):
    """The text that the tokens spell."""
    return b"".join(tok.tokenize(asked["text"], allowed_special=allowed(asked)))


def describe(tok, name):
    return {
        "name": name,
        "title": tok.definition.name or f"{tok.vocab_size:,} ids",
        "vocab_size": tok.vocab_size,
        "pattern": tok.pattern,
        "special_tokens": tok.special_tokens,
        "added_tokens": dict(tok.definition.added_tokens),
    }


def lane(tok, text, special):
    """The text as it is when it is cut, and the pieces and tokens in it."""
    definition, added = tok.definition, set(tok.definition.added_tokens.values())
    cut = list(units(definition, definition.codec(), text, list(tok.special_tokens) if special else []))
    pieces, at = [], 0
    for data, token_id, alternative in cut:
        kinds = token_id is not None and token_id not in added, token_id in added
        pieces.append(to_data(LanePiece(at, at + len(data), *kinds, alternative)))
        at += len(data)
    return b"".join(unit.data for unit in cut), pieces


def from_zero(told, start):
    """A piece with all of its places as if the text began with it."""
    if isinstance(told, list):
        return [from_zero(one, start) for one in told]
    if not isinstance(told, dict):
        return told
    return {
        name: value - start if name in ("start", "middle", "end") else from_zero(value, start)
        for name, value in told.items()
    }
