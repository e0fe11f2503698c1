"""What a tokenizer does to numbers, dates, code and white space, on short texts that are the same for all.

>>> from minitok import get_encoding
>>> found = probe(get_encoding("cl100k_base"))
>>> found["numbers"]["4"], found["spaces"]
({'tokens': 2.0, 'alike': 1.0}, 128)
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..tokenizer import Tokenizer

DRAWN = 1000
LONGEST = 256
IDENTIFIERS = [
    "getUserName", "parse_http_request", "MAX_BUFFER_SIZE", "HTTPServer", "to_string", "is_valid", "XMLHttpRequest",
    "snake_case_name", "camelCaseName", "PascalCaseName", "__init__", "i18n", "base64_encode", "SHA256", "utf8_decode",
    "onClick",
]  # fmt: skip


def probe(tok: Tokenizer) -> dict[str, Any]:
    """Returns the results by probe.

    numbers: for each number of digits from 1 to 8, the tokens of a number, and the share of numbers that are cut as most are
        (1.0: always alike, so that digits stand at the same places).
    dates: the same for dates such as 2024-02-29.
    indents: the share of the indents of 1 to 16 spaces after a newline that are one token.
    spaces, newlines: the longest run that is one token, up to 256.
    identifiers: tokens of an identifier, on average over 16.
    """
    rng = random.Random(0)  # noqa: S311
    numbers = {
        str(digits): alike(tok, [str(rng.randrange(10 ** (digits - 1), 10**digits)) for _ in range(DRAWN)])
        for digits in range(1, 9)
    }
    dates = [f"{rng.randrange(1900, 2100)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}" for _ in range(DRAWN)]
    # A letter before and after keeps what is at the end of a text from deciding.
    around = tok.count_batch([f"a\n{' ' * n}a" for n in range(1, 17)])
    fewest = tok.count("a\na")
    return {
        "numbers": numbers,
        "dates": alike(tok, dates),
        "indents": sum(count <= fewest + 1 for count in around) / 16,
        "spaces": longest_run(tok, " "),
        "newlines": longest_run(tok, "\n"),
        "identifiers": sum(tok.count_batch(IDENTIFIERS)) / len(IDENTIFIERS),
    }


def alike(tok: Tokenizer, texts: Sequence[str]) -> dict[str, float]:
    """The tokens of a text on average, and the share of the texts whose tokens have the commonest lengths."""
    cuts = Counter(tuple(map(len, tok.tokenize(text))) for text in texts)
    tokens = sum(len(cut) * count for cut, count in cuts.items())
    return {"tokens": tokens / len(texts), "alike": cuts.most_common(1)[0][1] / len(texts)}


def longest_run(tok: Tokenizer, char: str) -> int:
    """The longest run of a character that is one token; 0 if there is none."""
    counts = tok.count_batch([char * n for n in range(1, LONGEST + 1)])
    return max((n for n, count in enumerate(counts, 1) if count == 1), default=0)
