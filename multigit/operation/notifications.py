"""Telling people and monitors what became of an operation. What fails there changes nothing."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from multigit.core.planning.plan import Plan, Result
from multigit.core.progress.outcome import Report, under_way
from multigit.core.progress.state import OperationState
from multigit.core.reports.news import event_of, news
from multigit.core.values.deployment import Deployment
from multigit.core.values.problem import Problem
from multigit.core.values.workspace import Event, Workspace

if TYPE_CHECKING:
    from multigit.ui.screen import Screen


@dataclass(frozen=True, slots=True)
class Messages:
    """The chats, mails and counters that the configuration names."""

    workspace: Workspace
    screen: Screen

    def check(self) -> None:
        """Say before the question, and in a dry run, whom nobody could reach."""
        if self.workspace.tell.addresses:
            from multigit.adapters.notify import apprise

            self._warn(apprise.check(self.workspace.tell.addresses, os.environ))
        if self.workspace.metrics:
            from multigit.adapters.notify import statsd

            self._warn(statsd.check(self.workspace.metrics))

    def began(self, report: Report) -> None:
        """Tell that an operation begins."""
        self._send(report, Event.STARTED)

    def ended(self, report: Report, known: OperationState) -> None:
        """Tell how an operation ended, and count what ended that was not `known` before.

        What could not be recorded is told and counted by the `continue` that records it.
        """
        if event := event_of(report):
            self._send(report, event)
        if self.workspace.metrics and (report.result is not Result.PAUSED or report.unfinished):
            from multigit.adapters.notify.statsd import send
            from multigit.core.reports.metrics import metrics

            lines = metrics(report, known, tags=self.workspace.metric_tags)
            self._warn(send(self.workspace.metrics, lines))

    def given_up(self, report: Report) -> None:
        """Tell that an operation of which people may have heard ends before it is finished."""
        self._send(report, Event.FAILED)

    def send(self, report: Report, event: Event) -> Sequence[Problem]:
        """Tell whom the configuration names for such an event; return who could not be reached."""
        whom = self.workspace.tell
        if not whom.wants(event, report.plan.target):
            return ()
        from multigit.adapters.notify import apprise

        return apprise.tell(whom.addresses, news(report, event), os.environ)

    def _send(self, report: Report, event: Event) -> None:
        self._warn(self.send(report, event))

    def _warn(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            self.screen.warn(problem)


@dataclass(frozen=True, slots=True)
class WaitingMessages:
    """Tells, while an operation runs, that it waits; what went wrong with that is kept meanwhile.

    Nothing can be said while the work is drawn.
    """

    messages: Messages
    plan: Plan
    state: OperationState
    problems: list[Problem] = field(default_factory=list)

    def send(self, deployments: Mapping[str, tuple[Deployment, ...]]) -> None:
        """Tell people whom it waits for."""
        report = under_way(self.plan, deployments, self.state)
        self.problems.extend(self.messages.send(report, Event.WAITING))

    def warn(self) -> None:
        """Say what went wrong with it, when nothing is drawn any longer."""
        for problem in self.problems:
            self.messages.screen.warn(problem)
