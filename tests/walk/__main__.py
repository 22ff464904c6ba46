"""`python -m tests.walk`: walks, in parallel; exit 1 when a statement was not true."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from random import SystemRandom

from tests.torture.hosts import hasty
from tests.torture.world import PACKAGE
from tests.walk.hosts import HASTE
from tests.walk.town import Town
from tests.walk.walker import Tally, shorter, stroll, walk


def main() -> int:
    """Take the walks that the command line asks for, and print what was counted."""
    parser = argparse.ArgumentParser(prog="python -m tests.walk", description=__doc__)
    parser.add_argument("--seed", type=int, help="of the first walk; a fresh one if left out")
    parser.add_argument("--walks", type=int, default=1)
    parser.add_argument("--steps", type=int, default=40, help="of each walk")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--package", type=Path, default=PACKAGE, help="whose multigit is played")
    parser.add_argument("--go-on", action="store_true", help="past the first violation, too")
    parser.add_argument(
        "--shorten", action="store_true", help="leave out lines of a walk that fails"
    )
    parser.add_argument("--verbose", action="store_true", help="print every line and its answer")
    parser.add_argument("lines", nargs="*", help="play these lines instead, each an argument")
    chosen = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    first = SystemRandom().randrange(10**6) if chosen.seed is None else chosen.seed
    since, counts, failed = time.monotonic(), Counter[str](), 0
    with tempfile.TemporaryDirectory() as folder:
        package = hasty(chosen.package, Path(folder) / "package", HASTE)
        walks = 1 if chosen.lines else chosen.walks
        plays = [
            Play(seed, chosen.steps, chosen.lines, Path(folder) / str(seed), package, chosen.go_on)
            for seed in range(first, first + walks)
        ]
        with ProcessPoolExecutor(chosen.jobs) as pool:
            for play, tally in zip(plays, pool.map(_take, plays), strict=True):
                counts += tally.counts
                failed += bool(tally.violations)
                report(play.seed, play.steps, tally, verbose=chosen.verbose)
                if tally.lines and tally.violations and chosen.shorten:
                    print(f"shorter: python -m tests.walk {quoted(shortened(play, tally))}")
    for name, count in counts.items():
        print(f"{name}: {count}")
    seconds = f"{time.monotonic() - since:.0f} s"
    print(f"seeds {first} to {plays[-1].seed}, {seconds}, {failed} walks failed")
    return 1 if failed else 0


@dataclass(frozen=True, slots=True)
class Play:
    """One walk, from a seed or from these lines; only `goes_on` continues past a violation."""

    seed: int
    steps: int
    lines: Sequence[str]
    folder: Path
    package: Path
    goes_on: bool = False

    def __call__(self) -> Tally:
        """Take the walk in a town of its own."""
        stop = not self.goes_on
        try:
            with Town(self.folder, self.package) as town:
                if self.lines:
                    return walk(self.lines, town, stop=stop)
                return stroll(self.seed, self.steps, town, stop=stop)
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


def _take(play: Play) -> Tally:
    """Take a walk; an error in the walk itself is reported like a violation."""
    try:
        return play()
    except Exception:  # noqa: BLE001  (the other walks continue)
        return Tally(violations=[f"the walk broke: {traceback.format_exc(limit=-4)}"])


def shortened(play: Play, tally: Tally) -> list[str]:
    """Return fewer lines that still violate the same statement."""
    statement = tally.violations[0].split(": ")[0].split(", ")[1]

    def fails(lines: Sequence[str]) -> bool:
        return any(statement in text for text in replace(play, lines=lines)().violations)

    return shorter(tally.lines, fails)


def quoted(lines: Iterable[str]) -> str:
    """Return the lines as shell arguments."""
    return " ".join(f"'{line}'" for line in lines)


def report(seed: int, steps: int, tally: Tally, *, verbose: bool = False) -> None:
    """Print the violations, and how to reproduce them."""
    if verbose or tally.violations:
        print("\n".join(tally.told))
    for text in tally.violations:
        print(f"VIOLATION (seed {seed}): {text}")
    if tally.violations:
        print(f"repeat: python -m tests.walk --seed {seed} --steps {steps}")
        print(f"or: python -m tests.walk {quoted(tally.lines)}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
