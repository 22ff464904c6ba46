"""Whether a push was accepted is read from the remote, for each repository."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from multigit.core.planning.plan import Result
from multigit.core.values.git_answers import Publication, PushReport
from tests.engine.operations import (
    NAMES,
    STG,
    TAG,
    execute,
    outcome,
    plan_promotion,
    problem,
    states,
)
from tests.support.fake_git import (
    BROKEN_OFF,
    FakeGit,
    FakeRemote,
    PushFault,
    after,
    answer_lost,
    answer_never_came,
    first_ref_only,
    gone_afterwards,
    never_arrived,
)


@pytest.mark.parametrize("fault", [answer_lost, answer_never_came])
def test_a_push_whose_answer_is_lost_is_published(git: FakeGit, fault: PushFault) -> None:
    """The remote has it, so it is not pushed again."""
    plan = plan_promotion(git)
    git["web"].remote.next_push = fault
    report = execute(git, plan)
    assert states(report) == dict.fromkeys(NAMES, "published")
    assert outcome(report, "web").problems == ()
    assert git["web"].remote.tip("stg") == outcome(report, "web").after
    assert len(git["web"].remote.pushes) == 1


def test_a_push_that_broke_off_may_still_arrive(git: FakeGit) -> None:
    """The remote does not have it yet, so it is unknown; the others are published."""
    before, plan = git.remote_refs(), plan_promotion(git)
    git["web"].remote.next_push = never_arrived
    report = execute(git, plan)
    assert git.remote_refs()["web"] == before["web"]
    assert states(report) == {"api": "published", "web": "unknown", "worker": "published"}
    assert "may still succeed: the remote end hung up" in problem(report, "web").message
    assert outcome(report, "web").after == ""
    assert (report.result, report.exit_code) == (Result.FAILED, 1)


def test_a_push_with_a_colleagues_on_top_is_published() -> None:
    """The answer was lost, and someone built on our merge; our tag proves that it was published."""
    fake = FakeGit("web")
    fake["web"].remote.commit("dev", {"a": "1"})
    plan = plan_promotion(fake)

    def overtaken(remote: FakeRemote, publications: Sequence[Publication]) -> PushReport:
        remote.receive(publications)
        remote.commit("stg", {"theirs": "1"})
        return BROKEN_OFF

    fake["web"].remote.next_push = overtaken
    report = execute(fake, plan)
    assert outcome(report, "web").made[TAG] == fake["web"].remote.refs[TAG]
    assert states(report) == {"web": "published"}


def test_a_refusal_has_the_servers_words(git: FakeGit) -> None:
    """The message quotes the server."""
    before, plan = git.remote_refs(), plan_promotion(git)
    git["web"].remote.reject("refs/heads/stg", "GH006: Protected branch update failed")
    report = execute(git, plan)
    assert git.remote_refs()["web"] == before["web"]
    found = problem(report, "web")
    assert found.code == "refused_by_remote"
    assert found.message.startswith("the remote refused: ")
    assert "GH006: Protected branch update failed" in found.message


def test_a_colleagues_push_is_never_overwritten(git: FakeGit) -> None:
    """Both commits are named, the colleague's stays, and the tag is not published either."""
    plan = plan_promotion(git)
    planned = git["web"].remote.tip("stg")
    git["web"].remote.next_push = after(lambda remote: remote.commit("stg", {"theirs": "1"}))
    report = execute(git, plan)
    theirs = git["web"].remote.tip("stg")
    found = problem(report, "web")
    assert found.code == "moved"
    assert found.message == f"stg moved from {planned[:7]} to {theirs[:7]} since the plan was made."
    assert found.hint == "Their commits are safe."
    assert "theirs" in git["web"].objects.files(theirs)
    assert TAG not in git["web"].remote.refs
    assert states(report) == {"api": "published", "web": "failed", "worker": "published"}


def test_a_branch_that_was_deleted_meanwhile_stays_deleted(git: FakeGit) -> None:
    """The message says that it was deleted."""
    plan = plan_promotion(git)
    git["web"].remote.next_push = after(lambda remote: remote.delete("stg"))
    report = execute(git, plan)
    assert STG not in git["web"].remote.refs
    assert problem(report, "web").message == "stg was deleted since the plan was made."


