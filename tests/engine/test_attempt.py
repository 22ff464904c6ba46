"""One deployment: started once, found again, watched until it is healthy or times out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.planning.plan import Result
from multigit.core.progress.deployments import planned_specs
from multigit.core.progress.earlier import Earlier, LastOperation
from multigit.core.progress.journal import Operation
from multigit.core.progress.state import NOTHING_YET
from multigit.core.values.agreement import Accepted
from multigit.core.values.deploy_config import CommandRunner, Deploy, Pace, Runner, Trigger
from multigit.core.values.deployment import (
    Deployment,
    DeploymentSpec,
    Idle,
    Run,
    RunState,
    RunStatus,
)
from multigit.core.values.health_check import HealthAnswer
from multigit.engine.start import BRIEF
from multigit.engine.target import LATE
from multigit.engine.throttle import LONGEST
from multigit.errors import GitError, NotStartedError
from multigit.phrase import Typed, parts_of
from tests.core.builders import state
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
from tests.engine.operations import outcome
from tests.support.fake_runners import FakeProbe

STARTING = RunState.STARTING
HERE = CommandRunner(("true",))


def cut_after_the_first_note(notes: Notes) -> None:
    """Let the process die when it had noted that api starts, and before it noted more of that."""
    mine = [entry for entry in notes.entries if entry.repos == ("api",) and entry.deployment]
    notes.entries = [entry for entry in notes.entries if entry not in mine[1:]]


def test_what_was_asked_for_long_ago_is_not_waited_for(world: World) -> None:
    """The process died after its note; hours later a few searches show that nothing started."""
    plan, notes = world.begun()
    world.runners.lose_request.add(("api", ""))
    world.run(plan, notes)
    cut_after_the_first_note(notes)
    world.clock.time += 3600
    world.clock.waits.clear()
    assert ends(world.resume(notes))["api"] == ["unknown"]
    assert sum(world.clock.waits) <= 2 * BRIEF
    assert world.runners.starts["api", ""] == 0


def test_a_lost_answer_is_looked_up_and_never_sent_again(world: World) -> None:
    """The run exists, so it is watched."""
    world.runners.lose_answer.add(("api", ""))
    report = world.run()
    assert ends(report)["api"] == ["succeeded"]
    assert world.runners.starts["api", ""] == 1


def test_it_is_unknown_how_long_a_run_took_that_is_found_ended(world: World) -> None:
    """The process died after its request, and the run may have ended long before it is found."""
    plan, notes = world.begun()
    world.runners.lose_answer.add(("api", ""))
    world.run(plan, notes)
    cut_after_the_first_note(notes)
    world.clock.time += 3600
    (found,) = outcome(world.resume(notes), "api").deployments
    assert (found.state, found.seconds) == (SUCCEEDED, 0.0)


def test_a_start_without_a_trace_is_unknown(world: World) -> None:
    """Continue searches for it again, and does not start it."""
    world.runners.lose_request.add(("api", ""))
    plan, notes = world.begun()
    report = world.run(plan, notes)
    assert ends(report)["api"] == ["unknown"]
    assert report.unfinished
    assert "broke off" in outcome(report, "api").deployments[0].status.detail
    again = world.resume(notes)
    assert ends(again)["api"] == ["unknown"]
    assert world.runners.starts["api", ""] == 0


def test_a_start_that_is_known_to_have_failed_is_repeated(world: World) -> None:
    """The start is repeated within the same attempt."""
    world.runners.lose_request.add(("api", ""))
    world.runners.never_began.add(("api", ""))
    assert ends(world.run())["api"] == ["succeeded"]
    assert world.runners.starts["api", ""] == 1


def test_the_time_of_a_repeated_start_counts_from_its_own_note(world: World) -> None:
    """If the process dies after that note, too, its run has a minute to appear from there."""
    world.runners.lose_request.add(("api", ""))
    plan, notes = world.begun()
    world.run(plan, notes)
    cut_after_the_first_note(notes)
    world.clock.time += 3600
    world.runners.never_began.add(("api", ""))
    world.runners.lose_request.add(("api", ""))
    begun = world.clock.time
    assert ends(world.resume(notes))["api"] == ["unknown"]
    mine = [entry for entry in notes.entries if entry.repos == ("api",) and entry.deployment]
    again = mine[-2].deployment
    assert again
    assert (again.state, again.since) == (RunState.STARTING, begun)
    notes.entries.remove(mine[-1])
    world.clock.time = begun + LATE / 2
    world.clock.waits.clear()
    assert ends(world.resume(notes))["api"] == ["unknown"]
    assert sum(world.clock.waits) >= LATE / 2 > BRIEF


BY_DESIGN = Idle("path_filter", "no changed file passes the path filter.", RunState.SKIPPED)
MISTAKE = Idle("push_starts_nothing", "no push trigger matches main.", RunState.FAILED)
PERHAPS = Idle("path_filter_unclear", "its path filter may start no run.")


def test_a_push_that_starts_nothing_by_design_is_skipped(world: World) -> None:
    """It is searched for briefly, and the reason is recorded; then the next wave begins."""
    world.git.deploy = Deploy(replace(GITHUB, trigger=Trigger.PUSH))
    world.git.waves = {"api": 1, "web": 1}
    world.runners.idle_pushes = {"database": BY_DESIGN}
    world.runners.by_push = {(name, ""): 0 for name in ("api", "web")}
    report = world.run()
    assert ends(report) == {"database": ["skipped"], "api": ["succeeded"], "web": ["succeeded"]}
    (deployment,) = report.outcomes[0].deployments
    assert (deployment.status.detail, report.result) == (BY_DESIGN.reason, Result.DONE)
    assert sum(world.clock.waits) < LATE


def test_a_run_of_a_push_counts_whatever_the_filter_says(world: World) -> None:
    """What the host shows is believed before what its files say."""
    world.git.deploy = Deploy(replace(GITHUB, trigger=Trigger.PUSH))
    world.runners.idle_pushes = dict.fromkeys(NAMES, BY_DESIGN)
    world.runners.by_push = {(name, ""): 1 for name in NAMES}
    assert ends(world.run()) == {name: ["succeeded"] for name in NAMES}


UNEXPLAINED = Idle("", "it was pushed, but no run appeared.")


@pytest.mark.parametrize(
    ("idle", "end"), [(PERHAPS, "unknown"), (MISTAKE, "failed"), (UNEXPLAINED, "unknown")]
)
def test_what_explains_that_no_run_appeared_is_said(world: World, idle: Idle, end: str) -> None:
    """After the whole search: it is unknown if a run may have started, else it failed."""
    world.git.deploy = Deploy(replace(GITHUB, trigger=Trigger.PUSH))
    world.runners.idle_pushes = dict.fromkeys(NAMES, idle) if idle.code else {}
    report = world.run()
    details = {d.status.detail for o in report.outcomes for d in o.deployments}
    assert (ends(report)["api"], details) == ([end], {idle.reason})
    assert sum(world.clock.waits) >= LATE


def test_a_host_that_cannot_be_asked_leaves_even_that_unknown(world: World) -> None:
    """A run that was not looked for may have started."""
    world.git.deploy = Deploy(replace(GITHUB, trigger=Trigger.PUSH))
    world.runners.idle_pushes = dict.fromkeys(NAMES, BY_DESIGN)

    def broken(spec: DeploymentSpec) -> Run | None:
        raise GitError(f"{spec.repo} cannot be read.")

    world.runners.find = broken  # type: ignore[method-assign]
    assert ends(world.run())["api"] == ["unknown"]


def test_a_refused_start_is_a_failure_with_its_reason(world: World) -> None:
    """The other deployments continue."""
    world.runners.refuse.add(("api", ""))
    report = world.run()
    assert ends(report) == {"database": ["succeeded"], "api": ["failed"], "web": ["succeeded"]}
    detail = outcome(report, "api").deployments[0].status.detail
    assert detail == "the host refused it. Ask there."
    assert [part for part in parts_of(detail) if isinstance(part, Typed)] == ["there"]
    assert (report.exit_code, report.unfinished) == (1, False)


def test_a_poll_that_fails_changes_nothing(world: World) -> None:
    """A 502 in between does not end it."""
    world.runners.broken_looks = 7
    assert world.run().result is Result.DONE


def test_time_runs_out(world: World) -> None:
    """The run continues at the host, and continue can follow it."""
    world.runners.script("api", RUNNING)
    report = world.run()
    assert ends(report)["api"] == ["timed_out"]
    assert (report.result, report.unfinished) == (Result.FAILED, True)
    assert world.runners.ended == []


def test_a_command_runs_as_soon_as_it_was_started(world: World) -> None:
    """It never waits its turn, so it is noted and shown as running before anyone looks at it."""
    world.git.deploy = Deploy(CommandRunner(("sleep", "1d")))
    plan, notes = world.begun()
    report = world.run(replace(plan, wait=False), notes)
    assert ends(report)["api"] == ["running"]
    noted = [entry.deployment.state for entry in notes.entries if entry.deployment]
    assert set(noted) == {RunState.STARTING, RunState.RUNNING}


def test_what_runs_here_is_ended_when_its_time_is_out(world: World) -> None:
    """The command is ended, so it is known to have failed."""
    world.git.deploy = Deploy(CommandRunner(("sleep", "1d")), timeout=600.0)
    world.runners.script("api", RUNNING)
    report = world.run()
    (deployment,) = outcome(report, "api").deployments
    assert (deployment.state, len(world.runners.ended)) == (FAILED, 1)
    assert deployment.status.detail == "it did not end within 10 minutes. It was ended."


def test_what_runs_here_and_cannot_be_ended_is_not_failed(world: World) -> None:
    """Something of it may still be running, which is named, and nothing is started beside it."""
    world.git.deploy = Deploy(CommandRunner(("sleep", "1d")), timeout=4.0)
    left = RunStatus(RUNNING, detail="process 4711 (sleep) is still running.")
    world.runners.script("api", RUNNING)
    world.runners.after_end["api"] = left
    plan, notes = world.begun()
    report = world.run(plan, notes)
    (deployment,) = outcome(report, "api").deployments
    assert (deployment.state, report.unfinished) == (RunState.TIMED_OUT, True)
    assert deployment.status.detail == (
        "it did not end within 4 seconds. Process 4711 (sleep) is still running."
    )
    assert ends(world.resume(notes))["api"] == ["timed_out"]
    assert world.runners.starts["api", ""] == 1
    world.runners.after_end["api"] = RunStatus(FAILED, detail="it was ended.")
    assert ends(world.resume(notes))["api"] == ["failed"]


def test_a_supervisor_that_does_not_answer_has_not_ended_it(world: World) -> None:
    """A run that is seen running after it was to end, or that cannot be polled, was not ended."""
    world.git.deploy = Deploy(CommandRunner(("sleep", "1d")), timeout=4.0)
    world.runners.script("api", RUNNING)
    world.runners.after_end["api"] = RunStatus(RUNNING)
    (deployment,) = outcome(world.run(), "api").deployments
    assert deployment.state is RunState.TIMED_OUT
    assert deployment.status.detail == ("it did not end within 4 seconds. It could not be ended.")


def test_a_command_that_succeeds_in_the_last_moment_has_succeeded(world: World) -> None:
    """It ended by itself before it was asked to, so its health is checked as usual."""
    world.git.deploy = Deploy(CommandRunner(("sleep", "1d")), timeout=4.0, health=HEALTH)
    world.runners.script("api", RUNNING)
    world.runners.after_end["api"] = RunStatus(SUCCEEDED)
    world.probe = FakeProbe("it cannot be reached.")
    (deployment,) = outcome(world.run(), "api").deployments
    assert deployment.state is RunState.UNHEALTHY


def test_the_time_in_which_a_person_is_waited_for_does_not_count(world: World) -> None:
    """Time spent waiting for a reviewer does not count towards the timeout."""
    gate = RunStatus(RunState.WAITING, reviewers=("grace",))
    world.runners.script("api", *[gate] * 900, SUCCEEDED)
    assert ends(world.run())["api"] == ["succeeded"]


def test_a_clock_that_is_set_decides_nothing(world: World) -> None:
    """Forward: nothing times out. Back: pauses do not grow, and no duration is negative."""
    world.git.pace = Pace(pause=3.0)
    for name in NAMES:
        world.runners.script(name, *[RUNNING] * 3, SUCCEEDED)

    def jump(spec: DeploymentSpec) -> None:
        world.clock.time += {"api": 3600.0, "web": -7200.0}.get(spec.repo, 0.0)

    world.runners.at_start = jump
    report = world.run()
    assert report.result is Result.DONE
    assert max(world.clock.waits) <= LONGEST
    assert all(d.seconds >= 0 for o in report.outcomes for d in o.deployments)


def test_what_somebody_runs_again_is_followed_and_not_started_beside(world: World) -> None:
    """It failed; someone reran it on its page; continue finds it running."""
    world.runners.script("api", FAILED)
    plan, notes = world.begun()
    world.run(plan, notes)
    (key,) = [key for key, place in world.runners.runs.items() if place[0] == "api"]
    world.runners.courses[key] = [RunStatus(RUNNING), RunStatus(RUNNING), RunStatus(SUCCEEDED)]
    assert ends(world.resume(notes))["api"] == ["succeeded"]
    assert world.runners.starts["api", ""] == 1


@pytest.mark.parametrize("broken", [1, 3])
def test_a_rerun_is_polled_until_it_is_seen(world: World, broken: int) -> None:
    """A poll that fails says nothing: the run may be running again."""
    world.runners.script("api", FAILED)
    plan, notes = world.begun()
    world.run(plan, notes)
    (key,) = [key for key, place in world.runners.runs.items() if place[0] == "api"]
    world.runners.courses[key] = [RunStatus(RUNNING), RunStatus(SUCCEEDED)]
    world.runners.broken_looks = broken
    assert ends(world.resume(notes))["api"] == ["succeeded"]
    assert world.runners.starts["api", ""] == 1


def test_nothing_is_started_beside_a_run_that_cannot_be_polled(world: World) -> None:
    """It is unknown, and polled again; once it is seen to have failed, it is tried again."""
    world.runners.script("api", FAILED)
    plan, notes = world.begun()
    world.run(plan, notes)
    world.runners.broken_looks = 1_000
    report = world.resume(notes)
    assert ends(report)["api"] == ["unknown"]
    assert report.unfinished
    (api,) = [d for o in report.outcomes for d in o.deployments if o.repo == "api"]
    assert api.status.detail == "the host answered 502."
    world.runners.broken_looks = 0
    assert ends(world.resume(notes))["api"] == ["failed"]
    assert world.runners.starts["api", ""] == 1
    world.runners.script("api", SUCCEEDED)
    assert ends(world.resume(notes))["api"] == ["succeeded"]
    assert world.runners.starts["api", ""] == 2


def failed_once(world: World) -> tuple[Notes, str]:
    """Deploy everything, which fails for api; return the journal, and the id of that run."""
    world.runners.script("api", FAILED)
    plan, notes = world.begun()
    world.run(plan, notes)
    world.runners.script("api", SUCCEEDED)
    return notes, f"{plan.operation}/api/1"


def never(_: DeploymentSpec) -> None:
    """Refuse a start before it was sent."""
    raise NotStartedError("the host is not reachable.")


@pytest.mark.parametrize("how", ["limit", "not_sent", "refused"])
def test_a_refused_attempt_leaves_the_run_before_it_known(world: World, how: str) -> None:
    """So that it is found if someone reruns it meanwhile, and nothing starts beside it."""
    notes, run = failed_once(world)
    if how == "limit":
        world.runners.at_start = lambda _: world.runners.limits.update({("api", ""): [9e9]})
    elif how == "not_sent":
        world.runners.at_start = never
    else:
        world.runners.refuse.add(("api", ""))
    (refused,) = outcome(world.resume(notes), "api").deployments
    assert (refused.state, refused.attempt, refused.run) == (FAILED, 1, Run(run, refused.url))
    assert "host" in refused.status.detail
    world.runners.courses[run] = [RunStatus(RUNNING), RunStatus(SUCCEEDED)]
    assert ends(world.resume(notes))["api"] == ["succeeded"]
    assert world.runners.starts["api", ""] == 1


def test_a_repeated_start_looks_at_the_run_before_again(world: World) -> None:
    """While a lost request is searched for, in vain, someone reruns the failed run."""
    notes, run = failed_once(world)
    world.runners.courses[run] = [RunStatus(s) for s in (FAILED, FAILED, RUNNING, SUCCEEDED)]
    world.runners.lose_request.add(("api", ""))
    world.runners.never_began.add(("api", ""))
    (deployment,) = outcome(world.resume(notes), "api").deployments
    assert (deployment.state, deployment.attempt) == (SUCCEEDED, 1)
    assert world.runners.starts["api", ""] == 1


def test_an_attempt_that_is_refused_twice_starts_later(world: World) -> None:
    """It is the second one, however often it was tried."""
    notes, _ = failed_once(world)
    world.runners.at_start = never
    for _ in range(2):
        assert ends(world.resume(notes))["api"] == ["failed"]
    world.runners.at_start = lambda _: None
    (deployment,) = outcome(world.resume(notes), "api").deployments
    assert (deployment.state, deployment.attempt) == (SUCCEEDED, 2)


def cut_at_the_request(notes: Notes) -> None:
    """Keep the journal up to the note that the second attempt for api starts."""
    noted = [entry.repos == ("api",) and entry.deployment for entry in notes.entries]
    (last,) = [
        at for at, each in enumerate(noted) if each and each.state is STARTING and each.attempt == 2
    ]
    notes.entries = notes.entries[: last + 1]


def test_a_kill_before_the_second_request_leaves_the_first_run_known(world: World) -> None:
    """A person accepts that there is no trace of the second; someone has rerun the first."""
    notes, run = failed_once(world)
    world.runners.lose_request.add(("api", ""))
    second = f"{run[:-1]}2"
    world.resume(notes)
    cut_at_the_request(notes)
    assert ends(world.resume(notes))["api"] == ["unknown"]
    world.runners.courses[run] = [RunStatus(RUNNING), RunStatus(SUCCEEDED)]
    (deployment,) = outcome(world.resume(notes, accepted=(second,)), "api").deployments
    assert (deployment.state, deployment.attempt) == (SUCCEEDED, 1)
    assert world.runners.starts["api", ""] == 1


def test_a_request_that_never_began_keeps_the_first_run_known(world: World) -> None:
    """It is made again, as the same attempt, unless the first run is running again."""
    notes, run = failed_once(world)
    world.runners.lose_request.add(("api", ""))
    world.resume(notes)
    cut_at_the_request(notes)
    kept = list(notes.entries)
    for course, attempt in ((RUNNING, SUCCEEDED), 1), ((FAILED,), 2):
        notes.entries = list(kept)
        world.runners.courses[run] = [RunStatus(state) for state in course]
        world.runners.never_began.add(("api", ""))
        (deployment,) = outcome(world.resume(notes), "api").deployments
        assert (deployment.state, deployment.attempt) == (SUCCEEDED, attempt)
        assert world.runners.starts["api", ""] == attempt


def test_the_first_run_of_three_may_be_running_again(world: World) -> None:
    """It is followed; a new attempt has a number that none had before."""
    notes, run = failed_once(world)
    world.runners.script("api", FAILED)
    world.resume(notes)
    world.runners.courses[run] = [RunStatus(RUNNING), RunStatus(FAILED)]
    (rerun,) = outcome(world.resume(notes), "api").deployments
    assert (rerun.state, rerun.attempt, world.runners.starts["api", ""]) == (FAILED, 1, 2)
    world.runners.script("api", SUCCEEDED)
    (third,) = outcome(world.resume(notes), "api").deployments
    assert (third.state, third.attempt, world.runners.starts["api", ""]) == (SUCCEEDED, 3, 3)
    assert [each.attempt for each in third.others] == [1, 2]


@pytest.mark.parametrize("accepted", [False, True])
def test_nothing_starts_while_the_run_of_another_operation_cannot_be_read(
    world: World, *, accepted: bool
) -> None:
    """It failed, and may have been rerun; its host is silent for longer than a minute."""
    plan = replace(world.plan(), repos=world.plan().repos[1:2])
    (spec,) = planned_specs(plan, NOTHING_YET)
    spec = replace(spec, key="earlier/api/1")
    world.earlier = {"api": LastOperation("earlier", (Earlier(spec, Run("gone"), FAILED),))}
    plan = replace(plan, accepted_now=(spec.key,) if accepted else ())
    world.runners.at_poll = lambda each: setattr(
        world.runners, "broken_looks", each.key == spec.key
    )
    (deployment,) = outcome(world.run(plan), "api").deployments
    assert world.runners.starts["api", ""] == accepted
    assert (deployment.state is RunState.NOT_STARTED) is not accepted
    unread = "whether a deployment of earlier to stg is running again is unknown: "
    assert accepted or deployment.status.detail == f"{unread}the host answered 502."
    world.runners.at_poll = lambda _: None
    world.runners.runs["gone"] = ("api", "")
    world.runners.courses["gone"] = [RunStatus(RUNNING)]
    (deployment,) = outcome(world.run(plan), "api").deployments
    assert deployment.state is RunState.NOT_STARTED
    assert world.runners.starts["api", ""] == accepted


def test_what_cannot_be_looked_at_just_before_a_start_may_be_running(world: World) -> None:
    """It had failed a moment ago, but now its host does not answer."""
    notes, _ = failed_once(world)
    polls: list[str] = []

    def broken(spec: DeploymentSpec) -> None:
        polls.append(spec.key)
        world.runners.broken_looks = len(polls) - 1

    world.runners.at_poll = broken
    (deployment,) = outcome(world.resume(notes), "api").deployments
    assert (deployment.state, deployment.attempt) == (RunState.UNKNOWN, 1)
    assert world.runners.starts["api", ""] == 1


@pytest.mark.parametrize(("now", "starts"), [(False, 1), (True, 2)])
def test_only_what_is_accepted_now_starts_a_new_attempt(
    world: World, *, now: bool, starts: int
) -> None:
    """What was accepted for an earlier attempt was about what was found then."""
    world.runners.script("api", FAILED)
    plan, notes = world.begun()
    key = f"{plan.operation}/api/1"
    plan = replace(
        plan,
        accepted=(Accepted("deployment_in_doubt", "api", "it is unknown.", key),),
        accepted_now=(key,) if now else (),
    )
    notes.entries = [replace(notes.entries[0], plan=plan)]
    world.run(plan, notes)
    world.runners.at_poll = lambda spec: setattr(world.runners, "broken_looks", spec.key == key)
    world.runners.script("api", SUCCEEDED)
    world.resume(notes)
    assert world.runners.starts["api", ""] == starts


def test_what_only_a_push_starts_has_no_new_attempt(world: World) -> None:
    """A person accepts that there is no trace of its run, but there is nothing to request."""
    world.git.deploy = Deploy(replace(GITHUB, trigger=Trigger.PUSH))
    plan, notes = world.begun()
    world.run(plan, notes)
    (deployment,) = outcome(
        world.resume(notes, accepted=(f"{plan.operation}/api/1",)), "api"
    ).deployments
    assert (deployment.state, deployment.attempt) == (RunState.UNKNOWN, 1)


def test_what_is_accepted_is_not_what_was_requested_since(world: World) -> None:
    """The old request never arrived; the answer to a new one is lost, which is another doubt."""
    world.runners.lose_request.add(("api", ""))
    plan, notes = world.begun()
    key = f"{plan.operation}/api/1"
    accepted = (Accepted("deployment_in_doubt", "api", "it is unknown.", key),)
    plan = replace(plan, accepted=accepted, accepted_now=(key,))
    notes.entries = [replace(notes.entries[0], plan=plan)]
    world.run(plan, notes)
    mine = [entry for entry in notes.entries if entry.repos == ("api",) and entry.deployment]
    notes.entries.remove(mine[-1])
    world.clock.time += 3600
    world.runners.never_began.add(("api", ""))
    world.runners.lose_request.add(("api", ""))
    (deployment,) = outcome(world.resume(notes), "api").deployments
    assert (deployment.state, deployment.attempt) == (RunState.UNKNOWN, 1)
    assert world.runners.starts["api", ""] == 0


def test_an_interrupt_while_the_end_of_a_failed_run_is_read_leaves_it_failed(world: World) -> None:
    """The report says what the journal says."""
    notes, run = failed_once(world)
    world.runners.courses[run] = [RunStatus(RUNNING, more=True)]
    world.runners.at_poll = lambda _: world.leave.set()
    assert ends(world.resume(notes))["api"] == ["failed"]
    known = Operation.from_entries(notes.entries)
    assert known
    assert known.state.of("api").deployments[""].state is FAILED


@pytest.mark.parametrize("seen", [RUNNING, RunState.WAITING])
def test_what_was_seen_last_is_noted_when_it_is_left(world: World, seen: RunState) -> None:
    """Who abandons the operation later reads that it was running, not that it was queued."""
    world.runners.script("api", seen)
    world.runners.at_poll = lambda spec: world.leave.set() if spec.repo == "api" else None
    plan, notes = world.begun()
    assert ends(world.run(plan, notes))["api"] == [str(seen)]
    known = Operation.from_entries(notes.entries)
    assert known
    assert known.state.of("api").deployments[""].state is seen


@pytest.mark.parametrize("runner", [GITHUB, HERE])
def test_what_failed_and_is_gone_is_deployed_again(world: World, runner: Runner) -> None:
    """No host deletes a run while it is running. But its answer may be wrong for a moment."""
    world.git.deploy = Deploy(runner, timeout=600.0)
    world.runners.script("api", FAILED)
    plan, notes = world.begun()
    world.run(plan, notes)
    (key,) = [key for key, place in world.runners.runs.items() if place[0] == "api"]
    world.runners.deleted.add(key)
    world.runners.script("api", SUCCEEDED)
    assert ends(world.resume(notes))["api"] == ["succeeded"]
    assert world.runners.starts["api", ""] == 2


def test_an_interrupt_while_a_start_is_searched_for_starts_nothing(world: World) -> None:
    """Once it is known that nothing was started, continue starts it."""
    plan, notes = world.begun()
    world.runners.lose_request.add(("api", ""))
    world.run(plan, notes)
    cut_after_the_first_note(notes)
    world.runners.never_began.add(("api", ""))
    world.leave.set()
    assert ends(world.resume(notes))["api"] == ["starting"]
    assert world.runners.starts["api", ""] == 0
    world.leave.clear()
    world.runners.never_began.add(("api", ""))
    assert ends(world.resume(notes))["api"] == ["succeeded"]


def test_a_deployment_that_was_not_started_is_not_polled(world: World) -> None:
    """An empty deployment in the state of a plan that is continued does not count as started."""
    so_far = state(deployments={"database": {"": Deployment()}})
    report = world.run(state=so_far)
    assert ends(report)["database"] == ["succeeded"]


def test_a_deployment_counts_when_it_answers_right_in_a_row(world: World) -> None:
    """It must answer correctly as often as configured, with the pause in between."""
    world.git.deploy = Deploy(CommandRunner(("true",)), health=HEALTH)
    plan = replace(world.plan(), repos=world.plan().repos[:1])
    sha = plan.repos[0].after
    good, bad = HealthAnswer(200, f'{{"sha": "{sha}"}}'), HealthAnswer(503, "starting")
    world.probe = FakeProbe("it cannot be reached.", bad, good, bad, good, good)
    report = world.run(plan)
    assert ends(report)["database"] == ["succeeded"]
    assert world.probe.asked == ["https://database.example/health"] * 6
    assert world.clock.waits.count(7.0) == 5


def test_a_service_that_alternates_is_unhealthy_with_a_reason(world: World) -> None:
    """Its last answer was right, but not often enough in a row."""
    health = replace(HEALTH, attempts=1)
    world.git.deploy = Deploy(CommandRunner(("true",)), health=health)
    plan = replace(world.plan(), repos=world.plan().repos[:1])
    good = HealthAnswer(200, f'{{"sha": "{plan.repos[0].after}"}}')
    world.probe = FakeProbe(HealthAnswer(503), good)
    (deployment,) = outcome(world.run(plan), "database").deployments
    assert deployment.state is RunState.UNHEALTHY
    assert deployment.status.detail == (
        f"{world.probe.asked[0]}: the last answer was right, but 2 in a row are required. "
        "Before: it answers 503, not 200."
    )


def test_what_was_said_before_a_continue_is_not_said_again(world: World) -> None:
    """A run that is polled again has no reason yet, if it is interrupted before it answers."""
    world.runners.script("api", RUNNING)
    plan, notes = world.begun()
    (timed_out,) = outcome(world.run(plan, notes), "api").deployments
    assert "10 minutes" in timed_out.status.detail
    world.runners.at_poll = lambda _: world.leave.set()
    world.runners.broken_looks = 1
    world.leave.set()
    (left,) = outcome(world.resume(notes), "api").deployments
    assert (left.state, left.status.detail) == (RunState.QUEUED, "")


def test_a_reason_is_gone_when_the_next_poll_succeeds(world: World) -> None:
    """The error of a poll is shown until then, and not when the run is left running."""
    world.runners.script("api", RUNNING)
    world.runners.broken_looks = 100
    polls = list[str]()

    def leave(spec: DeploymentSpec) -> None:
        polls.append(spec.repo)
        if not world.runners.broken_looks:
            world.leave.set()

    world.runners.at_poll = leave
    alone = replace(world.plan(), repos=world.plan().repos[1:2])  # no other one uses up the errors
    (left,) = outcome(world.run(alone), "api").deployments
    assert len(polls) == 101
    assert left.status.detail == ""


def test_the_wrong_version_is_unhealthy(world: World) -> None:
    """The last answer is reported; the operation ends, and continue asks again without a start."""
    world.git.deploy = Deploy(CommandRunner(("true",)), health=HEALTH)
    world.git.waves = {"api": 1, "web": 1}
    world.probe = FakeProbe(HealthAnswer(200, '{"sha": "1a2b3c4"}'))
    plan, notes = world.begun()
    report = world.run(plan, notes)
    (deployment,) = outcome(report, "database").deployments
    assert deployment.state is RunState.UNHEALTHY
    assert "sha is 1a2b3c4, not" in deployment.status.detail

    world.git.deploy = None
    shas = {repo.repo: repo.after for repo in plan.repos}
    world.probe = FakeProbe(HealthAnswer(200, f'{{"sha": "{shas["database"]}"}}'))
    again = world.resume(notes)
    assert outcome(again, "database").deployments[0].state is SUCCEEDED
    assert world.runners.starts["database", ""] == 1


@pytest.mark.parametrize(
    ("now", "state"), [(SUCCEEDED, RunState.SUCCEEDED), (RUNNING, RunState.RUNNING)]
)
def test_without_waiting_an_earlier_run_is_looked_at_once(
    world: World, now: RunState, state: RunState
) -> None:
    """It may have ended since it was left running; then the next wave begins."""
    world.git.waves = {"api": 1, "web": 1}
    world.runners.script("database", RUNNING)
    plan, notes = world.begun()
    alone = replace(plan, wait=False)
    first = world.run(alone, notes)
    assert outcome(first, "database").deployments[0].state is RunState.QUEUED
    (run,) = (known for known, place in world.runners.runs.items() if place[0] == "database")
    world.runners.courses[run] = [RunStatus(now)]
    report = world.resume(notes, wait=False)
    assert outcome(report, "database").deployments[0].state is state
    assert (world.runners.starts.get(("api", ""), 0) == 1) is (now is SUCCEEDED)
