"""Cut connections: an HTTP server behind a proxy that disrupts one message at one byte."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.http_git import GitHttpServer
from tests.torture import invariants
from tests.torture.cases import Case, Verdict, Workshop
from tests.torture.invariants import DONE, Violations
from tests.torture.kills import script
from tests.torture.proxy import Fault, Proxy, Side, Spoil
from tests.torture.world import Ran, World

SERVICES = {
    "push": ("receive-pack", 1),
    "fetch": ("upload-pack", 1),
    "look": ("upload-pack", 2),
    "lock": ("receive-pack", 1),
    "unlock": ("receive-pack", 2),  # leaves the hold, if no branch was pushed before
    "release": ("receive-pack", 3),
}
# How much of a message passes before the fault: bytes from its start, or from its end.
REQUESTS = {1: ("0", "100", "end-0"), 2: ("1", "250", "700", "end-1", "end-0")}
ANSWERS = {1: ("0", "1", "300", "end-1"), 2: ("0", "1", "100", "250", "end-1", "end-0")}
PATIENT, IMPATIENT = '[git]\ntimeout = "60s"\n', '[git]\ntimeout = "5s"\n'
LATE = "late"
ONCE_LATE = 'mkdir "$GIT_DIR/came-late" 2>/dev/null || exit 0; sleep 2'
DOWN = "down"


def places(messages: Iterable[int] = (1, 2)) -> Iterator[tuple[str, str, str]]:
    """Yield message, side and byte of all interesting places in a push."""
    for message in messages:
        for side, table in ((Side.REQUEST, REQUESTS), (Side.ANSWER, ANSWERS)):
            yield from ((str(message), str(side), at) for at in table[message])


def push_cases(scene: str, repo: str) -> Iterable[Case]:
    """Yield every fault at every interesting place in one repository's push."""
    for place in places():
        for fault in (Fault.CUT, Fault.RESET, Fault.STALL):
            yield Case("cut", scene, (repo, "push", *place, fault, "once"))
    for place in (("1", "answer", "0"), ("2", "request", "250"), ("2", "answer", "0")):
        yield Case("cut", scene, (repo, "push", *place, Fault.DRIP, "once"))
        yield Case("cut", scene, (repo, "push", *place, Fault.CUT, DOWN))
    for fault in (Fault.CUT, Fault.RESET, Fault.STALL):
        for place in (("2", "request", "end-0"), ("2", "answer", "0")):
            yield Case("cut", scene, (repo, "push", *place, fault, LATE))


def other_cases(scene: str, repo: str) -> Iterable[Case]:
    """Yield faults during the fetch, and during the check after a push whose answer was lost."""
    for message, side, at in (
        *(("1", "request", "0"), ("1", "answer", "100"), ("2", "answer", "200")),
        *(("3", "request", "end-0"), ("3", "answer", "0"), ("3", "answer", "end-1")),
    ):
        for fault in (Fault.CUT, Fault.STALL):
            yield Case("cut", scene, (repo, "fetch", message, side, at, fault, "once"))
    yield Case("cut", scene, (repo, "fetch", "1", "answer", "0", Fault.CUT, DOWN))


def lock_cases(
    scene: str, repo: str, services: Iterable[str] = ("lock", "release")
) -> Iterable[Case]:
    """Yield faults during the pushes that take and release the lock across machines."""
    for service in services:
        for message, side, at in (
            *(("1", "request", "0"), ("1", "answer", "300")),
            *(("2", "request", "250"), ("2", "request", "end-0"), ("2", "answer", "0")),
        ):
            for fault in (Fault.CUT, Fault.STALL):
                yield Case("cut", scene, (repo, service, message, side, at, fault, "once"))


