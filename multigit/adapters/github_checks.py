"""Whether a commit is green: its statuses and check runs, the newest of each name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from multigit.adapters.github_answers import GithubError, number, text
from multigit.adapters.github_door import GithubDoor
from multigit.core.problem import Problem

GREEN = {"success", "neutral", "skipped"}
SHOWN = 5  # names in one sentence
_HINT = "Wait for the checks, or mend what failed, then run multigit again."


def problems(door: GithubDoor, slug: str, sha: str) -> tuple[Problem, ...]:
    """Return why a commit is not green, nothing when it is; what cannot be read is not."""
    try:
        found = _states(door, slug, sha)
    except GithubError as error:
        said = f"the checks of {sha[:7]} cannot be read: {error.message}"
        return (Problem("checks_not_green", said, error.hint),)
    bad = {name: state for name, state in found.items() if state not in GREEN}
    if found and not bad:
        return ()
    return (Problem("checks_not_green", f"{sha[:7]} is not green: {_listed(bad)}.", _HINT),)


def _states(door: GithubDoor, slug: str, sha: str) -> dict[str, str]:
    """Return name → state of all statuses and check runs of a commit."""
    what, path = f"commit {sha[:7]} of {slug}", f"/repos/{slug}/commits/{sha}"
    statuses = door.pages(f"{path}/status", what, "statuses")
    checks = door.pages(f"{path}/check-runs", what, "check_runs", {"filter": "latest"})
    newest = sorted(checks, key=lambda check: number(check.get("id")))
    return {
        **_by_name(((text(one.get("context")), one) for one in reversed(statuses)), ("state",)),
        **_by_name(((text(one.get("name")), one) for one in newest), ("conclusion", "status")),
    }


def _by_name(
    items: Iterable[tuple[str, Mapping[str, Any]]], keys: tuple[str, ...]
) -> dict[str, str]:
    """Return the state of the last item of each name: the first of the keys that is set."""
    return {
        name or "a check without a name": next(
            (text(item[key]) for key in keys if text(item.get(key))), "unknown"
        )
        for name, item in items
    }


def _listed(bad: Mapping[str, str]) -> str:
    if not bad:
        return "it has no checks"
    said = [f"{name} is {state.replace('_', ' ')}" for name, state in sorted(bad.items())]
    more = len(said) - SHOWN
    return ", ".join(said[:SHOWN]) + (f" and {more} more" if more > 0 else "")
