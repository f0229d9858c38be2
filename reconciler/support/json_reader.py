"""Read decoded JSON value by value, and check each: `WrongShape` names the one that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from reconciler.support.frozen import frozen
from reconciler.support.text import quoted

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

_LARGEST = 2**63 - 1
"""The largest integer in the platform's database; anything larger cannot be an ID or a number of clients."""


JsonData = str | bool | int | Sequence["JsonData"] | Mapping[str, "JsonData"]
"""Plain data for JSON and YAML, without null."""


class WrongShape(Exception):
    """A value has the wrong type or form. The text contains its place, never the value."""


@frozen
class JsonValue:
    """A value and its place, such as `changes[3].before.name`."""

    value: object
    place: str = ""

    def record(self, keys: Sequence[str]) -> Mapping[str, JsonValue]:
        """The values of an object that has exactly these keys."""
        if not isinstance(self.value, dict):
            raise self._not("an object")
        if self.value.keys() != set(keys):
            self._refuse_keys(self.value, keys)
        prefix = f"{self.place}." if self.place else ""
        return {key: JsonValue(value, prefix + key) for key, value in self.value.items()}

    def _refuse_keys(self, found: Mapping[str, object], keys: Sequence[str]) -> None:
        for key in keys:
            if key not in found:
                raise WrongShape(f"`{self._inside(key)}` is missing")
        for key in found:
            if key not in keys:
                raise WrongShape(f"{quoted(self._inside(key))} is not a key of this format")

    def each(self, read: Callable[[JsonValue], T]) -> tuple[T, ...]:
        """The items of a list, each read in the same way."""
        if not isinstance(self.value, list):
            raise self._not("a list")
        return tuple(read(JsonValue(item, f"{self.place}[{index}]")) for index, item in enumerate(self.value))

    def unless_null(self, read: Callable[[JsonValue], T]) -> T | None:
        """The value, or None for null."""
        return None if self.value is None else read(self)

    def null(self) -> None:
        """Raise `WrongShape` unless the value is null."""
        if self.value is not None:
            raise self._not("null")

    def text(self) -> str:
        """Any text. It can contain lone surrogates, for example from a file name that is not UTF-8."""
        if not isinstance(self.value, str):
            raise self._not("text")
        return self.value

    def valid_text(self) -> str:
        """Text that can be sent: without lone surrogates."""
        text = self.text()
        if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
            raise self._not("text that can be sent: it contains half a character")
        return text

    def number(self, least: int = 0) -> int:
        """An integer; true and 1.0 are not integers here."""
        if type(self.value) is not int or not least <= self.value <= _LARGEST:
            raise self._not(f"a whole number from {least} on")
        return self.value

    def client_id(self) -> int:
        """The id of a client."""
        return self.number(1)

    def flag(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            raise self._not("true or false")
        return self.value

    def time(self) -> datetime:
        """A time with its UTC offset, in ISO 8601. It can be converted to UTC."""
        try:
            time = datetime.fromisoformat(self.text())
            time.astimezone(UTC)
        except (ValueError, OverflowError):  # too large or too small: in the first or last hours that datetime covers
            time = None
        if time is None or time.tzinfo is None:
            raise self._not("a time with a time zone")
        return time

    def one_of(self, choices: type[E]) -> E:
        """One of the values of an enumeration."""
        if isinstance(self.value, str):
            try:
                return choices(self.value)
            except ValueError:
                pass
        raise self._not(f"one of {', '.join(choices)}")

    def _inside(self, key: str) -> str:
        return f"{self.place}.{key}" if self.place else key

    def _not(self, wanted: str) -> WrongShape:
        return WrongShape(f"`{self.place}` is not {wanted}" if self.place else f"it is not {wanted}")
