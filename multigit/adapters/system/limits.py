"""How much this machine allows at the same time."""

from __future__ import annotations

import sys

FILES_PER_WORKER = 4
OWN_FILES = 64
MOST = 64


def most_workers() -> int:
    """Return how many repositories at a time the limit of open files allows."""
    if sys.platform == "win32":
        return MOST
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return MOST
    return max(1, (soft - OWN_FILES) // FILES_PER_WORKER)


def files_for(workers: int) -> int:
    """Return how many files are open with so many repositories at a time."""
    return OWN_FILES + FILES_PER_WORKER * workers
