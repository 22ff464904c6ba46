"""multigit init: a configuration for the repositories below a folder."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from multigit import errors
from multigit.cli import options as o
from multigit.core.values.text import visible
from multigit.hints import Hint

if TYPE_CHECKING:
    from multigit.ui.screen import Screen


def init(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="The folder that holds the repositories.")
    ] = Path(),
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="Print the file instead of writing it.")
    ] = False,
    gitignore: Annotated[
        bool,
        typer.Option(
            "--gitignore", help="Also add multigit's log and the repositories to .gitignore."
        ),
    ] = False,
    workflows: Annotated[
        bool,
        typer.Option(
            "--workflows",
            help="Write example workflows for GitHub into the repositories that lack them.",
        ),
    ] = False,
    json: o.Json = False,
    no_color: o.NoColor = False,
) -> int:
    """Find the repositories below a folder and write a commented multigit.toml for them.

    Looks only at what is on disk. A multigit.toml that is there already is never overwritten.
    Where the folder is itself a repository, git would show multigit's log and the repositories
    below as new files: what its .gitignore lacks is told, and added only if you agree.

    Examples:
      multigit init
      multigit init ~/shop --dry-run
      multigit init --gitignore
      multigit init --workflows --dry-run      (beside a multigit.toml)
    """
    if workflows:
        from multigit.cli.commands.workflows import write_workflows

        return write_workflows(folder, dry_run=dry_run, json=json, no_color=no_color)
    import os

    from multigit.adapters.config.discovery import discover, render_config
    from multigit.adapters.files.folder import write_new
    from multigit.adapters.git.ignores import add_ignores, missing_ignores
    from multigit.adapters.system.actors import attended
    from multigit.core.reports.report import frame
    from multigit.ui.screen import Screen

    screen = Screen(json_wanted=json, color=not no_color, attended=attended(os.environ))
    target = folder / o.CONFIG_NAME
    if not folder.is_dir():
        raise errors.UsageError(
            f"{folder} is no folder.", hint="Name the folder of your repositories."
        )
    if target.exists() and not dry_run:
        raise errors.RefusedError(
            f"{target} exists already and is not overwritten.",
            hint=Hint.INIT_DRY_RUN.format(elsewhere=o.elsewhere(folder, shlex.quote(str(folder)))),
            code="config_exists",
        )
    found = discover(folder)
    if not found:
        raise errors.UsageError(
            f"No git repository was found in {folder.resolve()} and four folders below.",
            hint="Clone your repositories there first, or name another folder.",
            code="no_repositories",
        )
    text = render_config(folder.resolve().name, found)
    ignores = folder / ".gitignore"
    lines = missing_ignores(folder, [repo.path for repo in found])
    hint = _hint(lines, ignores) if lines else ""
    agreed = False
    if dry_run:
        if not json:
            typer.echo(text, nl=False)
    else:
        agreed = bool(lines) and (gitignore or _agreed_to(screen, lines))
        write_new(target, text)
        config = f"--config {shlex.quote(str(target))}"
        screen.found(found, target, elsewhere=o.elsewhere(folder, config))
        if agreed:
            add_ignores(ignores, lines)
            screen.say(f"Added to {ignores}: {', '.join(map(visible, lines))}")
        elif hint and not json:
            screen.note(f"Hint: {hint}")
    repos = [
        {"repo": r.name, "path": r.path, "branches": list(r.branches), "note": r.note or None}
        for r in found
    ]
    sentence = f"{target} {'would be' if dry_run else 'was'} written."
    document = frame(
        "init",
        sentence,
        repos=repos,
        file=str(target),
        written=not dry_run,
        content=text,
        gitignore=list(lines),
        gitignore_written=agreed,
        hint="" if agreed else hint,
    )
    screen.document(document)
    return errors.OK


def _agreed_to(screen: Screen, lines: Sequence[str]) -> bool:
    if not screen.interactive:
        return False
    from multigit.ui import prompts

    with suppress(EOFError):  # the terminal went away
        return prompts.agree(f"Add {', '.join(map(visible, lines))} to .gitignore, too?")
    return False


def _hint(lines: Sequence[str], file: Path) -> str:
    """Return how to keep git from showing multigit's log and the other repositories as new."""
    words = " ".join(map(shlex.quote, lines))
    return (
        f"To hide from git what is not its own: printf '%s\\n' {words} >> {shlex.quote(str(file))}"
    )
