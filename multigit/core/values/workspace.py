"""The workspace: its stages, how they follow each other, its repositories, their selection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path, PurePosixPath
from shlex import quote

from multigit.core.values.deploy_config import Deploy, Pace
from multigit.core.values.push_rules import PushRules
from multigit.core.values.text import nearest
from multigit.errors import RefusedError, UsageError


class Confirm(StrEnum):
    """How a person confirms a change of a stage."""

    NONE = "none"
    YES = "yes"
    NAME = "name"


class OnUnhealthy(StrEnum):
    """What happens after a release whose deployment or health check failed."""

    NOTHING = "nothing"
    ROLLBACK = "rollback"  # what the operation deployed goes back to the last good release


class Event(StrEnum):
    """What people may want to be notified of."""

    STARTED = "started"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    WAITING = "waiting"  # for someone's approval


@dataclass(frozen=True, slots=True)
class Notifications:
    """Who is notified of what: Apprise addresses, events, and of which stages (of all if empty)."""

    addresses: tuple[str, ...] = ()
    events: tuple[Event, ...] = (Event.SUCCEEDED, Event.FAILED)
    stages: tuple[str, ...] = ()

    def wants(self, event: Event, stage: str) -> bool:
        """Return whether someone is to be notified."""
        of_stage = not self.stages or stage in self.stages
        return bool(self.addresses) and event in self.events and of_stage


@dataclass(frozen=True, slots=True)
class Stage:
    """One step on the way to production: a branch with its rules.

    `promotes_from` names the stage before it; `tag` is the template of its deploy tags, or empty;
    `environment` is what deployments call the stage, `deploy` is how most repositories are
    deployed.
    """

    name: str
    branch: str
    promotes_from: str = ""
    tag: str = ""
    confirm: Confirm = Confirm.YES
    checklist: tuple[str, ...] = ()
    require_message: bool = False
    require_checks: bool = False
    environment: str = ""
    deploy: Deploy | None = None
    pace: Pace = field(default_factory=Pace)
    on_unhealthy: OnUnhealthy = OnUnhealthy.NOTHING


@dataclass(frozen=True, slots=True)
class Repo:
    """One repository: `path` is relative to the workspace folder, "." for that folder itself.

    It is deployed `after` these, including indirect ones, so in a later `wave`. `slug` is its name
    on its host, "owner/name", or empty; `deploys` is how it is deployed itself, by stage, None if
    it is not. `remote` is empty if it is the workspace's; `push_url` names another repository that
    it may push to. `here` is its folder as seen from the current one, for what a person types
    there. `branches` has its branch for a stage where that is not the stage's; `stages` are those
    that it has, empty if it has all. `irreversible` are patterns of the files whose changes cannot
    be rolled back; None if nothing was said about that.
    """

    name: str
    path: str
    url: str = ""
    groups: tuple[str, ...] = ()
    hooks: bool = False
    after: tuple[str, ...] = ()
    wave: int = 0
    slug: str = ""
    deploys: Mapping[str, Deploy | None] = field(default_factory=dict)
    remote: str = ""
    push_url: str = ""
    here: str = ""
    branches: Mapping[str, str] = field(default_factory=dict)
    stages: tuple[str, ...] = ()
    irreversible: tuple[str, ...] | None = None

    def has(self, stage: Stage) -> bool:
        """Return whether it has a stage."""
        return not self.stages or stage.name in self.stages

    def typed(self, inside: str = "") -> str:
        """Return its folder, or a path inside of it, as a person types it here in a shell."""
        return quote(str(PurePosixPath(self.here or self.path, inside)))


@dataclass(frozen=True, slots=True)
class Workspace:
    """Everything that `multigit.toml` says. `stages` are in the order of promotion."""

    root: Path
    stages: tuple[Stage, ...]
    repos: tuple[Repo, ...]
    name: str = ""
    remote: str = "origin"
    timezone: str = "UTC"
    jobs: int = 8
    log: str = "deployment.log"
    git_timeout: float = 600.0
    lock_repo: str = ""
    github_api: str = ""
    notifications: Notifications = field(default_factory=Notifications)
    metrics: str = ""
    metric_tags: bool = True
    push: PushRules = field(default_factory=PushRules)

    def seen_from(self, folder: Path) -> Workspace:
        """Return the workspace for someone in this folder, who types the hints there."""
        repos = (replace(r, here=named_in(folder, self.root / r.path)) for r in self.repos)
        return replace(self, repos=tuple(repos))

    def stage(self, name: str) -> Stage:
        """Return the stage of that name, or raise a UsageError that suggests the nearest."""
        for stage in self.stages:
            if stage.name == name:
                return stage
        raise unknown("stage", name, [stage.name for stage in self.stages])

    def planned_stage(self, name: str) -> Stage:
        """Return a stage that a plan names; raises RefusedError if it is no longer configured."""
        if name in {stage.name for stage in self.stages}:
            return self.stage(name)
        raise _removed(f"The stage {name}", "unknown_stage")

    def repo(self, name: str) -> Repo:
        """Return the repository; raises RefusedError if it is no longer configured."""
        for repo in self.repos:
            if repo.name == name:
                return repo
        raise _removed(name, "unknown_repository")

    def deploy(self, repo: Repo, stage: Stage) -> Deploy | None:
        """Return how a repository is deployed to a stage, or None if it is not."""
        return repo.deploys.get(stage.name, stage.deploy) if repo.has(stage) else None

    def remote_of(self, repo: Repo) -> str:
        """Return the name of the remote that a repository is fetched from and pushed to."""
        return repo.remote or self.remote

    def is_last(self, stage: Stage) -> bool:
        """Return whether no other stage is promoted from this one: production, usually."""
        return all(other.promotes_from != stage.name for other in self.stages)

    def pairs(self) -> tuple[tuple[Stage, Stage], ...]:
        """Return each (earlier, later) pair of neighboring stages, in order of promotion."""
        return tuple((self.stage(s.promotes_from), s) for s in self.stages if s.promotes_from)

    def chain_down(self, stage: Stage) -> tuple[Stage, ...]:
        """Return the stage and all before it, latest first: main, stg, dev."""
        chain = [stage]
        while chain[-1].promotes_from:
            chain.append(self.stage(chain[-1].promotes_from))
        return tuple(chain)

    def is_later(self, stage: Stage, other: Stage) -> bool:
        """Return whether a stage comes after another one."""
        return other.name in {each.name for each in self.chain_down(self.stage(stage.name))[1:]}

    def stages_of(self, repo: Repo, among: Iterable[Stage] | None = None) -> tuple[Stage, ...]:
        """Return a repository's stages as it has them: with its branches and its neighbors.

        With `among`, only these.
        """
        wanted = {stage.name for stage in (self.stages if among is None else among)}
        return tuple(
            replace(
                stage,
                branch=repo.branches.get(stage.name, stage.branch),
                promotes_from=next((s.name for s in self.chain_down(stage)[1:] if repo.has(s)), ""),
            )
            for stage in self.stages
            if repo.has(stage) and stage.name in wanted
        )

    def seen_by(self, repo: Repo) -> Workspace:
        """Return the workspace with the stages as a repository has them."""
        return replace(self, stages=self.stages_of(repo))

    def later_than(self, stages: Iterable[str]) -> tuple[Stage, ...]:
        """Return the stages that come after some of these."""
        among = [self.stage(name) for name in dict.fromkeys(stages)]
        return tuple(
            stage
            for stage in self.stages
            if stage not in among and any(self.is_later(stage, each) for each in among)
        )

    def nested_in(self, repo: Repo) -> dict[str, Repo]:
        """Return the other repositories inside this one, by their path relative to it."""
        prefix = "" if repo.path == "." else f"{repo.path}/"
        return {
            other.path.removeprefix(prefix): other
            for other in self.repos
            if other is not repo and other.path != "." and other.path.startswith(prefix)
        }

    def own_files(self, repo: Repo) -> tuple[str, ...]:
        """Return multigit's own files as paths inside this repository (only the root has any)."""
        return (".multigit", self.log, f"{self.log}.torn") if repo.path == "." else ()

    def select(
        self, names: Sequence[str] = (), groups: Sequence[str] = (), exclude: Sequence[str] = ()
    ) -> tuple[Repo, ...]:
        """Return the chosen repositories in configuration order; all if nothing is named.

        Raises UsageError for a name or group that does not exist, and if none remains.
        """
        known = [repo.name for repo in self.repos]
        known_groups = sorted({group for repo in self.repos for group in repo.groups})
        for name in (*names, *exclude):
            if name not in known:
                raise unknown("repository", name, known)
        for group in groups:
            if group not in known_groups:
                raise unknown("group", group, known_groups)
        chosen = tuple(
            repo
            for repo in self.repos
            if (not (names or groups) or repo.name in names or set(repo.groups) & set(groups))
            and repo.name not in exclude
        )
        if not chosen:
            hint = f"Choose from: {', '.join(known)}."
            raise UsageError("--exclude leaves no repository.", hint=hint)
        return chosen


def named_in(folder: Path, path: Path) -> str:
    """Return how one names `path` in `folder`, both absolute: relative if it is below, else as is.

    Never with `..`: in a folder that was entered through a link, a shell resolves that in another
    way than git.
    """
    return (path.relative_to(folder) if path.is_relative_to(folder) else path).as_posix()


def _removed(what: str, code: str) -> RefusedError:
    message = f"{what} is no longer in the configuration."
    return RefusedError(message, hint="Restore it there first.", code=code)


def unknown(kind: str, name: str, known: Iterable[str], also: Iterable[str] = ()) -> UsageError:
    """Return the error for a name that does not exist; its hint is the nearest one that does.

    `also` are other names that are understood.
    """
    names = list(known)
    if near := nearest(name, [*names, *also]):
        hint = f"Did you mean {near}?"
    elif names:
        hint = f"Choose from: {', '.join(names)}."
    else:
        hint = f"The configuration defines no {kind}."
    return UsageError(f"There is no {kind} {name!r}.", hint=hint, code=f"unknown_{kind}")
