"""Which split pattern serves which language: ``python -m benchmarks.patterns``.

Trains on the first 20 articles of the Universal Declaration of Human Rights and counts the tokens of the other ten, under every
pattern with a name: each language alone with 1,000 ids, then all 34 together with 16,000. At last, the plays of Shakespeare.
"""

from __future__ import annotations

import minitok
from minitok.data import human_rights, tiny_shakespeare
from minitok.evaluation.measures import gini
from minitok.reference.pretokenize import NAMED
from minitok.reference.published.families import FAMILIES

PATTERNS = [*NAMED, *FAMILIES]
LEARNT = 20  # articles
ALONE, TOGETHER, PLAYS = 1000, 16_000, 4000  # ids
LEARNT_PLAYS = 1_000_000  # characters


def row(name: str, values: list[object]) -> None:
    """Prints a line."""
    print(f"{name:12}" + "".join(f"{value:>11,}" if isinstance(value, int) else f"{value!s:>11}" for value in values))


def main() -> None:
    """Measures, and prints the tables."""
    learn = {language: articles[:LEARNT] for language, articles in human_rights().items()}
    count = {language: articles[LEARNT:] for language, articles in human_rights().items()}
    alone = {
        pattern: [sum(minitok.train(learn[one], ALONE, pattern=pattern).count_batch(count[one])) for one in learn]
        for pattern in PATTERNS
    }
    row("each alone", list(PATTERNS))
    for language, counts in zip(learn, zip(*alone.values(), strict=True), strict=True):
        row(language, list(counts))
    row("all", [sum(counts) for counts in alone.values()])
    corpus = [text for articles in learn.values() for text in articles]
    toks = [minitok.train(corpus, TOGETHER, pattern=pattern) for pattern in PATTERNS]
    together = [[sum(tok.count_batch(articles)) for articles in count.values()] for tok in toks]
    row("together", [sum(counts) for counts in together])
    row("Gini", [f"{gini(counts):.3f}" for counts in together])
    plays = tiny_shakespeare()
    seen, unseen = plays[:LEARNT_PLAYS], plays[LEARNT_PLAYS:]
    row("plays", [minitok.train([seen], PLAYS, pattern=pattern).count(unseen) for pattern in PATTERNS])


if __name__ == "__main__":
    main()
