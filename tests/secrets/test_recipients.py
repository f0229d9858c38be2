"""Who is behind a sink, and who can open an age file by its header alone."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from reconciler.model.settings import AgeSinkSetting, CommandSinkSetting, JsonSinkSetting, SinkScope
from reconciler.secrets.age_header import openers, openers_of
from reconciler.secrets.age_recipients import encrypt
from reconciler.secrets.recipients import RecipientResolver, blob_id, fingerprint, reading_below
from reconciler.secrets.values import SinkClient

AGE = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
SSH = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsKLqeplhpW+uObz5dvMgjz1OxfM/XXUB+VHtZ6isGN somebody@example.com"
PORTAL = SinkClient("staging", "https://staging.example.com", "Customer portal", "team-a")


def test_the_header_of_an_age_file_says_how_many_can_open_it_and_which_ssh_keys() -> None:
    assert openers(encrypt(b"secret", [AGE])) == ("X25519",) == openers_of([AGE])
    assert openers(encrypt(b"secret", [AGE, SSH])) == openers_of([SSH, AGE])
    assert openers_of([SSH])[0].startswith("ssh-ed25519 ")
    assert openers(encrypt(b"secret", [SSH])) != openers(encrypt(b"secret", [AGE]))


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"-----BEGIN AGE ENCRYPTED FILE-----\n!\n-----END AGE ENCRYPTED FILE-----"]
)
def test_what_is_no_age_file_has_no_openers(content: bytes) -> None:
    assert openers(content) is None


def test_the_fingerprint_of_an_ssh_key_is_that_of_ssh_keygen(tmp_path: Path) -> None:
    file = tmp_path / "key.pub"
    file.write_text(f"{SSH}\n")
    said = subprocess.run(["ssh-keygen", "-lf", str(file)], capture_output=True, text=True, check=True).stdout
    assert fingerprint(SSH) == f"ssh-ed25519 {said.split()[1]}"


def test_a_recipient_has_everything_that_makes_it_another_one(tmp_path: Path) -> None:
    (tmp_path / "store").write_bytes(b"#!/bin/sh\n")
    (tmp_path / "lib.py").write_bytes(b"print()\n")
    sinks = (
        AgeSinkSetting("{instance}/{owner}/{name}.age", tmp_path),
        JsonSinkSetting("{instance}.json", tmp_path, SinkScope(owners=("team-b",))),
        CommandSinkSetting(("./store", "lib.py", "--vault", "a b"), tmp_path),
    )
    age, command = RecipientResolver(sinks, {"team-a": (AGE,)}, reading_below(tmp_path, {})).recipients(PORTAL)
    assert (age.owner, age.kind, age.place, age.keys) == (
        "team-a",
        "age",
        "staging/team-a/customer_portal.age",
        (fingerprint(AGE),),
    )
    assert (command.sink, command.place) == ("command store", "./store lib.py --vault 'a b'")
    blobs = [blob_id(content) for content in (b"#!/bin/sh\n", b"print()\n")]
    assert command.programs == (f"./store {blobs[0]}", f"lib.py {blobs[1]}")


def test_only_files_of_the_project_count_as_its_programs(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (tmp_path / "outside").write_bytes(b"")
    (project / "link").symlink_to("../outside")
    run = CommandSinkSetting(("python3", "../outside", "link", str(tmp_path / "outside")), project)
    [recipient] = RecipientResolver((run,), {}, reading_below(project, {})).recipients(PORTAL)
    assert recipient.programs == ()


def test_another_name_moves_its_places_alone(tmp_path: Path) -> None:
    sinks = (AgeSinkSetting("{name}.age", tmp_path, SinkScope(only=("Customer*",))),)
    resolver = RecipientResolver(sinks, {}, lambda _: None)
    [recipient] = resolver.recipients(PORTAL, named="Shop")
    assert recipient.place == "shop.age"
