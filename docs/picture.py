"""Draws docs/plan.svg and docs/status.svg: what multigit really shows for a sandbox.

    python docs/picture.py [FOLDER]

Commits, tags and the plan have fixed dates, so that plan.svg is the same in every run. The ages in
status.svg are counted from now, but always come out the same.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console, RenderableType
from rich.text import Text

from multigit.adapters.config.load import load
from multigit.adapters.demo.sandbox import Sandbox
from multigit.adapters.git.workspace import GitRepositories
from multigit.adapters.system.environment import forget_outer_repository
from multigit.core.planning.merges import MergeRequest, plan_merges
from multigit.core.planning.plan import Plan
from multigit.core.planning.routes import hop
from multigit.core.progress.outcome import planned
from multigit.core.reports.status import status_rows
from multigit.core.values.deployment import Deployment
from multigit.core.values.start_time import StartTime
from multigit.core.values.workspace import Workspace
from multigit.engine.execute import Executor
from multigit.engine.fleet import Fleet
from multigit.engine.observe.merges import MergeObservation
from multigit.engine.observe.observation import observe
from multigit.engine.observe.status import StatusObservation
from multigit.ui.plans import plan_view
from multigit.ui.statuses import status_view

COLUMNS = 80
JOBS = 4
PLANNED_AT = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

# As rich's own format, but with fonts that the reader has: no web font, no host is named.
SVG = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px;
  line-height: {line_height}px;
}}
.{unique_id}-title {{ font-family: sans-serif; font-size: 18px; font-weight: bold; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


class Silence:
    """A listener that ignores everything."""

    def phase(self, name: str, repos: Sequence[str]) -> None:
        """Ignore it."""

    def started(self, repo: str, doing: str) -> None:
        """Ignore it."""

    def deploying(self, repo: str, deployment: Deployment) -> None:
        """Ignore it."""

    def finished(self, repo: str, state: str, detail: str = "") -> None:
        """Ignore it."""

    def say(self, sentence: str) -> None:
        """Ignore it."""

    def paused(self, why: str) -> None:
        """Ignore it."""


def main(folder: Path) -> None:
    """Draw both pictures into the folder."""
    forget_outer_repository(os.environ)
    os.environ.update(GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_NOSYSTEM="1")
    with tempfile.TemporaryDirectory(prefix="multigit-") as scratch:
        plan = draw_plan(Path(scratch) / "plan")
        (folder / "plan.svg").write_text(plan, encoding="utf-8")
        status = draw_status(Path(scratch) / "status")
        (folder / "status.svg").write_text(status, encoding="utf-8")


def draw_plan(folder: Path) -> str:
    """Return the picture of a promotion's plan."""
    with committing_at(PLANNED_AT - 6 * DAY):
        sandbox = Sandbox.build(folder)
    for hours, repo, files, subject in (
        (26, "api", {"orders.py": "ORDER_BY = 'date'\n"}, "feat: orders by date"),
        (25, "user-frontend", {"orders.html": "<h1>Orders</h1>\n"}, "feat: list of orders"),
        (5, "api", {"upload.py": "LIMIT = 10\n", "tests/upload.py": "\n"}, "feat: upload"),
        (4, "database", {"orders.sql": "CREATE INDEX;\n"}, "feat: index on orders"),
        (3, "api", {"upload.py": "LIMIT = 10\nTIMEOUT = 30\n"}, "fix: time-out"),
        (2, "user-frontend", {"orders.css": "h1 { margin: 0 }\n"}, "fix: margin"),
        (1, "worker", {"retry.py": "TRIES = 3\n"}, "feat: retry jobs"),
    ):
        with committing_at(PLANNED_AT - hours * HOUR):
            sandbox.colleague(repo, "dev", files, subject)
    workspace = load(sandbox.shop / "multigit.toml")
    plan = promotion(workspace, "dev", "stg", PLANNED_AT)
    return svg("multigit promote dev stg", plan_view(planned(plan), PLANNED_AT))


def draw_status(folder: Path) -> str:
    """Return the picture of a status: earlier releases, work, a conflict and a hotfix."""
    now = datetime.now(UTC).replace(microsecond=0)
    with committing_at(now - 8 * DAY):
        sandbox = Sandbox.build(folder)
    workspace = load(sandbox.shop / "multigit.toml")
    with committing_at(now - 7 * DAY):
        for repo in ("database", "api", "user-frontend", "websocket"):
            sandbox.colleague(repo, "dev", {"first.py": "A = 1\n"}, "feat: first release")
    promote(workspace, "dev", "stg", now - 6 * DAY - 3 * HOUR)
    promote(workspace, "stg", "main", now - 6 * DAY - HOUR)
    with committing_at(now - 5 * HOUR):
        for repo in ("database", "api"):
            sandbox.colleague(repo, "dev", {"second.py": "A = 1\n"}, "feat: second release")
    promote(workspace, "dev", "stg", now - 2 * HOUR - HOUR / 3)
    with committing_at(now - HOUR / 2):
        sandbox.colleague("api", "dev", {"third.py": "A = 1\n"}, "feat: third release")
        sandbox.colleague("user-frontend", "main", {"fix.py": "A = 1\n"}, "hotfix: time-out")
        sandbox.colleague("websocket", "dev", {"service.py": "PORT = 8080\n"}, "feat: port 8080")
        sandbox.colleague("websocket", "stg", {"service.py": "PORT = 9090\n"}, "fix: port 9090")
    sandbox.write("api", {"service.py": "PORT = 8000\n", "notes.txt": "try this\n"})
    look = StatusObservation(workspace.stages, workspace.pairs()).of
    git = GitRepositories(workspace)
    seen = observe(git, workspace.repos, look, Fleet(Silence(), JOBS))
    rows = status_rows(workspace, workspace.repos, seen)
    return svg("multigit status", status_view(rows, workspace.pairs()))


def promotion(workspace: Workspace, source: str, target: str, at: datetime) -> Plan:
    """Return the plan of a promotion at a time."""
    stages = workspace.stage(source), workspace.stage(target)
    route = hop(workspace, *stages, "release", forward=True)
    request = MergeRequest("promote", StartTime(at, "7f3a"), (route,), workspace.repos)
    git = GitRepositories(workspace)
    look = MergeObservation(request).of
    seen = observe(git, workspace.repos, look, Fleet(Silence(), JOBS))
    return plan_merges(request, workspace, seen)


def promote(workspace: Workspace, source: str, target: str, at: datetime) -> None:
    """Plan a promotion and run it."""
    plan = promotion(workspace, source, target, at)
    Executor(GitRepositories(workspace), workspace, plan, Fleet(Silence(), JOBS)).run()


@contextmanager
def committing_at(time: datetime) -> Iterator[None]:
    """Let every commit in the block have this date."""
    names = ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE")
    os.environ.update(dict.fromkeys(names, f"{int(time.timestamp())} +0000"))
    try:
        yield
    finally:
        for name in names:
            del os.environ[name]


def svg(command: str, view: RenderableType) -> str:
    """Return what a command shows as a picture."""
    console = Console(
        record=True,
        width=COLUMNS,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    console.print(Text.assemble(("$ ", "dim"), (command, "bold cyan")), highlight=False)
    console.print(view, highlight=False)
    drawn = console.export_svg(title=command, code_format=SVG, unique_id="multigit")
    return "\n".join(line.rstrip() for line in drawn.splitlines()) + "\n"


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
