"""``DecodeStream``: the text of ids as they come."""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from collections.abc import Sequence
from functools import reduce
from itertools import takewhile
from typing import Any

from minitok.backend.shortcuts import DecodeSteps

BYTE = re.compile("<0x[0-9A-Fa-f]{2}>")
UNKNOWN = "\ufffd"
# How the error of `tokenizers` begins, by which vLLM recognizes it.
INVALID = "Invalid prefix encountered while decoding stream"
# How many bytes a character has at most.
CHARACTER = 4
# More ids than these have at least four characters after the place where what came before may matter.
TAIL = 20


class DecodeStream(DecodeSteps):
    """Text of ids as they come: ``step`` gives the text that has become certain, or None.

    While each token is valid UTF-8 by itself, steps need no Python. What else there is (special tokens that are left out,
    bytes that become U+FFFD, the first step) is done here, on the ids since the last answer but one.

    >>> import minitok
    >>> from minitok.compat.tokenizers import Tokenizer
    >>> tok = Tokenizer.from_minitok(minitok.Tokenizer([]))
    >>> stream = DecodeStream()
    >>> [stream.step(tok, byte) for byte in "é!".encode()]
    [None, 'é', '!']
    """

    def __init__(self, ids: Sequence[int] | None = None, skip_special_tokens: bool = False) -> None:
        self.skip_special_tokens = skip_special_tokens
        self._ids = list(ids or ())
        self._prefix = ""
        self._prefix_index = 0
        # Whether the text of the ids ends in U+FFFD, and whether it does with any byte after it.
        self._is_open = self._is_broken = False
        # What decoded the last step that was taken here.
        self._pipeline: Any = None

    def _step(self, tokenizer: Any, id: int | Sequence[int]) -> str | None:
        """The next step, where the shortcut leaves it to Python."""
        self._take_back()
        is_first = self._pipeline is None
        pipeline = self._pipeline = tokenizer._recipe.pipeline()  # noqa: SLF001 - of the same package
        if is_first:
            self._ids = pipeline.ids_with_text(self._ids, self.skip_special_tokens)
            if self._begins_behind(tokenizer, pipeline):
                return self.step(tokenizer, id)
        said = self._next(pipeline, id)
        left = None if self._is_open or not self._prefix else pipeline.left_out(self.skip_special_tokens)
        if left is not None and self._prefix_index == len(self._ids):
            self._follow(tokenizer, left, self._ids)
        return said

    def _begins_behind(self, tokenizer: Any, pipeline: Any) -> bool:
        """Whether the last of the ids that were there before is all that matters of them: then it is kept, and followed."""
        left, skip = pipeline.left_out(self.skip_special_tokens), self.skip_special_tokens
        tail = [] if left is None else last_ids(pipeline, self._ids, skip)
        text = pipeline.decode(tail, skip)
        if not text or text.endswith(UNKNOWN):
            return False
        self._ids, self._prefix, self._prefix_index = tail, text, len(tail)
        self._follow(tokenizer, left, tail)
        return True

    def _take_back(self) -> None:
        """Goes on from the steps that were taken without Python."""
        if (taken := self._leave()) is not None:
            before, since = taken
            self._ids, self._prefix_index = before + since, len(before)
            self._prefix = self._pipeline.decode(before, self.skip_special_tokens)
            self._is_open, self._is_broken = bool(since), False

    def _next(self, pipeline: Any, id: int | Sequence[int]) -> str | None:
        new = pipeline.ids_with_text([id] if isinstance(id, int) else id, self.skip_special_tokens)
        if self._is_open and self._stays_open(pipeline, new):
            self._ids += new
            return None
        if not self._prefix and self._ids:
            text = pipeline.decode(self._ids, self.skip_special_tokens)
            if not text.endswith(UNKNOWN):
                self._prefix, self._prefix_index = text, len(self._ids)
        self._ids += new
        text = pipeline.decode(self._ids, self.skip_special_tokens)
        if text.endswith(UNKNOWN):
            self._is_open, self._is_broken = True, ends_broken(pipeline, self._ids)
            return None
        self._is_open = False
        if len(text.encode()) <= len(self._prefix.encode()):
            return None
        if not text.startswith(self._prefix):
            raise ValueError(
                f"{INVALID}: the text {text!r} does not begin with {self._prefix!r}, which has been given out"
            )
        made: str = text[len(self._prefix) :]
        self._ids, index = self._ids[self._prefix_index :], len(self._ids) - self._prefix_index
        self._prefix, self._prefix_index = pipeline.decode(self._ids, self.skip_special_tokens), index
        return made

    def _stays_open(self, pipeline: Any, new: list[int]) -> bool:
        """Whether a few ids show that the text still ends in U+FFFD: to decode all of them each time would be quadratic."""
        if not new:
            return True
        if pipeline.before_bytes is not None:
            names = names_before_bytes(pipeline, new)
            if all(map(BYTE.fullmatch, names)):
                return self._is_broken
            self._is_broken = False
            return names[-1].endswith(UNKNOWN)
        if not pipeline.decodes_as_codec or len(self._ids) < TAIL:
            return False
        # The last four bytes show where the last character begins, and an id has at least one.
        text = pipeline.text([*self._ids[-TAIL:], *new][-TAIL:])
        return len(text) >= 4 and text.endswith(UNKNOWN)

    def __copy__(self) -> DecodeStream:
        self._take_back()
        made = type(self)(skip_special_tokens=self.skip_special_tokens)
        made.__dict__.update(self.__dict__ | {"_ids": self._ids.copy()})
        return made

    def __deepcopy__(self, memo: Any) -> DecodeStream:
        return self.__copy__()


def last_ids(pipeline: Any, ids: Sequence[int], skip_special_tokens: bool) -> list[int]:
    """The last ids that have text, down to one after which a character begins: some four bytes, and a run of byte fallback."""
    found: list[int] = []
    size = 0
    for token_id in reversed(ids):
        if not pipeline.ids_with_text([token_id], skip_special_tokens):
            continue
        if token_id in pipeline.unlike_bytes:
            return []
        found.append(token_id)
        size += len(pipeline.codec.token_bytes(token_id) or b"")
        if size >= CHARACTER and (
            pipeline.before_bytes is None or not BYTE.fullmatch(names_before_bytes(pipeline, [token_id])[0])
        ):
            break
    return found[::-1]


def names_before_bytes(pipeline: Any, ids: Sequence[int]) -> list[str]:
    """The tokens of ids as ``ByteFallback`` gets them."""
    return reduce(lambda names, part: part.decode_chain(names), pipeline.before_bytes or [], pipeline.tokens(ids))


def ends_broken(pipeline: Any, ids: Sequence[int]) -> bool:
    """Whether ids end in bytes that no further byte makes UTF-8, so that each of them is U+FFFD."""
    if pipeline.before_bytes is None:
        return False
    run = takewhile(BYTE.fullmatch, reversed(names_before_bytes(pipeline, ids)))
    data = bytes(int(name[3:5], 16) for name in run)[::-1]
    try:
        getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return True
    return False
