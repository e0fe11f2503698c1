"""The libraries that encode and decode, each behind the same few calls.

Each is called as its own documentation says, by the fastest call that takes a ``str`` and gives what is asked for. Where a
library does not offer a call (ids into an array, say), there is None: it is left out of that row, and the results say so.
The vocabularies come from minitok's own encodings, written to files, so that nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

ENCODINGS = ("r50k_base", "cl100k_base", "o200k_base")
MODERN = ENCODINGS[1:]

Call = Callable[[Any], Any]
Batch = Callable[[list[str], int], Any]


@dataclass(frozen=True)
class Calls:
    """What a loaded library does. Batches take the texts and how many threads may work on them.

    A batch comes back as lists (``batch``) or in one array (``batch_to_numpy``), in whatever form the library has for it:
    ``flat`` reads them all.
    """

    to_list: Call | None
    to_numpy: Call | None = None
    from_list: Call | None = None
    from_numpy: Call | None = None
    batch: Batch | None = None
    batch_to_numpy: Batch | None = None


def flat(result: Any) -> npt.NDArray[np.uint32]:
    """All ids of a result in one array: of a list, an array, lists, or arrays with their offsets."""
    import numpy as np

    if isinstance(result, dict):
        result = next(value for key, value in result.items() if "offset" not in key)
    if isinstance(result, tuple):
        result = result[0]
    if isinstance(result, bytes):
        return np.frombuffer(result, np.uint32)
    if type(result).__module__.startswith("awkward"):
        import awkward

        return np.asarray(awkward.flatten(result), np.uint32)
    if isinstance(result, list) and result and not isinstance(result[0], int):
        return np.concatenate([np.asarray(part, np.uint32) for part in result])
    return np.asarray(result, np.uint32)


@dataclass(frozen=True)
class Peer:
    """A library: the name it is installed by, the encodings it has, how one of them is loaded from ``folder``.

    ``load_json`` loads any ``tokenizer.json``, where the library reads such files. A library that is ``apart`` is a second
    release of another one, in a folder of its own (``harness.folder_of``).
    """

    name: str
    load: Callable[[str, Path], Calls]
    encodings: tuple[str, ...] = ENCODINGS
    load_json: Callable[[Path], Calls] | None = None
    apart: bool = False

    def loads(self, name: str) -> bool:
        """Whether it has an encoding, or can read the file of a model."""
        return name in self.encodings or (name not in ENCODINGS and self.load_json is not None)

    def open(self, name: str, folder: Path) -> Calls:
        """An encoding, or a model's file in the folder."""
        if name not in ENCODINGS and self.load_json:
            return self.load_json(folder / f"{name}.json")
        return self.load(name, folder)


def write_vocabularies(folder: Path) -> None:
    """Each encoding as ``NAME.tiktoken`` and as ``NAME.json``, for the libraries that read them."""
    import minitok

    for name in ENCODINGS:
        encoding = minitok.get_encoding(name)
        encoding.save(folder / f"{name}.tiktoken", format="tiktoken")
        encoding.save(folder / f"{name}.json", format="huggingface")


def load_minitok(encoding: str, folder: Path) -> Calls:
    import minitok

    del folder
    return minitok_calls(minitok.get_encoding(encoding))


def read_minitok(path: Path) -> Calls:
    import minitok

    return minitok_calls(minitok.load(path))


def minitok_calls(tok: Any) -> Calls:
    return Calls(
        tok.encode,
        tok.encode_to_numpy,
        tok.decode,
        tok.decode_bytes,
        lambda texts, threads: tok.encode_batch(texts, threads=threads),
        lambda texts, threads: tok.encode_batch_to_numpy(texts, threads=threads),
    )


def load_tiktoken(encoding: str, folder: Path) -> Calls:
    import tiktoken
    import tiktoken.load
    from tiktoken_ext import openai_public

    # The library fetches its ranks; here it reads the same file from the folder.
    def local(url: str, **_: object) -> dict[bytes, int]:
        return tiktoken.load.load_tiktoken_bpe(str(folder / url.rsplit("/", 1)[-1]))

    openai_public.load_tiktoken_bpe = local
    enc = tiktoken.get_encoding(encoding)
    return Calls(
        enc.encode_ordinary,
        # `encode_to_numpy` looks for special tokens; with none disallowed it does the same work.
        lambda text: enc.encode_to_numpy(text, disallowed_special=()),
        enc.decode,
        None,
        lambda texts, threads: enc.encode_ordinary_batch(texts, num_threads=threads),
    )


