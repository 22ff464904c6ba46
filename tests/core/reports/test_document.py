"""A report for scripts is one JSON document."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from multigit.core.planning.making import RestoreStep
from multigit.core.planning.plan import Plan, RepoPlan, State
from multigit.core.planning.publish_steps import PushStep
from multigit.core.planning.pull_steps import UpdateStep
from multigit.core.planning.steps import AdvanceStep, CommitStep
from multigit.core.progress.outcome import Outcome, ended, planned, refused
from multigit.core.reports.document import document, error_document, problem_document, step_document
from multigit.core.values.commits import PendingCommits
from multigit.core.values.problem import Problem
from multigit.errors import ConfigError, MultigitError, RefusedError, UsageError
from tests.core.builders import (
    API,
    MADE,
    NEWEST,
    WEB,
    change,
    plan,
    published,
    to_publish,
    without_steps,
)

CONFLICT = Problem("conflict", "develop conflicts with staging.", "Merge.", files=("a.py",))


REFUSED = Problem("refused_by_remote", "the remote refused: protected branch.", "Fix it.")


LEFT_OUT = without_steps(WEB, State.SKIPPED, CONFLICT.as_warning())


BOTH = plan(to_publish(API), to_publish(WEB))


ADVANCE = AdvanceStep("dev", "develop", "dev-1", "dev-2", PendingCommits(2, NEWEST))


COMMIT = CommitStep(
    stage="dev",
    branch="develop",
    parent="dev-2",
    commit="dev-3",
    message="feat: x",
    changes=(change("a.py"), change("b.py", "deleted")),
)


def web(state: State, *problems: Problem) -> Outcome:
    """Return the outcome of web, which was to be promoted."""
    return Outcome(to_publish(WEB), state, MADE, problems)


def pull(*repos: RepoPlan) -> Plan:
    """Return the plan of a pull of dev."""
    return replace(plan(*repos, command="pull"), source="", target="dev", release="", message="")


def test_the_document_of_a_plan_and_of_what_became_of_it() -> None:
    """It has the commits, tag and steps of each repository, and problems with code and files."""
    report = ended(plan(to_publish(API), LEFT_OUT), [published(API)])
    assert document(report) == {
        "schema": "multigit/1",
        "command": "promote",
        "operation": "20250115T150130Z-promote-dev-stg-7f3a",
        "result": "done",
        "exit_code": 0,
        "source": "dev",
        "target": "stg",
        "release": "stg-deploy-20250115-160130",
        "repos": [
            {
                "repo": "api",
                "path": "services/api",
                "state": "published",
                "branch": "staging",
                "source_sha": "dev-2",
                "before": "stg-1",
                "after": "merge-1",
                "tag": "stg-deploy-20250115-160130",
                "commits": 3,
                "steps": [
                    {
                        "type": "merge",
                        "source": "dev",
                        "target": "stg",
                        "branch": "staging",
                        "source_sha": "dev-2",
                        "before": "stg-1",
                        "after": "merge-1",
                        "commits": 3,
                        "files": 5,
                        "reapplies": None,
                    }
                ],
                "problems": [],
                "deployment": None,
            },
            {
                "repo": "web",
                "path": "frontends/web",
                "state": "skipped",
                "branch": "staging",
                "source_sha": "dev-2",
                "before": "stg-1",
                "after": None,
                "tag": None,
                "commits": 0,
                "steps": [],
                "problems": [
                    {
                        "code": "conflict",
                        "message": "develop conflicts with staging.",
                        "hint": "Merge.",
                        "severity": "warn",
                        "files": ["a.py"],
                    }
                ],
                "deployment": None,
            },
        ],
        "problems": [],
        "message": "1 published, 1 left out.",
        "hint": None,
        "accepted": [],
        "rolled_back": None,
    }


def test_a_dry_run_has_the_commits_that_would_be_made() -> None:
    """They already exist in the object database."""
    output = document(planned(BOTH))
    assert (output["result"], output["exit_code"]) == ("planned", 0)
    assert [(each["state"], each["after"]) for each in output["repos"]] == [
        ("planned", "merge-1"),
        ("planned", "merge-1"),
    ]


@pytest.mark.parametrize("state", [State.FAILED, State.UNKNOWN, State.NOT_PUBLISHED])
def test_what_is_not_published_has_no_after(state: State) -> None:
    """A script must not take the planned commit for a published one."""
    output = document(ended(BOTH, [published(API), web(state, REFUSED)]))["repos"][1]
    assert (output["state"], output["before"], output["after"]) == (str(state), "stg-1", None)
    assert output["problems"] == [problem_document(REFUSED)]


def test_the_document_of_a_refusal_names_the_reason_at_the_top() -> None:
    """The problem does not belong to a repository."""
    reason = Problem("confirmation_needed", "There is no terminal.", "Pass --yes.")
    output = document(refused(planned(BOTH), reason))
    assert (output["result"], output["exit_code"]) == ("blocked", 3)
    assert output["problems"] == [
        {
            "code": "confirmation_needed",
            "message": "There is no terminal.",
            "hint": "Pass --yes.",
            "severity": "block",
            "files": [],
        }
    ]
    assert (output["message"], output["hint"]) == ("There is no terminal.", "Pass --yes.")


def test_what_does_not_apply_is_null() -> None:
    """For example, a pull has no source and no release, and an unborn branch has no commit."""
    output = document(planned(pull(RepoPlan("api", ".", State.UP_TO_DATE, branch="develop"))))
    assert (output["source"], output["release"], output["hint"]) == (None, None, None)
    repo = output["repos"][0]
    assert {repo[key] for key in ("source_sha", "before", "after", "tag")} == {None}


def test_the_steps_of_a_push() -> None:
    """Each branch that moves is a step, but preparations and consequences are not."""
    repo = RepoPlan("api", ".", State.PLANNED, (ADVANCE, COMMIT, PushStep(())))
    outcome = Outcome(repo, State.PUBLISHED, {"refs/heads/develop": "signed-3"})
    report = ended(plan(repo), [outcome])
    assert document(report)["repos"][0]["steps"] == [
        {
            "type": "advance",
            "branch": "develop",
            "before": "dev-1",
            "after": "dev-2",
            "commits": 2,
        },
        {
            "type": "commit",
            "branch": "develop",
            "before": "dev-2",
            "after": "signed-3",
            "files": [
                {"path": "a.py", "change": "modified"},
                {"path": "b.py", "change": "deleted"},
            ],
        },
    ]
    assert document(report)["repos"][0]["commits"] == 3


def test_the_steps_of_a_pull() -> None:
    """They are the steps of the plan."""
    step = UpdateStep("develop", "dev-1", "dev-2", 2, checked_out=True)
    output = document(planned(pull(RepoPlan("api", ".", State.PLANNED, (step,)))))
    assert output["repos"][0]["steps"] == [
        {
            "branch": "develop",
            "before": "dev-1",
            "after": "dev-2",
            "commits": 2,
            "checked_out": True,
            "type": "update",
        }
    ]


@pytest.mark.parametrize(("commit", "after"), [("dev-3", "dev-3"), ("", None)])
def test_a_commit_that_is_not_made_yet_has_its_planned_id(commit: str, after: str | None) -> None:
    """It has none if the id was not needed in advance."""
    step = replace(COMMIT, commit=commit)
    assert step_document(step, {})["after"] == after


def test_a_branch_that_is_new_has_no_before() -> None:
    """The value is null, not an empty text."""
    step = replace(ADVANCE, before="")
    assert step_document(step, {})["before"] is None


@pytest.mark.parametrize(("back_to", "after"), [("stg-1", "stg-1"), ("", None)])
def test_a_branch_that_is_restored_goes_back(back_to: str, after: str | None) -> None:
    """It goes back to its earlier commit, or to null if it was new."""
    step = RestoreStep("stg", "staging", "merge-1", back_to)
    assert step_document(step, MADE) == {
        "type": "restore",
        "branch": "staging",
        "before": "merge-1",
        "after": after,
    }


def test_a_document_is_json() -> None:
    """It needs no special encoder."""
    output = document(ended(BOTH, [published(API), web(State.FAILED, CONFLICT)]))
    assert json.loads(json.dumps(output)) == output


def test_the_document_of_an_error() -> None:
    """It has the keys of any other document, and the exit code of the error."""
    error = UsageError("There is no stage 'x'.", hint="Choose.", code="unknown_stage")
    assert error_document(error, "promote") == {
        "schema": "multigit/1",
        "command": "promote",
        "operation": None,
        "result": "error",
        "exit_code": 2,
        "repos": [],
        "problems": [
            {
                "code": "unknown_stage",
                "message": "There is no stage 'x'.",
                "hint": "Choose.",
                "severity": "block",
                "files": [],
            }
        ],
        "message": "There is no stage 'x'.",
        "hint": "Choose.",
    }


def test_the_document_of_a_wrong_configuration_holds_every_mistake() -> None:
    """Each mistake is a problem, in addition to the message."""
    details = (("stages.stg: wrong.", "Write it so."), ("repos.api: wrong.", ""))
    output = error_document(ConfigError("2 mistakes.", details=details), None)
    assert output["message"] == "2 mistakes."
    assert [(each["message"], each["hint"]) for each in output["problems"]] == [
        ("stages.stg: wrong.", "Write it so."),
        ("repos.api: wrong.", None),
    ]
    assert {each["code"] for each in output["problems"]} == {"config"}


def test_an_error_never_shows_a_password() -> None:
    """This covers the message, the hint and the problems."""
    url = "https://ada:s3cret@host/x"
    for error in (
        MultigitError(f"cannot reach {url}", hint=f"try {url}"),
        ConfigError(url, hint=url, details=((url, url),)),
    ):
        output = json.dumps(error_document(error, None))
        assert "s3cret" not in output
        assert output.count("https://***@host/x") == 4


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [(MultigitError("x"), 1), (UsageError("x"), 2), (ConfigError("x"), 2), (RefusedError("x"), 3)],
)
def test_an_error_has_the_exit_code_of_its_kind(error: MultigitError, exit_code: int) -> None:
    """The document and the process have the same exit code."""
    assert error_document(error, None)["exit_code"] == exit_code == error.exit_code
