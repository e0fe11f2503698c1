"""Reading a ``tokenizer.json`` that is in memory."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..extension import read_by_extension

if TYPE_CHECKING:
    from ...definition import Definition


def parse(content: Any, path: str, backend: str | None = None, *, other_ids: bool = False) -> Definition:
    """The tokenizer of a file, from its JSON; ``other_ids``: added tokens keep the ids that the file says.

    Raises:
        FileFormatError: The file is malformed, or asks for something that minitok would do differently; the message
            says what.
    """
    return read_by_extension(path, backend, data=json.dumps(content).encode(), other_ids=other_ids)
