"""A plan that gets its message later is the plan that it would have been with the message."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.lineage.revert_messages import accepted_in, accepting
from multigit.core.planning.merges import MergeRequest
from multigit.core.planning.plan import Plan
from multigit.core.planning.routes import Hop
from multigit.core.progress.outcome import planned
from multigit.core.reports.document import document
from multigit.engine.rewording import reworded
from multigit.errors import GitError
from tests.engine.operations import MOMENT, execute, merge_step, plan_request, plan_work, states
from tests.support.fake_git import FakeGit

MESSAGE = "release: orders by date"


def promotion(git: FakeGit, message: str) -> Plan:
    """Return the plan of a promotion to stg with this message."""
    space = git.workspace
    hops = (Hop(space.stage("dev"), space.stage("stg"), message),)
    return plan_request(git, MergeRequest("promote", MOMENT, hops, space.repos))


def with_message(git: FakeGit, plan: Plan, message: str = MESSAGE) -> Plan:
    """Return the plan with the message."""
    repos = tuple(reworded(git[repo.repo], repo, message, plan.date) for repo in plan.repos)
    return replace(plan, message=message, repos=repos)


def with_work(git: FakeGit) -> FakeGit:
    """Return the repositories with a changed file each."""
    for repo in git.repos.values():
        repo.update_work_tree("dev", repo.remote.tip("dev"))
        repo.write({"new": "1"})
    return git


def test_a_promotion(git: FakeGit) -> None:
    """Commits, tags and leases are the same."""
    assert with_message(git, promotion(git, "")) == promotion(git, MESSAGE)


@pytest.mark.parametrize("promote_to", ["", "stg"])
def test_a_push(promote_to: str, git: FakeGit) -> None:
    """So are the commit, and the merge that builds on it and has a message of its own."""
    with_work(git)
    later = with_message(git, plan_work(git, promote_to, message=""))
    assert later == plan_work(git, promote_to, message=MESSAGE)
    assert set(states(execute(git, later)).values()) == {"published"}


def test_without_its_message_no_commit_is_shown(git: FakeGit) -> None:
    """The commit that was merged for the plan will not be published, so no one sees its id."""
    plan = promotion(git, "")
    assert merge_step(plan, "api").move().after == "a merge"
    shown = document(planned(plan))["repos"][0]
    assert (shown["after"], shown["steps"][0]["after"]) == (None, None)
    assert merge_step(with_message(git, plan), "api").move().after != "a merge"


def test_accepted_reverts_stay_in_the_message(git: FakeGit) -> None:
    """A merge that was accepted says so, whatever else it says."""
    plan, sha = promotion(git, ""), "1" * 40
    step = merge_step(plan, "api")
    step = replace(step, merge=replace(step.merge, message=accepting("", [sha])))
    repo = replace(plan.repos[0], steps=(step,))
    (merge,) = reworded(git["api"], repo, MESSAGE, plan.date).merges()
    assert merge.merge.message.startswith(f"{MESSAGE}\n\n")
    assert accepted_in(merge.merge.message) == (sha,)


def test_files_that_changed_while_the_message_was_typed_are_refused(git: FakeGit) -> None:
    """What was shown is what is committed."""
    with_work(git)
    plan = plan_work(git, "stg", message="")
    git["api"].write({"new": "2"})
    with pytest.raises(GitError, match="have changed since the plan was made"):
        with_message(git, plan)
