"""Checks of the arguments of public functions. A failed check raises an error that names what was wrong."""

from __future__ import annotations

import os
from collections.abc import Mapping
from operator import index
from typing import TYPE_CHECKING

from .errors import BackendError, PatternError, VocabularyError
from .reference.published.names import suggest
from .reference.text import utf8

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from typing import Any, TypeVar

    import numpy as np
    import numpy.typing as npt

    Item = TypeVar("Item")
    Path = str | os.PathLike[str]

MAX_ID = (1 << 31) - 1
# More threads than any machine has processors.
MOST_THREADS = 1 << 16
# How many ids may be gaps in a small vocabulary.
MOST_HOLES = 1 << 20
# How many bytes the tokens of a list of merges may have together: for a start in MiB, and more for each merge. Published
# vocabularies have some ten bytes a merge.
TOKEN_MIB = 16
BYTES_A_MERGE = 256


def check_pattern(pattern: str) -> str:
    """Returns the pattern, if it is a string."""
    if not isinstance(pattern, str):
        raise TypeError(f"pattern must be str, not {type(pattern).__name__}")
    try:
        pattern.encode()
    except UnicodeEncodeError:
        raise PatternError(pattern, "the pattern contains a lone surrogate") from None
    return pattern


def is_bool(value: object) -> bool:
    """Whether a value is a bool, of Python or of NumPy."""
    return isinstance(value, bool) or type(value).__name__ in ("bool", "bool_")


def check_int(value: int, name: str) -> int:
    """Returns the value of the option ``name``, if it is an int."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be int, not {type(value).__name__}")
    return value


def check_string(value: str | None, name: str) -> str | None:
    """Returns the value of the option ``name``, if it is None or a string that a file can hold."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise TypeError(f"{name} must be str, not {type(value).__name__}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise VocabularyError(f"{name} {value!r} contains a lone surrogate") from None
    return value


def check_index(value: int, name: str) -> int:
    """Returns the value of the option ``name`` as an int, if it is an integer of any kind."""
    try:
        return index(value)
    except TypeError:
        raise TypeError(f"{name} must be int, not {type(value).__name__}") from None


def check_tokenizer(value: Item, name: str = "tokenizer") -> Item:
    """Returns the tokenizer that is given for ``name``, if it is one."""
    if not hasattr(value, "definition"):
        raise TypeError(f"{name} must be a Tokenizer, not {type(value).__name__}")
    return value


def check_function(value: object, name: str) -> None:
    """Raises if the value of the option ``name`` cannot be called."""
    if not callable(value):
        raise TypeError(f"{name} must be a function, not {type(value).__name__}")


def check_merges(merges: Iterable[Sequence[int]], length: int = 2) -> list[tuple[int, ...]]:
    """Returns the merges as tuples of ``length`` ints that can be ids."""
    rows: list[tuple[int, ...]] = []
    for rank, merge in enumerate(check_iterable(merges, "merges", f"{length} integers each")):
        try:
            row = tuple(map(index, merge))
        except TypeError:
            raise TypeError(f"merge {rank} must be {length} integers, not {merge!r}") from None
        if len(row) != length:
            raise VocabularyError(f"merge {rank} must be {length} integers, not {len(row)}")
        if any(number >> 31 for number in row):
            raise VocabularyError(f"merge {rank} holds a number that is not between 0 and {MAX_ID}: {row}")
        rows.append(row)
    return rows


def check_ids(ids: Mapping[bytes, int]) -> dict[bytes, int]:
    """Returns tokens and their ids as a dict, if they are bytes and ints that can be ids."""
    if not isinstance(ids, Mapping):
        raise TypeError(f"tokens must be a mapping of bytes to ids, not {type(ids).__name__}")
    for token, token_id in ids.items():
        if type(token_id) is not int or type(token) is not bytes or token_id >> 31:
            check_token(token, token_id)
    check_holes(ids.values())
    return dict(ids)


def check_tokens(tokens: Mapping[int, bytes]) -> dict[int, bytes]:
    """Returns tokens by id as a dict, if their ids are ints that can be ids and they are bytes."""
    for token_id, token in tokens.items():
        if type(token_id) is not int or type(token) is not bytes or token_id >> 31:
            check_token(token, token_id)
    check_holes(tokens.keys())
    return dict(tokens)


def check_token(token: bytes, token_id: int) -> None:
    """Raises if a token is not bytes, or its id is not an int that can be an id."""
    if not isinstance(token, bytes):
        raise TypeError(f"the token with the id {token_id!r} must be bytes, not {type(token).__name__}")
    if check_int(token_id, f"the id of the token {token!r}") >> 31:
        raise VocabularyError(f"the id {token_id} of the token {token!r} is not between 0 and {MAX_ID}")


def check_holes(ids: Collection[int]) -> None:
    """Refuses ids with so many gaps that a table by id would be almost empty: a small file must not take gigabytes.

    >>> check_holes([0, 1, 2_000_000_000])
    Traceback (most recent call last):
    minitok.errors.VocabularyError: the id 2000000000 is too high for a vocabulary of 3 tokens
    """
    highest = max(ids, default=0)
    if highest > MOST_HOLES + 16 * len(ids):
        raise VocabularyError(f"the id {highest} is too high for a vocabulary of {len(ids):,} tokens")


