"""Operations that deploy: preflight checks, deploying again, watching and reviewing."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from multigit.adapters.system.clock import SystemClock
from multigit.core.planning.consent import Consent
from multigit.core.planning.overrides import Override
from multigit.core.planning.plan import Plan, Result
from multigit.core.progress.marks import mark_bytes, mark_ref
from multigit.core.reports.reviews import PendingReview, ReviewResult
from multigit.core.reports.summary import summary
from multigit.core.values.deploy_config import HealthCheck
from multigit.core.values.deployment import (
    DeploymentSpec,
    Gate,
    GateState,
    RunState,
    RunStatus,
    Verdict,
)
from multigit.core.values.listener import Listener
from multigit.core.values.mark import Mark, Quality
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.workspace import Confirm, Workspace
from multigit.errors import (
    FAILED,
    INTERRUPTED,
    OK,
    REFUSED,
    CancelledError,
    MultigitError,
    NotStartedError,
    RefusedError,
)
from multigit.hints import Hint
from multigit.operation.approving import Reviewed, ReviewRequest, approve
from multigit.operation.continuing import continue_
from multigit.operation.exclusive import exclusive
from multigit.operation.run import Ended
from multigit.operation.status import read_status
from multigit.operation.unfinished import last_deployed
from multigit.operation.watching import watch
from tests.operation.conftest import with_work
from tests.operation.desk import COMMAND, DRY, WORKFLOW, YES, Desk, DeskSession, KilledError

ACCEPTING = Consent(yes=True, accept_doubt=True)
MINE = (Gate(1, "production", ("ada",), mine=True),)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Return a workspace whose stg is deployed by workflows, with work to promote."""
    return with_work(Desk(tmp_path, deploys=WORKFLOW))


def deployed(ended: object) -> dict[str, list[RunState]]:
    """Return the states of each repository's deployments."""
    assert isinstance(ended, Ended)
    return {o.repo: [each.state for each in o.deployments] for o in ended.report.outcomes}


def problems(ended: Ended) -> dict[str, list[str]]:
    """Return the codes of each repository's problems."""
    return {o.repo: [each.code for each in o.problems] for o in ended.report.outcomes}


def codes(ended: Ended) -> list[str]:
    """Return the codes of the operation's own problems."""
    return [each.code for each in ended.report.problems]


BOTH = {"api": [RunState.SUCCEEDED], "web": [RunState.SUCCEEDED]}


# --- Deploying


def test_a_promotion_deploys_what_it_publishes(desk: Desk) -> None:
    """Each repository is deployed once."""
    assert deployed(desk.promote()) == BOTH
    assert desk.hosts.starts == {("api", ""): 1, ("web", ""): 1}


def test_a_stage_is_deployed_again(desk: Desk) -> None:
    """Deploy needs no promotion."""
    desk.promote()
    assert deployed(desk.deploy()) == BOTH
    assert desk.hosts.starts == {("api", ""): 2, ("web", ""): 2}


def test_only_what_went_wrong_is_deployed_again(desk: Desk) -> None:
    """If nothing failed, it is refused, and the hint deploys everything."""
    desk.hosts.script("web", RunState.FAILED)
    desk.promote()
    desk.hosts.script("web", RunState.SUCCEEDED)
    assert deployed(desk.deploy(failed=True)) == {"web": [RunState.SUCCEEDED]}
    with pytest.raises(RefusedError) as refused:
        desk.deploy(failed=True)
    assert refused.value.code == "nothing_failed"
    assert "multigit deploy stg" in refused.value.hint


def sharing(space: Workspace) -> Workspace:
    """Return the workspace with its locks and marks on the remote of api."""
    return replace(space, lock_repo="api")


def mark_bad(desk: Desk, release: str) -> None:
    """Mark a release from another machine."""
    bad = Mark(release, "stg", Quality.BAD, "Ada", "host", "2025-01-15T13:00:00Z", "it is slow")
    remote = desk.git["api"].remote
    remote.refs[mark_ref(release)] = remote.objects.blob(mark_bytes(bad))


@pytest.mark.parametrize("by_name", [True, False])
def test_a_release_that_was_marked_bad_is_deployed_only_with_a_reason(
    desk: Desk, *, by_name: bool
) -> None:
    """Whether it was asked for or is what the stage holds; the log has the reason."""
    desk.change = sharing
    desk.git["api"].shares = True
    release = desk.promote().report.plan.release
    mark_bad(desk, release)
    asked = release if by_name else ""
    refused = desk.deploy(release=asked)
    assert problems(refused) == {"api": ["bad_release"], "web": ["bad_release"]}
    assert (refused.report.exit_code, desk.records[-1].reason) == (REFUSED, "bad_release")
    assert desk.hosts.starts == {("api", ""): 1, ("web", ""): 1}
    done = desk.deploy(release=asked, override=Override(("bad_release",), "no other runs"))
    assert deployed(done) == BOTH
    notes = desk.records[-1].accepted
    assert notes == done.report.plan.accepted
    assert [(each.repo, each.code, each.reason) for each in notes] == [
        ("api", "bad_release", "no other runs"),
        ("web", "bad_release", "no other runs"),
    ]


