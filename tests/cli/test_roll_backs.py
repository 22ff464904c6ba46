"""Every way to revert a release by hand is detected, and the work comes back.

A workspace has several repositories, each reverted in a different way.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest

from tests.cli.answers import DONE, REFUSED, codes, rows
from tests.support.fastimport import Stamp
from tests.support.forge import COLLEAGUE, Forge, ForgeRepo, remotes_untouched

RELEASE = ("promote", "stg", "main", "--confirm", "main")
MERGED = "Merge stg into main (production deployment)"  # as multigit does
DOWN = ("backmerge", "main", "--yes")
BEFORE = {"a.txt": "1\n2\n3\n", "gone.txt": "gone\n", "VERSION": "1\n", "src/code.txt": "code\n"}
WORK = {"a.txt": "1\ntwo\n3\n", "pay.txt": "pay\n"}
FIX = {"fix.txt": "fix\n"}
NAMED, CONTENT, MIXED = ["brings_back"], ["returned_files"], ["mixed_roll_back"]
STUCK = ["reapply_conflict"]  # once a person said that it was a roll-back


def on_main(repo: ForgeRepo, *commands: tuple[str, ...]) -> None:
    """Act as a colleague would by hand: check out main, change it, push the new HEAD."""
    repo.git("fetch", "--quiet", "origin")
    repo.git("checkout", "--quiet", "--detach", "origin/main")
    for command in commands:
        repo.git(*command)
    repo.git("push", "--quiet", "origin", "HEAD:refs/heads/main")


def restore(repo: ForgeRepo) -> None:
    """Stage what main had before the release."""
    repo.git("read-tree", "-u", "--reset", "origin/main^1")


def by_git(repo: ForgeRepo) -> None:
    """Revert the merge of the release."""
    on_main(repo, ("revert", "--no-edit", "-m", "1", "HEAD"))


def through_a_request(repo: ForgeRepo, inner: str, outer: str) -> None:
    """Restore the old files on a branch, and merge it."""
    repo.git("fetch", "--quiet", "origin")
    repo.git("checkout", "--quiet", "--detach", "origin/main")
    restore(repo)
    repo.git("commit", "--quiet", "-m", inner)
    side = repo.git("rev-parse", "HEAD").strip()
    on_main(repo, ("merge", "--quiet", "--no-ff", "-m", outer, side))


def by_gitlab(repo: ForgeRepo) -> None:
    """Use the Revert button of a merge request."""
    through_a_request(
        repo,
        "Revert \"Merge branch 'pay' into 'main'\"\n\nThis reverts merge request !12",
        "Merge branch 'revert-1' into 'main'",
    )


def by_bitbucket(repo: ForgeRepo) -> None:
    """Use the Revert button of a pull request, on a branch that someone renamed."""
    through_a_request(
        repo,
        "Reverted pull request #12",
        "Merged in revert-pr-12 (pull request #13)",
    )


def by_azure(repo: ForgeRepo) -> None:
    """Use the Revert button, and squash-merge."""
    on_main_with(repo, 'Merged PR 13: Revert "Merged PR 12: pay"\n\nReverts !12', {})


def by_github_squashed(repo: ForgeRepo) -> None:
    """Use the Revert button, and squash-merge with an additional file."""
    on_main_with(repo, 'Revert "pay" (#13)\n\nReverts acme/api#12', {"NOTES": "why\n"})


def by_restore_request(repo: ForgeRepo) -> None:
    """Restore the old files on a branch, with a message that does not say so."""
    through_a_request(repo, "Back to last week", "Merge branch 'quick-help'")


def with_a_new_version(repo: ForgeRepo) -> None:
    """Restore the old files and change the version number in one commit."""
    on_main_with(repo, "Release 1.0.1", {"VERSION": "1.0.1\n"})


def in_own_words(repo: ForgeRepo) -> None:
    """Restore the old files in an ordinary commit that also adds one."""
    on_main_with(repo, "Customers cannot pay, quick help", {"hot.txt": "hot\n"})


def in_two_commits(repo: ForgeRepo) -> None:
    """Restore the files one after another."""
    repo.git("fetch", "--quiet", "origin")
    changed = ("checkout", "--quiet", "origin/main^1", "--", "a.txt", "gone.txt")
    on_main(repo, changed, ("commit", "-qm", "Quick help"))
    on_main(repo, ("rm", "-q", "pay.txt"), ("commit", "-qm", "Quick help again"))


def by_the_old_tree(repo: ForgeRepo) -> None:
    """Restore the exact tree from before."""
    on_main_with(repo, "Back to v1", {})


def by_ours_on_top_of_the_old(repo: ForgeRepo) -> None:
    """Merge main into the old commit with the strategy ours."""
    old = ("checkout", "--quiet", "--detach", "origin/main^1")
    on_main(repo, old, ("merge", "--quiet", "-s", "ours", "-m", "Back", "origin/main"))


def by_ours_through_a_request(repo: ForgeRepo) -> None:
    """Merge main into the old commit with the strategy ours on a branch, and merge that."""
    repo.git("fetch", "--quiet", "origin")
    repo.git("checkout", "--quiet", "--detach", "origin/main^1")
    repo.git("merge", "--quiet", "-s", "ours", "-m", "Back", "origin/main")
    side = repo.git("rev-parse", "HEAD").strip()
    on_main(repo, ("merge", "--quiet", "--no-ff", "-m", "Merge branch 'back'", side))


def by_ours_instead_of_a_release(repo: ForgeRepo) -> None:
    """Merge the next release by hand with the strategy ours."""
    repo.commit("stg", {"a.txt": "1\ntwo\nthree\n", "late.txt": "late\n"}, message="feat: late")
    repo.git("fetch", "--quiet", "origin")
    on_main(repo, ("merge", "--quiet", "-s", "ours", "-m", "Merge stg", "origin/stg"))


def in_a_merge_by_hand(repo: ForgeRepo) -> None:
    """Merge the next release by hand without one of its files."""
    repo.commit("stg", {"pay.txt": "pay\nmore\n", "late.txt": "late\n"}, message="feat: late")
    repo.git("fetch", "--quiet", "origin")
    on_main(
        repo,
        ("merge", "--quiet", "--no-commit", "--no-ff", "origin/stg"),
        ("checkout", "--quiet", "HEAD", "--", "pay.txt"),
        ("commit", "--quiet", "-m", "Merge stg"),
    )


def after_a_fast_forward(repo: ForgeRepo) -> None:
    """Move main to stg by hand, and then revert some of it."""
    repo.commit("stg", {"a.txt": "1\ntwo\nthree\n", "late.txt": "late\n"}, message="feat: late")
    repo.git("fetch", "--quiet", "origin")
    on_main(
        repo,
        ("merge", "--quiet", "--no-ff", "-m", "Merge main into stg", "origin/stg"),
    )
    tip = repo.tip("main")
    repo.remote_git("update-ref", "refs/heads/stg", tip)
    repo.commit("stg", {"more.txt": "more\n", "a.txt": "1\ntwo\nthree\nfour\n"}, message="feat: 4")
    repo.remote_git("update-ref", "refs/heads/main", repo.tip("stg"))
    repo.commit("main", {"more.txt": None, "a.txt": "1\ntwo\nthree\n"}, message="Quick help")


def again(repo: ForgeRepo) -> None:
    """Revert, revert the revert, and revert that, too."""
    on_main(repo, ("revert", "--no-edit", "-m", "1", "HEAD"))
    on_main(repo, *[("revert", "--no-edit", "HEAD")] * 2)


def half_by_half(repo: ForgeRepo) -> None:
    """Revert one file in two commits, of which the first leaves it in a new state."""
    lines = [f"{number}\n" for number in range(20)]
    repo.commit("stg", {"a.txt": "".join(lines)}, message="feat: count")
    merge_by_hand(repo, "origin/stg")
    here, there = [*lines], [*lines]
    here[1] = there[1] = "one\n"
    there[18] = "eighteen\n"
    repo.commit("stg", {"a.txt": "".join(there)}, message="feat: words")
    merge_by_hand(repo, "origin/stg")
    there[1] = "1\n"
    repo.commit("main", {"a.txt": "".join(there)}, message="Quick help")
    repo.commit("main", {"a.txt": "".join(lines)}, message="Quick help again")


def more_than_it_says(repo: ForgeRepo) -> None:
    """Name one commit in the message, and silently revert the work of another one, too."""
    late = repo.commit("stg", {"late.txt": "late\n"}, message="feat: late")
    merge_by_hand(repo, "origin/stg")
    files = {"late.txt": None, "a.txt": BEFORE["a.txt"], "VERSION": "2\n"}
    repo.commit("main", files, message=f'Revert "feat: late"\n\nThis reverts commit {late}.')


def no_more_than_two(repo: ForgeRepo) -> None:
    """Revert two commits, name one of them, and change nothing else."""
    late = repo.commit("stg", {"late.txt": "late\n"}, message="feat: late")
    merge_by_hand(repo, "origin/stg")
    files = {"late.txt": None, "a.txt": BEFORE["a.txt"]}
    repo.commit("main", files, message=f'Revert "feat: late"\n\nThis reverts commit {late}.')


def half_unsaid(repo: ForgeRepo) -> None:
    """Revert one file in two commits, of which only the second names what it reverts."""
    work, half, none = count_in_words(repo)
    repo.commit("main", {"a.txt": half}, message="Quick help")
    repo.commit("main", {"a.txt": none}, message=f"Quick help\n\nThis reverts commit {work}.")


def half_and_half(repo: ForgeRepo) -> None:
    """Revert one file in two commits that both name what they revert."""
    work, half, none = count_in_words(repo)
    for text in (half, none):
        repo.commit("main", {"a.txt": text}, message=f"Quick help\n\nThis reverts commit {work}.")


def half_unsaid_on_a_branch(repo: ForgeRepo) -> None:
    """Revert one file in the same two commits on a branch, and merge it."""
    work, half, none = count_in_words(repo)
    repo.git("fetch", "--quiet", "origin")
    repo.git("checkout", "--quiet", "--detach", "origin/main")
    repo.local_commit({"a.txt": half}, message="Quick help")
    message = f"Quick help\n\nThis reverts commit {work}."
    merge_by_hand(repo, repo.local_commit({"a.txt": none}, message=message))


def two_on_a_branch(repo: ForgeRepo) -> None:
    """Revert two commits that changed the same file, one by one on a branch."""
    repo.commit("stg", {"a.txt": "1\ntwo\nthree\n"}, message="feat: three")
    repo.commit("stg", {"a.txt": "one\ntwo\nthree\n"}, message="feat: one")
    merge_by_hand(repo, "origin/stg")
    repo.git("fetch", "--quiet", "origin")
    repo.git("checkout", "--quiet", "--detach", "origin/main")
    repo.git("revert", "--no-edit", "origin/stg", "origin/stg^")
    merge_by_hand(repo, repo.git("rev-parse", "HEAD").strip())


def count_in_words(repo: ForgeRepo) -> tuple[str, str, str]:
    """Release two changes of a file; return the commit, and the file with one and none of them."""
    lines = [f"{number}\n" for number in range(20)]
    repo.commit("stg", {"a.txt": "".join(lines)}, message="feat: count")
    merge_by_hand(repo, "origin/stg")
    half = [*lines[:18], "eighteen\n", *lines[19:]]
    whole = [lines[0], "one\n", *half[2:]]
    work = repo.commit("stg", {"a.txt": "".join(whole)}, message="feat: words")
    merge_by_hand(repo, "origin/stg")
    return work, "".join(half), "".join(lines)


def over_another_one(repo: ForgeRepo) -> None:
    """Revert a release, and then restore its files to revert the next one."""
    lines = [f"{number}\n" for number in range(20)]
    repo.commit("stg", {"a.txt": "".join(lines)}, message="feat: count")
    merge_by_hand(repo, "origin/stg")
    first = "".join([lines[0], "one\n", *lines[2:]])
    repo.commit("stg", {"a.txt": first}, message="feat: first")
    merge_by_hand(repo, "origin/stg")
    repo.commit("main", {"a.txt": "".join(lines)}, message="Quick help")
    second = first.replace("18\n", "eighteen\n")
    repo.commit("stg", {"a.txt": second}, message="feat: second")
    merge_by_hand(repo, "origin/stg")
    repo.commit("main", {"a.txt": first}, message="Back to the first")


def on_main_and_on_a_branch(repo: ForgeRepo) -> None:
    """Revert the release on main, and merge a branch that contains part of the same revert."""
    late = repo.commit("stg", {"late.txt": "late\n"}, message="feat: late")
    merge_by_hand(repo, "origin/stg")
    repo.git("fetch", "--quiet", "origin")
    repo.git("checkout", "--quiet", "--detach", "origin/main")
    repo.git("revert", "--no-edit", late)
    side = repo.git("rev-parse", "HEAD").strip()
    on_main(repo, ("revert", "--no-edit", "-m", "1", "HEAD"))
    merge_by_hand(repo, side)


def with_a_hotfix_on_top_that_ended(repo: ForgeRepo) -> None:
    """Restore a file, change it with a hotfix, and undo the hotfix."""
    for text in (BEFORE["a.txt"], "1\nhot\n3\n", BEFORE["a.txt"]):
        repo.commit("main", {"a.txt": text}, message="Quick help")


def in_a_merge_that_drops(repo: ForgeRepo) -> None:
    """Merge the next release by hand without one of its files, and restore an old one."""
    files = {"late.txt": "late\n", "src/code.txt": "more code\n"}
    repo.commit("stg", files, message="feat: late")
    repo.git("fetch", "--quiet", "origin")
    on_main(
        repo,
        ("merge", "--quiet", "--no-commit", "--no-ff", "origin/stg"),
        ("checkout", "--quiet", "HEAD", "--", "src/code.txt"),
        ("checkout", "--quiet", "HEAD^1", "--", "a.txt"),
        ("commit", "--quiet", "-m", "Merge stg"),
    )


def by_deleting_an_old_file(repo: ForgeRepo) -> None:
    """Delete a file that the release changed, and nothing else."""
    on_main(repo, ("rm", "-q", "a.txt"), ("commit", "-qm", "Quick help"))


def of_a_rename(repo: ForgeRepo) -> None:
    """Move a file back that the release had moved."""
    repo.commit("stg", {"src/code.txt": None, "lib/code.txt": "code\n"}, message="chore: move")
    merge_by_hand(repo, "origin/stg")
    repo.commit("main", {"src/code.txt": "code\n", "lib/code.txt": None}, message="Quick help")


def by_deleting(repo: ForgeRepo) -> None:
    """Delete all files that the release touched, including the old ones."""
    on_main(repo, ("rm", "-q", "a.txt", "pay.txt"), ("commit", "-qm", "Quick help"))


def of_a_release_branch(repo: ForgeRepo) -> None:
    """Revert a release that came with a branch from stg that has a commit of its own."""
    files = {"late.txt": "late\n", "later.txt": "later\n"}
    repo.commit("stg", files, message="feat: late")
    repo.git("fetch", "--quiet", "origin")
    repo.git("checkout", "--quiet", "--detach", "origin/stg")
    merge_by_hand(repo, repo.local_commit({"VERSION": "2\n"}))
    repo.commit("main", dict.fromkeys(files), message="Quick help")


def in_a_merge_on_a_branch(repo: ForgeRepo) -> None:
    """Merge stg on a branch without one of its files, and merge that branch."""
    repo.commit("stg", {"pay.txt": "pay\nmore\n", "late.txt": "late\n"}, message="feat: late")
    repo.git("fetch", "--quiet", "origin")
    repo.git("checkout", "--quiet", "--detach", "origin/main")
    repo.git("merge", "--quiet", "--no-commit", "--no-ff", "origin/stg")
    repo.git("checkout", "--quiet", "HEAD", "--", "pay.txt")
    merge_by_hand(repo, repo.local_commit({}))


def beside_a_merge(repo: ForgeRepo) -> None:
    """Revert in the merge of the next release, which is unrelated."""
    repo.commit("stg", {"late.txt": "late\n"}, message="feat: late")
    repo.git("fetch", "--quiet", "origin")
    on_main(
        repo,
        ("merge", "--quiet", "--no-commit", "--no-ff", "origin/stg"),
        ("checkout", "--quiet", "HEAD^1", "--", "a.txt"),
        ("commit", "--quiet", "-m", "Merge stg"),
    )


def with_a_move(repo: ForgeRepo) -> None:
    """Restore the old content under another name in one commit."""
    repo.commit("main", {"a.txt": None, "b.txt": BEFORE["a.txt"]}, message="Names")


def after_a_move(repo: ForgeRepo) -> None:
    """Move the file, and then restore its old content."""
    repo.commit("main", {"a.txt": None, "b.txt": WORK["a.txt"]}, message="Names")
    repo.commit("main", {"b.txt": BEFORE["a.txt"]}, message="Quick help")


def with_a_folder(repo: ForgeRepo) -> None:
    """Restore the old content in another folder, delete the first one, and add a hotfix."""
    lines = "".join(f"{number}\n" for number in range(20))
    repo.commit("stg", {"src/code.txt": lines}, message="feat: count")
    merge_by_hand(repo, "origin/stg")
    repo.commit("stg", {"src/code.txt": lines.replace("1\n", "one\n", 1)}, message="feat: one")
    merge_by_hand(repo, "origin/stg")
    repo.commit("main", {"src/code.txt": None, "lib/code.txt": lines}, message="Folders")
    repo.commit("main", {"lib/code.txt": lines.replace("18\n", "eighteen\n")}, message="fix: hot")


def half_before_a_move(repo: ForgeRepo) -> None:
    """Revert one half under the old name, and the other half under the new one."""
    _, half, none = count_in_words(repo)
    repo.commit("main", {"a.txt": half}, message="Quick help")
    repo.commit("main", {"a.txt": None, "b.txt": half}, message="Names")
    repo.commit("main", {"b.txt": none}, message="Quick help again")


def before_a_move(repo: ForgeRepo) -> None:
    """Restore the old content with a new version number, and then move the file."""
    files = {"a.txt": BEFORE["a.txt"], "VERSION": "2\n"}
    repo.commit("main", files, message="Release 2")
    repo.commit("main", {"a.txt": None, "b.txt": BEFORE["a.txt"]}, message="Names")


def by_git_after_a_move(repo: ForgeRepo) -> None:
    """Revert the commit after one of its files was moved on main, and another on stg."""
    lines = "".join(f"{number}\n" for number in range(20))
    repo.commit("stg", {"late.txt": lines, "later.txt": lines}, message="feat: late")
    merge_by_hand(repo, "origin/stg")
    both = dict.fromkeys(("late.txt", "later.txt"), lines.replace("9\n", "nine\n", 1))
    work = repo.commit("stg", both, message="feat: nine")
    merge_by_hand(repo, "origin/stg")
    repo.commit("stg", {"later.txt": None, "last.txt": both["later.txt"]}, message="chore: last")
    merge_by_hand(repo, "origin/stg")
    repo.git("fetch", "--quiet", "origin")
    on_main(repo, ("mv", "late.txt", "b.txt"), ("commit", "-qm", "Names"))
    repo.git("fetch", "--quiet", "origin")
    on_main(repo, ("revert", "--no-edit", work))


def with_a_hotfix_in_it(repo: ForgeRepo, message: str, *beside: str) -> None:
    """Restore the old content except for one line that the commit fixes; delete these files."""
    _, _, none = count_in_words(repo)
    files = {"a.txt": none.replace("9\n", "nine\n", 1), **dict.fromkeys(beside)}
    merge = repo.tip("main")
    repo.commit("main", files, message=message.format(merge=merge))


def in_own_words_with_a_hotfix(repo: ForgeRepo) -> None:
    """Fix a line in the same commit, and delete another file."""
    with_a_hotfix_in_it(repo, "Release 1.0.1", "pay.txt")


def by_id_with_a_hotfix(repo: ForgeRepo) -> None:
    """Fix a line in the same commit, whose message names the merge of the release."""
    with_a_hotfix_in_it(repo, "Help\n\nThis reverts commit {merge}.")


def by_title_with_a_hotfix(repo: ForgeRepo) -> None:
    """Fix a line in the same commit, whose message names no commit, and delete a file."""
    with_a_hotfix_in_it(repo, 'Revert "Release" (#4)', "pay.txt")


def by_title_alone_with_a_hotfix(repo: ForgeRepo) -> None:
    """Fix a line in the same commit, whose message names no commit; no file matches the old one."""
    with_a_hotfix_in_it(repo, 'Revert "Release" (#4)')


def through_a_request_with_a_hotfix(repo: ForgeRepo) -> None:
    """Fix a line in the same commit, on a branch that is merged."""
    _, _, none = count_in_words(repo)
    repo.git("fetch", "--quiet", "origin")
    repo.git("checkout", "--quiet", "--detach", "origin/main")
    files = {"a.txt": none.replace("9\n", "nine\n", 1), "pay.txt": None}
    merge_by_hand(repo, repo.local_commit(files, message="Quick help"))


def of_odd_names(repo: ForgeRepo) -> None:
    """Revert files whose names are patterns to git, with a new version number."""
    names = {":(top)x": "1\n", "x*": "2\n", "xy": "3\n"}
    repo.commit("stg", names, message="feat: odd")
    merge_by_hand(repo, "origin/stg")
    gone = {":(top)x": None, "x*": None, "xy": "mended\n", "VERSION": "2\n"}
    repo.commit("main", gone, message="Release 2")


def merge_by_hand(repo: ForgeRepo, what: str) -> None:
    """Merge a commit into main by hand."""
    repo.git("fetch", "--quiet", "origin")
    on_main(repo, ("merge", "--quiet", "--no-ff", "-m", "Merge", what))


def on_main_with(repo: ForgeRepo, message: str, beside: dict[str, str]) -> None:
    """Restore the old files in one commit together with other files."""
    repo.git("fetch", "--quiet", "origin")
    repo.git("checkout", "--quiet", "--detach", "origin/main")
    restore(repo)
    repo.write(beside)
    if beside:
        repo.git("add", "--", *beside)
    repo.git("commit", "--quiet", "-m", message)
    repo.git("push", "--quiet", "origin", "HEAD:refs/heads/main")


def counted(*words: str) -> str:
    """Return twenty lines of numbers, of which these are written as words."""
    numbers = {"one": 1, "nine": 9, "eighteen": 18}
    lines = {numbers[word]: word for word in words}
    return "".join(f"{lines.get(number, number)}\n" for number in range(20))


MOVED: dict[str, str | None] = {"a.txt": None, "b.txt": WORK["a.txt"]}
HOT: dict[str, str | None] = {"a.txt": counted("one", "nine", "eighteen")}
Forms = dict[str, tuple[Callable[[ForgeRepo], None], list[str], Mapping[str, str | None]]]
FORMS: Forms = {
    "git": (by_git, NAMED, {}),
    "gitlab": (by_gitlab, NAMED, {}),
    "bitbucket": (by_bitbucket, NAMED, {}),
    "azure": (by_azure, NAMED, {}),
    "github": (by_github_squashed, NAMED, {"NOTES": "why\n"}),
    "request": (by_restore_request, CONTENT, {}),
    "version": (with_a_new_version, CONTENT, {"VERSION": "1.0.1\n"}),
    "words": (in_own_words, CONTENT, {"hot.txt": "hot\n"}),
    "twice": (in_two_commits, CONTENT * 2, {}),
    "tree": (by_the_old_tree, CONTENT, {}),
    "ours-old": (by_ours_on_top_of_the_old, MIXED, {}),
    "ours-request": (by_ours_through_a_request, CONTENT, {}),
    "ours": (by_ours_instead_of_a_release, MIXED, {}),
    "by-hand": (in_a_merge_by_hand, MIXED, {}),
    "forward": (after_a_fast_forward, CONTENT, {}),
    "again": (again, NAMED, {}),
    "halves": (half_by_half, CONTENT, {}),
    "unsaid": (half_unsaid, MIXED, {}),
    "both-said": (half_and_half, NAMED * 2, {}),
    "branch-unsaid": (half_unsaid_on_a_branch, NAMED, {}),
    "branch-two": (two_on_a_branch, NAMED * 2, {}),
    "more": (more_than_it_says, NAMED, {"VERSION": "2\n"}),
    "two": (no_more_than_two, NAMED, {}),
    "drops": (in_a_merge_that_drops, MIXED, {}),
    "over": (over_another_one, CONTENT, {}),
    "two-ways": (on_main_and_on_a_branch, NAMED, {}),
    "hotfix": (with_a_hotfix_on_top_that_ended, STUCK, {}),
    "old-file": (by_deleting_an_old_file, CONTENT, {}),
    "rename": (of_a_rename, CONTENT, {}),
    "deleted": (by_deleting, CONTENT, {}),
    "branch": (of_a_release_branch, CONTENT, {"VERSION": "2\n"}),
    "on-branch": (in_a_merge_on_a_branch, MIXED, {}),
    "beside": (beside_a_merge, CONTENT, {}),
    "moved": (with_a_move, MIXED, MOVED),
    "moved-first": (after_a_move, CONTENT, MOVED),
    "moved-folder": (
        with_a_folder,
        MIXED,
        {"src/code.txt": None, "lib/code.txt": counted("one", "eighteen")},
    ),
    "moved-half": (half_before_a_move, MIXED, MOVED | {"b.txt": counted("one", "eighteen")}),
    "moved-then": (before_a_move, CONTENT, MOVED | {"VERSION": "2\n"}),
    "moved-git": (
        by_git_after_a_move,
        NAMED,
        {"late.txt": None, "b.txt": counted("nine")},
    ),
    "hot-words": (in_own_words_with_a_hotfix, MIXED, HOT),
    "hot-id": (by_id_with_a_hotfix, MIXED, HOT),
    "hot-title": (by_title_with_a_hotfix, MIXED, HOT),
    "hot-alone": (by_title_alone_with_a_hotfix, MIXED, HOT),
    "hot-request": (through_a_request_with_a_hotfix, MIXED, HOT),
    "odd": (of_odd_names, MIXED, {"xy": "mended\n", "VERSION": "2\n"}),
}


PARTS = 4


@pytest.fixture(params=range(PARTS))
def forms(request: pytest.FixtureRequest) -> Forms:
    """Return some of the ways; those in one workspace are planned together."""
    return dict(list(FORMS.items())[request.param :: PARTS])


@pytest.fixture
def rolled_back(forge: Forge, forms: Forms) -> Forge:
    """Return a workspace whose release was reverted in a different way in each repository."""
    for name, (take_back, _, _) in forms.items():
        repo = forge.add(name, files=BEFORE)
        work = {**WORK, "gone.txt": None}
        sides = [repo.tip("main"), repo.commit("stg", work, message="feat: pay")]
        stamp = Stamp(COLLEAGUE, forge.tick())
        merge = repo.write_commit(work, stamp=stamp, message=MERGED, parents=sides)
        repo.remote_git("update-ref", "refs/heads/main", merge)
        take_back(repo)
        repo.commit("stg", FIX, message="fix: rounding")
    forge.write_config()
    return forge


def follow(repo: ForgeRepo, row: dict[str, Any], forge: Forge) -> None:
    """Run the commands of the hint in the workspace folder."""
    hint = row["problems"][0]["hint"]
    commands = hint.removeprefix("To keep the work: ").partition(". To merge anyway")[0]
    if by_hand := hint.partition("Bring it back by hand: ")[2]:
        commands = f"{by_hand.partition('; where git stops')[0]} && git push origin HEAD:stg"
    done = subprocess.run(
        ["sh", "-ec", commands],
        cwd=forge.shop,
        env=forge.env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        encoding="utf-8",
        timeout=60,
    )
    assert done.returncode == 0, f"{repo.name}: {commands}\n{done.stdout}{done.stderr}"


def undo_on_remotes(forge: Forge, before: Mapping[str, Mapping[str, str]]) -> None:
    """Set the stages of all remotes back to these commits."""
    for name, tips in before.items():
        for branch, sha in tips.items():
            forge.repos[name].remote_git("update-ref", f"refs/heads/{branch}", sha)


def chosen(names: Iterable[str]) -> list[str]:
    """Return the options that limit a command to these repositories."""
    return [word for name in names for word in ("-r", name)]


def test_each_form_is_noticed_and_the_work_comes_back(rolled_back: Forge, forms: Forms) -> None:
    """What says that it is a roll-back comes back by itself, the rest when a person says so.

    What did more in a file is refused with a hint. Then main has the work and the fix, and other
    changes of the commit that reverted the release. A back-merge brings them to stg and dev.
    """
    forge = rolled_back
    kinds = {name: kind[0] for name, (_, kind, _) in forms.items()}
    named, content, mixed, stuck = (
        [name for name in forms if kinds[name] == of[0]] for of in (NAMED, CONTENT, MIXED, STUCK)
    )
    noticed = {name: CONTENT if name in stuck else kind for name, (_, kind, _) in forms.items()}
    before = {
        name: {branch: repo.tip(branch) for branch in ("stg", "dev")}
        for name, repo in forge.repos.items()
    }
    wanted = {
        name: {
            path: text
            for path, text in {**forge.repos[name].tree("stg"), **forms[name][2]}.items()
            if text is not None
        }
        for name in forms
    }
    by_hand = [*mixed, *stuck]
    unsaid = chosen([*content, *by_hand])

    with remotes_untouched(forge):
        up = rows(forge.json(*RELEASE, *unsaid, check=REFUSED))
        down = rows(forge.json(*DOWN, *unsaid, check=REFUSED))
        decided = rows(
            forge.json(*RELEASE, "--roll-forward", "--dry-run", *chosen(by_hand), check=REFUSED)
        )
    assert {name: {*codes(row)} for name, row in decided.items()} == {
        name: {kinds[name]} for name in by_hand
    }

    down |= rows(forge.json(*DOWN, *chosen(named), check=DONE))
    forge.json(*DOWN, "--roll-forward", *chosen(content), check=DONE)
    assert_at(forge, {name: wanted[name] for name in (*named, *content)}, "stg", "dev")
    undo_on_remotes(forge, {name: before[name] for name in (*named, *content)})

    for name in by_hand:
        follow(forge.repos[name], decided[name], forge)
        assert (name, forge.repos[name].tree("stg")) == (name, wanted[name])
    up |= rows(forge.json(*RELEASE, *chosen(named), check=DONE))
    for told in (up, down):
        assert {name: codes(row) for name, row in told.items()} == noticed
    again = rows(forge.json(*RELEASE, "--roll-forward", check=DONE))
    assert {name: {*codes(again[name])} for name in content} == {name: {*NAMED} for name in content}
    assert_at(forge, wanted, "main")
    assert codes(forge.json(*DOWN, check=DONE)) == []
    assert_at(forge, wanted, "stg", "dev")


def assert_at(forge: Forge, wanted: Mapping[str, dict[str, str]], *branches: str) -> None:
    """Assert that these repositories have these files on the branches of their remotes."""
    for branch in branches:
        for name, files in wanted.items():
            assert (name, branch, forge.repos[name].tree(branch)) == (name, branch, files)
