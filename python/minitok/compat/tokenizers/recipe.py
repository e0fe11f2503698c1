"""``Recipe``: what a tokenizer is at a time, as a ``tokenizer.json`` says it, and the pipeline that it makes.

Changing a tokenizer changes its recipe; the pipeline is made again only if something that it depends on has changed.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from minitok.backend.shortcuts import tokenizers_changed
from minitok.errors import ComponentError, FileFormatError, MinitokError, VocabularyError
from minitok.formats import huggingface
from minitok.formats.extension import read_by_extension, without_tables
from minitok.formats.files import Reason, blame, parse_json
from minitok.formats.huggingface.added import given_ids, with_hiding
from minitok.formats.huggingface.read import parse_steps

from .added import AddedTokens
from .components import Component, as_component
from .decoders import Decoder
from .models import BPE, piece_definition
from .normalizers import Normalizer
from .pipeline import Pipeline
from .pre_tokenizers import PreTokenizer
from .processing import find_layout
from .processors import PostProcessor, check_state
from .settings import dump_padding, dump_truncation, read_padding, read_truncation
from .steps import Steps

if TYPE_CHECKING:
    from minitok.definition import Definition

    from .added import AddedToken
    from .processing import Layout

    State = dict[str, Any]

# A text by which components show whether they can be run at all.
SAMPLE = "A text 1, é."

COMPONENTS: dict[str, type[Component]] = {
    "normalizer": Normalizer,
    "pre_tokenizer": PreTokenizer,
    "post_processor": PostProcessor,
    "decoder": Decoder,
}


class Recipe:
    """The parts of a tokenizer.

    Attributes:
        model: The model.
        steps: The components by name, or None.
        added: The added tokens.
        truncation: The options of truncation, or None.
        padding: The options of padding, or None.
        splits_special: Special tokens in a text are encoded as text.
    """

    def __init__(self, model: BPE) -> None:
        self.model = model
        self.steps: dict[str, Any] = dict.fromkeys(COMPONENTS)
        self.added = AddedTokens()
        # Something else has taken the added tokens, so that they are copied before they are changed.
        self._added_is_shared = False
        self.truncation: State | None = None
        self.padding: State | None = None
        self.splits_special = False
        # What encodes, and the normalizer, pre-tokenizer, model and added tokens that it was made of.
        self._definition: tuple[Definition | None, Any] | None = None
        # The number of changes of components, what the pipeline was made of, and the pipeline.
        self.made: tuple[int, Any, Pipeline] | None = None
        self._layouts: dict[bool, Layout | None] = {}

    @classmethod
    def from_bytes(cls, data: bytes, path: str) -> Recipe:
        """Reads a ``tokenizer.json``. Raises FileFormatError."""
        definition = read_definition(data, path)
        rest = without_tables(data, path)
        content = parse_json(data if rest is None else rest, path)
        with blame(path):
            if content.get("post_processor") is not None:
                check_state(content["post_processor"])
            recipe = cls.from_content(content, definition, None if rest is None else data)
            try:
                recipe.pipeline()
            except FileFormatError as error:  # What is not followed here is refused at once.
                raise Reason(error.reason) from None
        return recipe

    @classmethod
    def from_content(cls, content: State, definition: Definition | None, data: bytes | None = None) -> Recipe:
        """From a file's content, and what encodes; ``data``: the file, if the content lacks the vocabulary.

        Raises:
            Reason: A field is not what it should be; the message names it.
        """
        model = content["model"]
        recipe = cls(BPE.from_content(model) if data is None else BPE.from_json(data, model))
        rows = [row for row in content.get("added_tokens") or [] if row.get("content")]  # An empty one is never found.
        if definition is None:
            vocab = recipe.model.vocab()
            # Not always those of the file.
            ids = given_ids({row["content"]: row["id"] for row in rows}, vocab, len(vocab))
        else:
            ids = definition.found_tokens
        recipe.added = AddedTokens.from_rows({**row, "id": ids.get(row["content"], row["id"])} for row in rows)
        for name in COMPONENTS:
            try:
                recipe.set_step(name, content.get(name))
            except (TypeError, ValueError, OverflowError) as error:
                raise Reason(f"the {name}: {error}") from None
        recipe.truncation = read_truncation(content.get("truncation"))
        recipe.padding = read_padding(content.get("padding"))
        if definition is not None:
            recipe._definition = definition, recipe.ingredients()
        return recipe

    def content(self) -> State:
        """The content of a ``tokenizer.json``."""
        settings = {"truncation": dump_truncation(self.truncation), "padding": dump_padding(self.padding)}
        steps = {name: self.step_json(name) for name in COMPONENTS}
        return {"version": "1.0", **settings, "added_tokens": self.added.rows(), **steps, "model": self.model.as_json()}

    def shown_content(self) -> State:
        """The content, with names for the settings, as ``repr`` shows it."""
        content = self.content()
        for name, kind in (("truncation", "TruncationParams"), ("padding", "PaddingParams")):
            content[name] = content[name] and {"type": kind, **content[name]}
        return {"type": "Tokenizer", **content}

    def copy(self) -> Recipe:
        """A copy that changes by itself."""
        self._added_is_shared = True
        other = copy.copy(self)
        other.steps = self.copied_steps()
        other.changed()
        return other

    # -- its parts -----------------------------------------------------------------------------------------------------

    def step_json(self, name: str) -> State | None:
        step = self.steps[name]
        return None if step is None else step.as_json()

    def set_step(self, name: str, step: Any) -> None:
        """Sets a component, given as one of minitok's or of ``tokenizers``, as JSON, or as None.

        Raises:
            TypeError: It is none of these.
        """
        family = COMPONENTS[name]
        if step is not None:
            step = family.from_state(step) if isinstance(step, dict) else as_component(step, family)
        self.steps[name] = step
        self.changed()

    def changed(self) -> None:
        """Forgets what was made: the recipe has changed."""
        tokenizers_changed()
        self.made = None
        self._layouts = {}

    def copied_steps(self) -> dict[str, Any]:
        """The components, as they are now."""
        return {name: step and step.copy() for name, step in self.steps.items()}

    def add_tokens(self, new: list[AddedToken], size: int) -> int:
        """Adds tokens to a model of a size; returns how many were added or changed."""
        if self._added_is_shared:
            self.added, self._added_is_shared = self.added.copy(), False
        self.changed()
        return self.added.add(new, size, self.model.token_to_id)

    def ingredients(self) -> Any:
        """What the definition depends on."""
        self._added_is_shared = True
        keys = [step and step.key() for step in (self.steps["normalizer"], self.steps["pre_tokenizer"])]
        return keys, (self.model, self.model.options()), self.added

    # -- what it makes -------------------------------------------------------------------------------------------------

    def pipeline(self) -> Pipeline:
        """What encodes and decodes. Raises FileFormatError for what minitok does not do."""
        made, changes, decoder = self.made, Component.changes, self.steps["decoder"]
        if made is not None and made[0] == changes:
            return made[2]
        key = (self.ingredients(), decoder and decoder.key(), self.splits_special)
        if made is None or made[1] != key:
            steps = self.copied_steps()
            hidden = frozenset(self.added.special if self.splits_special else ())
            run = Steps(steps["normalizer"], steps["pre_tokenizer"], self.model, self.added, hidden)
            run.definition = self.definition(run)
            pipeline = Pipeline(run.definition if run.finds_like_codec else None, run, steps["decoder"])
        else:
            pipeline = made[2]
        self.made = changes, key, pipeline
        self._layouts = {}
        return pipeline

    def definition(self, steps: Steps) -> Definition | None:
        """What encodes; None if no codec does what the components do.

        Raises:
            FileFormatError: They cannot be run one by one, either; the message says what minitok does not do.
        """
        key = self.ingredients()
        definition, made_of = self._definition or (None, None)
        if self._definition is None or made_of != key:
            try:
                definition = self.with_added(definition) if made_of and made_of[:2] == key[:2] else None
                definition = definition or self.read_definition()
            except (FileFormatError, ComponentError) as refused:
                definition = None
                try:
                    steps.run(SAMPLE)
                except MinitokError as error:
                    raise error if isinstance(refused, ComponentError) else refused from None
            self._definition = definition, key
        return definition

    def with_added(self, definition: Definition | None) -> Definition | None:
        """A definition with the added tokens as they are now; None if everything is to be read again."""
        try:
            return definition and with_hiding(definition.replace(**self.added.fields()))
        except VocabularyError:  # A token of the vocabulary has become an added one.
            return None

    def read_definition(self) -> Definition:
        """What encodes. Raises FileFormatError or ComponentError if that is not in the power of a codec."""
        content = {**self.content(), "added_tokens": self.added.found_rows()}
        # The pipeline decodes by itself.
        cutters = content["pre_tokenizer"] or {}
        is_bytes = any(part.get("type") == "ByteLevel" for part in (cutters, *cutters.get("pretokenizers", ())))
        content["decoder"] = {"type": "ByteLevel"} if is_bytes else None
        return huggingface.parse(content, "the tokenizer", other_ids=True)

    def layout(self, add_special_tokens: bool) -> Layout | None:
        """Where the tokens of a single text stand among special tokens; None if it is not in one place."""
        if add_special_tokens not in self._layouts:
            self._layouts[add_special_tokens] = find_layout(self.step_json("post_processor"), add_special_tokens)
        return self._layouts[add_special_tokens]


def read_definition(data: bytes, path: str) -> Definition | None:
    """What a file says, or None if its components are to be run one by one. Raises FileFormatError for any other reason."""
    try:
        return read_by_extension(path, data=data)
    except FileFormatError as refused:
        content = parse_json(data, path)
        try:
            piece_definition(BPE.from_content(content["model"]).as_json())
            parse_steps(added_tokens=[row for row in content.get("added_tokens") or [] if row.get("content") != ""])
        except (KeyError, TypeError, ValueError, AttributeError):
            raise refused from None
    return None