def test_what_still_runs_did_not_go_wrong(desk: Desk) -> None:
    """It has not failed, and the hint watches it."""
    for name in ("api", "web"):
        desk.hosts.script(name, RunState.RUNNING)
    operation = desk.promote(wait=False).report.plan.operation
    with pytest.raises(RefusedError) as refused:
        desk.deploy(failed=True)
    assert f"multigit watch {operation}" in refused.value.hint


def test_a_repeated_promotion_says_what_was_not_deployed(desk: Desk) -> None:
    """There is nothing to merge, so it would look as if all was well."""
    desk.hosts.script("web", RunState.FAILED)
    desk.promote()
    desk.screen.said.clear()
    again = desk.promote()
    assert (again.report.result, again.report.exit_code) == (Result.NOTHING, OK)
    (said,) = [line for line in desk.screen.said if line.startswith("The last deployment")]
    assert said.startswith("The last deployment of web to stg failed. Fix the cause, then run ")
    assert "multigit deploy stg --failed -r web." in said
    finish(desk)
    desk.screen.said.clear()
    assert desk.promote().report.result is Result.NOTHING
    assert not any(line.startswith("The last deployment") for line in desk.screen.said)


def test_what_runs_again_is_left_out_of_what_failed(desk: Desk) -> None:
    """Someone reran it, so it is named: it may have been selected."""
    for name in ("api", "web"):
        desk.hosts.script(name, RunState.FAILED)
    operation = desk.promote().report.plan.operation
    desk.hosts.courses[f"{operation}/web/1"] = [RunStatus(RunState.RUNNING)]
    desk.hosts.script("api", RunState.SUCCEEDED)
    assert deployed(desk.deploy(failed=True)) == {"api": [RunState.SUCCEEDED]}
    (said,) = [line for line in desk.screen.said if line.startswith("web is left out")]
    assert f" a deployment of {operation} to stg is still running. " in said
    assert f"multigit watch {operation}" in said


def test_what_cannot_start_is_found_before_the_question(desk: Desk) -> None:
    """Nothing is published."""
    before = desk.git.remote_refs()
    desk.hosts.problems["web"] = [Problem("workflow_missing", "there is no such workflow.")]
    ended = desk.promote()
    assert ended.report.result is Result.BLOCKED
    assert problems(ended)["web"] == ["workflow_missing"]
    assert desk.git.remote_refs() == before


def test_checks_that_a_stage_requires(desk: Desk) -> None:
    """The checks of the commits that would be promoted must be green."""

    def strict(space: Workspace) -> Workspace:
        dev, stg, main = space.stages
        return replace(space, stages=(dev, replace(stg, require_checks=True, deploy=None), main))

    desk.change = strict
    desk.hosts.red["api"] = [Problem("checks_failed", "a check is red.")]
    assert problems(desk.promote())["api"] == ["checks_failed"]
    desk.hosts.red.clear()
    assert desk.promote().report.result is Result.DONE


def test_nothing_is_deployed_beside_what_still_runs(desk: Desk) -> None:
    """Running deployments block, also if only the log knows of them."""
    operation = running(desk).operation
    assert problems(desk.deploy()) == {"api": ["still_deploying"], "web": ["still_deploying"]}
    forget(desk, operation)
    assert problems(desk.deploy()) == {"api": ["still_deploying"], "web": ["still_deploying"]}


@pytest.mark.parametrize("kept", ["journal", "log", "nothing"])
def test_what_ended_unseen_is_in_the_way_of_nothing(desk: Desk, kept: str) -> None:
    """Ten promotions in a row never wait for their own runs, whatever a machine of CI keeps."""
    desk.hosts.courses = Ending()
    for number in range(10):
        for name in ("api", "web"):
            desk.git[name].remote.commit("dev", {"more.txt": str(number)})
        ended = desk.promote(wait=False)
        assert ended.report.result is Result.DONE
        assert problems(ended) == {"api": [], "web": []}
        if kept != "journal":
            forget(desk, ended.report.plan.operation)
        if kept == "nothing":
            desk.session().files.log.file.unlink()
    assert desk.hosts.starts == {("api", ""): 10, ("web", ""): 10}


class Ending(dict[str, list[RunStatus]]):
    """Runs that end before anyone polls them."""

    def __setitem__(self, key: str, course: list[RunStatus]) -> None:
        super().__setitem__(key, [RunStatus(RunState.SUCCEEDED)])


def forget(desk: Desk, operation: str) -> None:
    """Delete the journal of an operation."""
    shutil.rmtree(desk.session().files.operation(operation))


