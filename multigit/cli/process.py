"""This process: streams that outlive their readers, and interrupts that end with a sentence."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TextIO, TypeVar, cast

from multigit import errors
from multigit.ui.streams import safe_stream


def outlive_readers() -> None:
    """Survive `--help | head`, a full disk behind `>` and a closed stream, in typer too."""
    sys.stdout = cast("TextIO", safe_stream(sys.stdout))
    sys.stderr = cast("TextIO", safe_stream(sys.stderr))
    if not sys.stdout.isatty() and "FORCE_COLOR" not in os.environ:
        # Typer colors its output on GitHub even in a pipe.
        os.environ["_TYPER_FORCE_DISABLE_TERMINAL"] = "1"


def silence_libraries() -> None:
    """Keep what libraries log and warn of off the terminal: it may hold what a server sent.

    multigit itself says what a person should know. Importing logging takes 5 ms, so this is for
    commands that do something. PyGithub has a handler of its own, so none may get anything.
    """
    import logging

    logging.disable(sys.maxsize)
    warnings.simplefilter("ignore")


def complete_output(exit_code: int) -> int:
    """Write out what is buffered, and return the exit code: of a failure, if that is not possible.

    Someone may rely on the file that the output was to be written to.
    """
    sys.stdout.flush()
    failure = safe_stream(sys.stdout).failure
    if not failure:
        return exit_code
    ended = f"The command itself ended with exit code {exit_code}."
    sys.stderr.write(f"Error: The output could not be written: {failure}. {ended}\n")
    return exit_code or errors.FAILED


P = ParamSpec("P")
T = TypeVar("T")


def interruptible(part: Callable[P, T]) -> Callable[P, T]:
    """Report that nothing was changed when Ctrl-C ends part of the program before it began.

    Typer would turn the interrupt into a silent exit code.
    """

    @wraps(part)
    def run_part(*arguments: P.args, **options: P.kwargs) -> T:
        try:
            return part(*arguments, **options)
        except KeyboardInterrupt:
            from multigit.adapters.git.process import end_running

            end_running()
            raise errors.StoppedError from None

    return run_part
