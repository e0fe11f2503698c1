"""``Component``: a step of the pipeline, held as the JSON that a ``tokenizer.json`` has for it.

The classes of ``normalizers``, ``pre_tokenizers``, ``processors`` and ``decoders`` are made of it: their constructors write the
JSON, their attributes are its fields, and what they do is read from it.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Component", "Regex", "pattern_state", "state_of"]

# Values that stand without quotes in a `repr`.
BARE = ("behavior", "prepend_scheme")


class Regex:
    """A regular expression, where a string would be taken as it is."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern


class Component:
    """A step of the pipeline. Changes of a field take effect in the tokenizers that have it.

    Attributes:
        state: Its JSON.
    """

    family: ClassVar[type[Component]]
    # Of each family: its classes by the type that they have in JSON.
    kinds: ClassVar[dict[str, type[Component]]]
    # Attributes that have another name in JSON.
    renamed: ClassVar[dict[str, str]] = {}
    # The fields in the order of a file, and what each is if the file does not have it; `...` for one that it must have.
    defaults: ClassVar[dict[str, Any]] = {}
    # Where parts are listed, in a sequence.
    parts_field: ClassVar[str | None] = None
    # Goes up with every change of any component: pipelines look again whether theirs have changed.
    changes: ClassVar[int] = 0

    state: dict[str, Any]

    def __init_subclass__(cls) -> None:
        if Component in cls.__bases__:
            cls.family, cls.kinds = cls, {}
        else:
            cls.kinds[cls.__name__] = cls

    def _become(self, **fields: Any) -> None:
        object.__setattr__(self, "state", {"type": type(self).__name__, **fields})

    @classmethod
    def from_state(cls, state: Any) -> Self:
        """The component of a piece of JSON. A type that this package does not name is held as it is."""
        kind = cls.family.kinds.get(str(state.get("type")), cls.family) if isinstance(state, dict) else None
        if kind is None:
            raise TypeError(f"{cls.family.__name__} must be an object with a type, not {state!r}")
        made = kind.__new__(kind)
        fields = {key: value for key, value in state.items() if key != "type"}
        if kind.parts_field is not None:
            if not isinstance(parts := fields.get(kind.parts_field), list):
                raise TypeError(f"{state['type']} has no list of {kind.parts_field}")
            fields[kind.parts_field] = [kind.family.from_state(part) for part in parts]
        fields = kind.defaults | fields
        if missing := [key for key, value in fields.items() if value is ...]:
            raise TypeError(f"{state['type']} has no field {missing[0]!r}")
        object.__setattr__(made, "state", {"type": state["type"], **fields})
        return made  # type: ignore[return-value]  # a class of the family

    def as_json(self) -> dict[str, Any]:
        """The JSON, with the parts of a sequence written out."""
        field = self.parts_field
        return self.state if field is None else {**self.state, field: [part.as_json() for part in self.state[field]]}

    def __getattr__(self, name: str) -> Any:
        state = self.__dict__.get("state", {})
        key = self.renamed.get(name, name)
        if name.startswith("_") or key not in state or key == "type":
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return state[key]

    def __setattr__(self, name: str, value: Any) -> None:
        key = self.renamed.get(name, name)
        if key not in self.state or key == "type":
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        self.state[key] = value
        Component.changes += 1

    def __getitem__(self, index: int) -> Any:
        return self._parts()[index]

    def __setitem__(self, index: int, value: Any) -> None:
        self._parts()[index] = self.family.from_state(state_of(value))
        Component.changes += 1

    def __len__(self) -> int:
        return len(self._parts())

    def __bool__(self) -> bool:
        return True

    def _parts(self) -> list[Any]:
        if self.parts_field is None:
            raise TypeError(f"{type(self).__name__!r} object is not a sequence")
        parts: list[Any] = self.state[self.parts_field]
        return parts

    def __getstate__(self) -> bytes:
        return json.dumps(self.as_json(), ensure_ascii=False, separators=(",", ":")).encode()

    def __setstate__(self, state: bytes) -> None:
        object.__setattr__(self, "state", self.family.from_state(json.loads(state)).state)

    def __reduce__(self) -> tuple[Any, ...]:
        return restored, (self.family, self.__getstate__())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Component):
            return NotImplemented
        return self.family is other.family and self.as_json() == other.as_json()

    __hash__ = None  # type: ignore[assignment]  # it can change

    def __repr__(self) -> str:
        return shown(self.as_json())


def restored(family: type[Component], state: bytes) -> Component:
    """A component out of its pickle."""
    return family.from_state(json.loads(state))


def state_of(component: Any) -> Any:
    """The JSON of a component, of minitok's or of ``tokenizers``."""
    if isinstance(component, Component):
        return component.as_json()
    state = component.__getstate__() if hasattr(component, "__getstate__") else None
    if not isinstance(state, bytes):
        raise TypeError(f"a {type(component).__name__!r} object is not a component of a tokenizer")
    return json.loads(state)


def pattern_state(pattern: Any) -> dict[str, str]:
    """A pattern as JSON: a string, or a ``Regex`` of minitok's or of ``tokenizers``."""
    if isinstance(pattern, str):
        return {"String": pattern}
    if isinstance(pattern, Regex):
        return {"Regex": pattern.pattern}
    found = re.fullmatch(r'Regex\("(.*)"\)', repr(pattern), re.DOTALL)
    if found is None:
        raise TypeError(f"a pattern must be str or Regex, not {type(pattern).__name__}")
    return {"Regex": found[1]}


def shown(value: Any, key: str = "") -> str:
    """A state as ``tokenizers`` shows it."""
    if isinstance(value, list):
        inner = ", ".join(map(shown, value))
        return f"({inner})" if key in ("sep", "cls") else f"[{inner}]"
    if not isinstance(value, dict):
        return f'"{value}"' if isinstance(value, str) and key not in BARE else str(value)
    if key == "special_tokens":
        return f"{{{', '.join(f'{shown(name)}:SpecialToken({shown_fields(token)})' for name, token in value.items())}}}"
    if "type" in value:
        return f"{value['type']}({shown_fields({name: part for name, part in value.items() if name != 'type'})})"
    kind, content = next(iter(value.items()))
    if kind == "Sequence":
        return f"Sequence(id={content['id']}, type_id={content['type_id']})"
    return f"{kind}({shown_fields(content) if isinstance(content, dict) else shown(content)})"


def shown_fields(fields: dict[str, Any]) -> str:
    """The fields of a state."""
    return ", ".join(f"{name}={shown(part, name)}" for name, part in fields.items())
