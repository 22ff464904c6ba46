"""What is said after a report: where the output is of what did not succeed."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from multigit.cli.showing import show
from multigit.core.planning.plan import State
from multigit.core.progress.outcome import Outcome, ended
from multigit.core.values.deployment import Deployment, Run, RunState
from multigit.core.values.workspace import Repo
from multigit.operation.run import Ended
from multigit.ui.screen import Screen
from tests.core.builders import MADE, plan, to_publish


@pytest.mark.parametrize("count", [3, 4])
def test_many_outputs_are_in_one_folder(
    count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line for each would scroll the result and its hint away."""
    monkeypatch.chdir(tmp_path)
    outcomes = []
    for number in range(count):
        run = Run(f"{number}", output=f".multigit/operations/op/s{number}/1/output.log")
        running = Deployment(state=RunState.RUNNING, run=run)
        repo = to_publish(Repo(f"s{number}", f"s{number}"))
        outcomes.append(Outcome(repo, State.PUBLISHED, MADE, deployments=(running,)))
    report = ended(plan(*(each.plan for each in outcomes)), tuple(outcomes))
    session: Any = SimpleNamespace(
        screen=Screen(color=False),
        workspace=SimpleNamespace(root=tmp_path),
        files=SimpleNamespace(operation=(tmp_path / ".multigit/operations").joinpath),
    )
    show(session, Ended(report))
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("Output of")]
    if count == 3:
        assert said[0] == "Output of s0's command: .multigit/operations/op/s0/1/output.log"
        assert len(said) == count
    else:
        assert said == [f"Output of 4 commands: .multigit/operations/{report.plan.operation}"]
