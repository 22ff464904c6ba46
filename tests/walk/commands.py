"""One run of multigit from outside, perhaps cut short, and what it said."""

from __future__ import annotations

import json
import signal
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tests.support import launch
from tests.support.launch import Process
from tests.support.patience import heard
from tests.torture.shims import KILL, ORPHAN, EdgeShim, GitShim
from tests.walk.screen import PLAIN, screen
from tests.walk.town import Town

Document = Mapping[str, Any]
Row = Mapping[str, Any]

PATIENCE = 2.0  # seconds of idling after which everything that is held is released
LOOKING_AGAIN = 10  # ticks that an idle multigit may use meanwhile, to poll for changes
LONGEST = 120.0  # seconds for one multigit
LOOKING = {"status", "log", "watch", "lock", "doctor", "mark"}
CHANGING = {"push", "promote", "backmerge", "deploy", "continue", "undo", "rollback"}
LETTING_OUT = "--release-hold"
SIGNALS = {"kill": (signal.SIGKILL,), "int": (signal.SIGINT,), "int2": (signal.SIGINT,) * 2}


@dataclass(frozen=True, slots=True)
class Said:
    """How a multigit ended and what it said; `document` is None if it was cut short.

    `disturbed`: it was to be cut short, perhaps before it could say anything.
    `watched`: its stderr is what a person saw at a terminal.
    """

    workspace: str
    words: tuple[str, ...]
    status: int
    document: Document | None
    stdout: str
    stderr: str
    cut_short: bool = False
    disturbed: bool = False
    watched: bool = False

    @property
    def command(self) -> str:
        """Return the command's name."""
        return self.words[0]

    @property
    def about(self) -> str:
        """Return the command that began its operation, such as the one that it continues."""
        return self.operation.split("-")[1] if self.operation else self.command

    @property
    def gave_up_waiting(self) -> bool:
        """Return whether a second Ctrl-C ended it while something might still arrive."""
        return self.result == "error" and "may still succeed" in self.message

    @property
    def dry(self) -> bool:
        """Return whether it only showed its plan."""
        return "--dry-run" in self.words

    @property
    def rows(self) -> tuple[Row, ...]:
        """Return the row of each repository."""
        return tuple((self.document or {}).get("repos", ()))

    @property
    def deployments(self) -> tuple[tuple[str, str], ...]:
        """Return each deployment in the document: its key in the ledger, and its state."""
        return tuple(
            ("/".join(filter(None, place)), each["state"])
            for row in self.rows
            for each in (row.get("deployment") or {}).get("targets", ())
            for place in [(self.operation, row["repo"], each["target"], str(each["attempt"]))]
        )

    @property
    def operation(self) -> str:
        """Return the operation that it was about, or an empty string."""
        return (self.document or {}).get("operation") or ""

    @property
    def result(self) -> str:
        """Return the document's result, or an empty string."""
        return str((self.document or {}).get("result", ""))

    @property
    def message(self) -> str:
        """Return the document's message."""
        return str((self.document or {}).get("message", ""))

    @property
    def problems(self) -> tuple[Row, ...]:
        """Return every problem, those of the repositories last."""
        rows = ((self.document or {}), *self.rows)
        return tuple(problem for row in rows for problem in row.get("problems") or ())

    @property
    def codes(self) -> frozenset[str]:
        """Return the codes of all problems."""
        return frozenset(str(each["code"]) for each in self.problems)

    @property
    def advice(self) -> tuple[str, ...]:
        """Return every hint, the document's own first."""
        hints = ((self.document or {}).get("hint"), *(each["hint"] for each in self.problems))
        return tuple(dict.fromkeys(hint for hint in hints if hint))

    def told(self) -> str:
        """Summarize in one line how it ended, for a report."""
        states = {row["repo"]: row["state"] for row in self.rows if "state" in row}
        said = f"{self.result}: {self.message} {states}" if self.document else self.stderr[-400:]
        return f"multigit {' '.join(self.words)} → {self.status} {said}".strip()


