"""``Conversation``: messages are added one by one, and the ids that a model sampled stay as they are.

``turns`` gives the text. It is encoded from the last end of a special token before which nothing changed; no other token holds
text from both sides of such an end.

What a model sampled stands for the text that the template makes of its message: from the end of the prompt to the token that
ended the sample, which is looked for after the last word of the message. By hand: of ``<a>ok<e>;<u>go``, the message being
``ok``, a sample that ended with ``<e>`` stands for ``ok<e>``, and the next prompt goes on with ``;<u>go``. One that was cut off
before it stands for ``ok``, and the next prompt goes on with ``<e>;<u>go``.

Everything that a step makes is new, in one ``State``: a step that fails changes nothing, and copies share what they have.

Implements SPEC K1 to K8.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from ..definition.chat_templates import ChatTemplates
from ..errors import TemplateError
from ..extras import array_of, is_array
from ..reference.text import utf8
from . import turns
from .encoding import labelled, with_template
from .learned import Learner
from .provenance import concatenated
from .ranges import going_on, joined, masked, spread
from .render import Writer, check_variables, guarded, template_values, traced_messages
from .written import NO_TEXT, Text, common_prefix, overlap, own_end

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ..definition import Definition
    from .ranges import Range

REWRITES = ("keep", "raise", "follow")


class Sample(NamedTuple):
    """Ids ``first`` to ``stop``, which a model sampled: of which message, and who said it.

    ``held``: the bytes that the ids hold since the sample before; of these the last ``own`` were sampled. ``place``: how many
    bytes all ids up to ``stop`` hold.
    """

    message: int
    role: str | None
    first: int
    stop: int
    held: bytes
    own: int
    place: int


class Held(NamedTuple):
    """The samples that stay, with everything before them: ``size`` ids, which stand for the text up to ``end``.

    Places of the text before ``limit`` are as they were. ``role``: who said what the ids end with, if that is not a token.
    ``common``: how many of the bytes that the ids hold are the text's; ``differs``: whether another follows.
    """

    samples: tuple[Sample, ...] = ()
    end: int = 0
    size: int = 0
    limit: int = 0
    role: str | None = None
    common: int = 0
    differs: bool = False
    rewritten: int | None = None


class State(NamedTuple):
    """A conversation after a step. Nothing in it changes."""

    messages: list[Any]
    text: Text
    ids: npt.NDArray[np.uint32]
    roles: list[Range[str]]
    generated: list[Range[bool]]
    # Ends of special tokens, which no token crosses: where they are in the text, in bytes, and how many ids are before.
    cuts: list[tuple[int, int]]
    held: Held = Held()
    kept: int = 0
    written: int = 0  # how many messages the text is of
    asks: bool = False  # whether the ids are a prompt


class Conversation:
    """A conversation that grows, made by ``Tokenizer.conversation``, which has an example.

    ``prompt()`` returns the ids for a model to continue, ``add`` takes a message, with the ids if a model sampled it, and
    ``close()`` returns all ids as they stand, for training. Sampled ids stay as they are; the template's text is put
    between them.

    Costs: a step costs a run of the template, and the encoding of the text that is new.
    """

    def __init__(
        self,
        definition: Definition,
        messages: Iterable[Any] = (),
        *,
        rewrite: str = "keep",
        tools: Any = None,
        documents: Any = None,
        template: str | None = None,
        **variables: Any,
    ) -> None:
        if rewrite not in REWRITES:
            raise ValueError(
                f"rewrite must be {', '.join(map(repr, REWRITES[:-1]))} or {REWRITES[-1]!r}, not {rewrite!r}"
            )
        for name in ("add_generation_prompt", "continue_final_message"):
            if name in variables:
                raise TypeError(f"a conversation has no {name}: prompt() begins an answer, and close() does not")
        templates = definition.chat or ChatTemplates({})
        self._definition, self._rewrite = with_template(definition, template), rewrite
        source = templates.choose(template, with_tools=tools is not None)
        check_variables(variables, source, ("documents", "rewrite", "template", "tools"))
        self._source, self._program = source, turns.program_of(source)
        self._values = guarded(lambda: template_values(templates, tools, documents, variables))
        self._codec = self._definition.codec()
        self._names = {token_id: utf8(name) for name, token_id in definition.special_tokens.items()}
        self._late = {definition.special_tokens.get(name) for name in definition.late_tokens}
        self._longest = max(map(len, self._names.values()), default=0)
        self._following: tuple[bytes, list[str | int], list[int]] = b"", [], [0]
        self._state = State([], NO_TEXT, array_of([], "uint32"), [], [], [])
        # The prompt of the last sample, and whether a step failed since the template does not write what that ends with.
        self._sampled_at, self._refused = self._state, False
        for message in messages:
            self.add(message)

    def __repr__(self) -> str:
        return f"Conversation(messages={len(self._state.messages)}, ids={len(self._state.ids)})"

    # -- what grows ----------------------------------------------------------------------------------------------------

    def add(self, message: Mapping[str, Any], ids: Iterable[int] | npt.NDArray[Any] | None = None) -> None:
        """Adds a message; with ``ids``, one that a model made by sampling them after ``prompt()``.

        A turn that made a step fail, since the template does not write the token that it ends with, can be added again with
        other ids: they take its place, and that of the messages after it.

        Raises:
            TypeError: The message is not a dict, or the ids are not integers in an order.
            UnknownTokenError: An id has no token.
            ValueError: There are ids, and no prompt before them.
        """
        state = self._sampled_at if ids is not None and self._refused else self._state
        number = len(state.messages)
        (made,) = guarded(lambda: traced_messages([message], number))
        messages = [*state.messages, made]
        if ids is None:
            self._state = State(messages, *state[1:-1], False)
            return
        if isinstance(ids, (set, frozenset, dict)):
            raise TypeError(f"token ids must be in an order, not a {type(ids).__name__}")
        held_ids: Any = ids if is_array(ids) or not hasattr(ids, "__iter__") else list(ids)  # gone over twice
        own = self._codec.decode_bytes(held_ids)
        if not state.asks:
            raise ValueError("ids are sampled after a prompt: call prompt() first")
        role = made.get("role")
        role = str.__str__(role) if isinstance(role, str) else None
        first, stop, samples = len(state.ids), len(state.ids) + len(held_ids), state.held.samples
        held = state.text.bytes_between(state.held.end, state.text.places[-1]) + own
        place = (samples[-1].place if samples else 0) + len(held)
        sample = Sample(number, role, first, stop, held, len(own), place)
        self._state = State(
            messages,
            state.text,
            going_on(state.ids, first, held_ids if is_array(held_ids) else array("I", held_ids)),
            [*state.roles, (first, stop, role)] if role is not None else state.roles,
            [*state.generated, (first, stop, True)],
            state.cuts,
            Held((*samples, sample), *state.held[1:]),
            state.kept,
            state.written,
        )
        self._sampled_at, self._refused = state, False

    def prompt(self) -> npt.NDArray[np.uint32]:
        """Returns the ids for a model to continue."""
        self._state, self._refused = self._step(generation=True), False
        return self.ids

    def close(self) -> npt.NDArray[np.uint32]:
        """Returns the ids of the conversation as it stands, for training."""
        self._state, self._refused = self._step(generation=False), False
        return self.ids

    def fork(self) -> Conversation:
        """Returns an independent copy. Costs some microseconds."""
        made = object.__new__(type(self))
        vars(made).update(vars(self))
        return made

    __copy__ = fork

    def __deepcopy__(self, _: object) -> Conversation:
        return self.fork()

    def __reduce__(self) -> NoReturn:
        raise TypeError("a conversation is not pickled: keep its messages and the sampled ids, and add them again")

    # -- what is known -------------------------------------------------------------------------------------------------

    @property
    def ids(self) -> npt.NDArray[np.uint32]:
        """The ids after the last step; read-only."""
        return self._state.ids[:]  # without NumPy, a copy

    @property
    def roles(self) -> list[str | None]:
        """For each id, the role of who said it; None for the template's own text."""
        return spread(self._state.roles, len(self._state.ids), None)

    @property
    def generated(self) -> npt.NDArray[np.bool_]:
        """For each id, whether a model writes it: it was sampled, or is in a ``{% generation %}`` block."""
        return masked(self._state.generated, len(self._state.ids))

    @property
    def sampled(self) -> npt.NDArray[np.bool_]:
        """For each id, whether it was sampled: a mask for reinforcement learning."""
        state = self._state
        return masked(((sample.first, sample.stop, True) for sample in state.held.samples), len(state.ids))

    def mask(self, role: str = "assistant", *, last: bool = False, prompt: str = "whole") -> npt.NDArray[np.bool_]:
        """For each id, whether it is to be learned (SPEC K8), as ``EncodedChat.mask`` says.

        Where the assistant's messages were sampled, these are the sampled ids, and the token behind each that ends its turn if
        the sample was cut off; messages that were not sampled are not learned then.
        """
        state = self._state
        size, samples = len(state.ids), state.held.samples
        if role != "assistant":
            if last or prompt != "whole":
                raise ValueError(f"last and prompt are for the assistant, not for {role!r}")
            return masked((found for found in state.roles if found[2] == role), size)
        if samples:
            said = {start for start, stop, role in state.roles if role == "assistant" and start < stop}
            own = [
                (sample.first, sample.stop + (sample.stop in said and int(state.ids[sample.stop]) in self._names), True)
                for sample in samples
                if sample.role == "assistant"
            ]
            return masked(own[-1 if last else 0 :], size)
        writer = Writer(self._source, self._values, True, False)
        text = concatenated(state.text.written.pieces)
        learner = Learner(self._definition, writer, state.messages[: state.written], text)
        return masked(learner.ranges(last=last, prompt=prompt), size)

    @property
    def kept(self) -> int:
        """How many ids the last step left as they were: a model's cache may keep these."""
        return self._state.kept

    @property
    def rewritten(self) -> int | None:
        """The first message whose text in the template differs from that of the ids, or None."""
        return self._state.held.rewritten

    # -- how -----------------------------------------------------------------------------------------------------------

    def _step(self, *, generation: bool) -> State:
        state = self._state
        if not state.messages:
            raise ValueError("the conversation is empty: a template needs a message")
        given = self._program, self._values, state.messages, state.text.written
        text = state.text.after(guarded(lambda: turns.run(*given, generation=generation)))
        held = self._held(text, text.begin(text.written.same))
        cuts = state.cuts[: bisect_left(state.cuts, (held.limit - self._longest,))]
        if cuts and cuts[-1][1] >= held.size:
            (place, size), before, role = cuts[-1], "token", None
        else:
            place, size, before, role = held.end, held.size, "text" if held.size else "nothing", held.role
            if size and int(state.ids[size - 1]) in self._names:
                before = "token"
        found = labelled(self._definition, text.spans(place), before, role)
        for at, end in found.tokens:
            if found.ids[at] not in self._late:
                cuts.append((place + end, size + at + 1))
        old = state.ids[size:]
        same = common_prefix(old, found.ids)
        return State(
            state.messages,
            text,
            going_on(state.ids, size + same, found.ids[same:]),
            joined(state.roles, found.roles, size),
            joined(state.generated, found.generated, size),
            cuts,
            held,
            size + same,
            len(state.messages),
            generation,
        )

    def _held(self, text: Text, alike: int) -> Held:
        """What of the ids stays, and where in the text that ends; by what is sampled."""
        samples, common = self._state.held.samples, self._common(text, alike)
        limit = alike
        while samples:
            last = samples[-1]
            start = last.place - last.own
            ahead = 0
            try:
                said, end, ahead = self._end_of(last, text, start if common >= start else 0)
            except TemplateError:
                if self._rewrite != "follow":
                    self._refused = True
                    raise
                said = end = -1
            role = last.role if said == end else None
            if end == last.place - ahead <= common:
                return Held(samples, end, last.stop, limit, role, common)
            if self._rewrite == "follow":
                samples, limit = samples[:-1], min(limit, common)
                continue
            message = self._rewritten_at(text, common)
            if self._rewrite == "raise":
                raise TemplateError(
                    f"the template now writes message {message} differently from its ids; to continue from the ids, use "
                    'rewrite="keep"; to encode it anew, "follow"'
                )
            return Held(samples, end, last.stop, limit, role, common, common < last.place, message)
        return Held(samples, 0, 0, limit)

    def _common(self, text: Text, alike: int) -> int:
        """How many bytes of what the ids hold up to the last sample are those of the text."""
        old = self._state.held
        if not old.samples:
            return 0
        known = min(old.common, alike)
        if old.differs and old.common < alike:
            return old.common
        parts = []
        for sample in reversed(old.samples):
            begin = sample.place - len(sample.held)
            parts.append(sample.held[max(known - begin, 0) :])
            if begin <= known:
                break
        held = b"".join(reversed(parts))
        return known + common_prefix(held, text.bytes_between(known, known + len(held)))

    def _rewritten_at(self, text: Text, common: int) -> int:
        """The message that a byte of what the ids hold is from."""
        samples = self._state.held.samples
        sample = next((sample for sample in samples if common < sample.place), samples[-1])
        if common >= sample.place - sample.own:
            return sample.message
        messages = (origin.message for _, origin in text.parts_from(common) if origin.message is not None)
        return min(next(messages, sample.message), sample.message)

    def _end_of(self, sample: Sample, text: Text, low: int) -> tuple[int, int, int]:
        """Where in the text the last word of a sampled message ends, and where the sample does; not before ``low``.

        Last, how many bytes of the sample are ahead of the text, which ends before its last token.
        """
        found, following = own_end(sample.message, text)
        if found < low:
            found, following = low, following[low - found :]
        ids = self._state.ids[sample.first : sample.stop]
        last = self._names.get(int(ids[-1])) if len(ids) else None
        if last is None:
            return found, found + self._ended(following, ids), 0
        at = following.find(last)
        if at < 0 and self._definition.vocab.token_id(last) == ids[-1]:
            return found, found + self._ended(following, ids), 0  # it is an ordinary token, too
        if at < 0 and found == text.places[-1]:
            return found, found, len(last)
        if at < 0:
            raise TemplateError(
                f"message {sample.message} ends with the token {last.decode()!r}, and the template writes "
                f"{following[:40].decode(errors='replace')!r}: add it again without its last id, and then the messages after it"
            )
        return found, found + at + len(last), 0

    def _ended(self, following: bytes, ids: npt.NDArray[np.uint32]) -> int:
        """How many bytes of what stands after a message its ids end with: whole characters, and special tokens as ids."""
        wanted, ends = self._units_of(following)
        last = ids[-len(following) :].tolist() if wanted else []
        if not last or (type(wanted[0]) is int and wanted[0] not in last):
            return 0
        own: list[str | int] = []
        data = b""
        for token_id in last:
            if token_id in self._names:
                own += [*data.decode(errors="surrogateescape"), token_id]
                data = b""
            else:
                data += self._codec.token_bytes(token_id) or b""
        own += data.decode(errors="surrogateescape")
        return ends[overlap(wanted, own)]

    def _units_of(self, following: bytes) -> tuple[list[str | int], list[int]]:
        """The characters and the special tokens of a text, and where each ends: kept, most turns are followed by the same."""
        if following != self._following[0]:
            wanted: list[str | int] = []
            ends = [0]
            names, trust = self._definition.special_names, ([(0, len(following))], self._definition.everywhere)
            for _, start, end, _, _, token_id in self._codec.segments(following, names, "text", trust):
                if token_id is not None:
                    wanted.append(token_id)
                    ends.append(end)
                else:
                    text = following[start:end].decode()
                    wanted += text
                    ends += accumulate((len(utf8(char)) for char in text[1:]), initial=start + len(utf8(text[:1])))
            self._following = following, wanted, ends
        return self._following[1:]
