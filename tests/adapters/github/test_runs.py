"""Starting a workflow: once, whatever happens to the request and its answer."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from multigit.adapters.github.answers import PATIENT
from multigit.core.values.deployment import DeploymentSpec, Run, RunState
from multigit.engine.ports import RunnerPort
from multigit.errors import UnknownStartError
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
    """Sent once: the run's number comes with the answer."""
    run = runs_at(hub).start(spec(api))
    assert run == Run(str(hub.runs()[0].id), f"{hub.api}/{REPO}/actions/runs/{hub.runs()[0].id}")
    assert hub.starts == {STARTED: 1}
    assert (hub.count(START), set(hub.authorizations)) == (1, {f"token {TOKEN}"})


def test_a_branch_that_was_moved_is_not_started(hub: GitHub, api: ForgeRepo) -> None:
    """What would be deployed is not what was planned; a tag cannot be moved so."""
    planned = spec(api)
    theirs = api.commit("main", {"theirs": "1\n"})
    waits: list[float] = []
    error = refused(lambda: runs_at(hub, waits=waits).start(planned))
    assert (error.code, hub.count(START)) == ("moved", 0)
    assert theirs[:7] in error.message
    assert len(waits) == 2  # what was pushed right now may be seen a little later
    assert runs_at(hub).start(replace(planned, runner=replace(DISPATCHED, ref="tag")))


def test_the_tag_is_started_where_it_is_wanted(hub: GitHub, api: ForgeRepo) -> None:
    """`ref = "tag"` runs the workflow on the deploy tag, with inputs filled in."""
    runs_at(hub).start(spec(api, replace(KEYED, ref="tag")))
    started = hub.runs()[0]
    assert (started.ref, started.sha) == ("deploy-1", api.tip("main"))
    assert started.title == "Deploy r1 (promote-7/api/nrt/1)"


def test_an_old_server_is_asked_again_without_the_wish(old: GitHub, api: ForgeRepo) -> None:
    """It refuses the wish with 400 and does nothing; the run is found, the wish not repeated."""
    runs = runs_at(old)
    assert runs.start(spec(api)).id == str(old.runs()[0].id)
    second = runs.start(spec(api, KEYED, key="promote-7/api/fra/1"))
    assert second.id == str(old.runs()[1].id)
    assert (old.count(START), sum(old.starts.values())) == (3, 2)


def test_a_late_run_of_an_old_server_is_a_doubt(old: GitHub, api: ForgeRepo) -> None:
    """Accepted and not yet to be seen: nobody starts it again, and find sees it later."""
    old.late(REPO, 1)
    runs, wanted = runs_at(old), spec(api)
    doubt = refused(lambda: runs.start(wanted), UnknownStartError)
    assert doubt.message == "GitHub accepted the start, and its run is not to be seen yet."
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
def test_an_unclear_answer_is_a_doubt(
    hub: GitHub, api: ForgeRepo, fault: Fault, starts: int
) -> None:
    """It is asked for once; find tells afterwards whether it began."""
    hub.inject(fault, operation=START)
    stalls = fault.reaction is Silence.NEVER or fault.drip > 0
    runs, wanted = runs_at(hub, timeouts=IMPATIENT if stalls else PATIENT), spec(api)
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
        (faults.primary_limit(4_000_000_000), "rate_limited", "limit of requests"),
        (faults.secondary_limit(3600, status=429), "rate_limited", "limit of requests"),
    ],
)
def test_a_clear_refusal_is_no_doubt(
    hub: GitHub, api: ForgeRepo, fault: Fault, code: str, text: str
) -> None:
    """Nothing began, one request was sent, and the sentence says why."""
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
    """GitHub said that nothing was done and when to come back."""
    hub.inject(faults.secondary_limit(7, status=status), operation=START, times=2)
    waits = list[float]()
    runs_at(hub, waits=waits).start(spec(api))
    assert (waits, hub.count(START), hub.starts) == ([7.0, 7.0], 3, {STARTED: 1})


def test_a_start_is_put_off_only_so_often(hub: GitHub, api: ForgeRepo) -> None:
    """After three times it is a refusal that says when to try again."""
    hub.inject(faults.secondary_limit(7), operation=START, times=None)
    error = refused(lambda: runs_at(hub).start(spec(api)))
    assert (error.code, hub.count(START), hub.starts) == ("rate_limited", 3, {})
    assert "in 7 seconds" in error.hint


