"""What commits are, contain and lack."""

from __future__ import annotations

from collections.abc import Sequence

from multigit.adapters.git.arrivals import read_lacking
from multigit.adapters.git.behind import count_behind
from multigit.adapters.git.changes import changed
from multigit.adapters.git.clone import Clone
from multigit.adapters.git.commits import list_commits, waiting_of
from multigit.adapters.git.outgoing import read_outgoing
from multigit.adapters.git.reversals.search import read_reversals
from multigit.core.lineage.revert_messages import REAPPLIES, ROLLS_BACK, reapplied_in
from multigit.core.values.commits import PendingCommits, Tip
from multigit.core.values.merge import Reversal
from multigit.core.values.pushed import Pushed
from multigit.core.values.work_tree import Outgoing


class ReadsHistory(Clone):
    """Reads commits, and what one side has that another lacks."""

    def waiting(self, base: str, tip: str) -> PendingCommits:
        """Return the commits, without merges, that `tip` has and `base` lacks."""
        others = (f"^{base}",) if base else ("--not", f"--remotes={self._remote}")
        listed = list_commits(self._door, tip, *others)
        return waiting_of(listed, [commit for commit in listed if commit.counts])

    def work_since(self, base: str, tip: str) -> PendingCommits:
        """Return these commits without those that only revert work or bring it back."""
        listed = list_commits(self._door, tip, f"^{base}")
        return waiting_of(listed, [commit for commit in listed if commit.is_work])

    def lacking(self, ours: Tip, theirs: Tip) -> PendingCommits:
        """Return the commits of `theirs`, without merges, whose content `ours` lacks."""
        return read_lacking(self._door, ours, theirs)

    def reversals(
        self, earlier: Tip, later: Tip, merged: str, conflicts: Sequence[str] = ()
    ) -> tuple[Reversal, ...]:
        """Return the later side's commits through which `merged` lacks work of the earlier one."""
        return read_reversals(self._door, earlier, later, merged, conflicts)

    def roll_backs(self, base: str, tip: str) -> frozenset[str]:
        """Return the commits, without merges, that trailers call roll-backs or their ends."""
        form = ("--format=%H%n%B", "--extended-regexp", f"--grep=^({ROLLS_BACK}|{REAPPLIES}): ")
        done = self._door.run("log", "-z", "--no-show-signature", *form, tip, f"^{base}", "--")
        found = set[str]()
        for record in filter(None, done.text.split("\0")):
            sha, _, message = record.partition("\n")
            found |= {sha, *reapplied_in(message)}
        if not found:
            return frozenset()
        listing = ("rev-list", "--no-walk", "--no-merges", *sorted(found), "--")
        return frozenset(self._door.run(*listing).text.split())

    def divergence(self, base: str, tip: str) -> tuple[int, int]:
        """Count the commits that only `tip` has and those that only `base` has."""
        done = self._door.run("rev-list", "--left-right", "--count", f"{tip}...{base}")
        ahead, behind = done.text.split()
        return int(ahead), int(behind)

    def newest(self, commits: Sequence[str]) -> int:
        """Return the latest committer date of these commits, in Unix seconds."""
        listing = ("rev-list", "--no-walk", "--no-commit-header", "--format=%ct")
        return max(map(int, self._door.run(*listing, *commits).text.split()))

    def as_of(self, commit: str, seconds: int) -> str:
        """Return the tip, before a Unix time, of a branch that is now at `commit`; or empty."""
        before = f"--min-age={seconds - 1}"
        listing = ("rev-list", "--first-parent", "-1", before, commit, "--")
        return self._door.run(*listing).text.strip()

    def differing(self, before: str, after: str) -> tuple[str, ...]:
        """Return the paths in which two commits or trees differ; both names of a moved file."""
        return tuple(changed(self._door, before, after))

    def behind(self, tip: str, commits: Sequence[str]) -> dict[str, int]:
        """Count for each commit what `tip` has and it lacks, without merges, in two processes."""
        return count_behind(self._door, tip, commits)

    def parents(self, commits: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Return the parents of each commit, in one process."""
        done = self._door.run("rev-list", "--no-walk", "--parents", *commits)
        lines = (line.split(" ") for line in done.text.split("\n") if line)
        return {sha: tuple(parents) for sha, *parents in lines}

    def tip(self, commit: str) -> Tip:
        """Return a commit with its tree."""
        sha, tree = self._door.run("rev-parse", commit, f"{commit}^{{tree}}").text.split()
        return Tip(sha, tree)

    def pushed(self, commit: str) -> Pushed:
        """Return what a push of a commit to the branch of its first parent brings.

        That parent may be a commit that brings back what was rolled back, and be pushed, too. The
        same operation made both then, with the same date.
        """
        form = ("-z", "--no-show-signature", "--first-parent", "--format=%ct%n%B")
        own, _, parent = self._door.run("log", "-2", *form, commit, "--").text.partition("\0")
        date, _, message = own.partition("\n")
        pair = reapplied_in(parent) and parent.startswith(f"{date}\n")
        since = (f"{commit}^1^1" if pair else f"{commit}^1", commit)
        listing = (
            "diff-tree",
            "-r",
            "-z",
            "--name-only",
            "--no-renames",
            "--ignore-submodules=none",
        )
        paths = self._door.run(*listing, *since, "--").fields()
        count = self._door.run("rev-list", "--count", f"^{since[0]}", commit, "--").text
        return Pushed(message, tuple(paths), int(count))

    def holds(self, objects: Sequence[str]) -> bool:
        """Return whether the clone has all of these objects."""
        names = "".join(f"{name}\n" for name in objects if name)
        done = self._door.run("cat-file", "--batch-check", input=names.encode())
        return "missing" not in done.text

    def paths(self, commits: Sequence[str]) -> frozenset[str]:
        """Return the files of these commits."""
        listing = ("ls-tree", "-r", "-z", "--name-only", "--full-tree")
        trees = (self._door.run(*listing, commit).fields() for commit in commits)
        return frozenset(path for tree in trees for path in tree)

    def outgoing(self, tip: str) -> tuple[Outgoing, ...]:
        """Return the paths that `tip` adds or changes in commits that no remote branch has."""
        return read_outgoing(self._door, tip, self._remote)
