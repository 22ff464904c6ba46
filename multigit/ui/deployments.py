"""What became of deployments, below the repositories that they belong to."""

from __future__ import annotations

from rich.text import Text

from multigit.core.deployment import Deployment, RunState
from multigit.core.text import visible

STYLES = {
    RunState.SUCCEEDED: ("✓", "green"),
    RunState.UNKNOWN: ("?", "yellow"),
    RunState.NOT_STARTED: ("·", "dim"),
}
WAITING = ("…", "yellow")
BAD = ("✗", "red")
MINUTE = 60


def deployment_line(deployment: Deployment) -> Text:
    """Return one deployment as people read it: how it stands, why, how long it took, where."""
    style = STYLES.get(deployment.state, BAD if deployment.state.bad else WAITING)
    sight = deployment.sight
    words = "deployed" if deployment.state is RunState.SUCCEEDED else deployment.state.in_words
    where = f" to {visible(deployment.target)}" if deployment.target else ""
    took = f" in {_took(deployment.seconds)}" if deployment.state.over else ""
    what = " · ".join(visible(part) for part in (sight.job, sight.step) if part)
    who = ", ".join(visible(name) for name in sight.approved_by)
    lines = [
        f"{words}{where}{took}{f', approved by {who}' if who else ''}{f': {what}' if what else ''}",
        visible(sight.detail),
        visible(deployment.url) if deployment.state.bad else "",
    ]
    return Text.assemble((f"{style[0]} ", style[1]), "\n  ".join(filter(None, lines)))


def _took(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole}s" if whole < MINUTE else f"{whole // MINUTE}min {whole % MINUTE}s"
