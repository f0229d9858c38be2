"""docs/reference/files.md and the schemas name the same keys, level by level."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from reconciler.declared.schema.files import schema_text
from reconciler.declared.yaml.scalars import plain_scalar
from tests.docs.pages import ROOT, prose

PAGE = prose(ROOT / "docs" / "reference" / "files.md")
CLIENTS: dict[str, Any] = json.loads(schema_text("auth-clients"))
SETTINGS: dict[str, Any] = json.loads(schema_text("reconciler"))
_KEY = re.compile(r"^(?:\| `([a-z_]+)` \||- `([a-z_]+)`(?:, or `([a-z_]+)`)?(?::|$))", re.MULTILINE)
"""A row of a table, or an item of a list."""

_CLIENT, _GRANTS = CLIENTS["definitions"]["client"], CLIENTS["definitions"]["grants"]
_INSTANCE = SETTINGS["definitions"]["instance"]
_DEFAULTS = SETTINGS["definitions"]["defaults"]
_SINK = SETTINGS["definitions"]["sink"]

LEVELS: dict[str, Any] = {
    "clients/\\*\\*/\\*.yaml": CLIENTS,
    "A client": _CLIENT,
    "rotate": _CLIENT["properties"]["rotate"],
    "Grants": _GRANTS,
    "authorization_code": _GRANTS["properties"]["authorization_code"],
    "password, personal_access_token": CLIENTS["definitions"]["plain_grant"],
    "reconciler.yaml": SETTINGS,
    "An instance": _INSTANCE,
    "A client certificate": SETTINGS["definitions"]["client_certificate"],
    "Credentials": SETTINGS["definitions"]["credentials"],
    "A sink": _SINK,
    "An owner": SETTINGS["properties"]["owners"]["additionalProperties"],
    "Limits": SETTINGS["definitions"]["limits"],
    "The setting of a rule": SETTINGS["properties"]["rules"]["additionalProperties"],
    "Policy": SETTINGS["definitions"]["policy"],
}


def section(heading: str) -> str:
    """What stands below a heading, up to the next one of any level."""
    _, found, rest = PAGE.partition(f"# {heading}\n")
    assert found, f"docs/reference/files.md has no heading '{heading}'"
    return re.split(r"^#+ ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def keys(heading: str) -> list[str]:
    """The keys that a section explains."""
    return sorted(key for found in _KEY.findall(section(heading)) for key in found if key)


@pytest.mark.parametrize("heading", LEVELS)
def test_a_section_has_every_key_of_its_level_and_no_other(heading: str) -> None:
    """Each once."""
    assert keys(heading) == sorted(LEVELS[heading]["properties"])


def test_the_kinds_of_sinks_share_a_table_of_their_settings() -> None:
    """Each setting once, with the kinds that have it."""
    kinds = _SINK["properties"]
    having = {
        key: {name for name, each in kinds.items() if key in each["properties"]}
        for kind in kinds.values()
        for key in kind["properties"]
    }
    said = dict(re.findall(r"^\| `([a-z_]+)` \| ([^|]*) \|", section("The settings of a sink"), re.MULTILINE))
    shown = {"all": set(kinds), "all but `command`": set(kinds) - {"command"}, "`command`": {"command"}}
    assert {key: shown[of] for key, of in said.items()} == having


def test_the_section_about_defaults_names_the_keys_that_cannot_be_one() -> None:
    """All others are explained as those of an instance."""
    [exceptions] = re.findall(r"the keys of an instance, except ([^.]*)\.", section("Defaults"))
    assert (
        set(re.findall(r"`([a-z_]+)`", exceptions)) == _INSTANCE["properties"].keys() - _DEFAULTS["properties"].keys()
    )
    assert _DEFAULTS["properties"].keys() <= _INSTANCE["properties"].keys()


def test_every_level_of_the_schemas_has_its_section() -> None:
    """A new object in a schema needs a section here."""
    levels = [*LEVELS.values(), _DEFAULTS, *_SINK["properties"].values()]
    named = {id(level["properties"]) for level in levels}
    assert {id(node["properties"]) for schema in (CLIENTS, SETTINGS) for node in _objects(schema)} == named


def _objects(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, list):
        return [found for child in node for found in _objects(child)]
    if not isinstance(node, dict):
        return []
    # `if`, `then` and `else` speak of properties that are described elsewhere.
    below = [child for key, child in node.items() if key not in ("if", "then", "else", "allOf", "examples")]
    here = [node] if isinstance(node.get("properties"), dict) and "type" in node else []
    return here + [found for child in below for found in _objects(child)]


def test_the_documented_values_are_read_as_documented() -> None:
    """Of the rows that say "text", every sample is the text that stands there."""
    rows = re.findall(r"^\| (.*) \| text \|$", section("What YAML values mean"), re.MULTILINE)
    samples = [sample for row in rows for sample in re.findall(r"`([^`\"]*)`", row)]
    assert len(samples) > 10
    assert [plain_scalar(sample) for sample in samples] == samples
