"""The deployment log as people read it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.records.back_record import RollBackRecord, WayRecord
from multigit.core.records.record import Record, ReviewRecord
from multigit.core.records.repo_record import ProblemRecord, RepoRecord
from multigit.core.reports.log_report import LogReport
from multigit.core.values.agreement import (
    Accepted,
    Actor,
    ActorKind,
    Agreement,
    ChecklistState,
    ConsentState,
)
from multigit.core.values.text import visible
from multigit.ui.logs import ending, log_view
from tests.core.builders import record, row
from tests.ui.views import shown


def ended(*repos: RepoRecord, result: str = "failed", undoes: str = "") -> str:
    """Return an operation's result in the words of the log."""
    return ending(record("a", *repos, result=result, undoes=undoes))


def test_results_are_counted_in_the_order_of_the_command() -> None:
    """Successes come first, whatever the order of the repositories, and deployments come last."""
    states = ["not_published", "unknown", "failed", "published"]
    repos = [row("", state=state) for state in states]
    assert ended(*repos, row("m1")) == "2 published, 1 failed, 1 unknown, 1 not published"
    deployed = row("m1", "failed", "running", "succeeded")
    assert ended(row("m1"), deployed) == "2 published, 1 running, 1 deployed, 1 not deployed"
    assert ended(repos[0], row("m1"), undoes="x") == "1 undone, 1 not undone"
    left = row("", state="skipped")
    assert ended(left, row("m1"), result="done") == "1 published, 1 left out"
    assert ended(left, row("m1"), result="done", undoes="x") == "1 undone, 1 left as is"


def test_what_was_only_deployed_counts_by_its_deployments() -> None:
    """Nothing was published by it, and a repository that was undone is counted as undone."""
    assert ended(row("", "failed", state="failed")) == "1 not deployed"
    assert ended(row("", "succeeded", state="deployed"), result="done") == "1 deployed"
    assert ended(row("", "skipped", state="skipped"), result="done") == "1 skipped"
    both = (row("m1", "skipped"), row("", state="skipped"))
    assert ended(*both, result="done") == "1 published, 1 left out, 1 skipped"  # its deployment
    back = (ProblemRecord("taken_back"),)
    assert ended(row("", state="not_published", problems=back)) == "1 undone"


@pytest.mark.parametrize(
    ("reason", "code", "words"),
    [
        ("confirmation_needed", "", "not confirmed"),
        ("", "locked", "locked"),
        ("conflict", "", "blocked"),
        ("", "", "blocked"),
    ],
)
def test_why_nothing_was_done(reason: str, code: str, words: str) -> None:
    """In a record of an earlier version, only the first problem gives the reason."""
    problems = (ProblemRecord(code),) if code else ()
    assert ending(record("a", result="blocked", reason=reason, problems=problems)) == words


def test_reviews_are_counted_by_their_answer() -> None:
    """They have no repositories to count."""
    reviewed = tuple(ReviewRecord("api", state=each) for each in ("approved", "approved", "failed"))
    assert ending(record("a", result="failed", reviewed=reviewed)) == "1 failed, 2 approved"


EVIL = "\x1b[31m\u202eevil\n"
PASSED = (ProblemRecord("reverted_work"),)


@pytest.mark.parametrize("result", ["done", EVIL])
@pytest.mark.parametrize("width", [40, 80, 120])
def test_text_from_outside_steers_no_terminal(width: int, result: str) -> None:
    """Every field of a record is escaped, and each part has its own line."""
    kept = Record(
        at=EVIL,
        operation=EVIL,
        command=EVIL,
        result=result,
        source=EVIL,
        stage=EVIL,
        message=EVIL,
        release=EVIL,
        actor=Actor(EVIL, EVIL, EVIL, ActorKind.CI),
        agreement=Agreement(ConsentState.YES, ChecklistState.BY_OPTION),
        repos=(RepoRecord(EVIL, EVIL), row("", EVIL, repo=EVIL, problems=PASSED)),
    )
    lines = shown(log_view(LogReport((kept,))), width)
    assert "evil" in "".join(lines)
    assert not {"\x1b", "\u202e"} & set("".join(lines))
    assert sum(line.startswith("    ") for line in lines) >= 3


