"""The configured instances as text, as JSON, and as a matrix for GitHub Actions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from reconciler.declared.config.in_force import SettingInForce
from reconciler.model.settings import CredentialNames, Instance
from reconciler.render.json.overview import FORMAT_VERSION
from reconciler.render.json.parts import location_entry
from reconciler.render.terminal.color import Paint, Style, plain
from reconciler.render.terminal.columns import aligned
from reconciler.support.text import printable


def instances_text(instances: Sequence[Instance], default: str | None = None, paint: Paint = plain) -> str:
    """Render one line per instance: its name, URL and wave, its labels, and whether it is the default or frozen."""
    if not instances:
        return ""
    rows = [
        ("INSTANCE", "URL", "WAVE", ""),
        *((i.name, i.identity, str(i.wave), _remarks(i, default)) for i in instances),
    ]
    head, *lines = aligned([tuple(map(printable, row)) for row in rows])
    return "".join(f"{line}\n" for line in (paint(head, Style.FAINT), *lines))


def in_force_text(name: str, settings: Sequence[SettingInForce], paint: Paint = plain) -> str:
    """Render what is in force on one instance, a line each: the setting, its value, and where it comes from."""
    rows = [("SETTING", "VALUE", "FROM"), *((each.key, each.value, _from(each)) for each in settings)]
    head, *lines = aligned([tuple(map(printable, row)) for row in rows])
    return "".join(
        f"{line}\n" for line in (f"\n{name}", f"  {paint(head, Style.FAINT)}", *(f"  {each}" for each in lines))
    )


def _from(setting: SettingInForce) -> str:
    origin, place = setting.origin.replace("_", " "), setting.location
    return origin if place is None else f"{origin}, {place.path}:{place.line}"


def _remarks(instance: Instance, default: str | None) -> str:
    remarks = ["default"] if instance.name == default else []
    remarks += [f"labels: {' '.join(instance.labels)}"] if instance.labels else []
    remarks += [f"frozen: {instance.frozen}"] if instance.frozen is not None else []
    return ", ".join(remarks)


def instances_json(
    instances: Sequence[Instance], in_force: Mapping[str, Sequence[SettingInForce]], default: str | None = None
) -> str:
    """Render the document of `instances --format json`, ending in a line feed. Credentials appear only by name."""
    entries = [_entry(instance, default, in_force[instance.name]) for instance in instances]
    document = {"format_version": FORMAT_VERSION, "kind": "instances", "instances": entries}
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def _entry(instance: Instance, default: str | None, in_force: Sequence[SettingInForce]) -> dict[str, Any]:
    return {
        "instance": instance.name,
        "identity": instance.identity,
        "url": instance.url,
        "default": instance.name == default,
        "wave": instance.wave,
        "labels": list(instance.labels),
        "frozen": instance.frozen,
        "limits": asdict(instance.limits),
        "credentials": _credentials(instance.credentials),
        "settings": [_setting(each) for each in in_force],
    }


def _setting(setting: SettingInForce) -> dict[str, Any]:
    """Return a setting and where it comes from."""
    return {
        "key": setting.key,
        "value": setting.value,
        "origin": setting.origin.value,
        "location": location_entry(setting.location),
    }


def _credentials(names: CredentialNames | None) -> dict[str, str | None] | None:
    """Return where the credentials are found. `asdict` would return `Path` objects, which JSON cannot encode."""
    if names is None:
        return None
    return {
        "username_env": names.username_env,
        "password_env": names.password_env,
        "username_file": None if names.username_file is None else str(names.username_file),
        "password_file": None if names.password_file is None else str(names.password_file),
    }


def matrix_text(instances: Sequence[Instance]) -> str:
    """Render a GitHub matrix on one line, to be a step's output: `fromJSON` makes one job per instance of it."""
    include = [{"instance": instance.name, "url": instance.url} for instance in instances]
    return json.dumps({"include": include}, ensure_ascii=True) + "\n"
