"""`reconciler doctor` as a user runs it: every account, every fault, and never a write."""

from __future__ import annotations

import re
import socket
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from trustme import CA, LeafCert

from reconciler.model.clients import ClientSpec, Grant
from reconciler.sandbox.accounts import account_named
from reconciler.sandbox.store import Store
from tests.cli.projects import Ended, Platform, Project, at, platform, stored, wanted
from tests.faults import ANY, NOT_SOON, CutAnswer, DropConnection, Hold, LoseSession, Meanwhile, On, Respond
from tests.live.http.test_bad_servers import CASES
from tests.live.http.test_tls import AUTHORITY, LONG_AGO, server_side
from tests.live.servers import SET_COOKIE, answer, serving
from tests.live.servers import platform as made_of
from tests.render.json.test_overview import read
from tests.sandbox.conftest import Browser
from tests.tiers import one_in

if TYPE_CHECKING:
    from tests.faults import Fault

SOON = datetime.now(UTC) + timedelta(days=9)
LOOK, PROBE = "GET /oauth/scopes", "POST /oauth/token/refresh"
ASKING = ["POST /oauth/clients", "PUT /oauth/clients/0", "DELETE /oauth/clients/0"]


def examine(project: Project, *arguments: str | Path) -> tuple[Ended, dict[str, Any]]:
    """The only instance's entry in JSON, which must be as its schema says."""
    ended = project.run("doctor", "--format", "json", *arguments)
    assert "Traceback" not in ended.out + ended.err
    assert "this is a bug" not in ended.err
    return ended, read(ended.out)["instances"][0]


EXAMINE_ALL = ["doctor", "--all", "--parallelism", "32"]


def examine_all(project: Project, *names: str) -> tuple[Ended, dict[str, dict[str, Any]]]:
    """All instances at once; the entry of each."""
    ended = project.run(*EXAMINE_ALL, "--format", "json")
    assert "Traceback" not in ended.out + ended.err
    assert "this is a bug" not in ended.err
    entries = {entry["instance"]: entry for entry in read(ended.out)["instances"]}
    assert set(entries) == set(names)
    return ended, entries


