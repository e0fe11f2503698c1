"""The long runs: ids of the published encodings, of CLIP and of tokenizer.json files against the libraries they come from.

    python tools/compare_ids.py --texts 100000 corpus/ more.txt
    python tools/compare_ids.py --encodings gpt2 o200k_base --texts 100000
    python tools/compare_ids.py --whisper whisper/tokenizer.py --open-clip open_clip/tokenizer.py corpus/
    python tools/compare_ids.py --files a/tokenizer.json b/ --megabytes 2 --texts 20000 -- corpus/

Every encoding is compared with tiktoken over the files named, a megabyte at a time, and over random texts by Hypothesis, with
special tokens allowed, disallowed and taken for text. ``--whisper`` and ``--open-clip`` name files of openai-whisper and
open_clip, beside their data. ``--files`` names tokenizer.json files, or folders of them, which are compared with
``tokenizers``, line by line, special tokens found. The engines carry other versions of Unicode: lines with characters that
Python does not know are left out, and those whose normal form differs are counted. Needs what the tests need. The first
difference ends it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from importlib import util
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import minitok
import tokenizers
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import lists, sampled_from
from minitok.encodings import clean_for_clip

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

TESTS = Path(__file__).parent.parent / "tests"
sys.path[:0] = [str(TESTS), str(TESTS / "encodings")]

from strategies import old  # noqa: E402
from strategies import texts as any_texts  # noqa: E402
from test_ids import NAMES, by_tiktoken, check_ids, marked_texts, special_choices  # noqa: E402

MEGABYTE = 1 << 20


def pieces(paths: list[Path], megabytes: int | None) -> Iterator[str]:
    """Every file, or its beginning, a megabyte at a time; bytes that are not UTF-8 become U+FFFD."""
    for file in (file for path in paths for file in (sorted(path.rglob("*")) if path.is_dir() else [path])):
        if file.is_file():
            text = file.read_bytes().decode("utf-8", "replace")
            yield from (
                text[at : at + MEGABYTE]
                for at in range(0, min(len(text), (megabytes or len(text)) * MEGABYTE), MEGABYTE)
            )


def compare(name: str, check: Callable[[str], int], strategy: SearchStrategy[str], options: argparse.Namespace) -> None:
    """Runs a check, which returns a number of ids, over the files and over texts of a strategy."""
    counts = [check(text) for text in pieces(options.paths, options.megabytes)]
    print(f"{name}: {sum(counts):,} ids of files, equal", flush=True)
    if options.texts:
        counts.clear()

        @settings(max_examples=options.texts, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(strategy)
        def run(text: str) -> None:
            counts.append(check(text))

        run()
        print(f"{name}: {sum(counts):,} ids of {len(counts):,} texts by Hypothesis, equal", flush=True)


def compare_encoding(name: str, theirs: Any, options: argparse.Namespace) -> None:
    """The ids of an encoding, some of its special tokens allowed in texts in which they stand."""
    tok = minitok.get_encoding(name)
    chosen = special_choices(name)
    strategy = marked_texts(name).flatmap(lambda text: chosen.map(lambda some: (text, some)))

    def check(case: Any) -> int:
        text, some = case if isinstance(case, tuple) else (case, set())
        return int(check_ids(tok, theirs, text, some))

    compare(name, check, strategy, options)


def compare_whisper(module: Any, options: argparse.Namespace) -> None:
    """Whisper's own encodings: tokens, special tokens, and then the ids as of any other encoding."""
    for name, file, languages in (
        ("whisper", "multilingual", 99),
        ("whisper_v3", "multilingual", 100),
        ("whisper_en", "gpt2", 99),
    ):
        tok, theirs = minitok.get_encoding(name), module.get_encoding(file, languages)
        assert tok.special_tokens == theirs._special_tokens  # noqa: SLF001
        ranks = {token: token_id for token_id, token in tok.definition.vocabulary()[0].items()}
        assert ranks == theirs._mergeable_ranks  # noqa: SLF001
        assert tok.vocab_size == theirs.n_vocab
        compare_encoding(name, theirs, options)


