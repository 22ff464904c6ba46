"""The last operations in a deployment log, as shells complete them: read fast, and unchecked."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from multigit.adapters.files.durable import open_private
from multigit.adapters.files.line_file import end_of_lines, lines_before

MOST = 50
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}")  # nothing that a shell would interpret


@dataclass(frozen=True, slots=True)
class RecentOperation:
    """An operation of the log; `release` is empty if it has none."""

    operation: str
    release: str
    stage: str


def recent_operations(log: Path) -> tuple[RecentOperation, ...]:
    """Return the last operations of a log, newest first; none if it cannot be read."""
    with suppress(OSError), os.fdopen(open_private(log, os.O_RDONLY), "rb") as stream:
        lines = islice(lines_before(stream, end_of_lines(stream)), MOST)
        return tuple(_operations(lines))
    return ()


def _operations(lines: Iterator[bytes]) -> Iterator[RecentOperation]:
    for line in lines:
        with suppress(ValueError, AttributeError, RecursionError):
            record = json.loads(line)
            operation, release, stage = map(record.get, ("operation", "release", "stage"))
            if _is_plain(operation):
                yield RecentOperation(operation, release if _is_plain(release) else "", str(stage))


def _is_plain(value: Any) -> bool:
    return isinstance(value, str) and _PLAIN.fullmatch(value) is not None
