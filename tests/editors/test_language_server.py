"""The schemas in the YAML language server, which VS Code, Neovim, Helix, Emacs and others run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.main import main
from tests.editors.server import Editor, editor

CLIENTS = "# yaml-language-server: $schema=../schemas/auth-clients.schema.json\n"
SETTINGS = "# yaml-language-server: $schema=schemas/reconciler.schema.json\n"
PORTAL = """\
clients:
  - name: A
    |
    grants:
      authorization_code:
        redirect_url: https://a.example.com/cb
"""


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    """An editor in a folder with the schemas that `schema --write` put there."""
    folder = tmp_path_factory.mktemp("project")
    assert main(["schema", "--write", str(folder / "schemas")]) == 0
    with editor(folder) as running:
        yield running


def offered(editor: Editor, path: str, text: str) -> list[str]:
    """What is offered at the `|` of a text."""
    place = text.index("|")
    editor.open(path, text.replace("|", "", 1))
    return editor.complete(path, text.count("\n", 0, place), place - text.rfind("\n", 0, place) - 1)


def shown(editor: Editor, path: str, text: str, word: str) -> str:
    """What is shown over a word of a text."""
    place = text.index(word) + 1
    editor.open(path, text)
    return editor.hover(path, text.count("\n", 0, place), place - text.rfind("\n", 0, place) - 1)


def places(found: list[Any]) -> dict[tuple[int, int], list[str]]:
    """What is wrong, by line and column as people count."""
    marks: dict[tuple[int, int], list[str]] = {}
    for each in found:
        start = each["range"]["start"]
        marks.setdefault((start["line"] + 1, start["character"] + 1), []).append(each["message"])
    return marks


def test_keys_that_are_not_there_yet_are_offered(opened: Editor) -> None:
    labels = offered(opened, "clients/a.yaml", CLIENTS + PORTAL)
    assert {"description", "owner", "previous_names", "instances", "state"} <= set(labels)
    assert not {"name", "grants"} & set(labels)
    assert {"password", "personal_access_token"} == set(
        offered(opened, "clients/b.yaml", CLIENTS + PORTAL.replace("    |\n", "") + "      |\n")
    )
    assert {"present", "absent"} <= set(
        offered(opened, "clients/c.yaml", CLIENTS + "clients:\n  - name: A\n    state: |\n")
    )


def test_so_are_those_of_the_settings(opened: Editor) -> None:
    labels = offered(opened, "a/reconciler.yaml", SETTINGS.replace("=", "=../") + "instances:\n  a:\n    |\n")
    assert {"url", "embedded", "credentials", "limits", "frozen"} <= set(labels)
    labels = offered(opened, "b/reconciler.yaml", SETTINGS.replace("=", "=../") + "instances: {a: {url: x}}\n|\n")
    assert {"protected", "ignore", "rules", "policy"} <= set(labels)
    labels = offered(opened, "c/reconciler.yaml", SETTINGS.replace("=", "=../") + "defaults:\n  |\ninstances: {}\n")
    assert {"credentials", "limits", "sinks"} <= set(labels)
    assert not {"url", "embedded", "frozen", "platform"} & set(labels)


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("redirect_url", "Where the platform sends the code"),
        ("name", "unique among what is declared"),
        ("grants", "at least one"),
        ("authorization_code", "People log in at the platform in a browser"),
    ],
)
def test_hovering_says_what_a_key_means(opened: Editor, word: str, told: str) -> None:
    text = shown(opened, f"clients/{word}.yaml", CLIENTS + PORTAL.replace("    |\n", ""), word)
    assert told.lower() in text.lower()
    assert "Example" in text or word in ("grants", "authorization_code")


def test_what_structure_can_show_is_marked_where_it_stands(opened: Editor) -> None:
    text = "clients:\n  - name: A\n    grant: x\n    grants:\n      authorization_code: {}\n  - owner: team\n"
    found = places(opened.open("clients/wrong.yaml", CLIENTS + text))
    assert found[(4, 5)] == ["Property grant is not allowed."]
    assert found[(6, 7)] == ['Missing property "redirect_url".']
    assert 'Missing property "name".' in found[(7, 5)]
    settings = "instances:\n  a: {url: https://a.example.com, credentials: {password: hunter2}}\n"
    assert "password is not allowed" in str(
        opened.open("wrong/reconciler.yaml", SETTINGS.replace("=", "=../") + settings)
    )


def test_an_instance_needs_credentials_of_its_own_unless_there_are_defaults(opened: Editor) -> None:
    instance = "instances:\n  a:\n    url: https://a.example.com\n"
    defaults = 'defaults:\n  credentials: {username_env: "PM_{INSTANCE}_USER", password_env: PM_PASSWORD}\n'
    head = SETTINGS.replace("=", "=../")
    assert 'Missing property "credentials"' in str(opened.open("bare/reconciler.yaml", head + instance))
    assert opened.open("defaults/reconciler.yaml", head + defaults + instance) == []
    text = shown(opened, "hover/reconciler.yaml", head + defaults + instance, "username_env")
    assert "upper case" in text


def test_what_is_right_is_not_marked(opened: Editor) -> None:
    root = Path(__file__).parents[2]
    for path in ("reconciler.yaml", "clients/examples.yaml"):
        assert opened.open(path, (root / path).read_text()) == []
