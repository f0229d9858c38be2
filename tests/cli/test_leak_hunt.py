"""Every command, as loud as it gets, with whatever goes wrong: of 200 secrets not eight characters are anywhere."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.sandbox.store import Store
from tests.cli.projects import Platform, Project, at, platform, stored, wanted
from tests.cli.sinking import DOCUMENT, command, program
from tests.faults import CutAnswer, DropConnection, On, Respond
from tests.leaks import assert_no_secret, found
from tests.tiers import few

if TYPE_CHECKING:
    from tests.faults import Fault

PASSWORD = "kW7xq2Lr0VbT9sYp4mZc8Hd1NfJg6AuE3oRiXwQe"
"""Of another instance, whose variables no program may see."""
LIVE = [f"Live {number:03}" for number in range(180)]
COMMANDS = [
    ["validate"],
    ["instances"],
    ["doctor", "-i", "staging"],
    ["plan", "-i", "staging"],
    ["plan", "-i", "staging", "--format", "json", "--prune", "all"],
    ["plan", "-i", "staging", "-o", "plan.json"],
    ["observe", "-i", "staging", "-o", "live.json"],
    ["plan", "--live", "live.json", "-i", "staging"],
    ["export", "-i", "staging"],
    ["secrets", "deliver", "-i", "staging", "--check"],
    ["apply", "-i", "staging", "--yes", "--max-creates", "50"],
    ["apply", "plan.json"],
    ["apply", "-i", "staging", "--yes", "--format", "json"],
    ["secrets", "deliver", "-i", "staging"],
    ["secrets", "deliver", "-i", "staging", "--format", "json"],
    ["plan", "-i", "other"],
    ["history"],
]
SPY = """#!/bin/sh
{ echo "$0 $*"; env; cat "/proc/$$/cmdline" "/proc/$PPID/cmdline" | tr '\\000' ' '; } >> spied
"""
SAYS_IT = """line=$(cat); secret=$(printf '%s' "$line" | sed 's/.*"secret": "\\([^"]*\\)".*/\\1/')
case $line in *'"event": "check"'*) exit 0;; esac
echo "$line"; echo "$secret" | base64; printf 'user:%s' "$secret" | base64; echo "$secret" | rev
printf '%s' "$secret" | od -An -tx1; echo "$secret" | cut -c 5-12 >&2; exit 7
"""


def hunt(project: Project, served: Platform, commands: Iterable[list[str]] = COMMANDS) -> None:
    """Run the commands loudly and quietly, and look for secrets in all that they said and left behind."""
    before = served.secrets()
    texts: dict[str, str] = {}
    for loudness in (["-vv"], []):  # the first writes, and so should say the most; -vv has all of -v
        for number, arguments in enumerate(commands):
            ended = project.run(*arguments, *loudness)
            assert "this is a bug" not in ended.err, ended.err
            texts[f"{number} {arguments} {loudness}"] = ended.out + ended.err
    for run in project.folder.glob(".reconciler/journal/staging/*.jsonl"):
        for arguments in (["history", run.stem, "-vv"], ["rollback", run.stem, "-vv"]):
            texts[str(arguments)] = "".join((ended := project.run(*arguments)).out + ended.err)
    secrets = {*before, *served.secrets(), PASSWORD}
    assert len(secrets) > 185
    for file in project.folder.rglob("*"):
        if file.is_file() and file.name not in ("all.json", "told"):
            texts[str(file)] = file.read_text(errors="replace")
    assert_no_secret(texts, secrets)


def prepare(project: Project, served: Platform, *sinks: object) -> None:
    served.has(*(stored(name, "https://old.example.com/cb") for name in LIVE))
    program(project)
    project.write("spy", SPY).chmod(0o700)
    project.write("says", f"#!/bin/sh\n{SAYS_IT}").chmod(0o700)
    project.environ.setenv("OTHER_PASSWORD", PASSWORD)
    project.environ.setenv("OTHER_USER", "somebody")
    other = {"username_env": "OTHER_USER", "password_env": "OTHER_PASSWORD"}
    project.configure(
        {
            "staging": at(served.url, sinks=list(sinks)),
            "other": at(f"{served.url}/other", credentials=other),
        },
    )
    made = [wanted(f"Made {number:02}") for number in range(10)]
    changed = [wanted(name) for name in LIVE[:10]]
    absent = {"name": LIVE[20], "state": "absent"}
    project.declare(*made, *changed, *map(wanted, LIVE[30:40]), wanted("Twice"), absent)


@pytest.mark.parametrize("mode", few(["fail", "", "deaf", "die", "garbage"], 5))
def test_no_command_shows_a_secret_whatever_its_sinks_do(project: Project, staging: Platform, mode: str) -> None:
    spy: dict[str, object] = {"command": {"run": ["./spy", "--argument"]}}
    prepare(project, staging, command(), DOCUMENT, spy)
    project.write("mode", mode)
    hunt(project, staging)
    assert "--argument" in (project.folder / "spied").read_text()
    assert {"Made 00", "Made 09"} <= staging.clients().keys()
    assert (project.folder / "plan.json").exists()
    assert (project.folder / "live.json").exists()


def test_no_message_passes_on_what_a_program_says_of_a_secret(project: Project, staging: Platform) -> None:
    """In clear, in base64, behind a user name, backwards, in hexadecimal, and a piece of it."""
    prepare(project, staging, {"command": {"run": ["./says"]}})
    hunt(project, staging, [["apply", "-i", "staging", "--yes"], ["secrets", "deliver", "-i", "staging"]])


FAULTS: dict[str, Fault] = {
    "a cut list": CutAnswer(On("GET", "/oauth/clients"), 4000, as_if_whole=True),
    "a cut list before the delivery": CutAnswer(
        On("GET", "/oauth/clients", numbers=range(8, 400)), 4000, as_if_whole=True
    ),
    "a list that is cut once": CutAnswer(On("GET", "/oauth/clients", numbers=[1]), 4000),
    "a cut answer": CutAnswer(On("POST", "/oauth/clients"), 100),
    "a lost answer": DropConnection(On("POST", "/oauth/clients"), after=True),
    "an ill server": Respond(On("GET", "/oauth/clients", numbers=range(8, 400)), 500, "x"),
    "another shape": Respond(On("GET", "/oauth/clients"), 200, '{"data": [{"secret": 5}]}', "application/json"),
}


@pytest.mark.parametrize("fault", few(FAULTS, 7))
def test_no_failure_of_the_instance_shows_one(project: Project, tmp_path: Path, fault: str) -> None:
    with platform(tmp_path / "faulty.sqlite3", FAULTS[fault]) as faulty:
        prepare(project, faulty, command(), DOCUMENT)
        hunt(project, faulty, [each for each in COMMANDS if each[0] in ("plan", "apply", "secrets", "observe")])


def test_the_secrets_of_the_platform_are_what_is_hunted(project: Project, staging: Platform) -> None:
    """So that the tests above could fail: the delivered document is one in which they are found."""
    prepare(project, staging, DOCUMENT)
    assert project.run("secrets", "deliver", "-i", "staging").code == 0
    text = (project.folder / "all.json").read_text()
    with Store(staging.database) as store:
        delivered = [row[2] for row in store.clients() if row[1] in LIVE[30:40]]
    assert len(found({"all.json": text}, delivered)) >= 10 * 33


SECRETS = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=8, max_size=40)


@given(SECRETS, st.binary(max_size=9), st.binary(max_size=9), st.data())
def test_a_piece_is_found_however_it_is_written(secret: str, before: bytes, after: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(secret) - 8))
    piece = secret[start : start + 8]
    framed = before + piece.encode() + after
    for written in (
        piece,
        piece[::-1],
        b64encode(framed).decode(),
        framed.hex(),
        "".join(f"%{ord(c):02X}" for c in piece),
    ):
        assert found({"text": f"before {written} after"}, [secret])
    assert found({"text": quote(secret)}, [secret])
