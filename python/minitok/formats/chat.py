"""The chat templates in a model's folder.

``chat_template.jinja`` is the default one, and ``additional_chat_templates/NAME.jinja`` are others. Older folders have them in
``tokenizer_config.json``: one as a string, or several with names; ``chat_template.json`` is what processors of images had. That
config also says what ``bos_token`` and the like are called, and which tokens are special; where it does not say the first,
``special_tokens_map.json`` may.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..definition.chat_templates import ChatTemplates
from ..errors import FileFormatError
from .files import parse_json, read, shown

if TYPE_CHECKING:
    from pathlib import Path

# Fields of a config that do not name tokens of the conversation.
APART = {"added_tokens_decoder", "chat_template"}


def read_templates(folder: Path) -> ChatTemplates | None:
    """The templates of a folder, and the tokens that its configuration names; None if there are neither.

    Raises:
        FileFormatError: One of the files is malformed; the message says which, and how.
    """
    config = fields_of(folder / "tokenizer_config.json")
    templates = named_templates(config.get("chat_template"), folder / "tokenizer_config.json")
    if not templates:
        file = folder / "chat_template.json"
        templates = named_templates(fields_of(file).get("chat_template"), file)
    if (file := folder / "chat_template.jinja").is_file():
        templates["default"] = source_in(file)
    for file in sorted((folder / "additional_chat_templates").glob("*.jinja")):
        templates[file.stem] = source_in(file)
    both = fields_of(folder / "special_tokens_map.json"), config
    tokens = {name: token for fields in both for name, token in named_tokens(fields)}
    named = {token for fields in both for key in fields.keys() - APART for token in strings_in(fields[key])}
    named |= special_in(config.get("added_tokens_decoder"))
    return ChatTemplates(templates, tokens, named) if templates or tokens or named else None


def special_in(decoder: Any) -> set[str]:
    """The tokens that a config calls special, whatever ``tokenizer.json`` does."""
    entries = decoder.values() if isinstance(decoder, dict) else ()
    return {
        entry["content"]
        for entry in entries
        if isinstance(entry, dict) and entry.get("special") and isinstance(entry.get("content"), str)
    }


def fields_of(file: Path) -> dict[str, Any]:
    """The content of a file of JSON, which is an object; nothing without the file."""
    if not file.is_file():
        return {}
    content = parse_json(read(file), file)
    if not isinstance(content, dict):
        raise FileFormatError(file, f"not an object but {shown(content)}")
    return content


def strings_in(held: Any) -> Iterator[str]:
    """The strings in a value of JSON."""
    waiting = [held]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, (dict, list)):
            waiting += value.values() if isinstance(value, dict) else value


def source_in(file: Path) -> str:
    try:
        return read(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileFormatError(file, f"not UTF-8: {error.reason} at byte {error.start}") from None


def named_templates(held: Any, file: Path) -> dict[str, str]:
    """The templates that a config holds, by name."""
    if held is None or isinstance(held, str):
        return {"default": held} if held else {}
    if isinstance(held, dict):
        held = [{"name": name, "template": source} for name, source in held.items()]
    found = {}
    for entry in held if isinstance(held, list) else [held]:
        name, source = (entry.get("name"), entry.get("template")) if isinstance(entry, dict) else (None, None)
        if not isinstance(name, str) or not isinstance(source, str):
            raise FileFormatError(file, f"chat_template has an entry that is not a name and a template: {shown(entry)}")
        found[name] = source
    return found


def named_tokens(config: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What a config calls ``bos_token`` and the like."""
    extra = config.get("extra_special_tokens")
    for name, value in [*config.items(), *(extra.items() if isinstance(extra, dict) else ())]:
        token = value.get("content") if isinstance(value, dict) else value
        if name.endswith("_token") and isinstance(token, str):
            yield name, token
