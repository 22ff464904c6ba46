"""Polling a run: every state, its jobs and gates, and how many requests a poll takes."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

import pytest

from multigit.adapters.github.client import TIMEOUT
from multigit.adapters.github.deploy_jobs import nothing_deployed
from multigit.adapters.github.watch import MISSED
from multigit.adapters.github.workflow_file import WorkflowJob
from multigit.adapters.http.limiter import Limiter
from multigit.core.values.deploy_config import GithubRunner
from multigit.core.values.deployment import Run, RunState, RunStatus
from multigit.errors import TooEarlyError
from tests.doubles.conftest import REPO
from tests.doubles.github import GitHub, Point, Repository, faults
from tests.doubles.loopback import json_answer
from tests.support.forge import ForgeRepo

from .hubs import IMPATIENT, JOBS, RUN, refused, runs_at, settled, spec, started


def statuses(hub: GitHub, api: ForgeRepo, steps: list[str | Point], polls: int) -> list[RunStatus]:
    """Return the statuses of this many polls of a run with these steps."""
    wanted, run = started(hub, api, *steps)
    runs = runs_at(hub)
    return [runs.poll(wanted, run) for _ in range(polls)]


def test_a_run_of_another_commit_is_a_failure(hub: GitHub, api: ForgeRepo) -> None:
    """Someone moved the branch just before the run started.

    Until it has ended it is running, so that nothing is started beside it.
    """
    wanted, run = started(hub, api, "queued", "in_progress", "success")
    planned = replace(wanted, sha="1" * 40)
    runs = runs_at(hub)
    seen = [runs.poll(planned, run) for _ in range(3)]
    states = [status.state for status in seen]
    assert states == [RunState.RUNNING, RunState.RUNNING, RunState.FAILED]
    for status in seen:
        assert f"GitHub runs {wanted.sha[:7]}, not 1111111" in status.detail


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("queued", RunState.QUEUED),
        ("requested", RunState.QUEUED),
        ("pending", RunState.QUEUED),
        ("waiting", RunState.WAITING),
        ("in_progress", RunState.RUNNING),
        ("success", RunState.SUCCEEDED),
        ("failure", RunState.FAILED),
        ("startup_failure", RunState.FAILED),
        ("action_required", RunState.FAILED),
        ("neutral", RunState.FAILED),
        ("stale", RunState.FAILED),
        ("cancelled", RunState.CANCELLED),
        ("skipped", RunState.SKIPPED),
        ("timed_out", RunState.FAILED),
    ],
)
def test_every_word_has_its_state(hub: GitHub, api: ForgeRepo, word: str, state: RunState) -> None:
    """The status links to the run's page, and what did not deploy has a detail."""
    wanted, run = started(hub, api, word)
    status = settled(runs_at(hub), wanted, run)
    assert status.state is state
    assert status.url == f"{hub.api}/{REPO}/actions/runs/{hub.runs()[0].id}"
    assert bool(status.detail) == (state.bad or state is RunState.SKIPPED)
    assert not status.detail or status.detail.endswith(".")


def test_a_running_job_is_named(hub: GitHub, api: ForgeRepo) -> None:
    """The second poll shows it, with the step that is running."""
    first, status = statuses(hub, api, [Point("in_progress", "deploy", "migrate")], 2)
    assert (first.state, first.job) == (RunState.RUNNING, "")
    assert (status.job, status.step) == ("deploy", "migrate")


@pytest.mark.parametrize(
    ("word", "detail"),
    [
        ("failure", "it failed in deploy at migrate."),
        ("timed_out", "it timed out on GitHub in deploy at migrate."),
        ("cancelled", "it was cancelled on GitHub."),
        ("neutral", "it ended as neutral."),
    ],
)
def test_a_failure_has_a_detail(hub: GitHub, api: ForgeRepo, word: str, detail: str) -> None:
    """It is one sentence that says where the run failed."""
    wanted, run = started(hub, api, Point(word, "deploy", "migrate"))
    status = settled(runs_at(hub), wanted, run)
    assert status.detail == detail
    assert (status.job, status.step) == ("", "") if word == "neutral" else ("deploy", "migrate")


