"""Builds of Jenkins: started once, found again, polled, and refused with a message."""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import pytest

from multigit.adapters.http.body import MB
from multigit.adapters.jenkins.runs import JenkinsRuns
from multigit.core.values.deploy_config import CommandRunner, JenkinsRunner
from multigit.core.values.deployment import DeploymentSpec, Run, RunState, RunStatus
from multigit.core.values.problem import Problem
from multigit.engine.ports import RunnerPort
from multigit.errors import MultigitError, TooEarlyError, UnknownStartError
from tests.doubles import jenkins as doubled
from tests.doubles.jenkins import API_TOKEN, USER, Jenkins, Job, Start
from tests.doubles.loopback import Answer, Silence, json_answer

JOB = "shop/deploy api"
PAGE = "/job/shop/job/deploy%20api/"
PARAMS = {"RELEASE": "{release}", "MULTIGIT": "{key}"}
KEY = "20250115T150130Z-promote-stg-main-7f3a/api/1"
STARTED = Start(JOB, (("MULTIGIT", KEY), ("RELEASE", "r1")))
ENVIRONMENT = {"JENKINS_TOKEN": API_TOKEN}
CODED = base64.b64encode(f"{USER}:{API_TOKEN}".encode()).decode()
ENDLESS = f"/queue/item/{'9' * 5000}/"
BROKEN = doubled.Fault(effect=False, reaction=Answer(200, b"<html>Log in</html>"))


@dataclass
class Site:
    """A Jenkins, a spec for it, and its client; `pauses` are the waits between retries."""

    jenkins: Jenkins
    spec: DeploymentSpec
    pauses: list[float] = field(default_factory=list)
    environment: Mapping[str, str] = field(default_factory=lambda: ENVIRONMENT)
    timeout: float = 10.0
    now: float = 1000.0

    @property
    def runs(self) -> JenkinsRuns:
        """Return a new client that remembers nothing, as after a restart."""
        return JenkinsRuns(self.environment, self.pauses.append, self.timeout, lambda: self.now)

    @property
    def item(self) -> Run:
        """Return the run of the first queue item."""
        base = self.jenkins.url
        return Run(f"{base}/queue/item/101/", f"{base}{PAGE}")

    def gone(self, runs: JenkinsRuns, run: Run, spec: DeploymentSpec | None = None) -> RunStatus:
        """Return the status after a minute in which every poll failed."""
        spec = spec or self.spec
        for seconds in (0, 30, 29.9):
            self.now += seconds
            with pytest.raises(MultigitError) as caught:
                runs.poll(spec, run)
            assert caught.value.code == "jenkins_run_missing"
            assert caught.value.hint
        self.now += 0.2
        status = runs.poll(spec, run)
        assert caught.value.message == status.detail
        return status

    def spec_for(self, **changes: object) -> DeploymentSpec:
        """Return the spec with a changed runner."""
        assert isinstance(self.spec.runner, JenkinsRunner)
        return replace(self.spec, runner=replace(self.spec.runner, **changes))  # type: ignore[arg-type]

    def problem(self, **changes: object) -> Problem:
        """Return the only problem that prevents a start."""
        (problem,) = self.runs.check(self.spec_for(**changes))
        return problem


@pytest.fixture
def site(caplog: pytest.LogCaptureFixture) -> Iterator[Site]:
    """Return a Jenkins with a job; assert at the end that no log contains the token."""
    caplog.set_level(logging.DEBUG)
    job = Job(frozenset(PARAMS))
    with Jenkins({JOB: job, "closed": Job(frozenset(PARAMS), buildable=False)}) as jenkins:
        runner = JenkinsRunner(jenkins.url, JOB, USER, params=PARAMS)
        spec = DeploymentSpec(
            key=KEY,
            repo="api",
            stage="main",
            environment="production",
            branch="main",
            sha="abc",
            tag="deploy-1",
            release="r1",
            target="",
            since=0.0,
            runner=runner,
        )
        yield Site(jenkins, spec)
    assert API_TOKEN not in caplog.text
    assert CODED not in caplog.text
    assert not any(API_TOKEN in target for _, target, _ in jenkins.requests)


