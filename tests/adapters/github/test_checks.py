"""A commit is green if the newest of each of its statuses and check runs is."""

from __future__ import annotations

from multigit.core.values.problem import Problem
from tests.doubles.conftest import REPO
from tests.doubles.github import GitHub, faults
from tests.doubles.loopback import json_answer
from tests.support.forge import ForgeRepo

from .hubs import runs_at

STATUS, CHECKS = "repos/get-combined-status-for-ref", "checks/list-for-ref"


def problems(hub: GitHub, api: ForgeRepo) -> tuple[Problem, ...]:
    """Return the problems with the checks of stg's commit."""
    return runs_at(hub).checks("api", REPO, api.tip("stg"))


def said(hub: GitHub, api: ForgeRepo) -> str:
    """Return the message of the only problem, without the commit."""
    (problem,) = problems(hub, api)
    assert (problem.code, problem.blocks, bool(problem.hint)) == ("checks_not_green", True, True)
    return problem.message.removeprefix(f"{api.tip('stg')[:7]} is not green: ")


def test_green_is_green(hub: GitHub, api: ForgeRepo) -> None:
    """This covers statuses and check runs, and neutral and skipped count as green."""
    hub.commit_status(REPO, "stg", "ci", "success")
    for name, word in (("unit", "success"), ("lint", "neutral"), ("docs", "skipped")):
        hub.check_run(REPO, "stg", name, word)
    assert problems(hub, api) == ()


def test_either_kind_is_enough(hub: GitHub, api: ForgeRepo) -> None:
    """Many repositories have only check runs."""
    hub.check_run(REPO, "stg", "unit", "success")
    assert problems(hub, api) == ()


def test_no_checks_are_not_green(hub: GitHub, api: ForgeRepo) -> None:
    """A stage that requires green checks requires at least one."""
    assert said(hub, api) == "it has no checks."


def test_what_is_not_green_is_named(hub: GitHub, api: ForgeRepo) -> None:
    """Statuses and check runs are named with their states."""
    hub.commit_status(REPO, "stg", "ci", "pending")
    for name, word in (("unit", "failure"), ("lint", "in_progress"), ("docs", "success")):
        hub.check_run(REPO, "stg", name, word)
    assert said(hub, api) == "ci is pending, lint is in progress, unit is failure."


def test_many_names_are_cut_short(hub: GitHub, api: ForgeRepo) -> None:
    """The message stays one sentence."""
    for number in range(7):
        hub.check_run(REPO, "stg", f"c{number}", "failure")
    assert said(hub, api).endswith("c4 is failure and 2 more.")


def test_the_newest_of_a_name_counts(hub: GitHub, api: ForgeRepo) -> None:
    """A green rerun replaces a red check, and vice versa."""
    hub.check_run(REPO, "stg", "unit", "failure")
    hub.check_run(REPO, "stg", "unit", "success")
    assert problems(hub, api) == ()
    hub.check_run(REPO, "stg", "unit", "cancelled")
    assert said(hub, api) == "unit is cancelled."


def test_the_newest_counts_in_whatever_order_they_come(hub: GitHub, api: ForgeRepo) -> None:
    """GitHub does not promise an order."""
    runs = [
        {
            "check_suite": {"id": 1},
            "id": number,
            "name": "unit",
            "status": "completed",
            "conclusion": word,
        }
        for number, word in ((8, "success"), (9, "failure"))
    ]
    for given in (runs, runs[::-1]):
        answer = json_answer(200, {"total_count": 2, "check_runs": given})
        hub.inject(faults.Fault(effect=False, reaction=answer), operation=CHECKS)
        assert said(hub, api) == "unit is failure."


def test_a_status_and_a_check_run_of_one_name_both_count(hub: GitHub, api: ForgeRepo) -> None:
    """A check of another app does not replace ours."""
    hub.commit_status(REPO, "stg", "build", "failure")
    hub.check_run(REPO, "stg", "build", "success")
    assert said(hub, api) == "build is failure."
    hub.commit_status(REPO, "stg", "build", "success")
    assert problems(hub, api) == ()
    hub.check_run(REPO, "stg", "build", "failure")
    assert said(hub, api) == "build is failure."


def test_jobs_of_one_name_in_two_workflows_both_count(hub: GitHub, api: ForgeRepo) -> None:
    """A check run is only replaced by one in the same check suite, which is a workflow's run."""
    hub.check_run(REPO, "stg", "build", "failure", suite=1, app=7)
    hub.check_run(REPO, "stg", "build", "success", suite=2, app=7)
    assert said(hub, api) == "build is failure."
    hub.check_run(REPO, "stg", "build", "success", suite=1, app=7)
    assert problems(hub, api) == ()
    hub.check_run(REPO, "stg", "build", "failure", suite=1, app=7)
    hub.check_run(REPO, "stg", "build", "failure", suite=2, app=7)
    assert said(hub, api) == "build is failure."


def test_checks_of_one_name_of_two_apps_both_count(hub: GitHub, api: ForgeRepo) -> None:
    """They count even if GitHub does not return a suite."""
    runs = [
        {"id": number, "name": "scan", "status": "completed", "conclusion": word} | app
        for number, word, app in (
            (8, "failure", {"app": {"id": 7}, "check_suite": None}),
            (9, "success", {"app": {"id": 8}, "check_suite": None}),
            (10, "success", {"app": None}),
        )
    ]
    answer = json_answer(200, {"total_count": 3, "check_runs": runs})
    hub.inject(faults.Fault(effect=False, reaction=answer), operation=CHECKS)
    assert said(hub, api) == "scan is failure."


def test_the_exact_commit_counts(hub: GitHub, api: ForgeRepo) -> None:
    """The checks of another branch do not."""
    api.commit("stg", {"a": "1"})
    hub.check_run(REPO, "dev", "unit", "success")
    assert said(hub, api) == "it has no checks."


def test_every_page_is_read(hub: GitHub, api: ForgeRepo) -> None:
    """The red check may be on the last page."""
    hub.check_run(REPO, "stg", "zz", "failure")
    for number in range(120):
        hub.check_run(REPO, "stg", f"c{number}", "success")
    for number in range(120):
        hub.commit_status(REPO, "stg", f"s{number}", "success" if number < 119 else "error")
    assert said(hub, api) == "s119 is error, zz is failure."
    assert (hub.count(CHECKS), hub.count(STATUS)) == (2, 2)


def test_what_cannot_be_read_is_not_green(hub: GitHub, api: ForgeRepo) -> None:
    """This covers statuses and check runs."""
    hub.check_run(REPO, "stg", "unit", "success")
    unreadable = (
        faults.forbidden(),
        faults.not_found(),
        faults.no_json(),
        faults.error(500),
        faults.Fault(effect=False, reaction=json_answer(200, {"total_count": 1})),
    )
    for operation in (STATUS, CHECKS):
        for fault in unreadable:
            hub.inject(fault, operation=operation, times=None)
            assert "cannot be read" in said(hub, api)
            hub.clear_faults()
    assert problems(hub, api) == ()


def test_a_remote_elsewhere_has_no_checks_to_read(hub: GitHub) -> None:
    """The problem says that the remote is not on GitHub."""
    runs = runs_at(hub, url="https://gitlab.com/acme/api")
    assert [one.code for one in runs.checks("api", "", "0" * 40)] == ["not_on_github"]