@pytest.mark.parametrize("end", ["success", "failure", "cancelled"])
def test_a_poll_is_one_request(hub: GitHub, api: ForgeRepo, end: str) -> None:
    """This holds in the queue, during a job, and at the end, with all details."""
    wanted, run = started(hub, api, *["queued"] * 3, *["in_progress"] * 6, end)
    runs, polls, before = runs_at(hub), 1, hub.count()
    while not runs.poll(wanted, run).state.over:
        polls += 1
        assert hub.count() == before + polls - 1
    assert hub.count() == before + polls


def test_many_runs_cost_one_request_each_per_poll(hub: GitHub, api: ForgeRepo) -> None:
    """They are polled through one adapter until all of them have ended."""
    hub.script(REPO, ["queued", "in_progress", "in_progress", "success"])
    runs = runs_at(hub)
    keys = [f"promote-7/service-{number}/1" for number in range(20)]
    watched = [(wanted, runs.start(wanted)) for wanted in (spec(api, key=key) for key in keys)]
    polls, before = 0, hub.count()
    while watched:
        polls += len(watched)
        watched = [each for each in watched if not runs.poll(*each).state.over]
    assert (hub.count() - before, len(hub.runs())) == (polls, 20)


def test_a_run_that_does_not_change(hub: GitHub, api: ForgeRepo) -> None:
    """GitHub answers 304, and the status keeps the job."""
    wanted, run = started(hub, api, "queued")
    runs = runs_at(hub)
    hub.put(hub.runs()[0], "in_progress", job="test")
    for _ in range(2):
        runs.poll(wanted, run)
    assert {runs.poll(wanted, run).job for _ in range(8)} == {"test"}
    assert [asked.status for asked in hub.requests[-8:]] == [304] * 8


def test_the_job_changes_while_the_run_stays_the_same(hub: GitHub, api: ForgeRepo) -> None:
    """Polls alternate between the run and its jobs."""
    wanted, run = started(hub, api, Point("in_progress", "test"))
    runs = runs_at(hub)
    assert [runs.poll(wanted, run).job for _ in range(3)] == ["", "test", "test"]
    moved = hub.put(hub.runs()[0], "in_progress", job="deploy", step="roll out")
    status = runs.poll(wanted, run)
    assert (status.job, status.step, moved.updated) == ("deploy", "roll out", moved.updated)


def test_the_end_of_all_jobs_calls_for_a_poll(hub: GitHub, api: ForgeRepo) -> None:
    """The run is about to end, so the next poll should come soon, and the one after it."""
    wanted, run = started(hub, api, "queued", "in_progress")
    runs = runs_at(hub)
    assert [runs.poll(wanted, run).more for _ in range(2)] == [False] * 2
    hub.finish(hub.runs()[0], "success")
    seen = [runs.poll(wanted, run) for _ in range(3)]
    assert [(status.state, status.more) for status in seen] == [
        (RunState.RUNNING, True),
        (RunState.RUNNING, True),
        (RunState.SUCCEEDED, False),
    ]


def test_a_run_without_jobs_has_not_ended(hub: GitHub, api: ForgeRepo) -> None:
    """It is about to start, so the next poll need not come soon."""
    wanted, run = started(hub, api, *["in_progress"] * 2)
    none = json_answer(200, {"total_count": 0, "jobs": []})
    hub.inject(faults.Fault(effect=False, reaction=none), operation=JOBS)
    runs = runs_at(hub)
    assert [runs.poll(wanted, run).more for _ in range(2)] == [False] * 2


def test_a_run_is_polled_until_it_ends(hub: GitHub, api: ForgeRepo) -> None:
    """The states follow each other, and the last one stays."""
    seen = statuses(hub, api, ["queued", "in_progress", "in_progress", "success"], 7)
    assert [state for state, _ in groupby(status.state for status in seen)] == [
        RunState.QUEUED,
        RunState.RUNNING,
        RunState.SUCCEEDED,
    ]


# --- Jobs that did not run


SKIPPED_DEPLOY = """
on: workflow_dispatch
jobs:
  test: {}
  deploy: {if: false, environment: production}
"""


