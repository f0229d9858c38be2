"""Where the project lives stands in one place, and nobody is sent to an address that does not exist."""

from __future__ import annotations

import dataclasses
import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

from reconciler.cli.main import bug_message
from reconciler.project import PROJECT, Addresses
from tests.docs.addresses import CODEOWNERS, PLACES, TEMPLATES, WORKFLOWS, codeowners, files, ours, rewritten
from tests.docs.pages import ROOT
from tests.github.test_files import PINNED, judged
from tests.repository.tracked import tracked

NOWHERE = Addresses()
SOMEWHERE = Addresses(
    repository="quiet-otter/keeper",
    index_name="quiet-otter-keeper",
    image="registry.test/quiet-otter/keeper",
    site="https://keeper.test",
    owners="@quiet-otter/maintainers",
)
MADE_UP = re.compile(
    r"OWNER/REPOSITORY|(?:git|registry)\.example|pip install (?:--?[\w-]+ )*processmaker-reconciler|rev: v\d"
    r"|quiet-otter"
)
UNFILLED = re.compile(r"OWNER/REPO(?!@SHA)")
ABOUT_THEM = {Path("tests/docs/addresses.py"), Path("tests/docs/test_addresses.py"), Path("tests/github/test_files.py")}


def texts(to: Addresses) -> dict[str, str]:
    return {path.relative_to(ROOT).as_posix(): text for path, text in files(to)}


def test_every_place_has_the_address_of_today() -> None:
    stale = [path for path, text in files(PROJECT) if not path.exists() or path.read_text(encoding="utf-8") != text]
    assert stale == [], "run: make docs"


def test_every_place_changes_with_its_address() -> None:
    before, after = texts(NOWHERE), texts(SOMEWHERE)
    assert {name for name in after if after[name] == before[name]} == {
        f".github/workflows/{name}" for name in WORKFLOWS
    }


@pytest.mark.parametrize("name", PLACES)
def test_an_address_that_is_taken_back_leaves_nothing_behind(name: str) -> None:
    there = rewritten((ROOT / name).read_text(encoding="utf-8"), name, SOMEWHERE)
    back = rewritten(there, name, NOWHERE)
    assert "otter" in there or "keeper" in there
    assert "otter" not in back
    assert back == texts(NOWHERE)[name]


@pytest.mark.parametrize(
    ("field", "places"),
    [
        ("index_name", {"docs/guides/installing.md"}),
        (
            "image",
            {
                "docs/guides/installing.md",
                "docs/guides/kubernetes/cronjob.yaml",
                "docs/guides/kubernetes/fleet-job.yaml",
            },
        ),
    ],
)
def test_each_address_alone_changes_its_own_places(field: str, places: set[str]) -> None:
    alone = texts(dataclasses.replace(NOWHERE, **{field: getattr(SOMEWHERE, field)}))
    assert {name for name, text in alone.items() if text != texts(NOWHERE)[name]} == places


def test_what_is_written_is_what_programs_read() -> None:
    there = texts(SOMEWHERE)
    assert tomllib.loads(there["pyproject.toml"])["project"]["urls"] == {
        "Documentation": "https://keeper.test",
        "Source": "https://github.com/quiet-otter/keeper",
        "Issues": "https://github.com/quiet-otter/keeper/issues",
        "Changelog": "https://github.com/quiet-otter/keeper/blob/main/CHANGELOG.md",
    }
    assert tomllib.loads(texts(NOWHERE)["pyproject.toml"])["project"]["urls"] == {}
    for name in ("auth-clients", "output"):
        file = f"schemas/{name}.schema.json"
        assert json.loads(there[file])["$id"] == f"https://keeper.test/{file}"
        assert json.loads(texts(NOWHERE)[file])["$id"] == f"urn:processmaker-reconciler:schema:{name}"
    pipeline = yaml.safe_load(there["docs/guides/gitlab/gitlab-ci.yml"])
    assert pipeline["variables"]["RECONCILER"] == "https://github.com/quiet-otter/keeper.git"


