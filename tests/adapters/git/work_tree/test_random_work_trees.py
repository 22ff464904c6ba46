"""Over random work trees, the commit equals that of `git add --all` and `git commit`.

A failure names its seed; seeds that found a bug are kept in FOUND.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random

import pytest

from tests.adapters.git.clones import SIGNATURE, open_folder
from tests.support.gitenv import git, init
from tests.support.seeds import seeds

CHUNKS, CHUNK = 12, 5
FOUND = (654967539, 156840548, 2383)  # seeds that found a bug

NAMES = ("a", "b", "d", "d/a", "d/b", "d/e/f", "e", "e/a", "-x", "new\nline", "ü [x]*", "a.log")
IGNORED = "*.log\n"


class Walk:
    """Random changes of a work tree and its index, as a person makes them."""

    def __init__(self, folder: Path, rng: Random) -> None:
        self.folder = folder
        self.rng = rng

    def step(self) -> None:
        """Make one random change."""
        path = self.folder / self.rng.choice(NAMES)
        changes = (self.write, self.write, self.write, self.link, self.mode, self.remove)
        self.rng.choice((*changes, self.stage, self.stage, self.unstage))(path)

    def make_room(self, path: Path) -> None:
        """Remove whatever is at the path, and create the folders above it."""
        for parent in reversed(path.relative_to(self.folder).parents[:-1]):
            if (self.folder / parent).is_symlink() or (self.folder / parent).is_file():
                (self.folder / parent).unlink()
        self.remove(path)
        path.parent.mkdir(parents=True, exist_ok=True)

    def write(self, path: Path) -> None:
        """Write a file with one of a few contents, so that earlier ones recur."""
        self.make_room(path)
        path.write_text(f"{self.rng.randrange(3)}\n", encoding="utf-8")

    def link(self, path: Path) -> None:
        """Make a symbolic link, after unstaging its path."""
        self.unstage(path)
        self.make_room(path)
        path.symlink_to(self.rng.choice((".gitignore", "nowhere")))

    def mode(self, path: Path) -> None:
        """Make a file executable, or not executable."""
        if path.is_file() and not path.is_symlink():
            path.chmod(self.rng.choice((0o644, 0o755)))

    def remove(self, path: Path) -> None:
        """Remove a file, a link or a folder."""
        if path.is_symlink() or path.is_file():
            path.unlink()
        elif path.is_dir():
            shutil.rmtree(path)

    def stage(self, path: Path) -> None:
        """Stage a path as it is."""
        name = str(path.relative_to(self.folder))
        self.git("add", "--all", "--force", "--", f":(literal){name}")

    def unstage(self, path: Path) -> None:
        """Unstage a path."""
        name = str(path.relative_to(self.folder))
        self.git("reset", "--quiet", "--", f":(literal){name}")

    def git(self, *arguments: str) -> None:
        """Run git, and ignore failures."""
        git(self.folder, *arguments, check=False)


def random_work_tree(folder: Path, seed: int) -> Path:
    """Make a repository with a commit and random changes on top of it."""
    walk = Walk(folder, Random(seed))
    init(folder)
    (folder / ".gitignore").write_text(IGNORED, encoding="utf-8")
    for _ in range(walk.rng.randrange(16)):
        walk.step()
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Begin")
    git(folder, "remote", "add", "origin", "file:///nowhere")
    for _ in range(walk.rng.randrange(1, 14)):
        walk.step()
    return folder


def committed_by_git(folder: Path, copy: Path) -> str:
    """Return the tree that git itself would commit, using a copy of the folder."""
    shutil.copytree(folder, copy, symlinks=True)
    git(copy, "add", "--all")
    return git(copy, "write-tree")


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_commits_are_gits_own(chunk: int, tmp_path: Path) -> None:
    """The list, the preview and the commit agree, and nothing is left to commit."""
    for seed in (*seeds(chunk, CHUNK), *(FOUND if chunk == 0 else ())):
        folder = random_work_tree(tmp_path / f"{seed}", seed)
        wanted = committed_by_git(folder, tmp_path / f"{seed}.copy")
        repository = open_folder(folder)
        work = repository.work_tree(sizes=True)
        before = git(folder, "rev-parse", "HEAD^{tree}")
        preview = repository.commit_preview(work.head, work.changes, SIGNATURE)
        assert preview.tree == wanted, seed
        assert repository.work_tree(sizes=True) == work, seed
        made = repository.commit(work.changes, SIGNATURE, verify=True)
        assert made.tree == wanted, seed
        assert (made.sha == work.head) == (wanted == before), seed
        assert work.changes or wanted == before, seed
        assert git(folder, "status", "--porcelain", "-z") == "", seed
