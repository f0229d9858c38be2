"""Which secrets get a new recipient: every answer of a sink, with and without a journal and a base."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model.lines import UP_TO_4_15, SecretDisplay
from reconciler.model.recipients import Covering, Held, Recipient, Recorded, SinkAnswer
from reconciler.planning.delivery.deliveries import Candidate, PlannedDeliveries, may_be_delivered, plan_deliveries
from tests.builders import live, present

NOW = Recipient("team-b", "json", "json all.json", "all.json")
OTHER = Recipient("team-a", "json", "json all.json", "all.json")
NEW, AGAIN, UNKNOWN, NONE = "new", "again", "unknown", "none"

OWED = Recorded(pending=True)
SAME = Recorded(pending=False, recipients=(NOW,))
ELSEWHERE = Recorded(pending=False, recipients=(OTHER,))
UNNAMED = Recorded(pending=False, unnamed=True)


def planned(
    held: Held, recorded: Recorded | None, base: tuple[Recipient, ...] | None = None, *, observed: bool = False
) -> PlannedDeliveries:
    before = (OTHER,) if held is Held.OTHER else ()
    covering = Covering(0, NOW, SinkAnswer(held, before), recorded)
    candidate = Candidate(present("Portal", owner="team-b"), live(6, "Portal"), (covering,), base)
    return plan_deliveries([candidate], "staging", observed=observed)


def fate(found: PlannedDeliveries) -> str:
    return NEW if found.new else AGAIN if found.again else UNKNOWN if found.notes else NONE


@pytest.mark.parametrize(
    ("held", "recorded", "expected"),
    [
        (Held.SAME, None, NONE),
        (Held.SAME, OWED, NONE),
        (Held.LOST, None, AGAIN),
        (Held.LOST, OWED, AGAIN),
        (Held.OTHER, None, NEW),
        (Held.OTHER, SAME, AGAIN),
        (Held.OTHER, UNNAMED, NEW),
        (Held.NOTHING, None, NEW),
        (Held.NOTHING, SAME, AGAIN),
        (Held.NOTHING, ELSEWHERE, NEW),
        (Held.NOTHING, UNNAMED, AGAIN),
        (Held.ABSENT, None, NEW),
        (Held.ABSENT, SAME, AGAIN),
        (Held.UNKNOWN, None, UNKNOWN),
        (Held.UNKNOWN, OWED, NEW),
        (Held.UNKNOWN, SAME, NONE),
        (Held.UNKNOWN, ELSEWHERE, NEW),
        (Held.UNKNOWN, UNNAMED, NONE),
    ],
)
def test_without_a_base_the_sink_says_it_and_else_the_journal(
    held: Held, recorded: Recorded | None, expected: str
) -> None:
    assert fate(planned(held, recorded)) == expected


@pytest.mark.parametrize("held", Held)
def test_with_a_base_only_its_files_and_what_was_done_since_count(held: Held) -> None:
    assert fate(planned(held, None, ())) == NEW
    assert fate(planned(held, None, (OTHER,))) == NEW
    assert fate(planned(held, ELSEWHERE, (OTHER,))) == NEW
    settled = NONE if held in (Held.SAME, Held.UNKNOWN) else AGAIN
    assert fate(planned(held, None, (NOW,))) == settled
    assert fate(planned(held, SAME, (OTHER,))) == settled


def test_a_file_that_is_not_on_this_machine_is_no_evidence_against_an_observation() -> None:
    assert fate(planned(Held.ABSENT, None, observed=True)) == UNKNOWN
    assert fate(planned(Held.NOTHING, None, observed=True)) == NEW


def test_everybody_who_had_it_is_named_whichever_sink_knows_it() -> None:
    age = Recipient("team-a", "age", "age {name}.age", "portal.age", ("age SHA256:x",))
    covering = (
        Covering(0, NOW, SinkAnswer(Held.NOTHING)),
        Covering(1, age, SinkAnswer(Held.SAME)),
    )
    candidate = Candidate(present("Portal"), live(6, "Portal"), covering)
    [deliver] = plan_deliveries([candidate], "staging").new
    assert (deliver.recipients, deliver.before) == ((NOW,), (age,))


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (Recipient("team-b", "age", "age x", "x", ("old",)), "the keys of 'team-b' changed"),
        (Recipient("team-a", "age", "age x", "x", ("new",)), "the owner changed from 'team-a' to 'team-b'"),
        (Recipient(None, "age", "age x", "x", ("old",)), "the keys of 'team-b' changed"),
        (Recipient("team-b", "age", "age x", "y", ("new",)), "the path changed from 'y'"),
        (Recipient("team-b", "age", "age z", "z", ("new",)), "age x is a new sink for it"),
        (Recipient("team-b", "json", "json z", "z"), "age x is a new sink for it"),
    ],
)
def test_the_reason_says_what_is_different(before: Recipient, said: str) -> None:
    after = Recipient("team-b", "age", "age x", "x", ("new",))
    candidate = Candidate(
        present("Portal"), live(6, "Portal"), (Covering(0, after, SinkAnswer(Held.NOTHING)),), (before,)
    )
    [deliver] = plan_deliveries([candidate], "staging").new
    assert deliver.reason.text == f"{said} since the base"


@pytest.mark.parametrize(("entry", "name"), [("PmApi", "PmApi"), ("Mine", "PmApi"), ("Kiosk 1", "Kiosk 1")])
def test_what_the_platform_needs_is_never_delivered(entry: str, name: str) -> None:
    assert not may_be_delivered(present(entry), live(1, name), ("Kiosk*",))
    assert may_be_delivered(present("Portal"), live(6, "Portal"), ("Kiosk*",))


@pytest.mark.parametrize("held", [Held.NOTHING, Held.LOST])
def test_what_the_instance_does_not_show_is_said_once_and_not_delivered(held: Held) -> None:
    covering = Covering(0, NOW, SinkAnswer(held))
    candidates = [Candidate(present(f"Client {n}"), live(n, f"Client {n}"), (covering,)) for n in range(6, 9)]
    hashed = replace(UP_TO_4_15, line="2026", secrets=SecretDisplay.NEVER)
    found = plan_deliveries(candidates, "staging", capabilities=hashed)
    assert (found.new, found.again) == ((), ())
    [note] = found.notes
    assert note.code == "secret-not-shown"
    assert "this instance does not show the secrets of live clients, and sinks lack those of 3 clients" in note.text
