"""tiktoken's interface over minitok: ``import minitok.compat.tiktoken as tiktoken``, and other code runs unchanged.

All public names of tiktoken 0.14 with their signatures, defaults and errors, and those private ones that its own tests and
other packages use. The ids are the same. ``install()`` makes any ``import tiktoken`` in the process mean this module.

What differs: encodings come with the package and nothing is downloaded; ``list_encoding_names`` lists minitok's; a pattern
that the two backends would read differently is refused (``PatternError``); no input panics. Text that a pattern does not match
is encoded as a piece, and not left out. Where the name of a special token begins with that of another, the longest that is
allowed is found; tiktoken looks for the names in the order of a hash map, and finds none where the first is not allowed.

>>> import minitok.compat.tiktoken as tiktoken
>>> enc = tiktoken.encoding_for_model("gpt-4o")
>>> enc.decode(enc.encode("hello world"))
'hello world'
"""

from __future__ import annotations

import functools
import hashlib
import sys
from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import minitok
from minitok.definition import Definition, gpt2_byte_order
from minitok.encodings.models import ENCODING_OF_MODEL as MODEL_TO_ENCODING
from minitok.encodings.models import PREFIXES as MODEL_PREFIX_TO_ENCODING
from minitok.errors import DisallowedSpecialTokenError, FileFormatError
from minitok.formats.files import blame, parse_json, read, write_atomically
from minitok.formats.gpt2 import parse_merges, parse_vocab, tokens_of
from minitok.formats.tiktoken import format_ranks, mergeable_ranks, parse_ranks
from minitok.reference.published.patterns import THEN, expressions

from ..lazy import cached_property
from .tiktoken_core import CoreBPE

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Allowed = Literal["all"] | AbstractSet[str]
    Disallowed = Literal["all"] | Collection[str]

__all__ = [
    "MODEL_PREFIX_TO_ENCODING", "MODEL_TO_ENCODING", "Encoding", "data_gym_to_mergeable_bpe_ranks",
    "dump_tiktoken_bpe", "encoding_for_model", "encoding_name_for_model", "get_encoding", "install",
    "list_encoding_names", "load_tiktoken_bpe",
]  # fmt: skip

__version__ = "0.14.0"

ENCODINGS: dict[str, Encoding] = {}


