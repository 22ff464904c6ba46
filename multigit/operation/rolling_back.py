"""Rolling a stage back to a release."""

from __future__ import annotations

from shlex import quote

from multigit.core.planning.consent import Consent
from multigit.core.planning.taking_part import require_stages
from multigit.core.records.releases import Release, Releases
from multigit.core.reports.release_words import release_cells
from multigit.core.values.text import plural
from multigit.core.values.workspace import Stage
from multigit.engine.observe.releases import commits_back
from multigit.errors import CancelledError, RefusedError, UsageError
from multigit.hints import Hint
from multigit.operation.context import context_of
from multigit.operation.exclusive import new_operation
from multigit.operation.loading import load_hosts_ahead
from multigit.operation.merging import warn_if_not_deployed
from multigit.operation.preflight import with_preflight
from multigit.operation.run import Ended, OperationRun
from multigit.operation.session import Session
from multigit.operation.way_back import (
    RollBack,
    SeenReleases,
    observe_releases,
    plan_back,
    standpoints,
)

OFFERED = 10  # releases to pick from, at most
BY_HAND = "Revert what is wrong with a new commit."


def roll_back(session: Session, asked: RollBack, consent: Consent) -> Ended:
    """Plan what brings the stage back to a release, and run it."""
    require_stages(session.workspace, [asked.stage], asked.repos)
    with new_operation(session, "rollback", dry_run=consent.dry_run):
        load_hosts_ahead(session, asked.stage, asked.repos)
        seen = observe_releases(session, asked)
        release = _chosen(session, asked, seen)
        plan = session.noting_holds(plan_back(session, asked, seen, release), seen.shared)
        warn_if_not_deployed(session, plan)
        plan, doubts = with_preflight(session, plan, consent)
        return OperationRun(context_of(session), plan, consent, doubts=doubts).carry_out()


def _chosen(session: Session, asked: RollBack, seen: SeenReleases) -> Release:
    """Return the release to go back to: named, the last good one, or picked at the terminal."""
    releases = seen.releases
    if not releases.known and not asked.stage.promotes_from:
        raise _never_released(asked.stage)
    if asked.release or not releases.known:
        return releases.find(asked.release)
    if asked.last_good:
        if found := releases.last_good():
            return found
        raise _none_good(asked.stage, releases)
    if not session.screen.interactive:
        raise RefusedError(
            "Cannot ask which release to go back to: no interactive terminal.",
            hint=Hint.LAST_GOOD.format(stage=asked.stage.name),
            code="release_needed",
        )
    return _picked(session, asked, seen)


def _picked(session: Session, asked: RollBack, seen: SeenReleases) -> Release:
    """Return the release that a person picks from a list, the newest good one first."""
    offered = seen.releases.offered()[:OFFERED]
    points = standpoints(session, asked, seen)
    with session.fleet() as fleet:
        counts = commits_back(session.git, points, offered, fleet)
    now = session.start_time.time
    rows = [release_cells(seen.releases, each, counts[each.name], now) for each in offered]
    if more := len(seen.releases.known) - len(offered):
        verb = "is" if more == 1 else "are"
        session.screen.note(f"{plural(more, 'other release')} {verb} not listed, but can be named.")
    try:
        number = session.screen.pick(f"Roll {asked.stage.name} back to", rows)
    except KeyboardInterrupt:
        raise CancelledError(interrupted=True) from None
    if number is None:
        raise CancelledError(interrupted=False)
    return offered[number]


def _never_released(stage: Stage) -> UsageError:
    """Return the error that the first stage has no releases: promotions make them."""
    message = f"{stage.name} has no releases: nothing is promoted to it."
    return UsageError(message, hint=BY_HAND, code="unknown_release")


def _none_good(stage: Stage, releases: Releases) -> RefusedError:
    """Return the error that no release is known to be good; others may have been made elsewhere."""
    if not releases.before_now():
        message = f"{stage.name} has no release before {releases.now}."
        return RefusedError(message, hint=BY_HAND, code="no_good_release")
    message = f"No earlier release of {stage.name} is known to be good."
    hint = Hint.NAME_RELEASE.format(stage=stage.name)
    if before := releases.unknown_before():
        message = f"{message} The log here does not say how {before.name} ended."
        hint = Hint.ROLL_BACK_ANYWAY.format(stage=stage.name, release=quote(before.name))
    return RefusedError(message, hint=hint, code="no_good_release")