def test_a_failed_build_that_someone_built_again_is_running(site: Site) -> None:
    """A rebuild has the key of the build that it was made from; the newest one counts."""
    site.jenkins.script(JOB, ["FAILURE"], times=1)
    runs = site.runs
    run = runs.start(site.spec)
    assert runs.poll(site.spec, run).state is RunState.FAILED
    site.jenkins.script(JOB, ["waiting"], times=1)
    site.runs.start(site.spec)  # as a colleague does on the page of the build
    assert runs.poll(site.spec, run).state is RunState.QUEUED
    again = site.jenkins.builds()[-1]
    site.jenkins.put(again, "building")
    for client in (runs, site.runs):  # also one that has not seen the failure
        assert client.poll(site.spec, run).state is RunState.RUNNING
    site.jenkins.put(site.jenkins.builds()[-1], "SUCCESS")
    assert runs.poll(site.spec, run).state is RunState.SUCCEEDED


def secret_free(error: MultigitError) -> bool:
    """Return whether neither an error nor its causes contain the token."""
    assert error.__context__ is None
    words = f"{error!r} {error} {error.hint} {error.args}"
    return API_TOKEN not in words and CODED not in words


# --- Starting


def test_a_start_returns_the_queue_item(site: Site) -> None:
    """The job is requested once, with its parameters filled in and the user's token."""
    runs: RunnerPort = site.runs
    assert runs.start(site.spec) == site.item
    assert site.jenkins.starts == {STARTED: 1}
    assert set(site.jenkins.authorizations) == {f"Basic {CODED}"}


def test_an_equal_item_in_the_queue_is_reused(site: Site) -> None:
    """Jenkins answers 303 with the item that is already waiting, which is the same deployment."""
    assert [site.runs.start(site.spec) for _ in range(2)] == [site.item, site.item]
    assert site.jenkins.starts == {STARTED: 1}


def test_no_repr_shows_the_token(site: Site) -> None:
    """The runs and the id of a run do not contain the environment."""
    assert API_TOKEN not in repr(site.runs)
    assert API_TOKEN not in repr(site.runs.start(site.spec))


@pytest.mark.parametrize(
    ("fault", "started"),
    [
        (doubled.effect_then(502), 1),
        (doubled.error(502), 0),
        (doubled.error(500), 0),
        (doubled.error(408), 0),
        (doubled.effect_then(408), 1),
        (doubled.dropped(effect=True), 1),
        (doubled.dropped(effect=False), 0),
        (doubled.silent(effect=True), 1),
        (BROKEN, 0),
        (doubled.Fault(effect=True, reaction=Answer(302, b"", (("Location", "/job/x/"),))), 1),
        (doubled.Fault(effect=True, reaction=Answer(201, b"", (("Location", ENDLESS),))), 1),
    ],
)
def test_after_an_unclear_answer_the_start_is_unknown(
    site: Site, fault: doubled.Fault, started: int
) -> None:
    """The start is not repeated, and the run can be found by its key if there is one."""
    site.jenkins.inject(fault, route="build")
    site.timeout = 2 if fault.reaction is Silence.NEVER else 10
    with pytest.raises(UnknownStartError, match="unknown whether shop") as caught:
        site.runs.start(site.spec)
    assert secret_free(caught.value)
    assert caught.value.code == "jenkins_doubt"
    assert [method for method, _, _ in site.jenkins.requests] == ["POST"]
    assert site.jenkins.starts.total() == started
    site.timeout = 10
    assert site.runs.find(site.spec) == (site.item if started else None)
    assert site.jenkins.starts.total() == started


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (400, "jenkins_refused", "Jenkins does not start shop/deploy api: it answers 400."),
        (401, "jenkins_refused", "Jenkins does not accept ada with JENKINS_TOKEN."),
        (403, "jenkins_refused", "Jenkins does not allow ada to start shop/deploy api."),
        (404, "jenkins_job_missing", "Jenkins has no job shop/deploy api, or hides it from ada."),
        (409, "jenkins_job_unfit", "the job shop/deploy api is disabled in Jenkins."),
        (308, "jenkins_url", "redirects elsewhere (it answers 308)."),
    ],
)
def test_a_refused_start(site: Site, status: int, code: str, words: str) -> None:
    """Nothing was started, and the message says why."""
    site.jenkins.inject(doubled.error(status), route="build")
    with pytest.raises(MultigitError) as caught:
        site.runs.start(site.spec)
    assert not isinstance(caught.value, UnknownStartError)
    assert caught.value.code == code
    assert words in caught.value.message
    assert secret_free(caught.value)
    assert site.jenkins.starts == {}