def test_a_host_that_is_not_there_started_nothing(hub: GitHub, api: ForgeRepo) -> None:
    """The connection was refused, so nothing was sent: no doubt."""
    hub.refuse()
    error = refused(lambda: runs_at(hub).start(spec(api)))
    assert (type(error) is UnknownStartError, error.code) == (False, "github_unreachable")
    hub.listen()


def test_a_token_that_may_only_read_starts_nothing(hub: GitHub, api: ForgeRepo) -> None:
    """403 without a limit is the token's fault."""
    hub.tokens[TOKEN] = Token("ada", may_write=False)
    assert refused(lambda: runs_at(hub).start(spec(api))).code == "token_refused"
    assert hub.starts == {}


@pytest.mark.parametrize("token", ["two words", "line\nbreak", "ümlaut", ""])
def test_what_is_no_token_is_not_sent(hub: GitHub, api: ForgeRepo, token: str) -> None:
    """It would break the header, and the error of that would show it."""
    runs = runs_at(hub, token=token)
    error = refused(lambda: runs.start(spec(api)))
    assert (error.code, hub.count()) == ("no_token", 0)
    assert not token or token not in f"{error.message}{error.hint}"


def test_nothing_shows_the_token(hub: GitHub, api: ForgeRepo) -> None:
    """Neither the adapter nor what it holds has it in its repr; nor does any URL."""
    runs = runs_at(hub)
    runs.start(spec(api))
    held = [runs, vars(runs), *vars(runs).values(), *vars(runs._door).values()]
    assert TOKEN not in "".join(map(repr, held))
    assert TOKEN not in "".join(asked.path for asked in hub.requests)


def test_a_deadline_passes_while_a_host_is_silent(hub: GitHub, api: ForgeRepo) -> None:
    """A read is given up, too, and says so."""
    hub.inject(faults.silent(), times=None)
    error = refused(lambda: runs_at(hub, timeouts=IMPATIENT).find(spec(api)))
    assert error.message == "GitHub's answer did not arrive: no complete answer within 0.6 s."


def test_two_targets_are_two_starts(hub: GitHub, api: ForgeRepo) -> None:
    """Each order has a run of its own."""
    runs = runs_at(hub)
    ids = {runs.start(spec(api, target=target)).id for target in ("nrt", "fra")}
    assert (len(ids), sorted(hub.starts.values())) == (2, [1, 1])


def test_twenty_at_once_are_twenty_starts(hub: GitHub, api: ForgeRepo) -> None:
    """Through one adapter, from twenty threads, with a lost answer for three of them."""
    for effect in (True, False, True):
        hub.inject(faults.effect_then() if effect else faults.error(502), operation=START, after=4)
    runners: RunnerPort = runs_at(hub)
    specs = [spec(api, KEYED, key=f"promote-7/api/{number}/1") for number in range(20)]

    def begin(one: DeploymentSpec) -> str:
        try:
            run = runners.start(one)
        except UnknownStartError:
            run = runners.find(one) or Run("")
        return run.id

    with ThreadPoolExecutor(20) as pool:
        ids = sorted(pool.map(begin, specs))
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


def test_an_enterprise_server_is_served_from_check_to_end(old: GitHub, api: ForgeRepo) -> None:
    """Its API has a prefix, and its host no repositories of github.com."""
    runs, wanted = runs_at(old, url=f"{old.url}/{REPO}.git"), spec(api)
    wanted = replace(wanted, runner=replace(DISPATCHED, slug=""))
    assert runs.check(wanted) == ()
    run = runs.start(wanted)
    assert {runs.poll(wanted, run).state for _ in range(4)} >= {RunState.SUCCEEDED}
    elsewhere = runs_at(old, url=f"git@github.com:{REPO}.git")
    assert [one.code for one in elsewhere.check(wanted)] == ["not_on_github"]


def test_only_orders_for_github_are_taken(hub: GitHub, api: ForgeRepo) -> None:
    """Anything else is a bug."""
    wrong = replace(spec(api, DISPATCHED), runner=None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        runs_at(hub).start(wrong)
