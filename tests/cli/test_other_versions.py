"""Versions of the platform before and after 4.15.6, from the command line: what is written, refused and said."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reconciler.sandbox.accounts import account_named
from reconciler.sandbox.serve import running
from reconciler.sandbox.store import Store
from tests.cli.projects import Ended, Platform, Project, at, stored, wanted
from tests.cli.sinking import DOCUMENT, document
from tests.faults import Meanwhile, On, RequestLog, Respond, together
from tests.live.servers import answer, row, serving
from tests.live.servers import platform as platform_like
from tests.platform_lines import Line
from tests.sandbox.conftest import Browser
from tests.tiers import few

ALL = ["4.0.17", "4.2.36", "4.6.3", "4.8.4", "4.9.4", "4.11.1", "4.13.2", "4.14.1", "4.15.6"]
STATES = ["2026-hashed", "2026-owner-only", "2026"]
CODE = "authorization_code_grant"
APPLY = ["apply", "--yes", "--instance", "staging"]
ASKED_OF_ALL = "GET /oauth/clients/2"
"""Whether everybody may change the client of nobody."""


class Instance:
    """A sandbox of a version, what it was asked, and accounts that make clients on it as people do."""

    def __init__(self, url: str, log: RequestLog) -> None:
        self.url = url
        self._log = log

    def make(self, name: str, by: str = "admin", types: tuple[str, ...] = (CODE,)) -> int:
        """Create a client with a redirect of its own."""
        with self._browser(by) as browser:
            path = name.lower().replace(" ", "")
            made = browser.create(name=name, types=list(types), redirect=f"https://{path}.example.com/old")
            assert made.status_code == 201, made.text
            return int(made.json()["id"])

    def give(self, client_id: int, types: tuple[str, ...], name: str = "Theirs") -> None:
        """Let an administrator set the grants of a client."""
        with self._browser("admin") as browser:
            body = {"name": name, "types": list(types), "redirect": f"https://{name.lower()}.example.com/old"}
            assert browser.call("PUT", f"/oauth/clients/{client_id}", json=body).status_code == 200

    def delete(self, client_id: int, by: str = "admin") -> None:
        with self._browser(by) as browser:
            browser.call("DELETE", f"/oauth/clients/{client_id}")

    def redirects(self) -> dict[str, str]:
        """Where the clients that are not the platform's own lead."""
        system = {"PmApi", "Swagger UI Auth", "Password Grant"}
        with self._browser("admin") as browser:
            listed = browser.call("GET", "/oauth/clients").json()["data"]
            return {
                each["name"]: each["redirect"]
                for each in listed
                if each["name"] not in system and "ProcessMaker" not in each["name"]
            }

    def types(self) -> dict[str, set[str]]:
        """The types of all clients, by name."""
        with self._browser("admin") as browser:
            listed = browser.call("GET", "/oauth/clients").json()["data"]
            return {each["name"]: set(each["types"]) for each in listed}

    def listings(self) -> int:
        """How often the clients were listed."""
        return sum((seen.method, seen.path) == ("GET", "/oauth/clients") for seen in self._log.requests)

    def asked(self) -> list[str]:
        """The requests about clients, without the listing."""
        lines = [f"{seen.method} {seen.path}" for seen in self._log.requests]
        return [line for line in lines if "/oauth/clients" in line and line != "GET /oauth/clients"]

    def forget(self) -> None:
        self._log.requests.clear()

    @contextmanager
    def _browser(self, account: str) -> Iterator[Browser]:
        before = len(self._log.requests)
        with Browser(self.url) as browser:
            browser.headers["User-Agent"] = "tests/1.0"
            browser.log_in(account, account_named(account).password)
            yield browser
            browser.call("GET", "/logout")
        del self._log.requests[before:]


@contextmanager
def instance(platform: str, **middleware: object) -> Iterator[Instance]:
    log = RequestLog()
    faults = together(log, *middleware.values()) if middleware else log  # type: ignore[arg-type]
    with running(None, platform=platform, settings={"session.secure": "false"}, middleware=faults) as url:
        yield Instance(url, log)


def moved(name: str) -> dict[str, object]:
    """The entry of a client with another redirect than `make` gave it."""
    return wanted(name, f"https://{name.lower().replace(' ', '')}.example.com/new")


