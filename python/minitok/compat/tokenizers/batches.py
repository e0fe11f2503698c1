"""From inputs to encodings: single texts, pairs, and texts that come as words, many at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .columns import SourceSlice, WordSource, fixed
from .encoded_text import sources
from .encoding import Encoding
from .processing import added_tokens, pad_all, truncate_and_process

if TYPE_CHECKING:
    from .columns import Source
    from .recipe import Recipe


def encode_inputs(
    recipe: Recipe,
    inputs: list[tuple[Any, Any]],
    is_pretokenized: bool,
    add_special_tokens: bool,
    *,
    bare: bool = False,
) -> list[Encoding]:
    """Encodes texts with the second of each pair, or None. ``bare``: without tokens, offsets and words."""
    pipeline = recipe.pipeline()
    check = check_words if is_pretokenized else check_text
    texts: list[Any] = [check(text) for both in inputs for text in both[: 1 if both[1] is None else 2]]
    flat: list[str] = [word for text in texts for word in text] if is_pretokenized else texts
    found = iter(sources(pipeline, flat))

    def source(text: Any) -> Source:
        made = WordSource([next(found) for _ in text]) if is_pretokenized else next(found)
        return fixed(made.ids, [""] * len(made.ids)) if bare else made

    left = iter(texts)
    processor, truncation = recipe.step_json("post_processor"), recipe.truncation
    layout = recipe.layout(add_special_tokens)
    room = None if truncation is None else truncation["max_length"] - added_tokens(processor, is_pair=False)
    encodings = []
    for _, second in inputs:
        first = source(next(left))
        if second is None and layout is not None and (room is None or len(first.ids) <= room):
            encodings.append(layout.place(first))
            continue
        pair = None if second is None else encoding_of(source(next(left)), 0 if bare else 1)
        encodings.append(truncate_and_process(encoding_of(first, 0), pair, processor, truncation, add_special_tokens))
    pad_all(encodings, recipe.padding)
    return encodings


def encoding_of(source: Source, type_id: int) -> Encoding:
    """The encoding of all tokens of a text."""
    size = len(source.ids)
    return Encoding((SourceSlice(source, 0, size, type_id),) if size else ())


def as_inputs(given: Any, is_pretokenized: bool) -> list[tuple[Any, Any]]:
    """The inputs of a batch, each with the second of a pair, or None."""
    if isinstance(given, str):
        raise TypeError("Can't extract `str` to `Vec`")
    return [as_input(one, is_pretokenized) for one in given]


def as_input(given: Any, is_pretokenized: bool) -> tuple[Any, Any]:
    """A text and the second of a pair, or None."""
    if isinstance(given, (list, tuple)) and len(given) == 2 and not (is_pretokenized and isinstance(given[0], str)):
        return given[0], given[1]
    if not is_pretokenized and not isinstance(given, str):
        raise TypeError("TextEncodeInput must be Union[TextInputSequence, Tuple[InputSequence, InputSequence]]")
    return given, None


def check_text(text: Any) -> str:
    if not isinstance(text, str):
        raise TypeError("TextInputSequence must be str")
    return text


def check_words(words: Any) -> list[str]:
    """The words of a text, if they are ones."""
    listed = words.tolist() if hasattr(words, "tolist") else words
    if not isinstance(listed, (list, tuple)) or not all(isinstance(word, str) for word in listed):
        raise TypeError("PreTokenizedInputSequence must be Union[List[str], Tuple[str]]")
    return list(listed)
