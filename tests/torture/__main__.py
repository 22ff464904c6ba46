"""`python -m tests.torture`: the whole campaign; exit 1 when anything was violated."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time

from tests.torture.campaign import run, skipped
from tests.torture.cases import Kind


def main() -> int:
    """Run the campaign that the command line asks for and print its counts."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="for every choice that is random")
    parser.add_argument("--quick", action="store_true", help="only 100 cases, chosen by the seed")
    parser.add_argument("--jobs", type=int, default=(os.cpu_count() or 1) + 2)
    parser.add_argument("--verbose", action="store_true", help="name the cases that did not fire")
    parser.add_argument("cases", nargs="*", help="only these cases, or beginnings of their names")
    chosen = parser.parse_args()
    # Even if a shell makes us ignore them.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    since = time.monotonic()
    for reason in skipped():
        print(f"skipped: {reason}")
    tally = run(chosen.seed, jobs=chosen.jobs, only=chosen.cases, most=100 if chosen.quick else 0)
    if chosen.verbose:
        for name in tally.idle:
            print(f"did not fire: {name}")
        for family, seconds in tally.seconds.most_common():
            print(f"{family}: {tally.families[family]} cases, {seconds:.0f} s")
    for each in Kind:
        print(f"{each}: {tally.played[each]}")
    print(f"violations: {len(tally.violations)}")
    print(f"seed {chosen.seed}, {time.monotonic() - since:.0f} s, {len(tally.idle)} did not fire")
    for name in sorted({case.name for case, _ in tally.violations}):
        print(f"repeat: python -m tests.torture --seed {chosen.seed} {name}")
    return 1 if tally.violations else 0


if __name__ == "__main__":
    sys.exit(main())
