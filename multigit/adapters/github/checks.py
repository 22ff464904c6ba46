"""Whether a commit is green: its statuses and check runs, the newest of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from multigit.adapters.github.client import GithubClient
from multigit.adapters.http.documents import Document, mapping, number, text
from multigit.core.values.problem import Problem
from multigit.errors import MultigitError

GREEN = {"success", "neutral", "skipped"}
SHOWN = 5  # names in one sentence
_HINT = "Wait for the checks or fix what failed, then run multigit again."


def problems(client: GithubClient, slug: str, sha: str) -> tuple[Problem, ...]:
    """Return why a commit is not green, or (); what cannot be read is not green."""
    try:
        found = _states(client, slug, sha)
    except MultigitError as error:
        message = f"the checks of {sha[:7]} cannot be read: {error.message}"
        return (Problem("checks_not_green", message, error.hint),)
    bad = {key: state for key, state in found.items() if state not in GREEN}
    if found and not bad:
        return ()
    return (Problem("checks_not_green", f"{sha[:7]} is not green: {_listed(bad)}.", _HINT),)


def _states(client: GithubClient, slug: str, sha: str) -> Mapping[_Key, str]:
    """Return the states of all statuses and check runs of a commit, the newest of each key.

    A check run is replaced by a newer one with its name, app and check suite, which is what a rerun
    creates. Runs with one name in different suites all count: they may belong to two workflows.
    GitHub does not say whether a suite is another run of the same workflow (a nightly one, or one
    that was started by hand), so a red one counts until it is rerun itself.
    """
    what, path = f"commit {sha[:7]} of {slug}", f"/repos/{slug}/commits/{sha}"
    statuses = client.pages(f"{path}/status", what, "statuses")
    # All, since GitHub does not say among which runs it would choose the latest.
    checks = client.pages(f"{path}/check-runs", what, "check_runs", {"filter": "all"})
    newest = sorted(checks, key=lambda check: number(check.get("id")))
    return {
        **{_of_status(one): _state(one, "state") for one in reversed(statuses)},
        **{_of_check(one): _state(one, "conclusion", "status") for one in newest},
    }


@dataclass(frozen=True, slots=True)
class _Key:
    """What a status or check run has in common with its reruns; 0 if GitHub names no id."""

    name: str
    status: bool = False
    app: int = 0
    suite: int = 0


def _of_status(one: Document) -> _Key:
    return _Key(text(one.get("context")), status=True)


def _of_check(one: Document) -> _Key:
    app, suite = mapping(one.get("app")), mapping(one.get("check_suite"))
    return _Key(text(one.get("name")), app=number(app.get("id")), suite=number(suite.get("id")))


def _state(item: Document, *keys: str) -> str:
    """Return the first of the keys' values that is set."""
    return next((text(item[key]) for key in keys if text(item.get(key))), "unknown")


def _listed(bad: Mapping[_Key, str]) -> str:
    if not bad:
        return "it has no checks"
    named = {(key.name or "a check without a name", state) for key, state in bad.items()}
    shown = [f"{name} is {state.replace('_', ' ')}" for name, state in sorted(named)]
    more = len(shown) - SHOWN
    return ", ".join(shown[:SHOWN]) + (f" and {more} more" if more > 0 else "")
