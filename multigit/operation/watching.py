"""Following the deployments of an operation, without starting any."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from multigit import errors
from multigit.adapters.files.lock import running
from multigit.adapters.system import clock
from multigit.core.planning.plan import Result, State
from multigit.core.progress.deployments import to_watch
from multigit.core.progress.outcome import ended
from multigit.core.records.record import Record
from multigit.core.recovery.closed import UNDONE
from multigit.core.recovery.watched import watched
from multigit.core.reports.news import is_news
from multigit.core.reports.summary import summary
from multigit.core.values.agreement import ASKS_NOTHING
from multigit.core.values.problem import Problem, Severity
from multigit.engine.ports import FORGETFUL
from multigit.hints import Hint
from multigit.operation.deployer import deployer
from multigit.operation.named import read_named
from multigit.operation.notifications import Messages
from multigit.operation.run import Ended
from multigit.operation.unfinished import in_the_way, last_deployed
from multigit.phrase import commands_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from multigit.adapters.files.journal import Journal
    from multigit.core.progress.journal import Operation
    from multigit.core.progress.outcome import Report
    from multigit.engine.deploy import Deployments
    from multigit.operation.session import Session

(CONTINUE,) = commands_in(Hint.UNFINISHED)


def watch(session: Session, name: str | None) -> Ended:
    """Follow the deployments of an operation until they end."""
    ended, operation = _watched(session, name)
    called = "" if name is None else operation.id
    return replace(ended, report=replace(ended.report, called=called))


def _watched(session: Session, name: str | None) -> tuple[Ended, Operation]:
    """Follow the deployments of an operation, and return it with how that ended."""
    journal, operation = read_deploying(session, name)
    if not to_watch(operation).plan.planned():
        raise errors.RefusedError(
            f"{operation.id} started no deployment.",
            hint=Hint.LOG,
            code="nothing_to_watch",
        )
    seen = _look(session, operation, journal, named=name is not None)
    if journal.is_open:  # it may have been continued meanwhile
        journal, operation = session.files.read_journal(operation.id)
    if operation.id not in session.files.unfinished():
        return Ended(_closed(session, operation, journal, seen)), operation
    if at_work := running(session.files.folder):
        return Ended(_continued(operation, seen, at_work)), operation
    report = replace(_report(operation, seen), open=True)
    said = any(each.startswith(CONTINUE) for each in commands_in(summary(report)[1]))
    return Ended(report, note="" if said else Hint.UNFINISHED), operation


def _closed(session: Session, operation: Operation, journal: Journal, seen: Deployments) -> Report:
    """Return the report of a closed operation; count, record and report what is new in it."""
    report = _over(session, operation, seen)
    people, news = Messages(session.workspace, session.screen), is_news(operation.plan)
    if news and not journal.is_open:  # or else its own process closes it right now
        people.count(report, operation.state, journal)
    if _recorded(session, operation, report) and news:
        with suppress(KeyboardInterrupt):  # it is over, with or without notifications
            people.ended(report)
    return _overtaken(session, report)


def read_deploying(session: Session, name: str | None) -> tuple[Journal, Operation]:
    """Return the journal of an operation with deployments; raises UsageError if there is none."""
    operation = _deploying(session, name)
    return read_named(session, operation, name or operation)


def _deploying(session: Session, name: str | None) -> str:
    """Return the operation with this id, or the last one that deployed this release.

    The default is the unfinished operation, or the last in the log that deployed something.
    """
    if name is not None and session.files.knows(name):
        return name
    for unfinished in session.files.unfinished():
        if name is None:
            return unfinished
        with suppress(errors.RefusedError):  # an unreadable one does not hide the others
            _, operation = session.files.read_journal(unfinished)
            if name == operation.plan.release:
                return unfinished
    if found := session.files.history.find(Record.deploys, name):
        return found.operation
    if name is not None:
        return name
    raise errors.RefusedError(
        "Nothing has been deployed yet.", hint=Hint.LOG, code="nothing_to_watch"
    )


def _look(session: Session, operation: Operation, journal: Journal, *, named: bool) -> Deployments:
    """Watch what was started until it ends; start nothing."""
    plan = to_watch(operation).plan
    repos = {repo.repo: (repo, operation.state.of(repo.repo).made) for repo in plan.planned()}
    writer = FORGETFUL if journal.is_open else journal  # an open one belongs to `continue`
    with session.screen.progress(operation.id if named else "") as progress:
        return deployer(session, plan, operation.state, writer, progress, starts=False).wave(repos)


def _report(
    operation: Operation,
    seen: Deployments,
    logged: Mapping[str, State] = MappingProxyType({}),
    *,
    wait: bool = True,
) -> Report:
    """Return the report of the operation; without `wait` deployments may still be missing.

    `logged` has the states of its repositories in the log.
    """
    outcomes = [
        watched(operation, repo, seen.by_repo.get(repo.repo, ()), logged.get(repo.repo))
        for repo in operation.plan.repos
    ]
    return ended(replace(operation.plan, wait=wait), outcomes, interrupted=seen.interrupted)


def _over(session: Session, operation: Operation, seen: Deployments) -> Report:
    """Return the report of a closed operation; what was undone since has not failed."""
    logged = session.files.history.states_of(operation.id)
    report = _report(operation, seen, logged)
    others = [o for o in report.outcomes if UNDONE not in o.problems]
    back = {o.repo for o in report.outcomes} - {o.repo for o in others}
    rest = tuple(repo for repo in operation.plan.repos if repo.repo not in back)
    result = ended(replace(report.plan, repos=rest), others).result
    return replace(report, result=result, closed=True)


def _continued(operation: Operation, seen: Deployments, at_work: str) -> Report:
    """Return the report of an operation that another process continues; `at_work` says which."""
    report = _report(operation, seen, wait=False)
    bad = any(each.state.bad for o in report.outcomes for each in o.deployments)
    if report.result is Result.FAILED and not report.count(State.FAILED) and not bad:
        report = replace(report, result=Result.PAUSED)  # a push in flight has not failed
    problem = Problem("locked", at_work, Hint.WATCH_OPERATION.format(operation=operation.id))
    warning = report.result is Result.DONE
    return replace(report, problems=(problem.as_warning() if warning else problem,))


def _overtaken(session: Session, report: Report) -> Report:
    """Return a report with a warning if what failed was deployed again, or cannot be now."""
    stage, last = report.plan.target, last_deployed(session)
    bad = {o.repo for o in report.outcomes if any(each.state.bad for each in o.deployments)}
    known = {repo: by[stage] for repo, by in last.items() if repo in bad and stage in by}
    mine = report.plan.operation
    again = {repo for repo, each in known.items() if each.started_by != mine}
    problem = in_the_way(session) if bad else None
    if again:
        message = f"Deployed to {stage} again since then: {', '.join(sorted(again))}."
        problem = Problem("deployed_since", message, Hint.STATUS, Severity.WARN)
    return replace(report, problems=(*report.problems, problem)) if problem else report


def _recorded(session: Session, operation: Operation, report: Report) -> bool:
    """Record results that the log does not have yet; return whether there were any.

    The record is an operation of its own.
    """
    actor = clock.actor(operation.actor.identity)
    ended = Record.of(report, actor, clock.utc_now(), ASKS_NOTHING)
    return session.files.log.append_news(
        replace(
            ended,
            operation=session.start_time.operation("watch", operation.plan.target),
            command="watch",
            watches=operation.id,
            message=f"Watch {operation.id}",
            repos=tuple(replace(each, rolled_back=None) for each in ended.repos),
            rolls_back=None,
        )
    )
