"""Publish: push once, and read the result from the remote."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from multigit.core.planning.plan import RepoPlan, State
from multigit.core.progress.outcome import Outcome
from multigit.core.values.flight import Flight
from multigit.core.values.git_answers import Publication, PushReport, RefQuery
from multigit.core.values.listener import ShowActivity
from multigit.core.values.problem import Problem
from multigit.core.values.refs import HEADS, Objects, short
from multigit.engine.pending_push import may_be_pushing
from multigit.engine.ports import Repository
from multigit.engine.retry import with_retry
from multigit.errors import MultigitError
from multigit.hints import Hint

Announce = Callable[[], None]


def publish(
    repository: Repository,
    repo: RepoPlan,
    made: Objects,
    earlier: Flight | None = None,
    *,
    announce: Announce,
    show: ShowActivity,
) -> Outcome:
    """Push once; believe only a complete report, otherwise read the remote.

    `announce` notes each push before it starts. `earlier` is a push of the same refs that may
    still be running since multigit was killed: it may publish what the remote refuses now.
    """
    wanted = [Publication(u.ref, u.before, made[u.ref]) for u in repo.updates()]
    report = pushed(repository, wanted, announce)
    if report.accepted:
        return Outcome(repo, State.PUBLISHED, made, repo.problems)
    if report.final and earlier and may_be_pushing(repository, earlier):
        ended = "refused" if report.sent else "not sent"
        reason = f"an earlier push may still arrive; this one was {ended}: {report.reason}"
        report = replace(report, reason=reason)
    else:
        earlier = None  # or this push itself may still be running
    return read_outcome(
        repository, repo, made, wanted, report, earlier=earlier, announce=announce, show=show
    )


def pushed(
    repository: Repository, publications: Sequence[Publication], announce: Announce
) -> PushReport:
    """Push, once its start is noted; a push that cannot be noted is not sent."""
    try:
        announce()
    except MultigitError as error:
        return PushReport(
            accepted=False, reason=error.message, sent=False, code=error.code, hint=error.hint
        )
    try:
        return repository.push(publications)
    except MultigitError as error:
        return PushReport(accepted=False, reason=error.message, final=False)


def read_outcome(
    repository: Repository,
    repo: RepoPlan,
    made: Objects,
    wanted: Sequence[Publication],
    report: PushReport,
    *,
    earlier: Flight | None = None,
    announce: Announce,
    show: ShowActivity,
) -> Outcome:
    """Read from the remote the result of a push that did not report success.

    What the server left out is pushed once more. `earlier` is a push that may still be running,
    although this one is not.
    """

    def outcome(state: State, *problems: Problem, partial: bool = False) -> Outcome:
        flight = earlier if state is State.UNKNOWN and report.final else None
        return Outcome(repo, state, made, (*repo.problems, *problems), partial, flight=flight)

    try:
        missing = unpublished(repository, wanted, show)
        if missing and len(missing) < len(wanted) and all(held(each) for each in missing):
            again = pushed(repository, [publication for publication, _ in missing], announce)
            if again.accepted:
                return outcome(State.PUBLISHED)
            final = report.final and again.final
            report = PushReport(accepted=False, reason=again.reason or report.reason, final=final)
            missing = unpublished(repository, wanted, show)
    except MultigitError as error:
        problem = Problem(
            "outcome_unknown",
            f"it is unknown whether the push was accepted: {report.reason}; then {error.message}",
            Hint.CONTINUE_REACHABLE,
        )
        known = not report.sent and not earlier  # then there is no need to read the remote
        return outcome(State.FAILED, refusal(report)) if known else outcome(State.UNKNOWN, problem)
    if not missing:
        return outcome(State.PUBLISHED)
    doubt = earlier is not None or not report.final
    state, problems, partial = fell_short(wanted, missing, report, doubt=doubt)
    return outcome(state, *problems, partial=partial)


def fell_short(
    wanted: Sequence[Publication],
    missing: Sequence[tuple[Publication, str]],
    report: PushReport,
    *,
    doubt: bool,
) -> tuple[State, Sequence[Problem], bool]:
    """Return the result of a push of which the remote lacks something, and if that is a part.

    With `doubt` it may still be running; but it cannot succeed if someone moved what it expects.
    """
    done = [each for each in wanted if each not in {publication for publication, _ in missing}]
    moved = [moved_problem(each, now) for each, now in missing if now != each.before]
    doubt = doubt and not moved
    state = State.UNKNOWN if doubt else State.FAILED
    if done:
        half = half_problem(done, missing, report.reason, doubt=doubt)
        return state, (half, *moved), True
    if doubt:
        # Of an earlier push that may still arrive, the reason says so.
        but = "and" if report.final else "but it may still arrive:"
        message = f"the remote does not have it now, {but} {report.reason}"
        return state, (Problem("outcome_unknown", message, Hint.CONTINUE_SOON),), False
    return state, moved or (refusal(report),), False


def refusal(report: PushReport) -> Problem:
    """Return the problem of a push that can no longer succeed."""
    if not report.sent:
        message = f"nothing was sent: {report.reason}"
        problem = Problem("not_sent", message, report.hint)
        return replace(problem, code=report.code or problem.code)
    if report.faster:
        message = f"someone else pushed at the same time: {report.reason}"
        return Problem("moved", message, "Their commits are safe.")
    return Problem("refused_by_remote", f"the remote refused: {report.reason}")


def unpublished(
    repository: Repository, wanted: Sequence[Publication], show: ShowActivity
) -> list[tuple[Publication, str]]:
    """Return the publications that the remote does not hold, with what it holds instead."""
    refs = [each.ref for each in wanted]
    now = with_retry(lambda: repository.remote_refs(refs), show=show)
    overtaken = built_on(repository, wanted, now)
    refs_now = [(each, now.get(each.ref, "")) for each in wanted if each.ref not in overtaken]
    return [(each, held_now) for each, held_now in refs_now if held_now != each.after]


def held(missing: tuple[Publication, str]) -> bool:
    """Return whether the ref still holds the value that the plan knew."""
    publication, now = missing
    return now == publication.before


def built_on(
    repository: Repository, wanted: Sequence[Publication], now: Mapping[str, str]
) -> set[str]:
    """Return the branches that hold our commit with someone else's work on top: published.

    A branch to set back always held that commit: it was set back if it lacks the other one.
    """
    found = set()
    for each in wanted:
        held_now = now.get(each.ref, "")
        known = held_now in {"", each.before, each.after} or not each.after
        if known or not each.ref.startswith(HEADS):
            continue
        repository.fetch(RefQuery((short(each.ref),)))
        if not is_in(repository, held_now, each.after):
            continue
        forward, _ = repository.divergence(each.before, each.after) if each.before else (1, 0)
        if forward or not is_in(repository, held_now, each.before):
            found.add(each.ref)
    return found


def is_in(repository: Repository, tip: str, commit: str) -> bool:
    """Return whether a fetched branch has a commit; one that does not exist here is not in it."""
    return repository.holds([commit]) and not repository.divergence(tip, commit)[0]


def half_problem(
    done: Sequence[Publication],
    missing: Sequence[tuple[Publication, str]],
    reason: str,
    *,
    doubt: bool,
) -> Problem:
    """Return the problem of a push of which the server kept a part; with `doubt`, only so far."""
    published = ", ".join(f"{short(each.ref)} at {each.after[:7]}" for each in done)
    missing_refs = ", ".join(short(each.ref) for each, _ in missing)
    lacks = f"{missing_refs}, which may still arrive" if doubt else missing_refs
    return Problem(
        "half_published",
        f"the remote has {published}, but not {lacks}: {reason or 'it stopped in between'}",
        Hint.CONTINUE_SOON if doubt else Hint.CONTINUE_FIXED,
    )


def moved_problem(publication: Publication, now: str) -> Problem:
    """Return the problem of a ref that someone else moved after the plan was made."""
    name = short(publication.ref)
    if not publication.before:
        message = f"{name} was created by someone else since the plan was made."
    elif now:
        message = (
            f"{name} moved from {publication.before[:7]} to {now[:7]} since the plan was made."
        )
    else:
        message = f"{name} was deleted since the plan was made."
    return Problem("moved", message, "Their commits are safe.")
