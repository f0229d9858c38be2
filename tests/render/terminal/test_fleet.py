"""The table of several instances, whatever is in it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.errors import CredentialsMissing, Interrupted, LoginRefused, NotTried, Refused, Unavailable
from reconciler.render.terminal.color import coloured
from reconciler.render.terminal.columns import aligned, column, width
from reconciler.render.terminal.fleet import FleetLine, error_line, has_something_to_say, plan_line, render_fleet
from reconciler.render.view.verdict import Verdict, of_error, tally
from reconciler.support.text import printable
from tests.render.strategies import plans, refusals

LINES = st.builds(FleetLine, st.text(max_size=20), st.sampled_from(Verdict), st.text(max_size=200))


@given(lines=st.lists(LINES, min_size=2, max_size=8))
def test_every_instance_has_one_line_and_the_last_counts_them(lines: list[FleetLine]) -> None:
    """No name and no message can add a line, hide one, or move the columns."""
    *table, empty, total = render_fleet(lines).removesuffix("\n").split("\n")
    assert len(table) == len(lines)
    assert empty == ""
    assert total.startswith(f"{len(lines)} instances: ")
    words = {width(printable(line.instance)) for line in lines}
    for row, line in zip(table, lines, strict=True):
        assert printable(row) == row
        name = printable(line.instance)
        assert row.startswith(name + " " * (max(words) - width(name)) + "  " + line.verdict.value.replace("_", " "))


@given(lines=st.lists(LINES, min_size=2, max_size=8))
def test_colour_adds_nothing_but_colour(lines: list[FleetLine]) -> None:
    """The escape sequences are the only difference."""
    text = render_fleet(lines, coloured)
    for style in ("2", "31", "32", "33", "35", "1", "0"):
        text = text.replace(f"\x1b[{style}m", "")
    assert text == render_fleet(lines)


def test_unmanaged_clients_are_counted_after_any_remark() -> None:
    lines = [FleetLine("one", Verdict.IN_SYNC, "y" * 200, unmanaged=20), FleetLine("two", Verdict.IN_SYNC, "4 in sync")]
    first, second, *_ = render_fleet(lines).splitlines()
    assert first.endswith("y… · 20 unmanaged")
    assert second.endswith("  4 in sync")


def test_a_single_instance_has_no_table() -> None:
    assert render_fleet([FleetLine("one", Verdict.IN_SYNC, "")]) == ""


@given(plan=plans(), refused=refusals)
def test_a_plan_that_is_shown_as_more_than_in_sync_is_shown_in_full(plan: object, refused: object) -> None:
    """Nothing that somebody has to act on hides behind a word in the table."""
    line = plan_line(plan, refused)  # type: ignore[arg-type]
    if line.verdict in (Verdict.CHANGES, Verdict.BLOCKED, Verdict.REFUSED):
        assert has_something_to_say(plan, refused)  # type: ignore[arg-type]


def test_each_kind_of_error_has_its_word() -> None:
    found = {
        type(error): of_error(error)
        for error in (
            LoginRefused("a"),
            Unavailable("a"),
            CredentialsMissing("a"),
            Interrupted("a"),
            Refused("a"),
            NotTried("a"),
        )
    }
    assert found == {
        LoginRefused: Verdict.LOGIN_REFUSED,
        Unavailable: Verdict.FAILED,
        CredentialsMissing: Verdict.FAILED,
        Interrupted: Verdict.INTERRUPTED,
        Refused: Verdict.REFUSED,
        NotTried: Verdict.NOT_TRIED,
    }


def test_the_word_of_the_table_is_not_said_twice() -> None:
    line = error_line("late", NotTried("not tried: wave 0 did not succeed"))
    assert render_fleet([line, line]).startswith("late  not tried  wave 0 did not succeed\n")


def test_a_tally_counts_every_verdict_even_those_that_are_not_there() -> None:
    assert tally([Verdict.FAILED, "in_sync", Verdict.FAILED]) == {
        **dict.fromkeys(map(str, Verdict), 0),
        "instances": 3,
        "failed": 2,
        "in_sync": 1,
    }


def test_wide_characters_take_two_columns() -> None:
    assert aligned([("顧客", "x"), ("abcde", "y")]) == ["顧客   x", "abcde  y"]
    assert column([]) == []
