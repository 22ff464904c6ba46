"""Deployments by a command: run in an export, supervised, and found again by another multigit."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from multigit.adapters.command.folder import alive, remove_unneeded_trees
from multigit.adapters.command.preflight import CommandPreflight
from multigit.adapters.command.runs import CommandRuns
from multigit.adapters.command.supervisor import (
    ALIVE,
    BEGAN,
    ENDED,
    MARK,
    ORDER,
    PID,
    STOPPED,
    TAIL,
    TREE,
    claim,
    ending,
    supervise,
)
from multigit.adapters.system import processes
from multigit.core.values.deploy_config import CommandRunner
from multigit.core.values.deployment import DeploymentSpec, Run, RunState, RunStatus
from multigit.core.values.work_tree import Gaps
from multigit.errors import MultigitError, NotStartedError
from tests.support.patience import until

LINUX = sys.platform == "linux"
DAEMON = """
import os, signal, sys, time
sys.path.insert(0, {root!r})
from multigit.adapters.system.processes import identity
if sys.argv[1:] == []:
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execve(sys.executable, [sys.executable, __file__, "daemon"], {environment})
        os._exit(0)
    os.wait()
else:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with open({noted!r} + ".new", "w") as note:
        note.write(str(identity(os.getpid())))
    os.rename({noted!r} + ".new", {noted!r})
    time.sleep(60)
"""


def spec(*command: str, key: str = "op/api/1") -> DeploymentSpec:
    """Return the spec of a deployment by this command."""
    return DeploymentSpec(
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


def runs(folder: Path, *, alone: bool = True) -> CommandRuns:
    """Return a runner whose exports have one file."""

    def export(repo: str, commit: str, tree: Path) -> None:
        (tree / "file").write_text(f"{repo} {commit}")

    modes = {"run.sh": "100755", "plain.sh": "100644", "bin/run.sh": "100755"}
    links = {
        "link": "run.sh",
        "to-plain": "./plain.sh",
        "to-gone": "gone.sh",
        "tools": "bin",
        "bin/up": "../link",
        "out": "../elsewhere/run.sh",
        "absolute": "/bin/sh",
        "loop": "loop",
    }
    return CommandRuns(
        operations(folder),
        alone=alone,
        export=export,
        preflight=CommandPreflight(
            mode_of=lambda _repo, _commit, path: modes.get(path, ""),
            link_at=lambda _repo, _commit, path: links.get(path),
            gaps_in=lambda _repo, _commit: Gaps(),
            typed=lambda name, file: f"{name}/{file}",
        ),
    )


def operations(folder: Path) -> Path:
    """Return the folder of all operations."""
    return folder / ".multigit" / "operations"


def place(folder: Path, run: Run) -> Path:
    """Return the folder of a run."""
    return operations(folder) / run.id


def waiting_at(gate: Path, folder: Path) -> str:
    """Return the path of a Python that starts only once the gate exists."""
    slow = folder / "slow-python"
    slow.write_text(f'#!/bin/sh\n{waits(gate)}\nexec {sys.executable} "$@"\n')
    slow.chmod(0o755)
    return str(slow)


def waits(file: str | Path) -> str:
    """Return the line of a script that waits until the file exists."""
    return f"while ! test -e {file}; do sleep 0.02; done"


def script_of(line: str) -> str:
    """Return a script that prints a line and fails."""
    return f'echo "{line}"; exit 3'


def daemon_that(notes: Path, environment: str = "os.environ") -> str:
    """Return a program that leaves a daemon behind, which notes who it is and ignores SIGTERM."""
    root = str(Path(__file__).parents[3])
    return DAEMON.format(root=root, noted=str(notes), environment=environment)


def end_supervisor(folder: Path) -> None:
    """Kill the supervisor of a run, and all that it started."""
    supervisor = processes.recorded((folder / PID).read_text())
    assert supervisor
    os.killpg(supervisor.pid, signal.SIGKILL)


def end_of(here: CommandRuns, wanted: DeploymentSpec, run: Run) -> RunStatus:
    """Poll until the run is over, and return its last status."""
    last = here.poll(wanted, run)
    while not last.state.over:
        time.sleep(0.02)
        last = here.poll(wanted, run)
    return last


def test_it_runs_in_the_export_and_knows_its_deployment(tmp_path: Path) -> None:
    """Placeholders in its arguments are filled in, and the environment has the same values."""
    script = 'test "$(cat file)" = "api 1a2b3c4" && test "$1" = stg-1 && test $MULTIGIT_STAGE = stg'
    wanted, here = spec("sh", "-c", script, "sh", "{release}"), runs(tmp_path)
    run = here.start(wanted)
    assert end_of(here, wanted, run) == RunStatus(RunState.SUCCEEDED)
    assert not (place(tmp_path, run) / "tree").exists()


def test_a_failure_has_its_status_and_last_words(tmp_path: Path) -> None:
    """The status names the file with the whole output, and the export is kept."""
    wanted, here = spec("sh", "-c", "echo first; echo no route >&2; exit 3"), runs(tmp_path)
    run = here.start(wanted)
    status = end_of(here, wanted, run)
    assert status.state is RunState.FAILED
    assert status.detail == "it ended with status 3; its last line of output: no route"
    assert (tmp_path / status.output).read_text() == "first\nno route\n"
    assert (place(tmp_path, run) / "tree" / "file").exists()


def test_no_secret_is_among_the_last_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stays masked when a later multigit with another environment reads it."""
    monkeypatch.setenv("GH_TOKEN", "gh-canary-1")
    monkeypatch.setenv("MULTIGIT_TOKEN", "own-canary-1")
    wanted, here = spec("sh", "-c", script_of("auth failed for $GH_TOKEN")), runs(tmp_path)
    run = here.start(wanted)
    words = "it ended with status 3; its last line of output: "
    assert end_of(here, wanted, run).detail == f"{words}auth failed for ***"
    own = spec("sh", "-c", script_of("own-canary-1$MULTIGIT_TOKEN"), key="op/api/2")
    assert end_of(here, own, here.start(own)).detail == f"{words}***"
    for name in ("GH_TOKEN", "MULTIGIT_TOKEN"):
        monkeypatch.delenv(name)
    assert runs(tmp_path).poll(wanted, run).detail == f"{words}auth failed for ***"


