"""The methods of ``minitok.Tokenizer``, by what they take: signatures, docstrings, and bodies of a line or two.

Each class here has the name of its subclass, because messages about arguments begin with it.

Reading order: ``checked`` (a definition, its codec, and the checks of what a call asks), ``encode`` (text to ids), ``decode``
(ids to text), ``documents`` (conversations, files, texts that change, parts of a text), ``vocabulary`` (what a tokenizer
holds). ``tokenizer.py`` puts them together, and has what makes a tokenizer.
"""

from .decode import Tokenizer as DecodeMethods
from .documents import Tokenizer as DocumentMethods
from .encode import Tokenizer as EncodeMethods
from .vocabulary import Tokenizer as VocabularyMethods

__all__ = ["DecodeMethods", "DocumentMethods", "EncodeMethods", "VocabularyMethods"]
