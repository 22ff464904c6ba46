"""The ends in a report, each of which a monitoring system counts once."""

from __future__ import annotations

from collections.abc import Iterator

from multigit.core.planning.plan import State
from multigit.core.progress.outcome import Report
from multigit.core.progress.state import PUSHED
from multigit.core.values.count import Count, counts_of


def ends(report: Report) -> frozenset[Count]:
    """Return the ends in a report.

    A push counts only in a repository that deploys nothing, or if it kept it from being deployed.
    """

    def of_report() -> Iterator[Count]:
        for outcome in report.outcomes:
            to_deploy = outcome.state is State.PUBLISHED and outcome.plan.deploys()
            if outcome.state in PUSHED and not outcome.deployments and not to_deploy:
                yield Count(outcome.repo, result=str(outcome.state))
            yield from counts_of(outcome.repo, outcome.deployments)

    return frozenset(of_report())
