"""The deployment log for people: for each operation a headline, in one line or two, and details.

The details are its id, the release and the message, and lines about what it rolled back, about its
checklist and about reverts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.text import Text

from multigit.core.planning.plan import Result
from multigit.core.records.record import Record
from multigit.core.records.repo_record import RepoRecord
from multigit.core.reports.log_report import LogReport, log_hint, log_sentence
from multigit.core.reports.summary import CLOSED_BY
from multigit.core.values.agreement import ActorKind, ChecklistState
from multigit.core.values.deployment import RunState
from multigit.core.values.mark import Quality
from multigit.core.values.text import plural, shortened, visible
from multigit.ui.hint_lines import hint_lines
from multigit.ui.local_times import local_time
from multigit.ui.problems import problem_lines
from multigit.ui.render import Adaptive, Prose, indented, natural_width, one_line, table

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
NOTHING_DONE = {Result.BLOCKED, Result.CANCELLED}
LOSSES = {"reverted_work", "returned_files"}
RUNS = {"succeeded": "deployed", "failed": "not deployed"}
PUBLISHING = ("published", "undone", "failed", "unknown", "not_published", "left out")
ORDER = {  # as in the summary of the command itself
    state: place
    for place, state in enumerate((*PUBLISHING, *(RUNS.get(run, str(run)) for run in RunState)))
    if place < len(PUBLISHING) or state not in PUBLISHING
}


@dataclass(frozen=True, slots=True)
class Headline:
    """When, what, the result and who, of one operation."""

    when: str
    route: str
    end: Text
    who: str

    @classmethod
    def of(cls, record: Record) -> Self:
        """Return the headline of a record."""
        arrow = " → " if record.source else ""
        style = "yellow" if record.has(*CLOSED_BY) else STYLES.get(record.result, "")
        style = "red" if record.mark and record.mark.quality is Quality.BAD else style
        who = visible(record.actor.identity).partition(" <")[0]
        return cls(
            local_time(record.at),
            visible(f"{record.command} {record.source}{arrow}{record.stage}"),
            Text(ending(record), style),
            who + BY.get(record.actor.kind, ""),
        )


def log_view(report: LogReport) -> RenderableType:
    """Return the lines of each operation, oldest first, then the summary."""
    parts: list[RenderableType] = []
    if report.records:
        parts += [Adaptive(partial(records_view, report.records)), Text()]
    sentence = Prose(Text(log_sentence(report), "bold"))
    parts += [sentence, *problem_lines(report.unread_rows())]
    return Group(*parts, *hint_lines(log_hint(report)))


def records_view(records: Sequence[Record], width: int) -> RenderableType:
    """Return the headlines in columns if they fit, and below each what else there is to say."""
    heads = [Headline.of(record) for record in records]
    rows = table(header=False)
    for head in heads:
        rows.add_row(head.when, head.route, head.end, head.who)
    fits = natural_width(rows) <= width - 2
    widths = [max(map(cell_len, map(str, column.cells))) for column in rows.columns]
    lines: list[RenderableType] = []
    for head, record in zip(heads, records, strict=True):
        lines += [in_columns(head, widths)] if fits else folded(head)
        lines += operation_line(record)
        lines += (indented(one_line(Text(text, "dim")), 4) for text in details(record))
    return Group(*lines)


def in_columns(head: Headline, widths: Sequence[int]) -> RenderableType:
    """Return a headline in a line."""
    row = table(header=False)
    for width in widths:
        row.add_column(width=width)
    row.add_row(head.when, head.route, head.end, head.who)
    return indented(row)


def folded(head: Headline) -> list[RenderableType]:
    """Return a headline in two lines."""
    first = Text(f"{head.when}  {head.route}")
    return [indented(first), indented(Text.assemble(head.end, "  ", head.who), 4)]


def operation_line(record: Record) -> list[RenderableType]:
    """Return the id of an operation, which is typed, so never cut; none if it changed nothing."""
    if not record.operation or record.result in NOTHING_DONE:
        return []
    name = Text(visible(record.operation), "dim", no_wrap=True, overflow="ignore")
    return [indented(name, 4)]


def details(record: Record) -> Iterator[str]:
    """Yield the release and the first line of the message.

    A checklist that no one checked off has a line of its own, as have accepted reverts, and what
    else was accepted, or rolled back.
    """
    subject = record.message.partition("\n")[0]
    about = "  ".join(visible(each) for each in (record.released, subject) if each)
    checklist = CHECKLISTS.get(record.agreement.checklist, "")
    more = (*rolled_back(record), checklist, reverts(record), *accepted(record))
    yield from filter(None, (about, *more))


def rolled_back(record: Record) -> Iterator[str]:
    """Yield what a roll-back rolled back and where, why, and which operation it answers."""
    back = record.rolls_back
    if back is None:
        return
    ways: dict[str, list[str]] = {}
    for each in record.repos:
        if (way := each.rolled_back) and (each.deployed or each.maybe_published):
            ways.setdefault(way.how, []).append(f"{visible(each.repo)} ({way.commits})")
    if ways:
        places = "; ".join(
            f"{visible(how)}: {shortened(tuple(where))}" for how, where in ways.items()
        )
        from_it = f" from {visible(back.bad)}" if back.bad else ""
        yield f"rolled back {plural(back.commits, 'commit')}{from_it}: {places}"
    if back.held:
        yield f"{visible(record.stage)} was held"
    if back.why:
        yield f"reason: {visible(' '.join(back.why.split()))}"
    if back.after:
        yield f"automatic, since this failed: {visible(back.after)}"


def reverts(record: Record) -> str:
    """Return which repositories published work that the later stage had reverted, and where."""
    passed = (each for each in record.repos if each.published and each.has(*LOSSES))
    names = tuple(visible(each.repo) for each in passed)
    if not names:
        return ""
    down = record.command == "backmerge"
    out = f"reverted work stays out of {visible(record.stage)}"
    return f"! {'reverts merged down' if down else out}: {shortened(names)}"


def accepted(record: Record) -> Iterator[str]:
    """Yield what was in the way of it, with the repositories for which that was accepted, and why.

    Each reason stands once, below what it was given for.
    """
    for reason in dict.fromkeys(each.reason for each in record.accepted):
        same = [each for each in record.accepted if each.reason == reason]
        for message in dict.fromkeys(each.message for each in same):
            repos = tuple(visible(each.repo) for each in same if each.message == message)
            yield f"! accepted in {shortened(repos)}: {visible(message)}"
        if reason:
            yield f"! reason: {visible(' '.join(reason.split()))}"


def ending(record: Record) -> str:
    """Return the result: blocked, not confirmed, or 3 published, 1 left out, or 2 approved."""
    if record.mark:
        return f"marked {record.mark.quality}"
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
