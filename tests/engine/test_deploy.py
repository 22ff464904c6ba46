"""Deployments: started once, found again, watched to their end, healthy, wave by wave."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace

import pytest

from multigit.core.planning.plan import Plan, Result
from multigit.core.progress.deployments import planned_orders, to_watch
from multigit.core.progress.findings import with_findings
from multigit.core.progress.journal import Entry, Kind, Operation
from multigit.core.progress.outcome import Report
from multigit.core.progress.state import NOTHING_YET, OperationState
from multigit.core.recovery.resume import resumed
from multigit.core.values.agreement import Actor
from multigit.core.values.deployment import (
    CommandRunner,
    Deploy,
    Deployment,
    GithubRunner,
    HealthCheck,
    Order,
    Pace,
    Run,
    RunState,
    Sight,
    Trigger,
)
from multigit.core.values.health_check import Answer
from multigit.core.values.problem import Problem
from multigit.engine.attempt import BRIEF
from multigit.engine.deploy import Deployer
from multigit.engine.deploy_checks import look_back, preflight
from multigit.engine.deploy_context import DeployContext
from multigit.engine.execute import Executor
from multigit.engine.ports import FORGETFUL, Journal
from multigit.engine.remote_state import survey
from multigit.engine.throttle import LONGEST, PER_RUN, SHORTEST, Throttle
from multigit.errors import RefusedError
from tests.core.builders import state
from tests.engine.operations import TRAILER, Listening, outcome, plan_promotion, states
from tests.support.fake_git import FakeGit
from tests.support.fake_runners import FakeClock, FakeProbe, FakeRunners

NAMES = ("database", "api", "web")
GITHUB = GithubRunner("deploy.yml")
HEALTH = HealthCheck("https://{repo}.example/health", json="sha", successes=2, interval=7.0)
SUCCEEDED, FAILED, RUNNING = RunState.SUCCEEDED, RunState.FAILED, RunState.RUNNING


class Notes:
    """A journal in memory."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def write(self, entry: Entry) -> None:
        """Keep the entry."""
        self.entries.append(entry)


class World:
    """Three repositories that stg deploys, with all that is around them."""

    def __init__(self) -> None:
        self.git = FakeGit(*NAMES)
        self.git.deploy = Deploy(GITHUB, timeout=600.0)
        for name, repo in self.git.repos.items():
            repo.remote.commit("dev", {name: "1"})
        self.runners = FakeRunners()
        self.clock = FakeClock()
        self.probe = FakeProbe(Answer(200))
        self.heard = Listening()
        self.leave = threading.Event()
        self.jobs = 4
        self.waited: list[Mapping[str, tuple[Deployment, ...]]] = []

    def plan(self) -> Plan:
        """Plan the promotion."""
        return plan_promotion(self.git)

    def run(
        self,
        plan: Plan | None = None,
        journal: Journal = FORGETFUL,
        *,
        again: bool = False,
        state: OperationState = NOTHING_YET,
    ) -> Report:
        """Run a plan, the promotion's if none is given, from how far it got before."""
        plan = plan or self.plan()
        context = DeployContext(
            plan,
            self.runners,
            self.probe,
            self.clock,
            journal,
            self.heard,
            self.leave,
            jobs=self.jobs,
            on_waiting=self.waited.append,
        )
        return Executor(
            git=self.git,
            workspace=self.git.workspace,
            plan=plan,
            listener=self.heard,
            jobs=4,
            trailer=TRAILER,
            journal=journal,
            again=again,
            deployer=Deployer(context, state),
            state=state,
        ).run()

    def go_on(self, notes: Notes) -> Report:
        """Do as `multigit continue` does after an operation of which these notes are left."""
        known = Operation.from_entries(notes.entries)
        assert known
        remotes = survey(self.git, self.git.workspace, known, jobs=4, listener=self.heard)
        left = resumed(known, remotes, {}, skip_blocked=False)
        progress = left.state.repos
        notes.write(Entry(Kind.BEGUN, left.plan, known.actor, progress=progress))
        return self.run(left.plan, notes, again=True, state=left.state)

    def begun(self) -> tuple[Plan, Notes]:
        """Return a plan and the journal in which it was begun."""
        plan, notes = self.plan(), Notes()
        notes.write(Entry(Kind.BEGUN, plan=plan, actor=Actor("Ada", "ada", "desk")))
        return plan, notes


