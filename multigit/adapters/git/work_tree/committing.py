"""Committing the work tree: exactly the changes that a plan lists, by exact paths.

`git add` and `git commit PATH` take pathspecs: for a file that became a folder, they would add all
that is in it. `update-index` takes paths.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from multigit.adapters.files.scratch import scratch_folder
from multigit.adapters.git.objects import MakesObjects, lines
from multigit.adapters.git.outcome import failure
from multigit.adapters.git.paths import SUBMODULE, terminated, typed
from multigit.adapters.git.process import GitDoor
from multigit.adapters.git.settings import index_in
from multigit.adapters.git.work_tree.status import git_dir
from multigit.core.values.commits import PreparedCommit, Tip
from multigit.core.values.git_answers import Signature
from multigit.core.values.text import pathspec
from multigit.core.values.work_tree import Change
from multigit.errors import GitError
from multigit.hints import Hint

NOT_WRITTEN = "fatal: failed to write commit object"


class MakesCommits(MakesObjects):
    """Makes commits of the work tree."""

    def commit_preview(
        self, head: str, changes: Sequence[Change], signature: Signature
    ) -> PreparedCommit:
        """Build the commit of these changes on `head`, in an index of its own."""
        door = self._door
        with scratch_folder() as folder:
            index = index_in(folder)
            door.run("read-tree", head, environment=index)
            _stage(door, changes, index)
            tree = door.run("write-tree", environment=index).text.strip()
        return PreparedCommit(self._commit_object(tree, (head,), signature), tree)

    def commit(self, changes: Sequence[Change], signature: Signature, *, verify: bool) -> Tip:
        """Commit these changes on the checked-out branch, with the user's hooks and filters.

        Raises GitError with a hook's whole output if it stopped the commit; then the index is as it
        was before.
        """
        with _index_restored(self._door):
            _stage(self._door, changes, {})
            _commit(self._door, changes, signature, verify=verify)
        sha, tree = self._door.run("rev-parse", "HEAD", "HEAD^{tree}").text.split()
        return Tip(sha, tree)


@contextmanager
def _index_restored(door: GitDoor) -> Iterator[None]:
    """Restore the index if the commit is not made, under git's own lock or not at all."""
    index = git_dir(door.folder) / "index"
    before = index.read_bytes() if index.exists() else None
    try:
        yield
    except GitError:
        if before is not None:
            with suppress(OSError):  # another git has the index's lock, so the index is in use
                lock = index.with_name("index.lock")
                with lock.open("xb") as stream:
                    stream.write(before)
                lock.replace(index)
        raise


def _commit(
    door: GitDoor, changes: Sequence[Change], signature: Signature, *, verify: bool
) -> None:
    if _staged(door, changes):
        done = door.run(
            *("commit", "--quiet", "--cleanup=verbatim", "--file=-"),
            *(() if verify else ("--no-verify",)),
            input=lines(signature.message),
            hooks=True,
            accept=range(256),
            environment={
                "GIT_AUTHOR_DATE": signature.date,
                "GIT_COMMITTER_DATE": signature.date,
                **_locale(os.environ),
            },
        )
        if done.status:
            if done.stderr.rstrip().endswith(NOT_WRITTEN):  # the hooks accepted it
                raise failure("commit", done, door.folder, door.remote)
            output = "\n".join(filter(None, (done.text.strip(), done.stderr.strip())))
            raise GitError(
                f"the commit was stopped:\n{output}",
                hint="Fix it and run the command again, or pass --no-verify to skip the hooks.",
                code="commit_stopped",
                output=output,
            )


def _staged(door: GitDoor, changes: Sequence[Change]) -> set[str]:
    """Return the staged paths, all of them among these changes.

    Another path that was staged, and then restored on disk, is restored in the index too. Raises
    GitError if one remains: `git commit` would include it.
    """
    listed = {change.path for change in changes}
    options = ("--cached", "--name-only", "--no-renames", "--ignore-submodules=none", "-z")
    command = ("diff-index", *options, "HEAD")
    staged = set(door.run(*command).fields())
    if others := staged - listed:
        _stage(door, [Change(path, _kind_on_disk(door.folder / path)) for path in others], {})
        staged = set(door.run(*command).fields())
    if unplanned := sorted(staged - listed):
        raise GitError(
            f"{', '.join(unplanned[:3])} is staged, and not part of the plan.",
            hint=Hint.UNSTAGE.format(path=typed(door.folder), file=pathspec(unplanned[0])),
            code="staged_besides",
        )
    return staged


def _kind_on_disk(path: Path) -> str:
    """Return the change that brings a path in line with the disk; a folder does not count."""
    has_content = path.is_symlink() or (path.exists() and not path.is_dir())
    return "modified" if has_content else "deleted"


def _stage(door: GitDoor, changes: Sequence[Change], environment: Mapping[str, str]) -> None:
    """Bring the index in line with the work tree for these paths, and for no others."""
    deleted = [change.path for change in changes if change.kind == "deleted"]
    present = [change for change in changes if change.kind != "deleted"]
    links = [f"{SUBMODULE} {each.commit}\t{each.path}" for each in present if each.commit]
    files = [each.path for each in present if not each.commit]
    for options, entries in (
        (("--force-remove", "-z", "--stdin"), deleted),
        (("--add", "-z", "--index-info"), links),
        (("--add", "--replace", "-z", "--stdin"), files),
    ):
        if entries:
            door.run("update-index", *options, input=terminated(entries), environment=environment)


def _locale(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the user's locale, for the hooks of a commit; all other commands run in C."""
    return {name: environment.get(name, "") for name in ("LANGUAGE", "LC_ALL")}
