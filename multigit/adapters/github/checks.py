"""Whether a commit is green: its statuses and check runs, the newest of those that repeat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from multigit.adapters.github.answers import GithubError
from multigit.adapters.github.client import GithubDoor
from multigit.adapters.http.documents import Document, mapping, number, text
from multigit.core.values.problem import Problem

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
    bad = {key: state for key, state in found.items() if state not in GREEN}
    if found and not bad:
        return ()
    return (Problem("checks_not_green", f"{sha[:7]} is not green: {_listed(bad)}.", _HINT),)


def _states(door: GithubDoor, slug: str, sha: str) -> Mapping[_Key, str]:
    """Return how all statuses and check runs of a commit stand, the newest of each key.

    A check run is replaced by a newer one of its name in its app and check suite, which is what
    running it again makes. Runs of one name in different suites all count: they may be those of two
    workflows. GitHub does not tell whether a suite is another run of the same workflow (a nightly
    one, or one by hand), so a red one counts until it is run again itself.
    """
    what, path = f"commit {sha[:7]} of {slug}", f"/repos/{slug}/commits/{sha}"
    statuses = door.pages(f"{path}/status", what, "statuses")
    # What is the latest, we say: GitHub does not tell among which it would choose.
    checks = door.pages(f"{path}/check-runs", what, "check_runs", {"filter": "all"})
    newest = sorted(checks, key=lambda check: number(check.get("id")))
    return {
        **{_of_status(one): _state(one, "state") for one in reversed(statuses)},
        **{_of_check(one): _state(one, "conclusion", "status") for one in newest},
    }


@dataclass(frozen=True, slots=True)
class _Key:
    """What tells two that are not each other's repetition apart; 0 where GitHub names none."""

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
    said = [f"{name} is {state.replace('_', ' ')}" for name, state in sorted(named)]
    more = len(said) - SHOWN
    return ", ".join(said[:SHOWN]) + (f" and {more} more" if more > 0 else "")
