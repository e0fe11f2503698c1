"""Mutants of stages 6 to 9 and 14: decoding, special tokens, published vocabularies, files and streams, changes."""

from __future__ import annotations

from .mutant import Mutant

__all__ = ["MUTANTS"]

JOIN = 'return b"".join(tokens[token_id] for token_id in ids).decode("utf-8", errors="replace")'
PUSH = "        self.held += self.tokens[token_id]\n        end = len(self.held)\n"
LOOKING = "        for back in range(1, min(3, end) + 1):"
FINISH = '        text = self.held.decode("utf-8", errors="replace")\n        self.held = b""\n        return text\n\n\n# -- lesson 7'
SPECIAL = "{name: new_id for name, new_id in (special_tokens or {}).items() if name in allowed}"
RECOVER = "        parts = [token[at : at + 1] for at in range(len(token))]\n"
STREAM = '    held = ""\n    for chunk in chunks:\n        held += chunk\n'
CONTENT = '    content = {"pattern": pattern, "special_tokens": dict(special_tokens), "merges": [list(pair) for pair in merges]}'
HOLD = '        for piece in pieces[:-2]:\n            yield from encode_piece(piece, merges)\n        held = "".join(pieces[-2:])\n'
SEGMENTS = "    for segment in split_special(text, special_tokens):\n        if segment not in special_tokens:"


def by_lines(condition: str) -> tuple[tuple[str, str], ...]:
    """The streaming encoder, which takes what is held as soon as a condition is met."""
    return (
        (
            HOLD,
            f'        if {condition}:\n            for piece in split(held, pattern):\n                yield from encode_piece(piece, merges)\n            held = ""\n',
        ),
    )