def check_dropout(dropout: float, seed: int | None) -> tuple[float, int] | None:
    """Returns the probability and the seed, if they are such; None for the probability 0, by which nothing is random.

    >>> check_dropout(0.1, 7)
    (0.1, 7)
    >>> check_dropout(0.1, None)
    Traceback (most recent call last):
    ValueError: dropout is random: give a seed, which decides the ids
    """
    if isinstance(dropout, bool) or not isinstance(dropout, (int, float)):
        raise TypeError(f"dropout must be a number from 0 to 1, not {type(dropout).__name__}")
    if not 0 <= dropout <= 1:
        raise ValueError(f"dropout is a probability, from 0 to 1, not {dropout}")
    if seed is not None and check_int(seed, "seed") >> 64:
        raise ValueError(f"seed {seed} is not between 0 and {(1 << 64) - 1}")
    if not dropout:
        return None
    if seed is None:
        raise ValueError("dropout is random: give a seed, which decides the ids")
    return float(dropout), seed


def check_fallback(fallback: Sequence[int] | None, others: Collection[int]) -> list[int] | None:
    """Returns the ids of the 256 bytes as a list, if they are ints that can be ids. ``others``: those of the other tokens."""
    if fallback is None:
        return None
    ids = [check_index(token_id, "a fallback id") for token_id in fallback]
    if wrong := [token_id for token_id in ids if token_id >> 31]:
        raise VocabularyError(f"the fallback id {wrong[0]} is not between 0 and {MAX_ID}")
    check_holes([*others, *ids])
    return ids


def most_token_bytes(n_merges: int) -> int:
    """Returns the most bytes that the tokens of ``n_merges`` merges may have together; ``MINITOK_TOKEN_MIB`` raises the bound.

    >>> most_token_bytes(1000)
    17033216
    """
    wanted = os.environ.get("MINITOK_TOKEN_MIB", "")
    if wanted and not (wanted.isascii() and wanted.isdecimal() and len(wanted) <= 7 and int(wanted) >= 1):
        raise BackendError(f"MINITOK_TOKEN_MIB is {wanted!r}; it can be a number of MiB, from 1 to 9999999")
    return (int(wanted or TOKEN_MIB) << 20) + BYTES_A_MERGE * n_merges


def check_special_tokens(special_tokens: Mapping[str, int], kind: str = "special") -> dict[str, int]:
    """Returns the special tokens, or those of another kind, as a dict, if they are names and ids."""
    if not isinstance(special_tokens, Mapping):
        given = type(special_tokens).__name__
        raise TypeError(
            f"{kind}_tokens must be a mapping of names to ids, not {given}: write {{'<|endoftext|>': 100257}}"
        )
    for name, token_id in special_tokens.items():
        if not isinstance(name, str):
            raise TypeError(
                f"the name of {'a' if kind == 'special' else 'an'} {kind} token must be str, not {type(name).__name__}"
            )
        if not 0 <= check_int(token_id, f"the id of the {kind} token {name!r}") <= MAX_ID:
            raise VocabularyError(f"the id {token_id} of the {kind} token {name!r} is not between 0 and {MAX_ID}")
        try:
            name.encode()
        except UnicodeEncodeError:
            raise VocabularyError(f"the {kind} token {name!r} contains a lone surrogate") from None
    return dict(special_tokens)


def check_iterable(given: Iterable[Item], name: str, items: str) -> Iterable[Item]:
    """Returns what is given for ``name``, if it is an iterable of ``items``. A single text or path is a mistake."""
    if isinstance(given, (str, bytes)) or not (hasattr(given, "__iter__") or hasattr(given, "__getitem__")):
        one = "one " if isinstance(given, (str, bytes)) else ""
        raise TypeError(f"{name} must be an iterable of {items}, not {one}{type(given).__name__}")
    return given


def check_paths(paths: Path | Iterable[Path], name: str = "paths") -> list[Path]:
    """Returns paths as a list: the one that is given, or several."""
    listed = [paths] if isinstance(paths, (str, os.PathLike)) else list(check_iterable(paths, name, "paths"))
    for path in listed:
        check_path(path, f"one of {name}")
    return listed


def check_path(path: Path, name: str) -> str:
    """Returns a path as str."""
    if isinstance(path, (str, os.PathLike)) and isinstance(found := os.fspath(path), str):
        return found
    raise TypeError(f"{name} must be str or os.PathLike, not {type(path).__name__}")


