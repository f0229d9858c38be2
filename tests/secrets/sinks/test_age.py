"""The sink `age`, judged by the `age` program of this machine."""

from __future__ import annotations

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.model.secret import Secret
from reconciler.secrets.delivery import Deliverer
from reconciler.secrets.values import DeliveryEvent, SinkState
from tests.secrets.handing import Key, client, deliverer, delivery, make_key, many, recipients, text_of

PATH = "secrets/{instance}/{owner}/{name}.age"
FILE = "secrets/production/team-portal/customer_portal.age"
SINK = {"age": {"path": PATH}}


@pytest.fixture
def opened(tmp_path: Path, keys: dict[str, Key]) -> Deliverer:
    return deliverer(tmp_path, SINK, owners=recipients(keys["age"], keys["ssh-ed25519"], keys["ssh-rsa"]))


def succeed(sinks: Deliverer, *handed: object) -> None:
    for each in handed:
        assert [done.error for done in sinks.deliver(each)] == [None]  # type: ignore[arg-type]


def files(folder: Path) -> list[str]:
    found = (path for path in folder.rglob("*") if path.is_file() and ".reconciler" not in path.parts)
    return sorted(path.relative_to(folder).as_posix() for path in found)


@pytest.mark.parametrize("key", ["age", "ssh-ed25519", "ssh-rsa"])
def test_the_age_program_opens_it_with_any_of_the_owners_keys(
    tmp_path: Path, opened: Deliverer, keys: dict[str, Key], key: str
) -> None:
    succeed(opened, delivery())
    assert keys[key].opens(tmp_path / FILE) == {
        "version": 1,
        "instance": "production",
        "url": "https://acme.example.com",
        "owner": "team-portal",
        "name": "Customer portal",
        "id": 17,
        "secret": text_of(17),
    }
    assert keys["other"].fails_to_open(tmp_path / FILE)


def test_the_library_opens_what_the_age_program_encrypts(tmp_path: Path, keys: dict[str, Key]) -> None:
    """Both speak the same format."""
    import pyrage

    run = ["age", "--encrypt", "--armor", "--recipient", keys["age"].public]
    encrypted = subprocess.run(run, input=b"said by age", capture_output=True, timeout=60, check=True).stdout
    identity = pyrage.x25519.Identity.from_str(keys["age"].private.read_text().splitlines()[-1])
    assert pyrage.decrypt(encrypted, [identity]) == b"said by age"


def test_it_is_text_that_git_can_keep_and_holds_no_secret(tmp_path: Path, opened: Deliverer) -> None:
    succeed(opened, delivery())
    assert (tmp_path / FILE).read_text().startswith("-----BEGIN AGE ENCRYPTED FILE-----\n")
    assert text_of(17) not in "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o644


def test_delivering_again_changes_no_byte(tmp_path: Path, opened: Deliverer) -> None:
    succeed(opened, delivery())
    before = {name: (tmp_path / name).read_bytes() for name in files(tmp_path)}
    succeed(opened, delivery(event=DeliveryEvent.EXISTING))
    assert {name: (tmp_path / name).read_bytes() for name in files(tmp_path)} == before
    assert list(before) == ["secrets/production/.delivered.json", FILE]


def test_it_knows_without_a_key_what_is_current_missing_and_stale(
    tmp_path: Path, opened: Deliverer, keys: dict[str, Key]
) -> None:
    def held(sinks: Deliverer = opened, **more: Any) -> SinkState:
        (found,) = sinks.holds(delivery(**more))
        assert found.sink == f"age {PATH}"
        return found.held

    assert held() is SinkState.MISSING
    succeed(opened, delivery())
    assert held() is SinkState.CURRENT
    assert held(secret=Secret(text_of(18))) is SinkState.STALE
    assert held(number=18) is SinkState.STALE
    assert held(deliverer(tmp_path, SINK, owners=recipients(keys["other"]))) is SinkState.STALE
    (tmp_path / FILE).write_text("something else")
    assert held() is SinkState.STALE
    (tmp_path / "secrets/production/.delivered.json").unlink()
    assert held() is SinkState.UNKNOWN


def test_the_order_of_the_recipients_does_not_matter(tmp_path: Path, opened: Deliverer, keys: dict[str, Key]) -> None:
    succeed(opened, delivery())
    turned = deliverer(tmp_path, SINK, owners=recipients(keys["ssh-rsa"], keys["ssh-ed25519"], keys["age"]))
    assert turned.holds(delivery())[0].held is SinkState.CURRENT


