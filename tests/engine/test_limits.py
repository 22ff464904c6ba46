"""Hosts that ask to wait: nothing was started, and what waits is neither failed nor unknown."""

from __future__ import annotations

from dataclasses import replace

from multigit.core.planning.plan import Result
from multigit.core.progress.journal import Operation
from multigit.core.values.deploy_config import Deploy, Trigger
from multigit.core.values.deployment import Idle, RunState, RunStatus
from multigit.core.values.duration import in_words
from multigit.core.values.health_check import LONGEST_PAUSE, HealthAnswer
from tests.engine.deployments import FAILED, GITHUB, HEALTH, RUNNING, SUCCEEDED, Notes, World, ends
from tests.engine.operations import outcome
from tests.support.fake_runners import FakeProbe

API = ("api", "")
ASKS = "the host asks to wait 90 s."


def paused(world: World) -> list[str]:
    """Return what the listener was told about waiting."""
    return [str(words[1]) for words in world.heard.heard if words[0] == "paused"]


def noted(notes: Notes, repo: str) -> list[str]:
    """Return the states of a repository's deployment in the journal."""
    entries = [entry for entry in notes.entries if entry.repos == (repo,)]
    return [str(entry.deployment.state) for entry in entries if entry.deployment]


def test_a_start_that_came_too_early_is_sent_again(world: World) -> None:
    """As often as the host asks for it; it is one attempt, and started once."""
    world.runners.limits[API] = [90.0] * 3
    plan, notes = world.begun()
    report = world.run(plan, notes)
    assert report.result is Result.DONE
    assert outcome(report, "api").deployments[0].attempt == 1
    assert world.runners.starts[API] == 1
    assert world.clock.waits.count(90.0) == 3
    assert paused(world) == [ASKS, ""] * 3
    waiting = ["starting", "not_started"]
    assert noted(notes, "api") == [*waiting * 3, "starting", "queued", "succeeded"]


def test_one_that_is_killed_while_it_waits_started_nothing(world: World) -> None:
    """Continue knows that, and starts it without a search."""
    world.runners.limits[API] = [90.0]
    plan, notes = world.begun()
    world.run(plan, notes)
    mine = [e for e in notes.entries if e.repos == ("api",) and e.deployment]
    notes.entries = [entry for entry in notes.entries if entry not in mine[2:]]
    world.runners.runs, world.runners.starts[API] = {}, 0
    known = Operation.from_entries(notes.entries)
    assert known
    assert known.state.of("api").deployments[""].state is RunState.NOT_STARTED
    assert ends(world.resume(notes))["api"] == ["succeeded"]
    assert world.runners.starts[API] == 1


def test_one_that_is_killed_while_it_waits_knows_the_run_before(world: World) -> None:
    """The first attempt failed; while the second waits, someone reruns it."""
    world.runners.script("api", FAILED)
    plan, notes = world.begun()
    world.run(plan, notes)
    before = len([e for e in notes.entries if e.repos == ("api",) and e.deployment])
    world.runners.at_start = lambda _: world.runners.limits.setdefault(API, [90.0])
    world.resume(notes)
    mine = [e for e in notes.entries if e.repos == ("api",) and e.deployment]
    assert noted(notes, "api")[before : before + 3] == ["starting", "failed", "starting"]
    notes.entries = [entry for entry in notes.entries if entry not in mine[before + 2 :]]
    world.runners.starts[API] = 1
    run = f"{plan.operation}/api/1"
    world.runners.courses[run] = [RunStatus(RUNNING), RunStatus(SUCCEEDED)]
    assert ends(world.resume(notes))["api"] == ["succeeded"]
    assert world.runners.starts[API] == 1


