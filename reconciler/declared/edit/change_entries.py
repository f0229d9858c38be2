"""Change values in the entries of a file of declared clients: bytes in, bytes out.

The result is parsed again and compared with the wanted values: with any layout, a file gets exactly the wanted change,
or none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from reconciler.declared.clients.entry_values import grant_value
from reconciler.declared.edit.block import (
    UNSUPPORTED_LAYOUT,
    Addition,
    append_pair,
    insert_items,
    remove_item,
    remove_pair,
    replace_by,
    replace_scalar,
    step,
)
from reconciler.declared.edit.dump import flow_text
from reconciler.declared.edit.flow import detect_flow_style
from reconciler.declared.edit.nodes import Node, NodeKind, parse_nodes
from reconciler.declared.edit.text_edits import CannotEdit, Edit, EditableText, apply_edits
from reconciler.declared.edit.verify import clients_node, decode, refuse_unless_same, values
from reconciler.model.clients import ClientSpec, Grant
from reconciler.support.frozen import frozen
from reconciler.support.json_reader import JsonData
from reconciler.support.text import printable

_ROUNDS = 500
"""Maximum number of rounds: more than the successive edits that any entry needs."""

_CODE = Grant.AUTHORIZATION_CODE.value


@frozen
class ChangedFile:
    """The changed file, and the entries that were left unchanged."""

    data: bytes
    refused: Mapping[int, str]
    """The reasons, by the entry's index, worded as in `CannotEdit`."""


def change_entries(data: bytes, wanted: Mapping[int, ClientSpec]) -> ChangedFile:
    """Change the entries with these indices to the wanted values. Raises `CannotEdit` if the file cannot be read.

    The wanted redirect URLs are as written in a file. Everything else in an entry stays, including the justifications
    of grants that stay.
    """
    refused: dict[int, str] = {}
    while True:
        rest = {index: each for index, each in wanted.items() if index not in refused}
        try:
            changed, failed = _changed(data, rest)
            if not failed:
                return ChangedFile(changed, refused)
        except CannotEdit:  # not all together: find the entries that cannot be changed
            failed = _failing_alone(data, rest)
            if not failed:
                raise
        refused |= failed


def _failing_alone(data: bytes, wanted: Mapping[int, ClientSpec]) -> dict[int, str]:
    failed: dict[int, str] = {}
    for index, each in wanted.items():
        try:
            failed |= _changed(data, {index: each})[1]
        except CannotEdit as problem:
            failed[index] = problem.message
    return failed


def _changed(data: bytes, wanted: Mapping[int, ClientSpec]) -> tuple[bytes, dict[int, str]]:
    """The changed file; or the entries that cannot be changed and why, in which case the file must be ignored."""
    mark, text = decode(data)
    before = values(data)
    for _ in range(_ROUNDS):
        edits, failed = _round(text, values(text.encode())["clients"], wanted)
        if failed:
            return data, failed
        if not edits:
            break
        text = apply_edits(text, edits)
    changed = mark + text.encode()
    clients = [
        _expected(fields, wanted[index]) if index in wanted else fields
        for index, fields in enumerate(before["clients"])
    ]
    refuse_unless_same(changed, {**before, "clients": clients})
    return changed, {}


def _round(text: str, clients: Any, wanted: Mapping[int, ClientSpec]) -> tuple[list[Edit], dict[int, str]]:
    """The next edits of each entry that needs any, and the entries that cannot be changed."""
    page, root = EditableText(text), parse_nodes(text)
    repeated = frozenset(node.anchor for node in root.walk() if node.kind is NodeKind.ALIAS)
    entries = clients_node(root)
    edits: list[Edit] = []
    failed: dict[int, str] = {}
    for index, each in wanted.items():
        try:
            edits += _EntryChange(page, entries, entries.children[index], clients[index], repeated).next(each)
        except CannotEdit as problem:
            failed[index] = problem.message
    return edits, failed


