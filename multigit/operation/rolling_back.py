"""Rolling a stage back to a release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from multigit.core.planning.consent import Consent
from multigit.core.planning.overrides import NOTHING_OVERRIDDEN, Override
from multigit.core.planning.plan import Plan
from multigit.core.planning.taking_part import require_stages, stage_in
from multigit.core.records.release_history import releases_of
from multigit.core.records.releases import Release, Releases
from multigit.core.recovery.rolling_back import (
    How,
    RollBackRequest,
    plan_roll_back,
    restores,
    staying,
)
from multigit.core.reports.release_words import release_line
from multigit.core.values.problem import Problem
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.workspace import Repo, Stage
from multigit.engine.observe.releases import (
    ReleaseObservation,
    Standpoint,
    commits_back,
    look_back,
    make_restores,
)
from multigit.errors import RefusedError, StoppedError
from multigit.hints import Hint
from multigit.operation.context import context_of
from multigit.operation.exclusive import new_operation
from multigit.operation.preflight import with_preflight
from multigit.operation.run import Ended, OperationRun
from multigit.operation.session import Session

OFFERED = 10  # releases to pick from, at most


@dataclass(frozen=True, slots=True)
class RollBack:
    """What the command line says about a roll-back.

    `release` is empty if it is to be picked, or with `last_good` the newest good one. `how` is None
    for the way that suits each repository.
    """

    stage: Stage
    repos: tuple[Repo, ...]
    release: str = ""
    last_good: bool = False
    how: How | None = None
    why: str = ""
    override: Override = NOTHING_OVERRIDDEN
    skip_blocked: bool = False
    wait: bool = True


@dataclass(frozen=True, slots=True)
class SeenReleases:
    """What was read for a roll-back: of the chosen repositories, and of the `others`."""

    chosen: Mapping[str, Snapshot]
    others: Mapping[str, Snapshot]
    releases: Releases
    deployed: Mapping[str, str]


def roll_back(session: Session, asked: RollBack, consent: Consent) -> Ended:
    """Plan what brings the stage back to a release, and run it."""
    require_stages(session.workspace, [asked.stage], asked.repos)
    with new_operation(session, "rollback", dry_run=consent.dry_run):
        seen = observe_releases(session, asked)
        release = _chosen(session, asked, seen)
        plan = session.noting_holds(plan_back(session, asked, seen, release))
        plan, doubts = with_preflight(session, plan, consent)
        return OperationRun(context_of(session), plan, consent, doubts=doubts).carry_out()


def observe_releases(session: Session, asked: RollBack) -> SeenReleases:
    """Read the releases of a stage; repositories that were not chosen are not fetched."""
    space, files = session.workspace, session.files
    own = {repo.name: stage_in(asked.stage, space, repo) for repo in space.repos}
    stages = {name: stage for name, stage in own.items() if isinstance(stage, Stage)}
    chosen = [repo for repo in asked.repos if repo.name in stages]
    others = [repo for repo in space.repos if repo.name in stages and repo not in chosen]
    seen = session.observe(chosen, lambda repo: ReleaseObservation(stages[repo.name]))
    rest = session.observe(
        others, lambda repo: ReleaseObservation(stages[repo.name], fetch=False), doing="reading"
    )
    lower = {each.name: [s.name for s in space.chain_down(each)[1:]] for each in space.stages}
    records, _ = files.history.last(0, asked.stage.name, lower)
    shared = session.shared()
    hold = shared.holds().get(asked.stage.name)
    known = {**seen, **rest}
    ordered = {name: stages[name] for name in stages if name in known}
    releases = releases_of(ordered, known, records, shared.marks, hold)
    return SeenReleases(seen, rest, releases, files.history.deployed_commits(asked.stage.name))


def plan_back(session: Session, asked: RollBack, seen: SeenReleases, release: Release) -> Plan:
    """Return the plan that brings the chosen repositories back to a release."""
    space, shared = session.workspace, session.shared()
    request = RollBackRequest(
        stage=asked.stage,
        start_time=session.start_time,
        repos=asked.repos,
        release=release,
        now=seen.releases.now,
        how=asked.how,
        why=asked.why,
        settled=frozenset(seen.deployed),
        tags=seen.releases.tags,
        held=shared.holds().get(asked.stage.name),
        override=asked.override,
        marks=shared.marked(),
        skip_blocked=asked.skip_blocked,
        wait=asked.wait,
    )
    points = _standpoints(session, asked, seen)
    with session.fleet() as fleet:
        ways = look_back(session.git, points, seen.releases, release, fleet)
        wanted = restores(request, space, seen.chosen, ways)
        date = session.start_time.git_date
        made = make_restores(session.git, asked.repos, wanted, date, fleet)
    failed = {name: each for name, each in made.items() if isinstance(each, Problem)}
    ways = {name: replace(way, error=way.error or failed.get(name)) for name, way in ways.items()}
    commits = {name: each for name, each in made.items() if isinstance(each, str)}
    plan = plan_roll_back(request, space, seen.chosen, ways, commits)
    others = [repo for repo in space.repos if repo.name in seen.others]
    stay = staying(asked.stage, release, others, seen.others)
    return replace(plan, repos=(*plan.repos, *stay))


def _standpoints(session: Session, asked: RollBack, seen: SeenReleases) -> Sequence[Standpoint]:
    """Return the chosen repositories with what the stage has of them."""
    space, points = session.workspace, []
    for repo in asked.repos:
        own = stage_in(asked.stage, space, repo)
        if isinstance(own, Problem) or repo.name not in seen.chosen:
            continue
        tip = seen.chosen[repo.name].refs.branch(own.branch).remote
        points.append(Standpoint(repo, tip.sha if tip else "", seen.deployed.get(repo.name, "")))
    return points


def _chosen(session: Session, asked: RollBack, seen: SeenReleases) -> Release:
    """Return the release to go back to: named, the last good one, or picked at the terminal."""
    releases = seen.releases
    if asked.release:
        return releases.find(asked.release)
    if asked.last_good:
        if found := releases.last_good():
            return found
        raise RefusedError(
            f"No earlier release of {asked.stage.name} is known to be good.",
            hint=Hint.NAME_RELEASE.format(stage=asked.stage.name),
            code="no_good_release",
        )
    if not releases.known:
        return releases.find("")
    if not session.screen.interactive:
        raise RefusedError(
            "Cannot ask which release to go back to: no interactive terminal.",
            hint=Hint.LAST_GOOD,
            code="release_needed",
        )
    return _picked(session, asked, seen)


def _picked(session: Session, asked: RollBack, seen: SeenReleases) -> Release:
    """Return the release that a person picks from a list, the newest good one first."""
    offered = seen.releases.offered()[:OFFERED]
    points = _standpoints(session, asked, seen)
    with session.fleet() as fleet:
        counts = commits_back(session.git, points, offered, fleet)
    now = session.start_time.time
    rows = [release_line(seen.releases, each, counts[each.name], now) for each in offered]
    number = session.screen.pick(f"Roll {asked.stage.name} back to", rows)
    if number is None:
        raise StoppedError
    return offered[number]
