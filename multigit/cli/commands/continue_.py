"""multigit continue: the rest of an operation that is not finished."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from multigit import errors
from multigit.cli import options as o

if TYPE_CHECKING:
    from multigit.core.progress.journal import Story
from multigit.operation.recovery import only_closed, plan_again, remote_states, unfinished


def continue_(
    yes: o.Yes = False,
    confirm: o.ConfirmName = None,
    checklist_done: o.ChecklistDone = False,
    skip_blocked: o.SkipBlocked = False,
    accept_reverts: o.AcceptReverts = False,
    dry_run: o.DryRun = False,
    jobs: o.Jobs = None,
    json: o.Json = False,
    config: o.Config = None,
    no_color: o.NoColor = False,
) -> int:
    """Go on with the operation that was interrupted or failed in part.

    Asks every remote first what is published already, and redoes only what is missing, as it was
    agreed to. Where somebody moved a branch since, the merge is planned anew and asked for again.

    Examples:
      multigit continue
      multigit continue --dry-run
    """
    from multigit.core.planning.consent import Consent
    from multigit.core.planning.plan import Result, State
    from multigit.core.recovery.resume import any_unseen_commit, resumed, to_plan_anew
    from multigit.core.recovery.ways_out import only_the_record
    from multigit.engine.arrival import still_open
    from multigit.operation.deploy_checks import rehearsed
    from multigit.operation.run import Conductor
    from multigit.operation.session import Session

    session = Session.open(o.Common(config, json, no_color, jobs))
    with session.alone("continue", dry_run=dry_run) as over:
        if only_closed(session, "continue", over):
            return errors.OK
        journal, story = unfinished(session)
        story = _accepting_reverts(story) if accept_reverts else story
        onward = bool(story.plan.undoes)
        flights = still_open(session.git, session.workspace, story.flights)  # before the remotes
        standings = remote_states(session, journal, story, onward=onward, wait=not dry_run)
        moved = to_plan_anew(story, standings)
        anew = plan_again(session, story, moved, skip_blocked=skip_blocked)
        plan = rehearsed(session, resumed(story, standings, anew, skip_blocked=skip_blocked))
        consent = Consent(dry_run, yes, confirm, checklist_done)
        planned_anew = any(repo.state is State.PLANNED for repo in anew.values())
        agreed = None if planned_anew or any_unseen_commit(plan) else story.agreement
        there = {repo.repo for repo in plan.repos if repo.published}
        flights = {repo: each for repo, each in flights.items() if repo not in there}
        conductor = Conductor(session, plan, consent, journal, agreed, flights)
        if plan.result is Result.NOTHING:
            if dry_run:
                return conductor.leave(only_the_record(plan, story.plan))
            return conductor.finish(journal, story.plan)
        return conductor.conduct()


def _accepting_reverts(story: Story) -> Story:
    """Return the story of an operation whose reverts somebody accepts when it is continued."""
    return replace(story, plan=replace(story.plan, accept_reverts=True))
