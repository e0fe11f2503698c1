"""``minitok inspect --verify``: a model's tokenizer file, read by minitok and by the library that defines its ids.

A published encoding is also compared with the file that was published, by its checksum; that needs no library.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from minitok import Tokenizer, load
from minitok.encodings.published import PUBLISHED, SHA256
from minitok.errors import FileFormatError
from minitok.formats.tiktoken import dump

from .console import output, plain_table, print_json, say
from .inputs import chunks, named_inputs
from .options import is_file, open_tokenizer
from .peers import installed_peers, peers_of, peers_of_encoding, tokenizer_file

if TYPE_CHECKING:
    from minitok.backend import BackendName

    from .peers import Peer

# Texts at which tokenizers differ: spaces and markers at every place, runs, scripts, marks, control characters, digits.
TRAPS = (
    "", " ", "  ", " a", "a ", "a  b", "\n", "\n\n a", "\t\ta", "\r\n", "▁", "▁a", " ▁ a", "a▁", "Hello, world!",
    "I'LL don't 's", "a" * 100, " " * 100, "\n" * 20, "0123456789", "²½Ⅷ", "<s>", "</s>", "<|endoftext|>", "<0x41>",
    "中文 日本語", "한국어", "丮㐀𠀀", "é e\N{COMBINING ACUTE ACCENT} ﬁ", "Ünïcödé ǅ \N{LATIN SMALL LETTER LONG S} K",
    "😀👍🏽", "👩\u200d👩\u200d👧", "हिन्दी العربية", "ไทย", "\x00\x01\x1c\x7f\x85\xa0\u2003\u200b\ufeff\ufffd",
    "def f(x):\n    return x**2  # ok\n", "https://a.b/c?d=e&f=%20", "$1,234.56 + 7e-3",
    "a\N{COMBINING GRAVE ACCENT}" * 20,
)  # fmt: skip


def verify(
    named: str,
    files: Sequence[str],
    libraries: Sequence[str],
    pattern: str | None,
    backend: BackendName | None,
    *,
    json: bool,
) -> None:
    """Compares the ids of traps and of files with those of libraries; the exit code is 1 if any differ."""
    file: object = named
    if is_file(named):
        path = Path(named)
        file = tokenizer_file(path)
        with to_read_again(tokenizer_file(path)) as source:
            model = path if source == file else source
            tok = load(source if pattern is None else model, pattern=pattern, backend=backend)
            compared_with = compared_peers(tok, peers_of(model, tok, libraries), files)
    else:
        tok = open_tokenizer(named, backend)
        own = [] if libraries or tok.definition.name not in PUBLISHED else [with_published_file(tok)]
        peers = installed_peers(None, tok) if own and not files else peers_of_encoding(tok, libraries)
        compared_with = [*own, *compared_peers(tok, peers, files)]
    equal = all(row["equal"] for row in compared_with)
    if json:
        print_json({"file": str(file), "compared": compared_with, "equal": equal})
    else:
        for row in compared_with:
            show_checksum(file, **row) if "sha256" in row else show(file, row["library"], row["texts"])
    if not equal:
        raise click.exceptions.Exit(1)


def compared_peers(tok: Tokenizer, peers: Sequence[Peer], files: Sequence[str]) -> list[dict[str, Any]]:
    """Whether the ids of each text are those of each library."""
    found: list[dict[str, Any]] = []
    all_texts = list(texts(files))
    for peer in peers:
        rows = [compared(tok, peer, name, text) for name, text in all_texts]
        found.append({"library": peer.name, "texts": rows, "equal": not any(row["difference"] for row in rows)})
    return found


def with_published_file(tok: Tokenizer) -> dict[str, Any]:
    """Whether an encoding, written as a file of ranks, is the file that was published, to the byte."""
    published = PUBLISHED[str(tok.definition.name)]
    digest = hashlib.sha256(dump(tok.definition)).hexdigest()
    wanted = SHA256[published.file, published.below]
    return {"library": "the file as it was published", "sha256": digest, "equal": digest == wanted, "texts": []}


@contextmanager
def to_read_again(file: Path) -> Iterator[Path]:
    """The file, or a copy of what comes from a pipe or a device, for the libraries that read it one after the other."""
    if file.is_file() or not file.exists():
        yield file
        return
    with TemporaryDirectory() as folder:
        copy = Path(folder, file.name)
        copy.write_bytes(file.read_bytes())
        try:
            yield copy
        except FileFormatError as error:
            raise FileFormatError(file, error.reason, error.line) from None


def texts(files: Sequence[str]) -> Iterator[tuple[str, str]]:
    yield from ((f"trap {number}", trap) for number, trap in enumerate(TRAPS))
    for name in named_inputs(files) if files else []:
        yield name, b"".join(chunks(name)).decode("utf-8", "replace")


def compared(tok: Tokenizer, peer: Peer, name: str, text: str) -> dict[str, Any]:
    """How many ids a text has, and where the two first differ."""
    mine, theirs = tok.encode(text, allowed_special=peer.allowed), list(peer.encode(text))
    difference = None
    if mine != theirs:
        at = next(
            (at for at, (one, other) in enumerate(zip(mine, theirs)) if one != other), min(len(mine), len(theirs))
        )
        before = tok.decode(mine[max(0, at - 8) : at])
        difference = {"at": at, "after": before, "minitok": mine[at : at + 8], "library": theirs[at : at + 8]}
    return {"text": name, "ids": len(theirs), "difference": difference}


def show_checksum(file: object, *, sha256: str, equal: bool, **_: object) -> None:
    """The result in a line."""
    verdict = "are" if equal else "are not"
    say(f"{file}: tokens and ranks {verdict} those of the published file (SHA-256 {sha256[:16]}…)")


def show(file: object, library: str, rows: list[dict[str, Any]]) -> None:
    """The result in a line, and the differences as a table."""
    ids = sum(row["ids"] for row in rows)
    different = [row for row in rows if row["difference"]]
    if not different:
        say(f"{file}: {ids:,} ids of {len(rows)} texts are those of {library}")
        return
    say(f"{file}: {len(different)} of {len(rows)} texts differ from {library}")
    table = plain_table("<text", "at id", "<after", "<minitok", f"<{library}")
    for row in different[:20]:
        found = row["difference"]
        table.add_row(row["text"], str(found["at"]), repr(found["after"]), str(found["minitok"]), str(found["library"]))
    output().print(table)
