"""multigit without its memory: no journal, no log, no lock. The difference is what they cost.

Run as ``python bench/bare.py ARGUMENTS``, like ``python -m multigit ARGUMENTS``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from multigit import __main__ as program
from multigit.adapters.files import deployment_log, journal
from multigit.operation import session


@contextmanager
def _nobody(*_: Any) -> Iterator[None]:
    yield


def forget() -> None:
    """Make everything that remembers do nothing."""
    for owner, name in (
        (journal.Journal, "write"),
        (journal.Journal, "close"),
        (deployment_log.DeploymentLog, "append"),
    ):
        setattr(owner, name, lambda *_: None)
    vars(session)["exclusive"] = _nobody


if __name__ == "__main__":
    forget()
    program.main()
