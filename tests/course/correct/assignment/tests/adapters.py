"""The two adapters of the assignment that are about tokenizers; the real file mentions torch and jaxtyping, too."""

from __future__ import annotations

import os
from typing import Any

import torch
from jaxtyping import Float
from student.tokenizer import Tokenizer
from student.training import train_bpe
from torch import Tensor


def run_linear(weights: Float[Tensor, " d_out d_in"], model: torch.nn.Module) -> Any:
    raise NotImplementedError


def get_tokenizer(
    vocab: dict[int, bytes], merges: list[tuple[bytes, bytes]], special_tokens: list[str] | None = None
) -> Any:
    return Tokenizer(vocab, merges, special_tokens)


def run_train_bpe(
    input_path: str | os.PathLike, vocab_size: int, special_tokens: list[str], **kwargs
) -> tuple[dict[int, bytes], list[tuple[bytes, bytes]]]:
    return train_bpe(input_path, vocab_size, special_tokens)
