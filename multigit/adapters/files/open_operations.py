"""The unfinished operations of a workspace, from the names of files alone.

A shell prompt asks for them, so nothing heavy is imported here.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

from multigit.adapters.files.durable import open_private
from multigit.adapters.files.line_file import end_of_lines, lines_before

OPERATIONS = ".multigit/operations"  # in a workspace: a journal for each unfinished one
CLOSED = "journal.jsonl"  # in the folder of an operation that is over


def open_operations(folder: Path) -> tuple[str, ...]:
    """Return the ids of the operations that are not closed, oldest first.

    Only an undo can start while another operation is open, so it comes last, even if the clock was
    set back. A journal without a whole line belongs to an operation that never started.
    """
    try:
        files = sorted(folder.glob("*.jsonl"), key=lambda file: (_is_undo(file.stem), file.stem))
    except OSError:
        return ()
    return tuple(file.stem for file in files if has_started(file))


def has_journal(folder: Path, operation: str) -> bool:
    """Return whether there is a journal of an operation, which may be over."""
    return any(f.exists() for f in (folder / operation / CLOSED, folder / f"{operation}.jsonl"))


def is_recorded(log: Path, operation: str) -> bool:
    """Return whether a deployment log has an operation's record; not if it cannot be read."""
    with suppress(OSError), os.fdopen(open_private(log, os.O_RDONLY), "rb") as stream:
        for line in lines_before(stream, end_of_lines(stream), [json.dumps(operation).encode()]):
            with suppress(ValueError, AttributeError):
                if json.loads(line).get("operation") == operation:
                    return True
    return False


def has_started(file: Path) -> bool:
    """Return whether a journal has a whole line, or cannot be read and may have one."""
    try:
        with os.fdopen(open_private(file, os.O_RDONLY), "rb") as stream:
            return stream.readline().endswith(b"\n")
    except FileNotFoundError:
        return False
    except OSError:
        return True


def _is_undo(operation: str) -> bool:
    return operation.split("-")[1:2] == ["undo"]
