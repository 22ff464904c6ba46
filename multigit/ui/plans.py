"""A plan as a table, and as a list where the terminal is too narrow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from multigit.core.planning.move import Move
from multigit.core.planning.plan import Plan, RepoPlan, State
from multigit.core.planning.steps import MovingStep
from multigit.core.progress.deployments import still_to_come
from multigit.core.progress.outcome import Report
from multigit.core.progress.state import Progress
from multigit.core.values.commits import Commit
from multigit.core.values.duration import age
from multigit.core.values.text import plural, visible
from multigit.core.values.work_tree import Change
from multigit.ui.problems import below, problem_lines
from multigit.ui.render import ABSENT, Fitting, indented, one_line, plain, table
from multigit.ui.reports import sentence_view

FILES_SHOWN = 12
ABOUT = 10  # columns that a subject requires, with the gap before it
LEAST = 8  # columns of a subject, at the least
READABLE = 14  # columns of a subject that leave room for its age
LETTERS = {"untracked": "A", "added": "A", "modified": "M", "deleted": "D"}


def plan_view(report: Report, now: datetime | None = None) -> RenderableType:
    """Return the plan as shown before the question, or why none of it will be done."""
    plan = report.plan
    head, now = Text(visible(title(plan)), style="bold"), now or datetime.now(UTC)
    rows, bare = plan_table(report, now), plan_table(report, now, about=False)
    moves = indented(Fitting(rows, plan_list(report, now), measured=bare, spare=ABOUT))
    files = below(files_to_commit(plan))
    problems = below(problem_lines((repo.repo, repo.problems) for repo in plan.repos))
    return Group(head, Text(), moves, *files, *problems, Text(), sentence_view(report))


def title(plan: Plan) -> str:
    """Return the plan's first line."""
    verbs = {"promote": "Promote", "backmerge": "Back-merge", "push": "Push", "undo": "Undo"}
    if plan.undoes:
        return f"Undo {plan.undoes}"
    verb = verbs.get(plan.command, plan.command.capitalize())
    route = f"{plan.source} → {plan.target}" if plan.source else plan.target
    return f"{verb} {route}" + (f" as {plan.release}" if plan.release else "")


def plan_table(report: Report, now: datetime, *, about: bool = True) -> Table:
    """Return one row per repository, or per branch if several move.

    Without `about` there is no column for the newest commit.
    """
    rows = table()
    rows.add_column("repo", overflow="ellipsis", no_wrap=True, max_width=20)
    rows.add_column("from → to", no_wrap=True)
    rows.add_column("commits", justify="right", no_wrap=True)
    rows.add_column("files", justify="right", no_wrap=True)
    if about:
        rows.add_column("newest", ratio=1)
    rows.add_column("plan", no_wrap=True)
    named = moves_elsewhere(report.plan)
    for repo in report.plan.repos:
        name, progress = plain(repo.repo), report.before.of(repo.repo)
        if not repo.branch_steps():
            rows.add_row(name, *[absent()] * (4 if about else 3), verdict(repo, progress))
        for step in repo.branch_steps():
            done = Text(verb(step, repo, progress, named=named), "green")
            rows.add_row(name, *step_cells(step.move(), now)[: 4 if about else 3], done)
            name = Text()
    return rows


def plan_list(report: Report, now: datetime) -> RenderableType:
    """Return two lines per branch that moves, for a terminal too narrow for the table."""
    named = moves_elsewhere(report.plan)
    lines = (
        _plan_lines(repo, report.before.of(repo.repo), now, named=named)
        for repo in report.plan.repos
    )
    return Group(*chain.from_iterable(lines))


def _plan_lines(
    repo: RepoPlan, progress: Progress, now: datetime, *, named: bool
) -> Iterator[RenderableType]:
    bold, steps = (visible(repo.repo), "bold"), repo.branch_steps()
    if not steps:
        yield Text.assemble(bold, "  ", verdict(repo, progress))
    for step in steps:
        arrow, commits, files, subject = step_cells(step.move(), now)
        counts = [
            f"  {name} {n}" for name, n in (("commits", commits), ("files", files)) if is_present(n)
        ]
        yield Text.assemble(bold, "  ", (verb(step, repo, progress, named=named), "green"))
        yield indented(Text.assemble(arrow, *counts))
        if is_present(subject):
            yield indented(subject)


def is_present(cell: Cell) -> bool:
    """Return whether a cell holds a value."""
    return not isinstance(cell, Text) or cell.plain != ABSENT