@pytest.mark.parametrize("run", [ENDLESS, f"/job/x/{'9' * 5000}/"])
def test_a_number_that_jenkins_never_gave_is_no_run(site: Site, run: str) -> None:
    """Python refuses to read it."""
    assert site.runs.poll(site.spec, Run(run)).detail == "this is not a run of Jenkins."


def test_a_server_that_is_off_started_nothing(site: Site) -> None:
    """Without a connection, it is certain that nothing was started."""
    site.jenkins.refuse()
    with pytest.raises(MultigitError, match="connections are refused") as caught:
        site.runs.start(site.spec)
    assert not isinstance(caught.value, UnknownStartError)
    assert caught.value.code == "jenkins_unreachable"
    assert secret_free(caught.value)


def test_only_the_number_of_the_queue_item_counts(site: Site) -> None:
    """Jenkins may return another host name, but the token is only sent to the configured one."""
    place = Answer(201, b"", (("Location", "https://ci.invalid/jenkins/queue/item/101/"),))
    site.jenkins.inject(doubled.Fault(effect=True, reaction=place), route="build")
    run = site.runs.start(site.spec)
    assert run == site.item
    assert site.runs.poll(site.spec, run).state is RunState.QUEUED


def test_a_crumb_is_sent_where_one_is_required(site: Site) -> None:
    """The refusal started nothing, so the request is sent again, in the session of the crumb."""
    site.jenkins.crumbs = True
    assert site.runs.start(site.spec) == site.item
    assert site.jenkins.starts == {STARTED: 1}
    methods = [(method, status) for method, _, status in site.jenkins.requests]
    assert methods == [("POST", 403), ("GET", 200), ("POST", 201)]
    assert set(site.jenkins.authorizations) == {f"Basic {CODED}"}


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (doubled.error(404), "Jenkins does not allow ada to start"),
        (BROKEN, "Jenkins does not allow ada to start"),
        (
            doubled.Fault(effect=False, reaction=json_answer(200, {"crumb": "a\nb: c"})),
            "Jenkins does not allow ada to start",
        ),
        (doubled.dropped(effect=False), "Jenkins cannot be reached"),
    ],
)
def test_without_a_crumb_the_refusal_stands(site: Site, fault: doubled.Fault, words: str) -> None:
    """The start is not requested again, and it is certain that nothing was started."""
    site.jenkins.crumbs = True
    site.jenkins.inject(fault, route="crumb")
    with pytest.raises(MultigitError, match=words) as caught:
        site.runs.start(site.spec)
    assert not isinstance(caught.value, UnknownStartError)
    assert secret_free(caught.value)
    assert [method for method, _, _ in site.jenkins.requests] == ["POST", "GET"]


def test_a_crumb_is_no_permission(site: Site) -> None:
    """A user who may not build is refused with a crumb, too, and it is not tried a third time."""
    site.jenkins.crumbs, site.jenkins.readers = True, frozenset({USER})
    with pytest.raises(MultigitError, match="does not allow ada to start"):
        site.runs.start(site.spec)
    assert len(site.jenkins.requests) == 3


