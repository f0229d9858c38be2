"""What is measured is what it is called: projects in sync, a Kong that decK believes, a certificate that counts."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from reconciler.applying.past_runs import PastRun, applied, list_runs
from tests.benchmarks import peers
from tests.benchmarks.commands import write_differences, write_journals
from tests.benchmarks.https import write_certificates
from tests.benchmarks.kong import pages
from tests.benchmarks.measuring import once
from tests.benchmarks.projects import LAYOUTS, write_project, write_settings
from tests.benchmarks.serving import count_requests, running, serving
from tests.benchmarks.sizes import command
from tests.cli.projects import SECONDS, process

CLIENTS = 20


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_USER", "bench")
    monkeypatch.setenv("BENCH_PASSWORD", "bench")


@pytest.mark.parametrize(("layout", "files"), [*zip(LAYOUTS, (False, True, False), strict=True)])
def test_every_layout_is_valid_and_in_sync(layout: str, files: bool, tmp_path: Path) -> None:
    write_project(tmp_path, CLIENTS, layout=layout, files=files)
    with serving(tmp_path / "listing.json") as url:
        write_settings(tmp_path, url)
        settings = ("-c", tmp_path / "reconciler.yaml")
        assert process("validate", *settings).stderr == f"valid: {CLIENTS} clients, 1 instance\n"
        planned = json.loads(process("plan", "--format", "json", *settings).stdout)
    counts = planned["instances"][0]["counts"]
    assert {key: number for key, number in counts.items() if number} == {"in_sync": CLIENTS, "system": 1}


def test_a_platform_with_a_certificate_is_planned_for_by_https_where_its_authority_is_trusted(tmp_path: Path) -> None:
    write_project(tmp_path, CLIENTS)
    bundle, certificate = write_certificates(tmp_path)
    with serving(tmp_path / "listing.json", certificate=certificate) as url:
        assert url.startswith("https://")
        write_settings(tmp_path, url, ca_bundle=bundle)
        count_requests(url, bundle)
        once(command(tmp_path, "plan"))
        assert count_requests(url, bundle) == 3
        write_settings(tmp_path, url)
        assert "certificate" in process("plan", "-c", tmp_path / "reconciler.yaml").stderr


def test_every_client_differs_where_updates_are_measured(tmp_path: Path) -> None:
    write_project(tmp_path, CLIENTS)
    write_differences(tmp_path / "listing.json")
    with serving(tmp_path / "listing.json") as url:
        write_settings(tmp_path, url)
        planned = process("plan", "--format", "json", "-c", tmp_path / "reconciler.yaml", "--max-updates", str(CLIENTS))
    counts = json.loads(planned.stdout)["instances"][0]["counts"]
    assert {key: number for key, number in counts.items() if number} == {"update": CLIENTS, "system": 1}


def test_the_runs_whose_history_is_measured_can_be_read(tmp_path: Path) -> None:
    write_journals(tmp_path, 3)
    listed = list_runs(tmp_path)
    assert [len(list(applied(run))) for run in listed if isinstance(run, PastRun)] == [3] * 10


@pytest.mark.parametrize("number", [0, 1, 1_000, 1_001, 2_500])
def test_a_kong_has_its_services_on_pages(number: int) -> None:
    """Followed by their offsets, from the first to one without."""
    made, page, seen = pages(number), 0, []
    while True:
        answer = json.loads(made[page])
        seen += [each["name"] for each in answer["data"]]
        if "offset" not in answer:
            break
        page = int(answer["offset"])
    assert page == len(made) - 1
    assert seen == [f"application-{each}" for each in range(number)]


needs_deck = pytest.mark.skipif(peers.deck() is None, reason=peers.DECK_MISSING)


@needs_deck
@pytest.mark.parametrize("number", [CLIENTS, 1_500])
def test_deck_finds_nothing_to_do(number: int, tmp_path: Path) -> None:
    ended, requests = _diff(number, number, tmp_path)
    assert _summary(ended.stdout) == {"Created": 0, "Updated": 0, "Deleted": 0}
    assert (ended.returncode, ended.stderr) == (0, "")
    assert requests == 16 + (number - 1) // 1_000


@needs_deck
def test_deck_finds_what_differs(tmp_path: Path) -> None:
    """So that its nothing is a finding: two services are not declared, and one has another path."""
    ended, _ = _diff(CLIENTS, CLIENTS - 2, tmp_path, ("/applications/7/callback", "/applications/7/elsewhere"))
    assert _summary(ended.stdout) == {"Created": 0, "Updated": 1, "Deleted": 2}
    assert ended.returncode == 2


@pytest.mark.skipif(not peers.PYTHON.exists(), reason=peers.OCTODNS_MISSING)
@pytest.mark.parametrize("live", [CLIENTS, CLIENTS + 2])
def test_octodns_finds_what_differs(live: int, tmp_path: Path) -> None:
    """It asks for the server's settings and for the zone."""
    with running("powerdns", str(live), "0") as url:
        arguments = [str(peers.PYTHON), *peers.write_zone(tmp_path, CLIENTS, url)]
        count_requests(url)
        ended = subprocess.run(arguments, capture_output=True, text=True, check=True, timeout=SECONDS)
        assert count_requests(url) == 2
    assert ("No changes were planned" in ended.stdout) is (live == CLIENTS)
    assert ("Deletes=2" in ended.stdout) is (live > CLIENTS)


def _summary(printed: str) -> dict[str, int]:
    lines = printed.partition("Summary:")[2].split("\n")
    return {key.strip(): int(number) for key, _, number in (each.partition(":") for each in lines if each)}


def _diff(
    live: int, declared: int, folder: Path, replaced: tuple[str, str] = ("", "")
) -> tuple[subprocess.CompletedProcess[str], int]:
    deck = peers.deck()
    assert deck is not None
    arguments = peers.write_services(folder, declared)
    file = folder / "kong.yaml"
    file.write_text(file.read_text().replace(*replaced))
    with running("kong", str(live), "0") as url:
        run = [deck, *arguments, "--kong-addr", url]
        ended = subprocess.run(run, capture_output=True, text=True, check=False, timeout=SECONDS)
        return ended, count_requests(url)
