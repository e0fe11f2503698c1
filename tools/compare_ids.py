"""The long runs: ids of the published encodings, of CLIP and of tokenizer.json files against the libraries they come from.

    python tools/compare_ids.py --texts 100000 corpus/ more.txt
    python tools/compare_ids.py --encodings gpt2 o200k_base --texts 100000
    python tools/compare_ids.py --whisper whisper/tokenizer.py
    python tools/compare_ids.py --open-clip open_clip/tokenizer.py --texts 100000 corpus/
    python tools/compare_ids.py --files a/tokenizer.json b/ --megabytes 2 --texts 20000 -- corpus/

Every encoding is compared with tiktoken over the files named, a megabyte at a time, and over random texts by Hypothesis, with
special tokens allowed, disallowed and taken for text.

``--whisper`` and ``--open-clip`` name files of openai-whisper and open_clip, beside their data: these libraries are large, and
nothing else of them is needed.

``--files`` compares tokenizer.json files, or all of a folder, with ``tokenizers``, line by line, over files and over texts by
Hypothesis in which special tokens are found, and names what is missing if minitok refuses one. The engines carry other
versions of Unicode: lines with characters that Python does not know are left out, and those whose normal form differs are
counted.

Needs what the tests need. Ends with status 1 where there was a difference.
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
import tokenizers
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import lists, sampled_from, tuples
from minitok.encodings import clean_for_clip
from minitok.encodings.published import PUBLISHED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import tiktoken

TESTS = Path(__file__).parent.parent / "tests"
sys.path[:0] = [str(TESTS), str(TESTS / "encodings")]

from strategies import old  # noqa: E402
from strategies import texts as any_texts  # noqa: E402
from test_ids import check_ids, marked_texts, reference, special_choices  # noqa: E402

PIECE = 1 << 20


def pieces(paths: list[Path], megabytes: int | None = None) -> Iterator[tuple[Path, str]]:
    """Yields every file, or its beginning, a megabyte at a time; bytes that are not UTF-8 become U+FFFD."""
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                text = file.read_bytes().decode("utf-8", "replace")
                for start in range(0, min(len(text), (megabytes or len(text)) * PIECE), PIECE):
                    yield file, text[start : start + PIECE]


FAILURES: list[str] = []


def failed(what: str) -> None:
    """Reports a difference, and continues."""
    FAILURES.append(what)
    print(what, flush=True)


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
    """Runs the check over texts that Hypothesis makes; the text is the first argument."""
    tally = Tally(name)

    @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(tuples(*strategies))
    def run(arguments: tuple[Any, ...]) -> None:
        tally.add(arguments[0], check(*arguments))

    run()
    tally.report("by Hypothesis")


def over_files(name: str, paths: list[Path], check: Callable[[str], int], megabytes: int | None = None) -> None:
    """The check over files."""
    tally = Tally(name)
    for file, text in pieces(paths, megabytes):
        try:
            tally.add(text, check(text))
        except AssertionError as error:
            failed(f"{name}: different ids in {file}: {error}"[:2000])
            return
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
        sys.exit(f"{path} is not a module")
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
            and {token: token_id for token_id, token in tok.definition.vocabulary()[0].items()}
            == theirs._mergeable_ranks  # noqa: SLF001
            and tok.vocab_size == theirs.n_vocab
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
    ours, theirs = minitok.get_encoding("clip"), load_module(module_path).SimpleTokenizer()

    def check(text: str) -> int:
        expected = theirs.encode(text)
        assert ours.encode(clean_for_clip(text)) == expected, text  # noqa: S101
        assert ours.decode(expected) == theirs.decode(expected)  # noqa: S101
        return len(expected)

    if paths:
        over_files("clip", paths, lambda text: sum(check(line) for line in text.split("\n") if old(line)))
    if texts:
        over_texts("clip", texts, check, any_texts.filter(old))


def compare_tokenizer_json(path: Path, paths: list[Path], megabytes: int | None, texts: int) -> None:
    try:
        tok = minitok.load(path)
    except minitok.errors.FileFormatError as error:
        print(f"{path}: refused{str(error).removeprefix(str(path))}"[:300], flush=True)
        return
    theirs = tokenizers.Tokenizer.from_file(str(path))
    theirs.no_padding()

    normalizer = theirs.normalizer if tok.definition.normalizer else None
    others = 0

    def check(text: str) -> int:
        nonlocal others
        lines = [line for line in text.splitlines(keepends=True) if old(line)]
        if normalizer:
            known = [line for line in lines if normalizer.normalize_str(line) == tok.definition.normalize(line)]
            others += len(lines) - len(known)
            lines = known
        ours = tok.encode_batch(lines, allowed_special="all", threads=1)
        count = 0
        for line, ids in zip(lines, ours, strict=True):
            assert ids == theirs.encode(line, add_special_tokens=False).ids, repr(line)  # noqa: S101
            count += len(ids)
        return count

    if paths:
        over_files(str(path), paths, check, megabytes)
    if texts:
        words = any_texts | sampled_from([*tok.special_tokens, " ", "\u2581", "\n"])
        over_texts(str(path), texts, check, lists(words, max_size=5).map("".join))
    if others:
        print(f"{path}: {others} lines have another normal form there", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path, help="files and folders")
    parser.add_argument("--texts", type=int, default=0, help="how many texts by Hypothesis for each encoding")
    parser.add_argument("--encodings", nargs="+", default=list(PUBLISHED), metavar="NAME")
    parser.add_argument("--whisper", type=Path, metavar="FILE", help="whisper/tokenizer.py of openai-whisper")
    parser.add_argument("--open-clip", type=Path, metavar="FILE", help="open_clip/tokenizer.py of open_clip_torch")
    parser.add_argument("--files", type=Path, nargs="+", help="tokenizer.json files, and folders of them")
    parser.add_argument("--megabytes", type=int, help="how much of each text to compare tokenizer.json files over")
    options = parser.parse_args()
    if options.files:
        for path in options.files:
            for file in sorted(path.rglob("*tokenizer*.json")) if path.is_dir() else [path]:
                if not file.name.endswith("config.json"):
                    compare_tokenizer_json(file, options.paths, options.megabytes, options.texts)
    elif options.whisper:
        compare_whisper(options.whisper, options.paths, options.texts)
    elif options.open_clip:
        compare_clip(options.open_clip, options.paths, options.texts)
    else:
        for name in options.encodings:
            compare_encoding(name, reference(name), options.paths, options.texts)
    sys.exit(1 if FAILURES else 0)


if __name__ == "__main__":
    main()
