"""Push: which files of the work trees are committed, and what goes to the remote's branch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from multigit.core.planning import checks
from multigit.core.planning.dangers import (
    dangerous,
    dangerous_commits,
    matches,
    staged_litter,
    uploaded_by_nobody,
)
from multigit.core.planning.deploy import deploy_steps
from multigit.core.planning.merges import (
    Hop,
    merge_problems,
    merge_steps,
    message_required,
    publishing,
    strictest,
    wants_message,
)
from multigit.core.planning.plan import Plan, RepoPlan, State, settle
from multigit.core.planning.steps import AdvanceStep, CommitStep, MergeStep, Step
from multigit.core.planning.submodules import submodule_problems
from multigit.core.planning.waves import in_order
from multigit.core.values.moment import Moment, tag_name
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.snapshot import Change, Snapshot, WorkTree
from multigit.core.values.text import plural
from multigit.core.values.workspace import PushRules, Repo, Stage, Workspace
from multigit.hints import Hint


@dataclass(frozen=True, slots=True)
class PushRequest:
    """What a push was asked to do; `promotion` is the merge that follows it, if any.

    `allow` names files that may be committed although they look like secrets or are large.
    """

    stage: Stage
    message: str
    moment: Moment
    repos: tuple[Repo, ...]
    promotion: Hop | None = None
    allow: tuple[str, ...] = ()
    verify: bool = True
    skip_blocked: bool = False
    accept_reverts: bool = False
    wait: bool = True

    def stages(self) -> tuple[Stage, ...]:
        """Return the stages whose branches matter."""
        return (self.stage, self.promotion.target) if self.promotion else (self.stage,)

    def hops(self) -> tuple[Hop, ...]:
        """Return the merge that follows, as a route."""
        return (self.promotion,) if self.promotion else ()

    @property
    def tag_template(self) -> str:
        """Return the template of the promotion's tag, or empty."""
        return self.promotion.target.tag if self.promotion else ""


def push_message(stage: Stage, message: str | None) -> str:
    """Return the message of the commits; raises UsageError where the stage demands one."""
    if message is not None:
        checks.check_message(message)
        return message
    if stage.require_message:
        raise message_required(stage)
    return f"{stage.name}: auto commit and deploy"


def strict_stage(stage: Stage, target: Stage | None) -> Stage | None:
    """Return the stage that demands a message: the pushed one, or that which it promotes to."""
    if target and wants_message(stage, target):
        return target
    return stage if stage.require_message else None


def to_commit(work: WorkTree | None, stage: Stage, rules: PushRules) -> tuple[Change, ...]:
    """Return the changes that a push commits: on the stage's branch, without the litter."""
    if work is None or work.branch != stage.branch:
        return ()
    return tuple(change for change in work.changes if not matches(change.path, rules.ignore))


def plan_push(
    request: PushRequest, workspace: Workspace, snapshots: Mapping[str, Snapshot]
) -> Plan:
    """Return the plan for all repositories, in the order of the request."""
    taken = {tag.name for snapshot in snapshots.values() for tag in snapshot.refs.tags}
    template = request.tag_template
    release = tag_name(template, request.moment, taken) if template else ""
    asks = strictest(request.stages())
    target = request.stages()[-1]
    names = [stage.name for stage in request.stages()]
    repos = in_order(
        tuple(
            plan_repository(request, workspace, repo, snapshots[repo.name], release)
            for repo in request.repos
        ),
        workspace,
        skip_blocked=request.skip_blocked,
    )
    return Plan(
        command="push",
        operation=request.moment.operation("push", *names),
        time=request.moment.utc,
        date=request.moment.git_date,
        source=request.stage.name if request.promotion else "",
        target=target.name,
        message=request.message,
        release=release if any(repo.state is not State.UP_TO_DATE for repo in repos) else "",
        confirm=asks.confirm,
        word=asks.name,
        checklist=target.checklist if request.promotion else (),
        skip_blocked=request.skip_blocked,
        accept_reverts=request.accept_reverts,
        pace=target.pace,
        wait=request.wait,
        repos=repos,
    )


def plan_repository(
    request: PushRequest, workspace: Workspace, repo: Repo, snapshot: Snapshot, release: str
) -> RepoPlan:
    """Return what happens in one repository."""
    target = request.stages()[-1]
    remote = snapshot.refs.branch(target.branch).remote
    source = snapshot.refs.branch(request.stage.branch).remote if request.promotion else None
    preparing = (
        *push_steps(request, workspace.push, snapshot),
        *merge_steps(request.hops(), snapshot, release),
    )
    deploys = deploy_steps(workspace, repo, target, tag=release) if any_merge(preparing) else ()
    return settle(
        RepoPlan(
            repo=repo.name,
            path=repo.path,
            state=State.PLANNED,
            steps=(*publishing(preparing, snapshot), *deploys),
            problems=tuple(_problems(request, workspace, repo, snapshot)),
            branch=target.branch,
            before=remote.sha if remote else "",
            source_sha=source.sha if source else "",
            wave=repo.wave,
            follows=snapshot.follows,
        ),
        skip_blocked=request.skip_blocked,
    )


