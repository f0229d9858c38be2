"""Every fault that a network, a proxy, a platform or a person can add to an apply, at every kind of request.

A row says where a fault strikes, and what comes of it: the exit code, words of the report, and what was done. After
each, whatever it was, a clean run converges.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import pytest

from reconciler.model.clients import ClientSpec
from reconciler.model.fields import join_urls
from reconciler.sandbox.accounts import ADMIN
from reconciler.sandbox.store import Store
from tests.cli.projects import SECONDS, Ended, Platform, Project, at, stored, wanted
from tests.faults import ANY, NOT_SOON, Acted, CutAnswer, DropConnection, Meanwhile, On, RequestLog, Respond, together
from tests.platform_lines import Line
from tests.sandbox.conftest import Browser
from tests.tiers import one_in

if TYPE_CHECKING:
    from tests.faults import Fault

CLIENTS = "/oauth/clients"
OLD = "https://old.example.com/cb"
BEFORE = (stored("Changed", OLD), stored("Former", OLD), stored("Gone"), stored("Kept"), stored("Stranger"))
"""Clients 6 to 10."""
DECLARED: tuple[Mapping[str, object], ...] = (
    wanted("Changed"),
    wanted("Renamed", previous_names=["Former"]),
    wanted("Made"),
    {"name": "Gone", "state": "absent"},
    wanted("Kept"),
)
MADE = "Made"

LOGIN = ("POST", "/login")
LIST = ("GET", CLIENTS)
PUT = ("PUT", f"{CLIENTS}/6")
RENAME = ("PUT", f"{CLIENTS}/7")
POST = ("POST", CLIENTS)
DELETE = ("DELETE", CLIENTS)

TIMEOUT = 5
"""Seconds: where somebody stays silent, and all others have enough time; and where nobody is there in the end."""

NOTHING = frozenset[str]()
ALL = frozenset({"updated", "renamed", "created", "deleted"})
NOT_DELETED = ALL - {"deleted"}


@dataclass
class Scene:
    """What a fault may need to know: the platform, and an end of every silence."""

    database: Path
    line: Line
    url: str = ""
    quiet: Event = field(default_factory=Event)

    def silence(self) -> None:
        """Say nothing until the run is over."""
        self.quiet.wait(SECONDS)

    def drop_sessions(self) -> None:
        """Forget who is logged in, as when the platform's store of sessions is restarted."""
        with Store(self.database) as store:
            for session in store.sessions_of(ADMIN[0], lifetime=9999):
                store.drop_session(session.token)

    def log_in_elsewhere(self) -> None:
        """Another run with the same account."""
        with Browser(self.url) as browser:
            assert browser.log_in().status_code in (204, 302)

    def drop_and_log_in_elsewhere(self) -> None:
        """The session ends, and somebody else is faster."""
        self.drop_sessions()
        self.log_in_elsewhere()

    def delete(self) -> None:
        """A person deletes client 6."""
        with Store(self.database) as store:
            store.revoke(6)

    def rename(self) -> None:
        """A person renames client 6."""
        with Store(self.database) as store:
            store.update(6, "By hand", OLD, False, False)

    def create(self) -> None:
        """A person, or a run on another machine, makes the same client."""
        Platform(self.database).has(stored("Made"))

    def create_another(self) -> None:
        """A person makes a client of the same name that redirects elsewhere."""
        Platform(self.database).has(stored("Made", OLD))

    def create_renamed(self) -> None:
        """Somebody makes a client of the name that another one is about to get."""
        Platform(self.database).has(stored("Renamed"))


MakeFault = Callable[[Scene], "Fault"]


@dataclass(frozen=True)
class Row:
    """A fault and what comes of it."""

    what: str
    fault: MakeFault
    code: int
    says: str
    done: frozenset[str]
    settings: tuple[tuple[str, int], ...] = ()


def once(where: tuple[str, str], number: int = 1) -> On:
    return On(*where, {number})


def reset(where: tuple[str, str], number: int = 1, *, after: bool = False) -> MakeFault:
    return lambda _: DropConnection(once(where, number), after)


def cut(where: tuple[str, str], number: int = 1) -> MakeFault:
    return lambda _: CutAnswer(once(where, number), keep=20)


def silence(where: tuple[str, str], number: int = 1, *, after: bool = False) -> MakeFault:
    return lambda scene: Meanwhile(once(where, number), scene.silence, after)


