"""Going on with an operation, or taking it back: from its story and what the remotes hold now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from multigit.core.deployment import Deployment, RunState
from multigit.core.deploys import known_deployments, outstanding
from multigit.core.journal import Story
from multigit.core.merges import Hop, strictest
from multigit.core.moment import Moment
from multigit.core.outcome import Outcome, Report
from multigit.core.plan import (
    DeleteTagStep,
    MoveBackStep,
    Plan,
    PushStep,
    RefUpdate,
    RepoPlan,
    RestoreStep,
    Result,
    State,
    Step,
    settle,
)
from multigit.core.problem import Problem, Severity
from multigit.core.refs import TAGS, short
from multigit.core.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Standing:
    """What the remote of one repository holds now of what an operation wanted.

    `done` are the refs that hold what was made for them, `held` those that still hold what they
    did before; any other ref was moved by somebody else. `problem` when it could not be read.
    """

    now: Mapping[str, str] = field(default_factory=dict)
    done: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()
    problem: Problem | None = None


def standing(repo: RepoPlan, made: Mapping[str, str], now: Mapping[str, str]) -> Standing:
    """Compare the remote's refs with a repository's plan."""
    updates = repo.updates()
    done = {u.ref for u in updates if u.ref in made and now.get(u.ref, "") == made[u.ref]}
    held = {u.ref for u in updates if u.ref not in done and now.get(u.ref, "") == u.before}
    return Standing(now, frozenset(done), frozenset(held))


def state_of(repo: RepoPlan, there: Standing) -> State:
    """Return published, not published (all can still be done), unknown, or failed (moved)."""
    if there.problem:
        return State.UNKNOWN
    refs = {update.ref for update in repo.updates()}
    if refs <= there.done:
        return State.PUBLISHED
    return State.NOT_PUBLISHED if refs <= there.done | there.held else State.FAILED


def hops_of(repo: RepoPlan, workspace: Workspace) -> tuple[Hop, ...]:
    """Return the merges of a repository's plan as the route they came from."""
    return tuple(
        Hop(workspace.stage(step.source), workspace.stage(step.target), step.message)
        for step in repo.merges()
    )


def can_be_merged_anew(repo: RepoPlan) -> bool:
    """Tell whether a moved repository can be planned again: when nothing but merges is to do."""
    return bool(repo.merges()) and not repo.commits() and not repo.advances()


def resumed(
    story: Story,
    standings: Mapping[str, Standing],
    anew: Mapping[str, RepoPlan],
    *,
    skip_blocked: bool,
) -> Plan:
    """Return the plan of what is left. `anew` are the plans of repositories that were moved."""

    def left(repo: RepoPlan) -> RepoPlan:
        if repo.state is not State.PLANNED:
            return repo
        made = story.made.get(repo.repo, repo.made)
        there = standings.get(repo.repo, Standing())  # nothing to publish: nothing to ask
        match state_of(repo, there):
            case State.PUBLISHED:
                return published(repo, story)
            case State.UNKNOWN if story.settled.get(repo.repo) is State.PUBLISHED:
                return published(repo, story)
            case State.NOT_PUBLISHED:
                return replace(repo, made=made)
            case State.FAILED if repo.repo in anew:
                return anew[repo.repo]
            case State.FAILED:
                problems = tuple(moved(repo, made, there))
            case _:
                problems = (there.problem,) if there.problem else ()
        begun = bool(made)  # its push may have arrived, so it is never left out
        return settle(
            replace(repo, problems=(*repo.problems, *problems)),
            skip_blocked=skip_blocked and not begun,
        )

    repos = tuple(left(repo) for repo in story.plan.repos)
    return replace(story.plan, wait=True, repos=repos)


def published(repo: RepoPlan, story: Story) -> RepoPlan:
    """Return the plan of a repository that is published: its deployments may be left."""
    known = story.deployments.get(repo.repo, {})
    done = State.PUBLISHED if repo.updates() else State.DEPLOYED
    return replace(
        repo,
        state=State.PLANNED if outstanding(repo, known) else done,
        made=story.made.get(repo.repo, repo.made),
        published=True,
        deployed=known_deployments(repo, known),
    )


