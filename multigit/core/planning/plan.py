"""The plan: what one operation will do, as plain data. What is shown is what is run.

A repository's plan is a list of small steps: some make an object that one ref is to point at,
`PushStep` publishes these refs in one atomic push, then local branches follow, and what was
published is deployed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from multigit.core.planning.making import DeleteTagStep
from multigit.core.planning.publish_steps import DeployStep, FollowingStep, PushStep, RefUpdate
from multigit.core.planning.pull_steps import PullingStep
from multigit.core.planning.steps import (
    AlsoStep,
    CommitStep,
    MakingStep,
    MergeStep,
    MovingStep,
    ReapplyStep,
    RedeployStep,
    ReportedStep,
    RollBackStep,
    Step,
    TagStep,
)
from multigit.core.values.agreement import Accepted
from multigit.core.values.deploy_config import Pace
from multigit.core.values.hold import HeldRepo, Hold, SeenHold
from multigit.core.values.problem import Problem
from multigit.core.values.workspace import Confirm


class State(StrEnum):
    """The state of a repository in an operation."""

    PLANNED = "planned"
    UP_TO_DATE = "up_to_date"
    BLOCKED = "blocked"
    SKIPPED = "skipped"
    PUBLISHED = "published"
    UPDATED = "updated"
    DEPLOYED = "deployed"
    NOT_PUBLISHED = "not_published"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Result(StrEnum):
    """The result of an operation, or that it was only planned."""

    PLANNED = "planned"
    DONE = "done"
    NOTHING = "nothing"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"
    FAILED = "failed"
    PAUSED = "paused"
    ERROR = "error"


# Problems of repositories that do not take part: nothing is wrong there.
NOT_IN_RELEASE = "not_in_release"
NO_STAGE = "no_stage"
NOT_NEIGHBORS = "not_neighbours"
LEFT_OUT = "left_out"  # of the operation that is undone
STAYS_NEWER = "stays_newer"  # not chosen, when others are rolled back
ABSENT = {NOT_IN_RELEASE, NO_STAGE, NOT_NEIGHBORS, LEFT_OUT, STAYS_NEWER}


@dataclass(frozen=True, slots=True)
class RepoPlan:
    """What happens in one repository, or why nothing does.

    A `wave` begins when all lower ones are published, deployed and healthy. A superproject
    `follows` its submodules in a later wave; `waits_for` are those that the configuration names.
    `later` are the tips of later stages' branches by ref, as far as they are known: an undo has to
    know what these stages received since.
    """

    repo: str
    path: str
    state: State
    steps: tuple[Step, ...] = ()
    problems: tuple[Problem, ...] = ()
    branch: str = ""
    before: str = ""
    source_sha: str = ""
    wave: int = 0
    follows: tuple[str, ...] = ()
    later: Mapping[str, str] = field(default_factory=dict)
    waits_for: tuple[str, ...] = ()

    @property
    def absent(self) -> bool:
        """Return whether it has nothing to do with the operation, such as the stage."""
        codes = {problem.code for problem in self.problems}
        return self.state is State.SKIPPED and bool(ABSENT & codes)

    @property
    def left_out(self) -> bool:
        """Return whether it has work that is skipped because something blocks it."""
        return self.state is State.SKIPPED and not self.absent

    def merges(self) -> tuple[MergeStep, ...]:
        """Return the merges in the order in which they are made."""
        return tuple(step for step in self.steps if isinstance(step, MergeStep))

    def reapplied(self) -> tuple[ReapplyStep, ...]:
        """Return the commits that bring work back without a merge, at most one."""
        return tuple(step for step in self.steps if isinstance(step, ReapplyStep))

    def roll_backs(self) -> tuple[RollBackStep, ...]:
        """Return the commits that restore earlier ones, at most one."""
        return tuple(step for step in self.steps if isinstance(step, RollBackStep))

    def redeploys(self) -> tuple[RedeployStep, ...]:
        """Return what deployments of an earlier commit do, at most one."""
        return tuple(step for step in self.steps if isinstance(step, RedeployStep))

    @property
    def goes_back(self) -> RollBackStep | RedeployStep | None:
        """Return the step that rolls the repository back, if any."""
        steps: tuple[RollBackStep | RedeployStep, ...] = (*self.roll_backs(), *self.redeploys())
        return next(iter(steps), None)

    def commits(self) -> tuple[CommitStep, ...]:
        """Return the commits of the work tree, at most one."""
        return tuple(step for step in self.steps if isinstance(step, CommitStep))

    def deploys(self) -> tuple[DeployStep, ...]:
        """Return the deployments, in the order in which they are made."""
        return tuple(step for step in self.steps if isinstance(step, DeployStep))

    def also(self) -> tuple[str, ...]:
        """Return what is done besides moving branches, in a word or two each."""
        return tuple(dict.fromkeys(s.also for s in self.steps if isinstance(s, AlsoStep)))

    def following(self) -> tuple[FollowingStep, ...]:
        """Return the steps that move local branches after the push."""
        return tuple(step for step in self.steps if isinstance(step, FollowingStep))

    def pulls(self) -> tuple[PullingStep, ...]:
        """Return the steps that bring the clone up to date."""
        return tuple(step for step in self.steps if isinstance(step, PullingStep))

    def updates(self) -> tuple[RefUpdate, ...]:
        """Return the refs that the push moves or creates."""
        return tuple(u for step in self.steps if isinstance(step, PushStep) for u in step.updates)

    @property
    def tag(self) -> str:
        """Return the name of the tag that is made, or empty."""
        return next((step.name for step in self.steps if isinstance(step, TagStep)), "")

    @property
    def deploy_tag(self) -> str:
        """Return the tag that is made, or else the one that is deployed, or empty."""
        return self.tag or next((step.tag for step in self.deploys()), "")

    @property
    def deleted_tag(self) -> str:
        """Return the tag that is deleted, or empty."""
        return next((step.name for step in self.steps if isinstance(step, DeleteTagStep)), "")

    @property
    def is_undo(self) -> bool:
        """Return whether this undoes what another operation published."""
        return any(step.is_undo for step in self.making())

    @property
    def after(self) -> str:
        """Return the planned tip of the last branch that moves, or empty."""
        return self.branch_steps()[-1].move().goal if self.branch_steps() else ""

    def making(self) -> tuple[MakingStep, ...]:
        """Return the steps that make what the push publishes, in order."""
        return tuple(step for step in self.steps if isinstance(step, MakingStep))

    def branch_steps(self) -> tuple[MovingStep, ...]:
        """Return the steps that move a branch of the remote."""
        return tuple(step for step in self.steps if isinstance(step, MovingStep))

    def reported_steps(self) -> tuple[ReportedStep, ...]:
        """Return the steps that documents for scripts list, those that move a branch first."""
        others = (step for step in self.steps if not isinstance(step, MovingStep))
        return (*self.branch_steps(), *(step for step in others if isinstance(step, ReportedStep)))

    @property
    def commit_count(self) -> int:
        """Return how many commits the last stage that moves receives."""
        return next(reversed(list(self.arriving().values())), 0)

    def arriving(self) -> dict[str, int]:
        """Return how many commits each stage receives, in the order in which they move."""
        counts: dict[str, int] = {}
        for move in (step.move() for step in self.branch_steps()):
            if move.commits is not None:
                counts[move.stage] = counts.get(move.stage, 0) + move.commits
        return counts


@dataclass(frozen=True, slots=True)
class RollsBack:
    """What a roll-back goes back to, and from: releases of the target (`bad` may be empty).

    With `after`, it is the answer to an operation whose deployments failed. `before` is the hold
    that the target had already. `there` are the repositories that have the old commit already, and
    whose branches have another one, which must not go out either.
    """

    to: str
    bad: str = ""
    why: str = ""
    after: str = ""
    before: Hold | None = None
    there: Mapping[str, HeldRepo] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """One operation over all selected repositories, ready to be shown and run.

    `date` is the author and committer date of all commits and tags, in git's form. `release` is the
    operation's tag, or empty; `asked_release` is the one that a person asked to deploy, or empty.
    With `skip_blocked`, blocked repositories are skipped; with `accept_reverts`, a merge may leave
    out or remove reverted work; with `roll_forward`, all of it comes back. `undoes` is the
    operation that this one undoes, or empty. If `wait` is False, multigit does not wait for
    deployments. `lock_repo` is the repository whose remote held the locks at the start, or empty.
    `accepted` is what was in the way of it, and a person accepted; `accepted_now` are the keys of
    the deployments whose unknown result the present command accepts, and no later one that
    continues it. `holds` are those that it was made with, by stage: a stage that is held since is
    not changed. `releases` is the one that a person releases with it, `keeps` the one on the target
    that stays, although a release is deployed there by name.
    """

    command: str
    operation: str
    time: str
    date: str
    source: str
    target: str
    message: str
    repos: tuple[RepoPlan, ...]
    release: str = ""
    confirm: Confirm = Confirm.NONE
    word: str = ""
    checklist: tuple[str, ...] = ()
    skip_blocked: bool = False
    accept_reverts: bool = False
    roll_forward: bool = False
    pace: Pace = field(default_factory=Pace)
    wait: bool = True
    undoes: str = ""
    lock_repo: str = ""
    accepted: tuple[Accepted, ...] = ()
    accepted_now: tuple[str, ...] = ()
    asked_release: str = ""
    rolls_back: RollsBack | None = None
    releases: Hold | None = None
    keeps: Hold | None = None
    holds: Mapping[str, SeenHold] = field(default_factory=dict)

    @property
    def result(self) -> Result:
        """Return failed (a repository could not be read), blocked, nothing or planned.

        If nothing moves and something was left out, the result is blocked, since it is not done.
        """
        states = {repo.state for repo in self.repos}
        if State.FAILED in states:
            return Result.FAILED
        stuck = states <= {State.SKIPPED, State.UP_TO_DATE} and any(r.left_out for r in self.repos)
        if State.BLOCKED in states or states == {State.SKIPPED} or stuck:
            return Result.BLOCKED
        return Result.PLANNED if State.PLANNED in states else Result.NOTHING

    @property
    def answers(self) -> str:
        """Return the failed operation that it rolls back by itself, or empty."""
        return self.rolls_back.after if self.rolls_back else ""

    def planned(self) -> tuple[RepoPlan, ...]:
        """Return the repositories in which something will happen."""
        return tuple(repo for repo in self.repos if repo.state is State.PLANNED)


def resolve_state(repo: RepoPlan, *, skip_blocked: bool) -> RepoPlan:
    """Return the plan with the state that follows from its problems and steps, and its target."""
    repo = stopped(repo, skip_blocked=skip_blocked)
    if repo.state in {State.BLOCKED, State.SKIPPED}:
        return replace(repo, steps=())
    if not repo.steps:
        return replace(repo, state=State.UP_TO_DATE)
    return with_target(replace(repo, state=State.PLANNED))


def stopped(repo: RepoPlan, *, skip_blocked: bool) -> RepoPlan:
    """Return the plan as is, or blocked and without steps if a problem blocks it.

    With `skip_blocked` it is skipped instead, and its first problem is the reason.
    """
    if not any(problem.blocks for problem in repo.problems):
        return repo
    if not skip_blocked:
        return replace(repo, state=State.BLOCKED, steps=())
    reasons_first = sorted(repo.problems, key=lambda problem: not problem.blocks)
    problems = tuple(problem.as_warning() for problem in reasons_first)
    return replace(repo, state=State.SKIPPED, steps=(), problems=problems)


def with_target(repo: RepoPlan) -> RepoPlan:
    """Return the plan with the `branch` that moves last, and its tip `before`."""
    if not repo.branch_steps():
        return repo
    last = repo.branch_steps()[-1]
    befores = {update.ref: update.before for update in repo.updates()}
    return replace(repo, branch=last.branch, before=befores.get(last.ref, ""))
