"""What is there before a page's first line is typed, and what other people do between its lines."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping

from tests.cli.projects import stored
from tests.docs.pages import ROOT
from tests.docs.stage import INSTANCES, Stage

_DEFAULTS = {
    "credentials": {"username_env": "PM_{INSTANCE}_USERNAME", "password_env": "PM_{INSTANCE}_PASSWORD"},
    "limits": {"deletes": 3},
}
PORTAL = "https://portal.example.com/oauth/callback"


def _settings(stage: Stage, **more: object) -> None:
    instances: dict[str, object] = {"sandbox": {"embedded": ".reconciler/sandbox.sqlite3"}}
    for name, url in INSTANCES.items():
        instances[name] = {"url": url, "labels": [name.partition("-")[0]]}
    settings = {"default_instance": "sandbox", "defaults": _DEFAULTS, "instances": instances, **more}
    stage.write("reconciler.yaml", json.dumps(settings, indent=1))


def _declare(stage: Stage, *entries: str) -> None:
    stage.write("clients/clients.yaml", "clients:\n" + "".join(entries))


def entry(name: str, redirect: str = PORTAL) -> str:
    """A declared client."""
    grants = f"    grants:\n      authorization_code:\n        redirect_url: {redirect}\n"
    return f"  - name: {name}\n    owner: team-portal\n{grants}"


def nothing(stage: Stage) -> None:
    """An empty folder: the page writes what it needs."""


def our_own(stage: Stage) -> None:
    """A clone of this repository, as far as the program reads it."""
    shutil.copy(ROOT / "reconciler.yaml", stage.folder)
    shutil.copytree(ROOT / "clients", stage.folder / "clients")


def hand_made(stage: Stage) -> None:
    """Instances with clients of which no file knows."""
    _settings(stage)
    stage.write("clients/clients.yaml", "clients: []\n")
    stage.do("git init -q -b main")
    for served in stage.platforms.values():
        served.has(stored("Customer portal", PORTAL), stored("CRM", "https://crm.example.com/cb"))


def project(stage: Stage) -> None:
    """A project that was applied once, and a branch that changes one client, adds one and takes one out."""
    _settings(stage)
    _declare(stage, entry("Customer portal"), entry("Warehouse", "https://warehouse.example.com/cb"))
    stage.write(".gitignore", ".reconciler/\n/*.json\njournal/\n")
    stage.do(
        "git init -q -b main",
        "git add . && git commit -q -m 'Declare two clients'",
        "git clone -q --bare . ../origin.git && git remote add origin ../origin.git && git fetch -q",
        "reconciler apply --instance production --yes --parallelism 1",
        "git checkout -q -b portal",
    )
    _declare(
        stage, entry("Customer portal", "https://portal.example.com/cb"), entry("Reporting", "https://r.example.com/cb")
    )
    stage.do("git commit -q -a -m 'Move the portal'")


def with_sinks(stage: Stage) -> None:
    """The same project, with somewhere for secrets to go, and everything there."""
    project(stage)
    settings = json.loads((stage.folder / "reconciler.yaml").read_text())
    stage.do("mkdir -m 700 ~/.ssh && ssh-keygen -q -t ed25519 -N '' -f ~/.ssh/id_ed25519")
    key = (stage.folder.parent / "home" / ".ssh" / "id_ed25519.pub").read_text().strip()
    settings["owners"] = {"team-portal": {"age": [key]}}
    files = {"path": "secrets/{instance}/{owner}/{name}.age"}
    settings["instances"]["production"]["sinks"] = [{"json": {"path": "secrets.json"}}, {"age": files}]
    stage.write("reconciler.yaml", json.dumps(settings))
    stage.do("reconciler secrets deliver --instance production")


def _raise_a_limit(stage: Stage) -> None:
    text = (stage.folder / "reconciler.yaml").read_text()
    stage.write("reconciler.yaml", text.replace('"deletes": 3', '"deletes": 50', 1))


def to_review(stage: Stage) -> None:
    """A pull request with one of everything that a reviewer should not overlook."""
    portal, crm = entry("Customer portal"), entry("Old CRM", "https://crm.example.com/cb")
    _settings(stage, protected=["Payments*"])
    _declare(stage, portal, crm, entry("Warehouse", "https://warehouse.example.com/cb"))
    stage.write(".gitignore", ".reconciler/\n")
    stage.do(
        "git init -q -b main",
        "git add . && git commit -q -m 'Declare three clients'",
        "git clone -q --bare . ../origin.git && git remote add origin ../origin.git && git fetch -q",
        "reconciler apply --instance production --yes --parallelism 1",
        "git checkout -q -b portal",
    )
    _raise_a_limit(stage)
    _declare(
        stage,
        entry("Customer portal", "https://login.example.net/cb"),
        "  - name: Old CRM\n    state: absent\n",
        "  - name: Reporting notebooks\n    owner: team-data\n    grants:\n      personal_access_token:\n"
        "        justification: Notebooks on the analysts' own machines\n",
        entry("Shop floor display", "http://display.example.com/cb").replace(
            "    owner", "    allow: [redirect-plain-http]\n    owner"
        ),
        entry("Warehouse", "https://warehouse.example.com/cb")
        + "      password: {justification: Old scanners (WH-311)}\n",
    )
    stage.do("git commit -q -a -m 'Move the portal'")


PREPARATIONS: Mapping[str, Callable[[Stage], None]] = {
    "README.md": our_own,
    "docs/guides/adopting.md": hand_made,
    "docs/guides/secrets.md": with_sinks,
    "docs/guides/reviewing.md": to_review,
    "docs/learn/tour.md": nothing,
}
"""By page; `project` for all others."""


def _person_moves_the_portal(stage: Stage) -> None:
    stage.platforms["production"].change("Customer portal", stored("Customer portal", "https://new.example.com/cb"))


def _start_over(stage: Stage) -> None:
    (stage.folder / "clients" / "production.yaml").unlink()


def _person_adds_two(stage: Stage) -> None:
    (stage.folder / "clients" / "all.yaml").unlink()
    stage.do("reconciler export --instance production -o clients/production.yaml")
    more = (stored("Shop", "https://shop.example.com/cb"), stored("Shop, new", "https://shop.example.com/new"))
    stage.platforms["production"].has(*more)


def _empty_the_folder(stage: Stage) -> None:
    for path in ("clients", ".reconciler"):
        shutil.rmtree(stage.folder / path)
    (stage.folder / "reconciler.yaml").unlink()


def _person_adds_a_namesake(stage: Stage) -> None:
    stage.platforms["production"].has(stored("Reporting", "https://reporting.example.com/cb"))


def _git_moves_the_portal(stage: Stage) -> None:
    _declare(
        stage,
        entry("Customer portal", "https://portal.example.com/new"),
        entry("Reporting", "https://r.example.com/cb"),
    )


BETWEEN: Mapping[tuple[str, str], Callable[[Stage], None]] = {
    ("README.md", "init --from"): _empty_the_folder,
    ("docs/guides/adopting.md", "export --all"): _start_over,
    ("docs/guides/adopting.md", "export --instance production --update\n"): _person_adds_two,
    ("docs/guides/adopting.md", "--accept"): _person_moves_the_portal,
    ("docs/guides/recovering.md", "-o plan.json"): _git_moves_the_portal,
    ("docs/guides/recovering.md", "apply plan.json"): _person_moves_the_portal,
    ("docs/guides/recovering.md", "plan --instance production    #"): _person_adds_a_namesake,
    ("docs/guides/observation.md", "--config-from"): _raise_a_limit,
}
"""What happens before the line of a page in which these words stand."""
