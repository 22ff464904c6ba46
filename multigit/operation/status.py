"""The state of all repositories, read from the remotes and the log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from multigit.core.records.last_deployments import LastDeployments, as_seen, without_ended_holds
from multigit.core.reports.held_stages import Holding, holding_of
from multigit.core.reports.status import StatusRow, status_rows
from multigit.core.values.deployment import RunState
from multigit.core.values.workspace import Repo, Stage
from multigit.engine.observe.held import rolled_back_commits
from multigit.engine.observe.status import StatusObservation
from multigit.operation.earlier import looks_at, that_may_run
from multigit.operation.session import Session
from multigit.operation.unfinished import last_deployed


@dataclass(frozen=True, slots=True)
class Status:
    """A row for each repository, and which stages are held."""

    rows: Sequence[StatusRow]
    holding: Holding


def read_status(session: Session, repos: tuple[Repo, ...], *, fetch: bool) -> Status:
    """Return the state of these repositories and of all stages; without `fetch` as of the last one.

    With it, the hosts are asked about deployments that no one saw end, or that someone may rerun.
    """
    space = session.workspace

    def observation_of(repo: Repo) -> StatusObservation:
        seen = space.seen_by(repo)
        return StatusObservation(seen.stages, seen.pairs(), fetch=fetch)

    seen = session.observe(repos, observation_of, doing="fetching" if fetch else "reading")
    last = last_deployed(session)
    asked = _asked(session, repos, last) if fetch else {}
    for stage, states in asked.items():
        last = as_seen(last, stage, states)
    holding = _holding(session, repos, fetch=fetch)
    if fetch:  # what was fetched last may be older than the roll-back
        last = without_ended_holds(last, {hold.stage: hold for hold in holding.holds})
    rows = status_rows(space, repos, seen, last, holding)
    by_repo = {row.repo: frozenset(s for s, of in asked.items() if row.repo in of) for row in rows}
    return Status([replace(row, asked=by_repo[row.repo]) for row in rows], holding)


def _holding(session: Session, repos: Sequence[Repo], *, fetch: bool) -> Holding:
    """Return which stages are held, and how many commits of these repositories with them."""
    shared = session.shared(fetch=fetch)
    counts: dict[str, Mapping[str, int]] = {}
    for stage, hold in shared.holds().items():
        with session.fleet() as fleet:
            found = rolled_back_commits(session.git, hold, repos, fleet)
        counts[stage] = {name: each.commits for name, each in found.items()}
    told = session.workspace.lock_repo in {repo.name for repo in repos}
    return holding_of(shared, counts, told=told)


def _asked(
    session: Session, repos: Sequence[Repo], last: LastDeployments
) -> Mapping[str, Mapping[str, RunState]]:
    """Return, by stage and repository, the states of deployments that may be running."""
    states: dict[str, Mapping[str, RunState]] = {}
    for stage in session.workspace.stages:
        names = [repo.name for repo in repos]
        looks = looks_at(session, that_may_run(session, stage.name, names, last))
        states[stage.name] = {
            name: _ended(session, name, stage, look.state) for name, look in looks.items()
        }
    return states


def _ended(session: Session, name: str, stage: Stage, state: RunState) -> RunState:
    """Return the state of a deployment whose run was looked at: its health was not."""
    deploy = session.workspace.deploy(session.workspace.repo(name), stage)
    unchecked = state is RunState.SUCCEEDED and deploy and deploy.health
    return RunState.UNKNOWN if unchecked else state
