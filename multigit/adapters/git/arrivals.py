"""What one branch brings to another: the commits whose content has not arrived there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from multigit.adapters.git.commits import Listed, list_commits, waiting_of
from multigit.adapters.git.copies import read_copies
from multigit.adapters.git.process import GitDoor
from multigit.core.lineage.arrivals import Own, arrived
from multigit.core.values.commits import Tip, Waiting

MANY = 1000  # commits; among more of them only equal trees are looked for


def read_lacking(door: GitDoor, ours: Tip, theirs: Tip) -> Waiting:
    """Return the commits of `theirs` whose content `ours` lacks, merges left out.

    One process, and a second one where both sides changed content since they parted; more only
    for commits that began before a merge joined the two. Where every commit has arrived, or is
    empty, all are returned: the merge tells whether there is anything to do.
    """
    listed = list_commits(door, theirs.sha, f"^{ours.sha}")
    counted = [each for each in listed if each.counts]
    trees = {each.sha: each.tip.tree for each in listed}
    left = [each for each in counted if not _is_empty(each, trees)]
    forks = {each.tip.tree for each in listed if not each.own}
    if left and forks and ours.tree not in forks:
        own = {each.sha for each in listed if each.own}
        there = _arrived(door, ours.sha, theirs.sha, own, patches=len(counted) <= MANY)
        left = [each for each in left if each.sha not in there]
    copies = read_copies(door, ours, listed, left)
    left = [each for each in left if each.sha not in copies]
    return waiting_of(listed, left or counted)


def _is_empty(each: Listed, trees: Mapping[str, str]) -> bool:
    """Tell whether a commit changes nothing."""
    return bool(each.parents) and trees[each.parents[0]] == each.tip.tree


def _arrived(
    door: GitDoor, ours: str, theirs: str, own: AbstractSet[str], *, patches: bool
) -> frozenset[str]:
    """Compare what both sides have; `own` are the commits of `theirs`."""
    compared = ("--cherry-mark", "--raw", "--diff-merges=first-parent")
    done = door.run(
        *("log", "-z", "--topo-order", "--left-right", "--no-show-signature", "--no-renames"),
        *("--no-abbrev", "--no-relative", "--ignore-submodules=none"),
        *(compared if patches else ("--no-patch",)),
        *("--format=%m%x00%H%x00%T%x00%P", f"{ours}...{theirs}", "--"),
        options=(f"diff.orderFile={os.devnull}",),
    )
    here: dict[str, Own] = {}
    there: dict[str, Own] = {}
    for each in _records(done.fields()):
        (there if each.sha in own else here)[each.sha] = each
    return arrived(there, here, theirs_tip=theirs, ours_tip=ours)


def _records(fields: Sequence[str]) -> Iterator[Own]:
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
        yield Own(sha, tree, tuple(parents.split()), frozenset(effect), same=mark == "=")
