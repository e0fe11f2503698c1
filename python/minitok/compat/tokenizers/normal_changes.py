"""What becomes of each character where a text is put into a normal form, as ``tokenizers`` counts it.

By hand, with NFC: ``e·◌́·!`` becomes ``é`` in the place of ``e``, whose follower is gone, and ``!``.

Costs: O(n), in Python, and O(m log m) for a run of m marks.
"""

from __future__ import annotations

from minitok.reference.normal_forms import combining_class, composition, decomposition, in_order

__all__ = ["changes"]

Change = tuple[str, int]


def changes(text: str, form: str) -> list[Change]:
    r"""The characters of the text in a normal form, each with what became of the text's: 0 for a character in the place of one,
    1 for one that was inserted, -n for one in the place of one whose n followers are gone.

    >>> changes("e\u0301\u00e9!", "NFC"), changes("\u00e9", "NFD")
    ([('é', -1), ('é', 0), ('!', 0)], [('e', 0), ('́', 1)])
    """  # noqa: D205 - one sentence
    parts = [(part, at) for char in text for at, part in enumerate(decomposition(char, "K" in form))]
    ordered = [(char, int(at > 0)) for char, at, _ in in_order([(char, at, 0) for char, at in parts])]
    if form.endswith("D"):
        return ordered
    made: list[Change] = []
    starter, last = None, -1  # where the last starter stands, and the class of the character behind it, if there is one
    for char, change in ordered:
        kind = combining_class(char)
        whole = composition(made[starter][0], char) if starter is not None and last < kind else None
        if starter is not None and whole is not None:
            made[starter] = whole, made[starter][1] + change - 1
            continue
        starter, last = (len(made), -1) if kind == 0 else (starter, kind)
        made.append((char, change))
    return made
