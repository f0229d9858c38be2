"""The recipes of docs/guides/sinks, run as documented against programs that write down what they were given."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from reconciler.secrets.delivery import Deliverer
from reconciler.secrets.values import DeliveryEvent
from tests.secrets.handing import SECONDS, client, deliverer, delivery, text_of

ROOT = Path(__file__).parents[3]
RECIPES = sorted((ROOT / "docs" / "guides" / "sinks").glob("*.sh"))
SECRET = text_of(17)


@dataclass(frozen=True)
class Recipe:
    """How a recipe is configured, and what its program is asked."""

    run: list[str]
    check: str
    stored: list[tuple[str, Any]]
    """The calls that store, and what each reads: text, or a document."""
    deleted: list[str]
    first: dict[str, str | None] = field(default_factory=dict)
    """The answers where nothing is stored yet."""
    again: list[str] = field(default_factory=list)
    """The calls that store where something is; none if they are the same."""
    has: dict[str, str | None] = field(default_factory=dict)
    """The answers where something is stored."""


AWS = {"name": "Customer portal", "client_id": "17", "client_secret": SECRET}

KNOWN = {
    "vault": Recipe(
        ["secret", "oauth"],
        "vault token lookup",
        [
            (
                "vault kv put -mount=secret oauth/production/Customer%20portal -",
                {"client_id": "17", "client_secret": SECRET, "owner": "team-portal"},
            )
        ],
        ["vault kv metadata delete -mount=secret oauth/production/Customer%20portal"],
        has={"vault kv get": "17"},
    ),
    "kubernetes": Recipe(
        ["portal", "oauth"],
        "kubectl auth can-i create secrets --namespace portal",
        [
            (
                "kubectl apply --server-side --force-conflicts -f -",
                {
                    "apiVersion": "v1",
                    "kind": "Secret",
                    "type": "Opaque",
                    "metadata": {
                        "name": "oauth-17",
                        "namespace": "portal",
                        "annotations": {"reconciler/name": "Customer portal"},
                    },
                    "stringData": {"client_id": "17", "client_secret": SECRET},
                },
            )
        ],
        ["kubectl delete secret oauth-17 --namespace portal --ignore-not-found"],
    ),
    "aws-secrets-manager": Recipe(
        ["oauth"],
        "aws sts get-caller-identity",
        [
            (
                "aws secretsmanager create-secret --cli-input-json file:///dev/stdin",
                {"Name": "oauth/production/17", "SecretString": AWS},
            )
        ],
        ["aws secretsmanager delete-secret --secret-id oauth/production/17 --recovery-window-in-days 7"],
        first={"aws secretsmanager describe-secret": None},
        again=["aws secretsmanager put-secret-value --cli-input-json file:///dev/stdin"],
    ),
    "github": Recipe(
        ["acme/portal"],
        "gh secret list --repo acme/portal",
        [
            ("gh secret set CUSTOMER_PORTAL_CLIENT_ID --repo acme/portal", "17"),
            ("gh secret set CUSTOMER_PORTAL_CLIENT_SECRET --repo acme/portal", SECRET),
        ],
        [
            "gh secret delete CUSTOMER_PORTAL_CLIENT_ID --repo acme/portal",
            "gh secret delete CUSTOMER_PORTAL_CLIENT_SECRET --repo acme/portal",
        ],
    ),
    "gitlab": Recipe(
        ["acme/portal"],
        "glab variable list --repo acme/portal",
        [
            ("glab variable set CUSTOMER_PORTAL_CLIENT_ID --repo acme/portal", "17"),
            ("glab variable set CUSTOMER_PORTAL_CLIENT_SECRET --repo acme/portal --masked", SECRET),
        ],
        [
            "glab variable delete CUSTOMER_PORTAL_CLIENT_ID --repo acme/portal",
            "glab variable delete CUSTOMER_PORTAL_CLIENT_SECRET --repo acme/portal",
        ],
        first={"glab variable get": None},
        again=[
            "glab variable update CUSTOMER_PORTAL_CLIENT_ID --repo acme/portal",
            "glab variable update CUSTOMER_PORTAL_CLIENT_SECRET --repo acme/portal --masked",
        ],
    ),
    "1password": Recipe(
        ["Platform"],
        "op vault get Platform",
        [
            (
                "op item create --vault Platform -",
                {
                    "title": "production Customer portal (17)",
                    "category": "API_CREDENTIAL",
                    "fields": [
                        {"id": "username", "label": "username", "type": "STRING", "value": "17"},
                        {"id": "credential", "label": "credential", "type": "CONCEALED", "value": SECRET},
                        {
                            "id": "hostname",
                            "label": "hostname",
                            "type": "STRING",
                            "value": "https://acme.example.com",
                        },
                    ],
                },
            )
        ],
        ["op item delete production Customer portal (17) --vault Platform --archive"],
        first={"op item get": None},
        again=["op item edit production Customer portal (17) --vault Platform"],
    ),
}
EACH = pytest.mark.parametrize("name", KNOWN)
LOOKING = ("vault kv get", "glab variable get", "op item get", "aws secretsmanager describe-secret", "jq ", "tr ")
"""The calls that only look. What they read is looked at all the same."""


@dataclass
class Recorded:
    """A recipe with recorders in the place of every program that it starts."""

    folder: Path
    recipe: Recipe
    name: str

    def sinks(self, answers: dict[str, str | None]) -> Deliverer:
        """The recipe as a sink; the programs that it starts answer like this, None for a failure."""
        tools = self.folder / "tools"
        tools.mkdir(exist_ok=True)
        (self.folder / "log").mkdir(exist_ok=True)
        for program in ("vault", "kubectl", "aws", "gh", "glab", "op", "jq", "tr"):
            shutil.copy(Path(__file__).parent / "recording.sh", tools / program)
            (tools / program).chmod(0o755)
        lines = (f"{beginning}\t{answer or 'FAIL'}\n" for beginning, answer in answers.items())
        (self.folder / "answers").write_text("".join(lines))
        environ = {
            "PATH": f"{tools}:{os.environ['PATH']}",
            "FAKE_LOG": str(self.folder / "log"),
            "FAKE_REAL": os.environ["PATH"],
            "FAKE_ANSWERS": str(self.folder / "answers"),
        }
        run = {"run": [str(ROOT / "docs" / "guides" / "sinks" / f"{self.name}.sh"), *self.recipe.run]}
        return deliverer(self.folder, {"command": run}, environ=environ)

    def calls(self) -> list[tuple[str, str]]:
        """Every call that may change something, and what it read. No call at all shows the secret to others."""
        seen = sorted((self.folder / "log").iterdir(), key=lambda each: int(each.name))
        for each in seen:
            assert SECRET not in (each / "call").read_text() + (each / "environ").read_text()
        found = [((each / "call").read_text(), (each / "input").read_text()) for each in seen]
        return [(call, read) for call, read in found if not call.startswith(LOOKING)]


@pytest.fixture
def recorded(tmp_path: Path, name: str) -> Recorded:
    return Recorded(tmp_path, KNOWN[name], name)


def test_every_recipe_is_documented_and_tested() -> None:
    page = (ROOT / "docs" / "guides" / "secrets.md").read_text()
    assert {recipe.stem for recipe in RECIPES} == set(KNOWN)
    assert [recipe.name for recipe in RECIPES if f"](sinks/{recipe.name})" not in page] == []


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_it_is_a_program_that_a_posix_shell_reads(recipe: Path) -> None:
    assert os.access(recipe, os.X_OK)
    assert recipe.read_text().startswith("#!/bin/sh\n")
    subprocess.run(["sh", "-n", recipe], timeout=SECONDS, check=True)
    assert shutil.which("jq"), "the recipes need jq: sh tests/tools.sh install"


@EACH
def test_a_check_asks_whether_it_is_logged_in_and_stores_nothing(recorded: Recorded) -> None:
    assert recorded.sinks({}).problems([client()]) == ()
    assert recorded.calls() == [(recorded.recipe.check, "")]


@EACH
def test_a_check_fails_where_that_fails(recorded: Recorded) -> None:
    (found,) = recorded.sinks({recorded.recipe.check: None}).problems([client()])
    assert found.error is not None


def same(read: str, wanted: Any) -> bool:
    if isinstance(wanted, str):
        return read == wanted
    document = json.loads(read)
    if "SecretString" in document:
        document["SecretString"] = json.loads(document["SecretString"])
    return bool(document == wanted)


@EACH
def test_a_new_client_is_stored_through_standard_input_alone(recorded: Recorded) -> None:
    assert [done.error for done in recorded.sinks(recorded.recipe.first).deliver(delivery())] == [None]
    calls = recorded.calls()
    assert [call for call, _ in calls] == [call for call, _ in recorded.recipe.stored]
    assert [same(read, wanted) for (_, read), (_, wanted) in zip(calls, recorded.recipe.stored, strict=True)] == [
        True
    ] * len(calls)


@EACH
def test_one_that_is_stored_already_is_replaced(recorded: Recorded) -> None:
    sinks = recorded.sinks(recorded.recipe.has)
    assert [done.error for done in sinks.deliver(delivery(event=DeliveryEvent.EXISTING))] == [None]
    calls = recorded.calls()
    assert [call for call, _ in calls] == (recorded.recipe.again or [call for call, _ in recorded.recipe.stored])
    assert SECRET in calls[-1][1]


@EACH
def test_a_deleted_one_is_removed(recorded: Recorded) -> None:
    assert [done.error for done in recorded.sinks(recorded.recipe.has).forget(client(), 17)] == [None]
    assert [call for call, _ in recorded.calls()] == recorded.recipe.deleted


@EACH
def test_a_store_that_refuses_is_a_failure(recorded: Recorded) -> None:
    refuses = dict.fromkeys([recorded.recipe.stored[-1][0]])
    (done,) = recorded.sinks({**recorded.recipe.first, **refuses}).deliver(delivery())
    assert done.error is not None
    assert SECRET not in done.error.message + (done.error.hint or "")


@pytest.mark.parametrize("name", ["vault"])
def test_what_belongs_to_a_successor_is_not_removed(recorded: Recorded) -> None:
    recorded.sinks({"vault kv get": "18"}).forget(client(), 17)
    assert recorded.calls() == []


@EACH
@pytest.mark.parametrize("hostile", ["$(touch pwned)`touch pwned`; touch pwned", "-rf ../../x", "a\"'b\\n🦊"])
def test_a_hostile_name_runs_nothing(recorded: Recorded, hostile: str) -> None:
    assert [done.error for done in recorded.sinks(recorded.recipe.first).deliver(delivery(hostile))] == [None]
    assert not (recorded.folder / "pwned").exists()


@pytest.mark.parametrize("name", ["github", "gitlab"])
def test_a_name_that_gives_no_variable_is_refused(recorded: Recorded) -> None:
    (done,) = recorded.sinks({}).deliver(delivery("🦊"))
    assert done.error is not None
    assert (
        done.error.hint == "its last output: the client's name has no letter or digit of ASCII to call a variable after"
    )
    assert recorded.calls() == []
