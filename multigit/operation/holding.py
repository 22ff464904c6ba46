"""Held stages: nothing new goes out there until a person releases the hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from multigit.core.planning.consent import Consent
from multigit.core.planning.deploy import deploy_steps
from multigit.core.planning.overrides import HELD, bad_release
from multigit.core.planning.plan import Plan, RepoPlan, State
from multigit.core.planning.publish_steps import DeployStep
from multigit.core.planning.taking_part import stage_in
from multigit.core.progress.deployments import still_to_come
from multigit.core.progress.findings import Findings, together, with_findings
from multigit.core.progress.holds import by_name, left_held
from multigit.core.progress.shared import Shared
from multigit.core.progress.stage_refs import StageRef
from multigit.core.progress.state import NOTHING_YET, OperationState
from multigit.core.values.agreement import Accepted
from multigit.core.values.commits import PendingCommits
from multigit.core.values.hold import Hold
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.text import chosen, plural, shortened
from multigit.core.values.workspace import Stage, Workspace
from multigit.engine.observe.held import rolled_back_commits
from multigit.hints import Hint
from multigit.operation.asking import HeldStage
from multigit.operation.session import Session

OUT = "goes_out_again"
HOLD_GONE = "hold_gone"


def with_holds(
    session: Session,
    plan: Plan,
    consent: Consent,
    state: OperationState = NOTHING_YET,
    *,
    shared: Shared | None = None,
) -> tuple[Plan, HeldStage | None]:
    """Return the plan as it is while its target is held, and what a person is to be asked then.

    It blocks, unless the hold is released with it: by the override, or by an answer at the
    terminal. The plan then says what goes out again. A stage of which it is unknown whether it is
    held blocks, too. `state` is how far the operation got before. What is `shared` is read now,
    unless it was read for the plan.
    """
    shared = shared or session.shared()
    space, stage = session.workspace, plan.target
    ref = shared.stages.get(stage)
    gone = _no_longer_held(plan, state, ref)
    plan = _still_released(session.noting_holds(plan, shared), shared, space)
    if gone:
        return with_findings(plan, state, gone, space), None
    if ref is None or not _goes_out(space, plan, state, ref.hold):
        stays = plan.asked_release and not plan.releases
        return replace(plan, keeps=ref.hold if ref and stays else None), None
    if not ref.readable:
        return with_findings(plan, state, _for_all(plan, ref.unreadable(stage)), space), None
    if ref.hold and not plan.releases:
        return _held(session, plan, ref.hold, consent, state, shared)
    return plan, None


def _still_released(plan: Plan, shared: Shared, space: Workspace) -> Plan:
    """Return the plan with what is left of the hold that it releases; that may be nothing.

    A later hold is another one, which it does not release.
    """
    ref = shared.stages.get(plan.target)
    if plan.releases is None or (ref and not ref.readable):
        return plan
    hold = ref.hold if ref else None
    same = hold is not None and hold.operation == plan.releases.operation
    return replace(plan, releases=_that_can_go_out(hold, space) if hold and same else None)


def _that_can_go_out(hold: Hold, space: Workspace) -> Hold:
    """Return the hold without repositories that multigit no longer deploys to the stage.

    Nothing could ever go out there again, so that their part of the hold would never end.
    """
    stage, known = space.planned_stage(hold.stage), {repo.name: repo for repo in space.repos}

    def deployed(name: str) -> bool:
        own = stage_in(stage, space, known[name]) if name in known else None
        deploy = space.deploy(known[name], own) if isinstance(own, Stage) else None
        return deploy is not None and not deploy.runner.by_push

    return hold.on({n: each for n, each in hold.repos.items() if deployed(n)})


def _no_longer_held(plan: Plan, state: OperationState, ref: StageRef | None) -> Findings:
    """Return why a roll-back cannot continue: its own hold is gone, or another one came after it.

    Someone has released the stage since, so that it may have something newer. The hold of before is
    there still if it was stopped before it began.
    """
    hold = ref.hold if ref else None
    found = hold.operation if hold else ""
    if not plan.rolls_back or found in {plan.operation, *left_held(plan, state)}:
        return {}
    message = f"does not go back now: someone has ended the hold on {plan.target} since."
    problem = Problem(HOLD_GONE, message, Hint.START_OVER)
    left = [repo.repo for repo in plan.planned() if repo.redeploys() and _starts(repo, state)]
    return dict.fromkeys(left, (problem,))


def _goes_out(space: Workspace, plan: Plan, state: OperationState, hold: Hold | None) -> bool:
    """Return whether something is to go out to the target that no one asked for by name.

    So does a promotion without new commits, if what it promoted before was rolled back; and what
    is held, whatever name it was asked for by.
    """
    if plan.rolls_back or plan.undoes:
        return False
    if plan.asked_release:
        return any(_is_held(step.sha, repo.repo, hold) for repo, step in _deploying(plan, state))
    left = [repo for repo in plan.planned() if _starts(repo, state)]
    if plan.command in {"promote", "push"} and plan.source:
        forward = space.is_later(space.planned_stage(plan.target), space.planned_stage(plan.source))
        return forward and (bool(left) or not plan.planned())
    return any(repo.deploys() for repo in left)


def _deploying(plan: Plan, state: OperationState) -> Iterator[tuple[RepoPlan, DeployStep]]:
    """Yield the deployments that are still to be started, with their repositories."""
    for repo in plan.planned():
        yield from ((repo, step) for step in still_to_come(repo, state.of(repo.repo))[0])


def _is_held(sha: str, repo: str, hold: Hold | None) -> bool:
    """Return whether a commit is the one that a hold keeps from going out."""
    return bool(hold and repo in hold.repos and hold.repos[repo].bad == sha)


def _starts(repo: RepoPlan, state: OperationState) -> bool:
    """Return whether something is still to be published or deployed there, not only watched."""
    progress = state.of(repo.repo)
    to_publish = bool(repo.updates()) and not progress.published
    return to_publish or bool(still_to_come(repo, progress)[0])


def _held(
    session: Session,
    plan: Plan,
    hold: Hold,
    consent: Consent,
    state: OperationState,
    shared: Shared,
) -> tuple[Plan, HeldStage | None]:
    """Return the plan of what goes out to a stage on hold, and what to ask a person about it."""
    space, override = session.workspace, consent.override
    asks = session.screen.interactive and not consent.dry_run
    problem = Problem(HELD, hold.sentence(), Hint.RELEASE_HOLD)
    whole = _with_held(plan, hold, space)
    if not plan.planned() and (bad := _bad_again(whole, shared)):
        return with_findings(plan, state, bad, space), None
    left = _that_can_go_out(hold, space)
    released = replace(session.noting_holds(whole, shared), releases=left)
    warning = replace(problem.as_warning(), hint="")
    if not released.planned():
        session.screen.warn(warning)
        return plan, None
    if HELD not in override.codes and not asks:
        return with_findings(plan, state, _for_all(released, problem), space), None
    if gone := tuple(name for name in hold.repos if name not in left.repos):
        why = f"can no longer be deployed to {plan.target}: its hold ends, too."
        session.screen.warn(replace(warning, message=f"{shortened(gone)} {why}"))
    found = dict.fromkeys(_for_all(released, problem), (warning,))
    out = _again(session, released, hold)
    released = with_findings(released, state, together(found, out), space)
    note = Accepted(HELD, _first(released), hold.sentence(), reason=override.reason)
    if HELD in override.codes:
        return replace(released, accepted=(*released.accepted, note)), None
    return released, HeldStage(plan.target, note, problem)


def _bad_again(plan: Plan, shared: Shared) -> Findings:
    """Return why a bad release does not go out again, if nothing new goes out with it.

    A promotion cannot override that, so the hint is another command.
    """
    marks = shared.marked()
    found = {repo.repo: [*bad_release(repo.deploy_tag, marks)] for repo in plan.planned()}
    hint = Hint.DEPLOY_BAD.format(stage=plan.target, repos=chosen(found))
    return {
        name: [replace(problem, hint=hint) for problem in problems]
        for name, problems in found.items()
        if problems
    }


def _first(plan: Plan) -> str:
    """Return the repository under which it is noted that a hold is released."""
    return next((repo.repo for repo in plan.planned()), "")


def _for_all(plan: Plan, problem: Problem) -> Findings:
    return {repo.repo: (problem,) for repo in plan.planned()}


def _with_held(plan: Plan, hold: Hold, space: Workspace) -> Plan:
    """Return the plan that also deploys what the branches of held repositories have already.

    A release is the whole set: what was rolled back with it goes out with it again.
    """

    def deployed(repo: RepoPlan) -> RepoPlan:
        held = hold.repos.get(repo.repo)
        if held is None or repo.state is not State.UP_TO_DATE or not repo.before:
            return repo
        own = stage_in(space.planned_stage(plan.target), space, space.repo(repo.repo))
        if isinstance(own, Problem):
            return repo
        tag = held.tag if held.bad == repo.before else ""
        steps = deploy_steps(space, space.repo(repo.repo), own, tag=tag, sha=repo.before)
        able = steps and not steps[0].runner.by_push
        if not able:
            return repo
        return replace(repo, state=State.PLANNED, steps=steps, source_sha=repo.before)

    return replace(plan, repos=tuple(map(deployed, plan.repos)))


def _again(session: Session, plan: Plan, hold: Hold) -> Mapping[str, tuple[Problem, ...]]:
    """Return, by repository, which rolled-back commits go out again.

    A release that is deployed by name may have only some of them, or none.
    """
    repos = [session.workspace.repo(repo.repo) for repo in plan.planned()]
    named = by_name(plan, hold)
    tips = {n: replace(each, bad=named.get(n, each.bad)) for n, each in hold.repos.items()}
    out = replace(hold, repos=tips)
    with session.fleet() as fleet:
        found = rolled_back_commits(session.git, out, repos, fleet)
    some = {name: each for name, each in found.items() if each.commits or name not in named}
    return {name: (_going_out(out, name, each),) for name, each in some.items()}


def _going_out(hold: Hold, repo: str, waiting: PendingCommits) -> Problem:
    held, one = hold.repos[repo], waiting.commits == 1
    listed = shortened(waiting.subjects) or f"{held.to[:7]}..{held.bad[:7]}"
    what = plural(waiting.commits, "rolled-back commit") if waiting.commits else "the commits"
    again = "goes out again" if one else "go out again"
    if repo in hold.left:
        again = f"{again}, or never left, since that roll-back was not finished"
    message = f"{what} {again}: {listed}."
    return Problem(OUT, message, severity=Severity.WARN)
