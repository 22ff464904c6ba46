"""Everything else that goes wrong: rivals, full disks, signals, prompts, clocks."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.support.patience import heard
from tests.torture import invariants
from tests.torture.cases import Case, Verdict, Workshop
from tests.torture.cuts import IMPATIENT, served
from tests.torture.invariants import DONE, INTERRUPTED, REFUSED, Violations
from tests.torture.kills import KILLED, script
from tests.torture.shims import EdgeShim, GitShim
from tests.torture.world import PATIENCE, Ran, Running, World

SIGNALS = {"int": signal.SIGINT, "term": signal.SIGTERM, "hup": signal.SIGHUP}
HELD = 6.0  # seconds within which a command that does not wait has surely ended


# --- Rivals in one workspace, and on two machines


def rival_cases() -> Iterable[Case]:
    """Yield the contests for the local lock and for the lock across machines."""
    for fault in ("local", "killed-holder"):
        yield Case("rivals", "promote", (fault,))
    for number in range(6):
        yield Case("rivals", "promote-locked", ("race", str(number)))
    for fault in ("failure", "int", "term", "hup", "not-stolen"):
        yield Case("rivals", "promote-locked", (fault,))
    for fault in ("way-undo", "way-abandon", "early-undo", "early-abandon"):
        yield Case("rivals", "promote-locked", (fault,))


def play_rivals(workshop: Workshop, case: Case) -> Verdict:
    """Let two multigits compete, or kill one while it holds the lock."""
    with workshop.world(case.scene) as world:
        found = RIVALS[case.fault[0]](world)
        return Verdict.of(found)


def _hold(world: World, status: int = 0) -> None:
    """Let every push in this world report its arrival, then wait for `_let_go` and exit."""
    for repo in world.repos.values():
        text = (
            f"while read old new ref; do case $ref in refs/heads/*) touch {world.root}/came; "
            f"until [ -e {world.root}/go ]; do sleep 0.02; done; exit {status};; esac; done"
        )
        script(repo.bare / "hooks/pre-receive", text)


def _let_go(world: World) -> None:
    """Let the held pushes finish, and hold no others.

    Git would refuse the push if its hook disappeared just before it runs.
    """
    (world.root / "go").touch()
    for repo in world.repos.values():
        script(repo.bare / "hooks/open", "exit 0")
        (repo.bare / "hooks/open").replace(repo.bare / "hooks/pre-receive")


def _mid_push(world: World, *args: str) -> Running:
    """Start the command and wait until a push has reached a remote."""
    running = world.start(*world.goal.command, *args)
    deadline = time.monotonic() + 60
    while not (world.root / "came").exists() and running.process.poll() is None:
        assert time.monotonic() < deadline, "no push came"
        time.sleep(0.005)
    return running


def _local(world: World) -> Violations:
    """Two in one workspace: one wins, and the other says who holds the lock, and since when."""
    _hold(world)
    before = world.remotes()
    holder = _mid_push(world)
    loser = world.run(*world.goal.command)
    _let_go(world)
    winner = holder.finish()
    found = invariants.lies(world, winner, before)
    if winner.status != DONE:
        found.append(f"the first did not win: {winner.told()}")
    message = str((loser.document or {}).get("message"))
    if (loser.status, loser.codes) != (REFUSED, ["locked"]):
        found.append(f"the second was not refused: {loser.told()}")
    if str(holder.process.pid) not in message or "since 20" not in message:
        found.append(f"the second does not name the holder {holder.process.pid}: {message}")
    return found + invariants.at_rest(world)


def _killed_holder(world: World) -> Violations:
    """A killed holder leaves no lock."""
    _hold(world)
    holder = _mid_push(world)
    holder.send(signal.SIGKILL)
    holder.finish()
    _let_go(world)
    ran = world.run("continue", "--yes")
    found = [] if ran.status == DONE else [f"the lock outlived its holder: {ran.told()}"]
    return found + invariants.settle(world)


def _second_machine(world: World) -> Path:
    """Return a copy of the workspace, as on another machine."""
    there = world.root / "elsewhere"
    subprocess.run(["cp", "-R", "-p", str(world.shop), str(there)], check=True)
    return there


def _race(world: World) -> Violations:
    """Two machines at once: exactly one publishes, and the other says why it does not."""
    _hold(world)
    there = _second_machine(world)
    before = world.remotes()
    pair = [world.start(*world.goal.command), world.start(*world.goal.command, shop=there)]
    deadline = time.monotonic() + PATIENCE
    while all(each.process.poll() is None for each in pair) and time.monotonic() < deadline:
        time.sleep(0.01)
    _let_go(world)
    ended = [each.finish() for each in pair]
    found: Violations = []
    winners = [ran for ran in ended if ran.status == DONE and "published" in ran.states.values()]
    if len(winners) != 1:
        found.append(f"{len(winners)} have won: {'; '.join(ran.told() for ran in ended)}")
    for ran in ended:
        message = str((ran.document or {}).get("message"))
        if ran in winners:
            found += invariants.lies(world, ran, before)
        elif ran.status == REFUSED and ran.codes != ["locked_remotely"]:
            found.append(f"the loser is not told who holds the lock: {ran.told()}")
        elif ran.status == REFUSED and "since 20" not in message:
            found.append(f"the loser is not told since when: {message}")
        elif ran.status not in {DONE, REFUSED}:
            found.append(f"the loser was not refused: {ran.told()}")
    for name, remote in world.remotes().items():
        found += [f"{name}: the lock {ref} is left" for ref in remote.locks]
        found += invariants.published(world, name, remote)
    return found + invariants.lost(world)


def _no_locks(world: World) -> Violations:
    return [f"the lock {ref} is left" for each in world.remotes().values() for ref in each.locks]


def _failure(world: World) -> Violations:
    """A failed operation releases the lock."""
    for name in ("api", "web", "db"):
        world.repos[name].reject_pushes("refs/heads/stg")
    ran = world.run(*world.goal.command)
    found = _no_locks(world) if ran.status == 1 else [f"it did not fail: {ran.told()}"]
    for name in ("api", "web", "db"):
        world.repos[name].allow_pushes()
    return found + invariants.settle(world)


def _signalled(number: signal.Signals) -> Callable[[World], Violations]:
    def contest(world: World) -> Violations:
        """An interrupted operation releases the lock."""
        return _interrupted(world, number) + _no_locks(world) + invariants.settle(world)

    return contest


def _not_stolen(world: World) -> Violations:
    """No other operation takes a dead machine's lock; only its own `continue` takes it over."""
    _hold(world, status=1)
    there = _second_machine(world)
    holder = _mid_push(world)
    held = _no_locks(world)
    holder.send(signal.SIGKILL)
    holder.finish()
    (world.root / "go").touch()
    world.wait_for_orphans()
    found = [] if held else ["no lock was held in mid push"]
    other = world.start(*world.goal.command, shop=there).finish()
    if (other.status, other.codes) != (REFUSED, ["locked_remotely"]):
        found.append(f"the other machine was not refused: {other.told()}")
    if _no_locks(world) != held:
        found.append("the other machine has touched the lock")
    _let_go(world)
    return found + invariants.settle(world, most=1)


