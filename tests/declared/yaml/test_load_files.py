"""Files and directories as they are found on real machines."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from reconciler.declared.yaml.files import MAX_BYTES
from reconciler.declared.yaml.load import LoadResult, load_directory, load_file

FILE = "clients: []\n"


def write(directory: Path, **files: str) -> Path:
    """A directory with these files; `__` in a name is a slash, `_` the dot before the ending."""
    for name, text in files.items():
        file = directory / name.replace("__", "/").replace("_", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return directory


def load(directory: Path) -> LoadResult:
    return load_directory(directory, "clients")


def paths(loaded: LoadResult) -> list[str]:
    return [document.path for document in loaded.documents]


def problem(directory: Path) -> str:
    """The one diagnostic of a directory in which everything else is fine."""
    loaded = load(directory)
    assert len(loaded.diagnostics) == 1, loaded.diagnostics
    return str(loaded.diagnostics[0])


def test_files_are_found_at_any_depth_and_come_in_the_order_of_their_paths(tmp_path: Path) -> None:
    write(tmp_path, b_yaml=FILE, a__z_yml=FILE, a__a__x_yaml=FILE, a_yaml=FILE)
    assert paths(load(tmp_path)) == ["clients/a.yaml", "clients/a/a/x.yaml", "clients/a/z.yml", "clients/b.yaml"]
    assert load(tmp_path).diagnostics == ()


def test_names_that_start_with_a_dot_are_skipped(tmp_path: Path) -> None:
    write(tmp_path, a_yaml=FILE, _hidden_yaml="{", _git__x_yaml="{")
    assert paths(load(tmp_path)) == ["clients/a.yaml"]
    assert load(tmp_path).diagnostics == ()


@pytest.mark.parametrize("name", ["a.json", "README.md", "a.yaml~", "a.YAML", "yaml", "a.yaml.bak"])
def test_a_file_with_another_ending_gets_a_warning_because_it_may_be_meant(tmp_path: Path, name: str) -> None:
    (write(tmp_path, a_yaml=FILE) / name).write_text("{")
    expected = f"clients/{name}:1:1: warning: this file is not read; let its name end in .yaml, or move it elsewhere"
    assert problem(tmp_path) == f"{expected} [file-ending]"


def test_every_one_of_25_bad_files_is_reported_and_the_good_one_is_loaded(tmp_path: Path) -> None:
    write(tmp_path, good_yaml=FILE, **{f"f{n}_yaml": "a: 'x" for n in range(25)})
    loaded = load(tmp_path)
    assert len({diagnostic.location.path for diagnostic in loaded.diagnostics}) == 25
    assert paths(loaded) == ["clients/good.yaml"]


def test_an_empty_file_is_told_what_to_write(tmp_path: Path) -> None:
    write(tmp_path, a_yaml="# nothing yet\n")
    expected = (
        "clients/a.yaml:1:1: error: the file is empty; write `clients: []` into it if it declares none [empty-file]"
    )
    assert problem(tmp_path) == expected


def test_a_missing_directory_is_an_error_that_suggests_a_file(tmp_path: Path) -> None:
    assert problem(tmp_path / "clients") == (
        "clients:1:1: error: there is no such directory; reconciler export -o clients/NAME.yaml writes what is live, "
        "reconciler init a first file; or write `clients: []` into clients/clients.yaml [no-files]"
    )


@pytest.mark.parametrize("files", [{}, {"_gitkeep": ""}, {"empty__folder___hidden": ""}])
def test_a_directory_without_any_yaml_file_is_an_error(tmp_path: Path, files: dict[str, str]) -> None:
    """A checkout that went wrong must not read as "nothing is declared"."""
    assert problem(write(tmp_path, **files)).startswith(
        "clients:1:1: error: the directory holds no .yaml file; "
        "reconciler export -o clients/NAME.yaml writes what is live"
    )


def test_a_file_where_the_directory_should_be_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, clients_yaml=FILE)
    assert problem(tmp_path / "clients.yaml").startswith("clients:1:1: error: this is not a directory")


def test_the_directory_itself_may_be_a_symlink(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(write(tmp_path / "real", a_yaml=FILE))
    assert paths(load(tmp_path / "link")) == ["clients/a.yaml"]


def test_a_directory_that_is_called_x_yaml_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, x_yaml__a_yaml=FILE)
    assert problem(tmp_path) == (
        "clients/x.yaml:1:1: error: this is a directory, not a file; rename it: only files end in .yaml [file]"
    )


def test_a_symlinked_file_is_followed(tmp_path: Path) -> None:
    write(tmp_path, elsewhere__real_txt=FILE, clients__a_yaml=FILE)
    (tmp_path / "clients/link.yaml").symlink_to("../elsewhere/real.txt")
    assert paths(load(tmp_path / "clients")) == ["clients/a.yaml", "clients/link.yaml"]


@pytest.mark.parametrize("name", ["link", "link.yaml"])
def test_a_symlinked_directory_is_an_error_that_says_why(tmp_path: Path, name: str) -> None:
    write(tmp_path, elsewhere__real_yaml=FILE, clients__a_yaml=FILE)
    (tmp_path / "clients" / name).symlink_to("../elsewhere")
    assert problem(tmp_path / "clients").startswith(
        f"clients/{name}:1:1: error: a symlink to a directory is not followed: it could lead out of the repository"
    )


def test_a_directory_that_links_to_itself_ends(tmp_path: Path) -> None:
    write(tmp_path, a_yaml=FILE)
    (tmp_path / "again").symlink_to(tmp_path)
    assert "clients/again:1:1: error: a symlink to a directory" in problem(tmp_path)


def test_a_symlink_to_nothing_is_an_error(tmp_path: Path) -> None:
    (write(tmp_path, a_yaml=FILE) / "x.yaml").symlink_to("nowhere.yaml")
    assert problem(tmp_path) == (
        "clients/x.yaml:1:1: error: the symlink points to nothing; correct it, or remove it [file]"
    )


def test_a_loop_of_symlinks_is_an_error(tmp_path: Path) -> None:
    (write(tmp_path, a_yaml=FILE) / "x.yaml").symlink_to("x.yaml")
    assert problem(tmp_path).startswith(
        "clients/x.yaml:1:1: error: the file cannot be read: too many levels of symbolic"
    )


def test_a_fifo_does_not_make_the_program_wait(tmp_path: Path) -> None:
    os.mkfifo(write(tmp_path, a_yaml=FILE) / "x.yaml")
    assert problem(tmp_path) == (
        "clients/x.yaml:1:1: error: this is not a file but a pipe, a socket or a device; remove it [file]"
    )


def test_a_socket_is_not_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, socket_enabled: None) -> None:
    monkeypatch.chdir(write(tmp_path, a_yaml=FILE))  # a socket's address has at most 107 bytes
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("x.yaml")
        assert "not a file but a pipe, a socket or a device" in problem(tmp_path)


def test_a_device_is_not_a_file(tmp_path: Path) -> None:
    (write(tmp_path, a_yaml=FILE) / "x.yaml").symlink_to("/dev/zero")
    assert "not a file but a pipe, a socket or a device" in problem(tmp_path)


def test_a_file_of_50_mb_is_not_read(tmp_path: Path) -> None:
    with (write(tmp_path, a_yaml=FILE) / "x.yaml").open("wb") as file:
        file.truncate(50 * 1024 * 1024)
    assert problem(tmp_path) == (
        "clients/x.yaml:1:1: error: the file has 50 MiB, more than the 32 that are read; split it [file]"
    )


def test_a_file_of_just_the_most_bytes_is_read(tmp_path: Path) -> None:
    write(tmp_path, a_yaml=FILE + "#" * (MAX_BYTES - len(FILE)))
    assert load(tmp_path).diagnostics == ()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs a file that nobody can read, not even root")
def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    (write(tmp_path, a_yaml=FILE) / "x.yaml").symlink_to("/proc/self/mem")
    assert problem(tmp_path) == "clients/x.yaml:1:1: error: the file cannot be read: input/output error [file]"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("name", ["x.yaml", "folder"])
def test_what_permissions_forbid_is_an_error(tmp_path: Path, name: str) -> None:
    write(tmp_path, a_yaml=FILE, x_yaml=FILE, folder__b_yaml=FILE)
    (tmp_path / name).chmod(0)
    try:
        assert "permission denied" in problem(tmp_path).lower()
    finally:
        (tmp_path / name).chmod(0o700)


@pytest.mark.skipif(sys.platform == "darwin", reason="its file names are always UTF-8")
def test_the_name_of_a_file_cannot_break_the_line_it_is_shown_on(tmp_path: Path) -> None:
    (tmp_path / "a\nb\x1b\udcff.yaml").write_text("")
    assert problem(tmp_path).startswith("clients/a\\u{a}b\\u{1b}\\xff.yaml:1:1: error: the file is empty")


def test_a_single_file_is_loaded_as_it_is_shown(tmp_path: Path) -> None:
    file = write(tmp_path, a_yaml="a: 1") / "a.yaml"
    assert paths(load_file(file, "reconciler.yaml")) == ["reconciler.yaml"]


def test_a_single_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    found = load_file(tmp_path / "reconciler.yaml", "reconciler.yaml").diagnostics
    assert [str(diagnostic) for diagnostic in found] == ["reconciler.yaml:1:1: error: there is no such file [file]"]
