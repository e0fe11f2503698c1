"""``minitok inspect --audit``: what is odd about a vocabulary."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from .console import output, print_json, waiting
from .options import is_file

if TYPE_CHECKING:
    from minitok import Tokenizer

# How many tokens of a kind are shown.
SHOWN = 8


def audit_tokenizer(tok: Tokenizer, named: str, *, json: bool) -> None:
    """Tokens that no text produces, twins, ids without a token, files that disagree."""
    from minitok.evaluation.audit import audit  # NumPy, which is slow to import, comes with it

    with waiting(f"looking at {tok.vocab_size:,} ids"):
        found = audit(tok)
    said = configured(tok, named)
    if json:
        kinds = [
            {
                "kind": held.kind,
                "proved": held.proved,
                "count": len(held.tokens),
                "tokens": held.tokens,
                "what": held.what,
            }
            for held in found
        ]
        print_json({"tokenizer": named, "vocab_size": tok.vocab_size, "findings": kinds, "disagreements": said})
        return
    console = output()
    for held in found:
        certain = "" if held.proved else ", by search"
        console.print(Text.assemble((held.kind, "bold"), f"  {len(held.tokens):,}{certain}"))
        console.print(Text(held.what))
        for token_id, shown in list(held.tokens.items())[:SHOWN]:
            console.print(Text(f"  {token_id}  {shown}"))
        if len(held.tokens) > SHOWN:
            console.print(Text(f"  and {len(held.tokens) - SHOWN:,} more: --json"))
        console.print()
    for line in said:
        console.print(Text(f"files disagree: {line}"))
    if not found and not said:
        console.print("no anomalies found")


def configured(tok: Tokenizer, named: str) -> list[str]:
    """What the configuration next to a file says otherwise."""
    from minitok.evaluation.audit import disagreements

    if not is_file(named):
        return []
    path = Path(named)
    config = (path if path.is_dir() else path.parent) / "tokenizer_config.json"
    if not config.is_file():
        return []
    try:
        held: Any = json_module.loads(config.read_text(encoding="utf-8"))
    except ValueError as error:
        return [f"{config}: not JSON ({error})"]
    templates = tok.definition.chat.templates.values() if tok.definition.chat is not None else ()
    return disagreements(tok, held, "\n".join(templates)) if isinstance(held, dict) else []