def with_jobs(api: ForgeRepo, jobs: str, *steps: str | Point) -> tuple[RunStatus, int]:
    """Return the end of a run of a workflow with these jobs, and how often they were listed."""
    file = f"on: workflow_dispatch\njobs:\n{jobs}\n"
    sha = api.commit("main", {".github/workflows/jobs.yml": file})
    runner = GithubRunner("jobs.yml", ref="branch", slug=REPO)
    with GitHub({REPO: Repository(api.bare, default_branch="main")}) as double:
        if steps:
            double.script(REPO, steps)
        runs = runs_at(double, api=api)
        wanted = spec(api, runner, sha=sha)
        status = settled(runs, wanted, runs.start(wanted))
        while not status.state.over:
            status = settled(runs, wanted, Run(str(double.runs()[0].id)))
        listed = double.count(JOBS)
    assert double.violations == []
    return status, listed


@pytest.mark.parametrize(
    ("jobs", "detail"),
    [
        ("  test: {}\n  roll: {if: false, environment: production}", "GitHub skipped roll"),
        ("  test: {}\n  deploy: {if: github.ref == 'refs/heads/x'}", "GitHub skipped deploy"),
        ("  a: {if: false}\n  b: {needs: a}", "GitHub skipped all of its jobs."),
        (
            "  a: {if: false, environment: production}\n  b: {environment: staging}",
            "GitHub skipped a, so nothing was deployed.",
        ),
        (
            "  a: {if: false, name: 'to ${{ inputs.x }}', environment: '${{ inputs.y }}'}\n  b: {}",
            "GitHub skipped to ${{ inputs.x }}, so nothing was deployed.",
        ),
    ],
)
def test_a_deploy_job_that_was_skipped_deployed_nothing(
    api: ForgeRepo, jobs: str, detail: str
) -> None:
    """GitHub calls the run a success if another job ran, but it is not a deployment."""
    status, _ = with_jobs(api, jobs)
    assert status.state is RunState.SKIPPED
    assert status.detail.startswith(detail)


@pytest.mark.parametrize(
    ("jobs", "listed"),
    [
        ("  test: {if: false}\n  deploy: {environment: production}", 1),
        ("  a: {if: false, environment: staging}\n  b: {environment: production}", 1),
        ("  a: {if: false, environment: p1}\n  b: {environment: p2}", 1),  # whichever it is
        ("  a: {if: false}\n  b: {}", 1),  # neither looks like a deployment
        ("  test: {}\n  deploy: {environment: production}", 0),  # nothing can be skipped
    ],
)
def test_a_job_that_deployed_counts(api: ForgeRepo, jobs: str, listed: int) -> None:
    """The jobs are only listed if the workflow's file says that one may be skipped."""
    status, lists = with_jobs(api, jobs, "success")
    assert (status.state, status.detail, lists) == (RunState.SUCCEEDED, "", listed)


def test_a_skipped_run_that_failed_has_failed(api: ForgeRepo) -> None:
    """A skipped deploy job does not hide that a test failed."""
    jobs = "  test: {}\n  deploy: {if: false, environment: production}"
    status, _ = with_jobs(api, jobs, Point("failure", "test"))
    assert (status.state, status.job) == (RunState.FAILED, "test")


def test_the_jobs_of_a_large_run_are_read_to_the_end(api: ForgeRepo) -> None:
    """A matrix has up to 256 jobs, and a page of the listing 100."""
    many = "\n".join(f"  a{number}: {{}}" for number in range(101))
    last = "  deploy: {if: false, environment: production}"
    status, _ = with_jobs(api, f"{many}\n{last}", "success")
    assert (status.state, "skipped deploy" in status.detail) == (RunState.SKIPPED, True)


def test_a_running_job_on_a_later_page_is_named(api: ForgeRepo) -> None:
    """Each poll stays one request: it looks at the first page that has jobs to run."""
    many = "\n".join(f"  a{number}: {{}}" for number in range(101))
    api.commit("main", {".github/workflows/jobs.yml": f"on: workflow_dispatch\njobs:\n{many}\n"})
    runner = GithubRunner("jobs.yml", ref="branch", slug=REPO)
    with GitHub({REPO: Repository(api.bare, default_branch="main")}) as double:
        double.script(REPO, [Point("in_progress", "a100", "Deploy")])
        runs, wanted = runs_at(double), spec(api, runner)
        run = runs.start(wanted)
        polls = [runs.poll(wanted, run) for _ in range(4)]
    assert [status.job for status in polls][-1] == "a100"
    assert double.count(JOBS) + double.count(RUN) == len(polls)


