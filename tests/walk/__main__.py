"""`python -m tests.walk`: walks, in parallel; exit 1 when a statement was not true."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from random import SystemRandom

from tests.torture.world import PACKAGE, frozen
from tests.walk.town import Town
from tests.walk.walker import Tally, stroll, walk


def main() -> int:
    """Take the walks that the command line asks for, and print what was counted."""
    parser = argparse.ArgumentParser(prog="python -m tests.walk", description=__doc__)
    parser.add_argument("--seed", type=int, help="of the first walk; a fresh one if left out")
    parser.add_argument("--walks", type=int, default=1)
    parser.add_argument("--steps", type=int, default=40, help="of each walk")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--package", type=Path, default=PACKAGE, help="whose multigit is played")
    parser.add_argument("--go-on", action="store_true", help="past the first violation, too")
    parser.add_argument("--verbose", action="store_true", help="print every line and its answer")
    parser.add_argument("lines", nargs="*", help="play these lines instead, each an argument")
    chosen = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    first = SystemRandom().randrange(10**6) if chosen.seed is None else chosen.seed
    since, counts, failed = time.monotonic(), Counter[str](), 0
    with tempfile.TemporaryDirectory() as folder:
        package = frozen(chosen.package, Path(folder) / "package")
        plays = [
            (seed, chosen.steps, chosen.lines, Path(folder) / str(seed), package, not chosen.go_on)
            for seed in range(first, first + (1 if chosen.lines else chosen.walks))
        ]
        with ProcessPoolExecutor(chosen.jobs) as pool:
            for play, tally in zip(plays, pool.map(_one, plays), strict=True):
                counts += tally.counts
                failed += bool(tally.violations)
                report(play[0], chosen.steps, tally, verbose=chosen.verbose)
    for name, count in counts.items():
        print(f"{name}: {count}")
    print(
        f"seeds {first} to {plays[-1][0]}, {time.monotonic() - since:.0f} s, {failed} walks failed"
    )
    return 1 if failed else 0


def _one(play: tuple[int, int, list[str], Path, Path, bool]) -> Tally:
    seed, steps, lines, folder, package, stop = play
    try:
        with Town(folder, package) as town:
            return walk(lines, town, stop=stop) if lines else stroll(seed, steps, town, stop=stop)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def report(seed: int, steps: int, tally: Tally, *, verbose: bool = False) -> None:
    """Print what does not hold, and how to see it again."""
    if verbose or tally.violations:
        print("\n".join(tally.told))
    for text in tally.violations:
        print(f"VIOLATION (seed {seed}): {text}")
    if tally.violations:
        print(f"repeat: python -m tests.walk --seed {seed} --steps {steps}")
        lines = " ".join(f"'{line}'" for line in tally.lines)
        print(f"or: python -m tests.walk {lines}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