def test_a_lost_answer_to_the_second_request_is_a_doubt(site: Site) -> None:
    """The request with the crumb may have been carried out, so it is not sent again."""
    site.jenkins.crumbs = True
    site.jenkins.inject(doubled.error(403), route="build")
    site.jenkins.inject(doubled.dropped(effect=True), route="build")
    with pytest.raises(UnknownStartError):
        site.runs.start(site.spec)
    assert site.jenkins.starts == {STARTED: 1}
    assert site.runs.find(site.spec) == site.item


def test_a_job_without_parameters_is_started(site: Site) -> None:
    """It has an address of its own for that; nothing in the configuration says so."""
    site.jenkins.jobs["plain"] = Job()
    spec = site.spec_for(job="plain", params={})
    assert site.runs.check(spec) == ()
    run = site.runs.start(spec)
    assert site.jenkins.starts == {Start("plain"): 1}
    assert site.runs.poll(spec, run).state is RunState.QUEUED


def test_a_job_is_started_with_its_own_defaults(site: Site) -> None:
    """A configuration without parameters is enough for a job that takes some."""
    spec = site.spec_for(params={})
    assert site.runs.check(spec) == ()
    site.runs.start(spec)
    assert site.jenkins.starts == {Start(JOB): 1}


def test_without_the_job_nothing_is_started(site: Site) -> None:
    """A job that cannot be read is not requested, if a start depends on what it takes."""
    spec = site.spec_for(job="shop/gone", params={})
    with pytest.raises(MultigitError, match="Jenkins has no job shop/gone"):
        site.runs.start(spec)
    assert [method for method, _, _ in site.jenkins.requests] == ["GET"]


def test_an_unknown_start_without_the_key_says_what_would_help(site: Site) -> None:
    """The hint suggests {key} only if no parameter has it."""
    hints = []
    for params in (PARAMS, {"RELEASE": "{release}"}):
        site.jenkins.inject(doubled.error(502), route="build")
        with pytest.raises(UnknownStartError) as caught:
            site.runs.start(site.spec_for(params=params))
        hints.append("multigit could find it" in caught.value.hint)
    assert hints == [False, True]


# --- Finding


def test_the_key_is_found_among_the_builds(site: Site) -> None:
    """Of several builds with the key, the first one counts; others are manual rebuilds."""
    site.jenkins.script(JOB, ["building"])
    runs = site.runs
    for _ in range(2):
        runs.start(site.spec)
    runs.start(replace(site.spec, key="another"))
    url = f"{site.jenkins.url}{PAGE}1/"
    assert runs.find(site.spec) == Run(url, url)
    assert runs.poll(site.spec, Run(url, url)).state is RunState.RUNNING


def test_without_the_key_nothing_is_found(site: Site) -> None:
    """Nothing else distinguishes it from another build of the same release."""
    spec = site.spec_for(params={"RELEASE": "{release}"})
    site.runs.start(spec)
    sent = len(site.jenkins.requests)
    assert site.runs.find(spec) is None
    assert len(site.jenkins.requests) == sent


def test_the_queue_of_another_job_is_not_ours(site: Site) -> None:
    """A job may start another job with the same key, also one of the same name in a folder."""
    for job in ("other", f"test/{JOB}"):
        site.jenkins.jobs[job] = Job(frozenset(PARAMS))
        site.runs.start(site.spec_for(job=job))
    assert site.runs.find(site.spec) is None
    assert site.runs.find(site.spec_for(job=f"test/{JOB}"))


# --- Whose item and whose build it is


@pytest.mark.parametrize("job", [JOB, "other"])
@pytest.mark.parametrize("steps", [["waiting"], ["building", "SUCCESS"]])
def test_an_item_of_the_same_number_after_a_restart_is_not_ours(
    site: Site, job: str, steps: list[str]
) -> None:
    """The queue was lost, and another deployment got its number: the key tells them apart."""
    site.jenkins.jobs["other"] = Job(frozenset(PARAMS))
    run = site.runs.start(site.spec)
    site.jenkins.restart()
    site.jenkins.script(job, steps)
    assert site.runs.start(replace(site.spec_for(job=job), key="another")).id == run.id
    assert site.gone(site.runs, run).state is RunState.UNKNOWN