MUTANTS = (
    Mutant(
        "per-token",
        "decode",
        "makes text of each token by itself",
        ((JOIN, 'return "".join(tokens[token_id].decode("utf-8", errors="replace") for token_id in ids)'),),
    ),
    Mutant(
        "strict", "decode", "raises where bytes are not valid UTF-8", ((JOIN, JOIN.replace(', errors="replace"', "")),)
    ),
    Mutant(
        "ignore", "decode", "leaves out bytes that are not valid UTF-8", ((JOIN, JOIN.replace("replace", "ignore")),)
    ),
    Mutant("escapes", "decode", "shows wrong bytes as escapes", ((JOIN, JOIN.replace("replace", "backslashreplace")),)),
    Mutant(
        "bytes-as-characters",
        "decode",
        "takes each byte for a character",
        ((JOIN, 'return b"".join(tokens[token_id] for token_id in ids).decode("latin-1")'),),
    ),
    Mutant(
        "right-before-left",
        "decode",
        "puts the right side of a merge first",
        (
            (
                "        tokens[new_id] = tokens[left] + tokens[right]\n    return tokens",
                "        tokens[new_id] = tokens[right] + tokens[left]\n    return tokens",
            ),
        ),
    ),
    Mutant(
        "single-level",
        "decode",
        "expands a merge by one level only",
        (
            (
                JOIN,
                'pairs = {new_id: pair for pair, new_id in merges.items()}\n    return bytes(byte for token_id in ids for byte in pairs.get(token_id, [token_id]) if byte < 256).decode("utf-8", errors="replace")',
            ),
        ),
    ),
    Mutant("stripped-text", "decode", "takes spaces at the ends away", ((JOIN, JOIN + ".strip()"),)),
    Mutant(
        "waits-for-more",
        "decode",
        "the stream holds back U+FFFD, as if it were half a character",
        (
            (
                "        self.held = self.held[end:]\n",
                '        if text.endswith("\ufffd"):\n            return ""\n        self.held = self.held[end:]\n',
            ),
        ),
    ),
    Mutant(
        "shows-halves", "decode", "the stream shows half a character", ((LOOKING, "        for back in range(0):"),)
    ),
    Mutant(
        "forgets-the-end",
        "decode",
        "the stream forgets what it holds at the end",
        ((FINISH, FINISH.replace("return text", 'return ""')),),
    ),
    Mutant(
        "holds-everything", "decode", "the stream shows nothing before the end", ((PUSH, PUSH + '        return ""\n'),)
    ),
    Mutant(
        "holds-too-little",
        "decode",
        "the stream holds back two bytes at most",
        ((LOOKING, LOOKING.replace("min(3, end)", "min(2, end)")),),
    ),
    Mutant(
        "one-token-late",
        "decode",
        "the stream is one token late",
        (
            (
                PUSH,
                '        held, self.held = self.held, self.tokens[token_id]\n        return held.decode("utf-8", errors="replace")\n'
                + PUSH,
            ),
        ),
    ),
    Mutant(
        "drops-held",
        "decode",
        "the stream drops half a character when the rest comes",
        (("        self.held = self.held[end:]\n", '        self.held = b""\n'),),
    ),
    Mutant(
        "shortest-special",
        "special",
        "prefers the shorter special token",
        (("sorted(names, key=len, reverse=True)", "sorted(names, key=len)"),),
    ),
    Mutant(
        "special-unescaped",
        "special",
        "takes special tokens for regular expressions",
        (('"|".join(regex.escape(name) for name in longest_first)', '"|".join(longest_first)'),),
    ),
    Mutant("always-on", "special", "allows every special token", ((SPECIAL, "dict(special_tokens or {})"),)),
    Mutant("never-on", "special", "allows no special token", ((SPECIAL, "{}"),)),
    Mutant(
        "special-dropped",
        "special",
        "drops special tokens",
        (("            ids.append(special[part])\n", "            pass\n"),),
    ),
    Mutant(
        "first-special-only",
        "special",
        "finds the first special token only",
        (
            ("    return regex.split(", "    return regex.split(maxsplit=1, pattern="),
            ('longest_first) + ")", text)', 'longest_first) + ")", string=text)'),
        ),
    ),
    Mutant(
        "trained-on",
        "special",
        "learns from special tokens as from text",
        ((SEGMENTS, "    for segment in [text]:\n        if True:"),),
    ),
    Mutant(
        "glued-documents",
        "special",
        "joins the texts on both sides of a special token",
        (
            (
                SEGMENTS,
                '    for segment in ["".join(part for part in split_special(text, special_tokens) if part not in special_tokens)]:\n        if True:',
            ),
        ),
    ),
    Mutant(
        "no-ids-reserved",
        "special",
        "leaves no ids for special tokens",
        (("vocab_size - 256 - len(special_tokens) and", "vocab_size - 256 and"),),
    ),
    Mutant(
        "byte-order",
        "published",
        "takes the byte for its id",
        (
            (
                "        merges[ranks[left], ranks[right]] = rank\n",
                "        merges[left[0] if len(left) == 1 else ranks[left], right[0] if len(right) == 1 else ranks[right]] = rank\n",
            ),
        ),
    ),
    Mutant(
        "ranks-as-merges",
        "published",
        "cuts a token at the first place that gives two tokens",
        (
            (
                RECOVER,
                "        parts = next(([token[:cut], token[cut:]] for cut in range(1, len(token)) if token[:cut] in ranks and token[cut:] in ranks), [])\n",
            ),
        ),
    ),
    Mutant(
        "longest-left",
        "published",
        "cuts a token where its left side is longest",
        (
            (
                RECOVER,
                "        parts = next(([token[:cut], token[cut:]] for cut in range(len(token) - 1, 0, -1) if token[:cut] in ranks and token[cut:] in ranks), [])\n",
            ),
        ),
    ),
    Mutant(
        "ranks-from-zero",
        "published",
        "numbers the merges from 0",
        (
            (
                "        merges[ranks[left], ranks[right]] = rank\n",
                "        merges[ranks[left], ranks[right]] = len(merges)\n",
            ),
        ),
    ),
    Mutant(
        "lowest-sum",
        "published",
        "cuts a token where the ranks of the sides add up to least",
        (
            (
                RECOVER,
                "        parts = min(([token[:cut], token[cut:]] for cut in range(1, len(token)) if token[:cut] in ranks and token[cut:] in ranks), key=lambda two: ranks[two[0]] + ranks[two[1]])\n",
            ),
        ),
    ),
    Mutant(
        "short-tokens-only",
        "published",
        "recovers tokens of two bytes only",
        (("        if len(token) == 1:\n", "        if len(token) != 2:\n"),),
    ),
    Mutant(
        "small-vocabulary",
        "published",
        "takes ids from 10,000 on for unknown",
        (
            (
                "        if pair not in merges:\n            break\n        ids = merge",
                "        if merges.get(pair, 10_000) >= 10_000:\n            break\n        ids = merge",
            ),
        ),
    ),
    Mutant("per-chunk", "files", "encodes each chunk by itself", by_lines("True")),
    Mutant(
        "per-line",
        "files",
        "encodes line by line",
        (
            (
                STREAM,
                '    for line in "".join(chunks).splitlines(keepends=True):\n        for piece in split(line, pattern):\n            yield from encode_piece(piece, merges)\n    return\n'
                + STREAM,
            ),
        ),
    ),
    Mutant("any-space", "files", "cuts the stream at any space", by_lines('held.endswith(" ")')),
    Mutant("at-line-breaks", "files", "cuts the stream after any line break", by_lines('held.endswith("\\n")')),
    Mutant("one-piece-held", "files", "holds back one piece where it needs two", ((HOLD, HOLD.replace("-2", "-1")),)),
    Mutant(
        "reads-all",
        "files",
        "reads the whole stream before the first id",
        ((STREAM, '    chunks = ["".join(chunks)]\n' + STREAM),),
    ),
    Mutant(
        "end-lost",
        "files",
        "loses the end of the stream",
        (
            (
                "    for piece in split(held, pattern):\n        yield from encode_piece(piece, merges)\n\n\ndef save",
                "\n\ndef save",
            ),
        ),
    ),
    Mutant(
        "pattern-lost",
        "files",
        "saves no pattern",
        ((CONTENT, CONTENT.replace('"pattern": pattern', '"pattern": GPT2')),),
    ),
    Mutant(
        "specials-lost", "files", "saves no special tokens", ((CONTENT, CONTENT.replace("dict(special_tokens)", "{}")),)
    ),
    Mutant(
        "merges-sorted",
        "files",
        "saves the merges in another order",
        ((CONTENT, CONTENT.replace("in merges]", "in sorted(merges)]")),),
    ),
    Mutant(
        "special-ids-renumbered",
        "files",
        "gives special tokens new ids",
        (
            (
                'content["special_tokens"]\n',
                '{name: 256 + len(merges) + at for at, name in enumerate(content["special_tokens"])}\n',
            ),
        ),
    ),
    Mutant(
        "kept-in-memory",
        "files",
        "remembers what was saved, and writes no file",
        (
            ("    content = {", "    global SAVED\n    SAVED = merges, pattern, dict(special_tokens)\n    content = {"),
            ("    with open(path, encoding", "    return SAVED\n    with open(path, encoding"),
            ("Merges = dict[Pair, int]\n", 'Merges = dict[Pair, int]\nSAVED: tuple = ({}, "", {})\n'),
        ),
    ),
    Mutant(
        "shared-twice",
        "cursor",
        "takes an id for the prefix and for the suffix",
        (("    while end < shorter - start and", "    while end < shorter and"),),
    ),
    Mutant(
        "no-suffix",
        "cursor",
        "replaces everything after the first id that changes",
        (("    while end < shorter - start and", "    while end < 0 and"),),
    ),
    Mutant(
        "one-unstable",
        "cursor",
        "takes all ids but the last for stable",
        (("    kept = len(ids)\n", "    return max(0, len(ids) - 1)\n    kept = len(ids)\n"),),
    ),
    Mutant(
        "last-token-grows",
        "cursor",
        "looks only for tokens that begin with the last one",
        (
            (
                "            if piece.encode().endswith(token[:length]):",
                "            if ids and token[:length] == vocabulary(merges)[ids[-1]]:",
            ),
        ),
    ),
    Mutant(
        "any-overlap",
        "cursor",
        "takes tokens that begin with the end for tokens over it, whether they come about or not",
        (
            (
                "                kept = min(kept, splice(ids, longer)[0])\n",
                "                kept = min(kept, splice(ids, encode_piece(piece.encode()[:-length].decode(), merges))[0])\n",
            ),
        ),
    ),
    Mutant(
        "all-cuts",
        "ways",
        "counts the cuts of a text, whether their parts are tokens or not",
        (("    tokens = vocabulary(merges).values()\n    ways", "    return 2 ** max(0, len(data) - 1)\n    ways"),),
    ),
    Mutant(
        "ways-of-characters",
        "ways",
        "counts lists of tokens that are whole characters",
        (
            ("    data = bytes(text_to_bytes(text))\n", "    data = text\n"),
            ("if data.endswith(token, 0, end)", 'if data.endswith(token.decode("utf-8", "replace"), 0, end)'),
        ),
    ),
    Mutant(
        "fewest-tokens",
        "ways",
        "takes every list for canonical that has no more ids than encoding gives",
        (
            (
                "    return encode_piece(decode(ids, merges), merges) == list(ids)",
                "    return len(encode_piece(decode(ids, merges), merges)) >= len(ids)",
            ),
        ),
    ),
    Mutant(
        "neighbours-only",
        "ways",
        "takes a list for canonical if no two neighbours of it merge",
        (
            (
                "    return encode_piece(decode(ids, merges), merges) == list(ids)",
                "    return all(pair not in merges for pair in zip(ids, ids[1:]))",
            ),
        ),
    ),
)
