"""Random texts in chunks: the limit, places, overlap and what is not cut hold for each, and both backends give the same.

    python tools/check_chunks.py --chunks 1000000 FILE_OR_ENCODING ...

Without names, some published encodings. `NAME+PATTERN` has another pattern (`cl100k_base+none`), `NAME+NFC` that normal form.
Texts are of many languages, code, Markdown, special tokens cut apart, and runs. Every chunk is encoded again. Prints a line for
each tokenizer, and stops at the first fault with what is needed to repeat it.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path
from typing import Any

from check_sessions import Edits, open_tokenizer
from minitok.reference.borders import KINDS

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from chunk_laws import check_laws

USUAL = ("gpt2", "cl100k_base", "o200k_base", "o200k_harmony", "cl100k_base+none", "o200k_base+NFC")
MARKDOWN = [
    "# A\n",
    "\n\n",
    "```\n",
    "~~~\n",
    "- x\n",
    "> y\n",
    "| a | b |\n",
    "1. z\n",
    "Mr. ",
    ". ",
    "! ",
    "。",
    ", ",
    "\n",
]
# One text in so many is also cut by the reference.
COMPARED = 20


def options_of(rng: random.Random) -> tuple[int, dict[str, Any]]:
    """A limit and other options."""
    most = int(2 ** rng.uniform(0, 8))
    found: dict[str, Any] = {"fill": rng.choice((0, 0.25, 0.5, 0.5, 1.0))}
    found["at"] = rng.choice(("text", "text", "code", rng.sample(KINDS[:9], rng.randrange(4))))
    if rng.random() < 0.4:
        found["overlap"] = rng.randrange(most)
    elif rng.random() < 0.3:
        found["overlap_sentences"] = rng.randrange(4)
    return most, found


def check(name: str, chunks: int, seed: int) -> str:
    """Cuts texts by one tokenizer until there were enough chunks; returns what was done."""
    rng = random.Random(f"{name} {seed}")  # noqa: S311 - not for secrets
    tok = open_tokenizer(name)
    slow = tok.replace(backend="python") if "o200k" not in name else None
    made = Edits(tok, rng)
    texts = done = refused = 0
    begun = time.perf_counter()
    while done < chunks:
        parts = [rng.choice(MARKDOWN) if rng.random() < 0.3 else made.text() for _ in range(rng.randrange(1, 60))]
        text, (most, options) = "".join(parts), options_of(rng)
        if rng.random() < 0.5:
            options["allowed_special"] = "all"
        try:
            found = check_laws(tok, text, most, **options)
            if slow is not None and texts % COMPARED == 0 and found:
                alike = slow.chunk(text, most, **options) == tok.chunk(text, most, **options)
                if not alike:
                    raise AssertionError("the backends differ")
        except AssertionError as error:
            raise AssertionError(f"{name}: {text!r}, {most}, {options}") from error
        texts, done, refused = texts + 1, done + found, refused + (found == 0 and text != "")
    took = time.perf_counter() - begun
    return f"{name}: {done} chunks of {texts} texts, {refused} refused, 0 wrong ({took:.0f} s)"


def main() -> None:
    """Checks each tokenizer in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=USUAL, help="files or encodings")
    parser.add_argument("--chunks", type=int, default=1_000_000, help="of all tokenizers together")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for name in options.names:
        print(check(name, options.chunks // len(options.names), options.seed), flush=True)


if __name__ == "__main__":
    main()
