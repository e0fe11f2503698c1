"""Random edits with real tokenizers: after each one, the ids and the splice are those of encoding the whole text again.

    python tools/check_sessions.py --edits 100000 FILE_OR_ENCODING ...

Without names, all published encodings. `NAME+PATTERN` has another pattern (`cl100k_base+none`), `NAME+NFC` that normal form.
Texts are some kilobytes of many languages, code, special tokens cut apart, and runs. Prints a line for each tokenizer, and
stops at the first difference with what is needed to repeat it.
"""

from __future__ import annotations

import argparse
import random
import time
from pathlib import Path
from typing import TYPE_CHECKING

import minitok
import numpy as np
from minitok.data import human_rights, tiny_shakespeare
from minitok.encodings.published import PUBLISHED

if TYPE_CHECKING:
    import numpy.typing as npt
    from minitok import Tokenizer
    from minitok.spans.session import Splice

PARTS = [
    " ", "  ", "\n", "\n\n", "\t", "\r\n", "\u00a0", "\u3000", "'s", "'LL", "1", "23", "4567", ".", ",", "...", "/", "_", "-",
    "\u2581", "\u0301", "\u200d", "\ufe0f", "é", "e\u0301", "\u1100", "\u1161", "\u11a8", "😀", "👩\u200d💻", "中文", "。",
    "हि", "ำ", "a", "B", "aB", "\0", "\ufffd",
]  # fmt: skip
RUNS = ["a", " ", "\n", "1", "ab", "=", "中", "é", "\u0301", " a"]
MOST = 6000


def open_tokenizer(name: str) -> Tokenizer:
    """A published encoding, or what a file holds, with what its name adds."""
    name, _, other = name.partition("+")
    if other and name.endswith(".tiktoken"):
        return minitok.load(name, pattern=other)
    tok = minitok.load(name) if Path(name).exists() else minitok.get_encoding(name)
    if not other:
        return tok
    return tok.replace(normalizer=other) if other == "NFC" else tok.replace(pattern=other)


class Edits:
    """Random edits, made of parts of texts."""

    def __init__(self, tok: Tokenizer, rng: random.Random) -> None:
        self.rng = rng
        articles = human_rights()
        self.sources = ["\n".join(articles[name]) for name in articles]
        self.sources += [tiny_shakespeare(), Path(__file__).read_text(encoding="utf-8")] * 8
        self.names = [*list(tok.special_tokens)[:50], *list(tok.definition.added_tokens)[:50]]

    def text(self) -> str:
        """A short text: a part of a source, of a token's name, a run, or odd characters."""
        rng = self.rng
        kind = rng.random()
        if kind < 0.5:
            source = rng.choice(self.sources)
            start = rng.randrange(len(source))
            return source[start : start + int(2 ** rng.uniform(0, 9 if rng.random() < 0.1 else 4))]
        if kind < 0.62 and self.names:
            name = rng.choice(self.names)
            start, end = sorted(rng.randrange(len(name) + 1) for _ in range(2))
            return name if rng.random() < 0.5 else name[start:end]
        if kind < 0.68:
            return rng.choice(RUNS) * int(2 ** rng.uniform(0, 8))
        return "".join(rng.choices(PARTS, k=rng.randrange(4)))

    def edit(self, text: str) -> tuple[int, int, str]:
        """Which range is replaced, and by what."""
        rng = self.rng
        start = rng.choice((len(text), 0, *[rng.randrange(len(text) + 1)] * 4))
        most = 2000 if len(text) > MOST or rng.random() < 0.01 else rng.choice((0, 0, 1, 3, 30))
        end = min(len(text), start + rng.randrange(most + 1))
        return start, end, self.text()


def wrong(old: npt.NDArray[np.uint32], new: npt.NDArray[np.uint32], found: Splice) -> str:
    """What is wrong with a splice; nothing if it is the one with the longest prefix, then the longest suffix."""
    made = np.concatenate([old[: found.start], found.ids, old[found.start + found.removed :]])
    if not np.array_equal(made, new):
        return "the splice does not make the new ids"
    shorter = min(len(old), len(new))
    differ = np.flatnonzero(old[:shorter] != new[:shorter])
    start = int(differ[0]) if len(differ) else shorter
    rest = shorter - start
    differ = np.flatnonzero(old[len(old) - rest :][::-1] != new[len(new) - rest :][::-1])
    end = int(differ[0]) if len(differ) else rest
    if (found.start, found.removed) != (start, len(old) - end - start):
        return "the splice is not the smallest"
    return ""


def check(name: str, edits: int, seed: int) -> str:
    """Edits texts of one tokenizer, and returns what was done. Fails at the first difference."""
    rng = random.Random(f"{name} {seed}")  # noqa: S311
    tok = open_tokenizer(name)
    made = Edits(tok, rng)
    begun, is_local, longest = time.perf_counter(), False, 0
    for number in range(edits):
        if number % 5000 == 0:
            allowed = rng.choice(((), "all"))
            text = made.text() * rng.choice((1, 40))
            session = tok.session(text, allowed_special=allowed)
            old = tok.encode_to_numpy(text, allowed_special=allowed)
            is_local |= session.local
        start, end, new = made.edit(text)
        before, text = text, text[:start] + new + text[end:]
        longest = max(longest, len(text))
        found = session.set(text) if number % 7 == 0 else session.edit(start, end, new)
        ids = tok.encode_to_numpy(text, allowed_special=allowed)
        reason = wrong(old, ids, found) or ("" if np.array_equal(session.ids(), ids) else "the ids are wrong")
        if reason:
            raise AssertionError(f"{name}, edit {number}: {reason}: {before!r}[{start}:{end}] = {new!r}, {allowed!r}")
        old = ids
    took = time.perf_counter() - begun
    kind = "local" if is_local else "all again"
    return f"{name}: {edits} edits, 0 wrong ({kind}; texts up to {longest} characters; {took:.0f} s)"


def main() -> None:
    """Checks each tokenizer in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=list(PUBLISHED), help="files or encodings")
    parser.add_argument("--edits", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for name in options.names:
        print(check(name, options.edits, options.seed), flush=True)


if __name__ == "__main__":
    main()