def in_doubt(desk: Desk) -> None:
    """Promote with a deployment of web whose run someone deletes afterwards."""
    desk.promote(wait=False)
    desk.hosts.deleted |= {run for run, place in desk.hosts.runs.items() if place[0] == "web"}


def test_a_doubt_blocks_until_it_is_accepted(desk: Desk) -> None:
    """Without a terminal, --yes does not suffice; what was accepted is in the log."""
    in_doubt(desk)
    refused = desk.deploy()
    assert refused.report.exit_code == REFUSED
    assert problems(refused) == {"api": [], "web": ["deployment_in_doubt"]}
    assert "--accept-doubt" in refused.report.outcomes[1].problems[0].hint
    assert problems(desk.deploy(DRY)) == {"api": [], "web": ["deployment_in_doubt"]}
    ended = desk.deploy(ACCEPTING)
    assert deployed(ended) == BOTH
    (warning,) = ended.report.outcomes[1].problems
    assert (warning.severity, warning.hint) == (Severity.WARN, "")
    (accepted,) = desk.records[-1].accepted
    assert (accepted.code, accepted.repo) == ("deployment_in_doubt", "web")
    assert accepted.message == "run of web was deleted."


@pytest.mark.parametrize("answer", [True, False, EOFError()])
def test_a_person_is_asked_about_a_doubt(desk: Desk, *, answer: bool | BaseException) -> None:
    """It is a question of its own after the plan, which names the repository and what was found.

    --yes does not answer it. After a no, the plan is shown without what that leaves out.
    """
    in_doubt(desk)
    course = desk.screen.asked
    desk.screen.plan = lambda report: course.append(report.plan.result)  # type: ignore[method-assign]
    desk.screen.person, desk.screen.answer = True, answer
    ended = desk.deploy()
    question = "An earlier deployment may still be running: web. Deploy web to stg anyway?"
    assert course == ["planned", question] + ["blocked"] * (answer is not True)
    (problem,) = ended.report.outcomes[1].problems
    assert problem.message.endswith("is unknown: run of web was deleted.")
    assert (ended.report.exit_code == OK) is (answer is True)
    assert [each.repo for each in desk.records[-1].accepted] == ["web"] * (answer is True)
    desk.deploy(DRY)
    assert course.count(question) == 1


def test_a_doubt_that_is_not_decided_is_not_accepted(desk: Desk) -> None:
    """Ctrl-C at the question cancels, and the log says so."""
    in_doubt(desk)
    desk.screen.person, desk.screen.answer = True, KeyboardInterrupt()
    ended = desk.deploy()
    assert (ended.report.result, ended.report.exit_code) == (Result.CANCELLED, INTERRUPTED)
    assert (desk.records[-1].result, desk.records[-1].accepted) == (Result.CANCELLED, ())


def test_only_what_failed_is_deployed_again_as_the_host_says(desk: Desk) -> None:
    """Its end was not seen here. What is in doubt blocks until that is accepted."""
    in_doubt(desk)
    finish(desk, RunState.FAILED)
    assert problems(desk.deploy(failed=True)) == {"api": [], "web": ["deployment_in_doubt"]}
    assert deployed(desk.deploy(ACCEPTING, failed=True)) == BOTH


def test_what_was_rerun_since_the_plan_is_not_started_again(desk: Desk) -> None:
    """Someone reruns the failed run while the question is open: nothing is started beside it."""
    desk.hosts.script("api", RunState.FAILED)
    desk.promote()
    desk.screen.person = True
    desk.change = lambda space: replace(
        space, stages=tuple(replace(stage, confirm=Confirm.YES) for stage in space.stages)
    )

    def rerun(question: str) -> bool:
        finish(desk, RunState.RUNNING)
        return bool(question)

    desk.screen.confirm = rerun  # type: ignore[method-assign]
    ended = desk.deploy(Consent(), failed=True)
    assert deployed(ended) == {"api": [RunState.NOT_STARTED]}
    assert "is running again" in ended.report.outcomes[0].deployments[0].status.detail
    assert desk.hosts.starts["api", ""] == 1
    finish(desk)
    desk.hosts.script("api", RunState.SUCCEEDED)
    continued = continue_(desk.session(), YES, skip_blocked=False, accept_reverts=False)
    assert deployed(continued) == {"api": [RunState.SUCCEEDED]}


