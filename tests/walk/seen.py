"""A snapshot of the town, read only from the remotes, the ledger, the logs and the work trees."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.support.gitenv import as_text, run_git
from tests.support.objects import read_object, read_tree
from tests.support.refs import read_refs
from tests.support.snapshot import Snapshot, of_workspace
from tests.torture.objects import HEADS, TAGS, Commit, Remote, Tag
from tests.walk.town import REPOS, Town

Record = Mapping[str, Any]
Refs = Mapping[str, str]
CONFLICT = 1  # the exit status of merge-tree
ENDED = {"succeeded", "failed", "cancelled", "skipped", "unhealthy"}  # how a deployment can end


@dataclass(frozen=True, slots=True)
class Run:
    """A deployment that really began, by a workspace; `status` is None while it runs.

    `ends` are the exit codes of each time that it ran. `lost`: no one can find out how it ended,
    for a run on a host since its page was `deleted`.
    `beside` are the keys of the workspace's runs of the same repository and stage that were still
    running when it began.
    """

    key: str
    repo: str
    stage: str
    sha: str
    by: str
    ends: tuple[int, ...] = ()
    running: bool = True
    lost: bool = False
    deleted: bool = False
    beside: tuple[str, ...] = ()

    @property
    def status(self) -> int | None:
        """Return how it ended last, or None."""
        return None if self.running else self.ends[-1]

    @property
    def operation(self) -> str:
        """Return the operation that began it."""
        return self.key.partition("/")[0]

    @property
    def target(self) -> str:
        """Return its target, or an empty string."""
        return "/".join(self.key.split("/")[2:-1])

    def near(self, other: Run) -> bool:
        """Return whether both are of the same repository and stage, by the same workspace."""
        return (self.by, self.repo, self.stage) == (other.by, other.repo, other.stage)

    def replaces(self, other: Run) -> bool:
        """Return whether it deploys to the same place as an earlier one."""
        return self.near(other) and other.target in {self.target, ""}


@dataclass(frozen=True, slots=True)
class Move:
    """A move of a remote's branch from one commit to another, according to git's reflog."""

    branch: str
    before: str
    after: str
    number: int  # among the moves of its branch


@dataclass(frozen=True)
class Seen:
    """A snapshot: every remote's refs, every run, and the log, files and journals by workspace.

    `moved` are all moves of a remote's branches so far, including those that were undone. `noted`
    are the last states of deployments in the journals and the log of a workspace, by their keys;
    `held` what its own files hold, by stage.
    """

    refs: Mapping[str, Refs]
    moved: Mapping[str, frozenset[Move]]
    runs: tuple[Run, ...]
    begun: tuple[str, ...]  # the key of each start, in order
    records: Mapping[str, tuple[Record, ...]]
    files: Mapping[str, Snapshot]
    unfinished: Mapping[str, tuple[str, ...]]
    noted: Mapping[str, Mapping[str, str]]
    held: Mapping[str, Mapping[str, Record]] = field(default_factory=dict)

    def branch(self, repo: str, name: str) -> str:
        """Return the tip of a remote's branch, or an empty string."""
        return self.refs[repo].get(f"{HEADS}{name}", "")

    def tags(self, repo: str) -> Iterator[str]:
        """Yield the names of a remote's tags."""
        return (ref.removeprefix(TAGS) for ref in self.refs[repo] if ref.startswith(TAGS))

    def changed(self, repo: str, before: Seen) -> dict[str, tuple[str, str]]:
        """Return each ref of a remote that has changed, with its old and new value."""
        old, new = before.refs[repo], self.refs[repo]
        return {
            ref: (old.get(ref, ""), new.get(ref, ""))
            for ref in sorted(old.keys() | new.keys())
            if old.get(ref) != new.get(ref)
        }


