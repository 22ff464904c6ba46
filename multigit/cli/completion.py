"""What the shell offers for a word: read from files without checking them, so that it is fast."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import typer

from multigit.adapters.config import FILE
from multigit.adapters.config.find import VARIABLE
from multigit.adapters.config.raw import raw_log, raw_table
from multigit.adapters.files.recent_operations import RecentOperation, recent_operations


def _table(name: str) -> dict[str, Any]:
    """Return a table of the nearest configuration that can be read."""
    found = (raw_table(place, name) for place in _places())
    return next((table for table in found if table is not None), {})


def _places() -> list[Path]:
    named = [Path(os.environ[VARIABLE])] if VARIABLE in os.environ else []
    return named + [folder / FILE for folder in (Path.cwd(), *Path.cwd().parents)]


def complete_stage(incomplete: str) -> list[str]:
    """Return the stages that start with this."""
    return _fitting(_table("stages"), incomplete)


def complete_target(context: typer.Context, incomplete: str) -> list[str]:
    """Return the neighbors of the first stage on the command line."""
    named = (context.params.get("source"), context.params.get("stage"), *context.args)
    near = neighbors(_table("stages"), next(filter(None, named), None))
    return _fitting(near, incomplete)


def neighbors(stages: Mapping[str, Any], source: str | None) -> list[str]:
    """Return the stages after and before this one; all when it is none of them."""
    if source is None or source not in stages:
        return list(stages)
    before = {name: each.get("promotes_from") for name, each in stages.items() if each}
    after = [name for name, earlier in before.items() if earlier == source]
    return after + [name for name in stages if name == before.get(source)]


def complete_repo(incomplete: str) -> list[str]:
    """Return the repositories that start with this."""
    return _fitting(_table("repos"), incomplete)


def complete_group(incomplete: str) -> list[str]:
    """Return the groups of the repositories that start with this."""
    tables = (each for each in _table("repos").values() if isinstance(each, dict))
    groups = [name for table in tables for name in table.get("groups", ())]
    return _fitting(map(str, groups), incomplete)


def complete_confirm(context: typer.Context, incomplete: str) -> list[str]:
    """Return the stage that the command changes, if it was named, or else all stages."""
    stages = _table("stages")
    named = [context.params.get(name) for name in ("target", "promote", "stage")]
    words = [word for word in (*reversed(context.args), *named) if word in stages]
    return _fitting(words[:1] or stages, incomplete)


def complete_operation(incomplete: str) -> list[str]:
    """Return the last releases and operations that start with this, newest first."""
    recent = _recent()
    names = [each.release for each in recent] + [each.operation for each in recent]
    return _fitting(names, incomplete)


def complete_release(context: typer.Context, incomplete: str) -> list[str]:
    """Return the last releases of the named stage that start with this, newest first."""
    stage = context.params.get("stage")
    return _fitting([each.release for each in _recent() if each.stage == stage], incomplete)


def _recent() -> tuple[RecentOperation, ...]:
    file = next((place for place in _places() if place.is_file()), None)
    return recent_operations(raw_log(file)) if file else ()


def _fitting(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in dict.fromkeys(names) if name and name.startswith(incomplete)]