@pytest.mark.parametrize("kept", ["journal", "log"])
def test_nothing_is_deployed_beside_an_older_failure_that_is_rerun(desk: Desk, kept: str) -> None:
    """Two releases failed; someone reruns the first one, not the last."""
    desk.hosts.script("api", RunState.FAILED)
    first = desk.promote().report.plan.operation
    desk.deploy(failed=True)
    desk.hosts.courses[f"{first}/api/1"] = [RunStatus(RunState.RUNNING)]
    if kept == "log":
        forget(desk, first)
    blocked = desk.deploy()
    assert problems(blocked) == {"api": ["still_deploying"], "web": []}
    assert first in blocked.report.outcomes[0].problems[0].message
    desk.hosts.courses[f"{first}/api/1"] = [RunStatus(RunState.FAILED)]
    desk.hosts.script("api", RunState.SUCCEEDED)
    assert deployed(desk.deploy(failed=True)) == {"api": [RunState.SUCCEEDED]}


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no time pass while something waits, though the clock says so."""
    passed = [0.0]
    monkeypatch.setattr(SystemClock, "elapsed", lambda _: passed[0])
    waited = lambda _, seconds, __: passed.append(passed.pop() + seconds)  # noqa: E731
    monkeypatch.setattr(SystemClock, "wait", waited)


def silent(desk: Desk, run: str) -> None:
    """Let the host say nothing about a run."""

    def at_poll(spec: DeploymentSpec) -> None:
        if spec.key == run:
            raise MultigitError("the host is silent.")

    desk.hosts.at_poll = at_poll


@pytest.mark.usefixtures("hurried")
def test_what_was_accepted_once_is_looked_at_again(desk: Desk) -> None:
    """It was running all the time, and its host speaks again: nothing starts beside it."""
    desk.hosts.script("api", RunState.RUNNING)
    first = f"{desk.promote(wait=False).report.plan.operation}/api/1"
    silent(desk, first)
    desk.hosts.script("api", RunState.FAILED)
    assert deployed(desk.deploy(ACCEPTING))["api"] == [RunState.FAILED]
    desk.hosts.at_poll = lambda _: None
    with pytest.raises(RefusedError):
        desk.deploy(failed=True)
    assert problems(desk.deploy()) == {"api": ["still_deploying"], "web": []}
    assert desk.hosts.starts["api", ""] == 2


@pytest.mark.usefixtures("hurried")
def test_continue_asks_about_other_operations_too(desk: Desk) -> None:
    """What was accepted counts for one command, and that one could not start it."""
    desk.hosts.script("api", RunState.RUNNING)
    silent(desk, f"{desk.promote(wait=False).report.plan.operation}/api/1")
    desk.hosts.script("api", RunState.SUCCEEDED)
    desk.hosts.limits["api", ""] = [100_000.0]
    assert deployed(desk.deploy(ACCEPTING))["api"] == [RunState.NOT_STARTED]
    ended = continue_(desk.session(), DRY, skip_blocked=False, accept_reverts=False)
    assert isinstance(ended, Ended)
    assert problems(ended)["api"] == ["deployment_in_doubt"]
    again = continue_(desk.session(), ACCEPTING, skip_blocked=False, accept_reverts=False)
    assert deployed(again)["api"] == [RunState.SUCCEEDED]


def test_what_comes_after_a_bad_one_waits(desk: Desk) -> None:
    """It is refused if the last deployment of the repository before it failed."""
    desk.hosts.script("api", RunState.FAILED)
    desk.promote()

    def ordered(space: Workspace) -> Workspace:
        api, web = space.repos
        return replace(space, repos=(api, replace(web, after=("api",), wave=1)))

    desk.git["web"].remote.commit("dev", {"more.txt": "1"})
    desk.change = ordered
    assert problems(desk.promote(YES, "web"))["web"] != []


def finish(desk: Desk, state: RunState = RunState.SUCCEEDED) -> None:
    """End everything that runs."""
    for course in desk.hosts.courses.values():
        course[:] = [replace(course[-1], state=state)]


def left_open(desk: Desk) -> str:
    """Kill a promotion while its deployments run; return its id."""
    for name in ("api", "web"):
        desk.hosts.script(name, RunState.RUNNING)

    def die(*_: object) -> None:
        raise KilledError

    poll, desk.hosts.poll = desk.hosts.poll, die  # type: ignore[method-assign, assignment]
    with pytest.raises(KilledError):
        desk.promote()
    desk.hosts.poll = poll  # type: ignore[method-assign]
    finish(desk)
    return desk.unfinished[0]


def test_deployments_of_an_operation_that_died_are_continued(desk: Desk) -> None:
    """What was started is watched, and not started again."""
    operation = left_open(desk)
    assert set(last_deployed(desk.session())) == {"api", "web"}
    ended = continue_(desk.session(), YES, skip_blocked=False, accept_reverts=False)
    assert deployed(ended) == BOTH
    assert desk.hosts.starts == {("api", ""): 1, ("web", ""): 1}
    assert [each.operation for each in desk.records] == [operation]


def test_what_is_unknown_is_started_again_only_if_that_is_accepted(desk: Desk) -> None:
    """Continue looks it up; a new attempt begins after a person's decision, which is noted."""
    operation = left_open(desk)
    desk.hosts.deleted |= {run for run, place in desk.hosts.runs.items() if place[0] == "web"}
    for consent in (YES, YES, DRY):
        ended = continue_(desk.session(), consent, skip_blocked=False, accept_reverts=False)
        assert deployed(ended)["web"] == [RunState.UNKNOWN]
        assert desk.unfinished == (operation,)
        assert desk.hosts.starts["web", ""] == 1
    assert isinstance(ended, Ended)
    assert problems(ended)["web"] == ["deployment_in_doubt"]
    desk.screen.person = True
    desk.hosts.script("web", RunState.SUCCEEDED)
    assert (
        deployed(continue_(desk.session(), YES, skip_blocked=False, accept_reverts=False)) == BOTH
    )
    (asked,) = desk.screen.asked
    assert asked.endswith("Deploy web to stg anyway?")
    assert desk.hosts.starts == {("api", ""): 1, ("web", ""): 2}
    (record,) = desk.records
    assert [each.about for each in record.accepted] == [f"{operation}/web/1"]


