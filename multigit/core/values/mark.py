"""A mark: what a person says about a release, whatever its deployments said."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Quality(StrEnum):
    """Whether a release is to be deployed again."""

    BAD = "bad"
    GOOD = "good"


QUALITIES = {str(each): each for each in Quality}


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
