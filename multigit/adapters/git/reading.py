"""What git says about refs, commits and the work tree, parsed into snapshots' values."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from multigit.adapters.git.hashing import hash_files
from multigit.adapters.git.process import GitDoor
from multigit.core.values.git_answers import RefQuery
from multigit.core.values.refs import branch_ref
from multigit.core.values.snapshot import (
    SUBJECTS,
    Branch,
    Change,
    Commit,
    Refs,
    Tag,
    Tip,
    Waiting,
    WorkTree,
)

TAGS_SEEN = "refs/multigit/tags/"  # the remote's deploy tags, kept out of the user's own tags

_COMMIT_FORMAT = "%m%x00%H%x00%T%x00%P%x00%ct%x00%an%x00%s"
_REF_FIELDS = (
    "refname",
    "objectname",
    "tree",
    "creatordate:unix",
    "upstream",
    "upstream:track,nobracket",
    "worktreepath",
    "*objectname",
)
_REF_FORMAT = "%00".join(f"%({field})" for field in _REF_FIELDS)
_UNFINISHED = {
    "MERGE_HEAD": "merge",
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "BISECT_LOG": "bisect",
}
_KINDS = {"A": "added", "D": "deleted"}


class _Blob(NamedTuple):
    """What HEAD holds at a path: git's mode, such as 100644, and the content's object."""

    mode: str
    sha: str


def fetch_refspecs(query: RefQuery, remote: str) -> list[str]:
    """Return refspecs that bring the branches and tags, and prune those that are gone.

    A plain refspec makes the whole fetch fail when its branch does not exist. A pattern does not,
    so a branch `main` is asked for as `mai*n`: one connection, whatever is missing.
    """
    patterns = [f"{name[:-1]}*{name[-1]}" for name in query.branches]
    return [
        *(f"+refs/heads/{name}:refs/remotes/{remote}/{name}" for name in patterns),
        *(f"+refs/tags/{name}:{TAGS_SEEN}{name}" for name in query.tags),
    ]


def read_refs(door: GitDoor, query: RefQuery, remote: str) -> Refs:
    """Read the branches on both sides and the tags, in one process."""
    done = door.run(
        "for-each-ref",
        f"--format={_REF_FORMAT}",
        *(branch_ref(name) for name in query.branches),
        *(f"refs/remotes/{remote}/{name}" for name in query.branches),
        *_tag_patterns(query.tags, (TAGS_SEEN, "refs/tags/")),
    )
    rows = {row[0]: row for row in (line.split("\0") for line in done.text.split("\n")) if row[0]}
    branches = {name: _branch(rows, name, remote) for name in query.branches}
    tags = {
        name: Tag(name, int(row[3] or 0), row[7] or row[1])
        for ref, row in rows.items()
        for space in (TAGS_SEEN, "refs/tags/")
        if ref.startswith(space) and (name := ref.removeprefix(space))
    }
    return Refs(branches, tuple(sorted(tags.values(), key=lambda tag: (tag.time, tag.name))))


def read_tag_messages(door: GitDoor, patterns: Sequence[str]) -> dict[str, str]:
    """Read the messages of the remote's annotated tags, in one process."""
    done = door.run(
        *("for-each-ref", "--format=%(refname)%00%(contents)%00"),
        *_tag_patterns(patterns, (TAGS_SEEN,)),
    )
    fields = done.fields()
    names = (field.lstrip("\n").removeprefix(TAGS_SEEN) for field in fields[::2])
    return dict(zip(names, fields[1::2], strict=True))


def _tag_patterns(patterns: Iterable[str], spaces: Iterable[str]) -> list[str]:
    """Return what for-each-ref takes: its `*`, unlike a refspec's, stops at a slash."""
    return [f"{space}{name}{end}" for name in patterns for space in spaces for end in ("", "/**")]


def _branch(rows: Mapping[str, list[str]], name: str, remote: str) -> Branch:
    tracking = f"refs/remotes/{remote}/{name}"
    theirs, ours = rows.get(tracking), rows.get(branch_ref(name))
    counts = ours[5] if ours and ours[4] == tracking else ""
    where = ours[6] if ours else ""
    return Branch(
        remote=Tip(theirs[1], theirs[2]) if theirs else None,
        local=Tip(ours[1], ours[2]) if ours else None,
        checked_out=where,
        vanished=bool(where) and not Path(where).is_dir(),
        ahead=_count(counts, "ahead"),
        behind=_count(counts, "behind"),
    )


