"""Kill points: SIGKILL for multigit, for its git, and for the server, at every possible time."""

from __future__ import annotations

import random
import shutil
import signal
import stat
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.torture import invariants
from tests.torture.cases import Case, Verdict, Workshop
from tests.torture.invariants import Violations
from tests.torture.objects import stale_locks
from tests.torture.scenes import TARGETS, goal
from tests.torture.shims import DIE, KILL, ORPHAN, EdgeShim, GitShim
from tests.torture.world import Ran, World

KILLED = -signal.SIGKILL
WRITING = {"push", "commit", "add"}
STRACE = shutil.which("strace")
SLOWER = 3  # a scene with deployments takes this many times longer
_RENAMES = "rename,renameat,renameat2"


# --- multigit dies beside a git process


def git_cases(scene: str, calls: Mapping[int, str], way: str = "continue") -> Iterable[Case]:
    """Yield a case before and after each call of git; a push may also outlive multigit."""
    for number, subcommand in calls.items():
        whens = ("before", "after", *(("orphan",) if subcommand in WRITING else ()))
        for when in whens:
            yield Case("git", scene, (str(number), when, way))


def play_git(workshop: Workshop, case: Case) -> Verdict:
    """Kill multigit at a call of git; then continue at once, or when its orphans have ended."""
    number, when, way = case.fault
    with workshop.world(case.scene) as world:
        act = ORPHAN if when == "orphan" else KILL
        at_call = "before" if when == "orphan" else when
        shim = GitShim(world, at=number, when=at_call, act=act)
        ran = world.run(*world.goal.command, env=shim.env)
        if ran.status != KILLED:
            return Verdict.idle(ran.told())
        note = f"killed {when} git {shim.acted}"
        return Verdict.of(_after(world, way, at_once=when != "after"), note)


def _after(world: World, way: str, *, at_once: bool = False, torn: bool = False) -> Violations:
    """Check what a killed multigit left behind, and take a way out."""
    found: Violations = []
    if not at_once or way != "continue":
        world.wait_for_orphans()
        found += invariants.together(world)
    match way:
        case "undo":
            return found + invariants.undone(world, torn=torn)
        case "abandon":
            return found + invariants.abandoned(world, torn=torn)
        case _:
            return found + invariants.settle(world, torn=torn)


# --- A git process dies, and multigit continues


def child_cases(scene: str, calls: Mapping[int, str]) -> Iterable[Case]:
    """Yield a case before and after each call of git."""
    for number in calls:
        for when in ("before", "after"):
            yield Case("child", scene, (str(number), when))


def play_child(workshop: Workshop, case: Case) -> Verdict:
    """Kill one git process; what multigit says about it must be true, and it can be continued."""
    number, when = case.fault
    with workshop.world(case.scene) as world:
        shim = GitShim(world, at=number, when=when, act=DIE)
        before = world.remotes()
        ran = world.run(*world.goal.command, env=shim.env)
        if not shim.acted:
            return Verdict.idle(ran.told())
        found = invariants.lies(world, ran, before, doubt=True)
        found += invariants.together(world)
        found += invariants.finish(world, ran)
        found += invariants.scratch(world)
        return Verdict.of(found, f"{shim.acted}: {ran.told()}")


# --- multigit dies while it changes files


def edge_cases(scene: str, edges: Mapping[int, str], way: str = "continue") -> Iterable[Case]:
    """Yield a case before each edge, one halfway through each write, and one after the last."""
    for number, name in edges.items():
        yield Case("edge", scene, (str(number), "before", way))
        if name == "write":
            yield Case("edge", scene, (str(number), "half", way))
    if edges:
        yield Case("edge", scene, (str(max(edges)), "after", way))


def play_edge(workshop: Workshop, case: Case) -> Verdict:
    """Kill multigit at an edge, perhaps halfway through a write."""
    number, when, way = case.fault
    with workshop.world(case.scene) as world:
        shim = EdgeShim(world, at=number, when=when)
        ran = world.run(*world.goal.command, env=shim.env)
        if ran.status != KILLED:
            return Verdict.idle(ran.told())
        found = _after(world, way, at_once=when == "half", torn=when == "half")
        return Verdict.of(found, f"killed {when} edge {shim.acted}")


# --- The same edges as the kernel sees them


def strace_cases(scene: str, most: int) -> Iterable[Case]:
    """Yield a case for each of the first fsyncs and renames of the main thread."""
    for call, count in (("fsync", most), (_RENAMES, 1)):
        for number in range(1, count + 1):
            yield Case("strace", scene, (call, str(number)))