def test_the_key_is_found_under_another_number_of_the_queue(site: Site) -> None:
    """A restart may number the items that it keeps anew."""
    site.jenkins.script(JOB, ["waiting", "waiting"])
    run = site.runs.start(site.spec)
    site.jenkins.renumber(101, 7)
    assert site.runs.poll(site.spec, run).state is RunState.QUEUED
    site.jenkins.put(site.jenkins.builds()[0], "SUCCESS")
    assert site.runs.poll(site.spec, run).state is RunState.SUCCEEDED


def test_a_build_from_before_a_restart_is_not_ours(site: Site) -> None:
    """It came from an item of the same number, which has been forgotten."""
    site.jenkins.script(JOB, ["SUCCESS"], times=1)
    site.jenkins.script(JOB, ["waiting"])
    older = replace(site.spec, key="older")
    site.runs.poll(older, site.runs.start(older))
    site.jenkins.restart()
    run = site.runs.start(site.spec)
    assert site.runs.poll(site.spec, run).state is RunState.QUEUED
    site.jenkins.forget(101)
    assert site.runs.poll(site.spec, run).state is RunState.QUEUED
    site.jenkins.put(site.jenkins.builds()[0], "SUCCESS")
    ended = site.runs.poll(site.spec, run)
    assert (ended.state, ended.url.endswith("/2/")) == (RunState.SUCCEEDED, True)


def test_a_build_of_a_job_that_was_made_anew_is_not_ours(site: Site) -> None:
    """Its builds are numbered from 1 again."""
    site.jenkins.script(JOB, ["building"])
    url = f"{site.jenkins.url}{PAGE}1/"
    site.runs.start(site.spec)
    assert site.runs.find(site.spec) == Run(url, url)
    site.jenkins.remove(101)
    site.runs.start(replace(site.spec, key="another"))
    assert site.gone(site.runs, Run(url, url)) == RunStatus(
        RunState.UNKNOWN,
        detail=f"the build {JOB} #1 in Jenkins belongs to another deployment.",
        url=url,
    )


def test_without_the_key_a_restart_leaves_a_doubt(site: Site) -> None:
    """The number of the queue item is enough until then, also for another multigit."""
    spec = site.spec_for(params={"RELEASE": "{release}"})
    site.jenkins.script(JOB, ["building"])
    run = site.runs.start(spec)
    site.jenkins.forget(101)
    assert site.runs.poll(spec, run).state is RunState.RUNNING
    watching = site.runs
    watching.poll(spec, run)
    site.jenkins.restart()
    site.runs.start(spec)
    assert watching.poll(spec, run).state is RunState.RUNNING  # it knows the number of the build
    assert site.gone(site.runs, run, spec) == RunStatus(
        RunState.UNKNOWN,
        detail="Jenkins was restarted, so its queue item 101 may belong to another deployment now."
        " With {key} in a parameter, multigit could tell.",
    )


def test_without_the_key_a_build_of_another_release_is_not_ours(site: Site) -> None:
    """It may have our number: of a queue item before a restart, or of a build that was removed."""
    spec = site.spec_for(params={"RELEASE": "{release}", "DRY_RUN": "true"})
    older = replace(spec, release="older")
    site.jenkins.script(JOB, ["SUCCESS"], times=1)
    site.jenkins.script(JOB, ["waiting", "building", "SUCCESS"])
    site.runs.poll(older, site.runs.start(older))
    site.jenkins.restart()
    run = site.runs.start(spec)
    site.jenkins.forget(101)
    assert site.gone(site.runs, run, spec).state is RunState.UNKNOWN
    build = site.jenkins.put(site.jenkins.builds()[0], "building")
    watching = site.runs
    assert watching.poll(spec, run).job == f"{JOB} #2"
    site.jenkins.remove(101)
    again = site.runs.start(spec)
    site.jenkins.put(site.jenkins.builds()[0], "SUCCESS")
    assert site.runs.poll(spec, again).url.endswith(f"/{build.number}/")
    assert "another deployment" in site.gone(watching, run, spec).detail


