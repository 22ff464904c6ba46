"""Work that a merge would lose, and the commands that keep it."""

from __future__ import annotations

from dataclasses import replace

from multigit.core.planning.checks import unmergeable
from multigit.core.planning.losses import losing_work
from multigit.core.planning.sides import Sides
from multigit.core.values.merge import Evidence, Fold, Reversal
from multigit.core.values.problem import Problem, Severity
from tests.core.builders import API, clash, merge

UP = Sides(API, "origin", "staging", "master", forward=True)
DOWN = Sides(API, "origin", "master", "staging", forward=False)
NAMED = Reversal("aaaaaaaaaa", "Revert", 2, paths=("a", "b"), author="Ada")
CONTENT = replace(NAMED, sha="cccccccccc", lost=0, kind=Evidence.CONTENT)
MIXED = replace(NAMED, mixed=("b",))
DELETED = replace(CONTENT, paths=("a",), deletes=True, slight=True)
START = "cd services/api && git fetch origin && git switch --detach origin/master && "
MERGE = " && git switch --detach origin/staging && git merge --no-edit -"
KEPT = " && git push origin HEAD:staging && git checkout @{-2}"
END = f"{KEPT}. To merge anyway: --accept-reverts"


def lost(*reversals: Reversal, forward: bool = True, accepted: bool = False) -> list[Problem]:
    """Return the problems of these reversals, in a promotion to master or a back-merge from it."""
    seen = replace(merge("stg", "main"), reversals=reversals)
    return list(losing_work(seen, UP if forward else DOWN, accepted=accepted))


def test_what_may_be_intended_blocks_until_a_person_decides() -> None:
    """Both ways are options. What says that it is a revert waits for that, as it needs none."""
    named, content = lost(NAMED, CONTENT)
    assert content == Problem(
        "returned_files",
        "ccccccc by Ada on master restores 2 files (a, b) from before the work of staging: a merge "
        "now would leave that work out of master.",
        "If it was a roll-back, bring that work back: --roll-forward; if it is meant to stay, "
        "merge without it: --accept-reverts",
        files=("a", "b"),
    )
    assert (named.code, named.severity, named.hint) == ("reverted_work", Severity.BLOCK, "")
    assert named.message == (
        "aaaaaaa on master reverts 2 commits of staging: a merge now would leave them out of "
        "master."
    )


def test_what_comes_back_is_not_lost() -> None:
    """The merge builds on a commit that has it."""
    seen = replace(merge("stg", "main"), reversals=(NAMED,), fold=Fold((), (NAMED.sha,)))
    assert list(losing_work(seen, UP, accepted=False)) == []


def test_a_revert_that_did_more_in_a_file_blocks_and_says_how_to_keep_the_work() -> None:
    """The hint restores the work in a commit that is on no branch, before anything is merged."""
    assert lost(MIXED) == [
        Problem(
            "mixed_roll_back",
            "aaaaaaa on master reverts 2 commits of staging, and does more in b: a merge now would "
            "leave them out of master.",
            f"To keep the work: {START}git revert --no-edit aaaaaaa{MERGE}{END}",
            files=("a", "b"),
        )
    ]


def test_all_work_is_restored_at_once() -> None:
    """The newest is reverted first; merges use -m 1; mixed commits are restored by file."""
    kept = (("cccccccccc", "pppppppppp", ("a b", "c")), ("cccccccccc", "wwwwwwwwww", ("d",)))
    mixed = replace(CONTENT, paths=("a b", "c", "d"), kept=kept)
    hints = {each.hint for each in lost(replace(CONTENT, is_merge=True), mixed, MIXED)}
    back = (
        "git revert --no-edit -m 1 ccccccc && "
        "git diff-tree -p --binary ccccccc ppppppp -- 'a b' c | git apply --3way && "
        "git diff-tree -p --binary ccccccc wwwwwww -- d | git apply --3way && "
        'git commit -m "Restore what ccccccc reverted" && '
        "git revert --no-edit aaaaaaa"
    )
    assert hints == {f"To keep the work: {START}{back}{MERGE}{END}"}