def moved(repo: RepoPlan, made: Mapping[str, str], there: Standing) -> Iterable[Problem]:
    """Report each ref that holds neither what it did before nor what the operation made."""
    for update in repo.updates():
        if update.ref not in there.done | there.held:
            name = short(update.ref)
            now = there.now.get(update.ref, "")
            wanted = made.get(update.ref, "") or update.before
            yield Problem(
                "moved",
                f"{name} is at {now[:7] or 'nothing'} on the remote, not at {wanted[:7]}.",
                "Look at it, then run multigit abandon and begin anew.",
            )


def undone(
    story: Story, standings: Mapping[str, Standing], workspace: Workspace, moment: Moment
) -> Plan:
    """Return the plan that takes back what an operation published, where nobody built on it."""
    plan = story.plan
    repos = tuple(_take_back(repo, story, standings.get(repo.repo)) for repo in plan.repos)
    names = {s.stage for repo in repos for s in repo.steps if isinstance(s, RestoreStep)}
    asks = strictest(map(workspace.stage, sorted(names) or [plan.target]))
    return Plan(
        command="undo",
        operation=moment.operation("undo", plan.target),
        time=moment.utc,
        date=moment.git_date,
        source="",
        target=plan.target,
        message=f"Undo {plan.operation}",
        undoes=plan.operation,
        confirm=asks.confirm,
        word=asks.name,
        repos=repos,
    )


def cannot_be_undone(plan: Plan, *, is_open: bool) -> Problem | None:
    """Return why an undo would take nothing back: all that is left was deployed, or built on.

    `is_open` is whether the operation that it is about can still be continued. None where
    something can be taken back, nothing is there, or a remote could not tell.
    """
    states = {repo.state for repo in plan.repos}
    if State.SKIPPED not in states or states & {State.PLANNED, State.BLOCKED}:
        return None
    why = [problem for repo in plan.repos for problem in repo.problems]
    words = {"deployed": "deployed", "not_undone": "built on"}
    counted = Counter(words[problem.code] for problem in why)
    reasons = ", ".join(f"{number} {word}" for word, number in counted.items())
    return Problem(
        "cannot_be_undone",
        f"{plan.undoes} cannot be taken back: {reasons}. Nothing was changed.",
        "Go on with multigit continue, or leave it as it is with multigit abandon."
        if is_open
        else why[0].hint,
    )


def already_undone(operation: str, records: Iterable[Mapping[str, Any]]) -> Problem:
    """Return what to say where nothing of an operation is left: who took it back, and when."""
    by = [
        each
        for each in records
        if each.get("undoes") == operation
        and any(repo.get("state") == State.PUBLISHED for repo in each.get("repos", []))
    ]
    if by:
        when = f"at {by[-1].get('at')} by {by[-1].get('who')}"
        sentence = f"{operation} was undone already, {when}. Nothing was changed."
        return Problem("undone_already", sentence, severity=Severity.WARN)
    sentence = f"Nothing of {operation} is on the remotes. Nothing was changed."
    return Problem("nothing_left", sentence, "See: multigit log", Severity.WARN)


def any_deployed(story: Story, repo: RepoPlan) -> bool:
    """Tell whether a deployment of a repository was started, or may have been."""
    known = {
        **{each.target: each for each in repo.deployed},
        **story.deployments.get(repo.repo, {}),
    }
    return any(each.state is not RunState.NOT_STARTED for each in known.values())


def _take_back(repo: RepoPlan, story: Story, there: Standing | None) -> RepoPlan:
    made = story.made.get(repo.repo, repo.made)
    empty = replace(repo, steps=(), problems=(), made={}, state=State.UP_TO_DATE)
    if any_deployed(story, repo):
        problem = Problem(
            "deployed",
            "was deployed, or may have been, so nothing is taken back here.",
            "To deploy an earlier release: multigit deploy STAGE RELEASE",
            Severity.WARN,
        )
        return replace(empty, state=State.SKIPPED, problems=(problem,))
    if there is None or not made:
        return empty
    if there.problem:
        return replace(empty, state=State.BLOCKED, problems=(there.problem,))
    updates = [u for u in repo.updates() if u.ref in there.done]
    built_on = [u for u in repo.updates() if u.ref not in there.done | there.held]
    if built_on:
        names = ", ".join(short(u.ref) for u in built_on)
        problem = Problem(
            "not_undone",
            f"{names} moved on since, so nothing is taken back here.",
            "Look at what was built on it before anything is taken back by hand.",
            Severity.WARN,
        )
        return replace(empty, state=State.SKIPPED, problems=(problem,))
    steps = tuple(step for update in updates for step in _restore(repo, update, made))
    if not steps:
        return empty
    push = PushStep(tuple(RefUpdate(u.ref, made[u.ref]) for u in updates))
    follow = tuple(step for step in steps if isinstance(step, MoveBackStep))
    before = tuple(step for step in steps if not isinstance(step, MoveBackStep))
    return replace(empty, state=State.PLANNED, steps=(*before, push, *follow))


