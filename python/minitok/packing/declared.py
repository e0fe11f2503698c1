"""The options of a packing, each declared once: callers give them by name; type checkers and ``minitok pack`` read them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Literal, NamedTuple, TypedDict

__all__ = ["IdOptions", "LayoutOptions", "PackOptions", "ShownOption", "check_known"]


class ShownOption(NamedTuple):
    """How ``minitok pack`` shows an option.

    Attributes:
        flag: Its name there.
        help: What it does, in a line.
        panel: The heading that it stands under.
        metavar: What stands for its value.
        least: The least value, of a number.
        several: Whether it may be given several times.
        default: Its default there, if that is not the one here.
    """

    flag: str
    help: str
    panel: str = "Layout"
    metavar: str | None = None
    least: int | None = None
    several: bool = False
    default: str | None = None


class IdOptions(TypedDict, total=False):
    """How documents become ids.

    Attributes:
        dtype: ``"uint32"``, which is the default; ``"uint16"`` for half the size if no id is above 65,535; or ``"auto"``, which
            is the smaller one that all ids fit into.
        end_of_document: A special token's name, or an id, to put after each document.
        allowed_special: As for ``Tokenizer.encode``.
        disallowed_special: As for ``Tokenizer.encode``.
        dropout: As for ``Tokenizer.encode``.
        seed: As for ``Tokenizer.encode``. The ids of a document do not depend on the others, nor on where they are packed.
    """

    dtype: Annotated[
        Literal["uint32", "uint16", "auto"],
        ShownOption("--dtype", "How an id is written; auto is uint16 if all ids fit.", default="auto"),
    ]
    end_of_document: Annotated[
        str | int | None, ShownOption("--end", "A special token to put after each document.", "Documents", "NAME")
    ]
    allowed_special: Annotated[
        Collection[str] | str,
        ShownOption(
            "--special",
            "A special token to find in the text, or 'all'; repeatable.",
            "Documents",
            "NAME",
            several=True,
        ),
    ]
    disallowed_special: Annotated[
        Collection[str] | str,
        ShownOption(
            "--disallow",
            "A token that must not occur in the text, or 'all' control tokens; repeatable.",
            "Documents",
            "NAME",
            several=True,
        ),
    ]
    dropout: Annotated[
        float,
        ShownOption(
            "--dropout", "Pass over each merge with this probability; needs --seed.", "Documents", "PROBABILITY", 0
        ),
    ]
    seed: Annotated[int | None, ShownOption("--seed", "The random seed for --dropout.", "Documents", least=0)]


class LayoutOptions(TypedDict, total=False):
    """How documents are written once they are encoded.

    Attributes:
        format: ``"megatron"`` for Megatron's ``.bin`` and ``.idx``; otherwise that of the suffix (``"numbers"``,
            ``"datatrove"`` or ``"columns"``).
        shuffle: A seed: the documents in an order that depends on it and on nothing else. Takes two more passes over the
            ids on disk, and 64 MB of memory.
        row_length: Rows of this many ids, each a document of the output, filled with whole documents where they fit.
        begin_row: The special token, or the id, that every row begins with, and every document in it. ``join_packed`` takes
            an id.
        rest: What becomes of the rest of a document that is cut because nothing fits into a row: ``"keep"`` it for
            another row, which is the default, or ``"drop"`` it.
        shard_tokens: Shards of at most this many ids, ``train-00000.bin`` and so on for ``train.bin``, of whole
            documents, and ``train.manifest.json``.
    """

    format: Annotated[
        Literal["numbers", "megatron", "datatrove", "columns"] | None,
        ShownOption("--format", "The format of the files; by default that of the suffix."),
    ]
    shuffle: Annotated[int | None, ShownOption("--shuffle", "Shuffle the documents.", metavar="SEED", least=0)]
    row_length: Annotated[
        int | None, ShownOption("--rows", "Rows of this many ids; needs --begin.", metavar="LENGTH", least=2)
    ]
    begin_row: Annotated[
        str | int | None, ShownOption("--begin", "The special token that rows begin with.", metavar="NAME")
    ]
    rest: Annotated[
        Literal["keep", "drop"],
        ShownOption("--rest", "The rest of a document that is cut to fill a row; keep if not given."),
    ]
    shard_tokens: Annotated[
        int | None, ShownOption("--shards", "Shards of at most this many ids.", metavar="TOKENS", least=1)
    ]


class PackOptions(IdOptions, LayoutOptions, total=False):
    """What ``Tokenizer.encode_files`` makes of files, besides ``IdOptions`` and ``LayoutOptions``; each may be left out.

    Attributes:
        separator: Cuts a text file into documents and belongs to none of them; one at the end of the file does not
            begin another document.
        field: The field of a JSON line, or the column of a Parquet file, that holds the text; by default ``text``. With
            ``learn``, that of the messages; by default ``messages``.
        learn: For files of conversations, in the form of ``encode_chat``: a mask next to the ids marks those that a model
            is to learn: the turns of the ``"assistant"`` with the tokens that end them (``EncodedChat.mask``), the ``"last"``
            of these, ``"each"`` at the end of a document of its own, what another role says, or what is in ``{% generation %}``
            (``"generation"``). ``end_of_document`` ends a last turn that only a next message would end, and is learned then.
            A record may have ``tools``, too.
            The mask is ``train.bin.mask.npy``: uint8, shape (tokens,). ``.ds`` has ``train.ds.loss``; ``.parquet``
            and ``.arrow`` have a column ``assistant_masks``.
        prompt: With ``learn``, as for ``EncodedChat.mask``: ``"part"`` if a turn may repeat a part of the prompt only.
    """

    separator: Annotated[
        str | bytes | None, ShownOption("--separator", "Cuts a text file into documents.", "Documents")
    ]
    field: Annotated[
        str | None,
        ShownOption(
            "--field",
            "The field of a JSON line, or the column, that holds the text, or with --learn the messages; by default text, "
            "or messages.",
            "Documents",
        ),
    ]
    learn: Annotated[
        str | None,
        ShownOption(
            "--learn",
            "Pack conversations, with a mask of the ids to learn: what this role says (assistant, for example), with 'last' "
            "the last answer alone, with 'each' each answer as the last of a document, or with 'generation' what the chat "
            "template marks.",
            "Documents",
            "ROLE",
        ),
    ]
    prompt: Annotated[
        Literal["whole", "part"],
        ShownOption("--prompt", "With --learn: what a turn repeats of the prompt; whole if not given.", "Documents"),
    ]


def check_known(options: Mapping[str, object], kind: type) -> None:
    """Raises TypeError for an option that is not one of this kind."""
    if unknown := options.keys() - kind.__annotations__.keys():
        raise TypeError(f"there is no option {min(unknown)!r}; options are {', '.join(kind.__annotations__)}")
