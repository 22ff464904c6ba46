"""The filters of the listing of runs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from .runs import Run

_DAY = timedelta(days=1)
_ALWAYS = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
_MOMENT = timedelta(seconds=1)


def fits(run: Run, query: Mapping[str, str]) -> bool:
    """Whether a run matches a query."""
    values = {
        "head_sha": run.sha,
        "event": run.start.event,
        "branch": run.ref,
        "actor": run.actor,
    }
    if any(name in query and query[name] != value for name, value in values.items()):
        return False
    if query.get("status", run.status) not in (run.status, run.conclusion):
        return False
    return "created" not in query or created(run.created, query["created"])


def created(moment: datetime, wanted: str) -> bool:
    """Whether a time is in a range of GitHub's search, such as `>=2025-01-06T09:00:00Z`.

    The ranges are `>`, `>=`, `<`, `<=`, `FROM..TO` with `*` for an open end, and a day or time.
    """
    first, last = _ALWAYS
    low, dots, high = wanted.partition("..")
    if dots:
        first = first if low == "*" else _span(low)[0]
        last = last if high == "*" else _span(high)[1]
    elif wanted.startswith(">="):
        first = _span(wanted[2:])[0]
    elif wanted.startswith("<="):
        last = _span(wanted[2:])[1]
    elif wanted.startswith(">"):
        first = _span(wanted[1:])[1]
    elif wanted.startswith("<"):
        last = _span(wanted[1:])[0]
    else:
        first, last = _span(wanted)
    return first <= moment < last


def _span(text: str) -> tuple[datetime, datetime]:
    """The day or second that a text names: its first instant, and the first one after it."""
    begin = datetime.fromisoformat(text)
    begin = begin if begin.tzinfo else begin.replace(tzinfo=UTC)
    return begin, begin + (_MOMENT if "T" in text else _DAY)
