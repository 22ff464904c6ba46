"""Collect what the deploy tags on the remotes say about the deployment log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from multigit.core.records.tag_anchors import TagAnchor, anchor_in
from multigit.core.values.listener import ShowActivity
from multigit.core.values.problem import Problem
from multigit.core.values.workspace import Repo, Stage
from multigit.engine.fleet import Fleet
from multigit.engine.observe.observation import fetch, of_stages
from multigit.engine.ports import Git


@dataclass(frozen=True, slots=True)
class CollectedAnchors:
    """All anchors, the number of tags without one, and the repositories that were not read."""

    found: tuple[TagAnchor, ...] = ()
    silent: int = 0
    unread: Mapping[str, Problem] = field(default_factory=dict)


def collect(
    git: Git, repos: Sequence[Repo], stages: Sequence[Stage], fleet: Fleet
) -> CollectedAnchors:
    """Read every deploy tag of the remotes."""
    query = replace(of_stages(stages), branches=())
    if not query.tags:
        return CollectedAnchors()

    def ask(repo: Repo, show: ShowActivity) -> Sequence[TagAnchor | None]:
        repository = git.repository(repo)
        fetch(repository, query, show)
        messages = repository.tag_messages(query.tags)
        return [anchor_in(tag, message) for tag, message in messages.items()]

    items = {repo.name: repo for repo in repos}
    results = fleet.for_each(items, ask, phase="Reading tags", doing="reading tags")
    anchors = [each for group in results.results.values() for each in group]
    found = tuple(filter(None, anchors))
    unread = {name: Problem.of(error) for name, error in results.errors.items()}
    return CollectedAnchors(found, len(anchors) - len(found), unread)
