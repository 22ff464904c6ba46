"""How far an operation got: what was made, published or deployed, or may have been.

The plan says what to do and is built once. The state is folded from the journal, and corrected by
what the remotes hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from multigit.core.planning.plan import State
from multigit.core.values.count import Count, counts_of
from multigit.core.values.deployment import Deployment
from multigit.core.values.flight import Flight
from multigit.core.values.refs import Objects

PUSHED = frozenset({State.PUBLISHED, State.FAILED, State.UNKNOWN})  # states in which a push ended


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one repository got.

    `made` maps each ref to the object whose push may have started. `settled` is the result of the
    last push that ended, or the remote's state when the operation was last continued.
    `deployments` are as last recorded, by target.
    """

    made: Objects = field(default_factory=dict)
    settled: State | None = None
    begun: bool = False  # when last continued, the remote had something of it, or may have had
    deployments: Mapping[str, Deployment] = field(default_factory=dict)

    @property
    def published(self) -> bool:
        """True if everything to push is on the remote; deployments may be left."""
        return self.settled is State.PUBLISHED

    @property
    def deployed(self) -> bool:
        """True if a deployment was requested, whatever its result."""
        return any(each.begun for each in self.deployments.values())

    @property
    def maybe_deployed(self) -> bool:
        """True if a deployment may have deployed something; one that was skipped did not."""
        return any(each.maybe_deployed for each in self.deployments.values())


NO_PROGRESS = Progress()


@dataclass(frozen=True, slots=True)
class OperationState:
    """How far an operation got, by repository. In a repository not listed, nothing began.

    `flights` are the pushes of this or an earlier attempt whose result was not recorded. `counted`
    are the ends that were counted, None if that was not noted.
    """

    repos: Mapping[str, Progress] = field(default_factory=dict)
    flights: Mapping[str, Flight] = field(default_factory=dict)
    counted: frozenset[Count] | None = None

    def of(self, repo: str) -> Progress:
        """Return how far a repository got."""
        return self.repos.get(repo, NO_PROGRESS)

    def published(self) -> frozenset[str]:
        """Return the repositories whose remotes have everything that was to be pushed."""
        return frozenset(name for name, each in self.repos.items() if each.published)

    def deployments(self) -> Mapping[str, Mapping[str, Deployment]]:
        """Return the recorded deployments, by repository and target."""
        return {name: each.deployments for name, each in self.repos.items() if each.deployments}


NOTHING_YET = OperationState()


def ends_so_far(repos: Mapping[str, Progress]) -> frozenset[Count]:
    """Return the ends that are recorded, for a journal that does not note which were counted."""

    def of_progress() -> Iterator[Count]:
        for name, progress in repos.items():
            if progress.settled in PUSHED:
                yield Count(name, result=str(progress.settled))
            yield from counts_of(name, progress.deployments.values())

    return frozenset(of_progress())
