"""Mistral's ``tekken.json``: ranks as tiktoken has them, with the pattern and the special tokens.

Ids are ranks behind those of the special tokens: a token has the id ``rank + default_num_special_tokens``. Of the ranks in the
file, those below ``default_vocab_size - default_num_special_tokens`` are used. Special tokens have their ranks as ids; a file
without them has the ones that Mistral fixed first, and what is left of the room is ``<SPECIAL_n>``.

Costs: as reading JSON, and recovering merges from ranks.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from ..arguments import check_ids
from ..backend import load_backend
from ..definition import Definition
from .files import Reason, blame, field, optional_field, shown
from .pattern_names import name_of

if TYPE_CHECKING:
    from .._rust import RankTable

# The backend's reader of tokens and ranks.
TABLES = "read_tekken"
# The special tokens of the versions whose files do not name them.
FIRST_SPECIAL = (
    "<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_RESULTS]",
    "[/TOOL_RESULTS]", "[TOOL_CALLS]", "[IMG]", "<pad>", "[IMG_BREAK]", "[IMG_END]", "[PREFIX]", "[MIDDLE]", "[SUFFIX]",
    "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[TOOL_CONTENT]",
)  # fmt: skip

# Ids of special tokens need not be named, so a few bytes can ask for any number of them. Mistral's files have 1,000.
MOST_SPECIAL = 100_000


def parse(content: Any, path: object, backend: str | None = None, tables: RankTable | None = None) -> Definition:
    """The tokenizer of a file, from its JSON. ``tables``: the tokens and their ranks, if the JSON is without them.

    Raises:
        FileFormatError: The file is malformed; the message says what.
    """
    chosen = load_backend(backend)
    with blame(path):
        config = field(content, "config", dict)
        n_special, size = sizes(config)
        if tables is None:
            vocab = chosen.vocab.from_ranks(check_ids(read_ranks(content, n_special, size)))
        elif (vocab := tables.vocabulary(size - n_special, n_special)) is None or content.keys() & {"format", "model"}:
            raise Reason("the tables do not make a vocabulary")
        pattern, special = name_of(field(config, "pattern", str)), read_special(content, n_special)
        return Definition.of(vocab, chosen.name, pattern=pattern, special_tokens=special)


def read_ranks(content: dict[str, Any], n_special: int, size: int) -> dict[bytes, int]:
    """The ids of the tokens that are used, by their bytes."""
    ids: dict[bytes, int] = {}
    for place, row in enumerate(field(content, "vocab", list)):
        rank = field(row, "rank", int)
        try:
            token = base64.b64decode(field(row, "token_bytes", str), validate=True)
        except (binascii.Error, ValueError):
            raise Reason(f"the bytes of token {place} of the vocab are not base64") from None
        if not 0 <= rank < size - n_special:
            continue
        if ids.setdefault(token, rank + n_special) != rank + n_special:
            raise Reason(f"the token {place} of the vocab, {token!r}, has two ranks")
    return ids


def sizes(config: dict[str, Any]) -> tuple[int, int]:
    """How many special tokens there are, and how many tokens in all."""
    n_special = field(config, "default_num_special_tokens", int)
    size = field(config, "default_vocab_size", int)
    if not 0 <= n_special < size <= 1 << 31:
        raise Reason(f"default_num_special_tokens {shown(n_special)} is not below default_vocab_size {shown(size)}")
    if n_special > MOST_SPECIAL:
        raise Reason(f"default_num_special_tokens is {n_special}; it can be {MOST_SPECIAL} at most")
    return n_special, size


def read_special(content: dict[str, Any], n_special: int) -> dict[str, int]:
    """The special tokens, and names for the ids among them that have none."""
    named = dict(enumerate(FIRST_SPECIAL[:n_special]))
    if (rows := optional_field(content, "special_tokens", list)) is not None:
        named = {}
        for row in rows:
            rank, token = field(row, "rank", int), field(row, "token_str", str)
            if not 0 <= rank < n_special:
                raise Reason(
                    f"the special token {token!r} has the rank {rank}, "
                    f"which is not one of the {n_special} ranks of special tokens"
                )
            if rank in named:
                raise Reason(f"the special tokens {named[rank]!r} and {token!r} both have the rank {rank}")
            named[rank] = token
    special: dict[str, int] = {}
    for token_id in range(n_special):
        token = named.get(token_id, f"<SPECIAL_{token_id}>")
        if special.setdefault(token, token_id) != token_id:
            raise Reason(f"the special token {token!r} has two ranks")
    return special
