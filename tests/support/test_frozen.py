"""Classes made by `reconciler.support.frozen` behave as those that the standard library makes."""

from __future__ import annotations

import copy
import dataclasses
import operator
from collections.abc import Callable
from dataclasses import FrozenInstanceError, asdict, field, fields, replace
from functools import cached_property, partial
from typing import Any, Generic, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.support.frozen import frozen

Item = TypeVar("Item")
OURS, THEIRS = frozen, partial(dataclasses.dataclass, frozen=True, slots=True)


def make(decorate: Callable[..., Any]) -> dict[str, Any]:
    """Classes of every kind that the program has."""

    @decorate()
    class Point:
        """Something with every kind of field."""

        x: int
        y: int = 2
        items: list[int] = field(default_factory=list)
        hidden: str = field(default="h", repr=False)
        aside: str | None = field(default=None, compare=False)

    @decorate(order=True)
    class Ordered:
        """It can be sorted."""

        x: int
        y: int = 0

    @decorate(eq=False)
    class Itself:
        """It equals itself alone."""

        x: int

    @decorate()
    class Empty:
        """It has no field."""

    @decorate(slots=False)
    class Caching:
        """It has no slots."""

        x: int

        @cached_property
        def double(self) -> int:
            """Worked out once."""
            return self.x * 2

    @decorate()
    class Shown(Generic[Item]):
        """It shows itself in its own way."""

        x: Item

        def __repr__(self) -> str:
            return f"<{self.x}>"

    return {each.__name__: each for each in (Point, Ordered, Itself, Empty, Caching, Shown)}


MINE, STANDARD = make(OURS), make(THEIRS)


def outcome(act: Callable[[], object]) -> object:
    """What a call gives or raises, in words that do not depend on who made the class."""
    try:
        return repr(act())
    except (TypeError, FrozenInstanceError, AttributeError) as error:
        return type(error), str(error)


CALLS: list[tuple[tuple[object, ...], dict[str, object]]] = [
    ((), {}),
    ((1,), {}),
    ((1, 3), {}),
    ((1, 3, [4], "g", "a"), {}),
    ((1, 3, [4], "g", "a", 6), {}),
    ((), {"x": 1}),
    ((), {"y": 1}),
    ((1,), {"x": 1}),
    ((1,), {"items": [1], "aside": "b"}),
    ((1,), {"z": 1}),
]


@pytest.mark.parametrize("name", list(MINE))
@pytest.mark.parametrize(("arguments", "named"), CALLS, ids=str)
def test_a_class_is_called_and_shown_in_the_same_way(
    name: str, arguments: tuple[object, ...], named: dict[str, object]
) -> None:
    """From the first time on, and after its `__init__` has been compiled."""
    mine, standard = make(OURS)[name], STANDARD[name]
    expected = outcome(lambda: standard(*arguments, **named))
    for _ in range(6):
        assert outcome(lambda: mine(*arguments, **named)) == expected


@pytest.mark.parametrize("name", list(MINE))
def test_a_class_tells_the_same_about_itself(name: str) -> None:
    mine, standard = MINE[name], STANDARD[name]
    assert [(each.name, each.repr, each.compare) for each in fields(mine)] == [
        (each.name, each.repr, each.compare) for each in fields(standard)
    ]
    assert mine.__match_args__ == standard.__match_args__
    assert getattr(mine, "__slots__", None) == getattr(standard, "__slots__", None)
    assert (mine.__doc__, mine.__qualname__, mine.__module__) == (
        standard.__doc__,
        standard.__qualname__,
        standard.__module__,
    )


@given(st.lists(st.builds(dict, x=st.integers(0, 2), y=st.integers(0, 2), aside=st.sampled_from("ab")), max_size=5))
def test_values_are_equal_and_hashed_alike(rows: list[dict[str, Any]]) -> None:
    mine, standard = ([made["Point"](**row, items=(1,)) for row in rows] for made in (MINE, STANDARD))
    assert [[a == b for b in mine] for a in mine] == [[a == b for b in standard] for a in standard]
    assert len(set(mine)) == len(set(standard))
    assert [hash(a) for a in mine] == [hash(b) for b in standard]


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=5))
def test_values_are_ordered_alike(rows: list[tuple[int, int]]) -> None:
    mine, standard = ([made["Ordered"](*row) for row in rows] for made in (MINE, STANDARD))
    assert list(map(repr, sorted(mine))) == list(map(repr, sorted(standard)))
    for compare in (operator.lt, operator.le, operator.gt, operator.ge):
        assert [[compare(a, b) for b in mine] for a in mine] == [[compare(a, b) for b in standard] for a in standard]


def test_values_of_different_classes_are_never_equal_and_have_no_order() -> None:
    assert MINE["Ordered"](1) != MINE["Itself"](1)
    with pytest.raises(TypeError):
        assert MINE["Ordered"](1) < MINE["Empty"]()


def test_a_value_that_equals_itself_alone() -> None:
    one = MINE["Itself"](1)
    assert one == one  # noqa: PLR0124
    assert one != MINE["Itself"](1)
    assert {one: 1}[one] == 1


@pytest.mark.parametrize("name", ["Point", "Ordered", "Itself", "Caching", "Shown"])
def test_nothing_can_be_set_or_deleted(name: str) -> None:
    for classes in (MINE, STANDARD):
        made = classes[name](1)
        with pytest.raises(FrozenInstanceError, match="cannot assign to field 'x'"):
            made.x = 2
        with pytest.raises(FrozenInstanceError, match="cannot delete field 'x'"):
            del made.x
        assert made.x == 1


def test_a_value_can_be_changed_into_another_taken_apart_and_copied() -> None:
    one = MINE["Point"](1, items=[5])
    assert replace(one, x=3) == MINE["Point"](3, items=[5])
    assert asdict(one) == {"x": 1, "y": 2, "items": [5], "hidden": "h", "aside": None}
    assert copy.copy(one) == one
    deep = copy.deepcopy(one)
    assert deep == one
    assert deep.items is not one.items


def test_each_value_has_a_default_of_its_own() -> None:
    assert MINE["Point"](1).items is not MINE["Point"](1).items


def test_a_value_can_be_matched() -> None:
    ordered = MINE["Ordered"]
    match ordered(1, 2):
        case ordered(x, y):
            assert (x, y) == (1, 2)


def test_what_has_no_slots_may_cache() -> None:
    one = MINE["Caching"](2)
    assert (one.double, one.double) == (4, 4)


def test_without_arguments_it_needs_no_parentheses() -> None:
    @frozen
    class Bare:
        """Decorated as most classes are."""

        x: int

    assert Bare(1) == Bare(1)
    assert not hasattr(Bare(1), "__dict__")
