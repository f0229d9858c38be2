"""Compare a configuration with the trusted one: what a reviewer has to know before reading the plan.

Every field of the settings is compared, so that a new key of reconciler.yaml is reported from the day on which it
exists. What is known about a key only decides the wording, and whether the change weakens protection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, assert_never

from reconciler.model.clients import Location
from reconciler.model.diagnostics import Severity
from reconciler.model.settings import (
    AgeSinkSetting,
    CommandSinkSetting,
    DotenvSinkSetting,
    Instance,
    JsonSinkSetting,
    RuleSetting,
    Settings,
    SinkSetting,
)
from reconciler.planning.plan.plan import Note
from reconciler.support.frozen import frozen
from reconciler.support.text import enumeration, quoted, quoted_url

UNREAD = frozenset({"path", "instances", "variable_sources", "rule_sources"})
"""Fields of `Settings` that are locations, not settings. Instances are compared one by one."""

UNREAD_OF_INSTANCE = frozenset({"name", "location", "embedded"})
"""Fields of `Instance` that are not settings. Instead of `embedded`, the path as configured is compared."""


@frozen
class _Difference:
    key: str
    text: str
    """Without a subject, and without the name of the instance: "raises limits.deletes from 3 to 50"."""
    weaker: bool = True
    """Whether it weakens protection, or might."""


def settings_changes(trusted: Settings, other: Settings, instance: str) -> tuple[Note, ...]:
    """The changes from `trusted` to `other` that matter to an instance; those that weaken protection first.

    Each text begins with a verb: "takes 'Payments*' out of protected". The code is `configuration-` and the key.
    """
    found = [*_top(trusted, other), *_instances(trusted, other, instance)]
    found.sort(key=lambda difference: not difference.weaker)
    return tuple(Note(f"configuration-{each.key}", each.text) for each in found)


def _top(trusted: Settings, other: Settings) -> Iterator[_Difference]:
    for field in fields(Settings):
        if field.name not in UNREAD:
            compare = _COMPARED.get(field.name, _different)
            yield from compare(field.name, getattr(trusted, field.name), getattr(other, field.name))


def _instances(trusted: Settings, other: Settings, name: str) -> Iterator[_Difference]:
    before = {instance.name: instance for instance in trusted.instances}
    after = {instance.name: instance for instance in other.instances}
    for added in (each for each in other.instances if each.name not in before):
        yield _Difference("instances", f"adds the instance {quoted(added.name)}: {quoted_url(added.identity)}")
    for removed in (each for each in trusted.instances if each.name not in after):
        yield _Difference("instances", f"removes the instance {quoted(removed.name)}: {quoted_url(removed.identity)}")
    if name in before and name in after:
        yield from _of_instance(before[name], after[name])


def _of_instance(before: Instance, after: Instance) -> Iterator[_Difference]:
    for field in fields(Instance):
        if field.name not in UNREAD_OF_INSTANCE:
            compare = _COMPARED.get(field.name, _different)
            yield from compare(field.name, getattr(before, field.name), getattr(after, field.name))


def _different(key: str, before: Any, after: Any) -> Iterator[_Difference]:
    """Compare values of any type, down to the smallest parts that can be named."""
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in sorted({*before, *after}):
            yield from _different(f"{key}.{name}", before.get(name), after.get(name))
    elif is_dataclass(before) and type(before) is type(after):
        for field in fields(before):
            yield from _different(f"{key}.{field.name}", getattr(before, field.name), getattr(after, field.name))
    elif isinstance(before, tuple) and isinstance(after, tuple) and set(before) != set(after):
        yield from _items(key, before, after)
    elif not isinstance(before, Location):
        yield _Difference(_code(key), f"changes {key} from {_shown(before)} to {_shown(after)}")


def _items(key: str, before: tuple[Any, ...], after: tuple[Any, ...]) -> Iterator[_Difference]:
    if removed := [item for item in before if item not in after]:
        yield _Difference(_code(key), f"takes {enumeration(map(_shown, removed))} out of {key}")
    if added := [item for item in after if item not in before]:
        yield _Difference(_code(key), f"adds {enumeration(map(_shown, added))} to {key}")


def _guarding(key: str, before: tuple[str, ...], after: tuple[str, ...]) -> Iterator[_Difference]:
    """Compare a list that protects what it names: only removals weaken protection."""
    for each in _different(key, before, after):
        yield _Difference(each.key, each.text, weaker=each.text.startswith("takes"))


def _limits(key: str, before: Any, after: Any) -> Iterator[_Difference]:
    for field in fields(before):
        old, new = getattr(before, field.name), getattr(after, field.name)
        name = f"{key}.{field.name}"
        if old == new:
            continue
        if new is None:
            yield _Difference(key, f"removes {name}, which is {old}")
        elif old is None:
            yield _Difference(key, f"sets {name} to {new}", weaker=False)
        else:
            raised = new > old
            yield _Difference(key, f"{'raises' if raised else 'lowers'} {name} from {old} to {new}", weaker=raised)


def _switch(weaker: bool) -> Callable[[str, Any, Any], Iterator[_Difference]]:
    """Comparison for an on/off setting; changing it to `weaker` weakens protection."""

    def compare(key: str, before: bool, after: bool) -> Iterator[_Difference]:
        if before != after:
            yield _Difference(key, f"turns {key} {'on' if after else 'off'}", weaker=after is weaker)

    return compare


def _frozen(key: str, before: str | None, after: str | None) -> Iterator[_Difference]:
    if before is not None and after is None:
        yield _Difference(key, f"removes the freeze ({before})")
    elif before is None and after is not None:
        yield _Difference(key, f"freezes the instance ({after})", weaker=False)
    else:
        yield from _harmless(key, before, after)


def _harmless(key: str, before: Any, after: Any) -> Iterator[_Difference]:
    yield from (_Difference(each.key, each.text, weaker=False) for each in _different(key, before, after))


def _url(key: str, before: str | None, after: str | None) -> Iterator[_Difference]:
    if before != after:
        old, new = ("none" if url is None else quoted_url(url) for url in (before, after))
        yield _Difference(key, f"changes {key} from {old} to {new}")


def _variables(key: str, before: Any, after: Any) -> Iterator[_Difference]:
    for each in _different(key, before, after):
        yield _Difference(each.key, f"{each.text} (redirect URLs are made of it)")


def _labels(key: str, before: tuple[str, ...], after: tuple[str, ...]) -> Iterator[_Difference]:
    """Compare the labels of an instance: each decides which entries are for it."""
    for label in sorted({*before} ^ {*after}):
        change, effect = ("adds", "now include it") if label in after else ("removes", "now leave it out")
        text = f"{change} the label {quoted(label)} (entries for label:{label} {effect})"
        yield _Difference(key, text)


def _rules(key: str, before: Mapping[str, RuleSetting], after: Mapping[str, RuleSetting]) -> Iterator[_Difference]:
    for name in sorted({*before, *after}):
        yield from _rule(key, name, before.get(name, RuleSetting()), after.get(name, RuleSetting()))


def _rule(key: str, name: str, before: RuleSetting, after: RuleSetting) -> Iterator[_Difference]:
    if (before.off, before.severity) != (after.off, after.severity):
        # A rule's default severity is not known here: only a change to error is certain not to weaken it.
        weaker = after.off or after.severity is not Severity.ERROR
        yield _Difference(key, f"sets the rule {name} from {_severity(before)} to {_severity(after)}", weaker=weaker)
    if before.waivable != after.waivable:
        how = {True: "waivable", False: "not waivable", None: "as waivable as it is by default"}[after.waivable]
        yield _Difference(key, f"makes the rule {name} {how}", weaker=after.waivable is not False)


def _severity(rule: RuleSetting) -> str:
    return "off" if rule.off else str(rule.severity or "its default")


_COMPARED: Mapping[str, Callable[[str, Any, Any], Iterator[_Difference]]] = {
    "protected": _guarding,
    "rules": _rules,
    "url": _url,
    "variables": _variables,
    "limits": _limits,
    "allow_http": _switch(weaker=True),
    "system_clients": _guarding,
    "expect_system_clients": _switch(weaker=False),
    "frozen": _frozen,
    "timeout": _harmless,
    "labels": _labels,
    "wave": _harmless,
    "default_instance": _harmless,
}
"""How to compare and describe the keys for which "changes" is not enough."""


def _code(key: str) -> str:
    return key.partition(".")[0]


def _shown(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case bool() | int() | float():
            return str(value).lower()
        case tuple():
            return enumeration(map(_shown, value)) if value else "none"
        case AgeSinkSetting() | DotenvSinkSetting() | JsonSinkSetting() | CommandSinkSetting():
            return _sink(value)
        case _ if is_dataclass(value) and not isinstance(value, type):
            parts = ((field.name, getattr(value, field.name)) for field in fields(value))
            return ", ".join(f"{name} {_shown(part)}" for name, part in parts if part not in (None, False)) or "nothing"
        case _:
            return quoted(str(value))


def _sink(setting: SinkSetting) -> str:
    """A sink as configured, without the folder that its paths are relative to."""
    match setting:
        case AgeSinkSetting(path=path):
            what = f"age {quoted(path)}"
        case DotenvSinkSetting(path=path):
            what = f"dotenv {quoted(path)}"
        case JsonSinkSetting(path=path):
            what = f"json {quoted(path)}"
        case CommandSinkSetting(run=run, timeout=timeout):
            what = f"command {' '.join(map(quoted, run))} ({timeout:g} s)"
        case _:
            assert_never(setting)
    scope = setting.scope
    parts = [("for owners", scope.owners), ("for names", scope.only)]
    return " ".join([what, *(f"{words} {_shown(globs)}" for words, globs in parts if globs is not None)])
