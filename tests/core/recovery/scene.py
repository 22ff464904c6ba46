"""A promotion of two repositories that got as far as a test requires."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from multigit.core.planning.merges import plan_merges
from multigit.core.planning.plan import Plan
from multigit.core.planning.publish_steps import DeployStep
from multigit.core.progress.journal import Entry, EntryKind, Operation
from multigit.core.progress.remote_state import RemoteState, compared
from multigit.core.recovery.resume import resumed
from multigit.core.values.deploy_config import CommandRunner
from multigit.core.values.deployment import Deployment, Run, RunState
from tests.core.builders import (
    ADA,
    API,
    WEB,
    branch,
    merge,
    operation,
    promotion,
    refs,
    snapshot,
    state,
    workspace,
)

SHOP = workspace(API, WEB)
STG, TAG = "refs/heads/staging", "refs/tags/stg-deploy-20250115-160130"
MADE = {STG: "merge-1", TAG: "tag-1"}
LOCAL = refs(staging=branch("stg-1", "stg-1"))
HELD = {STG: "stg-1"}


def plan() -> Plan:
    """Return a promotion of two repositories."""
    seen = {repo.name: snapshot(merge(), repo=repo, refs=LOCAL) for repo in (API, WEB)}
    return plan_merges(promotion(API, WEB), SHOP, seen)


def promoted(whole: Plan | None = None, **known: Any) -> Operation:
    """Return the promotion after its objects were made, with this additional state."""
    return operation(whole or plan(), state(made={"api": MADE, "web": MADE}, **known))


def stands(now: dict[str, str]) -> RemoteState:
    """Return the state of a remote with these refs."""
    return compared(plan().repos[0], MADE, now)


def reread(left: Operation) -> Operation:
    """Return a continued operation as read from its journal."""
    entry = Entry(EntryKind.BEGUN, plan=left.plan, actor=ADA, progress=left.state.repos)
    known = Operation.from_entries([entry])
    assert known
    return known


def continued(*remotes: RemoteState, **known: Any) -> Operation:
    """Return the promotion after it was continued with the remotes in these states."""
    states = dict(zip(("api", "web"), remotes, strict=True))
    return reread(resumed(promoted(**known), states, {}, skip_blocked=False))


def deploying(**known: Any) -> Operation:
    """Return a promotion that also deploys."""
    step = DeployStep("stg", "stg", "staging", "", CommandRunner(("true",)), 60.0)
    whole = plan()
    repos = tuple(replace(repo, steps=(*repo.steps, step)) for repo in whole.repos)
    return promoted(replace(whole, repos=repos), **known)


RUNNING = Deployment(state=RunState.RUNNING, run=Run("1"))