def answer(where: tuple[str, str], status: int, number: int = 1, *, after: bool = False) -> MakeFault:
    return lambda _: Respond(once(where, number), status, "<h1>no</h1>", after=after)


def busy(where: tuple[str, str], number: int = 1, *, dated: bool = False) -> MakeFault:
    def fault(_: Scene) -> Fault:
        date = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
        return Respond(once(where, number), 429, headers={"Retry-After": date if dated else "1"})

    return fault


def data(where: tuple[str, str], text: str, number: int) -> MakeFault:
    return lambda _: Respond(once(where, number), 200, text, "application/json")


def meanwhile(where: tuple[str, str], deed: Callable[[Scene], None], number: int = 1) -> MakeFault:
    return lambda scene: Meanwhile(once(where, number), lambda: deed(scene))


def maintenance(scene: Scene) -> Fault:
    """Whatever is asked from the first write on."""
    later = range(3 + scene.line.questions, 999)
    return Respond(On(ANY, "/", later), 503, "<h1>Be right back</h1>", headers=NOT_SOON)


def gone(scene: Scene) -> Fault:
    """From the first write on, nobody is there."""
    return DropConnection(On(ANY, "/", range(3 + scene.line.questions, 999)))


def closed(_: Scene) -> Fault:
    """Maintenance from the beginning."""
    return Respond(On(ANY, "/"), 503, "<h1>Be right back</h1>")


def both(*faults: MakeFault) -> MakeFault:
    return lambda scene: together(*(fault(scene) for fault in faults))


BROKE_OFF = "the connection was closed before the answer was complete"
SILENT = f"no complete answer within {TIMEOUT} s"
AGAIN = "trying again in"
FOUND, GONE = "the answer was lost; found in the listing", "the answer was lost; gone from the listing"
APPLIED = "4 of 4 changes applied"
UNVERIFIED = "written, not verified"


def at_the_login() -> Iterator[Row]:
    """Sent once, whatever comes of it: one try too many may lock the account."""
    yield Row("a reset before", reset(LOGIN), 1, BROKE_OFF, NOTHING)
    yield Row("a reset after", reset(LOGIN, after=True), 1, BROKE_OFF, NOTHING)
    yield Row("silence", silence(LOGIN), 1, SILENT, NOTHING)
    yield Row("429 in seconds", busy(LOGIN), 1, "(429)", NOTHING)
    yield Row("429 with a date", busy(LOGIN, dated=True), 1, "(429)", NOTHING)
    for status in (500, 502, 503):
        yield Row(str(status), answer(LOGIN, status), 1, f"({status})", NOTHING)
    yield Row("maintenance from here on", closed, 1, "(503)", NOTHING)


def at_a_list(number: int, failed: tuple[int, str, frozenset[str]]) -> Iterator[Row]:
    """Read again, but for what a second look cannot mend: that comes to what is `failed`."""
    code, says, done = failed
    yield Row("a reset before", reset(LIST, number), 0, AGAIN, ALL)
    yield Row("a reset after", reset(LIST, number, after=True), 0, AGAIN, ALL)
    yield Row("a cut answer", cut(LIST, number), 0, AGAIN, ALL)
    yield Row("silence", silence(LIST, number), 0, AGAIN, ALL)
    yield Row("429 in seconds", busy(LIST, number), 0, AGAIN, ALL)
    yield Row("429 with a date", busy(LIST, number, dated=True), 0, AGAIN, ALL)
    yield Row("500", answer(LIST, 500, number), code, says or "(500)", done)
    yield Row("502", answer(LIST, 502, number), 0, AGAIN, ALL)
    yield Row("503", answer(LIST, 503, number), 0, AGAIN, ALL)
    yield Row("the session dropped", meanwhile(LIST, Scene.drop_sessions, number), 0, APPLIED, ALL)
    yield Row("a page", answer(LIST, 200, number), code, says or "answers with a web page", done)
    yield Row("no JSON", data(LIST, '{"data": [', number), code, says or "not valid JSON", done)
    yield Row("another shape", data(LIST, '{"data": {}}', number), code, says or "an unexpected structure", done)


