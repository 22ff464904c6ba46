"""The button Revert of a merged pull request: what GitHub then commits, and how that is merged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from tests.support.forge import ForgeRepo


class Way(StrEnum):
    """How the pull request of a revert is merged."""

    MERGE = "merge"
    SQUASH = "squash"
    REBASE = "rebase"


@dataclass(frozen=True, slots=True)
class MergedRequest:
    """A merged pull request: its number, title and branch, and the `commit` that merged it."""

    number: int
    title: str
    head: str
    commit: str


@dataclass(frozen=True, slots=True)
class Revert:
    """The pull request that reverts another one; someone may add `beside` to its branch."""

    of: MergedRequest
    number: int
    way: Way
    repo: str = "acme/api"
    beside: dict[str, str] = field(default_factory=dict)

    @property
    def branch(self) -> str:
        """Return the name of its branch."""
        return f"revert-{self.of.number}-{self.of.head}"

    @property
    def title(self) -> str:
        """Return its title, which is also that of its commit."""
        return f'Revert "{self.of.title}"'

    def merged(self, repo: ForgeRepo, base: str = "main") -> str:
        """Make the branch, merge it into `base`, delete it, and return the new tip.

        The commit of the branch is what `git revert` makes; its message is GitHub's.
        """
        repo.git("fetch", "--quiet", "origin")
        repo.git("checkout", "--quiet", "--detach", f"origin/{base}")
        before = repo.git("rev-parse", "HEAD").strip()
        parents = repo.git("rev-list", "--parents", "-n1", self.of.commit).split()[1:]
        mainline = ("-m", "1") if len(parents) > 1 else ()
        repo.git("revert", "--no-commit", *mainline, self.of.commit)
        repo.git("commit", "--quiet", "-m", self.title, "-m", self._body(parents))
        if self.beside:
            repo.local_commit(self.beside, message="Say why")
        side = repo.git("rev-parse", "HEAD").strip()
        for command in self._merging(before, side):
            repo.git(*command)
        tip = repo.git("rev-parse", "HEAD").strip()
        repo.git("push", "--quiet", "origin", f"HEAD:refs/heads/{base}")
        return tip

    def _body(self, parents: Sequence[str]) -> str:
        """Return what git says of a merge with these parents, or of a commit with one."""
        if len(parents) > 1:
            merge = f"This reverts commit {self.of.commit}, reversing"
            return f"{merge}\nchanges made to {parents[0]}."
        return f"This reverts commit {self.of.commit}."

    def _merging(self, before: str, side: str) -> Sequence[Sequence[str]]:
        back = ("checkout", "--quiet", "--detach", before)
        head = f"Merge pull request #{self.number} from {self.repo.partition('/')[0]}/{self.branch}"
        text = f"Reverts {self.repo}#{self.of.number}"
        ways: dict[Way, Sequence[Sequence[str]]] = {
            Way.MERGE: (
                back,
                ("merge", "--quiet", "--no-ff", "-m", head, "-m", self.title, side),
            ),
            Way.SQUASH: (
                back,
                ("merge", "--quiet", "--squash", side),
                ("commit", "--quiet", "-m", f"{self.title} (#{self.number})", "-m", text),
            ),
            Way.REBASE: (
                back,
                ("cherry-pick", f"{before}..{side}"),
            ),
        }
        return ways[self.way]