def test_what_cannot_start_in_time_is_not_started(world: World) -> None:
    """It is not waited for in vain; the sentence says until when, and continue starts it."""
    world.git.deploy = Deploy(GITHUB, timeout=60.0)
    world.runners.limits[API] = [90.0]
    plan, notes = world.begun()
    report = world.run(plan, notes)
    assert ends(report)["api"] == ["not_started"]
    detail = outcome(report, "api").deployments[0].status.detail
    assert detail == f"{ASKS} Its timeout of {in_words(60)} ends before that."
    assert (report.result, report.unfinished) == (Result.PAUSED, True)
    assert 90.0 not in world.clock.waits
    assert ends(world.resume(notes))["api"] == ["succeeded"]


def test_ctrl_c_ends_the_waiting_for_a_limit(world: World) -> None:
    """Nothing was started, so it is not started."""
    world.runners.limits[API] = [90.0]
    world.runners.at_start = lambda spec: world.leave.set() if spec.repo == "api" else None
    plan = replace(world.plan(), repos=world.plan().repos[1:2])
    report = world.run(plan)
    assert ends(report) == {"api": ["not_started"]}
    assert outcome(report, "api").deployments[0].status.detail == ASKS
    assert (world.clock.waits, world.runners.starts[API]) == ([], 0)


def test_a_poll_waits_as_long_as_the_host_asks(world: World) -> None:
    """It does not change the state, and no request is sent meanwhile."""
    world.runners.script("api", RUNNING, SUCCEEDED)
    polls = list[str]()

    def limited(spec: object) -> None:
        del spec
        polls.append("")
        if len(polls) == 1:
            world.runners.limits[API] = [90.0]

    world.runners.at_poll = limited
    plan = replace(world.plan(), repos=world.plan().repos[1:2])
    assert ends(world.run(plan)) == {"api": ["succeeded"]}
    assert (len(polls), world.clock.waits.count(90.0)) == (3, 1)


def test_a_run_that_cannot_be_polled_in_time_may_still_run(world: World) -> None:
    """The waiting ends with its timeout, and the reason is the host's."""
    world.git.deploy = Deploy(GITHUB, timeout=60.0)
    world.runners.at_poll = lambda _: world.runners.limits.update({API: [90.0]})
    plan = replace(world.plan(), repos=world.plan().repos[1:2])
    report = world.run(plan)
    assert ends(report) == {"api": ["timed_out"]}
    detail = outcome(report, "api").deployments[0].status.detail
    assert detail == f"it was not seen to end within 1 minute. The last poll: {ASKS}"
    assert world.clock.waits[:1] == [60.0]


def test_the_search_for_a_run_waits_as_well(world: World) -> None:
    """A start whose answer was lost is searched for when the host may be asked again."""
    world.runners.lose_answer.add(API)
    world.runners.limits[API] = [90.0, 300.0]
    plan = replace(world.plan(), repos=world.plan().repos[1:2])
    report = world.run(plan)
    assert ends(report) == {"api": ["succeeded"]}
    assert (world.runners.starts[API], world.clock.waits) == (1, [90.0, 300.0])


def test_what_a_push_starts_is_asked_for_after_a_limit(world: World) -> None:
    """So that a deployment that was skipped by design is not unknown."""
    world.git.deploy = Deploy(replace(GITHUB, trigger=Trigger.PUSH))
    world.runners.idle_pushes = {"api": Idle("path_filter", "nothing passes it.", RunState.SKIPPED)}
    world.runners.limits[API] = [90.0]
    plan = replace(world.plan(), repos=world.plan().repos[1:2])
    assert ends(world.run(plan)) == {"api": ["skipped"]}
    assert world.clock.waits[0] == 90.0


def test_a_service_that_asks_to_wait_is_checked_later(world: World) -> None:
    """A minute at most; without that, the interval counts."""
    world.git.deploy = Deploy(GITHUB, timeout=600.0, health=replace(HEALTH, json="", successes=1))
    busy = (HealthAnswer(429, pause=pause) for pause in (20.0, 3600.0, 0.0))
    world.probe = FakeProbe(*busy, HealthAnswer(200))
    plan = replace(world.plan(), repos=world.plan().repos[1:2])
    assert ends(world.run(plan)) == {"api": ["succeeded"]}
    assert world.clock.waits == [20.0, LONGEST_PAUSE, HEALTH.interval]
