"""Everything is made before anything is pushed, and is found again when continued."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.planning.plan import Plan, RepoPlan, Result, State
from multigit.core.planning.steps import CommitStep, RollBackStep, TagStep
from multigit.core.values.commits import PendingCommits, Tip
from multigit.core.values.git_answers import Signature
from multigit.core.values.refs import Objects
from multigit.core.values.work_tree import Change
from multigit.engine.prepare import made_as_planned, pointing, prepare
from multigit.errors import GitError
from tests.core.builders import state
from tests.engine.operations import (
    DEV,
    NAMES,
    STG,
    TAG,
    TRAILER,
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
from tests.engine.roll_backs import (
    WEB,
    codes,
    files_on,
    fold_of,
    gone,
    merged,
    parents,
    rolled_back,
    row,
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


# --- What brings back what was rolled back

SIGNATURE = Signature("Merge", "1 +0000")


def other_merge(git: FakeGit, ours: Tip, theirs: Tip) -> str:
    """Return a merge of two commits that nobody planned."""
    return git[WEB].merge(ours, theirs, SIGNATURE).commit


def continued(git: FakeGit, plan: Plan, **lies: str) -> Objects:
    """Continue with a journal that names other commits by branch; return what is published."""
    git[WEB].remote.next_push = never_arrived
    made = {**begun(plan, git).of(WEB).made}
    lying = made | {f"refs/heads/{branch}": commit for branch, commit in lies.items()}
    assert not made_as_planned(git[WEB], row(plan), lying)
    assert made_as_planned(git[WEB], row(plan), made)
    report = execute(git, plan, again=True, state=state(made={WEB: lying}))
    assert states(report) == {WEB: "published"}
    assert {ref: git[WEB].remote.refs[ref] for ref in made} == made
    return made


@pytest.fixture
def back() -> FakeGit:
    """Return a repository whose stg was rolled back, and with something new on dev and main."""
    git, _ = rolled_back()
    git[WEB].remote.commit("dev", {"b": "1"})
    git[WEB].remote.commit("main", {"main": "1"}, message="fix: main")
    return git


def test_a_promotion_with_other_work_that_comes_back_is_never_pushed(back: FakeGit) -> None:
    """Nor one without any: the first parent of the merge is the planned commit."""
    plan = plan_promotion(back)
    merge, objects = merged(plan), back[WEB].objects
    _, tip = fold_of(merge)
    tree = objects.tree({**objects.files(tip.sha), "other": "1"})
    other = Tip(back[WEB].commit_tree(tree, merge.ours.sha, SIGNATURE), tree)
    for ours in (other, merge.ours):
        made = continued(back, plan, stg=other_merge(back, ours, merge.theirs))
        assert parents(back, made[STG]) == [tip.sha, merge.theirs.sha]
        back[WEB].remote.refs[STG] = merge.ours.sha
        del back[WEB].remote.refs[TAG]


def test_a_promotion_of_another_commit_is_never_pushed(back: FakeGit) -> None:
    """Even if the work that comes back is the planned one."""
    plan = plan_promotion(back)
    _, tip = fold_of(merged(plan))
    other = back[WEB].objects.tip(back[WEB].remote.commit("dev", {"c": "1"}))
    continued(back, plan, stg=other_merge(back, tip, other))


def test_work_that_comes_back_on_another_commit_is_not_used(back: FakeGit) -> None:
    """The planned target is its only parent."""
    plan = plan_promotion(back)
    step = row(plan).merges()[0]
    fold, tip = fold_of(step.merge)
    before = back[WEB].objects.commits[step.merge.ours.sha].parents[0]
    other = Tip(back[WEB].commit_tree(tip.tree, before, SIGNATURE), tip.tree)
    made = {STG: other_merge(back, other, step.merge.theirs)}
    wrong = replace(step, merge=replace(step.merge, fold=replace(fold, tip=other)))
    assert not made_as_planned(back[WEB], replace(row(plan), steps=(wrong,)), made)


def test_a_back_merge_with_other_work_that_comes_back_is_never_pushed(back: FakeGit) -> None:
    """Its second parent is the planned commit, not the stage itself."""
    plan = plan_backmerge(back)
    merge = merged(plan, 1)
    continued(back, plan, dev=other_merge(back, merge.ours, merge.theirs))


def test_a_back_merge_builds_on_what_was_made_of_the_stage_before(back: FakeGit) -> None:
    """Another merge of main into stg, with the same parents, is not what dev gets then."""
    plan = plan_backmerge(back)
    first = merged(plan, 0)
    made = continued(back, plan, stg=other_merge(back, first.ours, first.theirs))
    assert parents(back, parents(back, made[DEV])[1]) == [made[STG]]


def test_what_a_hook_changed_is_promoted_with_what_comes_back(back: FakeGit) -> None:
    """The merge is made again, of the commit that the hook left."""
    back[WEB].update_work_tree("dev", back[WEB].remote.tip("dev"))
    back[WEB].write({"new": "1"})
    back[WEB].hook = lambda files: {**files, "new": "FORMATTED"}
    plan = plan_work(back, "stg")
    _, tip = fold_of(merged(plan))
    before = back[WEB].remote.tip("stg")
    assert codes(plan) == ["brings_back"]
    assert states(execute(back, plan)) == {WEB: "published"}
    assert back[WEB].remote.tip("stg") != merged(plan).result.commit
    assert parents(back, back[WEB].remote.tip("stg")) == [tip.sha, back[WEB].remote.tip("dev")]
    assert parents(back, tip.sha) == [before]
    assert files_on(back, "stg") == {"pay": "1", "hot": "1", "b": "1", "new": "FORMATTED"}


def test_what_comes_back_alone_is_what_was_planned() -> None:
    """It builds on the stage as it was."""
    git, _ = rolled_back()
    plan = plan_promotion(git, roll_forward=True)
    (step,) = row(plan).reapplied()
    before = git[WEB].objects.commits[step.merge.ours.sha].parents[0]
    other = git[WEB].commit_tree(step.merge.result.tree, before, SIGNATURE)
    continued(git, plan, stg=other)


def restored(git: FakeGit) -> tuple[RepoPlan, RollBackStep]:
    """Return a plan that restores the first commit of stg."""
    objects, before = git[WEB].objects, git[WEB].remote.tip("stg")
    to = objects.tip(git[WEB].remote.tip("main"))
    signature = Signature("Roll stg back", "1700000000 +0000")
    commit = git[WEB].commit_tree(to.tree, before, signature)
    step = RollBackStep(
        "stg", "stg", before, to.sha, to.tree, commit, signature.message, PendingCommits()
    )
    return RepoPlan(WEB, WEB, State.PLANNED, (step, TagStep("back", "stg", "Back"))), step


def test_a_restored_commit_is_what_was_planned_or_made_again() -> None:
    """Another one is not used, not even with the same files; a lost one is the same again."""
    git, _ = rolled_back()
    plan, step = restored(git)
    before = git[WEB].objects.commits[step.before].parents[0]
    other = git[WEB].commit_tree(step.tree, before, SIGNATURE)

    def made(earlier: str) -> Objects:
        date = "1700000000 +0000"
        return prepare(git[WEB], plan, date, TRAILER, earlier={STG: earlier})

    assert made(step.commit)[STG] == made(other)[STG] == step.commit
    gone(git, step.commit)
    assert made(step.commit)[STG] == step.commit
    assert parents(git, step.commit) == [step.before]


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
