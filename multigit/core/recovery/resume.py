"""Continuing an operation, or closing it: from its story and what the remotes hold now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from multigit.core.lineage.revert_messages import accepting
from multigit.core.planning.merges import Hop
from multigit.core.planning.plan import Plan, RepoPlan, Result, State, settle
from multigit.core.progress.deployments import known_deployments, outstanding
from multigit.core.progress.journal import Story
from multigit.core.progress.outcome import Outcome, Report
from multigit.core.progress.standing import Standing, state_of
from multigit.core.values.deployment import Deployment, RunState
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.refs import branch_ref, short, tag_ref
from multigit.core.values.workspace import Workspace
from multigit.hints import Hint


def hops_of(repo: RepoPlan, workspace: Workspace) -> tuple[Hop, ...]:
    """Return the merges of a repository's plan as the route they came from."""
    stage = workspace.planned_stage
    return tuple(
        Hop(stage(step.source), stage(step.target), accepting(step.message))
        for step in repo.merges()
    )


def to_plan_anew(story: Story, standings: Mapping[str, Standing]) -> tuple[RepoPlan, ...]:
    """Return the repositories that somebody moved and that can be planned once more.

    Nothing but merges is to do there, nothing of it is left on the remote, also not its tag, and
    none of its deployments was begun: a second one would go by the name of the first.
    """

    def fits(repo: RepoPlan) -> bool:
        there = standings.get(repo.repo)
        if there is None or repo.state is not State.PLANNED:
            return False
        moved = known_state(story, repo, there) is State.FAILED
        clear = not there.there and not (repo.tag and there.now.get(tag_ref(repo.tag)))
        only_merges = bool(repo.merges()) and not repo.commits() and not repo.advances()
        return moved and clear and only_merges and not deployment_begun(story, repo)

    return tuple(filter(fits, story.plan.repos))


def resumed(
    story: Story,
    standings: Mapping[str, Standing],
    anew: Mapping[str, RepoPlan],
    *,
    skip_blocked: bool,
) -> Plan:
    """Return the plan of what is left. `anew` are the plans of repositories that were moved."""

    def left(repo: RepoPlan) -> RepoPlan:
        if repo.state not in {State.PLANNED, State.PUBLISHED}:
            return repo
        there = standings.get(repo.repo, Standing())  # nothing to publish: nothing to ask
        state = known_state(story, repo, there)
        if state is State.PUBLISHED:
            return published(repo, story)
        if state is State.FAILED and repo.repo in anew:
            return anew[repo.repo]
        rest = unpublished(repo, story, there)
        problems = (*rest.problems, *in_the_way(rest, state, there))
        return settle(
            replace(rest, problems=problems), skip_blocked=skip_blocked and not rest.begun
        )

    repos = tuple(left(repo) for repo in story.plan.repos)
    return replace(story.plan, wait=True, skip_blocked=skip_blocked, repos=repos)


def any_unseen_commit(plan: Plan) -> bool:
    """Tell whether files will be committed of which only the names were agreed to."""
    return any(
        not step.commit and branch_ref(step.branch) not in repo.made
        for repo in plan.planned()
        for step in repo.commits()
    )


def in_the_way(repo: RepoPlan, state: State, there: Standing) -> tuple[Problem, ...]:
    """Return why what is not published of a repository cannot be published now."""
    match state:
        case State.NOT_PUBLISHED:
            return (promoted_onwards(there),) if there.onward else ()  # since an undo began
        case State.FAILED:
            return tuple(moved(repo, repo.made, there))
        case _:
            return (there.problem,) if there.problem else ()


def known_state(story: Story, repo: RepoPlan, there: Standing) -> State:
    """Return where a repository stands, by its remote and by what was settled before.

    A remote that does not answer takes nothing back; nor does a branch go forward again because it
    moved after an undo had set it back.
    """
    state = state_of(repo, there)
    moved_since = state is State.FAILED and bool(story.plan.undoes)
    settled = story.settled.get(repo.repo) is State.PUBLISHED
    return State.PUBLISHED if settled and (moved_since or state is State.UNKNOWN) else state


def published(repo: RepoPlan, story: Story) -> RepoPlan:
    """Return the plan of a repository that is published: its deployments may be left."""
    known = story.deployments.get(repo.repo, {})
    done = State.PUBLISHED if repo.updates() else State.DEPLOYED
    begun = bool(repo.updates()) or deployment_begun(story, repo)
    return replace(
        repo,
        state=State.PLANNED if outstanding(repo, known) else done,
        made=story.made.get(repo.repo, repo.made),
        published=True,
        begun=begun,
        deployed=known_deployments(repo, known) if begun else (),
    )


def unpublished(repo: RepoPlan, story: Story, there: Standing) -> RepoPlan:
    """Return the plan of a repository of which not all is on the remote, whatever was before.

    It is begun where the remote has some of it, or may have, or once had all of it; and where a
    deployment was begun, which is not started once more.
    """
    known = story.deployments.get(repo.repo, {})
    deployed = deployment_begun(story, repo)
    begun = (
        story.settled.get(repo.repo) in {State.PUBLISHED, State.UNKNOWN}
        or repo.repo in story.flights
        or (repo.begun and there.problem is not None)
        or bool(there.there)
        or deployed
    )
    return replace(
        repo,
        state=State.PLANNED,
        made=story.made.get(repo.repo, repo.made),
        published=False,
        begun=begun,
        deployed=known_deployments(repo, known) if deployed else (),
    )


