"""Collect what the deploy tags on the remotes say about the deployment log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from multigit.core.records.tag_anchors import Witness, witness
from multigit.core.values.git_answers import RefQuery
from multigit.core.values.listener import Listener
from multigit.core.values.moment import tag_glob
from multigit.core.values.problem import Problem
from multigit.core.values.workspace import Repo, Stage
from multigit.engine.fleet import look_everywhere
from multigit.engine.ports import Git
from multigit.engine.retry import patiently
from multigit.errors import MultigitError


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
    by_name = {repo.name: repo for repo in repos}
    query = RefQuery((), tuple(tag_glob(stage.tag) for stage in stages if stage.tag))

    def ask(name: str) -> Sequence[Witness | None] | Problem:
        listener.started(name, "reading tags")
        repository = git.repository(by_name[name])
        try:
            patiently(lambda: repository.fetch(query), tell=partial(listener.started, name))
            messages = repository.tag_messages(query.tags)
        except MultigitError as error:
            return Problem.of(error)
        finally:
            listener.finished(name, "read")
        return [witness(tag, message) for tag, message in messages.items()]

    if not query.tags:
        return Witnesses()
    listener.phase("Reading tags", tuple(by_name))
    seen: Mapping[str, Sequence[Witness | None] | Problem]
    seen = look_everywhere(tuple(by_name), ask, jobs=jobs)
    problems = {name: each for name, each in seen.items() if isinstance(each, Problem)}
    told = [each for group in seen.values() if not isinstance(group, Problem) for each in group]
    heard = tuple(filter(None, told))
    return Witnesses(heard, len(told) - len(heard), problems)