def redeploys(each: Row) -> bool:
    """Return whether a step goes back to an earlier commit without a move of the branch."""
    return bool(each["type"] == "rollback" and each["how"] == "redeploy")


@dataclass(frozen=True, slots=True)
class Cut:
    """When and how a run is cut short: `kill:push-2/orphan`, `int2:mid-push`, `kill:after-0.3`."""

    how: str
    when: str

    @classmethod
    def named(cls, text: str) -> Cut | None:
        """Return the cut with that name, or None."""
        how, colon, when = text.partition(":")
        return cls(how, when) if colon and how in SIGNALS else None

    def environment(self, town: Town) -> Mapping[str, str]:
        """Return the environment that kills the run from inside, at a call of git or at an edge."""
        at, _, when = self.when.partition("/")
        if self.how != "kill" or self.when.startswith(("mid-", "after-")):
            return {}
        if at.startswith("edge-"):
            return EdgeShim(town, at=at.removeprefix("edge-"), when=when or "before").env
        act = ORPHAN if when == "orphan" else KILL
        return GitShim(town, at=at, when="after" if when == "after" else "before", act=act).env

    def comes(self, town: Town, ledger: str, passed: float) -> bool:
        """Return whether it is time to cut the run short from outside.

        `ledger` is what the ledger held before, `passed` the seconds since the start.
        """
        if self.when == "mid-push":
            return town.arrived()
        if self.when == "mid-deploy":
            return town.ledger.read_text("utf-8") != ledger
        return self.when.startswith("after-") and passed >= float(self.when.removeprefix("after-"))


def run(
    town: Town,
    workspace: str,
    words: Sequence[str],
    cut: Cut | None = None,
    *,
    watched: bool = False,
) -> Said:
    """Run multigit in a workspace with `--json`; release what is held if it only waits.

    `watched`: its stderr is a terminal, and shows what a person would see.
    """
    town.forget_arrivals()
    with ExitStack() as stack:
        stdout, stderr = (stack.enter_context(tempfile.TemporaryFile()) for _ in range(2))
        terminal = stack.enter_context(screen()) if watched else None
        process = launch.start(
            *words,
            "--json",
            cwd=town.workspaces[workspace],
            env={**town.env, **PLAIN, **(cut.environment(town) if cut else {})},
            stdin=terminal.terminal if terminal else launch.DEVNULL,
            stdout=stdout,
            stderr=terminal.terminal if terminal else stderr,
        )
        status = _attend(process, town, town.ledger.read_text("utf-8"), cut)
        out, err = _read(stdout), terminal.text() if terminal else _read(stderr)
    cut_short = status < 0
    return Said(
        workspace=workspace,
        words=tuple(words),
        status=status,
        document=None if cut_short else _document(out),
        stdout=out,
        stderr=err,
        cut_short=cut_short,
        disturbed=bool(cut),
        watched=watched,
    )


def _read(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode("utf-8", "replace")


def _attend(process: Process, town: Town, ledger: str, cut: Cut | None) -> int:
    """Wait for the end, cut it short when its time comes, and return the status."""
    began = time.monotonic()
    worked, at_work = 0.0, began
    while (status := process.poll()) is None:
        now = time.monotonic()
        passed = now - began
        if cut and cut.comes(town, ledger, passed):
            for number in SIGNALS[cut.how]:
                with suppress(ProcessLookupError):
                    process.send_signal(number)
                heard(process.pid)  # or two signals would count as one
            cut = None
        if (so_far := _worked(process.pid)) > worked + LOOKING_AGAIN:
            worked, at_work = so_far, now
        if now - at_work > PATIENCE:
            town.release()
        if passed > LONGEST:
            process.kill()
        time.sleep(0.01)
    return status


def _worked(pid: int) -> float:
    """Return the processor time that a process has used, in ticks; waiting uses none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return float(fields[11]) + float(fields[12])


def _document(stdout: str) -> Document | None:
    try:
        found = json.loads(stdout)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
