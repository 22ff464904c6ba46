"""The deployment log for people: two or three lines per operation, in 80 columns."""

from __future__ import annotations

from collections import Counter

from rich.console import Group, RenderableType
from rich.text import Text

from multigit.core.planning.plan import Result
from multigit.core.records.record import Record
from multigit.core.records.repo_record import RepoRecord
from multigit.core.reports.log_report import LogReport, log_hint, log_sentence
from multigit.core.reports.summary import CLOSED_BY
from multigit.core.values.agreement import ActorKind, ChecklistState
from multigit.core.values.deployment import RunState
from multigit.core.values.text import shortened, visible
from multigit.ui.hint_lines import hint_lines
from multigit.ui.problems import problem_lines
from multigit.ui.render import Adaptive, indented, one_line

STYLES = {"done": "green", "failed": "red", "blocked": "yellow", "cancelled": "yellow"}
REFUSED = {
    "confirmation_needed": "not confirmed",
    "confirmation_differs": "not confirmed",
    "locked": "locked",
    "locked_remotely": "locked",
}
BY: dict[ActorKind | None, str] = {ActorKind.CI: " (CI)", ActorKind.AGENT: " (agent)"}
CHECKLISTS: dict[ChecklistState | None, str] = {
    ChecklistState.NOT_TICKED: "checklist not checked off",
    ChecklistState.BY_OPTION: "checklist confirmed by option",
}
LOSSES = {"reverted_work", "returned_files"}
RUNS = {"succeeded": "deployed", "failed": "not deployed"}
PUBLISHING = ("published", "undone", "failed", "unknown", "not_published", "left out")
ORDER = {  # as in the summary of the command itself
    state: place
    for place, state in enumerate((*PUBLISHING, *(RUNS.get(run, str(run)) for run in RunState)))
    if place < len(PUBLISHING) or state not in PUBLISHING
}
ROUTE, ENDING = 20, 21  # columns


def log_view(report: LogReport) -> RenderableType:
    """Return the lines of each operation, oldest first, then the summary."""
    parts: list[RenderableType] = [line for each in report.records for line in lines(each)]
    if parts:
        parts.append(Text())
    parts.append(Text(log_sentence(report), "bold"))
    parts += problem_lines(report.unread_rows())
    return Group(*parts, *hint_lines(log_hint(report)))


def lines(record: Record) -> tuple[RenderableType, ...]:
    """Return when, what, the result and who; below that the release and the message.

    A checklist that no one checked off has a line of its own, as have accepted reverts.
    """
    arrow = " → " if record.source else ""
    route = visible(f"{record.command} {record.source}{arrow}{record.stage}")
    who = visible(record.actor.identity).partition(" <")[0]
    who += BY.get(record.actor.kind, "")
    when = f"  {visible(record.at)[:16].replace('T', ' ')}  "
    closed = record.has(*CLOSED_BY)
    end = Text(ending(record), "yellow" if closed else STYLES.get(record.result, ""))
    folded = Group(Text(f"{when}{route}"), indented(Text.assemble(end, f"  {who}"), len(when)))
    padding = " " * (ENDING - len(end))
    head = Text.assemble(when, f"{route:<{ROUTE}}  ", end, padding, f"  {who}")
    about = "  ".join(visible(each) for each in (record.release, record.message) if each)
    checklist = CHECKLISTS.get(record.agreement.checklist, "")
    below = filter(None, (about, checklist, reverts(record)))
    dim = (one_line(Text(f"{'':{len(when)}}{text}", "dim")) for text in below)
    fits = head.cell_len
    return Adaptive(lambda width: head if fits <= width else folded), *dim


def reverts(record: Record) -> str:
    """Return which repositories published work that the later stage had reverted, and where."""
    passed = (each for each in record.repos if each.published and each.has(*LOSSES))
    names = tuple(visible(each.repo) for each in passed)
    if not names:
        return ""
    down = record.command == "backmerge"
    out = f"reverted work stays out of {visible(record.stage)}"
    return f"! {'reverts merged down' if down else out}: {shortened(names)}"


def ending(record: Record) -> str:
    """Return the result: blocked, not confirmed, or 3 published, 1 left out, or 2 approved."""
    quiet = {"", "up_to_date", "planned"}
    counts = Counter(state for state in map(_state, record.repos) if state not in quiet)
    counts += Counter(each.state for each in record.reviewed)
    runs = (each.state for repo in record.repos for each in repo.deployments)
    counts += Counter(RUNS.get(state, state) for state in runs)
    ordered = sorted(counts.items(), key=lambda each: ORDER.get(each[0], len(ORDER)))
    counted = [f"{number} {state}" for state, number in ordered]
    if record.result in {"done", "failed"} and counted:
        sentence = visible(", ".join(counted).replace("_", " "))
        undone = sentence.replace("published", "undone").replace("left out", "left as is")
        return undone if record.undoes else sentence
    result = visible(record.result)
    return REFUSED.get(record.why, result) if result == Result.BLOCKED else result


def _state(repo: RepoRecord) -> str:
    """Return a repository's state, or nothing if its deployments say it all."""
    if repo.has("taken_back"):
        return "undone"
    said = {"deployed", "started", *(("failed", "skipped") if repo.deployments else ())}
    words = {"skipped": "left out", **dict.fromkeys(said, "")}
    return words.get(repo.state, repo.state)
