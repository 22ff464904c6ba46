"""Notifications: messages to people and monitors about operations."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from multigit.core.planning.plan import Plan
from multigit.core.progress.counts import ends
from multigit.core.progress.outcome import Report, under_way
from multigit.core.progress.state import OperationState
from multigit.core.reports.news import event_of, news
from multigit.core.values.deployment import Deployment
from multigit.core.values.problem import Problem
from multigit.core.values.workspace import Event, Workspace
from multigit.errors import MultigitError
from multigit.operation.ports import OperationJournal

if TYPE_CHECKING:
    from multigit.ui.screen import Screen


@dataclass(frozen=True, slots=True)
class Messages:
    """The chats, mail addresses and counters in the configuration."""

    workspace: Workspace
    screen: Screen

    def check(self) -> None:
        """Warn of addresses that cannot be reached, before the question and in a dry run."""
        if self.workspace.notifications.addresses:
            from multigit.adapters.notify import apprise

            self._warn(apprise.check(self.workspace.notifications.addresses, os.environ))
        if self.workspace.metrics:
            from multigit.adapters.notify import statsd

            self._warn(statsd.check(self.workspace.metrics))

    def announce(self, report: Report, event: Event) -> None:
        """Send a message about an event in an operation, and warn of what could not be sent."""
        self._warn(self.send(report, event))

    def count(self, report: Report, known: OperationState, journal: OperationJournal) -> None:
        """Count what ended and was not counted yet; `known` is how far earlier attempts got.

        It is noted before it is sent. If that fails, the `continue` that can note it counts it.
        """
        if not self.workspace.metrics:
            return
        from multigit.adapters.notify.statsd import send
        from multigit.core.reports.metrics import metrics

        with suppress(MultigitError):
            new = journal.note_counts(ends(report), known)
            lines = metrics(report, new, known, tags=self.workspace.metric_tags)
            self._warn(send(self.workspace.metrics, lines))

    def ended(self, report: Report) -> None:
        """Report the end of an operation."""
        if event := event_of(report):
            self.announce(report, event)

    def send(self, report: Report, event: Event) -> Sequence[Problem]:
        """Send a message to the addresses for the event; return a problem for each failure."""
        whom = self.workspace.notifications
        if not whom.wants(event, report.plan.target):
            return ()
        from multigit.adapters.notify import apprise

        return apprise.notify(whom.addresses, news(report, event), os.environ)

    def _warn(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            self.screen.warn(problem)


@dataclass(frozen=True, slots=True)
class WaitingMessages:
    """Reports that a running operation waits for someone.

    Collects problems: nothing can be printed while the live view is drawn.
    """

    messages: Messages
    plan: Plan
    state: OperationState
    problems: list[Problem] = field(default_factory=list)

    def send(self, deployments: Mapping[str, tuple[Deployment, ...]]) -> None:
        """Tell people whom the operation waits for."""
        report = under_way(self.plan, deployments, self.state)
        self.problems.extend(self.messages.send(report, Event.WAITING))

    def warn(self) -> None:
        """Print the collected problems."""
        for problem in self.problems:
            self.messages.screen.warn(problem)
