"""Everything that was recorded from a real platform, played against the sandbox: one test a step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from reconciler.sandbox.serve import running
from tests.contract.replay import Replay, differences, load, scenarios

STEPS = [
    pytest.param(scenario, number, id=f"{scenario}-{number} {step['title']}")
    for scenario in scenarios()
    for number, step in enumerate(load(scenario)["steps"])
]


@pytest.fixture(scope="module")
def replay_of() -> Iterator[Callable[[str], Replay]]:
    """Gives the replay of a scenario, which starts from a fresh installation with the scenario's settings."""
    with ExitStack() as stack:
        begun: dict[str, Replay] = {}

        def begin(scenario: str) -> Replay:
            if scenario not in begun:
                base = stack.enter_context(running(None, settings=load(scenario)["settings"]))
                begun[scenario] = stack.enter_context(closing(Replay(scenario, base)))
            return begun[scenario]

        yield begin


def test_all_recorded_steps_are_here() -> None:
    """A file that is lost must not make the suite smaller in silence."""
    assert len(STEPS) == 255


@pytest.mark.parametrize(("scenario", "number"), STEPS)
def test_the_sandbox_answers_as_the_platform_did(
    scenario: str, number: int, replay_of: Callable[[str], Replay]
) -> None:
    replay = replay_of(scenario)
    actual = replay.answer(number)
    assert differences(load(scenario)["steps"][number]["response"], actual, replay.base) == []


def test_a_difference_is_seen() -> None:
    """The comparison itself can fail: other texts, kinds, lengths, keys, and placeholders of the wrong shape."""
    same = {"a": "<secret:40>", "b": 5, "c": ["<base>/x"], "d": True, "e": "<timestamp>"}
    good = {"a": "s" * 40, "b": 5, "c": ["http://h/x"], "d": True, "e": "2026-11-23T06:24:57.000000Z"}
    assert differences(same, good, "http://h") == []
    for key, wrong in {"a": "s" * 39, "b": "5", "c": [], "d": 1, "e": "2026-11-23"}.items():
        assert len(differences(same, {**good, key: wrong}, "http://h")) == 1
    assert differences(same, {**good, "f": 1}, "http://h") == ["answer.f: None expected, got 1"]
