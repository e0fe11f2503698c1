"""``minitok demo``: the whole of it in under a minute, on a text that comes with the package or on one's own."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from shutil import which
from typing import Annotated, Optional

import typer
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

import minitok
from minitok.errors import MinitokError
from minitok.explain.chips import plural
from minitok.explain.terminal import MergeSteps, TokenText, TrainSteps
from minitok.formats.files import check_folder

from .console import output, plain_table, print_json, waiting
from .options import JsonOption
from .showcase import UNSEEN, DemoTraining, EncodedText, SideBySide, compare, encode_unseen, learn, web_page
from .svg import save_svg

PICTURE_WIDTH = 92
LAST = 12


def command(
    file: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Argument(
            metavar="[FILE]", help="A text to learn from; by default plays of Shakespeare.", show_default=False
        ),
    ] = None,
    vocab_size: Annotated[
        int,
        typer.Option(
            "--vocab-size", "-n", min=300, help="The number of ids to learn, bytes and special tokens included."
        ),
    ] = 4096,
    text: Annotated[str, typer.Option(help="The text to encode.", show_default=False)] = UNSEEN,
    word: Annotated[str, typer.Option(help="The word whose merges are shown.")] = " unforgettable",
    svg: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(metavar="FILE", help="Also draw a picture of the output.", show_default=False),
    ] = None,
    html: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(metavar="FILE", help="Also write a web page to explore.", show_default=False),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Train, encode, decode and look inside: a text in, tokens out, in both languages.

    Examples:

      minitok demo

      minitok demo your.txt --word " words"

      minitok demo --html demo.html

      minitok demo --text "Your own words" --word " words"
    """
    console = picture() if svg else output()
    if json:
        console.quiet = True
    if html:
        check_folder(html)
    console.print(title())
    with waiting("training with Rust"):
        learnt = learn(vocab_size, file)
    console.print(section("1", "Learn", learning(learnt)))
    with waiting("the same in Python, which takes a little longer"):
        compared = compare(learnt)
    console.print(section("2", "Two languages, one result", comparison(compared)))
    encoded = encode_unseen(learnt, text, word)
    console.print(section("3", "Encode a text it has never seen", encoding(encoded, learnt)))
    console.print(section("4", "Look inside", inside(encoded, learnt)))
    if html:
        with waiting("writing the page"):
            html.write_text(web_page(learnt, text), encoding="utf-8")
    console.print(closing(html))
    if svg:
        save_svg(console, svg, "minitok demo")
    if json:
        print_json({"learnt": learnt.summary(), "compared": compared.summary(), "encoded": encoded.summary()})


def picture() -> Console:
    """A terminal of fixed size and colours, whose content is kept for the picture."""
    return Console(record=True, width=PICTURE_WIDTH, highlight=False, force_terminal=True, color_system="truecolor")


def section(number: str, name: str, content: RenderableType) -> RenderableType:
    """A numbered part, under its title."""
    heading = Text.assemble((f"{number} ", "bold cyan"), (name, "bold"))
    return Group(Rule(heading, align="left", style="dim"), Padding(content, (1, 0, 1, 2), expand=False))


def title() -> RenderableType:
    about = Text.assemble(("minitok ", "bold"), (minitok.__version__, "dim"), "  byte-level BPE in Python and in Rust")
    return Padding(about, (1, 0), expand=False)


def learning(learnt: DemoTraining) -> RenderableType:
    """What was learnt: the first merges with their counts, and the last tokens."""
    tok = learnt.tokenizer
    size, merges = f"{learnt.corpus_bytes:,} bytes", f"{len(tok.merges):,} merges"
    told = Text.assemble(
        learnt.name, ", ", (size, "bold"), " -> ", (f"{tok.n_vocab:,} ids", "bold"), f" = 256 bytes + {merges}, in ",
        (f"{learnt.seconds:.2f} s", "bold"), ".\n",
        "Every step merges the most frequent pair into a new id. The first merges:",
    )  # fmt: skip
    last = range(max(256, tok.n_vocab - LAST), tok.n_vocab)
    tokens = TokenText(last, [tok.token_bytes(token_id) for token_id in last])
    return Group(told, TrainSteps(learnt.first, tok.token_bytes), Text(f"The last {len(last)} tokens:"), tokens)


def comparison(compared: SideBySide) -> RenderableType:
    """The times of both backends side by side; that their results are equal has been checked."""
    table = plain_table("<task", "Python", "Rust", "times", "<equal results")
    for task in compared.tasks:
        faster = f"{task.python / task.rust:,.0f}"
        equal = Text.assemble(("✓ ", "bold green"), task.equal)
        table.add_row(task.name, milliseconds(task.python), milliseconds(task.rust), faster, equal)
    note = Text("Python is here to be read, Rust to be run (the median of five runs).", "dim")
    return Group(table, note)


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:,.1f} ms" if seconds < 1 else f"{seconds:,.2f} s"


def encoding(encoded: EncodedText, learnt: DemoTraining) -> RenderableType:
    """The text by its tokens, the ids, and the way back."""
    if encoded.back != encoded.text.encode():
        raise MinitokError(f"decoding gave {encoded.back!r}, not the text {encoded.text!r}")
    unseen, seen = (f"{ratio:.2f}" for ratio in (encoded.bytes_per_token, learnt.bytes_per_token))
    told = Text.assemble(
        (plural(len(encoded.ids), "token"), "bold"), f" for {len(encoded.back)} bytes: ", (unseen, "bold"),
        f" bytes a token (its own corpus: {seen}).\n",
        ("✓ ", "bold green"), "Decoding the ids gives every byte back.",
    )  # fmt: skip
    ids = Text(" ".join(map(str, encoded.ids)), "dim")
    return Group(TokenText(encoded.ids, encoded.tokens), Text(), ids, Text(), told)


def inside(encoded: EncodedText, learnt: DemoTraining) -> RenderableType:
    """How one word is encoded, a row a merge."""
    word = encoded.word.replace(" ", "·")
    told = Text.assemble(("How ", ""), (word, "bold"), " is encoded: the pair of lowest rank is merged first.")
    return Group(told, MergeSteps(encoded.steps, learnt.tokenizer.token_bytes))


def command_here() -> str:
    """How the command is called: by its name, or by its path where it is not on PATH, as after ``make demo``."""
    called = Path(sys.argv[0])
    if which("minitok") or called.name != "minitok" or not called.exists():
        return "minitok"
    return os.path.relpath(called)


def closing(html: Path | None) -> RenderableType:
    """Where the page lies, and what to do next."""
    minitok_here = command_here()
    page = (f"open {html.absolute()} in a browser: every merge to step through\n      ") if html else ""
    lines = Text.assemble(
        ("Next  ", "bold cyan"), page, f"{minitok_here} train your.txt -o my.json\n",
        f"      {minitok_here} encode -t my.json --text 'Hello, world'\n",
        f"      {minitok_here} explain 'Why these tokens?' --html why.html\n",
        f"      {minitok_here} --help",
        overflow="fold",
    )  # fmt: skip
    return Padding(lines, (0, 0, 1, 0), expand=False)