def at_an_update() -> Iterator[Row]:
    """Sent again: it replaces everything, so twice is once."""
    others = frozenset({"renamed", "created"})
    yield Row("a reset before", reset(PUT), 0, AGAIN, ALL)
    yield Row("a reset after", reset(PUT, after=True), 0, AGAIN, ALL)
    yield Row("a cut answer", cut(PUT), 0, AGAIN, ALL)
    yield Row("silence", silence(PUT), 0, AGAIN, ALL)
    yield Row("silence after", silence(PUT, after=True), 0, AGAIN, ALL)
    yield Row("429 in seconds", busy(PUT), 0, AGAIN, ALL)
    yield Row("429 with a date", busy(PUT, dated=True), 0, AGAIN, ALL)
    yield Row("500", answer(PUT, 500), 5, "the server failed (500)", others)
    yield Row("500 after", answer(PUT, 500, after=True), 0, FOUND, ALL)
    yield Row("502", answer(PUT, 502), 0, AGAIN, ALL)
    yield Row("503", answer(PUT, 503), 0, AGAIN, ALL)
    yield Row("the session dropped", meanwhile(PUT, Scene.drop_sessions), 0, APPLIED, ALL)
    yield Row("maintenance from here on", maintenance, 5, "neither answered nor verified", NOTHING)
    yield Row("gone from here on", gone, 5, "neither answered nor verified", NOTHING)
    deleted = "somebody has deleted client 6 meanwhile"
    yield Row("client 6 deleted", meanwhile(PUT, Scene.delete), 5, deleted, others | {"by hand"})
    yield Row("client 6 renamed", meanwhile(PUT, Scene.rename), 0, APPLIED, ALL)


def at_a_create() -> Iterator[Row]:
    """Never sent again blindly: names are not unique, so twice may be two clients. The list tells."""
    others = frozenset({"updated", "renamed"})
    yield Row("a reset before", reset(POST), 5, BROKE_OFF, others)
    yield Row("a reset after", reset(POST, after=True), 0, FOUND, ALL)
    yield Row("a cut answer", cut(POST), 0, FOUND, ALL)
    # It arrives only when the run is over, and has logged out.
    yield Row("silence", silence(POST), 5, SILENT, others)
    yield Row("silence after", silence(POST, after=True), 0, FOUND, ALL)
    yield Row("429 in seconds", busy(POST), 5, "(429)", others)
    yield Row("429 with a date", busy(POST, dated=True), 5, "(429)", others)
    for status in (500, 502, 503):
        yield Row(str(status), answer(POST, status), 5, f"({status})", others)
        yield Row(f"{status} after", answer(POST, status, after=True), 0, FOUND, ALL)
    yield Row("the session dropped", meanwhile(POST, Scene.drop_sessions), 0, APPLIED, ALL)
    lost = both(reset(POST), meanwhile(LIST, Scene.create, 2))
    yield Row("a reset before, and somebody makes the same", lost, 0, FOUND, ALL)


def at_a_delete() -> Iterator[Row]:
    """Not sent again, since the list tells what became of it."""
    yield Row("a reset before", reset(DELETE), 5, BROKE_OFF, NOT_DELETED)
    yield Row("a reset after", reset(DELETE, after=True), 0, GONE, ALL)
    yield Row("silence", silence(DELETE), 5, SILENT, NOT_DELETED)
    yield Row("silence after", silence(DELETE, after=True), 0, GONE, ALL)
    yield Row("429 in seconds", busy(DELETE), 5, "(429)", NOT_DELETED)
    yield Row("429 with a date", busy(DELETE, dated=True), 5, "(429)", NOT_DELETED)
    for status in (500, 502, 503):
        yield Row(str(status), answer(DELETE, status), 5, f"({status})", NOT_DELETED)
        yield Row(f"{status} after", answer(DELETE, status, after=True), 0, GONE, ALL)
    yield Row("the session dropped", meanwhile(DELETE, Scene.drop_sessions), 0, APPLIED, ALL)


def of_lists() -> Iterator[tuple[str, Row]]:
    empty = '{"data": []}'
    nobody = "lists no client at all"
    for row in at_a_list(1, (1, "", NOTHING)):
        yield "first list", row
    yield "first list", Row("nobody", data(LIST, empty, 1), 4, nobody, NOTHING)
    for row in at_a_list(2, (5, UNVERIFIED, ALL)):
        yield "last list", row
    yield "last list", Row("nobody", data(LIST, empty, 2), 5, f"{UNVERIFIED}: the instance {nobody}", ALL)
    deleted, changed = "client 6 is not live any more", "client 6 shows something else now"
    undone = ALL - {"updated"} | {"by hand"}
    yield "last list", Row("client 6 deleted", meanwhile(LIST, Scene.delete, 2), 5, deleted, undone)
    yield "last list", Row("client 6 renamed", meanwhile(LIST, Scene.rename, 2), 5, changed, undone)


