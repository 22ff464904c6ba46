"""This process as a good citizen: its streams, its signals, its end."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TextIO, TypeVar, cast

from multigit import errors
from multigit.ui.streams import patient


def outlive_readers() -> None:
    """Let `--help | head`, a full disk behind `>` and a closed stream be no bugs, for typer too."""
    sys.stdout = cast("TextIO", patient(sys.stdout))
    sys.stderr = cast("TextIO", patient(sys.stderr))
    if not sys.stdout.isatty() and "FORCE_COLOR" not in os.environ:
        os.environ["_TYPER_FORCE_DISABLE_TERMINAL"] = "1"  # typer colours on GitHub whatever reads


P = ParamSpec("P")
T = TypeVar("T")


def interruptible(part: Callable[P, T]) -> Callable[P, T]:
    """Say that nothing was changed when Ctrl-C ends a part of the program before it did anything.

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
