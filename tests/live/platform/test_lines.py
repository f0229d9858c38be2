"""Which line an instance belongs to, by what its answers show."""

from __future__ import annotations

from collections.abc import Set

import pytest

from reconciler.live.platform.lines import after_asking_for_nobody, capabilities_from, secret_shape
from reconciler.model.lines import (
    BEING_UPGRADED,
    HASHED,
    NEWEST,
    NO_CLIENTS,
    OWNER_NOT_ASKED,
    UNKNOWN,
    UP_TO_4_2,
    UP_TO_4_15,
    Capabilities,
)


@pytest.mark.parametrize(
    ("secret", "shape"),
    [("s" * 40, 40), ("", 0), (None, None), (5, "other"), (["x"], "other"), ("$2y$10$" + "h" * 53, "hash")],
)
def test_the_shape_of_a_secret_tells_nothing_of_it(secret: object, shape: object) -> None:
    assert secret_shape(secret) == shape


@pytest.mark.parametrize(
    ("shapes", "redirects", "line"),
    [
        ({40}, False, UP_TO_4_15),
        ({40}, True, UP_TO_4_2),
        ({40, None, 0}, False, UP_TO_4_15),  # a public client has no secret
        ({40, 32}, False, UP_TO_4_15),  # one that somebody set in the database
        ({None}, False, OWNER_NOT_ASKED),
        ({"hash"}, False, HASHED),
        ({"hash", 40}, False, HASHED),  # while the upgrade script runs
        (set(), False, NO_CLIENTS),
        (set(), True, UP_TO_4_2),
        ({None}, True, UNKNOWN),
        ({"hash"}, True, UNKNOWN),
        ({8}, False, UNKNOWN),
        ({8, None}, False, UNKNOWN),
        ({"other"}, False, UNKNOWN),
        ({40, "other"}, False, UNKNOWN),
    ],
)
def test_secrets_and_the_answer_to_the_login_tell_the_line(
    shapes: Set[object], redirects: bool, line: Capabilities
) -> None:
    assert capabilities_from(shapes, redirects_logins=redirects) is line


@pytest.mark.parametrize(
    ("seen", "status", "line"),
    [
        (UP_TO_4_15, 500, UP_TO_4_15),
        (UP_TO_4_15, 404, BEING_UPGRADED),
        (NEWEST, 404, NEWEST),
        (HASHED, 404, HASHED),
        (NEWEST, 500, UNKNOWN),
        (NO_CLIENTS, 500, UP_TO_4_15),
        (NO_CLIENTS, 404, OWNER_NOT_ASKED),
        (UP_TO_4_15, 200, UNKNOWN),
    ],
)
def test_the_answer_for_client_0_confirms_it_or_not(seen: Capabilities, status: int, line: Capabilities) -> None:
    assert after_asking_for_nobody(seen, status) is line
