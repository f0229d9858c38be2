"""Projects of N clients, in sync with what the benchmark's platform lists, written the ways that people write YAML."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

SYSTEM: dict[str, object] = {
    "name": "PmApi",
    "types": ["authorization_code_grant", "personal_access_client"],
    "redirect": "http://localhost",
}


def write_project(folder: Path, number: int, *, files: bool = False, layout: str = "block") -> None:
    """Write `clients/clients.yaml` (about 220 bytes a client), or a file for each, and `listing.json`."""
    (folder / "clients").mkdir(parents=True)
    entries = [LAYOUTS[layout](each) for each in range(number)]
    parts = entries if files else ["".join(entries)]
    for each, part in enumerate(parts):
        name = f"client-{each}.yaml" if files else "clients.yaml"
        (folder / "clients" / name).write_text(f"clients:\n{part}", encoding="utf-8")
    rows = [_row(1, SYSTEM), *(_row(each + 2, _stored(each, NAMES[layout])) for each in range(number))]
    (folder / "listing.json").write_text(json.dumps({"data": rows}), encoding="utf-8")


def write_settings(folder: Path, url: str, *, ca_bundle: Path | None = None) -> None:
    """Write a `reconciler.yaml` with one instance at the URL."""
    (folder / "reconciler.yaml").write_text(
        "variables: {host: app.example.com}\ninstances:\n  bench:\n"
        f"    url: {url}\n    credentials: {{username_env: BENCH_USER, password_env: BENCH_PASSWORD}}\n"
        + (f"    ca_bundle: {ca_bundle}\n" if ca_bundle else ""),
        encoding="utf-8",
    )


def _block(each: int) -> str:
    """As most people write: a line a key, plain values."""
    head = f"  - name: Application number {each}\n    description: What application number {each} is for, in a line\n"
    if each % 3:
        grant = f"authorization_code:\n        redirect_url: https://${{host}}/applications/{each}/callback\n"
    else:
        grant = "password:\n        justification: A client without a browser\n"
    return f"{head}    owner: team-{each % 40}\n    grants:\n      {grant}"


def _flow(each: int) -> str:
    """As a script or a hurried person writes: maps and lists in brackets, instances named."""
    if each % 3:
        grant = f'authorization_code: {{redirect_url: "https://${{host}}/applications/{each}/callback"}}'
    else:
        grant = "password: {justification: A client without a browser}"
    return (
        f"  - {{name: Application number {each}, owner: team-{each % 40}, "
        f'instances: [bench, "ben*"],\n     grants: {{{grant}}}}}\n'
    )


def _commented(each: int) -> str:
    """As a careful team writes: quotes, comments, blank lines, names in the language of the house."""
    if each % 3:
        grant = (
            "authorization_code:\n        # where the proxy answers\n"
            f'        redirect_url: "https://${{host}}/applications/{each}/callback"  # behind the proxy\n'
        )
    else:
        grant = "password:\n        justification: 'Gerät ohne Browser: ''Kasse'''\n"
    return (
        f'\n  # {"-" * 20} Anwendung {each}\n  - name: "{_in_german(each)}"\n'
        f"    description: 'Prüfung für Büro {each}'\n    owner: \"team-{each % 40}\"\n\n    grants:\n      {grant}"
    )


LAYOUTS: dict[str, Callable[[int], str]] = {"block": _block, "flow": _flow, "commented": _commented}
"""The text of one client, by the name of the way it is written."""


def _in_english(each: int) -> str:
    return f"Application number {each}"


def _in_german(each: int) -> str:
    return f"Überweisung № {each} (Köln)"


NAMES = {"block": _in_english, "flow": _in_english, "commented": _in_german}


def _stored(each: int, name: Callable[[int], str]) -> dict[str, object]:
    if each % 3:
        redirect = f"https://app.example.com/applications/{each}/callback"
        return {"name": name(each), "types": ["authorization_code_grant"], "redirect": redirect}
    return {"name": name(each), "types": ["password_client"], "redirect": ""}


def _row(number: int, stored: dict[str, object]) -> dict[str, object]:
    moment = "2026-11-23T06:24:57.000000Z"
    return {"id": number, "secret": "s" * 40, "revoked": False, "created_at": moment, "updated_at": moment, **stored}
