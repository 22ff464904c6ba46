"""Misspelt names of stages in the headers of `multigit.toml`, such as [stages.mian.deploy].

TOML makes a table for every name in a header. One that has nothing but further tables, and that no
other stage is promoted from, counts as a stage only if there is no other one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from multigit.adapters.config.mistakes import Key, Mistake
from multigit.adapters.config.values import shown
from multigit.core.values.text import nearest
from multigit.core.values.workspace import unknown
from multigit.phrase import Phrase


class MisspeltStage(NamedTuple):
    """Such a table: its name, the stage that was meant, and what is wrong."""

    name: str
    meant: str
    mistake: Mistake


def misspelt_stages(document: Mapping[str, Any]) -> tuple[MisspeltStage, ...]:
    """Return the misspelt stages of a file."""
    tables = document.get("stages")
    if not isinstance(tables, dict):
        return ()
    sources = set(_promoted_from(tables))
    suspects = [name for name, table in tables.items() if _is_bare(table) and name not in sources]
    stages = tuple(name for name in tables if name not in suspects)
    if not stages:
        return ()
    return tuple(
        MisspeltStage(
            name,
            nearest(name, stages) or "",
            Mistake(
                ("stages", name),
                f"is none of the stages {', '.join(stages)}, and has nothing but "
                f"{', '.join(tables[name])}.",
                Phrase(
                    unknown("stage", name, stages).hint,
                    f" A new stage needs its branch: branch = {shown(name)}.",
                ),
            ),
        )
        for name in suspects
    )


def correct(document: Mapping[str, Any], misspelt: tuple[MisspeltStage, ...]) -> Iterator[Key]:
    """Move the tables of misspelt stages to the stages that were meant, to check the rest.

    Yields their new keys: a mistake there is one of the misspelt stage's.
    """
    tables = document["stages"] if misspelt else {}
    for stage in misspelt:
        moved, meant = tables.pop(stage.name), tables.get(stage.meant)
        if isinstance(meant, dict):
            new = {kind: table for kind, table in moved.items() if kind not in meant}
            meant.update(new)
            yield from (("stages", stage.meant, kind) for kind in new)


def _is_bare(table: Any) -> bool:
    """Return whether a table has further tables, and nothing else."""
    values = list(table.values()) if isinstance(table, dict) else []
    return bool(values) and all(isinstance(value, dict) for value in values)


def _promoted_from(tables: Mapping[str, Any]) -> Iterator[str]:
    """Yield the stages that others are promoted from, also if that name is misspelt."""
    for table in tables.values():
        before = table.get("promotes_from") if isinstance(table, dict) else None
        if isinstance(before, str):
            yield before if before in tables else nearest(before, tables) or before