@frozen
class _EntryChange:
    """Changes one entry to the wanted values, one step per parse of the text."""

    page: EditableText
    entries: Node
    entry: Node
    fields: Any
    repeated: frozenset[str | None]
    """The anchors that have aliases."""

    def next(self, wanted: ClientSpec) -> list[Edit]:
        """The edits of the next step; empty if the entry has the wanted values."""
        self._refuse_shared(self.entry, "it")
        for change in (self._name, self._new_grants, self._lost_grants, self._redirects):
            if edits := change(wanted):
                return edits
        return []

    def _name(self, wanted: ClientSpec) -> list[Edit]:
        if self.fields["name"] == wanted.name:
            return []
        node = self._own(self.entry, "name")
        return replace_scalar(self.page, node, wanted.name, in_flow=self.entry.is_flow)

    def _new_grants(self, wanted: ClientSpec) -> list[Edit]:
        written = self.fields.get("grants", {})
        new = next((grant for grant in Grant if grant in wanted.grants and grant not in written), None)
        if new is None:
            return []
        grants = self._own(self.entry, "grants")
        return append_pair(
            self.page,
            grants,
            new.value,
            grant_value(new, wanted.redirect_urls),
            indentation=step(self.page, self.entries),
        )

    def _lost_grants(self, wanted: ClientSpec) -> list[Edit]:
        lost = next((name for name in self.fields.get("grants", {}) if name not in wanted.grants), None)
        if lost is None:
            return []
        grants = self._own(self.entry, "grants")
        value = grants.get(lost)
        self._refuse_repeated(value, f"`{lost}`")
        return remove_pair(self.page, grants, lost)

    def _redirects(self, wanted: ClientSpec) -> list[Edit]:
        grant = self.fields.get("grants", {}).get(_CODE)
        if grant is None:
            return []
        written = grant["redirect_url"]
        if _as_list(written) == list(wanted.redirect_urls):
            return []
        code = self._own(self._own(self.entry, "grants"), _CODE)
        node = self._own(code, "redirect_url")
        self._refuse_repeated(node, "`redirect_url`")
        if not isinstance(written, str):
            return self._redirect_list(node, written, wanted.redirect_urls)
        if len(wanted.redirect_urls) == 1:
            return replace_scalar(self.page, node, wanted.redirect_urls[0], in_flow=code.is_flow)
        return replace_by(self.page, node, flow_text(list(wanted.redirect_urls), detect_flow_style(self.page, code)))

    def _redirect_list(self, node: Node, written: Sequence[str], wanted: Sequence[str]) -> list[Edit]:
        opcodes = SequenceMatcher(None, written, wanted, autojunk=False).get_opcodes()
        kind, first, last, start, stop = next(opcode for opcode in opcodes if opcode[0] != "equal")
        match kind:
            case "replace":
                items = zip(node.children[first:last], wanted[start:stop], strict=False)
                return [edit for item, url in items for edit in self._replaced(item, url, node)]
            case "insert":
                return insert_items(self.page, node, first, [Addition(url) for url in wanted[start:stop]])
            case _:
                return remove_item(self.page, node, first)

    def _replaced(self, item: Node, url: str, within: Node) -> list[Edit]:
        self._refuse_shared(item, "the redirect URL")
        return replace_scalar(self.page, item, url, in_flow=within.is_flow)

    def _own(self, mapping: Node, key: str) -> Node:
        """The value of a key. Raises `CannotEdit` if it is missing or shared by an alias."""
        node = mapping.get(key)
        if node is None:
            raise CannotEdit(UNSUPPORTED_LAYOUT)
        self._refuse_shared(node, f"`{key}`")
        return node

    def _refuse_shared(self, node: Node, what: str) -> None:
        if node.kind is NodeKind.ALIAS:
            raise CannotEdit(f"{what} is the alias *{printable(node.anchor or '')}, which other entries share")
        if node.anchor is not None and node.anchor in self.repeated:
            raise CannotEdit(f"{what} has the anchor &{printable(node.anchor)}, which aliases repeat")

    def _refuse_repeated(self, node: Node | None, what: str) -> None:
        """Raise `CannotEdit` if aliases refer to a value that would be removed, or to anything inside it."""
        for each in node.walk() if node is not None else ():
            if each.kind is not NodeKind.ALIAS:
                self._refuse_shared(each, what)


def _expected(fields: Any, wanted: ClientSpec) -> Mapping[str, Any]:
    """The entry's values after the change."""
    grants = {name: value for name, value in fields.get("grants", {}).items() if name in wanted.grants}
    if _CODE in grants:
        was_list = not isinstance(grants[_CODE]["redirect_url"], str)
        url: JsonData = (
            list(wanted.redirect_urls) if was_list or len(wanted.redirect_urls) != 1 else wanted.redirect_urls[0]
        )
        grants[_CODE] = {**grants[_CODE], "redirect_url": url}
    grants |= {
        new.value: grant_value(new, wanted.redirect_urls) for new in Grant if new in wanted.grants and new not in grants
    }
    return {**fields, "name": wanted.name, "grants": grants}


def _as_list(written: Any) -> list[str]:
    return [written] if isinstance(written, str) else list(written)
