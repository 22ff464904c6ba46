"""Merges, commits and tags made in the object database; no ref, index or file is touched."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from os import fsencode
from pathlib import Path, PurePosixPath

from multigit.adapters.files.scratch import scratch_folder
from multigit.adapters.git.changes import changed
from multigit.adapters.git.clone import Clone
from multigit.adapters.git.faults import clone_fault
from multigit.adapters.git.outcome import Completed, failure
from multigit.adapters.git.process import GitDoor
from multigit.core.values.commits import Tip
from multigit.core.values.git_answers import Merged, Signature
from multigit.errors import GitError

CONFLICT = 1


class MakesObjects(Clone):
    """Makes what is published later; the user's refs, index and files stay as they are."""

    def merge(
        self, ours: Tip, theirs: Tip, signature: Signature | None, forks: Sequence[Tip] = ()
    ) -> Merged:
        """Merge `theirs` into `ours` as `git merge --no-ff` would in a clean checkout of `ours`."""
        if ours.tree == theirs.tree:
            return Merged(tree=ours.tree)
        untouched = _unchanged_since_fork(self._door, ours, theirs, forks)
        merged = Merged(tree=theirs.tree) if untouched else self._merge_tree(ours, theirs)
        if not signature or merged.conflicted or merged.tree in {"", ours.tree}:
            return merged
        return replace(
            merged,
            files=len(changed(self._door, ours.tree, merged.tree)),
            commit=self._commit_object(merged.tree, (ours.sha, theirs.sha), signature),
        )

    def store(self, content: bytes) -> str:
        """Store some bytes as a blob that no ref points at, and return its id."""
        return self._door.run("hash-object", "-w", "--stdin", input=content).text.strip()

    def tag(self, name: str, commit: str, signature: Signature) -> str:
        """Make an annotated tag object, signed if `tag.gpgSign` is set, and return its id."""
        tagger = self._config.identity(os.environ)
        if self._config.flag("tag.gpgsign"):
            return self._signed_tag(name, commit, signature)
        header = f"object {commit}\ntype commit\ntag {name}\ntagger {tagger} {signature.date}\n\n"
        content = header.encode() + lines(signature.message)
        return self._door.run("mktag", input=content).text.strip()

    def _commit_object(self, tree: str, parents: Sequence[str], signature: Signature) -> str:
        """Make a commit object, signed if `commit.gpgSign` is set, and return its id."""
        done = self._door.run(
            *("commit-tree", "-F", "-"),
            *(["-S"] if self._config.flag("commit.gpgsign") else []),
            *(part for parent in parents for part in ("-p", parent)),
            tree,
            input=lines(signature.message),
            environment={"GIT_AUTHOR_DATE": signature.date, "GIT_COMMITTER_DATE": signature.date},
        )
        return done.text.strip()

    def _merge_tree(self, ours: Tip, theirs: Tip) -> Merged:
        door, config = self._door, self._config
        with scratch_folder() as work_tree:
            # merge-tree reads attributes from a work tree on disk: it gets those of `ours`.
            _write_attributes(door, ours.sha, work_tree)
            done = door.run(
                *("merge-tree", "--write-tree", "--name-only", "--messages", "-z"),
                *(ours.sha, theirs.sha),
                accept=(0, CONFLICT, 128),
                folder=work_tree,
                environment=config.inert()
                | {"GIT_DIR": str(config.common_dir), "GIT_WORK_TREE": str(work_tree)},
            )
        if done.status not in {0, CONFLICT} or not done.stdout:
            return _unrelated(door, ours, theirs, done.stderr)
        tree, *rest = done.fields()
        end = rest.index("") if "" in rest else len(rest)
        listed = rest[:end]
        unlisted = _conflicts_in_messages(rest[end + 1 :]) if done.status == 0 else []
        if done.status == CONFLICT or unlisted:
            paths = _paths(listed or unlisted, ours, theirs)
            return Merged(tree=tree, conflicted=True, conflicts=paths)
        return Merged(tree=tree)

    def _signed_tag(self, name: str, target: str, signature: Signature) -> str:
        """Sign with `git tag -s`, in a scratch repository that shares the objects but no refs."""
        door, config = self._door, self._config
        with scratch_folder() as folder:
            for part in ("objects", "refs"):
                (folder / part).mkdir()
            (folder / "HEAD").write_text("ref: refs/heads/none\n")
            if kind := config.last("extensions.objectformat"):
                version = "[core]\nrepositoryformatversion = 1\n"
                (folder / "config").write_text(f"{version}[extensions]\nobjectformat = {kind}\n")
            door.run(
                *("tag", "--sign", "--cleanup=verbatim", "-F", "-", "--end-of-options"),
                *(name, target),
                input=lines(signature.message),
                options=config.signing(),
                environment={
                    "GIT_COMMITTER_DATE": signature.date,
                    "GIT_DIR": str(folder),
                    "GIT_OBJECT_DIRECTORY": str(config.common_dir / "objects"),
                },
            )
            sha = (folder / "refs" / "tags" / name).read_text().strip()
        if b"\n-----BEGIN " not in door.run("cat-file", "tag", sha).stdout:
            # If the ssh key is missing, git 2.39 signs nothing and says nothing.
            raise failure("tag", Completed(0, b"", "failed to sign"))
        return sha


