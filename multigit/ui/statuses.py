"""The status as a table, or as a list where the terminal is too narrow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from multigit.core.planning.losses import describe_reversal
from multigit.core.planning.overrides import HELD
from multigit.core.records.last_deployments import LastDeployment
from multigit.core.reports.held_stages import NOTHING_HELD, Holding
from multigit.core.reports.status import Pair, StatusRow, WentBack
from multigit.core.reports.status_words import status_hint, status_sentence, waits
from multigit.core.values.deployment import RunState
from multigit.core.values.duration import age
from multigit.core.values.problem import Problem
from multigit.core.values.text import plural, visible
from multigit.core.values.work_tree import WorkTree
from multigit.core.values.workspace import Stage
from multigit.ui.hint_lines import ending
from multigit.ui.names import distinct, up_to_date
from multigit.ui.problems import below, problem_line, problem_lines
from multigit.ui.render import (
    ABSENT,
    UNLIMITED,
    Adaptive,
    beside,
    indented,
    natural_width,
    table,
)

NAME, BRANCH = 20, 16  # columns for a name, before the table becomes a list; the rest is never cut


@dataclass(frozen=True, slots=True)
class StatusLayout:
    """How a table shows the last deployments, None: not at all, and from where names are cut."""

    separator: str | None = None
    name: int = UNLIMITED
    branch: int = UNLIMITED


def status_view(
    rows: Sequence[StatusRow],
    pairs: Sequence[tuple[Stage, Stage]],
    now: datetime | None = None,
    holding: Holding = NOTHING_HELD,
) -> RenderableType:
    """Return what is known of each repository, then what could not be read, then the summary.

    Held stages are above all of it.
    Repositories of which there is nothing to say share one sentence, and those that are up to date
    are below the others.
    """
    quiet = [row for row in rows if is_quiet(row)]
    told = sorted((row for row in rows if row not in quiet), key=_is_up_to_date)
    lines = StatusLines(told, pairs, now or datetime.now(UTC))
    problems = [
        *unpushed_lines(rows),
        *reverted_lines(rows),
        *problem_lines((row.repo, row.problems) for row in rows),
    ]
    return Group(
        *held_lines(holding),
        *([indented(Adaptive(lines.fitting))] if told else []),
        *up_to_date(row.repo for row in quiet),
        *below(problems),
        Text(),
        ending(status_sentence(rows), status_hint(rows, pairs, holding)),
    )


def held_lines(holding: Holding) -> list[RenderableType]:
    """Return which stages are held, and of which that is unknown, with a blank line below."""
    held = [Problem(HELD, hold.sentence()) for hold in holding.holds]
    lines = [*problem_lines([("", (*held, *holding.problems))])]
    return [*lines, Text()] if lines else []


def is_quiet(row: StatusRow) -> bool:
    """Return whether a repository is up to date, and its clone as it should be on a stage."""
    work, more = row.work, (row.deploys, row.deployed, row.unpushed)
    if work is None or any(more) or not _is_up_to_date(row):
        return False
    marks = (work.ahead, work.behind, work.changed, work.unfinished)
    return work.branch in row.branches.values() and not any(marks)


def _is_up_to_date(row: StatusRow) -> bool:
    return bool(row.pairs) and not row.problems and all(map(_is_settled, row.pairs))


def _is_settled(pair: Pair) -> bool:
    return pair.state == "up_to_date" and not (pair.hotfixes or pair.merge_owed)


@dataclass(frozen=True, slots=True)
class StatusLines:
    """The rows of a status at any width."""

    rows: Sequence[StatusRow]
    pairs: Sequence[tuple[Stage, Stage]]
    now: datetime

    def fitting(self, width: int) -> RenderableType:
        """Return the widest table that fits, or a list.

        Where the last deployments have no room in the table, they are below it. Branches and names
        are cut last.
        """
        for layout in (StatusLayout(", "), StatusLayout("\n"), StatusLayout(), self._cut(width)):
            lines = self.table(layout)
            if natural_width(lines) <= width:
                deploys = self._deploys(layout, width)
                return lines if layout.separator or not deploys else Group(lines, Text(), *deploys)
        return self.list(width)

    def _cut(self, width: int) -> StatusLayout:
        """Return a layout with branches cut as far as necessary, then names."""
        branches, names = (
            max(map(cell_len, each), default=0)
            for each in (map(branch_name, self.rows), (visible(row.repo) for row in self.rows))
        )
        over = natural_width(self.table(StatusLayout())) - width
        branch = max(branches - over, min(branches, BRANCH))
        name = max(names - (over - (branches - branch)), min(names, NAME))
        return StatusLayout(name=name, branch=branch)

    def table(self, layout: StatusLayout) -> Table:
        """Return one row per repository."""
        lines = table()
        lines.add_column("repo", no_wrap=True)
        lines.add_column("branch", no_wrap=True)
        for earlier, later in self.pairs:
            lines.add_column(f"{earlier.name} → {later.name}", no_wrap=True)
        lines.add_column("hotfixes", no_wrap=True)
        if layout.separator:
            lines.add_column("last deploys", no_wrap=True)
        names, branches = self._names(layout.name), self._branches(layout.branch)
        for row in self.rows:
            cells = [*pair_cells(row, self.pairs), debt_cell(row)]
            if layout.separator:
                cells.append(deploys_cell(row, self.now, layout.separator))
            lines.add_row(
                names[visible(row.repo)], branch_cell(row.work, branches[branch_name(row)]), *cells
            )
        return lines

    def _deploys(self, layout: StatusLayout, width: int) -> list[RenderableType]:
        """Return the last deploys of the repositories that have any."""
        names, lines = self._names(min(layout.name, width)), table()
        lines.add_column("repo", no_wrap=True)
        lines.add_column("last deploys")
        for row in self.rows:
            if row.deploys or row.deployed:
                lines.add_row(names[visible(row.repo)], deploys_cell(row, self.now))
        return [lines] if lines.row_count else []

    def list(self, width: int) -> RenderableType:
        """Return one fact per line, for a terminal too narrow for any table."""
        return Group(*(line for row in self.rows for line in self._facts(row, width)))

    def _facts(self, row: StatusRow, width: int) -> Iterator[RenderableType]:
        name = Text(self._names(width)[visible(row.repo)], "bold")
        branch = self._branches(width - 2)[branch_name(row)]
        yield from beside(name, branch_cell(row.work, branch), width)
        own = [pair for pair in self.pairs if row.between(*pair) or row.has_unread(*pair)]
        for (source, target), cell in zip(own, pair_cells(row, own), strict=True):
            yield indented(Text.assemble(f"{source.name} → {target.name}: ", cell))
        if any(pair.hotfixes or pair.merge_owed for pair in row.pairs):
            yield indented(Text.assemble("hotfixes: ", debt_cell(row)))
        if row.deploys or row.deployed:
            yield indented(Text.assemble("last deploys: ", deploys_cell(row, self.now)))

    def _names(self, width: int) -> Mapping[str, str]:
        return distinct((visible(row.repo) for row in self.rows), width)

    def _branches(self, width: int) -> Mapping[str, str]:
        return distinct(map(branch_name, self.rows), width)


def branch_name(row: StatusRow) -> str:
    """Return the checked-out branch, or the commit if there is none."""
    if row.work is None:
        return ABSENT
    return visible(row.work.branch) or f"({row.work.head[:7]})"


def branch_cell(work: WorkTree | None, shown: str) -> Text:
    """Return the branch, then ↑ahead ↓behind ●changed and an unfinished merge or rebase."""
    if work is None:
        return Text(ABSENT, "dim")
    marks = [
        (f"↑{work.ahead}", work.ahead),
        (f"↓{work.behind}", work.behind),
        (f"●{work.changed}", work.changed),
    ]
    cells = [
        Text(shown),
        *(Text(mark, "yellow") for mark, wanted in marks if wanted),
        *([Text(work.unfinished, "red")] if work.unfinished else []),
    ]
    return Text(" ").join(cells)


def unpushed_lines(rows: Sequence[StatusRow]) -> Iterator[RenderableType]:
    """Yield what is not pushed on stages that are not checked out: no cell shows it."""
    for row in rows:
        if elsewhere := row.unpushed_elsewhere():
            counts = (f"{plural(e.commits, 'unpushed commit')} on {e.stage}" for e in elsewhere)
            yield problem_line(row.repo, f"{', '.join(counts)}.", blocks=False)


def reverted_lines(rows: Sequence[StatusRow]) -> Iterator[RenderableType]:
    """Yield which commits revert work: no cell has room for them."""
    for row in rows:
        for pair in row.pairs:
            sides = row.branches.get(pair.source, ""), row.branches.get(pair.target, "")
            for reversal in pair.reverted:
                sentence = visible(describe_reversal(reversal, *sides))
                yield problem_line(row.repo, f"{sentence}.", blocks=True)
            for reversal in pair.returning:
                sentence = visible(describe_reversal(reversal, *sides))
                back = f"{sentence}; a promotion with new commits brings that back."
                yield problem_line(row.repo, back, blocks=False)


def pair_cells(row: StatusRow, pairs: Sequence[tuple[Stage, Stage]]) -> list[Text]:
    """Return what waits between these stages; what could not be read now is marked with ?."""
    return [_pair_cell(row, *pair) for pair in pairs]


def _pair_cell(row: StatusRow, earlier: Stage, later: Stage) -> Text:
    pair, unread = row.between(earlier, later), Text("?", "red")
    if pair is None:
        return unread if row.has_unread(earlier, later) else Text(ABSENT, "dim")
    if not row.problems:
        return pair_cell(pair)
    return unread if pair.state == "up_to_date" else Text(" ").join([pair_cell(pair), unread])


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
            return Text(", ".join(_waiting(pair)), "cyan")
    return Text("up to date", "dim")


def _waiting(pair: Pair) -> Iterator[str]:
    if waits(pair):
        yield f"{pair.commits or 'a merge'} waiting"
    if pair.held:
        yield f"{pair.held} held"


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
    tag, last, back = row.deploys.get(stage), row.deployed.get(stage), row.rolled_back.get(stage)
    if back and (last is None or last.rolled_back_to != back.release):  # not from this workspace
        return Text(f"{visible(stage)} {age(back.time, now)} {_back_to(back)}")
    if tag and (last is None or last.time < tag.time):  # tagged since, perhaps elsewhere
        return Text(f"{visible(stage)} {age(tag.time, now)}")
    if last is None:
        return Text()
    earlier = f" {visible(last.release)}" if stage in row.went_back else ""
    earlier = f" {_back_to(back)}" if back else earlier
    return Text.assemble(
        f"{visible(stage)} {age(last.time, now)} ", _mark(last, asked=stage in row.asked), earlier
    )


def _back_to(back: WentBack) -> str:
    return f"rolled back to {visible(back.release)}"


def _mark(last: LastDeployment, *, asked: bool) -> tuple[str, str]:
    """Return the mark of a deployment; one is running only if its host was asked just now."""
    if last.state == RunState.SUCCEEDED:
        return "✓", "green"
    if last.went_wrong:
        return "✗", "red"
    if last.state == RunState.SKIPPED:
        return ABSENT, "dim"
    return ("…" if asked and last.under_way else "?"), "yellow"
