"""``minitok inspect``: what a vocabulary holds."""

from __future__ import annotations

from heapq import nlargest
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, Optional

import typer
from rich.text import Text

from minitok.explain.chips import plural
from minitok.explain.terminal import TokenText, has_colour, visible

from .console import output, plain_table, print_json
from .options import BackendOption, JsonOption, TokenizerOption, chosen, open_tokenizer

if TYPE_CHECKING:
    from collections.abc import Callable

    from minitok import Tokenizer

# How many bytes of a token are shown in hexadecimal.
SHOWN = 8


def command(
    tokenizer: TokenizerOption = None,
    search: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--search", "-s", metavar="TEXT", help="Tokens that contain this text.", show_default=False),
    ] = None,
    ids: Annotated[
        Optional[list[int]],  # noqa: UP045
        typer.Option("--id", metavar="ID", help="The token of this id; repeatable.", show_default=False),
    ] = None,
    longest: Annotated[bool, typer.Option("--longest", help="The longest tokens, in bytes.")] = False,
    byte_values: Annotated[bool, typer.Option("--bytes", help="The tokens of one byte.")] = False,
    special: Annotated[bool, typer.Option("--special", help="The special tokens.")] = False,
    added: Annotated[bool, typer.Option("--added", help="The added tokens, which are found in every text.")] = False,
    pattern: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--pattern",
            "-p",
            metavar="PATTERN",
            help="Show how a split pattern, or a named one, runs and what it equals; needs no tokenizer.",
            show_default=False,
        ),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-l", min=1, help="The most tokens to list.")] = 20,
    json: JsonOption = False,
    backend: BackendOption = None,
) -> None:
    """Show a summary of a vocabulary, some of its tokens, or how a split pattern runs.

    Examples:

      minitok inspect -e o200k_base

      minitok inspect -t my.json --search " the" --limit 50

      minitok inspect -e gpt2 --longest

      minitok inspect -e cl100k_base --id 9906 --id 1917

      minitok inspect --pattern qwen2
    """
    lists = [search is not None, bool(ids), longest, byte_values, special, added]
    if sum(lists) + (pattern is not None) > 1:
        raise typer.BadParameter("give one of --search, --id, --longest, --bytes, --special, --added and --pattern")
    if pattern is not None:
        from .pattern import inspect_pattern

        inspect_pattern(pattern, json=json)
        return
    named = chosen(tokenizer)
    tok = open_tokenizer(named, backend)
    if not any(lists):
        summary(tok, named, json=json)
        return
    named_tokens = tok.added_tokens if added else tok.special_tokens
    asked = Asked(search, ids or [], longest, byte_values, sorted(set(named_tokens.values())))
    found = select(tok, asked, limit)
    listed = found if ids else found[:limit]
    if json:
        print_json({"tokenizer": named, "found": len(found), "tokens": [row(tok, token_id) for token_id in listed]})
    else:
        show(tok, listed, len(found))


class Asked(NamedTuple):
    """What is listed: the tokens that hold a text, or of some ids, the longest, those of one byte, or else these ids."""

    search: str | None
    ids: list[int]
    longest: bool
    byte_values: bool
    others: list[int]


def select(tok: Tokenizer, asked: Asked, limit: int) -> list[int]:
    """The ids that are asked for."""
    tokens, _, _ = tok.definition.vocabulary()
    if asked.search is not None:
        wanted = asked.search.encode("utf-8", "surrogateescape")
        named = [token_id for name, token_id in tok.definition.found_tokens.items() if asked.search in name]
        return sorted({token_id for token_id, token in tokens.items() if wanted in token}.union(named))
    if asked.ids:
        tok.decode_bytes(asked.ids)  # an unknown id is an error that says where
        return asked.ids
    if asked.longest:
        key: Callable[[int], tuple[int, int]] = lambda token_id: (len(tokens[token_id]), -token_id)  # noqa: E731
        return nlargest(limit, tokens, key)
    if asked.byte_values:
        return sorted(token_id for token_id, token in tokens.items() if len(token) == 1)
    return asked.others


def row(tok: Tokenizer, token_id: int) -> dict[str, Any]:
    """A token as data: bytes that are not a character become U+FFFD in ``text``; ``hex`` has them all."""
    token = tok.token_bytes(token_id)
    kinds = {"special": token_id in tok.special_tokens.values(), "added": token_id in tok.added_tokens.values()}
    return {"id": token_id, "text": token.decode("utf-8", "replace"), "hex": token.hex(), **kinds}


def show(tok: Tokenizer, ids: list[int], found: int) -> None:
    """The tokens as a table, and how many there are."""
    console = output()
    table = plain_table("id", "<token", "bytes", "<hexadecimal", optional=["<hexadecimal"])
    for token_id in ids:
        token = tok.token_bytes(token_id)
        shown, dots = token[:SHOWN], "…" if len(token) > SHOWN else ""
        table.add_row(
            str(token_id),
            TokenText([token_id], [token]).text(colour=has_colour(console)),
            str(len(token)),
            shown.hex(" ") + dots,
        )
    if ids:
        console.print(table)
    more = f", of which {len(ids):,} are listed (--limit)" if len(ids) < found else ""
    console.print(f"{found:,} token{'' if found == 1 else 's'}{more}")


def summary(tok: Tokenizer, named: str, *, json: bool) -> None:
    """Sizes, pattern, special and added tokens, and the longest token."""
    tokens, merges, _ = tok.definition.vocabulary()
    longest = max(tokens, key=lambda token_id: (len(tokens[token_id]), -token_id), default=None)
    identity = tok.definition.byte_order == bytes(range(256))
    facts: dict[str, Any] = {
        "tokenizer": named,
        "name": tok.name,
        "n_vocab": tok.n_vocab,
        "tokens": len(tokens),
        "merges": len({merge[3] for merge in merges}),
        "pattern": tok.pattern,
        "special_tokens": tok.special_tokens,
        "added_tokens": tok.added_tokens,
        "bytes_are_ids": identity,
        "mean_token_bytes": sum(map(len, tokens.values())) / len(tokens) if tokens else None,
        "longest_token": None if longest is None else row(tok, longest),
    }
    if json:
        print_json(facts)
        return
    n_added = f" and {len(tok.added_tokens):,} added" if tok.added_tokens else ""
    longest_shown = mean = "none"
    if longest is not None:
        mean = f"{facts['mean_token_bytes']:.2f} on average"
        longest_shown = f"{longest}: {plural(len(tokens[longest]), 'byte')}, {visible(tokens[longest][:40])}"
    lines = {
        "tokenizer": named,
        "ids": f"{tok.n_vocab:,}",
        "tokens": f"{len(tokens):,} and {len(tok.special_tokens):,} special{n_added}",
        "merges": f"{facts['merges']:,}",
        "pattern": tok.pattern,
        "special tokens": names(tok.special_tokens),
        **({"added tokens": names(tok.added_tokens)} if tok.added_tokens else {}),
        "ids 0 to 255": "the bytes, in order" if identity else "not the bytes in order (--bytes lists them)",
        "bytes a token": mean,
        "longest token": longest_shown,
    }
    width = max(map(len, lines))
    for name, value in lines.items():
        output().print(Text.assemble((f"{name:<{width}}", "bold"), f"  {value}"), soft_wrap=True)


def names(tokens: dict[str, int]) -> str:
    """The first names, with their ids, and how many more there are."""
    first = ", ".join(f"{name} ({token_id})" for name, token_id in list(tokens.items())[:8])
    return f"{first}, and {len(tokens) - 8} more" if len(tokens) > 8 else first or "none"
