"""What the shell offers for a word: read from files without checking them, so that it is fast."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import typer

from multigit.adapters.config import FILE
from multigit.adapters.config.find import VARIABLE
from multigit.adapters.config.raw import raw_log, raw_table
from multigit.adapters.files.recent_operations import RecentOperation, recent_operations


def _tables(name: str) -> dict[str, dict[str, Any]]:
    """Return the tables in a table of the nearest configuration that can be read."""
    read = (raw_table(place, name) for place in _places())
    found = next((table for table in read if table is not None), {})
    return {key: table for key, table in found.items() if isinstance(table, dict)}


def _places() -> list[Path]:
    named = [Path(os.environ[VARIABLE])] if VARIABLE in os.environ else []
    return named + [folder / FILE for folder in (Path.cwd(), *Path.cwd().parents)]


def complete_stage(incomplete: str) -> list[str]:
    """Return the stages that start with this, or else branches that name one."""
    return _fitting(_tables("stages"), incomplete) or _fitting(_branches(), incomplete)


def complete_target(context: typer.Context, incomplete: str) -> list[str]:
    """Return the neighbors of the first stage on the command line."""
    named = (context.params.get("source"), context.params.get("stage"), *context.args)
    source = next(filter(None, named), "")
    near = neighbors(_tables("stages"), _tables("repos"), _branches().get(source, source))
    return _fitting(near, incomplete)


def neighbors(stages: Mapping[str, Any], repos: Mapping[str, Any], source: str) -> list[str]:
    """Return the stages after and before this one in any repository; all when it is none."""
    if source not in stages:
        return list(stages)
    pairs = [(stage.get("promotes_from"), name) for name, stage in stages.items()]
    for repo in repos.values():
        own = repo.get("stages")
        pairs += pairwise(own if isinstance(own, list) else ())
    after = [later for earlier, later in pairs if earlier == source]
    before = [earlier for earlier, later in pairs if later == source]
    return [name for name in (*after, *before) if name in stages]


def _branches() -> dict[str, str]:
    """Return the stage of each branch that is one of a single stage, and not called like one."""
    stages = _tables("stages")
    pairs = [(stage.get("branch"), name) for name, stage in stages.items()]
    for repo in _tables("repos").values():
        own = repo.get("branches")
        pairs += [(branch, name) for name, branch in own.items()] if isinstance(own, dict) else ()
    found: dict[str, set[str]] = {}
    for branch, name in pairs:
        if isinstance(branch, str) and branch not in stages:
            found.setdefault(branch, set()).add(name)
    return {branch: names.pop() for branch, names in found.items() if len(names) == 1}


def complete_repo(incomplete: str) -> list[str]:
    """Return the repositories that start with this."""
    return _fitting(_tables("repos"), incomplete)


def complete_group(incomplete: str) -> list[str]:
    """Return the groups of the repositories that start with this."""
    groups = [name for table in _tables("repos").values() for name in table.get("groups", ())]
    return _fitting(map(str, groups), incomplete)


def complete_confirm(context: typer.Context, incomplete: str) -> list[str]:
    """Return the stage that the command changes, if it was named, or else all stages."""
    stages, branches = _tables("stages"), _branches()
    named = [context.params.get(name) for name in ("target", "promote", "stage")]
    meant = (branches.get(str(word), word) for word in (*reversed(context.args), *named))
    words = [word for word in meant if word in stages]
    return _fitting(words[:1] or stages, incomplete)


def complete_operation(incomplete: str) -> list[str]:
    """Return the last releases and operations that start with this, newest first."""
    recent = _recent()
    names = [each.release for each in recent] + [each.operation for each in recent]
    return _fitting(names, incomplete)


def complete_release(context: typer.Context, incomplete: str) -> list[str]:
    """Return the last releases of the named stage that start with this, newest first."""
    stage = context.params.get("stage")
    stage = _branches().get(str(stage), stage)
    return _fitting([each.release for each in _recent() if each.stage == stage], incomplete)


def _recent() -> tuple[RecentOperation, ...]:
    file = next((place for place in _places() if place.is_file()), None)
    return recent_operations(raw_log(file)) if file else ()


def _fitting(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in dict.fromkeys(names) if name and name.startswith(incomplete)]
