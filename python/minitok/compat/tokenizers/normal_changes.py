"""Where the characters of a normal form come from, as ``tokenizers`` counts it.

By hand, with NFC: ``e·◌́·!`` becomes ``é``, which stands for ``e``, and ``!``, which stands for the third character.

Costs: O(n), in Python, and O(m log m) for a run of m marks.
"""

from __future__ import annotations

from itertools import accumulate

from minitok.reference.published.normal_forms import combining_class, composition, decomposition, in_order


def normal_characters(text: str, form: str) -> list[tuple[str, int]]:
    r"""The characters of the text in a normal form, each with the number of the character that it stands for.

    Characters stand for those of the text in their order, whatever they are: one that was put in for the last one, and one
    that was composed for the first of its parts.

    >>> normal_characters("e\u0301\u00e9!", "NFC"), normal_characters("\u00e9", "NFD")
    ([('é', 0), ('é', 2), ('!', 3)], [('e', 0), ('́', 0)])
    """
    # Each with how many characters of the text it takes the place of.
    parts = [(part, int(at == 0)) for char in text for at, part in enumerate(decomposition(char, "K" in form))]
    made = [(char, takes) for char, takes, _ in in_order([(char, takes, 0) for char, takes in parts])]
    if form.endswith("C"):
        made = composed(made)
    ends = accumulate(takes for _, takes in made)
    return [(char, max(end - max(takes, 1), 0)) for (char, takes), end in zip(made, ends)]


def composed(ordered: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Characters composed with the marks that follow them, where nothing blocks them (UAX 15)."""
    made: list[tuple[str, int]] = []
    starter, last = None, -1  # where the last starter stands, and the class of the character after it, if there is one
    for char, takes in ordered:
        kind = combining_class(char)
        whole = composition(made[starter][0], char) if starter is not None and last < kind else None
        if starter is not None and whole is not None:
            made[starter] = whole, made[starter][1] + takes
            continue
        starter, last = (len(made), -1) if kind == 0 else (starter, kind)
        made.append((char, takes))
    return made
