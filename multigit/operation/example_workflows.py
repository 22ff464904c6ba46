"""Writing example workflows for the configured deployments."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from multigit import errors
from multigit.adapters.config import FILE
from multigit.adapters.config.load import load
from multigit.adapters.files.folder import write_new
from multigit.adapters.github.examples import Example, workflows
from multigit.core.reports.document import problem_document
from multigit.core.values.problem import Problem
from multigit.core.values.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Writing:
    """An example and the reason why it is not written, empty if it is."""

    example: Example
    file: Path
    obstacle: str

    @property
    def problem(self) -> Problem | None:
        """Return why no example can be given for a file that is missing."""
        return None if self.obstacle else self.example.problem

    @property
    def wanted(self) -> bool:
        """True if the file is to be written."""
        return self.example.problem is None and not self.obstacle

    def document(self, *, dry_run: bool) -> dict[str, Any]:
        """Return its part of the JSON document."""
        return {
            "repo": self.example.repo.name,
            "file": str(self.example.path),
            "written": self.wanted and not dry_run,
            "content": self.example.text if self.wanted else None,
            "problems": [problem_document(self.problem)] if self.problem else [],
        }


@dataclass(frozen=True, slots=True)
class Writings:
    """The examples of a workspace, and the first stages of the repositories that get one."""

    stages: tuple[str, ...]
    each: tuple[Writing, ...]

    @property
    def exit_code(self) -> int:
        """Return 3 if an example cannot be given."""
        return errors.REFUSED if any(one.problem for one in self.each) else errors.OK


def write_workflows(folder: Path, *, dry_run: bool) -> Writings:
    """Write the workflows that deployments need and that do not exist; commit nothing."""
    space = load(folder.resolve() / FILE)
    writings = tuple(_look(space, example) for example in workflows(space))
    for each in writings:
        if each.wanted and not dry_run:
            write_new(each.file, each.example.text)
    repos = (each.example.repo for each in writings if each.wanted)
    return Writings(tuple(dict.fromkeys(space.stages_of(r)[0].name for r in repos)), writings)


def _look(space: Workspace, example: Example) -> Writing:
    """Check whether the file can be written; a dangling link also counts as existing."""
    folder = space.root / example.repo.path
    file = folder / example.path
    if not folder.is_dir():
        return Writing(example, file, "the repository does not exist")
    return Writing(example, file, "already exists" if os.path.lexists(file) else "")
