"""What reconciler.yaml becomes. What is said about its mistakes, word for word: tests/cases/invalid."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.declared.config.settings import read_settings
from reconciler.declared.schema.validate import validate_document
from reconciler.declared.yaml.load import load_text
from reconciler.model.clients import Location
from reconciler.model.diagnostics import Severity
from reconciler.model.settings import (
    DEFAULT_LIMITS,
    ClientCertificate,
    CredentialNames,
    Instance,
    Limits,
    Policy,
    RuleSetting,
    Settings,
)

ROOT = Path("/srv/project")
CREDENTIALS = "credentials: {username_env: PM_USERNAME, password_env: PM_PASSWORD}"


def read(content: str, root: Path = ROOT) -> tuple[Settings | None, list[str]]:
    loaded = load_text(content.encode(), "reconciler.yaml")
    assert loaded.diagnostics == ()
    assert validate_document(loaded.documents[0], "reconciler") == []
    found, problems = read_settings(loaded.documents[0], root)
    return found, [str(problem) for problem in problems]


def sound(content: str) -> Settings:
    found, problems = read(content)
    assert problems == []
    assert found is not None
    return found


def instance(fields: str) -> Instance:
    return sound(f"instances: {{a: {{{fields}}}}}").instances[0]


def url_problems(url: str, more: str = "") -> list[str]:
    return read(f"instances:\n  a:\n    url: {url}\n    {CREDENTIALS}\n    {more}\n")[1]


def test_what_is_left_out_has_its_default() -> None:
    found = sound(f"instances: {{a: {{url: https://a.example.com, {CREDENTIALS}}}}}")
    assert found == Settings(
        path=Path("reconciler.yaml"),
        instances=(
            Instance(
                name="a",
                location=Location("reconciler.yaml", 1, 13),
                url="https://a.example.com",
                credentials=CredentialNames(username_env="PM_USERNAME", password_env="PM_PASSWORD"),
                limits=DEFAULT_LIMITS,
            ),
        ),
    )


def test_everything_that_can_be_said_of_an_instance_arrives() -> None:
    found = instance(
        "url: http://a.example.com:8080/platform/, "
        "credentials: {username_file: u, password_file: /run/p, as_is: true}, allow_http: true, "
        " ca_bundle: certs/ca.pem, timeout: 5, limits: {updates: 0}, system_clients: [Plugin *], "
        "expect_system_clients: false, wave: -1, frozen: audit, variables: {x: y}, "
        "client_certificate: {certificate: certs/client.pem, key: /run/client.key}"
    )
    assert found == Instance(
        name="a",
        location=Location("reconciler.yaml", 1, 13),
        url="http://a.example.com:8080/platform",
        credentials=CredentialNames(username_file=ROOT / "u", password_file=Path("/run/p"), as_is=True),
        variables={"x": "y"},
        limits=Limits(creates=25, updates=0, deletes=3, deliveries=25, issuer_changes=0),
        ca_bundle=ROOT / "certs/ca.pem",
        client_certificate=ClientCertificate(ROOT / "certs/client.pem", Path("/run/client.key")),
        timeout=5,
        allow_http=True,
        system_clients=("Plugin *",),
        expect_system_clients=False,
        wave=-1,
        frozen="audit",
    )


@pytest.mark.parametrize(
    ("written", "platform"),
    [
        ("embedded: x", None),
        ("embedded: x, platform: 4.15", "4.15"),
        ("embedded: x, platform: '4.10'", "4.10"),
        ("embedded: x, platform: 4.6.3", "4.6.3"),
        ("embedded: x, platform: 2026", "2026"),
        ("embedded: x, platform: 2026-hashed", "2026-hashed"),
        ("url: https://a.example, credentials: {username_env: U, password_env: P}, platform: 2026", "2026"),
        ("url: https://a.example, credentials: {username_env: U, password_env: P}, platform: 4.20.1", "4.20.1"),
    ],
)
def test_a_platform_is_text_however_it_is_written(written: str, platform: str | None) -> None:
    assert instance(written).platform == platform


def test_an_embedded_instance_has_no_limits_and_is_known_by_its_path_as_configured() -> None:
    found = instance("embedded: .reconciler/sandbox.sqlite3")
    assert found.embedded == ROOT / ".reconciler/sandbox.sqlite3"
    assert found.identity == "embedded:.reconciler/sandbox.sqlite3"
    assert found.limits == Limits()


def test_policy_arrives() -> None:
    found = sound(
        "instances: {a: {embedded: x}}\ndefault_instance: a\nprotected: [P*]\nignore: [Z*]\n"
        "rules: {one: {severity: off}, two: {severity: warning, waivable: false}, three: {waivable: true}}\n"
        "policy: {allowed_redirect_hosts: [], required_fields: [owner]}\n"
    )
    assert (found.default_instance, found.protected, found.ignore) == ("a", ("P*",), ("Z*",))
    assert found.rules == {
        "one": RuleSetting(off=True),
        "two": RuleSetting(severity=Severity.WARNING, waivable=False),
        "three": RuleSetting(waivable=True),
    }
    assert found.rule_sources[1] == ("two", Location("reconciler.yaml", 5, 31))
    assert found.instances[0].policy == Policy(allowed_redirect_hosts=(), required_fields=("owner",))


def test_an_instances_variables_win_over_those_at_the_top_and_numbers_become_text() -> None:
    found = sound(
        "variables: {host: top, port: 8443}\n"
        "instances:\n  a: {embedded: x, variables: {host: own, flag: 'true'}}\n  b: {embedded: y}\n"
    )
    assert [dict(one.variables) for one in found.instances] == [
        {"host": "own", "port": "8443", "flag": "true"},
        {"host": "top", "port": "8443"},
    ]
    assert [(name, place.line, place.column) for name, place in found.variable_sources] == [
        ("host", 1, 13), ("port", 1, 24), ("host", 3, 32), ("flag", 3, 43),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("https://acme.example.com", "https://acme.example.com"),
        ("https://acme.example.com/", "https://acme.example.com"),
        ("https://acme.example.com//", "https://acme.example.com"),
        ("HTTPS://Acme.Example.COM/Path/", "https://acme.example.com/Path"),
        ("https://acme.example.com:8443", "https://acme.example.com:8443"),
        ("https://[2001:db8::1]:8443/", "https://[2001:db8::1]:8443"),
        ("https://münchen.example", "https://münchen.example"),
    ],
)
def test_a_url_has_one_spelling(written: str, kept: str) -> None:
    assert instance(f'url: "{written}", {CREDENTIALS}').url == kept


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8089", "pm.localhost", "127.0.0.1:80", "127.9.9.9", "'[::1]'"]
)
def test_plain_http_to_this_machine_needs_no_leave(host: str) -> None:
    assert url_problems(f"http://{host}".replace("http://'", "'http://")) == []


@pytest.mark.parametrize(
    "host",
    ["acme.example.com", "10.0.0.1", "localhost.example.com", "notlocalhost", "0.0.0.0", "127.0.0.1.example.com"],
)
def test_plain_http_to_another_machine_needs_leave(host: str) -> None:
    assert [line.split(";")[0] for line in url_problems(f"http://{host}:8080/")] == [
        f"reconciler.yaml:3:10: error: plain http to {host} sends the password unencrypted over the network"
    ]
    assert url_problems(f"http://{host}:8080/", "allow_http: true") == []


@pytest.mark.parametrize(
    "url",
    [
        *("acme.example.com", "//acme.example.com", "/path", "mailto:a", "ftp://a", "https://", "https:///x"),
        *("https://a:99999", "https://a:x", '"https://[::1"', '"https://a b"', '" https://a"'),
        *(
            '"https://a\\\\b"',
            '"https://a\\u200b"',
            "https://<your-instance>",
            "https://a.${domain}",
            "“https://a.example”",
        ),
    ],
)
def test_what_is_not_the_url_of_an_instance_is_refused(url: str) -> None:
    found = url_problems(url)
    assert len(found) == 1
    assert "is not the URL of an instance; write it like https://" in found[0]


@pytest.mark.parametrize("tail", ["?", "?a=b", "#", "#top", "/?x"])
def test_a_url_ends_with_its_path(tail: str) -> None:
    assert ["continues after the path" in line for line in url_problems(f'"https://a.example.com{tail}"')] == [True]


@pytest.mark.parametrize("url", ["https://u:hunter2@a.example.com", "ftp://u:hunter2@a", "https://u:hunter2@a?x#y"])
def test_a_password_in_a_url_is_refused_and_never_shown(url: str) -> None:
    found = url_problems(f'"{url}"')
    assert found
    assert not any("hunter2" in line for line in found)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example.com", "https://a.example.com/"),
        ("https://a.example.com", "HTTPS://A.example.COM:443"),
        ("http://localhost", "http://LOCALHOST:80//"),
        ("https://a.example.com/x", "https://a.example.com/x/"),
    ],
)
def test_two_instances_with_one_url_are_an_error_that_names_both(one: str, other: str) -> None:
    found, problems = read(
        f"instances:\n  a: {{url: '{one}', {CREDENTIALS}}}\n  b: {{url: '{other}', {CREDENTIALS}}}\n"
    )
    assert found is None
    assert problems == [
        "reconciler.yaml:3:12: error: a and b have one URL: they are the same instance; "
        "keep one of them, or correct the other [one-target]"
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example.com", "https://a.example.com:8443"),
        ("https://a.example.com/x", "https://a.example.com/X"),
        ("http://localhost", "https://localhost"),
    ],
)
def test_other_urls_are_other_instances(one: str, other: str) -> None:
    assert read(f"instances:\n  a: {{url: '{one}', {CREDENTIALS}}}\n  b: {{url: '{other}', {CREDENTIALS}}}\n")[1] == []


def test_two_instances_with_one_database_are_an_error_also_through_a_symlink(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    problems = read("instances: {a: {embedded: x}, b: {embedded: link/x}, c: {embedded: y/../x}}", tmp_path)[1]
    assert [line.split(" error: ")[1].split(":")[0] for line in problems] == [
        "a and b have one database",
        "a and c have one database",
    ]


def test_a_loop_of_symlinks_is_left_for_whoever_opens_the_database(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    assert read("instances: {a: {embedded: loop/x}, b: {embedded: loop/y}}", tmp_path)[1] == []


@pytest.mark.parametrize(
    ("url", "instead"),
    [
        ("https://acme.processmaker.net/admin/auth-clients", "https://acme.processmaker.net"),
        ("https://acme.processmaker.net/Login", "https://acme.processmaker.net"),
        ("https://example.com:8443/pm/oauth/clients/", "https://example.com:8443/pm"),
    ],
)
def test_the_address_of_a_page_is_probably_not_that_of_the_instance(url: str, instead: str) -> None:
    """A warning: an instance may live in a folder of any name."""
    assert url_problems(url) == [
        f"reconciler.yaml:3:10: warning: '{url}' looks like the address of a page, not of the instance; "
        f"write only the address of the platform: {instead} [instance-url]"
    ]


@pytest.mark.parametrize("url", ["https://login.example.com", "https://admin/pm", "https://example.com/administration"])
def test_a_page_is_told_by_its_folder_and_not_by_its_host(url: str) -> None:
    assert url_problems(url) == []


def test_the_default_instance_must_exist() -> None:
    found, problems = read("instances: {production: {embedded: x}}\ndefault_instance: prodution")
    assert found is None
    assert problems == [
        "reconciler.yaml:2:19: error: no instance is named 'prodution'; did you mean 'production'? [default-instance]"
    ]
