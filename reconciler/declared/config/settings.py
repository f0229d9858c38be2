"""`reconciler.yaml` as values: paths resolved, defaults filled in, URLs checked."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast
from urllib.parse import SplitResult, urlsplit

from reconciler.declared.config.policy import effective_policy, policy_problems
from reconciler.declared.config.sinks import read_owners, read_sinks, shared_path_problems, sink_problems
from reconciler.declared.yaml.document import Document
from reconciler.model.clients import Location
from reconciler.model.diagnostics import Diagnostic, Severity, error, has_errors, warning
from reconciler.model.placeholders import fill_instance
from reconciler.model.platform import platform_page_start
from reconciler.model.settings import (
    DEFAULT_LIMITS,
    NO_LIMITS,
    ClientCertificate,
    CredentialNames,
    Instance,
    Limits,
    RuleSetting,
    Settings,
)
from reconciler.support.canonical_url import canonical_url
from reconciler.support.loopback import is_loopback
from reconciler.support.text import did_you_mean, quoted, quoted_url

Node = Mapping[str, Any]


def read_settings(document: Document, root: Path) -> tuple[Settings | None, list[Diagnostic]]:
    """The settings in a valid document, and their problems. The settings are None if a problem is an error.

    Relative paths start from `root`, the folder of reconciler.yaml.
    """
    written, document = document, resolved_document(document)
    top = cast("Node", document.root)
    shared = _texts(top.get("variables", {}))
    instances = tuple(_instance(document, name, node, shared, root) for name, node in top["instances"].items())
    problems = [*_url_problems(document), *_shared_targets(document, instances), *_default_problem(document)]
    problems += _alike_names(document)
    problems += _misplaced_databases(document, instances, root)
    problems += shared_path_problems(document, root)
    problems += _value_problems(written, document)
    if has_errors(problems):
        return None, problems
    settings = Settings(
        path=Path(document.path),
        instances=instances,
        default_instance=top.get("default_instance"),
        variable_sources=tuple(dict.fromkeys(_variable_sources(document))),
        protected=tuple(top.get("protected", ())),
        ignore=tuple(top.get("ignore", ())),
        rules={name: _rule(node) for name, node in top.get("rules", {}).items()},
        rule_sources=tuple((name, document.location("rules", name, key=True)) for name in top.get("rules", {})),
        owners=read_owners(top.get("owners", {})),
    )
    return settings, problems


def resolved_document(document: Document) -> Document:
    """A valid document, with `defaults:` as if each instance had them written itself."""
    if "defaults" not in cast("Node", document.root):
        return document
    from reconciler.declared.config.defaults import with_defaults  # few files have them

    return with_defaults(document)


def _value_problems(written: Document, document: Document) -> Iterator[Diagnostic]:
    """The problems of single values, each once, whether they are an instance's own or a default."""
    problems = [*sink_problems(document), *policy_problems(document)]
    texts = [text for node in cast("Node", document.root)["instances"].values() for text in _places(node)]
    has_placeholders = any("{" in text or "}" in text for text in texts)
    if has_placeholders or len(set(texts)) < len(texts):
        from reconciler.declared.config.credentials import credential_problems  # few files need it

        problems += credential_problems(document)
    if has_placeholders:
        from reconciler.declared.config.placeholders import placeholder_problems, unknown_placeholders

        problems += unknown_placeholders(document)
        yield from placeholder_problems(document)
    if written is not document:
        from reconciler.declared.config.defaults import naming_instances

        problems = [*naming_instances(written, problems)]
    yield from problems


def _places(node: Node) -> Iterator[str]:
    """The names of variables and the paths of an instance, apart from the paths of sinks."""
    groups = (node.get("credentials"), node.get("client_certificate"), {"": node.get("ca_bundle")})
    return (text for group in groups for text in (group or {}).values() if isinstance(text, str))


