"""How far several commits are behind a tip, counted in one walk over what they do not share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from multigit.adapters.git.process import GitDoor

Parents = Mapping[str, Sequence[str]]

_NO_BASE, _MISSING = 1, 128  # git's exit status


def count_behind(door: GitDoor, tip: str, commits: Sequence[str]) -> dict[str, int]:
    """Count for each commit what `tip` has and it lacks, without merges.

    Commits that the clone does not have are left out. Two processes, and two more if there are any
    such. Raises GitError if that is the tip.
    """
    base = ("merge-base", "--octopus", tip)
    found = door.run(*base, *commits, accept=(0, _NO_BASE, _MISSING))
    if found.status == _MISSING:
        commits = _held(door, commits)
        found = door.run(*base, *commits, accept=(0, _NO_BASE))
    shared = [f"^{each}" for each in found.text.split()]
    lines = door.run("rev-list", "--parents", tip, *commits, *shared, "--").text.split("\n")
    parents = {sha: above for sha, *above in (line.split(" ") for line in lines if line)}
    own = _reached(parents, tip)
    return {
        each: sum(not parents[sha][1:] for sha in own - _reached(parents, each)) for each in commits
    }


def _held(door: GitDoor, commits: Sequence[str]) -> list[str]:
    """Return those of the commits that the clone has."""
    names = "".join(f"{each}\n" for each in commits)
    told = door.run("cat-file", "--batch-check=%(objectname)", input=names.encode())
    there = {*told.text.split("\n")}
    return [each for each in commits if each in there]


def _reached(parents: Parents, tip: str) -> set[str]:
    """Return the listed commits that are reachable from one, including itself."""
    found, waiting = set[str](), [tip]
    while waiting:
        sha = waiting.pop()
        if sha in parents and sha not in found:
            found.add(sha)
            waiting += parents[sha]
    return found
