"""Plays recorded exchanges against an address, and says how its answers differ from those of the platform."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import requests

EXCHANGES = Path(__file__).parent / "exchanges"

_SHAPES = {
    "<secret:40>": re.compile(r"[A-Za-z0-9]{40}"),
    "<timestamp>": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000000Z"),
}


@cache
def load(scenario: str) -> dict[str, Any]:
    """A recorded scenario: settings and steps."""
    loaded: dict[str, Any] = json.loads((EXCHANGES / f"{scenario}.json").read_text(encoding="utf-8"))
    return loaded


def scenarios() -> list[str]:
    """The names of all recorded scenarios."""
    return sorted(file.stem for file in EXCHANGES.glob("*.json"))


@dataclass
class Replay:
    """One scenario on its way. Its steps share cookie jars and the state of the server, so they run in order."""

    scenario: str
    base: str
    answers: list[dict[str, Any]] = field(default_factory=list)
    _jars: dict[str, requests.Session] = field(default_factory=dict)

    def answer(self, number: int) -> dict[str, Any]:
        """The answer to a step, after all the steps before it were played."""
        steps = load(self.scenario)["steps"]
        while len(self.answers) <= number:
            self.answers.append(self._play(steps[len(self.answers)]["request"]))
        return self.answers[number]

    def close(self) -> None:
        """Close every connection."""
        for jar in self._jars.values():
            jar.close()

    def _play(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        if asked["session"] is None:
            with requests.Session() as stranger:
                return _summary(self._send(stranger, asked))
        return _summary(self._send(self._jars.setdefault(asked["session"], requests.Session()), asked))

    def _send(self, jar: requests.Session, asked: Mapping[str, Any]) -> requests.Response:
        return jar.request(
            asked["method"],
            self.base + asked["path"],
            headers=asked.get("headers"),
            json=asked.get("json"),
            data=asked.get("form", asked.get("raw")),
            allow_redirects=False,
            timeout=10,
        )


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
    return expected.replace("<base>", base) == actual