@pytest.fixture
def world() -> World:
    """Return a world in which everything goes well."""
    return World()


def ends(report: Report) -> dict[str, list[str]]:
    """Return how the deployments of each repository ended."""
    return {o.repo: [str(d.state) for d in o.deployments] for o in report.outcomes}


def test_what_was_asked_for_long_ago_is_not_waited_for(world: World) -> None:
    """A process died after its note; hours later a few looks tell that nothing began."""
    plan, notes = world.begun()
    world.runners.lose_request.add(("api", ""))
    world.run(plan, notes)
    mine = [entry for entry in notes.entries if entry.repos == ("api",) and entry.deployment]
    notes.entries = [entry for entry in notes.entries if entry not in mine[1:]]
    world.clock.time += 3600
    world.clock.waits.clear()
    assert ends(world.go_on(notes))["api"] == ["unknown"]
    assert sum(world.clock.waits) <= 2 * BRIEF
    assert world.runners.starts["api", ""] == 0


# --- All goes well


def test_what_is_published_is_deployed_once(world: World) -> None:
    """Each repository, at the commit and tag that were pushed."""
    orders: list[Order] = []
    world.runners.at_start = orders.append
    report = world.run()
    assert report.result is Result.DONE
    assert ends(report) == {name: ["succeeded"] for name in NAMES}
    assert world.runners.starts == {(name, ""): 1 for name in NAMES}
    tips = {name: repo.remote.tip("stg") for name, repo in world.git.repos.items()}
    assert {order.repo: order.sha for order in orders} == tips
    assert {order.tag for order in orders} == {report.plan.release}


def test_nothing_is_deployed_where_nothing_is_configured(world: World) -> None:
    """Then a promotion is over when it is pushed."""
    world.git.deploy = None
    report = world.run()
    assert (report.result, world.runners.starts) == (Result.DONE, {})


def test_a_run_is_watched_to_its_end(world: World) -> None:
    """Through queue and gate; the listener hears of each change."""
    world.runners.script(
        "api",
        RunState.QUEUED,
        Sight(RunState.WAITING, reviewers=("grace",), mine=True),
        Sight(RUNNING, "deploy", "migrate"),
        SUCCEEDED,
    )
    assert world.run().result is Result.DONE
    told = [doing for repo, doing, *_ in world.heard.heard if repo == "api"]
    assert "waiting for grace, which may be you" in told
    assert "running deploy · migrate" in told


def test_who_is_waited_for_is_told_once(world: World) -> None:
    """At the first gate of the operation whose reviewers are known, with where all stand then."""
    unread = Sight(RunState.WAITING, more=True)
    gate = Sight(RunState.WAITING, reviewers=("grace",))
    for name in NAMES:
        world.runners.script(name, RunState.QUEUED, unread, gate, gate, SUCCEEDED)
    assert world.run().result is Result.DONE
    (stand,) = world.waited
    waiting = [d.sight.reviewers for (d,) in stand.values() if d.state is RunState.WAITING]
    assert ("grace",) in waiting


def test_looks_become_rarer_the_more_is_watched(world: World) -> None:
    """And never slower than the longest pause."""
    world.runners.script("api", *[RUNNING] * 5, SUCCEEDED)
    world.run()
    assert max(world.clock.waits) == SHORTEST
    for count, wanted in ((20, 20 * PER_RUN), (200, LONGEST)):
        throttle = Throttle(Pace(), world.clock, world.leave)
        with ExitStack() as watched:
            for _ in range(count):
                watched.enter_context(throttle.watching())
            throttle.pause(GITHUB)
        assert world.clock.waits[-1] == wanted


def test_what_has_more_to_show_is_looked_at_soon(world: World) -> None:
    """However many runs are watched; and it does not run out of time in between."""
    world.git.deploy = Deploy(GITHUB, timeout=3.0)
    world.runners.script("api", RUNNING, *[Sight(RUNNING, more=True)] * 4, SUCCEEDED)
    plan = replace(world.plan(), repos=world.plan().repos[1:2])
    assert ends(world.run(plan)) == {"api": ["succeeded"]}
    assert world.clock.waits == [SHORTEST] * 5


