"""A copy of the program to whose clients a field was added, `scopes`, and a platform that has it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from tests.cli.projects import SECONDS

ROOT = Path(__file__).parents[2]

EDITS = (
    (
        "reconciler/model/clients.py",
        '    REDIRECT_URL = "redirect_url"\n',
        '    SCOPES = "scopes"\n',
    ),
    (
        "reconciler/model/clients.py",
        "    redirect_urls: tuple[str, ...] = ()\n",
        "    scopes: tuple[str, ...] = ()\n",
    ),
    (
        "reconciler/model/fields.py",
        "        texts=lambda spec: spec.redirect_urls,\n        one_per_line=True,\n    ),\n",
        """    FieldRow(
        Field.SCOPES,
        attribute="scopes",
        to_json=lambda spec: list(spec.scopes),
        from_json=lambda value: value.each(JsonValue.valid_text),
        texts=lambda spec: spec.scopes,
        declared=lambda entry: tuple(entry.get("scopes", ())),
        sent_as="scopes",
    ),
""",
    ),
)
"""File, what stands there, and what is added behind it. Beside that it takes a key in the schema."""


def copy_with_scopes(folder: Path) -> Path:
    """Copy the source to a folder and make the edits there."""
    for part in ("reconciler", "schemas"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for name, there, added in EDITS:
        _insert(folder / name, there, added)
    schema = folder / "schemas/auth-clients.schema.json"
    document = json.loads(schema.read_text(encoding="utf-8"))
    document["definitions"]["client"]["properties"]["scopes"] = {"type": "array", "items": {"type": "string"}}
    schema.write_text(json.dumps(document), encoding="utf-8")
    return folder


def _insert(file: Path, there: str, added: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(there) == 1, f"{file} has another text than this test knows"
    file.write_text(text.replace(there, there + added), encoding="utf-8")


def run(source: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line of the copy in a folder."""
    environ = os.environ | {"PYTHONPATH": str(source)}
    command = [sys.executable, "-m", "reconciler", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, timeout=SECONDS, check=False
    )


Respond = Callable[..., Any]
App = Callable[[dict[str, Any], Respond], Iterable[bytes]]


@dataclass
class PlatformWithScopes:
    """Stands between the sandbox and the network, and keeps the scopes of clients, which the sandbox does not know."""

    scopes: dict[int, list[str]] = field(default_factory=dict)
    sent: list[dict[str, Any]] = field(default_factory=list)
    """The bodies of the writes, in order."""

    def __call__(self, app: App) -> App:
        """The application with scopes."""

        def answer(environ: dict[str, Any], respond: Respond) -> Iterable[bytes]:
            head: list[Any] = []
            wrote = self._remember(environ)
            body = b"".join(app(environ, lambda status, headers, *_: head.extend((status, headers))))
            if environ["PATH_INFO"].startswith("/oauth/clients") and head[0][:3] in ("200", "201"):
                body = self._with_scopes(json.loads(body), wrote)
            length = ("Content-Length", str(len(body)))
            respond(head[0], [*(each for each in head[1] if each[0].lower() != "content-length"), length])
            return [body]

        return answer

    def _remember(self, environ: dict[str, Any]) -> dict[str, Any] | None:
        if environ["REQUEST_METHOD"] not in ("POST", "PUT") or not environ["PATH_INFO"].startswith("/oauth/clients"):
            return None
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        environ["wsgi.input"] = BytesIO(body)
        sent: dict[str, Any] = json.loads(body)
        self.sent.append(sent)
        return sent

    def _with_scopes(self, document: dict[str, Any], wrote: dict[str, Any] | None) -> bytes:
        if wrote is not None:
            self.scopes[document["id"]] = wrote.get("scopes", [])
        for client in document.get("data", [document]):
            client["scopes"] = self.scopes.get(client["id"], [])
        return json.dumps(document).encode()
