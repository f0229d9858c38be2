"""The question says how much is written, and what the worst of it is."""

from __future__ import annotations

from dataclasses import replace

from reconciler.planning.plan.plan import Plan
from reconciler.render.terminal.question import question_text
from tests.builders import PERSONAL, absent, declare, listing, live, plan_of, present, spec
from tests.golden.scenes import SCENES


def plans(number: int, plan: Plan) -> list[Plan]:
    return [replace(plan, instance=f"pm-{each}") for each in range(1, number + 1)]


def test_changes_and_deletions_of_all_instances_are_added_up() -> None:
    declared = declare(present("Portal"), present("Shop"), absent("Old"))
    plan = plan_of(declared, listing(live(1, "PmApi"), live(6, "Old")))
    risk = "The most severe risk: delete Old: revokes every token issued to it"
    *before, question = question_text(plans(11, plan)).split("\n")
    assert question == "Write 22 changes, 11 deletions, to 11 instances?"
    assert before[0].startswith(risk)
    assert question_text(plans(2, plan)).endswith("Write 4 changes, 2 deletions, to pm-1, pm-2?")


def test_without_a_risk_there_is_only_the_question() -> None:
    plan = plan_of(declare(present("Portal")), listing(live(1, "PmApi")))
    assert question_text([plan]) == "Write 1 change to staging?"


def test_personal_access_is_worse_than_plain_http_whatever_comes_first() -> None:
    entries = (present(spec("A", redirect="http://a.example.com/cb")), present(spec("B", PERSONAL)))
    plan = plan_of(declare(*entries), listing(live(1, "PmApi")))
    assert question_text([plan]).startswith("The most severe risk: create B: personal access: ")


def test_deliveries_are_counted_and_their_risk_is_one() -> None:
    plan = replace(SCENES["new-recipients"].plan, changes=())
    assert question_text([plan]).endswith("Write 14 deliveries of secrets to staging?")
    assert question_text([plan]).startswith("The most severe risk: deliver Client 20: whoever gets its id and secret")


def test_no_name_makes_a_line_of_its_own() -> None:
    plan = plan_of(declare(present(spec("A\nWrite nothing?", PERSONAL))), listing(live(1, "PmApi")))
    assert question_text([plan]).count("\n") == 1
