"""Everything that was recorded from real platforms, played against the sandbox: one test a scenario."""

from __future__ import annotations

import pytest

from reconciler.sandbox.serve import running
from tests.contract.replay import EXCHANGES, RecordedSet, differences, differing_steps, is_compared, load, recorded_sets

SCENARIOS = [
    pytest.param(recorded, scenario, id=f"{recorded.name} {scenario}")
    for recorded in recorded_sets()
    for scenario in recorded.scenarios
]


@pytest.mark.parametrize(("recorded", "scenario"), SCENARIOS)
def test_the_sandbox_answers_as_the_platform_did(recorded: RecordedSet, scenario: str) -> None:
    """Every step that differs is named."""
    # The recordings were made over http.
    settings = {**load(recorded.name, scenario)["settings"], "session.secure": "false"}
    with running(None, settings=settings, platform=recorded.platform, upgraded=recorded.upgraded) as base:
        found = differing_steps(recorded, scenario, base)
    assert not found, "\n".join(found)


def test_all_recorded_steps_are_here() -> None:
    """A file that is lost, or that no set names, must not make the suite smaller in silence."""
    for recorded in recorded_sets():
        steps = [(each, step) for each in recorded.scenarios for step in load(recorded.name, each)["steps"]]
        assert sum(is_compared(*each) for each in steps) == recorded.steps, recorded.name
        assert {file.stem for file in (EXCHANGES / recorded.name).iterdir()} == set(recorded.scenarios)
    assert {folder.name for folder in EXCHANGES.iterdir() if folder.is_dir()} == {each.name for each in recorded_sets()}
    assert sum(recorded.steps for recorded in recorded_sets()) == 6501


def test_a_difference_is_seen() -> None:
    """The comparison itself can fail: other texts, kinds, lengths, keys, and placeholders of the wrong shape."""
    same = {
        "a": "<secret:40>",
        "b": 5,
        "c": ["<base>/x"],
        "d": True,
        "e": "<timestamp>",
        "g": "<hash:60>",
        "h": "<n> seconds",
    }
    time, hashed = "2026-11-23T06:24:57.000000Z", "$2y$10$" + "h" * 53
    good = {"a": "s" * 40, "b": 5, "c": ["http://h/x"], "d": True, "e": time, "g": hashed, "h": "58 seconds"}
    assert differences(same, good, "http://h") == []
    wrong = {"a": "s" * 39, "b": "5", "c": [], "d": 1, "e": "2026-11-23", "g": "s" * 60, "h": "some seconds"}
    for key, other in wrong.items():
        assert len(differences(same, {**good, key: other}, "http://h")) == 1
    assert differences(same, {**good, "f": 1}, "http://h") == ["answer.f: None expected, got 1"]


def test_a_step_that_differs_is_named() -> None:
    """Another platform answers some steps otherwise, and each is named with its number and its title."""
    recorded = next(each for each in recorded_sets() if each.platform == "4.11.1")
    with running(None, platform="4.15.6") as base:
        found = differing_steps(recorded, "no-session", base)
    message = "'This action is unauthorized.' expected, got 'Server Error'"
    first = f"0 nothing: GET /oauth/clients: answer.json.message: {message}"
    assert found[0] == first
