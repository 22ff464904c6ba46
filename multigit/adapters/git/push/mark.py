"""The mark of a repository's pushes: a file that each process of a push keeps open and locked.

Git and everything it starts on this machine inherit the open file, the server of a local remote
too. The kernel releases the lock with the last of them, however it ends. So no process has to be
known by its number, and a number that is used again misleads no one.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from multigit.adapters.files.durable import make_folder, opened
from multigit.errors import GitError

TRIES, PAUSE = 3, 0.01  # seconds


class PushMark:
    """The mark of one repository in one workspace."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def make(self) -> str:
        """Create the file and return its identity, which a copy does not have.

        Raises GitError if the file cannot be created.
        """
        try:
            make_folder(self._file.parent)
            with opened(self._file, os.O_RDWR | os.O_CREAT) as descriptor:
                return _identity(descriptor)
        except OSError as error:
            raise self._unusable("written", error) from error

    @contextmanager
    def held(self) -> Iterator[tuple[int, ...]]:
        """Lend what the processes of a push inherit: nothing if no mark was made.

        Nor on Windows, where files have no such lock. Raises GitError if an existing mark cannot be
        held: without it no one could see that the push is running.
        """
        with ExitStack() as stack:
            yield self._hold(stack) if os.name == "posix" else ()

    def _hold(self, stack: ExitStack) -> tuple[int, ...]:
        import fcntl

        doing = "opened"
        try:
            descriptor = stack.enter_context(opened(self._file, os.O_RDWR))
            doing = "locked"
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise self._unusable(doing, error) from error
        return (descriptor,)

    def is_held(self, mark: str) -> bool | None:
        """Return whether a process of a push with this mark is running; None if that is unknown."""
        if os.name == "posix":
            with suppress(OSError), opened(self._file, os.O_RDWR) as descriptor:
                return _is_held(descriptor) if _identity(descriptor) == mark else None
        return None

    def _unusable(self, doing: str, error: OSError) -> GitError:
        return GitError(
            f"{self._file} cannot be {doing}: {error.strerror or error}.",
            hint="Check the owner, the permissions and the free space of .multigit.",
            code="not_writable",
        )


def _identity(descriptor: int) -> str:
    about = os.fstat(descriptor)
    return f"{about.st_dev}:{about.st_ino}"


def _is_held(descriptor: int) -> bool:
    import fcntl

    for _ in range(TRIES):  # someone else may be checking too, which takes a moment
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return False
        time.sleep(PAUSE)
    return True
