"""`kill -9` at every step of a rotation: the next run goes on, with one client of the name and its secret delivered.

Each run has a journal of its own, as on machines that forget: nothing but what is live tells how far the last one came.
"""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reconciler.sandbox.store import Store
from tests.cli.projects import SECONDS, Project, at, command, wanted
from tests.cli.sinking import DOCUMENT
from tests.faults import ANY, DropConnection, Meanwhile, On, together
from tests.platform_lines import Line
from tests.tiers import few

TIME = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
MADE, NOW, LATER = TIME - timedelta(days=30), TIME + timedelta(hours=1), TIME + timedelta(days=8)
WAYS = ("arrived", "lost", "answered")
AT_ONCE_REQUESTS = ["POST", "GET", "GET", "POST", "POST", "DELETE", "GET", "GET"]
"""Login, list, two questions before a create, create, delete, last look, logout."""
MAKING_REQUESTS = ["POST", "GET", "GET", "POST", "POST", "GET", "GET"]
RETIRING_REQUESTS = ["POST", "GET", "GET", "DELETE", "GET", "GET"]

SINK = """#!/bin/sh
line=$(cat)
case $line in *'"event": "check"'*) exit 0;; esac
mode=$(cat mode 2>/dev/null)
[ "$mode" = before ] && { kill -9 $PPID; exit 1; }
printf '%s\\n' "$line" >> told
[ "$mode" = after ] && kill -9 $PPID
exit 0
"""


@dataclass
class Stage:
    """A platform with one old client, and the project that rotates it."""

    project: Project
    database: Path
    line: Line
    now: datetime = NOW
    runs: int = 0
    asked: list[str] = field(default_factory=list)
    """The methods of the requests of the last run."""

    def rotate(self, keep_old: str | int) -> None:
        """Begin with the old client alone, and nothing delivered."""
        self.now = NOW
        self.database.unlink(missing_ok=True)
        for name in ("told", "all.json", "mode"):
            (self.project.folder / name).unlink(missing_ok=True)
        self.line.install(self.database)
        with Store(self.database, clock=MADE.timestamp) as store:
            store.create("Portal", "https://portal.example.com/cb", False, False)
        rotate = {"created_before": "2026-05-01T09:00Z", "keep_old": keep_old}
        self.project.declare(wanted("Portal", rotate=rotate))
        self.project.write("store", SINK).chmod(0o700)

    @contextmanager
    def serving(self, *faults: Any) -> Iterator[None]:
        """The platform; it never deletes a client before another one of its name works, and is delivered."""
        guarded = Meanwhile(On("DELETE", "/"), self.demand_a_working_secret)
        self.asked = []
        with self.line.running(
            self.database,
            middleware=together(*faults, self.counting, guarded),
            clock=self.now.timestamp,
        ) as url:
            sinks = [{"command": {"run": ["./store"]}}, DOCUMENT]
            self.project.configure({"staging": at(url, sinks=sinks)}, protected=["*"])
            yield

    def counting(self, app: Any) -> Any:
        """Remember what is asked."""

        def counted(environ: Any, start_response: Any) -> Any:
            self.asked.append(environ["REQUEST_METHOD"])
            return app(environ, start_response)

        return counted

    def arguments(self) -> list[str]:
        """An apply that knows of no other."""
        self.runs += 1
        return ["apply", "--yes", "--instance", "staging", "--journal", f"journal-{self.runs}"]

    def killed(self, *faults: Callable[[Callable[[], object]], Any]) -> None:
        """An apply that is killed by one of the faults, or by its sink."""
        children: list[subprocess.Popen[bytes]] = []

        def kill() -> None:
            children[0].kill()

        with self.serving(*(fault(kill) for fault in faults)):
            quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            with subprocess.Popen(command(*self.arguments()), **quiet) as child:  # type: ignore[call-overload]
                children.append(child)
                assert child.wait(SECONDS) == -signal.SIGKILL

    def applied(self) -> None:
        """A clean apply, after which there is nothing to do."""
        with self.serving():
            ended = self.project.run(*self.arguments())
            assert ended.code == 0, ended.out + ended.err
            assert self.project.run("plan", "--detailed-exitcode").code == 0

    def live(self) -> dict[int, str]:
        """The secrets of the live clients of the name, by id."""
        with Store(self.database) as store:
            return {row[0]: row[2] for row in store.clients() if row[1] == "Portal"}

    def told(self) -> tuple[int, str] | None:
        """What the program was told last."""
        file = self.project.folder / "told"
        last = json.loads(file.read_text().splitlines()[-1]) if file.exists() else None
        return last and (last["id"], last["secret"])

    def written(self) -> tuple[int, str] | None:
        """What the document has."""
        file = self.project.folder / "all.json"
        found = json.loads(file.read_text())["staging"].get("Portal") if file.exists() else None
        return found and (found["id"], found["secret"])

    def demand_a_working_secret(self) -> None:
        """Fail, in the server and so in the test, if a client is deleted while nobody has the secret of another."""
        new = list(self.live().items())[-1]
        assert self.told() == self.written() == new
        assert new[0] == 7

    def demand_the_end(self) -> None:
        """One client of the name, the new one, and everybody has its secret."""
        [end] = self.live().items()
        assert end[0] == 7
        assert self.told() == self.written() == end