def configure(project: Project, served: Instance, **more: object) -> None:
    project.configure({"staging": {**at(served.url), "timeout": 10, **more}}, default_instance="staging")


@pytest.mark.parametrize("version", ALL)
def test_updates_and_deletes_work_on_every_version(project: Project, version: str) -> None:
    with instance(version) as served:
        configure(project, served)
        served.make("Moved")
        served.make("Gone")
        project.declare(moved("Moved"), {"name": "Gone", "state": "absent"})
        ended = project.run(*APPLY)
        assert ended.code == 0, ended.err + ended.out
        assert "2 of 2 changes applied" in ended.out
        assert served.redirects() == {"Moved": "https://moved.example.com/new"}
        assert project.run("plan", "--detailed-exitcode").code == 0


AT_ONCE = ["GET /oauth/clients/0", "POST /oauth/clients"]
OWN_RIGHTS = ["GET /oauth/clients/0", "PUT /oauth/clients/0", "DELETE /oauth/clients/0"]
"""Asked once before creates in two steps: is it 2026, and may this account change and delete what it creates?"""
IN_TWO_STEPS = [*OWN_RIGHTS, "POST /oauth/clients", "PUT /oauth/clients/6"]


@pytest.mark.parametrize(
    ("version", "requests"),
    [
        ("4.0.17", IN_TWO_STEPS),
        ("4.2.10", IN_TWO_STEPS),
        ("4.2.36", IN_TWO_STEPS),
        ("4.3", AT_ONCE),
        ("4.6.3", AT_ONCE),
        ("4.11.1", AT_ONCE),
        ("4.15.6", AT_ONCE),
        ("2026-owner-only", IN_TWO_STEPS),
        ("2026", IN_TWO_STEPS),
    ],
)
def test_a_create_is_stored_as_declared_and_its_secret_delivered_on_every_version(
    project: Project, version: str, requests: list[str]
) -> None:
    """With two listings in all, to plan and to verify, whatever the sinks."""
    with instance(version) as served:
        configure(project, served, sinks=[DOCUMENT])
        desk = {**wanted("Desk"), "grants": {"password": True}}
        project.declare(both_grants("New"), desk)
        ended = project.run(*APPLY, "--only", "New")
        assert ended.code == 0, ended.out + ended.err
        asked = [re.sub(r"[1-9][0-9]*$", "6", each) for each in served.asked()]
        assert asked == requests
        assert served.listings() == 2
        assert served.redirects() == {"New": "https://new.example.com/cb"}
        assert project.run(*APPLY).code == 0
        assert served.types()["New"] == {"authorization_code_grant", "password_client"}
        assert served.types()["Desk"] == {"password_client"}
        assert sorted(document(project)) == ["Desk", "New"]
        tried = project.run("secrets", "deliver", "-i", "staging", "--check", "--try", "New")
        assert (tried.code, "accepted" in tried.out) == (0, True), tried.out + tried.err


@pytest.mark.parametrize("state", STATES)
def test_a_create_whose_secret_nobody_would_get_is_refused_before_the_first_write(project: Project, state: str) -> None:
    with instance(state) as served:
        configure(project, served)
        served.make("Moved")
        project.declare(wanted("New"), moved("Moved"))
        for command in (["plan"], APPLY):
            ended = project.run(*command)
            assert ended.code == 4
            assert "--discard-secrets" in ended.out
        assert not [line for line in served.asked() if not line.startswith("GET")]
        assert project.run(*APPLY, "--discard-secrets").code == 0
        assert sorted(served.redirects()) == ["Moved", "New"]


def test_a_rotation_where_nobody_ever_learns_a_secret_is_refused_whatever_the_flags(
    project: Project, tmp_path: Path
) -> None:
    now, log = datetime(2026, 5, 1, 9, 0, tzinfo=UTC), RequestLog()
    with Store(tmp_path / "hashed", platform="2026-hashed", clock=(now - timedelta(days=9)).timestamp) as store:
        store.create("Portal", "https://portal.example.com/cb", False, False)
    project.declare(wanted("Portal", rotate={"created_before": "2026-05-01T09:00Z", "keep_old": 0}))
    with running(tmp_path / "hashed", middleware=log, clock=(now + timedelta(hours=1)).timestamp) as url:
        project.configure({"staging": at(url, sinks=[DOCUMENT])})
        ended = project.run(*APPLY, "--discard-secrets")
    assert ended.code == 4
    assert "for a rotation, and this version (2026-hashed) shows nothing but hashes" in ended.out
    assert not log.count("POST", "/oauth/clients")