def test_a_run_that_is_found_again_is_in_doubt_no_more(desk: Desk) -> None:
    """What an earlier continue did not find is not said of it again."""
    left_open(desk)
    desk.hosts.deleted |= {run for run, place in desk.hosts.runs.items() if place[0] == "web"}
    found: list[list[str]] = []
    for last in (False, False, True):
        if last:
            desk.hosts.deleted.clear()
        ended = continue_(desk.session(), YES, skip_blocked=False, accept_reverts=False)
        assert isinstance(ended, Ended)
        found.append(problems(ended)["web"])
    assert found == [[], ["deployment_in_doubt"], []]
    assert deployed(ended) == BOTH


def test_a_person_is_asked_before_what_failed_is_deployed_again(desk: Desk) -> None:
    """A reviewer may have rejected it; without a terminal, who continues has decided that."""

    def ordered(space: Workspace) -> Workspace:
        api, web = space.repos
        stages = tuple(replace(stage, confirm=Confirm.YES) for stage in space.stages)
        return replace(space, repos=(api, replace(web, after=("api",), wave=1)), stages=stages)

    desk.change = ordered
    desk.hosts.script("api", RunState.CANCELLED)
    desk.promote()
    desk.hosts.script("api", RunState.SUCCEEDED)
    desk.screen.person, desk.screen.answer = True, False
    go_on = partial(continue_, skip_blocked=False, accept_reverts=False)
    ended = go_on(desk.session(), Consent())
    assert (deployed(ended)["api"], desk.screen.asked) == ([RunState.CANCELLED], ["Continue?"])
    assert deployed(go_on(desk.session(), YES)) == BOTH
    assert len(desk.screen.asked) == 1


def test_what_was_accepted_counts_for_one_command(desk: Desk) -> None:
    """It started nothing; a later continue asks again. The log has both decisions."""
    left_open(desk)
    desk.hosts.deleted |= {run for run, place in desk.hosts.runs.items() if place[0] == "web"}
    desk.hosts.script("web", RunState.SUCCEEDED)

    def never(_: DeploymentSpec) -> None:
        raise NotStartedError("the host is not reachable.")

    def works(_: DeploymentSpec) -> None:
        return

    steps = ((YES, never, 1), (ACCEPTING, never, 1), (YES, works, 1), (ACCEPTING, works, 2))
    for consent, desk.hosts.at_start, starts in steps:
        continue_(desk.session(), consent, skip_blocked=False, accept_reverts=False)
        assert desk.hosts.starts["web", ""] == starts
    (record,) = desk.records
    assert [each.repo for each in record.accepted] == ["web", "web"]


@pytest.mark.parametrize(
    ("now", "state"), [("ended", "succeeded"), ("running", "running"), ("gone", "unknown")]
)
def test_status_asks_for_the_true_state(desk: Desk, now: str, state: str) -> None:
    """Without a fetch no host is asked, and nothing is called running."""
    desk.hosts.script("api", RunState.RUNNING)
    desk.promote(YES, "api", wait=False)
    if now == "ended":
        finish(desk)
    desk.hosts.deleted |= desk.hosts.runs.keys() if now == "gone" else set()
    session = desk.session()
    (seen, _) = read_status(session, session.workspace.repos, fetch=True).rows
    assert (seen.deployed["stg"].state, seen.asked) == (state, frozenset({"stg"}))
    polled: list[DeploymentSpec] = []
    desk.hosts.at_poll = polled.append
    (kept, _) = read_status(session, session.workspace.repos, fetch=False).rows
    assert (kept.deployed["stg"].state, kept.asked) == ("queued", frozenset())
    assert polled == []


