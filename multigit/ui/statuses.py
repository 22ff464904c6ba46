"""The status as a table, or as a list where the terminal is too narrow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from multigit.core.planning.losses import describe_reversal
from multigit.core.records.last_deployments import LastDeployment
from multigit.core.reports.status import Pair, StatusRow
from multigit.core.reports.status_words import status_hint, status_sentence
from multigit.core.values.deployment import RunState
from multigit.core.values.duration import age
from multigit.core.values.text import plural, visible
from multigit.core.values.work_tree import WorkTree
from multigit.core.values.workspace import Stage
from multigit.ui.problems import below, problem_line, problem_lines
from multigit.ui.render import ABSENT, Fitting, ending, indented, plain, table

NAME = 16  # columns for a name; what follows it is never cut


def status_view(
    rows: Sequence[StatusRow],
    pairs: Sequence[tuple[Stage, Stage]],
    now: datetime | None = None,
) -> RenderableType:
    """Return one row per repository, then what could not be read, then the summary."""
    now = now or datetime.now(UTC)
    wide, stacked, bare = (status_table(rows, pairs, now, by) for by in (", ", "\n", None))
    deploys = deploys_table(rows, now)
    folded = Group(bare, Text(), deploys) if deploys.row_count else bare
    view = Fitting(wide, Fitting(stacked, Fitting(folded, status_list(rows, now), measured=bare)))
    problems = [
        *unpushed_lines(rows),
        *reverted_lines(rows, pairs),
        *problem_lines((row.repo, row.problems) for row in rows),
    ]
    summary = ending(status_sentence(rows), status_hint(rows, pairs))
    return Group(indented(view), *below(problems), Text(), summary)


def status_table(
    rows: Sequence[StatusRow],
    pairs: Sequence[tuple[Stage, Stage]],
    now: datetime,
    separator: str | None,
) -> Table:
    """Return one row per repository, with its last deploys unless their separator is None."""
    lines = table()
    lines.add_column("repo", overflow="ellipsis", no_wrap=True, max_width=NAME)
    lines.add_column("branch", no_wrap=True)
    for earlier, later in pairs:
        lines.add_column(f"{earlier.name} → {later.name}", no_wrap=True)
    lines.add_column("hotfixes", no_wrap=True)
    if separator is not None:
        lines.add_column("last deploys", no_wrap=True)
    for row in rows:
        cells = [pair_cell(pair) for pair in row.pairs] or [Text(ABSENT, "dim")] * len(pairs)
        cells.append(debt_cell(row))
        if separator is not None:
            cells.append(deploys_cell(row, now, separator))
        lines.add_row(plain(row.repo), branch_cell(row.work), *cells)
    return lines


def deploys_table(rows: Sequence[StatusRow], now: datetime) -> Table:
    """Return the last deploys of the repositories that have any."""
    lines = table()
    lines.add_column("repo", overflow="ellipsis", no_wrap=True, max_width=NAME)
    lines.add_column("last deploys")
    for row in rows:
        if row.deploys or row.deployed:
            lines.add_row(plain(row.repo), deploys_cell(row, now))
    return lines


def status_list(rows: Sequence[StatusRow], now: datetime) -> RenderableType:
    """Return one fact per line, for a terminal too narrow for any table."""
    return Group(*(line for row in rows for line in _facts(row, now)))


def _facts(row: StatusRow, now: datetime) -> Iterator[RenderableType]:
    yield Text.assemble((visible(row.repo), "bold"), "  ", branch_cell(row.work))
    for pair in row.pairs:
        yield indented(Text.assemble(f"{pair.source} → {pair.target}: ", pair_cell(pair)))
    if any(pair.hotfixes or pair.merge_owed for pair in row.pairs):
        yield indented(Text.assemble("hotfixes: ", debt_cell(row)))
    if row.deploys or row.deployed:
        yield indented(Text.assemble("last deploys: ", deploys_cell(row, now)))


def branch_cell(work: WorkTree | None) -> Text:
    """Return the branch, then ↑ahead ↓behind ●changed and an unfinished merge or rebase."""
    if work is None:
        return Text(ABSENT, "dim")
    marks = [
        (f"↑{work.ahead}", work.ahead),
        (f"↓{work.behind}", work.behind),
        (f"●{work.changed}", work.changed),
    ]
    shown = " ".join(mark for mark, wanted in marks if wanted)
    name = Text(visible(work.branch) or f"({work.head[:7]})")
    name.truncate(NAME, overflow="ellipsis")
    return Text.assemble(
        name, (f" {shown}" if shown else "", "yellow"), (f" {work.unfinished}", "red")
    )


def unpushed_lines(rows: Sequence[StatusRow]) -> Iterator[RenderableType]:
    """Yield what is not pushed on stages that are not checked out: no cell shows it."""
    for row in rows:
        if elsewhere := row.unpushed_elsewhere():
            counts = (f"{plural(e.commits, 'unpushed commit')} on {e.stage}" for e in elsewhere)
            yield problem_line(row.repo, f"{', '.join(counts)}.", blocks=False)


def reverted_lines(
    rows: Sequence[StatusRow], pairs: Sequence[tuple[Stage, Stage]]
) -> Iterator[RenderableType]:
    """Yield which commits revert work: no cell has room for them."""
    branches = {stage.name: stage.branch for pair in pairs for stage in pair}
    for row in rows:
        for pair in row.pairs:
            sides = branches[pair.source], branches[pair.target]
            for reversal in pair.reverted:
                sentence = visible(describe_reversal(reversal, *sides))
                yield problem_line(row.repo, f"{sentence}.", blocks=True)


def pair_cell(pair: Pair) -> Text:
    """Return what waits between two stages."""
    match pair.state:
        case "missing":
            return Text(f"no {' or '.join(pair.missing)}", "dim")
        case "conflict":
            return Text("✗ conflicts", "red")
        case "reverted":
            return Text("✗ reverted", "red")
        case "waiting":
            return Text(f"{pair.commits or 'a merge'} waiting", "cyan")
    return Text("up to date", "dim")


def debt_cell(row: StatusRow) -> Text:
    """Return how many commits of its own each later stage has that the one before lacks."""
    debts = [
        f"{pair.hotfixes or 'a merge'} on {pair.target}"
        for pair in row.pairs
        if pair.hotfixes or pair.merge_owed
    ]
    return Text(", ".join(debts), "yellow") if debts else Text(ABSENT, "dim")


def deploys_cell(row: StatusRow, now: datetime, separator: str = ", ") -> Text:
    """Return how long ago each stage was deployed last, and the result, if the log has it.

    A release that is not the newest is named: someone rolled back to it.
    """
    stages = dict.fromkeys((*row.deploys, *row.deployed))
    cells = [_last_deploy(row, stage, now) for stage in stages]
    return Text(separator).join(cells) if cells else Text(ABSENT, "dim")


def _last_deploy(row: StatusRow, stage: str, now: datetime) -> Text:
    tag, last = row.deploys.get(stage), row.deployed.get(stage)
    if tag and (last is None or last.time < tag.time):  # tagged since, perhaps elsewhere
        return Text(f"{visible(stage)} {age(tag.time, now)}")
    if last is None:
        return Text()
    earlier = f" {visible(last.release)}" if stage in row.went_back else ""
    return Text.assemble(f"{visible(stage)} {age(last.time, now)} ", _mark(last), earlier)


def _mark(last: LastDeployment) -> tuple[str, str]:
    if last.state == RunState.SUCCEEDED:
        return "✓", "green"
    if last.went_wrong:
        return "✗", "red"
    watched = last.may_run and last.state not in {RunState.TIMED_OUT, RunState.UNKNOWN}
    return ("…" if watched else "?"), "yellow"
