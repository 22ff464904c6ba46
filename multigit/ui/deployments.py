"""The results of deployments, below the repositories that they belong to."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from multigit.core.reports.deployment_words import awaited
from multigit.core.values.deployment import Deployment, RunState
from multigit.core.values.duration import briefly
from multigit.core.values.text import visible
from multigit.ui.hint_lines import Flowing
from multigit.ui.render import ABSENT, linked, linked_style

STYLES = {
    RunState.SUCCEEDED: ("✓", "green"),
    RunState.SKIPPED: (ABSENT, "yellow"),
    RunState.UNKNOWN: ("?", "yellow"),
    RunState.NOT_STARTED: ("·", "dim"),
}
WAITING = ("…", "yellow")
BAD = ("✗", "red")


def mark_of(state: RunState) -> tuple[str, str]:
    """Return the mark of a state, and its style."""
    return STYLES.get(state, BAD if state.bad else WAITING)


def deployment_lines(deployment: Deployment) -> RenderableType:
    """Return one deployment for people: its state, the reason, how long it took, and where."""
    style = mark_of(deployment.state)
    status = deployment.status
    words = "deployed" if deployment.state is RunState.SUCCEEDED else deployment.state.in_words
    where = f" to {visible(deployment.target)}" if deployment.target else ""
    timed = deployment.state.over and deployment.seconds
    took = f" in {briefly(deployment.seconds)}" if timed else ""
    waits = deployment.state is RunState.WAITING
    whom = f" for {visible(awaited(deployment))}" if waits and awaited(deployment) else ""
    said = (part for part in (status.job, status.step) if part and part not in status.detail)
    what = " · ".join(map(visible, said))
    who = ", ".join(visible(name) for name in status.approved_by)
    approved = f", approved by {who}" if who else ""
    about = f"{whom}{where}{took}{approved}{f': {what}' if what else ''}"
    shown = deployment.state.bad or waits or deployment.state is RunState.SKIPPED
    more = [Flowing(status.detail, 2)] if status.detail else []
    if shown and deployment.url:
        more.append(Flowing(deployment.url, 2, linked_style(deployment.url)))
    head = Text.assemble((f"{style[0]} ", style[1]), linked(words, deployment.url), about)
    return Group(head, *more)
