"""Recognises the format of a file or a folder by its content; the name does not matter."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import FileFormatError
from ..reference.published.names import own_names
from . import gguf, gpt2, huggingface, minbpe, native, sentencepiece, tekken, tiktoken
from .chat import read_templates
from .files import parse_json, parse_tables, read, shown
from .hub import cached_model, is_model_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..definition import Definition

PATTERN_NEEDED = "a tiktoken rank file does not contain its split pattern"
BY_FOLDER = "one of GPT-2's two files: name the folder, which holds both vocab.json and merges.txt"


NOT_KNOWN = "not a tokenizer of minitok, Hugging Face, SentencePiece, llama.cpp, minbpe or tiktoken"
# What is often opened by mistake, by its first bytes, and what to do then.
MISTAKEN = {
    b"version https://git-lfs": "a pointer of Git LFS; 'git lfs pull' fetches the file itself",
    b"<": "a page of HTML or XML; download the file itself",
    b"\x1f\x8b": "compressed; decompress it with gunzip",
    b"PK\x03\x04": "an archive; unpack it",
}
SETTINGS = "the settings of a model; open its folder, or its tokenizer.json"
# How the code that comes with models cuts text, where they ship ranks: Kimi, GLM-4 and Qwen 1.
CODE = {
    "tokenization_kimi.TikTokenTokenizer": "kimi",
    "tokenization_chatglm.ChatGLM4Tokenizer": "llama3",
    "tokenization_qwen.QWenTokenizer": "qwen2",
}
# Qwen 1 has its special tokens in that code only.
QWEN_NAMES = "<|endoftext|>", "<|im_start|>", "<|im_end|>", *(f"<|extra_{number}|>" for number in range(205))
QWEN_SPECIAL = {name: token_id for token_id, name in enumerate(QWEN_NAMES, 151_643)}
# The first key of an object, and the modules by the keys that their files begin with; a ``tokenizer.json`` has any other.
FIRST_KEY = re.compile(rb'\{\s*"(\w+)"')
BY_FIRST_KEY: dict[bytes, Any] = {b"format": native, b"config": tekken, b"vocab": tekken}
# What is looked for in a folder, in this order.
IN_FOLDERS = "tokenizer.json, tekken.json, vocab.json with merges.txt, tokenizer.model, tiktoken.model, *.tiktoken"


def read_definition(
    path: str | os.PathLike[str], pattern: str | None, special_tokens: Mapping[str, int] | None, backend: str | None
) -> Definition:
    """What a file or a folder holds."""
    if is_model_name(path):
        path = cached_model(str(path))
    if os.path.isdir(path):
        definition = load_folder(Path(path), pattern, special_tokens, backend)
        templates = read_templates(Path(path))
        return definition if templates is None else definition.replace(chat=templates)
    return read_file(path, pattern, special_tokens, backend)


def read_file(
    path: str | os.PathLike[str], pattern: str | None, special_tokens: Mapping[str, int] | None, backend: str | None
) -> Definition:
    """What a file holds. It is opened once, as a pipe can be."""
    with open(path, "rb") as file:
        data = file.read(len(gguf.MAGIC))
        # A model may lie behind the tokenizer: such a file is not read whole.
        if data == gguf.MAGIC:
            own_words(path, pattern, special_tokens)
            return gguf.load(path, backend=backend)
        data += file.read()
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"#version"):
        raise FileFormatError(path, BY_FOLDER)
    if not start.startswith((b"{", b"[", minbpe.VERSION.split()[0].encode())):
        if sentencepiece.is_model(data):
            own_words(path, pattern, special_tokens)
            return sentencepiece.parse(data, path, backend)
        # A first line of a word and a number makes it a rank file, well-formed or not; its reader reports what is wrong.
        fields = start.split(b"\n", 1)[0].split()
        if len(fields) != 2 or not fields[1][:1].isdigit():
            raise FileFormatError(path, not_known(data))
        if pattern is None:
            choice = f"{', '.join(own_names())}, the encoding or model that it belongs to, or a regular expression"
            raise FileFormatError(path, f"{PATTERN_NEEDED}: pass pattern=, which can be {choice}")
        return tiktoken.parse(data, path, pattern=pattern, special_tokens=special_tokens, backend=backend)
    own_words(path, pattern, special_tokens)
    if start.startswith(minbpe.VERSION.split()[0].encode()):
        return minbpe.parse(data, path, backend)
    # By their first key, files are offered to the one reader of tables that may take them.
    key = FIRST_KEY.match(start)
    kind = BY_FIRST_KEY.get(key[1] if key else b"", huggingface)
    found = parse_tables(data, path, kind, backend)
    return load_json(parse_json(data, path), path, backend) if found is None else found[0]


def not_known(data: bytes) -> str:
    """Why a file is refused that no reader takes."""
    if not data:
        return f"{NOT_KNOWN}: the file is empty"
    said = next((said for start, said in MISTAKEN.items() if data.startswith(start)), None)
    return f"{NOT_KNOWN}: it is {said}" if said else NOT_KNOWN


def load_json(content: Any, path: str | os.PathLike[str], backend: str | None) -> Definition:
    """What a file of JSON holds."""
    kind: Any = native
    if not isinstance(content, dict):
        raise FileFormatError(path, NOT_KNOWN)
    if content.get("format") != "minitok":
        if "model" in content:
            kind = huggingface
        elif "config" in content and "vocab" in content:
            kind = tekken
        elif 0 in (ids := content.values()) and all(isinstance(value, int) for value in ids):
            raise FileFormatError(path, BY_FOLDER)
        elif "format" not in content:
            is_settings = not {"tokenizer_class", "architectures", "model_type"}.isdisjoint(content)
            raise FileFormatError(path, f"{NOT_KNOWN}: it holds {SETTINGS}" if is_settings else NOT_KNOWN)
    return kind.parse(content, path, backend)  # type: ignore[no-any-return]  # a module of those above


def load_folder(
    folder: Path, pattern: str | None, special_tokens: Mapping[str, int] | None, backend: str | None
) -> Definition:
    """What a folder holds."""
    for name in ("tokenizer.json", "tekken.json"):
        if (folder / name).is_file():
            return read_file(folder / name, pattern, special_tokens, backend)
    files = folder / "vocab.json", folder / "merges.txt"
    if not all(file.is_file() for file in files):
        models = [folder / "tokenizer.model", folder / "tiktoken.model", *sorted(folder.glob("*.tiktoken"))]
        if found := next((file for file in models if file.is_file()), None):
            return load_model(found, pattern, special_tokens, backend)
        # Of one file alone, the error names the other.
        if not any(file.is_file() for file in files):
            raise FileFormatError(folder, f"the folder has none of {IN_FOLDERS}")
    return gpt2.load(*files, pattern=pattern, special_tokens=special_tokens, backend=backend)


def load_model(
    file: Path, pattern: str | None, special_tokens: Mapping[str, int] | None, backend: str | None
) -> Definition:
    """A file of SentencePiece or of ranks, with the special tokens that ``tokenizer_config.json`` beside it has for ranks."""
    config = file.parent / "tokenizer_config.json"
    is_model = sentencepiece.is_model(read(file))
    if not is_model and config.is_file():
        content = parse_json(read(config), config)
        content = content if isinstance(content, dict) else {}
        code = code_of(content.get("auto_map"))
        pattern = pattern or CODE.get(code)
        if special_tokens is not None:
            return read_file(file, pattern, special_tokens, backend)
        rows = content.get("added_tokens_decoder")
        special_tokens = dict(QWEN_SPECIAL) if CODE.get(code) == "qwen2" else {}
        for token_id, row in (rows if isinstance(rows, dict) else {}).items():
            name = row.get("content") if isinstance(row, dict) else None
            if not re.fullmatch("[0-9]{1,10}", token_id) or not isinstance(name, str):
                raise FileFormatError(
                    config, f"added_tokens_decoder has an entry that is not an id and a token: {shown(token_id)}"
                )
            special_tokens[name] = int(token_id)
    return read_file(file, pattern, special_tokens, backend)


def code_of(classes: Any) -> str:
    """The model's own code for its tokenizer, as the configuration names it; empty if it names none that is known."""
    names = classes.get("AutoTokenizer") if isinstance(classes, dict) else None
    return next((name for name in CODE if name in (names if isinstance(names, list) else [names])), "")


def own_words(path: object, pattern: str | None, special_tokens: Mapping[str, int] | None) -> None:
    """Refuse to be told what the file says itself."""
    if pattern is not None or special_tokens is not None:
        raise TypeError(f"{os.fspath(str(path))!r} already defines its pattern and special tokens: omit both arguments")
