"""What is said of a roll-back: its plan, its end, and what to run next."""

from __future__ import annotations

from dataclasses import replace

from multigit.core.planning.plan import NOT_IN_RELEASE, STAYS_NEWER, State
from multigit.core.progress.outcome import Outcome, ended, planned
from multigit.core.reports.document import document
from multigit.core.reports.news import is_news, job_summary, news
from multigit.core.reports.summary import summary
from multigit.core.values.agreement import Accepted
from multigit.core.values.deployment import Deployment, Run, RunState
from multigit.core.values.workspace import Event, Repo
from tests.core.builders import (
    API,
    WEB,
    plan,
    published,
    state,
    to_publish,
    warning,
    without_steps,
)
from tests.core.roll_backs import BACK, HOLD, redeployed, restored, roll_back, went_back

DONE, FAILED = RunState.SUCCEEDED, RunState.FAILED


def test_both_ways_are_rolled_back() -> None:
    """One publishes, the other only deploys."""
    back = roll_back(redeployed(), restored(), release="deploy-3")
    assert summary(planned(back))[0] == (
        "2 repositories will be rolled back. That takes 4 commits back."
    )
    report = ended(back, [went_back(redeployed(), DONE), went_back(restored())])
    assert summary(report) == ("2 rolled back, 1 deployed.", "")


def test_what_is_continued_is_rolled_back_or_watched() -> None:
    """A deployment publishes nothing. A commit that restores was published before."""
    api, web, own = redeployed(), redeployed(WEB), restored(Repo("docs", "docs"))
    back = roll_back(api, web, own, release="deploy-3")
    names = dict.fromkeys(("api", "web"), State.PUBLISHED)
    running = {"web": {"": Deployment("", RunState.RUNNING, Run("1"))}}
    before = state(settled=names, deployments=running)
    assert summary(planned(back, before))[0].startswith(
        "2 repositories will be rolled back, 1 repository will be watched."
    )
    deployed = replace(own, steps=(*own.steps, *api.deploys()))
    done = state(settled={**names, "docs": State.PUBLISHED}, deployments=running)
    assert summary(planned(roll_back(api, web, deployed), done))[0].startswith(
        "1 repository will be rolled back, 1 published repository will be deployed, "
        "1 repository will be watched."
    )


def test_what_was_not_reached_was_not_rolled_back() -> None:
    """Nothing is called published."""
    back = roll_back(redeployed(), redeployed(WEB))
    left = Outcome(back.repos[1], State.NOT_PUBLISHED)
    report = ended(back, [went_back(redeployed(), FAILED), left])
    assert summary(report)[0] == "1 not rolled back, 1 not deployed."
    closed = replace(report, closing="abandon", problems=(warning("abandoned", "It is closed."),))
    assert summary(closed)[0] == "It is closed. 1 not rolled back, 1 not deployed."


def test_a_failed_one_is_repeated_with_all_that_was_overridden() -> None:
    """And for the same repositories, since others were not chosen."""
    newer = without_steps(API, State.SKIPPED, warning(STAYS_NEWER, "stays newer."))
    note = Accepted("irreversible", "web", "1 file changed.", reason="it is empty")
    back = replace(roll_back(newer, redeployed(WEB)), accepted=(note,))
    report = ended(back, [went_back(back.repos[1], FAILED)])
    assert summary(report)[1] == (
        "Fix the cause, then repeat it: multigit rollback stg deploy-1 -r web --override "
        "irreversible --reason 'payments fail'"
    )


def test_what_a_released_hold_deploys_is_not_promoted() -> None:
    """Its work is on the stage's branch already."""
    again = replace(redeployed(WEB), steps=redeployed(WEB).deploys())
    out = replace(plan(to_publish(), again), releases=HOLD)
    assert summary(planned(out))[0].startswith(
        "1 repository will be promoted, 1 repository will be deployed again."
    )


def test_what_an_answer_leaves_newer_is_named() -> None:
    """With the command for it, once it went back. What had nothing newer is not mentioned."""
    newer = [warning(STAYS_NEWER, "is newer."), warning(NOT_IN_RELEASE, "had nothing.")]
    stay = [
        without_steps(Repo(name, name), State.SKIPPED, why)
        for name, why in zip(("my docs", "shop"), newer, strict=True)
    ]
    back = roll_back(redeployed(), *stay)
    whole = ended(plan(to_publish()), [published()])
    done = replace(whole, rolled_back=ended(back, [went_back(redeployed(), DONE)]))
    assert summary(done) == (
        "1 published. stg went back to deploy-1, but for my docs.",
        "To roll back the rest, too: multigit rollback stg deploy-1 -r 'my docs'",
    )
    going = replace(whole, rolled_back=planned(back))
    assert summary(going) == ("1 published. stg goes back to deploy-1, but for my docs.", "")
    failed = replace(whole, rolled_back=ended(back, [went_back(redeployed(), FAILED)]))
    assert summary(failed)[0].endswith("did not succeed.")
    assert summary(failed)[1] == ""


def test_the_document_says_from_what_to_what() -> None:
    """Each repository says how, in a step of the same type; others have no such key."""
    back = roll_back(redeployed(), restored(), release="deploy-3")
    found = document(planned(back))
    assert found["rolls_back"] == {
        "to": "deploy-1",
        "bad": "deploy-2",
        "why": "payments fail",
        "after": None,
    }
    steps = [step for row in found["repos"] for step in row["steps"]]
    assert [(step["type"], step["how"], step["to"], step["commits"]) for step in steps] == [
        ("rollback", "redeploy", "stg-1", 2),
        ("rollback", "restore", "stg-1", 2),
    ]
    assert "rolls_back" not in document(planned(plan(to_publish())))


def test_people_learn_what_the_stage_lost_and_that_it_is_held() -> None:
    """The message says from what to what, and why; the table counts what is lost."""
    back = roll_back(redeployed(), restored(), release="deploy-3")
    report = ended(back, [went_back(redeployed(), DONE), went_back(restored())])
    for said in (news(report, Event.SUCCEEDED).body, job_summary(report)):
        assert "stg goes back from deploy-2 to deploy-1, and loses 4 commits." in said
        assert "Reason: payments fail\n" in said
        assert "stg is held: nothing new goes out there until the hold is released." in said
        assert "| api | succeeded | stg-2 → stg-1 | 2 |  |  |" in said
        assert "Rolled-back commits in api:\n\n- feat: pay\n- feat: refund" in said
    started = news(planned(back), Event.STARTED).body
    assert "stg is held" in started
    assert is_news(replace(back, release=""))


def test_people_learn_that_nothing_went_back() -> None:
    """Then the stage is not held. An automatic one names what it answers."""
    back = roll_back(redeployed(), back=replace(BACK, bad="", why="", after="2025-promote"))
    report = ended(back, [went_back(redeployed(), RunState.NOT_STARTED)])
    said = news(report, Event.FAILED).body
    assert "stg goes back to deploy-1, and loses 2 commits." in said
    assert "It answers the failure of 2025-promote." in said
    assert "held" not in said


def test_people_learn_that_a_hold_was_released() -> None:
    """Where only a part went out, the rest stays held."""
    out = replace(plan(to_publish()), releases=HOLD)
    said = news(ended(out, [published()]), Event.SUCCEEDED).body
    assert "stg is no longer held." in said
    held = {**HOLD.repos, "web": HOLD.repos["api"]}
    part = replace(out, releases=replace(HOLD, repos=held))
    assert "stg is still held in part." in news(ended(part, [published()]), Event.SUCCEEDED).body
    assert "held" not in news(planned(out), Event.STARTED).body