class Encoding:
    """An encoding with the names and the behaviour of tiktoken's; ``tokenizer`` is its ``Tokenizer``.

    >>> enc = get_encoding("gpt2")
    >>> enc.encode("hello world"), enc.eot_token, enc.n_vocab
    ([31373, 995], 50256, 50257)
    """

    def __init__(
        self,
        name: str,
        *,
        pat_str: str,
        mergeable_ranks: dict[bytes, int],
        special_tokens: dict[str, int],
        explicit_n_vocab: int | None = None,
    ) -> None:
        tokenizer = minitok.Tokenizer.from_ranks(
            mergeable_ranks, pattern=pat_str, special_tokens=special_tokens, name=name
        )
        self._hold(name, tokenizer)
        self._mergeable_ranks = mergeable_ranks
        if explicit_n_vocab and not (
            len(mergeable_ranks) + len(special_tokens) == explicit_n_vocab == self.max_token_value + 1
        ):
            raise AssertionError(f"explicit_n_vocab {explicit_n_vocab} is not the number of tokens")

    def _hold(self, name: str, tokenizer: minitok.Tokenizer) -> None:
        self.name = name
        self.tokenizer = tokenizer
        self.max_token_value = tokenizer.vocab_size - 1
        self._pat_str = THEN.join(expressions(tokenizer.pattern)) or tokenizer.pattern
        self._special_tokens = tokenizer.special_tokens
        self._special_token_values = set(self._special_tokens.values())
        self._core_bpe = CoreBPE(tokenizer)

    def __repr__(self) -> str:
        return f"<Encoding {self.name!r}>"

    # -- encoding ----------------------------------------------------------------------------------------------------

    def encode_ordinary(self, text: str) -> list[int]:
        """The ids of a text in which nothing is special."""
        return self._core_bpe.encode_ordinary(text)

    def encode(
        self, text: str, *, allowed_special: Allowed = frozenset(), disallowed_special: Disallowed = "all"
    ) -> list[int]:
        """The ids of a text. Without options, the text of a special token in it is a ValueError."""
        return self._core_bpe.encode(text, self._check(text, allowed_special, disallowed_special))

    def encode_to_numpy(
        self, text: str, *, allowed_special: Allowed = frozenset(), disallowed_special: Disallowed = "all"
    ) -> npt.NDArray[np.uint32]:
        """As ``encode``, as an array of uint32."""
        allowed = self._check(text, allowed_special, disallowed_special)
        return self.tokenizer.encode_to_numpy(text, allowed_special=allowed)

    def encode_ordinary_batch(self, text: list[str], *, num_threads: int = 8) -> list[list[int]]:
        """As ``encode_ordinary``, for each text."""
        return self.tokenizer.encode_batch(text, threads=num_threads)

    def encode_batch(
        self,
        text: list[str],
        *,
        num_threads: int = 8,
        allowed_special: Allowed = frozenset(),
        disallowed_special: Disallowed = "all",
    ) -> list[list[int]]:
        """As ``encode``, for each text."""
        allowed, texts = self._allowed(allowed_special), list(text)
        for one in texts:
            self._check(one, allowed_special, disallowed_special)
        return self.tokenizer.encode_batch(texts, allowed_special=allowed, threads=num_threads)

    def encode_with_unstable(
        self, text: str, *, allowed_special: Allowed = frozenset(), disallowed_special: Disallowed = "all"
    ) -> tuple[list[int], list[list[int]]]:
        """The ids that more text cannot change, and the ids that may follow them."""
        return self._core_bpe.encode_with_unstable(text, self._check(text, allowed_special, disallowed_special))

    def encode_single_token(self, text_or_bytes: str | bytes) -> int:
        """The id of one token, special ones included. Raises KeyError."""
        if isinstance(text_or_bytes, str):
            text_or_bytes = text_or_bytes.encode("utf-8")
        return self._core_bpe.encode_single_token(text_or_bytes)

    # -- decoding ----------------------------------------------------------------------------------------------------

    def decode_bytes(self, tokens: Sequence[int]) -> bytes:
        """The bytes of the ids."""
        return self.tokenizer.decode_bytes(tokens)

    def decode(self, tokens: Sequence[int], errors: str = "replace") -> str:
        """Returns the text of the ids; ``errors`` says what to do with bytes that are not UTF-8."""
        return self.tokenizer.decode(tokens, errors=errors)

    def decode_single_token_bytes(self, token: int) -> bytes:
        """The bytes of one id, special ones included. Raises KeyError."""
        return self.tokenizer.token_bytes(token)

    def decode_tokens_bytes(self, tokens: Sequence[int]) -> list[bytes]:
        """The bytes of each id."""
        return [self.decode_single_token_bytes(token) for token in tokens]

    def decode_with_offsets(self, tokens: Sequence[int]) -> tuple[str, list[int]]:
        """The text of the ids, and the character at which each begins."""
        return self.tokenizer.decode_with_offsets(tokens)

    def decode_batch(
        self, batch: Sequence[Sequence[int]], *, errors: str = "replace", num_threads: int = 8
    ) -> list[str]:
        """The text of each list of ids."""
        del num_threads
        return self.tokenizer.decode_batch(batch, errors=errors)

    def decode_bytes_batch(self, batch: Sequence[Sequence[int]], *, num_threads: int = 8) -> list[bytes]:
        """The bytes of each list of ids."""
        del num_threads
        return [self.decode_bytes(tokens) for tokens in batch]

    # -- the vocabulary ----------------------------------------------------------------------------------------------

    def token_byte_values(self) -> list[bytes]:
        """The bytes of all tokens that are not special, sorted."""
        return self._core_bpe.token_byte_values()

    @property
    def eot_token(self) -> int:
        """The id of ``<|endoftext|>``."""
        return self._special_tokens["<|endoftext|>"]

    @cached_property
    def special_tokens_set(self) -> set[str]:
        """The names of the special tokens."""
        return set(self._special_tokens)

    def is_special_token(self, token: int) -> bool:
        """Whether an id is that of a special token."""
        return token in self._special_token_values

    @property
    def n_vocab(self) -> int:
        """One more than the highest id."""
        return self.max_token_value + 1

    @cached_property
    def _mergeable_ranks(self) -> dict[bytes, int]:
        return {token: token_id for token_id, token in self.tokenizer.definition.vocabulary()[0].items()}

    # -- private, and yet used ---------------------------------------------------------------------------------------

    def _encode_single_piece(self, text_or_bytes: str | bytes) -> list[int]:
        """The ids of what is one piece whatever the pattern says."""
        if isinstance(text_or_bytes, str):
            text_or_bytes = text_or_bytes.encode("utf-8")
        return self._core_bpe.encode_single_piece(text_or_bytes)

    def _encode_only_native_bpe(self, text: str) -> list[int]:
        """As ``encode_ordinary``, piece by piece."""
        pieces = self._core_bpe.codec.pieces(text.encode("utf-8"))
        return [token for piece in pieces for token in self._core_bpe.encode_single_piece(piece)]

    def _encode_bytes(self, text: bytes) -> list[int]:
        return self._core_bpe._encode_bytes(text)  # noqa: SLF001

    def __reduce__(self) -> tuple[Any, ...]:
        if self is ENCODINGS.get(self.name):
            return get_encoding, (self.name,)
        ranks, special = self._mergeable_ranks, self._special_tokens
        return functools.partial(
            Encoding, self.name, pat_str=self._pat_str, mergeable_ranks=ranks, special_tokens=special
        ), ()

    def _allowed(self, allowed: Allowed) -> set[str]:
        return self.special_tokens_set if allowed == "all" else self.special_tokens_set & set(allowed)

    def _check(self, text: str, allowed: Allowed, disallowed: Disallowed) -> Collection[str]:
        """Returns the special tokens to find; raises if a disallowed one occurs."""
        found = self._allowed(allowed)
        names = self.special_tokens_set - found if disallowed == "all" else set(disallowed)
        if names <= self.special_tokens_set:
            try:
                self.tokenizer.definition.codec().check_names(text, list(names))
            except DisallowedSpecialTokenError as error:
                raise_disallowed_special_token(error.token)
        # Any text can be disallowed here, whether or not it is a special token. The leftmost is named.
        elif inside := [(text.index(name), -len(name), name) for name in names if name in text]:
            raise_disallowed_special_token(min(inside)[2])
        return found or ()  # with the empty tuple it is the call without options, which is quicker