def _way(out: Callable[[World], Violations]) -> Callable[[World], Violations]:
    def contest(world: World) -> Violations:
        """The other ways out of a killed operation release its lock, too."""
        _hold(world)
        holder = _mid_push(world)
        holder.send(signal.SIGKILL)
        holder.finish()
        _let_go(world)
        world.wait_for_orphans()
        return out(world)

    return contest


def _let_go_late(world: World, holder: Running) -> None:
    """Let the held pushes finish once the command after the holder has ended, or waits for them."""
    deadline = time.monotonic() + HELD
    while time.monotonic() < deadline:
        if (
            world.started is not holder.process
            and world.started
            and world.started.poll() is not None
        ):
            break
        time.sleep(0.02)
    _let_go(world)


def _too_early(
    out: Callable[[World], Violations], later: Callable[[World], Violations]
) -> Callable[[World], Violations]:
    def contest(world: World) -> Violations:
        """A way out that is taken while the pushes are held says what becomes of them."""
        _hold(world)
        holder = _mid_push(world)
        holder.send(signal.SIGKILL)
        holder.finish()
        late = threading.Thread(target=_let_go_late, args=(world, holder))
        late.start()
        found = out(world)
        late.join()
        world.wait_for_orphans()
        return found + [f"later: {each}" for each in later(world)]

    return contest


