"""Scenes in which a stage has two releases, and is perhaps held at the first one already."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from tests.torture.objects import LOCKS, TAGS, Remote

if TYPE_CHECKING:
    from tests.support.forge import Forge, ForgeRepo
    from tests.torture.world import World

Violations = list[str]
STAGE = "stg"
FILE = f".multigit/holds/{STAGE}.json"


def release_twice(forge: Forge, promote: Callable[[], object]) -> None:
    """Promote twice; a person says that the first release is good."""
    promote()
    first = _tags(next(iter(forge.repos.values())))[0]
    forge.run("mark", first, "good", "--reason", "seen", check=0)
    for repo in forge.repos.values():
        repo.commit("dev", {"c.txt": "c\nmore\n"}, message="feat: more")
    promote()


def hold(forge: Forge, *, locked: bool) -> None:
    """Hold the stage at its first release, as a roll-back has done, and add work to release."""
    first, second = _tags(next(iter(forge.repos.values())))
    content = {
        "hold": {
            "stage": STAGE,
            "operation": "20250115T150130Z-rollback-stg-0001",
            "release": first,
            "bad": second,
            "who": "Ada Lovelace <ada@example.org>",
            "host": "laptop",
            "since": "2025-01-15T15:01:30Z",
            "why": "slow",
            "repos": {name: _held(Remote(one.bare)) for name, one in forge.repos.items()},
        }
    }
    text = json.dumps(content)
    if locked:
        last = list(forge.repos.values())[-1]
        sha = last.remote_git("hash-object", "-w", "--stdin", input=text).strip()
        last.remote_git("update-ref", f"{LOCKS}{STAGE}", sha)
    else:
        file = forge.shop / FILE
        file.parent.mkdir(mode=0o700)
        file.write_text(text, encoding="utf-8")
        file.chmod(0o600)
    for repo in forge.repos.values():
        repo.commit("dev", {"b.txt": "b\nfixed\n"}, message="fix: b")


def first_tree(repo: ForgeRepo) -> str:
    """Return the tree of the first release."""
    return repo.remote_git("rev-parse", f"{TAGS}{_tags(repo)[0]}^{{tree}}").strip()


def _tags(repo: ForgeRepo) -> list[str]:
    return _tags_of(Remote(repo.bare))


def _tags_of(remote: Remote) -> list[str]:
    return sorted(ref.removeprefix(TAGS) for ref in remote.refs if ref.startswith(TAGS))


def _held(remote: Remote) -> Mapping[str, str]:
    """Return what a roll-back of the second release to the first one holds in a repository."""
    first, second = _tags_of(remote)[:2]
    to, bad = remote.peeled(f"{TAGS}{first}"), remote.branch(STAGE)
    return {"to": to, "bad": bad, "tag": second, "release": ""}


# --- What must hold


def holds(world: World) -> Mapping[str, Any]:
    """Return all holds, by stage: those of the remotes, or of the workspace."""
    found: dict[str, Any] = {}
    for remote in world.remotes().values():
        found |= remote.holds
    file = world.shop / FILE
    return found | ({STAGE: json.loads(file.read_bytes())["hold"]} if file.exists() else {})


def held(world: World, *, over: bool = True) -> Violations:
    """Check that the stage is held after a roll-back, as it should be, and that nothing else is.

    Once that is `over`, the hold says what its record says.
    """
    found = holds(world)
    if not world.goal.holds:
        return [f"{stage} is held: {each}" for stage, each in found.items()]
    wanted = {name: _held(remote) for name, remote in world.remotes().items()}
    told = found.get(STAGE, {})
    records = [each for each in world.new_records() if each["command"] == "rollback"]
    ours = [each["operation"] for each in records]
    right = told.get("repos") == wanted and (told["operation"] in ours or not ours)
    if over and records and right:
        rows = {row["repo"]: row["deployments"] for row in records[-1]["repos"]}
        good = {name for name, runs in rows.items() if runs and all(map(_succeeded, runs))}
        right = {*told["left"]} == wanted.keys() - good and {*told["running"]} <= {*told["left"]}
    return [] if right and len(found) == 1 else [f"{found} is held, wanted {wanted} by {ours}"]


def _succeeded(run: Mapping[str, Any]) -> bool:
    return run["state"] in {"succeeded", "skipped"}


def held_if_started(world: World) -> Violations:
    """Check that a roll-back has started nothing on a stage that is not held."""
    started = world.goal.holds and world.host and world.host.starts()
    return [f"it started {started}: {text}" for text in held(world, over=False)] if started else []


def held_as_started(world: World) -> Violations:
    """Check that a roll-back that is over holds the stage exactly if it started something."""
    if not world.goal.holds or world.host is None or world.in_doubt:
        return []
    if world.host.starts():
        return held(world)
    return [f"nothing was started, and {stage} is held" for stage in holds(world)]