def test_targets_come_one_after_the_other(world: World) -> None:
    """Up to the first that fails: the third region is not touched."""
    world.git.deploy = Deploy(GITHUB, targets=("nrt", "fra", "syd"))
    world.runners.script("api", FAILED, target="fra")
    report = world.run()
    assert ends(report)["api"] == ["succeeded", "failed", "not_started"]
    assert world.runners.starts["api", "syd"] == 0
    assert report.unfinished


def test_the_pause_is_kept_between_starts(world: World) -> None:
    """Also between repositories."""
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
    """Not before: the push of the later one waits, too."""
    world.git.waves = {"api": 1, "web": 2}
    pushed: list[list[str]] = []

    def note(_: object) -> None:
        pushed.append([n for n, r in world.git.repos.items() if r.remote.pushes])

    world.runners.at_start = note
    assert world.run().result is Result.DONE
    assert pushed == [["database"], ["database", "api"], ["database", "api", "web"]]


def test_a_failure_stops_the_later_waves(world: World) -> None:
    """They stay as they are, and the operation can go on."""
    world.git.waves = {"api": 1, "web": 1}
    world.runners.script("database", Sight(FAILED, "deploy", "migrate"))
    before = world.git.remote_refs()
    report = world.run()
    assert states(report) == {
        "database": "published",
        "api": "not_published",
        "web": "not_published",
    }
    assert world.git.remote_refs()["api"] == before["api"]
    assert (report.exit_code, report.unfinished) == (1, True)


def test_continue_tries_again_and_goes_on_with_the_later_waves(world: World) -> None:
    """A deployment that is known to have failed is started again; nothing is published twice."""
    world.git.waves = {"api": 1, "web": 1}
    world.runners.script("database", FAILED)
    plan, notes = world.begun()
    world.run(plan, notes)
    world.runners.script("database", SUCCEEDED)
    report = world.go_on(notes)
    assert report.result is Result.DONE
    assert states(report) == dict.fromkeys(NAMES, "published")
    assert ends(report) == {name: ["succeeded"] for name in NAMES}
    assert world.runners.starts["database", ""] == 2
    assert [len(repo.remote.pushes) for repo in world.git.repos.values()] == [1, 1, 1]


def test_without_waiting_the_later_waves_are_left(world: World) -> None:
    """What they wait for is not known to be done."""
    world.git.waves = {"web": 1}
    plan, notes = world.begun()
    report = world.run(replace(plan, wait=False), notes)
    assert ends(report) == {"database": ["queued"], "api": ["queued"], "web": []}
    assert states(report)["web"] == "not_published"
    assert (report.result, report.unfinished) == (Result.PAUSED, True)
    assert world.go_on(notes).result is Result.DONE
    assert world.runners.starts == {(name, ""): 1 for name in NAMES}


# --- Starts that go wrong


def test_a_lost_answer_is_looked_up_and_never_sent_again(world: World) -> None:
    """The run is there, so it is watched."""
    world.runners.lose_answer.add(("api", ""))
    report = world.run()
    assert ends(report)["api"] == ["succeeded"]
    assert world.runners.starts["api", ""] == 1


def test_a_start_that_nobody_knows_of_is_unknown(world: World) -> None:
    """Doubt is shown; also continue only looks again."""
    world.runners.lose_request.add(("api", ""))
    plan, notes = world.begun()
    report = world.run(plan, notes)
    assert ends(report)["api"] == ["unknown"]
    assert report.unfinished
    assert "broke off" in outcome(report, "api").deployments[0].sight.detail
    again = world.go_on(notes)
    assert ends(again)["api"] == ["unknown"]
    assert world.runners.starts["api", ""] == 0


def test_a_start_that_is_known_not_to_have_begun_is_made_up_for(world: World) -> None:
    """By the same attempt."""
    world.runners.lose_request.add(("api", ""))
    world.runners.never_began.add(("api", ""))
    assert ends(world.run())["api"] == ["succeeded"]
    assert world.runners.starts["api", ""] == 1


def test_a_refused_start_is_a_failure_with_its_reason(world: World) -> None:
    """The others go on."""
    world.runners.refuse.add(("api", ""))
    report = world.run()
    assert ends(report) == {"database": ["succeeded"], "api": ["failed"], "web": ["succeeded"]}
    assert outcome(report, "api").deployments[0].sight.detail == "the host refused it."
    assert (report.exit_code, report.unfinished) == (1, False)


def test_a_look_that_fails_changes_nothing(world: World) -> None:
    """A 502 in between is no end."""
    world.runners.broken_looks = 7
    assert world.run().result is Result.DONE


