"""Sinks for the projects of these tests: programs that write down what they are told, and documents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from reconciler.sandbox.store import Store
from tests.cli.projects import Platform, Project, at

STORE = """#!/bin/sh
line=$(cat)
mode=$(cat mode 2>/dev/null)
case $line in *'"event": "check"'*) [ "$mode" = check ] && exit 9; exit 0;; esac
case $mode in
  fail) echo "no, not $line"; exit 3;;
  deaf) exec 0<&-; exit 4;;
  hang) sleep 60;;
  die) kill -9 $$;;
  garbage) head -c 100000 /dev/urandom; exit 5;;
  "only "*) case $line in *"\\"name\\": \\"${mode#only }\\""*) ;; *) exit 6;; esac;;
esac
printf '%s\\n' "$line" >> told
"""


def program(project: Project) -> None:
    """The program `store`, which adds what it is told to the file `told`, or fails as the file `mode` says."""
    project.write("store", STORE).chmod(0o700)


def command(timeout: int = 30) -> dict[str, object]:
    """The sink that runs it."""
    return {"command": {"run": ["./store"], "timeout": timeout}}


DOCUMENT: dict[str, object] = {"json": {"path": "all.json"}}


def configure(project: Project, staging: Platform, *sinks: object, **more: object) -> None:
    """The instance `staging` with these sinks."""
    program(project)
    project.configure({"staging": at(staging.url, sinks=list(sinks), **more)})


def told(project: Project) -> list[Any]:
    """What the program was told, in order."""
    file = project.folder / "told"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def events(project: Project) -> list[tuple[str, str]]:
    """Why the program was told of whom, in order."""
    return [(each["event"], each["name"]) for each in told(project)]


def document(project: Project) -> dict[str, Any]:
    """What the JSON sink has of `staging`."""
    file = project.folder / "all.json"
    found: dict[str, Any] = json.loads(file.read_text())["staging"] if file.exists() else {}
    return found


def issued(database: Path) -> dict[str, tuple[int, str]]:
    """Id and secret of every client that is not the platform's own, by name."""
    with Store(database) as store:
        return {row[1]: (row[0], row[2]) for row in store.clients() if row[0] > 5}


def is_right(project: Project, staging: Platform) -> bool:
    """Whether the program was last told the id and the secret that each client has, and of no other client."""
    last: dict[str, tuple[int, str]] = {}
    for each in told(project):
        if each["previous_name"]:
            last.pop(each["previous_name"], None)
        if each["event"] == "deleted":
            last.pop(each["name"], None)
        else:
            last[each["name"]] = (each["id"], each["secret"])
    return last == issued(staging.database)
