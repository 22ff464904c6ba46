"""Telling people and counters what became of an operation. What fails there changes nothing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from multigit.core.planning.plan import Result
from multigit.core.progress.outcome import under_way
from multigit.core.reports.news import event_of, news
from multigit.core.values.workspace import Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from multigit.core.planning.plan import Plan
    from multigit.core.progress.outcome import Report
    from multigit.core.reports.metrics import Known
    from multigit.core.values.deployment import Deployment
    from multigit.core.values.problem import Problem
    from multigit.operation.session import Session


def is_news(plan: Plan) -> bool:
    """Tell whether people are told of such a plan: it promotes or deploys."""
    return bool(plan.planned()) and (bool(plan.release) or plan.command == "deploy")


def check_addresses(session: Session) -> None:
    """Say before the question, and in a dry run, whom nobody could reach."""
    if session.workspace.tell.addresses:
        from multigit.adapters.notify import apprise

        _say(session, apprise.check(session.workspace.tell.addresses, os.environ))
    if session.workspace.metrics:
        from multigit.adapters.notify import statsd

        _say(session, statsd.check(session.workspace.metrics))


def tell_begun(session: Session, report: Report) -> None:
    """Tell that an operation begins."""
    _tell(session, report, Event.STARTED)


class Waits:
    """Tells, while an operation goes on, that it waits; what is to be said of that is kept."""

    def __init__(self, session: Session, plan: Plan) -> None:
        self._session = session
        self._plan = plan
        self._problems: list[Problem] = []

    def tell(self, deployments: Mapping[str, tuple[Deployment, ...]]) -> None:
        """Tell people whom it waits for."""
        report = under_way(self._plan, deployments)
        self._problems += _told(self._session, report, Event.WAITING)

    def say(self) -> None:
        """Say what went wrong with it, when nothing is drawn any longer."""
        _say(self._session, self._problems)


def tell_ended(session: Session, report: Report, known: Known) -> None:
    """Tell how an operation ended, and count what ended that was not `known` before.

    What could not be recorded is told and counted by the `continue` that records it.
    """
    if event := event_of(report):
        _tell(session, report, event)
    if session.workspace.metrics and (report.result is not Result.PAUSED or report.unfinished):
        from multigit.adapters.notify.statsd import send
        from multigit.core.reports.metrics import metrics

        lines = metrics(report, known, tags=session.workspace.metric_tags)
        _say(session, send(session.workspace.metrics, lines))


def tell_given_up(session: Session, report: Report) -> None:
    """Tell that an operation of which people may have heard ends before it is finished."""
    _tell(session, report, Event.FAILED)


def _tell(session: Session, report: Report, event: Event) -> None:
    _say(session, _told(session, report, event))


def _told(session: Session, report: Report, event: Event) -> Sequence[Problem]:
    whom = session.workspace.tell
    if not whom.wants(event, report.plan.target):
        return ()
    from multigit.adapters.notify import apprise

    return apprise.tell(whom.addresses, news(report, event), os.environ)


def _say(session: Session, problems: Iterable[Problem]) -> None:
    for problem in problems:
        session.screen.warn(problem)
