"""A record says who did what and when, and how it ended."""

from __future__ import annotations

import json
from dataclasses import is_dataclass, replace
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multigit.core.planning.plan import State
from multigit.core.progress.outcome import Outcome, Report, cancelled, ended, planned, refused
from multigit.core.records.chain import canonical
from multigit.core.records.record import Record, ReviewRecord
from multigit.core.records.repo_record import DeploymentRecord
from multigit.core.reports.document import document
from multigit.core.values.agreement import (
    NOT_NOTED,
    Accepted,
    Actor,
    ActorKind,
    Agreement,
    ChecklistState,
    ConsentState,
)
from multigit.core.values.problem import Problem
from tests.core.builders import API, WEB, plan, published, to_publish, warning, without_steps

ADA = Actor("Ada <ada@example.com>", "ada", "build-7", ActorKind.PERSON)
BOT = Actor("Bot <bot@example.com>", "ci", "build-7", ActorKind.CI)
AGREED = Agreement(
    ConsentState.TERMINAL, ChecklistState.TICKED, Actor(ADA.identity, "", "", ActorKind.PERSON)
)


def written(report: Report, actor: Actor, at: str, agreement: Agreement) -> dict[str, Any]:
    """Return a report's record as the log writes it, and assert that it is read back unchanged."""
    record = Record.of(report, actor, at, agreement)
    assert Record.parse(json.loads(canonical(record.document()))) == record
    return record.document()


@pytest.mark.parametrize("state", [State.BLOCKED, State.SKIPPED])
def test_the_reason_is_what_blocks(state: State) -> None:
    """This includes a repository that was skipped, if nothing else could be published."""
    conflict = Problem("conflict", "develop conflicts with staging.")
    problem = conflict if state is State.BLOCKED else conflict.as_warning()
    report = planned(plan(without_steps(WEB, state, problem)))
    content = written(report, BOT, "2025-01-15T15:02:00Z", AGREED)
    assert (content["result"], content["reason"]) == ("blocked", "conflict")


def test_an_unfinished_operation_that_is_closed_is_done() -> None:
    """Its document says the same, and the repositories show how far it got."""
    left = Outcome(to_publish(WEB), State.NOT_PUBLISHED)
    report = ended(plan(to_publish(API), to_publish(WEB)), [published(API), left])
    content = written(replace(report, closing="abandon"), BOT, "2025-01-15T15:02:00Z", AGREED)
    assert content["result"] == document(replace(report, closing="abandon"))["result"] == "done"
    assert [row["state"] for row in content["repos"]] == ["published", "not_published"]


def test_a_record_holds_who_what_and_how_it_ended() -> None:
    """It has one entry per repository, with the old and the new commit of each branch."""
    blocked = Problem("conflict", "develop conflicts with staging.", files=("a.py",))
    left_out = without_steps(WEB, State.SKIPPED, blocked.as_warning())
    report = ended(plan(to_publish(API), left_out), [published(API)])
    assert written(report, BOT, "2025-01-15T15:02:00Z", AGREED) == {
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


def test_a_record_holds_what_was_accepted_and_why() -> None:
    """An earlier version wrote no reason."""
    bad = Accepted("bad_release", "api", "deploy-1 was marked bad.", reason="stg-2 loses orders")
    report = ended(replace(plan(to_publish(API)), accepted=(bad,)), [published(API)])
    content = written(report, BOT, "2025-01-15T15:02:00Z", AGREED)
    assert (
        content["accepted"]
        == document(report)["accepted"]
        == [
            {
                "code": "bad_release",
                "repo": "api",
                "message": "deploy-1 was marked bad.",
                "about": "",
                "reason": "stg-2 loses orders",
            }
        ]
    )
    del content["accepted"][0]["reason"]
    assert Record.parse(content).accepted == (replace(bad, reason=""),)


READY = planned(plan(to_publish()))


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        (refused(READY, Problem("confirmation_needed", "x")), "confirmation_needed"),
        (refused(READY, Problem("locked_remotely", "x")), "locked_remotely"),
        (
            planned(
                plan(
                    to_publish(API, warning("noted")),
                    without_steps(WEB, State.BLOCKED, warning("stale"), Problem("conflict", "x")),
                )
            ),
            "conflict",
        ),
        (cancelled(READY, interrupted=False), ""),
        (ended(plan(to_publish()), [published()]), ""),
    ],
)
def test_a_missing_confirmation_differs_from_a_conflict(report: Report, reason: str) -> None:
    """Both are blocked, and the reason is the code of the first problem that blocked."""
    assert written(report, ADA, "now", AGREED)["reason"] == reason


