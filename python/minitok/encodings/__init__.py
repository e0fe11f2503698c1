"""The published encodings, offline: nothing is ever downloaded.

>>> import minitok
>>> minitok.get_encoding("cl100k_base").encode("hello world")
[15339, 1917]
>>> minitok.encoding_for_model("gpt-4o").definition.name
'o200k_base'
"""

from .models import encoding_for_model, encoding_name_for_model
from .registry import get_encoding, list_encoding_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .clip import clean_for_clip

__all__ = ["clean_for_clip", "encoding_for_model", "encoding_name_for_model", "get_encoding", "list_encoding_names"]


def __getattr__(name: str) -> object:
    """What few need is imported when it is first used."""
    if name == "clean_for_clip":
        from .clip import clean_for_clip

        return clean_for_clip
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
