"""The steps of a pull, which updates one clone and changes nothing on a remote.

A new class goes into the union at the end; `engine/update.py` carries it out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from multigit.core.values.text import plural


@dataclass(frozen=True, slots=True)
class CloneStep:
    """Clone the missing repository and check out the stage's branch."""

    url: str
    branch: str
    type: Literal["clone"] = "clone"

    def words(self) -> str:
        """Return what is done."""
        return f"clone, on {self.branch}"


@dataclass(frozen=True, slots=True)
class CreateBranchStep:
    """Create the local branch from the remote one, which becomes its upstream."""

    branch: str
    after: str
    type: Literal["create_branch"] = "create_branch"

    def words(self) -> str:
        """Return what is done."""
        return f"new branch {self.branch} at {self.after[:7]}"


@dataclass(frozen=True, slots=True)
class UpdateStep:
    """Fast-forward the local branch and, if it is `checked_out`, the clean work tree."""

    branch: str
    before: str
    after: str
    commits: int
    checked_out: bool
    type: Literal["update"] = "update"

    def words(self) -> str:
        """Return what is done."""
        return f"{self.before[:7]} → {self.after[:7]}, {plural(self.commits, 'commit')}"


@dataclass(frozen=True, slots=True)
class SwitchStep:
    """Check out the branch in the clean work tree."""

    branch: str
    type: Literal["switch"] = "switch"

    def words(self) -> str:
        """Return what is done."""
        return f"switch to {self.branch}"


PullingStep = CloneStep | CreateBranchStep | UpdateStep | SwitchStep