def look(town: Town) -> Seen:
    """Take a snapshot."""
    runs = runs_of(town.ledger.read_text("utf-8"))
    return Seen(
        refs={name: read_refs(repo.bare) for name, repo in town.repos.items()},
        moved={name: frozenset(_moves(repo.bare)) for name, repo in town.repos.items()},
        runs=runs,
        begun=tuple(run.key for run in runs),
        records={name: tuple(_records(shop)) for name, shop in town.workspaces.items()},
        files={
            name: of_workspace(shop, [shop / repo for repo in REPOS])
            for name, shop in town.workspaces.items()
        },
        unfinished={name: tuple(_journals(shop)) for name, shop in town.workspaces.items()},
        noted={name: _noted(shop) for name, shop in town.workspaces.items()},
        held={name: dict(_held(shop)) for name, shop in town.workspaces.items()},
    )


def runs_of(ledger: str) -> tuple[Run, ...]:
    """Return every deployment that really began, in order, from the lines of the ledger."""
    runs: list[Run] = []
    for what, key, *more in map(str.split, ledger.splitlines()):
        if what == "begin":
            repo, stage, sha, by = more
            new = Run(key, repo, stage, sha, by)
            beside = tuple(
                run.key for run in runs if run.running and not run.lost and run.near(new)
            )
            runs.append(replace(new, beside=beside))
            continue
        at = max(number for number, run in enumerate(runs) if run.key == key)
        known = runs[at]
        match what:
            case "end":
                runs[at] = replace(known, running=False, ends=(*known.ends, int(more[0])))
            case "again":
                runs[at] = replace(known, running=True)
            case "lost" | "deleted":
                deleted = known.deleted or what == "deleted"
                runs[at] = replace(known, lost=True, deleted=deleted)
    return tuple(runs)


def _noted(shop: Path) -> Mapping[str, str]:
    """Return the last state of each deployment: that of the journal, or an end from the log."""
    logged, noted = dict(_logged(shop)), dict(_journalled(shop))
    over = {key: state for key, state in logged.items() if state in ENDED}
    return logged | noted | {key: over[key] for key in over if noted.get(key) not in ENDED}


def _logged(shop: Path) -> Iterator[tuple[str, str]]:
    for record in _records(shop):
        for row in record["repos"]:
            for each in row["deployments"]:
                operation = record.get("watches") or record["operation"]
                yield deployment_key(operation, row["repo"], each), each["state"]


def _journalled(shop: Path) -> Iterator[tuple[str, str]]:
    operations = shop / ".multigit/operations"
    for file in (*operations.glob("*.jsonl"), *operations.glob("*/journal.jsonl")):
        operation = file.parent.name if file.stem == "journal" else file.stem
        for line in file.read_bytes().split(b"\n")[:-1]:
            entry = json.loads(line)
            if entry["kind"] == "deployment":
                each = entry["deployment"]
                yield deployment_key(operation, entry["repos"][0], each), each["state"]


def deployment_key(operation: str, repo: str, each: Record) -> str:
    """Return the key of a deployment in a document, a journal or the log."""
    return "/".join(filter(None, (operation, repo, each["target"], str(each["attempt"]))))


def _moves(bare: Path) -> Iterator[Move]:
    for file in (bare / "logs/refs/heads").glob("*"):
        for number, line in enumerate(file.read_text("utf-8").splitlines()):
            before, after, _ = line.split(" ", 2)
            yield Move(file.name, before, after, number)


def _records(shop: Path) -> Iterator[Record]:
    log = shop / "deployment.log"
    for line in log.read_bytes().split(b"\n")[:-1] if log.exists() else ():
        yield json.loads(line)


def _held(shop: Path) -> Iterator[tuple[str, Record]]:
    for file in (shop / ".multigit/holds").glob("*.json"):
        yield file.stem, json.loads(file.read_bytes())["hold"]


def _journals(shop: Path) -> Iterator[str]:
    for file in sorted((shop / ".multigit/operations").glob("*.jsonl")):
        if b"\n" in file.read_bytes():
            yield file.stem