def test_time_runs_out(world: World) -> None:
    """At a host it goes on, and the operation stays open to look again."""
    world.runners.script("api", RUNNING)
    report = world.run()
    assert ends(report)["api"] == ["timed_out"]
    assert (report.result, report.unfinished) == (Result.FAILED, True)
    assert world.runners.ended == []


def test_what_runs_here_is_ended_when_its_time_is_out(world: World) -> None:
    """Nobody else would; so it is known that it failed."""
    world.git.deploy = Deploy(CommandRunner(("sleep", "1d")), timeout=600.0)
    world.runners.script("api", RUNNING)
    report = world.run()
    (deployment,) = outcome(report, "api").deployments
    assert (deployment.state, len(world.runners.ended)) == (FAILED, 1)
    assert deployment.sight.detail == "it did not end within 10 minutes. It was ended."


def test_the_time_in_which_a_person_is_waited_for_does_not_count(world: World) -> None:
    """A reviewer may be at lunch."""
    gate = Sight(RunState.WAITING, reviewers=("grace",))
    world.runners.script("api", *[gate] * 900, SUCCEEDED)
    assert ends(world.run())["api"] == ["succeeded"]


def test_a_clock_that_is_set_decides_nothing(world: World) -> None:
    """Forward: nothing times out. Back: no pause becomes longer, and nothing took less than 0."""
    world.git.pace = Pace(pause=3.0)
    for name in NAMES:
        world.runners.script(name, *[RUNNING] * 3, SUCCEEDED)

    def jump(order: Order) -> None:
        world.clock.time += {"api": 3600.0, "web": -7200.0}.get(order.repo, 0.0)

    world.runners.at_start = jump
    report = world.run()
    assert report.result is Result.DONE
    assert max(world.clock.waits) <= LONGEST
    assert all(d.seconds >= 0 for o in report.outcomes for d in o.deployments)


def test_what_somebody_runs_again_is_followed_and_not_started_beside(world: World) -> None:
    """It failed; at its page somebody pressed the button; continue finds it running."""
    world.runners.script("api", FAILED)
    plan, notes = world.begun()
    world.run(plan, notes)
    (key,) = [key for key, place in world.runners.runs.items() if place[0] == "api"]
    world.runners.courses[key] = [Sight(RUNNING), Sight(RUNNING), Sight(SUCCEEDED)]
    assert ends(world.go_on(notes))["api"] == ["succeeded"]
    assert world.runners.starts["api", ""] == 1


@pytest.mark.parametrize("broken", [1, 3])
def test_what_somebody_runs_again_is_looked_at_until_it_is_seen(world: World, broken: int) -> None:
    """A look that fails is none: the run may be under way once more."""
    world.runners.script("api", FAILED)
    plan, notes = world.begun()
    world.run(plan, notes)
    (key,) = [key for key, place in world.runners.runs.items() if place[0] == "api"]
    world.runners.courses[key] = [Sight(RUNNING), Sight(SUCCEEDED)]
    world.runners.broken_looks = broken
    assert ends(world.go_on(notes))["api"] == ["succeeded"]
    assert world.runners.starts["api", ""] == 1


def test_nothing_is_started_beside_what_nobody_can_look_at(world: World) -> None:
    """It is unknown, and looked at again; once it is seen to have failed, it is tried again."""
    world.runners.script("api", FAILED)
    plan, notes = world.begun()
    world.run(plan, notes)
    world.runners.broken_looks = 1_000
    report = world.go_on(notes)
    assert ends(report)["api"] == ["unknown"]
    assert report.unfinished
    (api,) = [d for o in report.outcomes for d in o.deployments if o.repo == "api"]
    assert api.sight.detail == "the host answered 502."
    world.runners.broken_looks = 0
    assert ends(world.go_on(notes))["api"] == ["failed"]
    assert world.runners.starts["api", ""] == 1
    world.runners.script("api", SUCCEEDED)
    assert ends(world.go_on(notes))["api"] == ["succeeded"]
    assert world.runners.starts["api", ""] == 2


