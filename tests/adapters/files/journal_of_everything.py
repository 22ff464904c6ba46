"""A journal that contains every step, runner and kind of record, as this version writes it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from multigit.adapters.files.journal import Journal
from multigit.core.planning.making import DeleteTagStep, RestoreStep
from multigit.core.planning.plan import Plan, RepoPlan, RollsBack, State
from multigit.core.planning.publish_steps import DeployStep, MoveBackStep
from multigit.core.planning.pull_steps import CloneStep, CreateBranchStep, SwitchStep, UpdateStep
from multigit.core.planning.steps import (
    AdvanceStep,
    CommitStep,
    MergeStep,
    ReapplyStep,
    RedeployStep,
    RollBackStep,
)
from multigit.core.progress.journal import Entry, EntryKind
from multigit.core.progress.state import Progress
from multigit.core.values.agreement import Accepted, Actor
from multigit.core.values.commits import PendingCommits
from multigit.core.values.deploy_config import (
    CommandRunner,
    GithubRunner,
    HealthCheck,
    JenkinsRunner,
    Pace,
    Runner,
)
from multigit.core.values.deployment import Deployment, Run, RunState
from multigit.core.values.flight import Flight
from multigit.core.values.hold import HeldRepo, Hold, SeenHold
from multigit.core.values.merge import Fold, Skip
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.work_tree import Change
from multigit.core.values.workspace import Confirm
from tests.core.builders import API, NEWEST, WEB, merge, plan, tip, to_publish

JOURNALS = Path(__file__).parent / "journals"
RUNNERS: tuple[Runner, ...] = (
    GithubRunner("deploy.yml", ref="branch", inputs={"env": "{stage}"}, slug="acme/api"),
    CommandRunner(("./deploy", "{sha}")),
    JenkinsRunner("https://ci.example.org", "shop/api", user="ada", params={"TAG": "{tag}"}),
)
HOLD = Hold(
    *("stg", "op-1", "deploy-1", "deploy-2", "Ada <a@b>", "host", "2025-01-15T15:02:00Z", "slow"),
    {"api": HeldRepo("stg-1", "stg-2", "deploy-2")},
)
CHECK = HealthCheck("https://api.example.org/health", json="build.sha", equals="{sha}")


def everything() -> Plan:
    """Return a plan with a step of each type."""
    waiting = PendingCommits(2, NEWEST)
    deploys = tuple(
        DeployStep("stg", "staging", "staging", name, runner, 60.0, CHECK, "stg-2", "deploy-1")
        for name, runner in zip(("fra", "nrt", "gru"), RUNNERS, strict=True)
    )
    fold = Fold((Skip("stg-2"), Skip("stg-3", ("a.txt",))), ("stg-2",), 2, "Reapply", tip("stg-4"))
    others = (
        MergeStep(replace(merge(), fold=fold), "develop", "staging"),
        ReapplyStep(replace(merge(), fold=replace(fold, alone=True)), "staging"),
        CommitStep("dev", "develop", "dev-2", "dev-3", "feat: x", (Change("a.txt", "added"),)),
        AdvanceStep("dev", "develop", "dev-2", "dev-3", waiting),
        CloneStep("file:///api.git", "develop"),
        CreateBranchStep("develop", "dev-2"),
        UpdateStep("develop", "dev-1", "dev-2", 1, checked_out=True),
        SwitchStep("develop"),
        RestoreStep("stg", "staging", "stg-2", "stg-1"),
        RollBackStep("stg", "staging", "stg-2", "stg-1", "tree-1", "stg-3", "Back", waiting, 2),
        RedeployStep("stg", "staging", "stg-2", "stg-1", "stg-2", waiting, 2, "deploy-2"),
        MoveBackStep("staging", "stg-2", "stg-1"),
        DeleteTagStep("deploy-1", "tag-1"),
    )
    api = to_publish(API)
    problem = Problem("no_branch", "has no branch.", "Create it.", Severity.WARN, ("a.txt",))
    return replace(
        plan(
            replace(api, steps=(*api.steps, *deploys)),
            RepoPlan("web", WEB.path, State.SKIPPED, steps=others, problems=(problem,)),
        ),
        confirm=Confirm.NAME,
        word="stg",
        checklist=("Staging is verified",),
        pace=Pace(2, 1.5),
        rolls_back=RollsBack("deploy-1", "deploy-2", "it is ill", "op-2", HOLD),
        releases=HOLD,
        holds={"stg": SeenHold("op-1", "hold-1")},
        accepted=(Accepted("bad_release", "api", "it was marked bad.", reason="stg-3 is worse"),),
    )


def write_everything(folder: Path) -> Path:
    """Write the journal into the folder as this version does, and return its file."""
    journal = Journal(folder / "everything.jsonl")
    nrt = Deployment("nrt", RunState.QUEUED, Run("7", "https://host/7"))
    earlier = Progress({"refs/heads/staging": "merge-1"}, State.UNKNOWN, True, {"nrt": nrt})  # noqa: FBT003
    ada = Actor("Ada <a@b>", "ada", "host")
    journal.write(Entry(EntryKind.BEGUN, everything(), ada, progress={"api": earlier}))
    journal.write(Entry(EntryKind.PUBLISHING, made={"api": {"refs/heads/staging": "merge-1"}}))
    journal.write(Entry(EntryKind.SETTLED, repos=("api",), state=State.PUBLISHED))
    fra = Deployment(
        "fra", RunState.WAITING, others=(Deployment("fra", RunState.FAILED, Run("6")),)
    )
    journal.write(Entry(EntryKind.DEPLOYMENT, repos=("api",), deployment=fra))
    flight = Flight(1736953290.0, 1736953920.0, "host", "1:2", local=True)
    journal.write(Entry(EntryKind.PUSHING, repos=("api",), flight=flight))
    return folder / "everything.jsonl"