@dataclass(frozen=True, slots=True)
class Merge:
    """What git makes of two commits: a tree, or None if they conflict."""

    tree: str
    conflicts: bool


class Graph:
    """The commits of one remote, including those that no ref reaches any longer."""

    def __init__(self, bare: Path) -> None:
        self._bare = bare
        self._commits: dict[str, Commit] = {}
        self._tags: dict[str, Tag | None] = {}
        self._messages: dict[str, str] = {}
        self._reached: dict[str, frozenset[str]] = {}
        self._files: dict[str, Mapping[str, str]] = {}

    @property
    def _remote(self) -> Remote:
        return Remote(self._bare)

    def commit(self, sha: str) -> Commit:
        """Return a commit."""
        if sha not in self._commits:
            self._commits[sha] = self._remote.commit(sha)
        return self._commits[sha]

    def tag(self, sha: str) -> Tag | None:
        """Return an annotated tag, or None."""
        if sha not in self._tags:
            self._tags[sha] = self._remote.tag(sha)
        return self._tags[sha]

    def message(self, sha: str) -> str:
        """Return the message of a commit."""
        if sha not in self._messages:
            self._messages[sha] = self.content(sha).partition("\n\n")[2]
        return self._messages[sha]

    def content(self, sha: str) -> str:
        """Return the content of an object."""
        return as_text(read_object(self._bare, sha)[1])

    def peeled(self, sha: str) -> str:
        """Return the commit that an object leads to."""
        tag = self.tag(sha) if sha else None
        return tag.target if tag else sha

    def reached(self, *shas: str) -> frozenset[str]:
        """Return every commit reachable from these, including themselves."""
        return frozenset().union(*(self._reach(sha) for sha in shas if sha))

    def _reach(self, sha: str) -> frozenset[str]:
        if sha not in self._reached:
            found, waiting = set[str](), [sha]
            while waiting:
                one = waiting.pop()
                if one in self._reached:
                    found |= self._reached[one]
                elif one not in found:
                    found.add(one)
                    waiting += self.commit(one).parents
            self._reached[sha] = frozenset(found)
        return self._reached[sha]

    def own(self, new: Iterable[str], old: Iterable[str]) -> frozenset[str]:
        """Return the commits, without merges, that are reachable from `new` but not from `old`."""
        found = self.reached(*new) - self.reached(*old)
        return frozenset(sha for sha in found if len(self.commit(sha).parents) < 2)

    def files(self, tree: str) -> Mapping[str, str]:
        """Return the content of every file of a tree or commit, by its path."""
        if tree not in self._files:
            found = read_tree(self._bare, tree)
            self._files[tree] = {as_text(path): sha for path, (_, sha) in found.items()}
        return self._files[tree]

    def accepted(self, sha: str) -> frozenset[str]:
        """Return the reverts that the merges reachable from a commit say they accept."""
        told = run_git(self._bare, "log", "--merges", "--format=%B", sha).stdout
        return frozenset(re.findall(r"^Accepts-revert: (\w+)$", told, re.MULTILINE))

    def merge(self, target: str, source: str) -> Merge:
        """Return how git merges them, in a bare repository without any settings."""
        if source in self.reached(target):
            return Merge(self.commit(target).tree, conflicts=False)
        done = run_git(self._bare, "merge-tree", "--write-tree", "--name-only", target, source)
        tree = done.stdout.partition("\n")[0]
        conflicts = done.returncode == CONFLICT
        return Merge("" if conflicts else tree, conflicts)


class Graphs:
    """The graph of each remote."""

    def __init__(self, town: Town) -> None:
        self._town = town

    @cached_property
    def by_repo(self) -> dict[str, Graph]:
        """Return them by name."""
        return {name: Graph(repo.bare) for name, repo in self._town.repos.items()}

    def __getitem__(self, repo: str) -> Graph:
        return self.by_repo[repo]