def _instance(document: Document, name: str, node: Node, shared: Mapping[str, str], root: Path) -> Instance:
    embedded = node.get("embedded")
    credentials = node.get("credentials")
    return Instance(
        name=name,
        location=document.location("instances", name, key=True),
        url=_normal(node["url"]) if "url" in node else None,
        embedded=root / embedded if embedded is not None else None,
        embedded_as=embedded or "",
        platform=str(node["platform"]) if "platform" in node else None,
        credentials=_credentials(credentials, name, root) if credentials is not None else None,
        variables={**shared, **_texts(node.get("variables", {}))},
        limits=NO_LIMITS if embedded is not None else _limits(node.get("limits", {})),
        ca_bundle=root / fill_instance(bundle, name) if (bundle := node.get("ca_bundle")) is not None else None,
        client_certificate=_client_certificate(node, name, root),
        timeout=node.get("timeout"),
        allow_http=node.get("allow_http", False),
        system_clients=tuple(node.get("system_clients", ())),
        expect_system_clients=node.get("expect_system_clients", True),
        wave=node.get("wave", 0),
        labels=tuple(node.get("labels", ())),
        frozen=node.get("frozen"),
        sinks=read_sinks(node.get("sinks", ()), root),
        policy=effective_policy(document, name),
    )


def _credentials(node: Node, instance: str, root: Path) -> CredentialNames:
    filled = {key: fill_instance(text, instance) for key, text in node.items() if isinstance(text, str)}
    return CredentialNames(
        username_env=filled.get("username_env"),
        password_env=filled.get("password_env"),
        username_file=root / filled["username_file"] if "username_file" in filled else None,
        password_file=root / filled["password_file"] if "password_file" in filled else None,
        as_is=node.get("as_is", False),
    )


def _client_certificate(node: Node, instance: str, root: Path) -> ClientCertificate | None:
    files = node.get("client_certificate")
    if files is None:
        return None
    return ClientCertificate(*(root / fill_instance(files[key], instance) for key in ("certificate", "key")))


def _limits(node: Node) -> Limits:
    return Limits(
        creates=node.get("creates", DEFAULT_LIMITS.creates),
        updates=node.get("updates", DEFAULT_LIMITS.updates),
        deletes=node.get("deletes", DEFAULT_LIMITS.deletes),
        deliveries=node.get("deliveries", DEFAULT_LIMITS.deliveries),
        issuer_changes=node.get("issuer_changes", DEFAULT_LIMITS.issuer_changes),
    )


def _rule(node: Node) -> RuleSetting:
    severity = node.get("severity")
    off = severity == "off"
    return RuleSetting(
        off=off,
        severity=Severity(severity) if severity is not None and not off else None,
        waivable=node.get("waivable"),
    )


def _texts(variables: Node) -> dict[str, str]:
    return {name: str(value) for name, value in variables.items()}


def _variable_sources(document: Document) -> Iterator[tuple[str, Location]]:
    """Where variables are defined; a default, which is at one place for all instances, once."""
    top = cast("Node", document.root)
    for name in top.get("variables", {}):
        yield name, document.location("variables", name, key=True)
    for instance, node in top["instances"].items():
        for name in node.get("variables", {}):
            yield name, document.location("instances", instance, "variables", name, key=True)


def _default_problem(document: Document) -> Iterator[Diagnostic]:
    top = cast("Node", document.root)
    default = top.get("default_instance")
    if default is not None and default not in top["instances"]:
        hint = did_you_mean(default, top["instances"]) or f"there are: {', '.join(top['instances']) or 'none'}"
        place = document.location("default_instance")
        yield error("default-instance", f"no instance is named {quoted(default)}", place, hint)


def _url_problems(document: Document) -> Iterator[Diagnostic]:
    for name, node in cast("Node", document.root)["instances"].items():
        if "url" in node:
            place = document.location("instances", name, "url")
            faults = list(_url_faults(node["url"], node.get("allow_http", False)))
            yield from (error("instance-url", message, place, hint) for message, hint in faults)
            if not faults and (begins := platform_page_start(node["url"])):
                message = f"{quoted_url(node['url'])} looks like the address of a page, not of the instance"
                yield warning("instance-url", message, place, f"write only the address of the platform: {begins}")


_HOST = r"[^<>{}|^`\"'*$,;()&!+=@\[\]]+"
"""Without what no host has, and a placeholder such as `<your-instance>` does."""


