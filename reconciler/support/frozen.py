"""`frozen`: a decorator that makes a frozen dataclass with slots, more than ten times as fast as the standard library.

The standard library generates the source of six methods for every class and compiles it during import: 0.4 ms per
class, and a command imports a hundred of them. Here the methods are closures with the same code for all classes. Only
`__init__`, which is called for every client, is compiled, once a class has been instantiated more than a few times.
`fields`, `replace` and `asdict` of `dataclasses` work as usual, and the type checker sees a frozen dataclass (PEP 681);
tests compare both kinds of classes.
"""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError
from types import MemberDescriptorType
from typing import Any, TypeVar, dataclass_transform, overload

Class = TypeVar("Class", bound=type)


@overload
def frozen(cls: Class, /) -> Class: ...
@overload
def frozen(*, slots: bool = ..., eq: bool = ..., order: bool = ...) -> Callable[[Class], Class]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def frozen(
    cls: Class | None = None, /, *, slots: bool = True, eq: bool = True, order: bool = False
) -> Class | Callable[[Class], Class]:
    """Make a class a frozen dataclass, as `dataclasses.dataclass(frozen=True, slots=True)` does."""

    def make(cls: Class) -> Class:
        bare = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots)  # noqa: TID251
        made: Class = _complete(bare(cls), eq, order)
        return made

    return make if cls is None else make(cls)


__all__ = ["frozen"]

Values = Callable[[object], Any]
"""A function that returns the compared fields of a value."""


def _complete(cls: Any, eq: bool, order: bool) -> Any:
    """Add the methods to a class; those that it already has are kept."""
    fields = dataclasses.fields(cls)
    methods: dict[str, Any] = {
        "__init__": _init_when_needed(cls, fields),
        "__repr__": _repr([field.name for field in fields if field.repr]),
        "__reduce__": _reduce([field.name for field in fields]),
    }
    values = _values_of([field.name for field in fields if field.compare])
    methods |= _equality(values) if eq else {}
    methods |= _ordering(values) if order else {}
    for name, method in methods.items():
        if name not in cls.__dict__:
            setattr(cls, name, method)
    cls.__setattr__, cls.__delattr__ = _refuse_to_set, _refuse_to_delete
    return cls


def _refuse_to_set(_: object, name: str, __: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(_: object, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _equality(values: Values) -> dict[str, Any]:
    return {"__eq__": _comparison(operator.eq, values), "__hash__": lambda self: hash(values(self))}


def _ordering(values: Values) -> dict[str, Any]:
    return {f"__{name}__": _comparison(getattr(operator, name), values) for name in ("lt", "le", "gt", "ge")}


def _comparison(compare: Callable[[object, object], bool], values: Values) -> Callable[[object, object], bool]:
    """A method that compares two values of the same class; values of different classes are never equal."""

    def compared(self: object, other: object) -> bool:
        return compare(values(self), values(other)) if other.__class__ is self.__class__ else NotImplemented

    return compared


def _repr(names: list[str]) -> Callable[[object], str]:
    def show(self: object) -> str:
        shown = ", ".join([f"{name}={getattr(self, name)!r}" for name in names])
        return f"{type(self).__qualname__}({shown})"

    return show


def _reduce(names: list[str]) -> Callable[[object], Any]:
    """For `copy`: a value is copied by creating it again, since nothing can be set afterwards."""
    return lambda self: (type(self), tuple([getattr(self, name) for name in names]))


def _values_of(names: list[str]) -> Values:
    return operator.attrgetter(*names) if names else lambda _: ()


_RARE = 4
"""How often a class is instantiated before its `__init__` is compiled. Compiling takes as long as 30 slower calls."""


def _init_when_needed(cls: Any, fields: tuple[Field[Any], ...]) -> Callable[..., None]:
    times = 0

    def __init__(self: object, *args: object, **kwargs: object) -> None:  # noqa: N807  (it is one)
        nonlocal times
        times += 1
        if times <= _RARE and (values := _values_for(fields, args, kwargs)) is not None:
            for name, value in values.items():
                object.__setattr__(self, name, value)
            return
        # Two threads may both get here: they compile the same code. That code raises if the arguments are wrong.
        cls.__init__ = made = _compiled_init(cls, fields)
        made(self, *args, **kwargs)

    return __init__


def _values_for(
    fields: tuple[Field[Any], ...], args: tuple[object, ...], kwargs: dict[str, object]
) -> dict[str, object] | None:
    """The value of each field in a call with these arguments; None if the arguments are wrong."""
    given = dict(zip([field.name for field in fields], args, strict=False))
    if len(given) < len(args) or not given.keys().isdisjoint(kwargs):
        return None
    given |= kwargs
    values = {}
    for field in fields:
        if field.name in given:
            values[field.name] = given.pop(field.name)
        elif field.default is not MISSING:
            values[field.name] = field.default
        elif field.default_factory is not MISSING:
            values[field.name] = field.default_factory()
        else:
            return None
    return None if given else values


def _compiled_init(cls: type, fields: tuple[Field[Any], ...]) -> Callable[..., None]:
    """`__init__` with a parameter for each field."""
    names: dict[str, Any] = {"_set": object.__setattr__, "_MISSING": MISSING}
    parameters, body = ["self"], ["  pass"]
    for name, field in ((field.name, field) for field in fields):
        value = name
        if field.default_factory is not MISSING:
            names[f"_make_{name}"] = field.default_factory
            parameters.append(f"{name}=_MISSING")
            value = f"_make_{name}() if {name} is _MISSING else {name}"
        elif field.default is not MISSING:
            names[f"_default_{name}"] = field.default
            parameters.append(f"{name}=_default_{name}")
        else:
            parameters.append(name)
        place = getattr(cls, name, None)
        if isinstance(place, MemberDescriptorType):  # a slot: setting it directly takes two thirds of the time
            names[f"_set_{name}"] = place.__set__
            body.append(f"  _set_{name}(self, {value})")
        else:
            body.append(f"  _set(self, {name!r}, {value})")
    exec(f"def __init__({', '.join(parameters)}):\n" + "\n".join(body), names)  # noqa: S102  (names of our fields)
    made: Callable[..., None] = names["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return made
