"""``Definition``: what a tokenizer *is*, as data.

Reading order: ``chat_templates`` (those of a model), ``fields`` (kinds of fields, and how each is checked), ``uses`` (what a
tokenizer cannot be used for, and why), ``definition`` (``Definition`` itself).
"""

from .definition import KINDS, Definition
from .fields import BYTE_ORDERS, IDENTITY, gpt2_byte_order

__all__ = ["BYTE_ORDERS", "IDENTITY", "KINDS", "Definition", "gpt2_byte_order"]
