"""What must hold of deployments: each starts once, and none is misreported."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from tests.doubles.github import TOKEN
from tests.torture.scenes import TARGETS
from tests.torture.world import Document, World

Violations = list[str]
Place = str  # repository/target

SUCCEEDED, UNKNOWN, NOT_STARTED = "succeeded", "unknown", "not_started"
ASKED_FOR = {"starting", UNKNOWN}


def in_doubt(world: World) -> frozenset[Place]:
    """Return the places where the open journal knows of a request, but of no run.

    Only there may a start be missing: nobody can tell whether it was still sent.
    """
    last: dict[Place, Document] = {}
    for name in world.unfinished():
        lines = (world.shop / ".multigit/operations" / name).read_bytes().split(b"\n")[:-1]
        for entry in map(json.loads, lines):
            if entry["kind"] == "deployment":
                last[f"{entry['repos'][0]}/{entry['deployment']['target']}"] = entry["deployment"]
    return frozenset(
        place for place, each in last.items() if each["state"] in ASKED_FOR and not each["run"]
    )


def unclear(world: World) -> frozenset[Place]:
    """Return the places that are in doubt and were never started."""
    starts = world.host.starts() if world.host else {}
    return frozenset(place for place in world.in_doubt if not starts.get(place))


def deployed(world: World) -> Violations:
    """Check the end: everything was started once, and the log says how it ended.

    A start that got lost is called unknown, and nothing follows it in its repository.
    """
    if world.host is None:
        return []
    starts, unsure = world.host.starts(), unclear(world)
    found = world.host.complaints()
    for name in world.repos:
        said = {place: state for place, state in _recorded(world) if place.startswith(f"{name}/")}
        wanted = _wanted(name, unsure)
        if said != wanted:
            found.append(f"{name}: the log says {said}, wanted {wanted}")
        for place, state in wanted.items():
            times = int(state == SUCCEEDED)
            if starts[place] != times:
                found.append(f"{place} was started {starts[place]} times instead of {times}")
    strange = sorted(set(starts) - {f"{name}/{each}" for name in world.repos for each in TARGETS})
    found += [f"{place} was started, and nobody asked for it" for place in strange]
    return found + _told(world)


def _told(world: World) -> Violations:
    """Check that none of multigit's files contains the token."""
    own = (world.shop / "deployment.log", *(world.shop / ".multigit").rglob("*"))
    files = (file for file in own if file.is_file())
    return [f"{file.name} holds the token" for file in files if TOKEN.encode() in file.read_bytes()]


def _wanted(name: str, unsure: frozenset[Place]) -> dict[Place, str]:
    wanted, state = {}, SUCCEEDED
    for target in TARGETS:
        state = NOT_STARTED if state in {UNKNOWN, NOT_STARTED} else SUCCEEDED
        if f"{name}/{target}" in unsure:
            state = UNKNOWN
        wanted[f"{name}/{target}"] = state
    return wanted


def _recorded(world: World) -> Iterator[tuple[Place, str]]:
    for record in world.new_records():
        for row in record["repos"]:
            yield from _places(row["repo"], row["deployments"])


def _places(name: str, deployments: Sequence[Document]) -> Iterator[tuple[Place, str]]:
    for each in deployments:
        yield f"{name}/{each['target']}", each["state"]


def deployment_lies(world: World, row: Document) -> Violations:
    """Compare what multigit said about a repository's deployments with their starts."""
    told = row.get("deployment")
    if world.host is None or not told:
        return []
    starts = world.host.starts()
    said: Mapping[Place, str] = dict(_places(row["repo"], told["targets"]))
    return [
        f"{place} is called {state}, and was started {starts[place]} times"
        for place, state in said.items()
        if starts[place] != int(state not in {UNKNOWN, NOT_STARTED, "starting"})
    ]
