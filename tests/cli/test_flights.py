"""Pushes that still run after multigit was killed: their result is read, never guessed."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from multigit.hints import Hint
from tests.cli.answers import DONE, INTERRUPTED, REFUSED, Document, codes, rows, states
from tests.hints.typing import follow
from tests.support import launch
from tests.support.forge import Forge, ForgeRepo, remotes_untouched
from tests.support.http_git import GitHttpServer
from tests.support.launch import Process
from tests.support.patience import until
from tests.torture.world import at_work_in

PROMOTE = ("promote", "dev", "stg", "--yes")


@pytest.fixture
def slow(forge: Forge) -> Iterator[Forge]:
    """Return a workspace of api, whose remote holds a push until `let_go` is called, and web."""
    for name in ("api", "web"):
        forge.add(name).commit("dev", {"a.txt": f"{name}\n"})
    forge.write_config()
    hold(forge, forge.repos["api"])
    yield forge
    let_go(forge)


def hold(forge: Forge, repo: ForgeRepo, *, status: int = 0, then: str = "") -> None:
    """Let the remote signal that the next push has reached it, and hold it until `let_go`.

    Its hook also ends when the folder of the test is removed.
    """
    hook = repo.bare / "hooks/pre-receive"
    came, go = forge.root / "came", forge.root / "go"
    hook.write_text(
        f'#!/bin/sh\nrm -f "$0"; touch {came}\n'
        f"while [ -e {came} ] && [ ! -e {go} ]; do sleep 0.05; done\n"
        f"{then}\nexit {status}\n",
        encoding="utf-8",
    )
    hook.chmod(0o755)


def let_go(forge: Forge) -> None:
    """Release the push that is held."""
    (forge.root / "go").touch()


def start(forge: Forge, *args: str) -> Process:
    """Start multigit in the workspace."""
    return launch.start(*args, "--json", cwd=forge.shop, env=forge.env)


def in_mid_push(forge: Forge, *options: str) -> Process:
    """Start a promotion, and return once its push has reached the slow remote."""
    running = start(forge, *PROMOTE, *options)
    until((forge.root / "came").exists)
    return running


def killed_in_mid_push(forge: Forge, *options: str) -> None:
    """Promote, and kill multigit once one push is held and the other has ended.

    With options, such as one job, the other push does not start.
    """
    running = in_mid_push(forge, *options)
    if not options:
        until(lambda: bool(tags(forge.repos["web"])))
    running.kill()
    running.communicate()


def waiting(forge: Forge, *args: str) -> Process:
    """Start a command, and assert that it polls the remote without changing anything."""
    before = api(forge).remote_refs() if api(forge).bare.exists() else {}
    trace = forge.root / "trace"
    settings = str(forge.root / "home/.gitconfig")
    api(forge).git("config", "--file", settings, "trace2.eventTarget", str(trace))
    running = start(forge, *args)
    once_each = len(forge.repos)
    until(lambda: looks(trace) > once_each + 1 or running.poll() is not None)
    assert running.poll() is None
    assert before in ({}, api(forge).remote_refs())
    return running


def looks(trace: Path) -> int:
    """Return how often multigit ran ls-remote, according to git's trace."""
    text = trace.read_text() if trace.exists() else ""
    return len(re.findall('"event":"cmd_name".*"name":"ls-remote"', text))


def answer(running: Process, status: int) -> dict[str, Any]:
    """Return the document that a command ends with."""
    said, errors = running.communicate(timeout=60)
    assert running.wait() == status, said + errors
    document: dict[str, Any] = json.loads(said)
    return document


def api(forge: Forge) -> ForgeRepo:
    """Return the repository with the slow remote."""
    return forge.repos["api"]


