"""What the first Ctrl-C waits for, and what a second one does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from multigit.core.values.deployment import Deployment, RunState
from multigit.core.values.text import plural, shortened
from multigit.hints import Hint
from multigit.phrase import Phrase

Leaving = Callable[[Sequence[str]], str]  # the sentence about repositories that are waited for

NAMED = 6  # repositories, at most
EXIT = "Press Ctrl-C again to exit at once."
_ON_THE_HOST = {RunState.QUEUED, RunState.WAITING, RunState.RUNNING}


def preparing(repos: Sequence[str]) -> str:
    """Return what is said while the objects of these repositories are being made."""
    return f"Waiting for what is being prepared in {_names(repos)}. {EXIT}"


def pushing(repos: Sequence[str]) -> str:
    """Return what is said while these repositories are being pushed."""
    return Phrase(_waiting("push", repos), " ", Hint.LEAVE_PUSHES)


def updating(repos: Sequence[str]) -> str:
    """Return what is said while these clones are being updated."""
    return f"{_waiting('update', repos)} {EXIT}"


def checking(repos: Sequence[str]) -> str:
    """Return what is said while these repositories are being checked."""
    return f"{_waiting('check', repos)} {EXIT}"


def reviewing(repos: Sequence[str]) -> str:
    """Return what is said while the reviews of these repositories are being sent."""
    return f"{_waiting('review', repos)} {EXIT}"


def deploying(deployments: Mapping[str, Sequence[Deployment]]) -> str:
    """Return what is said while deployments are watched: they do not need multigit."""
    running = _in_state(deployments, _ON_THE_HOST)
    starting = _in_state(deployments, {RunState.STARTING})
    parts = [f"Deployments keep running: {_names(running)}."] if running else []
    parts += [f"{_waiting('start', starting)}"] if starting else []
    return " ".join([*(parts or ["No deployment is running."]), EXIT])


def _in_state(
    deployments: Mapping[str, Sequence[Deployment]], states: set[RunState]
) -> tuple[str, ...]:
    return tuple(
        repo for repo, all_of in deployments.items() if any(one.state in states for one in all_of)
    )


def _waiting(work: str, repos: Sequence[str]) -> str:
    return f"Waiting for {plural(len(repos), work)}: {_names(repos)}."


def _names(repos: Sequence[str]) -> str:
    return shortened(tuple(repos), NAMED)