def test_files_that_moved_have_their_old_names_in_the_patch() -> None:
    """A name that git would read as a pattern is taken literally."""
    kept = (("pppppppppp^", "pppppppppp", ("a*", "old/b")), ("cccccccccc", "pppppppppp", ("d",)))
    seen = replace(CONTENT, paths=("a*", "new/b", "d"), kept=kept, moved=(("old/b", "new/b"),))
    (problem,) = lost(replace(seen, mixed=("d",)))
    back = (
        "mkdir -p -- old && git mv -- new/b old/b && "
        "git diff-tree -p --binary ppppppp^ ppppppp -- ':(literal)a*' old/b | "
        "git apply --3way && "
        "git diff-tree -p --binary ccccccc ppppppp -- d | git apply --3way && "
        "mkdir -p -- new && git mv -- old/b new/b && "
        'git commit -m "Restore what ccccccc reverted"'
    )
    assert problem.hint == f"To keep the work: {START}{back}{MERGE}{END}"


def test_local_changes_are_stashed() -> None:
    """They would be carried along to another commit, or prevent the switch."""
    seen = replace(merge("stg", "main"), reversals=(MIXED,))
    (problem,) = losing_work(seen, replace(UP, edited=True), accepted=False)
    assert " && git stash && git switch --detach origin/master && " in str(problem.hint)
    assert f"{KEPT} && git stash pop --index. To merge anyway: " in str(problem.hint)


def test_with_a_conflict_there_is_one_hint() -> None:
    """The commands of a second hint would stop half-way at the conflict."""
    seen = replace(clash("x", source="stg", target="main"), reversals=(NAMED,))
    (problem,) = losing_work(seen, UP, accepted=False)
    assert problem.hint == "Resolve the conflict as its hint says: that keeps this work, too."


def test_a_back_merge_names_the_work_that_it_would_remove() -> None:
    """If only the content shows it, the message has the files, the commit and its author."""
    (problem,) = lost(CONTENT, forward=False)
    assert (problem.code, problem.severity) == ("returned_files", Severity.BLOCK)
    assert problem.message == (
        "ccccccc by Ada on master restores 2 files (a, b) from before the work of staging: "
        "a back-merge would remove that work from staging, too."
    )


def test_a_single_deleted_file_warns() -> None:
    """It blocks with other losses, if it was all of the work, or if the commit is a revert."""
    assert [each.severity for each in lost(DELETED)] == [Severity.WARN]
    assert {each.severity for each in lost(DELETED, NAMED)} == {Severity.BLOCK}
    named = replace(DELETED, kind=Evidence.NAMED)
    assert [each.severity for each in lost(named)] == [Severity.BLOCK]
    assert [each.severity for each in lost(replace(DELETED, slight=False))] == [Severity.BLOCK]


def test_what_was_accepted_warns_in_promotions_only() -> None:
    """The option accepts all losses, and a merge remembers only what it left out."""
    known = replace(NAMED, accepted="mmmmmmmmmm")
    (problem,) = lost(known)
    assert problem.severity is Severity.WARN
    assert problem.message.endswith("leave them out of master, as accepted in mmmmmmm.")
    assert problem.hint.endswith(KEPT)
    assert [each.severity for each in lost(known, forward=False)] == [Severity.BLOCK]
    assert [each.severity for each in lost(NAMED, CONTENT, accepted=True)] == [Severity.WARN] * 2


def test_the_hint_of_a_conflict_restores_the_work_before_it_merges() -> None:
    """If the later stage was merged as is, the other files would be lost."""
    seen = replace(clash("x", source="stg", target="main"), reversals=(NAMED,))
    (problem,) = unmergeable(seen, UP)
    assert problem.hint == (
        f"Resolve it on staging: {START}git revert --no-edit aaaaaaa{MERGE}; then resolve what "
        "still conflicts, commit, git push origin HEAD:staging, and run the command again."
    )