def test_new_recipients_get_the_file_encrypted_anew(tmp_path: Path, opened: Deliverer, keys: dict[str, Key]) -> None:
    succeed(opened, delivery())
    succeed(deliverer(tmp_path, SINK, owners=recipients(keys["other"])), delivery())
    assert keys["other"].opens(tmp_path / FILE)["id"] == 17
    assert keys["age"].fails_to_open(tmp_path / FILE)


def test_a_short_secret_has_no_digest_and_is_delivered_each_time(tmp_path: Path, opened: Deliverer) -> None:
    """The digest of a secret that could be guessed would give it away."""
    short = delivery(secret=Secret("guessable"))
    succeed(opened, short, short)
    entry = json.loads((tmp_path / "secrets/production/.delivered.json").read_text())
    assert [each["content"] for each in entry.values()] == [None]
    assert opened.holds(short)[0].held is SinkState.UNKNOWN


def test_a_rename_takes_the_file_along(tmp_path: Path, opened: Deliverer, keys: dict[str, Key]) -> None:
    succeed(opened, delivery("Portal"))
    succeed(opened, delivery(event=DeliveryEvent.RENAMED, previous_name="Portal"))
    assert files(tmp_path) == ["secrets/production/.delivered.json", FILE]
    assert keys["age"].opens(tmp_path / FILE)["name"] == "Customer portal"


def test_a_rename_takes_along_a_file_that_no_manifest_knows(tmp_path: Path, opened: Deliverer) -> None:
    succeed(opened, delivery("Portal"))
    (tmp_path / "secrets/production/.delivered.json").unlink()
    succeed(opened, delivery(event=DeliveryEvent.RENAMED, previous_name="Portal"))
    assert files(tmp_path) == ["secrets/production/.delivered.json", FILE]


def test_a_former_name_that_another_client_has_by_now_is_left_alone(tmp_path: Path, opened: Deliverer) -> None:
    succeed(opened, delivery("Portal", 17))
    succeed(opened, delivery("Portal", 18), delivery(event=DeliveryEvent.RENAMED, previous_name="Portal"))
    assert files(tmp_path) == [
        "secrets/production/.delivered.json",
        FILE,
        "secrets/production/team-portal/portal.age",
    ]


def test_another_owner_gets_the_file_and_the_former_one_loses_it(tmp_path: Path, keys: dict[str, Key]) -> None:
    owners = {**recipients(keys["age"]), **recipients(keys["other"], owner="team-crm")}
    sinks = deliverer(tmp_path, SINK, owners=owners)
    succeed(sinks, delivery(), delivery(owner="team-crm"))
    moved = "secrets/production/team-crm/customer_portal.age"
    assert files(tmp_path) == ["secrets/production/.delivered.json", moved]
    assert keys["other"].opens(tmp_path / moved)["owner"] == "team-crm"
    assert not (tmp_path / FILE).parent.exists()


def test_a_deletion_takes_the_file_away(tmp_path: Path, opened: Deliverer) -> None:
    succeed(opened, delivery(), delivery("Other", 18))
    assert [done.error for done in opened.forget(client(), 17)] == [None]
    assert files(tmp_path) == ["secrets/production/.delivered.json", "secrets/production/team-portal/other.age"]
    assert [done.error for done in opened.forget(client(), 17)] == [None]


def test_deleting_the_old_client_of_a_rotation_leaves_its_successors_file(tmp_path: Path, opened: Deliverer) -> None:
    succeed(opened, delivery(number=17), delivery(number=18, event=DeliveryEvent.ROTATED))
    opened.forget(client(), 17)
    assert opened.holds(delivery(number=18))[0].held is SinkState.CURRENT


def test_nothing_is_made_where_nothing_is_to_be_forgotten(tmp_path: Path, opened: Deliverer) -> None:
    opened.forget(client(), 17)
    assert files(tmp_path) == []


def test_twenty_at_once_are_all_in_the_manifest(tmp_path: Path, opened: Deliverer) -> None:
    with ThreadPoolExecutor(8) as pool:
        done = [each.error for found in pool.map(opened.deliver, many()) for each in found]
    assert done == [None] * 20
    assert {each.held for handed in many() for each in opened.holds(handed)} == {SinkState.CURRENT}


def test_a_check_leaves_nothing_behind(tmp_path: Path, opened: Deliverer) -> None:
    assert opened.problems([client()]) == ()
    assert list(tmp_path.iterdir()) == []


def problem(sinks: Deliverer, *clients: object) -> tuple[str, str | None]:
    (found,) = sinks.problems(clients)  # type: ignore[arg-type]
    assert found.error is not None
    return found.error.message, found.error.hint


