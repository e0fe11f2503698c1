"""``minitok verify``: a model's tokenizer file, read by minitok and by the library that defines its ids."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, Optional

import typer

from minitok import Tokenizer, load
from minitok.errors import FileFormatError

from .console import output, plain_table, print_json
from .inputs import chunks, named_inputs
from .options import BackendOption, JsonOption

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Texts at which tokenizers differ: spaces and markers at every place, runs, scripts, marks, control characters, digits.
TRAPS = (
    "", " ", "  ", " a", "a ", "a  b", "\n", "\n\n a", "\t\ta", "\r\n", "▁", "▁a", " ▁ a", "a▁", "Hello, world!",
    "I'LL don't 's", "a" * 100, " " * 100, "\n" * 20, "0123456789", "²½Ⅷ", "<s>", "</s>", "<|endoftext|>", "<0x41>",
    "中文 日本語", "한국어", "丮㐀𠀀", "é e\N{COMBINING ACUTE ACCENT} ﬁ", "Ünïcödé ǅ \N{LATIN SMALL LETTER LONG S} K",
    "😀👍🏽", "👩\u200d👩\u200d👧", "हिन्दी العربية", "ไทย", "\x00\x01\x1c\x7f\x85\xa0\u2003\u200b\ufeff\ufffd",
    "def f(x):\n    return x**2  # ok\n", "https://a.b/c?d=e&f=%20", "$1,234.56 + 7e-3",
    "a\N{COMBINING GRAVE ACCENT}" * 20,
)  # fmt: skip


class Peer(NamedTuple):
    """A library's reading of the file: its name, and how it encodes a text without adding special tokens."""

    name: str
    encode: Callable[[str], list[int]]
    allowed: str | frozenset[str]


def command(
    path: Annotated[str, typer.Argument(metavar="MODEL", help="The model's folder or tokenizer file.")],
    files: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(
            metavar="[TEXT]...", help="Files or patterns of text, besides the built-in traps.", show_default=False
        ),
    ] = None,
    json: JsonOption = False,
    backend: BackendOption = None,
) -> None:
    """Verify that a model's tokenizer has the ids of the library that defines it.

    Compares with what is installed: tokenizers for tokenizer.json, sentencepiece for a .model, mistral-common for tekken.json.
    Ends with 1 if any ids differ.

    Examples:

      minitok verify models/llama-2/

      minitok verify tokenizer.json corpus/*.txt
    """
    file = tokenizer_file(Path(path))
    tok = load(file, backend=backend)
    peer = peer_of(file, tok)
    rows = [compared(tok, peer, name, text) for name, text in texts(files or [])]
    different = [row for row in rows if row["difference"]]
    if json:
        print_json({"file": str(file), "library": peer.name, "texts": rows, "equal": not different})
    else:
        show(file, peer, rows, different)
    if different:
        raise typer.Exit(1)


def tokenizer_file(path: Path) -> Path:
    """The file itself, or the one of a folder."""
    if not path.is_dir():
        return path
    for name in ("tokenizer.json", "tekken.json", "tokenizer.model"):
        if (path / name).exists():
            return path / name
    raise FileFormatError(path, "the folder has none of tokenizer.json, tekken.json, tokenizer.model")


def peer_of(file: Path, tok: Tokenizer) -> Peer:
    """The library that defines the ids of a file, which must be installed."""
    start = file.read_bytes()[:1]
    if start == b"\n":
        import sentencepiece

        model = sentencepiece.SentencePieceProcessor(model_file=str(file))
        # User-defined pieces are found in every text; control pieces in none.
        return Peer("sentencepiece", model.encode, frozenset(tok.late_special))
    if file.name.startswith("tekken"):
        from mistral_common.tokens.tokenizers.tekken import Tekkenizer

        tekken = Tekkenizer.from_file(str(file))
        return Peer("mistral-common", lambda text: tekken.encode(text, bos=False, eos=False), frozenset())
    import tokenizers

    theirs = tokenizers.Tokenizer.from_file(str(file))
    return Peer("tokenizers", lambda text: theirs.encode(text, add_special_tokens=False).ids, "all")


def texts(files: list[str]) -> Iterator[tuple[str, str]]:
    """The traps, and the files."""
    yield from ((f"trap {number}", trap) for number, trap in enumerate(TRAPS))
    for name in named_inputs(files) if files else []:
        yield name, b"".join(chunks(name)).decode("utf-8", "replace")


def compared(tok: Tokenizer, peer: Peer, name: str, text: str) -> dict[str, Any]:
    """How many ids a text has, and where the two first differ."""
    mine, theirs = tok.encode(text, allowed_special=peer.allowed), peer.encode(text)
    difference = None
    if mine != theirs:
        at = next(
            (at for at, (one, other) in enumerate(zip(mine, theirs)) if one != other), min(len(mine), len(theirs))
        )
        before = tok.decode(mine[max(0, at - 8) : at])
        difference = {"at": at, "after": before, "minitok": mine[at : at + 8], "library": theirs[at : at + 8]}
    return {"text": name, "ids": len(theirs), "difference": difference}


def show(file: Path, peer: Peer, rows: list[dict[str, Any]], different: list[dict[str, Any]]) -> None:
    """The result in a line, and the differences as a table."""
    console = output()
    ids = sum(row["ids"] for row in rows)
    if not different:
        console.print(f"{file}: {ids:,} ids of {len(rows)} texts are those of {peer.name}", markup=False)
        return
    console.print(f"{file}: {len(different)} of {len(rows)} texts differ from {peer.name}", markup=False)
    table = plain_table("<text", "at id", "<after", "<minitok", f"<{peer.name}")
    for row in different[:20]:
        found = row["difference"]
        table.add_row(row["text"], str(found["at"]), repr(found["after"]), str(found["minitok"]), str(found["library"]))
    console.print(table)
