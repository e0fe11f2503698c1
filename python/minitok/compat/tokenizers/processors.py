"""The post-processors: which special tokens are put around texts, and how offsets are trimmed.

What they do is in ``processing``; here are the classes that say it.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence as Pieces
from typing import TYPE_CHECKING, Any

from minitok.formats.files import Reason, shown

from .components import Component
from .options import BYTE_LEVEL, FLAG, TOKEN, Kind, Option
from .processing import added_tokens, post_process
from .settings import value_of, whole_number

if TYPE_CHECKING:
    from .encoding import Encoding

__all__ = ["BertProcessing", "ByteLevel", "PostProcessor", "RobertaProcessing", "Sequence", "TemplateProcessing"]


def special_token(given: Any) -> dict[str, Any]:
    """A special token of a template, from a pair in either order or from a dict."""
    if isinstance(given, dict):
        if len(given["ids"]) != len(given["tokens"]):
            raise ValueError("SpecialToken: ids and tokens must be of the same length")
        return {"id": given["id"], "ids": list(given["ids"]), "tokens": list(given["tokens"])}
    name, token_id = given if isinstance(given[0], str) else given[::-1]
    return {"id": name, "ids": [token_id], "tokens": [name]}


def template(words: str | Pieces[str]) -> list[dict[str, Any]]:
    return [piece(word) for word in (words.split(" ") if isinstance(words, str) else words)]


def piece(word: str) -> dict[str, Any]:
    """A piece of a template: ``$A``, ``$B:1``, ``$0`` or the name of a special token."""
    name, colon, number = word.partition(":")
    wrong = ValueError(f'Cannot build Piece from string "{word}"')
    if colon and not (number.isascii() and number.isdecimal()):
        raise wrong
    type_id = int(number) if colon else 0
    if not name.startswith("$"):
        return {"SpecialToken": {"id": name, "type_id": type_id}}
    which = name[1:]
    if which.upper() in ("", "A", "B"):
        return {"Sequence": {"id": which.upper() or "A", "type_id": type_id}}
    if not (which.isascii() and which.isdecimal()):
        raise wrong
    return {"Sequence": {"id": "A", "type_id": type_id if colon else int(which)}}


AROUND = Option("sep", TOKEN), Option("cls", TOKEN, argument="cls_token")


class PostProcessor(Component):
    """What makes the final encoding of one or two."""

    def num_special_tokens_to_add(self, is_pair: bool) -> int:
        """How many special tokens it adds to a text, or to a pair of them."""
        return added_tokens(self.as_json(), is_pair)

    def process(self, encoding: Encoding, pair: Encoding | None = None, add_special_tokens: bool = True) -> Encoding:
        """Returns the final encoding of one or two."""
        return post_process(self.as_json(), encoding.copy(), pair and pair.copy(), add_special_tokens)


BertProcessing = PostProcessor.named(
    "BertProcessing",
    "``[CLS]`` before the first text, and ``[SEP]`` after each.",
    *AROUND,
)
RobertaProcessing = PostProcessor.named(
    "RobertaProcessing",
    "``<s>`` before the first text, ``</s>`` after each, and one more before the second.",
    *AROUND,
    Option("trim_offsets", FLAG, True),
    Option("add_prefix_space", FLAG, True),
)


class ByteLevel(PostProcessor):
    """Leaves white space out of offsets."""

    options = BYTE_LEVEL

    def __init__(
        self,
        add_prefix_space: bool | None = None,
        trim_offsets: bool | None = None,
        use_regex: bool | None = None,
        **_: Any,
    ) -> None:
        super().__init__(*(value is None or value for value in (add_prefix_space, trim_offsets, use_regex)))


class TemplateProcessing(PostProcessor):
    """Special tokens around one text, and around two.

    Args:
        single: ``"<s> $A </s>"``, or a list of such words; ``:1`` after one is its type id.
        pair: The same for two texts.
        special_tokens: Names and ids, or ``{"id": name, "ids": [...], "tokens": [...]}``.

    Raises:
        ValueError: A word cannot be read, a special token has no id, or ``pair`` does not use both texts.

    >>> TemplateProcessing("<s> $A", "<s> $A $B:1", [("<s>", 1)]).num_special_tokens_to_add(False)
    1
    """

    # A template is read from words; a file writes its pieces.
    options = (
        Option("single", Kind(template)),
        Option("pair", Kind(template, None)),
        Option("special_tokens", Kind(dict, None)),
    )

    def __init__(
        self,
        single: str | Pieces[str] | None = None,
        pair: str | Pieces[str] | None = None,
        special_tokens: Iterable[Any] = (),
    ) -> None:
        tokens = {entry["id"]: entry for entry in map(special_token, special_tokens)}
        templates = {"single": template("$A" if single is None else single), "pair": template(pair or "$A $B:1")}
        if {piece["Sequence"]["id"] for piece in templates["pair"] if "Sequence" in piece} != {"A", "B"}:
            raise ValueError("Template for `pair` must use both sequences")
        names = dict.fromkeys(
            piece["SpecialToken"]["id"] for each in templates.values() for piece in each if "SpecialToken" in piece
        )
        if missing := [name for name in names if name not in tokens]:
            raise ValueError(f"Missing SpecialToken(s) with id(s) `{', '.join(missing)}`")
        self._hold({**templates, "special_tokens": dict(sorted(tokens.items()))})


Sequence = PostProcessor.named("Sequence", "Post-processors, one after the other.", parts_field="processors")


def check_state(state: Any) -> None:
    """Refuses the JSON of a post-processor that ``tokenizers`` would not read, or fail on. Raises Reason."""
    kind = value_of(state, "post_processor", "type")
    where = f"post_processor {kind}"
    if kind == "Sequence":
        for part in value_of(state, where, "processors"):
            check_state(part)
    elif kind in ("BertProcessing", "RobertaProcessing"):
        for key in ("sep", "cls"):
            pair = value_of(state, where, key)
            if not isinstance(pair, list) or len(pair) != 2 or not isinstance(pair[0], str):
                raise Reason(f"the {key!r} of the {where} is not a token and its id: {shown(pair)}")
            whole_number(pair[1], f"the id in the {key!r} of the {where}")
    elif kind == "TemplateProcessing":
        tokens = value_of(state, where, "special_tokens")
        if not isinstance(tokens, dict):
            raise Reason(f"the 'special_tokens' of the {where} are not an object: {shown(tokens)}")
        for name, token in tokens.items():
            check_special_token(token, f"special token {name!r} of the {where}")
        for key, texts in (("single", "A"), ("pair", "AB")):
            check_template(
                value_of(state, where, key), f"{key!r} of the {where}", {"Sequence": texts, "SpecialToken": tokens}
            )


def check_special_token(token: Any, where: str) -> None:
    """Refuses a special token of a template that is not ids and as many texts."""
    ids, texts = value_of(token, where, "ids"), value_of(token, where, "tokens")
    if not isinstance(ids, list) or not isinstance(texts, list) or len(ids) != len(texts):
        raise Reason(f"the {where} must have as many 'tokens' as 'ids': {shown(texts)} and {shown(ids)}")
    for token_id, text in zip(ids, texts):
        whole_number(token_id, f"an id of the {where}")
        if not isinstance(text, str):
            raise Reason(f"a token of the {where} is not a string: {shown(text)}")


def check_template(pieces: Any, where: str, known: dict[str, Any]) -> None:
    """Refuses a template that has other pieces than the known texts and special tokens."""
    if not isinstance(pieces, list):
        raise Reason(f"the {where} is not a list: {shown(pieces)}")
    for each in pieces:
        kind = next(iter(each)) if isinstance(each, dict) and len(each) == 1 else None
        if kind not in known:
            raise Reason(f"a piece of the {where} is neither a Sequence nor a SpecialToken: {shown(each)}")
        what = f"{kind} of the {where}"
        name = value_of(each[kind], what, "id")
        if not isinstance(name, str) or name not in list(known[kind]):
            raise Reason(f"the {where} has no {kind} {shown(name)}")
        whole_number(value_of(each[kind], what, "type_id"), f"the 'type_id' of the {what}")