@pytest.mark.parametrize("now", [RunState.RUNNING, RunState.SUCCEEDED, RunState.FAILED])
def test_status_sees_what_someone_reran(desk: Desk, now: RunState) -> None:
    """It failed, and everyone saw that; nothing but its host knows of the rerun."""
    desk.hosts.script("api", RunState.FAILED)
    desk.promote(YES, "api")
    finish(desk, now)
    session = desk.session()
    (seen, _) = read_status(session, session.workspace.repos, fetch=True).rows
    assert (seen.deployed["stg"].state, seen.asked) == (now, frozenset({"stg"}))


def test_what_was_unhealthy_is_deployed_again(desk: Desk) -> None:
    """Its run succeeded, so its host cannot say more; it was found unhealthy after that."""
    desk.hosts.script("api", RunState.UNHEALTHY)
    desk.promote(YES, "api")
    finish(desk)
    session = desk.session()
    (seen, _) = read_status(session, session.workspace.repos, fetch=True).rows
    assert seen.deployed["stg"].state == "unhealthy"
    desk.hosts.script("api", RunState.SUCCEEDED)
    assert deployed(desk.deploy(failed=True)) == {"api": [RunState.SUCCEEDED]}
    assert desk.hosts.starts["api", ""] == 2


def test_a_health_that_no_one_checked_is_unknown(tmp_path: Path) -> None:
    """Though the run succeeded: that is only half of a deployment with a health check."""
    checked = replace(WORKFLOW, health=HealthCheck("https://{repo}.example.org"))
    desk = with_work(Desk(tmp_path, deploys=checked))
    desk.hosts.script("api", RunState.RUNNING)
    desk.promote(YES, "api", wait=False)
    finish(desk)
    session = desk.session()
    (seen, _) = read_status(session, session.workspace.repos, fetch=True).rows
    assert seen.deployed["stg"].state == "unknown"


# --- Watching


def running(desk: Desk) -> Plan:
    """Start deployments without waiting for them."""
    for name in ("api", "web"):
        desk.hosts.script(name, RunState.RUNNING)
    return desk.promote(wait=False).report.plan


@pytest.mark.parametrize("by", ["operation", "release", "nothing"])
def test_who_comes_back_sees_the_end(desk: Desk, by: str) -> None:
    """By id, by release, or as the last one; the result is recorded once."""
    plan = running(desk)
    finish(desk)
    name = {"operation": plan.operation, "release": plan.release, "nothing": None}[by]
    for _ in range(2):
        assert deployed(watch(desk.session(), name)) == BOTH
    assert [each.command for each in desk.records] == ["promote", "watch"]


def test_what_was_deployed_again_since_is_said(desk: Desk) -> None:
    """A note says that a failed deployment was deployed again since."""
    plan = running(desk)
    finish(desk, RunState.FAILED)
    assert set(map(tuple, deployed(watch(desk.session(), plan.operation)).values())) == {
        (RunState.FAILED,)
    }
    for name in ("api", "web"):
        desk.hosts.script(name, RunState.SUCCEEDED)
    desk.deploy()
    assert "deployed_since" in codes(watch(desk.session(), plan.operation))


def test_what_cannot_be_deployed_again_now_is_not_proposed(desk: Desk) -> None:
    """Another operation is unfinished: its ways out are named instead."""
    plan = running(desk)
    finish(desk, RunState.FAILED)
    ended = watch(desk.session(), plan.operation)
    assert "--failed" in summary(ended.report)[1]
    for repo in desk.git.repos.values():
        repo.remote.commit("dev", {"more.txt": "1"})
    with desk.killed("api", "web"):
        desk.promote()
    ended = watch(desk.session(), plan.operation)
    assert codes(ended) == ["unfinished_operation"]
    assert ended.report.problems[0].hint == Hint.FINISH_OR_UNDO
    assert summary(ended.report)[1] == ""
    with exclusive(desk.session(), "continue"):
        assert codes(watch(desk.session(), plan.operation)) == ["locked"]


def test_there_is_nothing_to_watch(desk: Desk) -> None:
    """Nothing was deployed yet, or not by this operation, or there is no such operation."""
    with pytest.raises(RefusedError) as refused:
        watch(desk.session(), None)
    assert refused.value.code == "nothing_to_watch"
    desk.change = lambda space: replace(
        space, stages=tuple(replace(stage, deploy=None) for stage in space.stages)
    )
    operation = desk.promote().report.plan.operation
    with pytest.raises(RefusedError) as refused:
        watch(desk.session(), operation)
    assert refused.value.code == "nothing_to_watch"
    with pytest.raises(MultigitError) as unknown:
        watch(desk.session(), "deploy-of-nobody")
    assert unknown.value.code == "unknown_operation"


def test_an_unfinished_operation_can_be_watched(desk: Desk) -> None:
    """It stays unfinished, and a running command on it is named."""
    operation = left_open(desk)
    ended = watch(desk.session(), None)
    assert ended.report.plan.operation == operation
    assert ended.note
    assert desk.unfinished == (operation,)
    with exclusive(desk.session(), "continue"):
        assert "locked" in codes(watch(desk.session(), ended.report.plan.release))


