"""A problem: one fact that stands in the way of a plan, or that its reader should know."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class Severity(StrEnum):
    """Whether a problem stops the operation or only warns."""

    BLOCK = "block"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class Problem:
    """A stable code for scripts, a sentence for people, and what to type next."""

    code: str
    message: str
    hint: str = ""
    severity: Severity = Severity.BLOCK
    files: tuple[str, ...] = ()

    @property
    def blocks(self) -> bool:
        """True when nothing may be done to the repository while this holds."""
        return self.severity is Severity.BLOCK

    def as_warning(self) -> Problem:
        """Return the same fact as something that does not stop the operation."""
        return replace(self, severity=Severity.WARN)