def _count(track: str, word: str) -> int:
    match = re.search(rf"{word} (\d+)", track)
    return int(match[1]) if match else 0


class Listed(NamedTuple):
    """A commit that a tip has and a base lacks (`own`), or one of the base that those build on."""

    own: bool
    tip: Tip
    parents: tuple[str, ...]
    commit: Commit

    @property
    def sha(self) -> str:
        """Return the commit's id."""
        return self.tip.sha

    @property
    def counts(self) -> bool:
        """True when it is one of the tip's, and no merge."""
        return self.own and not self.parents[1:]


def list_commits(door: GitDoor, *range_: str) -> list[Listed]:
    """Return the commits of a range, newest first, and those outside that they build on."""
    done = door.run(
        *("rev-list", "--boundary", "--no-commit-header", f"--format={_COMMIT_FORMAT}"), *range_
    )
    listed = []
    for line in filter(None, done.text.split("\n")):
        mark, sha, tree, parents, time, author, subject = line.split("\0", 6)
        commit = Commit(sha, int(time), author, subject)
        listed.append(Listed(mark != "-", Tip(sha, tree), tuple(parents.split()), commit))
    return listed


def waiting_of(listed: Sequence[Listed], left: Sequence[Listed]) -> Waiting:
    """Return what waits of these commits: `left`, newest first."""
    return Waiting(
        commits=len(left),
        newest=left[0].commit if left else None,
        forks=tuple(each.tip for each in listed if not each.own),
        subjects=tuple(each.commit.subject for each in left[:SUBJECTS]),
    )


def read_waiting(door: GitDoor, base: str, tip: str, remote: str) -> Waiting:
    """Count the commits of `tip` that `base` lacks, merges not counted; name the newest ones."""
    listed = list_commits(
        door, *((tip, f"^{base}") if base else (tip, "--not", f"--remotes={remote}"))
    )
    return waiting_of(listed, [each for each in listed if each.counts])


def read_divergence(door: GitDoor, base: str, tip: str) -> tuple[int, int]:
    """Count the commits that only `tip` has and those that only `base` has."""
    done = door.run("rev-list", "--left-right", "--count", f"{tip}...{base}")
    ahead, behind = done.text.split()
    return int(ahead), int(behind)


def read_newest(door: GitDoor, commits: Sequence[str]) -> int:
    """Return the latest committer date of these commits, in Unix seconds."""
    done = door.run("rev-list", "--no-walk", "--no-commit-header", "--format=%ct", *commits)
    return max(map(int, done.text.split()))


def read_as_of(door: GitDoor, commit: str, seconds: int) -> str:
    """Return what a branch that holds `commit` held before a Unix time, or empty."""
    before = f"--min-age={seconds - 1}"
    return door.run("rev-list", "--first-parent", "-1", before, commit, "--").text.strip()


