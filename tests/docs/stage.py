"""Where the command lines of a page are run: a project in git, with instances that answer, and the page's own names for
what differs from run to run."""

from __future__ import annotations

import contextlib
import getpass
import io
import json
import logging
import os
import platform as machine
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from reconciler.cli.main import main
from reconciler.sandbox.accounts import account_named
from tests.cli.projects import Platform, platform
from tests.cli.terminals import at_a_terminal
from tests.docs.lines import Line
from tests.docs.pages import ROOT

SECONDS = 120
INSTANCES = {
    "production": "https://acme.processmaker.net",
    "staging": "https://staging.processmaker.net",
    "eu-west": "https://eu.processmaker.net",
}
"""The instances that answer, by what the pages call them."""

SERVED = "127.0.0.1:8089"
"""Where `sandbox serve` answers on the pages. The tests take a free port."""

RUNS = ("20261123T134500Z-7f3a9c", "20261123T141210Z-02d5e1", "20261123T150305Z-c4180b")
"""What the pages call the first runs of a project, in order."""

_PERSON = "admin"
_STARTED = re.compile(
    r"(?P<run>\d{8}T(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)Z-\w{6})  (?P<day>\S+) \S+ UTC", re.ASCII
)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)? UTC")
_CREATED = re.compile(r"created \d{4}-\d\d-\d\d")
_COMMIT = re.compile(r"\b[0-9a-f]{40}\b")
_BASE = re.compile(r"\bbase [0-9a-f]{12}\b")
_PROGRESS = re.compile(r"[^\n]*\r\x1b\[K")


@dataclass
class Stage:
    """A reader's machine."""

    folder: Path
    """The reader's project; the home, locks and the remote repository are beside it."""
    platforms: dict[str, Platform] = field(default_factory=dict)
    server: subprocess.Popen[str] | None = None
    """A `sandbox serve` of the page, which goes on while other lines are typed."""
    served: str = SERVED

    def write(self, path: str, text: str) -> None:
        """Save a file of the project, with the real addresses in it."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(self._real(text), encoding="utf-8")

    def do(self, *commands: str) -> None:
        """Do something before a page's line, which must succeed."""
        for command in commands:
            code, text = (
                self._in_shell(command) if not command.startswith("reconciler ") else _here(command.split()[1:])
            )
            assert code == 0, f"{command}: {text}"

    def run(self, line: Line) -> tuple[int, str]:
        """The exit code, and what a terminal would show, in the page's words."""
        command = self._real(line.command)
        words = Line(line.at, command, "").words
        if command.startswith("export "):
            code, text = _export(shlex.split(command)[1:])
        elif words is None:
            code, text = self._in_shell(command)
        elif words[:2] == ["sandbox", "serve"]:
            code, text = self._serve(words)
        elif _asks(words):
            ended = at_a_terminal(*words, typed=[b"y\n"])
            code, text = ended.code, _PROGRESS.sub("", ended.out)
        else:
            code, text = _here(words)
        return code, self._shown(text)

    def _in_shell(self, command: str) -> tuple[int, str]:
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command],  # a program that fails in the middle fails the line
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
        )
        return done.returncode, done.stdout

    def _serve(self, words: list[str]) -> tuple[int, str]:
        command = [sys.executable, "-m", "reconciler", *words]
        command[command.index("--port") + 1] = "0"
        self.server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.server.stdout is not None
        first = self.server.stdout.readline()
        self.served = first.strip().removeprefix("http://")
        return 0, first

    def close(self) -> None:
        """End what the page has started."""
        if self.server is not None:
            self.server.terminate()
            self.server.communicate(timeout=SECONDS)

    def _names(self) -> Iterator[tuple[str, str]]:
        """What pages call things, and what they are here."""
        yield SERVED, self.served
        for name, url in INSTANCES.items():
            if name in self.platforms:
                yield url, self.platforms[name].url
        yield from zip(RUNS, self._runs(), strict=False)
        yield "ci@build-7", f"{getpass.getuser()}@{machine.node()}"

    def _real(self, text: str) -> str:
        for shown, real in self._names():
            text = text.replace(shown, real)
        return text

    def _shown(self, text: str) -> str:
        for shown, real in self._names():
            text = text.replace(real, shown)
        text = _MOMENT.sub(lambda found: f"2026-11-23 13:45{':00' if found[1] else ''} UTC", text)
        text = _STARTED.sub(_when_its_name_says, text)
        text = _COMMIT.sub("6f58b7b418d03f25b1b7f5ff6aa4ddf4ae768d89", text)
        text = _BASE.sub("base 932efa5ce975", text)
        return _CREATED.sub("created 2026-11-23", text)

    def _runs(self) -> list[str]:
        begun = [json.loads(file.read_text().split("\n")[0]) for file in self.folder.rglob("*.jsonl")]
        starts = {each["run"]: each["started_at"] for each in begun}
        return sorted(starts, key=lambda run: starts[run])


def _when_its_name_says(line: re.Match[str]) -> str:
    """A run in a list, with the start that its name has: 20261123T134500Z is 13:45:00."""
    return f"{line['run']}  {line['day']} {line['hour']}:{line['minute']}:{line['second']} UTC"


def _export(assignments: list[str]) -> tuple[int, str]:
    """For the lines after it. Nothing else of a shell's state lasts from line to line."""
    for assignment in assignments:
        name, _, value = assignment.partition("=")
        os.environ[name] = value
    return 0, ""


def _asks(words: list[str]) -> bool:
    """Whether the line is typed at a terminal, where a person answers."""
    writes = words[:1] == ["apply"] or (words[:1] == ["rollback"] and "--apply" in words)
    saved = any(word.endswith(".json") for word in words)
    return writes and not saved and "--yes" not in words


def _here(words: list[str]) -> tuple[int, str]:
    """In this process: a hundred lines are a hundred imports less."""
    log = logging.getLogger("reconciler")
    level, handlers = log.level, list(log.handlers)
    written = io.StringIO()
    try:
        with contextlib.redirect_stdout(written), contextlib.redirect_stderr(written):
            return main(words), written.getvalue()
    finally:
        log.setLevel(level)
        log.handlers[:] = handlers


@contextmanager
def stage(folder: Path, prepare: Callable[[Stage], None]) -> Iterator[Stage]:
    """A project below `folder`, which nothing else is in, with instances that answer."""
    made = Stage(folder / "project")
    made.folder.mkdir()
    with ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, _environment(folder), clear=True))
        for name in INSTANCES:
            made.platforms[name] = stack.enter_context(platform(folder / f"{name}.sqlite3"))
        stack.enter_context(contextlib.chdir(made.folder))
        stack.callback(made.close)
        prepare(made)
        yield made


def _environment(folder: Path) -> dict[str, str]:
    account = account_named(_PERSON)
    prefixes = ("PM", *(f"PM_{name.upper().replace('-', '_')}" for name in INSTANCES))
    (folder / "home").mkdir()
    return {
        "HOME": str(folder / "home"),
        "XDG_STATE_HOME": str(folder / "state"),
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath))),
        "PYTHONPATH": str(ROOT),
        "NO_COLOR": "1",
        "TERM": "xterm",
        "LC_ALL": "C.UTF-8",
        **{f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in _GIT.items()},
        **{f"{prefix}_USERNAME": account.name for prefix in prefixes},
        **{f"{prefix}_PASSWORD": account.password for prefix in prefixes},
    }


_GIT = {"NAME": "Reader", "EMAIL": "reader@example.com"}


def has(program: str) -> bool:
    """Whether this machine has a program that a page uses."""
    return shutil.which(program) is not None
