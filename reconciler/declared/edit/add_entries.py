"""Add entries to a file of declared clients: bytes in, bytes out.

The result is parsed again and compared with the wanted values: with any layout, a file gets exactly the wanted change,
or none.
"""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.declared.edit.block import Addition, append_items, new_items
from reconciler.declared.edit.nodes import Node, parse_nodes
from reconciler.declared.edit.text_edits import Edit, EditableText, apply_edits
from reconciler.declared.edit.verify import clients_node, decode, refuse_unless_same, values


def add_entries(data: bytes, entries: Sequence[Addition]) -> bytes:
    """Append entries to the file, in its own style. Raises `CannotEdit`."""
    mark, text = decode(data)
    before = values(data)
    changed = mark + apply_edits(text, _additions(text, entries)).encode()
    wanted = {**before, "clients": [*before["clients"], *(entry.value for entry in entries)]}
    refuse_unless_same(changed, wanted)
    return changed


def _additions(text: str, entries: Sequence[Addition]) -> list[Edit]:
    page, root = EditableText(text), parse_nodes(text)
    clients = clients_node(root)
    if clients.children or root.is_flow or not _is_open(page, root, clients):
        return append_items(page, clients, entries)
    return _begin_list(page, root, clients, entries)


def _is_open(page: EditableText, root: Node, clients: Node) -> bool:
    """Whether `[]` can be replaced by a list with dashes: it has no comment inside, and is on the line of its key."""
    same_line = page.line_start(clients.start) == page.line_start(root.pairs[0][0].end)
    return same_line and not page.text[clients.start + 1 : clients.end - 1].strip(" \t")


def _begin_list(page: EditableText, root: Node, clients: Node, entries: Sequence[Addition]) -> list[Edit]:
    """Replace `[]` by a list with dashes."""
    lines = new_items(entries, page.column(root.start) + 2)
    start = len(page.text[: clients.start].rstrip(" \t"))
    return [
        Edit(start, clients.end, ""),
        page.insert_lines(page.next_line(clients.end), lines),
    ]
