"""What a monitoring system counts: each end of a deployment, and of a push that deploys nothing.

An end is counted once. The journal notes it before it is sent, so the command that finishes the
operation counts what is not noted yet, and nothing twice. Only a process that dies between the note
and the packet loses a count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from multigit.core.values.deployment import Deployment


@dataclass(frozen=True, slots=True)
class Count:
    """An end that is counted: of an attempt to deploy to a target, or (attempt 0) of a push.

    `result` is the state in which it ended. A deployment that timed out may end again.
    """

    repo: str
    target: str = ""
    attempt: int = 0
    result: str = ""

    @classmethod
    def of(cls, repo: str, deployment: Deployment) -> Count:
        """Return the count of a deployment that is over."""
        return cls(repo, deployment.target, deployment.attempt, str(deployment.state))


def counts_of(repo: str, deployments: Iterable[Deployment]) -> Iterator[Count]:
    """Yield the counts of those deployments that are over."""
    return (Count.of(repo, each) for each in deployments if each.state.over)