@pytest.mark.parametrize("missing", ["edit", "delete"])
def test_a_create_in_two_steps_needs_the_permissions_to_finish_and_to_undo_it(project: Project, missing: str) -> None:
    method = {"edit": "PUT", "delete": "DELETE"}[missing]
    words = '{"message": "This action is unauthorized."}'
    refusal = Respond(On(method, "/oauth/clients/0"), 403, words, "application/json")
    with instance("2026", refusing=refusal) as served:
        configure(project, served, sinks=[DOCUMENT])
        project.declare(wanted("New"))
        ended = project.run(*APPLY)
        assert ended.code == 4
        assert f'the permission "Auth Clients: {missing.capitalize()} Auth Clients"' in ended.out
        assert "POST /oauth/clients" not in served.asked()


@pytest.mark.parametrize("state", ["2026-hashed", "2026-owner-only"])
def test_a_client_of_another_account_is_blocked_and_the_rest_is_applied(project: Project, state: str) -> None:
    with instance(state) as served:
        configure(project, served)
        mine, theirs = served.make("Mine"), served.make("Theirs", by="pm_manager")
        project.declare(moved("Mine"), moved("Theirs"))
        ended = project.run(*APPLY)
        assert ended.code == 4
        assert "1 of 1 change applied · 1 blocked" in ended.out
        assert f"client {theirs} belongs to another account or to none" in ended.out
        assert "`url:`" not in ended.out + ended.err
        assert served.redirects() == {
            "Mine": "https://mine.example.com/new",
            "Theirs": "https://theirs.example.com/old",
        }
        assert f"PUT /oauth/clients/{mine}" in served.asked()
        assert f"PUT /oauth/clients/{theirs}" not in served.asked()


def test_one_question_a_client_to_be_changed_and_none_where_everybody_may(project: Project) -> None:
    with instance("2026-owner-only") as served:
        configure(project, served)
        ids = [served.make(name) for name in ("One", "Two", "Three")]
        project.declare(moved("One"), moved("Two"))
        assert project.run("plan").code == 0
        assert sorted(served.asked()) == [ASKED_OF_ALL, *(f"GET /oauth/clients/{each}" for each in ids[:2])]
    with instance("2026") as served:
        configure(project, served)
        served.make("One", by="pm_manager")
        project.declare(moved("One"))
        assert project.run("plan").code == 0
        assert served.asked() == [ASKED_OF_ALL]
        project.declare(wanted("One", "https://one.example.com/old"))
        served.forget()
        assert project.run("plan").code == 0
        assert served.asked() == [], "nothing is to be changed"


def test_a_prune_leaves_the_clients_of_others_alone(project: Project) -> None:
    with instance("2026-owner-only") as served:
        configure(project, served)
        served.make("Mine")
        served.make("Theirs", by="pm_manager")
        served.make("Kept")
        project.declare(wanted("Kept", "https://kept.example.com/old"))
        planned = project.run("plan", "--prune", "all", "-o", "plan.json")
        assert "belongs to another account or to none" in planned.out
        assert project.run("apply", "plan.json", "--yes").code == 0
        assert set(served.redirects()) == {"Theirs", "Kept"}


def test_an_account_that_may_only_view_says_that_apply_asks(project: Project) -> None:
    with instance("2026-owner-only") as served:
        configure(project, served)
        served.make("Theirs")
        project.declare(moved("Theirs"))
        project.log_in_as("pm_viewer")
        ended = project.run("plan")
        assert ended.code == 0
        assert "apply checks that before its first write" in ended.out


def test_a_saved_plan_with_a_change_that_cannot_be_made_is_refused_as_a_whole(project: Project) -> None:
    with instance("2026-owner-only") as served:
        configure(project, served)
        served.make("Mine")
        served.make("Theirs", by="pm_manager")
        project.declare(moved("Mine"), moved("Theirs"))
        project.log_in_as("pm_viewer")
        assert project.run("plan", "-o", "plan.json").code == 0
        project.log_in_as("admin")
        ended = project.run("apply", "plan.json", "--yes")
        assert ended.code == 4
        assert "Theirs: client 5 belongs to another account" in ended.out
        assert served.redirects()["Mine"] == "https://mine.example.com/old"