def read_parents(door: GitDoor, commits: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the parents of each commit, in one process."""
    done = door.run("rev-list", "--no-walk", "--parents", *commits)
    lines = (line.split(" ") for line in done.text.split("\n") if line)
    return {sha: tuple(parents) for sha, *parents in lines}


def read_exposed(door: GitDoor, own: Sequence[str], nested: Sequence[str]) -> tuple[str, ...]:
    """Return which of these paths git would commit or has committed; `nested` may be submodules."""
    loose = door.run(
        *("ls-files", "-z", "--others", "--exclude-standard", "--directory"),
        *("--no-empty-directory", "--", *(f":(top,literal){path}" for path in (*own, *nested))),
    )
    literal = [f":(top,literal){path}" for path in own]
    tracked = door.run("ls-files", "-z", "--", *literal).fields() if own else []
    return tuple(dict.fromkeys([*tracked, *loose.fields()]))


def read_work_tree(
    door: GitDoor,
    *,
    environment: Mapping[str, str],
    every_file: bool,
    sizes: bool,
    leave_out: Iterable[str],
) -> WorkTree:
    """Read the checked-out branch and its changed files in one process.

    `leave_out` are paths whose content belongs to somebody else: other repositories and
    multigit's own files. Without `every_file` a new folder counts as one change.
    """
    done = door.run(
        # Nothing is asked of a submodule itself: git would run the programs of its configuration.
        *("status", "--porcelain=v2", "--branch", "-z", "--no-renames", "--ahead-behind"),
        "--ignore-submodules=dirty",
        f"--untracked-files={'all' if every_file else 'normal'}",
        environment=environment,
    )
    headers: dict[str, str] = {}
    changes: dict[str, Change] = {}
    conflicted: list[str] = []
    heads: dict[str, _Blob] = {}
    others = tuple(leave_out)
    for field in done.fields():
        mark, _, rest = field.partition(" ")
        if mark == "#":
            key, _, value = rest.partition(" ")
            headers[key] = value
        elif mark == "u":
            conflicted.append(rest.split(" ", 9)[9])
        elif (change := _change(mark, rest, whole_folders=not every_file)) and not any(
            change.path.rstrip("/") == o or change.path.startswith(f"{o}/") for o in others
        ):
            if change.path in changes:  # gone from the index, not from the disk
                change = replace(change, kind="modified", staged=True)
            elif mark == "1" and ("." not in rest[:2] or rest[0] == "D"):
                heads[change.path] = _Blob(*rest.split(" ", 6)[2:6:3])
            changes[change.path] = _with_size(door.folder, change) if sizes else change
    if sizes:
        for path in _same_as_head(door, changes, heads):
            del changes[path]
    counts = [abs(int(count)) for count in headers.get("branch.ab", "").split()]
    ahead, behind = counts or (None, None)
    branch, head = headers.get("branch.head", ""), headers.get("branch.oid", "")
    return WorkTree(
        branch="" if branch == "(detached)" else branch,
        head="" if head == "(initial)" else head,
        ahead=ahead,
        behind=behind,
        changes=tuple(changes.values()),
        unfinished=_unfinished(door.folder),
        conflicted=tuple(conflicted),
    )


def _change(mark: str, rest: str, *, whole_folders: bool) -> Change | None:
    """Return a change that a commit would hold, or None.

    A folder that ends in a slash is a repository of its own; a submodule only changes by another
    commit, and what was added and is gone again is none.
    """
    if mark == "?":
        return None if rest.endswith("/") and not whole_folders else Change(rest, "untracked")
    if mark == "1":
        staged, unstaged, submodule, path = rest[0], rest[1], rest[3:7], rest.split(" ", 7)[7]
        if submodule[0] == "S" and submodule[1] != "C" and staged == ".":
            return None
        if (staged, unstaged) == ("A", "D"):
            return None
        kind = _KINDS.get(unstaged) or _KINDS.get(staged) or "modified"
        before = rest.split(" ", 6)[5] if submodule[0] == "S" else ""
        before = before if before.strip("0") else ""  # zeros stand for none
        return Change(path, kind, staged=staged != ".", before=before)
    return None


def _same_as_head(
    door: GitDoor, changes: Mapping[str, Change], heads: Mapping[str, _Blob]
) -> list[str]:
    """Return which of these paths hold on disk what HEAD does, though the index does not."""
    paths = [
        path
        for path, head in heads.items()
        if changes[path].kind == "modified" and _file_mode(door.folder / path) == head.mode
    ]
    found = zip(paths, hash_files(door, paths, "--no-filters"), strict=True)
    return [path for path, sha in found if sha == heads[path].sha]


def _file_mode(path: Path) -> str:
    """Return git's mode of the plain file that stands there, or nothing: a link is none."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        return ""
    if not stat.S_ISREG(mode):
        return ""
    return "100755" if mode & stat.S_IXUSR else "100644"


def _with_size(folder: Path, change: Change) -> Change:
    try:
        size = (folder / change.path).lstat().st_size
    except OSError:
        size = 0
    return replace(change, size=size)


def git_dir(folder: Path) -> Path:
    """Return the work tree's own git directory: `.git`, or where a `.git` file points."""
    dot_git = folder / ".git"
    if dot_git.is_file():
        return (folder / dot_git.read_text().removeprefix("gitdir:").strip()).resolve()
    return dot_git


def _unfinished(folder: Path) -> str:
    where = git_dir(folder)
    return next((word for name, word in _UNFINISHED.items() if (where / name).exists()), "")
