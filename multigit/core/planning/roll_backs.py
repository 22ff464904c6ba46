"""Roll-backs on the later of two stages: which of them a merge does without, and what it says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from multigit.core.values.merge import Evidence, Reversal, Skip


def blocking_reversals(reversals: Sequence[Reversal], *, forward: bool) -> tuple[Reversal, ...]:
    """Return the reversals that block a merge until a person decides.

    A revert that was accepted before is accepted in promotions, not in back-merges. A single
    deleted file does not block, unless the commit calls itself a revert or the file was all of the
    work: files are deleted for good reasons every day. Nor does one do so if a commit that calls
    itself a revert restored that file as well.
    """
    named = [each for each in reversals if each.kind is Evidence.NAMED]
    again = {commit.sha for each in named for commit in each.besides}
    slight = [each for each in reversals if each.slight and each not in named]
    lost = [each for each in reversals if not each.undone]
    lost = [each for each in lost if each not in slight or each.sha not in again]
    if len(lost) == 1 and lost[0] in slight:
        return ()
    return tuple(each for each in lost if not (forward and each.accepted))


def to_skip(
    reversals: Sequence[Reversal], *, forward: bool, roll_forward: bool
) -> tuple[Reversal, ...]:
    """Return the reversals without which a merge is made, so that their work comes back.

    Those that say that they revert work, unless a person accepted that; with `roll_forward`, a
    person says it of those that only their content shows, too, and of what a back-merge would
    remove although it was accepted. None if there is another one that a person has to decide about.
    """
    blocking = blocking_reversals(reversals, forward=forward)
    chosen = tuple(
        each
        for each in reversals
        if not each.undone
        and (
            (each.kind is Evidence.NAMED and not each.accepted)
            or (roll_forward and not (forward and each.accepted))
        )
    )
    if undecided(chosen) or not {*blocking} <= {*chosen}:
        return ()
    return (*chosen, *(each for each in reversals if each.undone)) if chosen else ()


def skips_of(reversals: Iterable[Reversal]) -> tuple[Skip, ...]:
    """Return the changes of the line that these reversals made, by the commits that brought them.

    Several of them may have come with one merge. What they expose is left out as well.
    """
    steps, exposed = dict[str, list[Reversal]](), dict[str, Skip]()
    for each in reversals:
        steps.setdefault(each.step, []).append(each)
        for more in each.exposed:
            exposed[more.commit] = _both(more, exposed.get(more.commit, more))
    known = tuple(skip for step, found in steps.items() if (skip := _skip(step, found)))
    own = {each.commit for each in known}
    return (*known, *(skip for sha, skip in exposed.items() if known and sha not in own))


def _both(one: Skip, other: Skip) -> Skip:
    whole = not (one.paths and other.paths)
    return Skip(one.commit, () if whole else tuple(sorted({*one.paths, *other.paths})))


def _skip(step: str, found: Sequence[Reversal]) -> Skip | None:
    if not set.intersection(*({*each.rest} for each in found)):
        return Skip(step)  # it did nothing else
    paths = {path for each in found for path in each.back}
    return Skip(step, tuple(sorted(paths))) if paths else None


def undecided(reversals: Iterable[Reversal]) -> tuple[Reversal, ...]:
    """Return the reversals that did more in a file than to revert work, as far as that is known.

    Each with only these files.
    """
    found = tuple(reversals)
    back = {(each.step, path) for each in found for path in each.back}
    left = (
        replace(each, mixed=tuple(path for path in each.mixed if (each.step, path) not in back))
        for each in found
    )
    return tuple(each for each in left if each.mixed)