def test_a_disk_that_is_full_is_told_of_each_deployment(world: World) -> None:
    """What cannot be noted does not begin; what began before is told with its run."""

    class Full(Notes):
        """A journal that has room for the notes of one start."""

        def write(self, entry: Entry) -> None:
            """Keep the entry while there is room."""
            begun = [e for e in self.entries if e.deployment]
            if entry.deployment and begun:
                raise RefusedError("the disk is full.")
            super().write(entry)

    report = world.run(world.plan(), Full())
    states = sorted(str(d.state) for o in report.outcomes for d in o.deployments)
    assert states == ["not_started", "not_started", "succeeded"]
    told = [d.sight.detail for o in report.outcomes for d in o.deployments]
    assert sorted(told) == ["", "the disk is full.", "the disk is full."]
    assert report.unfinished


def test_only_so_many_starts_and_looks_are_made_at_a_time(world: World) -> None:
    """Files and connections are few; whoever waits for a run holds none."""
    most, now = [0], [0]
    lock = threading.Lock()

    def busy(_: Order) -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.01)
        with lock:
            now[0] -= 1

    world.runners.at_start = busy
    world.jobs = 1
    assert world.run().result is Result.DONE
    assert most == [1]


def test_who_leaves_while_a_start_is_looked_for_starts_nothing(world: World) -> None:
    """It is known that it never began; that it begins is for who goes on."""
    plan, notes = world.begun()
    world.runners.lose_request.add(("api", ""))
    world.run(plan, notes)
    mine = [entry for entry in notes.entries if entry.repos == ("api",) and entry.deployment]
    notes.entries = [entry for entry in notes.entries if entry not in mine[1:]]
    world.runners.never_began.add(("api", ""))
    world.leave.set()
    assert ends(world.go_on(notes))["api"] == ["starting"]
    assert world.runners.starts["api", ""] == 0
    world.leave.clear()
    world.runners.never_began.add(("api", ""))
    assert ends(world.go_on(notes))["api"] == ["succeeded"]


def test_who_only_looks_starts_and_ends_nothing(world: World) -> None:
    """Neither what failed, nor what never began, nor what takes too long."""
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


def test_whoever_leaves_lets_the_deployments_run(world: World) -> None:
    """Nothing more is started; what has begun is known, and can be watched later."""
    world.runners.script("api", RUNNING)

    def leave(order: Order) -> None:
        if order.repo == "api":
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
    again = world.go_on(notes)
    assert again.result is Result.DONE
    assert world.runners.starts == {(name, ""): 1 for name in NAMES}


RUN = Run("r")


def earlier(
    world: World, *states: RunState | Sight, run: Run | None = RUN
) -> dict[str, list[Problem]]:
    """Return what a plan says of an earlier deployment of the api that nobody saw end."""
    (order,) = [order for order in planned_orders(world.plan(), NOTHING_YET) if order.repo == "api"]
    if run:
        world.runners.runs[run.id] = ("api", "")
    world.runners.script("api", *states)
    before = {"api": [(order, run)]}
    found = look_back(world.plan(), before, world.runners, jobs=2, listener=world.heard)
    return {name: list(problems) for name, problems in found.items()}


@pytest.mark.parametrize("state", [RUNNING, RunState.WAITING, RunState.QUEUED])
def test_what_still_runs_blocks_the_next_one(world: World, state: RunState) -> None:
    """The host is asked, not the log, which nobody may have finished."""
    (problem,) = earlier(world, state)["api"]
    assert (problem.code, problem.blocks) == ("still_deploying", True)


@pytest.mark.parametrize("state", [SUCCEEDED, FAILED])
def test_what_has_ended_meanwhile_blocks_nothing(world: World, state: RunState) -> None:
    """Nobody has to watch it first."""
    assert earlier(world, state) == {"api": []}
    assert earlier(world, Sight(RUNNING, more=True), Sight(RUNNING, more=True), state) == {
        "api": []
    }  # an end that is seen piece by piece


def test_of_what_nobody_can_tell_a_person_is_warned(world: World) -> None:
    """No run is to be seen, the host cannot say, or no journal is here: never a dead end.

    Nor where its run was seen, and not how it ended.
    """
    world.runners.broken_looks = 1
    for found in (
        earlier(world, RUNNING),
        earlier(world, RUNNING, run=None),
        earlier(world, RunState.UNKNOWN),
        look_back(world.plan(), {"api": ()}, world.runners, jobs=1, listener=world.heard),
    ):
        (problem,) = found["api"]
        assert (problem.code, problem.blocks) == ("deployment_in_doubt", False)


