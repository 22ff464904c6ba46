"""How much this machine allows at a time."""

from __future__ import annotations

import sys

FILES_PER_WORKER = 4
FILES_FOR_OURSELVES = 64
MOST = 64


def most_workers() -> int:
    """Return how many repositories the limit of open files allows at a time."""
    if sys.platform == "win32":
        return MOST
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return MOST
    return max(1, (soft - FILES_FOR_OURSELVES) // FILES_PER_WORKER)


def files_for(workers: int) -> int:
    """Return how many files are open while so many repositories are worked on."""
    return FILES_FOR_OURSELVES + FILES_PER_WORKER * workers
