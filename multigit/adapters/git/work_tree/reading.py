"""The user's files as they are: what is changed, what is in the way, what is stored elsewhere."""

from __future__ import annotations

from multigit.adapters.git.paths import literal
from multigit.adapters.git.work_tree import submodules as git_submodules
from multigit.adapters.git.work_tree.filters import ReadsFilters
from multigit.adapters.git.work_tree.obstacles import read_obstacles
from multigit.adapters.git.work_tree.status import read_work_tree
from multigit.core.values.work_tree import Obstacle, Submodule, WorkTree


class ReadsWorkTree(ReadsFilters):
    """Reads the work tree, and runs no program that its configuration names."""

    def work_tree(self, *, sizes: bool = False) -> WorkTree:
        """Return the checked-out branch and its changes, without files of other repositories.

        With `sizes` it is about to be committed: then the user's filters run, as in `git add`.
        """
        nested = self._workspace.nested_in(self._repo)
        files = self._own_files()
        environment = {} if sizes else self._config.inert()
        links = git_submodules.registered(self._door)
        work = read_work_tree(
            self._door,
            environment=environment,
            every_file=sizes or bool(nested or files),
            sizes=sizes,
            leave_out=(*(path for path in nested if path not in links), *files),
        )
        if not links:
            return work
        own = self._remotes_inside()
        return git_submodules.with_submodules(self._door, work, links, own=own, deep=sizes)

    def _remotes_inside(self) -> dict[str, str]:
        """Return the remotes of the workspace's repositories inside this one, by path."""
        nested = self._workspace.nested_in(self._repo)
        return {path: self._workspace.remote_of(inner) for path, inner in nested.items()}

    def obstacles(self, before: str, after: str) -> tuple[Obstacle, ...]:
        """Return what a checkout would overwrite on the way from one commit to another."""
        return read_obstacles(self._door, before, after, environment=self._config.inert())

    def pointers(self, commit: str) -> tuple[Submodule, ...]:
        """Return the submodules of a commit that are cloned, as that commit records them."""
        return git_submodules.read_pointers(self._door, commit, self._remotes_inside())

    def exposed(self) -> tuple[str, ...]:
        """Return the other repositories and multigit's own files that git would commit here.

        Own files that it has committed, too; another repository may be a submodule.
        """
        nested, own = tuple(self._workspace.nested_in(self._repo)), self._own_files()
        if not (nested or own):
            return ()
        untracked = self._door.run(
            *("ls-files", "-z", "--others", "--exclude-standard", "--directory"),
            *("--no-empty-directory", "--", *literal((*own, *nested))),
        )
        tracked = self._door.run("ls-files", "-z", "--", *literal(own)).fields() if own else []
        return tuple(dict.fromkeys([*tracked, *untracked.fields()]))