# --- The journal, wherever it breaks off


@pytest.mark.parametrize("kept", range(3, 13))
def test_wherever_it_is_killed_nothing_is_deployed_twice(world: World, kept: int) -> None:
    """The world went on to the end; the journal knows only so much of it."""
    plan, notes = world.begun()
    world.run(plan, notes)
    notes.entries = notes.entries[:kept]
    report = world.go_on(notes)
    assert report.result is Result.DONE
    begun = {entry.repos[0] for entry in notes.entries[:kept] if entry.kind is Kind.DEPLOYMENT}
    assert all(world.runners.starts[name, ""] == 1 for name in begun)


def test_a_start_is_noted_before_it_is_sent(world: World) -> None:
    """So that a kill in between leaves doubt, not a second deployment."""
    notes, seen = Notes(), list[bool]()
    world.runners.at_start = lambda order: seen.append(
        any(
            entry.repos == (order.repo,)
            and entry.deployment
            and entry.deployment.state is RunState.STARTING
            for entry in notes.entries
        )
    )
    world.run(world.plan(), notes)
    assert seen == [True, True, True]


def test_an_order_knows_the_runs_of_the_other_targets(world: World) -> None:
    """Also in a multigit that did not start them: they are not taken for its own."""
    world.git.deploy = Deploy(GITHUB, targets=("nrt", "fra"))
    world.runners.script("api", FAILED, target="fra")
    orders: list[Order] = []
    world.runners.at_start = orders.append
    plan, notes = world.begun()
    world.run(plan, notes)
    first = {order.target: order for order in orders if order.repo == "api"}
    world.go_on(notes)
    assert orders[-1].key == f"{plan.operation}/api/fra/2"
    assert orders[-1].others == {first["nrt"].key}


# --- Health


def test_a_deployment_counts_when_it_answers_right_in_a_row(world: World) -> None:
    """So often as is wanted, with the pause in between."""
    world.git.deploy = Deploy(CommandRunner(("true",)), health=HEALTH)
    plan = replace(world.plan(), repos=world.plan().repos[:1])
    sha = plan.repos[0].after
    good, bad = Answer(200, f'{{"sha": "{sha}"}}'), Answer(503, "starting")
    world.probe = FakeProbe("it cannot be reached.", bad, good, bad, good, good)
    report = world.run(plan)
    assert ends(report)["database"] == ["succeeded"]
    assert world.probe.asked == ["https://database.example/health"] * 6
    assert world.clock.waits.count(7.0) == 5


def test_the_wrong_version_is_unhealthy(world: World) -> None:
    """The last answer is told; the operation is over, and continue asks again without a start."""
    world.git.deploy = Deploy(CommandRunner(("true",)), health=HEALTH)
    world.git.waves = {"api": 1, "web": 1}
    world.probe = FakeProbe(Answer(200, '{"sha": "1a2b3c4"}'))
    plan, notes = world.begun()
    report = world.run(plan, notes)
    (deployment,) = outcome(report, "database").deployments
    assert deployment.state is RunState.UNHEALTHY
    assert "sha is 1a2b3c4, not" in deployment.sight.detail

    world.git.deploy = None
    shas = {repo.repo: repo.after for repo in plan.repos}
    world.probe = FakeProbe(Answer(200, f'{{"sha": "{shas["database"]}"}}'))
    again = world.go_on(notes)
    assert outcome(again, "database").deployments[0].state is SUCCEEDED
    assert world.runners.starts["database", ""] == 1


# --- Before anything is pushed


def test_what_would_fail_is_found_while_planning(world: World) -> None:
    """And blocks, as everything else that stands in the way."""
    world.runners.problems["api"] = [Problem("workflow_missing", "there is no deploy.yml.")]
    plan = world.plan()
    found = preflight(plan, NOTHING_YET, world.runners, jobs=4, listener=world.heard)
    plan = with_findings(plan, NOTHING_YET, found, world.git.workspace)
    assert plan.result is Result.BLOCKED
    assert plan.repos[1].problems[-1].code == "workflow_missing"
    assert world.runners.starts == {}


def test_an_unbegun_deployment_is_nothing_to_look_at(world: World) -> None:
    """A plan that goes on does not take it for one."""
    so_far = state(deployments={"database": {"": Deployment()}})
    report = world.run(state=so_far)
    assert ends(report)["database"] == ["succeeded"]
