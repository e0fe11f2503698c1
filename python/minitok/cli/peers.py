"""The libraries that ``minitok inspect --verify`` compares with: each reads the file by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from minitok.errors import FileFormatError, MinitokError
from minitok.formats.pattern_names import one_expression

if TYPE_CHECKING:
    from minitok import Tokenizer

LIBRARIES = ("tokenizers", "transformers", "sentencepiece", "tiktoken", "mistral-common")
# What is looked for in a folder, in this order.
IN_FOLDERS = ("tokenizer.json", "tekken.json", "tokenizer.model", "tiktoken.model", "*.tiktoken")


class Peer(NamedTuple):
    """A library's reading of the file: its name, and how it encodes a text without adding special tokens."""

    name: str
    encode: Callable[[str], Sequence[int]]
    allowed: str | frozenset[str]


def tokenizer_file(path: Path) -> Path:
    """The file itself, or the one of a folder."""
    if not path.is_dir():
        return path
    found = [file for name in IN_FOLDERS for file in sorted(path.glob(name))]
    if not found:
        raise FileFormatError(path, f"the folder has none of {', '.join(IN_FOLDERS)}")
    return found[0]


def peers_of(path: Path, tok: Tokenizer, wanted: Sequence[str]) -> list[Peer]:
    """What the wanted libraries make of a file or folder; if none is named, the one that defines its ids.

    Raises:
        ImportError: A library is not installed.
        FileFormatError: A library does not read files of this kind.
    """
    file = tokenizer_file(path)
    kind = kind_of(file)
    names = wanted or [DEFINING.get(kind, "none of the libraries")]
    if names[0] == "all":
        names = [name for known, name in READERS if known == kind] or ["none of the libraries"]
    found: list[Peer] = []
    for name in names:
        if (kind, name) not in READERS:
            raise FileFormatError(file, f"{name} does not read a file of the kind {kind}")
        try:
            found += READERS[kind, name](path, file, tok)
        except ModuleNotFoundError as error:
            needs = f"--verify compares with {name}, which is not installed: pip install {name} (or name another with --with)"
            raise ImportError(needs) from error
        except (MinitokError, ImportError):
            raise
        except Exception as error:  # noqa: BLE001 - libraries have types of their own, or none
            raise FileFormatError(file, f"{name} does not read it: {error}") from None
    return found


def peers_of_encoding(tok: Tokenizer, wanted: Sequence[str]) -> list[Peer]:
    """What libraries make of a published encoding: they are given its tokens, patterns and special tokens."""
    if not wanted or wanted[0] == "all":
        if installed := installed_peers(None, tok):
            return installed
        raise ImportError(f"there is no library to compare with: pip install {' '.join(OF_ENCODINGS)}")
    found: list[Peer] = []
    for name in wanted:
        if name not in OF_ENCODINGS:
            raise MinitokError(f"{name} does not take an encoding; {' and '.join(OF_ENCODINGS)} do")
        try:
            found += OF_ENCODINGS[name](tok)
        except ModuleNotFoundError:
            raise ImportError(f"{name} is not installed: pip install {name}") from None
    return found


def installed_peers(path: Path | None, tok: Tokenizer) -> list[Peer]:
    """Of the libraries that take a file or an encoding (no path), those that are installed."""
    names = OF_ENCODINGS if path is None else [name for kind, name in READERS if kind == kind_of(tokenizer_file(path))]
    found: list[Peer] = []
    for name in names:
        try:
            found += peers_of_encoding(tok, [name]) if path is None else peers_of(path, tok, [name])
        except (ImportError, MinitokError):  # it is not there, or cannot hold this tokenizer
            continue
    return found


def kind_of(file: Path) -> str:
    data = file.read_bytes()
    if data[:1] == data[2:3] == b"\x0a":  # A piece, which begins with its text.
        return ".model"
    if data[:4] == b"GGUF":
        return "GGUF"
    if data[:6] == b"minbpe":
        return "minbpe"
    if data.lstrip()[:1] != b"{":
        return "ranks"
    if b'"minitok"' in data[:200]:
        return "minitok"
    return "tekken.json" if file.name.startswith("tekken") else "tokenizer.json"


def of_tokenizers(path: Path, file: Path, tok: Tokenizer) -> Iterator[Peer]:
    """Hugging Face's ``tokenizers``: added tokens are found in every text."""
    del path, tok
    import tokenizers

    for name, splits, allowed in (
        ("tokenizers", False, "all"),
        ("tokenizers, special tokens split", True, frozenset()),
    ):
        theirs = tokenizers.Tokenizer.from_file(str(file))
        theirs.no_truncation()
        theirs.no_padding()
        theirs.encode_special_tokens = splits
        yield Peer(name, partial(ids_of, theirs), allowed)


