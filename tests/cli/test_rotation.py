"""A rotation as its users see it: planned, approved, applied, delivered, and the old client gone in the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reconciler.sandbox.serve import running
from reconciler.sandbox.store import Store
from tests.cli.projects import Ended, Project, at, wanted
from tests.cli.sinking import DOCUMENT, command, document, events, issued, program, told
from tests.cli.terminals import at_a_terminal
from tests.faults import DropConnection, LoseSession, Meanwhile, On, RequestLog, Respond, together

TIME = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
MADE, NOW, LATER = TIME - timedelta(days=30), TIME + timedelta(hours=1), TIME + timedelta(days=8)
APPLY = ("apply", "-i", "staging", "--yes")
PARTLY, REFUSED = 5, 4


class Rotating:
    """A project whose client Portal, of id 6, is to be rotated, and its platform at times of the test's choice."""

    def __init__(self, project: Project, database: Path) -> None:
        self.project, self.database = project, database
        self.log = RequestLog()
        self.now = NOW
        program(project)
        with Store(database, clock=MADE.timestamp) as store:
            store.create("Portal", "https://portal.example.com/cb", False, False)

    def declare(self, keep_old: str | int, redirect: str | None = None) -> None:
        """The entry, with this rotation."""
        rotate = {"created_before": "2026-05-01T09:00Z", "keep_old": keep_old}
        self.project.declare(wanted("Portal", redirect, owner="team-portal", rotate=rotate))

    @contextmanager
    def at(self, now: datetime, *faults: Any, sinks: bool = True, **settings: object) -> Iterator[None]:
        """The platform at a time of its clock."""
        delivering = [command(), DOCUMENT] if sinks else []
        self.now = now
        middleware = together(*faults, self.log)
        with running(self.database, middleware=middleware, clock=self.seconds) as url:
            self.project.configure({"staging": at(url, sinks=delivering)}, **settings)
            yield

    def seconds(self) -> float:
        """The platform's clock."""
        return self.now.timestamp()

    def run(self, *arguments: str) -> Ended:
        return self.project.run(*arguments)

    def ids(self) -> list[int]:
        """The live clients of the name."""
        with Store(self.database) as store:
            return [row[0] for row in store.clients() if row[1] == "Portal"]

    def delivered(self) -> bool:
        """Whether both sinks have the newest client's secret."""
        new = issued(self.database)["Portal"]
        entry = document(self.project)["Portal"]
        return new == (entry["id"], entry["secret"]) == (told(self.project)[-1]["id"], told(self.project)[-1]["secret"])


@pytest.fixture
def rotating(project: Project, tmp_path: Path) -> Rotating:
    return Rotating(project, tmp_path / "platform.sqlite3")


def test_a_protected_client_is_rotated_in_two_applies_and_a_week_between(rotating: Rotating) -> None:
    rotating.declare("7d")
    with rotating.at(NOW, protected=["*"]):
        shown = rotating.run("plan").out
        assert "± replace  Portal (id 6 → a new one)" in shown
        assert "works until 2026-05-08 10:00 UTC at least" in shown
        ended = rotating.run(*APPLY)
        assert ended.code == 0
        assert "± replaced   Portal (id 6 → 7)" in ended.out
        assert rotating.run("plan", "--detailed-exitcode").code == 0
    assert (rotating.ids(), events(rotating.project)) == ([6, 7], [("rotated", "Portal")])
    assert rotating.delivered()
    with rotating.at(LATER, protected=["*"]):
        assert rotating.run("plan", "--detailed-exitcode").code == 2
        assert rotating.run(*APPLY).code == 0
        assert rotating.run("plan", "--detailed-exitcode").code == 0
    assert rotating.ids() == [7]
    assert rotating.delivered()


def test_with_nothing_to_keep_it_is_one_apply_and_the_new_secret_stays_where_it_is(rotating: Rotating) -> None:
    """What a sink has under the name is the new one's: it does not forget it with the old one."""
    rotating.declare(0)
    with rotating.at(NOW):
        ended = rotating.run(*APPLY)
    assert (ended.code, rotating.ids()) == (0, [7])
    assert events(rotating.project) == [("rotated", "Portal")]
    assert rotating.delivered()


@pytest.mark.parametrize("keep_old", ["7d", 0])
def test_where_the_new_secret_is_not_delivered_the_old_client_stays(rotating: Rotating, keep_old: str | int) -> None:
    rotating.declare(keep_old)
    rotating.project.write("mode", "fail")
    for now in (NOW, LATER, LATER):
        with rotating.at(now):
            assert rotating.run(*APPLY).code in (PARTLY, 1)
        assert rotating.ids() == [6, 7]
    rotating.project.write("mode", "")
    with rotating.at(LATER):
        assert rotating.run(*APPLY).code == 0
    assert rotating.ids() == [7]
    assert rotating.delivered()


def test_a_secret_that_stops_at_once_needs_a_sink(rotating: Rotating) -> None:
    rotating.declare(0)
    with rotating.at(NOW, sinks=False):
        ended = rotating.run(*APPLY)
    assert (ended.code, rotating.ids()) == (REFUSED, [6])
    assert "nobody would get the new one: no sink covers it" in ended.out + ended.err


def test_a_lost_answer_to_the_create_is_adopted_and_not_repeated(rotating: Rotating) -> None:
    """The old client is exactly what was sent, and is not taken for it."""
    rotating.declare(0)
    with rotating.at(NOW, Respond(On("POST", "/oauth/clients", {1}), 502, after=True)):
        ended = rotating.run(*APPLY)
    assert (ended.code, rotating.ids()) == (0, [7])
    assert "the answer was lost; found in the listing" in ended.out
    assert rotating.delivered()


