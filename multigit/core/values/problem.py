"""A problem: one fact that stands in the way of a plan, or that its reader should know."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from multigit.errors import MultigitError


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

    @classmethod
    def of(cls, error: MultigitError, *, about: str = "") -> Problem:
        """Return what an error says as a problem; `about` names its thing before the sentence."""
        message = f"{about}: {error.message}" if about else error.message
        return cls(error.code, message, error.hint)

    @property
    def blocks(self) -> bool:
        """True when nothing may be done to the repository while this holds."""
        return self.severity is Severity.BLOCK

    def as_warning(self) -> Problem:
        """Return the same fact as something that does not stop the operation."""
        return replace(self, severity=Severity.WARN)