def test_a_client_that_is_gone_is_told_from_one_of_another_account(project: Project) -> None:
    """A delete of what somebody has deleted meanwhile is done; an update of it has failed, and says why."""

    class Meanwhile:
        def __init__(self) -> None:
            self.served: Instance | None = None

        def __call__(self, app: object) -> object:
            def call(environ: dict[str, str], start: object) -> object:
                if environ["REQUEST_METHOD"] in ("PUT", "DELETE") and self.served is not None:
                    served, self.served = self.served, None
                    for client_id in (4, 5):
                        served.delete(client_id)
                return app(environ, start)  # type: ignore[operator]

            return call

    meanwhile = Meanwhile()
    with instance("2026", meanwhile=meanwhile) as served:
        configure(project, served)
        assert [served.make("Moved"), served.make("Gone")] == [4, 5]
        project.declare({"name": "Gone", "state": "absent"})
        meanwhile.served = served
        ended = project.run(*APPLY)
        assert ended.code == 0, ended.out + ended.err
        assert "deleted" in ended.out
    with instance("2026", meanwhile=meanwhile) as served:
        configure(project, served)
        assert served.make("Moved") == 4
        project.declare(moved("Moved"))
        meanwhile.served = served
        ended = project.run(*APPLY)
        assert ended.code == 1
        assert "there is no such client" in ended.out + ended.err
        assert "`url:`" not in ended.out + ended.err


def test_hashes_and_null_are_no_difference(project: Project) -> None:
    for state in STATES:
        with instance(state) as served:
            configure(project, served)
            served.make("Same")
            project.declare(wanted("Same", "https://same.example.com/old"))
            assert project.run("plan", "--detailed-exitcode").code == 0


def test_whoever_lacks_a_secret_that_is_not_shown_again_is_told_how_to_get_another(project: Project) -> None:
    for state, way in zip(STATES, ("have the platform updated, then add", "add", "add"), strict=True):
        with instance(state) as served:
            configure(project, served, sinks=[DOCUMENT])
            served.make("Same")
            project.declare(wanted("Same", "https://same.example.com/old"))
            assert f"; for a new secret, {way} `rotate:`" in project.run("plan").out
            for deliver in (["secrets", "deliver"], ["secrets", "deliver", "--check"]):
                ended = project.run(*deliver)
                assert "the instance does not show it again: for a new secret, add `rotate:` to the entry" in ended.out


def test_an_upgrade_that_has_not_hashed_the_secrets_yet_is_noticed_before_a_create(project: Project) -> None:
    """Its listing looks like 4.15, and its answer to client 0 like 2026."""
    with instance("4.15.6", nobody=Respond(On("GET", "/oauth/clients/0"), 404)) as served:
        configure(project, served)
        project.declare(wanted("New"))
        assert project.run("plan").code == 0
        ended = project.run(*APPLY)
        assert ended.code == 4
        assert "before its upgrade script has hashed the secrets" in ended.out
        assert served.redirects() == {}


Rows = list[dict[str, object]]
MASKED = [row(1, name="PmApi", secret="*" * 8, redirect="", types=["personal_access_client"])]


def against(
    project: Project, rows: list[dict[str, object]], *arguments: str, **more: object
) -> tuple[Ended, list[str]]:
    """A command against a server that lists these rows."""
    listed = answer(200, {"data": rows, **more})
    with serving(platform_like(list=listed)) as server:
        project.configure({"staging": at(server.url)}, default_instance="staging")
        ended = project.run(*arguments)
        return ended, server.lines


def test_answers_like_no_version_known_here_stop_before_the_first_write(project: Project) -> None:
    project.declare(wanted("New"))
    for command in (["plan"], APPLY):
        ended, lines = against(project, MASKED, *command)
        assert ended.code == 4
        assert "answers differently from every version of the platform known here" in ended.out
        assert "reconciler doctor --format json --instance staging" in ended.out
        assert not [line for line in lines if line.startswith(("PUT", "DELETE", "POST /oauth/clients"))]