@pytest.mark.parametrize(
    ("name", "matches"),
    [
        ("deploy", True),
        ("deploy (nrt, 3)", True),
        ("deploy / roll out", True),
        ("deploy (nrt) / roll out", True),
        ("predeploy", False),
        ("deploy it", False),
    ],
)
def test_a_job_is_recognized_by_its_name(name: str, matches: bool) -> None:  # noqa: FBT001
    """A matrix adds its values to it, and a called workflow the names of its own jobs."""
    jobs = ({"name": "test", "conclusion": "success"}, {"name": name, "conclusion": "skipped"})
    assert bool(nothing_deployed(jobs, [WorkflowJob("deploy")])) == matches


def test_names_from_outside_are_escaped(hub: GitHub, api: ForgeRepo) -> None:
    """The workflow names its jobs and steps."""
    wanted, run = started(hub, api, Point("failure", "de\x1b[2Jploy", "mi\u202egrate"))
    status = settled(runs_at(hub), wanted, run)
    assert (status.job, status.step) == (r"de\x1b[2Jploy", r"mi\u202egrate")
    assert status.detail.isprintable()


# --- Faults


def test_a_read_is_repeated_after_a_passing_fault(hub: GitHub, api: ForgeRepo) -> None:
    """It is after a 502, after a lost connection, and when a limit ends soon."""
    wanted, run = started(hub, api)
    waits = list[float]()
    runs = runs_at(hub, waits=waits)
    for fault in (faults.error(502), faults.dropped(effect=False)):
        hub.inject(fault, operation=RUN)
    assert runs.poll(wanted, run).state is RunState.QUEUED
    assert (hub.count(RUN), waits) == (3, [0.5, 1.0])
    hub.inject(faults.secondary_limit(7), operation=RUN)
    hub.inject(faults.secondary_limit(9, status=429), operation=RUN)
    assert runs.poll(wanted, run).state is RunState.RUNNING
    assert waits == [0.5, 1.0, pytest.approx(7.0, abs=0.1), pytest.approx(9.0, abs=0.1)]


def test_a_limit_does_not_hide_where_a_run_failed(hub: GitHub, api: ForgeRepo) -> None:
    """The poll that met it is repeated when the time is over, and the end is reported then."""
    wanted, run = started(hub, api, Point("failure", "deploy", "migrate"))
    times = [100.0]
    runs = runs_at(hub)
    runs._client._limiter = Limiter("GitHub", patience=0.0, clock=lambda: times[-1])
    hub.inject(faults.secondary_limit(7), operation=JOBS)
    assert runs.poll(wanted, run).more
    refused(lambda: runs.poll(wanted, run), TooEarlyError)
    times.append(107.0)
    status = settled(runs, wanted, run)
    assert (status.state, status.job, status.step) == (RunState.FAILED, "deploy", "migrate")


@pytest.mark.parametrize(
    ("fault", "code", "requests"),
    [
        (faults.error(502), "github_unavailable", 3),
        (faults.dropped(effect=False), "github_unclear", 3),
        (faults.no_json(), "github_no_json", 1),
        (faults.not_found(), "github_missing", 1),
        (faults.forbidden(), "token_refused", 1),
        (faults.error(401, "Bad credentials"), "token_refused", 1),
        (faults.primary_limit(4_000_000_000), "rate_limited", 1),
        (faults.primary_limit(4_000_000_000, status=429), "rate_limited", 1),
        (faults.secondary_limit(3600), "rate_limited", 1),
        (faults.error(301, "", ("Location", "/user")), "github_moved", 1),
        (faults.Fault(effect=False, reaction=json_answer(200, {})), "github_no_json", 1),
        (faults.Fault(effect=False, reaction=json_answer(200, [1])), "github_no_json", 1),
        (faults.silent(), "github_unclear", None),
        (faults.dripping(0.02), "github_unclear", None),
    ],
)
def test_a_poll_that_fails_says_why(
    hub: GitHub, api: ForgeRepo, fault: faults.Fault, code: str, requests: int | None
) -> None:
    """It fails within its time limit, and the next poll works again."""
    wanted, run = started(hub, api, *["queued"] * 9)
    hub.inject(fault, operation=RUN, times=None)
    runs = runs_at(hub, timeout=TIMEOUT if requests else IMPATIENT)
    assert refused(lambda: runs.poll(wanted, run)).code == code
    assert requests in (None, hub.count(RUN))
    hub.clear_faults()
    assert runs_at(hub).poll(wanted, run).state is RunState.QUEUED


