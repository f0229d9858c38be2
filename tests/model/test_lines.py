"""The versions of the platform, as people write them and as instances turn out to be."""

from __future__ import annotations

import pytest

from reconciler.model.clients import Grant
from reconciler.model.lines import (
    BEING_UPGRADED,
    HASHED,
    LINES,
    NEWEST,
    NO_CLIENTS,
    OWNER_NOT_ASKED,
    OWNER_ONLY,
    UNKNOWN,
    UP_TO_4_2,
    UP_TO_4_15,
    Capabilities,
    capabilities_of,
    expected_capabilities,
    is_as_promised,
)


@pytest.mark.parametrize(
    ("written", "line"),
    [
        ("4.0", UP_TO_4_2),
        ("4.2.36", UP_TO_4_2),
        ("4.3", UP_TO_4_15),
        ("4.9.4", UP_TO_4_15),
        ("4.15.6", UP_TO_4_15),
        ("2026", NEWEST),
        ("2026-hashed", HASHED),
        ("2026-owner-only", OWNER_ONLY),
        ("4.16", None),
        ("4", None),
        ("4.1.2.3", None),
        ("2027", None),
        ("", None),
        ("4.٣", None),
    ],
)
def test_a_version_as_people_write_it(written: str, line: Capabilities | None) -> None:
    assert capabilities_of(written) is line


def test_without_a_version_the_newest_of_4_is_expected() -> None:
    assert expected_capabilities(None) is UP_TO_4_15
    assert expected_capabilities("2026") is NEWEST


@pytest.mark.parametrize(
    ("promised", "found", "holds"),
    [
        ("2026", NEWEST, True),
        ("2026", HASHED, True),
        ("2026", OWNER_NOT_ASKED, True),
        ("2026", BEING_UPGRADED, True),
        ("2026-owner-only", OWNER_ONLY, True),
        ("2026-owner-only", OWNER_NOT_ASKED, True),
        ("2026-owner-only", NEWEST, False),
        ("2026-hashed", OWNER_NOT_ASKED, False),
        ("4.15", UP_TO_4_15, True),
        ("4.15", NO_CLIENTS, True),
        ("4.15", UP_TO_4_2, False),
        ("4.15", NEWEST, False),
        ("4.15", UNKNOWN, False),
        ("2026", UNKNOWN, False),
    ],
)
def test_a_promise_is_about_the_line(promised: str, found: Capabilities, holds: bool) -> None:
    assert is_as_promised(promised, found) is holds


def test_every_line_has_a_name_of_its_own() -> None:
    """Observations name them."""
    assert len(LINES) == 9
    assert all(LINES[name].line == name for name in LINES)


def test_what_is_not_known_is_taken_for_the_worst() -> None:
    assert UNKNOWN.mints_tokens_for_anybody
    assert UNKNOWN.owner_only is None
    assert not UNKNOWN.stores_grants_as_sent


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_only_since_2026_a_code_is_exchanged_beside_another_grant(line: Capabilities) -> None:
    both = {Grant.AUTHORIZATION_CODE, Grant.PASSWORD}
    assert line.refuses_code_exchange(both) is not line.is_2026
    assert not line.refuses_code_exchange({Grant.AUTHORIZATION_CODE})
    assert not line.refuses_code_exchange({Grant.PASSWORD, Grant.PERSONAL_ACCESS_TOKEN})
