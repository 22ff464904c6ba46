"""Plans and outcomes of roll-backs: api is deployed again, web gets a commit with the old files."""

from __future__ import annotations

from dataclasses import replace

from multigit.core.planning.plan import Plan, RepoPlan, RollsBack, State
from multigit.core.planning.publish_steps import DeployStep, PushStep, RefUpdate
from multigit.core.planning.steps import RedeployStep, RollBackStep, Step, TagStep
from multigit.core.progress.outcome import Outcome
from multigit.core.values.commits import PendingCommits
from multigit.core.values.deploy_config import CommandRunner
from multigit.core.values.deployment import Deployment, Run, RunState
from multigit.core.values.hold import HeldRepo, Hold
from multigit.core.values.workspace import Repo
from tests.core.builders import API, WEB, plan

BACK = RollsBack("deploy-1", "deploy-2", "payments fail")
LOST = PendingCommits(2, subjects=("feat: pay", "feat: refund"))
OPERATION = "20250115T150130Z-rollback-stg-7f3a"
HOLD = Hold(
    stage="stg",
    operation=OPERATION,
    release="deploy-1",
    bad="deploy-2",
    who="Ada <ada@example.com>",
    host="laptop",
    since="2025-01-15T15:02:00Z",
    why="payments fail",
    repos={"api": HeldRepo("stg-1", "stg-2", "deploy-2")},
)


def redeployed(repo: Repo = API) -> RepoPlan:
    """Return the plan of a repository whose old commit is deployed to stg again."""
    runner = CommandRunner(("true",))
    steps: tuple[Step, ...] = (
        RedeployStep("stg", "staging", "stg-2", "stg-1", "stg-2", LOST, files=3),
        DeployStep("stg", "stg", "staging", "", runner, 60.0, sha="stg-1", tag="deploy-1"),
    )
    return _planned(repo, steps)


def restored(repo: Repo = WEB, tag: str = "deploy-3") -> RepoPlan:
    """Return the plan of a repository whose old files are committed on top of stg."""
    back = RollBackStep(
        "stg", "staging", "stg-2", "stg-1", "stg-1 tree", "back-1", "Roll back", LOST, files=3
    )
    updates = (RefUpdate("refs/heads/staging", "stg-2"), RefUpdate(f"refs/tags/{tag}", ""))
    return _planned(repo, (back, TagStep(tag, "staging", "Roll back"), PushStep(updates)))


def _planned(repo: Repo, steps: tuple[Step, ...]) -> RepoPlan:
    back = RepoPlan(repo.name, repo.path, State.PLANNED, steps, branch="staging", before="stg-2")
    return replace(back, source_sha="stg-1")


def roll_back(*repos: RepoPlan, release: str = "deploy-1", back: RollsBack = BACK) -> Plan:
    """Return the plan of a roll-back of stg."""
    return replace(
        plan(*repos, command="rollback"),
        operation=OPERATION,
        source="",
        message="Roll back stg to deploy-1\n\npayments fail",
        release=release,
        rolls_back=back,
    )


def went_back(planned: RepoPlan, *states: RunState) -> Outcome:
    """Return the outcome of a repository that went back; `states` are of its deployments."""
    runs = tuple(Deployment(state=each, run=Run("1")) for each in states)
    if planned.roll_backs():
        refs = {update.ref: "back-1" for update in planned.updates()}
        return Outcome(planned, State.PUBLISHED, refs, deployments=runs)
    return Outcome(planned, State.DEPLOYED, deployments=runs)
