"""Seeds of the tests that play random histories.

`make test` plays the same ones on every machine, so that the same code gives the same result.
`make torture` sets FRESH_SEEDS to a number of its own and plays new ones. All processes of one run
play the same seeds, and so does the next run with that number.
"""

from __future__ import annotations

import os
from random import Random

FRESH = os.environ.get("FRESH_SEEDS", "")


def seeds(chunk: int, size: int) -> list[int]:
    """Return the seeds of a chunk: the same in every run, or those of FRESH_SEEDS."""
    if FRESH:
        dice = Random(f"{FRESH}/{chunk}")
        return [dice.randrange(10**9) for _ in range(size)]
    return list(range(chunk * size, (chunk + 1) * size))
