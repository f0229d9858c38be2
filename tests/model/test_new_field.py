"""A field that is added to clients is planned, saved, shown, written down and sent, without another change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.render.formats import REPORTS
from reconciler.sandbox.accounts import ADMIN
from reconciler.sandbox.serve import running
from tests.cli.projects import at
from tests.model.new_field import PlatformWithScopes, copy_with_scopes, run

CLIENTS = """
clients:
  - name: Portal
    grants: {authorization_code: {redirect_url: https://portal.example.com/cb}}
    scopes: [SCOPES]
"""
READ, WRITE = "scope-to-read", "scope-to-write"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_with_scopes(tmp_path_factory.mktemp("source"))


@pytest.fixture
def served() -> PlatformWithScopes:
    return PlatformWithScopes()


@pytest.fixture
def folder(tmp_path: Path, served: PlatformWithScopes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project whose instance has the client, with one scope."""
    monkeypatch.setenv("PM_USER", ADMIN[0])
    monkeypatch.setenv("PM_PASSWORD", ADMIN[1])
    with running(None, middleware=served) as url:
        (tmp_path / "clients").mkdir()
        (tmp_path / "reconciler.yaml").write_text(json.dumps({"instances": {"staging": at(url)}}))
        yield tmp_path


def declare(folder: Path, *scopes: str) -> None:
    (folder / "clients/all.yaml").write_text(CLIENTS.replace("SCOPES", ", ".join(scopes)))


def test_a_new_field_of_clients_goes_all_the_way(source: Path, folder: Path, served: PlatformWithScopes) -> None:
    declare(folder, READ)
    created = run(source, folder, "apply", "--yes", "-i", "staging")
    assert created.returncode == 0, created.stderr
    assert READ in created.stdout
    assert served.sent[-1]["scopes"] == [READ]
    assert run(source, folder, "plan", "--detailed-exitcode").returncode == 0, "what was sent is what is live"

    declare(folder, READ, WRITE)
    reports = [f"out{suffix}" for suffix in REPORTS]
    wanted = [part for name in reports for part in ("--report", name)]
    planned = run(source, folder, "plan", "--detailed-exitcode", "-o", "plan.json", *wanted)
    assert planned.returncode == 2, planned.stderr
    shown = {name: (folder / name).read_text(encoding="utf-8") for name in (*reports, "plan.json")}
    # Not every format shows fields: whatever shows those of a client shows the new one.
    showing = {name for name, text in shown.items() if "portal.example.com" in text or "grants" in text}
    assert {"out.txt", "out.json", "out.md", "out.html", "plan.json"} <= showing | {"out.txt"}
    assert {name for name in (*showing, "out.txt") if "scopes" not in shown[name] or WRITE not in shown[name]} == set()
    assert f"{READ} → {READ}, {WRITE}" in planned.stdout

    applied = run(source, folder, "apply", "plan.json")
    assert applied.returncode == 0, applied.stderr
    assert served.sent[-1]["scopes"] == [READ, WRITE]
    (journal,) = [path for path in (folder / ".reconciler/journal").rglob("*.jsonl") if WRITE in path.read_text()]
    assert f'"scopes":["{READ}","{WRITE}"]' in journal.read_text()
    observed = run(source, folder, "observe", "-o", "live.json")
    assert observed.returncode == 0, observed.stderr
    assert WRITE in (folder / "live.json").read_text()
    assert WRITE in run(source, folder, "export", "-i", "staging").stdout


def test_two_updates_have_each_its_own_value_in_json(source: Path, folder: Path) -> None:
    """Updates that differ in little else are written in one form."""

    def declare_two(first: str, second: str) -> None:
        other = CLIENTS.removeprefix("\nclients:\n").replace("Portal", "Second").replace("SCOPES", second)
        (folder / "clients/all.yaml").write_text(CLIENTS.replace("SCOPES", first) + other)

    declare_two("none", "none")
    assert run(source, folder, "apply", "--yes", "-i", "staging").returncode == 0
    declare_two(READ, WRITE)
    planned = run(source, folder, "plan", "--format", "json")
    changes = json.loads(planned.stdout)["instances"][0]["changes"]
    assert [each["after"]["scopes"] for each in changes] == [[READ], [WRITE]]


def test_without_the_field_its_key_is_refused(folder: Path) -> None:
    """So that the test above could fail."""
    declare(folder, READ)
    refused = run(Path(__file__).parents[2], folder, "validate")
    assert refused.returncode == 3
    assert "scopes" in refused.stdout + refused.stderr
