"""Seeds of the tests that play random histories.

`make test` plays the same ones on every machine, so that it says the same of the same code;
`make torture` sets FRESH_SEEDS and plays ones that nobody has seen.
"""

from __future__ import annotations

import os
from random import SystemRandom

FRESH = bool(os.environ.get("FRESH_SEEDS"))


def seeds(chunk: int, size: int) -> list[int]:
    """Return the seeds of a chunk: the same in every run, or ones that nobody has seen."""
    if FRESH:
        return [SystemRandom().randrange(10**9) for _ in range(size)]
    return list(range(chunk * size, (chunk + 1) * size))
