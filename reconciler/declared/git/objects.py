"""Read git's objects and check each against its ID, since git does not when it reads them.

An ID is a hash of the content, so a commit that is trusted vouches for its tree, and the tree for every file in it.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping

from reconciler.git.command import Repository, last_error_line, run_git
from reconciler.model.errors import GitError
from reconciler.support.frozen import frozen

FOLDER = "40000"
"""The mode of a folder in a tree."""

_SHA256_DIGITS = 64

_LEFT_OUT = re.compile(rb"could not fetch ([0-9a-f]+) from promisor remote")
"""What git says of an object that a partial clone left out, since it must not fetch it."""


@frozen
class GitObject:
    """A commit, a tree, a tag or a blob."""

    kind: str
    data: bytes


@frozen
class TreeItem:
    """A file, a folder, a symlink or a submodule directly in a tree."""

    name: str
    mode: str
    object_id: str


def read_objects(repository: Repository, ids: Iterable[str]) -> Mapping[str, GitObject]:
    """Objects by their full IDs, all read by one process. Raises `GitError` for one that is missing or altered."""
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return {}
    done = run_git(repository, "cat-file", "--batch", given="".join(f"{each}\n" for each in wanted).encode())
    if left_out := _LEFT_OUT.search(done.stderr):
        raise _lacks(left_out[1].decode())
    if done.returncode != 0:
        hint = "run git fsck to see the damage, then clone the repository again"
        raise GitError(f"git cannot read files: {last_error_line(done)}", hint)
    found = dict(zip(wanted, _objects(done.stdout), strict=True))
    for object_id, each in found.items():
        if hashed(each.kind, each.data, object_id) != object_id:
            text = f"the object {object_id[:12]} in the repository here does not have the content of its ID"
            raise GitError(text, "it is damaged or was forged: git fsck; if so, make a new clone")
    return found


def hashed(kind: str, data: bytes, like: str) -> str:
    """The ID of an object, by the hash that the ID `like` was made with."""
    digest = hashlib.sha256() if len(like) == _SHA256_DIGITS else hashlib.sha1(usedforsecurity=False)
    digest.update(f"{kind} {len(data)}".encode() + b"\0" + data)
    return digest.hexdigest()


def commit_of(repository: Repository, object_id: str) -> str:
    """The commit that an ID means: itself, or what a tag object with that ID leads to."""
    found = read_objects(repository, [object_id])[object_id]
    while found.kind == "tag":
        object_id = _header(found, "object")
        found = read_objects(repository, [object_id])[object_id]
    if found.kind != "commit":
        raise GitError(f"{object_id[:12]} is not a commit", "name a branch, a tag or a commit: origin/main")
    return object_id


def tree_of(repository: Repository, commit: str) -> str:
    """The ID of the root tree of a commit."""
    return _header(read_objects(repository, [commit])[commit], "tree")


def read_trees(repository: Repository, ids: Iterable[str]) -> Mapping[str, tuple[TreeItem, ...]]:
    """What trees contain, by the IDs of the trees."""
    found = read_objects(repository, ids)
    try:
        return {object_id: tuple(_items(each.data, len(object_id) // 2)) for object_id, each in found.items()}
    except ValueError:
        raise GitError(
            "git has a damaged folder, which cannot be read",
            "run git fsck to see the damage, then clone the repository again",
        ) from None


def _header(found: GitObject, name: str) -> str:
    """The ID in the first line of a commit or a tag."""
    key, _, value = found.data.partition(b"\n")[0].decode(errors="replace").partition(" ")
    if key != name:
        raise GitError(
            f"a {found.kind} in the git repository is damaged: it has no {name}",
            "run git fsck to see the damage, then clone the repository again",
        )
    return value


def _items(data: bytes, id_bytes: int) -> Iterator[TreeItem]:
    """Parse a tree: a mode, a blank, a name, a NUL and the bytes of an ID, for each item."""
    start = 0
    while start < len(data):
        end = data.index(b"\0", start)
        mode, _, name = data[start:end].partition(b" ")
        start = end + 1 + id_bytes
        yield TreeItem(os.fsdecode(name), mode.decode("ascii").lstrip("0"), data[end + 1 : start].hex())


def _objects(output: bytes) -> Iterator[GitObject]:
    """Parse git's output: `<id> <type> <size>`, a line feed, the content, a line feed, for each."""
    start = 0
    while start < len(output):
        end = output.index(b"\n", start)
        object_id, kind, *size = output[start:end].decode().split()
        if kind == "missing" or not size:
            raise _lacks(object_id)
        start = end + 1 + int(size[0]) + 1
        yield GitObject(kind, output[end + 1 : start - 1])


def _lacks(object_id: str) -> GitError:
    hint = "the clone was made without some of its files: git fetch --refetch, or clone without --filter"
    return GitError(f"the repository here lacks the object {object_id[:12]}", hint)
