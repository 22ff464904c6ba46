"""An in-memory git behind the engine's port, with faults that a test can set.

`FakeGit` has one `FakeRepository` per name: a clone with its `remote`. Both share their objects;
a clone "has" what its refs reach. The suite in tests/contract compares it with the real git. File
contents are text, and merges work on whole files.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import time
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from multigit.core.lineage.revert_messages import reapplied_in, rolled_back_to
from multigit.core.values.clone_facts import CloneFacts
from multigit.core.values.commits import SUBJECTS, Commit, PendingCommits, PreparedCommit, Tip
from multigit.core.values.deploy_config import Deploy, Pace
from multigit.core.values.flight import Flight, flight
from multigit.core.values.git_answers import Merged, Publication, PushReport, RefQuery, Signature
from multigit.core.values.merge import Folded, Reversal, Skip
from multigit.core.values.refs import Branch, Refs, Tag, branch_ref, tag_ref
from multigit.core.values.work_tree import Change, Obstacle, Outgoing, Submodule, WorkTree
from multigit.core.values.workspace import Confirm, Repo, Stage, Workspace
from multigit.errors import GitError, MultigitError

STAGES = ("dev", "stg", "main")
ADA = "Ada Lovelace <ada@example.org>"
GRACE = "Grace Hopper <grace@example.org>"

_FIRST_TIME = 1_736_154_000
_TAGS_SEEN = "refs/multigit/tags/"
_SHARED = ("refs/multigit/locks/", "refs/multigit/marks/")

Files = Mapping[str, str]
Edits = Mapping[str, str | None]  # None deletes
Patch = frozenset[tuple[str, str | None, str | None]]
PushFault = Callable[["FakeRemote", Sequence[Publication]], PushReport]


# --- Objects


def _is_own(message: str) -> bool:
    return bool(reapplied_in(message) or rolled_back_to(message))


@dataclass(frozen=True, slots=True)
class FakeCommit:
    """A commit; `time` is in Unix seconds."""

    tree: str
    parents: tuple[str, ...]
    message: str
    author: str
    time: int


@dataclass(frozen=True, slots=True)
class FakeTag:
    """An annotated tag."""

    name: str
    target: str
    message: str
    time: int


class Objects:
    """Trees, commits and tags by id; the same content has the same id."""

    def __init__(self) -> None:
        self.trees: dict[str, Files] = {}
        self.commits: dict[str, FakeCommit] = {}
        self.tags: dict[str, FakeTag] = {}
        self.blobs: dict[str, bytes] = {}
        self.clock = itertools.count(_FIRST_TIME, 60)

    def tree(self, files: Files) -> str:
        """Store a tree and return its id."""
        ordered = dict(sorted(files.items()))
        sha = _id("tree", ordered)
        self.trees[sha] = ordered
        return sha

    def commit(
        self, files: Files, parents: Sequence[str], signature: Signature, author: str
    ) -> Tip:
        """Store a commit and return it with its tree."""
        time = int(signature.date.split()[0])
        made = FakeCommit(self.tree(files), tuple(parents), signature.message.strip(), author, time)
        sha = _id("commit", made)
        self.commits[sha] = made
        return Tip(sha, made.tree)

    def tag(self, name: str, target: str, signature: Signature) -> str:
        """Store an annotated tag and return its id; raise GitError if its target is missing."""
        if target not in self.commits:
            raise GitError("git mktag failed: could not read tagged object")
        made = FakeTag(name, target, signature.message.strip(), int(signature.date.split()[0]))
        sha = _id("tag", made)
        self.tags[sha] = made
        return sha

    def blob(self, content: bytes) -> str:
        """Store some bytes and return their id."""
        sha = _id("blob", content)
        self.blobs[sha] = content
        return sha

    def holds(self, sha: str) -> bool:
        """Return whether this object exists; an empty name always does."""
        kinds = (self.commits, self.trees, self.tags, self.blobs)
        return not sha or any(sha in each for each in kinds)

    def tip(self, sha: str) -> Tip:
        """Return a commit with its tree."""
        return Tip(sha, self.commits[sha].tree)

    def files(self, sha: str) -> Files:
        """Return the files of a commit; none if there is no commit."""
        return self.trees[self.commits[sha].tree] if sha else {}

    def time(self, sha: str) -> int:
        """Return the date of a tag or commit."""
        return self.tags[sha].time if sha in self.tags else self.commits[sha].time

    def history(self, *tips: str) -> set[str]:
        """Return the commits that are reachable from these, including themselves."""
        found: set[str] = set()
        waiting = [tip for tip in tips if tip]
        while waiting:
            sha = waiting.pop()
            if sha not in found:
                found.add(sha)
                waiting += self.commits[sha].parents
        return found

    def base(self, one: str, two: str) -> str:
        """Return a best common ancestor, or an empty string."""
        common = self.history(one) & self.history(two)
        covered = {p for sha in common for p in self.history(*self.commits[sha].parents)}
        return min(common - covered, default="")


def _id(kind: str, content: object) -> str:
    return hashlib.sha1(f"{kind} {content!r}".encode(), usedforsecurity=False).hexdigest()


def edited(files: Files, edits: Edits) -> dict[str, str]:
    """Return the files after the edits."""
    merged = {**files, **edits}
    return {path: content for path, content in merged.items() if content is not None}


# --- The remote


class FakeRemote:
    """The bare repository that clones fetch from and push to.

    `next_push` is the fault of the next push, `reachable` is false if everything is to fail, and
    `pushes` records every push so far.
    """

    def __init__(self, objects: Objects) -> None:
        self.objects = objects
        self.refs: dict[str, str] = {}
        self.reachable = True
        self.next_push: PushFault | None = None
        self.pushes: list[tuple[Publication, ...]] = []
        self._rejections: list[tuple[str, str]] = []

    def commit(self, branch: str, edits: Edits, *, message: str = "Change", start: str = "") -> str:
        """Commit on a branch, as a colleague's push would; a new branch begins at `start`."""
        parent = self.refs[branch_ref(start)] if start else self.tip(branch)
        signature = Signature(message, f"{next(self.objects.clock)} +0000")
        files = edited(self.objects.files(parent), edits)
        made = self.objects.commit(files, [parent], signature, GRACE)
        self.refs[branch_ref(branch)] = made.sha
        return made.sha

    def tip(self, branch: str) -> str:
        """Return the tip of a branch."""
        return self.refs[branch_ref(branch)]

    def delete(self, branch: str) -> None:
        """Delete a branch."""
        del self.refs[branch_ref(branch)]

    def tag(self, name: str, commit: str) -> None:
        """Make an annotated tag."""
        signature = Signature(name, f"{next(self.objects.clock)} +0000")
        self.refs[tag_ref(name)] = self.objects.tag(name, commit, signature)

    def reject(self, pattern: str, message: str) -> None:
        """Refuse pushes to matching refs, like a protected branch."""
        self._rejections.append((pattern, message))

    def push(self, publications: Sequence[Publication]) -> PushReport:
        """Answer a push, applying the fault that is set."""
        self.pushes.append(tuple(publications))
        fault, self.next_push = self.next_push, None
        return fault(self, publications) if fault else self.receive(publications)

    def receive(self, publications: Sequence[Publication]) -> PushReport:
        """Accept all refs or none; each must still be at `before`, or already at `after`."""
        if not self.reachable:
            return PushReport(accepted=False, reason="Could not read from remote repository.")
        for each in publications:
            if not self.objects.holds(each.after):
                return PushReport(accepted=False, reason=f"bad object {each.after}")
            if self.refs.get(each.ref, "") not in (each.before, each.after):
                return PushReport(accepted=False, reason="stale info")
            for pattern, message in self._rejections:
                if fnmatchcase(each.ref, pattern):
                    return PushReport(accepted=False, reason=f"hook declined; {message}")
        for each in publications:
            _copy({each.ref: each.after} if each.after else {}, each.ref, self.refs, each.ref)
        return PushReport(accepted=True)

    def require(self) -> None:
        """Raise GitError if the remote cannot be reached."""
        if not self.reachable:
            raise GitError("the remote cannot be reached.", code="unreachable")