def of_other_logins() -> Iterator[tuple[str, Row]]:
    """Where an instance allows one session a user: the second login ends the first, or is refused."""
    ends, refuses = ((("session-control.ip_restriction", how),) for how in (2, 1))
    for where, name in ((PUT, "update"), (POST, "create"), (DELETE, "delete")):
        ended = meanwhile(where, Scene.log_in_elsewhere)
        yield name, Row("another login ends the session", ended, 0, APPLIED, ALL, ends)
    twice = both(meanwhile(PUT, Scene.log_in_elsewhere), meanwhile(POST, Scene.log_in_elsewhere))
    others = frozenset({"updated", "renamed"})
    again = "the session has ended again, though it was renewed"
    yield "create", Row("another login ends the session again", twice, 5, again, others, ends)
    taken = meanwhile(POST, Scene.drop_and_log_in_elsewhere)
    yield "create", Row("another login takes its place", taken, 5, "allows one session a user", others, refuses)


def rows() -> Iterator[tuple[str, Row]]:
    for name, of_one in (
        ("login", at_the_login()),
        ("update", at_an_update()),
        ("create", at_a_create()),
        ("delete", at_a_delete()),
    ):
        yield from ((name, row) for row in of_one)
    yield from of_lists()
    yield from of_other_logins()


def parameters(table: Iterable[tuple[str, Row]]) -> list[object]:
    return [
        pytest.param(name, row, id=f"{name}-{row.what}", marks=one_in(9, number))
        for number, (name, row) in enumerate(table)
    ]


@pytest.fixture
def scene(project: Project, tmp_path: Path, platform_line: Line) -> Iterator[Scene]:
    """A platform on which something is to be updated, renamed, created and deleted, and something is nobody's."""
    project.declare(*declared(platform_line))
    made = Scene(tmp_path / "platform.sqlite3", platform_line)
    platform_line.install(made.database)
    Platform(made.database).has(*BEFORE)
    yield made
    made.quiet.set()


def declared(line: Line) -> list[Mapping[str, object]]:
    return [entry for entry in DECLARED if line.creates or entry["name"] != MADE]


def after(line: Line) -> set[str]:
    return {str(entry["name"]) for entry in declared(line) if "state" not in entry}


def expected(row: Row, line: Line) -> tuple[str, frozenset[str]]:
    """What is said and done of the row on a line: some create nothing, and 2026 answers otherwise for what is gone."""
    if line.creates:
        return row.says, row.done
    says = row.says.replace("4 of 4", "3 of 3")
    if line.platform.startswith("2026"):
        says = says.replace("somebody has deleted client 6 meanwhile", "there is no such client")
    return says, row.done - {"created"}


@pytest.mark.parametrize(("where", "row"), parameters(rows()))
def test_a_fault_is_reported_truly_and_a_clean_run_converges(
    project: Project, scene: Scene, where: str, row: Row
) -> None:
    if where == "create":
        scene.line.demand_creates()
    if row.settings and not scene.line.limits_sessions:
        pytest.skip("this line cannot limit the sessions of a user")
    says, all_done = expected(row, scene.line)
    log, acted = RequestLog(), Acted()
    ended = apply(project, scene, together(log, row.fault(scene), acted), dict(row.settings))
    assert ended.code == row.code, ended.out + ended.err
    assert says in " ".join((ended.out + ended.err).split())
    assert "Traceback" not in ended.out + ended.err
    assert done(scene) == all_done
    assert (log.count("GET", "/logout") > 0) == (where != "login")
    assert (project.folder / ".reconciler" / "journal").exists() == bool(log.writes())
    a_clean_run_converges(project, scene, acted)


def apply(project: Project, scene: Scene, fault: Fault, settings: Mapping[str, int]) -> Ended:
    """The faulty run. Afterwards the platform has done all that was sent to it."""
    with scene.line.running(scene.database, middleware=fault, settings=settings) as scene.url:
        project.configure({"staging": at(scene.url, timeout=TIMEOUT)})
        ended = project.run("apply", "--yes", "--instance", "staging")
        scene.quiet.set()
    return ended


