"""Names of branches and tags, full and short, and what they point at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from multigit.core.values.commits import Tip

Objects = Mapping[str, str]  # what refs are to point at: object ids by full name; empty: deleted

HEADS = "refs/heads/"
TAGS = "refs/tags/"


def branch_ref(branch: str) -> str:
    """Return the full name of a branch's ref."""
    return f"{HEADS}{branch}"


def tag_ref(tag: str) -> str:
    """Return the full name of a tag's ref."""
    return f"{TAGS}{tag}"


def short(ref: str) -> str:
    """Return a ref's short name."""
    return ref.removeprefix(HEADS).removeprefix(TAGS)


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch on the remote and in the clone.

    `checked_out` is the path of the work tree that has it, `vanished` is True if that folder is
    gone; `ahead` and `behind` count the local side against the remote one if that is the branch's
    upstream, and are 0 otherwise.
    """

    remote: Tip | None = None
    local: Tip | None = None
    checked_out: str = ""
    ahead: int = 0
    behind: int = 0
    vanished: bool = False


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag on the remote; `time` is the tagger's date in Unix seconds, `commit` its target.

    `who` made it, as "Ada <ada@example.org>"; empty if it is not an annotated tag.
    """

    name: str
    time: int
    commit: str = ""
    who: str = ""


@dataclass(frozen=True, slots=True)
class Refs:
    """The stages' branches by branch name, and the deploy tags."""

    branches: Mapping[str, Branch] = field(default_factory=lambda: MappingProxyType({}))
    tags: tuple[Tag, ...] = ()

    def branch(self, name: str) -> Branch:
        """Return the branch; one that does not exist has neither side."""
        return self.branches.get(name, Branch())
