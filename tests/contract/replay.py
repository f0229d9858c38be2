"""Plays recorded exchanges against an address, and says how its answers differ from those of the platform."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import requests

EXCHANGES = Path(__file__).parent / "exchanges"

_AGENT = {"User-Agent": "exchanges/1.0"}  # some versions fail at a login by well-known programs
_SHAPES = {
    "<secret:40>": re.compile(r"[A-Za-z0-9]{40}"),
    "<hash:60>": re.compile(r"\$2y\$\d\d\$[A-Za-z0-9./]{53}"),
    "<timestamp>": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000000Z"),
}
_SECONDS = re.compile(r"\b\d+ seconds")


@dataclass(frozen=True)
class RecordedSet:
    """What was recorded from one platform, in one state of its database."""

    name: str
    platform: str
    upgraded: bool
    scenarios: tuple[str, ...]
    steps: int
    """How many steps are compared."""
    next_id: int | None = None
    """The id of the next client, where it was moved."""


@cache
def _index() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((EXCHANGES / "lines.json").read_text(encoding="utf-8"))
    return loaded


def recorded_sets() -> list[RecordedSet]:
    """All sets of recorded exchanges."""
    return [
        RecordedSet(name, **{**each, "scenarios": tuple(each["scenarios"])}) for name, each in _index()["sets"].items()
    ]


@cache
def load(recorded: str, scenario: str) -> dict[str, Any]:
    """A recorded scenario of a set: settings and steps."""
    loaded: dict[str, Any] = json.loads((EXCHANGES / recorded / f"{scenario}.json").read_text(encoding="utf-8"))
    return loaded


def is_compared(scenario: str, step: Mapping[str, Any]) -> bool:
    """Whether the answer to a step must be the recorded one; some steps only lead to others."""
    return not scenario.startswith("probes-") or re.match(_index()["paths"], step["request"]["path"]) is not None


def differing_steps(recorded: RecordedSet, scenario: str, base: str) -> list[str]:
    """Play a scenario against a fresh installation at `base`; return what differs, by step.

    The steps share cookie jars and the state of the server, so they are played in order.
    """
    found = []
    with ExitStack() as stack:
        if recorded.next_id is not None:
            _move_next_id(stack.enter_context(_Visitor()), base, recorded.next_id)
        jars: dict[str | None, _Visitor] = {}
        for number, step in enumerate(load(recorded.name, scenario)["steps"]):
            session = step["request"]["session"]
            # Somebody without a session has an empty cookie jar in each step.
            jar = jars.get(session) or stack.enter_context(_Visitor())
            jars |= {} if session is None else {session: jar}
            answer = jar.play(step["request"], base)
            if is_compared(scenario, step):
                found += [f"{number} {step['title']}: {one}" for one in differences(step["response"], answer, base)]
    return found


class _Visitor(requests.Session):
    """A cookie jar that follows no redirect."""

    def __init__(self) -> None:
        super().__init__()
        self.headers.update(_AGENT)

    def play(self, asked: Mapping[str, Any], base: str) -> dict[str, Any]:
        """Send a recorded request; return the answer in the form of a recorded one."""
        response = self.request(
            asked["method"],
            base + asked["path"],
            headers=asked.get("headers"),
            json=asked.get("json"),
            data=asked.get("form", asked.get("raw")),
            allow_redirects=False,
            timeout=10,
        )
        return _summary(response)


def _move_next_id(jar: _Visitor, base: str, next_id: int) -> None:
    """Create and delete clients until the id of the next one is `next_id`."""
    headers = {"Accept": "application/json"}
    wish = {"name": "gap", "types": ["authorization_code_grant"], "redirect": "https://gap.example/"}
    jar.post(f"{base}/login", data={"username": "admin", "password": "Admin-pass-1"}, headers=headers, timeout=10)
    made = 0
    while made < next_id - 1:
        made = jar.post(f"{base}/oauth/clients", json=wish, headers=headers, timeout=10).json()["id"]
        jar.delete(f"{base}/oauth/clients/{made}", headers=headers, timeout=10).raise_for_status()
    assert made == next_id - 1, f"the next id is {made + 1} already"
    jar.get(f"{base}/logout", allow_redirects=False, timeout=10)


def differences(expected: Mapping[str, Any], actual: Mapping[str, Any], base: str) -> list[str]:
    """Every place where an answer is not what the platform answered; placeholders are matched by their shape."""
    return list(_compare("answer", expected, actual, base))


def _summary(response: requests.Response) -> dict[str, Any]:
    """An answer in the form of a recorded one."""
    kind = response.headers.get("Content-Type", "").partition(";")[0]
    cookies = [text.partition("=")[0] for text in response.raw.headers.getlist("Set-Cookie")]
    found = {
        "status": response.status_code,
        "content_type": kind,
        "location": response.headers.get("Location"),
        "sets_cookies": cookies,
    }
    summary: dict[str, Any] = {key: value for key, value in found.items() if value}
    return {**summary, "json": response.json()} if kind == "application/json" and response.content else summary


def _compare(place: str, expected: Any, actual: Any, base: str) -> Iterator[str]:
    match expected:
        case dict() if isinstance(actual, dict):
            for key in sorted(expected.keys() | actual.keys()):
                yield from _compare(f"{place}.{key}", expected.get(key), actual.get(key), base)
        case list() if isinstance(actual, list) and len(actual) == len(expected):
            for number, (one, other) in enumerate(zip(expected, actual, strict=True)):
                yield from _compare(f"{place}[{number}]", one, other, base)
        case str() if isinstance(actual, str):
            if not _same_text(expected, actual, base):
                yield f"{place}: {expected!r} expected, got {actual!r}"
        case _:
            # True is not 1, nor 5 the text "5".
            if type(expected) is not type(actual) or expected != actual:
                yield f"{place}: {expected!r} expected, got {actual!r}"


def _same_text(expected: str, actual: str, base: str) -> bool:
    if shape := _SHAPES.get(expected):
        return shape.fullmatch(actual) is not None
    if "<n> seconds" in expected:
        actual = _SECONDS.sub("<n> seconds", actual)
    return expected.replace("<base>", base) == actual
