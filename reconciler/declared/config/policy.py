"""`policy:`, at the top level and of an instance: the effective policy of each instance, and its errors."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from typing import Any, cast

from reconciler.declared.yaml.document import Document
from reconciler.model.clients import Grant
from reconciler.model.diagnostics import Diagnostic, error
from reconciler.model.labels import LABEL
from reconciler.model.names import matches
from reconciler.model.settings import Policy
from reconciler.support.text import did_you_mean, enumeration, printable, quoted

RULE = "policy"

_PATTERNS = ("name_pattern", "justification_mentions")

Node = Mapping[str, Any]
Way = tuple[str, ...]


def effective_policy(document: Document, instance: str) -> Policy:
    """The policy of one instance: each of its own keys overrides the top-level one."""
    top = cast("Node", document.root)
    node = {**top.get("policy", {}), **top["instances"][instance].get("policy", {})}
    return Policy(
        allowed_redirect_hosts=_globs(node, "allowed_redirect_hosts"),
        required_fields=tuple(node.get("required_fields", ())),
        name_pattern=node.get("name_pattern"),
        allowed_owners=_globs(node, "allowed_owners"),
        forbidden_grants=tuple(map(Grant, node.get("forbidden_grants", ()))),
        deny_personal_access_outside=_globs(node, "deny_personal_access_outside"),
        justification_mentions=node.get("justification_mentions"),
    )


def _globs(node: Node, key: str) -> tuple[str, ...] | None:
    return tuple(node[key]) if key in node else None


def policy_problems(document: Document) -> Iterator[Diagnostic]:
    """Regular expressions that are invalid or too slow, and unknown instances."""
    for way, node in _policies(document):
        for key in _PATTERNS:
            if key in node and (fault := _pattern_fault(key, node[key])):
                yield error(RULE, fault[0], document.location(*way, key), fault[1])
        yield from _unknown_instances(document, way, node)


def _policies(document: Document) -> Iterator[tuple[Way, Node]]:
    top = cast("Node", document.root)
    yield ("policy",), top.get("policy", {})
    for name, node in top["instances"].items():
        yield ("instances", name, "policy"), node.get("policy", {})


def _pattern_fault(key: str, pattern: str) -> tuple[str, str] | None:
    """What is wrong with a regular expression, and the fix."""
    if fault := _syntax_fault(pattern):
        message = f"{quoted(pattern)} is not a regular expression: {fault}"
        return message, "put a \\ in front of a character that stands for itself"
    from reconciler.support.regex_cost import MOST_WAYS, cost_fault  # few projects have patterns

    # A text that is searched can match at any of its characters.
    if fault := cost_fault(pattern, MOST_WAYS if key == "name_pattern" else MOST_WAYS // 16):
        hint = "use at most two of *, + and {n,}, and none of them on a group: repeat a set instead, such as [A-Za-z ]*"
        return f"{quoted(pattern)} can take hours to match some texts: it {fault}", hint
    return None


def _syntax_fault(pattern: str) -> str | None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a pattern that a later Python will read differently is unclear to people too
        try:
            re.compile(pattern)
        except re.error as problem:
            return f"{printable(problem.msg)} at character {(problem.pos or 0) + 1}"
        except (Warning, OverflowError, RecursionError) as problem:
            return printable(str(problem))
    return None


def _unknown_instances(document: Document, way: Way, node: Node) -> Iterator[Diagnostic]:
    """Globs that match no instance and no label: a typo would deny personal access everywhere."""
    instances = cast("Node", document.root)["instances"]
    labels = {f"{LABEL}{label}": None for each in instances.values() for label in each.get("labels", ())}
    names = [*instances, *labels]
    for position, glob in enumerate(node.get("deny_personal_access_outside", ())):
        if not any(matches(glob, name) for name in names if name.startswith(LABEL) == glob.startswith(LABEL)):
            place = document.location(*way, "deny_personal_access_outside", position)
            hint = did_you_mean(glob, names) or f"there are: {enumeration(names)}"
            yield error(RULE, f"no instance is called or matched by {quoted(glob)}", place, hint)
