"""Whatever is to be updated and deleted, and goes wrong: one clean run converges, and no client of others changes.

For lines of the platform on which the program creates nothing, and on which a client may belong to another account.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.sandbox.store import Store
from tests.cli.projects import REPORTS_A_BUG, Project, at, wanted
from tests.faults import CutAnswer, DropConnection, On, Respond, together
from tests.platform_lines import LINES, Line
from tests.tiers import examples, few

if TYPE_CHECKING:
    from tests.faults import Fault

WITHOUT_CREATES = [line for line in LINES if not line.creates]
OLD = "https://old.example.com/cb"
FAULTS: dict[str, Callable[[On], Fault]] = {
    "dropped before": DropConnection,
    "dropped after": lambda on: DropConnection(on, after=True),
    "cut": lambda on: CutAnswer(on, 20),
    "ill": lambda on: Respond(on, 500),
    "closed": lambda on: Respond(on, 503),
}


class Wish(StrEnum):
    """What the declarations say about a client."""

    MOVE = "another redirect URL"
    KEEP = "what is live"
    RENAME = "another name"
    DELETE = "absent"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Client:
    """A live client, and what is wanted of it."""

    name: str
    wish: Wish
    is_ours: bool

    @property
    def entry(self) -> dict[str, object] | None:
        match self.wish:
            case Wish.MOVE:
                return wanted(self.name)
            case Wish.KEEP:
                return wanted(self.name, OLD)
            case Wish.RENAME:
                return wanted(f"{self.name} new", OLD, previous_names=[self.name])
            case Wish.DELETE:
                return {"name": self.name, "state": "absent"}
            case Wish.NOTHING:
                return None

    @property
    def after(self) -> tuple[str, str] | None:
        """Name and redirect once all is applied; None if it is gone."""
        match self.wish:
            case Wish.MOVE:
                return self.name, f"https://{self.name.lower()}.example.com/cb"
            case Wish.RENAME:
                return f"{self.name} new", OLD
            case Wish.DELETE:
                return None
            case Wish.KEEP | Wish.NOTHING:
                return self.name, OLD


CLIENTS = st.lists(st.tuples(st.sampled_from(Wish), st.booleans()), min_size=1, max_size=6).map(
    lambda drawn: [Client(f"C{number}", wish, ours) for number, (wish, ours) in enumerate(drawn)]
)


@pytest.mark.parametrize("line", few(WITHOUT_CREATES, 3), ids=str)
@settings(examples(0.1), suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(
    clients=CLIENTS,
    fault=st.sampled_from(sorted(FAULTS)),
    request=st.tuples(st.sampled_from(["GET", "PUT", "DELETE"]), st.integers(1, 6)),
)
def test_one_clean_run_converges_and_leaves_the_clients_of_others_alone(
    project: Project, line: Line, clients: list[Client], fault: str, request: tuple[str, int]
) -> None:
    method, number = request
    owners_count = line.platform in ("2026-hashed", "2026-owner-only")
    shutil.rmtree(project.folder / ".reconciler", ignore_errors=True)  # each example is the first run of its project
    with TemporaryDirectory() as folder:
        database, ids = Path(folder) / "platform.sqlite3", {}
        with Store(database, platform=line.platform) as store:
            for each in clients:
                ids[each.name] = store.create(
                    each.name, OLD, False, False, owner="admin" if each.is_ours else "pm_manager"
                )[0]
        project.declare(*(each.entry for each in clients if each.entry is not None))
        strikes = together(FAULTS[fault](On(method, "/oauth/clients", {number})))
        codes = []
        for faults in (strikes, together()):
            with line.running(database, middleware=faults) as url:
                project.configure({"staging": at(url, limits={"updates": 9, "deletes": 9})})
                ended = project.run("apply", "--yes", "-i", "staging")
                assert REPORTS_A_BUG not in ended.err
                codes.append(ended.code)
        with Store(database) as store:
            live = {row[0]: (row[1], row[3]) for row in store.clients()}
    blocked = [each for each in clients if owners_count and not each.is_ours and each.after != (each.name, OLD)]
    assert codes[1] == (4 if blocked else 0)
    for each in clients:
        assert live.get(ids[each.name]) == ((each.name, OLD) if each in blocked else each.after)
    assert not [client_id for client_id in live if client_id > max(ids.values())], "nothing is ever created"