# --- Faults of a push


BROKEN_OFF = PushReport(accepted=False, reason="the remote end hung up unexpectedly", final=False)


def answer_lost(remote: FakeRemote, publications: Sequence[Publication]) -> PushReport:
    """The server accepts the push; then the connection breaks."""
    remote.receive(publications)
    return BROKEN_OFF


def answer_never_came(remote: FakeRemote, publications: Sequence[Publication]) -> PushReport:
    """The server accepts the push; then we run out of time."""
    remote.receive(publications)
    raise GitError("git push did not end within 600 seconds.", code="timeout")


def never_arrived(_remote: FakeRemote, _publications: Sequence[Publication]) -> PushReport:
    """The connection breaks before the server acts."""
    return BROKEN_OFF


def first_ref_only(remote: FakeRemote, publications: Sequence[Publication]) -> PushReport:
    """The server accepts the first ref and dies."""
    remote.receive(publications[:1])
    return BROKEN_OFF


def gone_afterwards(remote: FakeRemote, publications: Sequence[Publication]) -> PushReport:
    """The server accepts the push, and cannot be reached again."""
    remote.receive(publications)
    remote.reachable = False
    return BROKEN_OFF


def after(change: Callable[[FakeRemote], object], then: PushFault | None = None) -> PushFault:
    """Return a fault: someone changes the remote right before our push arrives."""

    def fault(remote: FakeRemote, publications: Sequence[Publication]) -> PushReport:
        change(remote)
        return (then or FakeRemote.receive)(remote, publications)

    return fault


