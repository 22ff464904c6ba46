"""This process as a good citizen: its streams, its signals, its end."""

from __future__ import annotations

import os
import signal
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
INTERRUPTS = [getattr(signal, n) for n in ("SIGINT", "SIGHUP", "SIGTERM") if hasattr(signal, n)]


def interrupt_on_hangup_and_term() -> None:
    """Treat a closed terminal and a polite kill like Ctrl-C: end in order, and say what is done.

    What was ignored when we began stays ignored, as under nohup.
    """
    for number in INTERRUPTS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)
    if hasattr(signal, "pthread_sigmask"):  # and so is what came while the program was loaded
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def note_interrupts() -> Callable[[], bool]:
    """Only note the first Ctrl-C from now on: what was done has yet to be recorded and told.

    A second one is heard as before. Returns what tells whether one came.
    """
    came: list[int] = []

    def note(number: int, _: object) -> None:
        came.append(number)
        interrupt_on_hangup_and_term()

    for each in INTERRUPTS:
        if signal.getsignal(each) is not signal.SIG_IGN:
            signal.signal(each, note)
    return lambda: bool(came)


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