def test_what_failed_of_an_unfinished_operation_is_deployed_again_later(desk: Desk) -> None:
    """It has to be closed first: until then, the command that deploys it again is refused."""
    left_open(desk)
    finish(desk, RunState.FAILED)
    ended = watch(desk.session(), None)
    assert summary(ended.report)[1] == Hint.UNFINISHED
    assert not ended.note


# --- Reviews


def waiting(desk: Desk) -> None:
    """Make the deployments of a promotion wait for our review."""
    for name in ("api", "web"):
        desk.hosts.script(name, RunState.WAITING)
        desk.hosts.gates[name] = MINE
    desk.promote(wait=False)


def review(
    desk: Desk,
    answer: ReviewResult = ReviewResult.APPROVED,
    consent: Consent = YES,
    *,
    environments: tuple[str, ...] = (),
) -> Reviewed:
    """Run `multigit approve`."""
    session = desk.session()
    request = ReviewRequest(None, session.workspace.repos, answer, "looks good", environments)
    return approve(session, request, consent)


def test_reviews_are_sent_under_their_own_live_view(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That of the search for them has ended, so it could not show that a host asks to wait."""
    waiting(desk)
    listeners: list[Listener | None] = []

    def runners(session: DeskSession, listener: Listener | None = None) -> Any:
        listeners.append(listener)
        return session.hosts

    monkeypatch.setattr(DeskSession, "runners", runners)
    review(desk)
    searching, sending = listeners
    assert searching is not sending


@pytest.mark.parametrize("answer", [ReviewResult.APPROVED, ReviewResult.REJECTED])
def test_what_waits_for_us_is_reviewed(desk: Desk, answer: ReviewResult) -> None:
    """Each is reviewed once with the comment, and recorded."""
    waiting(desk)
    seen = review(desk, answer)
    assert seen.exit_code == OK
    assert sorted(desk.hosts.reviewed) == [
        (name, answer is ReviewResult.APPROVED, "looks good") for name in ("api", "web")
    ]
    assert desk.records[-1].command == "approve"


def test_nothing_waits_for_us(desk: Desk) -> None:
    """If only others can review, or the host cannot be asked, nothing is sent."""
    waiting(desk)
    for name in ("api", "web"):
        desk.hosts.gates[name] = (Gate(1, "production", ("max",)),)
    with pytest.raises(RefusedError) as refused:
        review(desk)
    assert refused.value.code == "nothing_to_approve"

    def silent(*_: object) -> None:
        raise MultigitError("GitHub does not answer.", code="unreachable")

    desk.hosts.pending = silent  # type: ignore[method-assign, assignment]
    with pytest.raises(MultigitError) as unread:
        review(desk)
    assert unread.value.code == "unreachable"
    assert desk.hosts.reviewed == []


@pytest.mark.parametrize(
    ("person", "answer", "code"),
    [
        (False, True, "confirmation_needed"),
        (True, False, "cancelled"),
        (True, EOFError(), "cancelled"),
    ],
)
def test_nobody_agrees_to_the_reviews(
    desk: Desk, *, person: bool, answer: bool | BaseException, code: str
) -> None:
    """Nothing is sent."""
    waiting(desk)
    desk.screen.person, desk.screen.answer = person, answer
    with pytest.raises(RefusedError) as refused:
        review(desk, consent=Consent())
    assert refused.value.code == code
    assert desk.hosts.reviewed == []


@pytest.mark.parametrize("confirm", [Confirm.YES, Confirm.NAME])
def test_a_person_agrees_to_the_reviews(desk: Desk, confirm: Confirm) -> None:
    """The question depends on how the stage is confirmed."""

    def asking(space: Workspace) -> Workspace:
        stages = tuple(replace(stage, confirm=confirm) for stage in space.stages)
        return replace(space, stages=stages)

    desk.change, desk.screen.person = asking, True
    waiting(desk)
    asked = len(desk.screen.asked)
    assert review(desk, consent=Consent()).exit_code == OK
    [question] = desk.screen.asked[asked:]
    assert ("stg" in question.split(": ")) is (confirm is Confirm.NAME)


def test_a_review_whose_answer_was_lost_is_in_doubt(desk: Desk) -> None:
    """It fails, and is recorded as failed."""
    waiting(desk)

    desk.hosts.on_review = lambda gates: [Verdict(gate, GateState.UNKNOWN) for gate in gates]
    seen = review(desk)
    assert seen.exit_code == FAILED
    assert {each.answer for each in seen.reviews} == {ReviewResult.UNKNOWN}
    assert desk.records[-1].result == "failed"


def test_a_review_that_was_not_received_can_be_sent_again(desk: Desk) -> None:
    """The environment still waits, so the result is known: failed."""
    waiting(desk)
    desk.hosts.on_review = lambda gates: [Verdict(gate, GateState.WAITING) for gate in gates]
    seen = review(desk)
    assert {each.answer for each in seen.reviews} == {ReviewResult.FAILED}
    found = [each.problem for each in seen.reviews if each.problem]
    assert {each.code for each in found} == {"review_not_received"}


@pytest.mark.parametrize(
    ("decided", "exit_code"), [(GateState.APPROVED, OK), (GateState.REJECTED, FAILED)]
)
def test_a_colleague_who_was_faster_is_named(
    desk: Desk, decided: GateState, exit_code: int
) -> None:
    """It succeeds only if the colleague gave the same answer; the log says who did."""
    waiting(desk)
    desk.hosts.on_review = lambda gates: [Verdict(gate, decided, by="grace") for gate in gates]
    seen = review(desk)
    assert seen.exit_code == exit_code
    assert {each.in_words for each in seen.reviews} == {f"{decided} by grace"}
    assert {each.by for each in desk.records[-1].reviewed} == {"grace"}


def test_gates_of_one_run_may_end_differently(desk: Desk) -> None:
    """Then the run has a review for each result."""
    waiting(desk)
    desk.hosts.gates["api"] = (*MINE, Gate(2, "production-us", ("ada",), mine=True))

    def differently(gates: Sequence[Gate]) -> Sequence[Verdict]:
        first, *rest = gates
        others = [Verdict(gate, GateState.WAITING) for gate in rest]
        return [Verdict(first, GateState.APPROVED), *others]

    desk.hosts.on_review = differently
    seen = {
        (each.waiting.spec.repo, *(gate.name for gate in each.waiting.gates)): each.answer
        for each in review(desk).reviews
    }
    assert seen == {
        ("api", "production"): ReviewResult.APPROVED,
        ("api", "production-us"): ReviewResult.FAILED,
        ("web", "production"): ReviewResult.APPROVED,
    }


def test_only_the_named_environments_are_reviewed(desk: Desk) -> None:
    """One that does not wait, or waits only for others, is refused before anything is sent."""
    waiting(desk)
    desk.hosts.gates["api"] = (*MINE, Gate(2, "production-us", ("grace",)))
    desk.hosts.gates["web"] = (Gate(3, "staging", ("ada",), mine=True),)
    for name, code in (
        ("production-us", "not_your_review"),
        ("production-eu", "environment_not_waiting"),
    ):
        with pytest.raises(RefusedError) as refused:
            review(desk, environments=("staging", name))
        assert refused.value.code == code
        assert "production, staging" in refused.value.hint
    assert desk.hosts.reviewed == []
    seen = review(desk, environments=("staging",))
    assert [each.waiting.spec.repo for each in seen.reviews] == ["web"]


def test_a_person_chooses_among_several(desk: Desk) -> None:
    """Nothing chosen is a no; what an option confirms, or names, is not asked about."""
    waiting(desk)
    desk.screen.person = True
    desk.screen.choice = lambda each: each.spec.repo == "web"
    seen = review(desk, consent=Consent())
    assert [each.waiting.spec.repo for each in seen.reviews] == ["web"]
    desk.screen.choice = lambda _: False
    with pytest.raises(RefusedError, match="Nothing was reviewed"):
        review(desk, consent=Consent())
    assert len(review(desk).reviews) == len(BOTH)
    assert len(review(desk, environments=("production",)).reviews) == len(BOTH)


def test_ctrl_c_at_a_question_about_reviews_cancels(desk: Desk) -> None:
    """Nothing is reviewed, and the exit code says that it was interrupted."""
    waiting(desk)
    desk.screen.person = True

    def stop(_: PendingReview) -> bool:
        raise KeyboardInterrupt

    said = r"^Cancelled\. Nothing was reviewed\.$"
    for choice in (lambda each: each.spec.repo == "web", stop):
        desk.screen.choice, desk.screen.answer = choice, KeyboardInterrupt()
        with pytest.raises(CancelledError, match=said) as caught:
            review(desk, consent=Consent())
        assert caught.value.exit_code == INTERRUPTED
    assert desk.hosts.reviewed == []


def test_reviews_that_cannot_be_recorded_are_said(desk: Desk) -> None:
    """The reviews were sent, so a problem reports it."""
    waiting(desk)
    one_at_a_time = threading.Lock()

    def block(_: Sequence[Gate]) -> None:
        log = desk.session().files.log.file
        with one_at_a_time:
            if log.is_file():
                log.unlink()
                log.mkdir()

    desk.hosts.on_review = block
    seen = review(desk)
    assert seen.exit_code == FAILED
    assert [each.severity for each in seen.problems] == [Severity.BLOCK]
    assert len(desk.hosts.reviewed) == 2


def test_commands_can_deploy_too(tmp_path: Path) -> None:
    """The runner makes no difference here."""
    assert deployed(with_work(Desk(tmp_path, deploys=COMMAND)).promote()) == BOTH
