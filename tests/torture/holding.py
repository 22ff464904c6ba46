"""The remote of the lock refuses what holds a stage or releases it, or dies with its answer."""

from __future__ import annotations

from collections.abc import Iterable

from tests.torture import invariants
from tests.torture.cases import Case, Verdict, Workshop
from tests.torture.cuts import released_by_hand
from tests.torture.kills import script


def hold_cases() -> Iterable[Case]:
    """Yield a refusal, and a server that dies with its answer, at each write of the stage's ref."""
    for scene in ("rollback-locked", "release-locked"):
        for number in ("1", "2"):
            yield Case("holds", scene, ("refused", number))
            yield Case("holds", scene, ("lost", number))


def play_holds(workshop: Workshop, case: Case) -> Verdict:
    """Spoil one write of the ref that locks and holds the stage; nothing starts without the hold.

    It is read again at once if only the answer was lost.
    """
    fault, number = case.fault
    with workshop.world(case.scene) as world:
        bare, count = world.repos["db"].bare, world.root / "writes"
        name, end = ("update", "exit 1") if fault == "refused" else ("post-update", "kill -9 $PPID")
        script(
            bare / "hooks" / name,
            'case "$1" in refs/multigit/locks/*) ;; *) exit 0 ;; esac\n'
            f"echo >>{count}; [ $(wc -l <{count}) != {number} ] || {end}",
        )
        before = world.remotes()
        ran = world.run(*world.goal.command)
        (bare / "hooks" / name).unlink()
        if not count.exists() or len(count.read_bytes()) < int(number):
            return Verdict.idle(ran.told())
        found = invariants.lies(world, ran, before, doubt=True) + invariants.together(world)
        found += released_by_hand(world, ran)
        found += invariants.finish(world, ran)
        return Verdict.of(found, ran.told())
