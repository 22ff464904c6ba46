"""How a repository goes back, and what a person has to override for that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from multigit.core.planning.overrides import IRREVERSIBLE, bad_release
from multigit.core.planning.plan import RepoPlan, State
from multigit.core.records.releases import WayBack
from multigit.core.recovery.roll_back_request import How, RollBackRequest
from multigit.core.values.agreement import Accepted
from multigit.core.values.deploy_config import Deploy
from multigit.core.values.globs import matching
from multigit.core.values.problem import Problem
from multigit.core.values.text import plural, shortened
from multigit.core.values.workspace import Repo, Workspace
from multigit.hints import Hint


def way_of(request: RollBackRequest, deploy: Deploy | None, way: WayBack) -> How:
    """Return how a repository goes back: it is deployed again where multigit can start that."""
    if request.how:
        return request.how
    if deploy is None or deploy.runner.by_push:
        return How.RESTORE
    kind = deploy.runner.starts_on
    starts = kind == "" or (kind == "tag" and bool(way.stood.tag))
    return How.REDEPLOY if starts else How.RESTORE


def in_the_way(
    request: RollBackRequest, workspace: Workspace, repo: Repo, way: WayBack
) -> Iterable[Problem]:
    """Report what a person has to override: the release, or files that cannot be rolled back."""
    yield from bad_release(request.release.name, request.marks or {})
    restored = way_of(request, workspace.deploy(repo, request.stage), way) is How.RESTORE
    lost, paths = way.loses(on_branch=restored)
    forward = not (lost.commits or lost.forks)  # then these files come, and none leaves
    if files := () if forward else matching(paths, repo.irreversible or ()):
        yield Problem(
            IRREVERSIBLE,
            f"{plural(len(files), 'file')} changed since {request.release.name} that cannot be "
            f"rolled back: {shortened(files)}.",
            Hint.OVERRIDE_IRREVERSIBLE,
            files=files,
        )


def accepted_in(
    request: RollBackRequest,
    workspace: Workspace,
    ways: Mapping[str, WayBack],
    repos: Iterable[RepoPlan],
) -> tuple[Accepted, ...]:
    """Return the notes of what a person overrides with the plan."""

    def notes(name: str) -> tuple[Accepted, ...]:
        repo = workspace.repo(name)
        own = request.in_repo(workspace, repo)
        found = () if isinstance(own, Problem) else in_the_way(own, workspace, repo, ways[name])
        return request.override.applied(name, found)[1]

    return tuple(n for repo in repos if repo.state is State.PLANNED for n in notes(repo.repo))
