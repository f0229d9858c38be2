"""A project that creates or rotates a client where a secret is shown only once, and dies on the way."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from reconciler.model.unfinished import MARK_START
from reconciler.sandbox.data.schema import is_secret
from reconciler.sandbox.platforms import Secrets
from reconciler.sandbox.store import Store
from tests.cli.projects import SECONDS, Project, at, wanted
from tests.cli.sinking import STORE
from tests.faults import ANY, CutAnswer, DropConnection, Meanwhile, On, Respond, together
from tests.platform_lines import Line
from tests.ports import port_to_return_to
from tests.secrets.handing import Key, make_key

TIME = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
BEFORE, NOW = TIME - timedelta(days=30), TIME + timedelta(hours=1)

SINKS: dict[str, dict[str, Any]] = {
    "json": {"json": {"path": "all.json"}},
    "dotenv": {"dotenv": {"path": "all.env"}},
    "age": {"age": {"path": "age/{owner}/{name}.age"}},
    "command": {"command": {"run": ["./store"]}},
}

KILLER = """
import os, signal, sys
folder, left = os.path.realpath(sys.argv[1]), [int(sys.argv[2])]
WATCHED = {"open", "os.rename", "os.remove", "os.mkdir"}
def hook(event, arguments):
    if event not in WATCHED or not isinstance(arguments[0], (str, bytes, os.PathLike)):
        return
    if event == "open" and not (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR):
        return
    path = os.path.realpath(os.fsdecode(arguments[0]))
    if not path.startswith(folder + os.sep) or "__pycache__" in path:
        return
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
from reconciler.cli.main import main
status = main(sys.argv[3:])
print("operations", int(sys.argv[2]) - left[0], file=sys.stderr)
sys.exit(status)
"""
"""Runs the program, and dies before the file operation of a number: a change of a file in the project."""

Strike = Callable[[Callable[[], object]], Any]
"""Makes a fault that kills, given what kills."""


@dataclass
class Stage:
    """A platform, a project with one declared client named Portal, and its sinks."""

    project: Project
    database: Path
    line: Line
    sinks: tuple[str, ...]
    upgraded: bool = False
    now: datetime = NOW
    key: Key | None = None
    port: int = 0
    log: list[str] = field(default_factory=list)
    """The requests of the last run, as `PUT /oauth/clients/6`."""

    def begin(self, *, rotates: bool = False) -> None:
        """Begin with nothing, or with a client that a rotation replaces, whose secret every sink has."""
        self.now = BEFORE
        self._clear()
        self.line.install(self.database, upgraded=self.upgraded)
        self.project.write("store", STORE).chmod(0o700)
        self.project.write(".gitignore", "all.*\n")
        self.key = self.key or make_key(self.project.folder.parent, "key")
        if rotates:
            self.declare()
            with self.serving():
                ended = self.project.run(*self.arguments())
                assert ended.code == 0, ended.out + ended.err
        self.now = NOW
        self.declare(rotate={"created_before": "2026-05-01T09:00Z", "keep_old": 0} if rotates else None)

    def _clear(self) -> None:
        subprocess.run(["rm", "-rf", *(str(self.project.folder / each) for each in LEFT)], check=True)
        self.database.unlink(missing_ok=True)

    def declare(self, rotate: object = None) -> None:
        """Declare Portal, with two grants."""
        grants = {"authorization_code": {"redirect_url": "https://portal.example.com/cb"}, "password": True}
        more = {"rotate": rotate} if rotate else {}
        self.project.declare({**wanted("Portal"), "grants": grants, "owner": "team-a", **more})

    @contextmanager
    def serving(self, *faults: Any) -> Iterator[str]:
        """The platform, with its faults; it says which requests it gets."""
        self.log = []
        self.port = self.port or port_to_return_to()  # a journal knows an instance by its URL
        with self.line.running(
            self.database, middleware=together(self._logging, *faults), clock=self.now.timestamp, port=self.port
        ) as url:
            sinks = [SINKS[name] for name in self.sinks]
            owners = {"team-a": {"age": [self.key.public]}} if self.key else {}
            self.project.configure({"staging": at(url, sinks=sinks)}, owners=owners)
            yield url

    def _logging(self, app: Any) -> Any:
        def logged(environ: Any, start_response: Any) -> Any:
            self.log.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
            return app(environ, start_response)

        return logged

    def arguments(self) -> list[str]:
        """An apply that sends one request after the other."""
        return ["apply", "--yes", "--instance", "staging", "--parallelism", "1"]

    def killed_at_request(self, strike: Strike) -> bool:
        """Run an apply that a fault kills; False if it ended before that."""
        children: list[subprocess.Popen[bytes]] = []

        def kill() -> None:
            children[0].kill()

        run = [sys.executable, "-m", "reconciler", *self.arguments()]
        with self.serving(strike(kill)), subprocess.Popen(run, **QUIET) as child:
            children.append(child)
            return bool(child.wait(SECONDS) == -signal.SIGKILL)

    def killed_at_file(self, number: int) -> bool:
        """Run an apply that dies before it changes a file for this many times; False if it ended before that."""
        run = [sys.executable, "-c", KILLER, str(self.project.folder), str(number), *self.arguments()]
        with self.serving():
            ended = subprocess.run(run, check=False, timeout=SECONDS, **QUIET)
            return bool(ended.returncode == -signal.SIGKILL)

    def forget_the_journal(self) -> None:
        """As on a machine that keeps nothing; an hour later, when unfinished creates are taken over."""
        subprocess.run(["rm", "-rf", str(self.project.folder / ".reconciler" / "journal")], check=True)
        self.now += timedelta(minutes=61)

    def applied(self) -> None:
        """A clean apply, after which there is nothing to do."""
        with self.serving():
            ended = self.project.run(*self.arguments())
            assert ended.code == 0, ended.out + ended.err
            again = self.project.run("plan", "--detailed-exitcode")
            assert again.code == 0, again.out + again.err

    def applied_or_named(self) -> None:
        """A clean apply. If it names a successor whose secret may be lost, do what it says, and apply again."""
        with self.serving():
            ended = self.project.run(*self.arguments())
        lost = re.search(r"remove client (\d+) on the Auth Clients page, and apply again", ended.out)
        if lost is not None:
            assert ended.code == 4
            assert "command" in self.sinks, "the other sinks can tell"
            with Store(self.database) as store:
                store.revoke(int(lost[1]))
        self.applied()

    def person(self, deed: Callable[[Store], object]) -> None:
        """Let somebody do something on the web page."""
        with Store(self.database, clock=self.now.timestamp) as store:
            deed(store)

    def live(self) -> dict[int, tuple[str, str]]:
        """Stored secret and redirect of the live clients named Portal, by id."""
        with Store(self.database) as store:
            return {row[0]: (row[2], row[3]) for row in store.clients() if row[1] == "Portal"}

    def works(self, client_id: int, secret: str) -> bool:
        """Whether the token endpoint takes the secret of a live client."""
        stored, _ = self.live()[client_id]
        return is_secret(secret, stored, Secrets.ONCE if self.line.platform.startswith("2026") else Secrets.PLAIN)

    def demand_the_end(self) -> None:
        """One client of the name, as declared, and every sink has its secret and no other of that name."""
        [(client_id, (_, redirect))] = self.live().items()
        assert redirect == "https://portal.example.com/cb"
        for name in self.sinks:
            known = HELD[name](self)
            assert known is not None, f"{name} has nothing"
            assert known[0] == client_id, f"{name} has {known[0]}, and {client_id} is live"
            assert self.works(*known), f"{name} has another secret"
        assert "staged" not in self._files()

    def demand_nothing_is_lost(self) -> None:
        """At every moment some secret that the sinks have in use works, if one did before."""
        for name in self.sinks:
            self.demand_nothing_is_lost_by(name)

    def demand_nothing_is_lost_by(self, name: str) -> None:
        """The secret that this sink has in use works."""
        known = HELD[name](self)
        assert known is not None
        assert known[0] in self.live(), f"{name} has {known[0]}, which is gone"
        assert self.works(*known)

    def unfinished(self) -> list[int]:
        """The ids of the clients that still have their mark."""
        return [number for number, (_, redirect) in self.live().items() if redirect.startswith(MARK_START)]

    def _files(self) -> str:
        kept = [self.project.folder / name for name in ("all.json", "all.env", "age/.delivered.json")]
        names = " ".join(str(path) for path in (self.project.folder / "age").rglob("*"))
        return names + " ".join(path.read_text() for path in kept if path.exists())


QUIET: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
LEFT = ("all.json", "all.env", "age", "told", "mode", ".reconciler")


def _in_json(stage: Stage) -> tuple[int, str] | None:
    file = stage.project.folder / "all.json"
    found = json.loads(file.read_text()).get("staging", {}).get("Portal") if file.exists() else None
    return found and (found["id"], found["secret"])


def _in_dotenv(stage: Stage) -> tuple[int, str] | None:
    file = stage.project.folder / "all.env"
    text = file.read_text() if file.exists() else ""
    found = dict(re.findall(r"^PORTAL_CLIENT_(ID|SECRET)=(.*)$", text, re.MULTILINE))
    return (int(found["ID"]), found["SECRET"]) if len(found) == 2 else None


def _in_age(stage: Stage) -> tuple[int, str] | None:
    file = stage.project.folder / "age" / "team-a" / "portal.age"
    if not file.exists():
        return None
    assert stage.key is not None
    content = stage.key.opens(file)
    return content["id"], content["secret"]


def _told(stage: Stage) -> tuple[int, str] | None:
    """What the program has, if it keeps the last secret of each client, and drops what it is told to."""
    file = stage.project.folder / "told"
    known: dict[int, str] = {}
    for line in file.read_text().splitlines() if file.exists() else ():
        each = json.loads(line)
        known.pop(each["id"], None)
        if each["event"] != "deleted":
            known[each["id"]] = each["secret"]
    return list(known.items())[-1] if known else None


HELD: dict[str, Callable[[Stage], tuple[int, str] | None]] = {
    "json": _in_json,
    "dotenv": _in_dotenv,
    "age": _in_age,
    "command": _told,
}

WAYS = ("arrived", "lost", "answered")


def strike(request: int, way: str) -> Strike:
    """What kills a run around its request of a number: it may arrive, be lost on its way, or be answered."""

    def fault(kill: Callable[[], object]) -> Any:
        strikes = Meanwhile(On(ANY, "/", {request}), kill, after=way == "answered")
        return together(strikes, DropConnection(On(ANY, "/", {request}))) if way == "lost" else strikes

    return fault


FAULTS: dict[str, Callable[[On], Any]] = {
    "reset before": DropConnection,
    "reset after": lambda on: DropConnection(on, after=True),
    "cut answer": lambda on: CutAnswer(on, keep=20),
    "500": lambda on: Respond(on, 500, "<h1>no</h1>"),
    "500 after": lambda on: Respond(on, 500, "<h1>no</h1>", after=True),
    "503": lambda on: Respond(on, 503, "<h1>no</h1>"),
    "422": lambda on: Respond(on, 422, '{"message": "no", "errors": {"name": ["no"]}}', "application/json"),
    "403": lambda on: Respond(on, 403, '{"message": "This action is unauthorized."}', "application/json"),
}
