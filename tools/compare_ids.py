"""The long runs: ids of the published encodings, of CLIP and of tokenizer.json files against the libraries they come from.

    python tools/compare_ids.py --texts 100000 corpus/ more.txt
    python tools/compare_ids.py --encodings gpt2 o200k_base --texts 100000
    python tools/compare_ids.py --whisper whisper/tokenizer.py
    python tools/compare_ids.py --open-clip open_clip/tokenizer.py --texts 100000 corpus/

Every encoding is compared with tiktoken over the files named, a megabyte at a time, and over so many texts by Hypothesis, with
special tokens allowed, disallowed and taken for text. ``--whisper`` and ``--open-clip`` name files of openai-whisper and
open_clip, beside their data: these libraries are large, and nothing else of them is needed.

Needs what the tests need. Ends with status 1 at the first difference.
"""

from __future__ import annotations

import argparse
import sys
import time
from importlib import util
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import minitok
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import tuples
from minitok.encodings import ClipTokenizer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import tiktoken

TESTS = Path(__file__).parent.parent / "tests"
sys.path[:0] = [str(TESTS), str(TESTS / "encodings")]

from strategies import old  # noqa: E402
from strategies import texts as any_texts  # noqa: E402
from test_ids import check_ids, marked_texts, reference, special_choices  # noqa: E402

PIECE = 1 << 20


def pieces(paths: list[Path]) -> Iterator[tuple[Path, str]]:
    """Every file, a megabyte at a time; bytes that are no UTF-8 as U+FFFD."""
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                text = file.read_bytes().decode("utf-8", "replace")
                for start in range(0, len(text), PIECE):
                    yield file, text[start : start + PIECE]


class Tally:
    """What has been compared so far, and how to say it."""

    def __init__(self, name: str) -> None:
        self.name, self.start = name, time.perf_counter()
        self.texts = self.bytes = self.ids = 0

    def add(self, text: str, ids: int) -> None:
        self.texts += 1
        self.bytes += len(text.encode())
        self.ids += ids

    def report(self, what: str) -> None:
        seconds = time.perf_counter() - self.start
        print(
            f"{self.name}: {what}: {self.texts:,} texts, {self.bytes:,} bytes, {self.ids:,} ids, equal ({seconds:.0f} s)",
            flush=True,
        )


def over_texts(name: str, count: int, check: Callable[..., int], *strategies: Any) -> None:
    """The check over so many texts that Hypothesis makes; the text comes first."""
    tally = Tally(name)

    @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(tuples(*strategies))
    def run(arguments: tuple[Any, ...]) -> None:
        tally.add(arguments[0], check(*arguments))

    run()
    tally.report("by Hypothesis")


def over_files(name: str, paths: list[Path], check: Callable[[str], int]) -> None:
    """The check over files."""
    tally = Tally(name)
    for file, text in pieces(paths):
        try:
            tally.add(text, check(text))
        except AssertionError as error:
            sys.exit(f"{name}: different ids in {file}\n{error}"[:2000])
    tally.report("files")


def compare_encoding(name: str, theirs: tiktoken.Encoding, paths: list[Path], texts: int) -> None:
    tok = minitok.get_encoding(name)

    def check(text: str) -> int:
        ids = tok.encode(text)
        assert ids == theirs.encode_ordinary(text)  # noqa: S101
        assert tok.decode(ids) == text  # noqa: S101
        return len(ids)

    if paths:
        over_files(name, paths, check)
    if texts:
        over_texts(
            name,
            texts,
            lambda text, some: check_ids(tok, theirs, text, some),
            marked_texts(name),
            special_choices(name),
        )


def load_module(path: Path) -> Any:
    """A file of another library as a module."""
    spec = util.spec_from_file_location(f"{path.parent.name}_{path.stem}", path)
    if spec is None or spec.loader is None:
        sys.exit(f"{path} is no module")
    module = util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def compare_whisper(module_path: Path, paths: list[Path], texts: int) -> None:
    """Whisper's own encodings: tokens, special tokens, and then the ids as of any other encoding."""
    module = load_module(module_path)
    files = (("whisper", "multilingual", 99), ("whisper_v3", "multilingual", 100), ("whisper_en", "gpt2", 99))
    for name, file, languages in files:
        tok, theirs = minitok.get_encoding(name), module.get_encoding(file, languages)
        marks = "".join(tok.special_tokens)
        same = (
            tok.special_tokens == theirs._special_tokens  # noqa: SLF001
            and {token: token_id for token_id, token in tok.vocabulary()[0].items()} == theirs._mergeable_ranks  # noqa: SLF001
            and tok.n_vocab == theirs.n_vocab
            and tok.encode(marks, allowed_special="all") == theirs.encode(marks, allowed_special="all")
        )
        if not same:
            sys.exit(f"{name}: differs from openai-whisper")
        print(
            f"{name}: {theirs.n_vocab} ids, {len(tok.special_tokens)} special tokens, equal to openai-whisper's",
            flush=True,
        )
        compare_encoding(name, theirs, paths, texts)


def compare_clip(module_path: Path, paths: list[Path], texts: int) -> None:
    """CLIP's ids over files, line by line, and over texts; without characters that are new to one of the two engines."""
    if util.find_spec("torch") is None:  # which the tokenizer names in its annotations
        sys.modules["torch"] = SimpleNamespace(LongTensor=object, Tensor=object)  # type: ignore[assignment]
    ours, theirs = ClipTokenizer(), load_module(module_path).SimpleTokenizer()

    def check(text: str) -> int:
        expected = theirs.encode(text)
        assert ours.encode(text, allowed_special="all") == expected, text  # noqa: S101
        assert ours.decode(expected) == theirs.decode(expected)  # noqa: S101
        return len(expected)

    if paths:
        over_files("clip", paths, lambda text: sum(check(line) for line in text.split("\n") if old(line)))
    if texts:
        over_texts("clip", texts, check, any_texts.filter(old))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path, help="files and folders")
    parser.add_argument("--texts", type=int, default=0, help="how many texts by Hypothesis for each encoding")
    parser.add_argument("--encodings", nargs="+", default=minitok.list_encodings(), metavar="NAME")
    parser.add_argument("--whisper", type=Path, metavar="FILE", help="whisper/tokenizer.py of openai-whisper")
    parser.add_argument("--open-clip", type=Path, metavar="FILE", help="open_clip/tokenizer.py of open_clip_torch")
    options = parser.parse_args()
    if options.whisper:
        compare_whisper(options.whisper, options.paths, options.texts)
    elif options.open_clip:
        compare_clip(options.open_clip, options.paths, options.texts)
    else:
        for name in options.encodings:
            compare_encoding(name, reference(name), options.paths, options.texts)


if __name__ == "__main__":
    main()
