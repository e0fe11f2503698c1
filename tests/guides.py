"""The programs of a guide: its blocks of shell and Python, run in a folder with a small corpus."""

import json
import re
import shlex
from pathlib import Path

import minitok
from click.testing import CliRunner
from minitok.cli.app import app

GUIDES = Path(__file__).resolve().parent.parent / "docs" / "guides"
TEXTS = [f"Document {number}: hello, hello {'🦀é' * (number % 3)}" + " word" * (number % 17) for number in range(120)]
TALK = [{"role": "user", "content": "What is 6 times 7?"}, {"role": "assistant", "content": "42"}]


def blocks_of(page):
    """Each block of shell or Python, with the heading that it stands under."""
    heading, found = "", []
    for title, language, block in re.findall(
        r"^## (.*?)$|^```(sh|python)\n(.*?)^```", (GUIDES / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    ):
        heading = title or heading
        if block:
            found.append((heading, language, block))
    return found


def write_corpus(folder):
    """Two files of 60 documents, a conversation, and a tokenizer with a chat template."""
    for name in ("corpus", "data/mine", "megatron", "nanotron", "titan", "litgpt", "mosaic", "trl"):
        (folder / name).mkdir(parents=True)
    for number in range(2):
        lines = [json.dumps({"text": text}) + "\n" for text in TEXTS[number * 60 : number * 60 + 60]]
        (folder / "corpus" / f"{number}0.jsonl").write_text("".join(lines), encoding="utf-8")
    (folder / "chats.jsonl").write_text(json.dumps({"messages": TALK}) + "\n", encoding="utf-8")
    chat = "{% for m in messages %}{{ m.content + '<|endoftext|>' }}{% endfor %}"
    minitok.get_encoding("gpt2").replace(chat=chat).save(folder / "chat.json")


def run_shell(block):
    """Runs the commands of minitok in a block, in this process."""
    for line in block.replace("\\\n", " ").splitlines():
        program, *arguments = shlex.split(line, comments=True)
        assert program == "minitok", line
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0, result.output


def run_page(folder, blocks):
    """Writes the corpus and runs all commands of a page, in a folder that is the working directory."""
    write_corpus(folder)
    for _, language, block in blocks:
        if language == "sh":
            run_shell(block)
