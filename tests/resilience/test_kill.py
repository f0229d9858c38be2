"""`kill -9` at any moment of an apply: one clean run finishes the job, doubles nothing, and the journal is true.

The moments come from a seed, which a failing test names: `KILL_SEED=… pytest tests/resilience/test_kill.py` kills at
the same ones again. Most kills strike at a certain request, so that they are spread over the whole run whatever the
machine; one in five goes by the clock.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reconciler.applying.journal import WriteAnswer
from reconciler.applying.past_runs import PastRun, PastWrite, UnreadableJournal, list_runs
from reconciler.model.clients import ClientSpec
from reconciler.model.fields import join_urls
from reconciler.planning.plan.plan import Change, Create, Delete
from reconciler.sandbox.store import Store
from tests import faults
from tests.cli.projects import SECONDS, Platform, Project, at, command, stored, wanted
from tests.faults import ANY, Acted, DropConnection, Meanwhile, On, together
from tests.platform_lines import Line
from tests.tiers import NEW_EXAMPLES, few

if TYPE_CHECKING:
    from tests.faults import Fault

CHUNKS, KILLS = 10, 5
READS = 4
"""Login, list, list, logout."""

OLD = "https://old.example.com/cb"
DECLARED: list[Mapping[str, object]] = [
    *(wanted(f"Changed {n}") for n in range(30)),
    *(wanted(f"Renamed {n}", previous_names=[f"Former {n}"]) for n in range(20)),
    *(wanted(f"Made {n}") for n in range(30)),
    *({"name": f"Gone {n}", "state": "absent"} for n in range(20)),
    *(wanted(f"Kept {n}") for n in range(5)),
]
BEFORE = [
    *(stored(f"Stranger {n}") for n in range(5)),
    *(stored(f"Kept {n}") for n in range(5)),
    *(stored(f"Changed {n}", OLD) for n in range(30)),
    *(stored(f"Former {n}", OLD) for n in range(20)),
    *(stored(f"Gone {n}") for n in range(20)),
]
STAYING = [
    *(stored(f"Stranger {n}") for n in range(5)),
    *(stored(f"Kept {n}") for n in range(5)),
    *(stored(f"Changed {n}") for n in range(30)),
    *(stored(f"Renamed {n}") for n in range(20)),
]
"""What becomes of those that stay, which keep their ids: these begin after those of the installation."""
MADE = [stored(f"Made {n}") for n in range(30)]
WRITES_TO_OLD = 70
GENEROUS = {"creates": 100, "updates": 100, "deletes": 100}


@dataclass(frozen=True)
class Moment:
    """When the run is killed: around the request of a number, or after so many seconds."""

    request: int = 0
    when: str = ""
    seconds: float = 0.0

    def fault(self, kill: Callable[[], object]) -> Fault:
        """What kills the run there; the request is lost on its way, or acted on, or its answer is on its way."""
        strikes = Meanwhile(On(ANY, "/", {self.request}), kill, after=self.when == "answered")
        lost = [DropConnection(On(ANY, "/", {self.request}))] if self.when == "lost" else []
        return together(strikes, *lost)


def declared(line: Line) -> list[Mapping[str, object]]:
    return [entry for entry in DECLARED if line.creates or not str(entry["name"]).startswith("Made")]


def requests(line: Line) -> int:
    """How many an apply makes at least."""
    return READS + WRITES_TO_OLD + (len(MADE) if line.creates else 0)


def moments(chunk: int, seed: int, number: int) -> list[Moment]:
    """Those of one test: its share of all requests, each kill in a part of its own, and one by the clock."""
    chance = random.Random(f"{seed} {chunk}")
    parts = CHUNKS * (KILLS - 1)
    chosen = []
    for part in range(chunk, parts, CHUNKS):
        first, last = 1 + part * number // parts, (part + 1) * number // parts
        chosen.append(Moment(chance.randint(first, last), chance.choice(["lost", "arrived", "answered"])))
    return [*chosen, Moment(seconds=chance.uniform(0.2, 1.5))]


@pytest.mark.parametrize("chunk", few(range(CHUNKS), CHUNKS))
def test_after_a_kill_at_any_moment_one_clean_run_converges(
    project: Project, tmp_path: Path, platform_line: Line, chunk: int
) -> None:
    new = random.SystemRandom().randrange(2**32) if NEW_EXAMPLES else 0
    seed = int(os.environ.get("KILL_SEED") or new)
    project.declare(*declared(platform_line))
    for number, moment in enumerate(moments(chunk, seed, requests(platform_line))):
        print(f"KILL_SEED={seed}: {moment}")
        database = tmp_path / f"{number}.sqlite3"
        platform_line.install(database)
        Platform(database).has(*BEFORE)
        journal = tmp_path / f"journal {number}"
        acted = killed_apply(project, platform_line, database, journal, moment)
        tells_the_truth(journal, acted)
        clean_run_converges(project, platform_line, database, journal)


def test_where_one_session_a_user_is_allowed_the_one_left_behind_is_said_to_stand_in_the_way(
    project: Project, tmp_path: Path, platform_line: Line
) -> None:
    """The one thing that a clean run cannot repair: nobody logged out. It writes nothing, and says who can end it."""
    if not platform_line.limits_sessions:
        pytest.skip("this line cannot limit the sessions of a user")
    database, journal = tmp_path / "platform.sqlite3", tmp_path / "journal"
    platform_line.install(database)
    Platform(database).has(*BEFORE)
    project.declare(*declared(platform_line))
    tells_the_truth(journal, killed_apply(project, platform_line, database, journal, Moment(50, "arrived")))
    acted = Acted()
    with platform_line.running(database, middleware=acted, settings={"session-control.ip_restriction": 1}) as url:
        project.configure({"staging": at(url, limits=GENEROUS)})
        ended = project.run("apply", "--yes", "--instance", "staging", "--journal", journal)
    assert (ended.code, acted.writes) == (6, [])
    assert "have an administrator end it in Admin > Users (a killed run's never expires)" in ended.err
    clean_run_converges(project, platform_line, database, journal)


def killed_apply(
    project: Project, platform_line: Line, database: Path, journal: Path, moment: Moment
) -> list[faults.Write]:
    """What the platform did in the end. Leaving it waits for what the killed run had sent before."""
    acted = Acted()
    children: list[subprocess.Popen[bytes]] = []

    def kill() -> None:
        children[0].kill()

    with platform_line.running(database, middleware=together(moment.fault(kill), acted)) as url:
        project.configure({"staging": at(url, limits=GENEROUS)})
        with subprocess.Popen(
            command("apply", "--yes", "--instance", "staging", "--journal", journal),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
        ) as child:
            children.append(child)
            try:
                code = child.wait(moment.seconds or SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                code = child.wait(SECONDS)
    assert code == -signal.SIGKILL or (moment.seconds and code == 0)
    return acted.writes


def tells_the_truth(journal: Path, acted: list[faults.Write]) -> None:
    """Whatever was done was announced before; what it says was answered was done; and it can be read."""
    runs = list_runs(journal)
    if not acted and (not runs or isinstance(runs[0], UnreadableJournal)):
        return  # killed before the first line was on the disk, and so before the first write
    [run] = runs
    assert isinstance(run, PastRun), run
    done = {target(each): each for each in acted}
    written = {target_of(write.change): write for write in run.writes}
    assert len(done) == len(acted), "something was written twice"
    for key, seen in done.items():
        sent_at = written[key].sent_at
        assert sent_at is not None, f"{key} was written, and is not announced"
        assert sent_at <= seen.arrived_at
    for key, write in written.items():
        assert not is_done(write) or done[key].status in (200, 201, 204), f"{key} is said to be done"


def is_done(write: PastWrite) -> bool:
    return write.answer is not None and write.answer.answered is WriteAnswer.DONE


def target(seen: faults.Write) -> tuple[str, str | None]:
    """Whose write it is: by the name of a new client, and by the id of another."""
    return seen.method, seen.name if seen.method == "POST" else seen.path.rpartition("/")[2]


def target_of(change: Change) -> tuple[str, str | None]:
    if isinstance(change, Create):
        return "POST", change.name
    return ("DELETE" if isinstance(change, Delete) else "PUT"), str(change.id)


def clean_run_converges(project: Project, platform_line: Line, database: Path, journal: Path) -> None:
    with platform_line.running(database) as url:
        project.configure({"staging": at(url, limits=GENEROUS)})
        ended = project.run("apply", "--yes", "--instance", "staging", "--journal", journal)
        assert ended.code == 0, ended.out + ended.err
        assert project.run("plan", "--detailed-exitcode").code == 0
    with Store(database) as store:
        rows = [row[:2] + row[3:4] + row[5:7] for row in store.clients() if row[0] > 5]
    assert rows[: len(STAYING)] == [(n, *columns(each)) for n, each in enumerate(STAYING, 6)]
    made = MADE if platform_line.creates else []
    assert sorted(row[1:] for row in rows[len(STAYING) :]) == sorted(map(columns, made))


def columns(spec: ClientSpec) -> tuple[str, str, int, int]:
    """How the platform stores one that uses the authorization code alone."""
    return spec.name, join_urls(spec.redirect_urls) or "", 0, 0
