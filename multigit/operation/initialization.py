"""A configuration for the repositories below a folder, written where there is none yet."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from multigit.adapters.config import FILE
from multigit.adapters.config.discovery import FoundRepo, discover
from multigit.adapters.config.template import render_config
from multigit.adapters.files.folder import write_new
from multigit.adapters.git.ignores import add_ignores, missing_ignores
from multigit.core.values.text import visible
from multigit.errors import RefusedError, UsageError
from multigit.hints import Hint
from multigit.ui.screen import Screen


@dataclass(frozen=True, slots=True)
class Initialization:
    """What was, or would be, written: the file `content`, and the lines that `.gitignore` lacks."""

    target: Path
    repos: tuple[FoundRepo, ...]
    content: str
    ignores: tuple[str, ...]
    ignores_file: Path
    ignores_written: bool = False

    @property
    def hint(self) -> str:
        """Return how to keep git from showing multigit's log and other repositories as new."""
        if not self.ignores or self.ignores_written:
            return ""
        lines, file = " ".join(map(shlex.quote, self.ignores)), shlex.quote(str(self.ignores_file))
        return f"To hide from git what is not its own: printf '%s\\n' {lines} >> {file}"


def initialize(screen: Screen, folder: Path, *, dry_run: bool, gitignore: bool) -> Initialization:
    """Write a configuration unless it is a dry run, and `.gitignore` where somebody agrees to it.

    Raises UsageError where there is nothing to configure, RefusedError where one is there already.
    """
    target, ignores = folder / FILE, folder / ".gitignore"
    found = _found(folder, target, dry_run=dry_run)
    text = render_config(folder.resolve().name, found)
    lines = tuple(missing_ignores(folder, [repo.path for repo in found]))
    agreed = not dry_run and bool(lines) and (gitignore or _agreed_to(screen, lines))
    if not dry_run:
        write_new(target, text)
    if agreed:
        add_ignores(ignores, lines)
    return Initialization(target, found, text, lines, ignores, agreed)


def _found(folder: Path, target: Path, *, dry_run: bool) -> tuple[FoundRepo, ...]:
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder.", hint="Name the folder of your repositories.")
    if target.exists() and not dry_run:
        raise RefusedError(
            f"{target} exists already and is not overwritten.",
            hint=Hint.INIT_DRY_RUN.format(elsewhere=elsewhere(folder, shlex.quote(str(folder)))),
            code="config_exists",
        )
    if found := discover(folder):
        return found
    raise UsageError(
        f"No git repository was found in {folder.resolve()} and four folders below.",
        hint="Clone your repositories there first, or name another folder.",
        code="no_repositories",
    )


def _agreed_to(screen: Screen, lines: Sequence[str]) -> bool:
    if not screen.interactive:
        return False
    with suppress(EOFError):  # the terminal went away
        return screen.agree(f"Add {', '.join(map(visible, lines))} to .gitignore, too?")
    return False


def elsewhere(folder: Path, words: str) -> str:
    """Return the words that lead a command to a folder, or nothing where it is the current one."""
    return "" if folder.resolve() == Path.cwd() else f" {words}"
