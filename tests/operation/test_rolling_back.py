"""Rolling back and held stages: what is deployed, what is held, and what ends a hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from multigit.adapters.files.holds import HeldHere, HoldFiles
from multigit.core.planning.consent import Consent
from multigit.core.planning.overrides import NOTHING_OVERRIDDEN, Override, override_of
from multigit.core.planning.plan import Result, RollsBack, State
from multigit.core.recovery.roll_back_request import How
from multigit.core.reports.summary import summary
from multigit.core.values.deployment import DeploymentSpec, RunState
from multigit.core.values.hold import HeldRepo, Hold
from multigit.core.values.mark import Quality
from multigit.core.values.workspace import Workspace
from multigit.errors import MultigitError, RefusedError, UsageError
from multigit.operation import deploying, preflight, rolling_back
from multigit.operation.continuing import continue_
from multigit.operation.marking import mark_release
from multigit.operation.recovery import abandon
from multigit.operation.rolling_back import roll_back
from multigit.operation.run import Ended
from multigit.operation.undoing import undo
from multigit.operation.way_back import RollBack
from tests.operation.conftest import with_work
from tests.operation.desk import COMMAND, DRY, YES, Desk, KilledError

RELEASING = replace(YES, override=override_of((), "it is fixed", release_hold=True))
SUCCEEDED = [RunState.SUCCEEDED]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Return a workspace with two releases on stg, of which api and web are parts."""
    desk = with_work(Desk(tmp_path, deploys=COMMAND))
    desk.promote()
    for name, repo in desk.git.repos.items():
        repo.remote.commit("dev", {f"{name}.txt": "2"}, message=f"feat: {name} 2")
    desk.promote()
    return desk


def back(
    desk: Desk,
    consent: Consent = YES,
    *repos: str,
    release: str = "",
    how: How | None = None,
    override: Override = NOTHING_OVERRIDDEN,
    why: str = "it is ill",
) -> Ended:
    """Roll stg back, to the last good release if none is named."""
    session = desk.session()
    space = session.workspace
    chosen = tuple(each for each in space.repos if not repos or each.name in repos)
    last_good, stage = not release, space.stage("stg")
    asked = RollBack(stage, chosen, release, last_good, how, why, override)
    return roll_back(session, asked, consent)


def onward(desk: Desk, consent: Consent = YES) -> Ended:
    """Continue the unfinished operation."""
    ended = continue_(desk.session(), consent, skip_blocked=False, accept_reverts=False)
    assert isinstance(ended, Ended)
    return ended


def held(desk: Desk) -> Hold | None:
    """Return the hold on stg."""
    return desk.session().shared().holds().get("stg")


def releases(desk: Desk) -> list[str]:
    """Return the releases of the promotions that were recorded, oldest first."""
    return [each.release for each in desk.records if each.command == "promote"]


def tips(desk: Desk) -> dict[str, str]:
    """Return where stg is on the remotes."""
    return {name: repo.remote.tip("stg") for name, repo in desk.git.repos.items()}


def first(desk: Desk, name: str) -> str:
    """Return the commit of the first release."""
    return desk.git[name].objects.commits[tips(desk)[name]].parents[0]


def codes(ended: Ended) -> dict[str, list[str]]:
    """Return the codes of each repository's problems."""
    return {o.repo: [each.code for each in o.problems] for o in ended.report.outcomes}


def states(ended: Ended) -> dict[str, State]:
    """Return the state of each repository."""
    return {each.repo: each.state for each in ended.report.outcomes}


def deployed(ended: Ended) -> dict[str, str]:
    """Return the commits that were deployed with success."""
    return {
        each.repo: each.plan.deploys()[0].sha or each.after
        for each in ended.report.outcomes
        if [run.state for run in each.deployments] == SUCCEEDED
    }


