"""A workflow is started only once, whatever happens to the request and its answer."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from multigit.adapters.github.client import TIMEOUT
from multigit.core.values.deployment import DeploymentSpec, Run, RunState
from multigit.engine.ports import RunnerPort
from multigit.errors import TooEarlyError, UnknownStartError
from tests.doubles.conftest import REPO
from tests.doubles.github import TOKEN, GitHub, Start, Token, faults
from tests.doubles.github.faults import Fault
from tests.doubles.loopback import Silence
from tests.support.forge import ForgeRepo

from .hubs import DISPATCHED, IMPATIENT, KEYED, START, refused, runs_at, spec

STARTED = Start(
    REPO, "deploy.yml", "main", (("release", "r1"), ("target", "nrt"), ("token", "none"))
)


def test_a_start_returns_its_run(hub: GitHub, api: ForgeRepo) -> None:
    """The request is sent once, and the answer has the run's id."""
    run = runs_at(hub).start(spec(api))
    assert run == Run(str(hub.runs()[0].id), f"{hub.api}/{REPO}/actions/runs/{hub.runs()[0].id}")
    assert hub.starts == {STARTED: 1}
    assert (hub.count(START), set(hub.authorizations)) == (1, {f"token {TOKEN}"})


def test_a_branch_that_was_moved_is_not_started(hub: GitHub, api: ForgeRepo) -> None:
    """A moved branch would not deploy what was planned; a deploy tag does not move."""
    planned = spec(api)
    theirs = api.commit("main", {"theirs": "1\n"})
    waits: list[float] = []
    error = refused(lambda: runs_at(hub, waits=waits).start(planned))
    assert (error.code, hub.count(START)) == ("moved", 0)
    assert theirs[:7] in error.message
    assert len(waits) == 2  # a push may take a while to become visible
    assert runs_at(hub).start(replace(planned, runner=replace(DISPATCHED, ref="tag")))


def test_a_tag_that_github_does_not_know_yet_is_waited_for(hub: GitHub, api: ForgeRepo) -> None:
    """The refusals started nothing, so the request is repeated, and one run starts."""
    hub.late_ref(REPO, "refs/tags/deploy-1", 3)
    waits: list[float] = []
    assert runs_at(hub, waits=waits).start(spec(api, replace(DISPATCHED, ref="tag")))
    assert (hub.count(START), sum(hub.starts.values()), waits) == (4, 1, [2.0] * 3)


def test_a_tag_that_never_appears_is_a_refusal(hub: GitHub, api: ForgeRepo) -> None:
    """The wait has an end, and the message has GitHub's words."""
    waits: list[float] = []
    wanted = spec(api, replace(DISPATCHED, ref="tag"), tag="deploy-2")
    error = refused(lambda: runs_at(hub, waits=waits).start(wanted))
    assert (error.code, hub.starts, len(waits)) == ("github_refused", {}, 7)
    assert "No ref found for: deploy-2" in error.message


def test_a_branch_that_github_does_not_know_yet_is_waited_for(hub: GitHub, api: ForgeRepo) -> None:
    """Neither the read of the branch nor the start may know it at once."""
    hub.late_ref(REPO, "refs/heads/main", 2)
    assert runs_at(hub).start(spec(api))
    hub.late_ref(REPO, "refs/heads/main", 9)
    assert refused(lambda: runs_at(hub).start(spec(api))).code == "github_missing"
    assert sum(hub.starts.values()) == 1


def test_a_workflow_can_run_on_the_tag(hub: GitHub, api: ForgeRepo) -> None:
    """`ref = "tag"` runs the workflow on the deploy tag, with inputs filled in."""
    runs_at(hub).start(spec(api, replace(KEYED, ref="tag")))
    started = hub.runs()[0]
    assert (started.ref, started.sha) == ("deploy-1", api.tip("main"))
    assert started.title == "Deploy r1 (promote-7/api/nrt/1)"


def test_an_old_server_is_asked_again_without_details(old: GitHub, api: ForgeRepo) -> None:
    """It refuses to return details, with a 400, and they are not requested again."""
    runs = runs_at(old)
    assert runs.start(spec(api)).id == str(old.runs()[0].id)
    second = runs.start(spec(api, KEYED, key="promote-7/api/fra/1"))
    assert second.id == str(old.runs()[1].id)
    assert (old.count(START), sum(old.starts.values())) == (3, 2)


