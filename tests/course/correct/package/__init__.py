"""minbpe's layout: a package whose modules build on one base class."""

from .base import Tokenizer, get_stats, merge
from .basic import BasicTokenizer
from .gpt4 import GPT4Tokenizer, recover_merges
from .regex import RegexTokenizer

__all__ = ["BasicTokenizer", "GPT4Tokenizer", "RegexTokenizer", "Tokenizer", "get_stats", "merge", "recover_merges"]
