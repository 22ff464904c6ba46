"""A merge brings back what was rolled back on the later stage, or says why it cannot."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from multigit.core.lineage.revert_messages import reapplied_in
from multigit.core.planning.plan import State
from multigit.core.values.commits import Tip
from multigit.core.values.merge import Evidence, Folded, Reversal, Skip
from tests.engine.operations import (
    STG,
    begun,
    execute,
    outcome,
    plan_backmerge,
    plan_promotion,
    states,
)
from tests.engine.roll_backs import (
    WEB,
    codes,
    files_on,
    fold_of,
    gone,
    merged,
    merged_by_hand,
    parents,
    problems,
    released,
    revert,
    rolled_back,
    row,
)
from tests.support.fake_git import FakeGit, never_arrived

# --- A promotion


def test_nothing_is_brought_back_where_nothing_was_rolled_back() -> None:
    """A hotfix on the later stage is none; the merge is a plain one."""
    git = FakeGit(WEB)
    released(git, {"pay": "1"})
    hot = git[WEB].remote.commit("stg", {"hot": "1"}, message="fix: hot")
    new = git[WEB].remote.commit("dev", {"b": "1"})
    plan = plan_promotion(git)
    assert merged(plan).fold is None
    assert states(execute(git, plan)) == {WEB: "published"}
    assert parents(git, git[WEB].remote.tip("stg")) == [hot, new]


def test_what_a_commit_says_that_it_reverts_comes_back() -> None:
    """One push publishes the merge, whose first parent has the stage without the revert."""
    git, reverted = rolled_back()
    new, before = git[WEB].remote.commit("dev", {"b": "1"}), git[WEB].remote.tip("stg")
    plan = plan_promotion(git)
    merge = merged(plan)
    fold, tip = fold_of(merge)
    assert (fold.reverts, fold.commits, fold.skips) == ((reverted,), 1, (Skip(reverted),))
    assert (fold.forward, fold.alone, fold.stuck, fold.strays) == (True, False, None, ())
    assert (merge.result.files, merge.waiting.commits) == (2, 1)
    assert codes(plan) == ["brings_back"]
    assert states(execute(git, plan)) == {WEB: "published"}
    assert files_on(git, "stg") == {"pay": "1", "hot": "1", "b": "1"}
    assert parents(git, git[WEB].remote.tip("stg")) == [tip.sha, new]
    assert parents(git, tip.sha) == [before]
    assert set(git[WEB].objects.files(tip.sha)) == {"README.md", "pay", "hot"}
    ((branch, _),) = git[WEB].remote.pushes
    assert (branch.ref, branch.before) == (STG, before)


def test_the_commit_says_in_gits_words_what_it_reverts() -> None:
    """And in a trailer, for multigit."""
    git, reverted = rolled_back()
    git[WEB].remote.commit("dev", {"b": "1"})
    fold, tip = fold_of(merged(plan_promotion(git)))
    said = git[WEB].objects.commits[tip.sha].message
    assert said == (
        f"Reapply what was rolled back on stg\n\nThis reverts commit {reverted}.\n\n"
        f"Reapplies: {reverted}"
    )
    assert fold.message == said


def test_several_roll_backs_come_back_with_one_commit() -> None:
    """It names each of them; what is between them stays."""
    git = FakeGit(WEB)
    pay, send = released(git, {"pay": "1"}), released(git, {"send": "1"}, "feat: send")
    one = revert(git, pay, {"pay": None})
    git[WEB].remote.commit("stg", {"hot": "1"}, message="fix: hot")
    other = revert(git, send, {"send": None})
    git[WEB].remote.commit("dev", {"b": "1"})
    plan = plan_promotion(git)
    fold, tip = fold_of(merged(plan))
    assert ({*fold.reverts}, fold.commits) == ({one, other}, 2)
    assert codes(plan) == ["brings_back", "brings_back"]
    assert {*reapplied_in(git[WEB].objects.commits[tip.sha].message)} == {one, other}
    execute(git, plan)
    assert files_on(git, "stg") == {"pay": "1", "send": "1", "hot": "1", "b": "1"}
    assert parents(git, tip.sha) == [other]


def test_what_a_later_commit_brought_back_is_no_loss() -> None:
    """Without the revert the stage is the same, so nothing is made."""
    git, _ = rolled_back()
    again = git[WEB].remote.commit("stg", {"pay": "1"}, message="Pay after all")
    new = git[WEB].remote.commit("dev", {"b": "1"})
    plan = plan_promotion(git)
    assert (merged(plan).fold, codes(plan)) == (None, [])
    execute(git, plan)
    assert parents(git, git[WEB].remote.tip("stg")) == [again, new]
    assert files_on(git, "stg") == {"pay": "1", "hot": "1", "b": "1"}


def test_what_the_earlier_stage_reverted_as_well_makes_no_release() -> None:
    """The merge would have the content of the stage, as it is."""
    git, _ = rolled_back()
    git[WEB].remote.commit("dev", {"pay": None}, message="No pay")
    assert row(plan_promotion(git)).making() == ()


def test_what_is_missing_for_another_reason_is_left_to_a_person() -> None:
    """The work of the revert is back, but a merge by hand left another file out."""
    git, _ = rolled_back()
    git[WEB].remote.commit("stg", {"pay": "1"}, message="Pay after all")
    git[WEB].remote.commit("dev", {"lost": "1"})
    merged_by_hand(git[WEB], {"README.md": "# web\n", "pay": "1", "hot": "1"})
    git[WEB].remote.commit("dev", {"b": "1"})
    before = git.remote_refs()
    plan = plan_promotion(git)
    assert [each.code for each in problems(plan)] == ["mixed_roll_back"]
    execute(git, plan)
    assert git.remote_refs() == before


def test_work_that_a_merge_would_lose_even_then_blocks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The merge with what comes back is searched as well."""
    git, _ = rolled_back()
    git[WEB].remote.commit("dev", {"b": "1"})
    made = merged(plan_promotion(git)).result.tree
    quiet = Reversal("c" * 40, "Clean up", kind=Evidence.CONTENT, paths=("b", "c"))
    real = git[WEB].reversals

    def reversals(
        earlier: Tip, later: Tip, tree: str, conflicts: Sequence[str] = ()
    ) -> Sequence[Reversal]:
        found = real(earlier, later, tree, conflicts)
        return (*found, quiet) if tree == made else found

    monkeypatch.setattr(git[WEB], "reversals", reversals)
    plan = plan_promotion(git)
    assert [each.code for each in problems(plan)] == ["returned_files"]
    assert row(plan).state is State.BLOCKED