def test_a_late_run_of_an_old_server_is_unknown(old: GitHub, api: ForgeRepo) -> None:
    """The start was accepted, so it is not repeated, and `find` returns the run later."""
    old.late(REPO, 1)
    runs, wanted = runs_at(old), spec(api)
    error = refused(lambda: runs.start(wanted), UnknownStartError)
    assert error.message == "GitHub accepted the start, but its run is not visible yet."
    assert runs.find(wanted) == Run(str(old.runs()[0].id), runs.poll(wanted, run(old)).url)
    assert old.starts == {STARTED: 1}


def run(double: GitHub) -> Run:
    """Return the double's only run."""
    (only,) = double.runs()
    return Run(str(only.id))


@pytest.mark.parametrize(
    ("fault", "starts"),
    [
        (faults.effect_then(502), 1),
        (faults.error(502), 0),
        (faults.error(503, "", ("Retry-After", "1")), 0),
        (faults.error(408), 0),
        (faults.dropped(effect=True), 1),
        (faults.dropped(effect=False), 0),
        (faults.silent(effect=True), 1),
        (faults.silent(), 0),
        (faults.no_json(), 1),
        (faults.dripping(0.02), 1),
    ],
)
def test_after_an_unclear_answer_the_start_is_unknown(
    hub: GitHub, api: ForgeRepo, fault: Fault, starts: int
) -> None:
    """It is requested only once, and `find` then returns the run if there is one."""
    hub.inject(fault, operation=START)
    stalls = fault.reaction is Silence.NEVER or fault.drip > 0
    runs, wanted = runs_at(hub, timeout=IMPATIENT if stalls else TIMEOUT), spec(api)
    assert refused(lambda: runs.start(wanted), UnknownStartError).code == "start_unclear"
    assert (hub.count(START), hub.starts[STARTED]) == (1, starts)
    found = runs_at(hub).find(wanted)
    assert [found.id] if found else [str(one.id) for one in hub.runs()] == []
    assert (found is not None) == bool(starts)


@pytest.mark.parametrize(
    ("fault", "code", "text"),
    [
        (faults.not_found(), "github_missing", f"deploy.yml of {REPO} was not found"),
        (faults.forbidden(), "token_refused", "refuses the token for deploy.yml"),
        (faults.error(401, "Bad credentials"), "token_refused", "Bad credentials."),
        (faults.error(422, "No ref\x1b[31m found."), "github_refused", r"No ref\x1b[31m found."),
        (faults.error(409), "github_refused", "Injected 409"),
        (faults.error(301, "", ("Location", "/moved")), "github_moved", "has moved"),
        (faults.error(307, "", ("Location", "/moved")), "github_moved", "has moved"),
        (faults.primary_limit(4_000_000_000), "rate_limited", "(rate limit)."),
        (faults.secondary_limit(3600, status=429), "rate_limited", "(rate limit)."),
    ],
)
def test_after_a_clear_refusal_nothing_started(
    hub: GitHub, api: ForgeRepo, fault: Fault, code: str, text: str
) -> None:
    """Only one request was sent, and the message says why it was refused."""
    hub.inject(fault, operation=START)
    error = refused(lambda: runs_at(hub).start(spec(api)))
    assert not isinstance(error, UnknownStartError)
    assert error.code == code
    assert text in error.message
    assert error.message.endswith(".")
    assert "\x1b" not in error.message
    assert (hub.count(START), hub.starts) == (1, {})


@pytest.mark.parametrize("status", [403, 429])
def test_a_start_that_came_too_early_is_sent_again(
    hub: GitHub, api: ForgeRepo, status: int
) -> None:
    """GitHub says that nothing was started, and how long to wait."""
    hub.inject(faults.secondary_limit(7, status=status), operation=START, times=2)
    waits = list[float]()
    runs_at(hub, waits=waits).start(spec(api))
    assert (hub.count(START), hub.starts) == (3, {STARTED: 1})
    assert waits == [pytest.approx(7.0, abs=0.1)] * 2


def test_a_start_is_repeated_for_a_minute_at_most(hub: GitHub, api: ForgeRepo) -> None:
    """Then it is refused, and the message says until when."""
    hub.inject(faults.secondary_limit(25), operation=START, times=None)
    error = refused(lambda: runs_at(hub).start(spec(api)), TooEarlyError)
    assert (error.code, hub.count(START), hub.starts) == ("rate_limited", 3, {})
    assert "asks to wait until" in error.message


def test_a_host_that_cannot_be_reached_started_nothing(hub: GitHub, api: ForgeRepo) -> None:
    """The connection was refused, so it is certain that nothing was sent."""
    hub.refuse()
    error = refused(lambda: runs_at(hub).start(spec(api)))
    assert (type(error) is UnknownStartError, error.code) == (False, "github_unreachable")
    hub.listen()


