"""What is in force on each instance, setting by setting, and where it is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from enum import StrEnum
from typing import Any, cast

from reconciler.declared.config.settings import resolved_document
from reconciler.declared.yaml.document import Document
from reconciler.model.clients import Location
from reconciler.model.placeholders import fill_instance
from reconciler.model.settings import DEFAULT_LIMITS, DEFAULT_TIMEOUT
from reconciler.support.frozen import frozen

_BY_KEY = ("client_certificate", "credentials", "limits", "variables", "policy")
"""Settings of which each key is listed by itself."""

_SHARED = ("variables", "policy")
"""Settings that stand at the top level as well."""

_FILLED = ("credentials", "ca_bundle", "client_certificate", "sinks")
"""Settings in which placeholders are filled in."""

Way = tuple[str, ...]


class SettingOrigin(StrEnum):
    """Where a setting comes from."""

    INSTANCE = "instance"
    DEFAULTS = "defaults"
    TOP_LEVEL = "top_level"
    BUILT_IN = "built_in"


@frozen
class SettingInForce:
    """One setting of an instance."""

    key: str
    """With dots: `limits.deletes`."""
    value: str
    origin: SettingOrigin
    location: Location | None
    """Where its value is written; None if it is built in."""


def settings_in_force(document: Document, rank: Callable[[str], int]) -> dict[str, tuple[SettingInForce, ...]]:
    """The settings of each instance of a valid document, in the order of their keys' ranks."""
    resolved = resolved_document(document)
    found = {}
    for name in cast("Mapping[str, Any]", document.root)["instances"]:
        settings = {setting.key: setting for setting in _settings(name, document, resolved)}
        found[name] = tuple(sorted(settings.values(), key=lambda setting: rank(setting.key.partition(".")[0])))
    return found


def _settings(name: str, document: Document, resolved: Document) -> Iterator[SettingInForce]:
    """From the weakest to the strongest: the last of a key counts."""
    top, node = cast("Any", resolved.root), cast("Any", resolved.root)["instances"][name]
    yield from _built_in(node)
    for key in _SHARED:
        for way, value in _leaves((key,), top.get(key, {})):
            yield _setting(way, value, SettingOrigin.TOP_LEVEL, resolved.location(*way))
    own = cast("Any", document.root)["instances"][name]
    for key in node:
        for way, value in _leaves((key,), node[key]):
            origin = SettingOrigin.INSTANCE if _is_in(own, way) else SettingOrigin.DEFAULTS
            filled = _filled(value, name) if key in _FILLED else value
            yield _setting(way, filled, origin, resolved.location("instances", name, *way))


def _built_in(node: Mapping[str, Any]) -> Iterator[SettingInForce]:
    yield _setting(("timeout",), f"{DEFAULT_TIMEOUT:g}", SettingOrigin.BUILT_IN, None)
    if "embedded" not in node:
        for kind, most in asdict(DEFAULT_LIMITS).items():
            yield _setting(("limits", kind), most, SettingOrigin.BUILT_IN, None)


def _leaves(way: Way, value: Any) -> Iterator[tuple[Way, Any]]:
    if way[0] not in _BY_KEY or not isinstance(value, Mapping):
        yield way, value
    else:
        for key, inner in value.items():
            yield from _leaves((*way, key), inner)


def _is_in(node: Any, way: Way) -> bool:
    for key in way:
        if not isinstance(node, Mapping) or key not in node:
            return False
        node = node[key]
    return True


def _filled(value: Any, instance: str) -> Any:
    match value:
        case str():
            return fill_instance(value, instance)
        case Mapping():
            return {key: _filled(inner, instance) for key, inner in value.items()}
        case list():
            return [_filled(inner, instance) for inner in value]
        case _:
            return value


def _setting(way: Way, value: object, origin: SettingOrigin, location: Location | None) -> SettingInForce:
    return SettingInForce(".".join(way), _shown(value), origin, location)


def _shown(value: object) -> str:
    """A value as YAML has it between brackets, without quotes: it is for people."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case Mapping():
            return f"{{{', '.join(f'{key}: {_shown(inner)}' for key, inner in value.items())}}}"
        case list():
            return f"[{', '.join(map(_shown, value))}]"
        case _:
            return str(value)
