"""Pushes of dev: requests, snapshots, and the steps that are planned."""

from __future__ import annotations

from multigit.core.planning.plan import RepoPlan, State
from multigit.core.planning.push import plan_push
from multigit.core.planning.push_request import PushRequest
from multigit.core.planning.routes import Hop
from multigit.core.planning.steps import CommitStep, Step
from multigit.core.values.problem import Problem
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.work_tree import Change
from multigit.core.values.workspace import Repo
from tests.core.builders import (
    API,
    DEV,
    MOMENT,
    STG,
    branch,
    change,
    refs,
    snapshot,
    work,
    workspace,
)

CODE = change("src/app.py")
IN_SYNC = refs(develop=branch("dev-2", "dev-2", "/shop/services/api"))
AHEAD = refs(develop=branch("dev-1", "dev-2", "/shop/services/api"))


def request(*repos: Repo, promote: bool = False, allow: tuple[str, ...] = ()) -> PushRequest:
    """Return a push of dev; with `promote`, it is then promoted to stg."""
    promotion = Hop(DEV, STG, "Merge dev into stg") if promote else None
    return PushRequest(DEV, "feat: x", MOMENT, repos or (API,), promotion, allow)


def planned(
    seen: Snapshot, *, promote: bool = False, allow: tuple[str, ...] = (), repo: Repo = API
) -> RepoPlan:
    """Return the plan of api alone."""
    wanted = request(repo, promote=promote, allow=allow)
    return plan_push(wanted, workspace(repo), {"api": seen}).repos[0]


def with_changes(*changes: Change) -> Snapshot:
    """Return the snapshot of a clone on develop, in sync with the remote, with these changes."""
    return snapshot(refs=IN_SYNC, work=work(*changes))


def commit_step(*changes: Change, commit: str = "") -> CommitStep:
    """Return the step that commits these changes."""
    return CommitStep(
        stage="dev",
        branch="develop",
        parent="dev-2",
        commit=commit,
        message="feat: x",
        changes=changes,
        verify=True,
    )


def on_dev(state: State, *steps: Step, problems: tuple[Problem, ...] = ()) -> RepoPlan:
    """Return the plan of api for a push of dev."""
    return RepoPlan("api", "services/api", state, steps, problems, "develop", "dev-2", "")