def step_cells(move: Move, now: datetime) -> tuple[Text, Text, Text, Cell]:
    """Return from → to, commits, files and newest of one step."""
    arrow = Text(f"{move.before:7} → {move.after}")
    about = newest(move.brings.newest, now) if move.brings else one_line(plain(move.subject))
    return arrow, number(move.commits), number(move.files), about or absent()


def number(count: int | None) -> Text:
    """Return a number, or that there is none."""
    return absent() if count is None else Text(str(count))


def absent() -> Text:
    """Return the cell of a value that does not exist."""
    return Text(ABSENT, "dim")


def moves_elsewhere(plan: Plan) -> bool:
    """Return whether a plan moves any branch but its target's, in any repository."""
    steps = chain.from_iterable(repo.branch_steps() for repo in plan.repos)
    return any(step.move().stage != plan.target for step in steps)


def verb(step: MovingStep, repo: RepoPlan, progress: Progress, *, named: bool) -> str:
    """Return what is done, in a word or two, and where if branches are to be `named`."""
    where = visible(step.move().stage) if named else ""
    last = step is repo.branch_steps()[-1]
    if progress.published:
        done = "undone" if repo.is_undo else "published"
        ahead = deploying(repo, progress) if last and repo.state is State.PLANNED else ""
        return f"{done}{where and f' on {where}'}{ahead and f', {ahead}'}"
    move = step.move()
    done = " ".join(filter(None, (move.words, move.into if where else "", where)))
    return ", ".join((done, *(repo.also() if last else ())))


def verdict(repo: RepoPlan, progress: Progress) -> Text:
    """Return the last cell of a repository in which no branch moves."""
    styles = {State.BLOCKED: "red", State.SKIPPED: "yellow", State.UP_TO_DATE: "dim"}
    words = {State.UP_TO_DATE: "up to date", State.SKIPPED: "skipped"}
    if repo.state is State.PLANNED and repo.deploys():
        what = repo.deploys()[0].tag or repo.source_sha[:7]
        return Text(visible(deploying(repo, progress, what)), "green")
    if repo.deleted_tag:  # of an operation whose branch no longer exists
        return Text("undone" if progress.published else "delete tag", "green")
    return Text(words.get(repo.state, str(repo.state)), styles.get(repo.state, ""))


def deploying(repo: RepoPlan, progress: Progress, what: str = "") -> str:
    """Return which deployments will be started, and which are only watched: deploy to fra."""
    verbs = zip(("deploy", "watch"), still_to_come(repo, progress), strict=True)
    return ", ".join(
        " ".join(filter(None, (verb, what, f"to {where}" if where else "")))
        for verb, steps in verbs
        if steps
        for where in [", ".join(step.target for step in steps if step.target)]
    )


@dataclass(frozen=True, slots=True)
class Subject:
    """A commit's subject on one line, followed by its age if the subject stays readable."""

    text: str
    age: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield as much of the subject as there is room for, and the age if that is enough."""
        del console
        subject, ending = Text(self.text), Text(f" ({self.age})", "dim")
        room = options.max_width - ending.cell_len
        with_age = room >= min(subject.cell_len, READABLE)
        subject.truncate(room if with_age else options.max_width, overflow="ellipsis")
        yield one_line(Text.assemble(subject, ending) if with_age else subject)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Return the width without a cut, and the least one: a few letters of the subject."""
        whole = Text(f"{self.text} ({self.age})").cell_len
        del console
        return Measurement(min(LEAST, options.max_width), min(whole, options.max_width))


Cell = Text | Subject


def newest(commit: Commit | None, now: datetime) -> Cell:
    """Return the newest commit's subject and age."""
    return Subject(visible(commit.subject), age(commit.time, now)) if commit else absent()


def files_to_commit(plan: Plan) -> Iterable[RenderableType]:
    """Return the lists of files that a push commits."""
    for repo in plan.repos:
        for step in repo.commits():
            yield Text.assemble(
                "  ", (visible(repo.repo), "bold"), f"  commits {plural(len(step.changes), 'file')}"
            )
            for change in step.changes[:FILES_SHOWN]:
                yield Text(f"    {LETTERS[change.kind]} {visible(change.path)}{pointer(change)}")
            if len(step.changes) > FILES_SHOWN:
                yield Text(f"    … and {len(step.changes) - FILES_SHOWN} more", "dim")


def pointer(change: Change) -> str:
    """Return where a submodule's pointer moves: → the commit of lib."""
    if change.follows:
        return f": → the commit of {visible(change.follows)}"
    return f": {change.before[:7] or 'new'} → {change.commit[:7]}" if change.commit else ""
