"""The last deployments in the deployment log, kept so that not all of its records need be read.

This is only a cache. It names the part of the log that it covers, by its length and last line. If
the log differs, or a byte of the cache has changed, the cache is ignored.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from multigit.adapters.files.durable import append, open_private, read_private
from multigit.adapters.files.line_file import lines_before
from multigit.core.records.chain import canonical, decoded
from multigit.core.records.last_deployments import AtTarget, LastDeployment

VERSION = 4
FIELDS = [column.name for column in fields(LastDeployment)]


@dataclass(frozen=True, slots=True)
class Index:
    """The last deployments by repository and stage, of a log's first `size` bytes.

    `line` is the SHA-256 of the last line of these.
    """

    size: int = 0
    line: str = ""
    last: Mapping[str, Mapping[str, LastDeployment]] = field(default_factory=dict)

    def fits(self, log: BinaryIO) -> bool:
        """Return whether the log begins with what it was made of."""
        if not self.size:
            return True
        log.seek(self.size - 1)
        return log.read(1) == b"\n" and self.line == digest(next(lines_before(log, self.size)))


def digest(data: bytes) -> str:
    """Return the SHA-256 of some bytes."""
    return sha256(data).hexdigest()


def read_index(file: Path, log: BinaryIO) -> Index:
    """Return the index in the file if it fits the log; else an empty one."""
    try:
        checksum, _, data = read_private(file).partition(b"\n")
    except OSError:
        return Index()
    content = decoded(data) if checksum == digest(data).encode() else None
    if not content or (content.get("index"), content.get("fields")) != (VERSION, FIELDS):
        return Index()
    last = {
        repo: {stage: _deployment(values) for stage, values in stages.items()}
        for repo, stages in content["last"].items()
    }
    index = Index(content["size"], content["line"], last)
    return index if index.fits(log) else Index()


def _deployment(values: Mapping[str, Any]) -> LastDeployment:
    targets = {
        name: AtTarget(**{**each, "unsettled": tuple(each["unsettled"])})
        for name, each in values["targets"].items()
    }
    return LastDeployment(**{**values, "targets": targets})


def write_index(file: Path, index: Index) -> None:
    """Keep an index for the next time, if there is a folder for it and space."""
    last = {
        repo: {stage: asdict(deployed) for stage, deployed in stages.items()}
        for repo, stages in index.last.items()
    }
    content = {"size": index.size, "line": index.line, "last": last}
    data = canonical({"index": VERSION, "fields": FIELDS, **content})
    scratch = file.with_suffix(".new")
    with suppress(OSError):
        descriptor = open_private(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        append(descriptor, digest(data).encode() + b"\n" + data, durable=False)
        scratch.replace(file)