def any_merge(steps: Iterable[Step]) -> bool:
    """Tell whether something is promoted, so that it is deployed."""
    return any(isinstance(step, MergeStep) for step in steps)


def push_steps(request: PushRequest, rules: PushRules, snapshot: Snapshot) -> tuple[Step, ...]:
    """Return the takeover of unpushed commits, and the commit of the work tree."""
    stage, steps = request.stage, list[Step]()
    branch = snapshot.refs.branch(stage.branch)
    if branch.local and snapshot.ahead:
        before = branch.remote.sha if branch.remote else ""
        after = branch.local.sha
        steps.append(AdvanceStep(stage.name, stage.branch, before, after, snapshot.unpushed))
    changes = to_commit(snapshot.work, stage, rules)
    if changes and snapshot.work:
        steps.append(
            CommitStep(
                stage=stage.name,
                branch=stage.branch,
                parent=snapshot.work.head,
                commit=snapshot.commit.sha if snapshot.commit else "",
                message=request.message,
                changes=changes,
                verify=request.verify,
            )
        )
    return tuple(steps)


def _problems(
    request: PushRequest, workspace: Workspace, repo: Repo, snapshot: Snapshot
) -> Iterable[Problem]:
    remote = workspace.remote_of(repo)
    yield from checks.unreadable(snapshot)
    if snapshot.error:
        return
    yield from checks.unpublishable(repo, snapshot, remote)
    if request.promotion:
        here = snapshot.refs.branch(request.stage.branch)
        wanted = [] if here.local or here.remote else [request.stage]
        wanted.append(request.promotion.target)
        yield from checks.missing_branches(repo, snapshot, remote, wanted)
    if snapshot.work:
        yield from work_problems(request, workspace, repo, snapshot, snapshot.work)
        nested = workspace.nested_in(repo)
        publishes = bool(push_steps(request, workspace.push, snapshot))
        yield from submodule_problems(repo, snapshot, request.stage, nested, publishes=publishes)
    yield from file_problems(request, workspace.push, repo, snapshot)
    yield from uploaded_by_nobody(repo, snapshot.facts, snapshot.carried)
    yield from diverged(repo, request.stage, snapshot, workspace)
    yield from merge_problems(
        request.hops(), repo, snapshot, remote, accept_reverts=request.accept_reverts
    )


def work_problems(
    request: PushRequest, workspace: Workspace, repo: Repo, snapshot: Snapshot, work: WorkTree
) -> Iterable[Problem]:
    """Report what keeps the work tree from being committed, or why it is left alone."""
    stage, rules, remote = request.stage, workspace.push, workspace.remote_of(repo)
    left = [change for change in work.changes if not matches(change.path, rules.ignore)]
    if work.branch != stage.branch:
        if left:
            where = f"branch {work.branch}" if work.branch else "a detached HEAD"
            stay = "stays as it is" if len(left) == 1 else "stay as they are"
            yield Problem(
                "other_branch",
                f"{plural(len(left), 'changed file')} on {where} {stay}.",
                Hint.SWITCH_FIRST.format(path=repo.typed(), remote=remote, branch=stage.branch),
                Severity.WARN,
            )
        return
    yield from checks.unfinished_work(repo, work)
    changes = to_commit(work, stage, rules)
    if changes and not work.head:
        there = snapshot.refs.branch(stage.branch).remote
        yield Problem(
            "unborn",
            f"{stage.branch} has no commit yet.",
            (Hint.PULL_UNBORN if there else Hint.FIRST_COMMIT).format(
                path=repo.typed(), remote=remote, branch=stage.branch
            ),
        )
    if changes:
        yield from staged_litter(repo, work, rules)


def file_problems(
    request: PushRequest, rules: PushRules, repo: Repo, snapshot: Snapshot
) -> Iterable[Problem]:
    """Report what should not be published, in commits and in what is to be committed: once each.

    A warning about one does not stand for what blocks the other.
    """
    stage, changes = request.stage, to_commit(snapshot.work, request.stage, rules)
    told = set()
    for each in (
        *dangerous_commits(repo, stage, snapshot, rules, request.allow),
        *dangerous(repo, snapshot, changes, rules, request.allow),
    ):
        about = (each.code, each.files, each.severity)
        if about not in told:
            told.add(about)
            yield each


def diverged(
    repo: Repo, stage: Stage, snapshot: Snapshot, workspace: Workspace
) -> Iterable[Problem]:
    """Report a local branch that lacks commits of the remote one and has something to add."""
    remote = workspace.remote_of(repo)
    changes = to_commit(snapshot.work, stage, workspace.push)
    if not snapshot.behind or not (snapshot.ahead or changes):
        return
    checked_out = snapshot.work is not None and snapshot.work.branch == stage.branch
    hint = Hint.PULL_REBASE if checked_out else Hint.PULL_REBASE_THERE
    yield Problem(
        "diverged",
        f"{stage.branch} is {snapshot.behind} behind {remote} and has work of its own.",
        hint.format(path=repo.typed(), remote=remote, branch=stage.branch),
    )
