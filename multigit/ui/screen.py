"""The terminal: results on standard output, everything else on standard error.

Nothing here draws: each method imports what draws when there is someone to see it, so that
a script that reads JSON does not wait for the import.
"""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from multigit.core.values.text import masked, visible
from multigit.phrase import Phrase, lines_of
from multigit.ui.local_times import local
from multigit.ui.streams import safe_stream

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console, RenderableType

    from multigit.core.progress.outcome import Report
    from multigit.core.reports.findings import Finding
    from multigit.core.reports.held_stages import Holding
    from multigit.core.reports.log_report import LogReport
    from multigit.core.reports.reviews import PendingReview, Review
    from multigit.core.reports.status import StatusRow
    from multigit.core.values.found_repo import FoundRepo
    from multigit.core.values.listener import Listener
    from multigit.core.values.problem import Problem
    from multigit.core.values.workspace import Stage
    from multigit.errors import MultigitError


class Screen:
    """Shows results and asks questions. With `json_wanted`, stdout gets exactly one document.

    With `lines`, stdout gets an event on each line, and the document on the last one. `attended`
    says whether there may be a person at the terminal.
    """

    def __init__(
        self,
        *,
        json_wanted: bool = False,
        lines: bool = False,
        color: bool = True,
        attended: bool = False,
    ) -> None:
        self.json_wanted = json_wanted or lines
        self._lines = lines
        self._attended = attended
        self._color = color
        self._warnings: list[Problem] = []
        self._stdout = safe_stream(sys.stdout)
        self._stderr = safe_stream(sys.stderr)

    @property
    def interactive(self) -> bool:
        """True when a question can be asked and answered."""
        if not self._attended or sys.stdin is None or sys.stdin.closed:
            return False
        return sys.stdin.isatty() and self._stderr.isatty()

    @cached_property
    def out(self) -> Console:
        """The console for results."""
        from multigit.ui.render import console

        return console(self._stdout, color=self._color)

    @cached_property
    def err(self) -> Console:
        """The console for everything else; without a terminal, a sentence is one line."""
        from multigit.ui.render import UNLIMITED, console

        return console(self._stderr, color=self._color, width=UNLIMITED)

    @property
    def _has_reader(self) -> bool:
        """True when someone reads more than the document."""
        return not self.json_wanted or self.interactive

    def _show(self, *renderables: RenderableType) -> None:
        console = self.err if self.json_wanted else self.out
        for each in renderables:
            console.print(each, crop=False)  # a command may be longer than a line
        console.file.flush()

    # Results

    def plan(self, report: Report) -> None:
        """Show a plan before the question, or why nothing of it is done."""
        if self._has_reader:
            from multigit.ui.plans import plan_view

            self._show(plan_view(report))

    def report(self, report: Report) -> None:
        """Show the result of a plan that was run."""
        if self._has_reader:
            from multigit.ui.reports import report_view

            self._show(report_view(report))

    def sentence(self, report: Report) -> None:
        """Show only the sentence of a report: the plan already showed the rest."""
        if self._has_reader:
            from multigit.ui.reports import sentence_view

            self._show(sentence_view(report))

    def pull(self, report: Report) -> None:
        """Show what a pull did or would do."""
        if self._has_reader:
            from multigit.ui.pulls import pull_view

            self._show(pull_view(report))

    def status(
        self, rows: Sequence[StatusRow], pairs: Sequence[tuple[Stage, Stage]], holding: Holding
    ) -> None:
        """Show the status of the repositories."""
        if self._has_reader:
            from multigit.ui.statuses import status_view

            self._show(status_view(rows, pairs, holding=holding))

    def log(self, report: LogReport) -> None:
        """Show the deployment log."""
        if self._has_reader:
            from multigit.ui.logs import log_view

            self._show(log_view(report))

    def findings(self, findings: Sequence[Finding], repos: int) -> None:
        """Show what multigit doctor found in this number of repositories."""
        if self._has_reader:
            from multigit.ui.findings import findings_view

            self._show(findings_view(findings, repos))

    def gates(self, waiting: Sequence[PendingReview], unread: Sequence[Problem]) -> None:
        """Show what waits for a review, and which runs could not be read."""
        if self._has_reader:
            from multigit.ui.reviews import gates_view

            self._show(*gates_view(waiting))
        self.problems(unread)

    def reviews(self, reviews: Sequence[Review]) -> None:
        """Show the results of reviews."""
        if self._has_reader:
            from multigit.ui.reviews import reviews_view

            self._show(*reviews_view(reviews))
        self.problems([each.problem for each in reviews if each.problem])

    def problems(self, problems: Sequence[Problem], repo: str = "") -> None:
        """Print problems to standard error, beside what is shown; they may be a repository's."""
        where = f"{repo}: " if repo else ""
        for problem in problems:
            self.note(Phrase(where, problem.message, " " if problem.hint else "", problem.hint))

    def found(self, repos: Sequence[FoundRepo]) -> None:
        """Show the repositories that were found for a new configuration."""
        if self._has_reader:
            from multigit.ui.setups import found_view

            self._show(found_view(repos))

    def configured(self, target: Path, *, elsewhere: str) -> None:
        """Show that the new configuration was written, and what to run next."""
        if self._has_reader:
            from multigit.ui.setups import configured_view

            self._show(configured_view(target, elsewhere=elsewhere))

    def say(self, text: str, style: str = "") -> None:
        """Show a sentence, or several lines."""
        if self._has_reader:
            from multigit.ui.hint_lines import Flowing

            self._show(*(Flowing(line, style=style) for line in lines_of(text)))

    def command(self, words: Sequence[str]) -> None:
        """Show a command as one would type it, on one line however narrow the terminal is."""
        from rich.text import Text

        line = Text.assemble(("$ ", "dim"), (visible(shlex.join(words)), "bold cyan"))
        self._show(Text())
        self.out.print(line, soft_wrap=True)
        self.out.file.flush()

    def document(self, content: Mapping[str, Any]) -> None:
        """Print the one JSON document, all in ASCII, with the warnings among its problems."""
        if not self.json_wanted:
            return
        if self._warnings:
            from multigit.core.reports.document import problem_document

            warnings = [problem_document(problem) for problem in dict.fromkeys(self._warnings)]
            content = {**content, "problems": [*content["problems"], *warnings]}
        if self._lines:
            content = {"event": "end", **content}
        text = json.dumps(content, indent=None if self._lines else 2)
        print(text, file=self._stdout, flush=True)

    # Beside the results

    def progress(self, operation: str = "") -> AbstractContextManager[Listener]:
        """Return what shows the progress of work: drawn, in lines, or not at all.

        `operation` is named in commands that would not find it by themselves.
        """
        if self._lines:
            from multigit.ui.event_lines import EventLines

            return nullcontext(EventLines(self._stdout))
        if self._stderr.isatty():
            from multigit.ui.progress import LiveProgress

            return LiveProgress(self.err, operation=operation)
        from multigit.ui.progress_lines import ProgressLines

        return nullcontext(ProgressLines(self._stderr, quiet=self.json_wanted))

    def note(self, text: str) -> None:
        """Print a sentence to standard error; in anything but a terminal it is one line."""
        if self._stderr.isatty():
            from multigit.ui.hint_lines import Flowing

            self.err.print(Flowing(text), crop=False)
        else:
            print(visible(masked(local(text))), file=self._stderr, flush=True)

    def warn(self, problem: Problem) -> None:
        """Show a problem that changes no result, and add it to the document for scripts."""
        self.note(Phrase(problem.message, " " if problem.hint else "", problem.hint))
        self._warnings.append(problem)

    def error(self, error: MultigitError) -> None:
        """Show an error: its message, each detail, and what to run next."""
        from multigit.ui.errors import error_view

        self.err.print(error_view(error), crop=False)

    # Questions

    def load_questions(self) -> None:
        """Import what asks questions, which takes a moment."""
        from multigit.ui import prompts  # noqa: F401

    def confirm(self, question: str) -> bool | None:
        """Ask for yes or no; the default is no, and None is neither.

        Raises EOFError if the terminal is gone.
        """
        from multigit.ui import prompts

        answer = prompts.line(question, "(y/N)", room=len(" yes")).lower()
        return {"y": True, "yes": True, "": False, "n": False, "no": False}.get(answer)

    def type_word(self, word: str, purpose: str) -> bool | None:
        """Ask to type a word; None if it is another one, False if it is none.

        Raises EOFError if the terminal is gone.
        """
        from multigit.ui import prompts

        typed = prompts.line(f"Type {word} to {purpose}:", room=len(word) + 1)
        return (typed == word or None) if typed else False

    def type_message(self, stage: str, proposal: str) -> str:
        """Ask for a stage's message; may be empty. Raises EOFError if the terminal is gone.

        Enter accepts the proposal, which can be edited; without one it cancels.
        """
        from multigit.ui import prompts

        keys = "(Enter to accept, Ctrl-C to cancel)" if proposal else "(leave empty to cancel)"
        return prompts.text(f"Message for {stage}: what changes and why", keys, proposal)

    def choose(self, waiting: Sequence[PendingReview]) -> tuple[PendingReview, ...]:
        """Ask which environments to review, maybe none; raises EOFError without a terminal."""
        from datetime import UTC, datetime

        from multigit.ui import prompts
        from multigit.ui.reviews import gate_line

        gates = [(each, gate) for each in waiting for gate in each.gates]
        lines = [gate_line(each, gate, datetime.now(UTC)) for each, gate in gates]
        chosen = [gates[number] for number in prompts.choose("Which of them?", lines)]
        parts = (
            replace(each, gates=tuple(gate for of, gate in chosen if of is each))
            for each in waiting
        )
        return tuple(part for part in parts if part.gates)

    def pick(self, question: str, rows: Sequence[Sequence[str]]) -> int | None:
        """Ask to pick one row of a list; None if none was. Raises EOFError without a terminal.

        The last cell of each row is shown where there is room for it.
        """
        from multigit.ui import prompts

        return prompts.pick(question, rows)

    def check_off(self, items: Sequence[str], checked: Collection[int]) -> Collection[int] | None:
        """Ask to check off a checklist, of which these items are; return those that are then.

        None cancels. Raises EOFError if the terminal is gone.
        """
        from multigit.ui import prompts

        return prompts.check_off(items, checked)
