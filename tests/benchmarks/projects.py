"""Projects of N clients, in sync with what the benchmark's platform lists."""

from __future__ import annotations

import json
from pathlib import Path

SYSTEM: dict[str, object] = {
    "name": "PmApi",
    "types": ["authorization_code_grant", "personal_access_client"],
    "redirect": "http://localhost",
}


def write_project(folder: Path, number: int, *, files: bool = False) -> None:
    """Write `clients/clients.yaml` (about 220 bytes a client), or a file for each, and `listing.json`."""
    (folder / "clients").mkdir(parents=True)
    entries = [_entry(each) for each in range(number)]
    parts = entries if files else ["".join(entries)]
    for each, part in enumerate(parts):
        name = f"client-{each}.yaml" if files else "clients.yaml"
        (folder / "clients" / name).write_text(f"clients:\n{part}", encoding="utf-8")
    rows = [_row(1, SYSTEM), *(_row(each + 2, _stored(each)) for each in range(number))]
    (folder / "listing.json").write_text(json.dumps({"data": rows}), encoding="utf-8")


def write_settings(folder: Path, url: str) -> None:
    """Write a `reconciler.yaml` with one instance at the URL."""
    (folder / "reconciler.yaml").write_text(
        "variables: {host: app.example.com}\ninstances:\n  bench:\n"
        f"    url: {url}\n    credentials: {{username_env: BENCH_USER, password_env: BENCH_PASSWORD}}\n",
        encoding="utf-8",
    )


def _entry(each: int) -> str:
    head = f"  - name: Application number {each}\n    description: What application number {each} is for, in a line\n"
    if each % 3:
        grant = f"authorization_code:\n        redirect_url: https://${{host}}/applications/{each}/callback\n"
    else:
        grant = "password:\n        justification: A client without a browser\n"
    return f"{head}    owner: team-{each % 40}\n    grants:\n      {grant}"


def _stored(each: int) -> dict[str, object]:
    if each % 3:
        redirect = f"https://app.example.com/applications/{each}/callback"
        return {"name": f"Application number {each}", "types": ["authorization_code_grant"], "redirect": redirect}
    return {"name": f"Application number {each}", "types": ["password_client"], "redirect": ""}


def _row(number: int, stored: dict[str, object]) -> dict[str, object]:
    moment = "2026-11-23T06:24:57.000000Z"
    return {"id": number, "secret": "s" * 40, "revoked": False, "created_at": moment, "updated_at": moment, **stored}