def _url_faults(url: str, allow_http: bool) -> Iterator[tuple[str, str]]:
    parts = _split(url)
    if parts is None or parts.scheme not in ("http", "https") or not re.fullmatch(_HOST, parts.hostname or ""):
        yield f"{quoted_url(url)} is not the URL of an instance", _how_to_write(url)
        return
    if parts.username is not None or parts.password is not None:
        yield "the URL contains a user name or password", "remove it; credentials are named under `credentials:`"
    if "?" in url or "#" in url:
        yield f"{quoted_url(url)} continues after the path", "leave out everything from the ? or the #"
    if parts.scheme == "http" and not allow_http and not is_loopback(parts.hostname):
        message = f"plain http to {parts.hostname} sends the password unencrypted over the network"
        yield message, "use https; if that is not possible, add `allow_http: true` to the instance"


def _how_to_write(url: str) -> str:
    """The hint for what is no URL: itself with a scheme, if that is all that it lacks, else an example."""
    example = "write it like https://acme.processmaker.net"
    if " " in url or not url.isprintable():
        return f"{example}, without blanks and characters that cannot be seen"
    if re.search(r"://[^/]*:[0-9]+(?:/|$)", url):
        return f"{example}, with a port from 1 to 65535 or none"
    parts = _split(f"https://{url}") if "://" not in url and "@" not in url else None
    if parts is not None and parts.hostname and (is_loopback(parts.hostname) or "." in parts.hostname):
        return f"write it like {'http' if is_loopback(parts.hostname) else 'https'}://{url}"
    return example


def _split(url: str) -> SplitResult | None:
    """The parts of a URL; None if it is malformed, for example if the port is not a number."""
    if not url.isprintable() or " " in url or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _normal(url: str) -> str:
    """The URL without trailing slashes, scheme and host in lower case, so that an instance has only one spelling."""
    parts = _split(url)
    if parts is None or "?" in url or "#" in url:  # it is rejected anyway
        return url
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def _shared_targets(document: Document, instances: Sequence[Instance]) -> Iterator[Diagnostic]:
    """Two names for the same instance: each would undo the changes of the other."""
    seen: dict[str, str] = {}
    for instance in instances:
        if instance.url is not None and any(_url_faults(instance.url, allow_http=True)):
            continue  # its URL is invalid, so it cannot be compared
        target = _target(instance)
        first = seen.setdefault(target, instance.name)
        if first != instance.name:
            kind = "url" if instance.url is not None else "embedded"
            what = "one URL" if kind == "url" else "one database"
            place = document.location("instances", instance.name, kind)
            hint = "keep one of them, or correct the other"
            yield error(
                "one-target", f"{first} and {instance.name} have {what}: they are the same instance", place, hint
            )


def _alike_names(document: Document) -> Iterator[Diagnostic]:
    """Names that differ only in case: globs take them for one, and so do some file systems with journals and refs."""
    seen: dict[str, str] = {}
    for name in cast("Node", document.root)["instances"]:
        first = seen.setdefault(name.casefold(), name)
        if first != name:
            text = f"{first} and {name} differ only in case: --instance, globs and some file systems ignore that"
            yield error("instance-name", text, document.location("instances", name, key=True), "rename one of them")


def _misplaced_databases(document: Document, instances: Sequence[Instance], root: Path) -> Iterator[Diagnostic]:
    """Databases among the declarations, or among git's own files: both folders are read by others."""
    clients = Path(os.path.realpath(root / "clients"))
    for instance in instances:
        if instance.embedded is None:
            continue
        path = Path(os.path.realpath(instance.embedded))
        is_declared = path.is_relative_to(clients)
        if is_declared or ".git" in map(str.casefold, path.parts):
            place = document.location("instances", instance.name, "embedded")
            text = f"a database within {'clients/' if is_declared else '.git/'} would be read by others"
            yield error("embedded-path", text, place, "give another path: .reconciler/sandbox.sqlite3")


def _target(instance: Instance) -> str:
    if instance.url is None:
        return f"embedded:{os.path.realpath(instance.embedded or '')}"  # unlike resolve(), fine with symlink loops
    return canonical_url(instance.url)