def compare_clip(module: Any, options: argparse.Namespace) -> None:
    """CLIP's ids over files, line by line, and over texts; without characters that are new to one of the two engines."""
    ours, theirs = minitok.get_encoding("clip"), module.SimpleTokenizer()

    def check(text: str) -> int:
        found = [(line, theirs.encode(line)) for line in text.split("\n") if old(line)]
        for line, expected in found:
            assert ours.encode(clean_for_clip(line)) == expected, line
            assert ours.decode(expected) == theirs.decode(expected)
        return sum(len(expected) for _, expected in found)

    compare("clip", check, any_texts, options)


def compare_tokenizer_json(path: Path, options: argparse.Namespace) -> None:
    try:
        tok = minitok.load(path)
    except minitok.errors.FileFormatError as error:
        print(f"{path}: refused{str(error).removeprefix(str(path))}"[:300], flush=True)
        return
    theirs = tokenizers.Tokenizer.from_file(str(path))
    theirs.no_padding()
    normalizer = theirs.normalizer if tok.definition.normalizer else None
    others = []

    def check(text: str) -> int:
        lines = [line for line in text.splitlines(keepends=True) if old(line)]
        if normalizer:
            others.extend(it for it in lines if normalizer.normalize_str(it) != tok.definition.normalize(it))
            lines = [it for it in lines if normalizer.normalize_str(it) == tok.definition.normalize(it)]
        ours = tok.encode_batch(lines, allowed_special="all", threads=1)
        for line, ids in zip(lines, ours, strict=True):
            assert ids == theirs.encode(line, add_special_tokens=False).ids, repr(line)
        return sum(map(len, ours))

    words = any_texts | sampled_from([*tok.special_tokens, " ", "\u2581", "\n"])
    compare(str(path), check, lists(words, max_size=5).map("".join), options)
    print(f"{path}: {len(others)} lines have another normal form there", flush=True)


def load_module(path: Path) -> Any:
    """A file of another library as a module. CLIP's names torch in its annotations alone."""
    if util.find_spec("torch") is None:
        sys.modules["torch"] = SimpleNamespace(LongTensor=object, Tensor=object)  # type: ignore[assignment]
    spec = util.spec_from_file_location(f"{path.parent.name}_{path.stem}", path)
    if spec is None or spec.loader is None:
        sys.exit(f"{path} is not a module")
    module = util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path, help="files and folders")
    parser.add_argument("--texts", type=int, default=0, help="how many texts by Hypothesis for each encoding")
    parser.add_argument("--megabytes", type=int, help="how much of each file")
    parser.add_argument("--encodings", nargs="+", choices=NAMES, metavar="NAME", help="by default all but CLIP's")
    parser.add_argument("--whisper", type=Path, metavar="FILE", help="whisper/tokenizer.py of openai-whisper")
    parser.add_argument("--open-clip", type=Path, metavar="FILE", help="open_clip/tokenizer.py of open_clip_torch")
    parser.add_argument("--files", type=Path, nargs="+", default=[], help="tokenizer.json files, and folders of them")
    options = parser.parse_args()
    for path in options.files:
        for file in sorted(path.rglob("*tokenizer*.json")) if path.is_dir() else [path]:
            if not file.name.endswith("config.json"):
                compare_tokenizer_json(file, options)
    if options.whisper:
        compare_whisper(load_module(options.whisper), options)
    if options.open_clip:
        compare_clip(load_module(options.open_clip), options)
    if options.encodings or not (options.files or options.whisper or options.open_clip):
        for name in options.encodings or NAMES:
            compare_encoding(name, by_tiktoken(minitok.get_encoding(name)), options)


if __name__ == "__main__":
    main()
