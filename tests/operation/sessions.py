"""A session on files in a folder, with repositories in memory and a recording screen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from multigit.adapters.files.folder import WorkspaceFiles
from multigit.core.records.record import Record
from multigit.core.values.problem import Problem
from multigit.core.values.start_time import StartTime
from multigit.operation.session import Session
from multigit.ui.screen import Screen
from tests.support.fake_git import FakeGit

MOMENT = StartTime(datetime(2025, 1, 15, 12, tzinfo=UTC), "7f3a")


class Heard(Screen):
    """A screen that records what is said, and the codes of warnings."""

    def __init__(self) -> None:
        super().__init__(color=False)
        self.said: list[str] = []
        self.warned: list[str] = []

    def say(self, text: str, style: str = "") -> None:
        """Record the text."""
        del style
        self.said.append(text)

    def warn(self, problem: Problem) -> None:
        """Record the code."""
        self.warned.append(problem.code)


def session(root: Path, git: FakeGit, *, lock_repo: str = "") -> Session:
    """Return the session of a command in this folder; `lock_repo` has the stage locks."""
    space = replace(git.workspace, root=root, lock_repo=lock_repo)
    repositories: Any = git
    return Session(space, Heard(), repositories, WorkspaceFiles(space), MOMENT, jobs=2)


def said(of: Session) -> str:
    """Return everything that was said."""
    assert isinstance(of.screen, Heard)
    return "\n".join(of.screen.said)


def warned(of: Session) -> list[str]:
    """Return the codes of the warnings."""
    assert isinstance(of.screen, Heard)
    return of.screen.warned


def records(of: Session) -> list[Record]:
    """Return the records of the log, oldest first."""
    return [*reversed([*of.files.log.newest()])]
