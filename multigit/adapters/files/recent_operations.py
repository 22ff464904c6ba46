"""The last operations in a deployment log, as shells complete them: read fast, and unchecked."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from multigit.adapters.files.durable import open_private
from multigit.adapters.files.line_file import end_of_lines, lines_before

MOST = 50
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}")  # nothing that a shell would interpret
_PUBLISHED = ("published", "unknown")
_NOT_DEPLOYED = ("not_started", "skipped")
_OF_OTHERS = ("undo", "watch", "approve")  # commands whose records are about another operation


@dataclass(frozen=True, slots=True)
class RecentOperation:
    """An operation of the log; `release` is empty if it has none.

    `published` are the repositories in which it published something, or may have, and no later
    record undid that. `deployed` are those that it deployed, or may have.
    """

    operation: str
    release: str
    stage: str
    command: str = ""
    published: frozenset[str] = frozenset()
    deployed: frozenset[str] = frozenset()
    deploys: bool = False  # it had deployments, started or not

    @property
    def can_be_undone(self) -> bool:
        """True if it has published something that was not deployed, as far as the log says."""
        return bool(self.published - self.deployed)

    @property
    def is_release(self) -> bool:
        """True if its release exists, as far as the log says."""
        return bool(self.published) or self.command == "deploy"


def recent_operations(log: Path) -> tuple[RecentOperation, ...]:
    """Return the last operations of a log, newest first; none if it cannot be read."""
    with suppress(OSError), os.fdopen(open_private(log, os.O_RDONLY), "rb") as stream:
        lines = islice(lines_before(stream, end_of_lines(stream)), MOST)
        return tuple(_operations(lines))
    return ()


def _operations(lines: Iterator[bytes]) -> Iterator[RecentOperation]:
    undone: set[tuple[str, str]] = set()  # operations, each with a repository
    for line in lines:
        with suppress(ValueError, RecursionError):
            record = json.loads(line)
            if isinstance(record, dict) and (found := _operation(record, undone)):
                yield found


def _operation(record: Mapping[str, Any], undone: set[tuple[str, str]]) -> RecentOperation | None:
    """Return the operation of a record, without what later ones have `undone`; note what it did."""
    rows = {str(row.get("repo")): row for row in _tables(record.get("repos"))}
    if record.get("undoes"):
        reset = (name for name, row in rows.items() if row.get("state") == "published")
        undone |= {(str(record["undoes"]), name) for name in reset}
    operation, release = record.get("operation"), record.get("release")
    if not _is_plain(operation) or record.get("command") in _OF_OTHERS:
        return None
    published = (name for name, row in rows.items() if _may_be_published(row))
    deployments = {name: _tables(row.get("deployments")) for name, row in rows.items()}
    return RecentOperation(
        operation=str(operation),
        release=str(release) if _is_plain(release) else "",
        stage=str(record.get("stage")),
        command=str(record.get("command")),
        published=frozenset(name for name in published if (operation, name) not in undone),
        deployed=frozenset(name for name, each in deployments.items() if any(map(_began, each))),
        deploys=any(deployments.values()),
    )


def _may_be_published(row: Mapping[str, Any]) -> bool:
    half = any(each.get("code") == "half_published" for each in _tables(row.get("problems")))
    return row.get("state") in _PUBLISHED or half


def _began(deployment: Mapping[str, Any]) -> bool:
    return deployment.get("state") not in _NOT_DEPLOYED or deployment.get("attempt") != 1


def _tables(value: object) -> list[Mapping[str, Any]]:
    """Return the tables of a list; anyone may have written anything there."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _is_plain(value: object) -> bool:
    return isinstance(value, str) and _PLAIN.fullmatch(value) is not None
