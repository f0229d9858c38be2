"""The manifests in docs/guides/kubernetes are what Kubernetes takes, and keep the promises of docs/guides/fleet.md."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml

from reconciler.cli.main import main

FILES = sorted((Path(__file__).parents[2] / "docs" / "guides" / "kubernetes").glob("*.yaml"))
VERSIONS = ("1.31", "1.34")


def _job(manifest: dict[str, Any]) -> dict[str, Any]:
    spec = manifest["spec"]
    found: dict[str, Any] = spec["jobTemplate"]["spec"] if manifest["kind"] == "CronJob" else spec
    return found


def _manifest(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return found


def test_there_are_manifests_to_check() -> None:
    assert [file.name for file in FILES] == ["cronjob.yaml", "fleet-job.yaml"]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_kubernetes_knows_every_key(file: Path, version: str) -> None:
    """Strictly: a key that it does not know is an error."""
    kubernetes_validate.validate(_manifest(file), version, strict=True)


def test_the_validator_finds_a_mistake() -> None:
    """So that the test above could fail."""
    manifest = _manifest(FILES[0])
    _job(manifest)["backofLimit"] = 0
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(manifest, VERSIONS[-1], strict=True)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_pod_is_started_again_after_a_refused_login(file: Path) -> None:
    job = _job(_manifest(file))
    assert job["backoffLimit"] == 0
    assert job["template"]["spec"]["restartPolicy"] == "Never"
    (rule,) = job["podFailurePolicy"]["rules"]
    assert rule["action"] == "FailJob"
    assert 6 in rule["onExitCodes"]["values"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_pods_run_without_privileges_and_without_a_secret_in_the_manifest(file: Path) -> None:
    pod = _job(_manifest(file))["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert not container["securityContext"]["allowPrivilegeEscalation"]
    assert all("PASSWORD" not in variable["name"] for variable in container["env"])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_program_knows_the_flags_of_the_command(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the pod's index in its place; --help comes last, so that every flag before it was understood."""
    (container,) = _job(_manifest(file))["template"]["spec"]["containers"]
    words = container["args"]
    if container.get("command") == ["sh", "-c"]:
        words = shlex.split(words[0].replace("$((JOB_COMPLETION_INDEX + 1))", "1"))[2:]
    assert main([*words, "--help"]) == 0
    assert main([*words, "--no-such-flag"]) == 64
    assert "--no-such-flag" in capsys.readouterr().err
