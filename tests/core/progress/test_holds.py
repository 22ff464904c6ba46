"""What a roll-back holds, and what is left of a hold after an operation."""

from __future__ import annotations

from dataclasses import replace

from multigit.core.planning.plan import Plan, RepoPlan, RollsBack, State
from multigit.core.planning.publish_steps import DeployStep
from multigit.core.planning.steps import RedeployStep, RollBackStep
from multigit.core.progress.holds import (
    ends_by,
    ends_in,
    hold_changes,
    hold_of,
    reached_by,
    reached_in,
)
from multigit.core.progress.outcome import Outcome, Report, ended
from multigit.core.values.commits import PendingCommits
from multigit.core.values.deploy_config import CommandRunner
from multigit.core.values.deployment import Deployment, RunState
from multigit.core.values.hold import Ends, HeldRepo, Hold
from tests.core.builders import ADA, API, MADE, WEB, plan, state, to_publish, without_steps

NOW = "2025-01-15T15:02:00Z"
LOST = PendingCommits(2)
DEPLOY = DeployStep("stg", "stg", "staging", "", CommandRunner(("true",)), 60.0, sha="old")
EARLIER = Hold(
    *("stg", "op-1", "r-0", "r-1", "Grace", "laptop", "2025-01-14T12:00:00Z", "slow"),
    {"web": HeldRepo("web-0", "web-1"), "shop": HeldRepo("shop-0", "shop-1")},
)


def again(repo: str = "api", *, to: str = "old", tip: str = "new") -> RepoPlan:
    """Return the plan of a repository whose old commit is deployed again."""
    step = RedeployStep("stg", "staging", tip, to, tip, LOST, 2, "r-2")
    return RepoPlan(repo, repo, State.PLANNED, (step, DEPLOY), branch="staging", before=tip)


def restored(repo: str = "web") -> RepoPlan:
    """Return the plan of a repository whose old files are restored."""
    step = RollBackStep("stg", "staging", "new", "old", "old tree", "made", "Back", LOST)
    return RepoPlan(repo, repo, State.PLANNED, (step,), branch="staging", before="new")


def back(*repos: RepoPlan, before: Hold | None = None) -> Plan:
    """Return the plan of a roll-back."""
    rolls_back = RollsBack("r-1", "r-2", "it is ill", before=before)
    return replace(plan(*repos, command="rollback"), rolls_back=rolls_back)


def held(of: Plan) -> dict[str, HeldRepo]:
    """Return what a roll-back holds."""
    hold = hold_of(of, ADA, NOW)
    return dict(hold.repos) if hold else {}


def test_a_roll_back_holds_what_it_deploys_again() -> None:
    """With who, when, why, and both releases."""
    rolling = back(again())
    assert hold_of(rolling, ADA, NOW) == Hold(
        stage="stg",
        operation=rolling.operation,
        release="r-1",
        bad="r-2",
        who=ADA.identity,
        host=ADA.host,
        since=NOW,
        why="it is ill",
        repos={"api": HeldRepo("old", "new", "r-2")},
        running=("api",),
        left=("api",),
    )


def test_without_a_reason_nothing_says_why() -> None:
    """The message of a roll-back would only repeat what the hold says."""
    rolling = replace(back(again()), rolls_back=RollsBack("r-1"))
    hold = hold_of(rolling, ADA, NOW)
    assert hold
    said = hold.after(Ends(done=frozenset(hold.repos))).sentence()
    assert said.endswith(" rolled it back to r-1.")


def test_only_a_roll_back_that_deploys_old_commits_holds() -> None:
    """Not one that restores files, nor a promotion."""
    assert hold_of(back(restored()), ADA, NOW) is None
    assert hold_of(plan(to_publish()), ADA, NOW) is None
    assert hold_of(back(again(tip="old")), ADA, NOW) is None


def test_what_is_deployed_already_is_held_by_what_is_left() -> None:
    """A roll-back that is continued holds all that it rolled back."""
    done = replace(again("web"), state=State.DEPLOYED)
    assert set(held(back(again(), done))) == {"api", "web"}


def test_an_earlier_hold_keeps_what_it_held() -> None:
    """With the release to which that went; but for what goes back further, or has its branch."""
    assert held(back(again(), before=EARLIER)) == {
        **{name: replace(each, release="r-0") for name, each in EARLIER.repos.items()},
        "api": HeldRepo("old", "new", "r-2"),
    }
    first = hold_of(back(again(), before=EARLIER), ADA, NOW)
    twice = hold_of(back(again(), before=first), ADA, NOW)
    assert twice
    assert [twice.release_of(name) for name in ("api", "web")] == ["r-1", "r-0"]
    assert held(back(again("web"), before=EARLIER))["web"] == HeldRepo("old", "new", "r-2")
    assert set(held(back(again(), restored(), before=EARLIER))) == {"api", "shop"}
    forward = again("web", to="web-1", tip="web-1")
    assert set(held(back(again(), forward, before=EARLIER))) == {"api", "shop"}


def test_a_roll_back_that_reached_nothing_leaves_what_was_held() -> None:
    """One that reached something leaves its own hold."""
    for before in (None, EARLIER):
        assert hold_changes(back(again(), before=before), ()) == {"stg": before}
        assert hold_changes(back(again(), before=before), {"api"}) == {}