# --- The clone


class FakeRepository:
    """One clone with the methods of the port's `Repository`; further down are those for tests.

    `own_refs` are all refs of the clone, `files` is its work tree, `index` what is tracked or
    staged. `settings` is the answer of `facts`. `hook` replaces the commit hooks: it takes the
    files of the commit and returns them, changed or not, or raises GitError. `broken` is raised by
    reads, `unsigned` by `tag`. `sights` are the answers to whether a push is in flight. If it
    `shares`, each fetch also brings what all machines share.
    """

    def __init__(self, name: str, remote: FakeRemote) -> None:
        self.name = name
        self.remote = remote
        self.objects = remote.objects
        self.own_refs: dict[str, str] = {}
        self.files: dict[str, str] = {}
        self.index: dict[str, str] = {}
        self.branch = ""
        self.detached = ""
        self.upstreams: set[str] = set()
        self.linked: dict[str, str] = {}
        self.unfinished = ""
        self.settings = CloneFacts(identity=ADA)
        self.hook: Callable[[Files], Files] | None = None
        self.broken: GitError | None = None
        self.unsigned: GitError | None = None
        self.present = True
        self.sights: list[bool | None] = [False]
        self.shares = False
        self.shared_fetched = False
        self.shared_error: MultigitError | None = None

    # Reads

    def exists(self) -> bool:
        """Return whether the clone exists."""
        return self.present

    def fetch(self, query: RefQuery) -> None:
        """Fetch branches and tags, and forget those that are gone."""
        self._look()
        self.remote.require()
        for name in query.branches:
            _copy(self.remote.refs, branch_ref(name), self.own_refs, _tracking(name))
        for pattern in query.tags:
            names = {*_matching(self.own_refs, _TAGS_SEEN, pattern)}
            names |= {*_matching(self.remote.refs, tag_ref(""), pattern)}
            for name in names:
                _copy(self.remote.refs, tag_ref(name), self.own_refs, f"{_TAGS_SEEN}{name}")
        if self.shares:
            self.fetch_shared()

    def facts(self) -> CloneFacts:
        """Return the settings."""
        self._look()
        return self.settings

    def refs(self, query: RefQuery) -> Refs:
        """Return branches and tags as of the last fetch, including the clone's own tags."""
        self._look()
        tags = {
            name: self._tag(name, self.own_refs[f"{space}{name}"])
            for space in (tag_ref(""), _TAGS_SEEN)
            for pattern in query.tags
            for name in _matching(self.own_refs, space, pattern)
        }
        return Refs(
            {name: self._branch(name) for name in query.branches},
            tuple(sorted(tags.values(), key=lambda tag: (tag.time, tag.name))),
        )

    def work_tree(self, *, sizes: bool = False) -> WorkTree:
        """Compare HEAD, index and files."""
        self._look()
        followed = self.branch in self.upstreams and _tracking(self.branch) in self.own_refs
        ahead, behind = self._distance(self.branch) if followed else (None, None)
        before = self.objects.files(self.head)
        paths = sorted({*before, *self.index, *self.files})
        changes = [self._change(path, before.get(path), sizes=sizes) for path in paths]
        if not sizes:
            changes = list(dict.fromkeys(map(self._in_short, changes)))
        return WorkTree(
            branch=self.branch,
            head=self.head,
            ahead=ahead,
            behind=behind,
            changes=tuple(change for change in changes if change),
            unfinished=self.unfinished,
        )

    def obstacles(self, before: str, after: str) -> Sequence[Obstacle]:
        """Return the untracked files that the other commit would overwrite."""
        known, coming = self.objects.files(before), self.objects.files(after)
        return [Obstacle(path) for path in coming if path in self.files and path not in known]

    def outgoing(self, tip: str) -> Sequence[Outgoing]:
        """Return the largest size of each file in the commits that no branch of the remote has."""
        sizes: dict[str, int] = {}
        new = self.objects.history(tip) - self.objects.history(*self._seen_on_remote())
        for sha in new:
            parents = [self.objects.files(each) for each in self.objects.commits[sha].parents]
            for path, content in self.objects.files(sha).items():
                if all(content != before.get(path) for before in parents):
                    sizes[path] = max(sizes.get(path, 0), len(content.encode()))
        return [Outgoing(path, size) for path, size in sizes.items()]

    def paths(self, commits: Sequence[str]) -> frozenset[str]:
        """Return the paths of all files in the commits."""
        return frozenset(path for each in commits for path in self.objects.files(each))

    def carried(
        self, paths: Sequence[str], committed: Sequence[str], tip: str
    ) -> Mapping[str, str]:
        """Go by the names: a `.big` file goes through a filter."""
        del tip
        return {path: "lfs" for path in (*paths, *committed) if path.endswith(".big")}

    def pointers(self, commit: str) -> tuple[Submodule, ...]:
        """Return nothing: there are no submodules."""
        del commit
        return ()

    def carried_files(self) -> Sequence[str]:
        """Go by the names, too."""
        return [path for path in self.files if path.endswith(".big")]

    def waiting(self, base: str, tip: str) -> PendingCommits:
        """Count the commits, without merges, that only `tip` has, and name the newest."""
        known = [base] if base else self._seen_on_remote()
        had = self.objects.history(*known)
        commits = {sha: self.objects.commits[sha] for sha in self.objects.history(tip) - had}
        parents = {parent for each in commits.values() for parent in each.parents}
        forks = tuple(self.objects.tip(sha) for sha in sorted(parents & had))
        own = {sha: each for sha, each in commits.items() if len(each.parents) <= 1}
        return self._waiting(own, forks, commits)

    def work_since(self, base: str, tip: str) -> PendingCommits:
        """Leave out those whose message has one of multigit's trailers."""
        there = self.objects.history(tip) - self.objects.history(base)
        commits = {sha: self.objects.commits[sha] for sha in there}
        said = {sha for sha in commits if _is_own(commits[sha].message)}
        single = {sha for sha in commits if len(commits[sha].parents) <= 1}
        forks = self.waiting(base, tip).forks
        return self._waiting({sha: commits[sha] for sha in single - said}, forks, there)

    def lacking(self, ours: Tip, theirs: Tip) -> PendingCommits:
        """Leave out commits without changes, and those whose change the other side already has."""
        mine, yours = self.objects.history(ours.sha), self.objects.history(theirs.sha)
        waiting = self.waiting(ours.sha, theirs.sha)
        there = [self._patch(sha) for sha in mine - yours]
        own = [sha for sha in yours - mine if len(self.objects.commits[sha].parents) <= 1]
        left = [sha for sha in own if self._patch(sha) and self._patch(sha) not in there]
        kept = {sha: self.objects.commits[sha] for sha in left or own}
        return self._waiting(kept, waiting.forks, yours - mine)

    def _patch(self, sha: str) -> Patch:
        """Return the changes of a commit."""
        parent = (*self.objects.commits[sha].parents, "")[0]
        before, after = self.objects.files(parent), self.objects.files(sha)
        paths = before.keys() | after.keys()
        ends = ((path, before.get(path), after.get(path)) for path in paths)
        return frozenset(each for each in ends if each[1] != each[2])

    def _waiting(
        self, own: Mapping[str, FakeCommit], forks: tuple[Tip, ...], all_: Container[str]
    ) -> PendingCommits:
        if not own:
            return PendingCommits(forks=forks)
        order = sorted(own, key=lambda each: (own[each].time, len(self.objects.history(each))))
        newest = own[order[-1]]
        author = newest.author.split(" <")[0]
        subjects = [own[sha].message.split("\n\n")[0].replace("\n", " ") for sha in order[::-1]]
        commit = Commit(order[-1], newest.time, author, subjects[0])
        back = {sha: reapplied_in(own[sha].message) for sha in order[::-1]}
        back = {sha: tuple(each for each in of if each not in all_) for sha, of in back.items()}
        returning = [of for of in back.values() if of]
        roll_backs = tuple(dict.fromkeys(itertools.chain.from_iterable(returning)))
        subjects = subjects[:SUBJECTS]
        return PendingCommits(len(own), commit, forks, tuple(subjects), len(returning), roll_backs)

    def reversals(
        self,
        earlier: Tip,
        later: Tip,
        merged: str,
        conflicts: Sequence[str] = (),  # noqa: ARG002
    ) -> Sequence[Reversal]:
        """Go by the messages: `This reverts commit SHA`."""
        found = []
        had = self.objects.history(earlier.sha)
        for sha in self.objects.history(later.sha) - had if merged != earlier.tree else ():
            commit = self.objects.commits[sha]
            match = re.search(r"This reverts commit (\w+)", commit.message)
            if match and match[1] in had:
                paths = self.differing(commit.parents[0], sha)
                subject = commit.message.partition("\n")[0]
                found.append(Reversal(sha, subject, 1, paths=paths, step=sha, back=paths))
        return tuple(found)

    def roll_backs(self, base: str, tip: str) -> frozenset[str]:
        """Read the trailers."""
        found = set[str]()
        for sha in self.objects.history(tip) - self.objects.history(base):
            trailers = re.findall(
                r"^(Rolls-back-to|Reapplies): (\w+)$", self._message(sha), re.MULTILINE
            )
            found |= {sha} if trailers else set()
            found |= {named for trailer, named in trailers if trailer == "Reapplies"}
        return frozenset(sha for sha in found if len(self.objects.commits[sha].parents) < 2)

    def _message(self, sha: str) -> str:
        return self.objects.commits[sha].message

    def fold(self, earlier: Tip, later: Tip, skips: Sequence[Skip]) -> Folded:
        """Apply each commit of the line again, file by file, from the first one that is skipped."""
        had, line = self.objects.history(earlier.sha), list[str]()
        while not line or self.objects.commits[line[0]].parents[0] not in had:
            line.insert(0, self.objects.commits[line[0]].parents[0] if line else later.sha)
        without, own = {each.commit: each for each in skips}, set[str]()
        start = next(at for at, sha in enumerate(line) if sha in without)
        files: Files = self.objects.files(self.objects.commits[line[start]].parents[0])
        for sha in line[start:]:
            commit = self.objects.commits[sha]
            before, after = self.objects.files(commit.parents[0]), self.objects.files(sha)
            if skip := without.get(sha):
                paths = {*skip.paths} or {*before, *after}
                kept = {path: content for path, content in after.items() if path not in paths}
                after = kept | {path: before[path] for path in paths & before.keys()}
            files, conflicts = three_way(before, files, after)
            if conflicts:
                stuck = Commit(sha, commit.time, commit.author, commit.message)
                return Folded(stuck=stuck, conflicts=conflicts)
        for sha in line:
            known, *others = self.objects.commits[sha].parents
            sides = (known, *(each for each in others if each in had))
            if sha not in without:
                own |= set.intersection(*({*self.differing(each, sha)} for each in sides))
        return Folded(self.objects.tree(files), own=frozenset(own))

    def divergence(self, base: str, tip: str) -> tuple[int, int]:
        """Count the commits that only `tip` has and those that only `base` has."""
        theirs, ours = self.objects.history(base), self.objects.history(tip)
        return len(ours - theirs), len(theirs - ours)

    def remote_refs(self, refs: Sequence[str]) -> Mapping[str, str]:
        """Ask the remote."""
        self.remote.require()
        return {ref: sha for ref, sha in self.remote.refs.items() if ref in refs}

    def fetch_shared(self) -> None:
        """Fetch what all machines share."""
        self.remote.require()
        for ref in {*self.remote.refs, *self.own_refs}:
            if ref.startswith(_SHARED):
                _copy(self.remote.refs, ref, self.own_refs, ref)
        self.shared_fetched = True

    def shared_refs(self) -> Mapping[str, tuple[str, bytes]]:
        """Return that as of the last fetch; only blobs have a content."""
        shared = {ref: sha for ref, sha in self.own_refs.items() if ref.startswith(_SHARED)}
        return {ref: (sha, self.objects.blobs.get(sha, b"")) for ref, sha in shared.items()}

    def tag_messages(self, patterns: Sequence[str]) -> Mapping[str, str]:
        """Return the messages of the fetched tags."""
        return {
            name: self.objects.tags[self.own_refs[f"{_TAGS_SEEN}{name}"]].message
            for pattern in patterns
            for name in _matching(self.own_refs, _TAGS_SEEN, pattern)
        }

    def dry_run_push(self, publication: Publication) -> bool:
        """Check the remote's ref, as a push would."""
        self.remote.require()
        now = self.remote.refs.get(publication.ref, "")
        if now not in (publication.before, publication.after):
            raise GitError("git push failed: failed to push some refs")
        return now == publication.after

    def newest(self, commits: Sequence[str]) -> int:
        """Return the newest date."""
        return max(self.objects.time(commit) for commit in commits)

    def as_of(self, commit: str, seconds: int) -> str:
        """Walk down the first parents."""
        while commit and self.objects.time(commit) >= seconds:
            commit = next(iter(self.objects.commits[commit].parents), "")
        return commit

    def differing(self, before: str, after: str) -> tuple[str, ...]:
        """Compare two commits or trees, file by file."""
        one, other = (
            self.objects.files(each) if each in self.objects.commits else self.objects.trees[each]
            for each in (before, after)
        )
        return tuple(p for p in sorted({*one, *other}) if one.get(p) != other.get(p))

    def behind(self, tip: str, commits: Sequence[str]) -> Mapping[str, int]:
        """Count the commits, without merges, that only `tip` has."""
        held = [each for each in commits if each in self.objects.commits]
        return {each: self.waiting(each, tip).commits for each in held}

    def exposed(self) -> Sequence[str]:
        """Return nothing: no fake repository is inside another."""
        return ()

    def tip(self, commit: str) -> Tip:
        """Return a commit with its tree."""
        if commit not in self.objects.commits:
            raise GitError("git rev-parse failed: unknown revision")
        return self.objects.tip(commit)

    def holds(self, objects: Sequence[str]) -> bool:
        """Look the objects up."""
        return all(map(self.objects.holds, objects))

    def parents(self, commits: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """Look the commits up."""
        return {sha: self.objects.commits[sha].parents for sha in commits}

    # Preparation

    def merge(
        self, ours: Tip, theirs: Tip, signature: Signature | None, forks: Sequence[Tip] = ()
    ) -> Merged:
        """Merge file by file; `forks` would only save work."""
        assert {fork.sha for fork in forks} <= self.objects.history(ours.sha)
        if ours.tree == theirs.tree:
            return Merged(tree=ours.tree)
        base = self.objects.base(ours.sha, theirs.sha)
        if not base:
            return Merged(unrelated=True)
        before, mine = self.objects.files(base), self.objects.files(ours.sha)
        files, conflicts = three_way(before, mine, self.objects.files(theirs.sha))
        if conflicts:
            return Merged(tree=self.objects.tree(files), conflicted=True, conflicts=conflicts)
        tree = self.objects.tree(files)
        if tree == ours.tree:
            return Merged(tree=tree)
        if signature is None:
            return Merged(tree=tree)
        count = sum(mine.get(path) != files.get(path) for path in {*mine, *files})
        made = self.objects.commit(files, [ours.sha, theirs.sha], signature, ADA)
        return Merged(made.sha, tree, count)

    def commit_tree(self, tree: str, parent: str, signature: Signature | None) -> str:
        """Make a commit of a tree."""
        said = signature or Signature("", "0 +0000")
        return self.objects.commit(self.objects.trees[tree], [parent], said, ADA).sha

    def commit_preview(
        self, head: str, changes: Sequence[Change], signature: Signature
    ) -> PreparedCommit:
        """Build the commit without changing anything else."""
        made = self.objects.commit(self._with(head, changes), [head], signature, ADA)
        return PreparedCommit(made.sha, made.tree)

    def tag(self, name: str, commit: str, signature: Signature) -> str:
        """Make a tag object, unless signing fails."""
        if self.unsigned:
            raise self.unsigned
        return self.objects.tag(name, commit, signature)

    def store(self, content: bytes) -> str:
        """Keep the bytes."""
        return self.objects.blob(content)

    # Writes

    def commit(self, changes: Sequence[Change], signature: Signature, *, verify: bool) -> Tip:
        """Commit on the checked-out branch, through the hook."""
        listed = {change.path for change in changes}
        before = self.objects.files(self.head)
        for path in sorted({*self.index, *before} - listed):
            if self.index.get(path) == before.get(path):
                continue
            if self.files.get(path) != before.get(path):
                raise GitError(
                    f"{path} is staged, and not part of the plan.", code="staged_besides"
                )
            _copy(before, path, self.index, path)
        files = self._with(self.head, changes)
        if self.hook and verify:
            files = dict(self.hook(files))
        made = self.objects.commit(files, [self.head] if self.head else [], signature, ADA)
        for path in (change.path for change in changes):
            for place in (self.index, self.files):
                _copy(files, path, place, path)
        self._advance(made.sha)
        return made

    def flight(self) -> Flight:
        """Return a push that begins now."""
        return flight(time.time(), 600.0, host="here", mark=self.name, local=True)

    def in_flight(self, flight: Flight) -> bool | None:
        """Return the next of `sights`; the last one stays."""
        assert flight.mark == self.name
        return self.sights.pop(0) if len(self.sights) > 1 else self.sights[0]

    def push(self, publications: Sequence[Publication]) -> PushReport:
        """Push, and update the remote-tracking branches."""
        report = self.remote.push(publications)
        for each in publications if report.accepted else ():
            if each.ref.startswith(branch_ref("")):
                tracking = _tracking(each.ref.removeprefix(branch_ref("")))
                _copy(self.remote.refs, each.ref, self.own_refs, tracking)
        return report

    def fast_forward(self, branch: str, commit: str) -> str:
        """Fast-forward a local branch, unless it is checked out or has diverged."""
        if branch == self.branch or branch in self.linked:
            return "refusing to fetch into branch checked out elsewhere"
        if self.own_refs.get(branch_ref(branch), commit) not in self.objects.history(commit):
            return "non-fast-forward"
        self.own_refs[branch_ref(branch)] = commit
        return ""

    def move_back(self, branch: str, *, before: str, after: str) -> str:
        """Move a local branch back, or delete it, unless it is checked out or has moved since."""
        if self.local_tip(branch) != before:
            return ""
        if branch == self.branch or branch in self.linked:
            return "it is checked out"
        ref = branch_ref(branch)
        _copy({ref: after} if after else {}, ref, self.own_refs, ref)
        return ""

    def update_work_tree(self, branch: str, commit: str) -> None:
        """Fast-forward the checked-out branch with its files."""
        assert branch == self.branch
        if self.head not in self.objects.history(commit):
            raise GitError("git merge failed: Not possible to fast-forward, aborting.")
        self._check_out(commit)
        self._advance(commit)

    def switch(self, branch: str) -> None:
        """Check out a local branch."""
        if branch_ref(branch) not in self.own_refs:
            raise GitError(f"git switch failed: invalid reference: {branch}")
        if branch in self.linked:
            raise GitError(f"git switch failed: {branch!r} is already checked out elsewhere")
        self._check_out(self.own_refs[branch_ref(branch)])
        self.branch, self.detached = branch, ""

    def create_branch(self, branch: str) -> None:
        """Create a local branch from the remote one."""
        if branch_ref(branch) in self.own_refs:
            raise GitError(f"git branch failed: a branch named {branch!r} already exists")
        if _tracking(branch) not in self.own_refs:
            raise GitError(f"git branch failed: not a valid object name: {branch!r}")
        self.own_refs[branch_ref(branch)] = self.own_refs[_tracking(branch)]
        self.upstreams.add(branch)

    def clone(self) -> None:
        """Clone all branches, and check out the remote's default branch: the last stage."""
        self.remote.require()
        if self.present:
            raise GitError("the folder is not empty.")
        self.present = True
        for ref, sha in self.remote.refs.items():
            if ref.startswith(branch_ref("")):
                self.own_refs[_tracking(ref.removeprefix(branch_ref("")))] = sha
            else:
                self.own_refs[ref] = sha
        if _tracking(STAGES[-1]) in self.own_refs:
            self.create_branch(STAGES[-1])
            self.switch(STAGES[-1])

    # What tests do in the clone

    @property
    def head(self) -> str:
        """The checked-out commit; empty on a branch without commits."""
        return self.detached or self.own_refs.get(branch_ref(self.branch), "")

    def local_tip(self, branch: str) -> str:
        """Return the tip of the local branch, or an empty string."""
        return self.own_refs.get(branch_ref(branch), "")

    def write(self, edits: Edits) -> None:
        """Change files of the work tree, and nothing else."""
        self.files = edited(self.files, edits)

    def stage(self, *paths: str) -> None:
        """Stage files as they are."""
        for path in paths:
            _copy(self.files, path, self.index, path)

    def local_commit(self, edits: Edits, message: str = "Local change") -> str:
        """Write, stage and commit files, and return the new SHA."""
        self.write(edits)
        self.stage(*edits)
        signature = Signature(message, f"{next(self.objects.clock)} +0000")
        files = edited(self.objects.files(self.head), edits)
        made = self.objects.commit(files, [self.head] if self.head else [], signature, ADA)
        self._advance(made.sha)
        return made.sha

    def make_branch(self, branch: str, commit: str) -> None:
        """Put a local branch without an upstream at a commit."""
        self.own_refs[branch_ref(branch)] = commit

    def remove(self) -> None:
        """Remove the clone."""
        self.present, self.branch, self.detached = False, "", ""
        for content in (self.own_refs, self.files, self.index, self.upstreams):
            content.clear()

    def detach(self) -> None:
        """Detach HEAD from its branch."""
        self.branch, self.detached = "", self.head

    # How it works

    def _look(self) -> None:
        if not self.present:
            raise GitError("is not cloned yet.", code="missing")
        if self.broken:
            raise self.broken

    def _seen_on_remote(self) -> list[str]:
        return [sha for ref, sha in self.own_refs.items() if ref.startswith(_tracking(""))]

    def _branch(self, name: str) -> Branch:
        theirs, ours = self.own_refs.get(_tracking(name)), self.own_refs.get(branch_ref(name))
        ahead, behind = self._distance(name)
        here = f"/desk/{self.name}" if ours and name == self.branch else ""
        return Branch(
            remote=self.objects.tip(theirs) if theirs else None,
            local=self.objects.tip(ours) if ours else None,
            checked_out=self.linked.get(name, here),
            ahead=ahead,
            behind=behind,
        )

    def _tag(self, name: str, sha: str) -> Tag:
        """Return a tag: an object of its own, or the name of a commit."""
        if sha in self.objects.tags:
            made = self.objects.tags[sha]
            return Tag(name, made.time, made.target, GRACE)
        return Tag(name, self.objects.time(sha), sha)

    def _distance(self, branch: str) -> tuple[int, int]:
        """Compare with the upstream, if there is one."""
        ours, theirs = self.local_tip(branch), self.own_refs.get(_tracking(branch), "")
        if branch not in self.upstreams or not (ours and theirs):
            return 0, 0
        return self.divergence(theirs, ours)

    def _change(self, path: str, before: str | None, *, sizes: bool) -> Change | None:
        staged, now = self.index.get(path), self.files.get(path)
        if before == staged == now:
            return None
        size = len(now.encode()) if sizes and now is not None else 0
        if before is None and staged is None:
            return Change(path, "untracked", size)
        if before == now and (before is None or sizes):
            return None  # staged, and reverted on disk
        kind = "deleted" if now is None else "added" if before is None else "modified"
        return Change(path, kind, size, staged=staged != before)

    def _in_short(self, change: Change | None) -> Change | None:
        """List only a new folder instead of the files in it."""
        if change is None or change.kind != "untracked" or "/" not in change.path:
            return change
        folder = change.path.partition("/")[0] + "/"
        known = any(path.startswith(folder) for path in self.index)
        return change if known else Change(folder, "untracked")

    def _with(self, head: str, changes: Sequence[Change]) -> dict[str, str]:
        files = dict(self.objects.files(head))
        for change in changes:
            _copy(self.files, change.path, files, change.path)
        return files

    def _advance(self, commit: str) -> None:
        if self.branch:
            self.own_refs[branch_ref(self.branch)] = commit
        else:
            self.detached = commit

    def _check_out(self, commit: str) -> None:
        before, now = self.objects.files(self.head), self.objects.files(commit)
        for path in {*before, *now}:
            if before.get(path) == now.get(path):
                continue
            if not self.files.get(path) == self.index.get(path) == before.get(path):
                raise GitError("Your local changes to the following files would be overwritten")
            _copy(now, path, self.files, path)
            _copy(now, path, self.index, path)


def three_way(base: Files, ours: Files, theirs: Files) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the merged files, and the conflicted paths, which keep our content."""
    merged: dict[str, str] = {}
    conflicts: list[str] = []
    for path in sorted({*base, *ours, *theirs}):
        before, mine, other = base.get(path), ours.get(path), theirs.get(path)
        if len({before, mine, other}) == 3:  # both changed it, differently
            conflicts.append(path)
        _copy(theirs if mine == before else ours, path, merged, path)
    return merged, tuple(conflicts)


def _tracking(branch: str) -> str:
    return f"refs/remotes/origin/{branch}"


def _matching(refs: Iterable[str], space: str, pattern: str) -> Iterable[str]:
    """Yield the names in a namespace that match; the star also matches slashes, as in a refspec."""
    names = [ref.removeprefix(space) for ref in refs if ref.startswith(space)]
    return [name for name in names if fnmatchcase(name, pattern)]


def _copy(source: Files, here: str, target: dict[str, str], there: str) -> None:
    """Copy an entry from `source` to `target`, or remove it there if `source` has none."""
    if here in source:
        target[there] = source[here]
    else:
        target.pop(there, None)


# --- The way to the repositories


class FakeGit:
    """Fake repositories by name, and the workspace that they form.

    `deploy` and `pace` are the deployment settings of its second stage, `waves` the numbers of the
    repositories' waves. Releases have tags unless `tagged` is false.
    """

    def __init__(self, *names: str, stages: Sequence[str] = STAGES) -> None:
        self.repos: dict[str, FakeRepository] = {}
        self.stages = tuple(stages)
        self.deploy: Deploy | None = None
        self.pace = Pace()
        self.tagged = True
        self.waves: dict[str, int] = {}
        for name in names:
            self.add(name)

    def __getitem__(self, name: str) -> FakeRepository:
        return self.repos[name]

    def repository(self, repo: Repo) -> FakeRepository:
        """Return the repository."""
        return self.repos[repo.name]

    def add(self, name: str, files: Files | None = None, *, checkout: str = "") -> FakeRepository:
        """Add a remote whose stages start at one commit, and its clone with one branch."""
        objects = Objects()
        remote, signature = FakeRemote(objects), Signature("Begin", f"{next(objects.clock)} +0000")
        first = {"README.md": f"# {name}\n"} if files is None else files
        start = objects.commit(first, [], signature, GRACE)
        remote.refs = {branch_ref(stage): start.sha for stage in self.stages}
        repository = FakeRepository(name, remote)
        repository.fetch(RefQuery(self.stages))
        repository.create_branch(checkout or self.stages[0])
        repository.switch(checkout or self.stages[0])
        self.repos[name] = repository
        return repository

    @property
    def workspace(self) -> Workspace:
        """The workspace of these repositories; for the last stage its name has to be typed."""
        stages: list[Stage] = []
        for number, name in enumerate(self.stages):
            last = number == len(self.stages) - 1
            stages.append(
                Stage(
                    name,
                    branch=name,
                    promotes_from=self.stages[number - 1] if number else "",
                    tag=("deploy-" if last else f"{name}-deploy-") + "{timestamp}"
                    if number and self.tagged
                    else "",
                    confirm=Confirm.NAME if last else Confirm.YES,
                    deploy=self.deploy if number == 1 else None,
                    pace=self.pace if number == 1 else Pace(),
                )
            )
        repos = tuple(
            Repo(name, name, url=f"fake:{name}", wave=self.waves.get(name, 0))
            for name in self.repos
        )
        return Workspace(Path("/work"), tuple(stages), repos)

    def remote_refs(self) -> dict[str, dict[str, str]]:
        """Return every ref of every remote; none of them may change before all is prepared."""
        return {name: dict(repo.remote.refs) for name, repo in self.repos.items()}
