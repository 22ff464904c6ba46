"""Commits as people name them, and what one side has of them that another lacks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit as people name it; `time` is its commit date in Unix seconds."""

    sha: str
    time: int
    author: str
    subject: str


@dataclass(frozen=True, slots=True)
class Tip:
    """Where a branch stands, and the tree it stands for."""

    sha: str
    tree: str


SUBJECTS = 10  # of what waits are kept, for those who are told of it


@dataclass(frozen=True, slots=True)
class PendingCommits:
    """Commits that one side has and the other lacks, merges not counted; the newest of them.

    `subjects` are those of the newest ones, `SUBJECTS` at most, newest first; `forks` the commits
    of the other side that these build on: where the histories part.
    """

    commits: int = 0
    newest: Commit | None = None
    forks: tuple[Tip, ...] = ()
    subjects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PreparedCommit:
    """The commit that a push would make of the work tree, built beside the user's index."""

    sha: str
    tree: str