def _unchanged_since_fork(door: GitDoor, ours: Tip, theirs: Tip, forks: Sequence[Tip]) -> bool:
    """Return whether `ours` has the content of the only commit where both histories diverge.

    Then the result of a three-way merge is `theirs`, and neither attributes nor renames matter.
    Every merge base is among the forks, so a single fork is the merge base.
    """
    if all(fork.tree != ours.tree for fork in forks):
        return False
    bases = {forks[0].sha}
    if len(forks) > 1:
        bases = set(door.run("merge-base", "--all", ours.sha, theirs.sha).text.split())
    return len(bases) == 1 and {fork.tree for fork in forks if fork.sha in bases} == {ours.tree}


def _conflicts_in_messages(messages: Sequence[str]) -> list[str]:
    """Return the paths that merge-tree's messages call conflicts.

    In rare criss-cross merges git exits with 0 and leaves markers in a file, and only a message
    says so. Each message is: the number of paths that it is about, those paths, its kind, its
    words. git translates the words and never the kind.
    """
    paths, at = list[str](), 0
    while at < len(messages):
        kind = at + 1 + int(messages[at])
        if messages[kind].startswith("CONFLICT"):
            paths += messages[at + 1 : kind]
        at = kind + 2
    return paths


def _paths(fields: Sequence[str], ours: Tip, theirs: Tip) -> tuple[str, ...]:
    """Return the conflicted paths as people know them.

    If a file conflicts with a directory, merge-tree renames one of them to `path~<commit>`.
    """
    labels = re.compile(f"~({ours.sha}|{theirs.sha})(_[0-9]+)?")
    return tuple(dict.fromkeys(labels.sub("", field) for field in fields if field))


def _unrelated(door: GitDoor, ours: Tip, theirs: Tip, stderr: str) -> Merged:
    """Return that histories are unrelated, a fact for the plan; else raise git's failure."""
    base = door.run("merge-base", ours.sha, theirs.sha, accept=(0, 1))
    if base.status == 1:
        return Merged(unrelated=True)
    raise clone_fault(stderr, door.folder, door.remote) or GitError(
        "git could not merge.", output=stderr
    )


def _write_attributes(door: GitDoor, commit_id: str, folder: Path) -> None:
    """Write the commit's .gitattributes files, and no others, to the folder.

    One `git grep` for every line of every such file lists and reads them in one process.
    """
    done = door.run(
        *("grep", "--no-color", "--no-line-number", "--no-column", "--full-name", "-a", "-z"),
        *("-e", "", commit_id, "--", ":(top,glob)**/.gitattributes"),
        accept=(0, 1),
    )
    for record in re.split(rf"(?:\A|\n){commit_id}:", done.text.removesuffix("\n"))[1:]:
        path, _, line = record.partition("\0")
        parts = PurePosixPath(path).parts
        if path.startswith("/") or {"..", ".git"} & set(parts):
            raise GitError(f"the commit {commit_id[:7]} contains the unsafe path {path!r}.")
        file = folder.joinpath(*parts)
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("ab") as stream:
            stream.write(fsencode(line) + b"\n")


def lines(message: str) -> bytes:
    """Return a message as git keeps it: no blanks around it, one line break after it."""
    return message.strip().encode() + b"\n"
