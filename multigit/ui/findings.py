"""The findings of multigit doctor, one for all repositories that share it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from multigit.core.reports.findings import Finding, Level, doctor_summary, grouped
from multigit.core.values.problem import about_several
from multigit.ui.hint_lines import ending
from multigit.ui.items import Item, items_view
from multigit.ui.local_times import local
from multigit.ui.render import plain

MARKS = {
    Level.OK: Text("✓ ok", "green"),
    Level.WARNING: Text("! warning", "yellow"),
    Level.PROBLEM: Text("✗ problem", "red"),
}
EVERYWHERE = "workspace"
WHERE = 24  # columns for names, before they are wrapped


def findings_view(findings: Sequence[Finding], repos: int) -> RenderableType:
    """Return each distinct finding with the repositories that share it, then the summary."""
    rows = [
        Item(
            (MARKS[finding.state], plain(", ".join(name or EVERYWHERE for name in names))),
            plain(local(about_several(finding.message) if len(names) > 1 else finding.message)),
            finding.hint,
        )
        for names, finding in grouped(findings)
    ]
    return Group(items_view(rows, WHERE), Text(), ending(*doctor_summary(findings, repos)))
