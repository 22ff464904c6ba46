"""Deployments by a command: in an export, supervised, found again by another multigit."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from multigit.adapters.command_runs import CommandRuns
from multigit.adapters.supervisor import ALIVE, BEGAN, ORDER, supervise
from multigit.core.deployment import CommandRunner, Order, Run, RunState, Sight
from multigit.errors import NotBegunError
from tests.support.patience import until


def order(*command: str, key: str = "op/api/1") -> Order:
    """Return the order of a command."""
    return Order(
        key=key,
        repo="api",
        stage="stg",
        environment="staging",
        branch="stg",
        sha="1a2b3c4",
        tag="stg-1",
        release="stg-1",
        target="",
        since=0.0,
        runner=CommandRunner(command),
    )


def runs(folder: Path) -> CommandRuns:
    """Return a runner whose export is one file."""

    def export(repo: str, commit: str, place: Path) -> None:
        (place / "file").write_text(f"{repo} {commit}")

    modes = {"run.sh": "100755", "plain.sh": "100644"}
    return CommandRuns(
        folder / ".multigit" / "operations",
        export=export,
        mode_of=lambda _repo, _commit, path: modes.get(path, ""),
    )


def end_of(here: CommandRuns, asked: Order, run: Run) -> Sight:
    """Look until the run is over."""
    last = here.look(asked, run)
    while not last.state.over:
        time.sleep(0.02)
        last = here.look(asked, run)
    return last


def test_it_runs_in_the_export_and_knows_what_it_is_about(tmp_path: Path) -> None:
    """Its arguments are filled in, and its environment tells the same."""
    script = 'test "$(cat file)" = "api 1a2b3c4" && test "$1" = stg-1 && test $MULTIGIT_STAGE = stg'
    asked, here = order("sh", "-c", script, "sh", "{release}"), runs(tmp_path)
    run = here.start(asked)
    assert end_of(here, asked, run) == Sight(RunState.SUCCEEDED)
    assert not (Path(run.id) / "tree").exists()


def test_a_failure_tells_its_status_and_last_words(tmp_path: Path) -> None:
    """And where the whole output lies, as seen from the workspace; the export stays."""
    asked, here = order("sh", "-c", "echo first; echo no route >&2; exit 3"), runs(tmp_path)
    run = here.start(asked)
    sight = end_of(here, asked, run)
    assert sight.state is RunState.FAILED
    assert sight.detail == "it ended with status 3, and its last words were: no route"
    assert (tmp_path / sight.output).read_text() == "first\nno route\n"
    assert (Path(run.id) / "tree" / "file").exists()


def test_a_program_that_cannot_be_started_is_a_failure(tmp_path: Path) -> None:
    """As a shell says it."""
    asked, here = order("./not-there"), runs(tmp_path)
    assert "127" in end_of(here, asked, here.start(asked)).detail


def test_another_multigit_finds_it_running_and_ended(tmp_path: Path) -> None:
    """The first one may be gone: the command goes on."""
    go = tmp_path / "go"
    asked = order("sh", "-c", f"while ! test -e {go}; do sleep 0.05; done")
    first = runs(tmp_path)
    started = first.start(asked)
    until((Path(started.id) / BEGAN).exists)
    other = runs(tmp_path)
    assert other.find(asked) == started
    assert other.look(asked, started).state is RunState.RUNNING
    go.touch()
    assert end_of(other, asked, started).state is RunState.SUCCEEDED
    assert end_of(first, asked, started).state is RunState.SUCCEEDED


def test_of_what_was_killed_nobody_knows_how_it_ended(tmp_path: Path) -> None:
    """Its lock died with its supervisor; the command itself may go on."""
    asked, here = order("sleep", "60"), runs(tmp_path)
    run = here.start(asked)
    until((Path(run.id) / BEGAN).exists)
    os.killpg(int((Path(run.id) / "pid").read_text()), signal.SIGKILL)
    assert end_of(here, asked, run).state is RunState.UNKNOWN


def test_a_file_of_the_current_folder_is_no_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A repository runs no code because somebody deploys from within it."""
    (tmp_path / "filelock.py").write_text("raise SystemExit('canary')\n")
    monkeypatch.chdir(tmp_path)
    asked, here = order("true"), runs(tmp_path)
    assert end_of(here, asked, here.start(asked)).state is RunState.SUCCEEDED


def test_a_command_is_never_run_twice_in_one_folder(tmp_path: Path) -> None:
    """Whoever starts another supervisor there."""
    asked, here = order("sh", "-c", f"echo once >> {tmp_path / 'count'}"), runs(tmp_path)
    run = here.start(asked)
    end_of(here, asked, run)
    supervise(Path(run.id))
    assert (tmp_path / "count").read_text() == "once\n"


def test_time_out_ends_it_with_all_that_it_started(tmp_path: Path) -> None:
    """Nobody else would."""
    mark = tmp_path / "mark"
    asked, here = order("sh", "-c", f"sleep 60; touch {mark}"), runs(tmp_path)
    run = here.start(asked)
    until((Path(run.id) / BEGAN).exists)
    here.end(asked, run)
    assert "124" in end_of(here, asked, run).detail
    assert not mark.exists()


def test_one_that_was_never_started_is_known_not_to_be(tmp_path: Path) -> None:
    """So it may be started; one whose supervisor may still come up is in doubt."""
    asked, here = order("true"), runs(tmp_path)
    with pytest.raises(NotBegunError):
        here.find(asked)
    folder = tmp_path / ".multigit" / "operations" / "op" / "api" / "1"
    folder.mkdir(parents=True)
    (folder / ORDER).write_text("{}")
    assert here.find(asked) is None
    os.utime(folder / ORDER, (1, 1))
    with pytest.raises(NotBegunError):
        here.find(asked)
    assert not (folder / ALIVE).exists()


@pytest.mark.parametrize(
    ("program", "codes"),
    [
        ("sh", []),
        ("./run.sh", []),
        ("./plain.sh", ["command_not_executable"]),
        ("./gone.sh", ["command_missing"]),
        ("no-such-program", ["command_missing"]),
    ],
)
def test_the_program_is_looked_for_while_planning(
    tmp_path: Path, program: str, codes: list[str]
) -> None:
    """On PATH, or in the commit."""
    assert [problem.code for problem in runs(tmp_path).check(order(program))] == codes