# --- With nothing new on the earlier stage


def test_with_nothing_new_a_person_decides() -> None:
    """Nothing is planned, although a merge could be made."""
    git, _ = rolled_back()
    plan, before = plan_promotion(git), git.remote_refs()
    assert [each.code for each in problems(plan)] == ["rolled_back"]
    assert row(plan).making() == ()
    execute(git, plan)
    assert git.remote_refs() == before


def test_what_was_rolled_back_can_come_back_alone() -> None:
    """The commit that does it is published without a merge."""
    git, _ = rolled_back()
    plan, before = plan_promotion(git, roll_forward=True), git[WEB].remote.tip("stg")
    (step,) = row(plan).reapplied()
    assert step.merge.fold
    assert step.merge.fold.alone
    assert (step.merge.result.files, problems(plan)) == (1, [])
    assert states(execute(git, plan)) == {WEB: "published"}
    assert git[WEB].remote.tip("stg") == step.merge.result.commit
    assert parents(git, git[WEB].remote.tip("stg")) == [before]
    assert files_on(git, "stg") == {"pay": "1", "hot": "1"}


# --- Not without a person


def test_a_hotfix_that_builds_on_the_revert_is_named() -> None:
    """No commit is made; the plan has its commit, and the files in which it conflicts."""
    git, _ = rolled_back()
    hot = git[WEB].remote.commit("stg", {"pay": "hot"}, message="fix: pay")
    git[WEB].remote.commit("dev", {"b": "1"})
    before = git.remote_refs()
    plan = plan_promotion(git)
    (found,) = problems(plan)
    assert (found.code, found.files) == ("reapply_conflict", ("pay",))
    assert found.message.startswith(f"{hot[:7]} (fix: pay) on stg conflicts")
    execute(git, plan)
    assert git.remote_refs() == before


