"""Mutants of stages 16 and 18: WordPiece and Unigram, and patches."""

from __future__ import annotations

from .mutant import Mutant

__all__ = ["MUTANTS"]

PRUNED = "    often = expected(words, counts)\n"

MUTANTS = (
    Mutant(
        "inside-as-outside",
        "subwords",
        "looks for tokens inside a word without their mark",
        (('        mark = "##" if start else ""\n', '        mark = ""\n'),),
    ),
    Mutant(
        "one-letter-unknown",
        "subwords",
        "makes only the letter unknown that no token fits",
        (
            (
                '            return ["[UNK]"]\n        tokens.append(mark',
                '            tokens.append("[UNK]")\n            start += 1\n            continue\n        tokens.append(mark',
            ),
        ),
    ),
    Mutant(
        "plain-counts",
        "subwords",
        "trains WordPiece by how often a pair occurs",
        (("Fraction(count, tokens[pair[0]] * tokens[pair[1]])", "Fraction(count)"),),
    ),
    Mutant(
        "words-count-once",
        "subwords",
        "forgets how often each word occurs",
        (
            ("            tokens[token] += times\n", "            tokens[token] += 1\n"),
            ("            pairs[pair] += times\n", "            pairs[pair] += 1\n"),
        ),
    ),
    Mutant(
        "fewest-parts",
        "subwords",
        "takes the cut with the fewest tokens for the likeliest",
        (("log(counts[word[start:end]] / total), start)", "log(1 / total), start)"),),
    ),
    Mutant(
        "best-cut-only",
        "subwords",
        "counts the tokens of the likeliest cut, and none of the others",
        (
            (
                PRUNED,
                "    often = dict.fromkeys(counts, 0)\n    for word, times in words.items():\n        for token in unigram(word, counts):\n            often[token] += times\n",
            ),
        ),
    ),
    Mutant(
        "counts-as-given",
        "subwords",
        "drops the tokens that had the lowest counts, without counting cuts",
        ((PRUNED, "    often = counts\n"),),
    ),
    Mutant(
        "letters-dropped",
        "subwords",
        "drops letters, too",
        (("(len(token) > 1, -often[token], token)", "(-often[token], token)"),),
    ),
    Mutant(
        "next-character",
        "patches",
        "counts which character follows which",
        (
            (
                '    data = text.encode("utf-8")\n    rows: dict',
                "    data = [ord(char) for char in text]\n    rows: dict",
            ),
        ),
    ),
    Mutant(
        "surprise",
        "patches",
        "cuts before a byte that was improbable",
        (("else uncertainty(row)) <= bits", "else log2(sum(row.values()) / row.get(byte, 1e-9))) <= bits"),),
    ),
    Mutant(
        "natural-units",
        "patches",
        "measures with the natural logarithm",
        (("count / total * log2(total / count)", "count / total * log(total / count)"),),
    ),
    Mutant(
        "one-byte-late",
        "patches",
        "looks at the row of the byte itself, which says what follows it",
        (("rows.get(data[at - 1])", "rows.get(byte)"),),
    ),
    Mutant(
        "unknown-is-certain",
        "patches",
        "takes the next byte for certain after a byte that it has never seen",
        (("(8.0 if row is None", "(0.0 if row is None"),),
    ),
    Mutant(
        "at-least",
        "patches",
        "cuts where just as many bits are open",
        (("uncertainty(row)) <= bits", "uncertainty(row)) < bits"),),
    ),
)
