"""Local branches: those that no work tree has, and the one whose files go along with it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from multigit.adapters.git.outcome import last_line
from multigit.adapters.git.process import GitDoor
from multigit.adapters.git.settings import FETCH, in_environment
from multigit.core.values.refs import branch_ref
from multigit.core.values.snapshot import Branch
from multigit.errors import GitError

FAST_FORWARD = (  # an option for each setting that would make a merge do something else
    *("merge", "--ff-only", "--quiet", "--commit", "--no-squash", "--no-autostash", "--no-stat"),
    *("--no-verify-signatures", "--strategy=ort", "--no-overwrite-ignore"),
)


def fast_forward(door: GitDoor, branch: str, commit: str) -> str:
    """Move a branch that no work tree has; git itself refuses where that is unsafe."""
    done = door.run(
        *(*FETCH, "--no-prune", "--", ".", f"{commit}:{branch_ref(branch)}"),
        accept=(0, 1, 128),
        options=("protocol.file.allow=always",),  # this very repository
    )
    if done.status == 0:
        return ""
    return last_line(done.stderr) or "it has commits of its own"  # which --quiet does not say


def move_back(door: GitDoor, branch: str, seen: Branch, *, before: str, after: str) -> str:
    """Set a branch back that no work tree has, while it still holds `before`."""
    if seen.local is None or seen.local.sha != before:
        return ""
    if seen.checked_out:
        return f"it is checked out in {seen.checked_out}"
    ref = branch_ref(branch)
    target = (ref, after, before) if after else ("-d", ref, before)
    done = door.run("update-ref", *target, accept=(0, 1, 128))
    return "" if done.status == 0 else last_line(done.stderr) or "git refused"


def create(door: GitDoor, branch: str, remote: str) -> None:
    """Create the local branch from the remote one, with that as its upstream."""
    every = f"+refs/heads/*:refs/remotes/{remote}/*"  # a clone may fetch only one branch
    door.run(
        *("branch", "--quiet", "--track", branch, f"refs/remotes/{remote}/{branch}"),
        environment=in_environment((f"remote.{remote}.fetch", every)),
    )


def update_work_tree(door: GitDoor, branch: str, commit: str, *, hooks: bool) -> None:
    """Fast-forward the branch, which is checked out, and its files."""
    environment = in_environment((f"branch.{branch}.mergeOptions", ""))
    _check_out(door, *FAST_FORWARD, commit, hooks=hooks, environment=environment)


def switch(door: GitDoor, branch: str, *, hooks: bool) -> None:
    """Check the branch out."""
    command = ("switch", "--quiet", "--no-guess", "--no-overwrite-ignore")
    _check_out(door, *command, branch, hooks=hooks)


def _check_out(
    door: GitDoor,
    *arguments: str,
    hooks: bool,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Change files as git does; it refuses as a whole where a file is in the way."""
    try:
        door.run(*arguments, hooks=hooks, environment=environment)
    except GitError as error:
        names = [line[1:] for line in error.output.split("\n") if line.startswith("\t")]
        if not names:
            raise
        raise GitError(
            f"{', '.join(names[:3])} would be overwritten.",
            hint="Move that away or commit it, then run the command again.",
            code="in_the_way",
            output=error.output,
        ) from error