def test_what_was_accepted_is_said_once_with_its_reason() -> None:
    """One line for the repositories that share a sentence, and one for the reason."""
    accepted = Accepted("bad_release", "a", "r-1 was marked bad.", reason="r-2\nloses")
    bad = (accepted, replace(accepted, repo="b"))
    doubt = Accepted("deployment_in_doubt", EVIL, "run 7 was deleted.", "op/web/1")
    kept = replace(record("a", row("", "succeeded", state="deployed")), accepted=(*bad, doubt))
    lines = shown(log_view(LogReport((kept,))), 80)
    assert lines[-5:-2] == [
        "    ! accepted in a, b: r-1 was marked bad.",
        "    ! reason: r-2 loses",
        f"    ! accepted in {visible(EVIL)}: run 7 was deleted.",
    ]


def released(command: str, *repos: RepoRecord, result: str = "done") -> Record:
    """Return the record of an operation with a release and a message."""
    found = record("a", *repos, result=result)
    return replace(found, command=command, source="dev", stage="stg", release="tag", message="why",
                   at="2026-01-15T15:01:30Z")  # fmt: skip


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize(
    ("width", "heads"),
    [
        (70, ["  2026-01-15 16:01 +01:00  promote dev → stg  1 published  Ada"]),
        (40, ["  2026-01-15 16:01 +01:00  promote dev →", "  stg", "    1 published  Ada"]),
    ],
)
def test_a_record_has_the_time_of_its_reader(width: int, heads: list[str]) -> None:
    """With its offset; the release and the message are below."""
    made = replace(released("promote", row("m1")), actor=Actor("Ada <a@b.c>", "", ""))
    lines = shown(log_view(LogReport((made,))), width)
    assert lines == [*heads, "    a", "    tag  why", "", "1 record."]


@pytest.mark.parametrize("width", [20, 60, 80])
def test_an_operation_has_its_id_in_one_piece(width: int) -> None:
    """It is typed for undo, watch and approve; what changed nothing has nothing to type it for."""
    name = "20261201T033015Z-promote-dev-stg-0dbf"
    done, blocked = (
        record(name, row("m1"), result="failed"),
        record("20261201T033016Z-promote-dev-stg-1dbf", result="blocked"),
    )
    lines = shown(log_view(LogReport((done, blocked))), width)
    assert lines.count(f"    {name}") == 1
    assert "1dbf" not in "".join(lines)


def test_a_promotion_that_published_nothing_names_no_tag() -> None:
    """Its tag was never made; a deployment names the release that it deployed."""
    blocked = released("promote", row("", state="blocked"), result="blocked")
    partly = released("promote", row("m1"), row("", state="failed"), result="failed")
    deployed = released("deploy", row("", "failed", state="failed"), result="failed")
    for made, tags in ((blocked, 0), (partly, 1), (deployed, 1)):
        lines = shown(log_view(LogReport((made,))), 80)
        assert "".join(lines).count("tag  why") == tags
        assert "why" in "".join(lines)


def test_a_roll_back_says_what_it_rolled_back_and_why() -> None:
    """Its message has the reason, too, of which only the first line is shown."""
    again, whole = (WayRecord(how, "m0", commits=2) for how in ("redeploy", "restore"))
    rows = (
        row("m0", "succeeded", state="deployed", rolled_back=again),
        row("b1", repo="web", rolled_back=whole),
        row("", state="not_published", repo="docs", rolled_back=whole),
    )
    back = RollBackRecord("deploy-1", "deploy-2", "payments fail", held=True, commits=4)
    told = {"message": "Roll back stg to deploy-1\n\npayments fail", "release": "deploy-3"}
    kept = record("a", *rows, result="failed", command="rollback", rolls_back=back, **told)
    assert [line.strip() for line in shown(log_view(LogReport((kept,))), 90)[2:-2]] == [
        "deploy-3  Roll back stg to deploy-1",
        "rolled back 4 commits from deploy-2: redeploy: api (2); restore: web (2)",
        "stg was held",
        "reason: payments fail",
    ]
    alone = replace(back, bad="", why="", held=False, commits=1, after="2025-promote")
    kept = record("a", rows[0], command="rollback", rolls_back=alone)
    assert [line.strip() for line in shown(log_view(LogReport((kept,))), 90)[2:-2]] == [
        "rolled back 1 commit: redeploy: api (2)",
        "automatic, since this failed: 2025-promote",
    ]
