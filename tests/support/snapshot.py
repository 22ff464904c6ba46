"""The state of repositories and files as flat facts, so that any two states compare by `==`."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from .refs import read_refs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Snapshot = dict[str, str]
"""What is described → how it is; for example `shop/api/a.txt: mode` → `0o100644`."""

# A fetch may refresh these refs, and objects come and go.
_FREE_REFS = ("refs/remotes/", "refs/multigit/")
_FREE_LOGS = ("logs/refs/remotes", "logs/refs/multigit")
_SHOWN_BYTES = 120


def of_remotes(bares: Mapping[str, Path]) -> Snapshot:
    """HEAD and every ref of each bare repository, by its name."""
    facts: Snapshot = {}
    for name, bare in bares.items():
        facts[f"remote {name}: HEAD"] = (bare / "HEAD").read_text(encoding="utf-8").strip()
        for ref, sha in read_refs(bare).items():
            facts[f"remote {name}: {readable(ref)}"] = sha
    return facts


def of_workspace(root: Path, clones: Iterable[Path] = ()) -> Snapshot:
    """Files and git directories below `root`, of `clones` elsewhere and of linked worktrees.

    Of a file: content, mode, mtime. Of a git directory: all refs but `refs/remotes/*` and
    `refs/multigit/*`, and every file but objects and the logs of those refs; so HEAD, index
    (with its mtime), FETCH_HEAD, configuration, reflogs, and any operation in progress. Not
    included: `.multigit/` and `deployment.log*` directly in `root`.
    """
    survey = _Survey(root)
    for top in (root, *clones):
        survey.tree(top)
    return survey.facts


def differences(before: Snapshot, after: Snapshot) -> list[str]:
    """One line for each fact that appeared, vanished or changed."""
    return [
        f"{name}: {before.get(name, '(absent)')} → {after.get(name, '(gone)')}"
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]


def readable(path: str) -> str:
    """A path as printable text; bytes that are not UTF-8 as escapes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


class _Survey:
    """Collects facts, visiting each work tree and each git directory once."""

    def __init__(self, root: Path) -> None:
        self.facts: Snapshot = {}
        self._root = root.resolve()
        self._seen: set[Path] = set()

    def tree(self, top: Path) -> None:
        """Every file below `top`, and the git directories that belong to it."""
        top = top.resolve()
        if self._seen.isdisjoint((top, *top.parents)) and top.is_dir():
            self._seen.add(top)
            self._files(top)

    def _files(self, folder: Path) -> None:
        for entry in _entries(folder):
            if entry.name == ".git":
                self._git_dir(_common_dir(Path(entry.path)))
            elif not (folder == self._root and _is_record(entry.name)):
                self._file(entry)
                if entry.is_dir(follow_symlinks=False):
                    self._files(Path(entry.path))

    def _file(self, entry: os.DirEntry[str]) -> None:
        label, found = self._label(entry.path), entry.stat(follow_symlinks=False)
        self.facts[f"{label}: mode"] = oct(found.st_mode)
        if not stat.S_ISDIR(found.st_mode):
            self.facts[f"{label}: content"] = _content(entry.path, found)
            self.facts[f"{label}: mtime"] = str(found.st_mtime_ns)

    def _git_dir(self, git_dir: Path) -> None:
        git_dir = git_dir.resolve()
        if git_dir in self._seen or not git_dir.is_dir():
            return
        self._seen.add(git_dir)
        label = self._label(git_dir)
        for ref, sha in read_refs(git_dir).items():
            if not ref.startswith(_FREE_REFS):
                self.facts[f"{label}: {readable(ref)}"] = sha
        self._git_files(git_dir, git_dir)
        for pointer in git_dir.glob("worktrees/*/gitdir"):
            dot_git = pointer.parent / os.fsdecode(pointer.read_bytes()).rstrip("\n")
            self.tree(dot_git.parent)

    def _git_files(self, folder: Path, git_dir: Path) -> None:
        for entry in _entries(folder):
            place = os.path.relpath(entry.path, git_dir)
            if entry.is_dir(follow_symlinks=False):
                self._git_folder(Path(entry.path), git_dir, place)
            elif place != "packed-refs":
                self._git_file(entry)

    def _git_folder(self, folder: Path, git_dir: Path, place: str) -> None:
        if place in ("objects", "refs", *_FREE_LOGS):
            return
        if (folder / "objects").is_dir():  # of a submodule
            self._git_dir(folder)
        else:
            self._git_files(folder, git_dir)

    def _git_file(self, entry: os.DirEntry[str]) -> None:
        label, found = self._label(entry.path), entry.stat(follow_symlinks=False)
        self.facts[label] = _content(entry.path, found)
        if entry.name == "index":
            self.facts[f"{label}: mtime"] = str(found.st_mtime_ns)

    def _label(self, path: str | Path) -> str:
        return readable(os.path.relpath(path, self._root.parent))


def _is_record(name: str) -> bool:
    return name == ".multigit" or name.startswith("deployment.log")


def _common_dir(dot_git: Path) -> Path:
    """The git directory behind `.git`, which is a file in submodules and linked worktrees."""
    if not dot_git.is_file():
        return dot_git
    text = os.fsdecode(dot_git.read_bytes()).removeprefix("gitdir: ").rstrip("\n")
    git_dir = dot_git.parent / text
    common = git_dir / "commondir"
    return git_dir / common.read_text(encoding="utf-8").strip() if common.is_file() else git_dir


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except PermissionError:
        return []


def _content(path: str, found: os.stat_result) -> str:
    if stat.S_ISLNK(found.st_mode):
        return f"symlink to {readable(os.readlink(path))}"  # noqa: PTH115 - bytes, unchanged
    if not stat.S_ISREG(found.st_mode):
        return "special file"
    try:
        data = Path(path).read_bytes()
    except PermissionError:
        return "unreadable"
    if len(data) <= _SHOWN_BYTES:
        return repr(data)
    return f"{len(data)} bytes, SHA-256 {hashlib.sha256(data).hexdigest()[:16]}"
