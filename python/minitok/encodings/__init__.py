"""The published encodings, offline: nothing is ever downloaded.

>>> import minitok
>>> minitok.get_encoding("cl100k_base").encode("hello world")
[15339, 1917]
>>> minitok.encoding_for_model("gpt-4o").name
'o200k_base'
"""

from .clip import clean_for_clip
from .models import encoding_for_model, encoding_name_for_model
from .registry import get_encoding, list_encoding_names

__all__ = ["clean_for_clip", "encoding_for_model", "encoding_name_for_model", "get_encoding", "list_encoding_names"]
