r"""Names of split patterns, encodings and models -> what they mean.

A name of an encoding or a model stands for its split pattern where a pattern is wanted, and a pattern's or a model's for its
encoding where an encoding is wanted. A string that is nearly a name is refused with the name that may be meant, and so is a
pattern that would match nothing but its own text: nobody who writes ``pattern="cl100k_bas"`` means that.

Both languages read the names from one file, ``names.txt``. It also says where the files of other models are.

By hand: ``gpt-4o`` uses ``o200k_base``, whose pattern is ``o200k``. ``gpt4`` is not a name, but has the letters and
digits of ``gpt-4``: it is refused, and ``gpt-4`` is suggested. ``gpt-?\d`` has characters of regular expressions: it is one.

Invariants: only what looks like a name, letters and digits with single ``-``, ``_`` or ``.`` between them, is taken for one or
for a misspelt one. Any other string with a character that has a meaning in regular expressions is a pattern as it stands.
Whatever is refused can be written ``(?:text)``.

Costs: linear in the string; to suggest a name, O(L^2) for each of at most 2,000 known names, L <= 64 letters.

Implements SPEC P10.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import islice
from typing import NamedTuple

from ...errors import PatternError
from ...lazy import lines_in_package
from ..pretokenize import NAMED
from .families import FAMILIES
from .patterns import BYTES, THEN

# What looks like a name.
LIKE_NAME = re.compile(r"[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*")
# Characters that say more than the text itself in a regular expression.
METACHARACTERS = set("\\^$.[](){}*+?|")
WHITE = " \t\r\n"
# How many letters a name may have to be compared with others, and are shown; and with how many others.
MOST_LETTERS = 64
MOST_KNOWN = 2000
# More differences than are counted.
FAR = MOST_LETTERS + 1
# How many names are suggested.
SUGGESTED = 3


class Names(NamedTuple):
    """What the file says."""

    # The split pattern of each published encoding.
    encodings: dict[str, str]
    # The encoding of each model.
    models: dict[str, str]
    # The encoding of other models, whose names start so.
    prefixes: dict[str, str]
    # The split pattern of models that are read from files, and a repository with such a file.
    families: dict[str, tuple[str, str]]


@cache
def table() -> Names:
    """Reads the file once."""
    names = Names({}, {}, {}, {})
    for line in lines_in_package(__file__, "names.txt"):
        kind, *fields = line.split()
        if kind == "encoding":
            name, pattern, *models = fields
            names.encodings[name] = pattern
            names.models.update(dict.fromkeys(models, name))
        elif kind == "prefix":
            start, encoding = fields
            names.prefixes[start] = encoding
        elif kind == "family":
            pattern, repository, *models = fields
            names.families.update(dict.fromkeys(models, (pattern, repository)))
    return names


def encoding_of_model(model: str) -> str | None:
    """Returns the name of the encoding that a model uses; None if the model is not known.

    >>> encoding_of_model("gpt-4o-2024-08-06"), encoding_of_model("llama-3")
    ('o200k_base', None)
    """
    if found := table().models.get(model):
        return found
    return next((encoding for start, encoding in table().prefixes.items() if model.startswith(start)), None)


def encoding_named(name: str) -> str | None:
    """Returns the encoding that a name means: an encoding's own, with or without ``_base``, or that of a model.

    >>> encoding_named("cl100k"), encoding_named("gpt-4"), encoding_named("llama3")
    ('cl100k_base', 'cl100k_base', None)
    """
    known = table().encodings
    for spelling in (name, name + "_base"):
        if spelling in known:
            return spelling
    return encoding_of_model(name)


def pattern_of(name: str) -> str | None:
    """Returns the split pattern that a name means: the pattern's own, or that of an encoding or a model."""
    if name == "none" or name in NAMED or name in FAMILIES:
        return name
    if not is_like_name(name):
        return None
    if encoding := encoding_named(name):
        return table().encodings[encoding]
    pattern, _ = table().families.get(name, (None, None))
    return pattern


def pattern_named(pattern: str) -> str:
    """Returns the pattern that a caller means: by a name, with names as steps (P8), or as it stands.

    Raises:
        PatternError: It would match nothing but its own text, or it is nearly a name. Such a text is written ``(?:text)``.

    >>> pattern_named("cl100k_base"), pattern_named("gpt-4o"), pattern_named(r"\\w+|\\W")
    ('cl100k', 'o200k', '\\\\w+|\\\\W')
    """
    if not isinstance(pattern, str):
        return pattern  # whoever takes it refuses it
    return THEN.join(step_named(step) for step in pattern.split(THEN))


def step_named(step: str) -> str:
    """Returns the same for one of the patterns that cut in turn."""
    mark = BYTES if step.startswith(BYTES) else ""
    name = step.removeprefix(mark)
    if len(name) < 2:
        return step
    if found := pattern_of(name):
        return mark + found
    near = nearest(name, pattern_names()) if is_like_name(name.strip(WHITE)) else []
    if not near and not METACHARACTERS.isdisjoint(name):
        return step
    known = f"did you mean {either(near)}?" if near else f"patterns with names are {', '.join(own_names())}."
    raise PatternError(
        step,
        f"not the name of a pattern, an encoding or a model; {known} To match exactly this text, write (?:{name})",
    )


