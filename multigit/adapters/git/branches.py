"""Local branches: those that no work tree has, and the one that is checked out with its files."""

from __future__ import annotations

from collections.abc import Mapping

from multigit.adapters.git.outcome import last_line
from multigit.adapters.git.refs import ReadsRefs
from multigit.adapters.git.settings import FETCH, in_environment
from multigit.core.values.git_answers import RefQuery
from multigit.core.values.refs import branch_ref
from multigit.errors import GitError

FAST_FORWARD = (  # an option for each setting that would make a merge do something else
    *("merge", "--ff-only", "--quiet", "--commit", "--no-squash", "--no-autostash", "--no-stat"),
    *("--no-verify-signatures", "--strategy=ort", "--no-overwrite-ignore"),
)


class MovesBranches(ReadsRefs):
    """Moves local branches."""

    def fast_forward(self, branch: str, commit: str) -> str:
        """Fast-forward a branch that no work tree has; git itself refuses if that is unsafe.

        Returns why it was refused, or empty.
        """
        done = self._door.run(
            *(*FETCH, "--no-prune", "--", ".", f"{commit}:{branch_ref(branch)}"),
            accept=(0, 1, 128),
            options=("protocol.file.allow=always",),  # `.` is this repository
        )
        if done.status == 0:
            return ""
        return last_line(done.stderr) or "it has commits of its own"  # which --quiet does not say

    def move_back(self, branch: str, *, before: str, after: str) -> str:
        """Move a branch back that no work tree has, if it still holds `before`.

        Returns why it was refused, or empty.
        """
        current = self.refs(RefQuery((branch,))).branch(branch)
        if current.local is None or current.local.sha != before:
            return ""
        if current.checked_out:
            return f"it is checked out in {current.checked_out}"
        ref = branch_ref(branch)
        target = (ref, after, before) if after else ("-d", ref, before)
        done = self._door.run("update-ref", *target, accept=(0, 1, 128))
        return "" if done.status == 0 else last_line(done.stderr) or "git refused"

    def create_branch(self, branch: str) -> None:
        """Create the local branch from the remote one, with that as its upstream."""
        every = f"+refs/heads/*:refs/remotes/{self._remote}/*"  # a clone may fetch only one branch
        self._door.run(
            *("branch", "--quiet", "--track", branch, f"refs/remotes/{self._remote}/{branch}"),
            environment=in_environment((f"remote.{self._remote}.fetch", every)),
        )

    def update_work_tree(self, branch: str, commit: str) -> None:
        """Fast-forward the branch, which is checked out, and its files."""
        environment = in_environment((f"branch.{branch}.mergeOptions", ""))
        self._check_out(*FAST_FORWARD, commit, environment=environment)

    def switch(self, branch: str) -> None:
        """Check the branch out."""
        self._check_out("switch", "--quiet", "--no-guess", "--no-overwrite-ignore", branch)

    def _check_out(self, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        """Change files as git does; if a file is in the way, it changes none."""
        try:
            self._door.run(*arguments, hooks=self._repo.hooks, environment=environment)
        except GitError as error:
            names = [line[1:] for line in error.output.split("\n") if line.startswith("\t")]
            if not names:
                raise
            raise GitError(
                f"{', '.join(names[:3])} would be overwritten.",
                hint="Move it away or commit it, then run the command again.",
                code="in_the_way",
                output=error.output,
            ) from error