def seeded_cases(scene: str, repos: Iterable[str], count: int, seed: int) -> Iterable[Case]:
    """Yield faults at random bytes of random pushes."""
    dice = random.Random(f"{seed} {scene}")
    names = tuple(repos)
    for _ in range(count):
        message = dice.choice((1, 2, 2, 2))
        side = dice.choice((Side.REQUEST, Side.ANSWER))
        most = {(1, "request"): 250, (1, "answer"): 600, (2, "answer"): 360}.get(
            (message, side), 1150
        )
        fault = dice.choice((Fault.CUT, Fault.CUT, Fault.RESET, Fault.RESET, Fault.STALL))
        at = str(dice.randint(0, most))
        where = (dice.choice(names), "push", str(message), side, at, fault)
        yield Case("cut", scene, (*where, dice.choice(("once", "once", LATE, DOWN))))


@contextmanager
def served(world: World) -> Iterator[Proxy]:
    """Serve the world's remotes over HTTP, through a proxy."""
    config = Path(world.env["GIT_CONFIG_GLOBAL"])
    login = base64.b64encode(b"ada:sesame").decode()
    header = f'[http]\n\textraHeader = "Authorization: Basic {login}"\n'
    config.write_text(config.read_text("utf-8") + header, encoding="utf-8")
    with GitHttpServer(world.forge.remotes) as server:
        port = urlsplit(server.url("any")).port or 0
        with Proxy(port) as proxy:
            for name, repo in world.repos.items():
                repo.use_url(proxy.through(server.url(name)))
            world.began = world.workspace()
            yield proxy


def play_cut(workshop: Workshop, case: Case) -> Verdict:
    """Disrupt one message; what multigit says must be true then and when the server is done."""
    repo, service, message, side, at, fault, extra = case.fault
    words, nth = SERVICES[service]
    number = at.removeprefix("end-")
    spoil = Spoil(
        words=(f"/{repo}.git/", words),
        message=int(message),
        side=Side(side),
        at=int(number),
        fault=Fault(fault),
        nth=nth,
        from_end=number != at,
        down=extra == DOWN,
    )
    with workshop.world(case.scene) as world, served(world) as proxy:
        slow = spoil.fault in {Fault.STALL, Fault.DRIP}
        plain = world.config.read_text("utf-8")
        world.config.write_text(f"{plain}\n{IMPATIENT if slow else PATIENT}", encoding="utf-8")
        if extra == LATE:
            script(world.repos[repo].bare / "hooks/pre-receive", ONCE_LATE)
        proxy.spoil = spoil
        before = world.remotes()
        ran = world.run(*world.goal.command)
        if not proxy.fired:
            return Verdict.idle(ran.told())
        found = invariants.lies(world, ran, before, doubt=True)
        world.wait_for_orphans()
        found += [f"later: {text}" for text in invariants.lies(world, ran, before, doubt=True)]
        found += invariants.together(world)
        proxy.mend()
        world.config.write_text(f"{plain}\n{PATIENT}", encoding="utf-8")
        world.began = {**world.began, **_about(world.workspace(), "multigit.toml")}
        if service in {"release", "unlock"}:
            found += released_by_hand(world, ran)
        found += invariants.finish(world, ran)
        found += invariants.scratch(world)
        return Verdict.of(found, ran.told())


def released_by_hand(world: World, ran: Ran) -> Violations:
    """A lock that could not be released must be mentioned, and can be released by its id."""
    if not any(remote.locks for remote in world.remotes().values()):
        return []
    found = [] if "lock" in ran.stdout + ran.stderr else [f"a lock is left unsaid: {ran.told()}"]
    status = world.run("lock", "status")
    for lock in (status.document or {})["locks"]:
        nonce = lock["holder"]["nonce"]
        released = world.run("lock", "release", "--id", nonce, "--reason", "the network broke")
        found += [] if released.status == DONE else [f"it stays locked: {released.told()}"]
    return found


def _about(facts: dict[str, str], name: str) -> dict[str, str]:
    """Return what a snapshot says about one file."""
    return {fact: value for fact, value in facts.items() if f"/{name}: " in fact}
