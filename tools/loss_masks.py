"""What a model learns of a conversation by chat templates: a table in Markdown of every template in a folder.

    python tools/loss_masks.py FOLDER

Of each ``*.jinja`` file, three conversations that end with an answer: one of two plain answers, the same with thoughts, and one
with a call. A column says which choice makes its mask known: ``yes`` (none is needed), ``part`` (``prompt="part"``), ``last``
(``last=True``), both, ``no``, or ``-`` where the template does not write it. Then come the tokens that end turns, and ``next``
where the next message's marker does (then the end of a document ends the last). Templates of the same answers share a row.
Tokens are what looks like a marker in what a template writes by itself: the vocabulary of a model is not needed.
"""

from __future__ import annotations

import argparse
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import minitok
from minitok.chat import ChatTemplates, render
from minitok.errors import TemplateError

MARKER = re.compile(r"<[|\uff5c]?[^<>\s'\"{}\\+]{1,40}[|\uff5c]?>|\[/?[A-Z_]{3,}\]|[\]\[][a-z]?[~!][a-z!]*~?[\]\[]")
TOKENS = {"bos_token": "<s>", "eos_token": "</s>"}
CHOICES: dict[str, dict[str, Any]] = {
    "yes": {},
    "part": {"prompt": "part"},
    "last": {"last": True},
    "last, part": {"last": True, "prompt": "part"},
}
ASK, ANSWER = {"role": "user", "content": "question"}, {"role": "assistant", "content": "answer"}
THOUGHT = {**ANSWER, "reasoning_content": "thought"}
TOOL = {
    "type": "function",
    "function": {"name": "find", "description": "Finds", "parameters": {"type": "object", "properties": {}}},
}
TALKS = {
    "plain": ([ASK, ANSWER, ASK, ANSWER], None),
    "thoughts": ([ASK, THOUGHT, ASK, THOUGHT], None),
    "calls": ([ASK, {"role": "assistant", "content": "", "tool_calls": ["call"]},
               {"role": "tool", "name": "find", "tool_call_id": "abcdefghi", "content": "found"}, ANSWER], [TOOL]),
}  # fmt: skip


def conversations(kind: str) -> list[tuple[list[Any], Any]]:
    """A conversation, with the arguments of calls as an object and as text: templates want either."""
    messages, tools = TALKS[kind]
    found = []
    for arguments in ({"town": "Rome"}, '{"town": "Rome"}'):
        call = {"id": "abcdefghi", "type": "function", "function": {"name": "find", "arguments": arguments}}
        made = [{**message, "tool_calls": [call]} if "tool_calls" in message else message for message in messages]
        found.append((made, tools))
    return found


def tokenizer(source: str) -> minitok.Tokenizer:
    """A tokenizer with a template, and with the markers that it writes as special tokens."""
    templates, names = ChatTemplates({"default": source}, TOKENS), {*TOKENS.values(), *MARKER.findall(source)}
    for kind in TALKS:
        for messages, tools in conversations(kind):
            for prompted in (False, True):
                try:
                    spans = render(templates, messages, tools=tools, add_generation_prompt=prompted)
                except TemplateError:
                    continue
                names.update(name for span in spans if span.trusted for name in MARKER.findall(span.text))
    return minitok.get_encoding("cl100k_base").add_tokens(sorted(names), special=True).replace(chat=templates)


def known(tok: minitok.Tokenizer, kind: str) -> tuple[str, set[str]]:
    """Which choice makes the mask of a conversation known, and what ends its turns."""
    names = {token_id: name for name, token_id in tok.special_tokens.items()}
    for messages, tools in conversations(kind):
        try:
            chat = tok.encode_chat(messages, tools=tools)
        except TemplateError:
            continue
        for choice, options in CHOICES.items():
            try:
                ranges = chat._learner().ranges(end_id=0, **options)  # noqa: SLF001 - as packing does
            except TemplateError:
                continue
            ends = {stop for _, stop, _ in ranges} - {start for start, _, _ in ranges}
            return choice, {"next"} if max(ends) > len(chat.ids) else {f"`{names[chat.ids[end - 1]]}`" for end in ends}
        return "no", set()
    return "-", set()


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    rows: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for file in sorted(parser.parse_args().folder.glob("*.jinja")):
        tok = tokenizer(file.read_text(encoding="utf-8"))
        found = [known(tok, kind) for kind in TALKS]
        stops = [stop.replace("|", "\\|") for stop in sorted(set().union(*(ends for _, ends in found)))]
        rows[tuple(choice for choice, _ in found)].append(" ".join([file.stem, *stops]))
    print("| plain | thoughts | calls | templates, and what ends their turns |\n|---|---|---|---|")
    for choices, files in sorted(rows.items(), key=lambda row: -len(row[1])):
        print(f"| {' | '.join(choices)} | {'; '.join(files)} |")


if __name__ == "__main__":
    main()