def _abandon(world: World) -> Violations:
    """Close the operation; abandon is not to blame if held pushes move refs meanwhile."""
    ran = world.run("abandon")
    return [] if ran.status == DONE else [f"it cannot be abandoned: {ran.told()}"]


RIVALS: Mapping[str, Callable[[World], Violations]] = {
    "local": _local,
    "killed-holder": _killed_holder,
    "race": _race,
    "failure": _failure,
    "int": _signalled(signal.SIGINT),
    "term": _signalled(signal.SIGTERM),
    "hup": _signalled(signal.SIGHUP),
    "not-stolen": _not_stolen,
    "way-undo": _way(invariants.undone),
    "way-abandon": _way(invariants.abandoned),
    "early-undo": _too_early(invariants.undone, invariants.all_taken_back),
    "early-abandon": _too_early(_abandon, invariants.recorded_truly),
}


# --- Signals


def signal_cases(scene: str, calls: Iterable[int], edges: Iterable[int]) -> Iterable[Case]:
    """Yield signals during a push, beside every git process and at every edge."""
    for name in SIGNALS:
        yield Case("signal", scene, ("mid-push", name))
    for name in ("int", "term"):
        yield Case("signal", scene, ("second", name))
    for number in calls:
        for when in ("before", "after"):
            yield Case("signal", scene, ("git", str(number), when))
    for number in edges:
        yield Case("signal", scene, ("edge", str(number), "after"))


def play_signal(workshop: Workshop, case: Case) -> Verdict:
    """Interrupt multigit; what it says must be true, and the operation can be continued."""
    kind, *rest = case.fault
    with workshop.world(case.scene) as world:
        match kind:
            case "mid-push":
                found = _interrupted(world, SIGNALS[rest[0]])
            case "second":
                found = _impatient(world, SIGNALS[rest[0]])
            case _:
                return _interrupted_at(world, kind, rest[0], rest[1])
        return Verdict.of(found + invariants.settle(world))


def _interrupted(world: World, number: signal.Signals) -> Violations:
    """Interrupt during a push: running pushes end, and the report is true."""
    _hold(world)
    before = world.remotes()
    running = _mid_push(world, "--jobs", "1")
    running.send(number)
    heard(running.process.pid)
    _let_go(world)
    ran = running.finish()
    busy = [pid for pid in world.orphans() if pid != running.process.pid]
    found = [f"git is still at work: {busy}"] if busy else []
    found += invariants.lies(world, ran, before)
    if ran.status != INTERRUPTED:
        found.append(f"exit code {ran.status} instead of 130: {ran.told()}")
    if sorted(ran.states.values()) != ["not_published", "not_published", "published"]:
        found.append(f"only the running push should have ended: {ran.told()}")
    return found + invariants.scratch(world)


def _impatient(world: World, number: signal.Signals) -> Violations:
    """Interrupt more than once: multigit exits while the pushes are still held, and says so."""
    _hold(world)
    before = world.remotes()
    running = _mid_push(world)
    ran = running.insist(number)
    found = invariants.lies(world, ran, before)
    _let_go(world)
    if ran.status != INTERRUPTED:
        found.append(f"it did not leave: {ran.told()}")
    return found


def _interrupted_at(world: World, kind: str, number: str, when: str) -> Verdict:
    """Interrupt once, beside a git process or at an edge."""
    if kind == "git":
        shim: GitShim | EdgeShim = GitShim(world, at=number, when=when, act='kill -INT "$PPID"')
    else:
        shim = EdgeShim(world, at=number, when=when, number=signal.SIGINT)
    before = world.remotes()
    ran = world.run(*world.goal.command, env=shim.env)
    if not shim.acted:
        return Verdict.idle(ran.told())
    found = invariants.lies(world, ran, before)
    world.wait_for_orphans()
    found += [f"later: {each}" for each in invariants.lies(world, ran, before)]
    found += _without_a_reason(world, ran)
    return Verdict.of(found + invariants.settle(world), ran.told())


def _without_a_reason(world: World, ran: Ran) -> Violations:
    """Check that an interrupt leaves no lock across machines and no temporary file."""
    found = invariants.scratch(world)
    if ran.status == INTERRUPTED:
        found += _no_locks(world)
    return found


# --- A colleague pushes in the middle


