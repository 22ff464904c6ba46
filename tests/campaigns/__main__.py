"""Play many campaigns, or one from its lines, and print the counts and what was silently wrong."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import SystemRandom

from tests.campaigns.campaign import Campaign
from tests.campaigns.runs import Field
from tests.campaigns.ways import MultigitWay, PlainWay
from tests.support.gitenv import default_environment
from tests.support.temporary import prefer_memory

CHUNK = 25  # campaigns on one set of clones
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Played:
    """What became of one campaign."""

    seed: int
    counts: Counter[str]
    wrong: tuple[str, ...]
    stops: tuple[str, ...]
    lines: tuple[str, ...]

    @property
    def repeat(self) -> str:
        """Return the command that repeats it."""
        return " ".join(("python -m tests.campaigns", *(f"'{line}'" for line in self.lines)))


def main() -> int:
    """Play what the command line asks for; return 1 if anything was silently wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns", description=__doc__)
    parser.add_argument("--seed", type=int, help="of the first campaign; a fresh one if left out")
    parser.add_argument("--campaigns", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of each campaign")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--plain", action="store_true", help="merge with git instead of multigit")
    parser.add_argument(
        "--stops", action="store_true", help="show campaigns that stop in vain, too"
    )
    parser.add_argument("lines", nargs="*", help="play these lines instead, each an argument")
    chosen = parser.parse_args()
    prefer_memory()
    os.environ.update(default_environment())
    since = time.monotonic()
    way = PlainWay if chosen.plain else MultigitWay
    if chosen.lines:
        with tempfile.TemporaryDirectory() as folder:
            return report([played(0, Field(Path(folder), way).replay(chosen.lines))], stops=True)
    first = SystemRandom().randrange(10**6) if chosen.seed is None else chosen.seed
    last = first + chosen.campaigns
    chunks = [range(start, min(start + CHUNK, last)) for start in range(first, last, CHUNK)]
    with ProcessPoolExecutor(chosen.jobs) as pool:
        found = (
            each
            for chunk in pool.map(partial(play, way=way, rounds=chosen.rounds), chunks)
            for each in chunk
        )
        status = report(found, stops=chosen.stops)
    print(f"seeds {first} to {last - 1}, {time.monotonic() - since:.0f} s")
    return status


def play(
    seeds: Sequence[int], way: type[MultigitWay | PlainWay] = MultigitWay, *, rounds: int = ROUNDS
) -> list[Played]:
    """Play the campaigns of some seeds on the same clones."""
    with tempfile.TemporaryDirectory() as folder:
        ground = Field(Path(folder), way)
        return [played(seed, ground.play(seed, rounds)) for seed in seeds]


def played(seed: int, campaign: Campaign) -> Played:
    """Return what became of a campaign."""
    ended = tuple(campaign.wrong), tuple(campaign.stops), tuple(campaign.lines)
    return Played(seed, campaign.counts, *ended)


def report(campaigns: Iterator[Played] | list[Played], *, stops: bool) -> int:
    """Print the campaigns that went wrong, with the command that repeats each, and the counts."""
    counts, failed = Counter[str](), 0
    for each in campaigns:
        counts += each.counts
        failed += bool(each.wrong)
        for text in (*each.wrong, *(each.stops if stops else ())):
            print(f"{'WRONG' if each.wrong else 'STOP'} (seed {each.seed}): {text}")
        if each.wrong or (stops and each.stops):
            print(f"repeat: {each.repeat}", flush=True)
    for name, count in sorted(counts.items()):
        print(f"{name}: {count}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
