"""A deployment in a few words, on the same terms wherever it is shown."""

from __future__ import annotations

from multigit.core.values.deployment import Deployment, RunState


def in_short(deployment: Deployment, time: str = "") -> str:
    """Return its target and state, and what happens in it, whom it waits for, or why it ended.

    `time` says for how long, or since when.
    """
    status, state = deployment.status, deployment.state
    to = f"{deployment.target}: " if deployment.target else ""
    head = f"{to}{state.in_words}{f' {time}' if time else ''}"
    where = " · ".join(filter(None, (status.job, status.step)))
    if state.over:
        reason = status.detail or where
        return f"{head}: {reason}" if reason else head
    detail = f" ({status.detail})" if status.detail else ""
    if state is RunState.WAITING:
        people = awaited(deployment)
        return f"{head}{f' for {people}' if people else ''}{detail}"
    return f"{head}{f': {where}' if where else ''}{detail}"


def awaited(deployment: Deployment) -> str:
    """Return who may approve which environments, as far as that is known.

    For example: ada, grace (production); or, if we may: you (production; reviewers: ada, grace).
    """
    status = deployment.status
    people, where = ", ".join(status.reviewers), ", ".join(status.environments)
    if not status.mine:
        return f"{people} ({where})" if people and where else people or where
    more = "; ".join(filter(None, (where, f"reviewers: {people}" if people else "")))
    return f"you ({more})" if more else "you"