def raise_disallowed_special_token(token: str) -> NoReturn:
    """The ValueError that names the token, and the two ways out."""
    raise ValueError(
        f"Encountered text corresponding to disallowed special token {token!r}.\n"
        f"To encode it as that special token, pass `allowed_special={{{token!r}, ...}}`.\n"
        f"To encode it as normal text, pass `disallowed_special=(enc.special_tokens_set - {{{token!r}}})`, "
        "or `disallowed_special=()` for all special tokens.\n"
    )


def get_encoding(encoding_name: str) -> Encoding:
    """The encoding of that name. Raises ValueError."""
    if not isinstance(encoding_name, str):
        raise ValueError(f"Expected a string in get_encoding, got {type(encoding_name)}")  # noqa: TRY004
    if encoding_name not in ENCODINGS:
        encoding = Encoding.__new__(Encoding)
        encoding._hold(encoding_name, minitok.get_encoding(encoding_name))  # noqa: SLF001
        ENCODINGS.setdefault(encoding_name, encoding)
    return ENCODINGS[encoding_name]


def list_encoding_names() -> list[str]:
    """The names that ``get_encoding`` knows."""
    return minitok.list_encoding_names()


def encoding_name_for_model(model_name: str) -> str:
    """The name of the encoding that a model uses. Raises KeyError."""
    return minitok.encoding_name_for_model(model_name)


