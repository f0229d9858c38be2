"""What the files of a split export are called."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from reconciler.exporting.file_names import file_names, render_files
from tests.exporting.test_file_text import DESK, PORTAL, TWICE


def test_a_file_is_called_after_its_client() -> None:
    assert file_names(["Customer portal", "CRM (old)", "Café"]) == {
        "Customer portal": "customer-portal.yaml",
        "CRM (old)": "crm-old.yaml",
        "Café": "cafe.yaml",
    }


def test_names_that_would_share_a_file_are_told_apart_by_the_name_alone() -> None:
    both = file_names(["Portal", "portal", "Desk"])
    assert both == file_names(["portal", "Desk", "Portal"])
    assert both["Desk"] == "desk.yaml"
    assert both["Portal"] != both["portal"]


def test_a_name_without_a_letter_and_one_of_a_device_get_a_file_too() -> None:
    named = file_names(["日本語", "con", "..", ""])
    assert all(re.fullmatch(r"(client|con)-[0-9a-f]{8}\.yaml", file) for file in named.values())


@given(st.lists(st.text() | st.sampled_from(["a", "A", "a-", "é", "e", "x" * 255, "X" * 255, "nul"]), unique=True))
def test_every_name_has_a_file_of_its_own_that_every_system_takes_and_the_program_reads(names: list[str]) -> None:
    named = file_names(names)
    assert list(named) == names
    assert len(set(named.values())) == len(names)
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9-]{0,94}\.yaml", file) for file in named.values())


def test_all_that_is_said_of_a_name_stands_in_one_file() -> None:
    files = render_files([PORTAL, PORTAL, DESK, TWICE], "x")
    assert list(files) == ["customer-portal.yaml", "desk-one.yaml", "twice.yaml"]
    assert files["customer-portal.yaml"].count("- name: Customer portal") == 2
    assert files["twice.yaml"].startswith("# x\nclients: []\n# not declared: ")
