"""The errors of minitok, under one root.

Each also derives from the built-in exception that a Python programmer would catch in its place, so
``except ValueError`` around a bad pattern and ``except KeyError`` around an unknown id both work.

What is wrong in any library is what it is there: an argument of the wrong type is a ``TypeError``, an option with an impossible
value a ``ValueError``, a file that cannot be read an ``OSError``, and bytes that are not text a ``UnicodeError``.
"""

from __future__ import annotations

__all__ = [
    "ArrowError", "BackendError", "ComponentError", "DisallowedSpecialTokenError", "FileFormatError", "MinitokError",
    "MissingByteError", "MissingExtraError", "PatternError", "TemplateError", "TrainingError", "UnknownEncodingError",
    "UnknownModelError", "UnknownTokenError", "VocabularyError",
]  # fmt: skip


class MinitokError(Exception):
    """The root of minitok's exceptions."""


class ArrowError(MinitokError, ValueError):
    """A column of Arrow that is malformed, or cannot be imported."""


class ComponentError(MinitokError, ValueError):
    """A component of a tokenizer that cannot do what it is asked to; or what a component in Python raised."""


class PatternError(MinitokError, ValueError):
    """The split pattern is malformed, means different things to the two engines, or took too many steps.

    ``pattern`` is the pattern, ``reason`` what is wrong with it.
    """

    def __init__(self, pattern: str, reason: str) -> None:
        super().__init__(f"pattern {pattern!r}: {reason}")
        self.pattern = pattern
        self.reason = reason

    def __reduce__(self) -> tuple[type[PatternError], tuple[str, str]]:
        return type(self), (self.pattern, self.reason)


class VocabularyError(MinitokError, ValueError):
    """Ids, merges, ranks or special tokens that contradict each other."""


class TemplateError(MinitokError, ValueError):
    """A chat template that is malformed, or that refuses the messages; the message is the template's own then.

    Also what a message says, where it becomes a special token that is an ordinary token of the vocabulary, too.
    """


class TrainingError(MinitokError, ValueError):
    """Training options that cannot be met."""


class UnknownTokenError(MinitokError, KeyError):
    """An id without a token (SPEC D3), or a token that a vocabulary does not have.

    ``token_id`` is the id or the token, ``position`` the index of the id in the sequence.

    >>> UnknownTokenError(300, 2), UnknownTokenError("qq")
    (UnknownTokenError('unknown token id 300 at position 2'), UnknownTokenError("the vocabulary has no token 'qq'"))
    """

    def __init__(self, token_id: int | str | bytes, position: int = 0) -> None:
        if isinstance(token_id, (str, bytes)):
            super().__init__(f"the vocabulary has no token {token_id!r}")
        else:
            super().__init__(f"unknown token id {token_id} at position {position}")
        self.token_id = token_id
        self.position = position

    def __str__(self) -> str:
        # KeyError shows the repr of its argument, which would put the message in quotes.
        return str(self.args[0])

    def __reduce__(self) -> tuple[type[UnknownTokenError], tuple[int | str | bytes, int]]:
        return type(self), (self.token_id, self.position)


class MissingByteError(MinitokError, ValueError):
    """The text holds a byte for which the vocabulary has no token (SPEC E6).

    ``byte`` is the byte, ``position`` its offset in the UTF-8 text.

    >>> MissingByteError(0xC0, 2)
    MissingByteError('the byte 0xc0 at position 2 has no token in this vocabulary')
    """

    def __init__(self, byte: int, position: int = 0) -> None:
        super().__init__(f"the byte 0x{byte:02x} at position {position} has no token in this vocabulary")
        self.byte = byte
        self.position = position

    def __reduce__(self) -> tuple[type[MissingByteError], tuple[int, int]]:
        return type(self), (self.byte, self.position)


class MissingExtraError(MinitokError, ModuleNotFoundError):
    """What was asked for needs a package that is not installed.

    ``package`` is what people call it, ``extra`` the extra of minitok that brings it.

    >>> str(MissingExtraError("NumPy", "numpy"))
    "this needs NumPy: pip install 'minitok[numpy]'"
    """

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"this needs {package}: pip install 'minitok[{extra}]'")
        self.package = package
        self.extra = extra

    def __reduce__(self) -> tuple[type[MissingExtraError], tuple[str, str]]:
        return type(self), (self.package, self.extra)


class DisallowedSpecialTokenError(MinitokError, ValueError):
    """The text contains a special or an added token that the caller disallowed, or becomes one (SPEC E12).

    ``token`` is its name; ``position`` is the offset in bytes of the UTF-8 text where the name begins, or what becomes it.
    """

    def __init__(self, token: str, position: int) -> None:
        super().__init__(
            f"the text contains the token {token!r} at byte {position}. Pass allowed_special={{{token!r}}} to encode it as "
            'that token, or leave it out of disallowed_special (and pass allowed_special="no_tokens" if it is an added token).'
        )
        self.token = token
        self.position = position

    def __reduce__(self) -> tuple[type[DisallowedSpecialTokenError], tuple[str, int]]:
        return type(self), (self.token, self.position)


class UnknownEncodingError(MinitokError, ValueError):
    """A name that no encoding has."""


class UnknownModelError(MinitokError, KeyError):
    """A model whose encoding is not known."""

    def __str__(self) -> str:
        # KeyError shows the repr of its argument, which would put the message in quotes.
        return str(self.args[0])


class FileFormatError(MinitokError, ValueError):
    """A malformed file. The message names the file, the line if there is one, and the reason.

    >>> str(FileFormatError("my.json", "no merges", line=3))
    'my.json:3: no merges'
    """

    def __init__(self, path: object, reason: str, line: int | None = None) -> None:
        where = str(path) if line is None else f"{path}:{line}"
        super().__init__(f"{where}: {reason}")
        self.path = str(path)
        self.reason = reason
        self.line = line

    def __reduce__(self) -> tuple[type[FileFormatError], tuple[str, str, int | None]]:
        return type(self), (self.path, self.reason, self.line)


class BackendError(MinitokError, ImportError):
    """The requested backend is not available, or its settings are wrong."""
