"""What a reviewer is told of a change: the facts of the contract, each once, in plain words."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from reconciler.model.clients import ClientSpec, Grant
from reconciler.planning.notes.risks import create_risks, update_risks
from reconciler.planning.plan.plan import Note, Update
from tests.builders import CODE, PASSWORD, PERSONAL, absent, declare, listing, live, plan_of, spec


def codes(risks: tuple[Note, ...]) -> list[str]:
    return [risk.code for risk in risks]


CREATED: list[tuple[set[Grant], list[str]]] = [
    ({CODE}, []),
    ({PASSWORD}, ["password-grant"]),
    ({PERSONAL}, ["personal-access"]),
    ({CODE, PASSWORD}, ["password-grant", "code-exchange-refused"]),
    ({CODE, PERSONAL}, ["personal-access", "code-exchange-refused"]),
    ({PASSWORD, PERSONAL}, ["personal-access", "password-grant"]),
    ({CODE, PASSWORD, PERSONAL}, ["personal-access", "password-grant", "code-exchange-refused"]),
]


@pytest.mark.parametrize(("grants", "expected"), CREATED, ids=["+".join(sorted(grants)) for grants, _ in CREATED])
def test_a_new_client_has_the_risks_of_its_grants(grants: set[Grant], expected: list[str]) -> None:
    """Contract: "The authorization code works only where it is the sole grant", for all seven combinations."""
    assert codes(create_risks(spec("A", *grants))) == expected


UPDATED: list[tuple[str, ClientSpec, ClientSpec, list[str]]] = [
    ("another path", spec("A"), spec("A", redirect="https://app.example.com/other"), []),
    ("another host", spec("A"), spec("A", redirect="https://new.example.com/cb"), ["redirect-host"]),
    (
        "one host more",
        spec("A"),
        spec("A", redirect="https://app.example.com/cb,https://b.example/cb"),
        ["redirect-host"],
    ),
    ("the host in other letters", spec("A"), spec("A", redirect="https://APP.example.com/cb"), []),
    ("http", spec("A"), spec("A", redirect="http://app.example.com/cb"), ["plain-http"]),
    ("http to loopback", spec("A"), spec("A", redirect="http://127.0.0.1:8000/cb"), ["redirect-host"]),
    ("http as before", spec("A", redirect="http://b.example/cb"), spec("B", redirect="http://b.example/cb"), []),
    ("password added", spec("A", PERSONAL), spec("A", PERSONAL, PASSWORD), ["grant-added", "password-grant"]),
    (
        "personal access added to the code",
        spec("A"),
        spec("A", CODE, PERSONAL),
        ["grant-added", "personal-access", "code-exchange-refused"],
    ),
    (
        "a third grant on two of which one is the code",
        spec("A", CODE, PASSWORD),
        spec("A", CODE, PASSWORD, PERSONAL),
        ["grant-added", "personal-access"],
    ),
    ("password removed", spec("A", CODE, PASSWORD), spec("A"), ["grant-removed"]),
    ("the code removed", spec("A", CODE, PASSWORD), spec("A", PASSWORD), ["grant-removed", "redirect-erased"]),
    (
        "the code exchanged for the password",
        spec("A"),
        spec("A", PASSWORD),
        ["grant-added", "password-grant", "grant-removed", "redirect-erased"],
    ),
    ("a rename alone", spec("A"), spec("B"), []),
]


@pytest.mark.parametrize(("before", "after", "expected"), [each[1:] for each in UPDATED], ids=[e[0] for e in UPDATED])
def test_an_update_has_the_risks_that_it_brings(before: ClientSpec, after: ClientSpec, expected: list[str]) -> None:
    risks = update_risks(before, after)
    assert codes(risks) == expected
    assert len({risk.text for risk in risks}) == len(risks)


def test_other_risks_are_all_that_changes_about_an_update() -> None:
    values: dict[str, Any] = {field.name: field.name for field in fields(Update)}
    update = Update(**values)
    assert update.with_risks((Note("a", "b"),)) == replace(update, risks=(Note("a", "b"),))


def test_a_changed_host_is_shown_as_old_and_new() -> None:
    [risk] = update_risks(spec("A"), spec("A", redirect="https://app.example.com@evil.example/cb"))
    assert risk.text == "the redirect host changes: app.example.com → evil.example"


@pytest.mark.parametrize(
    "inner",
    ["//evil.example", r"\\evil.example", "%2F%2fevil.example", "https:evil.example", "http%3A%2F%2Fevil.example"],
)
def test_an_address_within_a_new_url_is_named(inner: str) -> None:
    """A page that redirects to what its URL says passes a code on, though the host of the URL is the same."""
    url = f"https://app.example.com/redirect?to={inner}"
    [risk] = update_risks(spec("A", redirect="https://app.example.com/redirect?to=/home"), spec("A", redirect=url))
    assert (risk.code, inner in risk.text) == ("redirect-with-address", True)
    assert codes(create_risks(spec("A", redirect=url))) == ["redirect-with-address"]
    assert update_risks(spec("A", redirect=url), spec("B", redirect=url)) == ()


@pytest.mark.parametrize("url", ["https://app.example.com/a//", "https://app.example.com/cb?x=1/2&y=http"])
def test_other_slashes_are_no_address(url: str) -> None:
    assert create_risks(spec("A", redirect=url)) == ()


def test_personal_access_is_said_to_be_as_strong_as_an_administrator() -> None:
    """Contract: id and secret of such a client are enough to mint a token for any user id, administrators included."""
    [risk] = create_risks(spec("A", PERSONAL))
    assert "any user, administrators included" in risk.text


def test_the_password_grant_works_for_blocked_and_inactive_users() -> None:
    """Contract: "The password grant works for blocked and inactive users"."""
    [risk] = create_risks(spec("A", PASSWORD))
    assert "blocked and inactive users" in risk.text


def test_a_removed_grant_does_not_end_tokens_that_were_issued() -> None:
    """Contract: "Tokens that were issued survive a change of grants and redirect"."""
    [risk] = update_risks(spec("A", CODE, PASSWORD), spec("A"))
    assert "password is taken away" in risk.text
    assert "already issued keep working" in risk.text


def test_a_redirect_is_erased_with_its_grant() -> None:
    """Contract: the authorization code grant is derived from the redirect; without it the redirect is stored empty."""
    risk = update_risks(spec("A", CODE, PASSWORD), spec("A", PASSWORD))[-1]
    assert "https://app.example.com/cb is erased" in risk.text


def test_a_deletion_cannot_be_undone() -> None:
    """Contract: deleting revokes the client's tokens; creating it again gives a new id and secret."""
    [change] = plan_of(declare(absent("A")), listing(live(7, "A"))).changes
    [risk] = change.risks
    assert risk.code == "tokens-revoked"
    assert "new id and secret" in risk.text


