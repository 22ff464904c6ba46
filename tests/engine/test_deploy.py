"""Deployments: started once, found again, watched until they end, healthy, wave by wave."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from dataclasses import replace

import pytest

from multigit.core.planning.plan import Result
from multigit.core.progress.deployments import to_watch
from multigit.core.progress.earlier import LastOperation
from multigit.core.progress.journal import Entry, EntryKind, Operation
from multigit.core.values.deploy_config import CommandRunner, Deploy, Pace, Trigger
from multigit.core.values.deployment import DeploymentSpec, RunState, RunStatus
from multigit.core.values.health_check import HealthAnswer
from multigit.engine.deploy import Deployer
from multigit.engine.deploy_context import DeployContext
from multigit.engine.ports import FORGETFUL
from multigit.engine.throttle import LONGEST, PER_RUN, SHORTEST, Throttle
from multigit.errors import RefusedError
from tests.engine.deployments import (
    FAILED,
    GITHUB,
    HEALTH,
    NAMES,
    RUNNING,
    SUCCEEDED,
    Notes,
    World,
    ends,
)
from tests.engine.operations import states

# --- Everything succeeds


def test_what_is_published_is_deployed_once(world: World) -> None:
    """Each repository is deployed at the commit and tag that were pushed."""
    specs: list[DeploymentSpec] = []
    world.runners.at_start = specs.append
    report = world.run()
    assert report.result is Result.DONE
    assert ends(report) == {name: ["succeeded"] for name in NAMES}
    assert world.runners.starts == {(name, ""): 1 for name in NAMES}
    tips = {name: repo.remote.tip("stg") for name, repo in world.git.repos.items()}
    assert {spec.repo: spec.sha for spec in specs} == tips
    assert {spec.tag for spec in specs} == {report.plan.release}


def test_nothing_is_deployed_where_nothing_is_configured(world: World) -> None:
    """The promotion ends when everything is pushed."""
    world.git.deploy = None
    report = world.run()
    assert (report.result, world.runners.starts) == (Result.DONE, {})


def test_a_run_is_watched_to_its_end(world: World) -> None:
    """The listener is notified of the gate and of each step."""
    world.runners.script(
        "api",
        RunState.QUEUED,
        RunStatus(RunState.WAITING, reviewers=("grace",), mine=True),
        RunStatus(RUNNING, "deploy", "migrate"),
        SUCCEEDED,
    )
    assert world.run().result is Result.DONE
    told = [doing for repo, doing, *_ in world.heard.heard if repo == "api"]
    assert "waiting for you (reviewers: grace)" in told
    assert "running: deploy · migrate" in told


def test_who_is_waited_for_is_reported_once(world: World) -> None:
    """At the first gate with known reviewers, with the state of all deployments."""
    unread = RunStatus(RunState.WAITING, more=True)
    gate = RunStatus(RunState.WAITING, reviewers=("grace",))
    for name in NAMES:
        world.runners.script(name, RunState.QUEUED, unread, gate, gate, SUCCEEDED)
    assert world.run().result is Result.DONE
    (stand,) = world.waited
    waiting = [d.status.reviewers for (d,) in stand.values() if d.state is RunState.WAITING]
    assert ("grace",) in waiting


def test_polls_become_rarer_the_more_is_watched(world: World) -> None:
    """The pause grows with the number of runs, up to the longest pause."""
    world.runners.script("api", *[RUNNING] * 5, SUCCEEDED)
    world.run()
    assert max(world.clock.waits) == SHORTEST
    for count, wanted in ((20, 20 * PER_RUN), (200, LONGEST)):
        throttle = Throttle(Pace(), world.clock, world.leave, world.heard)
        with ExitStack() as watched:
            for _ in range(count):
                watched.enter_context(throttle.watching())
            throttle.pause(GITHUB)
        assert world.clock.waits[-1] == wanted


def test_what_has_more_to_show_is_polled_soon(world: World) -> None:
    """However many runs are watched, and without timing out in between."""
    world.git.deploy = Deploy(GITHUB, timeout=3.0)
    world.runners.script("api", RUNNING, *[RunStatus(RUNNING, more=True)] * 4, SUCCEEDED)
    plan = replace(world.plan(), repos=world.plan().repos[1:2])
    assert ends(world.run(plan)) == {"api": ["succeeded"]}
    assert world.clock.waits == [SHORTEST] * 5


def test_targets_come_one_after_the_other(world: World) -> None:
    """They are deployed up to the first failure, so the third region is not touched."""
    world.git.deploy = Deploy(GITHUB, targets=("nrt", "fra", "syd"))
    world.runners.script("api", FAILED, target="fra")
    report = world.run()
    assert ends(report)["api"] == ["succeeded", "failed", "not_started"]
    assert world.runners.starts["api", "syd"] == 0
    assert report.unfinished


def test_the_pause_is_kept_between_starts(world: World) -> None:
    """The pause applies between repositories as well."""
    world.git.pace = Pace(pause=3.0)
    world.run()
    assert [wait for wait in world.clock.waits if wait > 0][:2] != []
    assert sum(world.clock.waits) >= 6.0


def test_a_push_that_deploys_is_found_and_not_asked_for(world: World) -> None:
    """No start is sent, however late the run appears."""
    world.git.deploy = Deploy(replace(GITHUB, trigger=Trigger.PUSH))
    world.runners.by_push = {(name, ""): 3 for name in NAMES}
    report = world.run()
    assert ends(report) == {name: ["succeeded"] for name in NAMES}
    assert world.runners.starts == {}


# --- Waves


def test_a_wave_begins_when_the_one_before_is_deployed(world: World) -> None:
    """The repositories of a later wave are not even pushed before."""
    world.git.waves = {"api": 1, "web": 2}
    pushed: list[list[str]] = []

    def note(_: object) -> None:
        pushed.append([n for n, r in world.git.repos.items() if r.remote.pushes])

    world.runners.at_start = note
    assert world.run().result is Result.DONE
    assert pushed == [["database"], ["database", "api"], ["database", "api", "web"]]


def test_a_failure_stops_the_later_waves(world: World) -> None:
    """Their refs stay as they are, and the operation can be continued."""
    world.git.waves = {"api": 1, "web": 1}
    world.runners.script("database", RunStatus(FAILED, "deploy", "migrate"))
    before = world.git.remote_refs()
    report = world.run()
    assert states(report) == {
        "database": "published",
        "api": "not_published",
        "web": "not_published",
    }
    assert world.git.remote_refs()["api"] == before["api"]
    assert (report.exit_code, report.unfinished) == (1, True)


def test_a_skipped_deployment_lets_the_later_waves_begin(world: World) -> None:
    """Nothing is left to do for it: its health is not checked, and it does not count as failed."""
    world.git.deploy = Deploy(GITHUB, health=HEALTH)
    world.git.waves = {"api": 1, "web": 1}
    world.probe.answers = [HealthAnswer(200, '{"sha": "other"}')]
    for name in NAMES:
        world.runners.script(name, RunStatus(RunState.SKIPPED, detail="its job was skipped."))
    report = world.run()
    assert ends(report) == {name: ["skipped"] for name in NAMES}
    assert (report.result, report.unfinished, world.probe.asked) == (Result.DONE, False, [])


def test_a_skipped_deployment_is_not_started_again(world: World) -> None:
    """It is over, and continue only does the rest."""
    world.runners.script("database", RunState.SKIPPED)
    world.runners.script("api", FAILED)
    plan, notes = world.begun()
    world.run(plan, notes)
    world.runners.script("api", SUCCEEDED)
    report = world.resume(notes)
    assert ends(report)["database"] == ["skipped"]
    assert (report.result, world.runners.starts["database", ""]) == (Result.DONE, 1)


def test_continue_tries_again_and_then_deploys_the_later_waves(world: World) -> None:
    """A failed deployment is started again, and nothing is published twice."""
    world.git.waves = {"api": 1, "web": 1}
    world.runners.script("database", FAILED)
    plan, notes = world.begun()
    world.run(plan, notes)
    world.runners.script("database", SUCCEEDED)
    report = world.resume(notes)
    assert report.result is Result.DONE
    assert states(report) == dict.fromkeys(NAMES, "published")
    assert ends(report) == {name: ["succeeded"] for name in NAMES}
    assert world.runners.starts["database", ""] == 2
    assert [len(repo.remote.pushes) for repo in world.git.repos.values()] == [1, 1, 1]


def test_without_waiting_the_later_waves_are_not_started(world: World) -> None:
    """It is unknown whether the earlier wave succeeded."""
    world.git.waves = {"web": 1}
    plan, notes = world.begun()
    report = world.run(replace(plan, wait=False), notes)
    assert ends(report) == {"database": ["queued"], "api": ["queued"], "web": []}
    assert states(report)["web"] == "not_published"
    assert (report.result, report.unfinished) == (Result.PAUSED, True)
    assert world.resume(notes).result is Result.DONE
    assert world.runners.starts == {(name, ""): 1 for name in NAMES}


# --- Full disks, limits and interrupts


def test_a_full_disk_is_reported_for_each_deployment(world: World) -> None:
    """Without a note nothing starts; what started before is reported with its result."""

    class Full(Notes):
        """A journal with room for the notes of one start."""

        def write(self, entry: Entry) -> None:
            """Keep the entry while there is room."""
            begun = [e for e in self.entries if e.deployment]
            if entry.deployment and begun:
                raise RefusedError("the disk is full.")
            super().write(entry)

    report = world.run(world.plan(), Full())
    states = sorted(str(d.state) for o in report.outcomes for d in o.deployments)
    assert states == ["not_started", "not_started", "succeeded"]
    told = [d.status.detail for o in report.outcomes for d in o.deployments]
    assert sorted(told) == ["", "the disk is full.", "the disk is full."]
    assert report.unfinished


def test_starts_and_polls_at_a_time_are_limited(world: World) -> None:
    """Starts and polls are limited by --jobs; waiting for a run does not count."""
    most, now = [0], [0]
    lock = threading.Lock()

    def busy(_: DeploymentSpec) -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.01)
        with lock:
            now[0] -= 1

    world.runners.at_start = world.runners.at_poll = busy
    world.jobs = 1
    assert world.run().result is Result.DONE
    assert most == [1]


def test_watching_starts_and_ends_nothing(world: World) -> None:
    """It starts nothing that failed or never started, and ends nothing that takes too long."""
    world.git.deploy = Deploy(CommandRunner(("sleep", "1d")), timeout=600.0)
    world.runners.script("api", FAILED)
    world.runners.script("web", RUNNING)
    plan, notes = world.begun()
    world.run(replace(plan, wait=False), notes)
    known = Operation.from_entries(notes.entries)
    assert known
    watching = to_watch(known).plan
    context = DeployContext(
        watching,
        world.runners,
        world.probe,
        world.clock,
        FORGETFUL,
        world.heard,
        starts=False,
    )
    deployer = Deployer(context, known.state)
    made = {repo.repo: known.state.of(repo.repo).made for repo in watching.planned()}
    seen = deployer.wave({repo.repo: (repo, made[repo.repo]) for repo in watching.planned()})
    assert {name: str(d.state) for name, (d,) in seen.by_repo.items()} == {
        "database": "succeeded",
        "api": "failed",
        "web": "running",
    }
    assert world.runners.ended == []
    assert set(world.runners.starts.values()) == {1}


def test_after_an_interrupt_the_deployments_keep_running(world: World) -> None:
    """Nothing else is started; what was started is known, and continue watches it."""
    world.runners.script("api", RUNNING)

    def leave(spec: DeploymentSpec) -> None:
        if spec.repo == "api":
            world.leave.set()

    world.runners.at_start = leave
    world.git.pace = Pace(concurrency=1)
    plan, notes = world.begun()
    report = world.run(plan, notes)
    assert ends(report) == {
        "database": ["succeeded"],
        "api": ["queued"],
        "web": ["not_started"],
    }
    world.leave.clear()
    world.runners.courses.clear()
    world.runners.script("api", SUCCEEDED)
    again = world.resume(notes)
    assert again.result is Result.DONE
    assert world.runners.starts == {(name, ""): 1 for name in NAMES}


class AllTogether(dict[str, LastOperation]):
    """Earlier operations: they are looked up when that of each repository is about to be."""

    def __init__(self, repos: int) -> None:
        super().__init__()
        self._all = threading.Barrier(repos, timeout=20)

    def get(self, *_: object) -> LastOperation:
        """Return none, when all threads have asked."""
        self._all.wait()
        return LastOperation("")


def test_what_waits_for_a_slot_at_an_interrupt_does_not_start(world: World) -> None:
    """Nothing is noted for it either, so a kill leaves no doubt."""
    world.jobs, world.earlier = 1, AllTogether(len(NAMES))
    world.runners.at_start = lambda _: world.leave.set()
    plan, notes = world.begun()
    report = world.run(plan, notes)
    assert sorted(ends(report).values()) == [["not_started"], ["not_started"], ["queued"]]
    assert world.runners.starts.total() == 1
    noted = [entry.deployment.state for entry in notes.entries if entry.deployment]
    assert noted == [RunState.STARTING, RunState.QUEUED]


def test_an_interrupt_while_a_failed_run_is_looked_at_starts_no_other(world: World) -> None:
    """It is looked at a last time just before the new attempt."""
    world.runners.script("api", FAILED)
    plan, notes = world.begun()
    world.run(plan, notes)
    polls: list[str] = []

    def leave(spec: DeploymentSpec) -> None:
        polls.append(spec.key)
        if len(polls) == 2:
            world.leave.set()

    world.runners.at_poll = leave
    assert ends(world.resume(notes))["api"] == ["failed"]
    assert (len(polls), world.runners.starts["api", ""]) == (2, 1)


# --- A truncated journal


@pytest.mark.parametrize("kept", range(3, 13))
def test_wherever_it_is_killed_nothing_is_deployed_twice(world: World, kept: int) -> None:
    """Everything was deployed, but the journal has only its first entries."""
    plan, notes = world.begun()
    world.run(plan, notes)
    notes.entries = notes.entries[:kept]
    report = world.resume(notes)
    assert report.result is Result.DONE
    begun = {entry.repos[0] for entry in notes.entries[:kept] if entry.kind is EntryKind.DEPLOYMENT}
    assert all(world.runners.starts[name, ""] == 1 for name in begun)


def test_a_start_is_noted_before_it_is_sent(world: World) -> None:
    """A kill in between leaves an unknown result, not a second deployment."""
    notes, seen = Notes(), list[bool]()
    world.runners.at_start = lambda spec: seen.append(
        any(
            entry.repos == (spec.repo,)
            and entry.deployment
            and entry.deployment.state is RunState.STARTING
            for entry in notes.entries
        )
    )
    world.run(world.plan(), notes)
    assert seen == [True, True, True]


def test_an_order_knows_the_runs_of_the_other_targets(world: World) -> None:
    """A retry has the keys of the other targets' runs, even if another process started them."""
    world.git.deploy = Deploy(GITHUB, targets=("nrt", "fra"))
    world.runners.script("api", FAILED, target="fra")
    specs: list[DeploymentSpec] = []
    world.runners.at_start = specs.append
    plan, notes = world.begun()
    world.run(plan, notes)
    first = {spec.target: spec for spec in specs if spec.repo == "api"}
    world.resume(notes)
    assert specs[-1].key == f"{plan.operation}/api/fra/2"
    assert specs[-1].others == {first["nrt"].key}
