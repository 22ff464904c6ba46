"""Planning the way back of a stage: what is read for it, and the plan."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from multigit.core.planning.overrides import NOTHING_OVERRIDDEN, Override
from multigit.core.planning.plan import Plan
from multigit.core.planning.taking_part import stage_in
from multigit.core.progress.shared import Shared
from multigit.core.records.deployed_now import DeployedNow, deployed_now
from multigit.core.records.release_history import releases_of
from multigit.core.records.releases import Release, Releases
from multigit.core.recovery.roll_back_request import How, RollBackRequest
from multigit.core.recovery.rolling_back import plan_roll_back, restores, staying
from multigit.core.values.hold import Hold
from multigit.core.values.problem import Problem
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.start_time import is_deploy_tag
from multigit.core.values.workspace import Repo, Stage
from multigit.engine.observe.releases import (
    ReleaseObservation,
    Standpoint,
    look_back,
    make_restores,
)
from multigit.operation.session import Session


@dataclass(frozen=True, slots=True)
class RollBack:
    """What the command line says about a roll-back.

    `release` is empty if it is to be picked, or with `last_good` the newest good one. `how` is None
    for the way that suits each repository. `after` is the failed operation that it answers, or
    empty.
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
    after: str = ""


@dataclass(frozen=True, slots=True)
class SeenReleases:
    """What was read for a roll-back: of the chosen repositories, and of the `others`.

    `deployed` is the commit that the stage has where that is not the tip; `settled` are the
    repositories whose deployment of it is not known to have failed. `held` is the hold that the
    stage has; it is part of what all machines have `shared`.
    """

    chosen: Mapping[str, Snapshot]
    others: Mapping[str, Snapshot]
    releases: Releases
    deployed: Mapping[str, str]
    settled: Collection[str]
    held: Hold | None
    shared: Shared


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
    among = [repo.name for repo in chosen]
    releases = releases_of(ordered, known, records, shared.marks, hold, among)
    now = _deployed_now(session, asked.stage, ordered, known, hold)
    return SeenReleases(seen, rest, releases, now.commits, now.settled, hold, shared)


def _deployed_now(
    session: Session,
    stage: Stage,
    stages: Mapping[str, Stage],
    seen: Mapping[str, Snapshot],
    hold: Hold | None,
) -> DeployedNow:
    """Return what the stage has, by the log, the deploy tags and its hold."""
    history = session.files.history
    last = {
        repo: of[stage.name] for repo, of in history.last_deployed().items() if stage.name in of
    }
    newest = {
        repo: max(
            (t.time for t in seen[repo].refs.tags if is_deploy_tag(own.tag, t.name)), default=0
        )
        for repo, own in stages.items()
    }
    return deployed_now(stages, last, history.deployed_commits(stage.name), newest, hold)


def plan_back(session: Session, asked: RollBack, seen: SeenReleases, release: Release) -> Plan:
    """Return the plan that brings the chosen repositories back to a release."""
    space = session.workspace
    request = RollBackRequest(
        stage=asked.stage,
        start_time=session.start_time,
        repos=asked.repos,
        release=release,
        now=seen.releases.now,
        how=asked.how,
        why=asked.why,
        after=asked.after,
        settled=frozenset(seen.settled),
        since=seen.releases.touched_since(release),
        tags=seen.releases.tags,
        held=seen.held,
        override=asked.override,
        marks=seen.shared.marked(),
        skip_blocked=asked.skip_blocked,
        wait=asked.wait,
    )
    points = standpoints(session, asked, seen)
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


def standpoints(session: Session, asked: RollBack, seen: SeenReleases) -> Sequence[Standpoint]:
    """Return the chosen repositories with what the stage has of them."""
    space, points = session.workspace, []
    for repo in asked.repos:
        own = stage_in(asked.stage, space, repo)
        if isinstance(own, Problem) or repo.name not in seen.chosen:
            continue
        tip = seen.chosen[repo.name].refs.branch(own.branch).remote
        points.append(Standpoint(repo, tip.sha if tip else "", seen.deployed.get(repo.name, "")))
    return points