def test_a_tag_that_was_taken_meanwhile_stays_theirs(git: FakeGit) -> None:
    """The branch is not pushed without its tag."""
    plan = plan_promotion(git)
    planned, name = git["web"].remote.tip("stg"), TAG.removeprefix("refs/tags/")
    git["web"].remote.next_push = after(lambda remote: remote.tag(name, planned))
    report = execute(git, plan)
    assert git["web"].remote.tip("stg") == planned
    found = problem(report, "web").message
    assert found == f"{name} was created by someone else since the plan was made."


def test_a_half_applied_push_is_completed(git: FakeGit) -> None:
    """Only the missing ref is pushed again."""
    plan = plan_promotion(git)
    git["web"].remote.next_push = first_ref_only
    report = execute(git, plan)
    made = outcome(report, "web").made
    assert states(report)["web"] == "published"
    assert git["web"].remote.refs[TAG] == made[TAG]
    assert git["web"].remote.pushes[1:] == [(Publication(TAG, "", made[TAG]),)]


def test_a_half_applied_push_that_cannot_be_completed_is_not_called_refused() -> None:
    """The branch moved, so the report names its new commit."""
    fake = FakeGit("web")
    fake["web"].remote.commit("dev", {"a": "1"})
    plan = plan_promotion(fake)

    def half(remote: FakeRemote, publications: Sequence[Publication]) -> PushReport:
        remote.reject("refs/tags/*", "no tags")
        remote.next_push = None
        remote.refs[STG] = publications[0].after
        return BROKEN_OFF

    fake["web"].remote.next_push = half
    found = outcome(execute(fake, plan), "web")
    assert fake["web"].remote.tip("stg") == found.made[STG]
    said = " ".join(problem.message for problem in found.problems)
    assert found.made[STG][:7] in said, said


def test_a_half_applied_push_whose_tag_was_taken_names_the_branch() -> None:
    """The branch is ours and the tag is someone else's, so both are reported."""
    fake = FakeGit("web")
    fake["web"].remote.commit("dev", {"a": "1"})
    plan = plan_promotion(fake)

    def half(remote: FakeRemote, publications: Sequence[Publication]) -> PushReport:
        report = first_ref_only(remote, publications)
        remote.tag(TAG.removeprefix("refs/tags/"), remote.tip("main"))
        return report

    fake["web"].remote.next_push = half
    found = outcome(execute(fake, plan), "web")
    said = " ".join(problem.message for problem in found.problems)
    assert found.made[STG][:7] in said, said


def test_a_remote_that_is_gone_leaves_it_unknown(git: FakeGit) -> None:
    """It is neither published nor failed; the problem says what is known, with a hint."""
    plan = plan_promotion(git)
    git["web"].remote.next_push = gone_afterwards
    report = execute(git, plan)
    found = problem(report, "web")
    assert states(report) == {"api": "published", "web": "unknown", "worker": "published"}
    assert found.code == "outcome_unknown"
    assert "hung up unexpectedly" in found.message
    assert "the remote cannot be reached" in found.message
    assert found.hint
    assert (report.result, report.exit_code) == (Result.FAILED, 1)


def test_a_remote_that_goes_while_it_is_completed_leaves_it_unknown(git: FakeGit) -> None:
    """It is unknown whether the second push was accepted."""
    plan = plan_promotion(git)

    def half(remote: FakeRemote, publications: object) -> PushReport:
        assert isinstance(publications, tuple | list)
        remote.next_push = gone_afterwards
        return first_ref_only(remote, publications)

    git["web"].remote.next_push = half
    assert states(execute(git, plan))["web"] == "unknown"


def test_only_the_repository_in_trouble_has_a_problem(git: FakeGit) -> None:
    """The third repository is published without a problem."""
    plan = plan_promotion(git)
    git["api"].remote.reject(STG, "protected")
    git["web"].remote.next_push = gone_afterwards
    report = execute(git, plan)
    assert states(report) == {"api": "failed", "web": "unknown", "worker": "published"}
    assert outcome(report, "worker").problems == ()
