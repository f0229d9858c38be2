"""The sinks `dotenv` and `json`: what they write, what they leave alone, and where they refuse to write at all."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.secret import Secret
from reconciler.secrets.delivery import Deliverer, Leftover
from reconciler.secrets.sinks.dotenv import _assigned, _with, _without
from reconciler.secrets.values import DeliveryEvent, SinkState
from tests.secrets.handing import client, deliverer, delivery, many, text_of

DOTENV = {"dotenv": {"path": ".env.{instance}"}}
JSON = {"json": {"path": "clients.json"}}
BOTH = pytest.mark.parametrize(
    ("sink", "name"), [(DOTENV, ".env.production"), (JSON, "clients.json")], ids=["dotenv", "json"]
)


def succeed(sinks: Deliverer, *handed: Any) -> None:
    for each in handed:
        assert [done.error for done in sinks.deliver(each)] == [None]


def problem(sinks: Deliverer, *clients: Any) -> tuple[str, str | None]:
    (found,) = sinks.problems(clients)
    assert found.error is not None
    return found.error.message, found.error.hint


def sourced(file: Path) -> dict[str, str]:
    """What a shell makes of the file."""
    run = ["sh", "-c", f"set -a; . {shlex.quote(str(file))}; env -0"]
    done = subprocess.run(run, env={}, capture_output=True, text=True, timeout=60, check=True)
    return dict(each.split("=", 1) for each in done.stdout.split("\0") if each)


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, timeout=60, check=True)


def test_a_shell_reads_the_variables(tmp_path: Path) -> None:
    succeed(deliverer(tmp_path, DOTENV), delivery(), delivery("Café 24", 18))
    found = sourced(tmp_path / ".env.production")
    assert found["CUSTOMER_PORTAL_CLIENT_ID"] == "17"
    assert found["CUSTOMER_PORTAL_CLIENT_SECRET"] == text_of(17)
    assert found["CAFE_24_CLIENT_SECRET"] == text_of(18)


def test_the_document_is_sorted_by_instance_and_name(tmp_path: Path) -> None:
    (tmp_path / "clients.json").write_text('{"staging": {"Other": {"id": 1, "secret": "kept"}}}')
    (tmp_path / "clients.json").chmod(0o600)
    succeed(deliverer(tmp_path, JSON), delivery("B", 18, owner=None), delivery("Ä", 17))
    assert json.loads((tmp_path / "clients.json").read_text()) == {
        "production": {
            "B": {"id": 18, "owner": None, "secret": text_of(18)},
            "Ä": {"id": 17, "owner": "team-portal", "secret": text_of(17)},
        },
        "staging": {"Other": {"id": 1, "secret": "kept"}},
    }


@BOTH
def test_nobody_else_can_read_it(tmp_path: Path, sink: Any, name: str) -> None:
    earlier = os.umask(0)
    try:
        succeed(deliverer(tmp_path, sink), delivery(), delivery("Other", 18))
    finally:
        os.umask(earlier)
    assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.rglob("*.tmp")] == []


@BOTH
def test_delivering_again_does_not_write(tmp_path: Path, sink: Any, name: str) -> None:
    sinks = deliverer(tmp_path, sink)
    succeed(sinks, delivery())
    before = (tmp_path / name).stat()
    succeed(sinks, delivery(event=DeliveryEvent.EXISTING))
    after = (tmp_path / name).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


@BOTH
def test_it_says_what_is_missing_current_and_stale(tmp_path: Path, sink: Any, name: str) -> None:
    sinks = deliverer(tmp_path, sink)
    assert sinks.holds(delivery())[0].held is SinkState.MISSING
    succeed(sinks, delivery())
    assert sinks.holds(delivery())[0].held is SinkState.CURRENT
    assert sinks.holds(delivery(secret=Secret(text_of(18))))[0].held is SinkState.STALE
    assert sinks.holds(delivery(number=18))[0].held is SinkState.STALE


@BOTH
def test_a_rename_leaves_nothing_under_the_former_name(tmp_path: Path, sink: Any, name: str) -> None:
    sinks = deliverer(tmp_path, sink)
    succeed(sinks, delivery("Portal"), delivery(event=DeliveryEvent.RENAMED, previous_name="Portal"))
    assert sinks.holds(delivery("Portal"))[0].held is SinkState.MISSING
    assert sinks.holds(delivery())[0].held is SinkState.CURRENT


@BOTH
def test_nor_where_nobody_knows_the_former_name(tmp_path: Path, sink: Any, name: str) -> None:
    """The run that renamed the client was killed before it came to this sink."""
    sinks = deliverer(tmp_path, sink)
    succeed(sinks, delivery("Desk", 17), delivery("Other", 18), delivery("Portal", 17))
    text = (tmp_path / name).read_text().lower()
    assert "desk" not in text
    assert "other" in text
    assert "portal" in text


@BOTH
def test_a_former_name_that_another_client_has_stays(tmp_path: Path, sink: Any, name: str) -> None:
    sinks = deliverer(tmp_path, sink)
    succeed(sinks, delivery("Portal", 18), delivery(number=17, event=DeliveryEvent.RENAMED, previous_name="Portal"))
    assert sinks.holds(delivery("Portal", 18))[0].held is SinkState.CURRENT


@BOTH
def test_a_deletion_takes_away_its_own_id_only(tmp_path: Path, sink: Any, name: str) -> None:
    sinks = deliverer(tmp_path, sink)
    assert [done.error for done in sinks.forget(client(), 17)] == [None]
    succeed(sinks, delivery(number=18))
    sinks.forget(client(), 17)
    assert sinks.holds(delivery(number=18))[0].held is SinkState.CURRENT
    sinks.forget(client(), 18)
    assert sinks.holds(delivery(number=18))[0].held is SinkState.MISSING


@BOTH
def test_twenty_at_once_are_all_there(tmp_path: Path, sink: Any, name: str) -> None:
    first, second = deliverer(tmp_path, sink), deliverer(tmp_path, sink)
    with ThreadPoolExecutor(8) as pool:
        work = [pool.submit((first, second)[index % 2].deliver, each) for index, each in enumerate(many())]
        assert [done.error for each in work for done in each.result()] == [None] * 20
    assert {each.held for handed in many() for each in first.holds(handed)} == {SinkState.CURRENT}


def test_other_lines_of_a_dotenv_file_stay_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / ".env.production"
    file.write_bytes(
        b"# mine\r\nA=1\n\nexport CUSTOMER_PORTAL_CLIENT_ID='3'\nB='two words' # \xff\n"
        b"CUSTOMER_PORTAL_CLIENT_ID=4\nlast"
    )
    file.chmod(0o600)
    succeed(deliverer(tmp_path, DOTENV), delivery())
    assert file.read_bytes() == (
        b"# mine\r\nA=1\n\nexport CUSTOMER_PORTAL_CLIENT_ID=17\nB='two words' # \xff\nlast\n"
        b"CUSTOMER_PORTAL_CLIENT_SECRET=" + text_of(17).encode() + b"\n"
    )


LINES = st.lists(
    st.sampled_from(["# A=1\n", "A=0\n", " export A='2'\n", "B=3\n", "AB=4\n", "A\n", "\n", "A=5"]), max_size=6
)


@given(LINES)
def test_setting_a_variable_sets_it_once_and_touches_no_other_line(lines: list[str]) -> None:
    before = [line if line.endswith("\n") else line + "\n" for line in lines]
    after = _with(before, "A", "9")
    assert [_assigned(line) for line in after if _assigned(line)[0] == "A"] == [("A", "9")]
    assert [line for line in after if _assigned(line)[0] != "A"] == [
        line for line in before if _assigned(line)[0] != "A"
    ]
    assert _with(after, "A", "9") == after


def test_two_lines_with_one_id_are_not_ours_to_remove() -> None:
    lines = ["A_CLIENT_ID=1\n", "A_CLIENT_ID=2\n", "A_CLIENT_SECRET=x\n"]
    assert _without(lines, "A", 1) == lines


@pytest.mark.parametrize("text", ["a'b", "a b", "$(reboot)", "`x`", "a\nb", "a\\b", 'a"b', "a#b", "ü", ""])
def test_a_secret_that_a_shell_would_read_otherwise_is_refused(tmp_path: Path, text: str) -> None:
    (done,) = deliverer(tmp_path, DOTENV).deliver(delivery(secret=Secret(text)))
    assert done.error is not None
    assert "characters with a special meaning in a dotenv file" in done.error.message
    assert not text or text not in done.error.message
    assert not (tmp_path / ".env.production").exists()


def test_two_names_with_one_variable_are_refused(tmp_path: Path) -> None:
    message, _ = problem(deliverer(tmp_path, DOTENV), client("Customer portal"), client("customer-portal"))
    assert message == (
        "'Customer portal' and 'customer-portal' would have one variable, 'CUSTOMER_PORTAL_CLIENT_SECRET'"
    )


@BOTH
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, sink: Any, name: str, mode: int) -> None:
    (tmp_path / name).write_text("")
    (tmp_path / name).chmod(mode)
    sinks = deliverer(tmp_path, sink)
    expected = (f"{name} can be read by others (mode {mode:04o})", f"chmod 600 {name}")
    assert problem(sinks, client()) == expected
    (done,) = sinks.deliver(delivery())
    assert done.error is not None
    assert done.error.message == expected[0]
    assert (tmp_path / name).read_text() == ""


@BOTH
def test_a_file_that_git_would_take_is_refused(tmp_path: Path, sink: Any, name: str) -> None:
    git(tmp_path, "init", "-q")
    sinks = deliverer(tmp_path, sink)
    message, hint = problem(sinks, client())
    assert message == f"{name} would be published: git tracks it, or would add it"
    assert hint == f"add it to .gitignore; if git has it already, also: git rm --cached {name}"
    (done,) = sinks.deliver(delivery())
    assert done.error is not None
    assert not (tmp_path / name).exists()
    (tmp_path / ".gitignore").write_text(f"/{name}\n")
    assert sinks.problems([client()]) == ()
    succeed(sinks, delivery())


@BOTH
def test_a_file_that_git_has_is_refused_though_it_is_ignored_now(tmp_path: Path, sink: Any, name: str) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / name).write_text("{}" if name.endswith("json") else "")
    (tmp_path / name).chmod(0o600)
    git(tmp_path, "add", name)
    (tmp_path / ".gitignore").write_text(f"/{name}\n")
    message, _ = problem(deliverer(tmp_path, sink), client())
    assert "would be published" in message


def test_nothing_of_a_delivery_is_left_for_git_to_take(tmp_path: Path) -> None:
    """Neither the file nor the one that it was written to first."""
    git(tmp_path, "init", "-q")
    (tmp_path / ".gitignore").write_text(".env.*\n.gitignore\n")
    succeed(deliverer(tmp_path, DOTENV), delivery())
    done = subprocess.run(
        ["git", "-C", str(tmp_path), "status", "--porcelain"], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == ""


def test_in_a_repository_without_git_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    sinks = deliverer(tmp_path, JSON, environ={"PATH": str(tmp_path)})
    assert problem(sinks, client())[0] == "cannot tell whether git would take clients.json: git is not on the PATH"


def test_a_symlink_into_a_repository_is_judged_by_where_it_leads(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    repository = tmp_path_factory.mktemp("repository")
    git(repository, "init", "-q")
    (tmp_path / "clients.json").symlink_to(repository / "clients.json")
    assert "would be published" in problem(deliverer(tmp_path, JSON), client())[0]


def test_a_symlink_goes_on_leading_to_the_file(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    real = tmp_path_factory.mktemp("elsewhere") / "real.json"
    (tmp_path / "clients.json").symlink_to(real)
    succeed(deliverer(tmp_path, JSON), delivery())
    assert (tmp_path / "clients.json").is_symlink()
    assert real.stat().st_mode & 0o777 == 0o600


def test_a_path_outside_of_the_project_is_fine(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("elsewhere") / "app.env"
    sinks = deliverer(tmp_path, {"dotenv": {"path": str(file)}})
    assert sinks.problems([client()]) == ()
    succeed(sinks, delivery())
    assert sourced(file)["CUSTOMER_PORTAL_CLIENT_ID"] == "17"
    assert (list(tmp_path.iterdir()), list(file.parent.iterdir())) == ([], [file])


@pytest.mark.parametrize(
    "content", ["[]", "{", '{"production": []}', "\x00", "5", '{"(staged)": {"production": []}}', "[" * 99_999]
)
def test_a_document_of_somebody_else_is_left_alone(tmp_path: Path, content: str) -> None:
    (tmp_path / "clients.json").write_text(content)
    (tmp_path / "clients.json").chmod(0o600)
    sinks = deliverer(tmp_path, JSON)
    assert problem(sinks, client())[0] == "clients.json is not a document of this sink"
    assert sinks.deliver(delivery())[0].error is not None
    assert (tmp_path / "clients.json").read_text() == content


def test_instances_that_share_a_document_do_not_touch_what_the_other_has_staged(tmp_path: Path) -> None:
    """Not even for a client of the same name and id."""
    sinks, ours = deliverer(tmp_path, JSON), delivery()
    theirs = replace(ours, client=replace(ours.client, instance="other"), secret=Secret(text_of(18)))
    for each in (ours, theirs):
        assert [done.error for done in sinks.stage(each, (0,))] == [None]
    assert sinks.leftovers("other", "", ()) == (Leftover("Customer portal", 17, "json clients.json", 0),)
    assert sinks.make_current(ours.client, 17, (0,))[0][1]
    sinks.forget(ours.client, 17)
    document = json.loads((tmp_path / "clients.json").read_text())
    assert document["(staged)"]["other"]["17"]["secret"] == text_of(18)
    assert not document["production"]
    assert sinks.make_current(theirs.client, 17, (0,))[0][1]
    assert sinks.leftovers("other", "", ()) == ()


def test_copies_that_somebody_keeps_for_others_are_no_earlier_name(tmp_path: Path) -> None:
    """Only what this sink has written, and once, is moved to the client's name."""
    file = tmp_path / ".env.production"
    for kept in ("A_CLIENT_ID=17\nB_CLIENT_ID=17\n", "a_CLIENT_ID=17\n", "A_CLIENT_ID=17\n"):
        secrets = kept.replace("_ID=17", "_SECRET=x") if kept.count("=") == 2 or kept[0] == "a" else ""
        file.write_text(kept + secrets)
        file.chmod(0o600)
        [(_, moved)] = deliverer(tmp_path, DOTENV).make_current(client(), 17, (0,))
        assert not moved
        assert file.read_text() == kept + secrets


@BOTH
def test_a_folder_in_its_place_or_none_around_it_is_said(tmp_path: Path, sink: Any, name: str) -> None:
    (tmp_path / name).mkdir()
    assert problem(deliverer(tmp_path, sink), client())[0] == f"cannot write {name}: it is not a file"
    elsewhere = {kind: {"path": "not/there/" + value["path"]} for kind, value in sink.items()}
    assert problem(deliverer(tmp_path, elsewhere), client())[0].endswith("its folder is not there")


@BOTH
def test_no_message_shows_a_secret(tmp_path: Path, sink: Any, name: str) -> None:
    sinks = deliverer(tmp_path, sink)
    succeed(sinks, delivery())
    (tmp_path / name).chmod(0o644)
    (done,) = sinks.deliver(delivery(number=18))
    assert text_of(18) not in repr(done) + str(done.error) + repr(delivery(number=18))
