"""Collect what the deploy tags on the remotes say about the deployment log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from multigit.core.records.tag_anchors import Witness, witness
from multigit.core.values.git_answers import RefQuery
from multigit.core.values.listener import Listener, Tell
from multigit.core.values.moment import tag_glob
from multigit.core.values.problem import Problem
from multigit.core.values.workspace import Repo, Stage
from multigit.engine.fleet import for_each_repo
from multigit.engine.ports import Git
from multigit.engine.retry import patiently


@dataclass(frozen=True, slots=True)
class Witnesses:
    """What was heard: every testimony, how many tags tell of no log, and who could not be asked."""

    heard: tuple[Witness, ...] = ()
    silent: int = 0
    unasked: Mapping[str, Problem] = field(default_factory=dict)


def collect(
    git: Git, repos: Sequence[Repo], stages: Sequence[Stage], *, jobs: int, listener: Listener
) -> Witnesses:
    """Read every deploy tag of the remotes."""
    query = RefQuery((), tuple(tag_glob(stage.tag) for stage in stages if stage.tag))
    if not query.tags:
        return Witnesses()

    def ask(repo: Repo, tell: Tell) -> Sequence[Witness | None]:
        repository = git.repository(repo)
        patiently(lambda: repository.fetch(query), tell=tell)
        messages = repository.tag_messages(query.tags)
        return [witness(tag, message) for tag, message in messages.items()]

    seen = for_each_repo(
        {repo.name: repo for repo in repos},
        ask,
        phase="Reading tags",
        doing="reading tags",
        jobs=jobs,
        listener=listener,
    )
    told = [each for group in seen.results.values() for each in group]
    heard = tuple(filter(None, told))
    unasked = {name: Problem.of(error) for name, error in seen.errors.items()}
    return Witnesses(heard, len(told) - len(heard), unasked)