def test_half_a_secret_is_not_among_the_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A secret that is cut off at the beginning of a long line is left out."""
    with monkeypatch.context() as patch:
        patch.setattr(os, "environ", {"DB_PASSWORD": "my canary"})
        for length in range(TAIL - 50, TAIL + 50):
            (tmp_path / "output.log").write_text(f"with my canary {'y' * length} no route")
            words = ending(3, tmp_path)
            assert words.startswith("3\n")
            assert not {"canary", "anary", "ary"} & set(words.split())
            assert len(words) > 3


def test_a_command_does_not_get_our_own_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MULTIGIT_TOKEN is removed, and GH_TOKEN is kept for the command's own requests."""
    monkeypatch.setenv("MULTIGIT_TOKEN", "own-canary-1")
    monkeypatch.setenv("GH_TOKEN", "gh-canary-1")
    script = 'test -z "$MULTIGIT_TOKEN" && test "$GH_TOKEN" = gh-canary-1 && test $MULTIGIT_KEY'
    wanted, here = spec("sh", "-c", script), runs(tmp_path)
    assert end_of(here, wanted, here.start(wanted)) == RunStatus(RunState.SUCCEEDED)


def test_a_program_that_cannot_be_started_is_a_failure(tmp_path: Path) -> None:
    """Its exit status is 127, as in a shell."""
    wanted, here = spec("./not-there"), runs(tmp_path)
    assert "127" in end_of(here, wanted, here.start(wanted)).detail