def test_a_token_that_may_only_read_starts_nothing(hub: GitHub, api: ForgeRepo) -> None:
    """A 403 that is not about a limit is about the token."""
    hub.tokens[TOKEN] = Token("ada", may_write=False)
    assert refused(lambda: runs_at(hub).start(spec(api))).code == "token_refused"
    assert hub.starts == {}


@pytest.mark.parametrize("token", ["two words", "line\nbreak", "ümlaut", ""])
def test_an_invalid_token_is_not_sent(hub: GitHub, api: ForgeRepo, token: str) -> None:
    """It would be an invalid header, and that error would show it."""
    runs = runs_at(hub, token=token)
    error = refused(lambda: runs.start(spec(api)))
    assert (error.code, hub.count()) == ("no_token", 0)
    assert not token or token not in f"{error.message}{error.hint}"


def test_nothing_shows_the_token(hub: GitHub, api: ForgeRepo) -> None:
    """It is not in the adapter's repr or attributes, nor in any URL."""
    runs = runs_at(hub)
    runs.start(spec(api))
    held = [runs, vars(runs), *vars(runs).values(), *vars(runs._client).values()]
    assert TOKEN not in "".join(map(repr, held))
    assert TOKEN not in "".join(asked.path for asked in hub.requests)


def test_a_read_from_a_silent_host_times_out(hub: GitHub, api: ForgeRepo) -> None:
    """The error says so."""
    hub.inject(faults.silent(), times=None)
    error = refused(lambda: runs_at(hub, timeout=IMPATIENT).find(spec(api)))
    assert error.message == "GitHub did not answer: no complete answer within 0.6 s."


def test_two_targets_are_two_starts(hub: GitHub, api: ForgeRepo) -> None:
    """Each deployment has its own run."""
    runs = runs_at(hub)
    ids = {runs.start(spec(api, target=target)).id for target in ("nrt", "fra")}
    assert (len(ids), sorted(hub.starts.values())) == (2, [1, 1])


def test_twenty_at_once_are_twenty_starts(hub: GitHub, api: ForgeRepo) -> None:
    """They share one adapter in twenty threads, and three answers are lost."""
    for effect in (True, False, True):
        hub.inject(faults.effect_then() if effect else faults.error(502), operation=START, after=4)
    runners: RunnerPort = runs_at(hub)
    specs = [spec(api, KEYED, key=f"promote-7/api/{number}/1") for number in range(20)]

    def start(one: DeploymentSpec) -> str:
        try:
            run = runners.start(one)
        except UnknownStartError:
            run = runners.find(one) or Run("")
        return run.id

    with ThreadPoolExecutor(20) as pool:
        ids = sorted(pool.map(start, specs))
    assert ids == ["", *sorted(str(one.id) for one in hub.runs())]
    assert (hub.count(START), set(hub.starts.values())) == (20, {1})


def test_the_logs_show_no_token(
    hub: GitHub, api: ForgeRepo, caplog: pytest.LogCaptureFixture
) -> None:
    """PyGithub, requests and urllib3 log what they send."""
    hub.inject(faults.error(502), operation="actions/*")
    with caplog.at_level(logging.DEBUG):
        runs, wanted = runs_at(hub), spec(api)
        refused(lambda: runs.start(wanted))
        runs.check(wanted)
    assert len(caplog.records) > 5
    assert TOKEN not in caplog.text


def test_an_enterprise_server_works_from_the_check_to_the_end(old: GitHub, api: ForgeRepo) -> None:
    """Its API has a path prefix, and it does not know the repositories of github.com."""
    runs, wanted = runs_at(old, url=f"{old.url}/{REPO}.git"), spec(api)
    wanted = replace(wanted, runner=replace(DISPATCHED, slug=""))
    assert runs.check(wanted) == ()
    run = runs.start(wanted)
    assert {runs.poll(wanted, run).state for _ in range(5)} >= {RunState.SUCCEEDED}
    elsewhere = runs_at(old, url=f"git@github.com:{REPO}.git")
    assert [one.code for one in elsewhere.check(wanted)] == ["not_on_github"]


def test_only_specs_for_github_are_accepted(hub: GitHub, api: ForgeRepo) -> None:
    """Anything else is a bug in multigit."""
    wrong = replace(spec(api, DISPATCHED), runner=None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        runs_at(hub).start(wrong)
