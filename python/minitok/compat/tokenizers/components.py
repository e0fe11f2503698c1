"""``Component``: a step of the pipeline, held as the JSON that a ``tokenizer.json`` has for it.

The classes of ``normalizers``, ``pre_tokenizers``, ``processors`` and ``decoders`` are made of it. A class lists its options;
its attributes, its JSON, its pickle and its ``repr`` follow from them. Changes of an attribute take effect in the tokenizers
that have the component, and in the sequences that it is part of.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from minitok.backend.shortcuts import tokenizers_changed
from minitok.errors import ComponentError

from .options import instance, unsigned
from .shown import Shown

if TYPE_CHECKING:
    from typing_extensions import Self

    from .options import Option


class Component(Shown):
    """A step of the pipeline.

    Attributes:
        state: Its JSON; of a sequence, its parts are components.
        custom_object: The Python object that does the work, or None.
    """

    family: ClassVar[type[Component]]
    # Of each family: its classes by the type that they have in JSON.
    kinds: ClassVar[dict[str, type[Component]]]
    # The options in the order of a file.
    options: ClassVar[tuple[Option, ...]] = ()
    # The arguments of the constructor, which follow from the options.
    __signature__: ClassVar[Signature]
    # Where parts are listed, in a sequence.
    parts_field: ClassVar[str | None] = None
    # Goes up with every change of any component: pipelines look again whether theirs have changed.
    changes: ClassVar[int] = 0

    state: dict[str, Any]
    custom_object: Any = None

    def __init__(self, *args: Any, **values: Any) -> None:
        if type(self) is self.family:
            raise TypeError(f"cannot create {type(self).__name__!r} instances")
        given = self.__signature__.bind(*args, **values)
        given.apply_defaults()
        if self.parts_field is not None:
            self._hold_parts(given.arguments[self.parts_field])
            return
        checked = [option.kind.check(value) for option, value in zip(self.options, given.arguments.values())]
        self._hold(dict(zip([option.field for option in self.options], checked)))

    def __init_subclass__(cls) -> None:
        if Component in cls.__bases__:
            cls.family, cls.kinds = cls, {}
            return
        cls.kinds[cls.__name__] = cls
        rows = [(option.argument or option.name, option.default) for option in cls.options]
        rows += [] if cls.parts_field is None else [(cls.parts_field, ...)]
        kind, empty = Parameter.POSITIONAL_OR_KEYWORD, Parameter.empty
        cls.__signature__ = Signature(
            [Parameter(name, kind, default=empty if default is ... else default) for name, default in rows]
        )

    @classmethod
    def named(cls, name: str, doc: str, *options: Option, **members: Any) -> type[Self]:
        """A class of the family."""
        members |= {"__doc__": doc, "__module__": cls.__module__, "options": options}
        return type(name, (cls,), members)

    def _hold(self, fields: dict[str, Any]) -> None:
        """Sets the fields, which have been checked."""
        vars(self)["state"] = {"type": type(self).__name__, **fields}

    def _hold_parts(self, parts: Any) -> None:
        """Sets the parts of a sequence. Sequences among them are taken apart."""
        held = [as_component(part, self.family) for part in instance(parts, list, tuple)]
        flat = [one for part in held for one in (part.parts if part.parts_field else [part])]
        self._hold({str(self.parts_field): flat})

    @classmethod
    def custom(cls, component: Any) -> Self:
        """A component that is run by a Python object. It cannot be written to a file."""
        made: Any = cls.family.__new__(cls.family)
        vars(made).update(state={}, custom_object=component)
        return made  # type: ignore[no-any-return]  # a class of the family

    @classmethod
    def from_state(cls, state: Any) -> Self:
        """The component of a piece of JSON. A type that this package does not name is held as it is."""
        if not isinstance(state, dict) or not isinstance(state.get("type"), str):
            raise TypeError(f"{cls.family.__name__} must be an object with a type, not {state!r}")
        kind: Any = cls.family.kinds.get(state["type"], cls.family)
        made: Self = kind.__new__(kind)
        if kind is kind.family:
            vars(made)["state"] = dict(state)
        elif kind.parts_field is None:
            made._hold(kind.read_options(state))
        elif isinstance(parts := state.get(kind.parts_field), list):
            made._hold_parts([kind.family.from_state(part) for part in parts])
        else:
            raise TypeError(f"{state['type']} has no list of {kind.parts_field}")
        return made

    @classmethod
    def read_options(cls, state: dict[str, Any]) -> dict[str, Any]:
        """The options out of a file."""
        try:
            return {option.field: option.in_file(state) for option in cls.options}
        except KeyError as error:
            raise TypeError(f"{state['type']} has no field {error}") from None

    def as_json(self) -> dict[str, Any]:
        """The JSON, with the parts of a sequence written out.

        Raises:
            ComponentError: A Python object runs it.
        """
        if self.custom_object is not None:
            raise ComponentError(f"Custom {self.family.__name__} cannot be serialized")
        field = self.parts_field
        return self.state if field is None else {**self.state, field: [part.as_json() for part in self.parts]}

    @property
    def parts(self) -> list[Any]:
        if self.parts_field is None:
            raise TypeError(f"{type(self).__name__!r} object is not a sequence")
        parts: list[Any] = self.state[self.parts_field]
        return parts

    @property
    def is_custom(self) -> bool:
        """Whether a Python object runs it, or a part of it."""
        return self.custom_object is not None or any(
            part.is_custom for part in (self.parts if self.parts_field else ())
        )

    def _call(self, method: str, argument: Any) -> Any:
        """Calls a method of the Python object. Raises ComponentError with what it raises."""
        try:
            return getattr(self.custom_object, method)(argument)
        except Exception as error:
            raise ComponentError(f"{type(error).__name__}: {error}") from error

    def _run(self, method: str, kind: str, given: Any) -> None:
        """Changes a string of a kind: by the Python object's method, by the parts one after the other, or by ``_apply``."""
        text = given.lent() if isinstance(given, Borrowed) else given
        if self.custom_object is not None:
            message = f"Cannot use a {kind}RefMut outside `{method}`"
            Borrowed.lend(text, message, lambda lent: self._call(method, lent))
        elif self.parts_field is None:
            self._apply(text)
        else:
            for part in self.parts:
                getattr(part, method)(text)

    def _apply(self, given: Any) -> Any:
        del given
        self._refuse()

    def _refuse(self) -> NoReturn:
        """Raises ComponentError: a component that is only held was to be run."""
        raise ComponentError(f"minitok does not run the {self.family.__name__} {self.state['type']}")

    def copy(self) -> Self:
        """A copy that changes by itself. What a Python object does stays shared."""
        if self.custom_object is not None:
            return self
        made = type(self).__new__(type(self))
        field = self.parts_field
        vars(made)["state"] = self.state | ({field: [part.copy() for part in self.parts]} if field else {})
        return made

    def key(self) -> Any:
        """What two components have in common that do the same."""
        if self.custom_object is not None:
            return id(self.custom_object)
        return [part.key() for part in self.parts] if self.parts_field is not None else dict(self.state)

    # -- attributes ----------------------------------------------------------------------------------------------------

    def _option(self, name: str) -> Option:
        for option in self.options:
            if option.name == name and option.kind.show is not None:
                return option
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __getattr__(self, name: str) -> Any:
        option = self._option(name)
        return option.kind.show(self.state[option.field])  # type: ignore[misc]  # an attribute has one

    def __setattr__(self, name: str, value: Any) -> None:
        option = self._option(name)
        self.state[option.field] = option.kind.check(value)
        note_change()

    # -- the parts of a sequence ---------------------------------------------------------------------------------------

    def _place(self, index: int) -> int:
        if unsigned(index) >= len(self.parts):
            raise IndexError("Index not found")
        return index

    def __getitem__(self, index: int) -> Any:
        return self.parts[self._place(index)]

    def __setitem__(self, index: int, value: Any) -> None:
        component = as_component(value, self.family)
        if component.parts_field is not None:
            raise ComponentError(f"a part of a sequence is not a {type(component).__name__}")
        self.parts[self._place(index)] = component
        note_change()

    def __len__(self) -> int:
        return len(self.parts)

    def __bool__(self) -> bool:
        return True

    # -- as an object --------------------------------------------------------------------------------------------------

    def __getstate__(self) -> bytes:
        try:
            return super().__getstate__()
        except ComponentError as error:
            raise ComponentError(f"Error while attempting to pickle {self.family.__name__}: {error}") from None

    def __reduce__(self) -> tuple[Any, ...]:
        return restored, (self.family, self.__getstate__())

    def __setstate__(self, state: bytes) -> None:
        vars(self)["state"] = restored(self.family, state).state

    def __eq__(self, other: object) -> bool:
        if self is other or not isinstance(other, Component):
            return self is other or NotImplemented
        is_custom = self.is_custom or other.is_custom
        return not is_custom and self.family is other.family and self.as_json() == other.as_json()

    __hash__ = None  # type: ignore[assignment]  # it can change


