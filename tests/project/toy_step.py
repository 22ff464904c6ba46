"""A toy step, put through everything that happens to a step: a program for a copy of the package.

Its argument is a folder in which it may write. It looks the step up by name, since no module of
ours contains it.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from rich.console import Console

from multigit.adapters.files.journal import Journal
from multigit.core.planning import making, steps
from multigit.core.planning.merges import publishing
from multigit.core.planning.plan import Plan, RepoPlan, State
from multigit.core.progress.journal import Entry, EntryKind
from multigit.core.progress.locks import stages_changed
from multigit.core.progress.outcome import Outcome, ended, planned
from multigit.core.progress.remote_state import compared
from multigit.core.records.history import OperationHistory
from multigit.core.records.repo_record import RepoRecord
from multigit.core.recovery.undo import undone
from multigit.core.reports.document import document
from multigit.core.values.agreement import Actor
from multigit.core.values.refs import Refs
from multigit.core.values.start_time import StartTime
from multigit.core.values.workspace import Repo, Stage, Workspace
from multigit.engine.prepare import prepare
from multigit.ui.plans import plan_view

DATE = "1736953290 +0000"
ADA = Actor("Ada <ada@example.com>", "ada", "desk")
SPACE = Workspace(Path("/shop"), (Stage("stg", "staging"),), (Repo("api", "api"),))


class NoRecords:
    """A log without records."""

    def __getattr__(self, _: str) -> Any:
        """Return a function that finds nothing, for every name."""
        return lambda *_: ()


def main(folder: Path) -> None:
    """Plan it, write it to a journal, show it, make it, record it, and undo it."""
    toy = cast("Any", steps).ToyStep("stg", "staging", "old-1", "new-2")
    api = RepoPlan("api", "api", State.PLANNED, publishing((toy,), Refs()), branch="staging")
    plan = Plan("toy", "op-1", "2025-01-15T15:01:30Z", DATE, "", "stg", "Toy", (api,))
    journal = Journal(folder / "op-1.jsonl")
    journal.write(Entry(EntryKind.BEGUN, plan, ADA))
    made = prepare(cast("Any", None), api, DATE, "")
    journal.write(Entry(EntryKind.PUBLISHING, made={"api": made}))
    known = journal.read()
    assert known, "the journal tells nothing"
    assert known.plan == plan, known.plan
    assert known.state.of("api").made == {"refs/heads/staging": "new-2"}

    console = Console(width=80)
    with console.capture() as shown:
        console.print(plan_view(planned(plan), datetime.now(UTC)))
    assert "old-1 → new-2" in " ".join(shown.get().split()), shown.get()
    assert "toy" in shown.get()
    assert stages_changed(plan) == ("stg",)

    outcome = Outcome(api, State.PUBLISHED, made)
    (repo,) = document(ended(plan, [outcome]))["repos"]
    assert repo["steps"] == [{"type": "toy", "branch": "staging"}], repo["steps"]
    (move,) = RepoRecord.of(outcome).moves or ()
    assert (move.stage, move.after) == ("stg", "new-2")

    remotes = {"api": compared(api, made, made)}
    start_time = StartTime.of(DATE)
    back = undone(known, remotes, SPACE, start_time, OperationHistory(cast("Any", NoRecords())))
    (restore, *_) = back.repos[0].steps
    assert restore == making.RestoreStep("stg", "staging", "new-2", "old-1"), restore


if __name__ == "__main__":
    main(Path(sys.argv[1]))
