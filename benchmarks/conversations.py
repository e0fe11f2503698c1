"""Conversations that grow: the processor time of a turn, and of encoding all again. The ids are verified at the end.

    python benchmarks/conversations.py [--turns 128] [TEMPLATE.jinja ...]

A turn is a question of 160 words, the prompt, and an answer of 200 words that was sampled. Prints milliseconds: the 10th
percentile and the median of the last quarter of the turns, the least of eight times for ``encode_chat``, and one for the mask
of all turns (with ``part`` if the template's prompt asks for that, ``-`` if it is refused). Without files, the template is
ChatML.
"""

from __future__ import annotations

import argparse
import random
import re
import time
from pathlib import Path
from typing import Any

import minitok
from minitok.chat import ChatTemplates
from minitok.chat.encoding import EncodedChat
from minitok.data import tiny_shakespeare
from minitok.errors import TemplateError

CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
# What looks like a special token.
TOKEN = re.compile(r"<[|\uff5c][^|<>{}\s\uff5c]*[|\uff5c]>|</?[a-z_]+>|\[[A-Za-z]+\]")
TOKENS = {"bos_token": "<s>", "eos_token": "</s>"}
WORDS = tiny_shakespeare().split()


def tokenizer(source: str) -> minitok.Tokenizer:
    """o200k_base with a template and its special tokens."""
    plain = minitok.get_encoding("o200k_base")
    names = sorted({*TOKEN.findall(source), *TOKENS.values()} - plain.special_tokens.keys())
    return plain.add_tokens(names, special=True).replace(chat=ChatTemplates({"default": source}, TOKENS))


def said(rng: random.Random, size: int) -> str:
    """Some words."""
    at = rng.randrange(len(WORDS) - size)
    return " ".join(WORDS[at : at + size])


def grow(tok: minitok.Tokenizer, turns: int, seed: int) -> tuple[Any, list[dict[str, str]], list[float]]:
    """A conversation, its messages, and how long each turn took."""
    rng, talk, messages, took = random.Random(seed), tok.conversation(), [], []
    for _ in range(turns):
        question, answer = said(rng, 160), said(rng, 200)
        messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
        ids = tok.encode(answer)
        start = time.process_time()
        talk.add(messages[-2])
        talk.prompt()
        talk.add(messages[-1], ids=ids)
        took.append(time.process_time() - start)
    return talk, messages, took


def masked(chat: EncodedChat) -> str:
    """How long the mask of all turns takes."""
    for prompt in ("whole", "part"):
        start = time.process_time()
        try:
            chat.mask(prompt=prompt)
        except TemplateError:
            continue
        return f"{(time.process_time() - start) * 1e3:.2f}{' part' * (prompt == 'part')}"
    return "-"


def main() -> None:
    """All templates."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("templates", nargs="*", type=Path)
    parser.add_argument("--turns", type=int, default=128)
    given = parser.parse_args()
    sources = {path.stem: path.read_text(encoding="utf-8") for path in given.templates} or {"chatml": CHATML}
    print(f"{'':24}    ids  turn p10    p50  encode_chat  mask")
    for name, source in sources.items():
        tok, times = tokenizer(source), []
        for seed in range(5):
            talk, messages, took = grow(tok, given.turns, seed)
            times += took[-(given.turns // 4) :]
        whole = []
        for _ in range(8):
            start = time.process_time()
            chat = tok.encode_chat(messages)
            whole.append(time.process_time() - start)
        text = tok.decode(talk.close())
        assert talk.rewritten is not None or text == tok.decode(chat.ids)
        times.sort()
        part, middle = times[len(times) // 10] * 1e3, times[len(times) // 2] * 1e3
        print(
            f"{name:24}{len(chat.ids):7}{part:10.3f}{middle:7.3f}{min(whole) * 1e3:13.2f}  {masked(chat)}", flush=True
        )


if __name__ == "__main__":
    main()
