"""What colleagues and machines do to deployments: rerun one, lose its trace, forget them all."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tests.support.patience import until
from tests.walk.hosts import FAILED, GONE, SUCCEEDED, host
from tests.walk.seen import Run, runs_of
from tests.walk.town import OURS, Town


def employ(town: Town, kind: str) -> None:
    """Let GitHub or Jenkins carry out all deployments from now on, unless another one does."""
    if town.host is None:
        bares = {name: repo.bare for name, repo in town.repos.items()}

        def write(*words: object) -> None:
            by = [_home(town, str(words[1]))] if words[0] == "begin" else []
            town.write(*words, *by)

        town.employ_host(host(kind, bares, town.has_mood, write))


def cut(town: Town, what: str) -> None:
    """Lose the request or the answer of the next start on a host."""
    if town.host:
        town.host.cut_next_start(effect=what == "answer")


def rerun(town: Town, stage: str, which: str = "1") -> None:
    """Rerun a failed run of a stage on its page: 1 is the newest, 2 the one before.

    Not one that a success has followed: multigit looks no further back.
    """
    _await_starts(town)
    ours = [run for run in _runs(town) if (run.by, run.stage) == (OURS, stage)]
    failed = [
        run
        for number, run in enumerate(ours)
        if town.host
        and town.host.state(run.key) == FAILED
        and not any(later.replaces(run) and later.status == 0 for later in ours[number:])
    ]
    if town.host and len(failed) >= int(which):
        town.host.run_again(failed[-int(which)].key)


def lose(town: Town, stage: str) -> None:
    """Lose the trace of the newest run of a stage, as on a machine that is switched off.

    A command loses its supervisor and its result, a run on a host that has ended is deleted.
    """
    if run := _newest(town, stage):
        state = town.host.state(run.key) if town.host else GONE
        if town.host and state in {SUCCEEDED, FAILED}:
            town.host.remove(run.key)
            town.write("deleted", run.key)
        elif state == GONE and _lose_command(town, run):
            town.write("lost", run.key)


def forget(town: Town, workspace: str) -> None:
    """Continue on a new machine, which has only the log; not during an operation."""
    shop = town.workspaces[workspace]
    if (shop / ".multigit").exists() and not [*_operations(shop).glob("*.jsonl")]:
        _await_starts(town)
        for run in _runs(town):
            known = town.host is not None and town.host.state(run.key) != GONE
            if run.by == workspace and not known:
                town.write("lost", run.key)
        (shop / ".multigit").rename(town.fresh("former") / "multigit")


def _runs(town: Town) -> tuple[Run, ...]:
    return runs_of(town.ledger.read_text("utf-8"))


def _newest(town: Town, stage: str) -> Run | None:
    _await_starts(town)
    runs = [run for run in _runs(town) if (run.by, run.stage) == (OURS, stage)]
    return runs[-1] if runs else None


def _await_starts(town: Town) -> None:
    """Wait until each command that was ordered is in the ledger, or its supervisor is gone."""

    def waiting() -> bool:
        begun = {run.key for run in _runs(town)}
        return any(
            str(order.parent.relative_to(operations)) not in begun
            and any(_supervisors(order.parent))
            for operations in map(_operations, town.workspaces.values())
            for order in operations.glob("*/*/**/order")
        )

    until(lambda: not waiting())


def _lose_command(town: Town, run: Run) -> bool:
    """Kill what supervises a command and remove its result; return whether there was a trace."""
    folder = _operations(town.workspaces[run.by]) / run.key
    if not (folder / "pid").exists():
        return False
    for pid in _supervisors(folder):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    until(lambda: not any(_supervisors(folder)))
    for trace in ("command", "ended"):
        (folder / trace).unlink(missing_ok=True)
    return True


def _supervisors(folder: Path) -> Iterator[int]:
    """Yield the processes of multigit that were called with a folder."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with suppress(OSError):
                if str(folder).encode() in (entry / "cmdline").read_bytes().split(b"\0"):
                    yield int(entry.name)


def _home(town: Town, key: str) -> str:
    """Return the workspace with the journal of a deployment's operation."""
    name = f"{key.partition('/')[0]}.jsonl"
    return next(
        here for here, shop in town.workspaces.items() if (_operations(shop) / name).exists()
    )


def _operations(shop: Path) -> Path:
    return shop / ".multigit/operations"
