"""Writing a configuration for the repositories in a folder."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from multigit.adapters.config import FILE
from multigit.adapters.config.discovery import discover
from multigit.adapters.config.template import render_config
from multigit.adapters.files.folder import write_new
from multigit.adapters.git.work_tree.ignores import add_ignores, missing_ignores
from multigit.core.values.found_repo import FoundRepo
from multigit.core.values.text import visible
from multigit.errors import RefusedError, UsageError
from multigit.hints import Hint
from multigit.operation.asking import agreed
from multigit.ui.screen import Screen


@dataclass(frozen=True, slots=True)
class Initialization:
    """What was or would be written: the file's content, and lines missing from `.gitignore`."""

    target: Path
    repos: tuple[FoundRepo, ...]
    content: str
    ignores: tuple[str, ...]
    ignores_file: Path
    ignores_written: bool = False

    @property
    def hint(self) -> str:
        """Return how to hide multigit's log and the other repositories from git."""
        if not self.ignores or self.ignores_written:
            return ""
        lines, file = " ".join(map(shlex.quote, self.ignores)), shlex.quote(str(self.ignores_file))
        return f"To hide them from git, run: printf '%s\\n' {lines} >> {file}"


def initialize(screen: Screen, folder: Path, *, dry_run: bool, gitignore: bool) -> Initialization:
    """Write a configuration, and update `.gitignore` if confirmed; a dry run writes nothing.

    Without a dry run, what was found is shown before the question. Raises UsageError if there are
    no repositories, RefusedError if a configuration exists.
    """
    target, ignores = folder / FILE, folder / ".gitignore"
    found = _found(folder, target, dry_run=dry_run)
    text = render_config(folder.resolve().name, found)
    lines = tuple(missing_ignores(folder, [repo.path for repo in found]))
    if not dry_run:
        screen.found(found)
    agreed = not dry_run and bool(lines) and (gitignore or _agreed_to(screen, lines))
    if not dry_run:
        write_new(target, text)
    if agreed:
        add_ignores(ignores, lines)
    return Initialization(target, found, text, lines, ignores, agreed)


def _found(folder: Path, target: Path, *, dry_run: bool) -> tuple[FoundRepo, ...]:
    if not folder.is_dir():
        raise UsageError(
            f"{folder} is not a folder.", hint="Name the folder with your repositories."
        )
    if target.exists() and not dry_run:
        raise RefusedError(
            f"{target} already exists and is not overwritten.",
            hint=Hint.INIT_DRY_RUN.format(elsewhere=elsewhere(folder, shlex.quote(str(folder)))),
            code="config_exists",
        )
    if found := discover(folder):
        return found
    raise UsageError(
        f"No git repository was found in {folder.resolve()} or up to four levels below it.",
        hint="Clone your repositories there, or name another folder.",
        code="no_repositories",
    )


def _agreed_to(screen: Screen, lines: Sequence[str]) -> bool:
    if not screen.interactive:
        return False
    with suppress(EOFError):  # the terminal went away
        return agreed(screen, f"Also add {', '.join(map(visible, lines))} to .gitignore?")
    return False


def elsewhere(folder: Path, words: str) -> str:
    """Return the argument for a folder, empty if it is the current one."""
    return "" if folder.resolve() == Path.cwd() else f" {words}"