def play_strace(workshop: Workshop, case: Case) -> Verdict:
    """Kill multigit inside a system call."""
    call, number = case.fault
    with workshop.world(case.scene) as world:
        out = world.root / "strace.out"
        under = (str(STRACE), "-qq", "-o", str(out), "-e", f"trace={call}")
        inject = ("-e", f"inject={call}:signal=KILL:when={number}")
        ran = world.run(*world.goal.command, under=(*under, *inject))
        if ran.status != KILLED:
            return Verdict.idle(ran.told())
        return Verdict.of(_after(world, "continue"), f"killed at {call} {number}")


# --- multigit dies at a random time


def moment_cases(scene: str, count: int, seed: int) -> Iterable[Case]:
    """Yield cases with a random time each."""
    for number in range(count):
        yield Case("moment", scene, (f"seed-{seed}-{number}",))


def play_moment(workshop: Workshop, case: Case) -> Verdict:
    """Kill multigit at a random time after it has begun; a single `continue` must finish.

    The delay starts at the operation's first trace, so that none is wasted on Python's startup;
    in one case out of five it starts earlier. A delay that is too long is halved.
    """
    dice = random.Random(case.fault[0])
    early, delay = dice.random() < 0.2, dice.uniform(0.0, 0.6)
    delay *= SLOWER if goal(case.scene).runner else 1
    for _ in range(5):
        with workshop.world(case.scene) as world:
            ran = _killed_after(world, delay, early=early)
            if ran.status == KILLED:
                found = invariants.settle(world, most=1)
                return Verdict.of(found, f"killed after {ran.seconds:.2f} s")
        delay /= 2
    return Verdict.idle(ran.told())


def _killed_after(world: World, delay: float, *, early: bool) -> Ran:
    """Kill the command some seconds after its journal appeared or, if `early`, after its start."""
    running = world.start(*world.goal.command)
    operations = world.shop / ".multigit/operations"
    while not early and running.process.poll() is None and not any(operations.glob("*.jsonl")):
        time.sleep(0.002)
    deadline = time.monotonic() + delay
    while running.process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.001)
    running.send(signal.SIGKILL)
    return running.finish()


# --- multigit dies beside a deployment


def request_cases(scene: str, counts: Mapping[str, int]) -> Iterable[Case]:
    """Yield cases before and after each of these requests, as many as counted."""
    for what, count in counts.items():
        for number in range(1, count + 1):
            for when in ("before", "after"):
                yield Case("request", scene, (f"{what}-{number}", when))


def search_cases(scene: str) -> Iterable[Case]:
    """Yield cases in which `continue` dies as well, while it looks for a start or sends one."""
    for first in ("before", "after"):
        for second in ("search-1", "start-4"):
            for when in ("before", "after"):
                yield Case("request", scene, ("start-3", first, second, when))


def play_request(workshop: Workshop, case: Case) -> Verdict:
    """Kill multigit at a request: before it takes effect, or before its answer arrives.

    If a second request is named, `continue` dies there.
    """
    deaths = tuple(zip(case.fault[::2], case.fault[1::2], strict=True))
    with workshop.world(case.scene) as world:
        for number, (at, when) in enumerate(deaths):
            if world.host:
                world.host.trap.at, world.host.trap.when = at, when
            ran = world.run(*(("continue", "--yes") if number else world.goal.command))
            if ran.status != KILLED:
                return Verdict.idle(ran.told())
        note = f"killed {', '.join(f'{when} {at}' for at, when in deaths)}"
        return Verdict.of(_after(world, "continue"), note)


def script_cases(scene: str, repos: Iterable[str]) -> Iterable[Case]:
    """Yield a case at the beginning and end of each deployment's script."""
    for repo in repos:
        for target in TARGETS:
            for moment in ("begin", "end"):
                yield Case("script", scene, (moment, repo, target))


def play_script(workshop: Workshop, case: Case) -> Verdict:
    """Let a deployment's own script kill multigit, and perhaps continue while it still runs."""
    with workshop.world(case.scene) as world:
        ran = world.run(*world.goal.command, env={"FATAL": "-".join(case.fault)})
        if ran.status != KILLED:
            return Verdict.idle(ran.told())
        at_once = case.fault[0] == "begin"
        note = f"killed at the {' of '.join(case.fault)}"
        return Verdict.of(_after(world, "continue", at_once=at_once), note)


