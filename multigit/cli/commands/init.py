"""multigit init: a configuration for the repositories below a folder."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from multigit import errors
from multigit.adapters.config import FILE
from multigit.cli import options as o
from multigit.core.values.text import visible
from multigit.hints import Hint
from multigit.phrase import Phrase

if TYPE_CHECKING:
    from multigit.operation.example_workflows import Writing, Writings
    from multigit.operation.initialization import Initialization
    from multigit.ui.screen import Screen


def init(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="The folder with the repositories.")
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
            help="Write example GitHub workflows to repositories without one.",
        ),
    ] = False,
    json: o.Json = False,
    no_color: o.NoColor = False,
) -> int:
    """Find the repositories in a folder and write a commented multigit.toml for them.

    Works offline and never overwrites an existing multigit.toml. If the folder is itself a git
    repository, offers to add multigit's log and the other repositories to its .gitignore.

    Examples:
      multigit init
      multigit init ~/shop --dry-run
      multigit init --gitignore
      multigit init --workflows --dry-run      (beside a multigit.toml)
    """
    import os

    from multigit.adapters.system.actors import attended
    from multigit.ui.screen import Screen

    screen = Screen(json_wanted=json, color=not no_color, attended=attended(os.environ))
    if workflows:
        return _workflows(screen, folder, dry_run=dry_run)
    from multigit.operation.initialization import elsewhere, initialize

    done = initialize(screen, folder, dry_run=dry_run, gitignore=gitignore)
    if dry_run and not json:
        typer.echo(done.content, nl=False)
    elif not dry_run:
        config = f"--config {quote(str(done.target))}"
        screen.configured(done.target, elsewhere=elsewhere(folder, config))
        if done.ignores_written:
            screen.say(f"Added to {done.ignores_file}: {', '.join(map(visible, done.ignores))}")
        elif done.hint and not json:
            screen.note(Phrase("Hint: ", done.hint))
    screen.document(_document(done, dry_run=dry_run))
    return errors.OK


def _document(done: Initialization, *, dry_run: bool) -> dict[str, Any]:
    from multigit.core.reports.document import frame

    repos = [
        {"repo": r.name, "path": r.path, "branches": list(r.branches), "note": r.note or None}
        for r in done.repos
    ]
    return frame(
        "init",
        f"{done.target} {'would be' if dry_run else 'was'} written.",
        repos=repos,
        file=str(done.target),
        written=not dry_run,
        content=done.content,
        gitignore=list(done.ignores),
        gitignore_written=done.ignores_written,
        hint=done.hint,
    )


def _workflows(screen: Screen, folder: Path, *, dry_run: bool) -> int:
    """Write the example workflows, and show what became of each."""
    from multigit.core.planning.plan import Result
    from multigit.core.reports.document import frame
    from multigit.operation.example_workflows import write_workflows

    done = write_workflows(folder, dry_run=dry_run)
    for each in done.each:
        _show(screen, each, dry_run=dry_run)
    sentence = _sentence(done, folder, dry_run=dry_run)
    screen.say(sentence, "bold")
    document = frame(
        "init",
        sentence,
        result=Result.BLOCKED if done.exit_code else Result.DONE,
        exit_code=done.exit_code,
        repos=[each.document(dry_run=dry_run) for each in done.each],
    )
    screen.document(document)
    return done.exit_code


def _show(screen: Screen, each: Writing, *, dry_run: bool) -> None:
    row = f"  {each.example.repo.name}  {each.example.path}  "
    if problem := each.problem:
        screen.say(f"{row}not written: {problem.message}")
        if not screen.json_wanted:
            screen.note(Phrase("Hint: ", problem.hint))
        return
    screen.say(row + (each.obstacle or ("would be written" if dry_run else "written")))


def _sentence(done: Writings, folder: Path, *, dry_run: bool) -> str:
    from multigit.core.values.text import plural
    from multigit.operation.initialization import elsewhere

    count = sum(each.wanted for each in done.each)
    if not count:
        return "Nothing was written."
    if dry_run:
        return f"{plural(count, 'workflow')} would be written."
    there = elsewhere(folder, f"--config {quote(str(folder / FILE))}")
    workflows = plural(count, "workflow")
    first, *others = done.stages
    review = Hint.PUSH_WORKFLOWS.format(count=workflows, stage=first, elsewhere=there)
    later = (Hint.PUSH_LATER_STAGE.format(stage=each, elsewhere=there) for each in others)
    return Phrase(review, *(Phrase("\n", each) for each in later))
