"""Whatever names, URLs and messages hold, the text stays text and its lines stay the lines that are meant."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from reconciler.applying.report import Applied, Failed, Outcome, Report, Skipped
from reconciler.model.clients import ClientSpec
from reconciler.model.errors import NotVerified, Rejected
from reconciler.planning.plan.plan import Change, Create, Delete, Note, Plan, Unmanaged, Update
from reconciler.render.terminal.color import Style, coloured, plain
from reconciler.render.terminal.next_step import next_after_plans, next_after_reports
from reconciler.render.terminal.plan import render_plan
from reconciler.render.terminal.report import render_outcome, render_report
from reconciler.support.text import printable
from tests.render.strategies import plans, reports_of, wild_plans

SGR = re.compile("|".join(re.escape(f"\x1b[{code}m") for code in ("0", *Style)))


def is_clean(text: str) -> bool:
    """Whether nothing but its own line feeds breaks the text, hides in it or speaks to a terminal or a pipeline."""
    lines = text.split("\n")
    return all(printable(line) == line and not line.lstrip().startswith("::") for line in lines)


@given(wild_plans)
def test_no_name_gets_a_control_character_into_a_plan(plan: Plan) -> None:
    """Nor may it start a line that a pipeline takes for a command."""
    text = render_plan(plan) + next_after_plans([(plan, ())])
    assert is_clean(text)
    assert text.endswith("\n")
    assert "\n\n\n" not in text


@given(wild_plans)
def test_colours_are_the_only_difference_between_plain_and_coloured(plan: Plan) -> None:
    """Only the sequences of `Style` are ever written."""
    assert SGR.sub("", render_plan(plan, paint=coloured)) == render_plan(plan, paint=plain)


@given(wild_plans)
def test_a_plan_has_as_many_lines_as_one_with_harmless_names(plan: Plan) -> None:
    """No name, URL or message makes a line of its own."""
    assert render_plan(plan).count("\n") == render_plan(tamed(plan)).count("\n")


@given(st.data())
def test_no_answer_gets_a_control_character_into_a_report(data: st.DataObject) -> None:
    """The messages of an instance are as foreign as its names."""
    plan = data.draw(wild_plans)
    report = data.draw(reports_of(plan))
    text = render_report(plan, report) + next_after_reports([(plan, report)])
    assert is_clean(text)
    assert SGR.sub("", render_report(plan, report, coloured)) == render_report(plan, report)
    assert render_report(plan, report).count("\n") == render_report(plan, tamed_report(report)).count("\n")


@given(st.data())
def test_an_outcome_is_one_line_of_a_log(data: st.DataObject) -> None:
    """Without a line feed at its end: the log adds it."""
    report = data.draw(reports_of(data.draw(wild_plans)))
    assert all(is_clean(line) and "\n" not in line for line in map(render_outcome, report.outcomes))


@given(plans())
def test_every_change_risk_and_way_out_is_shown(plan: Plan) -> None:
    """Nothing that a reviewer must see is ever shortened."""
    text = render_plan(plan)
    for change in plan.changes:
        assert printable(change.name) in text
        assert all(printable(risk.text) in text for risk in change.risks)
    for blocked in plan.blocked:
        assert printable(blocked.way_out) in text


def tame(text: str) -> str:
    """Harmless characters, and different texts stay different."""
    return f"t{text.encode(errors='surrogatepass').hex()}"


def tamed(plan: Plan) -> Plan:
    """The plan with tame names, URLs and remarks."""
    return replace(
        plan,
        changes=tuple(map(_change, plan.changes)),
        blocked=tuple(replace(b, name=tame(b.name), reason=_note(b.reason)) for b in plan.blocked),
        unmanaged=tuple(map(_unmanaged, plan.unmanaged)),
        ignored=tuple(map(_unmanaged, plan.ignored)),
        unsupported=tuple(replace(u, name=tame(u.name)) for u in plan.unsupported),
        notes=tuple(map(_note, plan.notes)),
    )


def tamed_report(report: Report) -> Report:
    """The report with tame names and messages."""
    return replace(report, outcomes=tuple(map(_outcome, report.outcomes)))


def _change(change: Change) -> Change:
    match change:
        case Create():
            return replace(change, after=_spec(change.after), reason=_note(change.reason))
        case Update():
            return replace(change, before=_spec(change.before), after=_spec(change.after), reason=_note(change.reason))
        case Delete():
            return replace(change, before=_spec(change.before), reason=_note(change.reason))


def _spec(spec: ClientSpec) -> ClientSpec:
    return replace(spec, name=tame(spec.name), redirect_urls=tuple(map(tame, spec.redirect_urls)))


def _note(note: Note) -> Note:
    return replace(note, text=tame(note.text))


def _unmanaged(client: Unmanaged) -> Unmanaged:
    return replace(client, name=tame(client.name), note=_note(client.note) if client.note else None)


def _outcome(outcome: Outcome) -> Outcome:
    match outcome:
        case Applied():
            return replace(outcome, change=_change(outcome.change))
        case Failed(error=NotVerified() as error):
            return Failed(_change(outcome.change), NotVerified(tame(error.message), error.hint and tame(error.hint)))
        case Failed(error=error):
            return Failed(_change(outcome.change), Rejected(tame(error.message), error.hint and tame(error.hint)))
        case Skipped():
            return Skipped(_change(outcome.change), tame(outcome.reason))
