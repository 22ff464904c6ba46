"""The time at which an operation starts: its tags, its id and the dates of its commits."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime

from multigit.phrase import Instant

STAMP = "{timestamp}"


@dataclass(frozen=True, slots=True)
class StartTime:
    """A time in the workspace's timezone; the `nonce` differs for operations of the same second."""

    time: datetime
    nonce: str

    @classmethod
    def of(cls, date: str, nonce: str = "") -> StartTime:
        """Return the time of a date in git's form, as `git_date` gives it."""
        seconds, _, zone = date.partition(" ")
        offset = datetime.strptime(zone, "%z").tzinfo
        return cls(datetime.fromtimestamp(int(seconds), offset), nonce)

    @property
    def stamp(self) -> str:
        """Return the timestamp of a deploy tag, YYYYMMDD-HHMMSS in the workspace's timezone."""
        return self.time.strftime("%Y%m%d-%H%M%S")

    @property
    def git_date(self) -> str:
        """Return the date in git's form: Unix seconds and offset."""
        return f"{int(self.time.timestamp())} {self.time:%z}"

    @property
    def utc(self) -> str:
        """Return the time in UTC as the log writes it: 2025-01-15T15:01:30Z."""
        return utc(self.time.timestamp())

    def operation(self, *words: str) -> str:
        """Return the id of an operation: 20250115T150130Z-promote-stg-main-7f3a."""
        when = self.time.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        plain = [re.sub(r"[^A-Za-z0-9._]+", "_", word) for word in words]
        return "-".join([when, *plain, self.nonce])


def utc(seconds: float) -> Instant:
    """Return a Unix time as the log writes it, in UTC."""
    return Instant(datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))


def unix_time(text: str) -> int:
    """Return a time in ISO format in Unix seconds; 0 if it is not one, or out of range."""
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except (ValueError, OverflowError):
        return 0


def tag_name(template: str, start_time: StartTime, taken: AbstractSet[str] = frozenset()) -> str:
    """Return the name of a tag of this time, with -2, -3, … appended if it is taken.

    A name is also taken if there is a tag below it (`deploy-1/x`): git cannot hold both.
    """
    name = template.replace(STAMP, start_time.stamp)
    candidate, number = name, 1
    while any(f"{other}/".startswith(f"{candidate}/") for other in taken):
        number += 1
        candidate = f"{name}-{number}"
    return candidate


def tag_glob(template: str) -> str:
    """Return the pattern that matches all tags of a template: deploy-*."""
    return template.replace(STAMP, "*")


def is_deploy_tag(template: str, name: str) -> bool:
    """Return whether a template can make this name."""
    before, _, after = template.partition(STAMP)
    pattern = rf"{re.escape(before)}\d{{8}}-\d{{6}}{re.escape(after)}(-\d+)?"
    return re.fullmatch(pattern, name) is not None