def _restore(repo: RepoPlan, update: RefUpdate, made: Mapping[str, str]) -> Iterable[Step]:
    wrote = made[update.ref]
    if update.ref.startswith(TAGS):
        yield DeleteTagStep(short(update.ref), wrote)
        return
    branch = short(update.ref)
    merged = {step.branch: step.target for step in repo.merges()}
    own = {step.branch: step.stage for step in repo.advances()}
    own |= {step.branch: step.stage for step in repo.commits()}
    yield RestoreStep(own.get(branch) or merged.get(branch, ""), branch, wrote, update.before)
    if branch not in own:  # a developer's own commits stay on the local branch
        yield MoveBackStep(branch, wrote, update.before)


def as_it_stands(story: Story, standings: Mapping[str, Standing], how: str) -> Report:
    """Return the report of an operation that ends unfinished; `how` is undone or abandoned.

    A repository without a standing was taken back, or never had anything to publish.
    """
    outcomes = []
    for repo in story.plan.repos:
        there = standings.get(repo.repo)
        gone = State.NOT_PUBLISHED if repo.updates() else repo.state
        state = state_of(repo, there) if there else gone
        made = story.made.get(repo.repo, repo.made)
        known = story.deployments.get(repo.repo, {})
        deployments = tuple(map(_closed, known_deployments(repo, known))) if known else ()
        if known and not repo.updates():
            state = State.DEPLOYED
        outcomes.append(Outcome(repo, state, made, repo.problems, deployments=deployments))
    goes_on = any(each.run and each.state.may_run for o in outcomes for each in o.deployments)
    more = " What was started goes on; to see it end: multigit watch" if goes_on else ""
    problem = Problem(how, f"{story.plan.operation} was {how} before it was finished.{more}")
    return Report(story.plan, Result.FAILED, tuple(outcomes), problems=(problem,))


def _closed(deployment: Deployment) -> Deployment:
    """Return a deployment as it is left: of a start without a run nobody will learn more."""
    if deployment.run or not deployment.state.may_run:
        return deployment
    detail = deployment.sight.detail or "it was asked for, and nobody saw it begin."
    sight = replace(deployment.sight, state=RunState.UNKNOWN, detail=detail)
    return replace(deployment, state=RunState.UNKNOWN, sight=sight)


def after_undo(story: Story, undo: Report) -> Report:
    """Return the report of an unfinished operation that was taken back where that was possible.

    A repository that the undo left out, since somebody built on it, stays published.
    """
    left = {outcome.repo for outcome in undo.outcomes if outcome.state is State.SKIPPED}
    standings = {
        repo.repo: Standing(done=frozenset(update.ref for update in repo.updates()))
        for repo in story.plan.repos
        if repo.repo in left
    }
    return as_it_stands(story, standings, "undone")


def watched(story: Story, repo: RepoPlan, seen: Sequence[Deployment]) -> Outcome:
    """Return how a repository stands after its deployments were looked at once more.

    What ended before stays as it was noted then.
    """
    known = story.deployments.get(repo.repo, {})
    news = {each.target: each for each in seen}
    for target, before in known.items():
        if target not in news or news[target].state is before.state:
            news[target] = before
    state = repo.state
    if state is State.PLANNED:
        reached = State.PUBLISHED if repo.updates() else State.DEPLOYED
        settled = story.settled.get(repo.repo, reached if known else State.NOT_PUBLISHED)
        state = settled if repo.updates() else (reached if known else State.NOT_PUBLISHED)
    deployments = known_deployments(repo, news) if news else ()
    made = story.made.get(repo.repo, repo.made)
    return Outcome(repo, state, made, repo.problems, deployments=deployments)