def test_a_refused_operation_is_recorded_with_its_reason() -> None:
    """Nothing was changed, so no repository has an `after`."""
    kept = written(
        refused(planned(plan(to_publish())), Problem("lock", "is taken.")), ADA, "now", AGREED
    )
    assert (kept["result"], kept["problems"]) == (
        "blocked",
        [{"code": "lock", "message": "is taken."}],
    )
    assert [(each["state"], each["after"]) for each in kept["repos"]] == [("planned", "")]


def test_a_record_has_all_repositories_in_the_order_of_the_plan() -> None:
    """It does not matter which outcome came first."""
    both = plan(to_publish(WEB), to_publish(API))
    report = ended(both, [published(API), replace(published(WEB), state=State.FAILED)])
    kept = written(report, ADA, "now", AGREED)["repos"]
    assert [(each["repo"], each["after"]) for each in kept] == [("web", ""), ("api", "merge-1")]


# --- Reading

DEPLOYMENT = {"target": None, "state": "succeeded", "url": "https://ci/1", "attempt": 2}
FIRST_VERSION = {
    "schema": "multigit-log/1",
    "at": "2025-01-15T15:02:00Z",
    "operation": "op-1",
    "command": "push",
    "result": "done",
    "who": "Ada <ada@example.com>",
    "user": "ada",
    "host": "build-7",
    "source": "dev",
    "stage": "stg",
    "message": "feat: orders",
    "release": "stg-1",
    "undoes": "",
    "problems": [{"code": "stale", "message": "is stale."}],
    "repos": [{"repo": "api", "state": "published", "tag": "stg-1", "deployments": [DEPLOYMENT]}],
}


def test_a_record_of_the_first_version_can_be_read() -> None:
    """What it did not record is unknown; a missing `moves` differs from an empty one."""
    record = Record.parse(FIRST_VERSION)
    assert record.actor == Actor("Ada <ada@example.com>", "ada", "build-7")
    assert record.agreement == NOT_NOTED
    assert (record.reason, record.why) == ("", "stale")
    (repo,) = record.repos
    assert (repo.state, repo.tag, repo.moves) == ("published", "stg-1", None)
    assert repo.deployments == (DeploymentRecord(state="succeeded", url="https://ci/1", attempt=2),)
    assert Record.parse({**FIRST_VERSION, "repos": [{"moves": []}]}).repos[0].moves == ()


def test_a_record_of_a_later_version_is_read_as_far_as_it_is_known() -> None:
    """Unknown words are kept where they are shown, and `stored` has the whole record."""
    content = {
        **FIRST_VERSION,
        "ticket": "SHOP-7",
        "consent": "by_voice",
        "checklist": "half_ticked",
        "actor": "robot",
        "consent_by": {"who": "Ada", "actor": "robot", "shoe_size": 38},
        "repos": [{"repo": "api", "state": "melted", "deployments": [{"state": "teleported"}]}],
    }
    record = Record.parse(content)
    assert record.stored == content
    assert record.agreement == Agreement(ConsentState.UNKNOWN, None, Actor("Ada", "", ""))
    assert record.actor.kind is None
    assert (record.repos[0].state, record.repos[0].deployments[0].state) == ("melted", "teleported")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=3,
)
PLACES = (
    *(("", key) for key in FIRST_VERSION),
    *(("", key) for key in ("consent", "consent_by", "checklist", "actor", "watches", "reviewed")),
    *(("repos", key) for key in ("repo", "state", "after", "moves", "problems", "deployments")),
    *(("deployments", key) for key in ("state", "target", "attempt", "reviewers", "seconds")),
)