def test_a_server_that_hides_its_process_is_known_by_the_parameters(site: Site) -> None:
    """A proxy may remove the header that changes with a restart."""
    spec = site.spec_for(params={"RELEASE": "{release}"})
    site.jenkins.session = ""
    site.jenkins.script(JOB, ["waiting"], times=1)
    run = site.runs.start(spec)
    assert site.runs.poll(spec, run).state is RunState.QUEUED
    site.jenkins.restart()
    assert site.runs.start(replace(spec, release="another")).id == run.id
    assert site.gone(site.runs, run, spec).state is RunState.UNKNOWN


# --- Polling


def test_from_the_queue_to_the_end(site: Site) -> None:
    """The reason for waiting, the running build and its result take one request each."""
    site.jenkins.script(JOB, ["waiting", "blocked", "building", "building", "SUCCESS"])
    runs = site.runs
    run = runs.start(site.spec)
    url = f"{site.jenkins.url}{PAGE}1/"
    running = RunStatus(RunState.RUNNING, job=f"{JOB} #1", url=url)
    assert [runs.poll(site.spec, run) for _ in range(5)] == [
        RunStatus(RunState.QUEUED, step="In the quiet period. Expires in 1 sec"),
        RunStatus(RunState.QUEUED, step="Waiting for an executor"),
        running,
        running,
        RunStatus(RunState.SUCCEEDED, url=url),
    ]
    assert len(site.jenkins.requests) == 7  # one extra request, once, for the build's number


@pytest.mark.parametrize(
    ("result", "state"),
    [
        ("FAILURE", RunState.FAILED),
        ("UNSTABLE", RunState.FAILED),
        ("NOT_BUILT", RunState.FAILED),
        ("ABORTED", RunState.CANCELLED),
    ],
)
def test_a_failure(site: Site, result: str, state: RunState) -> None:
    """The detail has Jenkins' own word for the result."""
    site.jenkins.script(JOB, ["building", result])
    runs = site.runs
    run = runs.start(site.spec)
    runs.poll(site.spec, run)
    seen = runs.poll(site.spec, run)
    assert (seen.state, seen.detail) == (state, f"{JOB} #1 ended as {result}.")


def test_an_unexpected_result(site: Site) -> None:
    """The state is unknown, and the result is escaped."""
    site.jenkins.script(JOB, ["building"])
    run = site.runs.start(site.spec)
    given = [{"parameters": [{"name": "MULTIGIT", "value": KEY}]}]
    odd = {"building": False, "result": "\x1b[2JODD", "number": 1, "actions": given}
    strange = json_answer(200, odd)
    site.jenkins.inject(doubled.Fault(effect=True, reaction=strange), route="build status")
    seen = site.runs.poll(site.spec, run)
    assert (seen.state, seen.detail) == (RunState.UNKNOWN, f"{JOB} #1 ended as \\x1b[2JODD.")


def test_cancelled_in_the_queue(site: Site) -> None:
    """The deployment counts as cancelled."""
    site.jenkins.script(JOB, ["cancelled"])
    run = site.runs.start(site.spec)
    assert site.runs.poll(site.spec, run).state is RunState.CANCELLED


def test_a_forgotten_queue_item(site: Site) -> None:
    """Builds know their queue item, so even a new process finds the build."""
    site.jenkins.script(JOB, ["building"])
    run = site.runs.start(site.spec)
    site.jenkins.forget(101)
    assert site.runs.poll(site.spec, run).state is RunState.RUNNING
    site.jenkins.remove(101)
    assert site.gone(site.runs, run) == RunStatus(
        RunState.UNKNOWN,
        detail="Jenkins has forgotten queue item 101, and none of the last 100 builds of "
        f"{JOB} came from it.",
    )


