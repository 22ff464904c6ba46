"""A plan for people: what each repository gets, which files, which problems, and the summary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain

from rich.console import Group, RenderableType
from rich.text import Text

from multigit.core.planning.plan import Plan, RepoPlan, State
from multigit.core.planning.publish_steps import DeployStep
from multigit.core.planning.steps import MovingStep
from multigit.core.progress.deployments import still_to_come
from multigit.core.progress.outcome import Report
from multigit.core.progress.state import Progress
from multigit.core.values.duration import age
from multigit.core.values.text import plural, visible
from multigit.core.values.work_tree import Change
from multigit.ui.names import up_to_date
from multigit.ui.plan_layouts import Row, moves_view
from multigit.ui.problems import below, problem_lines
from multigit.ui.render import Adaptive, Prose, indented
from multigit.ui.reports import sentence_view

FILES_SHOWN = 12
LETTERS = {"untracked": "A", "added": "A", "modified": "M", "deleted": "D"}


def plan_view(report: Report, now: datetime | None = None) -> RenderableType:
    """Return the plan as shown before the question, or why none of it will be done."""
    plan = report.plan
    head = Text(visible(title(plan)), style="bold")
    rows = plan_rows(report, now or datetime.now(UTC))
    moves = [indented(Adaptive(partial(moves_view, rows)))] if rows else []
    quiet = up_to_date(repo.repo for repo in plan.repos if repo.state is State.UP_TO_DATE)
    files = below(files_to_commit(plan))
    problems = below(problem_lines((repo.repo, repo.problems) for repo in plan.repos))
    return Group(head, Text(), *moves, *quiet, *files, *problems, Text(), sentence_view(report))


def title(plan: Plan) -> str:
    """Return the plan's first line."""
    verbs = {"promote": "Promote", "backmerge": "Back-merge", "push": "Push", "undo": "Undo"}
    if plan.undoes:
        return f"Undo {plan.undoes}"
    if back := plan.rolls_back:
        new = f" as {plan.release}" if plan.release != back.to else ""
        return f"Roll back {plan.target} to {back.to}{new}"
    verb = verbs.get(plan.command, plan.command.capitalize())
    route = f"{plan.source} → {plan.target}" if plan.source else plan.target
    return f"{verb} {route}" + (f" as {plan.release}" if plan.release else "")


def plan_rows(report: Report, now: datetime) -> tuple[Row, ...]:
    """Return a row for each branch that moves, then what is blocked or skipped.

    Repositories that are up to date have none, nor have those that do not take part: a sentence
    below says why.
    """
    named = moves_elsewhere(report.plan)
    repos = [r for r in report.plan.repos if r.state is not State.UP_TO_DATE and not r.absent]
    repos.sort(key=lambda repo: repo.state in {State.BLOCKED, State.SKIPPED})
    rows = (_rows(repo, report.before.of(repo.repo), now, named=named) for repo in repos)
    return tuple(chain.from_iterable(rows))


def _rows(repo: RepoPlan, progress: Progress, now: datetime, *, named: bool) -> Iterator[Row]:
    name, steps = visible(repo.repo), repo.branch_steps()
    if not steps:
        yield _still(repo, progress, now)
    for step in steps:
        move = step.move()
        newest = move.brings.newest if move.brings else None
        commit = newest if newest and newest.subject else None  # it may not have one yet
        yield Row(
            name,
            Text(verb(step, repo, progress, named=named), "green"),
            first=step is steps[0],
            ids=f"{move.before:7} → {move.after}",
            commits=number(move.leaves or move.commits),
            files=number(move.files),
            subject=visible(commit.subject if commit else move.subject),
            age=age(commit.time, now) if commit else "",
        )


def _still(repo: RepoPlan, progress: Progress, now: datetime) -> Row:
    """Return the row of a repository in which no branch moves; an old commit may be deployed."""
    row = Row(visible(repo.repo), verdict(repo, progress))
    for back in repo.redeploys():
        newest = back.lost.newest
        row = replace(
            row,
            ids=f"{back.before[:7]} → {back.to[:7]}",
            commits=number(back.lost.commits),
            files=number(back.files),
            subject=visible(newest.subject if newest else ""),
            age=age(newest.time, now) if newest else "",
        )
    return row


def number(count: int | None) -> str:
    """Return a number, or nothing if there is none."""
    return "" if count is None else str(count)


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
    styles = {State.BLOCKED: "red", State.SKIPPED: "yellow"}
    if repo.state is State.PLANNED and repo.deploys():
        what = repo.deploys()[0].tag or repo.source_sha[:7]
        return Text(visible(deploying(repo, progress, what)), "green")
    if repo.deleted_tag:  # of an operation whose branch no longer exists
        return Text("undone" if progress.published else "delete tag", "green")
    return Text(str(repo.state), styles.get(repo.state, ""))


def deploying(repo: RepoPlan, progress: Progress, what: str = "") -> str:
    """Return what is deployed, deployed again or only watched: deploy again to fra."""
    starts, watched = still_to_come(repo, progress)
    begun = {target for target, each in progress.deployments.items() if each.begun}
    again = [step for step in starts if step.target in begun]
    first = [step for step in starts if step.target not in begun]
    return ", ".join(
        " ".join(filter(None, (verb, what, more, _to(steps))))
        for verb, more, steps in (
            ("deploy", "", first),
            ("deploy", "again", again),
            ("watch", "", watched),
        )
        if steps
    )


def _to(steps: Iterable[DeployStep]) -> str:
    targets = ", ".join(step.target for step in steps if step.target)
    return f"to {targets}" if targets else ""


def files_to_commit(plan: Plan) -> Iterable[RenderableType]:
    """Return the lists of files that a push commits."""
    for repo in plan.repos:
        for step in repo.commits():
            yield Text.assemble(
                "  ", (visible(repo.repo), "bold"), f"  commits {plural(len(step.changes), 'file')}"
            )
            for change in step.changes[:FILES_SHOWN]:
                path = f"{LETTERS[change.kind]} {visible(change.path)}{pointer(change)}"
                yield indented(Prose(Text(path)), 4)
            if len(step.changes) > FILES_SHOWN:
                yield Text(f"    … and {len(step.changes) - FILES_SHOWN} more", "dim")


def pointer(change: Change) -> str:
    """Return where a submodule's pointer moves: → the commit of lib."""
    if change.follows:
        return f": → the commit of {visible(change.follows)}"
    return f": {change.before[:7] or 'new'} → {change.commit[:7]}" if change.commit else ""
