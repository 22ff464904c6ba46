"""The difference between two commits or trees, by content: path → mode and object on both sides."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from multigit.adapters.git.paths import literal
from multigit.adapters.git.process import GitDoor
from multigit.core.lineage.hunks import Hunk, read_hunks
from multigit.core.lineage.line import ABSENT, LineCommit
from multigit.core.lineage.revert_messages import Span

Changes = dict[str, tuple[str, str]]
HEAD = "%x01"  # begins the format of a log that `read_commits` reads
MANY_PATHS = 500  # with more, git is given none and reads all
UNKNOWN = 128  # git's exit status for a commit that the clone does not have


def changed(door: GitDoor, before: str, after: str, *, accept: tuple[int, ...] = (0,)) -> Changes:
    """Compare two commits or trees."""
    done = door.run(
        *("diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev"),
        *("--ignore-submodules=none", before, after),
        accept=accept,
    )
    fields = done.fields() if done.status == 0 else []
    return {path: _contents(meta) for meta, path in zip(fields[::2], fields[1::2], strict=True)}


def since_fork(door: GitDoor, step: LineCommit, tip: str) -> Changes:
    """Return what `tip` changed since it and the first parent of a commit diverged.

    If histories cross, they diverged in several places, and git names one of these.
    """
    base = door.run("merge-base", step.parents[0], tip, accept=(0, 1)).text.strip()
    return changed(door, base, tip) if base else {}


def between(door: GitDoor, span: Span) -> Changes:
    """Return what a span of history changed; nothing if the clone lacks one of its commits."""
    return changed(door, span.older, span.newer, accept=(0, UNKNOWN))


def moved(door: GitDoor, before: str, after: str) -> dict[str, str]:
    """Return the paths that were moved between two commits, and where to."""
    fields = door.run(
        *("diff-tree", "-r", "-z", "--name-status", "-M", "--diff-filter=R"),
        *("--ignore-submodules=none", before, after),
    ).fields()
    return dict(zip(fields[1::3], fields[2::3], strict=True))


def hunks(
    door: GitDoor, before: str, after: str, paths: Collection[str], *, any_file: bool = False
) -> dict[str, tuple[Hunk, ...]]:
    """Return the changes in some files line by line; none for a file that is not text.

    With `any_file`, also for one that is binary, or that the attributes call so.
    """
    if not paths:
        return {}
    text = door.run(
        *("diff-tree", "-r", "-z", "--patch-with-raw", "--no-renames", "--unified=0"),
        *("--inter-hunk-context=0", "--no-color", "--no-ext-diff", "--no-textconv"),
        *(["--text"] if any_file else []),
        *(before, after, "--"),
        *(literal(paths) if len(paths) <= MANY_PATHS else ()),
        kept=lambda _: "",  # the content of files does not belong in a transcript
    ).text
    raw, _, patches = text.partition("\0\0")
    fields = raw.split("\0")
    parts = f"\n{patches}".split("\ndiff --git ")[1:]
    if len(parts) != len(fields) // 2:  # a path that became another kind of file has two
        each = paths if len(paths) > 1 else ()
        singly = [hunks(door, before, after, (path,), any_file=any_file) for path in each]
        return {path: lines for by_path in singly for path, lines in by_path.items()}
    return {
        path: tuple(read_hunks(part.split("\n")))
        for path, part in zip(fields[1::2], parts, strict=True)
    }


def mode_of(content: str) -> str:
    """Return the mode of what a path has; empty if it does not exist."""
    return content.partition(" ")[0]


def commits_in(door: GitDoor, span: Span, *, without: str = "") -> set[str]:
    """Return the span's commits without merges; none if the clone lacks one of its ends."""
    done = door.run(
        *("rev-list", "--no-merges", span.newer, f"^{span.older}"),
        *([f"^{without}"] if without else []),
        "--",
        accept=(0, UNKNOWN),
    )
    return set(done.text.split()) if done.status == 0 else set()


def read_commits(fields: Iterable[str]) -> list[tuple[str, Changes]]:
    """Return the line and the changes of each commit in a raw log whose format begins with HEAD."""
    commits: list[tuple[str, Changes]] = []
    remaining = iter(fields)
    for field in remaining:
        text = field.lstrip("\n")
        if text.startswith("\x01"):
            commits.append((text[1:], {}))
        elif text.startswith(":"):
            commits[-1][1][next(remaining)] = _contents(text)
    return commits


def _contents(meta: str) -> tuple[str, str]:
    """Return what a path has on both sides, by the fields before it in a raw difference."""
    old_mode, new_mode, old, new = meta[1:].split(" ")[:4]
    before = f"{old_mode} {old}" if old_mode.strip("0") else ABSENT
    return before, f"{new_mode} {new}" if new_mode.strip("0") else ABSENT
