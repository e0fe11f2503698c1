"""Special tokens in whose text ``tokenizers`` finds no added token, although it splits special tokens.

It finds all tokens of a file, and then leaves the special ones as text. That matters where an added token stands in the text of
a special one, or begins in it.

Costs: O(n) for n characters of names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import VocabularyError
from ...reference.published.flags import HIDES
from ...reference.published.found_tokens import SpecialTokens
from ...reference.published.metaspace import Metaspace
from ...reference.published.normalize import Normalizer, steps_of
from ...reference.published.preprocess import Preprocessor

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...definition import Definition


class Automaton:
    """Finds some texts in another, a character at a time (Aho and Corasick).

    A state stands for the longest beginning of one of the texts with which what was read ends; 0 for none.

    >>> found = Automaton(["<b>", "ba"])
    >>> found.whole[found.step(found.step(0, "b"), "a")]
    True
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self.moves: dict[int, int] = {}
        self.fails, self.whole = [0], [False]
        # For each state the one before its last character, that character, and how many it has read.
        before, chars, depths = [0], [""], [0]
        for text in filter(None, texts):
            state = 0
            for depth, char in enumerate(text, 1):
                known = self.moves.setdefault(ord(char) << 32 | state, len(chars))
                if known == len(chars):
                    before.append(state)
                    chars.append(char)
                    depths.append(depth)
                state = known
            self.whole += [False] * (len(chars) - len(self.whole))
            self.whole[state] = True
        self.fails *= len(chars)
        for state in sorted(range(len(chars)), key=depths.__getitem__):
            if depths[state] > 1:
                self.fails[state] = self.step(self.fails[before[state]], chars[state])
                self.whole[state] |= self.whole[self.fails[state]]

    def step(self, state: int, char: str) -> int:
        """The state after another character."""
        while (after := self.moves.get(ord(char) << 32 | state)) is None and state:
            state = self.fails[state]
        return after or 0


def hides(added: Automaton, text: str) -> bool:
    """Whether a text holds one of the added tokens, or one begins in it, not at its start."""
    whole = after = 0
    for at, char in enumerate(text):
        whole = added.step(whole, char)
        after = added.step(after, char) if at else 0
        if added.whole[whole]:
            return True
    return after != 0


def hiding(definition: Definition) -> set[str]:
    """Returns the special tokens that hide added ones. Both must be found at the same time, early or late.

    >>> from ...definition import Definition
    >>> sorted(hiding(Definition.from_merges([], special_tokens={"<b>x": 256, "<s>": 257}, added_tokens={"<b>": 258})))
    ['<b>x']
    """
    if not definition.special_tokens or not definition.added_tokens:
        return set()
    steps = [] if definition.normalizer is None else steps_of(definition.normalizer)
    metaspace = None if definition.prefix is None else Metaspace(definition.prefix)
    prepared = Preprocessor(SpecialTokens({}), Normalizer(steps), metaspace)
    late = definition.late_tokens

    def text_of(name: str) -> str:
        return prepared.late_text(name) if name in late else name

    # Added tokens that are found when no special one is need no text, which may take many steps.
    added = {
        when: Automaton(text_of(name) for name in definition.added_tokens if (name in late) is when)
        for when in {name in late for name in definition.special_tokens}
    }
    return {name for name in definition.special_tokens if hides(added[name in late], text_of(name))}


def with_hiding(definition: Definition) -> Definition:
    """The definition of a file, with the flags of special tokens that hide added ones."""
    flags = {name: {*definition.token_flags.get(name, ()), HIDES} for name in hiding(definition)}
    if not flags:
        return definition
    return definition.replace(name=definition.name, token_flags={**definition.token_flags, **flags})


def check_hiding(definition: Definition) -> None:
    """Refuses to write special tokens that hide added ones in the file, and do not here, or the other way round."""
    hides = {name for name, flags in definition.token_flags.items() if HIDES in flags}
    for name in sorted(hides ^ hiding(definition)):
        does = "hides" if name in hides else "does not hide"
        raise VocabularyError(
            f"a tokenizer.json cannot express that the special token {name!r} {does} the added tokens in its text"
        )
