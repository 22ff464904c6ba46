"""Work that may hang, and for which nothing waits longer than a deadline."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def in_background(work: Callable[[], T]) -> Future[T]:
    """Start the work in a thread of its own; wait for it with `result(timeout)`.

    If it hangs, resolving a name or reading from a slow server, it ends with the process at the
    latest. (At its end, a process would wait for the threads of an executor.)
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001  (raised where it is waited for)
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future