@pytest.mark.parametrize(
    "more",
    [
        {"links": {"next": "https://x.example/oauth/clients?page=2"}},
        {"meta": {"last_page": 2}},
        {"meta": {"total": 4711}},
    ],
)
def test_a_part_of_the_clients_is_never_taken_for_all(project: Project, more: dict[str, object]) -> None:
    project.declare(wanted("New"))
    for command in (["plan"], APPLY, ["observe", "-o", "live.json"], ["export"]):
        ended, lines = against(project, [row(1, name="PmApi")], *command, **more)
        assert ended.code == 1
        assert "its answer has an unexpected structure" in ended.err
        assert lines == ["POST /login", "GET /oauth/clients", "GET /logout"]


def test_pages_that_say_that_they_are_whole_are_read(project: Project) -> None:
    project.declare(wanted("New"))
    whole = {"links": {"next": None}, "meta": {"last_page": 1, "total": 1}}
    assert against(project, [row(1, name="PmApi", secret="s" * 40)], "plan", **whole)[0].code == 0


def test_a_listing_without_the_platforms_own_clients_is_not_the_whole(project: Project) -> None:
    project.declare(wanted("New"))
    ended, lines = against(project, [row(7, name="Somebody", secret="s" * 40)], *APPLY)
    assert ended.code == 1
    assert "none of those that the platform installs" in ended.err
    assert lines == ["POST /login", "GET /oauth/clients", "GET /logout"]


@pytest.mark.parametrize(
    ("promised", "version", "holds"),
    [
        ("4.15", "4.6.3", True),  # alike in all that matters
        ("2026", "2026-owner-only", True),
        ("2026", "2026", True),
        ("4.2", "4.15.6", False),
        ("4.15", "4.2.36", False),
        ("2026", "4.15.6", False),
        ("4.15.6", "2026", False),
    ],
)
def test_a_promised_version_is_checked_before_the_first_write(
    project: Project, promised: str, version: str, holds: bool
) -> None:
    with instance(version) as served:
        configure(project, served, platform=promised)
        served.make("Moved")
        project.declare(moved("Moved"))
        ended = project.run(*APPLY)
        assert ended.code == (0 if holds else 4), ended.out + ended.err
        assert (f"`platform:` says {promised}, and this instance answers like" in ended.out) is not holds
        assert (served.redirects()["Moved"] == "https://moved.example.com/new") is holds


def both_grants(name: str) -> dict[str, object]:
    url = f"https://{name.lower()}.example.com/cb"
    grants = {"authorization_code": {"redirect_url": url}, "password": {"justification": "an old desktop"}}
    return {"name": name, "grants": grants}


def test_what_would_be_on_another_version_is_asked_without_an_instance(project: Project, tmp_path: Path) -> None:
    with instance("4.15.6") as served:
        configure(project, served)
        served.make("Both")
        project.declare(both_grants("Both"), wanted("New"))
        assert project.run("observe", "-o", "live.json").code == 0
    assert json.loads(Path("live.json").read_text("utf-8"))["observations"][0]["platform"] == "4.3 to 4.15"
    today = project.run("plan", "--live", "live.json")
    assert today.code == 0
    assert "sign-ins with authorization_code will fail" in today.out
    then = project.run("plan", "--live", "live.json", "--platform", "2026")
    assert then.code == 4
    assert "sign-ins with authorization_code will fail" not in then.out
    assert "shows a secret only once" in then.out
    assert "authorization-code-not-alone" in project.run("validate").out
    assert "authorization-code-not-alone" not in project.run("validate", "--platform", "2026").out
    assert project.run("validate", "--platform", "2027").code == 64
    assert project.run("plan", "--platform", "2026").code == 64


def test_an_observation_of_a_state_where_owners_count_says_that_apply_asks(project: Project) -> None:
    with instance("2026-owner-only") as served:
        configure(project, served)
        served.make("Moved")
        project.declare(moved("Moved"))
        assert project.run("observe", "-o", "live.json").code == 0
    assert "apply checks that before its first write" in project.run("plan", "--live", "live.json").out


def test_risks_speak_for_the_version(project: Project) -> None:
    grants = {"personal_access_token": {"justification": "nightly reports"}}
    for version, said in (
        ("4.15.6", "can act as any user"),
        ("2026", "issues the personal access tokens of all users now"),
    ):
        with instance(version) as served:
            configure(project, served)
            served.make("Reports", types=("password_client",))
            project.declare({"name": "Reports", "grants": grants})
            assert said in project.run("plan").out


