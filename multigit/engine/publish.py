"""Publish: push once, and let the remote say what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from multigit.core.flight import Flight
from multigit.core.outcome import Outcome
from multigit.core.plan import RepoPlan, State
from multigit.core.problem import Problem
from multigit.core.refs import HEADS, short
from multigit.core.repository import Publication, PushReport, RefQuery
from multigit.engine.arrival import may_arrive
from multigit.engine.patience import Tell, patiently
from multigit.engine.ports import Repository
from multigit.errors import MultigitError
from multigit.hints import Hint

Made = Mapping[str, str]


def publish(
    repository: Repository, repo: RepoPlan, made: Made, earlier: Flight | None = None, *, tell: Tell
) -> Outcome:
    """Push once; believe only a complete report, otherwise read the remote.

    `earlier` is a push of the same refs that a multigit which was killed may have left at work:
    what the remote refuses to this push may still arrive by that one.
    """
    wanted = [Publication(u.ref, u.before, made[u.ref]) for u in repo.updates()]
    try:
        report = repository.push(wanted)
    except MultigitError as error:
        report = PushReport(accepted=False, reason=error.message, final=False)
    if report.accepted:
        return Outcome(repo, State.PUBLISHED, made, repo.problems)
    if report.final and earlier and may_arrive(repository, earlier):
        reason = f"an earlier push is still under way; this one was refused: {report.reason}"
        report = replace(report, reason=reason, final=False, sent=True)
        outcome = read_outcome(repository, repo, made, wanted, report, tell=tell)
        return replace(outcome, flight=earlier)
    return read_outcome(repository, repo, made, wanted, report, tell=tell)


def read_outcome(
    repository: Repository,
    repo: RepoPlan,
    made: Made,
    wanted: Sequence[Publication],
    report: PushReport,
    *,
    tell: Tell,
) -> Outcome:
    """Let the remote say what became of a push that did not report success."""

    def outcome(state: State, *problems: Problem, partial: bool = False) -> Outcome:
        return Outcome(repo, state, made, (*repo.problems, *problems), partial)

    try:
        missing = unpublished(repository, wanted, tell)
        if missing and len(missing) < len(wanted) and all(held(each) for each in missing):
            # The server stopped between the refs: complete what it began.
            repository.push([publication for publication, _ in missing])
            missing = unpublished(repository, wanted, tell)
    except MultigitError as error:
        problem = Problem(
            "outcome_unknown",
            f"it is unknown whether the push arrived: {report.reason}; then {error.message}",
            Hint.CONTINUE_REACHABLE,
        )
        known = not report.sent  # then the remote need not be asked
        return outcome(State.FAILED, refusal(report)) if known else outcome(State.UNKNOWN, problem)
    if not missing:
        return outcome(State.PUBLISHED)
    done = [each for each in wanted if each not in {lost for lost, _ in missing}]
    half = [half_problem(done, missing, report.reason)] if done else []
    moved = [(each, now) for each, now in missing if now != each.before]
    if moved:
        problems = (moved_problem(each, now) for each, now in moved)
        return outcome(State.FAILED, *half, *problems, partial=bool(half))
    if half:
        return outcome(State.FAILED, *half, partial=True)
    if not report.final:
        return outcome(
            State.UNKNOWN,
            Problem(
                "outcome_unknown",
                f"the remote does not have it now, but it may still arrive: {report.reason}",
                Hint.CONTINUE_SOON,
            ),
        )
    return outcome(State.FAILED, refusal(report))


def refusal(report: PushReport) -> Problem:
    """Return the problem of a push that will not arrive any more."""
    if not report.sent:
        message = f"nothing was sent: {report.reason}"
        problem = Problem("not_sent", message, report.hint)
        return replace(problem, code=report.code or problem.code)
    if report.faster:
        message = f"somebody else pushed at the same time: {report.reason}"
        return Problem("moved", message, "Nothing of theirs was touched.")
    return Problem("refused_by_remote", f"the remote refused: {report.reason}")


def unpublished(
    repository: Repository, wanted: Sequence[Publication], tell: Tell
) -> list[tuple[Publication, str]]:
    """Return the publications that the remote does not hold, with what it holds instead."""
    refs = [each.ref for each in wanted]
    now = patiently(lambda: repository.remote_refs(refs), tell=tell)
    overtaken = built_on(repository, wanted, now)
    seen = [(each, now.get(each.ref, "")) for each in wanted if each.ref not in overtaken]
    return [(each, there) for each, there in seen if there != each.after]


def held(missing: tuple[Publication, str]) -> bool:
    """Tell whether the ref still holds the value that the plan knew."""
    publication, now = missing
    return now == publication.before


def built_on(
    repository: Repository, wanted: Sequence[Publication], now: Mapping[str, str]
) -> set[str]:
    """Return the branches that hold our commit with somebody else's work on top: published.

    A branch that was to be set back always held that commit: it went back where it lacks the other.
    """
    found = set()
    for each in wanted:
        there = now.get(each.ref, "")
        known = there in {"", each.before, each.after} or not each.after
        if known or not each.ref.startswith(HEADS):
            continue
        repository.fetch(RefQuery((short(each.ref),)))
        if not is_in(repository, there, each.after):
            continue
        forward, _ = repository.divergence(each.before, each.after) if each.before else (1, 0)
        if forward or not is_in(repository, there, each.before):
            found.add(each.ref)
    return found


def is_in(repository: Repository, tip: str, commit: str) -> bool:
    """Tell whether a branch that was fetched has a commit; one that is not here is not in it."""
    return repository.holds([commit]) and not repository.divergence(tip, commit)[0]


def half_problem(
    done: Sequence[Publication], missing: Sequence[tuple[Publication, str]], reason: str
) -> Problem:
    """Return the problem of a push of which the server kept only a part."""
    there = ", ".join(f"{short(each.ref)} at {each.after[:7]}" for each in done)
    lost = ", ".join(short(each.ref) for each, _ in missing)
    return Problem(
        "half_published",
        f"the remote has {there}, but not {lost}: {reason or 'it stopped in between'}",
        Hint.CONTINUE_FIXED,
    )


def moved_problem(publication: Publication, now: str) -> Problem:
    """Return the problem of a ref that somebody else moved after the plan was made."""
    name = short(publication.ref)
    if not publication.before:
        message = f"{name} was created by somebody else since the plan was made."
    elif now:
        message = (
            f"{name} moved from {publication.before[:7]} to {now[:7]} since the plan was made."
        )
    else:
        message = f"{name} was deleted since the plan was made."
    return Problem("moved", message, "Nothing of theirs was touched.")