def test_a_difference_that_nothing_explains_blocks() -> None:
    """The merge with the work would lack a file, and no own commit of stg says why."""
    git = FakeGit(WEB)
    work = released(git, {"pay": "1"})
    git[WEB].remote.commit("dev", {"lost": "1"})
    merged_by_hand(git[WEB], {"README.md": "# web\n", "pay": "1"})
    revert(git, work, {"pay": None})
    git[WEB].remote.commit("dev", {"b": "1"})
    before = git.remote_refs()
    plan = plan_promotion(git)
    found = problems(plan)[0]
    assert (found.code, found.files) == ("reapply_differs", ("lost",))
    assert found.hint.startswith("To see it: git -C web diff ")
    execute(git, plan)
    assert git.remote_refs() == before


def test_an_accepted_revert_stays() -> None:
    """The merge is a plain one, and its message names the revert."""
    git, reverted = rolled_back()
    new, before = git[WEB].remote.commit("dev", {"b": "1"}), git[WEB].remote.tip("stg")
    plan = plan_promotion(git, accept_reverts=True)
    assert merged(plan).fold is None
    assert states(execute(git, plan)) == {WEB: "published"}
    tip = git[WEB].remote.tip("stg")
    assert parents(git, tip) == [before, new]
    assert git[WEB].objects.commits[tip].message.endswith(f"\n\nAccepts-revert: {reverted}")
    assert files_on(git, "stg") == {"hot": "1", "b": "1"}


# --- A back-merge


def test_a_back_merge_leaves_a_roll_back_where_it_is() -> None:
    """It merges the later stage without its roll-back, so the hotfix comes and the work stays."""
    git, reverted = rolled_back()
    dev, stg = git[WEB].remote.tip("dev"), git[WEB].remote.tip("stg")
    plan = plan_backmerge(git)
    merge = merged(plan)
    fold, tip = fold_of(merge)
    assert (fold.forward, fold.reverts) == (False, (reverted,))
    assert states(execute(git, plan)) == {WEB: "published"}
    assert files_on(git, "dev") == {"pay": "1", "hot": "1"}
    assert files_on(git, "stg") == {"hot": "1"}
    assert parents(git, git[WEB].remote.tip("dev")) == [dev, tip.sha]
    assert parents(git, tip.sha) == [stg]


def test_a_back_merge_has_nothing_to_do_for_a_mere_roll_back() -> None:
    """The earlier stage has all that the later one has without it."""
    git = FakeGit(WEB)
    revert(git, released(git, {"pay": "1"}), {"pay": None})
    plan = plan_backmerge(git)
    assert (row(plan).state, row(plan).making(), problems(plan)) == (State.UP_TO_DATE, (), [])


def chain() -> tuple[FakeGit, str]:
    """Return a repository with a hotfix on main and a roll-back on stg, and the latter."""
    git, reverted = rolled_back()
    git[WEB].remote.commit("main", {"main": "1"}, message="fix: main")
    return git, reverted


def test_each_hop_of_a_back_merge_does_without_the_roll_backs_of_its_own_stage() -> None:
    """What goes from stg to dev builds on the merge of main into stg, which is a plain one."""
    git, reverted = chain()
    dev, before, hot = (git[WEB].remote.tip(branch) for branch in ("dev", "stg", "main"))
    plan = plan_backmerge(git)
    assert merged(plan, 0).fold is None
    fold, tip = fold_of(merged(plan, 1))
    assert fold.reverts == (reverted,)
    assert states(execute(git, plan)) == {WEB: "published"}
    stg = git[WEB].remote.tip("stg")
    assert parents(git, stg) == [before, hot]
    assert parents(git, tip.sha) == [stg]
    assert parents(git, git[WEB].remote.tip("dev")) == [dev, tip.sha]
    assert files_on(git, "stg") == {"hot": "1", "main": "1"}
    assert files_on(git, "dev") == {"pay": "1", "hot": "1", "main": "1"}