def own_names() -> list[str]:
    """Returns the names that patterns have themselves."""
    return ["none", *NAMED, *FAMILIES]


def pattern_names() -> list[str]:
    """Returns the names that are suggested for a pattern; those of patterns first."""
    return [*own_names(), *table().encodings, *table().models]


def is_like_name(text: str) -> bool:
    """Whether a text looks like a name."""
    return LIKE_NAME.fullmatch(text) is not None


def unknown_encoding(name: str, plugins: Sequence[str]) -> str:
    """Returns the message for a name that no encoding has. ``plugins``: encodings that other packages add."""
    known = [*table().encodings, *plugins]
    return f"unknown encoding {name[:MOST_LETTERS]!r}{'...' * (len(name) > MOST_LETTERS)}" + explained(
        name,
        [*known, *table().models],
        f"; expected one of {', '.join(known)}, or the name of an OpenAI model; read other models from their files",
    )


def unknown_model(model: str) -> str:
    """Returns the message for a model that is not known.

    >>> unknown_model("o200k")
    "unknown model 'o200k'; this is an encoding: get_encoding('o200k_base')"
    """
    if encoding := encoding_named(model):
        return f"unknown model {model!r}; this is an encoding: get_encoding({encoding!r})"
    return f"unknown model {model[:MOST_LETTERS]!r}{'...' * (len(model) > MOST_LETTERS)}" + explained(
        model,
        table().models,
        "; minitok knows the models of OpenAI and Whisper, and reads those of others from their files",
    )


def explained(name: str, known: Iterable[str], others: str) -> str:
    """Returns the end of such a message: where the model's file is, what may be meant, or ``others``, what there is.

    A model may be written with its owner, ``owner/model``.
    """
    model = name.rpartition("/")[2]
    if repository := repository_of(model):
        where = f"this one from tokenizer.json of {repository} on Hugging Face"
        return f"; minitok reads the models of others from their files, {where}"
    if model != name and encoding_named(model):
        return f"; did you mean {model!r}?"
    return suggest(model, known, others)


def repository_of(model: str) -> str | None:
    """Returns a repository with the file of a model, if the name starts with that of a family.

    >>> repository_of("DeepSeek-V3-0324"), repository_of("gpt-4")
    ('deepseek-ai/DeepSeek-V3', None)
    """
    lower = model.lower()
    for name, (_, repository) in table().families.items():
        if lower.startswith(name) and (lower == name or lower[len(name)] in "-_:"):
            return repository
    return None


def suggest(name: str, known: Iterable[str], others: str) -> str:
    """Returns the end of a message about an unknown name: what may be meant, or ``others``, what there is.

    >>> suggest("gtp2", ["gpt2", "o200k_base"], "")
    "; did you mean 'gpt2'?"
    """
    near = nearest(name, known)
    return f"; did you mean {either(near)}?" if near else others


def either(names: Iterable[str]) -> str:
    """Returns the names as alternatives."""
    return " or ".join(map(repr, names))


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Returns the known names that are nearest to a name, at most three, in order; none if none is near.

    >>> nearest("GPT4", ["gpt-4", "gpt-4o", "gpt2"]), nearest("qwen", ["llama3", "qwen2", "qwen3.5"]), nearest("x", ["o1"])
    (['gpt-4'], ['qwen2', 'qwen3.5'], [])
    """
    wanted = letters(name)
    if not wanted:
        return []
    spelled: dict[str, str] = {}
    for other in islice(known, MOST_KNOWN):
        spelled.setdefault(letters(other), other)
    found = [(differences(wanted, each), other) for each, other in spelled.items()]
    fewest = min((steps for steps, _ in found), default=FAR)
    return [other for steps, other in found if steps == fewest < FAR][:SUGGESTED]


def differences(name: str, other: str) -> int:
    """Returns in how many letters a name differs from a known one, or ``FAR``. The start of a name differs in one.

    Near is what differs in a quarter of the letters of the longer name, or in fewer.
    """
    longer = max(len(name), len(other))
    if len(name) > 2 and other != name and other.startswith(name):
        return 1
    if longer > MOST_LETTERS:
        return FAR
    steps = distance(name, other, longer // 4)
    return steps if steps <= longer // 4 else FAR


def letters(name: str) -> str:
    """Returns the ASCII letters, in lower case, and digits of a name."""
    return "".join(char for char in name if char.isascii() and char.isalnum()).lower()


def distance(one: str, other: str, most: int) -> int:
    """Returns how many letters must be inserted, removed, replaced or swapped with the next one, up to ``most + 1``.

    By hand: ``gtp2`` becomes ``gpt2`` by one swap; ``o20k`` becomes ``o200k`` by one letter more.

    >>> distance("gtp2", "gpt2", 4), distance("o20k", "o200k", 4), distance("abcdef", "uvwxyz", 1)
    (1, 1, 2)
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    above: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one):
        row = [i + 1]
        for j, wanted in enumerate(other):
            steps = min(last[j] + (letter != wanted), last[j + 1] + 1, row[j] + 1)
            if i and j and letter == other[j - 1] and one[i - 1] == wanted:
                steps = min(steps, above[j - 1] + 1)
            row.append(steps)
        if min(row) > most:
            return most + 1
        above, last = last, row
    return last[-1]