def test_a_run_that_was_deleted_is_unknown(hub: GitHub, api: ForgeRepo) -> None:
    """Not after one poll that does not find it; then it counts as gone, with its page."""
    wanted, run = started(hub, api, "queued")
    runs = runs_at(hub)
    url = runs.poll(wanted, run).url
    for missed in (MISSED - 1, MISSED - 1):
        hub.inject(faults.not_found(), REPO, RUN, times=missed)
        for _ in range(missed):
            assert refused(lambda: runs.poll(wanted, run)).code == "github_missing"
        assert runs.poll(wanted, run).state is RunState.QUEUED
    hub.inject(faults.not_found(), REPO, RUN, times=MISSED)
    for _ in range(MISSED - 1):
        refused(lambda: runs.poll(wanted, run))
    assert runs.poll(wanted, run) == RunStatus(
        RunState.UNKNOWN,
        detail=f"run {run.id} of {REPO} was not found, or the token cannot see it.",
        url=url,
    )


def test_a_poll_that_failed_is_repeated(hub: GitHub, api: ForgeRepo) -> None:
    """The run counts as running, even if its jobs could not be read."""
    wanted, run = started(hub, api, *["in_progress"] * 3)
    runs = runs_at(hub)
    hub.inject(faults.not_found(), operation=JOBS)
    assert runs.poll(wanted, run).state is RunState.RUNNING
    refused(lambda: runs.poll(wanted, run))
    assert runs.poll(wanted, run).state is RunState.RUNNING


def test_the_end_is_reported_even_without_its_jobs(hub: GitHub, api: ForgeRepo) -> None:
    """A failure is reported even if the failed job is unknown."""
    hub.inject(faults.not_found(), operation=JOBS, times=None)
    wanted, run = started(hub, api, "failure")
    status = settled(runs_at(hub), wanted, run)
    assert (status.state, status.job, status.detail) == (RunState.FAILED, "", "it failed.")


def test_a_success_waits_for_the_jobs_that_show_it(api: ForgeRepo) -> None:
    """Until they can be read, nobody knows whether the job that deploys was skipped."""
    sha = api.commit("main", {".github/workflows/jobs.yml": SKIPPED_DEPLOY})
    wanted = spec(api, GithubRunner("jobs.yml", ref="branch", slug=REPO), sha=sha)
    with GitHub({REPO: Repository(api.bare, default_branch="main")}) as double:
        double.script(REPO, ["success"])
        double.inject(faults.not_found(), operation=JOBS, times=2)
        runs = runs_at(double, api=api)
        run = runs.start(wanted)
        refused(lambda: settled(runs, wanted, run))
        refused(lambda: runs.poll(wanted, run))  # it asks for nothing else
        status = settled(runs, wanted, run)
    assert status.state is RunState.SKIPPED


def test_a_run_that_is_run_again_meanwhile_has_not_ended(hub: GitHub, api: ForgeRepo) -> None:
    """Its jobs are those of the new attempt: they say nothing about the end of the one before."""
    wanted, run = started(hub, api, "failure")
    runs = runs_at(hub)
    assert runs.poll(wanted, run).more
    hub.put(hub.rerun(hub.runs()[0]), "in_progress")
    assert settled(runs, wanted, run).state is RunState.RUNNING
    hub.put(hub.runs()[0], "success")
    assert settled(runs, wanted, run).state is RunState.SUCCEEDED


def test_ending_a_watch_leaves_the_run_alone(hub: GitHub, api: ForgeRepo) -> None:
    """No request is sent."""
    wanted, run = started(hub, api)
    before = hub.count()
    runs_at(hub).end(wanted, run)
    assert hub.count() == before


def test_an_id_that_is_not_one_of_github_is_asked_for_nowhere(hub: GitHub, api: ForgeRepo) -> None:
    """It may come from a log, which anyone may have written."""
    error = refused(lambda: runs_at(hub).poll(spec(api), Run("../../../user")))
    assert "is not a run of GitHub" in error.message
    assert hub.count() == 0
