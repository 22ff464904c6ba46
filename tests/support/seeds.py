"""Seeds of the tests that play random histories.

`make test` plays the same ones on every machine, so that it says the same of the same code;
`make torture` sets FRESH_SEEDS to a number of its own and plays ones that nobody has seen. All
processes of one run play the same, and so does the next run with that number.
"""

from __future__ import annotations

import os
from random import Random

FRESH = os.environ.get("FRESH_SEEDS", "")


def seeds(chunk: int, size: int) -> list[int]:
    """Return the seeds of a chunk: the same in every run, or those of the number."""
    if FRESH:
        dice = Random(f"{FRESH}/{chunk}")
        return [dice.randrange(10**9) for _ in range(size)]
    return list(range(chunk * size, (chunk + 1) * size))
