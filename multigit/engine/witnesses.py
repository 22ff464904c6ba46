"""Collect what the deploy tags on the remotes say about the deployment log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from multigit.core.moment import tag_glob
from multigit.core.problem import Problem
from multigit.core.repository import RefQuery
from multigit.core.witness import Witness, witness
from multigit.core.workspace import Repo, Stage
from multigit.engine.fleet import look_everywhere
from multigit.engine.patience import patiently
from multigit.engine.ports import Git, Listener
from multigit.errors import MultigitError


def collect(
    git: Git, repos: Sequence[Repo], stages: Sequence[Stage], *, jobs: int, listener: Listener
) -> tuple[tuple[Witness, ...], Mapping[str, Problem]]:
    """Return every testimony, and why a repository could not be asked, by its name."""
    by_name = {repo.name: repo for repo in repos}
    query = RefQuery((), tuple(tag_glob(stage.tag) for stage in stages if stage.tag))

    def ask(name: str) -> tuple[Witness, ...] | Problem:
        listener.started(name, "reading tags")
        repository = git.repository(by_name[name])
        try:
            patiently(lambda: repository.fetch(query), tell=partial(listener.started, name))
            messages = repository.tag_messages(query.tags)
        except MultigitError as error:
            return Problem(error.code, error.message, error.hint)
        finally:
            listener.finished(name, "read")
        found = (witness(tag, message) for tag, message in messages.items())
        return tuple(each for each in found if each)

    if not query.tags:
        return (), {}
    listener.phase("Reading tags", tuple(by_name))
    seen: Mapping[str, tuple[Witness, ...] | Problem]
    seen = look_everywhere(tuple(by_name), ask, jobs=jobs)
    problems = {name: each for name, each in seen.items() if isinstance(each, Problem)}
    told = [each for each in seen.values() if not isinstance(each, Problem)]
    return tuple(each for group in told for each in group), problems