def test_what_the_branch_has_again_is_no_longer_held() -> None:
    """Restored, or deployed at its tip, as far as that was reached."""
    forward = again("web", to="web-1", tip="web-1")
    for repo in (restored(), forward):
        changed = hold_changes(back(repo, before=EARLIER), {"web"})
        rest = replace(EARLIER, repos={"shop": EARLIER.repos["shop"]})
        assert changed == {"stg": rest}
        assert hold_changes(back(repo, before=EARLIER), ()) == {}
        last = replace(EARLIER, repos={"web": EARLIER.repos["web"]})
        assert hold_changes(back(repo, before=last), {"web"}) == {"stg": None}
        assert hold_changes(back(repo), {"web"}) == {}


def test_a_promotion_releases_what_it_reached() -> None:
    """The rest stays held; if nothing was reached, the hold is as it was."""
    releasing = replace(plan(to_publish()), releases=EARLIER)
    assert hold_changes(releasing, ()) == {}
    assert hold_changes(releasing, {"web", "shop"}) == {"stg": None}
    assert hold_changes(releasing, {"api"}) == {"stg": EARLIER}
    rest = replace(EARLIER, repos={"shop": EARLIER.repos["shop"]})
    assert hold_changes(releasing, {"web"}) == {"stg": rest}
    assert hold_changes(plan(to_publish()), {"api"}) == {}


def ran(repo: RepoPlan, *states: RunState, at: State = State.PUBLISHED) -> Report:
    """Return the report of a plan whose deployments ended in these states."""
    runs = tuple(Deployment("", each) for each in states)
    return ended(plan(repo), [Outcome(repo, at, MADE, deployments=runs)])


def test_where_something_is_deployed_only_that_counts_as_reached() -> None:
    """What may have been deployed counts; what was only published does not."""
    deploying = replace(to_publish(), steps=(*to_publish().steps, DEPLOY))
    for each in (RunState.SUCCEEDED, RunState.FAILED, RunState.UNKNOWN, RunState.STARTING):
        assert reached_in(ran(deploying, each)) == {"api"}
    assert reached_in(ran(deploying, RunState.NOT_STARTED)) == set()
    assert reached_in(ran(to_publish())) == {"api"}
    assert reached_in(ran(to_publish(), at=State.FAILED)) == set()


def test_a_journal_tells_the_same() -> None:
    """By how far the operation got."""
    deploying = replace(to_publish(), steps=(*to_publish().steps, DEPLOY))
    web = to_publish(WEB)
    of = plan(deploying, web)
    published = {"api": State.PUBLISHED, "web": State.PUBLISHED}
    assert reached_by(of, state()) == set()
    assert reached_by(of, state(settled=published)) == {"web"}
    runs = {"api": {"": Deployment("", RunState.RUNNING)}}
    assert reached_by(of, state(settled=published, deployments=runs)) == {"api", "web"}
    assert API.name == "api"


def test_a_hold_names_what_is_left_of_its_roll_back() -> None:
    """What may be running, and what is not known to have come back; as far as a journal tells."""
    hold = hold_of(back(again(), again("web"), before=EARLIER), ADA, NOW)
    assert hold
    assert (hold.running, hold.left) == (("api", "web"), ("api", "web"))
    smaller = hold.on({"web": hold.repos["web"]})
    assert (smaller.running, smaller.left) == (("web",), ("web",))
    for each in RunState:
        is_so = (not each.may_run, each.good)
        ends = Ends(*(frozenset({"api"} if so else ()) for so in is_so))
        assert ends_in(ran(again(), each)) == ends
        noted = state(deployments={"api": {"": Deployment(state=each)}})
        assert ends_by(plan(again()), noted) == ends
        known = hold.after(ends)
        assert known.running == (("api", "web") if each.may_run else ("web",))
        assert known.left == (("web",) if each.good else ("api", "web"))
    assert ends_by(plan(again(), again("web")), state()) == Ends(frozenset({"api", "web"}))
    assert "That is unfinished in api, web." in hold.sentence()
    assert "finished" not in hold.after(Ends(done=frozenset({"api", "web"}))).sentence()


def test_what_is_deployed_by_name_is_noted_in_the_hold() -> None:
    """Where it was not seen to succeed, it is not known what the stage has."""
    deploying = [
        replace(without_steps(each, State.PLANNED), steps=(DEPLOY,)) for each in (API, WEB)
    ]
    hold = replace(EARLIER, running=("shop", "web"))
    named = replace(plan(*deploying, command="deploy"), asked_release="r-x", keeps=hold)
    assert hold_changes(named, ()) == {}
    (noted,) = hold_changes(named, ["api", "web"], Ends(done=frozenset({"web"}))).values()
    assert noted
    assert noted.repos == {**EARLIER.repos, "web": HeldRepo("old", "web-1", release="r-x")}
    assert (noted.release_of("web"), noted.release_of("shop"), noted.left) == ("r-x", "r-0", ())
    assert noted.running == ("shop",)
    (noted,) = hold_changes(named, ["web"]).values()
    assert noted
    assert noted.left == ("web",)
