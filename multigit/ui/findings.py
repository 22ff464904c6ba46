"""The findings of multigit doctor as one table that fits 80 columns."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from multigit.core.reports.findings import Finding, Level, doctor_summary, grouped
from multigit.core.values.text import visible
from multigit.ui.render import ending, indented, plain, table

MARKS = {
    Level.OK: Text("✓ ok", "green"),
    Level.WARNING: Text("! warning", "yellow"),
    Level.PROBLEM: Text("✗ problem", "red"),
}
EVERYWHERE = "workspace"


def findings_view(findings: Sequence[Finding], repos: int) -> RenderableType:
    """Return each distinct finding with the repositories that share it, then the summary."""
    rows = table(header=False)
    rows.add_column(no_wrap=True)
    rows.add_column(overflow="fold", max_width=24)
    rows.add_column(overflow="fold")
    for names, finding in grouped(findings):
        where = ", ".join(name or EVERYWHERE for name in names)
        rows.add_row(MARKS[finding.state], plain(where), sentence(finding))
    return Group(indented(rows), Text(), ending(*doctor_summary(findings, repos)))


def sentence(finding: Finding) -> Text:
    """Return what was found and, on a line of its own, how to fix it."""
    hint = f"\nHint: {visible(finding.hint)}" if finding.hint else ""
    return Text.assemble(visible(finding.message), (hint, "dim"))
