"""multigit init --workflows: example workflows for the deployments that the configuration names."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from multigit import errors
from multigit.cli import options as o
from multigit.hints import Hint

if TYPE_CHECKING:
    from multigit.core.planning.workflows import Example
    from multigit.core.values.workspace import Workspace
    from multigit.ui.screen import Screen


@dataclass(frozen=True, slots=True)
class Writing:
    """An example and what keeps it from being written, empty for nothing."""

    example: Example
    file: Path
    obstacle: str

    @property
    def blocked(self) -> bool:
        """True when a file is wanted, and none can be given."""
        return self.example.problem is not None and not self.obstacle

    @property
    def wanted(self) -> bool:
        """True when the file is to be written."""
        return self.example.problem is None and not self.obstacle

    def document(self, *, dry_run: bool) -> dict[str, Any]:
        """Return what the JSON document says about it."""
        from multigit.core.reports.report import problem_document

        problems = [self.example.problem] if self.blocked and self.example.problem else []
        return {
            "repo": self.example.repo.name,
            "file": str(self.example.path),
            "written": self.wanted and not dry_run,
            "content": self.example.text if self.wanted else None,
            "problems": list(map(problem_document, problems)),
        }


def write_workflows(folder: Path, *, dry_run: bool, json: bool, no_color: bool) -> int:
    """Write each workflow that a deployment needs and that is not there; commit nothing."""
    from multigit.adapters.config.load import load
    from multigit.adapters.files.folder import write_new
    from multigit.core.planning.plan import Result
    from multigit.core.planning.workflows import workflows
    from multigit.core.reports.report import frame
    from multigit.core.values.text import plural
    from multigit.ui.screen import Screen

    screen = Screen(json_wanted=json, color=not no_color)
    space = load(folder.resolve() / o.CONFIG_NAME)
    writings = [_look(space, example) for example in workflows(space)]
    for each in writings:
        if each.wanted and not dry_run:
            write_new(each.file, each.example.text)
        _tell(screen, each, dry_run=dry_run)
    count = plural(sum(each.wanted for each in writings), "workflow")
    blocked = any(each.blocked for each in writings)
    if not any(each.wanted for each in writings):
        sentence = "Nothing was written."
    elif dry_run:
        sentence = f"{count} would be written."
    else:
        there = o.elsewhere(folder, f"--config {quote(str(folder / o.CONFIG_NAME))}")
        stage = space.stages[0].name
        sentence = Hint.PUSH_WORKFLOWS.format(count=count, stage=stage, elsewhere=there)
    screen.say(sentence, "bold")
    document = frame(
        "init",
        sentence,
        result=Result.BLOCKED if blocked else Result.DONE,
        exit_code=errors.REFUSED if blocked else errors.OK,
        repos=[each.document(dry_run=dry_run) for each in writings],
    )
    screen.document(document)
    return errors.REFUSED if blocked else errors.OK


def _look(space: Workspace, example: Example) -> Writing:
    """Find out whether the file can be written: a link that leads nowhere is there, too."""
    folder = space.root / example.repo.path
    file = folder / example.path
    if not folder.is_dir():
        return Writing(example, file, "the repository is not there")
    return Writing(example, file, "is there already" if os.path.lexists(file) else "")


def _tell(screen: Screen, each: Writing, *, dry_run: bool) -> None:
    problem, row = each.example.problem, f"  {each.example.repo.name}  {each.example.path}  "
    if problem and each.blocked:
        screen.say(f"{row}not written: {problem.message}")
        if not screen.json_wanted:
            screen.note(f"Hint: {problem.hint}")
        return
    screen.say(row + (each.obstacle or ("would be written" if dry_run else "written")))