def test_a_check_says_who_has_no_keys(opened: Deliverer) -> None:
    assert problem(opened, client(owner="team-crm")) == (
        "'team-crm', the owner of 'Customer portal', has no age recipients",
        "add it to reconciler.yaml: owners: {team-crm: {age: [age1…]}}",
    )
    message, hint = problem(opened, client(owner=None))
    assert message == "'Customer portal' has no owner, so nobody can open its secret"
    assert hint is not None
    assert "`owners: [team-portal]`" in hint


def test_a_check_refuses_two_clients_that_differ_in_case_alone(opened: Deliverer) -> None:
    """The rule on look-alikes can be waived, the file system cannot."""
    message, _ = problem(opened, client("Customer portal"), client("CUSTOMER PORTAL"))
    assert "'CUSTOMER PORTAL' and 'Customer portal' would have one file" in message


def test_a_manifest_in_conflict_is_neither_lost_nor_believed(tmp_path: Path, opened: Deliverer) -> None:
    succeed(opened, delivery())
    manifest = tmp_path / "secrets/production/.delivered.json"
    manifest.write_text(f"<<<<<<< HEAD\n{manifest.read_text()}=======\n")
    before = manifest.read_text()
    message, hint = problem(opened, client())
    assert message == "secrets/production/.delivered.json cannot be understood"
    assert hint is not None
    assert "conflict" in hint
    assert "or nothing where the instance does not show its secrets" in hint
    (done,) = opened.deliver(delivery(number=18))
    assert done.error is not None
    assert manifest.read_text() == before


@pytest.mark.parametrize(
    ("path", "changed"),
    [("a", {"id": [1]}), ("a", {"url": [1]}), ("a", {"name": 5}), ("a\0b", {}), ("\ud800", {})],
    ids=["id", "url", "name", "nul", "surrogate"],
)
def test_a_manifest_with_values_of_other_kinds_is_one_clear_error(
    tmp_path: Path, opened: Deliverer, path: str, changed: dict[str, object]
) -> None:
    """A pull request can commit it."""
    succeed(opened, delivery())
    manifest = tmp_path / "secrets/production/.delivered.json"
    entries = json.loads(manifest.read_text())
    [entry] = entries.values()
    manifest.write_text(json.dumps(entries | {path: entry | changed}))
    assert problem(opened, client())[0] == "secrets/production/.delivered.json cannot be understood"
    (done,) = opened.forget(client(), 17)
    assert done.error is not None


def test_a_symlink_out_of_the_project_is_not_followed(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, keys: dict[str, Key]
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "production").symlink_to(elsewhere)
    sinks = deliverer(tmp_path, SINK, owners=recipients(keys["age"]))
    (done,) = sinks.deliver(delivery())
    assert done.error is not None
    assert done.error.message == "secrets/production is a symlink, and this sink follows none"
    assert list(elsewhere.iterdir()) == []


def test_a_manifest_cannot_have_files_of_others_removed(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, opened: Deliverer
) -> None:
    """It is committed, so a pull request can change it."""
    precious = tmp_path_factory.mktemp("elsewhere") / "precious"
    precious.write_text("precious")
    succeed(opened, delivery())
    manifest = tmp_path / "secrets/production/.delivered.json"
    entries = json.loads(manifest.read_text())
    way_out = os.path.relpath(precious, manifest.parent)
    manifest.write_text(json.dumps({way_out: entries.popitem()[1]}))
    (done,) = opened.forget(client(), 17)
    assert done.error is not None
    assert precious.read_text() == "precious"


def test_a_client_without_its_instances_sink_goes_nowhere(tmp_path: Path, keys: dict[str, Key]) -> None:
    sink = {"age": {"path": PATH, "only": ["Payments*"], "owners": ["team-*"]}}
    sinks = deliverer(tmp_path, sink, owners=recipients(keys["age"]))
    assert sinks.deliver(delivery()) == ()
    assert len(sinks.deliver(delivery("Payments EU"))) == 1
    assert sinks.deliver(replace(delivery(), client=client("Payments", None))) == ()


def test_keys_with_comments_and_blanks_are_read(tmp_path: Path) -> None:
    key = make_key(tmp_path, "key", "ed25519")
    kind, text, _ = key.public.split()
    padded = Key(key.private, f"{kind} {text} two words of comment")
    succeed(deliverer(tmp_path, SINK, owners=recipients(padded)), delivery())
    assert key.opens(tmp_path / FILE)["id"] == 17