def test_an_account_that_is_blocked_during_the_run_is_tried_on_no_other_instance(project: Project) -> None:
    locked = answer(401, {"message": "Account locked after too many failed attempts. Contact administrator."})
    with serving(platform_like(list=locked)) as first, serving(platform_like()) as second:
        project.configure({"one": at(first.url), "two": at(second.url)})
        project.declare(wanted("New"))
        ended = project.run("plan", "--all", "--parallelism", "1")
        assert ended.code == 6
        assert second.lines == []
    assert "blocked or made inactive during the run" in ended.err
    assert "not tried: one refused the same user name and password" in ended.err


WRONG = "Wrong-pass-1"


@pytest.mark.parametrize("version", ["4.0.17", "4.2.36", "4.8.4"])
def test_the_sixth_wrong_login_within_a_minute_says_how_long_to_wait(project: Project, version: str) -> None:
    with instance(version) as served:
        configure(project, served)
        project.declare(wanted("New"))
        project.log_in_as("admin", WRONG)
        said = [project.run("plan") for _ in range(7)]
        assert [ended.code for ended in said] == [6] * 7
        assert "do not belong to an active account" in said[0].err
        assert "too many wrong logins" in said[-1].err
        assert "wait " in said[-1].err
        project.log_in_as("admin")
        assert project.run("plan").code == 6, "the right password is refused as well"


FIRST_HOURS = [
    (version, account) for account in ("nobody-of-that-name", "pm_inactive", "pm_none") for version in (*ALL, *STATES)
]


@pytest.mark.parametrize("first_hour", few(FIRST_HOURS, 5), ids=str)
def test_a_first_hour_on_every_version(project: Project, first_hour: tuple[str, str]) -> None:
    """An unknown name, an inactive account, no permission: each is one message, and nothing is tried again."""
    version, account = first_hour
    password = account_named(account).password if account.startswith("pm_") else WRONG
    with instance(version) as served:
        configure(project, served)
        project.declare(wanted("New"))
        project.log_in_as(account, password)
        ended = project.run("plan")
        assert ended.code == (1 if account == "pm_none" else 6), ended.err
        assert ("permission" if account == "pm_none" else "account") in ended.only_error()


@pytest.mark.parametrize("version", ["4.0.17", "4.2.36", "4.6.3", "4.11.1", "4.15.6", "2026"])
def test_an_account_of_a_directory_is_named_as_one(project: Project, tmp_path: Path, version: str) -> None:
    """Its right password is answered with a redirect, and there is no session after it."""
    database = tmp_path / "platform.sqlite3"
    with Store(database, platform=version) as store:
        store.set_ldap("pm_manager", True)
    with running(database, platform=version, settings={"session.secure": "false"}) as url:
        project.configure({"staging": at(url)}, default_instance="staging")
        project.declare(wanted("New"))
        project.log_in_as("pm_manager")
        ended = project.run("plan")
    assert ended.code == 6, ended.err
    assert "logs in through a directory (LDAP)" in ended.err
    assert "make a local account" in ended.err


@pytest.mark.parametrize("version", ["4.0.17", "4.2.36", "4.6.3", "4.11.1", "4.15.6", "2026"])
def test_a_session_that_ends_early_is_renewed_once(project: Project, tmp_path: Path, version: str) -> None:
    """Without one, old versions answer like a missing permission, and later ones like a failed server."""
    database = tmp_path / "platform.sqlite3"
    line = Line(version, version)
    line.install(database)
    Platform(database).has(stored("Moved", "https://moved.example.com/old"))

    def drop() -> None:
        with Store(database) as store:
            for session in store.sessions_of("admin", lifetime=9999):
                store.drop_session(session.token)

    log = RequestLog()
    with line.running(database, middleware=together(log, Meanwhile(On("PUT", "/oauth/clients", {1}), drop))) as url:
        project.configure({"staging": {**at(url), "timeout": 10}}, default_instance="staging")
        project.declare(moved("Moved"))
        ended = project.run(*APPLY)
    assert ended.code == 0, ended.err + ended.out
    assert log.count("POST", "/login") == 2
    assert "1 of 1 change applied" in ended.out
