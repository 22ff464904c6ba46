"""The deployment log as it is shown: the last records, and whether the whole is sound."""

from __future__ import annotations

from typing import Any

import pytest

from multigit.core.records.chain import BadLine, Head
from multigit.core.records.tag_anchors import Evidence
from multigit.core.reports.history import (
    History,
    concerns,
    history,
    history_document,
    history_sentence,
)
from tests.core.builders import UNREADABLE

STG = {"seq": 1, "stage": "stg"}
MAIN = {"seq": 2, "stage": "main"}
AGAIN = {"seq": 3, "stage": "stg"}
BAD = BadLine(2, "edited", "is not a record as multigit writes it")


@pytest.mark.parametrize(
    ("stage", "limit", "shown", "hidden"),
    [
        (None, 0, (STG, MAIN, AGAIN), 0),
        (None, 2, (MAIN, AGAIN), 1),
        (None, 9, (STG, MAIN, AGAIN), 0),
        ("stg", 0, (STG, AGAIN), 0),
        ("stg", 1, (AGAIN,), 1),
        ("dev", 5, (), 0),
    ],
)
def test_the_last_records_of_a_stage_are_shown(
    stage: str | None, limit: int, shown: tuple[dict[str, Any], ...], hidden: int
) -> None:
    """The newest stands last; the limit counts what is shown, and older ones are hidden."""
    seen = history([STG, MAIN, AGAIN], stage=stage, limit=limit, verified=None)
    assert seen == History(shown, None, hidden=hidden)


LOWER = {"main": ["stg", "dev"], "stg": ["dev"], "dev": []}


def of(command: str, source: str, stage: str, *moved: str | None) -> dict[str, Any]:
    """Return a record; without anything moved one of an earlier version."""
    row = {"repo": "api", "moves": [{"stage": each} for each in moved if each]} if moved else {}
    return {"command": command, "source": source, "stage": stage, "repos": [row]}


@pytest.mark.parametrize(
    ("record", "stages"),
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
    record: dict[str, Any], stages: set[str]
) -> None:
    """As it says itself; of a record of an earlier version the route tells."""
    assert {each for each in LOWER if concerns(record, each, LOWER)} == stages


@pytest.mark.parametrize(
    ("seen", "hint"),
    [
        (History((STG,)), None),
        (History((STG,), hidden=1), "1 older record is not shown. Pass --all, or -n and a number."),
        (
            History((STG,), Head(8, "x"), hidden=7),
            "7 older records are not shown. Pass --all, or -n and a number.",
        ),
    ],
)
def test_what_is_hidden_is_told_with_the_way_to_see_it(seen: History, hint: str | None) -> None:
    """Also where the log was verified; a log that is not sound has a hint of its own."""
    assert history_document(seen)["hint"] == hint


@pytest.mark.parametrize(
    ("seen", "sentence", "exit_code"),
    [
        (History((STG,)), "1 record.", 0),
        (History(()), "0 records.", 0),
        (
            History((STG,), Head(3, "x")),
            "The log is sound: 3 records, each follows the one before.",
            0,
        ),
        (
            History((STG,), BAD),
            "The log is not sound: line 2 is not a record as multigit writes it.",
            1,
        ),
    ],
)
def test_a_sentence_says_whether_the_log_is_sound(
    seen: History, sentence: str, exit_code: int
) -> None:
    """Only where that was asked for."""
    assert (history_sentence(seen), seen.exit_code) == (sentence, exit_code)


@pytest.mark.parametrize(
    ("evidence", "told"),
    [
        (Evidence(), "0 deploy tags agree."),
        (Evidence(1), "1 deploy tag agrees."),
        (Evidence(7), "7 deploy tags agree."),
        (Evidence(7, others=1), "7 deploy tags agree. Not compared: 1 tag of other logs."),
        (
            Evidence(1, others=3, silent=2),
            "1 deploy tag agrees. Not compared: 3 tags of other logs and 2 tags without a log.",
        ),
    ],
)
def test_only_deploy_tags_that_were_compared_agree(evidence: Evidence, told: str) -> None:
    """The others are counted apart."""
    seen = history([], stage=None, limit=0, verified=Head(2, "x"), evidence=evidence)
    sound = "The log is sound: 2 records, each follows the one before"
    assert history_sentence(seen) == f"{sound}, and {told}"
    assert history_document(seen)["tags"] == {
        "own": evidence.own,
        "other_logs": evidence.others,
        "silent": evidence.silent,
    }


def test_a_remote_that_could_not_be_asked_is_a_failure() -> None:
    """The log may be sound, but one witness was not heard."""
    unasked = {"api": UNREADABLE}
    seen = history([], stage=None, limit=0, verified=Head(), evidence=Evidence(), unasked=unasked)
    assert seen.unasked_rows() == [("api", (UNREADABLE,))]
    told = history_document(seen)
    assert (told["result"], told["exit_code"], told["verified"]) == ("failed", 1, None)
    assert told["message"].startswith("It is not known whether the log is whole: the tags of api ")
    assert [each["message"] for each in told["problems"]] == ["api: the remote cannot be reached."]


@pytest.mark.parametrize(("verified", "told"), [(None, None), (Head(1, "x"), True)])
def test_the_document_of_a_log(verified: Head | None, told: bool | None) -> None:  # noqa: FBT001
    """The records are data, as they were written."""
    assert history_document(History((STG,), verified)) == {
        "schema": "multigit/1",
        "command": "log",
        "operation": None,
        "result": "done",
        "exit_code": 0,
        "records": [{"seq": 1, "stage": "stg"}],
        "hidden": 0,
        "verified": told,
        "tags": None,
        "repos": [],
        "problems": [],
        "message": "The log is sound: 1 record, each follows the one before."
        if verified
        else "1 record.",
        "hint": None,
    }


def test_the_document_of_a_log_that_is_not_sound() -> None:
    """The first bad line is a problem with a code, and the records are there all the same."""
    hint = "Compare the file with a backup: everything from that line on cannot be trusted."
    assert history_document(History((STG,), BAD)) == {
        "schema": "multigit/1",
        "command": "log",
        "operation": None,
        "result": "failed",
        "exit_code": 1,
        "records": [{"seq": 1, "stage": "stg"}],
        "hidden": 0,
        "verified": False,
        "tags": None,
        "repos": [],
        "problems": [
            {
                "code": "log_edited",
                "message": "line 2 is not a record as multigit writes it",
                "hint": hint,
                "severity": "block",
                "files": [],
            }
        ],
        "message": "The log is not sound: line 2 is not a record as multigit writes it.",
        "hint": hint,
    }