def test_another_multigit_finds_it_running_and_ended(tmp_path: Path) -> None:
    """The command keeps running after the first multigit has ended."""
    go = tmp_path / "go"
    wanted = spec("sh", "-c", f"while ! test -e {go}; do sleep 0.05; done")
    first = runs(tmp_path)
    started = first.start(wanted)
    until((place(tmp_path, started) / BEGAN).exists)
    other = runs(tmp_path)
    assert other.find(wanted) == started
    assert other.poll(wanted, started).state is RunState.RUNNING
    go.touch()
    assert end_of(other, wanted, started).state is RunState.SUCCEEDED
    assert end_of(first, wanted, started).state is RunState.SUCCEEDED


def test_the_result_of_a_killed_run_is_unknown(tmp_path: Path) -> None:
    """Its supervisor no longer holds the lock; what of the command is still running is named."""
    noted, daemon = tmp_path / "daemon", tmp_path / "daemon.py"
    daemon.write_text(daemon_that(noted))
    wanted, here = spec("sh", "-c", f"{sys.executable} {daemon}; sleep 60"), runs(tmp_path)
    run = here.start(wanted)
    until(noted.exists)
    end_supervisor(place(tmp_path, run))
    status, process = end_of(here, wanted, run), processes.recorded(noted.read_text())
    assert process
    assert status.state is RunState.UNKNOWN
    assert status.detail.startswith(f"its supervisor was killed. Process {process.pid} (python")
    assert status.detail.endswith(") of the command is still running.")
    assert processes.signal(process, signal.SIGKILL)
    until(lambda: not processes.is_running(process))
    assert here.poll(wanted, run).detail == "its supervisor was killed."


def test_a_command_is_running_even_if_its_supervisor_was_killed(tmp_path: Path) -> None:
    """So nothing starts beside it. When its time is over, it is ended with what it started."""
    noted = tmp_path / "noted"
    script = f"{waits('../command')}; kill -9 $PPID; touch {noted}; sleep 60 & sleep 60"
    wanted, here = spec("sh", "-c", script), runs(tmp_path)
    run = here.start(wanted)
    until(lambda: noted.exists() and not alive(place(tmp_path, run)))
    status = runs(tmp_path).poll(wanted, run)
    assert status.state is RunState.RUNNING
    assert status.detail.startswith("its supervisor was killed. Process")
    here.end(wanted, run)
    until(lambda: here.poll(wanted, run).state is RunState.UNKNOWN)
    assert here.poll(wanted, run).detail == "its supervisor was killed."


ESCAPING = """
import os, subprocess, sys
from pathlib import Path
from multigit.adapters.command import supervisor
from multigit.adapters.system.processes import identity
see, blind = supervisor.descendants, [()]
supervisor.descendants = lambda *of: blind.pop() if blind else see(*of)
with supervisor.noted_signals() as signals, subprocess.Popen(["sleep", "60"]) as child:
    supervisor.stop(child.pid, {"grace": 0.1}, Path(sys.argv[1]), signals)
    print(identity(child.pid))
    child.kill()
"""


