"""How far an operation got, beside its plan: what was made, published, deployed, or may have been.

A plan tells what is to be done and is built once. What became of it is folded from the journal,
and corrected by what the remotes hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from multigit.core.planning.plan import State
from multigit.core.values.deployment import Deployment
from multigit.core.values.flight import Flight
from multigit.core.values.refs import Objects


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one repository got.

    `made` are the objects whose push may have begun; `settled` is how the last push ended whose
    outcome was read, or what the remote held when the operation was last continued; `begun` tells
    that it held some of it then, or may have. `deployments` are the last that was noted of each, by
    target.
    """

    made: Objects = field(default_factory=dict)
    settled: State | None = None
    begun: bool = False
    deployments: Mapping[str, Deployment] = field(default_factory=dict)

    @property
    def published(self) -> bool:
        """Tell whether all that is to be pushed is on the remote: only deployments may be left."""
        return self.settled is State.PUBLISHED

    @property
    def deployed(self) -> bool:
        """Tell whether a deployment was asked for, however it ended."""
        return any(each.begun for each in self.deployments.values())


NO_PROGRESS = Progress()


@dataclass(frozen=True, slots=True)
class OperationState:
    """How far an operation got, by repository; nothing has begun in one that is not there.

    `flights` are the pushes that were begun, by this attempt or an earlier one, and whose end
    nobody noted.
    """

    repos: Mapping[str, Progress] = field(default_factory=dict)
    flights: Mapping[str, Flight] = field(default_factory=dict)

    def of(self, repo: str) -> Progress:
        """Return how far a repository got."""
        return self.repos.get(repo, NO_PROGRESS)

    def published(self) -> frozenset[str]:
        """Return the repositories of which all that is to be pushed is on the remotes."""
        return frozenset(name for name, each in self.repos.items() if each.published)

    def deployments(self) -> Mapping[str, Mapping[str, Deployment]]:
        """Return what was noted of deployments, by repository and target."""
        return {name: each.deployments for name, each in self.repos.items() if each.deployments}


NOTHING_YET = OperationState()
