"""Conversations to ids: the messages of each record, in the text that the tokenizer's chat template makes of them.

A record is a line of JSON or a row of a column. Its field is a list of messages; ``tools``, if the record has it, is a list of
JSON schemas, or the text of one, and ``chat_template_kwargs`` are variables of the template, as TRL's trainers read them.
Columns of Arrow fill up what a message lacks with nulls: they are left out.

The ids are marked (``mask``) where they are to be learned: the assistant's turns, or the last of them (SPEC K8), what another
role said, or what the template has in ``{% generation %}`` blocks. With ``each``, a record of n answers is n documents, each
ending with one.

Costs: mostly those of the template, which is Python and runs on one thread; memory for a batch of conversations.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from ..chat.encoding import encoded
from ..chat.learned import check_prompt
from ..chat.ranges import masked
from ..chat.render import OPTIONS, ROLES
from ..corpus.compression import inner_suffix, opened
from ..corpus.records import ARROW, LINES, json_of_line, rows_of_file, whole_lines
from ..errors import FileFormatError, TemplateError
from ..extras import np
from .encoding import NOTHING, EncodedBlock
from .mask import marked

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from ..definition import Definition
    from .options import Options

__all__ = ["GENERATION", "check_learn", "encode_chats"]

# What is learned if not what a role says: what the template marks, the last message of the assistant, or each as the last.
GENERATION, LAST, EACH = "generation", "last", "each"
TURNS = ("assistant", LAST, EACH)

# The field of a record that holds variables of the template.
KWARGS = "chat_template_kwargs"

# How many ids are a batch.
BATCH = 1 << 18


class Conversation(NamedTuple):
    """What a record holds, and where it is: the number of its line, or of its row."""

    messages: Any
    tools: Any
    variables: Any
    line: int | None
    row: int | None


def check_learn(definition: Definition, learn: str, prompt: str | None = None) -> None:
    """Raises unless the tokenizer's chat template can tell what is to be learned."""
    if not isinstance(learn, str):
        raise TypeError(f"learn must be str, not {type(learn).__name__}")
    if learn not in (*ROLES, GENERATION, LAST, EACH):
        roles = ", ".join(sorted(ROLES))
        raise ValueError(
            f"learn must be {GENERATION!r}, {LAST!r}, {EACH!r} or a role, not {learn!r}; roles are {roles}"
        )
    if prompt is not None:
        check_prompt(prompt)
        if learn not in TURNS:
            raise ValueError(f"prompt is for turns of the assistant, not for learn={learn!r}")
    templates = definition.chat.templates if definition.chat else {}
    if not templates:
        raise TemplateError("this tokenizer has no chat template: add one with replace(chat=...)")
    if learn == GENERATION and not any(re.search(r"{%[-+]?\s*generation\b", source) for source in templates.values()):
        raise TemplateError("the chat template has no {% generation %} block: pass a role to learn, 'assistant'")


def encode_chats(definition: Definition, files: Iterable[tuple[int, Path]], options: Options) -> Iterator[EncodedBlock]:
    """Yields what numbered files of conversations hold, as ``encode_in_order`` does with texts; ids are marked."""
    for number, file in files:
        batch: list[npt.NDArray[np.uint32]] = []
        held = size = 0
        records = conversations(file, options.field)
        for conversation in (part for record in records for part in documents(record, options.learn)):
            ids, text_bytes = encode_conversation(definition, conversation, file, options)
            batch.append(ids)
            held += len(ids)
            size += text_bytes
            if held >= BATCH:
                yield block_of(batch, size)
                batch, held, size = [], 0, 0
        if batch:
            yield block_of(batch, size)
        yield EncodedBlock(NOTHING.ids, NOTHING.ends, 0, number)


def block_of(batch: list[npt.NDArray[np.uint32]], size: int) -> EncodedBlock:
    return EncodedBlock(np.concatenate(batch), np.cumsum([len(ids) for ids in batch], dtype=np.int64), size)