def load_tokenizers(encoding: str, folder: Path) -> Calls:
    return read_tokenizers(folder / f"{encoding}.json")


def read_tokenizers(path: Path) -> Calls:
    import tokenizers

    tok = tokenizers.Tokenizer.from_file(str(path))
    return Calls(
        lambda text: tok.encode(text, add_special_tokens=False).ids,
        None,
        tok.decode,
        None,
        lambda texts, _: [found.ids for found in tok.encode_batch_fast(texts, add_special_tokens=False)],
    )


def load_tokenizers_1(encoding: str, folder: Path) -> Calls:
    return read_tokenizers_1(folder / f"{encoding}.json")


def read_tokenizers_1(path: Path) -> Calls:
    import tokenizers

    if not tokenizers.__version__.startswith("1."):
        raise ImportError(f"tokenizers 1.0 is not installed beside {tokenizers.__version__}")
    tok: Any = tokenizers.Tokenizer.from_file(str(path))
    return Calls(
        lambda text: tok.encode(text, add_special_tokens=False).ids,
        lambda text: tok.encode(text, add_special_tokens=False).ids_array,
        tok.decode,
        tok.decode,
        lambda texts, _: [found.ids for found in tok.encode_batch(texts, add_special_tokens=False)],
    )


def load_gigatoken(encoding: str, folder: Path) -> Calls:
    import gigatoken

    return gigatoken_calls(gigatoken.Tokenizer.from_tiktoken(folder / f"{encoding}.tiktoken"))


def read_gigatoken(path: Path) -> Calls:
    import gigatoken

    return gigatoken_calls(gigatoken.Tokenizer.from_json(path.read_bytes()))


def gigatoken_calls(tok: Any) -> Calls:
    return Calls(
        lambda text: tok.encode(text).tolist(),
        tok.encode,
        tok.decode,
        tok.decode,
        lambda texts, threads: tok.encode_batch_list(texts, parallel=threads > 1),
        lambda texts, threads: tok.encode_batch(texts, parallel=threads > 1),
    )


def load_toktok(encoding: str, folder: Path) -> Calls:
    import toktok

    del folder
    tok = toktok._encoding(encoding)  # noqa: SLF001 - its own documentation names this for encoding and decoding
    return Calls(tok.encode_ordinary, tok.encode_to_numpy, tok.decode, None, None, tok.encode_batch_to_numpy)


def load_fastokens(encoding: str, folder: Path) -> Calls:
    import fastokens

    if encoding in MODERN:
        tok = fastokens.Tokenizer.from_tiktoken(str(folder / f"{encoding}.tiktoken"), encoding=encoding)
    else:
        return read_fastokens(folder / f"{encoding}.json")
    return fastokens_calls(tok)


def read_fastokens(path: Path) -> Calls:
    import fastokens

    return fastokens_calls(fastokens.Tokenizer.from_file(str(path)))


def fastokens_calls(tok: Any) -> Calls:
    return Calls(
        lambda text: tok.encode_ordinary(text).ids,
        lambda text: flat(tok.encode_batch_flat([text], split_special_tokens=True)),
        tok.decode,
        None,
        lambda texts, _: [found.ids for found in tok.encode_batch(texts, split_special_tokens=True)],
        lambda texts, _: tok.encode_batch_flat(texts, split_special_tokens=True),
    )


def load_quicktok(encoding: str, folder: Path) -> Calls:
    import quicktok

    del folder
    tok = quicktok.get_encoding(encoding)
    return Calls(tok.encode_ordinary, None, tok.decode, None, None, tok.encode_batch)


def load_tuetoken(encoding: str, folder: Path) -> Calls:
    return read_tuetoken(folder / f"{encoding}.json")


def read_tuetoken(path: Path) -> Calls:
    import numpy as np
    import tuetoken

    tok = tuetoken.Tokenizer(str(path))
    return Calls(
        tok.encode_ordinary,
        lambda text: np.frombuffer(tok.encode_to_bytes(text), np.uint32),
        tok.decode,
        tok.decode_array,
        lambda texts, threads: tok.encode_ordinary_batch(texts, num_threads=threads),
        lambda texts, threads: tok.encode_ordinary_to_buffer(texts, num_threads=threads),
    )