# --- Made again


@pytest.mark.parametrize("content", [False, True])
def test_a_merge_that_is_gone_is_made_again_with_what_comes_back(*, content: bool) -> None:
    """The same commits, also if the content has to be worked out again."""
    git, _ = rolled_back()
    git[WEB].remote.commit("dev", {"b": "1"})
    plan = plan_promotion(git)
    _, tip = fold_of(merged(plan))
    gone(git, merged(plan).result.commit, tip.sha, tree=tip.tree if content else "")
    assert states(execute(git, plan)) == {WEB: "published"}
    assert git[WEB].remote.tip("stg") == merged(plan).result.commit
    assert parents(git, git[WEB].remote.tip("stg"))[0] == tip.sha


def test_what_comes_back_alone_is_made_again() -> None:
    """As a merge is."""
    git, _ = rolled_back()
    plan = plan_promotion(git, roll_forward=True)
    (step,) = row(plan).reapplied()
    gone(git, step.merge.result.commit, tree=step.merge.result.tree)
    assert states(execute(git, plan)) == {WEB: "published"}
    assert git[WEB].remote.tip("stg") == step.merge.result.commit


def test_each_hop_of_a_back_merge_is_made_again() -> None:
    """No tag notices that they are gone."""
    git, _ = chain()
    plan = plan_backmerge(git)
    _, tip = fold_of(merged(plan, 1))
    first, second = (merged(plan, hop).result.commit for hop in (0, 1))
    gone(git, first, second, tip.sha)
    assert states(execute(git, plan)) == {WEB: "published"}
    assert (git[WEB].remote.tip("stg"), git[WEB].remote.tip("dev")) == (first, second)


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("tagged", [False, True])
def test_content_that_was_not_confirmed_is_never_published(
    monkeypatch: pytest.MonkeyPatch, *, alone: bool, tagged: bool
) -> None:
    """What comes back is worked out again, and git now says something else."""
    git, _ = rolled_back()
    git.tagged = tagged
    if not alone:
        git[WEB].remote.commit("dev", {"b": "1"})
    plan, before = plan_promotion(git, roll_forward=alone), git.remote_refs()
    (step,) = row(plan).reapplied() if alone else row(plan).merges()
    _, tip = fold_of(step.merge)
    gone(git, *{step.merge.result.commit, tip.sha}, tree=tip.tree)
    other = git[WEB].objects.tree({"other": "1"})
    monkeypatch.setattr(git[WEB], "fold", lambda *_: Folded(other))
    report = execute(git, plan)
    assert outcome(report, WEB).problems[-1].code == "merge_changed"
    assert git.remote_refs() == before


def test_a_promotion_that_was_stopped_before_its_push_is_continued() -> None:
    """What was made is pushed, and is what was planned."""
    git, _ = rolled_back()
    git[WEB].remote.commit("dev", {"b": "1"})
    plan = plan_promotion(git)
    git[WEB].remote.next_push = never_arrived
    so_far = begun(plan, git)
    report = execute(git, plan, again=True, state=so_far)
    assert states(report) == {WEB: "published"}
    assert git[WEB].remote.tip("stg") == merged(plan).result.commit == so_far.of(WEB).made[STG]


def test_a_stage_that_moved_since_the_plan_is_left_alone() -> None:
    """The lease is on what the roll-back left; a new plan builds on what came since."""
    git, reverted = rolled_back()
    git[WEB].remote.commit("dev", {"b": "1"})
    plan = plan_promotion(git)
    theirs = git[WEB].remote.commit("stg", {"meanwhile": "1"})
    report = execute(git, plan)
    assert outcome(report, WEB).problems[-1].code == "moved"
    assert git[WEB].remote.tip("stg") == theirs
    anew = plan_promotion(git)
    fold, tip = fold_of(merged(anew))
    assert (fold.reverts, parents(git, tip.sha)) == ((reverted,), [theirs])
    assert states(execute(git, anew)) == {WEB: "published"}
    assert files_on(git, "stg") == {"pay": "1", "hot": "1", "b": "1", "meanwhile": "1"}
