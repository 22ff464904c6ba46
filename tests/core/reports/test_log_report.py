"""The log as `multigit log` reports it: the last records, and whether the log is sound."""

from __future__ import annotations

import pytest

from multigit.core.records.chain import BadLine, Head
from multigit.core.records.record import Record
from multigit.core.records.tag_anchors import TagComparison
from multigit.core.reports.log_report import (
    LogReport,
    log_document,
    log_sentence,
)
from tests.core.builders import UNREADABLE

STG = Record.parse({"seq": 1, "stage": "stg", "ticket": "SHOP-7"})
BAD = BadLine(2, "edited", "is not a record as multigit writes it")


@pytest.mark.parametrize(
    ("seen", "hint"),
    [
        (LogReport((STG,)), None),
        (
            LogReport((STG,), hidden=1),
            "1 older record is not shown. Pass --all, or -n and a number.",
        ),
        (
            LogReport((STG,), Head(8, "x"), hidden=7),
            "7 older records are not shown. Pass --all, or -n and a number.",
        ),
    ],
)
def test_hidden_records_have_a_hint(seen: LogReport, hint: str | None) -> None:
    """This holds for a verified log, too."""
    assert log_document(seen)["hint"] == hint


@pytest.mark.parametrize(
    ("seen", "sentence", "exit_code"),
    [
        (LogReport((STG,)), "1 record.", 0),
        (LogReport(()), "0 records.", 0),
        (
            LogReport((STG,), Head(3, "x")),
            "The log is sound: 3 records, each follows the one before.",
            0,
        ),
        (
            LogReport((STG,), BAD),
            "The log is not sound: line 2 is not a record as multigit writes it.",
            1,
        ),
    ],
)
def test_a_sentence_says_whether_the_log_is_sound(
    seen: LogReport, sentence: str, exit_code: int
) -> None:
    """This is only said if the log was verified."""
    assert (log_sentence(seen), seen.exit_code) == (sentence, exit_code)


@pytest.mark.parametrize(
    ("compared", "phrase"),
    [
        (TagComparison(), "0 deploy tags agree."),
        (TagComparison(1), "1 deploy tag agrees."),
        (TagComparison(7), "7 deploy tags agree."),
        (TagComparison(7, others=1), "7 deploy tags agree. Not compared: 1 tag of other logs."),
        (
            TagComparison(1, others=3, silent=2),
            "1 deploy tag agrees. Not compared: 3 tags of other logs and 2 tags without a log.",
        ),
    ],
)
def test_only_deploy_tags_that_were_compared_agree(compared: TagComparison, phrase: str) -> None:
    """The others are counted separately."""
    seen = LogReport((), Head(2, "x"), compared)
    sound = "The log is sound: 2 records, each follows the one before"
    assert log_sentence(seen) == f"{sound}, and {phrase}"
    assert log_document(seen)["tags"] == {
        "own": compared.own,
        "other_logs": compared.others,
        "silent": compared.silent,
    }


def test_a_remote_that_could_not_be_reached_is_a_failure() -> None:
    """The log may be sound, but the tags of one repository were not compared."""
    unread = {"api": UNREADABLE}
    seen = LogReport((), Head(), TagComparison(), unread)
    assert seen.unread_rows() == [("api", (UNREADABLE,))]
    output = log_document(seen)
    assert (output["result"], output["exit_code"], output["verified"]) == ("failed", 1, None)
    assert output["message"].startswith("Cannot tell whether the log is complete: the tags of api ")
    assert [each["message"] for each in output["problems"]] == [
        "api: the remote cannot be reached."
    ]


@pytest.mark.parametrize(("verified", "expected"), [(None, None), (Head(1, "x"), True)])
def test_the_document_of_a_log(verified: Head | None, expected: bool | None) -> None:  # noqa: FBT001
    """The records are included as they were written."""
    assert log_document(LogReport((STG,), verified)) == {
        "schema": "multigit/1",
        "command": "log",
        "operation": None,
        "result": "done",
        "exit_code": 0,
        "records": [{"seq": 1, "stage": "stg", "ticket": "SHOP-7"}],
        "hidden": 0,
        "verified": expected,
        "tags": None,
        "repos": [],
        "problems": [],
        "message": "The log is sound: 1 record, each follows the one before."
        if verified
        else "1 record.",
        "hint": None,
    }


def test_the_document_of_a_log_that_is_not_sound() -> None:
    """The first bad line is a problem with a code, and the records are still included."""
    hint = "Compare the file with a backup: nothing from that line on can be trusted."
    assert log_document(LogReport((STG,), BAD)) == {
        "schema": "multigit/1",
        "command": "log",
        "operation": None,
        "result": "failed",
        "exit_code": 1,
        "records": [{"seq": 1, "stage": "stg", "ticket": "SHOP-7"}],
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
