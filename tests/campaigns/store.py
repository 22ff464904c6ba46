"""The objects of one repository: written without a process, merged as git merges them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tests.campaigns.contents import Files
from tests.support import commits
from tests.support.fastimport import GITLINK
from tests.support.gitenv import as_bytes, as_text, run_git
from tests.support.objects import read_object, read_tree

WHO = "Grace Hopper <grace@example.org>"
FIRST_TIME = 1_736_154_000
STEP = 60


@dataclass(frozen=True, slots=True)
class Merged:
    """The tree of a merge. If there are `conflicts`, these files contain markers."""

    tree: str
    conflicts: tuple[str, ...] = ()


@dataclass(slots=True)
class Store:
    """What is in a git directory; `time` is that of the next commit."""

    git_dir: Path
    time: int = FIRST_TIME
    _parents: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _trees: dict[str, str] = field(default_factory=dict)
    _files: dict[str, Files] = field(default_factory=dict)
    _ancestors: dict[str, frozenset[str]] = field(default_factory=dict)

    # Commits

    def commit(self, tree: str, parents: tuple[str, ...], message: str) -> str:
        """Write a commit, a minute after the one before."""
        self.time += STEP
        when = f"{WHO} {self.time} +0000"
        head = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
        text = "\n".join((*head, f"author {when}", f"committer {when}", "", message.strip(), ""))
        return commits.write_object(self.git_dir, b"commit", as_bytes(text))

    def parents(self, sha: str) -> tuple[str, ...]:
        """Return the parents of a commit."""
        if sha not in self._parents:
            self._read(sha)
        return self._parents[sha]

    def tree(self, sha: str) -> str:
        """Return the tree of a commit."""
        if sha not in self._trees:
            self._read(sha)
        return self._trees[sha]

    def message(self, sha: str) -> str:
        """Return the message of a commit."""
        return as_text(read_object(self.git_dir, sha)[1]).partition("\n\n")[2]

    def _read(self, sha: str) -> None:
        head = as_text(read_object(self.git_dir, sha)[1]).partition("\n\n")[0]
        rows = [row.split(" ", 1) for row in head.split("\n")]
        self._trees[sha] = rows[0][1]
        self._parents[sha] = tuple(row[1] for row in rows if row[0] == "parent")

    def ancestors(self, sha: str) -> frozenset[str]:
        """Return a commit and all that it builds on."""
        pending = [sha]
        while pending:
            if (here := pending[-1]) in self._ancestors:
                pending.pop()
            elif missing := [each for each in self.parents(here) if each not in self._ancestors]:
                pending += missing
            else:
                known = (self._ancestors[each] for each in self.parents(here))
                self._ancestors[here] = frozenset({here}).union(*known)
        return self._ancestors[sha]

    def line(self, sha: str, without: str = "") -> list[str]:
        """Return the first-parent commits of `sha` that `without` lacks, newest first."""
        lacked, found = self.ancestors(without) if without else frozenset[str](), list[str]()
        while sha and sha not in lacked:
            found.append(sha)
            sha = next(iter(self.parents(sha)), "")
        return found

    # Trees

    def files(self, tree: str) -> Files:
        """Return the files of a tree."""
        if tree not in self._files:
            self._files[tree] = {
                as_text(path): (mode, self._content(mode, blob))
                for path, (mode, blob) in read_tree(self.git_dir, tree).items()
            }
        return self._files[tree]

    def _content(self, mode: bytes, blob: str) -> bytes:
        return blob.encode() if mode == GITLINK else read_object(self.git_dir, blob)[1]

    def write(self, files: Files) -> str:
        """Write a tree with these files."""
        entries = {
            as_bytes(path): (mode, self._id(mode, data)) for path, (mode, data) in files.items()
        }
        tree = commits.write_tree(self.git_dir, entries)
        self._files[tree] = files
        return tree

    def _id(self, mode: bytes, data: bytes) -> str:
        if mode == GITLINK:
            return data.decode()
        return commits.write_object(self.git_dir, b"blob", data)

    # Merges

    def merge(self, ours: str, theirs: str) -> Merged:
        """Merge two commits as `git merge --no-ff` does in a clean checkout of `ours`."""
        if theirs in self.ancestors(ours) or self.tree(ours) == self.tree(theirs):
            return Merged(self.tree(ours))
        bases = self._bases(ours, theirs)
        if len(bases) == 1 and self.tree(bases[0]) in {self.tree(ours), self.tree(theirs)}:
            only = theirs if self.tree(bases[0]) == self.tree(ours) else ours
            return Merged(self.tree(only))
        ask = ("merge-tree", "--write-tree", "--name-only", "-z", ours, theirs)
        done = run_git(self.git_dir, *ask)
        tree, _, told = done.stdout.partition("\0")
        if done.returncode == 0 and "CONFLICT (" not in told:
            return Merged(tree)
        assert done.returncode in {0, 1}, done.stderr
        return Merged(tree, tuple(told.partition("\0\0")[0].split("\0")))

    def _bases(self, ours: str, theirs: str) -> list[str]:
        shared = self.ancestors(ours) & self.ancestors(theirs)
        older = {old for sha in shared for old in self.ancestors(sha) - {sha}}
        return sorted(shared - older)

    def apply(self, before: str, after: str, onto: str) -> Merged:
        """Apply the difference of two trees to a third one, as a cherry-pick does."""
        if before == onto:
            return Merged(after)
        base = self.commit(before, (), "base")
        return self.merge(self.commit(onto, (base,), "ours"), self.commit(after, (base,), "theirs"))