def done(scene: Scene) -> set[str]:
    """What is done of all that was to be done, and whether a person did something as well."""
    with Store(scene.database) as store:
        live = {row[0]: (row[1], row[3]) for row in store.clients() if row[0] > 5}
    names = [name for name, _ in live.values()]
    told = {
        "updated": ("Changed", columns(stored("Changed"))[1]) in live.values(),
        "renamed": live.get(7) == columns(stored("Renamed")),
        "created": names.count("Made") == 1,
        "deleted": 8 not in live,
        "by hand": 6 not in live or live[6][0] != "Changed",
    }
    return {word for word, is_so in told.items() if is_so}


def columns(spec: ClientSpec) -> tuple[str, str]:
    return spec.name, join_urls(spec.redirect_urls) or ""


def a_clean_run_converges(project: Project, scene: Scene, acted: Acted) -> None:
    """No name of ours is there twice, and what is nobody's is as it was."""
    wished = after(scene.line)
    if not scene.line.creates and "by hand" in done(scene):
        # What a person took away does not come back there, so its entry goes.
        wished -= {"Changed"}
        project.declare(*(entry for entry in declared(scene.line) if entry["name"] != "Changed"))
    with scene.line.running(scene.database, middleware=acted) as url:
        project.configure({"staging": at(url)})
        ended = project.run("apply", "--yes", "--instance", "staging")
        assert ended.code == 0, ended.out + ended.err
        assert project.run("plan", "--detailed-exitcode").code == 0
    with Store(scene.database) as store:
        live = [(row[0], row[1], row[3]) for row in store.clients() if row[0] > 5]
    ours = [(name, redirect) for number, name, redirect in live if name in wished]
    assert sorted(ours) == sorted(columns(stored(name)) for name in wished)
    assert [each for each in live if each[1] == "Stranger"] == [(10, *columns(stored("Stranger")))]
    assert {name for _, name, _ in live} <= {*wished, "Stranger", "By hand"}
    assert all(acted.creates(name) <= 1 for name in wished)
    assert project.run("history").code == 0


def test_a_connection_that_is_refused_is_reported_and_a_clean_run_converges(project: Project, scene: Scene) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and never listens
        project.configure({"staging": at(f"http://127.0.0.1:{nobody.getsockname()[1]}", timeout=1)})
        ended = project.run("apply", "--yes", "--instance", "staging")
    assert ended.code == 1
    assert "connection refused" in ended.only_error()
    assert done(scene) == NOTHING
    a_clean_run_converges(project, scene, Acted())


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        pytest.param(meanwhile(POST, Scene.create), "Made", id="a create"),
        pytest.param(
            both(reset(POST, after=True), meanwhile(LIST, Scene.create_another, 2)), "Made", id="a lost create"
        ),
        pytest.param(meanwhile(RENAME, Scene.create_renamed), "Renamed", id="a rename"),
    ],
)
def test_a_race_for_a_name_that_both_won_is_reported_and_never_goes_on(
    project: Project, scene: Scene, fault: MakeFault, name: str
) -> None:
    """Names are not unique, so two runs on two machines may both succeed; only a look afterwards can tell."""
    if name == MADE:
        scene.line.demand_creates()
    acted = Acted()
    ended = apply(project, scene, together(fault(scene), acted), {})
    assert ended.code == 5
    assert "somebody else has used the same name at the same time" in ended.out
    assert sum(each.name == name for each in acted.writes) == 1
    with scene.line.running(scene.database, middleware=acted) as url:
        project.configure({"staging": at(url)})
        assert project.run("apply", "--yes", "--instance", "staging").code == 4
    assert sum(each.name == name for each in acted.writes) == 1


@pytest.mark.parametrize(
    ("deed", "says"),
    [
        pytest.param(Scene.delete, "client 6, 'Changed', is not live any more: somebody deleted it", id="deleted"),
        pytest.param(Scene.rename, "client 6, 'Changed', has changed since: name is 'By hand'", id="renamed"),
        pytest.param(Scene.create_another, "the name 'Made' is taken by another live client now", id="name taken"),
    ],
)
def test_a_saved_plan_that_a_person_has_outrun_is_refused_and_a_clean_run_converges(
    project: Project, scene: Scene, deed: Callable[[Scene], None], says: str
) -> None:
    if MADE in says:
        scene.line.demand_creates()
    acted = Acted()
    with scene.line.running(scene.database, middleware=acted) as url:
        project.configure({"staging": at(url)})
        assert project.run("plan", "-o", "plan.json").code == 0
        deed(scene)
        ended = project.run("apply", "plan.json")
        assert (ended.code, acted.writes) == (4, [])
        assert says in ended.out
    a_clean_run_converges(project, scene, acted)
