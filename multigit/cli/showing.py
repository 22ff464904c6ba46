"""How a command ends: what is left to be shown, the document, the exit code."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from multigit.adapters.files.job_summary import append_summary, summary_file
from multigit.adapters.system.browser import open_page
from multigit.core.planning.plan import Result, State
from multigit.core.reports.document import document, frame
from multigit.core.values.deployment import RunState
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.text import plural
from multigit.core.values.workspace import named_in
from multigit.errors import OK
from multigit.hints import Hint
from multigit.operation.run import Closed, Ended, Show
from multigit.phrase import Phrase

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from multigit.core.progress.outcome import Report
    from multigit.core.reports.status import StatusRow
    from multigit.operation.session import Session
    from multigit.ui.screen import Screen

PAGES = 10  # that are opened at a time, at most
NOTHING_READ = "Nothing waits at GitHub in the repositories that could be read."
TRANSCRIPTS = 3  # of git, and of commands, that are named, at most


def show(session: Session, ended: Ended | Closed) -> int:
    """Show what is left of how a command ended; return the exit code."""
    if isinstance(ended, Closed):
        return _show_closed(session.screen, ended)
    screen, report = session.screen, ended.report
    match ended.show:
        case Show.REPORT:
            _show_reports(session, report)
        case Show.SENTENCE:
            screen.sentence(report)
        case Show.PLAN:
            screen.plan(report)
        case Show.NOTHING:
            pass
    if ended.note:
        screen.note(ended.note)
    for each in _with_answer(report):
        _summarize(screen, each)
    screen.document(document(report))
    return report.exit_code


def _show_reports(session: Session, report: Report) -> None:
    """Show a report, and that of the roll-back that answered it, each below its name then."""
    for each in _with_answer(report):
        if report.rolled_back:
            from multigit.ui.plans import title

            session.screen.say(f"{title(each.plan)}:", "bold")
        session.screen.report(each)
        said = [*_transcripts(session, each)][:TRANSCRIPTS]
        for line in [*said, *_outputs(session, each)]:
            session.screen.note(line)


def _with_answer(report: Report) -> Iterator[Report]:
    """Yield a report, and that of the roll-back that answered it."""
    yield report
    if report.rolled_back:
        yield report.rolled_back


def _summarize(screen: Screen, report: Report) -> None:
    """Add the report to the summary of the CI job in which this runs, if it has one."""
    if file := summary_file(os.environ):
        from multigit.core.reports.news import job_summary

        if failure := append_summary(file, job_summary(report)):
            screen.note(f"The job summary {file} cannot be written: {failure}.")


def _show_closed(screen: Screen, closed: Closed) -> int:
    message = f"{closed.operation} was recorded already, and is closed now."
    problem = Problem("recorded_already", message, Hint.LOG, Severity.WARN)
    screen.say(message, "bold")
    screen.note(Phrase("Hint: ", problem.hint))
    screen.document(
        frame(
            closed.command,
            message,
            result=Result.NOTHING,
            operation=closed.operation,
            problems=(problem,),
            hint=problem.hint,
        )
    )
    return OK


def _transcripts(session: Session, report: Report) -> Iterator[str]:
    """Yield where to find what git said where it failed."""
    if report.result is Result.FAILED and not report.closing:
        folder = session.files.operation(report.plan.operation)
        for outcome in report.outcomes:
            if outcome.state in {State.FAILED, State.UNKNOWN}:
                yield f"Output of git: {named_in(Path.cwd(), folder / f'{outcome.repo}.log')}"


def _outputs(session: Session, report: Report) -> Iterator[str]:
    """Yield where to find the output of each command that did not succeed, or is still running.

    That of many is in the folder of the operation.
    """
    here, root = Path.cwd(), session.workspace.root
    files = [
        (outcome.repo, each.output)
        for outcome in report.outcomes
        for each in outcome.deployments
        if each.output and each.state is not RunState.SUCCEEDED
    ]
    if len(files) > TRANSCRIPTS:
        folder = session.files.operation(report.plan.operation)
        yield f"Output of {len(files)} commands: {named_in(here, folder)}"
        return
    for repo, file in files:
        yield f"Output of {repo}'s command: {named_in(here, root / file)}"


def show_runs(screen: Screen, pages: Sequence[str]) -> int:
    """Open the pages of runs."""
    _open(screen, pages)
    message = f"{plural(len(pages), 'page')} of runs."
    screen.document(frame("watch", message, pages=list(pages)))
    return OK


def show_comparisons(screen: Screen, pages: Sequence[str], rows: Sequence[StatusRow]) -> int:
    """Open the pages that compare stages, and show which repositories could not be read."""
    from multigit.core.reports.status_words import status_document, status_exit_code

    _open(screen, pages)
    for row in rows:
        screen.problems(row.problems, row.repo)
    if not pages:
        screen.note(NOTHING_READ)
    content = status_document(rows)
    message = f"{plural(len(pages), 'comparison')} of stages." if pages else NOTHING_READ
    screen.document({**content, "message": message, "pages": list(pages)})
    return status_exit_code(rows)


def _open(screen: Screen, pages: Sequence[str]) -> None:
    """Open web pages for a person at the terminal; print those that are not opened, and why."""
    attended = screen.interactive and not screen.json_wanted
    opened = [page for page in pages if attended and len(pages) <= PAGES and open_page(page)]
    for page in pages:
        if page not in opened:
            screen.say(page)
    if opened:
        screen.note(f"Opened {plural(len(opened), 'page')} in the browser.")
    elif attended and len(pages) > PAGES:
        screen.note(f"Nothing was opened: there are more than {PAGES} pages.")
