"""A checkup: what was tried out in each repository and around them, facts before any verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from multigit.core.records.chain import BadLine, Head
from multigit.core.records.tag_anchors import TagAnchor
from multigit.core.values.problem import Problem
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.workspace import Repo, Stage


@dataclass(frozen=True, slots=True)
class DoctorRequest:
    """Which repositories to examine, and whether a lock ref is to be tried on one of them.

    `probe` is the ref that pushes are rehearsed with: nobody else's, and gone afterwards.
    """

    repos: tuple[Repo, ...]
    stages: tuple[Stage, ...]
    probe: str
    lock_repo: str = ""


@dataclass(frozen=True, slots=True)
class LockTrial:
    """What became of a lock ref that was really set: why it was refused, or why it is still there.

    Both are empty when the remote took it and gave it back.
    """

    refused: str = ""
    stays: str = ""


@dataclass(frozen=True, slots=True)
class Checkup:
    """What was seen in one repository.

    `newest` is the latest committer date of the stages' branches in Unix seconds, 0 without any;
    `push` says why a rehearsed push failed; `exposed` are paths that git would commit and should
    not, `carried` those whose content travels by a pre-push hook; `lock` is None where no lock was
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
    """What was seen outside the repositories.

    `jobs` repositories at a time are wanted, which takes `files` open files; `possible` are
    allowed. `now` is this machine's time in Unix seconds. `unwritable` tells what would keep an
    operation from being recorded.
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
