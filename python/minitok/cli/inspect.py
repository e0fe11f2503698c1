"""``minitok inspect``: what a vocabulary holds, what is odd about it, and whether its ids are those of other libraries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from heapq import nlargest
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from rich.text import Text

from minitok.explain.chips import plural
from minitok.explain.terminal import TokenText, has_colour, visible

from . import options as shared
from .audit import audit_tokenizer
from .console import output, plain_table, print_facts, print_json
from .help import Command, declared, option
from .peers import LIBRARIES

if TYPE_CHECKING:
    from minitok import Tokenizer

# How many columns a token takes at most, and from how many on equal characters at its end are counted.
SHOWN, RUN = 60, 10
LISTS = "Tokens to list"
CHECKS = "Checks"


@click.command(cls=Command)
@declared
def command(
    *,
    files: tuple[str, ...] = shared.files_argument(
        "With --verify: files or patterns of text to compare on, in addition to the built-in traps."
    ),
    tokenizers: shared.TokenizerOption,
    pattern: str | None = option(
        "The split pattern, for a file that does not contain one. Without a tokenizer: show how this pattern runs, and "
        "what it equals.",
        "-p",
        metavar="NAME|REGEX",
    ),
    search: str | None = option("Tokens that contain this text.", "-s", panel=LISTS),
    ids: tuple[int, ...] = option("The token of this id; repeatable.", "--id", least=None, metavar="ID", panel=LISTS),
    longest: bool = option("The longest tokens, in bytes.", panel=LISTS),
    byte_values: bool = option("The tokens of one byte.", "--bytes", panel=LISTS),
    special: bool = option("The special tokens.", panel=LISTS),
    added: bool = option("The added tokens, which are found in every text.", panel=LISTS),
    limit: int = option("The most tokens to list.", "-l", default=20, panel=LISTS),
    audit: bool = option(
        "Find anomalies: tokens that no text produces, twins, ids without a token, files that disagree.", panel=CHECKS
    ),
    verify: bool = option(
        "Compare the ids of a model's file, or of an encoding, with those of other libraries; exit with 1 if any differ.",
        panel=CHECKS,
    ),
    libraries: tuple[str, ...] = option(
        f"Verify with this library: {', '.join(LIBRARIES)}, or 'all' that read the file; repeatable.",
        "--with",
        metavar="LIBRARY",
        panel=CHECKS,
    ),
    json: shared.JsonOption,
    backend: shared.BackendOption,
) -> None:
    """Show a summary of a vocabulary or some of its tokens; audit it; verify its ids; or show how a split pattern runs.

    --verify compares a tokenizer.json with tokenizers, a .model with sentencepiece, a tekken.json with mistral-common, and a
    file of ranks with tiktoken. It converts minitok's own files and encodings for tokenizers, and passes the tokens of an
    encoding to tiktoken. It also compares an encoding with the published file, by SHA-256, which needs no library.

    \b
    Examples:
      minitok inspect -e o200k_base
      minitok inspect -t my.json --search " the" --limit 50
      minitok inspect -e cl100k_base --id 9906 --id 1917
      minitok inspect --pattern qwen2
      minitok inspect -t model/tokenizer.json --audit
      minitok inspect -t models/llama-2/ --verify corpus/*.txt
    """
    lists = [search is not None, bool(ids), longest, byte_values, special, added]
    shows_pattern = pattern is not None and not tokenizers
    if sum(lists) + audit + verify + shows_pattern > 1:
        raise click.UsageError(
            "give one of --search, --id, --longest, --bytes, --special, --added, --audit, --verify and --pattern"
        )
    if (files or libraries) and not verify:
        raise click.UsageError("files and --with are for --verify; a tokenizer is named with --tokenizer")
    if pattern is not None and not tokenizers:
        from .pattern import inspect_pattern

        inspect_pattern(pattern, json=json)
        return
    named = shared.chosen(tokenizers)
    if verify:
        from .verify import verify as verify_file

        verify_file(named, files, libraries, pattern, backend, json=json)
        return
    tok = shared.open_tokenizer(named, backend, pattern)
    if audit:
        audit_tokenizer(tok, named, json=json)
    elif any(lists):
        named_tokens = tok.definition.added_tokens if added else tok.special_tokens
        asked = Asked(search, ids, longest, byte_values, sorted(set(named_tokens.values())))
        list_tokens(tok, asked, named, limit, json=json)
    else:
        summary(tok, named, json=json)


def list_tokens(tok: Tokenizer, asked: Asked, named: str, limit: int, *, json: bool) -> None:
    """The tokens that are asked for: all that have an id that is named, or the first."""
    found = select(tok, asked, limit)
    listed = found if asked.ids else found[:limit]
    if json:
        print_json({"tokenizer": named, "found": len(found), "tokens": [row(tok, token_id) for token_id in listed]})
    else:
        show(tok, listed, len(found), with_hex=asked.byte_values or bool(asked.ids))


class Asked(NamedTuple):
    """What is listed: the tokens that hold a text, or of some ids, the longest, those of one byte, or else these ids."""

    search: str | None
    ids: tuple[int, ...]
    longest: bool
    byte_values: bool
    others: list[int]


def select(tok: Tokenizer, asked: Asked, limit: int) -> list[int]:
    tokens, _, _ = tok.definition.vocabulary()
    if asked.search is not None:
        wanted = asked.search.encode("utf-8", "surrogateescape")
        named = [token_id for name, token_id in tok.definition.found_tokens.items() if asked.search in name]
        return sorted({token_id for token_id, token in tokens.items() if wanted in token}.union(named))
    if asked.ids:
        tok.decode_bytes(asked.ids)  # an unknown id is an error that says where
        return list(asked.ids)
    if asked.longest:
        key: Callable[[int], tuple[int, int]] = lambda token_id: (len(tokens[token_id]), -token_id)  # noqa: E731
        return nlargest(limit, tokens, key)
    if asked.byte_values:
        return sorted(token_id for token_id, token in tokens.items() if len(token) == 1)
    return asked.others


def row(tok: Tokenizer, token_id: int) -> dict[str, Any]:
    """A token as data: bytes that are not a character become U+FFFD in ``text``; ``hex`` has them all."""
    token = tok.token_bytes(token_id)
    kinds = {
        "special": token_id in tok.special_tokens.values(),
        "added": token_id in tok.definition.added_tokens.values(),
    }
    return {"id": token_id, "text": token.decode("utf-8", "replace"), "hex": token.hex(), **kinds}


def show(tok: Tokenizer, ids: list[int], found: int, *, with_hex: bool) -> None:
    """The tokens as a table, a line for each, and how many there are."""
    console = output()
    optional = ["<hexadecimal"] if with_hex else []
    table = plain_table("id", "<token", "bytes", *optional, optional=optional)
    for token_id in ids:
        token = tok.token_bytes(token_id)
        shown = Text().join(TokenText([token_id], [token]).text(colour=has_colour(console)).split("\n"))
        if (run := len(shown) - len(shown.plain.rstrip(shown.plain[-1:]))) >= RUN:
            shown = shown[: len(shown) - run + 1] + f" x {run}"
        shown.truncate(SHOWN, overflow="ellipsis")
        table.add_row(str(token_id), shown, str(len(token)), token[:8].hex(" ") + "…" * (len(token) > 8))
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
        "name": tok.definition.name,
        "vocab_size": tok.vocab_size,
        "tokens": len(tokens),
        "merges": len({merge[3] for merge in merges}),
        "pattern": tok.pattern,
        "special_tokens": tok.special_tokens,
        "added_tokens": dict(tok.definition.added_tokens),
        "bytes_are_ids": identity,
        "mean_token_bytes": sum(map(len, tokens.values())) / len(tokens) if tokens else None,
        "longest_token": None if longest is None else row(tok, longest),
    }
    if json:
        print_json(facts)
        return
    n_added = f" and {len(tok.definition.added_tokens):,} added" if tok.definition.added_tokens else ""
    longest_shown = mean = "none"
    if longest is not None:
        mean = f"{facts['mean_token_bytes']:.2f} on average"
        longest_shown = f"{longest}: {plural(len(tokens[longest]), 'byte')}, {visible(tokens[longest][:40])}"
    lines = {
        "tokenizer": named,
        "ids": f"{tok.vocab_size:,}",
        "tokens": f"{len(tokens):,} and {len(tok.special_tokens):,} special{n_added}",
        "merges": f"{facts['merges']:,}",
        "pattern": tok.pattern,
        "special tokens": names(tok.special_tokens),
        **({"added tokens": names(tok.definition.added_tokens)} if tok.definition.added_tokens else {}),
        "ids 0 to 255": "the bytes, in order" if identity else "not the bytes in order (--bytes lists them)",
        "bytes a token": mean,
        "longest token": longest_shown,
    }
    print_facts(lines)


def names(tokens: Mapping[str, int]) -> str:
    """The first names, with their ids, and how many more there are."""
    first = ", ".join(f"{name} ({token_id})" for name, token_id in list(tokens.items())[:8])
    return f"{first}, and {len(tokens) - 8} more" if len(tokens) > 8 else first or "none"