def colleague_cases(scene: str, calls: Iterable[int], repo: str, branch: str) -> Iterable[Case]:
    """Yield a colleague's push before and after calls of git, with and without a kill."""
    for number in calls:
        for when in ("before", "after"):
            for act in ("push", "push-and-kill"):
                yield Case("colleague", scene, (repo, branch, str(number), when, act))


def play_colleague(workshop: Workshop, case: Case) -> Verdict:
    """Let a colleague push to a branch that moves; no one's work may be lost."""
    repo, branch, number, when, act = case.fault
    with workshop.world(case.scene) as world:
        push = world.colleague_script(repo, branch)
        end = '; kill -KILL "$PPID"; exit 1' if act == "push-and-kill" else ""
        shim = GitShim(world, at=number, when=when, act=push + end)
        before = world.remotes()
        ran = world.run(*world.goal.command, env=shim.env)
        world.wait_for_orphans()
        if not world.colleagues(repo):
            return Verdict.idle(ran.told())
        found: Violations = []
        if ran.status != KILLED:
            found += invariants.lies(world, ran, before)
            found += _names_both(world, ran, repo, branch)
            found += invariants.lost(world)
        found += invariants.finish(world, ran)
        return Verdict.of(found, ran.told())


def _names_both(world: World, ran: Ran, repo: str, branch: str) -> Violations:
    """Check that the message about a moved branch names its old and its new commit."""
    rows = (ran.document or {}).get("repos", [])
    problems = [p for row in rows if row["repo"] == repo for p in row["problems"]]
    moved = [problem["message"] for problem in problems if problem["code"] == "moved"]
    was = world.at_first[repo].branch(branch)
    now = world.colleagues(repo)[-1][1]
    return [
        f'"{message}" does not name {was[:7]} and {now[:7]}'
        for message in moved
        if was[:7] not in message or now[:7] not in message
    ]


# --- Nothing left: disk, file size, descriptors


def can_mount() -> bool:
    """Return whether we can mount small disks of our own."""
    return os.geteuid() == 0 and _mounts()