def test_a_create_that_never_arrived_is_not_seen_in_the_old_client(rotating: Rotating) -> None:
    rotating.declare(0)
    with rotating.at(NOW, DropConnection(On("POST", "/oauth/clients"))):
        ended = rotating.run(*APPLY)
    assert (ended.code, rotating.ids()) == (1, [6])
    assert "not tried  delete Portal (id 6)" in ended.out


def test_a_session_that_ends_meanwhile_is_renewed_beside_the_old_client(rotating: Rotating) -> None:
    """The old client has the name already: that does not tell that the new one was made."""
    rotating.declare(0)
    with rotating.at(NOW, LoseSession(On("POST", "/oauth/clients", {1}))):
        ended = rotating.run(*APPLY)
    assert (ended.code, rotating.ids()) == (0, [7])


def test_the_old_one_stays_if_somebody_deletes_the_new_one_meanwhile(rotating: Rotating) -> None:
    rotating.declare("7d")
    with rotating.at(NOW):
        assert rotating.run(*APPLY).code == 0

    def delete() -> None:
        with Store(rotating.database) as store:
            store.revoke(7)

    # After the plan's look, before the one that delivers.
    with rotating.at(LATER, Meanwhile(On("GET", "/oauth/clients", {1}), delete, after=True)):
        ended = rotating.run(*APPLY)
    assert (ended.code, rotating.ids()) == (1, [6])
    assert "somebody has deleted the new client of a rotation" in ended.out


def test_a_saved_rotation_goes_on_where_it_was_broken_off(rotating: Rotating) -> None:
    """The old client is like the new one, and its secret is not delivered for that of the new one."""
    rotating.declare(0)
    with rotating.at(NOW, protected=["*"]):
        assert rotating.run("plan", "-o", "plan.json").code == 0
        rotating.project.write("mode", "fail")
        assert rotating.run("apply", "plan.json", "--yes").code == PARTLY
        assert rotating.ids() == [6, 7]
        rotating.project.write("mode", "")
        ended = rotating.run("apply", "plan.json", "--yes")
        assert (ended.code, rotating.ids()) == (0, [7])
        assert "was done   replace Portal" in ended.out
        assert rotating.delivered()
        assert rotating.run("apply", "plan.json", "--yes").code == 0
    assert rotating.delivered()


def test_whoever_is_asked_may_take_their_time(rotating: Rotating) -> None:
    """The time at which the old secret stops moves on meanwhile; that is no other plan."""

    def wait() -> None:
        rotating.now = NOW + timedelta(minutes=5)

    rotating.declare("7d")
    with rotating.at(NOW):
        ended = at_a_terminal("apply", "-i", "staging", typed=[b"y\n"], meanwhile=wait)
    assert (ended.code, rotating.ids()) == (0, [6, 7])


def test_an_update_goes_to_the_new_client(rotating: Rotating) -> None:
    rotating.declare("7d")
    with rotating.at(NOW):
        assert rotating.run(*APPLY).code == 0
        rotating.declare("7d", "https://new.example.com/cb")
        assert rotating.run(*APPLY).code == 0
    with Store(rotating.database) as store:
        redirects = {row[0]: row[3] for row in store.clients() if row[1] == "Portal"}
    assert redirects == {6: "https://portal.example.com/cb", 7: "https://new.example.com/cb"}


def test_an_observation_plans_the_same_rotation(rotating: Rotating) -> None:
    """Also where it is read later: what counts is the instance's clock when it was looked at."""
    rotating.declare("7d")
    with rotating.at(NOW):
        assert rotating.run("observe", "-o", "live.json").code == 0
        direct = rotating.run("plan", "--format", "json").document["instances"][0]
    observed = rotating.run("plan", "--live", "live.json", "--format", "json").document["instances"][0]
    assert observed["changes"] == direct["changes"]
    assert observed["changes"][0]["replaces"] == {
        "id": 6,
        "keep_old_seconds": 7 * 24 * 3600,
        "stops_at": "2026-05-08T10:00:00Z",
    }


def test_a_duplicate_that_two_runs_made_is_not_guessed_about(rotating: Rotating) -> None:
    rotating.declare(0)
    with Store(rotating.database, clock=NOW.timestamp) as store:
        for _ in range(2):
            store.create("Portal", "https://portal.example.com/cb", False, False)
    with rotating.at(LATER):
        ended = rotating.run(*APPLY)
    assert (ended.code, rotating.ids()) == (REFUSED, [6, 7, 8])
    assert "1 made before 2026-05-01 09:00 UTC: 6 " in ended.out
    assert "2 made since" in ended.out


def test_a_rollback_says_that_a_rotation_stays(rotating: Rotating) -> None:
    rotating.declare(0)
    with rotating.at(NOW):
        assert rotating.run(*APPLY).code == 0
        run = rotating.run("history").out.split()[0]
        ended = rotating.run("rollback", run)
    assert ended.code == 0
    assert "nothing leads back" in ended.out
    assert "client 7 stays, with its new secret" in ended.out


def test_what_a_person_changed_on_the_old_client_can_be_taken_over_into_git(rotating: Rotating) -> None:
    """The new client is then made as the old one is."""
    rotating.declare("7d", "https://new.example.com/cb")
    with rotating.at(NOW):
        ended = rotating.run("export", "-i", "staging", "--update", "--accept", "Portal")
        assert ended.code == 0, ended.err
        plan = rotating.run("plan", "--format", "json").document["instances"][0]
    assert [(change["action"], change["changed_fields"]) for change in plan["changes"]] == [("replace", [])]
