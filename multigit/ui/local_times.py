"""Times in the zone of the machine, with their offset."""

from __future__ import annotations

from datetime import UTC, datetime

from multigit.core.values.text import visible
from multigit.phrase import Instant, Phrase, parts_of


def local_time(instant: str) -> str:
    """Return a time as people read it here: 2025-01-15 16:01 +01:00; another text as it is."""
    try:
        then = datetime.fromisoformat(instant)
        here = then.replace(tzinfo=then.tzinfo or UTC).astimezone()
    except (ValueError, OverflowError, OSError):
        return visible(instant)
    return f"{here:%Y-%m-%d %H:%M} {here.isoformat()[19:]}"


def local(text: str) -> str:
    """Return a text with its times as people read them here; its commands stay known."""
    parts = parts_of(text)
    if not any(isinstance(part, Instant) for part in parts):
        return text
    return Phrase(*(local_time(part) if isinstance(part, Instant) else part for part in parts))
