"""What a pull request commits proves nothing: not that a client is ours, nor that a sink has a secret."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import pytest

from reconciler.model.secret import Secret
from reconciler.secrets.age_recipients import encrypt
from reconciler.secrets.payload import age_payload
from reconciler.secrets.sinks.age_manifest import new_entry
from reconciler.secrets.values import DeliveryEvent, SecretDelivery, SinkClient
from tests.cli.projects import Project
from tests.platform_lines import LINES
from tests.resilience.test_two_steps import killed_before_its_put
from tests.resilience.two_steps import Stage

ROTATE = {"created_before": "2026-05-01T09:00Z", "keep_old": "1h"}


@pytest.fixture
def make_stage(project: Project, tmp_path: Path) -> Callable[[str], Stage]:
    [line] = [each for each in LINES if each.name == "2026"]
    return lambda sink: Stage(project, tmp_path / "platform.sqlite3", line, (sink,))


def commit(stage: Stage, *paths: str) -> None:
    """What is in these paths comes with a pull request."""
    for words in (["init", "-q"], ["add", "-f", *paths], ["commit", "-q", "-m", "Innocent"]):
        who = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
        subprocess.run(["git", *who, "-C", stage.project.folder, *words], check=True, capture_output=True)


def rotated(stage: Stage) -> None:
    """An apply has made the successor, client 7, and the next deletes the old one."""
    stage.begin(rotates=True)
    stage.declare(rotate=ROTATE)
    with stage.serving():
        assert stage.project.run(*stage.arguments()).code == 0
    assert list(stage.live()) == [6, 7]
    stage.now += timedelta(hours=2)


def forge(stage: Stage, url: str, place: str) -> None:
    """Say that a file has the secret of client 7, as this sink would: whoever has the public key can."""
    assert stage.key is not None
    keys, client = [stage.key.public], SinkClient("staging", url, "Portal", "team-a")
    delivery = SecretDelivery(DeliveryEvent.ROTATED, client, 7, Secret("x" * 40))
    encrypted = encrypt(age_payload(delivery), keys)
    stage.project.write(f"age/{place}", encrypted)
    manifest = stage.project.folder / "age" / ".delivered.json"
    entries = json.loads(manifest.read_text()) if manifest.exists() else {}
    stage.project.write(
        "age/.delivered.json", json.dumps(entries | {place: asdict(new_entry(delivery, keys, encrypted))})
    )


@pytest.mark.parametrize("place", ["team-a/portal.age", "team-a/portal.age.7.staged", "team-a/other.age"])
def test_a_forged_delivery_never_costs_the_old_client(make_stage: Callable[[str], Stage], place: str) -> None:
    """Somebody has made a client that passes for the successor. Neither does an apply put into use what is forged."""
    stage = make_stage("age")
    stage.begin(rotates=True)
    stage.person(lambda store: store.create("Portal", "https://portal.example.com/cb", False, True))
    with stage.serving() as url:
        forge(stage, url, place)
        commit(stage, ".")
        for _ in range(3):
            ended = stage.project.run(*stage.arguments())
            assert "a file that git has proves nothing" in " ".join(ended.out.split())
            assert ended.code == 4
    assert list(stage.live()) == [6, 7]


@pytest.mark.parametrize("committed", ["age", ".reconciler/journal"])
def test_a_rotation_ends_if_either_the_files_or_the_journal_are_ours(
    make_stage: Callable[[str], Stage], committed: str
) -> None:
    stage = make_stage("age")
    rotated(stage)
    commit(stage, committed)
    stage.applied()
    assert list(stage.live()) == [7]
    stage.demand_the_end()


@pytest.mark.parametrize("saved", [False, True])
def test_a_committed_journal_does_not_make_an_unfinished_create_ours(
    make_stage: Callable[[str], Stage], saved: bool
) -> None:
    """The run that began it may still be at work, on another machine."""
    stage = make_stage("json")
    stage.begin()
    with stage.serving():
        assert stage.project.run("plan", "--instance", "staging", "-o", "plan.json").code == 0
    assert killed_before_its_put(stage)
    (stage.project.folder / "all.json").unlink()
    [journal] = (stage.project.folder / ".reconciler" / "journal" / "staging").iterdir()
    digest = json.loads((stage.project.folder / "plan.json").read_text())["digest"]
    journal.write_text(journal.read_text().replace('"plan_digest":null', f'"plan_digest":"{digest}"'))
    commit(stage, ".reconciler/journal")
    with stage.serving():
        ended = stage.project.run(*(["apply", "plan.json"] if saved else stage.arguments()))
    assert ended.code == 4, ended.out
    assert "an earlier run began" not in ended.out
    assert list(stage.live()) == [6]


def test_a_committed_journal_does_not_prove_that_a_program_has_a_secret(make_stage: Callable[[str], Stage]) -> None:
    stage = make_stage("command")
    rotated(stage)
    commit(stage, ".reconciler/journal")
    with stage.serving():
        assert stage.project.run(*stage.arguments()).code == 4
    assert list(stage.live()) == [6, 7]
