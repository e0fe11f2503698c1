"""What options and methods of other libraries are called here, for the error of a call that uses one.

A call of a function marked ``@explains`` with an option that the function does not have is a TypeError that says what to write
instead. Each call takes some 0.15 microseconds longer. An ``Elsewhere`` does the same for a method, and costs nothing.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, NoReturn, TypeVar

from .reference.published.names import nearest

Function = TypeVar("Function", bound="Callable[..., Any]")
Kind = TypeVar("Kind")

# The options of minitok's functions, and what others call them.
OTHER_NAMES = {
    "allowed_special": "allow_special allow_special_tokens parse_special",
    "disallowed_special": "disallow_special",
    "max_token_length": "max_token_len max_piece_length max_sentencepiece_length",
    "max_tokens": "chunk_size max_length max_len max_seq_length size",
    "merges": "bpe_merges",
    "min_frequency": "min_freq min_count min_pair_frequency",
    "overlap": "chunk_overlap stride",
    "pattern": "pat_str regex regex_pattern regex_str split_pattern split_regex pre_tokenizer pretokenizer",
    "progress": "show_progress progress_bar verbose disable_tqdm",
    "ranks": "mergeable_ranks bpe_ranks",
    "special_tokens": "specials additional_special_tokens user_defined_symbols extra_special_tokens",
    "threads": "num_threads n_threads num_proc num_processes num_workers max_workers workers n_jobs batch_threads",
    "to_numpy": "as_numpy return_tensors",
    "vocab_size": "n_vocab vocabulary_size target_vocab_size num_tokens",
}
OPTIONS = {other: option for option, others in OTHER_NAMES.items() for other in others.split()}
# What others have as an option, and minitok elsewhere, or not at all.
INSTEAD = {
    "add_bos": "minitok adds no special tokens to a text; join their ids with those of the text",
    "add_eos": "minitok adds no special tokens to a text; join their ids with those of the text",
    "add_prefix_space": "it is part of a tokenizer, see definition.prefix",
    "add_special_tokens": "minitok adds no special tokens to a text, so omit it",
    "byte_fallback": "what has no token is always encoded as bytes, so omit it",
    "cache_dir": "minitok downloads nothing, so omit it",
    "clean_up_tokenization_spaces": "decoding changes no spaces, so omit it",
    "explicit_n_vocab": "vocab_size follows from the ids, so omit it",
    "initial_alphabet": "all 256 bytes are tokens before training, so omit it",
    "is_pretokenized": "the pattern of the tokenizer cuts the text; use encode_segments for text in parts",
    "is_split_into_words": "the pattern of the tokenizer cuts the text; use encode_segments for text in parts",
    "limit_alphabet": "all 256 bytes are tokens before training, so omit it",
    "max_length": "truncate_text(text, max_tokens) shortens a text",
    "num_merges": "vocab_size is 256 bytes, the merges and the special tokens",
    "padding": "minitok.padding.pad makes rows of one length",
    "return_attention_mask": "minitok.padding.pad returns a mask",
    "return_offsets_mapping": "encode_with_offsets returns the offsets",
    "return_tensors": "encode_to_numpy and encode_batch_to_numpy return arrays",
    "revision": "load the folder of that revision",
    "skip_special_tokens": "decode and stream_decoder have this option",
    "split_special_tokens": "special tokens are text unless allowed_special names them",
    "truncation": "truncate_text(text, max_tokens) shortens a text",
    "trust_remote_code": "minitok runs no code of files, so omit it",
    "use_fast": "omit it",
}
# Of tokenizers: what minitok's methods and attributes are called by tiktoken, tokenizers and transformers.
OTHER_METHODS = {
    "decode_batch": "batch_decode",
    "encode": "encode_ordinary __call__",
    "encode_batch": "encode_ordinary_batch batch_encode_plus",
    "token_bytes": "decode_single_token_bytes id_to_token convert_ids_to_tokens",
    "token_id": "encode_single_token token_to_id convert_tokens_to_ids",
    "vocab": "get_vocab",
    "vocab_size": "n_vocab get_vocab_size",
}


class Elsewhere:
    """An attribute that other libraries have, and minitok by another name.

    >>> class Tokenizer:
    ...     n_vocab = Elsewhere("n_vocab", "vocab_size")
    >>> Tokenizer().n_vocab
    Traceback (most recent call last):
    AttributeError: Tokenizer has no 'n_vocab'; write vocab_size
    """

    def __init__(self, name: str, own: str) -> None:
        self.name, self.own = name, own

    def __get__(self, _: object, owner: type) -> NoReturn:
        # Without an object, Python itself suggests no name.
        error = AttributeError(f"{owner.__name__} has no {self.name!r}; write {self.own}")
        error.name = self.name
        raise error


def has_other_names(tokenizer: type[Kind]) -> type[Kind]:
    """Makes names of other libraries' methods errors that say what to write; ``dir`` of a tokenizer leaves them out."""
    elsewhere = {name: Elsewhere(name, own) for own, others in OTHER_METHODS.items() for name in others.split()}
    for name, error in elsewhere.items():
        setattr(tokenizer, name, error)
    tokenizer.__dir__ = lambda self: [name for name in object.__dir__(self) if name not in elsewhere]  # type: ignore[method-assign]
    return tokenizer


def explains(function: Function) -> Function:
    """Makes calls of the function with options of other libraries errors that say what to write.

    >>> @explains
    ... def count(text, *, threads=None):
    ...     return len(text)
    >>> count("abc", num_threads=2)
    Traceback (most recent call last):
    TypeError: count() has no option 'num_threads'; write threads=
    """

    @wraps(function)
    def call(*args: Any, **options: Any) -> Any:
        try:
            return function(*args, **options)
        except TypeError:
            known = inspect.signature(function).parameters
            others = [name for name in options if name not in known]
            if not others or any(each.kind is each.VAR_KEYWORD for each in known.values()):
                raise
            refuse(function.__qualname__, others[0], known)

    return call  # type: ignore[return-value]  # it takes what the function takes


def shown_with(other: Callable[..., Any]) -> Callable[[Function], Function]:
    """Shows the options of another function, to which ``**options`` go, in the signature.

    >>> def count(text, *, threads=None): ...
    >>> @shown_with(count)
    ... def count_file(path, **options): ...
    >>> str(inspect.signature(count_file))
    '(path, *, threads=None)'
    """

    def given(function: Function) -> Function:
        own = inspect.signature(function)
        shown = {name: each for name, each in own.parameters.items() if each.kind is not each.VAR_KEYWORD}
        options = inspect.signature(other).parameters
        shown |= {name: each for name, each in options.items() if each.kind is each.KEYWORD_ONLY and name not in shown}
        function.__signature__ = own.replace(parameters=list(shown.values()))  # type: ignore[attr-defined]
        return function

    return given


def refuse(function: str, name: str, known: Iterable[str]) -> NoReturn:
    """Raises the error for an option that a function does not have. ``known``: those that it has."""
    options = [option for option in known if option != "self"]
    what = f"{function}() has no option {name!r}"
    if OPTIONS.get(name) in options:
        raise TypeError(f"{what}; write {OPTIONS[name]}=") from None
    if name in INSTEAD:
        raise TypeError(f"{what}: {INSTEAD[name]}") from None
    near = nearest(name, options)
    raise TypeError(f"{what}; " + (f"write {near[0]}=" if near else f"it has {', '.join(options)}")) from None
