"""Names that mean something: of encodings, of models and of split patterns, the same everywhere.

A name of an encoding or a model stands for its split pattern where a pattern is wanted, and a name of a model for its encoding
where an encoding is wanted. What is nearly a name is refused with the name that may have been meant, and so is a pattern that
would match nothing but its own text: nobody who writes ``pattern="cl100k_bas"`` means that.

The models are those of tiktoken 0.14, and Whisper's.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..errors import PatternError
from ..reference.pretokenize import BYTES, NAMED, THEN
from ..reference.published.families import FAMILIES

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["PATTERNS", "encoding_of_model", "pattern_named", "short_pattern", "suggest"]

MODELS = {
    "r50k_base": (
        "davinci curie babbage ada text-davinci-001 text-curie-001 text-babbage-001 text-ada-001 "
        "text-similarity-davinci-001 text-similarity-curie-001 text-similarity-babbage-001 text-similarity-ada-001 "
        "text-search-davinci-doc-001 text-search-curie-doc-001 text-search-babbage-doc-001 text-search-ada-doc-001 "
        "code-search-babbage-code-001 code-search-ada-code-001"
    ),
    "p50k_base": (
        "text-davinci-003 text-davinci-002 code-davinci-002 code-davinci-001 code-cushman-002 code-cushman-001 "
        "davinci-codex cushman-codex"
    ),
    "p50k_edit": "text-davinci-edit-001 code-davinci-edit-001",
    "cl100k_base": (
        "gpt-4 gpt-3.5-turbo gpt-3.5 gpt-35-turbo davinci-002 babbage-002 text-embedding-ada-002 "
        "text-embedding-3-small text-embedding-3-large"
    ),
    "o200k_base": "o1 o3 o4-mini gpt-5 gpt-4.1 gpt-4o",
    "gpt2": "gpt2 gpt-2",
    "whisper": "tiny base small medium large-v1 large-v2",
    "whisper_v3": "large-v3 large large-v3-turbo turbo",
    "whisper_en": "tiny.en base.en small.en medium.en",
}

# Names that begin so, where no name above fits: dated versions and fine-tuned models. The first that fits is taken.
PREFIXES = {
    "o1-": "o200k_base",
    "o3-": "o200k_base",
    "o4-mini-": "o200k_base",
    "gpt-5": "o200k_base",
    "gpt-4.5-": "o200k_base",
    "gpt-4.1-": "o200k_base",
    "chatgpt-4o-": "o200k_base",
    "gpt-4o-": "o200k_base",
    "gpt-4-": "cl100k_base",
    "gpt-3.5-turbo-": "cl100k_base",
    "gpt-35-turbo-": "cl100k_base",
    "gpt-oss-": "o200k_harmony",
    "ft:gpt-4o": "o200k_base",
    "ft:gpt-4": "cl100k_base",
    "ft:gpt-3.5-turbo": "cl100k_base",
    "ft:davinci-002": "cl100k_base",
    "ft:babbage-002": "cl100k_base",
}

ENCODING_OF_MODEL = {model: encoding for encoding, models in MODELS.items() for model in models.split()}
# "whisper-1" is the name of large-v2 as a service; the others say "whisper-" before the model's own name.
ENCODING_OF_MODEL |= {
    f"whisper-{model}": encoding for model, encoding in ENCODING_OF_MODEL.items() if encoding.startswith("whisper")
} | {"whisper-1": "whisper"}

# The pattern of each published encoding.
PATTERNS = {
    "gpt2": "gpt2",
    "r50k_base": "gpt2",
    "p50k_base": "gpt2",
    "p50k_edit": "gpt2",
    "cl100k_base": "cl100k",
    "o200k_base": "o200k",
    "o200k_harmony": "o200k",
    "whisper": "gpt2",
    "whisper_v3": "gpt2",
    "whisper_en": "gpt2",
}
# What says more than the text itself in a regular expression.
METACHARACTERS = set("\\^$.[](){}*+?|")
# How alike two names must be for one to be suggested for the other, from 0 to 1.
ALIKE = 0.75
# The longest pattern that is shown whole.
SHORT = 80


def encoding_of_model(model: str) -> str | None:
    """The name of the encoding that a model uses; None if it is not known."""
    found = ENCODING_OF_MODEL.get(model)
    return found or next((name for prefix, name in PREFIXES.items() if model.startswith(prefix)), None)


def pattern_named(pattern: str) -> str:
    """The pattern that a caller means: by a name of its own, by that of an encoding or a model, or as it stands.

    Raises:
        PatternError: It would match nothing but its own text, or it is nearly a name. Such a text is written ``(?:text)``.

    >>> pattern_named("cl100k_base"), pattern_named("gpt-4o"), pattern_named(r"\\w+|\\W")
    ('cl100k', 'o200k', '\\\\w+|\\\\W')
    """
    if not isinstance(pattern, str) or len(pattern) < 2:
        return pattern
    return THEN.join(step_named(step) for step in pattern.split(THEN))


def step_named(step: str) -> str:
    """The same for one of the patterns that cut in turn."""
    mark = BYTES if step.startswith(BYTES) else ""
    name = step.removeprefix(mark)
    if len(name) < 2 or name == "none" or name in NAMED | FAMILIES:
        return step
    meant = PATTERNS.get(encoding_of_model(name) or name)
    if meant:
        return mark + meant
    near = nearest(name, pattern_names()) if re.fullmatch(r"[\w.-]+", name.strip()) else []
    if not near and METACHARACTERS & set(name):
        return step
    known = (
        f"did you mean {either(near)}?"
        if near
        else f"patterns with names are {', '.join(['none', *NAMED, *FAMILIES])}."
    )
    raise PatternError(
        step,
        f"not the name of a pattern, an encoding or a model; {known} To match exactly this text, write (?:{name})",
    )


def pattern_names() -> list[str]:
    """The names that may stand for a pattern; those of patterns first."""
    return ["none", *NAMED, *FAMILIES, *PATTERNS, *ENCODING_OF_MODEL]


def short_pattern(pattern: str) -> str:
    """A pattern for a line that people read: cut short, as files of models have some of a thousand characters.

    >>> short_pattern("gpt2"), len(short_pattern("[ab]" * 100))
    ('gpt2', 80)
    """
    return pattern if len(pattern) <= SHORT else pattern[: SHORT - 1] + "…"


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """The known names that a name is nearly or the beginning of, at most three, the nearest first."""
    import difflib

    plain = {other.lower(): other for other in dict.fromkeys(known)}
    name = name.strip().lower()
    if name in plain:
        return [plain[name]]
    close = difflib.get_close_matches(name, plain, n=3, cutoff=ALIKE)
    longer = [other for other in plain if len(name) > 2 and other.startswith(name)]
    return [plain[other] for other in dict.fromkeys([*close, *longer])][:3]


def either(names: Iterable[str]) -> str:
    return " or ".join(map(repr, names))


def suggest(name: str, known: Iterable[str], others: str) -> str:
    """The end of a message about an unknown name: what may have been meant, or ``others``, what there is.

    >>> suggest("gtp2", ["gpt2", "o200k_base"], "")
    "; did you mean 'gpt2'?"
    """
    near = nearest(name, known)
    return f"; did you mean {either(near)}?" if near else others
