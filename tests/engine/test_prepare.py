"""Everything is made before anything is pushed, and is found again when continued."""

from __future__ import annotations

from dataclasses import replace

from multigit.core.planning.plan import Result
from multigit.core.planning.steps import CommitStep
from multigit.core.values.work_tree import Change
from multigit.engine.prepare import pointing
from multigit.errors import GitError
from tests.core.builders import state
from tests.engine.operations import (
    NAMES,
    STG,
    TAG,
    begun,
    execute,
    merge_step,
    outcome,
    plan_backmerge,
    plan_promotion,
    plan_work,
    problem,
    states,
)
from tests.support.fake_git import FakeGit, never_arrived


def test_one_that_cannot_be_prepared_stops_all(git: FakeGit) -> None:
    """It has the reason, the others are not published, and nothing was pushed."""
    before, plan = git.remote_refs(), plan_promotion(git)
    git["web"].unsigned = GitError("No private key found.")
    report = execute(git, plan)
    assert git.remote_refs() == before
    assert [repo.remote.pushes for repo in git.repos.values()] == [[], [], []]
    assert states(report) == {
        "api": "not_published",
        "web": "failed",
        "worker": "not_published",
    }
    assert problem(report, "web").message == "No private key found."
    assert (report.result, report.exit_code) == (Result.FAILED, 1)
    assert {outcome(report, name).after for name in NAMES} == {""}


def test_a_planned_merge_that_is_gone_is_made_again(git: FakeGit) -> None:
    """If gc removed it while the question was open, the same commit is made again."""
    plan = plan_promotion(git)
    merge = merge_step(plan, "web")
    del git["web"].objects.commits[merge.merge.result.commit]
    report = execute(git, plan)
    assert states(report)["web"] == "published"
    assert git["web"].remote.tip(merge.branch) == merge.merge.result.commit


def test_planned_merges_without_a_tag_are_made_again_as_well() -> None:
    """A back-merge has no tag, so the merges themselves must be checked before the push."""
    fake = FakeGit("api", "web")
    for repo in fake.repos.values():
        repo.remote.commit("main", {"hotfix": "1"})
    plan = plan_backmerge(fake)
    for merge in plan.repos[1].merges():
        del fake["web"].objects.commits[merge.merge.result.commit]
    assert states(execute(fake, plan)) == {"api": "published", "web": "published"}
    for merge in plan.repos[1].merges():
        assert fake["web"].remote.tip(merge.branch) == merge.merge.result.commit


def test_a_work_tree_that_moved_since_the_plan_stops_all(git: FakeGit) -> None:
    """Its commit would differ from the plan."""
    for repo in git.repos.values():
        repo.update_work_tree("dev", repo.remote.tip("dev"))
        repo.write({"new": "1"})
    plan = plan_work(git)
    git["web"].local_commit({"meanwhile": "1"})
    before = git.remote_refs()
    report = execute(git, plan)
    assert git.remote_refs() == before
    assert states(report)["web"] == "failed"
    assert problem(report, "web").code == "moved"


def test_a_commit_that_is_not_the_planned_merge_is_never_pushed(git: FakeGit) -> None:
    """Even if the journal names another commit, which a lease alone would accept."""
    plan = plan_promotion(git)
    git["web"].remote.next_push = never_arrived
    so_far = begun(plan, git)
    made = {name: so_far.of(name).made for name in NAMES}
    lying = {**made, "web": {**made["web"], STG: git["web"].remote.tip("dev")}}
    execute(git, plan, again=True, state=state(made=lying))
    assert git["web"].remote.refs[STG] == made["web"][STG]


def test_objects_that_are_gone_are_made_again(git: FakeGit) -> None:
    """Merging the same commits at the same time gives the same commit."""
    plan = plan_promotion(git)
    git["web"].remote.next_push = never_arrived
    so_far = begun(plan, git)
    web, made = git["web"].objects, so_far.of("web").made
    del web.commits[made[STG]], web.tags[made[TAG]]
    report = execute(git, plan, again=True, state=so_far)
    assert states(report)["web"] == "published"
    assert git["web"].remote.refs[STG] == made[STG]
    assert git["web"].remote.refs[TAG] == made[TAG]


def test_a_commit_that_was_made_is_not_made_twice() -> None:
    """It was interrupted after the commit and before the journal recorded it."""
    git = FakeGit("web")
    git["web"].write({"a": "1"})
    plan = plan_work(git, "stg")
    git["web"].remote.next_push = never_arrived
    execute(git, plan)
    head = git["web"].head
    report = execute(git, plan, again=True)
    assert states(report) == {"web": "published"}
    assert git["web"].head == git["web"].remote.tip("dev") == head


def test_a_commit_that_was_made_is_known_again_by_a_long_subject() -> None:
    """Git's subject is the whole first paragraph, not its first line."""
    fake = FakeGit("web")
    fake["web"].write({"a": "1"})
    plan = plan_work(fake, message="feat: one\nand two\n\nWith a body.")
    fake["web"].remote.next_push = never_arrived
    execute(fake, plan)
    report = execute(fake, plan, again=True)
    assert states(report) == {"web": "published"}


def test_what_was_agreed_to_is_committed_or_nothing() -> None:
    """It was interrupted before the commit, and the files were edited since."""
    git = FakeGit("web")
    git["web"].write({"a": "1"})
    plan, before = plan_work(git, "stg"), git.remote_refs()
    git["web"].write({"a": "half done"})
    head = git["web"].head
    report = execute(git, plan, again=True)
    assert problem(report, "web").code == "work_changed"
    assert (git["web"].head, git.remote_refs()) == (head, before)
    git["web"].write({"a": "1"})
    assert states(execute(git, plan, again=True)) == {"web": "published"}


def test_a_commit_of_the_users_own_is_not_taken_for_ours() -> None:
    """The branch moved since the plan, so nothing is pushed."""
    git = FakeGit("web")
    git["web"].write({"a": "1"})
    plan, before = plan_work(git), git.remote_refs()
    git["web"].local_commit({"mine": "1"}, "feat: mine")
    report = execute(git, plan, again=True)
    assert problem(report, "web").code == "moved"
    assert git.remote_refs() == before


# --- Pointers to the commits of submodules


def test_a_pointer_follows_the_branch_of_the_submodule() -> None:
    """What was made for the branch that the superproject has for the stage is another commit."""
    made = {"lib": {"refs/heads/develop": "new", "refs/heads/dev": "merged"}}
    change = Change("lib", "modified", before="old", follows="lib", ref="refs/heads/develop")
    step = pointing(CommitStep("dev", "dev", "head", "", "feat: x", (change,)), made)
    assert isinstance(step, CommitStep)
    assert [each.commit for each in step.changes] == ["new"]


def test_a_pointer_of_an_older_journal_follows_the_branch_of_the_same_name() -> None:
    """Such a journal does not name the branch of the submodule."""
    change = Change("lib", "modified", before="old", follows="lib")
    step = CommitStep("dev", "dev", "head", "", "feat: x", (change,))
    found = pointing(step, {"lib": {"refs/heads/dev": "new"}})
    assert found == replace(step, changes=(replace(change, commit="new"),))
