"""The YAML that the program writes reads back as what it means, whatever names and URLs hold."""

from __future__ import annotations

from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from reconciler.declared.schema.validate import validate_document
from reconciler.declared.yaml.load import load_text
from reconciler.exporting.yaml_text import render_changes
from reconciler.model.clients import ClientSpec, Grant, Location
from reconciler.planning.plan.plan import Change, Create, Delete, Note, Update
from reconciler.planning.rollback import invert
from reconciler.support.text import quoted_scalar

HERE = Location("clients/a.yaml", 1, 1)
JOURNAL = Location("journal.jsonl", 1, 1)
WHY = Note("differs", "it differs")
OLD = ClientSpec("Warehouse", frozenset({Grant.PASSWORD}))
NEW = ClientSpec(
    "Warehouse: desktop", frozenset({Grant.AUTHORIZATION_CODE}), ("https://a.example/${x}", "https://b.example/cb")
)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_reads_back_as_itself(text: str) -> None:
    loaded = load_text(f"value: {quoted_scalar(text)}\n".encode(), "a.yaml")
    assert not loaded.diagnostics
    assert cast("dict[str, object]", loaded.documents[0].root) == {"value": text}


def test_the_declarations_that_undo_a_run_are_valid_and_say_what_is_lost() -> None:
    run: list[tuple[Change, int]] = [
        (Create(NEW, WHY, HERE), 8),
        (Update(7, OLD, NEW, WHY, HERE, owner="team-warehouse"), 7),
        (Delete(6, NEW, WHY, HERE), 6),
    ]
    undo = invert("20261123T120000Z-ab", run, JOURNAL)
    assert [type(change) for change in undo.changes] == [Update, Create, Delete]
    text = render_changes(undo.changes, undo.losses, "production")
    assert text == (
        "# 'Warehouse: desktop' gets a new id and secret, and the tokens that it had stay revoked\n"
        "clients:\n"
        "  - name: Warehouse\n"
        "    owner: team-warehouse\n"
        '    previous_names: ["Warehouse: desktop"]\n'
        "    instances: [production]\n"
        "    grants:\n"
        "      password: true\n"
        '  - name: "Warehouse: desktop"\n'
        "    instances: [production]\n"
        "    grants:\n"
        "      authorization_code:\n"
        '        redirect_url: ["https://a.example/$${x}", "https://b.example/cb"]\n'
        '  - name: "Warehouse: desktop"\n'
        "    instances: [production]\n"
        "    state: absent\n"
    )
    loaded = load_text(text.encode(), "clients/undo.yaml")
    assert [*loaded.diagnostics, *validate_document(loaded.documents[0], "auth-clients")] == []


def test_undoing_nothing_declares_nothing() -> None:
    assert render_changes((), (), "production") == "clients: []\n"


def test_undoing_an_update_twice_leads_back_to_it() -> None:
    update = Update(7, OLD, NEW, WHY, HERE)
    (undone,) = invert("run", [(update, 7)], JOURNAL).changes
    (again,) = invert("run", [(undone, 7)], JOURNAL).changes
    assert isinstance(again, Update)
    assert (again.before, again.after) == (OLD, NEW)
