"""A report for people: one sentence, and a hint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from shlex import quote

from multigit.core.planning.plan import STAYS_NEWER, Plan, RepoPlan, Result, State
from multigit.core.progress.deployments import still_to_come
from multigit.core.progress.outcome import Report
from multigit.core.recovery.ways_out import can_be_undone
from multigit.core.reports.next_steps import deployments_hint, running_hint
from multigit.core.values.deployment import RunState
from multigit.core.values.text import chosen, plural, shortened
from multigit.hints import Hint
from multigit.phrase import Phrase, Typed

CLOSED_BY = {"undone", "abandoned"}  # codes of the problems that say how an operation was closed


def summary(report: Report) -> tuple[str, str]:
    """Return the state of an operation as one sentence, and a hint (may be empty)."""
    if report.plan.command == "pull":
        return _pulled(report)
    if report.closing:
        return _closed(report), next((p.hint for p in report.problems if p.code in CLOSED_BY), "")
    if report.result in {Result.PLANNED, Result.NOTHING, Result.BLOCKED, Result.CANCELLED}:
        return _stopped(report)
    if report.rolled_back:  # what is to be done follows from that
        back = report.rolled_back
        return Phrase(_ended(report)[0], " ", answered(back)), _rest_hint(back)
    return _ended(report)


def answered(back: Report) -> str:
    """Return what became of the roll-back that answers an operation, as a sentence."""
    stage, to = back.plan.target, back.plan.rolls_back.to if back.plan.rolls_back else ""
    if back.result is Result.PLANNED:
        return f"{stage} goes back to {to}{_but_for(back)}."
    if back.result is Result.DONE:
        return f"{stage} went back to {to}{_but_for(back)}."
    return f"{back.plan.operation}, which rolls {stage} back to {to}, did not succeed."


def _but_for(back: Report) -> str:
    """Return which repositories a roll-back leaves newer, as a part of a sentence."""
    stay = _staying(back)
    return f", but for {shortened(stay)}" if stay else ""


def _rest_hint(back: Report) -> str:
    """Return how to roll back what the roll-back that answers an operation left newer."""
    stay = _staying(back)
    if not stay or back.result is not Result.DONE or back.plan.rolls_back is None:
        return ""
    asked = f"{quote(back.plan.rolls_back.to)}{chosen(stay)}"
    return Hint.ROLL_BACK_REST.format(stage=back.plan.target, asked=asked)


def _staying(back: Report) -> tuple[str, ...]:
    """Return the repositories that take no part in a roll-back, and are newer."""
    codes = {repo.repo: {each.code for each in repo.problems} for repo in back.plan.repos}
    return tuple(name for name, own in codes.items() if STAYS_NEWER in own)


def _stopped(report: Report) -> tuple[str, str]:
    """Return the sentence of a plan that was not run."""
    count = report.count
    if report.problems:
        return report.problems[0].message, report.problems[0].hint
    match report.result:
        case Result.PLANNED:
            rest, skipped = count(State.UP_TO_DATE), count(State.SKIPPED)
            same = f", {rest} {'is' if rest == 1 else 'are'} up to date" if rest else ""
            out = f", {skipped} left {'as is' if report.plan.undoes else 'out'}" if skipped else ""
            sentence = f"{will_happen(report)}{same}{out}{_done_before(report)}."
            return f"{sentence} {arrivals(report)}".rstrip(), ""
        case Result.NOTHING:
            reason = "every repository is up to date"
            if skipped := count(State.SKIPPED):
                reason = f"{count(State.UP_TO_DATE)} up to date, {skipped} left out"
            return f"Nothing to do: {reason}.", ""
        case Result.BLOCKED:
            left_out = sum(repo.left_out for repo in report.plan.repos)
            blocked = count(State.BLOCKED) or left_out
            verb = "is" if blocked == 1 else "are"
            before = _done_before(report)
            nothing = "Nothing was changed now." if before else "Nothing was changed."
            sentence = f"{plural(blocked, 'repository')} {verb} blocked{before}. {nothing}"
            return sentence, _blocked_hint(report)
    return f"Cancelled. Nothing was changed{' now' if _done_before(report) else ''}.", ""


def _done_before(report: Report) -> str:
    """Return how many repositories earlier attempts finished, as a part of a sentence."""
    states = (State.PUBLISHED, State.DEPLOYED)
    done = sum(repo.state in states for repo in report.plan.repos)
    word = "deployed" if report.plan.command == "deploy" else done_word(report.plan)
    return f", {done} {'was' if done == 1 else 'were'} {word} before" if done else ""


def _blocked_hint(report: Report) -> str:
    """Return how to continue if repositories are blocked.

    --skip-blocked is proposed only if something remains to be done with it. What was started is
    never left out.
    """
    blocked, planned = [o.plan for o in report.outcomes if o.state is State.BLOCKED], report.plan
    free, left = _independent(planned.planned(), blocked), len(planned.planned())
    if not free or planned.undoes or any(report.before.of(repo.repo).begun for repo in blocked):
        return "Fix the problem, then run the command again."
    rest = f"with the other {free}" if free > 1 else "with the other one"
    if free < left:
        them = "them" if len(blocked) > 1 else "it"
        rest = f"without {them} and what comes after {them}"
    repositories = "repositories" if len(blocked) > 1 else "repository"
    fix = f"Fix the blocked {repositories}, or continue {rest}: "
    return Phrase(fix, Typed("--skip-blocked"))


def _independent(planned: Sequence[RepoPlan], blocked: Sequence[RepoPlan]) -> int:
    """Count the planned repositories that wait for none of the blocked ones, however indirectly."""
    out = {repo.repo for repo in blocked}
    for repo in sorted(planned, key=lambda repo: repo.wave):
        if out & {*repo.waits_for, *repo.follows}:
            out.add(repo.repo)
    return sum(repo.repo not in out for repo in planned)


def will_happen(report: Report) -> str:
    """Return what a plan does, as the beginning of a sentence.

    For what an earlier attempt published, only deployments remain: to start, or to watch. What is
    redeployed is rolled back by its deployments.
    """
    plan, before = report.plan, report.before
    published = [repo for repo in plan.planned() if before.of(repo.repo).published]
    starts = {each.repo: bool(still_to_come(each, before.of(each.repo))[0]) for each in published}
    redeployed = {repo.repo for repo in published if plan.rolls_back and not repo.updates()}
    again = sum(_only_deployed(plan, repo) for repo in plan.planned() if repo not in published)
    moves = len(plan.planned()) - len(published) - again
    moves += sum(starts[name] for name in redeployed)
    deploys = sum(start for name, start in starts.items() if name not in redeployed)
    watches = sum(not start for start in starts.values())
    noun = "repository" if plan.command == "deploy" else "published repository"
    parts = [
        (moves, f"{plural(moves, 'repository')} will be {_planned_word(plan)}"),
        (again, f"{plural(again, 'repository')} will be deployed again"),
        (deploys, f"{plural(deploys, noun)} will be deployed"),
        (watches, f"{plural(watches, 'repository' if redeployed else noun)} will be watched"),
    ]
    return ", ".join(part for number, part in parts if number)


def _only_deployed(plan: Plan, repo: RepoPlan) -> bool:
    """Return whether all of a repository's work is on the stage's branch, which is held."""
    return plan.releases is not None and plan.command != "deploy" and not repo.branch_steps()


def _planned_word(plan: Plan) -> str:
    """Return what will be done to a repository in which a branch moves."""
    if plan.undoes:
        return "reset"
    words = {"deploy": "deployed", "promote": "promoted", "rollback": "rolled back"}
    return words.get(plan.command, "updated")


def arrivals(report: Report) -> str:
    """Return how many commits reach which stage: 2 commits reach stg, 1 commit reaches dev."""
    if report.plan.rolls_back:
        return _departures(report)
    totals: Counter[str] = Counter()
    for repo in report.plan.planned():
        if not report.before.of(repo.repo).published:
            totals.update(repo.arriving())
    parts = [
        f"{plural(n, 'commit')} {'reaches' if n == 1 else 'reach'} {s}" for s, n in totals.items()
    ]
    return f"{', '.join(parts)}." if parts else ""


def _departures(report: Report) -> str:
    """Return how many commits the stage no longer has after a roll-back."""
    back = [repo.goes_back for repo in report.plan.planned()]
    lost = sum(step.lost.commits for step in back if step)
    return f"That takes {plural(lost, 'commit')} back." if lost else ""


def _pulled(report: Report) -> tuple[str, str]:
    words = (
        (State.PLANNED, "to update"),
        (State.UPDATED, "updated"),
        (State.UP_TO_DATE, "up to date"),
        (State.BLOCKED, "left as is"),
        (State.FAILED, "failed"),
        (State.SKIPPED, "left out"),
    )
    return _listed((report.count(state), word) for state, word in words), ""


def _ended(report: Report) -> tuple[str, str]:
    """Return the sentence of an operation that was run: a count for each outcome."""
    count, back = report.count, _undone(report)
    counts = [
        (_moved(report), done_word(report.plan)),
        (back, "undone"),
        (count(State.FAILED), "failed"),
        (count(State.UNKNOWN), "unknown"),
        (count(State.NOT_PUBLISHED) - back, not_done_word(report.plan)),
        (count(State.SKIPPED), "left as is" if report.plan.undoes else "left out"),
    ]
    sentence = _counted(report, counts)
    if report.result is Result.DONE:
        return sentence, running_hint(report)
    if blocking := [problem for problem in report.problems if problem.blocks]:
        return Phrase(blocking[0].message, " ", sentence), ""
    if report.interrupted:
        sentence = f"Interrupted. {sentence}"
    if any(outcome.deployments for outcome in report.outcomes):
        return sentence, deployments_hint(report)
    if report.unfinished:
        return sentence, Hint.FINISH_OR_UNDO if can_be_undone(report) else Hint.FINISH
    broken = report.count(State.FAILED) or not report.interrupted
    again = "Fix the problem, then run" if broken else "Run"
    return sentence, f"Nothing was {done_word(report.plan)}. {again} the command again."


def _moved(report: Report) -> int:
    """Count the repositories to which all was done: one that is deployed again has moved, too."""
    back = report.plan.rolls_back is not None
    again = sum(back and o.reported_state == State.DEPLOYED for o in report.outcomes)
    return report.count(State.PUBLISHED) + again


def _undone(report: Report) -> int:
    """Count the repositories that were published, and then undone."""
    return sum(any(p.code == "taken_back" for p in o.problems) for o in report.outcomes)


def _counted(report: Report, of_repos: Sequence[tuple[int, str]]) -> str:
    """Return a count for each outcome of repositories and deployments: 1 published, 3 deployed."""
    states = Counter(each.state for o in report.outcomes for each in o.deployments)
    words = {RunState.SUCCEEDED: "deployed", RunState.FAILED: "not deployed"}
    of_deployments = [(states[state], words.get(state, state.in_words)) for state in RunState]
    return _listed([*of_repos, *of_deployments])


def _listed(counts: Iterable[tuple[int, str]]) -> str:
    return ", ".join(f"{number} {word}" for number, word in counts if number) + "."


def _closed(report: Report) -> str:
    """Return the sentence of an unfinished operation that was closed."""
    message = " ".join(each.message for each in report.problems if each.code in CLOSED_BY)
    if report.result is Result.NOTHING:
        return f"{message} Nothing of it is {done_word(report.plan)}."
    count, done = report.count, done_word(report.plan)
    half = sum(outcome.partial for outcome in report.outcomes)
    back = _undone(report)
    counts = [
        (_moved(report), done),
        (back, "undone"),
        (half, f"{done} in part"),
        (count(State.FAILED) - half, "moved by someone else"),
        (count(State.UNKNOWN), "unknown"),
        (count(State.NOT_PUBLISHED) - back, not_done_word(report.plan)),
    ]
    return f"{message} {_counted(report, counts)}"


def done_word(plan: Plan) -> str:
    """Return what was done to a repository that the operation moved."""
    if plan.rolls_back:
        return "rolled back"
    return "undone" if plan.undoes else "published"


def not_done_word(plan: Plan) -> str:
    """Return what was not done to a repository that the operation did not reach."""
    if plan.undoes:
        return "not undone"
    if plan.rolls_back:
        return "not rolled back"
    return "not started" if plan.command == "deploy" else "not published"
