"""How much the tests try: a little of everything in `make test`, all of it in `make test-thorough`.

The quick tier tries the same examples each time, so that a failure is about the change. The thorough tier tries more
and new ones, and repeats the open-ended searches until their time is over. With no time for them (`SECONDS=0`) it
tries the same ones each time as well. Cases that only the thorough tier runs are marked `thorough`.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable
from time import monotonic
from typing import ParamSpec

import pytest
from hypothesis import HealthCheck, settings

P = ParamSpec("P")

# How long an example takes depends on the machine, and says nothing.
_UNTIMED = settings(settings.get_profile("default"), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", _UNTIMED, max_examples=25, derandomize=True)

TIER = os.environ.get("TEST_TIER") or "quick"
NEW_EXAMPLES = TIER == "thorough" and (os.environ.get("SEARCH_SECONDS") or "0") != "0"
"""Whether each run tries others than the run before."""

settings.register_profile("thorough", _UNTIMED, max_examples=100, print_blob=True, derandomize=not NEW_EXAMPLES)
settings.load_profile(TIER if TIER == "thorough" else "quick")

_PARTS = {"lives": 4, "yaml": 2, "schema": 2, "rows": 1, "matches": 1}
"""The open-ended searches, and how many parts of the time each of them may take."""


def check_choices() -> None:
    """Raise ValueError if the environment asks for a tier that does not exist, or for a time that is none."""
    if TIER not in ("quick", "thorough"):
        raise ValueError(f"TEST_TIER is {TIER!r}; the tiers are: quick, thorough")
    _search_seconds()


def examples(times: float = 1, *, steps: int = 50) -> settings:
    """So many times as many examples as the tier usually takes; `steps` are those of a stateful test."""
    return settings(max_examples=max(1, round(times * settings().max_examples)), stateful_step_count=steps)


def one_in(every: int, number: int) -> list[pytest.MarkDecorator]:
    """The marks of a case, by its number: the quick tier runs number 0, and after that one in so many."""
    return [pytest.mark.thorough] if number % every else []


def few(cases: Iterable[object], every: int) -> list[object]:
    """Cases for `parametrize`, one in so many of which the quick tier runs."""
    return [pytest.param(case, marks=one_in(every, number)) for number, case in enumerate(cases)]


def some_steps(most: int) -> range:
    """The numbers of the steps at which something is killed: every fifth in the quick tier, else every second.

    With ten minutes or more for the searches it is every one.
    """
    every = 5 if TIER != "thorough" else 1 if _search_seconds() >= 600 else 2
    return range(1, most, every)


def search(name: str, tests: int = 1) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """A search without an end: run once by the quick tier, and by the thorough one again and again, for its time.

    `tests` is how many tests share the time of this search.
    """
    part = _PARTS[name] / sum(_PARTS.values()) / tests

    def decorate(test: Callable[P, None]) -> Callable[P, None]:
        @functools.wraps(test)
        def searching(*args: P.args, **kwargs: P.kwargs) -> None:
            end = monotonic() + part * _search_seconds()
            test(*args, **kwargs)
            while TIER == "thorough" and monotonic() < end:
                test(*args, **kwargs)

        return pytest.mark.repeated(searching)

    return decorate


def _search_seconds() -> float:
    """How long all searches together may take."""
    text = os.environ.get("SEARCH_SECONDS") or "0"
    if not (text.isascii() and text.isdecimal()):
        raise ValueError(f"SECONDS is {text!r}; it is a whole number of seconds, for all open-ended searches together")
    return float(text)
