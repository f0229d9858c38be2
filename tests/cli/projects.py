"""A folder with declarations, an instance to reconcile, and the program run between them as a user would run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.cli.main import main
from reconciler.model.clients import ClientSpec, Grant
from reconciler.model.fields import join_urls, split_urls
from reconciler.sandbox.accounts import account_named
from reconciler.sandbox.serve import running, seed
from reconciler.sandbox.store import Store
from tests.faults import RequestLog, together

if TYPE_CHECKING:
    from tests.faults import Fault

SECONDS = 120
"""No process of these tests may take longer."""

REPORTS_A_BUG = "this is a bug"


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Stdout, which must be exactly one JSON document."""
        return json.loads(self.out)

    @property
    def errors(self) -> list[str]:
        """The messages on stderr, without their ways out."""
        return [line for line in self.err.splitlines() if line.startswith("error: ") or ": error: " in line]

    def only_error(self) -> str:
        """The one message there is, in words and not as a traceback."""
        assert "Traceback" not in self.out + self.err
        assert REPORTS_A_BUG not in self.err
        assert len(self.errors) == 1, self.err
        return self.errors[0]


@dataclass
class Project:
    """The folder that a command is run in."""

    folder: Path
    capsys: pytest.CaptureFixture[str]
    environ: pytest.MonkeyPatch

    def write(self, path: str, text: str | bytes) -> Path:
        """Write a file of the project."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    def configure(self, instances: Mapping[str, Mapping[str, object]], **settings: object) -> None:
        """Write reconciler.yaml; JSON is YAML."""
        self.write("reconciler.yaml", json.dumps({"instances": instances, **settings}))

    def declare(self, *clients: Mapping[str, object]) -> None:
        """Write the only file of declarations."""
        self.write("clients/all.yaml", json.dumps({"clients": clients}, ensure_ascii=False))

    def log_in_as(self, name: str, password: str | None = None) -> None:
        """Use this account of the sandbox from now on."""
        self.environ.setenv("PM_USER", name)
        self.environ.setenv("PM_PASSWORD", password or account_named(name).password)

    def run(self, *arguments: str | Path) -> Ended:
        """Run a command in this process, where there is no terminal."""
        self.capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        return Ended(code, *self.capsys.readouterr())


@dataclass
class Platform:
    """A sandbox that an instance's `url:` leads to."""

    database: Path
    url: str = ""
    log: RequestLog = field(default_factory=RequestLog)

    def has(self, *specs: ClientSpec) -> None:
        """Add clients behind everybody's back."""
        seed(self.database, specs)

    def clients(self) -> dict[str, int]:
        """The ids of the clients that are not the platform's own, by name."""
        with Store(self.database) as store:
            return {row[1]: row[0] for row in store.clients() if row[0] > 5}

    def change(self, name: str, spec: ClientSpec) -> None:
        """Let a person change the client of this name on the web page."""
        others = (Grant.PERSONAL_ACCESS_TOKEN in spec.grants, Grant.PASSWORD in spec.grants)
        with Store(self.database) as store:
            store.update(self.clients()[name], spec.name, join_urls(spec.redirect_urls) or "", *others)

    def redirect(self, name: str) -> str:
        """Where the client of this name leads."""
        with Store(self.database) as store:
            return next(row[3] for row in store.clients() if row[1] == name)

    def secrets(self) -> list[str]:
        """The secrets of all clients."""
        with Store(self.database) as store:
            return [row[2] for row in store.clients()]

    def asked(self) -> list[str]:
        """The requests so far, as `GET /oauth/clients`."""
        return [f"{seen.method} {seen.path}" for seen in self.log.requests]


@contextmanager
def platform(
    database: Path,
    fault: Fault | None = None,
    settings: Mapping[str, str | int] | None = None,
    version: str | None = None,
) -> Iterator[Platform]:
    """Serve a sandbox of a version and remember what it was asked, with a fault behind the log."""
    served = Platform(database)
    middleware = together(served.log, fault) if fault else served.log
    over_http = {"session.secure": "false", **(settings or {})}
    with running(database, middleware=middleware, settings=over_http, platform=version) as served.url:
        yield served


def at(url: str, **more: object) -> dict[str, object]:
    """An instance of reconciler.yaml at a URL: a short time-out is for one that does not answer at all."""
    credentials = {"username_env": "PM_USER", "password_env": "PM_PASSWORD"}
    return {"url": url, "timeout": SECONDS, "credentials": credentials, **more}


def wanted(name: str, redirect: str | None = None, **more: object) -> dict[str, object]:
    """A declared client that uses the authorization code."""
    host = "".join(filter(str.isalnum, name)).lower()
    return {
        "name": name,
        "grants": {"authorization_code": {"redirect_url": redirect or f"https://{host}.example.com/cb"}},
        **more,
    }


def stored(name: str, redirect: str | None = None) -> ClientSpec:
    """The same client as the platform stores it."""
    host = "".join(filter(str.isalnum, name)).lower()
    return ClientSpec(
        name, frozenset({Grant.AUTHORIZATION_CODE}), split_urls(redirect or f"https://{host}.example.com/cb")
    )


def command(*arguments: str | Path) -> list[str]:
    """The program as a process's command line."""
    return [sys.executable, "-m", "reconciler", *map(str, arguments)]


def process(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command as a process of its own, without a terminal."""
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.run(command(*arguments), text=True, timeout=SECONDS, check=False, **options)


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A command as a process that is under way, without a terminal; `end_of` waits for it."""
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command(*arguments), text=True, **pipes) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.kill()


def end_of(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """How a process ended: its exit code, and what is left of what it wrote."""
    out, err = process.communicate(timeout=SECONDS)
    assert "Traceback" not in out + err
    return process.returncode, out, err


def process_without(stream: int, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command whose stdin (0), stdout (1) or stderr (2) is closed."""
    closing = ["sh", "-c", f'exec "$@" {stream}>&-', "sh"]
    run = [*closing, *command(*arguments)]
    return subprocess.run(run, capture_output=True, text=True, timeout=SECONDS, check=False)


def environment(**more: str) -> dict[str, str]:
    """This process's environment with more in it."""
    return {**os.environ, **more}
