"""A record holds who did what when, and how it ended, whatever it was."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.planning.plan import State
from multigit.core.progress.outcome import Outcome, Report, cancelled, ended, planned, refused
from multigit.core.records.record import record
from multigit.core.reports.document import document
from multigit.core.values.agreement import Actor, Agreement, Given, Kind, Ticks
from multigit.core.values.problem import Problem
from tests.core.builders import API, WEB, plan, published, to_publish, warning, without_steps

ADA = Actor("Ada <ada@example.com>", "ada", "build-7", Kind.PERSON)
BOT = Actor("Bot <bot@example.com>", "ci", "build-7", Kind.CI)
AGREED = Agreement(Given.TERMINAL, Ticks.TICKED, ADA)


@pytest.mark.parametrize("state", [State.BLOCKED, State.SKIPPED])
def test_the_reason_is_what_blocks(state: State) -> None:
    """Also where it was to be left out, and nothing else can move."""
    conflict = Problem("conflict", "develop conflicts with staging.")
    problem = conflict if state is State.BLOCKED else conflict.as_warning()
    report = planned(plan(without_steps(WEB, state, problem)))
    content = record(report, BOT, "2025-01-15T15:02:00Z", AGREED)
    assert (content["result"], content["reason"]) == ("blocked", "conflict")


def test_what_is_closed_before_it_was_finished_is_done_with() -> None:
    """As its document says; how far it came, the repositories tell."""
    left = Outcome(to_publish(WEB), State.NOT_PUBLISHED)
    report = ended(plan(to_publish(API), to_publish(WEB)), [published(API), left])
    content = record(replace(report, closing="abandon"), BOT, "2025-01-15T15:02:00Z", AGREED)
    assert content["result"] == document(replace(report, closing="abandon"))["result"] == "done"
    assert [row["state"] for row in content["repos"]] == ["published", "not_published"]


def test_a_record_holds_who_what_and_how_it_ended() -> None:
    """One entry per repository, with what moved from where to where."""
    blocked = Problem("conflict", "develop conflicts with staging.", files=("a.py",))
    left_out = without_steps(WEB, State.SKIPPED, blocked.as_warning())
    report = ended(plan(to_publish(API), left_out), [published(API)])
    assert record(report, BOT, "2025-01-15T15:02:00Z", AGREED) == {
        "schema": "multigit-log/1",
        "at": "2025-01-15T15:02:00Z",
        "operation": "20250115T150130Z-promote-dev-stg-7f3a",
        "command": "promote",
        "result": "done",
        "who": "Bot <bot@example.com>",
        "user": "ci",
        "host": "build-7",
        "actor": "ci",
        "consent": "terminal",
        "consent_by": {"who": "Ada <ada@example.com>", "actor": "person"},
        "checklist": "ticked",
        "source": "dev",
        "stage": "stg",
        "message": "Merge dev into stg",
        "release": "stg-deploy-20250115-160130",
        "undoes": "",
        "reason": "",
        "problems": [],
        "repos": [
            {
                "repo": "api",
                "state": "published",
                "branch": "staging",
                "before": "stg-1",
                "after": "merge-1",
                "moves": [
                    {"stage": "stg", "branch": "staging", "before": "stg-1", "after": "merge-1"}
                ],
                "tag": "stg-deploy-20250115-160130",
                "problems": [],
                "deployments": [],
            },
            {
                "repo": "web",
                "state": "skipped",
                "branch": "staging",
                "before": "stg-1",
                "after": "",
                "moves": [],
                "tag": "",
                "problems": [{"code": "conflict", "message": "develop conflicts with staging."}],
                "deployments": [],
            },
        ],
    }


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        (refused(plan(to_publish()), Problem("confirmation_needed", "x")), "confirmation_needed"),
        (refused(plan(to_publish()), Problem("locked_remotely", "x")), "locked_remotely"),
        (
            planned(
                plan(
                    to_publish(API, warning("noted")),
                    without_steps(WEB, State.BLOCKED, warning("stale"), Problem("conflict", "x")),
                )
            ),
            "conflict",
        ),
        (cancelled(plan(to_publish()), interrupted=False), ""),
        (ended(plan(to_publish()), [published()]), ""),
    ],
)
def test_a_record_tells_a_missing_yes_from_a_conflict(report: Report, reason: str) -> None:
    """Both are blocked; the reason is the code of what stood in the way first."""
    assert record(report, ADA, "now", AGREED)["reason"] == reason


def test_a_refused_operation_is_recorded_with_its_reason() -> None:
    """Nothing moved, so no repository has an `after`."""
    kept = record(refused(plan(to_publish()), Problem("lock", "is taken.")), ADA, "now", AGREED)
    assert (kept["result"], kept["problems"]) == (
        "blocked",
        [{"code": "lock", "message": "is taken."}],
    )
    assert [(each["state"], each["after"]) for each in kept["repos"]] == [("planned", "")]


def test_a_record_tells_every_repository_in_the_plans_order() -> None:
    """Also those whose outcome came first."""
    both = plan(to_publish(WEB), to_publish(API))
    report = ended(both, [published(API), replace(published(WEB), state=State.FAILED)])
    kept = record(report, ADA, "now", AGREED)["repos"]
    assert [(each["repo"], each["after"]) for each in kept] == [("web", ""), ("api", "merge-1")]
