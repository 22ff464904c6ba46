"""The whole campaign: its cases, playing them in parallel, and the counts."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
import traceback
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.gitenv import default_environment
from tests.torture import cuts, faults, holding, kills
from tests.torture.cases import Case, Kind, Play, Verdict, Workshop
from tests.torture.scenes import COMMAND, GITHUB, NAMES, THREE
from tests.torture.shims import EdgeShim, GitShim
from tests.torture.world import PACKAGE, Ran, at_work_in, frozen

PLAYS: Mapping[str, Play] = {
    "git": kills.play_git,
    "child": kills.play_child,
    "edge": kills.play_edge,
    "strace": kills.play_strace,
    "moment": kills.play_moment,
    "twice": kills.play_twice,
    "server": kills.play_server,
    "request": kills.play_request,
    "script": kills.play_script,
    "cut": cuts.play_cut,
    "rivals": faults.play_rivals,
    "signal": faults.play_signal,
    "colleague": faults.play_colleague,
    "scarce": faults.play_scarce,
    "holds": holding.play_holds,
    "other": faults.play_other,
}
THOROUGH = 4  # in one case out of this many, multigit itself verifies the log, too
STEP = 100  # cases between two progress lines
SHOWN = 4  # violations shown per case
KILLS = {"git", "child", "edge", "strace", "moment", "twice", "server", "request", "script"}
ENUMERATED = ("promote", "push", "backmerge", "undo", "continue", "undo-unfinished")
LOCKED = ("promote-locked", "push-locked", "backmerge-locked", "undo-locked", "continue-locked")
BACK = ("rollback", "rollback-locked", "restore", "restore-locked")
FORWARD = ("release", "release-locked")
SCENES = (*ENUMERATED, *LOCKED, *BACK, *FORWARD, "one", "ten", GITHUB, COMMAND)


def kind(case: Case) -> Kind:
    """Return the kind under which a case is counted."""
    if case.family in KILLS:
        return Kind.KILL
    return Kind.CUT if case.family == "cut" else Kind.OTHER


@dataclass(frozen=True, slots=True)
class Course:
    """What a command does when nothing goes wrong: its git calls and its edges, by number."""

    calls: Mapping[int, str]
    edges: Mapping[int, str]

    @property
    def late(self) -> dict[int, str]:
        """Return the git calls, starting with the first that creates an object."""
        first = next((n for n, name in self.calls.items() if name in LATE), max(self.calls))
        return {number: name for number, name in self.calls.items() if number >= first}

    @property
    def durable(self) -> dict[int, str]:
        """Return the edges, starting with the first journal entry."""
        first = next((n for n, name in self.edges.items() if name == "fsync"), 1) - 1
        return {number: name for number, name in self.edges.items() if number >= first}


LATE = {"commit-tree", "mktag", "commit", "hash-object", "push", "cat-file", "ls-remote"}


def measure(workshop: Workshop, scene: str) -> Course:
    """Run a scene's command undisturbed and record its git calls and, in another world, its edges.

    A command whose edges are watched starts its own Python. It calls git once more than a forked
    one, because GitPython does so when it is imported.
    """
    with workshop.world(scene) as world:
        git = GitShim(world)
        _well(world.run(*world.goal.command, env=git.env))
        calls = dict(enumerate(git.subcommands, start=1))
    with workshop.world(scene) as world:
        edge = EdgeShim(world)
        _well(world.run(*world.goal.command, env=edge.env))
        return Course(calls, dict(enumerate(edge.edges, start=1)))


def _well(ran: Ran) -> None:
    if ran.status != 0:
        raise AssertionError(ran.told() + ran.stderr)


def cases(courses: Mapping[str, Course], seed: int) -> Iterator[Case]:
    """Yield all cases of the campaign."""
    dice = random.Random(seed)

    def some(found: Iterable[Case], count: int) -> list[Case]:
        return _thin(found, count, dice)

    promote = courses["promote"]
    pushes = _only(promote.calls, "push")
    early = {n: name for n, name in promote.calls.items() if n not in promote.late}
    yield from some(kills.git_cases("promote", early), 12)
    yield from kills.git_cases("promote", promote.late)
    yield from kills.edge_cases("promote", promote.durable)
    yield from kills.child_cases("promote", promote.late)
    for scene in ENUMERATED[1:]:
        course = courses[scene]
        yield from some(kills.git_cases(scene, course.late), 18)
        yield from some(kills.edge_cases(scene, course.durable), 18)
        yield from some(kills.child_cases(scene, course.late), 8)
    for scene in LOCKED:
        course = courses[scene]
        yield from kills.git_cases(scene, _only(course.calls, "push"))
        yield from some(kills.edge_cases(scene, course.durable), 10)
    for way in ("undo", "abandon"):
        yield from kills.git_cases("promote", pushes, way)
        yield from some(kills.edge_cases("promote", promote.durable, way), 8)
        locked = courses["promote-locked"]
        yield from some(kills.git_cases("promote-locked", _only(locked.calls, "push"), way), 6)
        yield from some(kills.edge_cases("promote-locked", locked.durable, way), 6)
    if kills.STRACE:
        yield from kills.strace_cases("promote", 9)
        yield from kills.strace_cases("undo", 9)
    yield from kills.moment_cases("ten", 50, seed)
    yield from kills.moment_cases("undo", 20, seed)
    yield from kills.twice_cases("promote", 10, seed)
    yield from kills.twice_cases("push", 5, seed)
    yield from kills.server_cases("promote", ("web",), "cleaned")
    yield from kills.server_cases("one", ("api",), "stale")

    yield from _deploying(courses, seed)
    yield from _rolling_back(courses, seed)

    yield from cuts.push_cases("promote", "web")
    yield from cuts.other_cases("promote", "web")
    yield from cuts.lock_cases("promote-locked", "db")
    yield from cuts.seeded_cases("promote", THREE, 16, seed)
    for scene in ("one", "push", "backmerge", "undo"):
        yield from cuts.seeded_cases(scene, NAMES.get(scene, THREE), 8, seed)

    yield from faults.rival_cases()
    for scene in ("promote", "promote-locked"):
        course = courses[scene]
        yield from faults.signal_cases(scene, list(course.late)[-8:], list(course.durable)[::3])
    yield from faults.colleague_cases("promote", (8, *pushes), "web", "stg")
    late = (3, *_only(courses["continue"].calls, "push"))
    yield from faults.colleague_cases("continue", late, "web", "stg")
    yield from faults.scarce_cases("promote", list(promote.late)[::2])
    yield from faults.scarce_cases("continue", list(courses["continue"].late)[-2:])
    yield from faults.other_cases()


def _deploying(courses: Mapping[str, Course], seed: int) -> Iterator[Case]:
    """Yield the kills during deployments."""
    for scene in (GITHUB, COMMAND):
        edges = kills.edge_cases(scene, courses[scene].durable)
        yield from (case for case in edges if "half" not in case.fault)
        yield from kills.moment_cases(scene, 12, seed)
        yield from kills.twice_cases(scene, 12, seed)
    yield from kills.git_cases(COMMAND, _only(courses[COMMAND].calls, "checkout-index"))
    yield from kills.request_cases(GITHUB, {"start": 6, "look": 9, "jobs": 6, "health": 6})
    yield from kills.search_cases(GITHUB)
    yield from kills.request_cases(COMMAND, {"health": 6})
    yield from kills.script_cases(COMMAND, THREE)


def _rolling_back(courses: Mapping[str, Course], seed: int) -> Iterator[Case]:
    """Yield the kills during roll-backs and releases of holds, and the faults of their pushes."""
    dice = random.Random(f"{seed} back")
    for scene in (*BACK, *FORWARD):
        course = courses[scene]
        yield from kills.edge_cases(scene, course.durable)
        yield from kills.git_cases(scene, _only(course.calls, "push"))
        yield from kills.moment_cases(scene, 6, seed)
        if scene not in FORWARD:
            yield from _thin(kills.edge_cases(scene, course.durable, "abandon"), 12, dice)
    yield from cuts.lock_cases("rollback-locked", "db", ("lock", "unlock"))
    yield from cuts.lock_cases("release-locked", "db")
    yield from holding.hold_cases()


def _thin(found: Iterable[Case], count: int, dice: random.Random) -> list[Case]:
    every = list(found)
    return sorted(dice.sample(every, min(count, len(every))), key=every.index)


def _only(calls: Mapping[int, str], subcommand: str) -> dict[int, str]:
    return {number: name for number, name in calls.items() if name == subcommand}


def skipped() -> list[str]:
    """Return the kinds of cases that this machine cannot play, each with the reason."""
    found = []
    if not kills.STRACE:
        found.append("deaths at system calls: strace is not installed")
    if not faults.can_mount():
        found.append("full disks: only root may mount a small one")
    return found


@dataclass
class Tally:
    """The counts of a campaign."""

    played: Counter[Kind] = field(default_factory=Counter)
    idle: list[str] = field(default_factory=list)
    violations: list[tuple[Case, str]] = field(default_factory=list)
    seconds: Counter[str] = field(default_factory=Counter)
    families: Counter[str] = field(default_factory=Counter)

    def add(self, case: Case, verdict: Verdict, seconds: float) -> None:
        """Count one case."""
        self.seconds[case.family] += round(seconds, 2)  # type: ignore[assignment]
        if not verdict.fired:
            self.idle.append(f"{case.name} ({verdict.note})")
            return
        self.families[case.family] += 1
        self.played[kind(case)] += 1
        self.violations += [(case, text) for text in verdict.violations]


def play(workshop: Workshop, case: Case) -> Verdict:
    """Play one case; an error in the campaign itself is a violation, too."""
    workshop.thorough = zlib.crc32(case.name.encode()) % THOROUGH == 0
    try:
        return PLAYS[case.family](workshop, case)
    except Exception:  # noqa: BLE001 - one broken case must not end the others
        return Verdict.of([f"the case itself broke: {traceback.format_exc()}"])


_workshop: list[Workshop] = []


def _enter(folder: Path, package: Path) -> None:
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.nice(5)
    own = folder / f"worker-{os.getpid()}"
    own.mkdir()
    _workshop.append(Workshop(own, folder / "templates", package))


def _build(scene: str) -> tuple[str, Course]:
    _workshop[0].template(scene)
    return scene, measure(_workshop[0], scene)


def _play(case: Case) -> tuple[Case, Verdict, float]:
    since = time.monotonic()
    return case, play(_workshop[0], case), time.monotonic() - since


def run(
    seed: int,
    *,
    jobs: int,
    only: Sequence[str] = (),
    most: int = 0,
    package: Path = PACKAGE,
    tell: bool = True,
) -> Tally:
    """Play the campaign and return its counts; `only` has names of cases, or prefixes of names."""
    tally = Tally()
    folder = Path(tempfile.mkdtemp(prefix="torture-")).resolve()
    (folder / "templates").mkdir()
    package = frozen(package, folder / "package")
    default_environment()  # before the workers start, so that they share it
    context = multiprocessing.get_context("fork")
    try:
        with context.Pool(jobs, _enter, (folder, package)) as pool:
            courses = dict(pool.imap_unordered(_build, SCENES))
            chosen = list(dict.fromkeys(cases(courses, seed)))
            if only:
                begun = [case for case in chosen if case.name.startswith(tuple(only))]
                known = [name for name in only if any(c.name.startswith(name) for c in begun)]
                named = [Case.named(name) for name in only if name not in known]
                chosen = [*begun, *named]
            if most:
                chosen = _thin(chosen, most, random.Random(seed))
            random.Random(seed).shuffle(chosen)
            played = pool.imap_unordered(_play, chosen)
            for number, (case, verdict, seconds) in enumerate(played, start=1):
                tally.add(case, verdict, seconds)
                if tell:
                    _tell(case, verdict)
                    if number % STEP == 0:
                        print(f"{number} of {len(chosen)}", flush=True)
            pool.close()
            pool.join()
    finally:
        _clean(folder)
    return tally


def _clean(folder: Path) -> None:
    """Kill what still runs below the folder, unmount its small disks, and remove it."""
    for pid in at_work_in(folder):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for line in Path("/proc/mounts").read_text("utf-8").splitlines():
        if line.split()[1].startswith(f"{folder}/"):
            subprocess.run(["umount", "--lazy", line.split()[1]], check=False)
    shutil.rmtree(folder, ignore_errors=True)


def _tell(case: Case, verdict: Verdict) -> None:
    for violation in verdict.violations[:SHOWN]:
        text = " ".join(violation.split())
        print(f"VIOLATION {case.name} ({verdict.note[:80]}): {text[:500]}", flush=True)
    if len(verdict.violations) > SHOWN:
        print(f"          {case.name}: and {len(verdict.violations) - SHOWN} more", flush=True)
