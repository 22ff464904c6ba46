"""What a merge says about roll-backs: what comes back with it, and why it cannot be made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from multigit.core.planning.losses import keeping
from multigit.core.planning.sides import Sides
from multigit.core.values.commits import PendingCommits
from multigit.core.values.merge import Fold, Merge, Reversal
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.start_time import utc
from multigit.core.values.text import pathspec, plural, shortened
from multigit.hints import Hint
from multigit.phrase import Phrase, phrase


def coming_back(merge: Merge, sides: Sides, *, roll_forward: bool) -> Iterable[Problem]:
    """Report what was rolled back on the later stage, and comes back with a merge."""
    if sides.forward and merge.waiting.returning:
        yield _carried(merge.waiting, sides, roll_forward=roll_forward)
    fold = merge.fold
    if fold is None:
        return
    reversals = [each for each in merge.reversals if each.sha in fold.reverts and not each.undone]
    if fold.stuck:
        yield _stuck(merge, fold, sides)
    elif merge.held:
        yield Problem(
            "rolled_back",
            phrase(
                "has nothing new on {earlier} since the roll-back, only {what}.",
                earlier=sides.earlier,
                what=_listed(reversals, sides),
            ),
            Hint.BRING_BACK,
        )
    else:
        for each in reversals:
            yield _back(each, sides)
        if fold.strays:
            yield _strays(merge, fold, sides)


def _carried(waiting: PendingCommits, sides: Sides, *, roll_forward: bool) -> Problem:
    """Return what comes back with a commit that a back-merge brought to the earlier stage."""
    what = f"what {shortened(tuple(sha[:7] for sha in waiting.roll_backs))} rolled back"
    if waiting.returning == waiting.commits and not roll_forward:
        message = f"has nothing new on {sides.earlier} since the roll-back, only {what}."
        return Problem("rolled_back", message, Hint.BRING_BACK)
    return Problem("brings_back", f"brings back {what}.", severity=Severity.WARN)


def _back(reversal: Reversal, sides: Sides) -> Problem:
    """Return what comes back that one commit rolled back, and what it rolled back beside that."""
    verb = "brings back" if sides.forward else "keeps"
    message = phrase("{verb} {what}.", verb=verb, what=_rolled_back(reversal, sides))
    if reversal.besides:
        own = shortened(tuple(f"{each.sha[:7]} {each.subject}" for each in reversal.besides))
        count = plural(len(reversal.besides), "commit")
        message = Phrase(message, f" With {count} of {sides.later} itself: {own}.")
    return Problem("brings_back", message, severity=Severity.WARN, files=reversal.paths)


def _rolled_back(reversal: Reversal, sides: Sides) -> Phrase:
    """Return what a commit rolled back, who that was and when."""
    files = f"the work of {sides.earlier} in {plural(len(reversal.paths), 'file')}"
    return phrase(
        "{what} that {sha} by {author} rolled back on {when}",
        what=plural(reversal.lost, "commit") if reversal.lost else files,
        sha=reversal.sha[:7],
        author=reversal.author,
        when=utc(reversal.time),
    )


def _listed(reversals: Sequence[Reversal], sides: Sides) -> Phrase:
    first, *others = reversals
    more = f", and what {plural(len(others), 'other commit')} rolled back" if others else ""
    return Phrase(_rolled_back(first, sides), more)


def _stuck(merge: Merge, fold: Fold, sides: Sides) -> Problem:
    """Return the problem that a commit of the later stage builds on a roll-back."""
    stuck = fold.stuck
    name = f"{stuck.sha[:7]} ({stuck.subject})" if stuck else "a commit"
    back = ", ".join(sha[:7] for sha in fold.reverts)
    return Problem(
        "reapply_conflict",
        f"{name} on {sides.later} conflicts with the work that {back} rolled back, in "
        f"{_where(fold)}.",
        Hint.BRING_BACK_BY_HAND.format(
            keeping=keeping(merge.reversals, sides),
            remote=sides.remote,
            earlier=sides.earlier,
            then=Hint.THEN_CHECKOUT if sides.edited else "",
        ),
        files=fold.conflicts,
    )


def _where(fold: Fold) -> str:
    """Return the files in which a commit conflicts, with its lines there, as far as known."""
    if {path for path, _, _ in fold.places} != {*fold.conflicts}:
        return f"{plural(len(fold.conflicts), 'file')}: {shortened(fold.conflicts)}"
    return shortened(
        tuple(
            f"{path}, line {first}" if first == last else f"{path}, lines {first} to {last}"
            for path, first, last in fold.places
        )
    )


def _strays(merge: Merge, fold: Fold, sides: Sides) -> Problem:
    """Return the problem of a merge that differs from the earlier stage for no known reason."""
    earlier, _ = merge.sides(forward=sides.forward)
    files = " ".join(map(pathspec, fold.strays))
    return Problem(
        "reapply_differs",
        f"the merge would differ from {sides.earlier} in "
        f"{plural(len(fold.strays), 'file')} ({shortened(fold.strays)}) that no commit of "
        f"{sides.later} explains.",
        Hint.COMPARE.format(
            path=sides.repo.typed(),
            before=earlier.sha,
            after=merge.result.commit or merge.result.tree,
            files=files,
        ),
        files=fold.strays,
    )
