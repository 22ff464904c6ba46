"""What became of the releases of a stage: their results, their roll-backs, and which it has now."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from multigit.core.records.record import ROLLBACK, Record
from multigit.core.records.release_results import Owner, results_of
from multigit.core.records.releases import Release
from multigit.core.records.repo_record import RepoRecord
from multigit.core.values.hold import Hold
from multigit.core.values.start_time import unix_time


def began(operation: str, at: str = "") -> int:
    """Return when an operation began, in Unix seconds, or else when it was recorded."""
    return unix_time(operation.partition("-")[0]) or unix_time(at)


@dataclass(frozen=True, slots=True)
class ReleaseLine:
    """The releases of a stage, oldest first, and what happened to them since."""

    stage: str
    releases: tuple[Release, ...]

    @property
    def places(self) -> Mapping[str, int]:
        """Return the place of each release by name."""
        return {each.name: place for place, each in enumerate(self.releases)}

    def told(
        self,
        records: Sequence[Record],
        restored: Mapping[str, Mapping[str, str]],
        hold: Hold | None,
    ) -> tuple[Release, ...]:
        """Return the releases with their results, and with what rolled them back."""
        operations = {each.operation: each.name for each in self.releases if each.operation}
        moved = {each.name: each.touched for each in self.releases}
        results = results_of(records, self.stage, self._owner(operations), operations, moved)
        by: dict[int, str] = {}
        back: dict[str, str] = {}
        for name, end, start in self._rollbacks(records, restored, hold):
            first = end - 1 if start is None else start + 1  # at least the one before it is out
            by |= dict.fromkeys(range(first, end), name)
            if start is not None:
                back[name] = self.releases[start].name
        return tuple(
            replace(
                each,
                result=results[each.name],
                rolled_back=by.get(place, ""),
                back_to=back.get(each.name, ""),
            )
            for place, each in enumerate(self.releases)
        )

    def now(
        self, records: Sequence[Record], hold: Hold | None, among: Collection[str] | None = None
    ) -> str:
        """Return the release that the stage has, or empty: the one on which it is held, if it is.

        Otherwise it is the newest. It is another one if that was deployed since. What is deployed
        of several ones makes the oldest of them, `among` these repositories, or all.
        """
        if not self.releases:
            return ""
        asked = {*among} if among is not None else {*self.releases[-1].repos}
        concerns = hold and (not hold.repos or asked & hold.repos.keys())
        held = hold if hold and concerns and hold.release in self.places else None
        name, time = self.releases[-1].name, self.releases[-1].time
        if held:
            name, time = held.release, began(held.operation, held.since) + 1
        deployed: dict[str, str] = {}
        for record in (each for each in records if began(each.operation, each.at) >= time):
            if record.stage == self.stage and not record.watches:
                deployed |= {row.repo: row.after for row in record.repos if row.deployed}
        if held and deployed:
            deployed = {repo: each.to for repo, each in held.repos.items()} | deployed
        deployed = {repo: sha for repo, sha in deployed.items() if repo in asked}
        place = self._start(deployed, len(self.releases))
        return name if place is None else self.releases[place].name

    def _rollbacks(
        self,
        records: Sequence[Record],
        restored: Mapping[str, Mapping[str, str]],
        hold: Hold | None,
    ) -> Iterator[tuple[str, int, int | None]]:
        """Yield each roll-back: its name, its place, and that of what it went back to, if known."""
        places = self.places
        redeployed = self._redeployed(records)
        named = {r.operation: places[r.release] for r in records if r.release in places}
        for place, each in enumerate(self.releases):
            if each.is_rollback:
                commits = {**redeployed.pop(each.operation, {}), **restored[each.name]}
                start = named.get(each.operation, place)  # its own name says nothing
                yield each.name, place, start if start < place else self._start(commits, place)
        for operation, commits in redeployed.items():
            end = self._count(began(operation))
            yield operation, end, named.get(operation, self._start(commits, end))
        if hold and hold.release in places:
            end = places[hold.bad] + 1 if hold.bad in places else self._count(unix_time(hold.since))
            yield hold.operation, end, places[hold.release]

    def _redeployed(self, records: Sequence[Record]) -> dict[str, dict[str, str]]:
        """Return what roll-backs deployed again: by operation, the commit of each repository."""
        found: dict[str, dict[str, str]] = {}
        for record in records:
            if record.command == ROLLBACK and record.stage == self.stage:
                again = {row.repo: row.after for row in record.repos if row.deployed}
                found.setdefault(record.operation, {}).update(again)
        return {operation: commits for operation, commits in found.items() if commits}

    def _owner(self, operations: Mapping[str, str]) -> Owner:
        """Return what finds the release that a row of the log deployed: by its tag or commit."""
        places = self.places

        def owner(record: Record, row: RepoRecord) -> str:
            own = operations.get(record.watches or record.operation, "")
            name = next((each for each in (row.tag, own, record.release) if each in places), "")
            place = self._place(row.repo, row.after, len(self.releases)) if not name else None
            return name if place is None else self.releases[place].name

        return owner

    def _count(self, time: int) -> int:
        """Return how many releases there were at a Unix time."""
        return sum(each.time <= time for each in self.releases)

    def _start(self, commits: Mapping[str, str], end: int) -> int | None:
        """Return the newest place before another one at which a stage can have had these commits.

        A repository that a release did not touch has the same commit there as before: so each has
        its newest place, and the oldest of these counts.
        """
        places = (self._place(repo, sha, end) for repo, sha in commits.items())
        return min((place for place in places if place is not None), default=None)

    def _place(self, repo: str, sha: str, end: int) -> int | None:
        """Return the newest place before another one at which a repository had a commit."""
        for place in reversed(range(end)):
            stood = self.releases[place].repos.get(repo)
            if sha and stood and stood.sha == sha:
                return place
        return None
