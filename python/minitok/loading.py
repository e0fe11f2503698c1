"""``load``: a tokenizer from a file of any format that minitok knows, recognised by its content."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .arguments import check_path
from .foreign import explains
from .reference.published.names import encoding_named, is_like_name, nearest, pattern_named, repository_of, table
from .tokenizer import Tokenizer

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from .backend import BackendName


@explains
def load(
    path: str | os.PathLike[str],
    *,
    pattern: str | None = None,
    special_tokens: Mapping[str, int] | None = None,
    backend: BackendName | None = None,
) -> Tokenizer:
    """Reads a tokenizer from a file or a folder.

    Files are those of minitok, Hugging Face (``tokenizer.json``), SentencePiece (``.model``), Mistral (``tekken.json``),
    llama.cpp (GGUF), minbpe and tiktoken.
    A folder is read by the first of these that it has: ``tokenizer.json``, ``tekken.json``, ``vocab.json`` with ``merges.txt``,
    ``tokenizer.model``, ``tiktoken.model``, ``*.tiktoken``.

    Args:
        path: The file or folder. Its content decides what it is; the name does not matter. A pipe is read to its end, unless
            it holds GGUF, which must be a file. Or the name of a model, ``owner/model``, whose files Hugging Face's cache on
            this machine has; nothing is downloaded.
        pattern: As for ``train``, for files that hold none: required for tiktoken's, by default ``gpt2`` for GPT-2's.
        special_tokens: Names and ids, for the same files.
        backend: As for ``Tokenizer``.

    Raises:
        FileFormatError: The file is not a tokenizer; the message says why, and where in it.
        TypeError: ``pattern`` or ``special_tokens`` is given for a file that has its own.
        OSError: The file cannot be read. Where the name of an encoding or a model was given, the message says how to get it.

    A file is data: nothing in it is run, and loading costs time and memory of a small multiple of its size (for the tokens of
    merges, at most 16 MiB and 256 bytes a merge, which ``MINITOK_TOKEN_MIB`` raises). But a ``tokenizer.json`` and a minbpe
    model carry a split pattern, which can be slow for any text, up to a limit; and whether the ids are the right ones is not
    checked. SECURITY.md says what is promised of files from strangers.

    >>> import minitok, tempfile
    >>> path = tempfile.mkdtemp() + "/gpt2.tiktoken"
    >>> minitok.get_encoding("gpt2").save(path, format="tiktoken")
    >>> minitok.load(path, pattern="gpt2").encode("hello world")
    [31373, 995]
    """
    from .formats.detect import read_definition

    check_path(path, "path")  # an int would be a descriptor, read and closed
    try:
        definition = read_definition(path, pattern and pattern_named(pattern), special_tokens, backend)
    except FileNotFoundError as error:
        if error.filename == str(path) and (way := way_to(str(path))):
            raise FileNotFoundError(f"{str(path)!r} is not a file or folder; {way}") from None
        raise
    return Tokenizer(definition)


def way_to(name: str) -> str | None:
    """Returns how to get the tokenizer that somebody means who opens a name as a file; None for what is not nearly a name."""
    if encoding := encoding_named(name):
        return f"minitok.get_encoding({name!r}) returns the encoding {encoding}"
    if repository := repository_of(name):
        return f"'hf download {repository} tokenizer.json' gets such a model, and minitok.load({repository!r}) reads it"
    near = nearest(name, [*table().encodings, *table().models]) if is_like_name(name) else []
    return f"did you mean minitok.get_encoding({near[0]!r})?" if near else None
