"""The two sides of a merge in one repository."""

from __future__ import annotations

from dataclasses import dataclass

from multigit.core.values.workspace import Repo


@dataclass(frozen=True, slots=True)
class Sides:
    """The branches that a merge joins, by name.

    `forward` is True for a promotion, `edited` if files are changed in the work tree.
    """

    repo: Repo
    remote: str
    source: str
    target: str
    forward: bool
    edited: bool = False

    @property
    def earlier(self) -> str:
        """Return the branch of the earlier stage."""
        return self.source if self.forward else self.target

    @property
    def later(self) -> str:
        """Return the branch of the later stage."""
        return self.target if self.forward else self.source
