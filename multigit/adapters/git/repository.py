"""One repository on disk and its remote, behind the engine's port."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from shlex import quote

from multigit.adapters.files.durable import moved_aside
from multigit.adapters.files.scratch import CLONES
from multigit.adapters.git import branches as git_branches
from multigit.adapters.git import committing as git_committing
from multigit.adapters.git import files as git_files
from multigit.adapters.git import filters as git_filters
from multigit.adapters.git import objects as git_objects
from multigit.adapters.git import publishing as git_publishing
from multigit.adapters.git import reading as git_reading
from multigit.adapters.git import submodules as git_submodules
from multigit.adapters.git.arrivals import read_lacking
from multigit.adapters.git.cloning import clone_into
from multigit.adapters.git.config import GitConfig, read_config
from multigit.adapters.git.obstacles import read_obstacles
from multigit.adapters.git.outgoing import read_outgoing, read_paths
from multigit.adapters.git.process import GitDoor, require_git, ssh_command
from multigit.adapters.git.programs import refuse_programs
from multigit.adapters.git.push_mark import PushMark
from multigit.adapters.git.remote import Remote
from multigit.adapters.git.reversals.search import read_reversals
from multigit.adapters.git.settings import FETCH, of_remote
from multigit.adapters.git.transcript import Transcript
from multigit.core.values.flight import Flight, flight
from multigit.core.values.git_answers import Merged, Publication, PushReport, RefQuery, Signature
from multigit.core.values.snapshot import (
    Change,
    Facts,
    Gaps,
    Obstacle,
    Outgoing,
    PreparedCommit,
    Refs,
    Reversal,
    Submodule,
    Tip,
    Waiting,
    WorkTree,
)
from multigit.core.values.workspace import Repo, Workspace
from multigit.errors import GitError, MultigitError
from multigit.hints import Hint


class GitRepository:
    """A clone with its remote. Reads configuration once, at the first use."""

    def __init__(self, workspace: Workspace, repo: Repo) -> None:
        self._workspace = workspace
        self._repo = repo
        self._remote = workspace.remote_of(repo)
        self.transcript = Transcript()
        folder = Path(os.path.abspath(workspace.root / repo.path))  # noqa: PTH100  (no symlinks)
        self._folder = folder
        self._mark = PushMark(workspace.root / ".multigit" / "pushes" / repo.name)
        self._settings: GitConfig | None = None
        self._door = GitDoor(
            folder.resolve(), timeout=workspace.git_timeout, transcript=self.transcript
        )
        self._door.remote = self._remote
        self._door.options = of_remote(self._remote)

    @property
    def _config(self) -> GitConfig:
        # No cached_property: in Python 3.11 its one lock lets all repositories wait in a row.
        if self._settings is None:
            self._settings = self._open()
        return self._settings

    def _open(self) -> GitConfig:
        try:
            config = read_config(self._door)
        except GitError as error:
            raise self._absent(error) from error
        if not any(f"remote.{self._remote}.{key}" in config.values for key in ("url", "pushurl")):
            raise GitError(
                f"there is no remote {self._remote}.",
                hint=Hint.ADD_REMOTE.format(
                    path=self._repo.typed(), remote=self._remote, url=quote(self._repo.url)
                )
                if self._repo.url
                else f"Add one there, or name another: remote in [repos.{self._repo.name}].",
                code="no_remote",
            )
        if ssh := ssh_command(os.environ, config.last("core.sshcommand")):
            self._door.environment["GIT_SSH_COMMAND"] = ssh
        refuse_programs(config, self._remote_of(config), self._repo)
        return config

    def _absent(self, error: GitError) -> GitError:
        """Return the error about a clone that is not there, with the command that clones it."""
        stages = self._workspace.stages
        if error.code not in {"missing", "not_a_repository"} or not (self._repo.url and stages):
            return error
        hint = Hint.CLONE if error.code == "missing" else Hint.CLONE_INSTEAD
        return GitError(
            error.message,
            hint=hint.format(stage=stages[0].name, repo=quote(self._repo.name)),
            code=error.code,
            output=error.output,
        )

    # Reads

    def fetch(self, query: RefQuery) -> None:
        """Bring the remote's branches and tags into the remote-tracking refs: one connection."""
        environment = self._config.inert()
        refspecs = git_reading.fetch_refspecs(query, self._remote)
        self._door.run(*FETCH, "--prune", "--", self._remote, *refspecs, environment=environment)

    def exists(self) -> bool:
        """Tell whether anything stands at the repository's path."""
        empty = self._folder.is_dir() and not any(self._folder.iterdir())
        return self._folder.exists() and not empty

    def facts(self) -> Facts:
        """Return what the clone's configuration says about publishing."""
        return self._config.facts(self._place())

    def remote_urls(self) -> tuple[str, ...]:
        """Return the remote's URLs: where git pushes to, where it fetches from, as written."""
        return self._place().urls()

    def _place(self) -> Remote:
        """Return the remote as the clone's configuration has it."""
        return self._remote_of(self._config)

    def _remote_of(self, config: GitConfig) -> Remote:
        return Remote(
            self._remote,
            config.values,
            require_git(),
            self._door.folder,
            self._repo.push_url,
            ssh_command(os.environ, config.last("core.sshcommand")),
        )

    def refs(self, query: RefQuery) -> Refs:
        """Return the branches and tags as of the last fetch."""
        _ = self._config  # opens the repository, and says what is wrong with it
        return git_reading.read_refs(self._door, query, self._remote)

    def work_tree(self, *, sizes: bool = False) -> WorkTree:
        """Return the checked-out branch and its changes, other repositories' files left out.

        With sizes it is about to be committed: then the user's filters run, as in `git add`.
        """
        nested = self._workspace.nested_in(self._repo)
        files = self._own_files()
        environment = {} if sizes else self._config.inert()
        links = git_submodules.registered(self._door)
        work = git_reading.read_work_tree(
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
        """Return the remotes of the workspace's repositories inside of this one, by path."""
        nested = self._workspace.nested_in(self._repo)
        return {path: self._workspace.remote_of(inner) for path, inner in nested.items()}

    def obstacles(self, before: str, after: str) -> tuple[Obstacle, ...]:
        """Return what a checkout would overwrite on the way from one commit to another."""
        return read_obstacles(self._door, before, after, environment=self._config.inert())

    def outgoing(self, tip: str) -> tuple[Outgoing, ...]:
        """Return the paths that commits of `tip` add or change which no remote branch has."""
        return read_outgoing(self._door, tip, self._remote)

    def paths(self, commits: Sequence[str]) -> frozenset[str]:
        """Return the files of all these commits."""
        return read_paths(self._door, commits)

    def carried(self, paths: Sequence[str], committed: Sequence[str], tip: str) -> dict[str, str]:
        """Return, by path, the filter of those files whose content travels by a pre-push hook."""
        return git_filters.read_carried(self._door, self._config, paths, committed, tip)

    def pointers(self, commit: str) -> tuple[Submodule, ...]:
        """Return the submodules of a commit that have a clone here, as that commit records them."""
        return git_submodules.read_pointers(self._door, commit, self._remotes_inside())

    def carried_files(self) -> tuple[str, ...]:
        """Return the files of the work tree whose content travels by a pre-push hook."""
        return git_filters.read_carried_files(self._door, self._config)

    def gaps(self, commit: str) -> Gaps:
        """Return what an export of a commit will not contain."""
        return git_filters.read_gaps(self._door, self._config, commit)

    def waiting(self, base: str, tip: str) -> Waiting:
        """Return the commits without merges that `tip` has and `base` lacks."""
        return git_reading.read_waiting(self._door, base, tip, self._remote)

    def lacking(self, ours: Tip, theirs: Tip) -> Waiting:
        """Return the commits without merges of `theirs` whose content `ours` lacks."""
        return read_lacking(self._door, ours, theirs)

    def reversals(
        self, earlier: Tip, later: Tip, merged: str, conflicts: Sequence[str] = ()
    ) -> tuple[Reversal, ...]:
        """Return the later side's commits through which `merged` lacks work of the earlier one."""
        return read_reversals(self._door, earlier, later, merged, conflicts)

    def divergence(self, base: str, tip: str) -> tuple[int, int]:
        """Count the commits that only `tip` has and those that only `base` has."""
        return git_reading.read_divergence(self._door, base, tip)

    def remote_refs(self, refs: Sequence[str]) -> Mapping[str, str]:
        """Ask the remote itself where these refs stand: one connection."""
        remote, environment = self._place().published()
        return git_publishing.remote_refs(self._door, remote, refs, environment)

    def tag_messages(self, patterns: Sequence[str]) -> Mapping[str, str]:
        """Return the messages of the remote's tags that match, as of the last fetch."""
        return git_reading.read_tag_messages(self._door, patterns)

    def rehearse(self, publication: Publication) -> bool:
        """Ask the remote to receive a push and send none: one connection, no hooks."""
        return git_publishing.rehearse(self._door, self._remote, publication)

    def newest(self, commits: Sequence[str]) -> int:
        """Return the latest committer date of these commits, in Unix seconds."""
        return git_reading.read_newest(self._door, commits)

    def as_of(self, commit: str, seconds: int) -> str:
        """Return what a branch held before a Unix time, by the dates of its first parents."""
        return git_reading.read_as_of(self._door, commit, seconds)

    def exposed(self) -> tuple[str, ...]:
        """Return the other repositories and multigit's own files that git would commit here."""
        nested = self._workspace.nested_in(self._repo)
        own = self._own_files()
        return git_reading.read_exposed(self._door, own, tuple(nested)) if nested or own else ()

    def _own_files(self) -> tuple[str, ...]:
        """Return multigit's own files in here, also what was moved out of the way of them."""
        folder, own = self._door.folder, self._workspace.own_files(self._repo)
        aside = [each for name in own for each in moved_aside(folder / name)]
        return (*own, *(str(each.relative_to(folder)) for each in aside))

    def tip(self, commit: str) -> Tip:
        """Return a commit with its tree."""
        return git_objects.tip(self._door, commit)

    def holds(self, objects: Sequence[str]) -> bool:
        """Tell whether all of these objects exist here."""
        return git_objects.holds(self._door, objects)

    def parents(self, commits: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Return the parents of each of these commits."""
        return git_reading.read_parents(self._door, commits)

    # Preparation

    def merge(
        self, ours: Tip, theirs: Tip, signature: Signature | None, forks: Sequence[Tip] = ()
    ) -> Merged:
        """Merge two commits in the object database."""
        return git_objects.merge(self._door, self._config, ours, theirs, signature, forks)

    def commit_preview(
        self, head: str, changes: Sequence[Change], signature: Signature
    ) -> PreparedCommit:
        """Build the commit of these changes on `head` beside the user's index."""
        return git_committing.preview(self._door, self._config, head, changes, signature)

    def tag(self, name: str, commit: str, signature: Signature) -> str:
        """Make an annotated tag object and return its id."""
        tagger = self._config.identity("committer", os.environ)
        return git_objects.tag(self._door, self._config, tagger, name, commit, signature)

    # Writes

    def commit(self, changes: Sequence[Change], signature: Signature, *, verify: bool) -> Tip:
        """Commit these changes on the checked-out branch, with the user's hooks and filters."""
        return git_committing.commit(self._door, changes, signature, verify=verify)

    def flight(self) -> Flight:
        """Return what is to be noted before the next push begins."""
        local = self._place().serves_itself()
        mark, timeout = self._mark.make(), self._workspace.git_timeout
        return flight(time.time(), timeout, host=socket.gethostname(), mark=mark, local=local)

    def in_flight(self, flight: Flight) -> bool | None:
        """Tell whether a push that was noted is still at work; None where that cannot be seen.

        What runs on another machine cannot, nor can a server that is reached over a network.
        """
        seen = self._mark.seen(flight.mark) if flight.host == socket.gethostname() else None
        return seen if seen or flight.local else None

    def push(self, publications: Sequence[Publication]) -> PushReport:
        """Publish all or none, each ref only while it holds `before`: one connection."""
        with ExitStack() as stack:
            try:
                elsewhere = self._place().detour()
                mark = stack.enter_context(self._mark.held())
            except MultigitError as error:  # the clone is gone, or is not ours any more
                return git_publishing.not_sent(error)
            if elsewhere:
                reason = f"{self._remote} is pushed to {elsewhere.to}, not to {elsewhere.wanted}."
                return PushReport(accepted=False, reason=reason, sent=False, code="other_push_url")
            hooks = self._repo.hooks
            return git_publishing.push(
                self._door, self._remote, publications, hooks=hooks, inherits=mark
            )

    def fast_forward(self, branch: str, commit: str) -> str:
        """Move a branch that no work tree has; git itself refuses where that is unsafe."""
        return git_branches.fast_forward(self._door, branch, commit)

    def move_back(self, branch: str, *, before: str, after: str) -> str:
        """Set a branch back that no work tree has, while it still holds `before`."""
        seen = self.refs(RefQuery((branch,))).branch(branch)
        return git_branches.move_back(self._door, branch, seen, before=before, after=after)

    def create_branch(self, branch: str) -> None:
        """Create the local branch from the remote one, with that as its upstream."""
        git_branches.create(self._door, branch, self._remote)

    def update_work_tree(self, branch: str, commit: str) -> None:
        """Fast-forward the branch, which is checked out, and its files."""
        git_branches.update_work_tree(self._door, branch, commit, hooks=self._repo.hooks)

    def switch(self, branch: str) -> None:
        """Check the branch out."""
        git_branches.switch(self._door, branch, hooks=self._repo.hooks)

    def store(self, content: bytes) -> str:
        """Keep some bytes as a blob that no ref points at, and return its id."""
        return self._door.run("hash-object", "-w", "--stdin", input=content).text.strip()

    def remote_content(self, ref: str) -> tuple[str, bytes] | None:
        """Read a ref of the remote that points at a blob: its id and content, None if absent."""
        return git_publishing.remote_content(self._door, *self._place().published(), ref)

    def export(self, commit: str, folder: Path) -> None:
        """Write the files of a commit into an empty folder, as a checkout would, and no more."""
        git_files.export(self._door, self._config.common_dir, commit, folder)

    def mode(self, commit: str, path: str) -> str:
        """Return the mode of a file in a commit, as in 100755; empty where there is none."""
        return git_files.mode(self._door, commit, path)

    def content(self, commit: str, path: str) -> str | None:
        """Return what a file holds in a commit; None where there is none."""
        return git_files.content(self._door, commit, path)

    def link(self, commit: str, path: str) -> str | None:
        """Return what a symlink in a commit points to; None where there is none."""
        return git_files.link(self._door, commit, path)

    def clone(self) -> None:
        """Clone the remote's repository to where this one belongs."""
        clones = self._workspace.root / ".multigit" / CLONES
        clone_into(self._folder, self._door, self._repo, self._remote, clones)
