"""`dataclass` as in the standard library, for frozen classes, which are made more than ten times as fast.

The standard library writes the source of six methods for every class and compiles it while the module is imported:
0.4 ms a class, and a command imports a hundred of them. Here the methods are closures that all classes share in shape,
and only `__init__`, which is called for every client, is compiled, once a class is instantiated more than a few times.
What a class can do is the same: the tests hold both to that. For the type checker it is the standard library's
decorator.
"""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError
from types import MemberDescriptorType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass  # noqa: TID251
else:

    def dataclass(*, frozen: bool, slots: bool = False, eq: bool = True, order: bool = False) -> Callable[[type], type]:
        """The decorator, with the choices that values need here; the standard library's has more."""
        if not frozen:
            raise TypeError("what is not frozen is not made here: use dataclasses.dataclass")
        bare = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots)  # noqa: TID251
        return lambda cls: _complete(bare(cls), eq, order)


__all__ = ["dataclass"]

Values = Callable[[object], Any]
"""Takes the fields that are compared out of a value."""


def _complete(cls: Any, eq: bool, order: bool) -> type:
    """The class with its methods; those that it has already are kept."""
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
    made: type = cls
    return made


def _refuse_to_set(_: object, name: str, __: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(_: object, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _equality(values: Values) -> dict[str, Any]:
    return {"__eq__": _comparison(operator.eq, values), "__hash__": lambda self: hash(values(self))}


def _ordering(values: Values) -> dict[str, Any]:
    return {f"__{name}__": _comparison(getattr(operator, name), values) for name in ("lt", "le", "gt", "ge")}


def _comparison(compare: Callable[[object, object], bool], values: Values) -> Callable[[object, object], bool]:
    """A method that compares two values of one class; those of different classes are never equal."""

    def compared(self: object, other: object) -> bool:
        return compare(values(self), values(other)) if other.__class__ is self.__class__ else NotImplemented

    return compared


def _repr(names: list[str]) -> Callable[[object], str]:
    def show(self: object) -> str:
        shown = ", ".join([f"{name}={getattr(self, name)!r}" for name in names])
        return f"{type(self).__qualname__}({shown})"

    return show


def _reduce(names: list[str]) -> Callable[[object], Any]:
    """For `copy`: a value is copied by making it again, since nothing can be set afterwards."""
    return lambda self: (type(self), tuple([getattr(self, name) for name in names]))


def _values_of(names: list[str]) -> Values:
    return operator.attrgetter(*names) if names else lambda _: ()


_RARE = 4
"""How often a class is instantiated before its `__init__` is compiled, which takes as long as thirty slower calls."""


def _init_when_needed(cls: Any, fields: tuple[Field[Any], ...]) -> Callable[..., None]:
    times = 0

    def __init__(self: object, *args: object, **kwargs: object) -> None:  # noqa: N807  (it is one)
        nonlocal times
        times += 1
        if times <= _RARE and (values := _values_for(fields, args, kwargs)) is not None:
            for name, value in values.items():
                object.__setattr__(self, name, value)
            return
        # Two threads may both come here: what they compile is the same. A call with wrong arguments is refused there.
        cls.__init__ = made = _compiled_init(cls, fields)
        made(self, *args, **kwargs)

    return __init__


def _values_for(
    fields: tuple[Field[Any], ...], args: tuple[object, ...], kwargs: dict[str, object]
) -> dict[str, object] | None:
    """The value of each field in a call with these arguments; None if they do not fit."""
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
        if isinstance(place, MemberDescriptorType):  # a slot: it takes the value itself, in two thirds of the time
            names[f"_set_{name}"] = place.__set__
            body.append(f"  _set_{name}(self, {value})")
        else:
            body.append(f"  _set(self, {name!r}, {value})")
    exec(f"def __init__({', '.join(parameters)}):\n" + "\n".join(body), names)  # noqa: S102  (names of our fields)
    made: Callable[..., None] = names["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return made
