"""What was read in one repository for one request: facts, no verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from multigit.core.values.clone_facts import CloneFacts
from multigit.core.values.commits import PendingCommits, PreparedCommit
from multigit.core.values.merge import Merge
from multigit.core.values.problem import Problem
from multigit.core.values.refs import Refs
from multigit.core.values.work_tree import Obstacle, Outgoing, Submodule, WorkTree


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that was read in one repository for one request; `error` if it could not be read.

    What a command does not need is left at its default. `merges` are previews towards production,
    `debts` those of the way back; `ahead` and `behind` count the local branch of the command's
    stage against the remote one, merges included; `stale` says why nothing was fetched. `carried`
    is, by path, the filter of content that would be published and is not in the commits. The
    repository `follows` those of its submodules that the same push publishes. `pointers` are the
    submodules of a branch that would be pushed and is not checked out. `outgoing` is what the
    commits change that would be pushed; `published` are those of its paths that look like a secret
    and that the remote already has. `tag_messages` are those of the remote's deploy tags, by name:
    `refs` also has tags that only the clone has.
    """

    repo: str
    error: Problem | None = None
    missing: bool = False
    stale: Problem | None = None
    facts: CloneFacts = field(default_factory=CloneFacts)
    refs: Refs = field(default_factory=Refs)
    work: WorkTree | None = None
    merges: tuple[Merge, ...] = ()
    debts: tuple[Merge, ...] = ()
    ahead: int = 0
    behind: int = 0
    unpushed: PendingCommits = field(default_factory=PendingCommits)
    commit: PreparedCommit | None = None
    obstacles: tuple[Obstacle, ...] = ()
    carried: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    follows: tuple[str, ...] = ()
    pointers: tuple[Submodule, ...] = ()
    outgoing: tuple[Outgoing, ...] = ()
    published: frozenset[str] = frozenset()
    tag_messages: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