def deployment_begun(story: Story, repo: RepoPlan) -> bool:
    """Tell whether a deployment of a repository was asked for, however it ended."""
    known = story.deployments.get(repo.repo, {}).values()
    return any(each.state is not RunState.NOT_STARTED for each in known)


def promoted_onwards(there: Standing) -> Problem:
    """Return that what was to go back has reached a later stage meanwhile."""
    message = f"was promoted onwards to {', '.join(there.onward)} since the undo began."
    return Problem("promoted_onwards", message, Hint.BEGIN_AGAIN)


def moved(repo: RepoPlan, made: Mapping[str, str], there: Standing) -> Iterable[Problem]:
    """Report each ref that holds neither what it did before nor what the operation made."""
    for update in repo.updates():
        if update.ref not in there.there | there.held:
            name = short(update.ref)
            now = there.now.get(update.ref, "")
            wanted = made.get(update.ref, "") or update.before
            yield Problem(
                "moved",
                f"{name} is at {now[:7] or 'nothing'} on the remote, not at {wanted[:7]}.",
                Hint.BEGIN_AGAIN,
            )


def as_it_stands(story: Story, standings: Mapping[str, Standing], how: str) -> Report:
    """Return the report of an operation that ends unfinished; `how` is undone or abandoned.

    A repository without a standing was taken back, or never had anything to publish. Where nothing
    of it is left, nothing came of it; otherwise it failed to do all that it was to do.
    """
    outcomes = tuple(_left(story, repo, standings.get(repo.repo)) for repo in story.plan.repos)
    still_running = any(each.run and each.state.may_run for o in outcomes for each in o.deployments)
    message = f"{story.plan.operation} was {how} before it was finished."
    hint = Hint.RUNS_ON if still_running else ""
    problem = Problem(how, message, hint, severity=Severity.WARN)
    result = _closed_with(outcomes)
    return Report(story.plan, result, outcomes, problems=(problem,), closing=CLOSING[how])


def _closed_with(outcomes: Sequence[Outcome]) -> Result:
    """Return nothing where nothing of it is left, done where all of it is, else failed."""
    if all(o.state in NOTHING_LEFT and not o.deployments for o in outcomes):
        return Result.NOTHING
    deployed = (each.state is RunState.SUCCEEDED for o in outcomes for each in o.deployments)
    reached = {State.PUBLISHED, State.DEPLOYED, State.UP_TO_DATE, State.SKIPPED}
    whole = all(o.state in reached for o in outcomes) and all(deployed)
    return Result.DONE if whole else Result.FAILED


CLOSING = {"undone": "undo", "abandoned": "abandon"}
NOTHING_LEFT = {State.NOT_PUBLISHED, State.UP_TO_DATE, State.SKIPPED, State.BLOCKED}


def _left(story: Story, repo: RepoPlan, there: Standing | None) -> Outcome:
    """Return how one repository is left."""
    gone = State.NOT_PUBLISHED if repo.updates() else repo.state
    state = known_state(story, repo, there) if there else gone
    made = story.made.get(repo.repo, repo.made)
    known = story.deployments.get(repo.repo, {})
    deployments = tuple(map(_closed, known_deployments(repo, known))) if known else ()
    if known and not repo.updates():
        state = State.DEPLOYED
    elif state is State.PLANNED:  # a deployment that never began
        state = State.NOT_PUBLISHED
    if state is State.NOT_PUBLISHED and there and there.there:  # continue would complete it
        problems = (*repo.problems, half_published(repo, there))
        return Outcome(repo, State.FAILED, made, problems, partial=True, deployments=deployments)
    return Outcome(repo, state, made, repo.problems, deployments=deployments)


def half_published(repo: RepoPlan, there: Standing) -> Problem:
    """Return that the remote has only some of what a repository was to publish."""
    refs = [update.ref for update in repo.updates()]
    has = ", ".join(short(ref) for ref in refs if ref in there.there)
    lacks = ", ".join(short(ref) for ref in refs if ref not in there.there)
    message = f"only a part is on the remote: it has {has}, but not {lacks}."
    return Problem("half_published", message, "Look at what the remote holds now.")


def _closed(deployment: Deployment) -> Deployment:
    """Return a deployment as it is left: of a start without a run nobody will learn more."""
    if deployment.run or not deployment.state.may_run:
        return deployment
    detail = deployment.sight.detail or "it was asked for, and nobody saw it begin."
    sight = replace(deployment.sight, state=RunState.UNKNOWN, detail=detail)
    return replace(deployment, state=RunState.UNKNOWN, sight=sight)


TAKEN_BACK = Problem("taken_back", "was published, and was taken back.", severity=Severity.WARN)


def after_undo(story: Story, undo: Report) -> Report:
    """Return the report of an unfinished operation that was taken back where that was possible.

    A repository that the undo left out stays as it is: published, unless somebody replaced it.
    """
    back = {o.repo for o in undo.outcomes if o.state is State.PUBLISHED}
    left = {o.repo: {p.code for p in o.problems} for o in undo.outcomes if o.state is State.SKIPPED}
    standings = {
        repo.repo: Standing()
        if "moved" in left[repo.repo]
        else Standing(done=frozenset(update.ref for update in repo.updates()))
        for repo in story.plan.repos
        if repo.repo in left
    }
    report = as_it_stands(story, standings, "undone")
    outcomes = tuple(
        replace(each, problems=(*each.problems, TAKEN_BACK)) if each.repo in back else each
        for each in report.outcomes
    )
    return replace(report, result=Result.FAILED if back else report.result, outcomes=outcomes)
