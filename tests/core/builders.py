"""Small workspaces and snapshots, so that each test reads as a fact.

Core never looks into an object id, so ids are words here: `dev-2` is a commit, and `dev-2 tree`
is its tree. Stages and branches, repositories and paths have different names, so that a test
fails if one is taken for the other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import MappingProxyType
from typing import Any

from multigit.core.planning.merges import MergeRequest
from multigit.core.planning.plan import Plan, RepoPlan, State
from multigit.core.planning.publish_steps import FastForwardStep, PushStep, RefUpdate
from multigit.core.planning.routes import Hop
from multigit.core.planning.steps import MergeStep, Step, TagStep
from multigit.core.progress.journal import Operation
from multigit.core.progress.outcome import Outcome
from multigit.core.progress.state import OperationState, Progress
from multigit.core.records.history import OperationHistory
from multigit.core.records.last_deployments import LastDeployments, last_deployed
from multigit.core.records.record import Record
from multigit.core.records.repo_record import DeploymentRecord, RepoRecord
from multigit.core.values.agreement import Actor
from multigit.core.values.clone_facts import CloneFacts
from multigit.core.values.commits import Commit, PendingCommits, Tip
from multigit.core.values.deployment import Deployment
from multigit.core.values.flight import Flight
from multigit.core.values.git_answers import Merged
from multigit.core.values.merge import Merge
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.push_rules import PushRules
from multigit.core.values.refs import Branch, Refs, Tag
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.start_time import StartTime
from multigit.core.values.work_tree import Change, WorkTree
from multigit.core.values.workspace import Confirm, Repo, Stage, Workspace

DEV = Stage("dev", "develop", confirm=Confirm.NONE)
STG = Stage("stg", "staging", promotes_from="dev", tag="stg-deploy-{timestamp}")
MAIN = Stage(
    "main",
    "master",
    promotes_from="stg",
    tag="deploy-{timestamp}",
    confirm=Confirm.NAME,
    checklist=("Staging is verified", "A roll-back plan exists"),
    require_message=True,
)
STAGES = (DEV, STG, MAIN)

API = Repo("api", "services/api", groups=("backend",))
WEB = Repo("web", "frontends/web", groups=("frontend",))
ROOT = Repo("shop", ".")

# 15:01:30 in UTC; the tags of this workspace have its own time, which is an hour ahead.
MOMENT = StartTime(datetime(2025, 1, 15, 16, 1, 30, tzinfo=timezone(timedelta(hours=1))), "7f3a")

FACTS = CloneFacts(identity="Ada <ada@example.com>")
NEWEST = Commit("dev-2", 1736949600, "Ada", "fix: time-out on upload")
UNREADABLE = Problem("unreachable", "the remote cannot be reached.", "Check the network.")


def workspace(
    *repos: Repo,
    stages: tuple[Stage, ...] = STAGES,
    remote: str = "origin",
    push: PushRules | None = None,
) -> Workspace:
    """Return a workspace of these repositories."""
    return Workspace(Path("/shop"), stages, repos, remote=remote, push=push or PushRules())


def tip(name: str) -> Tip:
    """Return a commit and its tree."""
    return Tip(name, f"{name} tree")


def branch(
    remote: str = "", local: str = "", checked_out: str = "", ahead: int = 0, behind: int = 0
) -> Branch:
    """Return a branch with these commits on the remote and in the clone; empty means missing."""
    sides = (tip(remote) if remote else None, tip(local) if local else None)
    return Branch(*sides, checked_out, ahead, behind)


REMOTE_ONLY = MappingProxyType(
    {"develop": branch("dev-2"), "staging": branch("stg-1"), "master": branch("main-1")}
)


def refs(*tags: str, **branches: Branch) -> Refs:
    """Return the refs of a clone without local branches; keywords replace some of them."""
    return Refs({**REMOTE_ONLY, **branches}, tuple(Tag(name, 1736949600) for name in tags))


def merge(
    source: str = "dev",
    target: str = "stg",
    *,
    ours: str = "stg-1",
    theirs: str = "dev-2",
    commit: str = "merge-1",
    commits: int = 3,
) -> Merge:
    """Return a preview of a merge that works."""
    result = Merged(commit, f"{commit} tree", 5)
    message = f"Merge {source} into {target}{DOWN.get((source, target), '')}"
    return Merge(
        source, target, tip(ours), tip(theirs), result, message, PendingCommits(commits, NEWEST)
    )


DOWN = {("main", "stg"): " (hotfix sync)", ("stg", "dev"): " (sync verified)"}


def nothing(
    source: str = "dev", target: str = "stg", *, ours: str = "stg-1", theirs: str = "dev-2"
) -> Merge:
    """Return a preview of a merge that would change nothing."""
    return Merge(source, target, tip(ours), tip(theirs), Merged(tree=f"{ours} tree"))


def clash(
    *files: str,
    source: str = "dev",
    target: str = "stg",
    ours: str = "stg-1",
    theirs: str = "dev-2",
    unrelated: bool = False,
) -> Merge:
    """Return a preview of a merge that cannot be made automatically."""
    result = Merged(conflicted=not unrelated, conflicts=files, unrelated=unrelated)
    return Merge(source, target, tip(ours), tip(theirs), result, waiting=PendingCommits(2, NEWEST))


def snapshot(
    *merges: Merge,
    repo: Repo = API,
    refs: Refs = refs(),  # noqa: B008
    facts: CloneFacts = FACTS,
    work: WorkTree | None = None,
    debts: tuple[Merge, ...] = (),
    ahead: int = 0,
    behind: int = 0,
) -> Snapshot:
    """Return the snapshot of a healthy clone."""
    return Snapshot(
        repo.name,
        facts=facts,
        refs=refs,
        work=work,
        merges=merges,
        debts=debts,
        ahead=ahead,
        behind=behind,
        unpushed=PendingCommits(ahead, NEWEST) if ahead else PendingCommits(),
    )


def unreadable(repo: Repo = API) -> Snapshot:
    """Return the snapshot of a clone that could not be read."""
    return Snapshot(repo.name, error=UNREADABLE)


def change(path: str, kind: str = "modified", size: int = 0) -> Change:
    """Return a changed file."""
    return Change(path, kind, size)


def work(*changes: Change, on: str = "develop", head: str = "dev-2") -> WorkTree:
    """Return a work tree with these changes."""
    return WorkTree(branch=on, head=head, changes=changes)


def warning(code: str = "noted", message: str = "is worth a look.") -> Problem:
    """Return a problem that does not block."""
    return Problem(code, message, severity=Severity.WARN)


def promotion(*repos: Repo, skip_blocked: bool = False) -> MergeRequest:
    """Return a promotion from dev to stg."""
    hops = (Hop(DEV, STG, "Merge dev into stg"),)
    return MergeRequest("promote", MOMENT, hops, repos or (API,), skip_blocked)


def backmerge(*repos: Repo) -> MergeRequest:
    """Return a back-merge from main over stg to dev."""
    first = Hop(MAIN, STG, "Merge main into stg (hotfix sync)", forward=False)
    second = Hop(STG, DEV, "Merge stg into dev (sync verified)", forward=False)
    return MergeRequest("backmerge", MOMENT, (first, second), repos or (API,))


def merge_step(
    source: str = "dev",
    target: str = "stg",
    *,
    commit: str = "merge-1",
    commits: int = 3,
    branches: tuple[str, str] = ("develop", "staging"),
    tips: tuple[str, str] = ("dev-2", "stg-1"),
) -> MergeStep:
    """Return the step of a merge; `branches` and `tips` are those of the source and the target."""
    theirs, ours = tips
    made = merge(source, target, ours=ours, theirs=theirs, commit=commit, commits=commits)
    return MergeStep(made, *branches)


def to_publish(repo: Repo = API, *problems: Problem, commits: int = 3) -> RepoPlan:
    """Return the plan of a repository that is promoted from dev to stg."""
    tag = "stg-deploy-20250115-160130"
    updates = (RefUpdate("refs/heads/staging", "stg-1"), RefUpdate(f"refs/tags/{tag}", ""))
    steps: tuple[Step, ...] = (
        merge_step(commits=commits),
        TagStep(tag, "staging", "Merge develop into staging"),
        PushStep(updates),
        FastForwardStep("staging"),
    )
    return RepoPlan(
        repo.name, repo.path, State.PLANNED, steps, problems, "staging", "stg-1", "dev-2"
    )


def without_steps(repo: Repo, state: State, *problems: Problem) -> RepoPlan:
    """Return the plan of a repository without steps, in a promotion from dev to stg."""
    return RepoPlan(repo.name, repo.path, state, (), problems, "staging", "stg-1", "dev-2")


def plan(*repos: RepoPlan, command: str = "promote") -> Plan:
    """Return the plan of a promotion from dev to stg."""
    return Plan(
        command=command,
        operation="20250115T150130Z-promote-dev-stg-7f3a",
        time="2025-01-15T15:01:30Z",
        date="1736953290 +0100",
        source="dev",
        target="stg",
        message="Merge dev into stg",
        repos=repos,
        release="stg-deploy-20250115-160130",
        confirm=Confirm.YES,
        word="stg",
    )


MADE: Mapping[str, str] = {
    "refs/heads/staging": "merge-1",
    "refs/tags/stg-deploy-20250115-160130": "tag-1",
}


ADA = Actor("Ada <ada@example.com>", "ada", "build-7")


def state(
    *,
    made: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    settled: Mapping[str, State] = MappingProxyType({}),
    begun: Sequence[str] = (),
    deployments: Mapping[str, Mapping[str, Deployment]] = MappingProxyType({}),
    flights: Mapping[str, Flight] = MappingProxyType({}),
) -> OperationState:
    """Return the state of an operation, given by repository."""
    names = dict.fromkeys((*made, *settled, *begun, *deployments))
    repos = {
        name: Progress(
            made.get(name, {}), settled.get(name), name in begun, deployments.get(name, {})
        )
        for name in names
    }
    return OperationState(repos, flights)


def operation(planned: Plan, so_far: OperationState | None = None) -> Operation:
    """Return an operation as read from its journal."""
    return Operation(planned, ADA, so_far or OperationState())


def published(repo: Repo = API, *problems: Problem) -> Outcome:
    """Return the outcome of a repository that was promoted."""
    return Outcome(to_publish(repo), State.PUBLISHED, MADE, problems)


# --- The log


def row(after: str, *runs: str, repo: str = "api", **more: Any) -> RepoRecord:
    """Return the record of a published repository; `runs` are the states of its deployments.

    One has no target, several have the targets eu, us and so on.
    """
    targets = ("eu", "us", "ap") if len(runs) > 1 else ("",)
    deployments = tuple(map(DeploymentRecord, targets, runs))
    fields: dict[str, Any] = {"state": "published", **more}
    return RepoRecord(repo=repo, after=after, deployments=deployments, **fields)


def record(operation: str, *rows: RepoRecord, **more: Any) -> Record:
    """Return the record of a promotion to stg; keywords replace its fields."""
    fields: dict[str, Any] = {"command": "promote", "stage": "stg", **more}
    return Record(operation=operation, repos=rows, **fields)


@dataclass(frozen=True)
class Kept:
    """The records of a log, oldest first."""

    records: tuple[Record, ...]

    def newest(self, *mentioning: str) -> Iterator[Record]:
        """Yield the records newest first, like the log on disk."""
        words = [json.dumps(each) for each in mentioning]
        for each in reversed(self.records):
            if not words or any(word in json.dumps(each.document()) for word in words):
                yield each

    def count(self) -> int:
        """Return the number of records."""
        return len(self.records)

    def last_deployed(self) -> LastDeployments:
        """Return the last deployments."""
        return last_deployed(self.records)


def past(*records: Record) -> OperationHistory:
    """Return the history of a workspace whose log holds these records, oldest first."""
    return OperationHistory(Kept(records))
