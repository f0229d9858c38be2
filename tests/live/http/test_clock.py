"""The instance's own clock: what the dates of its clients are compared with."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from reconciler.live.http.outcomes import HttpResponse
from reconciler.live.platform.credentials import Credentials
from reconciler.live.platform.gateway import connect
from reconciler.live.platform.responses import instance_time
from reconciler.model.secret import Secret
from reconciler.sandbox.accounts import ADMIN
from reconciler.sandbox.serve import running
from tests.cli.projects import stored
from tests.live.servers import CREDENTIALS, platform, serving

LONG_AGO = datetime(2021, 3, 4, 5, 6, 7, tzinfo=UTC)


def answered(date: str | None) -> datetime | None:
    return instance_time(HttpResponse(200, "application/json", None, b"", date=date))


def test_a_client_is_made_at_the_time_that_the_instance_tells() -> None:
    with running(None, clock=LONG_AGO.timestamp) as url, connect(url, Credentials(*map(Secret, ADMIN))) as gateway:
        made = gateway.create_client(stored("Portal")).client
        assert (made.created_at, gateway.list_clients().at) == (LONG_AGO, LONG_AGO)


def test_an_instance_that_does_not_tell_the_time_is_listed_all_the_same() -> None:
    with serving(platform()) as server, connect(server.url, CREDENTIALS) as gateway:
        found = gateway.list_clients()
    assert (len(found.clients), found.at) == (1, None)


@pytest.mark.parametrize(
    "date",
    ["Thu, 04 Mar 2021 05:06:07 GMT", "Thu, 04 Mar 2021 05:06:07 -0000", "Thu, 04 Mar 2021 07:06:07 +0200"],
)
def test_the_time_is_read_in_every_spelling_of_it(date: str) -> None:
    assert answered(date) == LONG_AGO


@pytest.mark.parametrize(
    "date", [None, "", "yesterday", "Thu, 99 Mar 2021 05:06:07 GMT", "Fri, 31 Dec 9999 23:59:59 -2300"]
)
def test_what_is_no_time_is_none(date: str | None) -> None:
    assert answered(date) is None
