"""What the shell offers for a word: read from files without checking them, so that it is fast.

Whatever the files hold, the shell gets words or nothing: it would show an error amid what is typed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from itertools import pairwise
from pathlib import Path
from typing import Any, ParamSpec

import typer

from multigit.adapters.config import FILE
from multigit.adapters.config.find import VARIABLE
from multigit.adapters.config.raw import raw_log, raw_table
from multigit.adapters.files.open_operations import (
    OPERATIONS,
    has_journal,
    is_recorded,
    open_operations,
)
from multigit.adapters.files.recent_operations import RecentOperation, recent_operations

P = ParamSpec("P")


def or_nothing(complete: Callable[P, list[str]]) -> Callable[P, list[str]]:
    """Return a completion that offers nothing where it would fail."""

    @wraps(complete)
    def offered(*arguments: P.args, **options: P.kwargs) -> list[str]:
        try:
            return complete(*arguments, **options)
        except Exception:  # noqa: BLE001  (the command itself says what is wrong with the files)
            return []

    return offered


def _tables(name: str) -> dict[str, dict[str, Any]]:
    """Return the tables in a table of the nearest configuration that can be read."""
    read = (raw_table(place, name) for place in _places())
    found = next((table for table in read if table is not None), {})
    return {key: table for key, table in found.items() if isinstance(table, dict)}


def _places() -> list[Path]:
    named = [Path(os.environ[VARIABLE])] if VARIABLE in os.environ else []
    return named + [folder / FILE for folder in (Path.cwd(), *Path.cwd().parents)]


@or_nothing
def complete_stage(incomplete: str) -> list[str]:
    """Return the stages that start with this, or else branches that name one."""
    return _fitting(_tables("stages"), incomplete) or _fitting(_branches(), incomplete)


@or_nothing
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
    pairs = [
        (earlier, name) for name, of in stages.items() for earlier in _words(of, "promotes_from")
    ]
    for repo in repos.values():
        pairs += pairwise(_words(repo, "stages"))
    after = [later for earlier, later in pairs if earlier == source]
    before = [earlier for earlier, later in pairs if later == source]
    return [name for name in (*after, *before) if name in stages]


def _words(table: Mapping[str, Any], key: str) -> list[str]:
    """Return a text, or the texts of a list; the file may hold anything else there."""
    value = table.get(key)
    return [
        word for word in (value if isinstance(value, list) else [value]) if isinstance(word, str)
    ]


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


@or_nothing
def complete_repo(incomplete: str) -> list[str]:
    """Return the repositories that start with this."""
    return _fitting(_tables("repos"), incomplete)


@or_nothing
def complete_group(incomplete: str) -> list[str]:
    """Return the groups of the repositories that start with this."""
    groups = [name for table in _tables("repos").values() for name in _words(table, "groups")]
    return _fitting(groups, incomplete)


@or_nothing
def complete_confirm(context: typer.Context, incomplete: str) -> list[str]:
    """Return the stage that the command changes, if it was named, or else all stages."""
    stages, branches = _tables("stages"), _branches()
    named = [context.params.get(name) for name in ("target", "promote", "stage")]
    meant = (branches.get(str(word), word) for word in (*reversed(context.args), *named))
    words = [word for word in meant if word in stages]
    return _fitting(words[:1] or stages, incomplete)


@or_nothing
def complete_override(incomplete: str) -> list[str]:
    """Return the rules that can be overridden and start with this."""
    from multigit.core.planning.overrides import OVERRIDABLE

    return _fitting(OVERRIDABLE, incomplete)


@or_nothing
def complete_undo(incomplete: str) -> list[str]:
    """Return what an undo would accept, newest first, as far as files say.

    While an operation is unfinished it is this one alone.
    """
    config = _config()
    unfinished = _unfinished(config)[-1:]
    return _fitting(
        unfinished or _names(config, lambda each: each.can_be_undone),
        incomplete,
    )


@or_nothing
def complete_operation(incomplete: str) -> list[str]:
    """Return the unfinished operation, and the last ones with deployments, newest first."""
    config = _config()
    names = _names(config, lambda each: each.deploys)
    return _fitting([*_unfinished(config), *names], incomplete)


@or_nothing
def complete_release(context: typer.Context, incomplete: str) -> list[str]:
    """Return the last releases that start with this, newest first; of the named stage, if any."""
    stage = context.params.get("stage")
    stage = _branches().get(str(stage), stage)
    known = recent_operations(raw_log(_config()))
    names = [each.release for each in known if stage in {each.stage, None} and each.is_release]
    return _fitting(names, incomplete)


def _names(config: Path, wanted: Callable[[RecentOperation], bool]) -> list[str]:
    """Return the releases, then the ids, of the last operations whose journals are here."""
    folder = config.parent / OPERATIONS
    known = [
        each
        for each in recent_operations(raw_log(config))
        if wanted(each) and has_journal(folder, each.operation)
    ]
    return [each.release for each in known] + [each.operation for each in known]


def _unfinished(config: Path) -> list[str]:
    found = open_operations(config.parent / OPERATIONS)
    return [each for each in found if not is_recorded(raw_log(config), each)]


def _config() -> Path:
    """Return the nearest configuration; raises StopIteration if there is none."""
    return next(place for place in _places() if place.is_file())


def _fitting(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in dict.fromkeys(names) if name and name.startswith(incomplete)]
