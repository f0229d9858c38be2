"""The files of a new project: settings, declarations, what git ignores."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from reconciler.declared.config.settings import read_settings
from reconciler.declared.schema.files import schema_text
from reconciler.declared.schema.validate import valid_documents
from reconciler.declared.yaml.load import load_text
from reconciler.model.diagnostics import Diagnostic, Severity, has_errors
from reconciler.model.settings import Settings
from reconciler.support.frozen import frozen
from reconciler.support.text import quoted_scalar

SETTINGS = "reconciler.yaml"
CLIENTS = Path("clients", "clients.yaml")
IGNORE = Path(".gitignore")
SANDBOX = "sandbox"
"""The name of an instance without a URL."""

_MODELINE = "# yaml-language-server: $schema="

STATE = ".reconciler/"
"""The folder with journals, locks and the sandbox's database."""

IGNORED = f"# reconciler's journals, locks and sandboxes\n{STATE}\n"

NO_CLIENTS = f"""{_MODELINE}../schemas/auth-clients.schema.json
# An entry for every instance; with `instances: [production]`, for that one alone:
#
#   - name: Customer portal
#     owner: team-portal
#     grants:
#       authorization_code:
#         redirect_url: https://portal.example.com/oauth/callback
#
# `reconciler export` writes the entries for clients that an instance has already.
clients: []
"""

_EXAMPLE = f"""{_MODELINE}../schemas/auth-clients.schema.json
# An example for the sandbox: change it, plan, apply. Without `instances:`, an entry is for every instance.
clients:
  - name: Customer portal
    owner: team-portal
    instances: [{{name}}]
    grants:
      authorization_code:
        redirect_url: https://portal.example.com/oauth/callback
"""


@frozen
class NewInstance:
    """The first instance. Without a URL it is a sandbox on this machine, which needs no account."""

    name: str
    url: str | None = None
    username_env: str = ""
    password_env: str = ""
    allow_http: bool = False
    """Whether the password may be sent unencrypted."""


def variable_for(name: str, what: str) -> str:
    """Return the environment variable for an instance: `PM_EU_1_USERNAME` for `eu-1` and `USERNAME`."""
    upper = "".join(c if c.isascii() and c.isalnum() else "_" for c in name.upper())
    return f"PM_{upper}_{what}"


def settings_text(instance: NewInstance) -> str:
    """Return reconciler.yaml with one instance."""
    return (
        f"{_MODELINE}schemas/reconciler.schema.json\n"
        "# No secret belongs in this file: `credentials:` names the environment variables that hold the account.\n"
        f"instances:\n{instance_lines(instance)}"
    )


def instance_lines(instance: NewInstance) -> str:
    """Return what stands under `instances:` for one instance, as `fmt` writes it."""
    return "".join([f"  {quoted_scalar(instance.name)}:\n", *(f"    {line}\n" for line in _keys(instance))])


def _keys(instance: NewInstance) -> Sequence[str]:
    if instance.url is None:
        return [f"embedded: {STATE}sandbox.sqlite3"]
    user, password = quoted_scalar(instance.username_env), quoted_scalar(instance.password_env)
    allow = ["allow_http: true"] if instance.allow_http else []
    return [f"url: {_url(instance.url)}", f"credentials: {{username_env: {user}, password_env: {password}}}", *allow]


def new_settings(instance: NewInstance, folder: Path) -> tuple[Settings | None, Diagnostic | None]:
    """Return the settings of a new project in this folder, or the first error that reconciler.yaml would have."""
    loaded = valid_documents(load_text(settings_text(instance).encode(), SETTINGS), "reconciler")
    settings, problems = None, list(loaded.diagnostics)
    if loaded.documents and not has_errors(problems):
        settings, found = read_settings(loaded.documents[0], folder)
        problems += found
    return settings, next((each for each in problems if each.severity is Severity.ERROR), None)


def starting_files(instance: NewInstance, *, clients: bool) -> Mapping[Path, str]:
    """Return the files of a new project by their paths in it, with or without a first file of declarations."""
    declared = {CLIENTS: _first_clients(instance)} if clients else {}
    return {Path(SETTINGS): settings_text(instance), **declared, **common_files()}


def _first_clients(instance: NewInstance) -> str:
    return NO_CLIENTS if instance.url is not None else _EXAMPLE.format(name=quoted_scalar(instance.name))


def common_files() -> Mapping[Path, str]:
    """Return the files that every project has alike: the schemas for editors, and what git ignores."""
    schemas = {Path("schemas", f"{name}.schema.json"): schema_text(name) for name in ("auth-clients", "reconciler")}
    return {**schemas, IGNORE: IGNORED}


def go_into(folder: Path) -> Sequence[str]:
    """Return the shell's command that goes into a folder; nothing if it is the current one."""
    name = str(folder)
    return [] if folder == Path() else [f"cd {shlex.quote(f'./{name}' if name.startswith('-') else name)}"]


def _url(url: str) -> str:
    """Return the URL as people write it in YAML, or quoted if it has any character that could mean something else."""
    plain = all(c.isascii() and (c.isalnum() or c in ":/.-_~") for c in url)
    return url if plain and url.startswith(("http://", "https://")) and not url.endswith(":") else quoted_scalar(url)