def encoding_for_model(model_name: str) -> Encoding:
    """The encoding that a model uses. Raises KeyError."""
    return get_encoding(encoding_name_for_model(model_name))


def load_tiktoken_bpe(tiktoken_bpe_file: str, expected_hash: str | None = None) -> dict[bytes, int]:
    """The ranks of a file on disk; with ``expected_hash`` its SHA-256 must be that."""
    return parse_ranks(read_file_cached(tiktoken_bpe_file, expected_hash), tiktoken_bpe_file)


def dump_tiktoken_bpe(bpe_ranks: dict[bytes, int], tiktoken_bpe_file: str) -> None:
    """Write ranks to a file, whole or not at all."""
    write_atomically(tiktoken_bpe_file, format_ranks(dict(sorted(bpe_ranks.items(), key=lambda item: item[1]))))


def data_gym_to_mergeable_bpe_ranks(
    vocab_bpe_file: str,
    encoder_json_file: str,
    vocab_bpe_hash: str | None = None,
    encoder_json_hash: str | None = None,
    clobber_one_byte_tokens: bool = False,
) -> dict[bytes, int]:
    """The ranks of GPT-2's two files on disk, which hold the same vocabulary or are refused.

    The single bytes must have GPT-2's ids, unless ``clobber_one_byte_tokens`` takes those of the file.
    """
    read_file_cached(vocab_bpe_file, vocab_bpe_hash)
    read_file_cached(encoder_json_file, encoder_json_hash)
    special = {"<|endoftext|>", "<|startoftext|>"}
    ids = parse_vocab(parse_json(read(encoder_json_file), encoder_json_file), encoder_json_file)
    merges = parse_merges(read(vocab_bpe_file), vocab_bpe_file)
    tokens = {token: token_id for token, token_id in ids.items() if token not in special}
    for number, (left, right) in merges:
        for side in (left, right, left + right):
            if side not in tokens:
                raise FileFormatError(vocab_bpe_file, f"the token {side!r} is not in {encoder_json_file}", number)
    with blame(encoder_json_file):
        pairs = [(tokens[left], tokens[right]) for _, (left, right) in merges]
        definition = Definition.from_tokens(tokens_of(tokens), pairs)
    if not clobber_one_byte_tokens and definition.byte_order != gpt2_byte_order():
        raise AssertionError("the single bytes have other ids than in GPT-2")
    return mergeable_ranks(definition)


def read_file(blobpath: str) -> bytes:
    """The content of a file on disk."""
    return read(blobpath)


def read_file_cached(blobpath: str, expected_hash: str | None = None) -> bytes:
    """The content of a file on disk, which no cache need hold; with ``expected_hash`` its SHA-256 must be that."""
    data = read_file(blobpath)
    if expected_hash and not check_hash(data, expected_hash):
        raise ValueError(f"Hash mismatch for data loaded from {blobpath} (expected {expected_hash}).")
    return data


def check_hash(data: bytes, expected_hash: str) -> bool:
    """Whether the data has that SHA-256."""
    return hashlib.sha256(data).hexdigest() == expected_hash


# tiktoken's submodules, for `tiktoken.load.load_tiktoken_bpe` and the like.
core = load = model = registry = sys.modules[__name__]


def install() -> None:
    """Make ``import tiktoken`` mean this module in this process, its submodules too."""
    for name in ("tiktoken", "tiktoken.core", "tiktoken.load", "tiktoken.model", "tiktoken.registry"):
        sys.modules[name] = sys.modules[__name__]
