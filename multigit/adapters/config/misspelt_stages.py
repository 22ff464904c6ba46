"""Tables in `multigit.toml` that look like a stage and are the slip of a key: [stages.mian.deploy].

TOML makes a table of whatever stands in a header. One that holds nothing but further tables, and
that no other stage is promoted from, is taken for a stage only where it is the only one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from multigit.adapters.config.rules import Key, Mistake
from multigit.adapters.config.values import shown
from multigit.core.values.text import nearest
from multigit.core.values.workspace import unknown


@dataclass(frozen=True, slots=True)
class Stray:
    """Such a table: its name, what it holds, the stages that are some, and the one it is like."""

    name: str
    holds: tuple[str, ...]
    stages: tuple[str, ...]
    meant: str = ""

    @property
    def mistake(self) -> Mistake:
        """Return what is wrong."""
        return Mistake(
            ("stages", self.name),
            f"is none of the stages {', '.join(self.stages)}, and holds nothing but "
            f"{', '.join(self.holds)}.",
            f"{unknown('stage', self.name, self.stages).hint} A stage of its own says its branch: "
            f"branch = {shown(self.name)}.",
        )


def strays(document: Mapping[str, Any]) -> tuple[Stray, ...]:
    """Return the strays of a file as it stands."""
    tables = document.get("stages")
    if not isinstance(tables, dict):
        return ()
    named = set(_promoted_from(tables))
    alone = [name for name, table in tables.items() if _is_bare(table) and name not in named]
    stages = tuple(name for name in tables if name not in alone)
    if not stages:
        return ()
    return tuple(
        Stray(name, tuple(tables[name]), stages, nearest(name, stages) or "") for name in alone
    )


def put_right(document: Mapping[str, Any], found: tuple[Stray, ...]) -> Iterator[Key]:
    """Move what strays hold to where it was meant, so that the rest can be looked at.

    Yields where it is now: a mistake there is one of the stray's.
    """
    tables = document["stages"] if found else {}
    for stray in found:
        held, meant = tables.pop(stray.name), tables.get(stray.meant)
        if isinstance(meant, dict):
            new = {kind: table for kind, table in held.items() if kind not in meant}
            meant.update(new)
            yield from (("stages", stray.meant, kind) for kind in new)


def _is_bare(table: Any) -> bool:
    """Tell whether a table holds further tables, and nothing else."""
    values = list(table.values()) if isinstance(table, dict) else []
    return bool(values) and all(isinstance(value, dict) for value in values)


def _promoted_from(tables: Mapping[str, Any]) -> Iterator[str]:
    """Yield the stages that others are promoted from, also those that a slip hides."""
    for table in tables.values():
        before = table.get("promotes_from") if isinstance(table, dict) else None
        if isinstance(before, str):
            yield before if before in tables else nearest(before, tables) or before
