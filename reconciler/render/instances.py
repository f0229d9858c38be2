"""The configured instances as text, as JSON, and as a matrix for GitHub Actions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from reconciler.model.settings import CredentialNames, Instance
from reconciler.render.json.overview import FORMAT_VERSION
from reconciler.render.terminal.color import Paint, Style, plain
from reconciler.render.terminal.columns import aligned
from reconciler.support.text import printable


def instances_text(instances: Sequence[Instance], default: str | None = None, paint: Paint = plain) -> str:
    """Render one line per instance: its name, URL and wave, and whether it is the default or frozen."""
    if not instances:
        return ""
    rows = [
        ("INSTANCE", "URL", "WAVE", ""),
        *((i.name, i.identity, str(i.wave), _remarks(i, default)) for i in instances),
    ]
    head, *lines = aligned([tuple(map(printable, row)) for row in rows])
    return "".join(f"{line}\n" for line in (paint(head, Style.FAINT), *lines))


def _remarks(instance: Instance, default: str | None) -> str:
    remarks = ["default"] if instance.name == default else []
    remarks += [f"frozen: {instance.frozen}"] if instance.frozen is not None else []
    return ", ".join(remarks)


def instances_json(instances: Sequence[Instance], default: str | None = None) -> str:
    """Render the document of `instances --format json`, ending in a line feed. Credentials appear only by name."""
    entries = [_entry(instance, default) for instance in instances]
    document = {"format_version": FORMAT_VERSION, "kind": "instances", "instances": entries}
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def _entry(instance: Instance, default: str | None) -> dict[str, Any]:
    return {
        "instance": instance.name,
        "identity": instance.identity,
        "url": instance.url,
        "default": instance.name == default,
        "wave": instance.wave,
        "frozen": instance.frozen,
        "limits": asdict(instance.limits),
        "credentials": _credentials(instance.credentials),
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