def group_leaders(parent: int) -> list[int]:
    """Return the children of a process that lead a process group, without its watchdog."""
    said = subprocess.run(
        ["ps", "-o", "pid=,pgid=,comm=", "--ppid", str(parent)],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = [line.split(maxsplit=2) for line in said.stdout.splitlines()]
    return [int(pid) for pid, group, name in rows if pid == group and name == "git"]


def tags(repo: ForgeRepo) -> list[str]:
    """Return the tags of a remote."""
    return [ref for ref in repo.remote_refs() if ref.startswith("refs/tags/")]


def in_mid_receive(repo: ForgeRepo) -> bool:
    """Return whether a push to a remote is in progress: its objects are still in quarantine."""
    return any((repo.bare / "objects").glob("tmp_objdir-*"))


def last_record(forge: Forge) -> dict[str, Any]:
    """Return the newest record of the log."""
    record: dict[str, Any] = forge.json("log")["records"][-1]
    return record


def test_undo_waits_for_it_and_takes_it_back(slow: Forge) -> None:
    """Multigit was killed, but its push is still running; once the push ends, undo undoes it."""
    before = {name: repo.remote_refs() for name, repo in slow.repos.items()}
    killed_in_mid_push(slow)
    undo = waiting(slow, "undo", "--yes")
    let_go(slow)
    assert states(answer(undo, DONE)) == {"api": "published", "web": "published"}
    assert {name: repo.remote_refs() for name, repo in slow.repos.items()} == before
    assert slow.json("status")["unfinished"] is None


def test_abandon_waits_for_it_and_records_what_came(slow: Forge) -> None:
    """A push that never started is not published; for the other one the remote is asked."""
    killed_in_mid_push(slow, "--jobs", "1")
    abandon = waiting(slow, "abandon")
    let_go(slow)
    assert states(answer(abandon, DONE)) == {"api": "published", "web": "not_published"}
    assert states(last_record(slow)) == {"api": "published", "web": "not_published"}
    assert (len(tags(api(slow))), tags(slow.repos["web"])) == (1, [])


def test_continue_publishes_it_once(slow: Forge) -> None:
    """Whether the killed push or the one of continue comes first, the commit is published once."""
    killed_in_mid_push(slow)
    again = start(slow, "continue", "--yes")
    let_go(slow)
    assert states(answer(again, DONE)) == {"api": "published", "web": "published"}
    assert len(tags(api(slow))) == 1
    assert len(slow.json("log")["records"]) == 1


def test_what_the_server_refuses_in_the_end_is_not_published(slow: Forge) -> None:
    """Once the push has ended without success, it is recorded as not published."""
    hold(slow, api(slow), status=1)
    before = api(slow).remote_refs()
    killed_in_mid_push(slow)
    abandon = waiting(slow, "abandon")
    let_go(slow)
    assert states(answer(abandon, DONE)) == {"api": "not_published", "web": "published"}
    assert api(slow).remote_refs() == before


def left_in_mid_push(slow: Forge, running: Process) -> Document:
    """Press Ctrl-C until multigit exits, once web is published; return its document."""
    until(lambda: bool(tags(slow.repos["web"])))
    while running.poll() is None:
        with suppress(ProcessLookupError):  # it may be gone by now
            os.killpg(running.pid, signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            running.wait(timeout=0.3)
    return answer(running, INTERRUPTED)


def test_who_does_not_wait_is_told_that_it_is_unknown(slow: Forge) -> None:
    """After a second Ctrl-C, undo and status report the push as running; nothing is recorded."""
    running = in_mid_push(slow)
    said = left_in_mid_push(slow, running)
    assert codes(said) == ["interrupted"]
    with remotes_untouched(slow):
        document = slow.json("undo", "--yes", "--dry-run", check=REFUSED)
        assert states(document) == {"api": "blocked", "web": "planned"}
        assert codes(rows(document)["api"]) == ["push_under_way"]
        assert slow.json("status")["in_flight"] == ["api"]
        assert slow.json("log")["records"] == []
    let_go(slow)
    follow(slow, said, Hint.CONTINUE_SOON, "multigit continue")
    assert states(last_record(slow)) == {"api": "published", "web": "published"}


def test_who_does_not_wait_leaves_the_lock_across_machines(slow: Forge) -> None:
    """The lock keeps others out until the result of the push is known."""
    config = slow.shop / "multigit.toml"
    config.write_text(f'{config.read_text("utf-8")}\n[lock]\nrepo = "web"\n', encoding="utf-8")
    running = in_mid_push(slow)
    said = left_in_mid_push(slow, running)
    assert said["message"].endswith("The lock of stg is kept because a push may still succeed.")
    assert len(slow.json("lock", "status")["locks"]) == 1
    let_go(slow)
    assert slow.json("continue", "--yes", check=DONE)["problems"] == []
    assert slow.json("lock", "status")["locks"] == []


def test_a_daemon_that_stays_is_no_push(slow: Forge) -> None:
    """A daemon that inherited the push's files counts as the push only until its time is up."""
    daemon = slow.root / "daemon"
    stays = f"setsid sleep 60 >/dev/null 2>&1 </dev/null & echo $! >{daemon}"
    hold(slow, api(slow), status=1, then=stays)
    before = api(slow).remote_refs()
    killed_in_mid_push(slow)
    let_go(slow)
    until(lambda: daemon.exists() and not in_mid_receive(api(slow)))
    try:
        document = slow.json("undo", "--dry-run", check=REFUSED)
        assert codes(rows(document)["api"]) == ["push_under_way"]
        (journal,) = (slow.shop / ".multigit/operations").glob("*.jsonl")
        until_then = re.compile(r'("flight":{"began":)[0-9.]+(,"until":)[0-9.]+')
        journal.write_text(until_then.sub(r"\g<1>1.0\g<2>2.0", journal.read_text()))
        document = slow.json("abandon", check=DONE)
    finally:
        os.kill(int(daemon.read_text()), signal.SIGKILL)
    assert states(document) == {"api": "not_published", "web": "published"}
    assert api(slow).remote_refs() == before


def test_a_remote_that_went_away_is_waited_for(slow: Forge) -> None:
    """While a push may still reach an unreachable remote, the operation is not closed."""
    killed_in_mid_push(slow)
    away = api(slow).bare.with_suffix(".away")
    api(slow).bare.rename(away)
    abandon = waiting(slow, "abandon")
    away.rename(api(slow).bare)
    let_go(slow)
    assert states(answer(abandon, DONE)) == {"api": "published", "web": "published"}


def test_a_copy_of_the_workspace_does_not_see_its_processes(slow: Forge) -> None:
    """There the result is unknown, although no such process is running; nothing is recorded."""
    killed_in_mid_push(slow)
    there = slow.root / "elsewhere"
    shutil.copytree(slow.shop, there, symlinks=True)
    slow.shop = there
    document = slow.json("undo", "--dry-run", check=REFUSED)
    assert codes(rows(document)["api"]) == ["push_under_way"]
    abandon = waiting(slow, "abandon")
    abandon.kill()
    abandon.communicate()
    assert slow.json("log")["records"] == []


def test_all_that_it_started_ends_by_the_deadline(slow: Forge) -> None:
    """Git, its helpers and a local server end by the deadline, and the push is not published."""
    config = slow.shop / "multigit.toml"
    config.write_text(f'{config.read_text("utf-8")}\n[git]\ntimeout = "4s"\n', encoding="utf-8")
    before = api(slow).remote_refs()
    killed_in_mid_push(slow)
    abandon = start(slow, "abandon")
    assert states(answer(abandon, DONE))["api"] == "not_published"
    let_go(slow)
    until(lambda: not list(at_work_in(slow.root)))
    assert api(slow).remote_refs() == before


def test_a_server_elsewhere_finishes_what_it_has_received(slow: Forge) -> None:
    """A push over a network is waited for even if the local git is dead."""
    with GitHttpServer(slow.remotes) as server:
        config = slow.root / "home/.gitconfig"
        login = base64.b64encode(b"ada:sesame").decode()
        header = f'[http]\n\textraHeader = "Authorization: Basic {login}"\n'
        config.write_text(config.read_text("utf-8") + header, encoding="utf-8")
        for name, repo in slow.repos.items():
            repo.use_url(server.url(name))
        before = api(slow).remote_refs()
        running = in_mid_push(slow)
        until(lambda: bool(tags(slow.repos["web"])))
        children = group_leaders(running.pid)
        running.kill()
        running.communicate()
        for child in children:
            with suppress(ProcessLookupError):  # it may have ended by itself
                os.killpg(child, signal.SIGKILL)
        undo = waiting(slow, "undo", "--yes")
        let_go(slow)
        assert states(answer(undo, DONE)) == {"api": "published", "web": "published"}
        assert api(slow).remote_refs() == before
