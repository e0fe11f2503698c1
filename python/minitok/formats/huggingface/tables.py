"""What counts as punctuation, a digit, a mark or a control character, to ``tokenizers``: the sets of ``tables.txt``.

Sets are spelled as Oniguruma reads them, too.
"""

from __future__ import annotations

from pathlib import Path


def ranges(numbers: str) -> str:
    r"""Characters by their numbers, as members of a set.

    >>> ranges("61D 1B7D-1B7F")
    '\\x{61D}\\x{1B7D}-\\x{1B7F}'
    """
    return "".join("-".join(rf"\x{{{end}}}" for end in span.split("-")) for span in numbers.split())


def read_set(line: str) -> tuple[str, str]:
    r"""The name of a set, and the set, with more characters than its members have, and with fewer.

    >>> read_set(r"punctuation \p{P} + 166D - 61D 9FD")
    ('punctuation', '[\\p{P}\\x{166D}&&[^\\x{61D}\\x{9FD}]]')
    """
    head, _, less = line.partition(" - ")
    head, _, more = head.partition(" + ")
    name, _, members = head.partition(" ")
    return name, f"[{members}{ranges(more)}{f'&&[^{ranges(less)}]' if less else ''}]"


LINES = Path(__file__).with_name("tables.txt").read_text("ascii").splitlines()
# The sets by name, as regular expressions.
SETS = dict(read_set(line) for line in LINES if not line.startswith("#"))
