"""Whatever is wrong with files, accounts, servers and networks: clear words, the right exit code, nothing written."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trustme

from tests.cli.projects import Ended, Platform, Project, at, platform, process, wanted
from tests.faults import CutAnswer, DropConnection, LoseSession, On, Respond
from tests.live.servers import Answering, Request, Server, answer, serving
from tests.live.servers import platform as platform_like
from tests.tiers import few

if TYPE_CHECKING:
    from tests.faults import Fault

APPLY = ("apply", "--instance", "staging", "--yes")
MEGABYTE = 1024 * 1024


# Files


def _directory(file: Path) -> None:
    file.mkdir()


def _unreadable(file: Path) -> None:
    file.write_text("clients: []")
    file.chmod(0)


def _loop(file: Path) -> None:
    file.symlink_to(file.name)


def _containing(content: bytes) -> Callable[[Path], None]:
    def write(file: Path) -> None:
        file.write_bytes(content)

    return write


_ALIASES = b"clients:\n  - &a {name: One, state: absent}\n" + b"  - *a\n" * 10_000
_DEEP = b"clients: " + b"[" * 5_000 + b"]" * 5_000

BAD_FILES = {
    "not YAML": _containing(b"clients: [\n"),
    "not UTF-8": _containing(b"clients:\n  - name: caf\xe9\n"),
    "a NUL byte": _containing(b"clients:\n  - name: a\x00b\n"),
    "a tab": _containing(b"clients:\n\t- name: One\n"),
    "empty": _containing(b""),
    "a directory": _directory,
    "unreadable": _unreadable,
    "a loop of links": _loop,
    "50 MB": _containing(b"#" * 50 * MEGABYTE),
    "10,000 aliases": _containing(_ALIASES),
    "deep nesting": _containing(_DEEP),
    "an alias bomb": _containing(
        b"a: &a [1, 2]\n" + b"".join(b"%c: &%c [*%c, *%c, *%c]\n" % (c + 1, c + 1, c, c, c) for c in range(97, 110))
    ),
    "several documents": _containing(b"clients: []\n---\nclients: []\n"),
    "a duplicate key": _containing(b"clients: []\nclients: []\n"),
}


@pytest.mark.parametrize("what", BAD_FILES)
def test_a_bad_file_is_one_message_at_its_place(project: Project, staging: Platform, what: str) -> None:
    file = project.folder / "clients" / "x.yaml"
    file.parent.mkdir()
    BAD_FILES[what](file)
    if what == "unreadable" and os.access(file, os.R_OK):
        pytest.skip("this user may read every file")
    for arguments in (("validate",), ("plan",), APPLY):
        ended = project.run(*arguments)
        assert ended.code == 3
        assert "Traceback" not in ended.err
        found = [line for line in (ended.out + ended.err).splitlines() if "x.yaml:" in line]
        assert len(found) == 1, found
        assert len(found[0]) < 500
    assert staging.asked() == []


def test_a_missing_directory_of_clients_suggests_an_empty_list(project: Project, staging: Platform) -> None:
    ended = project.run(*APPLY)
    assert ended.code == 3
    assert "clients: []" in ended.err
    assert "Traceback" not in ended.err
    assert staging.asked() == []


# Credentials


def test_no_credentials_names_both_variables(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    project.environ.delenv("PM_USER")
    project.environ.delenv("PM_PASSWORD")
    ended = project.run(*APPLY)
    assert ended.code == 1
    assert "PM_USER" in ended.only_error()
    assert "PM_PASSWORD" in ended.only_error()
    assert staging.asked() == []


@pytest.mark.parametrize("command", [APPLY, ("plan",), ("doctor",)], ids=lambda it: it[0])
def test_a_password_that_was_damaged_costs_no_login(
    project: Project, staging: Platform, command: tuple[str, ...]
) -> None:
    project.declare(wanted("One"))
    right = os.environ["PM_PASSWORD"]
    project.environ.setenv("PM_PASSWORD", f"{right}\n")
    ended = project.run(*command)
    assert ended.code == 1
    assert "PM_PASSWORD ends in a line feed" in ended.out + ended.err
    assert right not in ended.out + ended.err
    assert "POST /login" not in staging.asked()


INSTEAD_OF_A_PASSWORD = (
    "*****", "$PASSWORD", "${{ secrets.PM_PASSWORD }}", "change-me", "Zml6ekJ1enoxCg==", "password=fizzBuzz1",
    "/run/secrets/password", "op://vault/item/fizzBuzz1", '{"password": "fizzBuzz1"}', "„fizzBuzz1“", "fizz\u200bBuzz1",
)  # fmt: skip


def test_what_stands_in_the_place_of_a_password_costs_no_login(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    for value in INSTEAD_OF_A_PASSWORD:
        project.environ.setenv("PM_PASSWORD", value)
        ended = project.run("plan")
        assert (ended.code, "the environment variable PM_PASSWORD " in ended.only_error()) == (1, True), value
        assert value not in ended.err
        assert "fizz" not in ended.err
    assert staging.asked() == []


def test_a_password_that_is_meant_to_look_damaged_is_sent(project: Project, staging: Platform) -> None:
    """It is the wrong one here, and only the instance knows."""
    credentials = {"username_env": "PM_USER", "password_env": "PM_PASSWORD", "as_is": True}
    project.configure({"staging": at(staging.url, credentials=credentials)})
    project.declare(wanted("One"))
    project.log_in_as("admin", "'quoted'")
    assert project.run(*APPLY).code == 6
    assert staging.asked() == ["POST /login"]


@pytest.mark.parametrize("name", ["admin", "nobody", "pm_inactive", "pm_blocked"])
def test_wrong_credentials_are_tried_once(project: Project, staging: Platform, name: str) -> None:
    project.declare(wanted("One"))
    project.log_in_as(name, "wrong")
    ended = project.run(*APPLY)
    assert ended.code == 6
    ended.only_error()
    assert staging.asked() == ["POST /login"]


def test_a_locked_account_is_told_from_a_wrong_password(project: Project, tmp_path: Path) -> None:
    with platform(tmp_path / "strict.sqlite3", settings={"password-policies.login_attempts": 1}) as strict:
        project.configure({"staging": at(strict.url)})
        project.declare(wanted("One"))
        project.log_in_as("pm_lock", "wrong")
        codes = [project.run("plan").code for _ in range(2)]
        project.log_in_as("pm_lock")
        ended = project.run("plan")
    assert (codes, ended.code) == ([6, 6], 6)
    assert "locked" in ended.only_error()


# Servers


@pytest.fixture
def serve(project: Project) -> Callable[[Answering], Ended]:
    """Apply against a server that answers as it is told, and look that it was asked to write nothing."""

    def apply(answering: Answering) -> Ended:
        with serving(answering) as server:
            project.configure({"staging": at(server.url)})
            project.declare(wanted("One"))
            ended = project.run(*APPLY)
            assert [line for line in server.lines if "/oauth/clients" in line and not line.startswith("GET")] == []
            return ended

    return apply


HTML = answer(200, b"<html><h1>Welcome</h1></html>", content_type="text/html")
TO_LOGIN = answer(302, headers="Location: /login\r\n")

NOT_THE_PLATFORM: dict[str, Answering] = {
    "HTML for the login": platform_like(login=HTML),
    "404 for the login": platform_like(login=answer(404, b"not found", content_type="text/plain")),
    "a redirect for the login": platform_like(login=answer(302, headers="Location: https://sso.example.com/\r\n")),
    "HTML for the list": platform_like(list=HTML),
    "a login page behind a redirect": platform_like(list=TO_LOGIN),
    "404 for the list": platform_like(list=answer(404, {"message": "Not Found"})),
    "a list of another shape": platform_like(list=answer(200, [1, 2])),
    "a list of other things": platform_like(list=answer(200, {"data": [{"id": "x", "name": 5}]})),
    "no JSON": platform_like(list=answer(200, b'{"data": [')),
    "not HTTP": lambda request: b"SSH-2.0-OpenSSH_9.6\r\n",
    "nothing at all": lambda request: b"",
}


@pytest.mark.parametrize("what", NOT_THE_PLATFORM)
def test_a_server_that_is_not_the_platform_is_one_message(serve: Callable[[Answering], Ended], what: str) -> None:
    ended = serve(NOT_THE_PLATFORM[what])
    assert ended.code == 1
    assert ended.only_error().startswith("error: staging: ")


@pytest.mark.parametrize("status", [403, 429, 500, 502, 503])
@pytest.mark.parametrize("step", ["login", "list"])
def test_an_ill_server_is_one_message(serve: Callable[[Answering], Ended], step: str, status: int) -> None:
    ended = serve(platform_like(**{step: answer(status, {"message": "Server Error"}, headers="Retry-After: 3600\r\n")}))
    assert ended.code == (6 if (step, status) == ("login", 429) else 1)
    ended.only_error()


def test_an_answer_that_never_ends_is_bounded(serve: Callable[[Answering], Ended]) -> None:
    def endless(request: Request) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
        while True:
            yield b" " * MEGABYTE

    ended = serve(platform_like(list=endless))
    assert ended.code == 1
    ended.only_error()


def test_no_server_is_one_message(project: Project) -> None:
    project.configure({"staging": at("http://127.0.0.1:9", timeout=1)})
    project.declare(wanted("One"))
    ended = project.run(*APPLY)
    assert ended.code == 1
    assert "connection refused" in ended.only_error()


@pytest.fixture
def behind_a_proxy(project: Project) -> Project:
    """A project whose instance is on another machine, and no proxy in the environment yet."""
    for name in ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        project.environ.delenv(name, raising=False)
    for name in ("no_proxy", "NO_PROXY"):
        project.environ.setenv(name, "127.0.0.1")
    project.configure({"staging": at("https://acme.example")})
    project.declare(wanted("One"))
    return project


PROXIES = {
    "http://user:pw4711@[::1": (lambda _: b"", "the proxy in https_proxy cannot be used: it is not a URL"),
    "http://user:pw4711@{}\r": (lambda _: b"", "cannot be used: it ends in a carriage return ({})"),
    "http://user:pw4711@{}": (
        lambda _: answer(407),
        "the proxy {} (from https_proxy) does not accept its user name and password (407)",
    ),
    "http://user:pw4711@127.0.0.1:9": (
        lambda _: b"",
        "the proxy 127.0.0.1:9 (from https_proxy) refuses the connection",
    ),
}


@pytest.mark.parametrize("url", PROXIES, ids=ascii)
def test_a_bad_proxy_is_named_and_not_the_instance(behind_a_proxy: Project, url: str) -> None:
    """Whatever command it is, and never with its password. The doctor does not say ok for it."""
    answering, said = PROXIES[url]
    with serving(answering) as proxy:
        place = proxy.url.removeprefix("http://")
        behind_a_proxy.environ.setenv("https_proxy", url.format(place))
        if url.endswith(":9"):  # nobody is there who could answer too late
            behind_a_proxy.configure({"staging": at("https://acme.example", timeout=1)})
        planned, examined = behind_a_proxy.run("plan"), behind_a_proxy.run("doctor")
    assert (planned.code, examined.code) == (1, 1)
    assert said.format(place) in planned.only_error()
    assert said.format(place) in examined.out
    shown = planned.err + examined.out + examined.err
    assert "pw4711" not in shown
    assert "`url:`" not in shown
    assert "ok" not in examined.out.split()


def test_the_doctor_says_which_proxy_is_used_and_why(behind_a_proxy: Project, staging: Platform) -> None:
    stranger = answer(401, {"error": "Unauthenticated."}, headers="Set-Cookie: a=b\r\n")
    with serving(platform_like(scopes=stranger)) as proxy:
        place = proxy.url.removeprefix("http://")
        behind_a_proxy.environ.setenv("HTTP_PROXY", proxy.url)
        behind_a_proxy.configure({"staging": at("http://acme.example", allow_http=True), "near": at(staging.url)})
        ended = behind_a_proxy.run("doctor", "--no-login", "--instance", "staging")
        near = behind_a_proxy.run("doctor", "--no-login", "--instance", "near", "--format", "json")
    assert f"connection  through the proxy {place}: HTTP_PROXY names it" in ended.out
    facts = near.document["instances"][0]["facts"]
    assert (facts["proxy"], facts["route_reason"]) == (None, "the proxy in HTTP_PROXY is never used for this machine")


def test_a_certificate_that_does_not_verify_names_ca_bundle(project: Project) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with serving(platform_like(), tls=context) as server:
        project.configure({"staging": at(server.url)})
        project.declare(wanted("One"))
        ended = project.run(*APPLY)
        _assert_untouched(server)
    assert ended.code == 1
    assert "certificate" in ended.only_error()
    assert "ca_bundle" in ended.err


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_an_instance_that_asks_for_a_certificate_gets_the_one_of_the_settings(
    project: Project, version: ssl.TLSVersion
) -> None:
    """Its files start from the folder of reconciler.yaml; without one, every command says what is missing."""
    authority = trustme.CA()
    ours = authority.issue_cert("robot.example")
    authority.cert_pem.write_to_path(project.write("certs/ca.pem", ""))
    ours.cert_chain_pems[0].write_to_path(project.write("certs/us.pem", ""))
    ours.private_key_pem.write_to_path(project.write("certs/us.key", ""))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode, context.minimum_version, context.maximum_version = ssl.CERT_REQUIRED, version, version
    pair = {"certificate": "certs/us.pem", "key": "certs/us.key"}
    project.declare()
    with serving(platform_like(), tls=context) as server:
        more = {"ca_bundle": "certs/ca.pem", "expect_system_clients": False}
        project.configure({"staging": at(server.url, **more)})
        without = [project.run("plan"), project.run("doctor")]
        _assert_untouched(server)
        project.configure({"staging": at(server.url, client_certificate=pair, **more)})
        shown = project.run("plan")
    assert [each.code for each in without] == [1, 1]
    assert "it asks for a client certificate" in without[0].only_error()
    assert "it asks for a client certificate" in without[1].out
    assert shown.code == 0, shown.err


def _assert_untouched(server: Server) -> None:
    assert server.requests == []


def test_a_listing_that_fails_is_one_message(project: Project, tmp_path: Path) -> None:
    """All at once, since it takes as long as all tries do."""
    where = On("GET", "/oauth/clients")
    faults: dict[str, Fault] = {
        "in-maintenance": Respond(where, 503),
        "cut-short": CutAnswer(where, 40),
        "dropped": DropConnection(where),
    }
    project.declare(wanted("One"))
    with ExitStack() as stack:
        served = {
            name: stack.enter_context(platform(tmp_path / f"{name}.sqlite3", fault)) for name, fault in faults.items()
        }
        project.configure({name: at(each.url) for name, each in served.items()})
        ended = project.run("apply", "--all", "--yes")
        assert [each.log.writes() for each in served.values()] == [[], [], []]
        assert [each.asked()[-1] for each in served.values()] == ["GET /logout"] * 3
    assert ended.code == 1
    # Two of them fail in the same way, and are told in one message if they took equally long.
    assert [name for error in ended.errors for name in error.split(": ")[1].split(" and ")] == list(faults)
    assert "Traceback" not in ended.out + ended.err


def test_a_session_that_never_lasts_is_one_message(project: Project, tmp_path: Path) -> None:
    with platform(tmp_path / "faulty.sqlite3", LoseSession(On("GET", "/oauth"))) as faulty:
        project.configure({"staging": at(faulty.url)})
        project.declare(wanted("One"))
        ended = project.run(*APPLY)
        assert ended.code == 1
        assert "session" in ended.only_error()
        assert faulty.log.writes() == []


# Configuration


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "reconciler.yaml:"),
        ("instances: {}", "reconciler.yaml:"),
        ("instances: {a: {url: 'ftp://x', credentials: {username_env: A, password_env: B}}}", "ftp"),
        ("instances: {a: {url: 'https://x.example', credentials: {username: admin}}}", "username"),
        ("instances: {a: {embedded: x}, b: {embedded: ./x}}", "b"),
        ("default_instance: c\ninstances: {a: {embedded: x}}", "c"),
    ],
)
def test_a_bad_configuration_is_said_at_its_place(project: Project, text: str, said: str) -> None:
    project.write("reconciler.yaml", text)
    project.declare(wanted("One"))
    for arguments in (("validate",), ("plan",), ("sandbox", "reset")):
        ended = project.run(*arguments)
        assert ended.code == 3
        assert said in ended.out + ended.err
        assert "Traceback" not in ended.err
        assert "this is a bug" not in ended.err


@pytest.mark.parametrize("odd", ["\r", "\x85", "\u2028", "\u2029"], ids=ascii)
def test_no_comment_hides_live_configuration(project: Project, odd: str) -> None:
    text = (
        "instances:\n  staging:\n    embedded: box.sqlite3\n    # ask ops{}    sinks: [{{command: {{run: [./x]}}}}] #\n"
    )
    project.write("reconciler.yaml", text.format(odd))
    project.write("clients/all.yaml", f"clients: []  # none{odd}more: 1\n")
    for command in (["validate"], ["plan"]):
        ended = project.run(*command)
        assert ended.code == 3
        for place in ("reconciler.yaml:4:14: error: ", "clients/all.yaml:1:20: error: "):
            said = next(line for line in (ended.out + ended.err).splitlines() if line.startswith(place))
            assert "ends a line for some programs only, so a comment could hide what another reads" in said


N = 40_000
NAMES = {
    "a list with everything twice": ", ".join(f"p{number // 2}" for number in range(N)),
    "equal keys": ", ".join(f"k{number}: 1" for number in [*range(N), *reversed(range(N))]),
    "unknown keys": ", ".join(f"gronts{number}: 1" for number in range(N)),
}
LARGE = {
    "a list with everything twice": "clients:\n  - {name: a, grants: {password: true}, instances: [@]}\n",
    "equal keys": "clients: []\nx: {@}\n",
    "unknown keys": "clients:\n  - {name: a, @}\n",
}


@pytest.mark.parametrize("what", few(LARGE, len(LARGE)))
def test_a_file_full_of_mistakes_keeps_no_job_busy(project: Project, what: str) -> None:
    """Each took minutes, four times as long for twice as many."""
    project.configure({"staging": {"embedded": "box.sqlite3"}})
    project.write("clients/all.yaml", LARGE[what].replace("@", NAMES[what]))
    ended = process("validate")
    assert ended.returncode == 3
    assert ended.stdout.count("\n") >= N // 2
