"""Commits as people name them, and those that one side has and the other lacks."""

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
    """The commit at which a branch is, and its tree."""

    sha: str
    tree: str


SUBJECTS = 10  # so many of the pending commits are kept, for notifications


@dataclass(frozen=True, slots=True)
class PendingCommits:
    """Commits that one side has and the other lacks, merges not counted; the newest of them.

    `subjects` are those of the newest ones, `SUBJECTS` at most, newest first; `forks` are the
    commits of the other side that these build on, where the histories diverge. So many `returning`
    ones only bring back what these `roll_backs` of the other side rolled back there.
    """

    commits: int = 0
    newest: Commit | None = None
    forks: tuple[Tip, ...] = ()
    subjects: tuple[str, ...] = ()
    returning: int = 0
    roll_backs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PreparedCommit:
    """The commit that a push would make of the work tree, built without the user's index."""

    sha: str
    tree: str
