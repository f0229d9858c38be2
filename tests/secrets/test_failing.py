"""Sinks that fail while twenty clients are delivered: what is said, what is kept, and that a second try mends it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.secrets.delivery import Deliverer
from reconciler.secrets.values import SinkState
from tests.secrets.handing import NAMES, SECONDS, Key, client, deliverer, many, recipients, text_of

ROOT = Path(__file__).parents[2]
NOBODY = 65534
FILES: dict[str, Any] = {
    "age": {"age": {"path": "secrets/{name}.age"}},
    "dotenv": {"dotenv": {"path": "out/.env"}},
    "json": {"json": {"path": "out/clients.json"}},
}
EACH = pytest.mark.parametrize("kind", FILES)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A project that every user of the machine can get to, unlike pytest's own folders."""
    made = Path(tempfile.mkdtemp())
    made.chmod(0o755)
    (made / "out").mkdir()
    yield made
    shutil.rmtree(made)


def delivered_by(folder: Path, keys: dict[str, Key], *sinks: Any, largest: int = 0, user: int = 0) -> Any:
    """What became of twenty clients in a process with these limits."""
    owners = recipients(keys["age"])
    run = [sys.executable, "-m", "tests.secrets.delivering", str(folder), json.dumps(sinks), json.dumps(owners)]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*run, str(largest), str(user)],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    for number in range(100, 120):
        assert text_of(number) not in done.stdout + done.stderr
    return json.loads(done.stdout)


def errors(outcomes: Any) -> list[str]:
    return [error for _, error in outcomes["deliveries"] if error is not None]


def mended(folder: Path, keys: dict[str, Key], *sinks: Any) -> Deliverer:
    """The sinks, after everything was delivered once more without a fault; all of it is there."""
    opened = deliverer(folder, *sinks, owners=recipients(keys["age"]))
    assert [done.error for each in many() for done in opened.deliver(each) if done.error] == []
    assert {each.held for handed in many() for each in opened.holds(handed)} == {SinkState.CURRENT}
    return opened


@EACH
def test_a_full_disk_keeps_what_was_there_and_is_mended_by_delivering_again(
    folder: Path, keys: dict[str, Key], kind: str
) -> None:
    """The limit is reached somewhere on the way: with the whole file in clear, with the manifest of the age files."""
    outcomes = delivered_by(folder, keys, FILES[kind], largest=1500)
    assert len(outcomes["problems"]) == 1
    assert outcomes["problems"][0].endswith(": file too large")
    said = errors(outcomes)
    assert 0 < len(said) < 20
    assert all(error.startswith("cannot write ") and error.endswith(": file too large") for error in said)
    assert list(folder.rglob("*.tmp")) == []
    opened = deliverer(folder, FILES[kind], owners=recipients(keys["age"]))
    held = [each.held for handed in many() for each in opened.holds(handed)]
    assert held.count(SinkState.CURRENT) == 20 - len(said)
    mended(folder, keys, FILES[kind])


@EACH
def test_a_disk_without_any_room_leaves_nothing_behind(folder: Path, keys: dict[str, Key], kind: str) -> None:
    outcomes = delivered_by(folder, keys, FILES[kind], largest=10)
    assert len(outcomes["problems"]) == 1
    assert len(errors(outcomes)) == 20
    assert [path for path in folder.rglob("*") if path.is_file() and path.name != ".gitignore"] == []
    mended(folder, keys, FILES[kind])


@EACH
def test_without_the_right_to_write_nothing_is_delivered_and_the_place_named(
    folder: Path, keys: dict[str, Key], kind: str
) -> None:
    """As root, which may write everywhere, in a process that has given that up."""
    is_root = os.geteuid() == 0
    for each in (folder / "out", folder):
        each.chmod(0o755 if is_root else 0o555)
    outcomes = delivered_by(folder, keys, FILES[kind], user=NOBODY if is_root else 0)
    assert [problem.rsplit(": ", 1)[1] for problem in outcomes["problems"]] == ["permission denied"]
    said = errors(outcomes)
    assert len(said) == 20
    assert all(error.endswith(": permission denied") for error in said)
    for each in (folder, folder / "out"):
        each.chmod(0o755)
    mended(folder, keys, FILES[kind])


def test_the_failure_of_one_sink_does_not_keep_the_others_from_their_part(folder: Path, keys: dict[str, Key]) -> None:
    broken: list[Any] = [
        {"command": {"run": ["./missing"]}},
        {"command": {"run": ["false"]}},
        {"json": {"path": "nowhere/clients.json"}},
    ]
    outcomes = delivered_by(folder, keys, broken[0], FILES["age"], broken[1], FILES["dotenv"], broken[2], FILES["json"])
    assert len(outcomes["problems"]) == 3
    assert len(errors(outcomes)) == 60
    mended(folder, keys, *FILES.values())


UNSTEADY = """#!/bin/sh
# Fails in another way each time, and every fifth time it works.
count=$(($(cat count 2>/dev/null || echo 0) + 1)); echo $count > count
case $((count % 5)) in
0) cat >> stored ;;
1) cat; exit 1 ;;
2) kill -9 $$ ;;
3) sleep 600 ;;
4) head -c 1000000 /dev/urandom; exit 77 ;;
esac
"""


def test_a_program_that_fails_in_every_way_is_reported_client_by_client(folder: Path) -> None:
    (folder / "unsteady").write_text(UNSTEADY)
    (folder / "unsteady").chmod(0o755)
    opened = deliverer(folder, {"command": {"run": ["./unsteady"], "timeout": 5}})
    done = [found for each in many()[:7] for found in opened.deliver(each)]
    whys = [str(found.error).partition(":")[0] if found.error else None for found in done]
    each_time = [
        "./unsteady failed with exit status 1",
        "./unsteady was killed by SIGKILL",
        "./unsteady was not done after 5 s and was stopped",
        "./unsteady failed with exit status 77",
        None,
    ]
    assert whys == [*each_time, *each_time[:2]]
    assert [NAMES[index] in str(found.error) for index, found in enumerate(done) if found.error] == [True] * 6
    stored = [json.loads(line)["name"] for line in (folder / "stored").read_text().splitlines()]
    assert stored == [NAMES[4]]
    said = "".join(f"{found.error} {found.error.hint}" for found in done if found.error)
    assert not any(text_of(number) in said for number in range(100, 120))


@EACH
def test_a_process_that_is_killed_leaves_whole_files_and_the_next_one_mends_them(
    folder: Path, keys: dict[str, Key], kind: str
) -> None:
    """Killed while it writes, in a place that differs from run to run; what counts holds in every one."""
    for delay in (0.0, 0.005, 0.01, 0.02):
        code = (
            "import sys, os, threading, json; from pathlib import Path\n"
            "from tests.secrets.handing import deliverer, many\n"
            "opened = deliverer(Path(sys.argv[1]), *json.loads(sys.argv[2]), owners=json.loads(sys.argv[3]))\n"
            "threading.Timer(float(sys.argv[4]), lambda: os.kill(os.getpid(), 9)).start()\n"
            "while True:\n    for each in many(): opened.deliver(each); opened.forget(each.client, each.id)\n"
        )
        arguments = [str(folder), json.dumps([FILES[kind]]), json.dumps(recipients(keys["age"])), str(delay)]
        ended = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            timeout=SECONDS,
            check=False,
        )
        assert ended.returncode == -9
    opened = mended(folder, keys, FILES[kind])
    assert opened.problems([client(name) for name in NAMES]) == ()
    left = [path.name for path in folder.rglob("*.tmp")]
    assert left == [], "the next delivery takes the place of what a killed one left"