@contextmanager
def fleet(folder: Path, faults: Mapping[str, Fault | None]) -> Iterator[dict[str, Platform]]:
    """A platform for each fault, by its name."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(platform(folder / f"{name}.sqlite3", fault)) for name, fault in faults.items()}


def slug(*words: str) -> str:
    """The name of an instance."""
    return "-".join(words).replace(" ", "-").replace(",", "")


def codes(entry: dict[str, Any], *severities: str) -> list[str]:
    """The codes of the findings, by default of all that are wrong."""
    return [each["code"] for each in entry["findings"] if each["severity"] in (severities or ("error", "warning"))]


def status(entry: dict[str, Any], check: str) -> str:
    return str(next(each["status"] for each in entry["checks"] if each["check"] == check))


def everything_in(database: Path) -> list[tuple[object, ...]]:
    """Every row of every client, revoked ones too."""
    with sqlite3.connect(database) as connection:
        rows = connection.execute("SELECT * FROM clients ORDER BY id").fetchall()
    connection.close()
    return rows


@pytest.fixture
def declared(project: Project, staging: Platform) -> Project:
    """A project with one managed and one unmanaged client on its platform."""
    staging.has(stored("Managed"), stored("Stranger"))
    project.declare(wanted("Managed"))
    return project


HAS, LACKS = "granted", "lacking"
ACCOUNTS = [
    ("admin", (HAS, HAS, HAS, HAS), (True, True), (0, [])),
    ("pm_manager", (HAS, HAS, HAS, HAS), (True, True), (0, [])),
    ("pm_editor", (HAS, LACKS, HAS, LACKS), (True, False), (0, ["cannot-write-all"])),
    ("pm_editonly", (LACKS, LACKS, HAS, LACKS), (False, False), (1, ["cannot-view"])),
    ("pm_viewer", (HAS, LACKS, LACKS, LACKS), (True, False), (0, [])),
    ("pm_lock", (HAS, LACKS, LACKS, LACKS), (True, False), (0, [])),
    ("pm_none", (LACKS, LACKS, LACKS, LACKS), (False, False), (1, ["cannot-view"])),
]


@pytest.mark.parametrize(("account", "rights", "fits", "ends"), ACCOUNTS, ids=[row[0] for row in ACCOUNTS])
def test_every_account_is_told_what_it_may_do(
    declared: Project, account: str, rights: tuple[str, ...], fits: tuple[bool, ...], ends: tuple[int, list[str]]
) -> None:
    declared.log_in_as(account)
    ended, entry = examine(declared)
    assert (ended.code, codes(entry)) == ends
    assert tuple(entry["facts"]["rights"].values()) == rights
    assert tuple(entry["fits"].values()) == fits
    assert (entry["facts"]["clients"] is not None) == (rights[0] == HAS)
    assert entry["facts"]["session_minutes"] == 120


@pytest.mark.parametrize("account", ["pm_inactive", "pm_blocked"])
def test_an_account_that_cannot_log_in_is_offered_once_and_ends_in_6(
    declared: Project, staging: Platform, account: str
) -> None:
    declared.log_in_as(account)
    ended, entry = examine(declared)
    assert (ended.code, codes(entry)) == (6, ["login-refused"])
    assert staging.asked() == [LOOK, "POST /login"]


def test_a_refused_password_is_offered_to_no_other_instance(
    declared: Project, staging: Platform, tmp_path: Path
) -> None:
    """It may be the same directory behind both, and every try counts."""
    with platform(tmp_path / "other.sqlite3") as other:
        declared.configure({"one": at(staging.url), "two": at(other.url)})
        declared.log_in_as("admin", "wrong")
        ended = declared.run("doctor", "--all")
        assert ended.code == 6
        assert sorted(staging.asked() + other.asked()) == [LOOK, LOOK, "POST /login"]
        assert re.search("not tried: (one|two) refused the same user name and password", ended.out)


def test_nothing_is_written_and_only_what_cannot_write_is_sent(declared: Project, staging: Platform) -> None:
    before = everything_in(staging.database)
    assert declared.run("doctor").code == 0
    assert everything_in(staging.database) == before
    asked = staging.asked()
    assert asked[:3] == [LOOK, "POST /login", "GET /oauth/clients"]
    assert [each for each in asked if not each.startswith("GET") and each != PROBE] == ["POST /login", *ASKING]
    assert asked[-1] == "GET /logout"
    assert [seen.status for seen in staging.log.writes()] == [422, 500, 500]


def test_the_first_look_touches_neither_the_account_nor_the_clients(declared: Project, staging: Platform) -> None:
    """The credentials are not even read."""
    for name in ("PM_USER", "PM_PASSWORD"):
        declared.environ.delenv(name)
    ended, entry = examine(declared, "--no-login")
    assert (ended.code, ended.err, codes(entry)) == (0, "", [])
    assert staging.asked() == [LOOK]
    assert status(entry, "platform") == "ok"
    assert status(entry, "login") == status(entry, "clients") == "not_tried"


def test_missing_credentials_are_said_after_the_way_was_looked_at(declared: Project, staging: Platform) -> None:
    declared.environ.delenv("PM_PASSWORD")
    ended, entry = examine(declared)
    assert (ended.code, codes(entry)) == (1, ["credentials-missing"])
    assert staging.asked() == [LOOK]


def test_the_clients_are_counted_by_whose_they_are(declared: Project, staging: Platform) -> None:
    staging.has(stored("Zapier one"))
    declared.configure({"staging": at(staging.url)}, ignore=["Zapier*"])
    _, entry = examine(declared)
    assert list(entry["facts"]["clients"].values()) == [8, 1, 1, 5, 1, 0]
    (unmanaged,) = (each for each in entry["findings"] if each["code"] == "unmanaged")
    assert unmanaged["clients"] == [{"id": 7, "name": "Stranger"}]


def test_no_command_is_named_for_clients_that_it_cannot_declare(declared: Project, staging: Platform) -> None:
    twice = [stored("Twice", f"https://{host}.example.com/cb") for host in "ab"]
    staging.has(stored("tab\tname"), *twice)
    _, entry = examine(declared)
    fine, others = (each for each in entry["findings"] if each["code"] == "unmanaged")
    assert [each["name"] for each in fine["clients"]] == ["Stranger"]
    assert fine["hint"] == "to declare it: reconciler export --instance staging --update"
    assert [each["name"] for each in others["clients"]] == ["tab\tname", "Twice", "Twice"]
    assert "on the Auth Clients page" in others["hint"]
    assert declared.run("export", "--instance", "staging", "--update").code == 0
    assert [each["code"] for each in examine(declared)[1]["findings"]].count("unmanaged") == 1


def test_what_instances_share_is_found_once_and_each_has_a_line(declared: Project, tmp_path: Path) -> None:
    with fleet(tmp_path, {"one": None, "two": None, "three": None}) as served:
        declared.configure(
            {**{name: at(each.url) for name, each in served.items()}, "gone": at("http://127.0.0.1:9", timeout=1)}
        )
        served["two"].has(stored("tab\tname"))
        ended = declared.run("doctor", "--all")
    assert ended.code == 1
    assert ended.out.count("[viewing-is-administering]") == 1
    assert "on one, three and two" in ended.out
    assert ended.out.count("[unmanaged]") == 1
    assert ended.out.count("[not-reachable]") == 1
    for name in ("one", "two", "three"):
        assert re.search(rf"^{name} +ok +version 4\.15\.6 · fits plan and apply · ", ended.out, re.MULTILINE)
    assert re.search("^gone +errors +not-reachable$", ended.out, re.MULTILINE)
    assert "\n4 instances: 3 ok, 1 with errors\n" in ended.out


def test_an_ignored_client_is_judged_all_the_same(declared: Project, staging: Platform) -> None:
    grants = frozenset({Grant.AUTHORIZATION_CODE, Grant.PASSWORD})
    staging.has(ClientSpec("Zapier", grants, ("http://zapier.example.com/*",)))
    declared.configure({"staging": at(staging.url)}, ignore=["*"])
    _, entry = examine(declared)
    assert codes(entry) == [
        "code-exchange-refused",
        "redirect-wildcard",
        "redirect-plain-http",
        "declarations-invalid",
    ] or (set(codes(entry)) >= {"code-exchange-refused", "redirect-wildcard", "redirect-plain-http"})


def test_invalid_declarations_do_not_stop_it(declared: Project) -> None:
    declared.write("clients/all.yaml", "clients: [{name: 5}]")
    ended, entry = examine(declared)
    assert (ended.code, codes(entry)) == (0, ["declarations-invalid"])
    assert entry["facts"]["clients"]["managed"] is None


def test_invalid_settings_do(project: Project) -> None:
    project.write("reconciler.yaml", "instances: {a: {url: 5}}")
    ended = project.run("doctor")
    assert ended.code == 3
    assert ended.out == ""


def test_the_embedded_sandbox_is_an_instance_like_any_other(project: Project) -> None:
    project.configure({"box": {"embedded": "box.sqlite3"}})
    project.declare(wanted("One"))
    ended, entry = examine(project)
    assert (ended.code, codes(entry, "error", "warning", "info")) == (0, [])
    assert entry["fits"] == {"plan": True, "apply": True}


def test_a_sandbox_that_does_not_start_is_a_finding(project: Project) -> None:
    project.write("box.sqlite3", "this is no database, though it is long enough to be looked at as one" * 20)
    project.configure({"box": {"embedded": "box.sqlite3"}})
    project.declare(wanted("One"))
    ended, entry = examine(project)
    assert (ended.code, codes(entry)) == (1, ["sandbox-failed"])


def test_each_instance_is_examined_whatever_became_of_the_one_before(declared: Project, staging: Platform) -> None:
    declared.configure({"down": at("http://127.0.0.1:9"), "staging": at(staging.url)})
    ended = declared.run("doctor", "--all")
    assert ended.code == 1
    assert ended.out.index("down  http://") < ended.out.index("[not-reachable]") < ended.out.index("staging  http://")
    assert ended.out.endswith("next: reconciler plan --instance staging\n")


@pytest.mark.parametrize(
    ("account", "flags", "named"),
    [
        ("pm_viewer", [], "next: reconciler plan --instance staging\n"),
        ("admin", ["--no-login"], "next: reconciler doctor --instance staging\n"),
        ("admin", ["--clients", "clients"], "next: reconciler plan --instance staging --clients clients\n"),
        ("pm_editonly", [], " notes\n"),
        ("pm_blocked", [], " notes\n"),
    ],
)
def test_the_next_command_is_named_where_nothing_stands_in_its_way(
    declared: Project, account: str, flags: list[str], named: str
) -> None:
    declared.log_in_as(account)
    assert declared.run("doctor", *flags).out.endswith(named)


def test_an_empty_shard_examines_nothing_and_says_so(declared: Project, staging: Platform) -> None:
    ended = [declared.run("doctor", "--all", "--shard", f"{number}/2", "--format", "json") for number in (1, 2)]
    assert sorted(len(read(each.out)["instances"]) for each in ended) == [0, 1]
    assert [each.code for each in ended] == [0, 0]
    assert any("contains none of the instances" in each.err for each in ended)


@pytest.mark.parametrize(
    ("certificate", "ca", "code", "wrong"),
    [
        (AUTHORITY.issue_cert("127.0.0.1"), True, 0, []),
        (AUTHORITY.issue_cert("127.0.0.1"), False, 1, ["certificate-not-trusted"]),
        (AUTHORITY.issue_cert("elsewhere.example"), True, 1, ["certificate-not-trusted"]),
        (AUTHORITY.issue_cert("127.0.0.1", not_after=LONG_AGO), True, 1, ["certificate-expired"]),
        (AUTHORITY.issue_cert("127.0.0.1", not_after=SOON), True, 0, ["certificate-expires-soon"]),
    ],
    ids=["trusted", "unknown authority", "another host", "expired", "expires soon"],
)
def test_a_certificate_is_judged_before_any_password_is_read(
    project: Project, certificate: LeafCert, ca: bool, code: int, wrong: list[str]
) -> None:
    project.declare(wanted("One"))
    AUTHORITY.cert_pem.write_to_path(project.folder / "authority.pem")
    stranger = answer(401, {"error": "Unauthenticated."}, headers=SET_COOKIE)
    with serving(lambda _: stranger, server_side(certificate)) as server:
        project.configure({"staging": at(server.url, **({"ca_bundle": "authority.pem"} if ca else {}))})
        ended, entry = examine(project, "--no-login")
        assert server.lines == ([LOOK] if code == 0 else [])
    assert (ended.code, codes(entry)) == (code, wrong)
    assert "trustme" in entry["facts"]["certificate"]["issuer"]
    assert status(entry, "tls") == ("failed" if code else "warning" if wrong else "ok")


def test_an_instance_that_nobody_configured_is_wrong_usage(declared: Project) -> None:
    assert declared.run("doctor", "-i", "prod").code == 64


def test_a_refusal_that_is_not_the_platforms_own_names_the_firewall(project: Project, tmp_path: Path) -> None:
    project.declare(wanted("One"))
    with platform(tmp_path / "p.sqlite3", page(403)(On(ANY, "/oauth/clients"))) as served:
        project.configure({"staging": at(served.url)})
        ended, entry = examine(project)
    assert (ended.code, codes(entry)) == (1, ["list-failed", "rights-unknown"])
    assert all("firewall" in each["message"] + each["hint"] for each in entry["findings"])


def test_a_closed_port_is_told_from_a_name_that_nobody_knows(project: Project) -> None:
    project.declare(wanted("One"))
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and never listens
        project.configure({"staging": at(f"http://127.0.0.1:{nobody.getsockname()[1]}")})
        ended, entry = examine(project)
    assert (ended.code, codes(entry)) == (1, ["not-reachable"])
    project.configure({"staging": at("https://nowhere.invalid")})
    ended, entry = examine(project)
    assert (ended.code, codes(entry)) == (1, ["name-not-resolved"])
    assert status(entry, "connection") == "not_tried"


PAGE = answer(200, b"<h1>It works!</h1>", content_type="text/html", headers="Set-Cookie: visitor=1; path=/\r\n")
STRANGERS = {
    "another site": (PAGE, "not-the-platform"),
    "an api of somebody else": (answer(401, {"message": "no key"}), "not-the-platform"),
    "a login in front": (
        answer(401, b"no", content_type="text/html", headers="Set-Cookie: a=1\r\n"),
        "not-the-platform",
    ),
    "a firewall": (answer(403, b"no", content_type="text/html"), "not-the-platform"),
    "a page that is not there": (answer(404, b"no", content_type="text/html"), "not-the-platform"),
    "a success without a session": (answer(200, []), "not-the-platform"),
    "another host": (answer(400, b"no", content_type="text/html"), "unknown-host"),
    "a redirect": (answer(301, headers="Location: https://acme.example.com/oauth/scopes?a=secret\r\n"), "redirected"),
    "a redirect to nowhere": (answer(302), "redirected"),
    "a redirect that nobody can read": (answer(302, headers="Location: https://[\r\n"), "redirected"),
    "maintenance": (answer(503, headers="Retry-After: 60\r\n"), "unavailable"),
    "too many requests": (answer(429), "unavailable"),
    "a broken server": (answer(500, {"message": "Server Error"}), "unavailable"),
    "not http": (b"SSH-2.0-OpenSSH_9.6\r\n", "no-answer"),
    "nothing at all": (b"", "no-answer"),
}


@pytest.mark.parametrize(("sent", "code"), STRANGERS.values(), ids=STRANGERS)
def test_whoever_is_not_the_platform_gets_no_password(project: Project, sent: bytes, code: str) -> None:
    project.declare(wanted("One"))
    with serving(lambda _: sent) as server:
        project.configure({"staging": at(server.url)})
        ended, entry = examine(project)
        assert server.lines == [LOOK]
    assert (ended.code, codes(entry)) == (1, [code])
    assert entry["findings"][0]["hint"]
    assert "secret" not in ended.out


def test_a_server_that_never_answers_is_given_up(project: Project) -> None:
    project.declare(wanted("One"))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        project.configure({"staging": at(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=1)})
        ended, entry = examine(project)
    assert (ended.code, codes(entry)) == (1, ["no-answer"])


LOGIN, LIST = ("POST", "/login"), ("GET", "/oauth/clients")
PLACES = {
    "look": ("GET", "/oauth/scopes"),
    "login": LOGIN,
    "list": LIST,
    "create": ("POST", "/oauth/clients"),
    "edit": ("PUT", "/oauth/clients/0"),
    "delete": ("DELETE", "/oauth/clients/0"),
    "logout": ("GET", "/logout"),
}


def page(code: int) -> Callable[[On], Fault]:
    return lambda on: Respond(on, code, "<h1>no</h1>", headers=NOT_SOON)


NO_ANSWER: dict[str, Callable[[On], Fault]] = {
    "a dropped connection": DropConnection,
    "a lost answer": lambda on: DropConnection(on, after=True),
    "a cut answer": lambda on: CutAnswer(on, 5),
}
FAULTS: dict[str, Callable[[On], Fault]] = {
    **NO_ANSWER,
    "no session": LoseSession,
    "a page": lambda on: Respond(on, 200, "<h1>hello</h1>"),
    "another shape": lambda on: Respond(on, 200, '{"data": {}}', "application/json"),
    **{str(code): page(code) for code in (302, 400, 401, 403, 404, 419, 429, 500, 502, 503, 504)},
    "a success": lambda on: Respond(on, 201, "{}", "application/json"),
}
WELL = {("logout", name) for name in FAULTS} | {
    ("look", "a cut answer"), ("look", "no session"), ("login", "no session"), ("login", "a cut answer"),
    ("create", "a cut answer"), ("edit", "a cut answer"), ("delete", "a cut answer"), ("create", "another shape"),
}  # fmt: skip
TRIED_AGAIN = {(place, fault) for place in ("list", "edit") for fault in NO_ANSWER}
"""They take as long as all tries do, so one test has them all at once."""


def judge(place: str, fault: str, entry: dict[str, Any]) -> None:
    """What strikes before the list is read is an error; what hides a permission is a doubt; a logout cannot fail."""
    assert all(each["hint"] for each in entry["findings"])
    if place in ("look", "login", "list") and (place, fault) not in WELL:
        assert codes(entry, "error"), entry
    elif place in ("create", "edit", "delete") and (place, fault) not in WELL:
        assert codes(entry) == ["rights-unknown"], entry
    elif place == "logout":
        assert codes(entry) == []


OTHERS = [(place, fault) for place in PLACES for fault in FAULTS if (place, fault) not in TRIED_AGAIN]


@pytest.mark.parametrize(
    ("place", "fault"), [pytest.param(*each, marks=one_in(6, number)) for number, each in enumerate(OTHERS)]
)
def test_every_fault_ends_in_words_a_way_out_and_no_write(
    project: Project, tmp_path: Path, place: str, fault: str
) -> None:
    project.declare(wanted("One"))
    with platform(tmp_path / "faulty.sqlite3", FAULTS[fault](On(*PLACES[place]))) as faulty:
        before = everything_in(faulty.database)
        project.configure({"staging": at(faulty.url)})
        ended, entry = examine(project)
        assert everything_in(faulty.database) == before
        assert faulty.log.count(*LOGIN) <= 1
    assert ended.code == (6 if "login-refused" in codes(entry) else 1 if codes(entry, "error") else 0)
    judge(place, fault, entry)


def test_what_gets_no_answer_is_given_up_and_said(project: Project, tmp_path: Path) -> None:
    """What hangs is not asked for the next permission as well: that would only hang as long again."""
    project.declare(wanted("One"))
    held = {f"{place}-hangs": Hold(On(*PLACES[place])) for place in PLACES if place != "logout"}
    broken = {slug(place, fault): NO_ANSWER[fault](On(*PLACES[place])) for place, fault in TRIED_AGAIN}
    with fleet(tmp_path, {**broken, **held}) as served:
        limits: dict[str, dict[str, object]] = {name: {"timeout": 5} for name in held}
        project.configure({name: at(each.url, **limits.get(name, {})) for name, each in served.items()})
        before = {name: everything_in(each.database) for name, each in served.items()}
        try:
            ended, entries = examine_all(project, *served)
        finally:
            for each in held.values():
                each.released.set()
        assert {name: everything_in(each.database) for name, each in served.items()} == before
        assert all(each.log.count(*LOGIN) <= 1 for each in served.values())
        assert not any(secret in ended.out + ended.err for each in served.values() for secret in each.secrets())
    assert ended.code == 1
    for place, fault in TRIED_AGAIN:
        judge(place, fault, entries[slug(place, fault)])
    expected = {"look": "no-answer", "login": "login-failed", "list": "list-failed"}
    for name in held:
        place = name.removesuffix("-hangs")
        said = [each for each in entries[name]["findings"] if each["severity"] in ("error", "warning")]
        assert [each["code"] for each in said] == [expected.get(place, "rights-unknown")]
        assert "no complete answer within" in said[0]["message"]
    assert entries["create-hangs"]["facts"]["rights"] == {
        "view": HAS, "create": "unknown", "edit": "unknown", "delete": "unknown"
    }  # fmt: skip


@pytest.mark.parametrize("place", ["list", "create", "edit", "delete"])
def test_a_store_of_sessions_that_is_restarted_is_reported_and_nobody_logs_in_again(
    project: Project, tmp_path: Path, place: str
) -> None:
    project.declare(wanted("One"))
    database = tmp_path / "p.sqlite3"

    def drop_sessions() -> None:
        with Store(database) as store:
            for session in store.sessions_of("admin", lifetime=9999):
                store.drop_session(session.token)

    with platform(database, Meanwhile(On(*PLACES[place]), drop_sessions)) as faulty:
        project.configure({"staging": at(faulty.url)})
        ended, entry = examine(project)
        assert faulty.log.count(*LOGIN) == 1
    assert codes(entry) == (["list-failed"] if place == "list" else []) + ["rights-unknown"]
    assert ended.code == (1 if place == "list" else 0)


def test_an_instance_that_lists_nobody_is_an_error(project: Project, tmp_path: Path) -> None:
    project.declare(wanted("One"))
    nobody = Respond(On(*LIST), 200, '{"data": []}', "application/json")
    with platform(tmp_path / "p.sqlite3", nobody) as faulty:
        project.configure({"staging": at(faulty.url)})
        ended, entry = examine(project)
    assert (ended.code, codes(entry)) == (1, ["no-clients"])


def test_a_list_that_is_broken_in_any_way_is_an_error_in_words(project: Project) -> None:
    project.declare(wanted("One"))
    stranger = answer(401, {"error": "Unauthenticated."}, headers=SET_COOKIE)
    urls: dict[str, str] = {}
    with ExitStack() as stack:
        for name, case in CASES.items():
            sent = case.pieces if isinstance(case.pieces, bytes) else b"".join(case.pieces)
            answering = made_of(scopes=stranger, list=sent, create=answer(422, {}), update=answer(403, {}))
            urls[slug(name)] = stack.enter_context(serving(answering)).url
        project.configure({name: at(url) for name, url in urls.items()})
        ended, entries = examine_all(project, *urls)
    assert ended.code == 1
    for name, entry in entries.items():
        assert codes(entry, "error") == ["list-failed"], name
        assert entry["facts"]["rights"]["create"] == HAS, name
        assert entry["facts"]["rights"]["edit"] == LACKS, name
        # 204 is not what the platform says to an id that never was.
        assert entry["facts"]["rights"]["delete"] == "unknown", name


@pytest.mark.parametrize(("restriction", "code"), [(1, 6), (2, 0)])
def test_an_instance_that_limits_sessions_says_so_only_when_one_is_in_the_way(
    project: Project, tmp_path: Path, restriction: int, code: int
) -> None:
    project.declare(wanted("One"))
    settings = {"session-control.ip_restriction": restriction}
    with platform(tmp_path / "p.sqlite3", settings=settings) as served, Browser(served.url) as somebody:
        project.configure({"staging": at(served.url)})
        assert somebody.log_in().status_code == 204
        ended, entry = examine(project)
    assert ended.code == code
    assert ("one session a user" in ended.out) == (code == 6)
    assert codes(entry) == (["login-refused"] if code == 6 else [])


def test_a_session_that_somebody_ends_is_reported_not_renewed(project: Project, tmp_path: Path) -> None:
    project.declare(wanted("One"))
    database = tmp_path / "p.sqlite3"
    served = Platform(database)

    def log_in_elsewhere() -> None:
        with Browser(served.url) as somebody:
            assert somebody.log_in().status_code == 204

    fault = Meanwhile(On(*LIST), log_in_elsewhere)
    with platform(database, fault, {"session-control.ip_restriction": 2}) as faulty:
        served.url = faulty.url
        project.configure({"staging": at(faulty.url)})
        ended, entry = examine(project)
        assert faulty.log.count(*LOGIN) == 2  # ours and somebody's
    assert ended.code == 1
    assert codes(entry) == ["list-failed", "rights-unknown"]
    assert "the session has ended before its time" in ended.out


def test_no_output_holds_a_secret(project: Project, tmp_path: Path) -> None:
    """Whatever becomes of the clients, as text and as JSON."""
    project.declare(wanted("One"))
    faults = {slug(name): made(On(ANY, "/oauth/clients")) for name, made in FAULTS.items()}
    with fleet(tmp_path, {"well": None, **faults}) as served:
        project.configure({name: at(each.url) for name, each in served.items()})
        secrets = {account_named("admin").password, *(secret for each in served.values() for secret in each.secrets())}
        shown = project.run(*EXAMINE_ALL, "-vv")
        # The others wait between their tries once more, and have been looked at above.
        answered = [word for name in served if name not in map(slug, NO_ANSWER) for word in ("-i", name)]
        document = project.run("doctor", *answered, "-vv", "--format", "json")
    assert all(name in shown.out for name in served)
    assert not any(secret in ended.out + ended.err for ended in (shown, document) for secret in secrets)


def test_a_name_can_neither_paint_nor_break_a_line(declared: Project, staging: Platform) -> None:
    for name in ("\x1b[31mred", "two\nlines", "\u202eevil", "::error::x"):
        staging.has(stored(name), stored(name))
    out = declared.run("doctor").out
    assert not {"\x1b", "\u202e"} & set(out)
    assert "'two\\u{a}lines'" in out
    assert not any(line.startswith("::") for line in out.splitlines())


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize("password", ["Tr0ub4dor-3xyz", "short"])
def test_a_certificate_that_contains_the_password_is_shown_without_it(
    project: Project, password: str, trusted: bool
) -> None:
    """Whoever got the password once, before somebody noticed, can have a certificate made of it."""
    authority = CA(organization_name=f"by {password.upper()}")
    certificate = authority.issue_cert(f"{password.lower()}.example", "127.0.0.1")
    authority.cert_pem.write_to_path(project.folder / "authority.pem")
    project.log_in_as("admin", password)
    with serving(made_of(), server_side(certificate)) as server:
        project.configure({"staging": at(server.url, **({"ca_bundle": "authority.pem"} if trusted else {}))})
        ended = [project.run("doctor", "-i", "staging"), project.run("doctor", "--format", "json", "-i", "staging")]
    for each in ended:
        assert password.lower() not in (each.out + each.err).lower()
        assert "Traceback" not in each.err
