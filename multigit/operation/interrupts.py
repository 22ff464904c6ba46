"""Interrupts: Ctrl-C, a closed terminal (HUP) and TERM."""

from __future__ import annotations

import signal
from collections.abc import Callable

INTERRUPTS = [getattr(signal, n) for n in ("SIGINT", "SIGHUP", "SIGTERM") if hasattr(signal, n)]


def interrupt_on_hangup_and_term() -> None:
    """Treat HUP and TERM like Ctrl-C: finish in order and report what is done.

    Signals that were ignored at the start stay ignored, as under nohup.
    """
    for number in INTERRUPTS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)
    if hasattr(signal, "pthread_sigmask"):  # blocked while the program was being loaded
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def note_interrupts() -> Callable[[], bool]:
    """Ignore the next interrupt: what was done must still be recorded and shown.

    A second one works as before. Returns a function that returns whether one came.
    """
    came: list[int] = []

    def note(number: int, _: object) -> None:
        came.append(number)
        interrupt_on_hangup_and_term()

    for each in INTERRUPTS:
        if signal.getsignal(each) is not signal.SIG_IGN:
            signal.signal(each, note)
    return lambda: bool(came)