def test_a_removed_build(site: Site) -> None:
    """Its result is unknown, not failed."""
    site.jenkins.script(JOB, ["building"])
    runs = site.runs
    run = runs.start(site.spec)
    runs.poll(site.spec, run)
    site.jenkins.remove(101)
    url = f"{site.jenkins.url}{PAGE}1/"
    gone = RunStatus(RunState.UNKNOWN, detail=f"Jenkins no longer has build {JOB} #1.", url=url)
    assert site.gone(runs, run) == gone
    assert site.gone(site.runs, Run(url)) == gone


@pytest.mark.parametrize(("route", "pages"), [("build status", 1), ("queue*", 3)])
def test_a_page_that_is_missing_for_a_while(site: Site, route: str, pages: int) -> None:
    """A proxy may answer 404 while Jenkins restarts, so the next poll may succeed."""
    steps = ["building"] if route == "build status" else ["waiting"]
    site.jenkins.script(JOB, steps)
    runs = site.runs
    run = runs.start(site.spec)
    shown = runs.poll(site.spec, run)
    for _ in range(2):
        site.jenkins.inject(doubled.error(404), route=route, times=pages)
        with pytest.raises(MultigitError, match=r"Jenkins (has|no longer has)"):
            runs.poll(site.spec, run)
        site.now += 59  # the minute starts again after each successful poll
        assert runs.poll(site.spec, run) == shown


def test_a_run_that_is_not_from_jenkins(site: Site) -> None:
    """Its state is unknown, and no request is sent."""
    assert site.runs.poll(site.spec, Run("4711")).state is RunState.UNKNOWN
    assert site.jenkins.requests == []


@pytest.mark.parametrize("fault", [doubled.error(502), doubled.dropped(effect=False)])
def test_a_poll_is_repeated_after_a_passing_fault(site: Site, fault: doubled.Fault) -> None:
    """A read is retried at most twice."""
    run = site.runs.start(site.spec)
    site.jenkins.inject(fault, route="queue item", times=2)
    assert site.runs.poll(site.spec, run).state is RunState.QUEUED
    assert site.pauses == [0.5, 1.0]
    site.jenkins.inject(fault, route="queue item", times=3)
    with pytest.raises(MultigitError) as caught:
        site.runs.poll(site.spec, run)
    assert caught.value.code == "jenkins_unreachable"
    assert secret_free(caught.value)


@pytest.mark.parametrize("fault", [doubled.dripping(), doubled.silent()])
def test_a_poll_does_not_wait_forever(site: Site, fault: doubled.Fault) -> None:
    """The time limit covers the whole answer."""
    run = site.runs.start(site.spec)
    site.jenkins.inject(fault, route="queue item", times=None)
    site.timeout = 0.2
    with pytest.raises(MultigitError, match=r"no complete answer within 0.2 s"):
        site.runs.poll(site.spec, run)


def test_an_answer_that_is_not_json(site: Site) -> None:
    """A login page is not taken for Jenkins' answer."""
    run = site.runs.start(site.spec)
    site.jenkins.inject(BROKEN, route="queue item")
    with pytest.raises(MultigitError, match="it did not send JSON") as caught:
        site.runs.poll(site.spec, run)
    assert caught.value.code == "jenkins_url"
    assert secret_free(caught.value)


def test_an_answer_that_is_too_large(site: Site) -> None:
    """It is called that, and not invalid JSON."""
    run = site.runs.start(site.spec)
    large = Answer(200, b'{"builds": "' + b"x" * 8 * MB + b'"}')
    site.jenkins.inject(doubled.Fault(effect=False, reaction=large), route="queue item")
    with pytest.raises(MultigitError, match="is larger than 8 MB") as caught:
        site.runs.poll(site.spec, run)
    assert caught.value.code == "jenkins_unreadable"


