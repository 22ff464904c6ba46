"""Work that may hang and must not keep anybody waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

Made = TypeVar("Made")


def begin(work: Callable[[], Made]) -> Future[Made]:
    """Begin the work in a thread of its own; wait for it with `result(timeout)`.

    Who hangs looking up a name, or before a server that drips, ends with the process at the
    latest. (The threads of an executor would be waited for there.)
    """
    future: Future[Made] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001  (it is the waiting one's)
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future
