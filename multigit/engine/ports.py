"""The ports: what the engine requires from outside, as protocols. Tests use fakes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from multigit.core.progress.journal import Entry
from multigit.core.values.clone_facts import CloneFacts
from multigit.core.values.commits import PendingCommits, PreparedCommit, Tip
from multigit.core.values.deployment import DeploymentSpec, Gate, Idle, Run, RunStatus, Verdict
from multigit.core.values.flight import Flight
from multigit.core.values.git_answers import Merged, Publication, PushReport, RefQuery, Signature
from multigit.core.values.health_check import HealthAnswer
from multigit.core.values.merge import Folded, Reversal, Skip
from multigit.core.values.problem import Problem
from multigit.core.values.refs import Refs
from multigit.core.values.work_tree import Change, Obstacle, Outgoing, Submodule, WorkTree
from multigit.core.values.workspace import Repo
from multigit.errors import MultigitError


class Repository(Protocol):
    """One repository. Every method may raise MultigitError with a sentence about the failure.

    `shared_fetched` is whether this command has brought what all machines share, and `shared_error`
    why it could not.
    """

    shared_fetched: bool
    shared_error: MultigitError | None

    # Reads: may be repeated, change nothing of the user's.

    def exists(self) -> bool:
        """Return whether anything exists at the repository's path (an empty folder is nothing)."""

    def fetch(self, query: RefQuery) -> None:
        """Bring the remote's branches and tags that match into the remote-tracking refs."""

    def facts(self) -> CloneFacts:
        """Return what the clone's configuration says about publishing."""

    def refs(self, query: RefQuery) -> Refs:
        """Return the branches and tags that match, as of the last fetch."""

    def work_tree(self, *, sizes: bool = False) -> WorkTree:
        """Return the checked-out branch and the changed files; with their sizes if wanted."""

    def obstacles(self, before: str, after: str) -> Sequence[Obstacle]:
        """Return what a checkout of `after` would overwrite, with `before` checked out.

        No tracked file differs from `before`, as far as git compares.
        """

    def outgoing(self, tip: str) -> Sequence[Outgoing]:
        """Return the paths that commits of `tip`, which no remote branch has, add or change."""

    def paths(self, commits: Sequence[str]) -> frozenset[str]:
        """Return the files of all these commits."""

    def carried(
        self, paths: Sequence[str], committed: Sequence[str], tip: str
    ) -> Mapping[str, str]:
        """Return, by path, the filter of those files whose content travels by a pre-push hook.

        Checked are these files of the work tree, whose branch is checked out, and those that were
        committed up to `tip`.
        """

    def pointers(self, commit: str) -> tuple[Submodule, ...]:
        """Return the submodules of a commit that have a clone here, as that commit records them."""

    def carried_files(self) -> Sequence[str]:
        """Return the files of the work tree whose content travels by a pre-push hook."""

    def waiting(self, base: str, tip: str) -> PendingCommits:
        """Return the commits without merges that `tip` has and `base` lacks.

        An empty `base` stands for everything that the remote is known to have.
        """

    def work_since(self, base: str, tip: str) -> PendingCommits:
        """Return these commits without multigit's own, which only revert work or bring it back.

        Without `forks`, the base has everything.
        """

    def lacking(self, ours: Tip, theirs: Tip) -> PendingCommits:
        """Return the commits without merges of `theirs` whose content `ours` lacks.

        What was rebased, picked or squashed onto `ours`, and what is empty, does not count. If
        none would remain, all are returned: only a merge shows whether there is content.
        """

    def reversals(
        self, earlier: Tip, later: Tip, merged: str, conflicts: Sequence[str] = ()
    ) -> Sequence[Reversal]:
        """Return the later side's own commits through which work of the earlier one is lost.

        `merged` is the tree of their merge, with markers where it conflicts; newest first.
        """

    def roll_backs(self, base: str, tip: str) -> frozenset[str]:
        """Return the commits of `tip`, which `base` lacks, that revert work or bring it back.

        Merges not counted, and as far as multigit's trailers say so.
        """

    def fold(self, earlier: Tip, later: Tip, skips: Sequence[Skip]) -> Folded:
        """Return the tree of the later stage without some changes of its line.

        The line are the first-parent commits that the earlier stage lacks; these have to be there.
        """

    def divergence(self, base: str, tip: str) -> tuple[int, int]:
        """Count all commits that only `tip` has (ahead) and only `base` has (behind)."""

    def remote_refs(self, refs: Sequence[str]) -> Mapping[str, str]:
        """Return what the remote itself holds at these refs; absent ones are omitted."""

    def fetch_shared(self) -> None:
        """Bring what all machines share: `refs/multigit/*` of the remote, but for the tags.

        The fetch of the repository that has it brings it along.
        """

    def shared_refs(self) -> Mapping[str, tuple[str, bytes]]:
        """Return that as of the last fetch: by ref, the id and the content of its object."""

    def tag_messages(self, patterns: Sequence[str]) -> Mapping[str, str]:
        """Return the messages of the remote's tags that match, as of the last fetch."""

    def dry_run_push(self, publication: Publication) -> bool:
        """Ask the remote to receive a push without sending it; True if it has the ref.

        Raises GitError when the push would not even start.
        """

    def newest(self, commits: Sequence[str]) -> int:
        """Return the latest committer date of these commits, in Unix seconds."""

    def as_of(self, commit: str, seconds: int) -> str:
        """Return the commit that a branch at this one held before a Unix time, or empty.

        By committer dates along the first parents.
        """

    def differing(self, before: str, after: str) -> tuple[str, ...]:
        """Return the paths in which two commits or trees differ; both names of a moved file."""

    def behind(self, tip: str, commits: Sequence[str]) -> Mapping[str, int]:
        """Count for each of these commits what `tip` has and it lacks, merges not counted.

        A commit that does not exist here is left out.
        """

    def exposed(self) -> Sequence[str]:
        """Return the other repositories and multigit's own files that git would commit here."""

    def tip(self, commit: str) -> Tip:
        """Return a commit with its tree."""

    def holds(self, objects: Sequence[str]) -> bool:
        """Return whether all of these objects exist here (empty names count as existing)."""

    def parents(self, commits: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """Return the parents of each of these commits, which exist here."""

    # Preparation: only objects that no ref points at.

    def merge(
        self, ours: Tip, theirs: Tip, signature: Signature | None, forks: Sequence[Tip] = ()
    ) -> Merged:
        """Merge two commits in the object database; the content decides if there is a commit.

        Without a signature there is only the result, and no commit is made. `forks`, as
        `waiting` returns them, may spare the work where only one side changed.
        """

    def commit_tree(self, tree: str, parent: str, signature: Signature | None) -> str:
        """Make a commit of a tree and return its id; without a signature it is never published."""

    def commit_preview(
        self, head: str, changes: Sequence[Change], signature: Signature
    ) -> PreparedCommit:
        """Build the commit of these changes on `head` without touching the user's index."""

    def tag(self, name: str, commit: str, signature: Signature) -> str:
        """Make an annotated tag object and return its id."""

    def store(self, content: bytes) -> str:
        """Keep some bytes as an object that no ref points at, and return its id."""

    # Pushes that may run when multigit does not.

    def flight(self) -> Flight:
        """Return what to note before the next push starts."""

    def in_flight(self, flight: Flight) -> bool | None:
        """Return whether a push that was noted is still running; None if that is unknown."""

    # Writes: what the plan showed.

    def commit(self, changes: Sequence[Change], signature: Signature, *, verify: bool) -> Tip:
        """Commit these changes on the checked-out branch, as `git commit` does."""

    def push(self, publications: Sequence[Publication]) -> PushReport:
        """Publish all or none, each ref only while it holds `before`."""

    def fast_forward(self, branch: str, commit: str) -> str:
        """Move a branch that no work tree has forward; return why not, or empty when moved."""

    def move_back(self, branch: str, *, before: str, after: str) -> str:
        """Set a branch that no work tree has from `before` to `after`; return why not, or empty."""

    def update_work_tree(self, branch: str, commit: str) -> None:
        """Fast-forward the checked-out branch and its files; the work tree must be clean."""

    def switch(self, branch: str) -> None:
        """Check the branch out; the work tree must be clean."""

    def create_branch(self, branch: str) -> None:
        """Create the local branch from the remote one, with that as its upstream."""

    def clone(self) -> None:
        """Clone the repository to its path."""


class Git(Protocol):
    """The way to the repositories."""

    def repository(self, repo: Repo) -> Repository:
        """Return the repository; nothing is read yet."""


class RunnerPort(Protocol):
    """What carries out deployments. Every method may raise MultigitError with a sentence."""

    def check(self, spec: DeploymentSpec) -> Sequence[Problem]:
        """Return what would prevent this deployment from starting, as far as it can be known."""

    def start(self, spec: DeploymentSpec) -> Run:
        """Start it, once; raises UnknownStartError if it is unknown whether it started."""

    def find(self, spec: DeploymentSpec) -> Run | None:
        """Search for the run that this spec, or the push that it belongs to, started."""

    def idle(self, spec: DeploymentSpec) -> Idle | None:
        """Return why the push that should start it starts nothing, or perhaps nothing."""

    def poll(self, spec: DeploymentSpec, run: Run) -> RunStatus:
        """Poll a run."""

    def end(self, spec: DeploymentSpec, run: Run) -> None:
        """End a run whose time is over, if it runs here; a run at a host keeps running."""


# Returns why a repository's commit is not green at its host, or ().
Checks = Callable[[str, str], Sequence[Problem]]


class Reviewers(Protocol):
    """Where people approve runs. Every method may raise MultigitError with a sentence."""

    def pending(self, spec: DeploymentSpec, run: Run) -> tuple[Gate, ...]:
        """Return the environments whose reviewers a run waits for."""

    def review(
        self, spec: DeploymentSpec, run: Run, gates: Sequence[Gate], *, approve: bool, comment: str
    ) -> Sequence[Verdict]:
        """Approve or reject the run there, once; return what became of each gate."""


class Probe(Protocol):
    """Checks the health of what was deployed."""

    def ask(self, url: str, *, timeout: float) -> HealthAnswer:
        """Return the answer to a GET; raises MultigitError when there is none."""


class Clock(Protocol):
    """The time, and waiting."""

    def now(self) -> float:
        """Return the Unix time, which may be set back."""

    def elapsed(self) -> float:
        """Return monotonic seconds, for deadlines and pauses."""

    def wait(self, seconds: float, leave: threading.Event) -> None:
        """Wait this long, or until `leave` is set."""


class JournalWriter(Protocol):
    """Records an operation, so that it can be continued after a crash."""

    def write(self, entry: Entry) -> None:
        """Write an entry; it is on disk when this returns. Called from any thread."""


class NoJournal:
    """Records nothing."""

    def write(self, entry: Entry) -> None:
        """Forget the entry."""


FORGETFUL = NoJournal()