def checked_offsets(offsets: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Returns the offsets of rows as int64. Raises TypeError or ValueError for what is not one-dimensional, or not integers."""
    from .extras import np

    array = np.asarray(offsets)
    if array.dtype.kind not in "iu":
        raise TypeError(f"offsets must be integers, not {array.dtype}")
    if array.ndim != 1 or not len(array):
        raise ValueError(
            f"offsets must be one-dimensional, with one more than there are rows, not of shape {array.shape}"
        )
    return np.ascontiguousarray(array, np.int64)


def thread_count(threads: int | None) -> int:
    """Returns how many threads to use: by default one per processor."""
    if threads is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        wanted = index(threads)  # without a call: it is asked for each batch
    except TypeError:
        raise TypeError(f"threads must be int, not {type(threads).__name__}") from None
    if wanted < 1:
        raise ValueError(f"threads must be at least 1, not {threads}")
    return min(wanted, MOST_THREADS)


def unknown_special_token(name: object, special: Mapping[str, int]) -> str:
    """Returns the message for what is not a special token: which may be meant, or else some that there are.

    >>> unknown_special_token("<|eot|>", {"<|end|>": 1}), unknown_special_token("<|END|>", {"<|end|>": 1})[-23:]
    ("'<|eot|>' is not a special token of this tokenizer: it has '<|end|>'", "did you mean '<|end|>'?")
    """
    known = ", ".join(repr(each) for each in list(special)[:8])
    others = f": it has {known}{', ...' if len(special) > 8 else ''}" if special else ": it has none"
    return f"{name!r} is not a special token of this tokenizer" + suggest(str(name), special, others)


def allowed_tokens(
    named: Iterable[str] | str, special: Mapping[str, int], added: Collection[str] = ()
) -> list[str] | None:
    """Returns the special tokens that a caller allows; None for ``"no_tokens"``: then no token at all is found in text.

    The caller may name added tokens, too, which are found in any case.
    """
    return None if named == "no_tokens" else named_special_tokens(named, special, added)


def refused_tokens(
    named: Iterable[str] | str,
    allowed: Iterable[str] | str,
    control: Sequence[str],
    special: Mapping[str, int],
    added: Collection[str],
) -> Sequence[str]:
    """Returns the tokens that a caller refuses in a text; ``"all"`` are the control tokens that are not allowed."""
    if named != "all":
        return named_special_tokens(named, special, added)
    if allowed == "all":
        return ()
    found = frozenset(() if allowed == "no_tokens" else allowed)
    return [name for name in control if name not in found] if found else control


def named_special_tokens(
    named: Iterable[str] | str, special: Mapping[str, int], added: Collection[str] = ()
) -> list[str]:
    """Returns the special tokens that a caller names: a collection of them, or ``"all"``. ``added``: other known names."""
    if named == "all":
        return list(special)
    if named == "none":
        raise TypeError(
            "special tokens must be 'all' or a collection of names, not 'none': omit the option to find no special tokens, or "
            "pass allowed_special='no_tokens' to find no added tokens either"
        )
    if isinstance(named, str) or not hasattr(named, "__iter__"):
        raise TypeError(
            "special tokens must be 'all' or a collection of names, such as {'<|endoftext|>'}, not the "
            f"{type(named).__name__} {named!r}"
        )
    names = list(named)
    for name in names:
        if not isinstance(name, str) or (name not in special and name not in added):
            raise ValueError(unknown_special_token(name, special))
    return names


def added_special_tokens(
    added: Mapping[str, int | None] | Iterable[str],
    special: Mapping[str, int],
    token_bytes: Callable[[int], bytes | None],
    vocab_size: int,
) -> dict[str, int]:
    """Returns special tokens to add, with ids for all of them, if they do not contradict the existing ones.

    >>> added_special_tokens(["<a>", "<b>"], {"<a>": 256}, lambda _: None, 257)
    {'<b>': 257}
    """
    listed = added if isinstance(added, Mapping) else list(check_iterable(added, "special tokens", "names"))
    for name in listed:
        if not isinstance(name, str):
            raise TypeError(f"the name of a special token must be str, not {type(name).__name__}")
    wanted: dict[str, int | None] = dict(added) if isinstance(added, Mapping) else dict.fromkeys(listed)
    given = check_special_tokens({name: token_id for name, token_id in wanted.items() if token_id is not None})
    names = {token_id: name for name, token_id in special.items()}
    for name, token_id in given.items():
        if special.get(name, token_id) != token_id:
            raise VocabularyError(f"the special token {name!r} has the id {special[name]} already, not {token_id}")
        token = token_bytes(token_id)
        if token is not None:
            raise VocabularyError(f"the id {token_id} of the special token {name!r} is that of the token {token!r}")
        if names.setdefault(token_id, name) != name and name not in special:
            raise VocabularyError(
                f"the id {token_id} of the special token {name!r} is that of the special token {names[token_id]!r}"
            )
    free = max([vocab_size, *(token_id + 1 for token_id in given.values())])
    for name in wanted:
        if name not in special and name not in given:
            given[name] = free
            free += 1
    new = {name: given[name] for name in wanted if name not in special}
    return check_special_tokens(new)


def stop_strings(stop: str | Iterable[str]) -> list[str]:
    """Returns the strings that end a stream. A lone surrogate is U+FFFD, as in text (SPEC E4)."""
    strings = [stop] if isinstance(stop, str) else list(check_iterable(stop, "stop", "str"))
    for string in strings:
        if not isinstance(string, str):
            raise TypeError(f"a stop string must be str, not {type(string).__name__}")
        if not string:
            raise ValueError("a stop string must not be empty")
    return [utf8(string).decode() for string in strings]
