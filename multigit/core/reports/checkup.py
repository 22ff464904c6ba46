"""A checkup: what was read and tried in each repository and around them; facts, no verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from multigit.core.records.chain import BadLine, Head
from multigit.core.records.tag_anchors import TagAnchor
from multigit.core.values.problem import Problem
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.workspace import Repo, Workspace


@dataclass(frozen=True, slots=True)
class DoctorRequest:
    """Which repositories to check, and on which of them to try a lock ref, if any.

    `probe` is the ref with which pushes are tried: no one else uses it, and it is gone afterwards.
    """

    repos: tuple[Repo, ...]
    workspace: Workspace
    probe: str
    lock_repo: str = ""


@dataclass(frozen=True, slots=True)
class LockTrial:
    """The result of setting a lock ref: why it was refused, or why it could not be deleted again.

    Both are empty if the remote accepted and deleted it.
    """

    refused: str = ""
    stays: str = ""


@dataclass(frozen=True, slots=True)
class Checkup:
    """What was read and tried in one repository.

    `newest` is the latest committer date of the stages' branches in Unix seconds, 0 if there is
    none; `push` says why a dry run of a push failed; `exposed` are paths that git would commit and
    should not, `carried` those whose content a pre-push hook uploads; `lock` is None if no lock was
    tried.
    """

    snapshot: Snapshot
    newest: int = 0
    push: Problem | None = None
    exposed: tuple[str, ...] = ()
    carried: tuple[str, ...] = ()
    lock: LockTrial | None = None
    anchors: tuple[TagAnchor, ...] = ()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What was read outside the repositories.

    `jobs` repositories at a time are configured, which needs `files` open files; `possible` are
    allowed. `now` is this machine's time in Unix seconds. `unwritable` are the reasons why an
    operation could not be recorded.
    """

    git: str
    now: int
    log: BadLine | Head | Problem
    unwritable: tuple[Problem, ...] = ()
    unfinished: Mapping[str, str] = field(default_factory=dict)
    in_flight: Sequence[str] = ()
    jobs: int = 1
    possible: int = 1
    files: int = 0