def ids_of(theirs: Any, text: str) -> list[int]:
    ids: list[int] = theirs.encode(text, add_special_tokens=False).ids
    return ids


def of_minitok(path: Path, file: Path, tok: Tokenizer) -> Iterator[Peer]:
    with TemporaryDirectory() as folder:
        written = Path(folder, "tokenizer.json")
        tok.save(written, format="huggingface")
        for peer in of_tokenizers(path, written, tok):
            yield peer._replace(name=f"{peer.name}, with the tokenizer.json that minitok writes of it")
    del file


def of_transformers(path: Path, file: Path, tok: Tokenizer) -> Iterator[Peer]:
    """``transformers``: the fast class and, where the folder says which it is, the slow one."""
    del tok
    import transformers

    if not (path / "tokenizer_config.json").is_file():
        fast = transformers.PreTrainedTokenizerFast(tokenizer_file=str(file))  # type: ignore[no-untyped-call]
        yield Peer("transformers (fast)", lambda text: fast.encode(text, add_special_tokens=False), "all")
        return
    for use_fast in (True, False):
        theirs = transformers.AutoTokenizer.from_pretrained(str(path), use_fast=use_fast, local_files_only=True)
        if theirs.is_fast == use_fast:
            name = f"transformers ({'fast' if use_fast else 'slow'})"
            yield Peer(name, partial(theirs.encode, add_special_tokens=False), "all")


def of_sentencepiece(path: Path, file: Path, tok: Tokenizer) -> Iterator[Peer]:
    """``sentencepiece``: user-defined pieces are found in every text, control pieces in none."""
    del path, tok
    import sentencepiece

    model = sentencepiece.SentencePieceProcessor(model_file=str(file))
    yield Peer("sentencepiece", model.encode, frozenset())


def of_tiktoken(path: Path, file: Path, tok: Tokenizer) -> Iterator[Peer]:
    """``tiktoken``, with the pattern and the special tokens that minitok was given."""
    del path
    import tiktoken
    from tiktoken.load import load_tiktoken_bpe

    pattern = one_expression(tok.pattern, "tiktoken")
    ranks = load_tiktoken_bpe(str(file))
    theirs = tiktoken.Encoding(file.name, pat_str=pattern, mergeable_ranks=ranks, special_tokens=tok.special_tokens)
    yield Peer("tiktoken", lambda text: theirs.encode(text, allowed_special="all"), "all")


def tiktoken_of_encoding(tok: Tokenizer) -> Iterator[Peer]:
    """``tiktoken``, with the tokens of an encoding of minitok: it would download its own."""
    import tiktoken

    if tok.definition.words is not None:
        raise MinitokError(f"tiktoken cannot hold {tok.definition.name}, whose tokens end with words")
    ranks = {token: token_id for token_id, token in tok.definition.vocab.tokens.items()}
    pattern = one_expression(tok.pattern, "tiktoken")
    theirs = tiktoken.Encoding(
        str(tok.definition.name), pat_str=pattern, mergeable_ranks=ranks, special_tokens=tok.special_tokens
    )
    yield Peer("tiktoken", lambda text: theirs.encode(text, allowed_special="all"), "all")


def tokenizers_of_encoding(tok: Tokenizer) -> Iterator[Peer]:
    """``tokenizers``, with the file that minitok writes for it."""
    yield from of_minitok(Path(), Path(), tok)


def of_mistral(path: Path, file: Path, tok: Tokenizer) -> Iterator[Peer]:
    """``mistral-common``: no special token is found in text."""
    del path, tok
    from mistral_common.tokens.tokenizers.tekken import Tekkenizer

    tekken = Tekkenizer.from_file(str(file))
    yield Peer("mistral-common", lambda text: tekken.encode(text, bos=False, eos=False), frozenset())


DEFINING = {
    "tokenizer.json": "tokenizers",
    ".model": "sentencepiece",
    "tekken.json": "mistral-common",
    "ranks": "tiktoken",
    "minitok": "tokenizers",
}
READERS: dict[tuple[str, str], Callable[[Path, Path, Tokenizer], Iterator[Peer]]] = {
    ("tokenizer.json", "tokenizers"): of_tokenizers,
    ("tokenizer.json", "transformers"): of_transformers,
    ("minitok", "tokenizers"): of_minitok,
    (".model", "sentencepiece"): of_sentencepiece,
    ("ranks", "tiktoken"): of_tiktoken,
    ("tekken.json", "mistral-common"): of_mistral,
}
OF_ENCODINGS: dict[str, Callable[[Tokenizer], Iterator[Peer]]] = {
    "tiktoken": tiktoken_of_encoding,
    "tokenizers": tokenizers_of_encoding,
}
