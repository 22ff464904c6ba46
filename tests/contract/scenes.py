"""A repository, its remote, and the other people who change both: one scene fake, one real."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from typing import Protocol

from multigit.adapters.git.workspace import GitRepositories
from multigit.core.values.commits import Tip
from multigit.core.values.git_answers import Signature
from multigit.core.values.refs import branch_ref
from multigit.core.values.workspace import Repo, Workspace
from multigit.engine.ports import Repository
from multigit.errors import GitError
from tests.support.fake_git import ADA, STAGES, Edits, FakeGit, Files
from tests.support.forge import COLLEAGUE, Forge, ForgeRepo
from tests.support.gitenv import git
from tests.support.refs import read_refs


class Scene(Protocol):
    """What a test does and sees in the world around the port.

    The remote has the branches dev, stg and main at one commit with a README.md; the clone has
    dev checked out, and no other local branch.
    """

    @property
    def repository(self) -> Repository:
        """The port under test."""

    # The remote

    def remote_commit(
        self, branch: str, edits: Edits, message: str = "Change", start: str = ""
    ) -> str:
        """Commit on a branch, as a colleague's push would; a new branch begins at `start`."""

    def remote_tag(self, name: str, commit: str) -> None:
        """Make an annotated tag."""

    def remote_delete(self, ref: str) -> None:
        """Delete a ref."""

    def remote_refs(self) -> Mapping[str, str]:
        """Return every ref."""

    def reject(self, pattern: str, message: str) -> None:
        """Refuse pushes to matching refs."""

    def cut_off(self) -> None:
        """Make the remote unreachable from now on."""

    # The clone

    def write(self, edits: Edits) -> None:
        """Change files of the work tree, and nothing else."""

    def stage(self, path: str) -> None:
        """Stage a file."""

    def local_commit(self, edits: Edits, message: str = "Local change") -> str:
        """Write, stage and commit on the checked-out branch."""

    def make_branch(self, branch: str, commit: str) -> None:
        """Set a local branch without an upstream to a commit."""

    def local_tag(self, name: str, commit: str) -> None:
        """Make a lightweight tag in the clone."""

    def make_root(self, files: Files) -> Tip:
        """Make a commit without parents that no ref points to."""

    def link(self, branch: str) -> None:
        """Check out a branch in another work tree."""

    def detach(self) -> None:
        """Detach HEAD."""

    def refuse_commits(self) -> None:
        """Let a commit hook refuse everything."""

    def remove(self) -> None:
        """Remove the clone."""

    def local_refs(self) -> Mapping[str, str]:
        """Return the user's own refs in the clone: branches and tags."""

    def files(self) -> Files:
        """Return the files of the work tree."""

    def commit_files(self, commit: str) -> Files:
        """Return the files of a commit in the clone; each must end with a newline."""

    def parents(self, commit: str) -> list[str]:
        """Return the parents of a commit of the clone."""

    def message(self, commit: str) -> str:
        """Return the message of a commit or tag of the clone, without its last newline."""

    def date(self, commit: str) -> int:
        """Return the committer date of a commit of the clone."""

    def target(self, tag: str) -> str:
        """Return the commit that a tag object in the clone names."""


class FakeScene:
    """The scene with the fake git."""

    def __init__(self) -> None:
        self.repository = FakeGit("api")["api"]
        self._remote = self.repository.remote
        self._objects = self.repository.objects
        self.write = self.repository.write
        self.make_branch = self.repository.make_branch
        self.local_commit = self.repository.local_commit
        self.detach = self.repository.detach
        self.remote_tag = self._remote.tag
        self.reject = self._remote.reject
        self.commit_files = self._objects.files

    def remote_commit(
        self, branch: str, edits: Edits, message: str = "Change", start: str = ""
    ) -> str:
        """Commit on the remote."""
        return self._remote.commit(branch, edits, message=message, start=start)

    def remote_delete(self, ref: str) -> None:
        """Delete a ref."""
        del self._remote.refs[ref]

    def remote_refs(self) -> Mapping[str, str]:
        """Return every ref."""
        return dict(self._remote.refs)

    def cut_off(self) -> None:
        """Make the remote unreachable."""
        self._remote.reachable = False

    def stage(self, path: str) -> None:
        """Stage one file."""
        self.repository.stage(path)

    def local_tag(self, name: str, commit: str) -> None:
        """Set a ref."""
        self.repository.own_refs[f"refs/tags/{name}"] = commit

    def make_root(self, files: Files) -> Tip:
        """Make a commit object."""
        return self._objects.commit(files, [], Signature("Root", "1 +0000"), ADA)

    def link(self, branch: str) -> None:
        """Pretend that there is another work tree."""
        self.repository.linked[branch] = "/desk/linked"

    def refuse_commits(self) -> None:
        """Set a hook."""

        def refuse(_files: Files) -> Files:
            raise GitError("git commit failed: tests are red")

        self.repository.hook = refuse

    def remove(self) -> None:
        """Remove the clone."""
        self.repository.remove()

    def local_refs(self) -> Mapping[str, str]:
        """Return branches and tags."""
        return _own(self.repository.own_refs)

    def files(self) -> Files:
        """Return the work tree."""
        return dict(self.repository.files)

    def parents(self, commit: str) -> list[str]:
        """Return the parents."""
        return list(self._objects.commits[commit].parents)

    def message(self, commit: str) -> str:
        """Return the message."""
        tag = self._objects.tags.get(commit)
        return tag.message if tag else self._objects.commits[commit].message

    def date(self, commit: str) -> int:
        """Return the date."""
        return self._objects.time(commit)

    def target(self, tag: str) -> str:
        """Return the target."""
        return self._objects.tags[tag].target