def documents(record: Conversation, learn: str | None) -> Iterator[Conversation]:
    """The conversations of a record: itself, or with ``each`` one up to each answer.

    >>> ask, answer = {"role": "user"}, {"role": "assistant"}
    >>> record = Conversation([ask, answer, ask, answer, ask], None, None, 1, None)
    >>> [len(part.messages) for part in documents(record, "each")]
    [2, 4]
    """
    messages = record.messages if learn == EACH and isinstance(record.messages, list) else []
    ends = [at for at, each in enumerate(messages, 1) if isinstance(each, dict) and each.get("role") == "assistant"]
    yield from (record._replace(messages=messages[:at]) for at in ends)
    if not ends:
        yield record


def encode_conversation(
    definition: Definition, conversation: Conversation, file: Path, options: Options
) -> tuple[npt.NDArray[np.uint32], int]:
    """The marked ids of a conversation, and how many bytes its text has."""
    try:
        given = conversation.variables or {}
        if not isinstance(given, dict):
            raise TypeError(f"{KWARGS!r} is a {type(given).__name__}, not an object")
        if wrong := given.keys() & {"definition", "messages", *OPTIONS}:
            raise ValueError(f"{KWARGS!r} has {min(wrong)!r}, which is not a variable of the template")
        found, spans, learner = encoded(definition, conversation.messages, tools=as_tools(conversation.tools), **given)
        learned: list[Any] = [said for said in found.roles if said[2] == options.learn]
        if options.learn == GENERATION:
            learned = found.generated
        elif options.learn in TURNS:
            learned = learner().ranges(last=options.learn != "assistant", prompt=options.prompt, end_id=options.end)
    except TemplateError as error:
        raise TemplateError(str(record_error(file, conversation, str(error)))) from error
    except (TypeError, ValueError) as error:
        raise record_error(file, conversation, f"not a conversation: {error}") from None
    ids = found.ids if options.end is None else np.append(found.ids, np.uint32(options.end))
    text_bytes = sum(len(span.text.encode("utf-8", "surrogatepass")) for span in spans)
    return marked(ids, masked(learned, len(ids))), text_bytes


def record_error(file: Path, conversation: Conversation, reason: str) -> FileFormatError:
    if conversation.line is not None:
        return FileFormatError(file, reason, conversation.line)
    return FileFormatError(file, f"row {conversation.row}: {reason}")


def as_tools(tools: Any) -> Any:
    """Tools as a list; an empty one is the same as none."""
    if isinstance(tools, str):
        try:
            tools = json.loads(tools)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"'tools' is text that is not JSON: {error}") from None
    if tools is not None and not isinstance(tools, list):
        raise TypeError(f"'tools' is a {type(tools).__name__}, not a list")
    return tools or None


def conversations(file: Path, field: str) -> Iterator[Conversation]:
    """Yields what the records of a file hold."""
    suffix = inner_suffix(file)
    if suffix == ".jsonl":
        yield from in_lines(file, field)
    elif suffix in (".parquet", *ARROW):
        for number, row in enumerate(rows_of_file(file, suffix, [field], ["tools", KWARGS])):
            messages, tools, variables = (without_nulls(row.get(name)) for name in (field, "tools", KWARGS))
            yield Conversation(messages, tools, variables, None, number)
    else:
        raise FileFormatError(file, "conversations are read from .jsonl, .parquet and .arrow files")


def in_lines(file: Path, field: str) -> Iterator[Conversation]:
    """Yields what the lines of a file hold. Blank lines are skipped."""
    number = 0
    with opened(file) as (stream, _):
        for lines in whole_lines(stream, LINES):
            for line in lines.removesuffix(b"\n").split(b"\n"):
                number += 1
                if line.strip():
                    record = json_of_line(file, line, number)
                    if not isinstance(record, dict) or field not in record:
                        raise FileFormatError(file, f"no object with the field {field!r}", number)
                    yield Conversation(record[field], record.get("tools"), record.get(KWARGS), number, None)


def without_nulls(value: Any) -> Any:
    """A value of Arrow without the fields that are null.

    >>> without_nulls([{"role": "user", "content": "Hi", "tool_calls": None}])
    [{'role': 'user', 'content': 'Hi'}]
    """
    if isinstance(value, dict):
        return {name: without_nulls(held) for name, held in value.items() if held is not None}
    return [without_nulls(held) for held in value] if isinstance(value, list) else value
