"""Mutants of stages 2 to 4: bytes, pairs, pieces."""

from __future__ import annotations

from .mutant import Mutant

__all__ = ["MUTANTS"]

UTF8 = 'return list(text.encode("utf-8"))'
COUNT = "    for pair in zip(ids, ids[1:]):\n        counts[pair] = counts.get(pair, 0) + times\n    return counts"
START = "    counts = {} if counts is None else counts\n    for pair in zip(ids, ids[1:]):"
HIT = "            merged.append(new_id)\n            at += 2"
MISS = "            merged.append(ids[at])\n            at += 1\n    return merged"
TEST = "if at + 1 < len(ids) and ids[at] == pair[0] and ids[at + 1] == pair[1]:"
SIGNATURE = "def split(text: str, pattern: str = GPT2) -> list[str]:"
FIND = "for match in regex.finditer(pattern, text):"
GAP = "        if done < start:\n            pieces.append(text[done:start])\n"
PATTERN = r"""GPT2 = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+" """.rstrip()


def pattern(regular_expression: str) -> tuple[tuple[str, str], ...]:
    """Another pattern for GPT-2's."""
    return ((PATTERN, f'GPT2 = r"{regular_expression}"'),)


MUTANTS = (
    Mutant("code-points", "bytes", "takes code points for bytes", ((UTF8, "return [ord(char) for char in text]"),)),
    Mutant("ascii-only", "bytes", "drops what is not ASCII", ((UTF8, 'return list(text.encode("ascii", "ignore"))'),)),
    Mutant(
        "question-marks",
        "bytes",
        "replaces what is not ASCII",
        ((UTF8, 'return list(text.encode("ascii", "replace"))'),),
    ),
    Mutant("utf-16", "bytes", "encodes as UTF-16", ((UTF8, 'return list(text.encode("utf-16-le"))'),)),
    Mutant("latin-1", "bytes", "encodes as Latin-1", ((UTF8, 'return list(text.encode("latin-1", "replace"))'),)),
    Mutant(
        "stripped",
        "bytes",
        "takes white space at the ends away",
        ((UTF8, 'return list(text.strip().encode("utf-8"))'),),
    ),
    Mutant(
        "normalized",
        "bytes",
        "puts the text into a normal form first",
        ((UTF8, 'import unicodedata\n    return list(unicodedata.normalize("NFC", text).encode("utf-8"))'),),
    ),
    Mutant(
        "lower-case", "bytes", "makes the text lower case first", ((UTF8, 'return list(text.lower().encode("utf-8"))'),)
    ),
    Mutant(
        "overlap-not-counted",
        "pairs",
        "counts a pair once where it overlaps itself",
        (
            (
                COUNT,
                "    at = 0\n    while at + 1 < len(ids):\n        pair = (ids[at], ids[at + 1])\n        counts[pair] = counts.get(pair, 0) + times\n        at += 2 if pair[0] == pair[1] and ids[at + 1 : at + 3] == [pair[0]] * 2 else 1\n    return counts",
            ),
        ),
    ),
    Mutant(
        "disjoint-pairs",
        "pairs",
        "counts every second pair only",
        ((START, START.replace("zip(ids, ids[1:])", "zip(ids[::2], ids[1::2])")),),
    ),
    Mutant(
        "sorted-pairs",
        "pairs",
        "takes (a, b) and (b, a) for one pair",
        ((COUNT, COUNT.replace("        counts", "        pair = (min(pair), max(pair))\n        counts", 1)),),
    ),
    Mutant(
        "counts-forgotten",
        "pairs",
        "forgets what was counted before",
        ((START, START.replace("{} if counts is None else counts", "{}")),),
    ),
    Mutant("times-ignored", "pairs", "ignores how often a piece occurs", ((COUNT, COUNT.replace("+ times", "+ 1")),)),
    Mutant(
        "set-of-pairs",
        "pairs",
        "counts each pair once",
        ((START, START.replace("in zip(ids, ids[1:])", "in set(zip(ids, ids[1:]))")),),
    ),
    Mutant(
        "shared-default",
        "pairs",
        "keeps its counts from call to call",
        (
            (
                "counts: dict[Pair, int] | None = None, times: int = 1) -> dict[Pair, int]:",
                "counts: dict[Pair, int] = {}, times: int = 1) -> dict[Pair, int]:",
            ),
        ),
    ),
    Mutant(
        "wrong-stride",
        "pairs",
        "goes on by two everywhere",
        ((MISS, MISS.replace("at += 1", "merged += ids[at + 1 : at + 2]\n            at += 2")),),
    ),
    Mutant("overlapping-merge", "pairs", "goes on by one after a merge", ((HIT, HIT.replace("at += 2", "at += 1")),)),
    Mutant(
        "last-id-lost", "pairs", "loses the last id", (("    while at < len(ids):", "    while at + 1 < len(ids):"),)
    ),
    Mutant(
        "one-occurrence",
        "pairs",
        "merges the first occurrence only",
        ((HIT, HIT + "\n            return merged + list(ids[at:])"),),
    ),
    Mutant(
        "from-the-right",
        "pairs",
        "merges from right to left",
        (
            (
                "    merged: list[int] = []\n    at = 0",
                "    ids, pair = ids[::-1], pair[::-1]\n    merged: list[int] = []\n    at = 0",
            ),
            ("            at += 1\n    return merged", "            at += 1\n    return merged[::-1]"),
        ),
    ),
    Mutant(
        "left-half-only",
        "pairs",
        "looks at the left id only",
        ((TEST, "if at + 1 < len(ids) and ids[at] == pair[0]:"),),
    ),
    Mutant(
        "past-the-end",
        "pairs",
        "reads past the last id",
        ((TEST, "if ids[at] == pair[0] and ids[at + 1] == pair[1]:"),),
    ),
    Mutant(
        "loses-unmerged",
        "pairs",
        "drops ids that are not merged",
        ((MISS, MISS.replace("merged.append(ids[at])\n            ", "")),),
    ),
    Mutant(
        "ids-as-text",
        "pairs",
        "looks for the pair in a text of the ids",
        (
            (
                "    merged: list[int] = []\n    at = 0",
                '    words = " ".join(map(str, ids)).replace(f"{pair[0]} {pair[1]}", str(new_id))\n    return list(map(int, words.split()))\n    merged: list[int] = []\n    at = 0',
            ),
        ),
    ),
    Mutant("drops-unmatched", "split", "drops what the pattern does not match", ((GAP, ""),)),
    Mutant(
        "drops-the-end",
        "split",
        "drops what comes after the last match",
        (("    if done < len(text):\n        pieces.append(text[done:])\n", ""),),
    ),
    Mutant(
        "white-space-split",
        "split",
        "splits at white space, and loses it",
        ((SIGNATURE, SIGNATURE + "\n    return text.split()"),),
    ),
    Mutant(
        "no-lookahead",
        "split",
        "keeps all of several spaces together",
        pattern(r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+"),
    ),
    Mutant(
        "no-contractions",
        "split",
        "has no alternative for 's and 'll",
        pattern(r" ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"),
    ),
    Mutant(
        "any-case-contractions",
        "split",
        "takes 'LL for a contraction, which GPT-2 does not",
        pattern(r"(?i:'(?:[sdmt]|ll|ve|re))| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"),
    ),
    Mutant(
        "ascii-letters",
        "split",
        "takes only a to z for letters",
        pattern(r"'(?:[sdmt]|ll|ve|re)| ?[A-Za-z]+| ?\p{N}+| ?[^\sA-Za-z\p{N}]+|\s+(?!\S)|\s+"),
    ),
    Mutant(
        "words-with-digits",
        "split",
        "takes letters and digits together",
        pattern(r"'(?:[sdmt]|ll|ve|re)| ?[\p{L}\p{N}]+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"),
    ),
    Mutant(
        "space-after",
        "split",
        "gives a space to the word before it",
        pattern(r"'(?:[sdmt]|ll|ve|re)|\p{L}+ ?|\p{N}+ ?|[^\s\p{L}\p{N}]+ ?|\s+"),
    ),
    Mutant("pattern-ignored", "split", "ignores the pattern it is given", ((FIND, FIND.replace("pattern", "GPT2")),)),
    Mutant("empty-pieces", "split", "returns empty pieces", ((FIND, 'pieces.append("")\n    ' + FIND),)),
)
