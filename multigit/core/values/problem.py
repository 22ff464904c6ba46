"""A problem: a fact that blocks a plan, or that its reader should know."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from multigit.errors import MultigitError
from multigit.phrase import Phrase, parts_of

PLURALS = {
    "is": "are",
    "was": "were",
    "has": "have",
    "does": "do",
    "depends": "depend",
    "accepts": "accept",
    "brings": "bring",
    "keeps": "keep",
}  # verbs with which the message of a repository's problem may begin


class Severity(StrEnum):
    """Whether a problem stops the operation or only warns."""

    BLOCK = "block"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class Problem:
    """A stable code for scripts, a sentence for people, and a hint: what to run next."""

    code: str
    message: str
    hint: str = ""
    severity: Severity = Severity.BLOCK
    files: tuple[str, ...] = ()

    @classmethod
    def of(cls, error: MultigitError, *, about: str = "") -> Problem:
        """Return an error as a problem; the sentence begins with what it is `about`, if given."""
        message = f"{about}: {error.message}" if about else error.message
        return cls(error.code, message, error.hint)

    @property
    def blocks(self) -> bool:
        """True when nothing may be done to the repository until it is fixed."""
        return self.severity is Severity.BLOCK

    def as_warning(self) -> Problem:
        """Return the same problem as a warning, which does not stop the operation."""
        return replace(self, severity=Severity.WARN)


def about_several(message: str) -> str:
    """Return the message of a repository's problem as one about several: were deployed, so …."""
    first, *others = parts_of(message)
    verb, blank, rest = first.partition(" ")
    return Phrase(f"{PLURALS.get(verb, verb)}{blank}{rest}", *others)
