"""Pull: how a stage's branch is updated in each clone, and what is left to a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from shlex import quote
from typing import Self

from multigit.core.planning.checks import missing_branches, work_hint
from multigit.core.planning.plan import Plan, RepoPlan, State, resolve_state
from multigit.core.planning.pull_steps import CloneStep, CreateBranchStep, SwitchStep, UpdateStep
from multigit.core.planning.steps import Step
from multigit.core.planning.taking_part import plans_of, stage_in
from multigit.core.values.problem import Problem
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.start_time import StartTime
from multigit.core.values.text import operand, pathspec, shortened
from multigit.core.values.work_tree import Obstacle, WorkTree
from multigit.core.values.workspace import Repo, Stage, Workspace
from multigit.hints import Hint


@dataclass(frozen=True, slots=True)
class PullRequest:
    """What a pull was asked to do; with `switch`, clean work trees also switch to the branch."""

    stage: Stage
    start_time: StartTime
    repos: tuple[Repo, ...]
    switch: bool = False

    def in_repo(self, workspace: Workspace, repo: Repo) -> Self | Problem:
        """Return it with the stage as a repository has it, or why that one is left out."""
        stage = stage_in(self.stage, workspace, repo)
        return stage if isinstance(stage, Problem) else replace(self, stage=stage)


def plan_pull(
    request: PullRequest, workspace: Workspace, snapshots: Mapping[str, Snapshot]
) -> Plan:
    """Return the plan; a blocked repository does not stop the others."""

    def plan(own: PullRequest, repo: Repo) -> RepoPlan:
        return plan_repository(own, workspace, repo, snapshots[repo.name])

    return Plan(
        command="pull",
        operation=request.start_time.operation("pull", request.stage.name),
        time=request.start_time.utc,
        date=request.start_time.git_date,
        source="",
        target=request.stage.name,
        message="",
        repos=plans_of(request, workspace, plan),
    )


def plan_repository(
    request: PullRequest, workspace: Workspace, repo: Repo, snapshot: Snapshot
) -> RepoPlan:
    """Return what happens in one repository; one that could not be read has failed."""
    local = snapshot.refs.branch(request.stage.branch).local
    plan = resolve_state(
        RepoPlan(
            repo=repo.name,
            path=repo.path,
            state=State.PLANNED,
            steps=pull_steps(request, repo, snapshot),
            problems=tuple(_problems(request, repo, snapshot, workspace.remote_of(repo))),
            branch=request.stage.branch,
            before=local.sha if local else "",
        ),
        skip_blocked=False,
    )
    return replace(plan, state=State.FAILED) if snapshot.error else plan


def pull_steps(request: PullRequest, repo: Repo, snapshot: Snapshot) -> tuple[Step, ...]:
    """Return the steps: clone, create the branch, update it, switch to it."""
    name = request.stage.branch
    if snapshot.missing:
        return (CloneStep(repo.url, name),)
    branch, work = snapshot.refs.branch(name), snapshot.work
    steps: list[Step] = []
    if branch.remote and not branch.local:
        steps.append(CreateBranchStep(name, branch.remote.sha))
    elif branch.remote and branch.local and snapshot.behind:
        here = work is not None and work.branch == name
        before, after = branch.local.sha, branch.remote.sha
        steps.append(UpdateStep(name, before, after, snapshot.behind, checked_out=here))
    if request.switch and branch.remote and work and work.branch != name:
        steps.append(SwitchStep(name))
    return tuple(steps)


def checkout(request: PullRequest, snapshot: Snapshot) -> tuple[str, str] | None:
    """Return from which commit to which one the files change, or None if they do not."""
    work, branch = snapshot.work, snapshot.refs.branch(request.stage.branch)
    apart = snapshot.ahead and snapshot.behind
    if work is None or not work.head or branch.remote is None or apart or _unclean(work):
        return None
    after = branch.local if branch.local and not snapshot.behind else branch.remote
    moves = snapshot.behind if work.branch == request.stage.branch else request.switch
    return (work.head, after.sha) if moves and after.sha != work.head else None


def _unclean(work: WorkTree) -> bool:
    """Return whether tracked files are changed; git itself refuses to overwrite new ones."""
    changed = any(change.kind != "untracked" for change in work.changes)
    return bool(work.unfinished or work.conflicted or changed)


def _problems(
    request: PullRequest, repo: Repo, snapshot: Snapshot, remote: str
) -> Iterable[Problem]:
    if snapshot.error:
        yield snapshot.error
    elif snapshot.missing:
        if not repo.url:
            yield Problem(
                "no_url",
                "is missing, and the configuration has no url to clone from.",
                f'Add to multigit.toml below [repos.{repo.name}]: url = "…"',
            )
    elif snapshot.refs.branch(request.stage.branch).remote is None:
        yield from missing_branches(repo, snapshot, remote, [request.stage])
    else:
        yield from _blocking_work(request, repo, snapshot, remote)


def _blocking_work(
    request: PullRequest, repo: Repo, snapshot: Snapshot, remote: str
) -> Iterable[Problem]:
    """Report local work that an update or a switch would affect."""
    name, work = request.stage.branch, snapshot.work
    branch = snapshot.refs.branch(name)
    where = {"remote": remote, "branch": name}
    here = work is not None and work.branch == name
    if snapshot.behind and snapshot.ahead:
        hint = Hint.PULL_REBASE if here else Hint.PULL_REBASE_THERE
        yield Problem(
            "diverged",
            f"{name} is {snapshot.ahead} ahead of {remote} and {snapshot.behind} behind.",
            hint.format(path=repo.typed(), **where),
        )
    elif work is None:
        return
    elif here and not work.head:
        yield Problem(
            "unborn",
            f"{name} has no commits yet in the clone.",
            Hint.PULL_UNBORN.format(path=repo.typed(), **where),
        )
    elif (snapshot.behind if here else request.switch) and _unclean(work):
        what = f"a {work.unfinished} is under way" if work.unfinished else "there are local changes"
        yield Problem(
            "local_changes",
            f"{what}, so {name} was left as it is.",
            work_hint(repo, work) or _stash(request, repo, work),
        )
    elif (snapshot.behind or request.switch) and not here and branch.checked_out:
        pull = Hint.PULL_ELSEWHERE.format(path=quote(branch.checked_out), **where)
        prune = Hint.PRUNE.format(path=repo.typed(), again=_again(request))
        yield Problem(
            "checked_out_elsewhere",
            f"{name} is checked out in {branch.checked_out}, so it was left as it is.",
            prune if branch.vanished else pull,
        )
    else:
        yield from _overwritten(request, repo, snapshot.obstacles)


def _stash(request: PullRequest, repo: Repo, work: WorkTree) -> str:
    """Return how to set tracked changes aside.

    `git stash` skips submodules, and refuses files added with --intent-to-add.
    """
    there = {"path": repo.typed(), "again": _again(request)}
    tracked = [change for change in work.changes if change.kind != "untracked"]
    moved = [pathspec(change.path) for change in tracked if change.before]
    if len(moved) == len(tracked):
        return Hint.RESET_SUBMODULES.format(files=" ".join(moved), **there)
    if meant := [pathspec(c.path) for c in tracked if c.kind == "added" and not c.staged]:
        return Hint.ADD_AND_STASH.format(files=" ".join(meant), **there)
    return Hint.STASH.format(**there)


def _again(request: PullRequest) -> str:
    """Return the command that was run."""
    again = Hint.PULL_STAGE_SWITCH if request.switch else Hint.PULL_STAGE
    return again.format(stage=request.stage.name)


def _overwritten(
    request: PullRequest, repo: Repo, obstacles: Sequence[Obstacle]
) -> Iterable[Problem]:
    """Report files that are in no commit and that the branch would overwrite."""
    name = request.stage.branch
    paths = tuple(each.path for each in obstacles if not each.mark)
    if paths:
        yield Problem(
            "in_the_way",
            f"{shortened(paths)} would be overwritten, so {name} was left as it is.",
            Hint.MOVE_AWAY.format(them="it" if len(paths) == 1 else "them", again=_again(request)),
            files=paths,
        )
    for each in obstacles:
        if each.mark:
            yield Problem(
                "local_changes",
                f"{each.path} has changes and is marked {each.mark}, so {name} was left as it is.",
                Hint.UNMARK.format(path=repo.typed(), mark=each.mark, file=operand(each.path)),
                files=(each.path,),
            )
