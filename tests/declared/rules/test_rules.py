"""The rules on grants, fields, names, ids and references: what each finds, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model.clients import Location
from reconciler.model.diagnostics import Diagnostic, Severity
from reconciler.model.settings import Settings
from tests.declared.declaring import PLACE, PRODUCTION, SANDBOX, declared, names_of, only, settings, shared

PASSWORD = "grants: {password: {justification: a reason}}"
CODE = "authorization_code: {redirect_url: https://a.example/cb}"


def finding(text: str, having: Settings | None = None) -> Diagnostic:
    """The one thing that is found in a file."""
    return only(declared(text, having or settings()))


def test_the_authorization_code_beside_another_grant_is_found_at_its_key() -> None:
    """The exchange is refused, which shows only when an application tries."""
    found = finding(f"clients:\n- name: A\n  grants:\n    password: {{justification: j}}\n    {CODE}\n")
    assert (found.rule, found.severity) == ("authorization-code-not-alone", Severity.WARNING)
    assert found.location == Location("clients/all.yaml", 5, 5)
    assert "together with password:" in found.message


@pytest.mark.parametrize("grant", ["password", "personal_access_token"])
@pytest.mark.parametrize("value", ["true", "{justification: ''}", "{justification: ' '}"])
def test_a_dangerous_grant_without_a_reason_is_found_at_its_value(grant: str, value: str) -> None:
    """A blank is no reason."""
    found = finding(f"clients:\n- name: A\n  grants:\n    {grant}: {value}\n")
    assert found.rule == f"{grant.replace('_', '-')}-without-justification"
    assert found.severity is Severity.WARNING
    assert found.location == Location("clients/all.yaml", 4, 7 + len(grant))


@pytest.mark.parametrize("name", ["PmApi", "PMAPI", "devlink", "Analytics bridge"])
@pytest.mark.parametrize("more", [PASSWORD, "state: absent"])
def test_a_system_client_can_be_declared_neither_present_nor_absent(name: str, more: str) -> None:
    """`system_clients:` of the instance adds to the platform's own."""
    having = settings(replace(PRODUCTION, system_clients=("analytics*",)))
    found = finding(f"clients:\n- name: {name}\n  {more}", having)
    assert (found.rule, found.location) == ("system-client-name", Location("clients/all.yaml", 2, 9))


def test_a_system_client_cannot_be_renamed_either() -> None:
    """The place is the previous name's."""
    found = finding(f"clients:\n- name: A\n  previous_names: [B, PmApi]\n  {PASSWORD}")
    assert (found.rule, found.location) == ("system-client-name", Location("clients/all.yaml", 3, 23))


def test_a_name_that_is_declared_twice_is_found_at_the_later_and_names_the_earlier() -> None:
    """Also when one of the two is absent, and once for each more."""
    text = f"clients:\n- name: A\n  {PASSWORD}\n- name: A\n  state: absent\n- name: A\n  state: absent"
    found = declared(text, settings())
    assert names_of(found) == ["duplicate-name", "duplicate-name"]
    assert [d.location.line for d in found.diagnostics] == [4, 6]
    assert {d.message for d in found.diagnostics} == {"'A' is already declared at clients/all.yaml:2:9"}


def test_one_name_may_be_declared_once_for_each_instance() -> None:
    """A name is unique for an instance, not for the files."""
    text = f"clients:\n- name: A\n  instances: [sandbox]\n  {PASSWORD}\n- name: A\n  instances: [{{}}]\n  {PASSWORD}"
    having = settings(SANDBOX, PRODUCTION)
    assert names_of(declared(text.replace("{}", "production"), having)) == []
    found = finding(text.replace("{}", '"*"'), having)
    assert found.message.endswith("(on sandbox)")


def test_an_id_that_is_claimed_twice_on_one_instance_is_found() -> None:
    """The same number on another instance is another client."""
    text = "clients:\n- {name: A, ids: {production: 7}, state: absent}\n- {name: B, ids: {IT: 7}, state: absent}"
    having = settings(PRODUCTION, SANDBOX)
    assert names_of(declared(text.replace("IT", "sandbox"), having)) == []
    found = finding(text.replace("IT", "production"), having)
    assert found.rule == "duplicate-id"
    assert found.location == Location("clients/all.yaml", 3, 31)
    assert found.message == "id 7 is already claimed by 'A' at clients/all.yaml:2:10 (on production)"


