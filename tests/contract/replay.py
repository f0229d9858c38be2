"""Plays recorded exchanges against an address, and says how its answers differ from those of the platform."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

EXCHANGES = Path(__file__).parent / "exchanges"

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
    """The id of the next client, where it was moved from 4."""


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
            _move_next_id(stack.enter_context(closing(_Visitor(base))), recorded.next_id)
        jars: dict[str | None, _Visitor] = {}
        for number, step in enumerate(load(recorded.name, scenario)["steps"]):
            session = step["request"]["session"]
            # Somebody without a session has an empty cookie jar in each step.
            jar = jars.get(session) or stack.enter_context(closing(_Visitor(base)))
            jars |= {} if session is None else {session: jar}
            answer = jar.play(step["request"])
            if is_compared(scenario, step):
                found += [f"{number} {step['title']}: {one}" for one in differences(step["response"], answer, base)]
    return found


class _Visitor:
    """A cookie jar with one connection. It follows no redirect, and does little else: thousands of steps are played."""

    def __init__(self, base: str) -> None:
        self._connection = HTTPConnection(urlsplit(base).netloc, timeout=10)
        self._cookies: dict[str, str] = {}

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def play(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Send a recorded request; return the answer in the form of a recorded one."""
        body, headers = _body(asked)
        headers |= asked.get("headers", {})
        if self._cookies and "Host" not in headers:  # a cookie is for the host that set it
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        self._connection.request(asked["method"], asked["path"], body, headers)
        response = self._connection.getresponse()
        content = response.read()
        set_cookies = [text.partition(";")[0].partition("=") for text in response.headers.get_all("Set-Cookie", ())]
        self._cookies.update({name: value for name, _, value in set_cookies})
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        found = {
            "status": response.status,
            "content_type": kind,
            "location": response.headers.get("Location"),
            "sets_cookies": [name for name, _, _ in set_cookies],
        }
        summary: dict[str, Any] = {key: value for key, value in found.items() if value}
        return {**summary, "json": json.loads(content)} if kind == "application/json" and content else summary


def _body(asked: Mapping[str, Any]) -> tuple[str | bytes | None, dict[str, str]]:
    """The body of a recorded request, and the headers that go with it."""
    headers = {"Accept": "*/*", "User-Agent": "exchanges/1.0"}  # some versions fail at well-known programs
    if "json" in asked:
        return json.dumps(asked["json"]), {**headers, "Content-Type": "application/json"}
    if "form" in asked:
        return urlencode(asked["form"], doseq=True), {**headers, "Content-Type": "application/x-www-form-urlencoded"}
    raw: str | None = asked.get("raw")
    return None if raw is None else raw.encode(), headers


def _move_next_id(jar: _Visitor, next_id: int) -> None:
    """Create and delete clients until the id of the next one is `next_id`."""
    wish = {"name": "gap", "types": ["authorization_code_grant"], "redirect": "https://gap.example/"}
    requests: list[dict[str, Any]] = [
        {"method": "POST", "path": "/login", "form": {"username": "admin", "password": "Admin-pass-1"}},
        *({"method": "POST", "path": "/oauth/clients", "json": wish} for _ in range(next_id - 4)),
        *({"method": "DELETE", "path": f"/oauth/clients/{each}"} for each in range(4, next_id)),
        {"method": "GET", "path": "/logout"},
    ]
    for each in requests:
        assert jar.play({**each, "headers": {"Accept": "application/json"}})["status"] < 400, each


def differences(expected: Mapping[str, Any], actual: Mapping[str, Any], base: str) -> list[str]:
    """Every place where an answer is not what the platform answered; placeholders are matched by their shape."""
    return list(_compare("answer", expected, actual, base))


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