def test_what_schemastore_is_sent_is_as_its_catalog_wants_it() -> None:
    """Required keys and the form of a URL are those of https://json.schemastore.org/schema-catalog.json."""
    [settings, clients] = json.loads(texts(SOMEWHERE)["docs/schemastore.json"])
    assert settings["url"] == "https://keeper.test/schemas/reconciler.schema.json"
    assert settings["fileMatch"] == ["reconciler.yaml"]
    for entry in (settings, clients):
        assert {"name", "description", "url"} <= entry.keys() <= {"name", "description", "url", "fileMatch"}
        served = texts(SOMEWHERE)[entry["url"].removeprefix(f"{SOMEWHERE.site}/")]
        assert json.loads(served)["$id"] == entry["url"]
    for entry in json.loads(texts(NOWHERE)["docs/schemastore.json"]):
        assert entry["url"].startswith("urn:")  # which the catalog refuses


def test_nobody_is_named_who_does_not_own_the_code() -> None:
    assert codeowners(SOMEWHERE) is not None
    assert (codeowners(SOMEWHERE) or "").splitlines()[-1] == "* @quiet-otter/maintainers"
    assert codeowners(NOWHERE) is None
    assert (CODEOWNERS.read_text(encoding="utf-8") if CODEOWNERS.exists() else None) == codeowners(PROJECT)


def test_the_package_has_the_name_that_the_index_knows() -> None:
    name = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["name"]
    assert PROJECT.index_name in (None, name)


def test_a_bug_is_reported_where_there_is_somebody_to_read_it() -> None:
    assert "github.com" not in bug_message("KeyError", NOWHERE)
    assert "report it at https://github.com/quiet-otter/keeper/issues with" in bug_message("KeyError", SOMEWHERE)


def test_the_workflows_to_copy_name_an_action_to_fill_in(tmp_path: Path) -> None:
    """Filled in with a commit, they are as GitHub's schema says, and zizmor finds nothing."""
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    for name in WORKFLOWS:
        text = (TEMPLATES / name).read_text(encoding="utf-8")
        assert "./" not in re.findall(r"uses: (\S+)", text), name
        filled = re.sub(r"OWNER/REPO@SHA.*", f"{SOMEWHERE.repository}@{'0123456789' * 4} # v0.1.0", text)
        (folder / name).write_text(filled, encoding="utf-8")
        assert all(PINNED.fullmatch(line) for line in re.findall(r"uses: (.*)", filled)), name
    found = judged("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *sorted(folder.iterdir()))
    assert found.returncode == 0, found.stdout
    found = judged("zizmor", "--offline", "--no-progress", "--color=never", folder)
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize("to", [NOWHERE, SOMEWHERE])
def test_what_this_repository_runs_is_the_template_with_the_action_beside_it(to: Addresses) -> None:
    """Whatever address the template has."""
    text = (TEMPLATES / "plan.yml").read_text(encoding="utf-8")
    run = ours(rewritten(text, "docs/github/plan.yml", to))
    assert run == ours(text)
    plain = rewritten(text, "docs/github/plan.yml", NOWHERE)
    changed = [pair for pair in zip(plain.splitlines(), run.splitlines(), strict=True) if pair[0] != pair[1]]
    assert [new.split(" #")[0] for _, new in changed] == ["      - uses: ./"]


def _made_up(text: str) -> list[str]:
    return [*MADE_UP.findall(text), *UNFILLED.findall(text)]


def test_no_address_is_made_up_where_people_copy_from() -> None:
    """`OWNER/REPO@SHA` alone is left to fill in: GitHub refuses it as long as nobody has."""
    found = {}
    for path in tracked():
        if path not in ABOUT_THEM and (ROOT / path).is_file():
            found[str(path)] = _made_up((ROOT / path).read_text(encoding="utf-8", errors="ignore"))
    assert len(found) > 500
    assert {path: each for path, each in found.items() if each} == {}


@pytest.mark.parametrize(
    "line",
    [
        "- uses: OWNER/REPO@main",
        "image: registry.example.com/reconciler:1.0.0",
        "run: pip install processmaker-reconciler",
        "pip install --quiet processmaker-reconciler==1.0",
        "  rev: v0.1.0",
        "- repo: https://git.example.com/reconciler",
    ],
)
def test_a_made_up_address_would_be_found(line: str) -> None:
    """So that the test above could fail."""
    assert _made_up(line)
