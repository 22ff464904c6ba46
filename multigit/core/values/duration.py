"""Durations as people read them: in words in a sentence, briefly in a table."""

from __future__ import annotations

from datetime import datetime

from multigit.core.values.text import plural

DAY, HOUR, MINUTE = 86_400, 3_600, 60  # seconds
WORDS = ((HOUR, "hour"), (MINUTE, "minute"))
BRIEF = ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (1, "s"))


def in_words(seconds: float) -> str:
    """Return exactly how long that is, in the largest unit that fits: 1 hour, 90 seconds."""
    for size, unit in WORDS:
        if seconds >= size and seconds % size == 0:
            return plural(int(seconds // size), unit)
    return f"{seconds:g} second{'' if seconds == 1 else 's'}"


def roughly(seconds: int) -> str:
    """Return roughly how long that is, in the largest unit that fits twice: 26 hours, 2 days.

    Below two hours, that is minutes.
    """
    fitting = (each for each in ((DAY, "day"), (HOUR, "hour")) if seconds >= 2 * each[0])
    size, unit = next(fitting, (MINUTE, "minute"))
    return plural(seconds // size, unit)


def briefly(seconds: float, *, units: int = 2) -> str:
    """Return how long that is, in at most so many units that follow each other: 1h 2min, 6d 0h."""
    rest = round(seconds)
    first = next((n for n, (size, _) in enumerate(BRIEF) if rest >= size), len(BRIEF) - 1)
    parts = []
    for size, unit in BRIEF[first : first + units]:
        count, rest = divmod(rest, size)
        parts.append(f"{count}{unit}")
    return " ".join(parts)


def age(time: int, now: datetime) -> str:
    """Return how long ago that was, in one unit: 5min, 2h, 6d."""
    seconds = max(0, int(now.timestamp()) - time)
    return briefly(seconds, units=1) if seconds >= MINUTE else "now"
