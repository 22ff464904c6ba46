"""multigit without its memory: no journal, no log, no lock. What they cost is the difference.

Run as ``python bench/bare.py ARGUMENTS``, as ``python -m multigit ARGUMENTS`` otherwise.
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
    """Replace what remembers by what does nothing."""
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
