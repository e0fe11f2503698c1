"""The published encodings: the file, the pattern and the special tokens of each.

The numbers are those of tiktoken 0.14 and openai-whisper 20250625, and are checked against both.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

END_OF_TEXT = "<|endoftext|>"
END_OF_PROMPT = "<|endofprompt|>"
FILL_IN = ("<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>")


@dataclass(frozen=True)
class Published:
    """An encoding: ``file`` without the ids from ``below`` on, cut by ``pattern``, with special tokens."""

    file: str
    pattern: str
    special_tokens: Callable[[], dict[str, int]]
    below: int | None = None


def vocabulary(name: str) -> bytes:
    """The packed vocabulary of a name, from a folder or a zip file."""
    folder = os.path.dirname(__file__)
    data: bytes = __loader__.get_data(os.path.join(folder, "data", f"{name}.vocab"))  # type: ignore[name-defined]
    return data


def numbered(names: list[str] | tuple[str, ...], first: int) -> dict[str, int]:
    """The names with ids one after the other."""
    return {name: first + index for index, name in enumerate(names)}


def gpt2() -> dict[str, int]:
    return {END_OF_TEXT: 50256}


def p50k_edit() -> dict[str, int]:
    return gpt2() | numbered(FILL_IN, 50281)


def cl100k_base() -> dict[str, int]:
    return numbered((END_OF_TEXT, *FILL_IN), 100257) | {END_OF_PROMPT: 100276}


def o200k_base() -> dict[str, int]:
    return {END_OF_TEXT: 199999, END_OF_PROMPT: 200018}


def o200k_harmony() -> dict[str, int]:
    """The id 200018 has two names, of which the first is the one it is decoded to."""
    named = {
        "<|startoftext|>": 199998,
        "<|return|>": 200002,
        "<|constrain|>": 200003,
        "<|channel|>": 200005,
        "<|start|>": 200006,
        "<|end|>": 200007,
        "<|message|>": 200008,
        "<|call|>": 200012,
    }
    taken = set(named.values())
    return o200k_base() | named | {f"<|reserved_{i}|>": i for i in range(200000, 201088) if i not in taken}


# In Whisper's own order, which is that of the ids; the last came with large-v3.
LANGUAGES = (  # noqa: SIM905 - a hundred quotation marks would hide the order
    "en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg lt la mi ml "
    "cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka be tg sd gu am "
    "yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw su yue"
).split()


def whisper(first: int, languages: int) -> dict[str, int]:
    """Whisper's special tokens: languages, tasks, and a time stamp for every fiftieth of a second up to 30."""
    tasks = ("translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps")
    names = ["endoftext", "startoftranscript", *LANGUAGES[:languages], *tasks]
    times = [f"{step * 0.02:.2f}" for step in range(1501)]
    return numbered([f"<|{name}|>" for name in names + times], first)


GPT2 = Published("p50k", "gpt2", gpt2, below=50256)

PUBLISHED = {
    "gpt2": GPT2,
    "r50k_base": GPT2,
    "p50k_base": Published("p50k", "gpt2", gpt2),
    "p50k_edit": Published("p50k", "gpt2", p50k_edit),
    "cl100k_base": Published("cl100k", "cl100k", cl100k_base),
    "o200k_base": Published("o200k", "o200k", o200k_base),
    "o200k_harmony": Published("o200k", "o200k", o200k_harmony),
    "whisper": Published("whisper", "gpt2", lambda: whisper(50257, 99)),
    "whisper_v3": Published("whisper", "gpt2", lambda: whisper(50257, 100)),
    "whisper_en": Published("p50k", "gpt2", lambda: whisper(50256, 99), below=50256),
}
# SHA-256 of the files of tokens and ranks as they were published, by the packed file and the id at which it ends.
SHA256 = {
    ("p50k", 50256): "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930",
    ("p50k", None): "94b5ca7dff4d00767bc256fdd1b27e5b17361d7b8a5f968547f9f23eb70d2069",
    ("cl100k", None): "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    ("o200k", None): "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    ("whisper", None): "b34b360dbb493e781e479794586d661700670d65564001f23024971d1f2fa126",
}