# --- Two kills


def twice_cases(scene: str, count: int, seed: int) -> Iterable[Case]:
    """Yield cases with two random kills each."""
    for number in range(count):
        yield Case("twice", scene, (f"seed-{seed}-{number}",))


def play_twice(workshop: Workshop, case: Case) -> Verdict:
    """Kill the command at an edge, and then kill `continue` at an edge, too."""
    dice = random.Random(case.fault[0])
    with workshop.world(case.scene) as world:
        deep = SLOWER if world.goal.runner else 1
        at, again = str(dice.randint(4, 12 * deep)), str(dice.randint(1, 8 * deep))
        shim = EdgeShim(world, at=at, when=dice.choice(("before", "half")))
        first = world.run(*world.goal.command, env=shim.env)
        second = EdgeShim(world, at=again, when=dice.choice(("before", "half")))
        ran = world.run("continue", "--yes", env=second.env)
        if (first.status, ran.status) != (KILLED, KILLED):
            return Verdict.idle(f"{first.told()}; {ran.told()}")
        note = f"killed at edge {at} ({shim.acted}), continue at {again} ({second.acted})"
        return Verdict.of(_after(world, "continue", torn=True), note)


# --- The server dies

_ONCE = 'rm -f "$0"\n'
HOOKS = {
    "prepared": (
        "reference-transaction",
        f'if [ "$1" = prepared ]; then {_ONCE} kill -KILL "$PPID"; fi',
    ),
    "committed": (
        "reference-transaction",
        f'if [ "$1" = committed ]; then {_ONCE} kill -KILL "$PPID"; fi',
    ),
    "pre-receive": ("pre-receive", f'{_ONCE} sleep 1; kill -KILL "$PPID"'),
    "update": ("update", f'{_ONCE} kill -KILL "$PPID"'),
    "post-receive": ("post-receive", f'{_ONCE} kill -KILL "$PPID"'),
}


def server_cases(scene: str, repos: Iterable[str], keep: str) -> Iterable[Case]:
    """Yield a case for each hook and, if strace is installed, for each rename."""
    for repo in repos:
        for hook in HOOKS:
            yield Case("server", scene, (repo, hook))
        for number in range(1, 4 if STRACE else 1):
            yield Case("server", scene, (repo, f"rename-{number}", keep))


def play_server(workshop: Workshop, case: Case) -> Verdict:
    """Kill the receive-pack of one repository, and remove the locks that it left behind.

    `stale`: only after multigit has ended; `cleaned`: before multigit can see them.
    """
    repo, fault, *rest = case.fault
    with workshop.world(case.scene) as world:
        bare, done = world.repos[repo].bare, world.root / "server-died"
        if fault in HOOKS:
            name, text = HOOKS[fault]
            script(bare / "hooks" / name, text)
        else:
            _die_at_rename(world, repo, fault.removeprefix("rename-"), "".join(rest))
        before = world.remotes()
        ran = world.run(*world.goal.command)
        found = invariants.lies(world, ran, before, doubt=True)
        fired = not (bare / "hooks" / name).exists() if fault in HOOKS else done.exists()
        for lock in list(stale_locks(bare)):
            lock.unlink()
        if not fired:
            return Verdict.idle(ran.told())
        found += invariants.finish(world, ran)
        return Verdict.of(found, ran.told())


def _die_at_rename(world: World, repo: str, number: str, keep: str) -> None:
    """Let the next receive-pack of a repository die just before rename `number`."""
    bare, done = world.repos[repo].bare, world.root / "server-died"
    program = world.root / "receive-pack"
    clean = f"rm -f {bare}/*.lock; find {bare}/refs -name '*.lock' -delete"
    strace = f"{STRACE} -qq -o /dev/null -e trace={_RENAMES}"
    script(
        program,
        f'[ "$1" = {bare} ] || exec git-receive-pack "$@"\n'
        f'if [ -e {done} ] || [ -e {done}.tried ]; then exec git-receive-pack "$@"; fi\n'
        f"touch {done}.tried\n"
        f'{strace} -e inject={_RENAMES}:signal=KILL:when={number} git-receive-pack "$@"\n'
        f"[ $? -lt 128 ] || touch {done}\n" + (clean if keep == "cleaned" else ""),
    )
    world.repos[repo].git("config", "--global", "remote.origin.receivepack", str(program))
    world.began = world.workspace()


def script(path: Path, text: str) -> None:
    """Write an executable shell script, such as a hook."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
