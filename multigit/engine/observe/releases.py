"""What a roll-back reads: the releases of a stage, and what going back to one of them means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from multigit.core.records.releases import Release, Releases, WayBack
from multigit.core.recovery.roll_back_request import Restore
from multigit.core.values.commits import PendingCommits, Tip
from multigit.core.values.git_answers import RefQuery, Signature
from multigit.core.values.listener import ShowActivity
from multigit.core.values.problem import Problem
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.workspace import Repo, Stage
from multigit.engine.fleet import Fleet
from multigit.engine.observe.observation import Observation, fetch, of_stages
from multigit.engine.ports import Git, Repository
from multigit.errors import GitError


@dataclass(frozen=True, slots=True)
class ReleaseObservation(Observation):
    """Reads the stage's branch, and its deploy tags with their messages; can do without a fetch."""

    stage: Stage
    fetch: bool = True

    @property
    def query(self) -> RefQuery:
        """The stage's branch and tags."""
        return of_stages([self.stage])

    def reach(self, name: str, repository: Repository, show: ShowActivity) -> Snapshot:
        """Fetch from the remote, if wanted."""
        if self.fetch:
            fetch(repository, self.query, show)
        return Snapshot(name)

    def read(self, repository: Repository, snapshot: Snapshot, show: ShowActivity) -> Snapshot:
        """Read the refs, what the remote's tags say, and whether the clone can publish."""
        del show
        patterns = self.query.tags
        messages = repository.tag_messages(patterns) if patterns else {}
        refs, facts = repository.refs(self.query), repository.facts()
        return replace(snapshot, refs=refs, facts=facts, tag_messages=messages)


@dataclass(frozen=True, slots=True)
class TagObservation(Observation):
    """Reads the deploy tags of all stages."""

    stages: tuple[Stage, ...]

    @property
    def query(self) -> RefQuery:
        """The tags of these stages."""
        return replace(of_stages(self.stages), branches=())

    def read(self, repository: Repository, snapshot: Snapshot, show: ShowActivity) -> Snapshot:
        """Read what the remote's tags say."""
        del show
        tags = self.query.tags
        return replace(snapshot, tag_messages=repository.tag_messages(tags) if tags else {})


@dataclass(frozen=True, slots=True)
class Standpoint:
    """A repository from which one looks back; `tip` is that of the stage's branch.

    `now` is the commit that the stage has, if that is not the tip: an earlier one may be deployed.
    """

    repo: Repo
    tip: str
    now: str = ""

    @property
    def has(self) -> str:
        """Return the commit that the stage has."""
        return self.now or self.tip


def look_back(
    git: Git, standpoints: Sequence[Standpoint], releases: Releases, release: Release, fleet: Fleet
) -> Mapping[str, WayBack]:
    """Return, by repository, what it means to go back to a release; reads no remote.

    The history is read where tags and the log do not know what a repository had.
    """

    def look(point: Standpoint, show: ShowActivity) -> WayBack:
        del show
        return _way_back(git.repository(point.repo), point, releases, release)

    items = {point.repo.name: point for point in standpoints}
    results = fleet.for_each(items, look, phase="Reading", doing="reading the release")
    return results.completed(
        lambda name, error: WayBack(
            name, release.repos[name], items[name].has, error=Problem.of(error)
        )
    )


def commits_back(
    git: Git, standpoints: Sequence[Standpoint], releases: Sequence[Release], fleet: Fleet
) -> Mapping[str, Mapping[str, int]]:
    """Count, by release and repository, the commits that would be lost; reads no remote.

    A repository that has the release's commit already, or cannot be read, is not counted.
    """

    def count(point: Standpoint, show: ShowActivity) -> Mapping[str, int]:
        del show
        repository = git.repository(point.repo)
        at = {each.name: _stood_at(repository, point, each) for each in releases}
        stood = {name: sha for name, sha in at.items() if sha != point.has}
        wanted = tuple(dict.fromkeys(filter(None, stood.values())))
        counts = repository.behind(point.has, wanted) if wanted else {}
        return {name: counts[sha] for name, sha in stood.items() if sha in counts}

    items = {point.repo.name: point for point in standpoints}
    found = fleet.for_each(items, count, phase="Reading", doing="counting commits").results
    return {
        each.name: {repo: of[each.name] for repo, of in found.items() if each.name in of}
        for each in releases
    }


def _stood_at(repository: Repository, point: Standpoint, release: Release) -> str:
    """Return the commit that a repository had at a release, by its history if need be."""
    stood = release.repos[point.repo.name]
    return repository.as_of(point.tip, release.time) if stood.unread else stood.sha


def _way_back(
    repository: Repository, point: Standpoint, releases: Releases, release: Release
) -> WayBack:
    """Read what it means for one repository; raises GitError if its old commit is gone."""
    name = point.repo.name
    stood, then = release.repos[name], ""
    if not stood.missing and name not in release.touched:
        then = repository.as_of(point.tip, release.time)  # what it moved itself is known better
    if stood.unread:
        stood = releases.with_history(release, {name: then}).repos[name]
    if not stood.sha:
        return WayBack(name, stood, point.has)
    old = _old_tip(repository, stood.sha, release)
    lost, paths = _loss(repository, stood.sha, point.has)
    return WayBack(
        name,
        stood,
        point.has,
        old,
        lost=lost,
        paths=paths,
        on_branch=_loss(repository, stood.sha, point.tip) if point.tip != point.has else None,
        besides=replace(_since(repository, stood.sha, then), forks=()),
    )


def _loss(repository: Repository, old: str, new: str) -> tuple[PendingCommits, tuple[str, ...]]:
    """Return the commits that came since an old one, and the paths that differ."""
    return _since(repository, old, new), repository.differing(old, new) if old != new else ()


def _old_tip(repository: Repository, old: str, release: Release) -> Tip:
    """Return the commit with its tree; the log may know of one that was deleted since."""
    try:
        return repository.tip(old)
    except GitError as error:
        if repository.holds([old]):
            raise
        raise GitError(
            f"{old[:7]}, which it had at {release.name}, no longer exists.",
            hint="Choose another release, or leave the repository out.",
            code="release_gone",
        ) from error


def _since(repository: Repository, old: str, new: str) -> PendingCommits:
    """Return the work that came since an old commit; none without a new one."""
    if new in ("", old):
        return PendingCommits()
    return repository.work_since(old, new)


def make_restores(
    git: Git, repos: Sequence[Repo], wanted: Mapping[str, Restore], date: str, fleet: Fleet
) -> Mapping[str, str | Problem]:
    """Make the commits of a roll-back, which no ref points at; return them by repository."""

    def make(repo: Repo, show: ShowActivity) -> str:
        del show
        each = wanted[repo.name]
        signature = Signature(each.message, date)
        return git.repository(repo).commit_tree(each.tree, each.tip, signature)

    items = {repo.name: repo for repo in repos if repo.name in wanted}
    ended = fleet.for_each(items, make, phase="Reading", doing="making the commit").ended
    return {
        name: each if isinstance(each, str) else Problem.of(each) for name, each in ended.items()
    }
