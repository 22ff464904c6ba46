"""What one branch brings to another: the commits whose content that one lacks."""

from __future__ import annotations

import os
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from multigit.adapters.git.changes import HEAD, read_commits
from multigit.adapters.git.commits import Listed, list_commits, waiting_of
from multigit.adapters.git.copies import read_copies
from multigit.adapters.git.process import GitDoor
from multigit.core.lineage.arrivals import OwnCommit, equivalents
from multigit.core.values.commits import PendingCommits, Tip

MANY = 1000  # commits; if there are more, only trees are compared


def read_lacking(door: GitDoor, ours: Tip, theirs: Tip) -> PendingCommits:
    """Return the commits of `theirs` whose content `ours` lacks, merges left out.

    One process, and a second one if both sides changed content since they diverged; more only for
    commits that began before a merge joined the two. If nothing is lacking, all are returned: the
    merge shows whether there is anything to do.
    """
    listed = list_commits(door, theirs.sha, f"^{ours.sha}")
    counted = [commit for commit in listed if commit.counts]
    trees = {commit.sha: commit.tip.tree for commit in listed}
    lacking = [commit for commit in counted if not _is_empty(commit, trees)]
    forks = {commit.tip.tree for commit in listed if not commit.own}
    if lacking and forks and ours.tree not in forks:
        own = {commit.sha for commit in listed if commit.own}
        contained = _contained(door, ours.sha, theirs.sha, own, patches=len(counted) <= MANY)
        lacking = [commit for commit in lacking if commit.sha not in contained]
    copies = read_copies(door, ours, listed, lacking)
    lacking = [commit for commit in lacking if commit.sha not in copies]
    return waiting_of(listed, lacking or counted)


def _is_empty(commit: Listed, trees: Mapping[str, str]) -> bool:
    """Return whether a commit changes nothing."""
    return bool(commit.parents) and trees[commit.parents[0]] == commit.tip.tree


def _contained(
    door: GitDoor, ours: str, theirs: str, own: AbstractSet[str], *, patches: bool
) -> frozenset[str]:
    """Return the commits of `theirs`, its `own`, whose content `ours` contains."""
    compared = ("--cherry-mark", "--raw", "--diff-merges=first-parent")
    done = door.run(
        *("log", "-z", "--topo-order", "--left-right", "--no-show-signature", "--no-renames"),
        *("--no-abbrev", "--no-relative", "--ignore-submodules=none"),
        *(compared if patches else ("--no-patch",)),
        *(f"--format={HEAD}%m %H %T %P", f"{ours}...{theirs}", "--"),
        options=(f"diff.orderFile={os.devnull}",),
    )
    of_ours: dict[str, OwnCommit] = {}
    of_theirs: dict[str, OwnCommit] = {}
    for head, changes in read_commits(done.fields()):
        mark, sha, tree, *parents = head.split()
        effect = frozenset((path, *contents) for path, contents in changes.items())
        commit = OwnCommit(sha, tree, tuple(parents), effect, same=mark == "=")
        (of_theirs if sha in own else of_ours)[sha] = commit
    return equivalents(of_theirs, of_ours, theirs_tip=theirs, ours_tip=ours)