def test_a_limit_is_waited_for_once_for_all_builds(site: Site) -> None:
    """A start that was refused for it is sent again; nothing is asked before its time is over."""
    runs = site.runs
    site.jenkins.inject(doubled.limited(retry_after=7), route="build")
    runs.start(site.spec)
    assert len(site.jenkins.starts) == 1
    assert site.pauses == [pytest.approx(7.0, abs=0.1)]
    site.jenkins.inject(doubled.limited(retry_after=3600), route="queue item")
    asked = len(site.jenkins.requests)
    for _ in range(3):
        with pytest.raises(TooEarlyError, match="Jenkins asks to wait until") as caught:
            runs.poll(site.spec, site.item)
        assert secret_free(caught.value)
    assert len(site.jenkins.requests) == asked + 1


def test_a_build_outlives_its_time_limit(site: Site) -> None:
    """When multigit stops waiting, the build keeps running in Jenkins."""
    run = site.runs.start(site.spec)
    site.runs.end(site.spec, run)
    assert len(site.jenkins.requests) == 1


# --- Checking


def test_a_job_that_can_be_started(site: Site) -> None:
    """It has no problems, and nothing is started."""
    assert site.runs.check(site.spec) == ()
    assert site.jenkins.starts == {}


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"url": "jenkins"}, "jenkins_url", "it is not an http or https address"),
        ({"url": "http://a:b@h/"}, "jenkins_url", "it contains a user name or password"),
        ({"token_env": "OTHER"}, "no_token", "the variable OTHER with the API token"),
        ({"job": "shop/gone"}, "jenkins_job_missing", "Jenkins has no job shop/gone"),
        ({"job": "shop"}, "jenkins_job_unfit", "shop is a folder in Jenkins, not a job."),
        ({"job": "closed"}, "jenkins_job_unfit", "the job closed is disabled"),
        ({"params": {"VERSION": "1"}}, "jenkins_job_unfit", "does not take VERSION"),
        ({"user": ""}, "jenkins_refused", "requires a user with the API token"),
        ({"user": "eve"}, "jenkins_refused", "does not accept eve with JENKINS_TOKEN"),
    ],
)
def test_what_keeps_a_job_from_starting(
    site: Site, changes: dict[str, object], code: str, words: str
) -> None:
    """The reason is found while planning, and has a hint."""
    problem = site.problem(**changes)
    assert problem.code == code
    assert words in problem.message
    assert problem.hint
    assert problem.blocks
    assert API_TOKEN not in repr(problem)


def test_parameters_for_a_job_that_takes_none(site: Site) -> None:
    """Jenkins would answer a build with parameters with a 500."""
    site.jenkins.jobs["plain"] = Job()
    assert site.problem(job="plain").message == "the job plain takes no parameters."


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        (doubled.error(403), "jenkins_refused", "does not allow ada to show shop/deploy api"),
        (doubled.error(503), "jenkins_unreachable", "is not ready: it answers 503"),
        (doubled.error(302), "jenkins_url", "redirects elsewhere"),
        (doubled.dropped(effect=False), "jenkins_unreachable", "the connection was cut"),
        (BROKEN, "jenkins_url", "it did not send JSON"),
    ],
)
def test_a_server_that_cannot_be_asked(
    site: Site, fault: doubled.Fault, code: str, words: str
) -> None:
    """Each cause has its own message."""
    site.jenkins.inject(fault, route="job", times=None)
    problem = site.problem()
    assert (problem.code, words in problem.message) == (code, True)


def test_a_server_that_is_off(site: Site) -> None:
    """This is found while planning."""
    site.jenkins.refuse()
    problem = site.problem()
    assert (problem.code, "connections are refused" in problem.message) == (
        "jenkins_unreachable",
        True,
    )


def test_a_token_in_any_alphabet(site: Site) -> None:
    """A token that is not Latin-1 is sent, and no error shows it."""
    site.environment = {"JENKINS_TOKEN": "gehëim€"}
    assert site.problem().code == "jenkins_refused"


def test_a_spec_for_another_runner_is_a_bug(site: Site) -> None:
    """`Runners` passes each spec to its own runner."""
    with pytest.raises(TypeError):
        site.runs.check(replace(site.spec, runner=CommandRunner(("true",))))
