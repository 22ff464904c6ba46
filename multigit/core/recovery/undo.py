"""The plan of an undo: which refs are reset, and which stay as they are and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from shlex import quote
from types import MappingProxyType

from multigit.core.planning.deploy import can_deploy_releases
from multigit.core.planning.making import RestoreStep
from multigit.core.planning.overrides import BAD_RELEASE, bad_release
from multigit.core.planning.plan import LEFT_OUT, STAYS_NEWER, Plan, RepoPlan, State, with_target
from multigit.core.planning.publish_steps import FollowingStep, RefUpdate
from multigit.core.planning.routes import strictest
from multigit.core.planning.steps import MakingStep, Step, pushing
from multigit.core.progress.journal import Operation
from multigit.core.progress.remote_state import RemoteState, later_stages
from multigit.core.progress.state import Progress
from multigit.core.records.history import OperationHistory
from multigit.core.values.mark import Mark
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.refs import HEADS, Objects, Refs, branch_ref, short
from multigit.core.values.start_time import StartTime
from multigit.core.values.text import chosen
from multigit.core.values.workspace import Workspace
from multigit.hints import Hint
from multigit.phrase import Instant, phrase

Marks = Mapping[str, Mark | None]  # by release; None: it cannot be read
BY_HAND = "Revert it with a new commit, and promote that."
BUILT_ON = "Look at what was built on top, then revert this operation's work with a new commit."

NOT_THERE = Problem(LEFT_OUT, "was left out of the operation, so there is nothing to undo.")

# The word for a repository that stays as it is, by the code of the reason.
STAYS = {
    "deployed": "deployed, or perhaps deployed",
    "promoted_onwards": "promoted further",
    "not_undone": "built on",
    "moved": "moved by someone else",
}


def undone(
    operation: Operation,
    remotes: Mapping[str, RemoteState],
    workspace: Workspace,
    start_time: StartTime,
    history: OperationHistory,
    *,
    is_open: bool = False,
    marks: Marks = MappingProxyType({}),
) -> Plan:
    """Return the plan that undoes what an operation published, where no one has built on it.

    `history` shows what other operations have deployed since. `is_open` says whether the operation
    can still be continued. No hint deploys a release that was marked bad.
    """
    plan = operation.plan
    undos = [_Undo(repo, operation, workspace, history, is_open, marks) for repo in plan.repos]
    deployed = history.deployed({sha for undo in undos for sha in undo.commits})
    repos = tuple(
        undo.planned(remotes.get(undo.repo.repo), deployed.get(undo.repo.repo, frozenset()))
        for undo in undos
    )
    names = {s.stage for repo in repos for s in repo.steps if isinstance(s, RestoreStep)}
    stage = strictest(map(workspace.planned_stage, sorted(names) or [plan.target]))
    return Plan(
        command="undo",
        operation=start_time.operation("undo", plan.target),
        time=start_time.utc,
        date=start_time.git_date,
        source="",
        target=plan.target,
        message=f"Undo {plan.operation}",
        undoes=plan.operation,
        confirm=stage.confirm,
        word=stage.name,
        repos=repos,
    )


@dataclass(frozen=True, slots=True)
class _Undo:
    repo: RepoPlan
    operation: Operation
    workspace: Workspace
    history: OperationHistory
    is_open: bool
    marks: Marks

    @property
    def progress(self) -> Progress:
        return self.operation.state.of(self.repo.repo)

    @property
    def made(self) -> Objects:
        return self.progress.made

    @property
    def commits(self) -> frozenset[str]:
        return frozenset(sha for ref, sha in self.made.items() if ref.startswith(HEADS) and sha)

    def planned(self, remote: RemoteState | None, deployed: frozenset[str]) -> RepoPlan:
        if self.repo.state is State.SKIPPED:
            return self.repo if self.repo.absent else self._stays(NOT_THERE)
        if self.progress.maybe_deployed or (self.commits & deployed and _ours(remote)):
            return self._stays(self._deployed())
        if remote is None or not self.made or not (remote.problem or remote.published):
            return self._as(State.UP_TO_DATE)
        if remote.problem:
            return self._as(State.BLOCKED, problems=(remote.problem,))
        if reason := self._built_on(remote) or self._onward(remote):
            return self._stays(reason)
        updates = [update for update in self.repo.updates() if update.ref in remote.done]
        steps = [step for update in updates for step in self._undo_steps(update)]
        making = tuple(step for step in steps if isinstance(step, MakingStep))
        follow = [step for step in steps if isinstance(step, FollowingStep)]
        undo = (*making, *pushing(making, Refs()), *follow)
        refs = {branch_ref(stage.branch) for stage in later_stages(self.workspace, self.repo)}
        later = {ref: sha for ref, sha in remote.now.items() if ref in refs}
        return with_target(replace(self._as(State.PLANNED, steps=undo), later=later))

    def _as(
        self, state: State, *, steps: tuple[Step, ...] = (), problems: tuple[Problem, ...] = ()
    ) -> RepoPlan:
        wave = -self.repo.wave  # the last wave is undone first
        plan = replace(self.repo, state=state, steps=steps, problems=problems, wave=wave)
        return replace(plan, follows=(), later={})

    def _stays(self, reason: Problem) -> RepoPlan:
        return self._as(State.SKIPPED, problems=(reason.as_warning(),))

    def _deployed(self) -> Problem:
        message = "was deployed, or may have been, so nothing is undone here."
        if self.is_open:
            return Problem("deployed", message, Hint.FINISH)
        if self.repo.redeploys():
            return Problem("deployed", message, self._forward())
        return Problem("deployed", message, self._release_before() or BY_HAND)

    def _forward(self) -> str:
        """Return how to deploy what a roll-back took out; not what an earlier one had, below it."""
        plan = self.operation.plan
        last = self.history.last_deployed().get(self.repo.repo, {}).get(plan.target)
        if last and last.started_by != self.operation.id:
            return Hint.LOG  # the stage has something else by now
        bad = plan.rolls_back.bad if plan.rolls_back else ""
        if not bad:
            return Hint.DEPLOY_HELD.format(stage=plan.target)
        narrowed = any(each.code == STAYS_NEWER for repo in plan.repos for each in repo.problems)
        repos = chosen(repo.repo for repo in plan.repos if not repo.absent) if narrowed else ""
        marked = any(bad_release(bad, self.marks))
        overriding = f' --override {BAD_RELEASE} --reason "why"' if marked else ""
        asked = f"{quote(bad)}{repos}{overriding}"
        return Hint.GO_FORWARD.format(stage=plan.target, asked=asked)

    def _release_before(self) -> str:
        """Return how to deploy what was deployed before, or empty if that is not possible."""
        names = [self.repo.repo]
        return release_before(self.operation, self.workspace, self.history, names, self.marks)

    def _built_on(self, remote: RemoteState) -> Problem | None:
        ours = remote.done | remote.held
        moved = [u.ref for u in self.repo.updates() if u.ref not in ours]
        if not moved:
            return None
        names = ", ".join(map(short, moved))
        if set(moved) <= remote.overtaken:
            message = f"has new commits on {names}, so nothing is undone here."
            return Problem("not_undone", message, self._undo_first(remote, BUILT_ON))
        message = f"someone else moved {names} since, so nothing is undone here."
        return Problem("moved", message, "Look at what the remote holds now.")

    def _onward(self, remote: RemoteState) -> Problem | None:
        if not remote.onward:
            return None
        message = f"was promoted further to {', '.join(remote.onward)}, so nothing is undone here."
        return Problem("promoted_onwards", message, self._undo_first(remote, BY_HAND))

    def _undo_first(self, remote: RemoteState, otherwise: str) -> str:
        """Return the last operation on top of this one as a hint, if all of them can be undone.

        If the stage was deployed with them, it is to deploy the release before this one.
        """
        by = {*self._on_top(remote), *self._promoted(remote)}
        last = "" if "" in by else self.history.last_on(self.repo.repo, by)
        left = self.history.left_at(self.repo.repo, last) if last else {}
        if last and all(remote.now.get(branch_ref(name), sha) == sha for name, sha in left.items()):
            return Hint.UNDO_FIRST.format(operation=quote(last))
        tip = remote.now.get(branch_ref(self.repo.branch), "")
        deployed = bool(tip and self.history.deployed({tip}).get(self.repo.repo))
        return (self._release_before() if deployed and not self.is_open else "") or otherwise

    def _on_top(self, remote: RemoteState) -> Iterator[str]:
        """Yield what moved each branch on which there is more by now; empty: other commits."""
        for step in self.repo.branch_steps():
            if (ref := branch_ref(step.branch)) in remote.overtaken:
                tip = remote.now.get(ref, "")
                yield self.history.promoted_by(self.repo.repo, step.move().stage, tip)

    def _promoted(self, remote: RemoteState) -> Iterator[str]:
        """Yield what moved each later stage that contains it; empty: other commits."""
        space = self.workspace
        for name in remote.onward:
            stages = space.stages_of(space.repo(self.repo.repo), [space.stage(name)])
            tip = remote.now.get(branch_ref(stages[0].branch), "") if stages else ""
            yield self.history.promoted_by(self.repo.repo, name, tip)

    def _undo_steps(self, update: RefUpdate) -> Iterator[Step]:
        made_by = [step for step in self.repo.making() if step.ref == update.ref]
        for step in made_by[:1]:
            yield from step.undo(self.made[update.ref], update.before)


def _ours(remote: RemoteState | None) -> bool:
    """Return whether the remote has something of the operation, or may have."""
    return remote is None or bool(remote.problem or remote.published)


def cannot_be_undone(
    plan: Plan, before: Callable[[Sequence[str]], str], *, is_open: bool
) -> Problem | None:
    """Return why an undo would change nothing: all that is left was deployed, or built on.

    Return None if something can be undone, nothing is left, or a remote could not be read. `before`
    returns how to deploy the release before it in some repositories; `is_open` says whether the
    operation to undo can still be continued.
    """
    stay = [repo for repo in plan.repos if repo.left_out]
    if not stay or {repo.state for repo in plan.repos} & {State.PLANNED, State.BLOCKED}:
        return None
    why = [problem for repo in stay for problem in repo.problems]
    counted = Counter(STAYS[problem.code] for problem in why)
    reasons = "; ".join(f"{number} {word}" for word, number in counted.items())
    message = f"{plan.undoes} cannot be undone: {reasons}. Nothing was changed."
    if is_open:
        return Problem("cannot_be_undone", message, Hint.FINISH)
    hints = {problem.hint for problem in why}
    hint = hints.pop() if len(hints) == 1 else ""
    if hints and all(Hint.DEPLOY_BEFORE.is_in(each) for each in hints):
        hint = before([repo.repo for repo in stay])
    elif hints and all(Hint.UNDO_FIRST.is_in(each) for each in hints):
        hint = max(hints)  # the ids of operations begin with their times
    return Problem("cannot_be_undone", message, hint)


def release_before(
    operation: Operation,
    workspace: Workspace,
    history: OperationHistory,
    names: Sequence[str],
    marks: Marks = MappingProxyType({}),
) -> str:
    """Return how to deploy the release that these repositories had before an operation.

    Empty if they did not have the same one, if it was marked bad, or if it cannot be deployed to
    one of them.
    """
    target = operation.plan.target
    before = {history.release_before(name, target, operation.id) for name in names}
    release = before.pop() if len(before) == 1 else ""
    if not release or any(bad_release(release, marks)):
        return ""
    if not all(can_deploy_releases(workspace, name, target) for name in names):
        return ""
    return Hint.DEPLOY_BEFORE.format(stage=target, release=quote(release), repos=chosen(names))


def already_undone(operation: str, history: OperationHistory) -> Problem:
    """Return why nothing of an operation is left: who undid it and when, if that is known."""
    if by := history.undo_of(operation):
        known = phrase(
            "{operation} was already undone at {time} by {who}. Nothing was changed.",
            operation=operation,
            time=Instant(by.at),
            who=by.actor.identity,
        )
        return Problem("undone_already", known, severity=Severity.WARN)
    message = f"Nothing of {operation} is on the remotes. Nothing was changed."
    return Problem("nothing_left", message, Hint.LOG, Severity.WARN)
