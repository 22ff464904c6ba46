"""What one branch brings to another: the commits whose content that one lacks."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

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
        *("--format=%m%x00%H%x00%T%x00%P", f"{ours}...{theirs}", "--"),
        options=(f"diff.orderFile={os.devnull}",),
    )
    of_ours: dict[str, OwnCommit] = {}
    of_theirs: dict[str, OwnCommit] = {}
    for commit in _records(done.fields()):
        (of_theirs if commit.sha in own else of_ours)[commit.sha] = commit
    return equivalents(of_theirs, of_ours, theirs_tip=theirs, ours_tip=ours)


def _records(fields: Sequence[str]) -> Iterator[OwnCommit]:
    """Read mark, id, tree and parents of each commit, and its changes: two fields for each."""
    at = 0
    while at < len(fields):
        mark, sha, tree, parents = fields[at : at + 4]
        at += 4
        effect = set()
        while at < len(fields) and fields[at].lstrip("\n").startswith(":"):
            modes = fields[at].lstrip("\n:").split(" ")
            effect.add((fields[at + 1], f"{modes[0]} {modes[2]}", f"{modes[1]} {modes[3]}"))
            at += 2
        yield OwnCommit(sha, tree, tuple(parents.split()), frozenset(effect), same=mark == "=")
