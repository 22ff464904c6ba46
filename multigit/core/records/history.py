"""Past operations, looked up in the log: by operation or release, by stage, by commit."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from multigit.core.planning.plan import State
from multigit.core.records.last_deployments import LastDeployments
from multigit.core.records.record import Record
from multigit.core.records.repo_record import RepoRecord
from multigit.core.values.deployment import RunState
from multigit.core.values.mark import Mark

ENDS = {str(state) for state in RunState if state.over}


class Records(Protocol):
    """The records of a log, read from its end and no further than is needed."""

    def newest(self, *mentioning: str) -> Iterator[Record]:
        """Yield them, newest first; if texts are given, only records that contain one of them."""

    def count(self) -> int:
        """Return how many there are, including those that cannot be read."""

    def last_deployed(self) -> LastDeployments:
        """Return the last deployment of each repository to each stage."""


@dataclass(frozen=True, slots=True)
class OperationHistory:
    """The past operations of a workspace. Each question reads the log as it is then."""

    records: Records

    def find(self, wanted: Callable[[Record], bool], name: str | None = None) -> Record | None:
        """Return the newest record that is `wanted`; with a name, of that operation or release."""
        if name is None:
            return next(filter(wanted, self.records.newest()), None)
        named = (r for r in self.records.newest(name) if name in {r.operation, r.release})
        return next(filter(wanted, named), None)

    def last(
        self, limit: int, stage: str | None, lower: Mapping[str, Sequence[str]]
    ) -> tuple[tuple[Record, ...], int]:
        """Return the last `limit` records (0: all), oldest first, and how many come before them.

        With a stage, only those that concern it; `lower` are the stages below each one, downwards.
        """
        if stage is None and limit:
            found = list(islice(self.records.newest(), limit))
            older = self.records.count() - len(found) if len(found) == limit else 0
            return tuple(reversed(found)), older
        mentioning = () if stage is None else (stage, "backmerge")
        records = self.records.newest(*mentioning)
        found = [each for each in records if stage is None or each.concerns(stage, lower)]
        shown = found[:limit] if limit else found
        return tuple(reversed(shown)), len(found) - len(shown)

    def last_deployed(self) -> LastDeployments:
        """Return the last deployment of each repository to each stage."""
        return self.records.last_deployed()

    def deployed_commits(self, stage: str) -> Mapping[str, str]:
        """Return the commit that a stage has of each repository, where that is certain.

        That is where its last deployment succeeded at every target.
        """
        found: dict[str, str] = {}
        for repo, stages in self.last_deployed().items():
            last = stages.get(stage)
            if last is None or last.state != RunState.SUCCEEDED:
                continue
            rows = (
                row.after
                for record in self.of(last.started_by)
                for row in record.repos
                if row.repo == repo and record.operation == last.started_by
            )
            if after := next(rows, ""):
                found[repo] = after
        return found

    def marks(self) -> Mapping[str, Mark]:
        """Return the releases that were marked by hand, each with its last mark."""
        found: dict[str, Mark] = {}
        for record in self.records.newest("mark"):
            if record.release not in found and (mark := record.mark):
                found[record.release] = mark
        return found

    def deployed(self, commits: Collection[str]) -> Mapping[str, frozenset[str]]:
        """Return, by repository, those of the commits that were deployed, or may have been."""
        found: dict[str, frozenset[str]] = {}
        for record in self.records.newest(*commits) if commits else ():
            for repo in record.repos:
                if repo.deployed and repo.after in commits:
                    found[repo.repo] = found.get(repo.repo, frozenset()) | {repo.after}
        return found

    def of(self, operation: str) -> tuple[Record, ...]:
        """Return the records of an operation and of those that watched it, newest first."""
        records = self.records.newest(operation)
        return tuple(each for each in records if operation in {each.operation, each.watches})

    def undo_of(self, operation: str) -> Record | None:
        """Return the last undo that undid at least a part of an operation."""
        records = self.records.newest(operation)
        return next((r for r in records if r.undoes == operation and r.undid_something()), None)

    def states_of(self, operation: str) -> Mapping[str, State]:
        """Return the state of each repository of an operation, by its record and its undos."""
        states: dict[str, State] = {}
        for record in self.records.newest(operation):
            for repo in record.repos:
                if record.undoes == operation and repo.published:
                    states.setdefault(repo.repo, State.NOT_PUBLISHED)
                elif record.operation == operation and repo.state in set(State):
                    states.setdefault(repo.repo, State(repo.state))
        return states

    def promoted_by(self, repo: str, stage: str, tip: str) -> str:
        """Return the operation that published what a stage's branch holds, if it can be undone.

        `tip` is the branch's commit in the repository. Empty if that was deployed, if someone built
        on it, or if the log does not know it.
        """
        if not tip or tip in self.deployed({tip}).get(repo, ()):
            return ""
        for record in self.records.newest(tip):
            moved = any(record.moved_to(each, stage) == tip for each in record.published(repo))
            if moved and record.publishes():
                return record.operation
        return ""

    def last_on(self, repo: str, operations: Collection[str]) -> str:
        """Return the last operation on top of one of these in a repository, or the last of them.

        It moved a branch that these, or others on top of them, have moved before. Empty if one of
        them was deployed, since that cannot be undone.
        """
        moved: set[str] = set()
        commits: set[str] = set()
        last = ""
        for record, row in self._standing(repo, operations):
            stages = record.stages_moved(row)
            if record.operation in operations or moved & stages:
                moved |= stages
                commits |= {row.after, *(move.after for move in row.moves or ())} - {""}
                last = record.operation
        return "" if self.deployed(commits).get(repo) else last

    def left_at(self, repo: str, operation: str) -> Mapping[str, str]:
        """Return the branches that an operation moved in a repository, each with its new commit."""
        record = self.find(lambda each: each.operation == operation, operation)
        rows = record.published(repo) if record else ()
        return {move.branch: move.after for row in rows for move in row.moves or () if move.after}

    def _standing(self, repo: str, since: Collection[str]) -> Sequence[tuple[Record, RepoRecord]]:
        """Return what was published in a repository and not undone, oldest first.

        It begins with the first of these operations.
        """
        found, undone, left = list[tuple[Record, RepoRecord]](), set[str](), set(since)
        for record in self.records.newest() if since else ():
            row = next(record.published(repo), None)
            if row and record.undoes:
                undone.add(record.undoes)
            elif row and record.publishes() and record.operation not in undone:
                found.append((record, row))
            left.discard(record.operation)
            if not left:
                break
        return found[::-1]

    def release_before(self, repo: str, stage: str, operation: str) -> str:
        """Return the release that a repository had on a stage before an operation, or empty.

        Not one that was undone: its tag is gone. After a roll-back it may be an earlier one again.
        """
        if not self.find(lambda record: record.operation == operation, operation):
            return ""
        undone, before = {operation}, False
        for record in self.records.newest():
            before = before or record.operation == operation
            rows = tuple(record.published(repo))
            tag = next((each.tag for each in rows if each.tag), "") or record.redeployed(repo)
            if rows and record.undoes:
                undone.add(record.undoes)
            elif before and tag and record.stage == stage and record.operation not in undone:
                return tag
        return ""

    def lacks_end(self, watched: Record) -> bool:
        """Return whether a watch saw a deployment end that the log does not have yet."""
        known: dict[tuple[str, str], str] = {}
        for record in self.records.newest(watched.watches):
            if watched.watches in {record.operation, record.watches}:
                known = _states(record) | known
        ended = {of: state for of, state in _states(watched).items() if state in ENDS}
        return any(known.get(of) != state for of, state in ended.items())


def _states(record: Record) -> dict[tuple[str, str], str]:
    """Return the state of each deployment, by repository and target."""
    return {
        (repo.repo, each.target): each.state for repo in record.repos for each in repo.deployments
    }
