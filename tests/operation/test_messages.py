"""Notifications and metrics: when they are sent, and that their failure changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from multigit.adapters.notify import apprise, statsd
from multigit.core.planning.plan import Result
from multigit.core.values.deployment import RunState, RunStatus
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.workspace import Event, Notifications
from multigit.operation.recovery import abandon
from tests.operation.conftest import with_work
from tests.operation.desk import DRY, WORKFLOW, YES, Desk

EVERYTHING = Notifications(("json://hook/",), tuple(Event))
SILENT = Problem("notify_failed", "nobody heard it.", severity=Severity.WARN)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what is sent, in order: titles of messages, and metrics."""
    seen: list[str] = []

    def tell(addresses: Sequence[str], news: Any, *_: object) -> tuple[Problem, ...]:
        assert addresses == EVERYTHING.addresses
        seen.append(news.title)
        return (SILENT,)

    def send(_: object, lines: Sequence[str]) -> tuple[Problem, ...]:
        seen.extend(line.partition(":")[0] for line in lines)
        return ()

    monkeypatch.setattr(apprise, "notify", tell)
    monkeypatch.setattr(apprise, "check", lambda *_: (SILENT,))
    monkeypatch.setattr(statsd, "send", send)
    monkeypatch.setattr(statsd, "check", lambda _: ())
    return seen


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Return a workspace that sends everything, and deploys stg."""
    desk = with_work(Desk(tmp_path, deploys=WORKFLOW))
    desk.change = lambda space: replace(space, notifications=EVERYTHING, metrics="127.0.0.1:8125")
    return desk


def test_people_hear_of_the_begin_and_the_end(desk: Desk, sent: list[str]) -> None:
    """Two messages and the metrics are sent; a failed message is only reported."""
    assert desk.promote().report.result is Result.DONE
    assert len([each for each in sent if not each.startswith("deployment.")]) == 2
    assert "deployment.count" in sent
    assert any(SILENT.message in text for text in desk.screen.said)


def test_people_hear_of_what_waits_for_them(desk: Desk, sent: list[str]) -> None:
    """One message while the operation runs."""
    waits = RunStatus(RunState.WAITING, reviewers=("ada",))
    desk.hosts.script("api", waits, RunState.SUCCEEDED)
    desk.promote()
    assert len([each for each in sent if not each.startswith("deployment.")]) == 3


def test_people_hear_that_an_operation_is_given_up(desk: Desk, sent: list[str]) -> None:
    """One more message to those who were notified of the start."""
    with desk.killed("web"):
        desk.promote()
    begun = len(sent)
    abandon(desk.session())
    assert len(sent) == begun + 1


def test_a_dry_run_tells_nobody(desk: Desk, sent: list[str]) -> None:
    """It warns of addresses that cannot be reached."""
    desk.promote(DRY)
    assert sent == []
    assert any(SILENT.message in text for text in desk.screen.said)


def test_nobody_is_told_of_what_nobody_wants_to_hear(desk: Desk, sent: list[str]) -> None:
    """No events, or no configuration for notifications and metrics."""
    desk.change = lambda space: replace(space, notifications=replace(EVERYTHING, events=()))
    desk.promote(YES, "api")
    desk.change = lambda space: space
    desk.promote(YES, "web")
    assert sent == []