def load_tokie(encoding: str, folder: Path) -> Calls:
    return read_tokie(folder / f"{encoding}.json")


def read_tokie(path: Path) -> Calls:
    import tokie

    tok = tokie.Tokenizer.from_json(str(path))
    return Calls(
        lambda text: tok.encode(text, add_special_tokens=False).ids,
        None,
        tok.decode,
        None,
        lambda texts, _: [found.ids for found in tok.encode_batch(texts, add_special_tokens=False)],
    )


def load_rs_bpe(encoding: str, folder: Path) -> Calls:
    from rs_bpe import openai

    del folder
    tok = openai.cl100k_base() if encoding == "cl100k_base" else openai.o200k_base()
    return Calls(tok.encode, None, tok.decode, None, lambda texts, _: tok.encode_batch(texts)[0])


def load_bpe_openai(encoding: str, folder: Path) -> Calls:
    import bpe_openai

    del folder
    enc = bpe_openai.get_encoding(encoding)
    return Calls(
        enc.encode_ordinary,
        None,  # its `encode_to_numpy` makes a list first
        enc.decode,
        None,
        lambda texts, threads: enc.encode_ordinary_batch(texts, num_threads=threads),
    )


def load_snaptokens(encoding: str, folder: Path) -> Calls:
    return read_snaptokens(folder / f"{encoding}.json")


def read_snaptokens(path: Path) -> Calls:
    import snaptokens

    tok = snaptokens.Tokenizer.from_file(str(path))
    return Calls(
        lambda text: tok.encode(text, add_special_tokens=False).ids,
        lambda text: flat(tok.encode_batch_flat([text], add_special_tokens=False)),
        tok.decode,
        None,
        lambda texts, _: [found.ids for found in tok.encode_batch(texts, add_special_tokens=False)],
        lambda texts, _: tok.encode_batch_flat(texts, add_special_tokens=False),
    )


def load_kitoken(encoding: str, folder: Path) -> Calls:
    import kitoken

    return kitoken_calls(kitoken.Kitoken.from_tiktoken_file(str(folder / f"{encoding}.tiktoken")))


def read_kitoken(path: Path) -> Calls:
    import kitoken

    return kitoken_calls(kitoken.Kitoken.from_tokenizers_file(str(path)))


def kitoken_calls(tok: Any) -> Calls:
    return Calls(
        lambda text: tok.encode(text, False),
        None,
        tok.decode,
        tok.decode,
        lambda texts, _: tok.encode_all(texts, False),
    )


def load_splintr(encoding: str, folder: Path) -> Calls:
    return read_splintr(folder / f"{encoding}.json")


def read_splintr(path: Path) -> Calls:
    import numpy as np
    import splintr

    tok = splintr.from_json(str(path))
    return Calls(
        tok.encode_raw,
        lambda text: np.frombuffer(tok.encode_flat(text), np.uint32),
        tok.decode,
        tok.decode_bytes,
        lambda texts, _: tok.encode_batch(texts),
        lambda texts, _: tok.encode_batch_flat(texts),
    )


PEERS = {
    peer.name: peer
    for peer in (
        Peer("minitok", load_minitok, load_json=read_minitok),
        Peer("gigatoken", load_gigatoken, load_json=read_gigatoken),
        Peer("toktok-rs", load_toktok, MODERN),
        Peer("fastokens", load_fastokens, load_json=read_fastokens),
        Peer("tuetoken", load_tuetoken, load_json=read_tuetoken),
        Peer("quicktok-v1", load_quicktok, MODERN),
        Peer("tokie", load_tokie, load_json=read_tokie),
        Peer("kitoken", load_kitoken, load_json=read_kitoken),
        Peer("snaptokens", load_snaptokens, load_json=read_snaptokens),
        Peer("splintr-rs", load_splintr, load_json=read_splintr),
        Peer("rs-bpe", load_rs_bpe, MODERN),
        Peer("bpe-openai", load_bpe_openai, MODERN),
        Peer("tiktoken", load_tiktoken),
        Peer("tokenizers", load_tokenizers, load_json=read_tokenizers),
        Peer("tokenizers-1", load_tokenizers_1, load_json=read_tokenizers_1, apart=True),
    )
}
