"""Masks by brute force, for the tests of ``minitok.compat.grammars``: small tokenizers, small grammars, and what they allow.

A token is allowed if the text so far, with the bytes of the token behind it, begins a text of the grammar; a token that stops,
if the text so far is one. Nothing here uses ``minitok.compat.grammars``: the bytes of a token are what decoding it adds.
"""

import json
import random
import re
from typing import NamedTuple

import minitok

STOP = "</s>"
TEXTS = ["low lower lowest newer 123 true false null", 'x = {"a": 1, "bé": [true, false]}', "été naïve 😀 日本語 1, 2"]

# A grammar as a schema of JSON, and all of its texts, as values.
SCHEMA = {
    "type": "object",
    "properties": {"a": {"enum": [True, False, None]}, "b": {"enum": ["low", "true}"]}},
    "required": ["a", "b"],
    "additionalProperties": False,
}
VALUES = [{"a": one, "b": other} for one in (True, False, None) for other in ("low", "true}")]


def byte_level():
    """A vocabulary of bytes, with added tokens and special ones, and a gap among the ids."""
    tok = minitok.train(TEXTS * 3, vocab_size=330, special_tokens=["<s>", STOP, "<|im|>"])
    return tok.add_tokens({"<tool>": 340, "true}": 341, " é": 342})


def pieces(tmp_path):
    """A file like Llama's: ``▁`` for a space, characters, byte fallback, control tokens and added ones."""
    special = ["<unk>", "<s>", STOP]
    tokens = [*special, *(f"<0x{byte:02X}>" for byte in range(256)), *'▁abelnorstuwfé12{}[]":,日']
    merges = [
        "▁ l", "▁ t", "t r", "u e", "tr ue", "▁ true", "f a", "l s", "fa ls", "fals e", "▁ ▁",
        "▁ a", '" :', "l o", "lo w", "▁l o", "▁lo w",
    ]  # fmt: skip
    tokens += [merge.replace(" ", "") for merge in merges]
    vocab = {token: number for number, token in enumerate(dict.fromkeys(tokens))}
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    added = [{"id": i, "content": name, "special": True, **flags} for i, name in enumerate(special)]
    added += [
        {"id": len(vocab) + i, "content": name, "special": False, **flags} for i, name in enumerate(["<tool>", "true}"])
    ]
    metaspace = [{"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]
    decoders = [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}]
    decoders += [{"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]
    content = {
        "version": "1.0",
        "added_tokens": added,
        "normalizer": {"type": "Sequence", "normalizers": metaspace},
        "pre_tokenizer": None,
        "decoder": {"type": "Sequence", "decoders": decoders},
        "model": {
            "type": "BPE",
            "vocab": vocab,
            "merges": merges,
            "unk_token": "<unk>",
            "fuse_unk": True,
            "byte_fallback": True,
        },
    }
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return minitok.load(path)


def bytes_of(tok):
    """What each id adds to a text; None where it has no token or is special."""
    found = []
    before = tok.encode("a")
    start = tok.decode_bytes(before)
    for token_id in range(tok.vocab_size):
        try:
            text = tok.decode_bytes([*before, token_id])
        except KeyError:
            text = None
        is_special = token_id in tok.special_tokens.values()
        found.append(None if text is None or is_special else text[len(start) :])
    return found


class Grammar(NamedTuple):
    """A set of texts: some, or those that a pattern matches.

    Attributes:
        regex: The texts as a regular expression.
        texts: The texts, if there are few.
        partial: The beginnings of the texts as a regular expression of bytes, otherwise.
        surrogates: Code points of surrogates are characters, too, of three bytes, though that is not UTF-8.
    """

    regex: str
    texts: tuple[bytes, ...] = ()
    partial: bytes = b""
    surrogates: bool = False

    def accepts(self, text):
        if self.texts:
            return text in self.texts
        try:
            errors = "surrogatepass" if self.surrogates else "strict"
            return re.fullmatch(self.regex, text.decode("utf-8", errors)) is not None
        except UnicodeDecodeError:
            return False

    def begins(self, text):
        if self.texts:
            return any(whole.startswith(text) for whole in self.texts)
        partial = self.partial.replace(rb"\xed[\x80-\x9f]", rb"\xed[\x80-\xbf]") if self.surrogates else self.partial
        return re.fullmatch(partial, text, re.DOTALL) is not None


def some(*texts):
    # Some libraries never look at an alternative that begins with an earlier one.
    texts = sorted(texts, key=len, reverse=True)
    return Grammar("|".join(map(re.escape, texts)), tuple(text.encode() for text in texts))


# A character of two to four bytes, and the beginnings of one.
WIDE = rb"(?:[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]"
WIDE += rb"|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2})"
BEGUN = rb"(?:[\xc2-\xf4]|\xe0[\xa0-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]|\xed[\x80-\x9f]|\xf0[\x90-\xbf][\x80-\xbf]?"
BEGUN += rb"|[\xf1-\xf3][\x80-\xbf]{1,2}|\xf4[\x80-\x8f][\x80-\xbf]?)"

GRAMMARS = {
    "texts": some("low", "lower", " low", "true", "true}", "<tool>low", "été", "日本", "  a", ""),
    "special names": some("<s>a", "<|im|>", "</s>", "a</s>"),
    "number": Grammar(r"-?(0|[1-9][0-9]*)", partial=rb"-?|-?(0|[1-9][0-9]*)"),
    "string": Grammar(r'"[^"\\]*"', partial=rb'(?:"(?:[^"\\\x80-\xff]|' + WIDE + rb")*(?:" + BEGUN + rb'|")?)?'),
}


def walk(tok, grammar, state, mask, *, forces=False, misses=False, limit=150, seed=7):
    """Compares the masks of texts that tokens lead to, whatever tokens, with brute force.

    Args:
        tok: The tokenizer.
        grammar: The grammar.
        state: Called with ids, it gives a matcher that has taken them.
        mask: Called with a matcher, it gives the ids that it allows.
        forces: Where the next byte is certain, it may allow one token only, the one that the tokenizer takes.
        misses: It never allows a token whose last byte comes right behind a text of the grammar, and makes none.
        limit: How many texts.

    Returns:
        How many masks were compared.
    """
    tokens, stop, random_ = bytes_of(tok), tok.special_tokens[STOP], random.Random(seed)
    waiting, seen, compared = [((), b"")], {b""}, 0
    while waiting and compared < limit:
        ids, text = waiting.pop(random_.randrange(len(waiting)))
        allowed = {i for i, token in enumerate(tokens) if token and grammar.begins(text + token)}
        expected = allowed | ({stop} if grammar.accepts(text) else set())
        found = set(mask(state(ids)))
        if forces and len({tokens[token_id][0] for token_id in expected - {stop}}) == 1 and stop not in expected:
            expected = found & expected if len(found) == 1 else expected
        if misses:
            allowed = {
                i for i in allowed if grammar.accepts(text + tokens[i]) or not grammar.accepts(text + tokens[i][:-1])
            }
            expected &= {stop, *allowed}
        assert found == expected, (text, [(i, tokens[i]) for i in sorted(found ^ expected)])
        compared += 1
        for token_id in sorted(allowed):
            if (new := text + tokens[token_id]) not in seen and len(new) < 40:
                seen.add(new)
                waiting.append(((*ids, token_id), new))
    return compared
