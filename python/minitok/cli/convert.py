"""``minitok convert``: a tokenizer from one format to another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from minitok.definition.fields import short_pattern
from minitok.formats import FORMATS
from minitok.formats.files import check_folder

from . import options as shared
from .console import print_json, say
from .help import Command, argument, declared, option
from .inputs import check_output

if TYPE_CHECKING:
    pass


@click.command(cls=Command)
@declared
def command(
    *,
    source: str = argument("A tokenizer's file or folder, or the name of an encoding.", "FILE|NAME"),
    out: Path = argument("The output file; for gpt2, a folder.", "OUT"),
    to: str | None = option("The format; default: by the name of OUT.", type=click.Choice(list(FORMATS))),
    pattern: str | None = option(
        "The split pattern, for a file that does not contain one (tiktoken, gpt2).", metavar="NAME|REGEX"
    ),
    json: shared.JsonOption,
    backend: shared.BackendOption,
) -> None:
    """Write a tokenizer in another format. A vocabulary that the format cannot hold is an error.

    Files of tiktoken have no pattern and no special tokens; the command says what it leaves out.

    The name of OUT decides the format: tokenizer.json is Hugging Face's, .tiktoken is tiktoken's, .model is minbpe's, and any
    other .json is minitok's own. A folder, or a name without a suffix, takes GPT-2's two files.

    \b
    Examples:
      minitok convert my.json tokenizer.json
      minitok convert cl100k_base cl100k.tiktoken
      minitok convert ranks.tiktoken my.json --pattern cl100k
    """
    wanted = to or guess(out)
    # GPT-2's files make their folder.
    if wanted != "gpt2":
        check_folder(out)
        if Path(source).is_file():
            # A format may hold more than minitok reads of it: a model of GGUF, for example.
            check_output(out, [source])
    tok = shared.open_tokenizer(source, backend, pattern, way_on="give --pattern")
    tok.save(out, format=wanted)  # type: ignore[arg-type]
    if json:
        print_json({"file": str(out), "format": wanted, "vocab_size": tok.vocab_size}, out)
        return
    say(f"{tok.vocab_size:,} ids as {wanted}: {out}", out)
    if wanted == "tiktoken":
        tokens = ", the special tokens and the added" if tok.definition.added_tokens else " and the special"
        say(f"The format does not hold the pattern{tokens} tokens.", out)
        say(f"The pattern is {short_pattern(tok.pattern)}: name it when you load the file.", out)
    if wanted == "gpt2" and tok.pattern != "gpt2":
        say(
            f"minitok finds the pattern, {short_pattern(tok.pattern)}, in merges.txt; other libraries use GPT-2's.", out
        )


def guess(out: Path) -> str:
    """The format that the name says.

    >>> guess(Path("tokenizer.json")), guess(Path("my.json"))
    ('huggingface', 'minitok')
    """
    if out.name == "tokenizer.json":
        return "huggingface"
    if out.is_dir() or not (out.suffix or out.exists()):
        return "gpt2"
    by_suffix = {".json": "minitok", ".tiktoken": "tiktoken", ".model": "minbpe"}
    if out.suffix not in by_suffix:
        raise click.BadParameter(f"{out.name!r} has no known suffix; give --to FORMAT")
    return by_suffix[out.suffix]
