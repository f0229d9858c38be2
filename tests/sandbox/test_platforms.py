"""The profiles: which names there are, and that versions in between are like their neighbours."""

from __future__ import annotations

import json
import re
from itertools import pairwise

import pytest

from reconciler.declared.schema.files import schema_text
from reconciler.model.errors import WrongUsage
from reconciler.model.platform import TRIMMED
from reconciler.sandbox.platforms import BlockedLogin, Secrets, Stored, find_platform
from reconciler.sandbox.serve import running
from tests.sandbox.conftest import Browser

VERSIONS = ["4.0.0", "4.0.17", "4.1.0", "4.1.20", "4.1.21", "4.2.4", "4.2.5", "4.2.10", "4.2.17", "4.2.18", "4.2.30"]
VERSIONS += ["4.2", "4.3.1", "4.6.3", "4.7", "4.8.4", "4.9.4", "4.10", "4.11.1", "4.11.2", "4.12", "4.13.2", "4.14.1"]
VERSIONS += ["4.14.2", "4.15", "4.15.6", "2026-hashed", "2026-owner-only", "2026"]

# The last version that behaves in the old way, and the first that behaves in the new one.
CHANGES = {
    "login.redirects": ("4.2.36", "4.3"),
    "login.unknown_is_unauthenticated": ("4.2.10", "4.2.36"),
    "login.throttled": ("4.8.4", "4.9"),
    "login.policies": ("4.8.4", "4.9"),
    "session.secure_cookie": ("4.2.36", "4.3"),
    "session.missing_is_forbidden": ("4.11.1", "4.11.2"),
    "session.keeps_permissions": ("4.11.1", "4.11.2"),
    "session.checks_host": ("4.14.1", "4.14.2"),
    "session.start_page": ("4.13.2", "4.14"),
    "session.names_route": ("4.7", "4.8"),
    "clients.missing_is_not_found": ("4.15.6", "2026-hashed"),
    "clients.secrets": ("4.15.6", "2026-hashed"),
    "tokens.by_owner": ("4.15.6", "2026-hashed"),
}


@pytest.mark.parametrize(("earlier", "later"), list(pairwise(VERSIONS)))
def test_a_later_version_is_greater(earlier: str, later: str) -> None:
    assert find_platform(earlier).version <= find_platform(later).version


@pytest.mark.parametrize("what", CHANGES)
def test_what_changed_once_changed_between_two_versions(what: str) -> None:
    group, field = what.split(".")
    last, first = CHANGES[what]
    old, new = (getattr(getattr(find_platform(name), group), field) for name in (last, first))
    assert old != new
    for name in VERSIONS:
        found = getattr(getattr(find_platform(name), group), field)
        if find_platform(name).version <= find_platform(last).version:
            assert found == old, name
        elif find_platform(name).version >= find_platform(first).version and what != "clients.secrets":
            assert found == new, name


def test_4_9_and_4_13_are_between_their_neighbours() -> None:
    """Neither was recorded: each is as the versions around it, where those agree."""
    for before, name, after in (("4.8.4", "4.9.4", "4.11.1"), ("4.11.1", "4.13.2", "4.14.1")):
        first, found, last = map(find_platform, (before, name, after))
        for group in ("login", "session", "clients", "tokens"):
            for field in type(getattr(found, group)).__slots__:
                around = {repr(getattr(getattr(each, group), field)) for each in (first, last)}
                if len(around) == 1 and (group, field) != ("tokens", "password_grant"):
                    assert repr(getattr(getattr(found, group), field)) in around, (name, field)


def test_what_changed_more_than_once() -> None:
    pages = {name: find_platform(name).login.log_out_page for name in ("4.0.17", "4.8.4", "4.9.4", "4.11.3", "4.12")}
    assert list(pages.values()) == ["", "/login", "/saml/logout", "/saml/logout", "/login"]
    assert find_platform("4.0.17").login.blocked is BlockedLogin.UNKNOWN
    assert find_platform("4.8.4").login.blocked is BlockedLogin.IGNORED
    assert find_platform("4.9").login.blocked is BlockedLogin.REFUSED
    shifted = [name for name in VERSIONS if find_platform(name).clients.stored is Stored.SHIFTED]
    assert shifted == ["4.1.0", "4.1.20", "4.2.5", "4.2.10", "4.2.17"]
    assert [name for name in VERSIONS if not find_platform(name).tokens.password_grant] == ["4.14.1"]
    assert [name for name in VERSIONS if find_platform(name).clients.owner_only] == ["2026-hashed", "2026-owner-only"]
    assert find_platform("2026-hashed").clients.secrets is Secrets.HASHED
    trimmed = [set(find_platform(name).clients.trimmed) for name in ("4.7", "4.8", "4.14", "2026")]
    assert [len(each) for each in trimmed] == [6, 28, 30, 56]
    assert trimmed[0] - trimmed[1] == {"\0"}
    assert trimmed[1] < trimmed[2] < trimmed[3]
    assert trimmed[3] == set(TRIMMED)


@pytest.mark.parametrize(
    "name",
    ["", "4", "4.16", "4.99.1", "4.6.3.1", "4.06", "4.6.03", "v4.6.3", "5.0", "2025", "2027", "2026.11.2", "2026-A"],
)
def test_other_names_are_refused_with_those_that_there_are(name: str) -> None:
    with pytest.raises(WrongUsage, match=re.escape(f"no platform {name!r}")) as refused, running(None, platform=name):
        pass
    assert refused.value.hint == (
        "it knows 4.0 to 4.15 with all their releases (such as 4.6.3), 2026-hashed, 2026-owner-only, 2026"
    )


@pytest.mark.parametrize("name", [*VERSIONS, "4.16", "4.06", "2026-A", "2027", "4.6.3\n"])
def test_the_settings_take_the_names_that_the_sandbox_knows(name: str) -> None:
    schema = json.loads(schema_text("reconciler"))["definitions"]["instance"]["then"]["properties"]["platform"]
    matches = re.search(schema["pattern"], name) is not None
    try:
        find_platform(name)
    except WrongUsage:
        assert not matches
    else:
        assert matches


@pytest.mark.parametrize(
    ("platform", "words"),
    [
        ("4.0.17", "ProcessMaker 4 v4.0.16"),
        ("4.2.36", "ProcessMaker 4 v4.2.36 Build #8beb25bf"),
        ("4.6.3", "ProcessMaker Platform Spring 2023 Version 4.6.3 (Build #330df572)"),
        ("4.9.4", "ProcessMaker Platform Winter 2024 Version 4.9.4 (Build #00000000)"),
        ("4.15.6", "ProcessMaker Platform Spring 2025 Version 4.15.6+beta-3 (Build #67e9cba2)"),
        ("2026-owner-only", "ProcessMaker Platform 2026 Version 2026.11.2 (Build #00000000)"),
    ],
)
def test_a_page_names_the_version_to_whoever_has_a_session(platform: str, words: str) -> None:
    settings = {"session.secure": "false"}
    with running(None, platform=platform, settings=settings) as base, Browser(base) as browser:
        assert browser.call("GET", "/about").status_code == 401
        browser.log_in()
        page = browser.call("GET", "/about", headers={"Accept": "text/html"})
        assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=UTF-8")
        assert words in page.text
