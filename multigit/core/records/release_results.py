"""How the deployments of a release ended, as the log of this workspace knows it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from multigit.core.planning.plan import State
from multigit.core.records.last_deployments import DID_NOTHING
from multigit.core.records.record import ROLLBACK, Record
from multigit.core.records.repo_record import RepoRecord
from multigit.core.values.deployment import RunState, for_all_targets

LEFT = {
    State.FAILED,
    State.NOT_PUBLISHED,
    State.UNKNOWN,
}  # of the release, a part was not published
RESULTS = {state for state in RunState if state.has_result}
GOOD = {state for state in RunState if state.good}


@dataclass(frozen=True, slots=True)
class ReleaseResult:
    """What the log says of a release; nothing if it was released elsewhere.

    `whole` says whether all that it was to publish was published, `states` how its deployments
    ended, by repository. Each target counts with the last deployment of this release that did
    something there. `missing` are repositories that it moved and of whose deployment the log does
    not know; only what is not `whole` for certain is judged by them.
    """

    whole: bool | None = None
    states: Mapping[str, str] = field(default_factory=dict)
    unhealthy: bool = False
    missing: frozenset[str] = frozenset()

    @property
    def state(self) -> str:
        """Return the state of all deployments together: a RunState, or empty if none is known."""
        return for_all_targets(self.states.values()) if self.states else ""

    @property
    def succeeded(self) -> bool:
        """True if all of it is known to be published, and deployed where the log has deployments.

        Where nothing is deployed, to be published is all that a release can succeed in.
        """
        if self.whole is None:
            return self.state in GOOD and not self.missing
        return self.whole and self.state in {"", *GOOD}


Owner = Callable[[Record, RepoRecord], str]  # the release to which a repository's row belongs


def results_of(
    records: Iterable[Record],
    stage: str,
    owner: Owner,
    operations: Mapping[str, str],
    moved: Mapping[str, Collection[str]],
) -> Mapping[str, ReleaseResult]:
    """Return the results of the releases of a stage; `records` are oldest first.

    `moved` has the repositories that each release moved, `operations` the release that each
    operation published. `owner` returns a release's name, or empty.
    """
    runs: dict[str, _Runs] = {name: {} for name in moved}
    ends: dict[str, dict[str, str]] = {name: {} for name in moved}
    for record in (each for each in records if each.stage == stage):
        published = operations.get(record.operation, "")
        for row in record.repos:
            if published:
                ends[published][row.repo] = row.state
            if (name := owner(record, row)) in runs:
                _follow(runs[name], record, row)
    return {name: _result(runs[name], ends[name], repos) for name, repos in moved.items()}


_Runs = dict[tuple[str, str], tuple[str, str]]  # by repository and target: operation and state


def _follow(runs: _Runs, record: Record, row: RepoRecord) -> None:
    """Note the deployments of a row: by repository and target, the operation and the state.

    A watch tells only about the operation that it watched. A roll-back that was not seen to end
    says nothing new about the release to which it went.
    """
    operation = record.watches or record.operation
    for each in row.deployments:
        known = runs.get((row.repo, each.target))
        if known and known[0] != operation:
            began = each.state not in DID_NOTHING or each.attempt > 1
            unseen = record.command == ROLLBACK and each.state not in RESULTS
            if record.watches or not began or unseen:
                continue
        runs[row.repo, each.target] = operation, each.state or str(RunState.UNKNOWN)


def _result(runs: _Runs, ends: Mapping[str, str], repos: Collection[str]) -> ReleaseResult:
    by_repo: dict[str, list[str]] = {}
    for (repo, _), (_, state) in runs.items():
        by_repo.setdefault(repo, []).append(state)
    return ReleaseResult(
        whole=not LEFT & {*ends.values()} if ends else None,
        states={repo: for_all_targets(states) for repo, states in by_repo.items()},
        unhealthy=any(state == RunState.UNHEALTHY for _, state in runs.values()),
        missing=frozenset(repos) - by_repo.keys(),
    )
