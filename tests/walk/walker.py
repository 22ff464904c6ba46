"""A walk from its first line to its last: play, look, judge, remember."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from random import Random

from tests.walk.annals import Annals, Step
from tests.walk.commands import Said
from tests.walk.dice import propose
from tests.walk.moves import MOODS, View, play
from tests.walk.oracle import Verdict, judge
from tests.walk.seen import Graphs, look
from tests.walk.town import Town

ENDING = ("hurry",)  # anything in flight arrives before the walk ends


@dataclass
class Tally:
    """What was counted, the lines that were played, and the violations."""

    counts: Counter[str] = field(default_factory=Counter)
    lines: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)

    def add(self, step: Step, verdict: Verdict) -> None:
        """Count a step and what was found in it."""
        said = step.said
        self.lines.append(step.line)
        self.told.append(
            f"{step.number:3} {step.line}" + (f"\n      {said.told()}" if said else "")
        )
        self.violations += [f"step {step.number}, {text}" for text in verdict.violations]
        self.counts += Counter(
            steps=1,
            commands=said is not None,
            statements=verdict.claims,
            hints=bool(step.hinted),
            kills=bool(said and said.cut_short),
            violations=len(verdict.violations),
        )


def walk(lines: Iterable[str], town: Town, *, stop: bool = True) -> Tally:
    """Play these lines; with `stop` only up to the first violation."""
    waiting = iter(lines)
    return _walk(town, lambda _: next(waiting, ""), stop=stop)


def stroll(seed: int, steps: int, town: Town, *, stop: bool = True) -> Tally:
    """Play this many lines from the dice of a seed."""
    dice, left = Random(seed), iter(range(steps))
    return _walk(
        town, lambda view: "" if next(left, None) is None else propose(dice, view), stop=stop
    )


def _walk(town: Town, choose: Callable[[View], str], *, stop: bool) -> Tally:
    tally, annals = Tally(), Annals(Graphs(town))
    before, last, plan, left = look(town), None, None, False
    annals.begin(before)
    ending = iter(ENDING)
    while line := choose(View(town, before, last)) or next(ending, ""):
        played = play(line, View(town, before, last))
        said, busy = played.said, town.at_work()  # asked first: what ends later may be seen or not
        after = look(town)
        step = Step(
            number=len(tally.lines) + 1,
            line=line,
            said=said,
            before=before,
            after=after,
            loose=left,
            hinted=played.hint,
            planned=plan if plan and said and _carries_out(said, plan) else None,
        )
        verdict = judge(step, annals)
        annals.note(step)
        tally.add(step, verdict)
        if verdict.violations and stop:
            break
        before, last = after, said or (last if line.split()[0] in MOODS else None)
        left = busy and (left or bool(said and (said.cut_short or said.gave_up_waiting)))
        plan = said if said and said.dry else None
    return tally


def _carries_out(said: Said, plan: Said) -> bool:
    """Return whether a command carries out the plan of a dry run."""
    words = tuple(word.replace("--dry-run", "--yes") for word in plan.words)
    return (said.workspace, said.words) == (plan.workspace, words)


def shorter(lines: Sequence[str], fails: Callable[[Sequence[str]], bool]) -> list[str]:
    """Return lines that still fail, leaving out as many as possible, larger pieces first."""
    kept, size = list(lines), max(1, len(lines) // 2)
    while True:
        for start in range(0, len(kept), size):
            fewer = kept[:start] + kept[start + size :]
            if fewer and fails(fewer):
                kept = fewer
                break
        else:
            if size == 1:
                return kept
            size = max(1, size // 2)
