"""A mark: what a person says about a release, whatever its deployments said."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from multigit.errors import UsageError


class Quality(StrEnum):
    """Whether a release is to be deployed again."""

    BAD = "bad"
    GOOD = "good"


QUALITIES = {str(each): each for each in Quality}


def quality_named(name: str) -> Quality:
    """Return the quality of that name; raises UsageError if there is none."""
    if name in set(Quality):
        return Quality(name)
    raise UsageError(f"A release is bad or good, not {name!r:.60}.", hint="Pass bad, or good.")


@dataclass(frozen=True, slots=True)
class Mark:
    """A release of a stage, marked by hand; `since` is when, in UTC."""

    release: str
    stage: str
    quality: Quality
    who: str
    host: str
    since: str
    reason: str