def test_what_escapes_one_look_is_ended(tmp_path: Path) -> None:
    """A process may end while the others are read, and what it started came too late for them."""
    environment = {**os.environ, MARK: "7f3a"}
    done = subprocess.run(
        [sys.executable, "-c", ESCAPING, tmp_path],
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    assert done.stdout == "None\n"


def test_a_file_of_the_current_folder_is_not_a_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Deploying from inside a repository does not run its code."""
    (tmp_path / "filelock.py").write_text("raise SystemExit('canary')\n")
    monkeypatch.chdir(tmp_path)
    wanted, here = spec("true"), runs(tmp_path)
    assert end_of(here, wanted, here.start(wanted)).state is RunState.SUCCEEDED


def test_a_command_is_never_run_twice_in_one_folder(tmp_path: Path) -> None:
    """A second supervisor in the same folder does nothing."""
    wanted, here = spec("sh", "-c", f"echo once >> {tmp_path / 'count'}"), runs(tmp_path)
    run = here.start(wanted)
    end_of(here, wanted, run)
    supervise(place(tmp_path, run))
    assert (tmp_path / "count").read_text() == "once\n"


def test_a_timeout_ends_it_with_all_that_it_started(tmp_path: Path) -> None:
    """The processes that the command started are ended, too."""
    mark = tmp_path / "mark"
    wanted, here = spec("sh", "-c", f"sleep 60; touch {mark}"), runs(tmp_path)
    run = here.start(wanted)
    until((place(tmp_path, run) / BEGAN).exists)
    here.end(wanted, run)
    status = end_of(here, wanted, run)
    assert (status.state, status.detail) == (RunState.FAILED, "it was ended.")
    assert (tmp_path / status.output).exists()
    assert not mark.exists()


def test_a_command_may_clean_up_when_it_is_ended(tmp_path: Path) -> None:
    """It is asked first, and killed only if it does not end within the grace time."""
    ready = tmp_path / "ready"
    script = f"trap 'echo cleaned up; exit 1' TERM; touch {ready}; sleep 60 & wait"
    wanted, here = spec("sh", "-c", script), runs(tmp_path)
    run = here.start(wanted)
    until(ready.exists)
    here.end(wanted, run)
    words = "it was ended; its last line of output: cleaned up"
    assert end_of(here, wanted, run).detail == words


@pytest.mark.parametrize("environment", ["os.environ", "{}"] if LINUX else ["os.environ"])
def test_a_daemon_that_ignores_signals_is_ended(tmp_path: Path, environment: str) -> None:
    """It left the session of its command, its parent has ended, and it may have no environment."""
    noted, daemon = tmp_path / "daemon", tmp_path / "daemon.py"
    daemon.write_text(daemon_that(noted, environment))
    wanted = spec("sh", "-c", f"{sys.executable} {daemon}; sleep 60")
    here = replace(runs(tmp_path), grace=0.1)
    run = here.start(wanted)
    until(noted.exists)
    process = processes.recorded(noted.read_text())
    assert process
    assert processes.is_running(process)
    here.end(wanted, run)
    assert not processes.is_running(process)
    assert end_of(here, wanted, run).detail == "it was ended."


def test_a_stopped_command_is_ended(tmp_path: Path) -> None:
    """It wakes up, so it can end within the grace time."""
    ready = tmp_path / "ready"
    wanted, here = spec("sh", "-c", f"touch {ready}; kill -STOP $$"), runs(tmp_path)
    run = here.start(wanted)
    until(ready.exists)
    here.end(wanted, run)
    assert end_of(here, wanted, run).state is RunState.FAILED


def test_what_a_command_leaves_running_at_its_end_is_kept(tmp_path: Path) -> None:
    """A deployment may start a service here: only one that is ended takes it along."""
    noted, daemon = tmp_path / "daemon", tmp_path / "daemon.py"
    daemon.write_text(daemon_that(noted))
    wanted, here = spec(sys.executable, str(daemon)), runs(tmp_path)
    assert end_of(here, wanted, here.start(wanted)).state is RunState.SUCCEEDED
    until(noted.exists)
    process = processes.recorded(noted.read_text())
    assert process
    assert processes.is_running(process)
    assert processes.signal(process, signal.SIGKILL)


def test_what_could_not_be_ended_is_named_until_it_ends(tmp_path: Path) -> None:
    """Such as a process of another user; meanwhile the run is not over."""
    wanted, here = spec("sleep", "60"), runs(tmp_path)
    run = here.start(wanted)
    until((place(tmp_path, run) / BEGAN).exists)
    here.end(wanted, run)
    with subprocess.Popen(["sleep", "60"]) as other:
        left = [[str(processes.identity(other.pid)), "slee\x1bp"], ["17 long ago", "gone"]]
        (place(tmp_path, run) / STOPPED).write_text(json.dumps(left))
        said = f"process {other.pid} (slee\\x1bp) is still running."
        assert here.poll(wanted, run) == RunStatus(RunState.RUNNING, detail=said)
        other.kill()
    assert end_of(here, wanted, run).detail == "it was ended."


@pytest.mark.parametrize("recorded", ["{pid}", "{pid} at another time"])
def test_a_timeout_ends_no_other_process(tmp_path: Path, recorded: str) -> None:
    """The recorded id may belong to another process by now, so that one is not signalled."""
    wanted, here = spec("sleep", "60"), runs(tmp_path)
    run = here.start(wanted)
    folder = place(tmp_path, run)
    until((folder / BEGAN).exists)
    supervisor = processes.recorded((folder / PID).read_text())
    assert supervisor
    (folder / PID).write_text(recorded.format(pid=supervisor.pid))
    here.end(wanted, run)
    assert processes.signal(supervisor, 0)
    assert not (folder / ENDED).exists()
    os.killpg(supervisor.pid, signal.SIGKILL)
    assert end_of(here, wanted, run).state is RunState.UNKNOWN


def test_it_is_known_that_a_run_was_never_started(tmp_path: Path) -> None:
    """Such a run may be started; while its supervisor may still start, the answer is unknown."""
    wanted, here = spec("true"), runs(tmp_path)
    with pytest.raises(NotStartedError):
        here.find(wanted)
    folder = operations(tmp_path) / "op" / "api" / "1"
    folder.mkdir(parents=True)
    (folder / ORDER).write_text("{}")
    assert here.find(wanted) is None
    os.utime(folder / ORDER, (1, 1))
    with pytest.raises(NotStartedError):
        here.find(wanted)
    assert not (folder / ALIVE).exists()


@pytest.mark.parametrize("early", [True, False])
def test_what_was_given_up_never_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, early: bool
) -> None:
    """A supervisor that starts late does nothing, before and after the next start."""
    wanted, first = spec("sh", "-c", f"echo once >> {tmp_path / 'count'}"), runs(tmp_path)
    monkeypatch.setattr(sys, "executable", waiting_at(tmp_path / "gate", tmp_path))
    late = first.start(wanted)
    monkeypatch.undo()
    other = runs(tmp_path)
    assert other.find(wanted) is None
    os.utime(place(tmp_path, late) / ORDER, (1, 1))
    with pytest.raises(NotStartedError):
        other.find(wanted)
    never = RunStatus(RunState.FAILED, detail="it was never started.")
    assert other.poll(wanted, late) == never
    if early:
        (tmp_path / "gate").touch()
        assert end_of(first, wanted, late) == never
    second = other.start(wanted)
    assert end_of(other, wanted, second).state is RunState.SUCCEEDED
    (tmp_path / "gate").touch()
    assert end_of(first, wanted, late) == never
    assert (tmp_path / "count").read_text() == "once\n"
    assert runs(tmp_path).find(wanted) == second


def test_a_reader_leaves_alone_what_another_is_about_to_start(tmp_path: Path) -> None:
    """The run may have no folder yet, an export in progress, or a supervisor that is late."""
    wanted, reader = spec("true"), runs(tmp_path, alone=False)
    assert reader.find(wanted) is None
    folder = operations(tmp_path) / "op" / "api" / "1"
    (folder / TREE).mkdir(parents=True)
    assert reader.find(wanted) is None
    (folder / ORDER).write_text("{}")
    assert reader.poll(wanted, Run("op/api/1")).state is RunState.QUEUED
    os.utime(folder / ORDER, (1, 1))
    assert reader.find(wanted) is None
    assert reader.poll(wanted, Run("op/api/1")).state is RunState.UNKNOWN
    assert {file.name for file in folder.iterdir()} == {TREE, ORDER}


def test_a_reader_knows_what_another_gave_up(tmp_path: Path) -> None:
    """A run that has only an export was never started, for a reader as well."""
    wanted = spec("true")
    folder = operations(tmp_path) / "op" / "api" / "1"
    (folder / TREE).mkdir(parents=True)
    for alone in (True, False):
        with pytest.raises(NotStartedError):
            runs(tmp_path, alone=alone).find(wanted)


def test_what_is_ended_before_it_started_never_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its supervisor only starts after the timeout."""
    wanted, here = spec("touch", str(tmp_path / "mark")), runs(tmp_path)
    monkeypatch.setattr(sys, "executable", waiting_at(tmp_path / "gate", tmp_path))
    run = here.start(wanted)
    here.end(wanted, run)
    (tmp_path / "gate").touch()
    assert end_of(here, wanted, run).detail == "it was never started."
    assert not (tmp_path / "mark").exists()


def test_what_started_is_not_given_up(tmp_path: Path) -> None:
    """This holds after any time, and even if its supervisor was killed."""
    wanted, here = spec("sleep", "60"), runs(tmp_path)
    run = here.start(wanted)
    until((place(tmp_path, run) / BEGAN).exists)
    os.utime(place(tmp_path, run) / ORDER, (1, 1))
    assert runs(tmp_path).find(wanted) == run
    end_supervisor(place(tmp_path, run))
    assert end_of(here, wanted, run).state is RunState.UNKNOWN
    assert runs(tmp_path).find(wanted) == run


def test_an_incomplete_export_is_not_a_start(tmp_path: Path) -> None:
    """The process that made it is gone, so it cannot start a supervisor any more."""
    wanted, here = spec("true"), runs(tmp_path)
    folder = operations(tmp_path) / "op" / "api" / "1"
    (folder / "tree").mkdir(parents=True)
    with pytest.raises(NotStartedError):
        here.find(wanted)
    assert not claim(folder)
    assert end_of(here, wanted, here.start(wanted)).state is RunState.SUCCEEDED


def test_a_start_survives_a_loss_of_power(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The order, its folders and the start are each on disk before the next step."""
    synced, sync = set[int](), os.fsync

    def noted(descriptor: int) -> None:
        synced.add(os.fstat(descriptor).st_ino)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    wanted, here = spec("true"), runs(tmp_path)
    monkeypatch.setattr(sys, "executable", "/bin/true")
    run = here.start(wanted)
    folder = place(tmp_path, run)
    above = [operations(tmp_path) / part for part in ("", "op", "op/api", "op/api/1")]
    assert {file.stat().st_ino for file in (folder / ORDER, *above)} <= synced
    until(lambda: here.poll(wanted, run).state is RunState.QUEUED)
    synced.clear()
    assert claim(folder)
    assert synced == {(folder / BEGAN).stat().st_ino, folder.stat().st_ino}


def test_a_run_is_found_in_a_workspace_that_was_moved(tmp_path: Path) -> None:
    """Its id is the path of its folder, relative to the folder of operations."""
    wanted, here = spec("sh", "-c", "exit 3"), runs(tmp_path / "old")
    run = here.start(wanted)
    assert run == Run("op/api/1", output=".multigit/operations/op/api/1/output.log")
    end_of(here, wanted, run)
    (tmp_path / "old").rename(tmp_path / "new")
    moved = runs(tmp_path / "new")
    assert "status 3" in moved.poll(wanted, run).detail
    assert moved.find(wanted) == run


def test_the_result_of_a_run_whose_folder_is_gone_is_unknown(tmp_path: Path) -> None:
    """The detail says so, and ending it does nothing."""
    wanted, here = spec("true"), runs(tmp_path)
    run = here.start(wanted)
    end_of(here, wanted, run)
    shutil.rmtree(place(tmp_path, run))
    other = runs(tmp_path)
    assert other.poll(wanted, run) == RunStatus(
        RunState.UNKNOWN,
        detail="the folder .multigit/operations/op/api/1 is gone.",
    )
    other.end(wanted, run)


def test_what_the_system_refuses_is_an_error_with_a_hint(tmp_path: Path) -> None:
    """A file in place of a folder and a folder in place of a file are reported."""
    wanted, here = spec("true"), runs(tmp_path)
    operations(tmp_path).mkdir(parents=True)
    (operations(tmp_path) / "op").touch()
    with pytest.raises(MultigitError, match="could not be started: Not a directory") as caught:
        here.start(wanted)
    assert (caught.value.code, bool(caught.value.hint)) == ("command_trouble", True)
    (operations(tmp_path) / "op").unlink()
    run = here.start(wanted)
    end_of(here, wanted, run)
    (place(tmp_path, run) / "ended").unlink()
    (place(tmp_path, run) / "ended").mkdir()
    with pytest.raises(MultigitError, match="could not be checked: it is not a plain file"):
        here.poll(wanted, run)
    (place(tmp_path, run) / BEGAN).unlink()
    (place(tmp_path, run) / BEGAN).mkdir()
    with pytest.raises(MultigitError, match="could not be checked: it is not a plain file"):
        here.find(wanted)


@pytest.mark.parametrize(
    ("program", "codes"),
    [
        ("sh", []),
        ("./run.sh", []),
        ("./plain.sh", ["command_not_executable"]),
        ("./gone.sh", ["command_missing"]),
        ("no-such-program", ["command_missing"]),
        ("./", ["command_missing"]),
        ("./link", []),
        ("./to-plain", ["command_not_executable"]),
        ("./to-gone", ["command_missing"]),
        ("tools/run.sh", []),
        ("./tools/up", []),
        ("./out", []),
        ("./absolute", []),
        ("./loop", []),
    ],
)
def test_the_program_is_searched_for_while_planning(
    tmp_path: Path, program: str, codes: list[str]
) -> None:
    """It is on PATH or in the commit; links inside the commit are followed."""
    assert [problem.code for problem in runs(tmp_path).check(spec(program))] == codes


def test_exports_that_killed_runs_left_are_removed(tmp_path: Path) -> None:
    """The export of a run that is running or failed is kept."""
    here, gate = runs(tmp_path), tmp_path / "gate"
    wait = f'until [ -e "{gate}" ]; do sleep 0.05; done'
    waits, fails = spec("sh", "-c", wait, key="op/tree/1"), spec("false", key="op/failed/1")
    run, other = here.start(waits), here.start(fails)
    at_work, failed = place(tmp_path, run), place(tmp_path, other)
    assert end_of(here, fails, other).state is RunState.FAILED
    cut = operations(tmp_path) / "op" / "cut" / "target" / "2.3"
    (cut / TREE).mkdir(parents=True)
    of_theirs = at_work / TREE / "1" / TREE  # such a folder in a repository is not an export
    of_theirs.mkdir(parents=True)
    until((at_work / BEGAN).exists)
    remove_unneeded_trees(operations(tmp_path), ["op", "gone"])
    assert of_theirs.is_dir()
    assert (failed / TREE).is_dir()
    assert not (cut / TREE).exists()
    gate.touch()
    until(lambda: not (at_work / TREE).exists())  # done by its supervisor
    assert end_of(here, waits, run).state is RunState.SUCCEEDED


def test_no_export_behind_a_link_is_removed(tmp_path: Path) -> None:
    """The target of a link is kept."""
    theirs = tmp_path / "theirs"
    (theirs / "api" / "1" / TREE).mkdir(parents=True)
    operations(tmp_path).mkdir(parents=True)
    (operations(tmp_path) / "op").symlink_to(theirs)
    (operations(tmp_path) / "other").mkdir()
    (operations(tmp_path) / "other" / "api").symlink_to(theirs / "api")
    (operations(tmp_path) / "third" / "api" / "1").mkdir(parents=True)
    (operations(tmp_path) / "third" / "api" / "1" / TREE).symlink_to(theirs / "api")
    remove_unneeded_trees(operations(tmp_path), ["op", "other", "third"])
    assert (theirs / "api" / "1" / TREE).is_dir()