@pytest.mark.parametrize("other", ["customer portal", "Customer\\u200b portal", "CUSTOMER\\u00a0PORTAL"])
def test_names_that_people_cannot_tell_apart_are_found(other: str) -> None:
    """The message makes visible what is invisible."""
    found = finding(f'clients:\n- {{name: Customer portal, state: absent}}\n- {{name: "{other}", state: absent}}')
    assert found.rule == "name-lookalike"
    assert found.location == Location("clients/all.yaml", 3, 10)
    assert found.message.isprintable() or "\u00a0" in found.message


@pytest.mark.parametrize(
    ("character", "named"),
    [
        ("\u200b", "U+200B (ZERO WIDTH SPACE), which is invisible"),
        ("\u202e", "U+202E (RIGHT-TO-LEFT OVERRIDE), which is invisible"),
        ("\u3164", "U+3164 (HANGUL FILLER), which is invisible"),
        ("\u00a0", "U+00A0 (NO-BREAK SPACE), which looks like a space, but is not one"),
        ("\ufff9", "U+FFF9 (INTERLINEAR ANNOTATION ANCHOR), which is invisible"),
    ],
)
def test_a_character_that_nobody_sees_is_named(character: str, named: str) -> None:
    """In what the client shall be called: names that are live are what they are."""
    text = f'clients:\n- name: "A{character}B"\n  {PASSWORD}'
    found = finding(text)
    assert (found.rule, found.severity) == ("name-invisible", Severity.WARNING)
    assert found.message.endswith(f"has the character {named}")
    assert character == "\u00a0" or character not in str(found)
    assert names_of(declared(f'clients:\n- name: "A{character}B"\n  state: absent')) == []


@pytest.mark.parametrize("name", ["A B", "Café", "顧客ポータル", "Бюро", "❤\ufe0f", "🦊"])
def test_a_name_in_any_script_is_visible(name: str) -> None:
    assert names_of(declared(f"clients:\n- name: {name}\n  {PASSWORD}")) == []


@pytest.mark.parametrize(("name", "what"), [("prod*", "globs"), ("label:eu", "labels")])
def test_ids_takes_neither_globs_nor_labels_and_says_so(name: str, what: str) -> None:
    """An id means another client on every instance."""
    found = finding(f"clients:\n- name: A\n  ids: {{'{name}': 3}}\n  {PASSWORD}")
    assert found.rule == "ids-unknown"
    assert (
        found.hint == f"`ids:` takes no {what}, since an id is another client elsewhere; reconciler.yaml has production"
    )


def test_the_same_name_twice_is_no_lookalike() -> None:
    """That is what duplicate-name is for."""
    text = "clients: [{name: A, state: absent}, {name: a, state: absent}, {name: A, state: absent}]"
    assert names_of(declared(text, settings())) == ["name-lookalike", "duplicate-name"]


@pytest.mark.parametrize("more", [PASSWORD, "state: absent"])
def test_a_name_that_is_somebody_elses_previous_name_is_found(more: str) -> None:
    """At the previous name, wherever the other entry stands."""
    text = f"clients:\n- name: A\n  {more}\n- name: B\n  previous_names: [A]\n  {PASSWORD}"
    found = finding(text)
    assert (found.rule, found.location) == ("name-is-previous-name", Location("clients/all.yaml", 5, 20))
    assert "clients/all.yaml:2:9" in found.message


def test_a_previous_name_of_an_entry_for_another_instance_does_not_count() -> None:
    """There the old name may live on."""
    text = "clients:\n- {name: A, instances: [sandbox], state: absent}\n- name: B\n  instances: [production]\n"
    text += f"  previous_names: [A]\n  {PASSWORD}"
    assert names_of(declared(text, settings(SANDBOX, PRODUCTION))) == []


def test_an_own_name_as_previous_name_is_found() -> None:
    """It renames nothing; a change of case does."""
    found = finding(f"clients:\n- name: A\n  previous_names: [a, A]\n  {PASSWORD}")
    assert (found.rule, found.severity) == ("previous-name-is-own", Severity.WARNING)
    assert found.location == Location("clients/all.yaml", 3, 23)


def test_a_previous_name_that_is_claimed_twice_is_found_at_the_later() -> None:
    """One client cannot get two names."""
    text = (
        f"clients:\n- name: A\n  previous_names: [Old]\n  {PASSWORD}\n- name: B\n  previous_names: [Old]\n  {PASSWORD}"
    )
    found = finding(text)
    assert (found.rule, found.location) == ("previous-name-twice", Location("clients/all.yaml", 6, 20))
    assert found.message == "previous name 'Old' is already claimed at clients/all.yaml:3:20"