class Borrowed:
    """An object that a custom component may use while it is called, and not afterwards."""

    __slots__ = ("_message", "_object")

    def __init__(self, borrowed: Any, message: str) -> None:
        self._object, self._message = borrowed, message

    def __getattr__(self, name: str) -> Any:
        return getattr(self.lent(), name)

    def lent(self) -> Any:
        """The object. Raises ComponentError if it has been given back."""
        if self._object is None:
            raise ComponentError(self._message)
        return self._object

    @classmethod
    def lend(cls, borrowed: Any, message: str, use: Callable[[Any], Any]) -> None:
        """Lends an object as long as a call lasts; later uses raise ComponentError with the message."""
        lent = cls(borrowed, message)
        try:
            use(lent)
        finally:
            lent._object = None


def restored(family: type[Component], state: bytes) -> Component:
    """A component out of its pickle."""
    return family.from_state(json.loads(state))


def as_component(value: Any, family: type[Component]) -> Component:
    """The component of a family that is meant: one of minitok's, or one of ``tokenizers``."""
    state = None if isinstance(value, Component) or not hasattr(value, "__getstate__") else value.__getstate__()
    if isinstance(state, bytes):
        return restored(family, state)
    return instance(value, family)  # type: ignore[no-any-return]  # a component of the family


def note_change() -> None:
    """Notes that a component has been changed in place."""
    Component.changes += 1
    tokenizers_changed()
