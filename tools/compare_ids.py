"""The long run: ids of every published encoding against tiktoken, over files and over texts that Hypothesis makes.

    python tools/compare_ids.py --examples 100000 corpus/ more.txt
    python tools/compare_ids.py --whisper whisper/tokenizer.py

``--whisper`` names the file of that name in openai-whisper, beside its ``assets``: its encodings are then compared too.
Needs tiktoken and hypothesis. Files are cut to pieces of a megabyte. Ends with status 1 at the first difference.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING

import minitok
import tiktoken
from minitok.reference.pretokenize import NAMED

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTS = Path(__file__).parent.parent / "tests" / "encodings" / "test_ids.py"
PIECE = 1 << 20


def reference(tok: minitok.Tokenizer) -> tiktoken.Encoding:
    """The same ranks in tiktoken."""
    ranks = {token: token_id for token_id, token in tok.vocabulary()[0].items()}
    return tiktoken.Encoding(
        tok.name or "", pat_str=NAMED[tok.pattern], mergeable_ranks=ranks, special_tokens=tok.special_tokens
    )


def texts(paths: list[Path]) -> Iterator[tuple[Path, str]]:
    """Every file, a megabyte at a time; bytes that are no UTF-8 as U+FFFD."""
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                text = file.read_bytes().decode("utf-8", "replace")
                for start in range(0, len(text), PIECE):
                    yield file, text[start : start + PIECE]


def compare_files(paths: list[Path]) -> None:
    for name in minitok.list_encodings():
        tok = minitok.get_encoding(name)
        theirs = reference(tok)
        start, size, count = time.perf_counter(), 0, 0
        for file, text in texts(paths):
            ids = tok.encode(text)
            if ids != theirs.encode_ordinary(text) or tok.decode(ids) != text:
                sys.exit(f"{name}: different ids in {file}")
            size += len(text.encode())
            count += len(ids)
        print(f"{name}: {size} bytes, {count} ids, equal ({time.perf_counter() - start:.0f} s)", flush=True)


def compare_whisper(module_path: Path) -> None:
    spec = util.spec_from_file_location("whisper_tokenizer", module_path)
    if spec is None or spec.loader is None:
        sys.exit(f"{module_path} is no module")
    module = util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    text = "Hello, 世界! It's  123\n\n <|startoftranscript|><|en|><|transcribe|><|0.00|> so <|30.00|><|endoftext|>"
    files = (("whisper", "multilingual", 99), ("whisper_v3", "multilingual", 100), ("whisper_en", "gpt2", 99))
    for name, file, languages in files:
        tok, theirs = minitok.get_encoding(name), module.get_encoding(file, languages)
        same = (
            tok.special_tokens == theirs._special_tokens  # noqa: SLF001
            and {token: token_id for token_id, token in tok.vocabulary()[0].items()} == theirs._mergeable_ranks  # noqa: SLF001
            and tok.n_vocab == theirs.n_vocab
            and tok.encode(text, allowed_special="all") == theirs.encode(text, allowed_special="all")
        )
        if not same:
            sys.exit(f"{name}: differs from openai-whisper")
        print(f"{name}: {theirs.n_vocab} ids, equal to openai-whisper's")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--examples", type=int, default=0, help="texts by Hypothesis for each encoding")
    parser.add_argument("--whisper", type=Path)
    options = parser.parse_args()
    if options.whisper:
        compare_whisper(options.whisper)
    if options.paths:
        compare_files(options.paths)
    if options.examples:
        environment = {**os.environ, "MINITOK_EXAMPLES": str(options.examples)}
        command = [sys.executable, "-m", "pytest", "-q", str(TESTS), "-k", "any_text"]
        sys.exit(subprocess.run(command, env=environment, check=False).returncode)  # noqa: S603


if __name__ == "__main__":
    main()
