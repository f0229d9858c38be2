"""The file: made where it is missing, shared between processes, never taken from another program."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from reconciler.model.clients import ClientSpec, Grant
from reconciler.model.errors import SandboxError
from reconciler.sandbox.serve import reset, running, seed
from tests.sandbox.conftest import Browser

CREATE_TWENTY = """
import sys
from pathlib import Path
from reconciler.sandbox.store import Store
with Store(Path(sys.argv[1])) as store:
    for number in range(20):
        store.create(f"{sys.argv[2]} {number}", "", False, True)
"""


def _start(database: Path) -> None:
    with running(database):
        pass


def _seed_nothing(database: Path) -> None:
    seed(database, [])


USES = pytest.mark.parametrize("use", [_start, reset, _seed_nothing])


def test_clients_and_sessions_outlive_the_server(tmp_path: Path) -> None:
    database = tmp_path / "new" / "directory" / "sandbox.sqlite3"
    with running(database) as base, Browser(base) as browser:
        browser.log_in()
        browser.create(name="kept")
        cookies = browser.cookies.get_dict()
    with running(database) as base, Browser(base) as browser:
        browser.cookies.update(cookies)
        assert browser.names()[6] == "kept"


def test_the_ids_of_deleted_clients_are_not_given_again(tmp_path: Path) -> None:
    database = tmp_path / "sandbox.sqlite3"
    with running(database) as base, Browser(base) as browser:
        browser.log_in()
        assert browser.create(name="six").json()["id"] == 6
        assert browser.call("DELETE", "/oauth/clients/6").status_code == 204
    with running(database) as base, Browser(base) as browser:
        browser.log_in()
        assert browser.create(name="seven").json()["id"] == 7


def test_a_system_client_redirects_to_the_address_of_the_first_start(tmp_path: Path) -> None:
    """Equal databases list equal clients, though a free port differs from run to run."""
    database = tmp_path / "sandbox.sqlite3"
    seed(database, [])
    found = []
    for _ in range(2):
        with running(database) as base, Browser(base) as browser:
            browser.log_in()
            found.append((base, browser.call("GET", "/oauth/clients").json()["data"][1]["redirect"]))
    assert found[0][1] == found[1][1] == f"{found[0][0]}/api/oauth2-callback"


def test_reset_makes_a_fresh_installation_also_under_a_running_server(tmp_path: Path) -> None:
    database = tmp_path / "sandbox.sqlite3"
    with running(database) as base, Browser(base) as browser:
        browser.log_in()
        browser.create(name="away")
        reset(database)
        assert browser.call("GET", "/oauth/scopes").status_code == 401
        browser.log_in()
        assert sorted(browser.names()) == [1, 2, 3, 4, 5]
        assert browser.call("GET", "/oauth/clients").json()["data"][1]["redirect"] == f"{base}/api/oauth2-callback"
        assert browser.create(name="again").json()["id"] == 6


def test_reset_makes_the_database_if_there_is_none(tmp_path: Path) -> None:
    database = tmp_path / "a" / "sandbox.sqlite3"
    reset(database)
    assert database.exists()


def test_seeded_clients_are_listed_as_the_platform_would(tmp_path: Path) -> None:
    database = tmp_path / "sandbox.sqlite3"
    seed(
        database,
        [
            ClientSpec("code", frozenset({Grant.AUTHORIZATION_CODE}), ("https://a.example/cb",)),
            ClientSpec("both", frozenset({Grant.PASSWORD, Grant.PERSONAL_ACCESS_TOKEN})),
        ],
    )
    with running(database) as base, Browser(base) as browser:
        browser.log_in()
        seeded = browser.call("GET", "/oauth/clients").json()["data"][5:]
    assert [(c["id"], c["name"], c["redirect"], c["types"]) for c in seeded] == [
        (6, "code", "https://a.example/cb", ["authorization_code_grant"]),
        (7, "both", "", ["personal_access_client", "password_client"]),
    ]


def _text_file(database: Path) -> None:
    database.write_text("dear diary, " * 200)


def _other_program(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE clients (id)")


def _marked_by_another(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA application_id = 7")


def _newer(database: Path) -> None:
    reset(database)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA user_version = 99")


def _directory(database: Path) -> None:
    database.mkdir()


@USES
@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (_text_file, "is not a sandbox database"),
        (_other_program, "is the database of another program"),
        (_marked_by_another, "is the database of another program"),
        (_newer, "was made by a newer version"),
        (_directory, "cannot use"),
    ],
)
def test_a_file_that_is_not_ours_is_refused_and_left_alone(
    make: Callable[[Path], None], reason: str, use: Callable[[Path], None], tmp_path: Path
) -> None:
    database = tmp_path / "sandbox.sqlite3"
    make(database)
    before = database.read_bytes() if database.is_file() else b""
    with pytest.raises(SandboxError, match=reason) as refused:
        use(database)
    assert refused.value.hint
    assert str(database) in refused.value.message
    assert (database.read_bytes() if database.is_file() else b"") == before


@USES
def test_a_directory_that_cannot_be_made_is_a_plain_error(use: Callable[[Path], None], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SandboxError, match="cannot use") as refused:
        use(tmp_path / "file" / "sandbox.sqlite3")
    assert refused.value.hint == "name a file in a directory that you may write to"


def test_an_empty_file_is_taken(tmp_path: Path) -> None:
    database = tmp_path / "sandbox.sqlite3"
    database.touch()
    _start(database)
    assert database.stat().st_size > 0


def test_processes_share_one_database(tmp_path: Path) -> None:
    """They start on no database at all and write at once; a server beside them sees everything."""
    database = tmp_path / "sandbox.sqlite3"
    writers = [
        subprocess.Popen([sys.executable, "-c", CREATE_TWENTY, str(database), name]) for name in ("one", "two", "three")
    ]
    with running(database) as base, Browser(base) as browser:
        assert [writer.wait(60) for writer in writers] == [0, 0, 0]
        browser.log_in()
        names = browser.names()
    assert len(names) == 5 + 60
    assert sum(name.startswith("two ") for name in names.values()) == 20