class RealScene:
    """The scene with real git, on a forge."""

    def __init__(self, forge: Forge) -> None:
        self._forge = forge
        self._repo: ForgeRepo = forge.add("api", STAGES)
        repo = Repo("api", "api", url=self._repo.url)
        workspace = Workspace(forge.shop, (), (repo,), git_timeout=30)
        self.repository = GitRepositories(workspace).repository(repo)
        self.write = self._repo.write
        self.local_commit = self._repo.local_commit
        self.reject = self._repo.reject_pushes
        self.remote_refs = self._repo.remote_refs

    def remote_commit(
        self, branch: str, edits: Edits, message: str = "Change", start: str = ""
    ) -> str:
        """Commit on the remote."""
        return self._repo.commit(branch, edits, message=message, start=start or None)

    def remote_tag(self, name: str, commit: str) -> None:
        """Tag on the remote, a minute after everything before."""
        header = f"object {commit}\ntype commit\ntag {name}\n"
        tagger = f"tagger {COLLEAGUE} {self._forge.tick()} +0000\n\n{name}\n"
        sha = self._repo.remote_git("mktag", input=header + tagger)
        self._repo.remote_git("update-ref", f"refs/tags/{name}", sha)

    def remote_delete(self, ref: str) -> None:
        """Delete a ref."""
        self._repo.remote_git("update-ref", "-d", ref)

    def cut_off(self) -> None:
        """Move the remote away."""
        self._repo.bare.rename(self._repo.bare.with_suffix(".away"))

    def stage(self, path: str) -> None:
        """Stage one file."""
        self._repo.git("add", "--all", "--", path)

    def make_branch(self, branch: str, commit: str) -> None:
        """Make a branch."""
        self._repo.git("branch", "--no-track", branch, commit)

    def local_tag(self, name: str, commit: str) -> None:
        """Make a lightweight tag."""
        self._repo.git("tag", name, commit)

    def make_root(self, files: Files) -> Tip:
        """Make a commit object, without folders."""
        blobs = {
            name: self._repo.git("hash-object", "-w", "--stdin", input=content)
            for name, content in files.items()
        }
        listing = "".join(f"100644 blob {sha}\t{name}\n" for name, sha in blobs.items())
        tree = self._repo.git("mktree", input=listing)
        return Tip(self._repo.git("commit-tree", "-m", "Root", tree), tree)

    def link(self, branch: str) -> None:
        """Add a linked work tree."""
        self._repo.git("worktree", "add", "--quiet", str(self._forge.root / "linked"), branch)

    def detach(self) -> None:
        """Detach HEAD."""
        self._repo.git("checkout", "--quiet", "--detach")

    def refuse_commits(self) -> None:
        """Set a hook."""
        hook = self._repo.clone / ".git/hooks/pre-commit"
        hook.write_text("#!/bin/sh\necho tests are red >&2; exit 1\n", encoding="utf-8")
        hook.chmod(0o755)

    def remove(self) -> None:
        """Remove the clone."""
        shutil.rmtree(self._repo.clone)

    def local_refs(self) -> Mapping[str, str]:
        """Return branches and tags."""
        return _own(read_refs(self._repo.clone / ".git"))

    def files(self) -> Files:
        """Return the work tree."""
        found = [p for p in self._repo.clone.rglob("*") if ".git" not in p.parts and p.is_file()]
        return {str(path.relative_to(self._repo.clone)): path.read_text() for path in found}

    def commit_files(self, commit: str) -> Files:
        """Return the files of a commit."""
        names = self._repo.git("ls-tree", "-r", "-z", "--name-only", commit).split("\0")[:-1]
        return {name: git(self._repo.clone, "show", f"{commit}:{name}") + "\n" for name in names}

    def parents(self, commit: str) -> list[str]:
        """Return the parents."""
        return self._repo.git("rev-list", "--parents", "-1", commit).split()[1:]

    def message(self, commit: str) -> str:
        """Return the message."""
        return self._repo.git("cat-file", "-p", commit).partition("\n\n")[2]

    def date(self, commit: str) -> int:
        """Return the date."""
        return int(self._repo.git("show", "--no-patch", "--format=%ct", commit))

    def target(self, tag: str) -> str:
        """Return the target."""
        return self._repo.git("rev-parse", f"{tag}^{{commit}}")


def _own(refs: Mapping[str, str]) -> dict[str, str]:
    return {ref: sha for ref, sha in refs.items() if ref.startswith((branch_ref(""), "refs/tags/"))}
