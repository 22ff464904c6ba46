"""The ways out of an unfinished operation: which one it is, where it stands, how it is closed."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from multigit import errors
from multigit.hints import Hint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from multigit.adapters.files.journal import Journal
    from multigit.core.planning.plan import RepoPlan
    from multigit.core.progress.journal import Story
    from multigit.core.progress.standing import Standing
    from multigit.core.values.flight import Flight
    from multigit.operation.session import Session


def close(
    session: Session,
    journal: Journal,
    story: Story,
    standings: Mapping[str, Standing],
    how: str,
) -> int:
    """Record an unfinished operation as it stands, close it, and say what is left of it."""
    from multigit.core.planning.consent import Consent
    from multigit.core.recovery.resume import as_it_stands
    from multigit.core.reports.report import document
    from multigit.operation.notifications import is_news, tell_given_up
    from multigit.operation.run import Conductor

    conductor = Conductor(session, story.plan, Consent(), journal, story.agreement)
    report = conductor.close(as_it_stands(story, standings, how), journal)
    if is_news(story.plan):
        with suppress(KeyboardInterrupt):  # it is over, whoever hears of it
            tell_given_up(session, report)
    session.screen.report(report)
    session.screen.document(document(report))
    return report.exit_code


def only_closed(session: Session, command: str, over: Sequence[str]) -> bool:
    """Say so, and return True, where nothing is unfinished but an operation was `over`.

    The log held its record, and a crash had kept it from being closed before.
    """
    from multigit.core.planning.plan import Result
    from multigit.core.reports.report import frame
    from multigit.core.values.problem import Problem, Severity

    if not over or session.files.unfinished():
        return False
    operation = over[-1]
    message = f"{operation} was recorded already, and is closed now."
    problem = Problem("recorded_already", message, Hint.LOG, Severity.WARN)
    session.screen.say(message, "bold")
    session.screen.note(f"Hint: {problem.hint}")
    session.screen.document(
        frame(
            *(command, message),
            result=Result.NOTHING,
            operation=operation,
            problems=(problem,),
            hint=problem.hint,
        )
    )
    return True


def unfinished(session: Session) -> tuple[Journal, Story]:
    """Return the unfinished operation; raises RefusedError when there is none."""
    if found := session.files.unfinished():
        return session.files.read_journal(found[-1])
    raise errors.RefusedError(
        "No operation is unfinished.", hint=Hint.LOG, code="nothing_unfinished"
    )


def chosen(session: Session, operation: str | None) -> tuple[Journal, Story]:
    """Return the operation to undo: the named, the unfinished, or the last that published.

    One that was undone before it was finished is the last one, too: an undo that is typed twice
    never takes back an earlier release.
    """
    unfinished = session.files.unfinished()
    if unfinished and operation not in {None, unfinished[-1]}:
        raise errors.RefusedError(
            f"The operation {unfinished[-1]} is not finished.",
            hint=session.ways_out(unfinished[-1]),
            code="unfinished_operation",
        )
    if operation is None and unfinished:
        operation = unfinished[-1]
    if operation:
        operation = _of_release(session, operation)
    if operation is None:
        for each in session.files.log.newest():
            if _published(each) or _was_undone(each):
                operation = str(each["operation"])
                break
    if operation is None:
        raise errors.RefusedError(
            "No operation has published anything.", hint=Hint.LOG, code="nothing_to_undo"
        )
    journal, story = session.files.read_journal(operation)
    if story.plan.undoes:
        raise errors.RefusedError(
            f"{operation} is itself an undo.",
            hint=Hint.FINISH if operation in unfinished else "To publish it again, promote again.",
            code="undo_of_undo",
        )
    return journal, story


def _of_release(session: Session, name: str) -> str:
    """Return the operation of a release, one that published it first, or the name itself.

    One that was taken back before it was finished has published nothing, and was undone already.
    """
    releasing = [
        each
        for each in session.files.log.newest(name)
        if each.get("release") == name and each.get("command") in {"promote", "push", "backmerge"}
    ]
    found = sorted(releasing, key=_published, reverse=True)
    return str(found[0]["operation"]) if found else name


def _published(record: Mapping[str, Any]) -> bool:
    """Tell whether an operation published something, or a part, or may have: undo asks for it."""
    if record.get("command") in {"undo", "watch"}:
        return False
    return any(
        repo.get("state") in {"published", "unknown"}
        or "half_published" in (problem.get("code") for problem in repo.get("problems", []))
        for repo in record.get("repos", [])
    )


def _was_undone(record: Mapping[str, Any]) -> bool:
    """Tell whether an operation was undone before it was finished."""
    return "undone" in (problem.get("code") for problem in record.get("problems", []))


def remote_states(
    session: Session,
    journal: Journal,
    story: Story,
    *,
    onward: bool = False,
    flights: Mapping[str, Flight] | None = None,
    wait: bool = True,
) -> Mapping[str, Standing]:
    """Ask the remotes where the operation stands.

    What one of the `flights` may still change is unknown; with `wait` its end is waited for first.
    Who pushes all of it once more needs to mind none. Those that are seen to have arrived are
    noted, if it is more than a look.
    """
    from multigit.core.planning.plan import State
    from multigit.core.progress.journal import Entry, Kind
    from multigit.core.progress.landings import landed
    from multigit.engine.remote_state import survey

    with session.screen.progress() as progress:
        standings = survey(
            session.git,
            session.workspace,
            story,
            jobs=session.jobs,
            listener=progress,
            onward=onward,
            flights=flights,
            wait=wait,
        )
    for repo in landed(story, standings) if wait else ():
        journal.write(Entry(Kind.SETTLED, repos=(repo,), state=State.PUBLISHED))
    return standings


def plan_again(
    session: Session, story: Story, moved: Sequence[RepoPlan], *, skip_blocked: bool
) -> Mapping[str, RepoPlan]:
    """Plan the repositories that somebody moved once more, on what is there now."""
    from multigit.core.planning.merges import MergeRequest, plan_repository
    from multigit.core.recovery.resume import hops_of
    from multigit.core.values.moment import Moment
    from multigit.engine.observe import look_at_merges, observe

    space = session.workspace
    plans: dict[str, RepoPlan] = {}
    for plan in moved:
        repo = next(repo for repo in space.repos if repo.name == plan.repo)
        request = MergeRequest(
            command=story.plan.command,
            moment=Moment.of(story.plan.date),
            hops=hops_of(plan, space),
            repos=(repo,),
            skip_blocked=skip_blocked,
            accept_reverts=story.plan.accept_reverts,
        )
        with session.screen.progress() as progress:
            look = look_at_merges(request)
            seen = observe(session.git, (repo,), look, jobs=1, listener=progress)
        plans[repo.name] = plan_repository(
            request, space, repo, seen[repo.name], story.plan.release if plan.tag else ""
        )
    return plans
