"""Lines end between words, and go on below the text that they belong to."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.planning.plan.plan import Plan
from reconciler.render.terminal.color import Style, coloured
from reconciler.render.terminal.columns import width, wrapped
from reconciler.render.terminal.overview import plans_text
from reconciler.render.terminal.plan import render_plan
from tests.golden.overviews import OVERVIEWS
from tests.golden.scenes import SCENES
from tests.render.strategies import wild_plans

SGR = re.compile(r"\x1b\[[0-9;]*m")


def test_a_risk_goes_on_below_its_text_and_a_value_below_its_column() -> None:
    text = (
        "            ! the token endpoint refuses to exchange the code\n"
        "            redirect_url  https://a.example https://b.example\n"
        "short\n"
    )
    assert wrapped(text, 46) == (
        "            ! the token endpoint refuses to\n"
        "              exchange the code\n"
        "            redirect_url  https://a.example\n"
        "                            https://b.example\n"
        "short\n"
    )


def test_a_word_that_is_too_long_stays_whole() -> None:
    url = f"https://a.example/{'x' * 60}"
    assert wrapped(f"  - {url} is a URL\n", 40) == f"  - {url}\n    is a URL\n"


def test_a_command_to_copy_stays_one_line() -> None:
    command = "reconciler export --instance staging --update"
    assert f"\n  {command};" in wrapped(f"do this if it is meant to stay as it is: {command}; or not", 50)
    assert wrapped(f"next: {command}\n", 40) == f"next: {command}\n"


def test_colours_and_links_take_no_room_and_stay_around_their_text() -> None:
    link = "\x1b]8;;https://docs.example.com/rules#a\x1b\\rule\x1b]8;;\x1b\\"
    assert wrapped(f"{'a' * 30} {link}\n", 40) == f"{'a' * 30} {link}\n"
    painted = coloured("one two three four five six seven eight nine", Style.WARNED)
    assert SGR.sub("", wrapped(painted, 40)) == wrapped(SGR.sub("", painted), 40)


@pytest.mark.parametrize("columns", [40, 60, 100])
def test_no_line_is_too_wide_unless_it_is_one_word_or_a_command(columns: int) -> None:
    for scene in SCENES.values():
        for line in wrapped(render_plan(scene.plan, scene.refusals), columns).split("\n"):
            words = line.split()
            marked = line.lstrip()[:1] in ("-", "+", "!", "·", "*")
            assert width(line) <= columns or len(words) <= 1 + marked or "reconciler " in line, line


@given(wild_plans, st.integers(40, 120))
def test_no_word_is_lost_or_broken_whatever_a_name_holds(plan: Plan, columns: int) -> None:
    """Nor does any begin a line at the left edge, where those of the program begin."""
    text = render_plan(plan)
    shown, before = wrapped(text, columns), text.split("\n")
    assert shown.split() == text.split()
    added = [line for line in shown.split("\n") if line not in before]
    assert sum(not line.startswith("  ") for line in added) <= sum(not line.startswith("  ") for line in before)


def test_a_change_of_several_instances_is_shown_once_with_their_names() -> None:
    text = plans_text(OVERVIEWS["fleet"].results)
    assert text.count("Brand new") == text.count("  + create  Notebooks\n            on eu-1 and eu-2\n") == 1
    assert text.index("on several instances") < text.index("eu-1  https://eu-1.example.com")