def test_a_protected_name_cannot_be_declared_absent() -> None:
    """Found where `absent` stands; declaring it present is what protection is for."""
    having = replace(settings(), protected=("payments*",))
    found = finding("clients:\n- name: Payments terminal\n  state: absent", having)
    assert (found.rule, found.location) == ("protected-absent", Location("clients/all.yaml", 3, 10))
    assert names_of(declared(f"clients:\n- name: Payments terminal\n  {PASSWORD}", having)) == []


@pytest.mark.parametrize("more", [PASSWORD, "state: absent"])
def test_a_name_that_is_ignored_cannot_be_declared(more: str) -> None:
    """It would look managed, and nothing would ever happen."""
    having = replace(settings(), ignore=("Other*", "zapier*"))
    assert finding(f"clients:\n- name: Zapier bridge\n  {more}", having).rule == "declared-and-ignored"


def test_an_undefined_variable_is_found_with_a_guess_and_a_way_out() -> None:
    """The message has what to write; no rule on URLs is confused by the hole."""
    text = "clients:\n- name: A\n  grants:\n    authorization_code:\n      redirect_url: https://${portal_hots}/x y\n"
    found = finding(text, settings(shared("production", portal_host="x")))
    assert (found.rule, found.location) == ("undefined-variable", Location("clients/all.yaml", 5, 21))
    assert found.message == "variable 'portal_hots' is not defined (on production)"
    assert found.hint == (
        "did you mean '${portal_host}'? if not, "
        "define it under variables: in reconciler.yaml, at the top or of the instance"
    )


def test_a_reference_that_cannot_be_read_is_found() -> None:
    """And is not taken for text."""
    text = "clients:\n- name: A\n  grants:\n    authorization_code:\n      redirect_url: https://${portal\n"
    found = finding(text)
    assert found.rule == "variable-syntax"
    assert found.message == "redirect URL 'https://${portal' has a '${' without its '}'"


def test_a_variable_that_nothing_uses_is_found_wherever_it_is_defined() -> None:
    """But not while a file is missing that might use it."""
    places = (Location("reconciler.yaml", 1, 13), Location("reconciler.yaml", 4, 19))
    sources = (("used", PLACE), ("unused", places[0]), ("unused", places[1]))
    text = "clients:\n- name: A\n  grants:\n    authorization_code:\n      redirect_url: https://${used}/cb\n"
    having = replace(settings(shared("production", used="a.example", unused="x")), variable_sources=sources)
    found = declared(text, having)
    assert names_of(found) == ["unused-variable", "unused-variable"]
    assert tuple(d.location for d in found.diagnostics) == places
    assert declared(text, having, complete=False).diagnostics == ()


def test_a_variable_counts_as_used_by_an_entry_for_another_instance() -> None:
    """Which instances are looked at today does not make it superfluous."""
    text = "clients:\n- name: A\n  instances: [staging]\n  grants:\n    authorization_code:\n"
    text += "      redirect_url: https://${host}/cb\n"
    having = settings(PRODUCTION, shared("staging", host="a.example"))
    having = replace(having, variable_sources=(("host", PLACE),))
    assert declared(text, having, instances=[PRODUCTION]).diagnostics == ()


@pytest.mark.parametrize(
    ("written", "verb", "hint"),
    [
        ("prodcution", "called", "did you mean 'production'?"),
        ("test-*", "matched by", "reconciler.yaml has production and sandbox"),
    ],
)
def test_instances_that_do_not_exist_are_found(written: str, verb: str, hint: str) -> None:
    """Names and globs alike: the entry would silently do nothing there."""
    text = f'clients:\n- name: A\n  instances: [production, "{written}"]\n  {PASSWORD}'
    found = finding(text, settings(SANDBOX, PRODUCTION))
    assert (found.rule, found.location) == ("instances-unknown", Location("clients/all.yaml", 3, 27))
    assert (found.message, found.hint) == (f"no instance is {verb} '{written}'", hint)


def test_ids_for_an_instance_that_does_not_exist_are_found_at_its_name() -> None:
    """Names are exact here."""
    found = finding("clients:\n- name: A\n  ids: {production: 4, Prod: 4}\n  state: absent")
    assert (found.rule, found.location) == ("ids-unknown", Location("clients/all.yaml", 3, 24))
    assert found.hint == "did you mean 'production'?"


def test_many_entries_are_judged_without_mixing_up_their_places() -> None:
    """Every finding stands at its own entry."""
    text = "clients:\n" + "".join(f"- name: A{n}\n  grants: {{password: true}}\n" for n in range(50))
    assert [d.location.line for d in declared(text, settings()).diagnostics] == list(range(3, 103, 2))
