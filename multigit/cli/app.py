"""The command line: its commands, and the one place where errors become sentences."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

from multigit import __version__, errors
from multigit.adapters.system.environment import forget_outer_repository, spare_plugins
from multigit.cli.command_line import CommandLine
from multigit.cli.commands.abandon import abandon
from multigit.cli.commands.approve import approve
from multigit.cli.commands.backmerge import backmerge
from multigit.cli.commands.config import config_app
from multigit.cli.commands.continue_ import continue_
from multigit.cli.commands.demo import demo
from multigit.cli.commands.deploy import deploy
from multigit.cli.commands.doctor import doctor
from multigit.cli.commands.init import init
from multigit.cli.commands.lock import lock_app
from multigit.cli.commands.log import log
from multigit.cli.commands.mark import mark
from multigit.cli.commands.promote import promote
from multigit.cli.commands.pull import pull
from multigit.cli.commands.push import push
from multigit.cli.commands.rollback import rollback
from multigit.cli.commands.status import status
from multigit.cli.commands.undo import undo
from multigit.cli.commands.watch import watch
from multigit.cli.help import Command, Group, show_help
from multigit.cli.options import with_options
from multigit.cli.process import complete_output, interruptible, outlive_readers
from multigit.core.values.text import nearest
from multigit.operation.interrupts import interrupt_on_hangup_and_term, note_interrupts
from multigit.phrase import Phrase, phrase


class Root(Group):
    """The whole command line; Ctrl-C while it is being read also ends with a sentence."""

    @interruptible
    def make_context(self, *arguments: Any, **options: Any) -> Any:
        """Read the command line."""
        return super().make_context(*arguments, **options)

    @interruptible
    def invoke(self, ctx: Any) -> Any:
        """Find the named command and run it."""
        return super().invoke(ctx)


app = typer.Typer(
    name="multigit",
    cls=Root,
    help="Promote a product made of many git repositories from stage to stage: dev → stg → main.",
    epilog="Try it: multigit demo   ·   In your own workspace: multigit init",
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
WORK = "Everyday commands"
RELEASE = "Releases and deployments"
RECOVERY = "Recovery"
SETUP = "Setup"


def _add(command: Callable[..., int], panel: str, name: str | None = None) -> None:
    app.command(name, cls=Command, rich_help_panel=panel)(interruptible(with_options(command)))


_add(status, WORK)
_add(pull, WORK)
_add(push, WORK)
_add(promote, RELEASE)
_add(backmerge, RELEASE)
_add(deploy, RELEASE)
_add(watch, RELEASE)
_add(approve, RELEASE)
_add(rollback, RELEASE)
_add(mark, RELEASE)
_add(log, RELEASE)
_add(continue_, RECOVERY, "continue")
_add(undo, RECOVERY)
_add(abandon, RECOVERY)
_add(demo, SETUP)
_add(init, SETUP)
_add(doctor, SETUP)
app.add_typer(lock_app, name="lock", rich_help_panel=RECOVERY)
app.add_typer(config_app, name="config", rich_help_panel=SETUP)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"multigit {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001  (handled by its callback)
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Promote a product made of many git repositories from stage to stage: dev → stg → main."""
    show_help(context)


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return the exit code."""
    outlive_readers()
    return complete_output(_run(arguments))


def _run(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code: the only boundary for errors."""
    forget_outer_repository(os.environ)
    spare_plugins(os.environ)
    try:
        interrupt_on_hangup_and_term()
        if tuple(arguments) == ("status", "--pending"):  # in a shell prompt, which waits for it:
            from multigit.cli.pending import show_pending  # typer would import pydantic

            return show_pending()
        result = typer.main.get_command(app).main(
            args=list(arguments), prog_name="multigit", standalone_mode=False
        )
    except errors.MultigitError as error:
        return _explain(error, arguments)
    except typer.TyperException as error:
        return _explain(_usage(error, arguments), arguments)
    except (KeyboardInterrupt, typer.Abort):
        return _explain(errors.StoppedError(), arguments)
    except Exception as error:  # noqa: BLE001  (anything else is a bug)
        return _explain(_bug(error, arguments), arguments)
    return result if isinstance(result, int) else errors.OK


def _explain(error: errors.MultigitError, arguments: Sequence[str]) -> int:
    """Show what is wrong and what to do: a sentence and a hint, or the JSON document."""
    note_interrupts()  # what is said next must not be cut off
    from multigit.core.reports.document import error_document
    from multigit.ui.screen import Screen

    screen = Screen(
        json_wanted="--json" in arguments,
        lines="--json-lines" in arguments,
        color="--no-color" not in arguments,
    )
    screen.document(error_document(error, _command(arguments)))
    if not screen.json_wanted:
        screen.error(error)
    return error.exit_code


def _command(arguments: Sequence[str]) -> str | None:
    """Return the command on a command line, without its options and arguments."""
    path = _read(arguments).path
    words = [word for word in arguments if not word.startswith("-")]
    return " ".join(path or words[:1]) or None


def _read(arguments: Sequence[str]) -> CommandLine:
    return CommandLine.of(typer.main.get_command(app), arguments)


def _bug(error: Exception, arguments: Sequence[str]) -> errors.BugError:
    """Write a report about an unexpected error to a file, and return the error that names it.

    The report is printed if no file can be written.
    """
    note_interrupts()  # asking git for its version must not be cut off
    from multigit.adapters.files.report_file import keep, places
    from multigit.adapters.system.bug_report import in_short, report

    text = report(error, _command(arguments) or "", os.environ)
    file = keep(text, tuple(places(os.environ)))
    if file is None:
        typer.echo(text, err=True)
    return errors.BugError(in_short(error, os.environ), file=str(file) if file else "")


def _usage(error: typer.TyperException, arguments: Sequence[str]) -> errors.UsageError:
    """Return typer's complaint about the command line as one of our errors."""
    context, line = getattr(error, "ctx", None), _read(arguments)
    option, options = getattr(error, "option_name", ""), getattr(error, "possibilities", None)
    misplaced = option in line.early
    words = () if misplaced and not line.fits else line.path
    command = " ".join(["multigit", *words])
    if context and not (misplaced and line.fits):
        command = context.command_path
    hint = phrase("See: `{command} --help`", command=command)
    if options and (near := nearest(option, options)):
        hint = Phrase(f"Did you mean {near}? ", hint)
    elif misplaced and line.fits:
        hint = Phrase(f"Put {option} after {' '.join(line.path)}. ", hint)
    message = error.message if options else _about_value(error) or error.format_message()
    return errors.UsageError(message, hint=hint)


def _about_value(error: typer.TyperException) -> str:
    """Return a sentence about an invalid value of an option, empty for other mistakes.

    Typer's own message is for programmers; the details are in its cause.
    """
    found = getattr(error.__cause__, "errors", None)
    if not isinstance(error, typer.BadParameter) or error.param is None or found is None:
        return ""
    first = found()[0]
    limits, value = first.get("ctx", {}), first["input"]
    match first["type"]:
        case "greater_than_equal":
            wanted = f"must be at least {limits['ge']}, not {value}."
        case "less_than_equal":
            wanted = f"must be at most {limits['le']}, not {value}."
        case kind if kind.startswith("int_"):
            wanted = f"must be a whole number, not {value!r:.60}."
        case _:
            return ""
    return f"{max(error.param.opts, key=len)} {wanted}"
