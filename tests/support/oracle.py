"""What a plain `git merge --no-ff` in a clean checkout does: the reference for every merge."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .gitenv import GitFailedError, git, init, run_git

if TYPE_CHECKING:
    from collections.abc import Iterable

_CONFLICT = 1
_LABEL = re.compile(r"~(?:HEAD|[0-9a-f]{40})(?:_\d+)?$")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one merge.

    `tree` is the merge's tree, the target's own if everything was merged already, None if the
    merge stopped. Then `conflicts` are the paths with higher index stages (`git ls-files -u`)
    and `reported` those that `git diff` calls unmerged. Both may be empty for a merge that
    stopped: a directory that was split has no path of its own. `only_told` marks the rare merge
    that git only reports as a conflict: it commits anyway, and exits with 0.
    """

    tree: str | None
    conflicts: frozenset[str] = frozenset()
    reported: frozenset[str] = frozenset()
    already_merged: bool = False
    only_told: bool = False

    @property
    def clean(self) -> bool:
        """Whether the merge went through."""
        return self.tree is not None


def oracle(bare: Path, target_sha: str, source_sha: str, workdir: Path) -> Outcome:
    """Merge `source_sha` into a temporary checkout of `target_sha` below `workdir`.

    Objects are borrowed from `bare`, which is not changed. Raises GitFailedError if git failed
    for a reason other than a conflict.
    """
    workdir.mkdir(parents=True, exist_ok=True)
    checkout = Path(tempfile.mkdtemp(prefix="merge-", dir=workdir))
    try:
        _check_out(bare, target_sha, checkout)
        return _merge(checkout, target_sha, source_sha)
    finally:
        shutil.rmtree(checkout)


def unlabelled(paths: Iterable[str]) -> frozenset[str]:
    """Conflicted paths without the label that git appends where a file and a folder clash.

    `git merge SHA` says `docs~HEAD` where `git merge-tree SHA SHA` says `docs~<target's SHA>`:
    compare the two through this function.
    """
    return frozenset(_LABEL.sub("", path) for path in paths)


def _check_out(bare: Path, sha: str, checkout: Path) -> None:
    git_dir = init(checkout)
    alternates = f"{bare.resolve() / 'objects'}\n"
    (git_dir / "objects/info/alternates").write_text(alternates, encoding="utf-8")
    (git_dir / "HEAD").write_text(f"{sha}\n", encoding="utf-8")
    git(checkout, "reset", "--quiet", "--hard")
    # Files as young as the index are compared by content, and under `eol=crlf` git would then
    # find its own fresh checkout changed and refuse to merge. A younger index settles it.
    later = time.time() + 3600
    os.utime(git_dir / "index", (later, later))


def _merge(checkout: Path, target_sha: str, source_sha: str) -> Outcome:
    done = run_git(checkout, "merge", "--no-ff", "--no-edit", "--no-stat", source_sha)
    if done.returncode == 0 and "CONFLICT (" in done.stdout:
        return Outcome(None, only_told=True)
    if done.returncode == 0:
        head, tree = git(checkout, "rev-parse", "HEAD", "HEAD^{tree}").split()
        return Outcome(tree, already_merged=head == target_sha)
    stopped = (checkout / ".git/MERGE_HEAD").exists()
    if done.returncode != _CONFLICT or not stopped:
        raise GitFailedError(done.returncode, done.args, done.stdout, done.stderr)
    staged = git(checkout, "ls-files", "--unmerged", "-z")
    reported = git(checkout, "diff", "--name-only", "--diff-filter=U", "-z")
    return Outcome(None, _paths(staged, "\t"), _paths(reported))


def _paths(listing: str, after: str = "") -> frozenset[str]:
    records = listing.split("\0")[:-1]
    return frozenset(record.split(after, 1)[1] if after else record for record in records)