def _mounts() -> bool:
    with_mount = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    try:
        return subprocess.run(with_mount, check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def scarce_cases(scene: str, calls: Iterable[int]) -> Iterable[Case]:
    """Yield disks that fill up at a call of git, small file sizes, and few descriptors."""
    if can_mount():
        for number in (0, *calls):
            yield Case("scarce", scene, ("disk", str(number)))
    for number in range(1, 7):  # the journal's five entries and the log's record
        yield Case("scarce", scene, ("write", f"write-{number}"))
    for blocks in (1, 2, 4, 6, 8, 10, 12, 16, 20):
        yield Case("scarce", scene, ("file-size", str(blocks)))
    for number in (64, 40, 24):
        yield Case("scarce", scene, ("descriptors", str(number)))


def play_scarce(workshop: Workshop, case: Case) -> Verdict:
    """Take a resource away; multigit tells the truth, and can finish once the resource is back."""
    kind, number = case.fault
    with workshop.world(case.scene) as world:
        if kind == "disk":
            with _small_disk(world):
                return _full(world, number)
        if kind == "write":
            return _short(world, number)
        flag = {"file-size": "-f", "descriptors": "-n"}[kind]
        limited = ("/bin/sh", "-c", f'ulimit {flag} {number}; exec "$@"', "sh")
        before = world.remotes()
        ran = world.run(*world.goal.command, under=limited)
        return Verdict.of(_honest_then_done(world, ran, before), ran.told())


def _honest_then_done(
    world: World, ran: Ran, before: invariants.Remotes, *, doubt: bool = True
) -> Violations:
    found = invariants.lies(world, ran, before, doubt=doubt)
    found += invariants.together(world)
    return found + invariants.finish(world, ran)


def _short(world: World, number: str) -> Verdict:
    """Let one write stop halfway for lack of space, in an operation that has to be continued."""
    world.repos["web"].reject_pushes("refs/heads/stg")
    shim = EdgeShim(world, at=number, when="full")
    before = world.remotes()
    ran = world.run(*world.goal.command, env=shim.env)
    world.repos["web"].allow_pushes()
    if not shim.acted:
        return Verdict.idle(ran.told())
    found = invariants.lies(world, ran, before, doubt=True) + invariants.together(world)
    return Verdict.of(found + invariants.settle(world, torn=True), ran.told())


def _full(world: World, number: str) -> Verdict:
    """Fill the disk at a call of git (0: before everything)."""
    filler = world.shop / "filler"
    fill = f"head -c 64000000 /dev/zero >{filler}"
    shim = GitShim(world, at=number, when="before", act=fill)
    if number == "0":
        subprocess.run(["/bin/sh", "-c", fill], check=False, capture_output=True)
    before = world.remotes()
    ran = world.run(*world.goal.command, env=shim.env)
    if not filler.exists():
        return Verdict.idle(ran.told())
    filler.unlink()
    note = f"{shim.acted}: {ran.told()}"
    return Verdict.of(_honest_then_done(world, ran, before), note)


@contextmanager
def _small_disk(world: World) -> Iterator[None]:
    """Put the workspace on a small disk of its own."""
    aside = world.root / "aside"
    world.shop.rename(aside)
    world.shop.mkdir()
    options = ("-t", "tmpfs", "-o", "size=6m", "tmpfs")
    subprocess.run(["mount", *options, str(world.shop)], check=True)
    try:
        subprocess.run(["cp", "-R", "-p", f"{aside}/.", str(world.shop)], check=True)
        yield
    finally:
        world.wait_for_orphans()
        subprocess.run(["umount", "--lazy", str(world.shop)], check=True)


# --- Prompts and clocks


def other_cases() -> Iterable[Case]:
    """Yield the programs that ask and never answer, and the clock that is set back."""
    for fault in ("askpass", "helper", "helper-at-push"):
        yield Case("other", "promote", ("sleeping", fault))
    yield Case("other", "continue", ("clock-back",))


def play_other(workshop: Workshop, case: Case) -> Verdict:
    """Play one of the other cases."""
    with workshop.world(case.scene) as world:
        if case.fault[0] == "clock-back":
            return Verdict.of(_clock_back(world))
        return Verdict.of(_sleeping(world, case.fault[1]))


def _sleeping(world: World, which: str) -> Violations:
    """Ask a program that sleeps for credentials; a deadline ends that."""
    sleeper = world.root / "sleeper"
    script(sleeper, "sleep 300")
    plain = world.config.read_text("utf-8")
    config = Path(world.env["GIT_CONFIG_GLOBAL"])
    known = config.read_text("utf-8")
    env = {"GIT_ASKPASS": str(sleeper), "SSH_ASKPASS": str(sleeper)} if which == "askpass" else {}
    with served(world):
        open_ = config.read_text("utf-8")
        world.config.write_text(f"{plain}\n{IMPATIENT}", encoding="utf-8")
        asks = f'[credential]\n\thelper = "!{sleeper}"\n' if which != "askpass" else ""
        text = known + asks
        act = ":"
        if which == "helper-at-push":
            (world.root / "asks").write_text(text, encoding="utf-8")
            act, text = f"cp {world.root}/asks {config}", open_
        config.write_text(text, encoding="utf-8")
        shim = GitShim(world, at="push-1", when="before", act=act)
        before = world.remotes()
        ran = world.run(*world.goal.command, env=shim.env | env)
        config.write_text(open_, encoding="utf-8")
        world.config.write_text(plain, encoding="utf-8")
        world.began = world.workspace()
        found = _honest_then_done(world, ran, before)
        if ran.status == DONE and which != "helper-at-push":
            found.append(f"it did without credentials: {ran.told()}")
        return found


_CLOCK = """\
import datetime


class Clock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return super().now(tz) - datetime.timedelta(days=1)


datetime.datetime = Clock
"""


def _clock_back(world: World) -> Violations:
    """Set the clock back, kill an undo, and continue: the operation is still undone."""
    late = world.fresh("clock")
    (late / "clock.py").write_text(_CLOCK, encoding="utf-8")
    shim = EdgeShim(world, at="write-3", when="before")
    place = Path(shim.env["PYTHONPATH"].split(os.pathsep)[0]) / "sitecustomize.py"
    place.write_text(_CLOCK + place.read_text("utf-8"), encoding="utf-8")
    ran = world.run("undo", "--yes", env=shim.env)
    found = [] if ran.status == KILLED else [f"it did not die: {ran.told()}"]
    again = world.run("continue", "--yes")
    found += [] if again.status == DONE else [f"it did not go on: {again.told()}"]
    for name, remote in world.remotes().items():
        found += invariants.taken_back(world, name, remote)
    return found + invariants.leftovers(world) + invariants.verified(world)
