"""Work that a merge would lose: the problems, and the commands that keep the work."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from pathlib import PurePosixPath
from shlex import quote

from multigit.core.planning.roll_backs import blocking_reversals, undecided
from multigit.core.planning.sides import Sides
from multigit.core.values.merge import Evidence, Merge, Reversal
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.text import pathspec, plural, shortened
from multigit.hints import Hint

WITH_CONFLICT = "Resolve the conflict as its hint says: that keeps this work, too."


def losing_work(merge: Merge, sides: Sides, *, accepted: bool) -> Iterable[Problem]:
    """Report commits of the later stage that revert work of the earlier one.

    A promotion would silently leave that work out; a back-merge would silently remove it. What
    comes back with the merge is not lost.
    """
    blocking = () if accepted else blocking_reversals(merge.reversals, forward=sides.forward)
    unclear = {each.sha: each.mixed for each in undecided(blocking)}
    coming = merge.fold.reverts if merge.fold else ()
    for reversal in merge.reversals:
        if reversal.sha in coming or reversal.undone:
            continue
        blocks = reversal in blocking
        mixed = unclear.get(reversal.sha, ())
        known = reversal.accepted if sides.forward else ""
        named = reversal.kind is Evidence.NAMED
        yield Problem(
            "mixed_roll_back" if mixed else "reverted_work" if named else "returned_files",
            f"{describe_reversal(reversal, sides.earlier, sides.later)}"
            f"{f', and does more in {shortened(mixed)}' if mixed else ''}: "
            f"{_effect(reversal, sides)}{f', as accepted in {known[:7]}' if known else ''}.",
            _what_to_do(merge, reversal, sides, unclear, blocks=blocks),
            Severity.BLOCK if blocks else Severity.WARN,
            files=reversal.paths,
        )


def _what_to_do(
    merge: Merge, reversal: Reversal, sides: Sides, unclear: Container[str], *, blocks: bool
) -> str:
    """Return how to keep the work that a commit reverted, or to do without it."""
    if merge.result.conflicted:
        return WITH_CONFLICT
    if blocks and not any(each.sha in unclear for each in merge.reversals):
        alone = reversal.kind is Evidence.NAMED and not reversal.accepted  # without the others
        return "" if alone else Hint.ROLL_FORWARD
    hint = Hint.KEEP_OR_ACCEPT if blocks else Hint.KEEP_WORK
    return hint.format(
        keeping=keeping(merge.reversals, sides),
        remote=sides.remote,
        earlier=sides.earlier,
        then=Hint.THEN_UNSTASH if sides.edited else "",
    )


def keeping(reversals: Sequence[Reversal], sides: Sides) -> str:
    """Return the commands that merge the later stage into the earlier one without losing work.

    What the later stage reverted is restored first, in a commit that is on no branch, so the
    earlier stage never lacks it. All of it is restored at once, the newest revert first: any that
    was left out would still remove its work. Local branches may be missing, behind or without an
    upstream, so none is needed. Changes in the work tree would come along, so they are stashed.
    """
    return Hint.KEEPING.format(
        path=sides.repo.typed(),
        remote=sides.remote,
        first=Hint.STASH_FIRST if sides.edited else "",
        there=f"{sides.remote}/{sides.later}",
        back=" && ".join(_restore(each) for each in reversals if not each.undone),
        earlier=sides.earlier,
    )


def _restore(reversal: Reversal) -> str:
    """Return the command that restores what one commit reverted, and nothing else."""
    name = reversal.sha[:7]
    if not reversal.kept:
        return (Hint.REVERT_MERGE if reversal.is_merge else Hint.REVERT).format(commit=name)
    applied = (
        Hint.APPLY.format(
            commit=_short(lacking), kept=_short(having), files=" ".join(map(pathspec, paths))
        )
        for lacking, having, paths in reversal.kept
    )
    return " && ".join(
        (
            *(_move(new, old) for old, new in reversal.moved),
            *applied,
            *(_move(old, new) for old, new in reversal.moved),
            Hint.COMMIT_RESTORED.format(commit=name),
        )
    )


def _short(commit: str) -> str:
    """Return a commit's short id; the name may be that of its parent, `sha^`."""
    return commit[:7] + ("^" if commit.endswith("^") else "")


def _move(old: str, new: str) -> str:
    """Return the command that renames a file; the new folder may not exist."""
    folder = str(PurePosixPath(new).parent)
    command = Hint.MOVE.format(old=quote(old), new=quote(new))
    return command if folder == "." else f"mkdir -p -- {quote(folder)} && {command}"


def describe_reversal(reversal: Reversal, earlier: str, later: str) -> str:
    """Return which commit reverts what, as the beginning of a sentence."""
    name = reversal.sha[:7]
    if reversal.lost:
        return f"{name} on {later} reverts {plural(reversal.lost, 'commit')} of {earlier}"
    files = f"{plural(len(reversal.paths), 'file')} ({shortened(reversal.paths)})"
    who = f"{name} by {reversal.author} on {later}"
    if reversal.kind is Evidence.NAMED:
        return f"{who} reverts work of {earlier} in {files}"
    if reversal.deletes:
        return f"{who} deletes {files} of {earlier}"
    return f"{who} restores {files} from before the work of {earlier}"


def _effect(reversal: Reversal, sides: Sides) -> str:
    work = "that work"
    if reversal.lost:  # so many commits were named
        work = "it" if reversal.lost == 1 else "them"
    if sides.forward:
        return f"a merge now would leave {work} out of {sides.later}"
    return f"a back-merge would remove {work} from {sides.earlier}, too"