@settings(max_examples=200)
@given(st.sampled_from(PLACES), JSON)
def test_no_value_of_another_type_gets_through(place: tuple[str, str], value: Any) -> None:
    """A value of another type is left out, and the rest is still read."""
    where, key = place
    content = json.loads(json.dumps(FIRST_VERSION))
    deployment = content["repos"][0]["deployments"][0]
    {"": content, "repos": content["repos"][0], "deployments": deployment}[where][key] = value
    record = Record.parse(content)
    assert misfits(record) == []
    assert key == "at" or record.at == FIRST_VERSION["at"]
    assert Record.parse(record.document()).document() == record.document()


def misfits(value: Any, hint: Any = Record, at: str = "") -> list[str]:
    """Return the values that do not have the type that their class declares."""
    if get_origin(hint) in {Union, UnionType}:
        kinds = get_args(hint)
        return min((misfits(value, kind, at) for kind in kinds), key=len)
    if get_origin(hint) is tuple:
        items = enumerate(value) if isinstance(value, tuple) else [("", value)]
        return [bad for n, each in items for bad in misfits(each, get_args(hint)[0], f"{at}[{n}]")]
    kind = get_origin(hint) or hint
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        return [f"{at} is {value!r}, not {hint}"]
    if not is_dataclass(hint):
        return []
    hints = get_type_hints(hint)
    return [bad for name in hints for bad in misfits(getattr(value, name), hints[name], name)]


@pytest.mark.parametrize("content", [None, [], 17, "x", {}, {"repos": {}}, {"repos": [None, 1]}])
def test_what_is_not_a_record_reads_as_an_empty_one(content: object) -> None:
    """Nothing is raised, whatever the content is."""
    assert Record.parse(content) == Record.parse({})
    assert Record.parse(content).repos == ()


def test_the_records_of_watching_and_of_a_review_name_what_they_are_about() -> None:
    """Other records do not have these keys, and both are read back unchanged."""
    watched = Record(operation="w", command="watch", watches="op-1")
    review = ReviewRecord("api", "", ("production",), "approved", by="grace")
    reviewed = Record(operation="r", command="approve", reviews="op-1", reviewed=(review,))
    assert watched.document()["watches"] == "op-1"
    assert reviewed.document()["reviewed"] == [
        {
            "repo": "api",
            "target": None,
            "environments": ["production"],
            "state": "approved",
            "by": "grace",
        }
    ]
    assert not {"watches", "reviews", "reviewed"} & Record(operation="x").document().keys()
    for record in (watched, reviewed):
        assert Record.parse(record.document()) == record


LOWER = {"main": ["stg", "dev"], "stg": ["dev"], "dev": []}


def of(command: str, source: str, stage: str, *moved: str | None) -> dict[str, Any]:
    """Return a record; without stages in `moved`, it is one of an earlier version."""
    row = {"repo": "api", "moves": [{"stage": each} for each in moved if each]} if moved else {}
    return {"command": command, "source": source, "stage": stage, "repos": [row]}


@pytest.mark.parametrize(
    ("content", "stages"),
    [
        (of("backmerge", "main", "dev", "stg", "dev"), {"stg", "dev"}),
        (of("backmerge", "main", "dev", "dev"), {"dev"}),
        (of("backmerge", "main", "dev", None), {"dev"}),
        (of("backmerge", "main", "dev"), {"stg", "dev"}),
        (of("backmerge", "gone", "dev"), {"dev"}),
        (of("backmerge", "main", "gone"), set()),
        (of("push", "dev", "stg", "dev", "stg"), {"stg", "dev"}),
        (of("push", "dev", "stg", "stg"), {"stg"}),
        (of("push", "dev", "stg"), {"stg", "dev"}),
        (of("promote", "dev", "stg"), {"stg"}),
        (of("undo", "", "stg", "dev", "stg"), {"stg", "dev"}),
        ({"stage": "stg"}, {"stg"}),
        ({}, set()),
    ],
)
def test_a_record_concerns_each_stage_whose_branch_it_moved(
    content: dict[str, Any], stages: set[str]
) -> None:
    """It is read from the moves, or in a record of an earlier version from the route."""
    record = Record.parse(content)
    assert {each for each in LOWER if record.concerns(each, LOWER)} == stages