@pytest.fixture
def stage(project: Project, tmp_path: Path, platform_line: Line) -> Stage:
    platform_line.demand_creates()
    return Stage(project, tmp_path / "platform.sqlite3", platform_line)


def strike(request: int, way: str) -> Callable[[Callable[[], object]], Any]:
    """What kills a run around its request of a number; the request may be lost, arrive, or be answered on its way."""

    def fault(kill: Callable[[], object]) -> Any:
        strikes = Meanwhile(On(ANY, "/", {request}), kill, after=way == "answered")
        return together(strikes, DropConnection(On(ANY, "/", {request}))) if way == "lost" else strikes

    return fault


@pytest.mark.parametrize("way", few(WAYS, len(WAYS)))
def test_with_nothing_to_keep(stage: Stage, way: str) -> None:
    for request in range(1, len(AT_ONCE_REQUESTS) + 1):
        stage.rotate(0)
        stage.killed(strike(request, way))
        stage.applied()
        stage.demand_the_end()


@pytest.mark.parametrize("way", few(WAYS, len(WAYS)))
def test_while_the_successor_is_made(stage: Stage, way: str) -> None:
    """Both work for a week, whatever happened; then the old one goes."""
    for request in range(2, len(MAKING_REQUESTS) + 1):
        stage.rotate("7d")
        stage.killed(strike(request, way))
        stage.applied()
        assert list(stage.live()) == [6, 7]
        assert stage.written() == (7, stage.live()[7])
        stage.now = LATER
        stage.applied()
        stage.demand_the_end()


@pytest.mark.parametrize("way", few(WAYS, len(WAYS)))
def test_while_the_old_one_goes(stage: Stage, way: str) -> None:
    for request in range(2, len(RETIRING_REQUESTS) + 1):
        stage.rotate("7d")
        stage.applied()
        stage.now = LATER
        stage.killed(strike(request, way))
        stage.applied()
        stage.demand_the_end()


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("keep_old", [0, "7d"])
def test_while_it_is_delivered(stage: Stage, keep_old: int | str, moment: str) -> None:
    """Killed by the sink itself: it was told, or was not, and nobody knows."""
    stage.rotate(keep_old)
    stage.project.write("mode", moment)
    stage.killed()
    assert list(stage.live()) == [6, 7]
    stage.project.write("mode", "")
    stage.applied()
    stage.now = LATER
    stage.applied()
    stage.demand_the_end()


def test_again_and_again_at_every_step(stage: Stage) -> None:
    """One run after the other is killed, each at a later request."""
    stage.rotate(0)
    for request in range(1, len(AT_ONCE_REQUESTS) + 1):
        if list(stage.live()) != [7]:
            stage.killed(strike(request, "answered"))
    stage.applied()
    stage.demand_the_end()


def test_the_steps_are_these(stage: Stage) -> None:
    """If there are more, the tests above have to kill there as well."""
    stage.rotate(0)
    with stage.serving():
        assert stage.project.run(*stage.arguments()).code == 0
    assert stage.asked == AT_ONCE_REQUESTS
    stage.rotate("7d")
    for now, requests in ((NOW, MAKING_REQUESTS), (LATER, RETIRING_REQUESTS)):
        stage.now = now
        with stage.serving():
            assert stage.project.run(*stage.arguments()).code == 0
        assert stage.asked == requests
