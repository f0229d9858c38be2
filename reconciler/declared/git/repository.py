"""Read the git state of files, and their content in other revisions. The work tree is never changed.

Paths are file system paths, whether they exist now or not: relative ones start from `folder`, which is any folder in
the repository. Every function except `work_tree_root` raises `GitError`, with the command that helps, if git is
missing, the repository belongs to another user, or an object cannot be read or does not have the content of its ID.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from shutil import which

from reconciler.declared.git.objects import FOLDER, TreeItem, commit_of, read_objects, read_trees, tree_of
from reconciler.git.command import Repository, last_error_line, open_repository, run_git
from reconciler.git.repository_paths import find_repository, within
from reconciler.model.errors import GitError
from reconciler.support.frozen import frozen
from reconciler.support.text import quoted

_QUIETLY = ("rev-parse", "--verify", "--quiet", "--end-of-options")
_SYMLINK, SUBMODULE = "120000", "160000"
_MOST_LINKS = 8
_GLOB = re.compile(r"[*?\[\\]")
_DIGITS = re.compile("[0-9a-fA-F]+")

# The branches are named, since a shallow clone usually tracks only one.
_UNSHALLOW = (
    "fetch the rest: git fetch --unshallow origin '+refs/heads/*:refs/remotes/origin/*'"
    " (with actions/checkout: `fetch-depth: 0`)"
)


@frozen
class TreeEntry:
    """A file in a commit."""

    path: str
    """Relative to the listed path, with slashes; empty if that path is itself a file."""
    mode: str
    """`100644` and `100755` are files, `120000` is a symlink (its blob is the target), `160000` a submodule."""
    object_id: str


def has_repository(folder: Path) -> bool:
    """Whether there is git, and a repository that contains a folder."""
    has_git = which("git", path=os.environ.get("PATH")) is not None
    return has_git and folder.is_dir() and find_repository(folder, os.environ) is not None


def is_git_dir_ignored(folder: Path) -> bool:
    """Whether `GIT_DIR` is set for a folder that is in no repository. It is never read."""
    return bool(os.environ.get("GIT_DIR")) and folder.is_dir() and find_repository(folder, os.environ) is None


def work_tree_root(folder: Path) -> str | None:
    """The root of the work tree that contains a folder; None outside a repository. Git is not asked."""
    try:
        paths = find_repository(folder, os.environ)
    except GitError:
        return None
    return str(paths.work_tree) if paths else None


def head_commit(folder: Path) -> str | None:
    """The full ID of the commit that is checked out; None before the first commit."""
    done = run_git(_opened(folder), *_QUIETLY, "HEAD^{commit}")
    return done.stdout.decode().strip() if done.returncode == 0 else None


def resolve_commit(folder: Path, ref: str) -> str:
    """The full ID of the commit named by a branch, a tag, an ID or an expression such as `HEAD~2`."""
    if not ref or ref.startswith("-"):
        raise GitError(f"{quoted(ref)} is not a git revision", "name a branch, a tag or a commit: origin/main")
    repository = _opened(folder)
    done = run_git(repository, "rev-parse", "--verify", "--end-of-options", f"{ref}^{{commit}}")
    if done.returncode != 0:
        raise _unknown(folder, ref)
    if b"refname" in done.stderr and b"is ambiguous" in done.stderr:
        hint = f"write it out: refs/remotes/{ref}, refs/heads/{ref} or refs/tags/{ref}"
        raise GitError(f"{quoted(ref)} is the name of more than one branch or tag here", hint)
    found = done.stdout.decode().split()[-1]
    is_full_id = len(ref) == len(found) and _DIGITS.fullmatch(ref)
    return commit_of(repository, ref.lower() if is_full_id else found)


def merge_base(folder: Path, ref: str) -> str:
    """The commit where HEAD branched off from `ref`: what a pull request is compared with."""
    commit, head = resolve_commit(folder, ref), resolve_commit(folder, "HEAD")
    done = run_git(_opened(folder), "merge-base", commit, head)
    if done.returncode == 0:
        return done.stdout.decode().strip()
    if done.returncode > 1:
        raise _failed("find where the histories part", last_error_line(done))
    if _is_shallow(folder):
        raise GitError(f"this clone does not reach back to where HEAD left {quoted(ref)}: it is shallow", _UNSHALLOW)
    raise GitError(
        f"{quoted(ref)} and HEAD have no commit in common", "give as base the branch that yours was created from"
    )


def read_file_at(folder: Path, commit: str, path: str | Path) -> bytes | None:
    """The content of a file in a commit; None if it does not exist there. The content of a symlink is its target."""
    found = file_at(folder, commit, path)
    return read_blobs(folder, [found.object_id])[found.object_id] if found else None


def file_at(folder: Path, commit: str, path: str | Path) -> TreeEntry | None:
    """A file or a symlink in a commit; None if there is none at the path."""
    found = list_tree(folder, commit, path)
    return next((entry for entry in found if not entry.path and entry.mode != SUBMODULE), None)


def list_tree(folder: Path, commit: str, path: str | Path) -> Sequence[TreeEntry]:
    """All files at or below a path in a commit, sorted by path; empty if there are none.

    Symlinks on the way are followed as the commit has them, never as the work tree does. A submodule is one entry,
    also if the path leads into it: its files are in another repository.
    """
    repository = _opened(folder)
    found = _item_at(repository, commit, _inside(repository, folder, path))
    if found is None:
        return []
    if found.mode != FOLDER:
        return [TreeEntry("", found.mode, found.object_id)]
    return sorted(_below(repository, found.object_id), key=lambda entry: entry.path)


def _item_at(repository: Repository, commit: str, path: str) -> TreeItem | None:
    """What a commit has at a path relative to its root; a symlink there is not followed, one on the way is."""
    root = TreeItem("", FOLDER, tree_of(repository, commit))
    for _ in range(_MOST_LINKS):
        found, link = root, None
        parts = [part for part in path.split(os.sep) if part]
        for number, part in enumerate(parts):
            items = read_trees(repository, [found.object_id])[found.object_id] if found.mode == FOLDER else ()
            named = next((item for item in items if item.name == part), None)
            if named is None:
                return None
            found = named
            if found.mode == SUBMODULE:
                return found
            if found.mode == _SYMLINK and number + 1 < len(parts):
                link = number
                break
        if link is None:
            return found
        target = os.fsdecode(read_objects(repository, [found.object_id])[found.object_id].data)
        path = os.path.normpath(os.path.join(*parts[:link], target, *parts[link + 1 :]))
        if os.path.isabs(path) or path.split(os.sep)[0] == os.pardir:  # out of the repository
            return None
    return None


def read_blobs(folder: Path, ids: Iterable[str]) -> Mapping[str, bytes]:
    """The contents of files by their object IDs, all read by one process."""
    return {object_id: found.data for object_id, found in read_objects(_opened(folder), ids).items()}


def exists_at(folder: Path, commit: str, path: str | Path) -> bool:
    """Whether a commit has a file or a folder at a path, or a submodule that may have it."""
    repository = _opened(folder)
    return _item_at(repository, commit, _inside(repository, folder, path)) is not None


def old_place(folder: Path, commit: str, path: Path) -> Path | None:
    """Where a file was in a commit, if git says that it was moved between that one and HEAD; None if it was not.

    Only a file of the same name is looked for.
    """
    repository = _opened(folder)
    moved = _inside(repository, folder, path)
    named = f":(top,glob)**/{_GLOB.sub(lambda found: chr(92) + found[0], path.name)}"
    flags = ("--find-renames", "--diff-filter=R", "--name-status", "-z", "--no-ext-diff", "--no-textconv")
    done = run_git(repository, "diff-tree", "-r", *flags, "--end-of-options", commit, "HEAD", "--", named)
    if done.returncode != 0:
        raise _failed("compare two commits", last_error_line(done))
    words = [os.fsdecode(word) for word in done.stdout.split(b"\0")[:-1]]
    sources = dict(zip(words[2::3], words[1::3], strict=True))
    return repository.paths.work_tree / sources[moved] if moved in sources else None


def contains(folder: Path, path: Path) -> bool:
    """Whether a path is in the work tree that contains a folder."""
    return _relative(_opened(folder), folder, path) is not None


def get_ref(folder: Path, name: str) -> str | None:
    """The ID that a full ref name (`refs/reconciler/…`) points to; None if there is no such ref."""
    done = run_git(_opened(folder), *_QUIETLY, _full(name))
    return done.stdout.decode().split()[-1] if done.returncode == 0 else None


def set_ref(folder: Path, name: str, commit: str) -> None:
    """Point a full ref name to a commit, which must be here. Atomic, also with concurrent writers."""
    repository = _opened(folder)
    if commit_of(repository, commit) != commit:
        raise GitError(f"{commit[:12]} is not a commit", "name the commit itself, by its full ID")
    done = run_git(repository, "update-ref", "--no-deref", "-m", "reconciler", _full(name), commit)
    if done.returncode != 0:
        raise _failed(f"record {name}", last_error_line(done))


def _opened(folder: Path) -> Repository:
    return open_repository(folder, os.environ)


def _below(repository: Repository, tree: str) -> Iterator[TreeEntry]:
    """All files below a tree. Folders of one depth are read by one process."""
    folders = [("", tree)]
    while folders:
        trees = read_trees(repository, (object_id for _, object_id in folders))
        items = [(path + item.name, item) for path, object_id in folders for item in trees[object_id]]
        yield from (TreeEntry(path, item.mode, item.object_id) for path, item in items if item.mode != FOLDER)
        folders = [(f"{path}/", item.object_id) for path, item in items if item.mode == FOLDER]


def _inside(repository: Repository, folder: Path, path: str | Path) -> str:
    """The path relative to the root of the repository; empty for the root itself."""
    inside = _relative(repository, folder, path)
    if inside is None:
        place = f"{quoted(str(path))} is not in the git repository of {quoted(str(repository.paths.work_tree))}"
        raise GitError(place, "no revision of it has the file: put it into the repository, or name another")
    return inside


def _relative(repository: Repository, folder: Path, path: str | Path) -> str | None:
    inside = within(repository.paths.work_tree, Path(os.path.normpath(folder.absolute() / path)))
    return None if inside is None else "" if inside == Path() else str(inside)


def _unknown(folder: Path, ref: str) -> GitError:
    who = f"git knows no commit {quoted(ref)} here"
    if ref == "HEAD":
        return GitError("there is no commit in this repository yet", "commit the files first: git commit")
    if _is_shallow(folder):
        return GitError(f"{who}, and this clone is shallow", _UNSHALLOW)
    there = f"origin/{ref}"
    if run_git(_opened(folder), *_QUIETLY, f"{there}^{{commit}}").returncode == 0:
        return GitError(who, f"did you mean {there}?")
    branch = ref.removeprefix("origin/")
    return GitError(who, f"check its spelling; if it is new: git fetch origin {quoted(branch)}, then origin/BRANCH")


def _is_shallow(folder: Path) -> bool:
    return run_git(_opened(folder), "rev-parse", "--is-shallow-repository").stdout.strip() == b"true"


def _full(name: str) -> str:
    if not name.startswith("refs/"):
        raise GitError(f"{quoted(name)} is not the full name of a ref", "write it out: refs/…")
    return name


def _failed(what: str, why: str) -> GitError:
    return GitError(f"git cannot {what}: {why}", "run git fsck to see the damage, then clone the repository again")
