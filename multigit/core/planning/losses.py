"""Work that a merge would lose: the problems, and the commands that keep the work."""

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
    """Report commits of the later stage that revert work of the earlier one.

    A promotion would silently leave that work out; a back-merge would silently remove it. `edited`
    is True if files are changed in the work tree.
    """
    source, target = branches
    earlier, later = (source, target) if forward else (target, source)
    how = keeping(merge.reversals, repo, remote, earlier, later, edited=edited)
    then = Hint.THEN_UNSTASH if edited else ""
    blocking = () if accepted else blocking_reversals(merge.reversals, forward=forward)
    for reversal in merge.reversals:
        known = reversal.accepted if forward else ""
        yield Problem(
            "reverted_work" if reversal.kind is Evidence.NAMED else "returned_files",
            f"{describe_reversal(reversal, earlier, later)}: "
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


def blocking_reversals(reversals: Sequence[Reversal], *, forward: bool) -> tuple[Reversal, ...]:
    """Return the reversals that block a merge until a person decides.

    A revert that was accepted before is accepted in promotions, not in back-merges.
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

    What the later stage reverted is restored first, in a commit that is on no branch, so the
    earlier stage never lacks it. All of it is restored at once, the newest revert first: any that
    was left out would still remove its work. Local branches may be missing, behind or without an
    upstream, so none is needed. Changes in the work tree would come along, so they are stashed.
    """
    return Hint.KEEPING.format(
        path=repo.typed(),
        remote=remote,
        first=Hint.STASH_FIRST if edited else "",
        there=f"{remote}/{later}",
        back=" && ".join(_restore(each) for each in reversals),
        earlier=earlier,
    )


def _restore(reversal: Reversal) -> str:
    """Return the command that restores what one commit reverted, and nothing else."""
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
    """Return a commit's short id; the name may be that of its parent, `sha^`."""
    return commit[:7] + ("^" if commit.endswith("^") else "")


def _move(old: str, new: str) -> str:
    """Return the command that renames a file; the new folder may not exist."""
    folder = str(PurePosixPath(new).parent)
    command = Hint.MOVE.format(old=quote(old), new=quote(new))
    return command if folder == "." else f"mkdir -p -- {quote(folder)} && {command}"


def _only_a_deleted_file(reversals: Sequence[Reversal]) -> bool:
    """Return whether only one file was deleted, by a commit that does not call itself a revert.

    Files are deleted for good reasons every day, so this only warns. If the work consisted of that
    file alone, all of the work is reverted: then it is not slight.
    """
    return [each.slight for each in reversals] == [True] and (reversals[0].kind is Evidence.CONTENT)


def describe_reversal(reversal: Reversal, earlier: str, later: str) -> str:
    """Return which commit reverts what, as the beginning of a sentence."""
    name, count = reversal.sha[:7], len(reversal.paths)
    if reversal.lost:
        commits = f"{plural(reversal.lost, 'commit')}"
        return f"{name} on {later} reverts {commits} of {earlier}"
    files = f"{plural(count, 'file')} ({shortened(reversal.paths)})"
    who = f"{name} by {reversal.author} on {later}"
    if reversal.kind is Evidence.NAMED:
        return f"{who} reverts work of {earlier} in {files}"
    if reversal.deletes:
        return f"{who} deletes {files} of {earlier}"
    return f"{who} returns {files} to before the work of {earlier}"


def _leads(reversal: Reversal, earlier: str, later: str, *, forward: bool) -> str:
    if reversal.lost:
        one = reversal.lost == 1
        if forward:
            return f"a merge now would leave {'it' if one else 'them'} out of {later}"
        return f"a back-merge would remove {'it' if one else 'them'} from {earlier}, too"
    if forward:
        return f"a merge now would leave that work out of {later}"
    return f"a back-merge would remove that work from {earlier}, too"
