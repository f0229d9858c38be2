"""Short ways to declare clients from YAML text, as files would, and to look at what is found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from typing import Any

from reconciler.declared.declare import Declared, declare
from reconciler.declared.yaml.document import Document
from reconciler.declared.yaml.load import load_text
from reconciler.model.clients import Location
from reconciler.model.diagnostics import Diagnostic
from reconciler.model.settings import Instance, Policy, RuleSetting, Settings

PLACE = Location("reconciler.yaml", 1, 1)


def shared(name: str, **variables: str) -> Instance:
    """An instance that people share."""
    return Instance(name, PLACE, url=f"https://{name}.example.com", variables=variables)


SANDBOX = Instance("sandbox", PLACE, embedded=Path(".reconciler/sandbox.sqlite3"))
PRODUCTION = shared("production")
SETTINGS = Settings(Path("reconciler.yaml"), (SANDBOX, PRODUCTION))


def demanding(*instances: Instance, **policy: Any) -> Settings:
    """Settings in which these instances (without any, production) have a policy."""
    return settings(*(replace(instance, policy=Policy(**policy)) for instance in instances or (PRODUCTION,)))


def settings(*instances: Instance, rules: Mapping[str, RuleSetting] | None = None) -> Settings:
    """Settings with these instances; without any, one called production."""
    return replace(SETTINGS, instances=instances or (PRODUCTION,), rules=rules or {})


def document(text: str, path: str = "clients/all.yaml") -> Document:
    """A file of declared clients."""
    loaded = load_text(dedent(text).encode(), path)
    assert not loaded.diagnostics, loaded.diagnostics
    return loaded.documents[0]


def declared(
    text: str, having: Settings = SETTINGS, *, instances: Sequence[Instance] | None = None, complete: bool = True
) -> Declared:
    """What one file declares for some or all instances."""
    return declare([document(text)], having, having.instances if instances is None else instances, complete=complete)


def with_redirect(*urls: str, more: str = "") -> str:
    """A file with one client, called Portal, that has these redirect URLs (on line 6 and following)."""
    lines = "".join(f"\n        - {_quoted(url)}" for url in urls)
    return f"clients:\n- name: Portal\n  grants:\n    authorization_code:\n      redirect_url:{lines}\n{more}"


def _quoted(text: str) -> str:
    escaped = "".join(c if c.isascii() and c.isprintable() and c not in '"\\' else f"\\U{ord(c):08x}" for c in text)
    return f'"{escaped}"'


def names_of(found: Declared | Sequence[Diagnostic]) -> list[str]:
    """The names of the rules that found something, in the order of the places."""
    return [d.rule for d in (found.diagnostics if isinstance(found, Declared) else found)]


def only(found: Declared) -> Diagnostic:
    """The one diagnostic that there is."""
    assert len(found.diagnostics) == 1, found.diagnostics
    return found.diagnostics[0]
