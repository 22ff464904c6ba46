"""Work that a merge would lose: what is said of it, and the commands that keep it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from shlex import quote

from multigit.core.values.merge import Evidence, Merge, Reversal
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.text import pathspec, plural, shortened
from multigit.core.values.workspace import Repo
from multigit.hints import Hint

WITH_CONFLICT = "Resolve the conflict as its hint says: that keeps this work, too."


def losing_work(
    repo: Repo,
    merge: Merge,
    remote: str,
    branches: tuple[str, str],
    *,
    forward: bool,
    accepted: bool,
    edited: bool = False,
) -> Iterable[Problem]:
    """Report commits of the later stage that take back work of the earlier one.

    Merged forward, that work would silently stay out; merged down, it would silently go. `edited`
    tells that files are changed in the work tree.
    """
    source, target = branches
    earlier, later = (source, target) if forward else (target, source)
    how = keeping(merge.reversals, repo, remote, earlier, later, edited=edited)
    then = Hint.THEN_UNSTASH if edited else ""
    blocking = () if accepted else standing_in_the_way(merge.reversals, forward=forward)
    for reversal in merge.reversals:
        known = reversal.accepted if forward else ""
        yield Problem(
            "reverted_work" if reversal.kind is Evidence.NAMED else "returned_files",
            f"{taken_back(reversal, earlier, later)}: "
            f"{_leads(reversal, earlier, later, forward=forward)}"
            f"{f', as accepted in {known[:7]}' if known else ''}.",
            WITH_CONFLICT
            if merge.result.conflicted
            else (Hint.KEEP_OR_ACCEPT if reversal in blocking else Hint.KEEP_WORK).format(
                keeping=how, remote=remote, earlier=earlier, then=then
            ),
            Severity.BLOCK if reversal in blocking else Severity.WARN,
            files=reversal.paths,
        )


def standing_in_the_way(reversals: Sequence[Reversal], *, forward: bool) -> tuple[Reversal, ...]:
    """Return those with which a merge is not made before somebody decides.

    What was accepted once is accepted on the way forward, not on the way down.
    """
    if _only_a_deleted_file(reversals):
        return ()
    return tuple(each for each in reversals if not (forward and each.accepted))


def keeping(
    reversals: Sequence[Reversal],
    repo: Repo,
    remote: str,
    earlier: str,
    later: str,
    *,
    edited: bool = False,
) -> str:
    """Return the commands that merge the later stage into the earlier one without losing work.

    What the later stage took back is brought back first, on a commit that no branch has: so there
    is no moment at which the earlier stage lacks it. All of it at once, the newest first: any one
    that is left out would take its work along. Local branches may be missing, behind or without an
    upstream, so none is needed. What is changed in the work tree would come along to where it does
    not belong, so it is put aside.
    """
    return Hint.KEEPING.format(
        path=repo.typed(),
        remote=remote,
        first=Hint.STASH_FIRST if edited else "",
        there=f"{remote}/{later}",
        back=" && ".join(_bring_back(each) for each in reversals),
        earlier=earlier,
    )


def _bring_back(reversal: Reversal) -> str:
    """Return the command that brings back what one commit took back, and nothing that is beside."""
    name = reversal.sha[:7]
    if not reversal.kept:
        return (Hint.REVERT_MERGE if reversal.is_merge else Hint.REVERT).format(commit=name)
    away = [_move(old, new) for new, old in reversal.moved]
    applied = (
        Hint.APPLY.format(
            commit=_short(lacking), kept=_short(having), files=" ".join(map(pathspec, paths))
        )
        for lacking, having, paths in reversal.kept
    )
    back = [_move(old, new) for old, new in reversal.moved]
    return " && ".join([*away, *applied, *back, Hint.COMMIT_RESTORED.format(commit=name)])


def _short(commit: str) -> str:
    """Return a commit's name as short as people write it; it may be one's parent."""
    return commit[:7] + ("^" if commit.endswith("^") else "")


def _move(old: str, new: str) -> str:
    """Return the command that gives a file another name; its folder may be gone."""
    folder = str(PurePosixPath(new).parent)
    command = Hint.MOVE.format(old=quote(old), new=quote(new))
    return command if folder == "." else f"mkdir -p -- {quote(folder)} && {command}"


def _only_a_deleted_file(reversals: Sequence[Reversal]) -> bool:
    """Tell whether all that is taken back is one file, deleted by a commit that says no more.

    Files are deleted for good reasons every day; it is told all the same. Where the work brought
    nothing but that file, all of the work is taken back.
    """
    return [each.slight for each in reversals] == [True] and (reversals[0].kind is Evidence.CONTENT)


def taken_back(reversal: Reversal, earlier: str, later: str) -> str:
    """Return which commit takes back what, as the beginning of a sentence."""
    name, count = reversal.sha[:7], len(reversal.paths)
    if reversal.lost:
        commits = f"{plural(reversal.lost, 'commit')}"
        return f"{name} on {later} takes back {commits} of {earlier}"
    files = f"{plural(count, 'file')} ({shortened(reversal.paths)})"
    who = f"{name} by {reversal.author} on {later}"
    if reversal.kind is Evidence.NAMED:
        return f"{who} takes back work of {earlier} in {files}"
    if reversal.deletes:
        return f"{who} deletes {files} of {earlier}"
    return f"{who} puts {files} back to before the work of {earlier}"


def _leads(reversal: Reversal, earlier: str, later: str, *, forward: bool) -> str:
    if reversal.lost:
        one = reversal.lost == 1
        if forward:
            return f"merged now, {'it stays' if one else 'they stay'} out of {later}"
        return f"carried down, it takes {'it' if one else 'them'} out of {earlier} as well"
    if forward:
        return f"merged now, that work stays out of {later}"
    return f"carried down, it takes that work out of {earlier} as well"