@pytest.mark.parametrize("name", ["PmApi", "pmapi", "Corp SSO"])
def test_a_change_to_a_client_that_the_platform_needs_says_so(name: str) -> None:
    risks = update_risks(spec(name), spec(name, redirect="https://app.example.com/x"), system_clients=("corp*",))
    assert codes(risks) == ["system-client"]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [("A", "Payments A", ["becomes-protected"]), ("Payments A", "Payments B", []), ("A", "B", [])],
)
def test_a_rename_into_protection_is_a_one_way_street(before: str, after: str, expected: list[str]) -> None:
    assert codes(update_risks(spec(before), spec(after), protected=("payments*",))) == expected


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8000/cb",
        "http://portal.localhost/cb",
        "http://127.8.8.8/cb",
        "http://[::1]:99/cb",
        "HTTP://LOCALHOST./",
    ],
)
def test_plain_http_to_the_same_machine_is_no_risk(url: str) -> None:
    assert create_risks(spec("A", redirect=url)) == ()


@pytest.mark.parametrize(
    "url",
    [
        "http://app.example.com/cb",
        "HTTP://app.example.com/cb",
        "http://localhost.example.com/cb",
        "http://localhost@app.example.com/cb",
        "http://128.0.0.1/cb",
        "http://[::2]/cb",
        "http://[::1/cb",
        "http:///cb",
    ],
)
def test_plain_http_to_anywhere_else_is_a_risk(url: str) -> None:
    [risk] = create_risks(spec("A", redirect=url))
    assert risk.code == "plain-http"
    assert url in risk.text


def test_each_of_several_redirects_is_looked_at() -> None:
    """Contract: a comma separates several redirect URLs, and each works in the whole authorization-code flow."""
    two = "https://a.example/cb,http://b.example/cb"
    [risk] = create_risks(spec("A", redirect=two))
    assert "http://b.example/cb" in risk.text
    assert "a.example" not in risk.text
