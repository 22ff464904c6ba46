"""Committing the work tree: exactly the changes that a plan lists, by exact paths.

`git add` and `git commit PATH` take pathspecs, in which a file that became a folder means all that
lies in it. `update-index` takes paths.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from os import fsencode
from pathlib import Path
from shlex import quote

from multigit.adapters.files.scratch import scratch_folder
from multigit.adapters.git import objects as git_objects
from multigit.adapters.git.config import GitConfig
from multigit.adapters.git.outcome import failure
from multigit.adapters.git.process import GitDoor
from multigit.adapters.git.settings import index_in
from multigit.adapters.git.status import git_dir
from multigit.core.values.commits import PreparedCommit, Tip
from multigit.core.values.git_answers import Signature
from multigit.core.values.text import pathspec
from multigit.core.values.work_tree import Change
from multigit.errors import GitError
from multigit.hints import Hint

NOT_WRITTEN = "fatal: failed to write commit object"
GITLINK = "160000"  # git's mode of a submodule


def preview(
    door: GitDoor, config: GitConfig, head: str, changes: Sequence[Change], signature: Signature
) -> PreparedCommit:
    """Build the commit of these changes on `head`, in an index of its own."""
    with scratch_folder() as folder:
        index = index_in(folder)
        door.run("read-tree", head, environment=index)
        _stage(door, changes, index)
        tree = door.run("write-tree", environment=index).text.strip()
    return PreparedCommit(git_objects.commit(door, config, tree, (head,), signature), tree)


def commit(door: GitDoor, changes: Sequence[Change], signature: Signature, *, verify: bool) -> Tip:
    """Commit these changes on the checked-out branch, with the user's hooks and filters.

    Raises GitError with all that a hook said when it stopped the commit; then the index is what
    it was before.
    """
    with _index_restored(door):
        _stage(door, changes, {})
        _commit(door, changes, signature, verify=verify)
    sha, tree = door.run("rev-parse", "HEAD", "HEAD^{tree}").text.split()
    return Tip(sha, tree)


@contextmanager
def _index_restored(door: GitDoor) -> Iterator[None]:
    """Put the index back when the commit is not made, under git's own lock or not at all."""
    index = git_dir(door.folder) / "index"
    before = index.read_bytes() if index.exists() else None
    try:
        yield
    except GitError:
        if before is not None:
            with suppress(OSError):  # somebody else is at work on the index: it is theirs
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
            input=git_objects.lines(signature.message),
            hooks=True,
            accept=range(256),
            environment={
                "GIT_AUTHOR_DATE": signature.date,
                "GIT_COMMITTER_DATE": signature.date,
                **_locale(os.environ),
            },
        )
        if done.status:
            if done.stderr.rstrip().endswith(NOT_WRITTEN):  # the hooks have let it pass
                raise failure("commit", done, door.folder, door.remote)
            said = "\n".join(filter(None, (done.text.strip(), done.stderr.strip())))
            raise GitError(
                f"the commit was stopped:\n{said}",
                hint="Mend it and run the command again, or pass --no-verify to skip the hooks.",
                code="commit_stopped",
                output=said,
            )


def _staged(door: GitDoor, changes: Sequence[Change]) -> set[str]:
    """Return what is staged now, which is nothing but these changes.

    A path that the disk took back since it was staged follows the disk. Raises GitError for one
    that stays: `git commit` would take it along.
    """
    listed = {change.path for change in changes}
    options = ("--cached", "--name-only", "--no-renames", "--ignore-submodules=none", "-z")
    command = ("diff-index", *options, "HEAD")
    staged = set(door.run(*command).fields())
    if stray := staged - listed:
        _stage(door, [Change(path, _kind_on_disk(door.folder / path)) for path in stray], {})
        staged = set(door.run(*command).fields())
    if left := sorted(staged - listed):
        raise GitError(
            f"{', '.join(left[:3])} is staged, and not part of the plan.",
            hint=Hint.UNSTAGE.format(path=quote(str(door.folder)), file=pathspec(left[0])),
            code="staged_besides",
        )
    return staged


def _kind_on_disk(path: Path) -> str:
    """Tell what becomes of a path that follows the disk, where a folder is no content."""
    there = path.is_symlink() or (path.exists() and not path.is_dir())
    return "modified" if there else "deleted"


def _stage(door: GitDoor, changes: Sequence[Change], environment: Mapping[str, str]) -> None:
    """Bring the index in line with the work tree for these paths, and for no others."""
    gone = [change for change in changes if change.kind == "deleted"]
    if gone:
        door.run(
            *("update-index", "--force-remove", "-z", "--stdin"),
            input=b"".join(fsencode(change.path) + b"\0" for change in gone),
            environment=environment,
        )
    moved = [change for change in changes if change not in gone and change.commit]
    if moved:
        links = (f"{GITLINK} {each.commit}\t".encode() + fsencode(each.path) for each in moved)
        door.run(
            *("update-index", "--add", "-z", "--index-info"),
            input=b"".join(link + b"\0" for link in links),
            environment=environment,
        )
    there = [change for change in changes if change not in (*gone, *moved)]
    if there:
        door.run(
            *("update-index", "--add", "--replace", "-z", "--stdin"),
            input=b"".join(fsencode(change.path) + b"\0" for change in there),
            environment=environment,
        )


def _locale(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the user's locale for the hooks of a commit; elsewhere git speaks C to us."""
    return {name: environment.get(name, "") for name in ("LANGUAGE", "LC_ALL")}
