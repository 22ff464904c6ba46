"""Survey: ask every remote where an operation's refs stand now. Only reading."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from multigit.core.journal import Story
from multigit.core.plan import RepoPlan, State
from multigit.core.problem import Problem
from multigit.core.repository import Publication
from multigit.core.resume import Standing, standing
from multigit.core.workspace import Workspace
from multigit.engine.fleet import look_everywhere
from multigit.engine.patience import patiently
from multigit.engine.ports import Git, Listener
from multigit.engine.publish import built_on
from multigit.errors import MultigitError


def survey(
    git: Git,
    workspace: Workspace,
    story: Story,
    *,
    jobs: int,
    listener: Listener,
    built_on_counts: bool = True,
) -> Mapping[str, Standing]:
    """Return where each repository of the operation that has refs to publish stands.

    A branch with somebody's work on top of ours is done; with `built_on_counts` off it is moved.
    """
    repos = {repo.name: repo for repo in workspace.repos}
    plans = {
        plan.repo: plan
        for plan in story.plan.repos
        if plan.state in {State.PLANNED, State.PUBLISHED} and plan.updates()
    }

    def look(name: str) -> Standing:
        listener.started(name, "asking the remote")
        seen = ask(plans[name])
        listener.finished(name, "read")
        return seen

    def ask(plan: RepoPlan) -> Standing:
        if plan.repo not in repos:
            message = "is not in the configuration any more."
            return Standing(problem=Problem("unknown_repository", message, "Put it back first."))
        made = story.made.get(plan.repo, plan.made)
        try:
            refs = [update.ref for update in plan.updates()]
            repository = git.repository(repos[plan.repo])
            now = patiently(
                lambda: repository.remote_refs(refs), tell=partial(listener.started, plan.repo)
            )
            wanted = [Publication(u.ref, u.before, made.get(u.ref, "")) for u in plan.updates()]
            overtaken = built_on(repository, wanted, now) if built_on_counts else ()
        except MultigitError as error:
            return Standing(problem=Problem(error.code, error.message, error.hint))
        return standing(plan, made, {**now, **{ref: made[ref] for ref in overtaken}})

    listener.phase("Asking the remotes", tuple(plans))
    return look_everywhere(tuple(plans), look, jobs=jobs)
