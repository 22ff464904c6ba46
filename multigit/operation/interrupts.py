"""Ctrl-C, a closed terminal and a polite kill: how an operation hears of them."""

from __future__ import annotations

import signal
from collections.abc import Callable

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
