"""Read the git state of files, and their content in other revisions. The work tree is never changed.

Paths are file system paths, whether they exist now or not: relative ones start from `folder`, which is any folder in
the repository. Every function except `revision` and `work_tree_root` raises `GitError`, with the command that helps, if
git is missing, does not know the repository, or cannot read what was asked for.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from reconciler.declared.git.command import last_error_line, run_git
from reconciler.model.errors import GitError
from reconciler.support.frozen import frozen
from reconciler.support.text import quoted

# The branches are named, since a shallow clone usually tracks only one.
_UNSHALLOW = (
    "fetch the rest: git fetch --unshallow origin '+refs/heads/*:refs/remotes/origin/*'"
    " (with actions/checkout: `fetch-depth: 0`)"
)


@frozen
class Revision:
    """A commit, and whether the declared files are the same as in the commit."""

    commit: str
    clean: bool


@frozen
class TreeEntry:
    """A file in a commit."""

    path: str
    """Relative to the listed path, with slashes; empty if that path is itself a file."""
    mode: str
    """`100644` and `100755` are files, `120000` is a symlink (its blob is the target), `160000` a submodule."""
    object_id: str
    size: int | None
    """In bytes; None for a submodule."""


def revision(folder: Path, declared: Sequence[Path]) -> Revision | None:
    """The revision that is checked out in a folder; None outside a repository, or if git is missing or fails.

    The work tree is clean if no tracked file has changed and git has all of `declared`. Other untracked files (a saved
    plan, a journal) do not affect what is applied.
    """
    commit = _git_output(folder, "rev-parse", "--verify", "HEAD")
    changed = _git_output(folder, "status", "--porcelain", "--untracked-files=no")
    if commit is None or changed is None:
        return None
    # It fails for paths outside the repository, which git does not have either.
    missing = _git_output(folder, "status", "--porcelain", "--", *(str(path.absolute()) for path in declared))
    return Revision(commit.strip(), clean=changed == "" and missing == "")


def work_tree_root(folder: Path) -> str | None:
    """The root of the work tree that contains a folder; None outside a repository, or if git is missing or fails."""
    said = _git_output(folder, "rev-parse", "--show-toplevel")
    return said.removesuffix("\n") if said else None


def resolve_commit(folder: Path, ref: str) -> str:
    """The full ID of the commit named by a branch, a tag, an ID or an expression such as `HEAD~2`."""
    if not ref or ref.startswith("-"):
        raise GitError(f"{quoted(ref)} is not a git revision", "name a branch, a tag or a commit: origin/main")
    done = run_git(folder, "rev-parse", "--verify", "--end-of-options", f"{ref}^{{commit}}")
    if done.returncode != 0:
        raise _unknown(folder, ref)
    if b"refname" in done.stderr and b"is ambiguous" in done.stderr:
        hint = f"write it out: refs/remotes/{ref}, refs/heads/{ref} or refs/tags/{ref}"
        raise GitError(f"{quoted(ref)} is the name of more than one branch or tag here", hint)
    return done.stdout.decode().split()[-1]


def merge_base(folder: Path, ref: str) -> str:
    """The commit where HEAD branched off from `ref`: what a pull request is compared with."""
    commit, head = resolve_commit(folder, ref), resolve_commit(folder, "HEAD")
    done = run_git(folder, "merge-base", commit, head)
    if done.returncode == 0:
        return done.stdout.decode().strip()
    if done.returncode > 1:
        raise _failed("find where the histories part", last_error_line(done))
    if _is_shallow(folder):
        raise GitError(f"this clone does not reach back to where HEAD left {quoted(ref)}: it is shallow", _UNSHALLOW)
    raise GitError(f"{quoted(ref)} and HEAD have no commit in common", "name the branch that HEAD was started from")


def read_file_at(folder: Path, commit: str, path: str | Path) -> bytes | None:
    """The content of a file in a commit; None if it does not exist there. The content of a symlink is its target."""
    found = list_tree(folder, commit, path)
    ids = [entry.object_id for entry in found if not entry.path]
    return read_blobs(folder, ids)[ids[0]] if ids else None


def list_tree(folder: Path, commit: str, path: str | Path) -> Sequence[TreeEntry]:
    """All files at or below a path in a commit, sorted by path; empty if there are none."""
    inside = _inside(folder, path)
    # -z, since a name may contain line feeds.
    done = run_git(folder, "ls-tree", "-r", "-l", "-z", "--full-tree", commit, *(["--", inside] if inside else []))
    if done.returncode != 0:
        raise _failed(f"list {quoted(str(path))} of {commit[:12]}", last_error_line(done))
    return sorted(_entries(done.stdout, inside), key=lambda entry: entry.path)


def read_blobs(folder: Path, ids: Iterable[str]) -> Mapping[str, bytes]:
    """The contents of files by their object IDs, all read by one process."""
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return {}
    done = run_git(folder, "cat-file", "--batch", given="".join(f"{each}\n" for each in wanted).encode())
    if done.returncode != 0:
        raise _failed("read files", last_error_line(done))
    return dict(_blobs(done.stdout))


def get_ref(folder: Path, name: str) -> str | None:
    """The ID that a full ref name (`refs/reconciler/…`) points to; None if there is no such ref."""
    done = run_git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", _full(name))
    return done.stdout.decode().split()[-1] if done.returncode == 0 else None


def set_ref(folder: Path, name: str, commit: str) -> None:
    """Point a full ref name to a commit. Atomic, also with concurrent writers."""
    done = run_git(folder, "update-ref", "--no-deref", "-m", "reconciler", _full(name), commit)
    if done.returncode != 0:
        raise _failed(f"record {name}", last_error_line(done))


def _git_output(folder: Path, *arguments: str) -> str | None:
    try:
        done = run_git(folder, *arguments)
    except GitError:
        return None
    return done.stdout.decode(errors="replace") if done.returncode == 0 else None


def _inside(folder: Path, path: str | Path) -> str:
    """The path relative to the root of the repository; empty for the root itself."""
    done = run_git(folder, "rev-parse", "--show-toplevel")
    if done.returncode != 0:
        raise GitError(f"{quoted(str(folder.absolute()))} is in no work tree", "run this in a clone with its files")
    top = os.fsdecode(done.stdout.removesuffix(b"\n"))
    absolute = os.path.join(os.path.realpath(folder), path)
    # The last part is not resolved: a symlink itself is in the commit, its target may not be.
    parent, name = os.path.split(os.path.normpath(absolute))
    inside = os.path.relpath(os.path.join(os.path.realpath(parent), name), os.path.realpath(top))
    if inside == os.pardir or inside.startswith(os.pardir + os.sep):
        place = f"{quoted(str(path))} is not in the git repository of {quoted(top)}"
        raise GitError(place, "no revision of it has the file: put it into the repository, or name another")
    return "" if inside == os.curdir else inside


def _entries(output: bytes, inside: str) -> Iterator[TreeEntry]:
    for line in output.split(b"\0")[:-1]:
        about, _, path = line.partition(b"\t")
        mode, _, object_id, size = about.decode().split()
        below = os.fsdecode(path).removeprefix(inside).lstrip("/")
        yield TreeEntry(below, mode, object_id, int(size) if size.isdecimal() else None)


def _blobs(output: bytes) -> Iterator[tuple[str, bytes]]:
    """Parse git's output: `<id> <type> <size>`, a line feed, the content, a line feed, for each."""
    start = 0
    while start < len(output):
        end = output.index(b"\n", start)
        object_id, kind, *size = output[start:end].decode().split()
        if kind == "missing" or not size:
            hint = "the clone was made without some of its files: git fetch --refetch, or clone without --filter"
            raise GitError(f"the repository here lacks the object {object_id[:12]}", hint)
        start = end + 1 + int(size[0]) + 1
        yield object_id, output[end + 1 : start - 1]


def _unknown(folder: Path, ref: str) -> GitError:
    who = f"git knows no commit {quoted(ref)} here"
    if ref == "HEAD":
        return GitError("there is no commit in this repository yet", "commit the files first: git commit")
    if _is_shallow(folder):
        return GitError(f"{who}, and this clone is shallow", _UNSHALLOW)
    there = f"origin/{ref}"
    if run_git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{there}^{{commit}}").returncode == 0:
        return GitError(who, f"did you mean {there}?")
    branch = ref.removeprefix("origin/")
    return GitError(who, f"is it spelled right? If it is new: git fetch origin {quoted(branch)}, then origin/BRANCH")


def _is_shallow(folder: Path) -> bool:
    return run_git(folder, "rev-parse", "--is-shallow-repository").stdout.strip() == b"true"


def _full(name: str) -> str:
    if not name.startswith("refs/"):
        raise GitError(f"{quoted(name)} is not the full name of a ref", "write it out: refs/…")
    return name


def _failed(what: str, why: str) -> GitError:
    return GitError(f"git cannot {what}: {why}", "see what it says of the repository: git fsck")