def interrupting(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let a roll-back end with an error right after it has held the stage."""
    set_hold = HeldHere.hold

    def stopped(held_here: HeldHere, stage: str, hold: Hold) -> None:
        set_hold(held_here, stage, hold)
        raise error

    monkeypatch.setattr(HeldHere, "hold", stopped)


def in_waves(space: Workspace) -> Workspace:
    """Return the workspace with web after api."""
    api, web = space.repos
    return replace(space, repos=(api, replace(web, wave=1, after=("api",))))


# --- What is deployed again


def test_what_was_never_deployed_and_has_not_moved_stays(tmp_path: Path) -> None:
    """A release of one repository does not start the deployments of all others."""
    desk = with_work(Desk(tmp_path, deploys=COMMAND))
    desk.promote(YES, "api")
    desk.git["api"].remote.commit("dev", {"api.txt": "2"}, message="feat: api 2")
    desk.promote(YES, "api")
    ended = back(desk)
    assert deployed(ended) == {"api": first(desk, "api")}
    assert states(ended)["web"] is State.UP_TO_DATE
    hold = held(desk)
    assert hold
    assert hold.repos.keys() == {"api"}


# --- Setting the hold


def test_the_stage_is_held_before_the_first_deployment(desk: Desk) -> None:
    """With who, why, and what must not go out; no branch moves."""
    old, bad = releases(desk)
    before = desk.git.remote_refs()
    seen = list[Hold | None]()
    desk.hosts.at_start = lambda _: seen.append(held(desk))
    ended = back(desk)
    hold = held(desk)
    assert hold
    assert seen == [replace(hold, running=("api", "web"), left=("api", "web"))] * 2
    assert ended.report.result is Result.DONE
    assert deployed(ended) == {name: first(desk, name) for name in ("api", "web")}
    assert desk.git.remote_refs() == before
    assert (hold.release, hold.bad, hold.why, hold.local) == (old, bad, "it is ill", True)
    assert hold.operation == ended.report.plan.operation
    assert hold.repos == {
        name: HeldRepo(first(desk, name), tip, bad) for name, tip in tips(desk).items()
    }


def test_a_dry_run_holds_nothing(desk: Desk) -> None:
    """And it deploys nothing."""
    starts = desk.hosts.starts.copy()
    assert back(desk, DRY).report.result is Result.PLANNED
    assert (held(desk), desk.hosts.starts) == (None, starts)


def test_what_cannot_be_held_is_not_rolled_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is deployed, and the record says why."""
    starts = desk.hosts.starts.copy()

    def refuse(*_: object) -> None:
        raise RefusedError("no room.", hint="Free some.", code="hold_not_writable")

    monkeypatch.setattr(HoldFiles, "write", refuse)
    ended = back(desk)
    assert ended.report.result is Result.BLOCKED
    assert [each.code for each in ended.report.problems] == ["hold_not_writable"]
    assert desk.hosts.starts == starts
    assert (desk.records[-1].result, desk.records[-1].reason) == ("blocked", "hold_not_writable")
    assert desk.unfinished == ()


@pytest.mark.parametrize("given_up", [False, True])
def test_a_roll_back_that_died_before_it_began_holds_the_stage(
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    given_up: bool,  # noqa: FBT001
) -> None:
    """It can be continued; given up, it leaves the hold that was there before."""
    interrupting(monkeypatch, KilledError())
    with pytest.raises(KilledError):
        back(desk)
    monkeypatch.undo()
    assert desk.unfinished
    assert held(desk)
    if given_up:
        abandon(desk.session())
        assert held(desk) is None
    else:
        assert deployed(onward(desk)) == {name: first(desk, name) for name in ("api", "web")}
        assert held(desk)
    assert desk.unfinished == ()


def dying(desk: Desk, command: Callable[[], object]) -> None:
    """Let a command die when it has started web, and api comes next."""

    def die(_: DeploymentSpec) -> None:
        raise KilledError

    desk.change = in_waves
    desk.hosts.at_poll = die
    with pytest.raises(KilledError):
        command()
    desk.hosts.at_poll = lambda _: None


def begun(desk: Desk) -> Hold:
    """Let a roll-back die when it has started web, and api comes next; return its hold."""
    dying(desk, lambda: back(desk))
    hold = held(desk)
    assert hold
    return hold


def test_a_roll_back_does_not_go_on_once_its_hold_is_gone(desk: Desk) -> None:
    """Someone has ended it elsewhere, and may have deployed something newer, or holds it anew."""
    hold, files = begun(desk), desk.session().files.holds
    starts = dict(desk.hosts.starts)
    files.remove("stg")
    assert codes(onward(desk)) == {"api": ["hold_gone"], "web": []}
    hold_elsewhere(desk)
    assert codes(onward(desk))["api"] == ["hold_gone"]
    assert desk.hosts.starts == starts
    files.write(hold)
    assert onward(desk).report.result is Result.DONE


def test_a_roll_back_that_holds_nothing_itself_goes_on(desk: Desk) -> None:
    """One that goes forward to what the branch has: the hold of before is there, or ended by it."""
    back(desk)
    dying(desk, lambda: back(desk, release=releases(desk)[-1]))
    assert deployed(onward(desk)) == tips(desk)
    assert held(desk) is None
    assert desk.records[-1].rolls_back
    assert not desk.records[-1].rolls_back.held


@pytest.mark.parametrize("earlier", [False, True])
def test_a_roll_back_that_died_before_it_held_goes_on(
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    earlier: bool,  # noqa: FBT001
) -> None:
    """No one has ended its hold, since it had none yet."""
    old, bad = releases(desk)
    if earlier:
        commit_everywhere(desk, "3")
        desk.promote()
        back(desk, release=bad)
    monkeypatch.setattr(HeldHere, "hold", Mock(side_effect=KilledError))
    with pytest.raises(KilledError):
        back(desk, release=old)
    monkeypatch.undo()
    assert onward(desk).report.result is Result.DONE
    hold = held(desk)
    assert hold
    assert (hold.release, hold.left) == (old, ())


def test_a_roll_back_that_is_given_up_holds_what_it_reached(desk: Desk) -> None:
    """And says where it is not known that the stage has come back, also without a shared ref."""

    def die(spec: DeploymentSpec) -> None:
        if spec.repo == "api":
            raise KilledError

    desk.change = in_waves
    desk.hosts.at_poll = die
    with pytest.raises(KilledError):
        back(desk)
    abandon(desk.session())
    hold = held(desk)
    assert hold
    assert (hold.running, hold.left) == (("api",), ("api",))


def test_a_second_roll_back_leaves_what_the_first_one_did_not_finish(desk: Desk) -> None:
    """Where it does not go back itself."""
    commit_everywhere(desk, "3")
    desk.promote()
    oldest, middle, _ = releases(desk)
    desk.hosts.script("api", RunState.FAILED)
    back(desk, release=middle)
    back(desk, YES, "web", release=oldest)
    hold = held(desk)
    assert hold
    assert (hold.running, hold.left) == ((), ("api",))
    desk.hosts.script("api", RunState.SUCCEEDED)
    back(desk, release=oldest)
    hold = held(desk)
    assert hold
    assert hold.left == ()


def test_a_roll_back_that_failed_holds_the_stage(desk: Desk) -> None:
    """The deployment was started, so nobody knows what the stage has."""
    desk.hosts.script("api", RunState.FAILED)
    assert back(desk, YES, "api").report.result is Result.FAILED
    assert held(desk)


def test_going_forward_again_by_name_ends_the_hold(desk: Desk) -> None:
    """What the branch has is deployed then, so nothing is left that must not go out."""
    back(desk)
    bad = releases(desk)[-1]
    ended = back(desk, YES, "api", release=bad)
    assert deployed(ended) == {"api": tips(desk)["api"]}
    hold = held(desk)
    assert hold
    assert set(hold.repos) == {"web"}
    ended = back(desk, YES, release=bad)
    assert deployed(ended) == {"web": tips(desk)["web"]}
    assert held(desk) is None


# --- What a hold keeps from going out


def test_nothing_new_goes_out_to_a_held_stage(desk: Desk) -> None:
    """A promotion and a deployment block with who, when and why; nothing is pushed."""
    back(desk)
    desk.git["api"].remote.commit("dev", {"api.txt": "3"}, message="fix: api")
    before, starts = desk.git.remote_refs(), desk.hosts.starts.copy()
    for ended in (desk.promote(), desk.promote(DRY), desk.promote(YES, "api"), desk.deploy()):
        assert ended.report.result is Result.BLOCKED
        found = [p for each in ended.report.outcomes for p in each.problems if p.code == "held"]
        assert "rolled it back to" in found[0].message
        assert "(it is ill)" in found[0].message
    assert (desk.git.remote_refs(), desk.hosts.starts) == (before, starts)


def test_what_deploys_nothing_there_is_not_blocked(desk: Desk) -> None:
    """Such as a back-merge from a held stage, and a push to the one before it."""
    back(desk)
    desk.git["api"].remote.commit("stg", {"hot.txt": "1"}, message="fix: hot")
    assert desk.backmerge().report.result is Result.DONE
    web = desk.git["web"]
    web.update_work_tree("dev", web.remote.tip("dev"))
    web.write({"new.txt": "1"})
    assert desk.push().report.result is Result.DONE
    assert held(desk)


def test_an_earlier_release_is_deployed_by_name_and_the_bad_one_is_not(desk: Desk) -> None:
    """The hold says of the bad one that it must not go out, whatever it is called."""
    old, bad = releases(desk)
    back(desk)
    assert desk.deploy(release=old).report.result is Result.DONE
    ended = desk.deploy(release=bad)
    assert codes(ended) == {"api": ["held"], "web": ["held"]}
    assert held(desk)
    assert desk.deploy(RELEASING, release=bad).report.result is Result.DONE
    assert held(desk) is None


def test_the_bad_release_by_name_leaves_what_came_after_it_held(desk: Desk) -> None:
    """Only where the branch is deployed the hold ends, and only what goes out is said to."""
    desk.git["web"].remote.commit("dev", {"web.txt": "3"}, message="feat: web 3")
    desk.promote()
    old, bad, _ = releases(desk)
    back(desk, release=old)
    there, ended = first(desk, "web"), desk.deploy(RELEASING, release=bad)
    assert deployed(ended) == {"api": tips(desk)["api"], "web": there}
    said = [p.message for o in ended.report.outcomes for p in o.problems if p.code != "held"]
    assert said == [
        "1 rolled-back commit goes out again: feat: api 2.",
        "1 rolled-back commit goes out again: feat: web 2.",
    ]
    hold = held(desk)
    assert hold
    assert {n: (each.to, each.release) for n, each in hold.repos.items()} == {"web": (there, bad)}
    assert codes(desk.deploy())["web"] == ["held"]


def test_a_hold_that_ended_elsewhere_does_not_come_back_by_name(desk: Desk) -> None:
    """A deployment of an earlier release that is continued notes nothing there any more."""
    old, _ = releases(desk)
    back(desk)
    dying(desk, lambda: desk.deploy(release=old))
    desk.session().files.holds.remove("stg")
    assert onward(desk).report.result is Result.DONE
    assert held(desk) is None


def test_nothing_new_on_a_held_stage_is_not_all(desk: Desk) -> None:
    """What the branch has waits: the promotion blocks, and deploys it if the hold is released."""
    back(desk)
    blocked = desk.promote().report
    assert blocked.result is Result.BLOCKED
    assert {p.code for o in blocked.outcomes for p in o.problems} == {"held"}
    ended = desk.promote(RELEASING)
    assert deployed(ended) == tips(desk)
    assert held(desk) is None


def test_what_only_a_person_could_deploy_is_said_to_be_held(desk: Desk) -> None:
    """At a terminal, too, where the promotion has nothing to ask about."""
    back(desk, YES, "web")
    desk.screen.person = True
    said = len(desk.screen.said)
    assert desk.promote(Consent(), "api").report.result is Result.NOTHING
    assert any("stg is held" in each for each in desk.screen.said[said:])


# --- Releasing it


def test_the_release_that_ends_the_hold_is_whole(desk: Desk) -> None:
    """Also what has no new commits goes out again, and the plan says which commits do."""
    back(desk)
    desk.git["api"].remote.commit("dev", {"api.txt": "3"}, message="fix: api")
    ended = desk.promote(RELEASING)
    assert deployed(ended) == tips(desk)
    messages = [p.message for o in ended.report.outcomes for p in o.problems]
    assert "1 rolled-back commit goes out again: feat: api 2." in messages
    assert "1 rolled-back commit goes out again: feat: web 2." in messages
    (note,) = ended.report.plan.accepted
    assert (note.code, note.reason) == ("held", "it is fixed")
    assert desk.records[-1].accepted == ended.report.plan.accepted
    assert held(desk) is None


def test_a_hold_ends_only_where_something_went_out(desk: Desk) -> None:
    """The rest stays held, and the next promotion there still asks."""
    back(desk)
    desk.git["api"].remote.commit("dev", {"api.txt": "3"})
    assert desk.promote(RELEASING, "api").report.result is Result.DONE
    hold = held(desk)
    assert hold
    assert set(hold.repos) == {"web"}
    assert desk.promote(RELEASING, "web").report.result is Result.DONE
    assert held(desk) is None


def test_a_hold_is_released_once(desk: Desk) -> None:
    """A promotion that stays unfinished keeps what it did not reach, and asks no second time."""
    back(desk)
    desk.change = in_waves
    desk.git["api"].remote.commit("dev", {"api.txt": "3"})
    desk.hosts.script("api", RunState.FAILED)
    desk.promote(RELEASING)
    hold = held(desk)
    assert hold
    assert set(hold.repos) == {"web"}
    desk.hosts.script("api", RunState.SUCCEEDED)
    ended = onward(desk)
    assert ended.report.result is Result.DONE
    assert len(ended.report.plan.accepted) == 1
    assert held(desk) is None


def test_a_hold_that_ended_meanwhile_does_not_come_back(desk: Desk) -> None:
    """What an unfinished promotion leaves of a hold is what is left of it by then."""
    back(desk)
    desk.change = in_waves
    for name, repo in desk.git.repos.items():
        repo.remote.commit("dev", {f"{name}.txt": "3"})
    with desk.killed("api"):
        desk.promote(RELEASING, "api")
    hold = held(desk)
    assert hold
    files = desk.session().files.holds
    files.write(replace(hold, repos={"api": hold.repos["api"]}))  # web went out from elsewhere
    assert onward(desk).report.result is Result.DONE
    assert held(desk) is None


def promotion_begun(desk: Desk) -> None:
    """Let a promotion die when api is deployed and web is to be pushed."""
    for name, repo in desk.git.repos.items():
        repo.remote.commit("dev", {f"{name}.txt": "3"}, message=f"feat: {name} 3")
    desk.change = in_waves
    with desk.killed("web"):
        desk.promote()


def hold_elsewhere(desk: Desk, *running: str) -> None:
    """Let someone else hold the stage meanwhile, and not see these deployments end."""
    repos = {name: HeldRepo(first(desk, name), tip) for name, tip in tips(desk).items()}
    since = "2025-01-15T13:00:00Z"
    hold = Hold("stg", "op-9", "r-1", "r-2", "Grace", "desk", since, "it is ill", repos)
    desk.session().files.holds.write(replace(hold, running=running, left=running))


def test_a_promotion_that_began_before_the_roll_back_does_not_deploy(desk: Desk) -> None:
    """It blocks, and stays unfinished; released, it is finished without the question."""
    promotion_begun(desk)
    hold_elsewhere(desk)
    starts = desk.hosts.starts["web", ""]
    ended = onward(desk)
    assert ended.report.result is Result.BLOCKED
    assert codes(ended)["web"] == ["held"]
    assert (desk.hosts.starts["web", ""], bool(desk.unfinished)) == (starts, True)
    assert held(desk)
    assert onward(desk, RELEASING).report.result is Result.DONE
    assert (desk.hosts.starts["web", ""], held(desk)) == (starts + 1, None)


def test_nothing_is_continued_beside_the_roll_back_of_another_machine(desk: Desk) -> None:
    """It may be running still: a person has to accept that, as for a new operation."""
    promotion_begun(desk)
    hold_elsewhere(desk, "web")
    starts = desk.hosts.starts["web", ""]
    assert "deployment_in_doubt" in codes(onward(desk, RELEASING))["web"]
    assert desk.hosts.starts["web", ""] == starts
    ended = onward(desk, replace(RELEASING, accept_doubt=True))
    assert ended.report.result is Result.DONE
    assert (desk.hosts.starts["web", ""], held(desk)) == (starts + 1, None)


@pytest.mark.parametrize(
    ("answer", "result", "why"),
    [
        (True, "done", ""),
        (False, "cancelled", ""),
        (KeyboardInterrupt(), "cancelled", ""),
        (EOFError(), "blocked", "held"),
    ],
)
def test_a_person_decides_about_the_hold(
    desk: Desk,
    answer: bool | BaseException,  # noqa: FBT001
    result: str,
    why: str,
) -> None:
    """A no cancels, as with any question; without a terminal nobody can release it."""
    back(desk)
    desk.git["api"].remote.commit("dev", {"api.txt": "3"})
    desk.screen.person, desk.screen.answer = True, answer
    ended, yes = desk.promote(Consent()), answer is True
    assert desk.screen.asked[0].startswith("stg is held. ")
    assert len(desk.screen.asked) == 1 + yes
    assert (held(desk) is None) == yes
    record = desk.records[-1]
    assert (record.result, record.reason) == (result, why)
    assert [each.code for each in ended.report.plan.accepted] == ["held"] * yes
    if result == "cancelled":
        assert summary(ended.report) == ("Cancelled. Nothing was changed.", "")


def test_a_person_is_asked_at_continue(desk: Desk) -> None:
    """Once for what the hold keeps back; a no changes nothing."""
    promotion_begun(desk)
    hold_elsewhere(desk)
    desk.screen.person, desk.screen.answer = True, False
    assert onward(desk, Consent()).report.result is Result.CANCELLED
    assert bool(desk.unfinished)
    desk.screen.answer = True
    assert onward(desk, Consent()).report.result is Result.DONE
    assert [each for each in desk.screen.asked if "held" in each] == [desk.screen.asked[0]] * 2
    assert held(desk) is None


# --- Undo and restore


def test_a_redeployed_stage_cannot_be_undone(desk: Desk) -> None:
    """Nothing was published: the refusal names what can be done, and the hold stays."""
    back(desk)
    hold = held(desk)
    ended = undo(desk.session(), None, YES)
    assert ended.report.result is not Result.DONE
    assert held(desk) == hold


def test_restored_files_are_a_new_release(desk: Desk) -> None:
    """A commit with the old tree on top of the branch, tagged and deployed; nothing is held."""
    before, old = tips(desk), {name: first(desk, name) for name in ("api", "web")}
    ended = back(desk, how=How.RESTORE)
    assert ended.report.result is Result.DONE
    for name, tip in tips(desk).items():
        objects = desk.git[name].objects
        assert objects.commits[tip].parents == (before[name],)
        assert objects.commits[tip].tree == objects.commits[old[name]].tree
        assert objects.commits[tip].message.endswith(f"\n\nRolls-back-to: {old[name]}")
    assert deployed(ended) == tips(desk)
    assert ended.report.plan.release.startswith("stg-deploy-")
    assert ended.report.plan.release not in releases(desk)
    assert held(desk) is None


def test_a_restored_stage_is_undone_where_nothing_was_deployed(desk: Desk) -> None:
    """Its commit and its tag are gone then."""
    desk.git.deploy = None
    before = desk.git.remote_refs()
    assert back(desk, release=releases(desk)[0]).report.result is Result.DONE
    assert desk.git.remote_refs() != before
    assert undo(desk.session(), None, YES).report.result is Result.DONE
    assert desk.git.remote_refs() == before


def test_a_promotion_after_a_roll_back_goes_on_after_it_was_killed(desk: Desk) -> None:
    """Between its journal and its push; what it brings back is what was confirmed."""
    desk.git.deploy = None
    work = desk.git["web"].remote.tip("dev")
    message = f"Revert\n\nThis reverts commit {work}."
    desk.git["web"].remote.commit("stg", {"web.txt": "1"}, message=message)
    for name, repo in desk.git.repos.items():
        repo.remote.commit("dev", {f"{name}.new": "1"}, message="feat: new")
    before = tips(desk)
    with desk.killed("web"):
        desk.promote()
    assert desk.unfinished
    assert tips(desk)["web"] == before["web"]
    assert onward(desk).report.result is Result.DONE
    objects = desk.git["web"].objects
    reapplied, _ = objects.commits[tips(desk)["web"]].parents
    assert objects.commits[reapplied].parents == (before["web"],)
    assert objects.files(tips(desk)["web"]) == objects.files(desk.git["web"].remote.tip("dev"))
    assert desk.unfinished == ()


# --- What could stay for ever, or be forgotten


def without_web(space: Workspace) -> Workspace:
    """Return the workspace after web was removed from the configuration."""
    return replace(space, repos=space.repos[:1])


def web_not_deployed(space: Workspace) -> Workspace:
    """Return the workspace in which multigit no longer deploys web to stg."""
    api, web = space.repos
    return replace(space, repos=(api, replace(web, deploys={"stg": None})))


@pytest.mark.parametrize("change", [without_web, web_not_deployed])
def test_a_hold_ends_without_what_can_no_longer_be_deployed(
    desk: Desk, change: Callable[[Workspace], Workspace]
) -> None:
    """Otherwise every later promotion would have to release it again."""
    back(desk)
    desk.change = change
    said = len(desk.screen.said)
    assert desk.deploy(RELEASING).report.result is Result.DONE
    assert held(desk) is None
    message = "web can no longer be deployed to stg: its hold ends, too."
    assert any(message in each for each in desk.screen.said[said:])


def test_two_roll_backs_in_a_row_keep_the_bad_release(desk: Desk) -> None:
    """Otherwise other machines, which read the hold, would take it for a good one."""
    for name, repo in desk.git.repos.items():
        repo.remote.commit("dev", {f"{name}.txt": "3"})
    desk.promote()
    oldest, middle, bad = releases(desk)
    for name in (middle, oldest, oldest, middle):
        desk.hosts.script("api", RunState.FAILED)
        back(desk, release=name)
        hold = held(desk)
        assert hold
        assert (hold.release, hold.bad) == (name, bad)


def test_restored_files_that_were_not_deployed_are_not_all(desk: Desk) -> None:
    """Nothing is left to restore, but the stage still has the bad release there: it says so."""
    old, _ = releases(desk)
    desk.hosts.script("api", RunState.FAILED)
    back(desk, how=How.RESTORE)
    said = len(desk.screen.said)
    assert back(desk, release=old, how=How.RESTORE).report.result is Result.NOTHING
    assert any("The last deployment of api to stg failed." in e for e in desk.screen.said[said:])


# --- What was never deployed, and what is bad


@pytest.mark.parametrize("tags", [True, False])
def test_what_was_published_and_never_deployed_is_held(tmp_path: Path, tags: bool) -> None:  # noqa: FBT001
    """Also where no tag says so; it goes out with the release that ends the hold."""
    desk = with_work(Desk(tmp_path, deploys=COMMAND))
    desk.change = without_tags if not tags else desk.change
    plan = desk.promote().report.plan
    old = plan.release or plan.operation
    desk.git.deploy = None
    commit_everywhere(desk, "2")
    assert desk.promote().report.result is Result.DONE
    published = tips(desk)["web"]
    desk.git.deploy = COMMAND
    commit_everywhere(desk, "3")
    assert desk.promote(YES, "api").report.result is Result.DONE
    web = desk.git["web"].objects.commits[published].parents[0]
    ended = back(desk, release=old)
    assert ended.report.result is Result.DONE
    assert states(ended)["web"] is (State.DEPLOYED if tags else State.UP_TO_DATE)
    hold = held(desk)
    assert hold
    assert {name: (each.to, each.bad) for name, each in hold.repos.items()} == {
        "api": (ended.report.outcomes[0].plan.source_sha, tips(desk)["api"]),
        "web": (web, published),
    }
    commit_everywhere(desk, "4")
    assert desk.promote(RELEASING, "api").report.result is Result.DONE
    hold = held(desk)
    assert hold
    assert hold.repos.keys() == {"web"}
    assert codes(desk.promote(YES, "web"))["web"] == ["held"]


def test_a_bad_release_does_not_go_out_again_without_a_fix(desk: Desk) -> None:
    """Where nothing new goes out with it, it has to be overridden by name; with a fix it goes."""
    back(desk)
    (_, bad) = releases(desk)
    mark_release(desk.session(), bad, Quality.BAD, "slow")
    starts = desk.hosts.starts.copy()
    for consent in (RELEASING, YES, replace(RELEASING, dry_run=True)):
        ended = desk.promote(consent)
        assert codes(ended) == {"api": ["bad_release"], "web": ["bad_release"]}
        hints = {p.hint for each in ended.report.outcomes for p in each.problems}
        assert hints == {
            "Promote a fix. If it has to be this release: `multigit deploy stg -r api -r web "
            '--release-hold --override bad_release --reason "why"`'.replace("`", "")
        }
    desk.screen.person = True
    assert desk.promote(Consent()).report.result is Result.BLOCKED
    assert desk.screen.asked == []
    assert (desk.hosts.starts, desk.unfinished) == (starts, ())
    assert held(desk)
    refused = desk.deploy(RELEASING)
    assert codes(refused)["api"].count("bad_release") == 1
    desk.git["api"].remote.commit("dev", {"api.txt": "3"}, message="fix: api")
    assert deployed(desk.promote(RELEASING)) == tips(desk)
    assert held(desk) is None


def commit_everywhere(desk: Desk, text: str) -> None:
    """Let a colleague change a file of each repository on dev."""
    for name, repo in desk.git.repos.items():
        repo.remote.commit("dev", {f"{name}.txt": text}, message=f"feat: {name} {text}")


def without_tags(space: Workspace) -> Workspace:
    """Return the workspace whose stages make no deploy tags."""
    return replace(space, stages=tuple(replace(each, tag="") for each in space.stages))


def test_what_was_deployed_by_name_to_a_held_stage_is_what_goes_back(desk: Desk) -> None:
    """The plan counts what is lost from there, and the last good release is the one before it."""
    for name, repo in desk.git.repos.items():
        repo.remote.commit("dev", {f"{name}.txt": "3"})
    desk.promote()
    oldest, middle, bad = releases(desk)
    back(desk, release=oldest)
    there = {
        name: repo.objects.commits[tips(desk)[name]].parents[0]
        for name, repo in desk.git.repos.items()
    }
    desk.deploy(release=middle)
    plan = back(desk).report.plan
    assert plan.rolls_back
    assert (plan.rolls_back.to, plan.rolls_back.bad) == (oldest, middle)
    found = {repo.repo: repo.redeploys()[0] for repo in plan.repos}
    assert {name: each.before for name, each in found.items()} == there
    assert {name: each.lost.commits for name, each in found.items()} == {"api": 1, "web": 1}
    hold = held(desk)
    assert hold
    assert hold.bad == bad


def test_forward_to_the_bad_release_holds_only_what_came_after_it(desk: Desk) -> None:
    """Such as a commit that was pushed by hand: the release itself is out again on purpose."""
    old, bad = releases(desk)
    by_hand = desk.git["api"].remote.commit("stg", {"api.txt": "hot"})
    back(desk, release=old)
    back(desk, release=bad)
    hold = held(desk)
    assert hold
    assert (hold.release, hold.bad) == (bad, "")
    assert {name: each.bad for name, each in hold.repos.items()} == {"api": by_hand}


def test_back_twice_forward_to_the_middle_and_on(desk: Desk) -> None:
    """The hold, the log and what is deployed are true at each step; then nothing is held."""
    commit_everywhere(desk, "3")
    desk.promote()
    oldest, middle, bad = releases(desk)
    tip = tips(desk)
    two = {name: desk.git[name].objects.commits[sha].parents[0] for name, sha in tip.items()}
    one = {name: desk.git[name].objects.commits[sha].parents[0] for name, sha in two.items()}
    for name, there in ((middle, two), (oldest, one), (middle, two)):
        ended = back(desk, release=name)
        hold = held(desk)
        assert hold
        assert deployed(ended) == there
        assert (hold.release, hold.bad) == (name, bad)
        assert {each: held_repo.to for each, held_repo in hold.repos.items()} == there
        assert {each: held_repo.bad for each, held_repo in hold.repos.items()} == tip
        back_record = desk.records[-1].rolls_back
        assert back_record
        assert back_record.to == name
        assert desk.session().files.history.deployed_commits("stg") == there
        last = desk.session().files.history.last_deployed()
        assert {each: last[each]["stg"].held for each in there} == dict.fromkeys(there, True)
    assert desk.promote().report.result is Result.BLOCKED
    commit_everywhere(desk, "4")
    assert deployed(desk.promote(RELEASING)) == tips(desk)
    assert held(desk) is None


def test_what_is_restored_after_a_redeploy_leaves_the_hold(desk: Desk) -> None:
    """Its branch has nothing more that must not go out; the rest stays held."""
    old, bad = releases(desk)
    back(desk)
    ended = back(desk, YES, "web", release=old, how=How.RESTORE)
    assert deployed(ended) == {"web": tips(desk)["web"]}
    hold = held(desk)
    assert hold
    assert (hold.bad, set(hold.repos)) == (bad, {"api"})
    back(desk, YES, "api", release=old, how=How.RESTORE)
    assert held(desk) is None


def test_the_last_good_release_is_not_a_bad_one(desk: Desk) -> None:
    """Marked good again, it is chosen; neither a roll-back nor what it left is."""
    commit_everywhere(desk, "3")
    desk.promote()
    oldest, middle, bad = releases(desk)
    mark_release(desk.session(), middle, Quality.BAD, "slow")
    assert back(desk, DRY).report.plan.rolls_back == RollsBack(oldest, bad, "it is ill")
    mark_release(desk.session(), middle, Quality.GOOD, "it was the network")
    restored = back(desk, how=How.RESTORE).report.plan
    assert restored.rolls_back == RollsBack(middle, bad, "it is ill")
    further = back(desk, DRY).report.plan.rolls_back
    assert further
    assert further.to not in {restored.release, bad}


def test_a_hold_that_ended_since_the_plan_does_not_come_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Someone else let it go out meanwhile, so the plan of the roll-back is out of date."""
    for name, repo in desk.git.repos.items():
        repo.remote.commit("dev", {f"{name}.txt": "3"})
    desk.promote()
    oldest, middle, _ = releases(desk)
    back(desk, YES, "api", release=middle)
    checked = preflight.with_preflight

    def released_meanwhile(*args: Any) -> Any:
        HoldFiles(desk.root / ".multigit" / "holds").remove("stg")
        return checked(*args)

    monkeypatch.setattr(rolling_back, "with_preflight", released_meanwhile)
    ended = back(desk, YES, "web", release=oldest)
    assert [each.code for each in ended.report.problems] == ["held_since"]
    assert held(desk) is None


@pytest.mark.parametrize(
    ("stage", "name", "kind", "message"),
    [
        ("stg", "", RefusedError, r"^stg has no release before stg-deploy-\d+-\d+\.$"),
        ("dev", "", UsageError, r"^dev has no releases: nothing is promoted to it\.$"),
        ("dev", "r-1", UsageError, r"^dev has no releases: nothing is promoted to it\.$"),
    ],
)
def test_where_nothing_was_released_before_no_release_is_proposed(
    tmp_path: Path, stage: str, name: str, kind: type[MultigitError], message: str
) -> None:
    """Neither before the first release, nor on the first stage, to which nothing is promoted."""
    desk = with_work(Desk(tmp_path, deploys=COMMAND))
    desk.promote()
    session, before = desk.session(), tips(desk)
    space = session.workspace
    asked = RollBack(space.stage(stage), space.repos, name, last_good=not name)
    with pytest.raises(kind, match=message) as caught:
        roll_back(session, asked, YES)
    assert caught.value.hint == "Revert what is wrong with a new commit."
    assert tips(desk) == before


def test_what_was_planned_with_a_hold_does_not_bring_it_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither what releases a part of it, nor what is deployed by name and notes that in it."""
    old, _ = releases(desk)
    back(desk)
    hold, files, checked = held(desk), desk.session().files.holds, preflight.with_preflight
    assert hold

    def released_meanwhile(*args: Any) -> Any:
        files.remove("stg")
        return checked(*args)

    monkeypatch.setattr(deploying, "with_preflight", released_meanwhile)
    for consent, release in ((YES, old), (RELEASING, "")):
        files.write(hold)
        starts = desk.hosts.starts.copy()
        ended = desk.deploy(consent, release=release)
        assert [each.code for each in ended.report.problems] == ["held_since"]
        assert desk.hosts.starts == starts
        assert held(desk) is None
