"""A forked multigit is the same as a newly started one, from the inside and the outside."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support import launch
from tests.support.forge import Forge
from tests.support.gitenv import base_environment
from tests.support.patience import until
from tests.support.terminal import Terminal

pytestmark = pytest.mark.skipif(not launch.FORKING, reason="nothing is forked")

PACKAGE = """
import json, os, signal, sys, threading, time


def foreground():
    try:
        with open("/dev/tty") as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return None


def main():
    found = {
        "argv": sys.argv,
        "cwd": os.getcwd(),
        "environment": dict(os.environ),
        "flags": list(sys.flags),
        "path": sys.path,
        "group is its own": os.getpid() == os.getpgrp() == os.getsid(0),
        "files": sorted(os.listdir("/proc/self/fd"))[:3],
        "how many files": len(os.listdir("/proc/self/fd")),
        "threads": threading.active_count(),
        "umask": os.umask(0o022),
        "zone": time.strftime("%Z", time.localtime(0)),
        "signals": [str(signal.getsignal(each)) for each in signal.valid_signals()],
        "blocked": [int(each) for each in signal.pthread_sigmask(signal.SIG_BLOCK, [])],
        "terminal": [os.isatty(fd) for fd in range(3)],
        "size": sys.stdout.isatty() and list(os.get_terminal_size()),
        "foreground": foreground(),
        "streams": [
            [s.fileno(), s.encoding, s.errors, s.mode, s.line_buffering, s.name, s.newlines]
            for s in (sys.stdin, sys.stdout, sys.stderr)
        ],
        "stdin": sys.stdin.read(),
    }
    print(json.dumps(found), flush=True)
    print("to stderr", file=sys.stderr)
    sys.stdout.flush()
    if "wait" in sys.argv:
        print(flush=True)
        signal.pause()
    os._exit(int(sys.argv[1]))


if __name__ == "__main__":
    main()
"""
COMMANDS = (
    ("--version",),
    ("--help",),
    ("promote", "--help"),
    ("status",),
    ("status", "--json"),
    ("promote", "dev", "stg", "--dry-run", "--json"),
    ("promote", "dev"),
    ("push", "nowhere", "--json"),
)


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """Return an environment with another package named multigit, which reports what it sees."""
    package = tmp_path / "packages/multigit"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(PACKAGE)
    return base_environment(tmp_path / "home") | {"PYTHONPATH": str(package.parent)}


@pytest.mark.parametrize("more", [{}, {"TZ": "Asia/Tokyo", "ODD": "ä\udcff"}])
def test_both_see_the_same(tmp_path: Path, env: dict[str, str], more: dict[str, str]) -> None:
    """Arguments, folder, environment, streams, files, signals, session and clock."""
    told = [_run("3", cwd=tmp_path, env=env | more, anew=anew) for anew in (False, True)]
    seen = [json.loads(each.stdout) for each in told]
    assert seen[0] == seen[1]
    assert seen[0]["stdin"] == "typed\n"
    assert seen[0]["environment"].items() >= more.items()
    assert [(each.returncode, each.stderr) for each in told] == [(3, b"to stderr\n")] * 2


def test_both_have_the_same_terminal(
    tmp_path: Path, env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It belongs to their session, and they are in its foreground; stdout may be a file."""
    for file in (None, tmp_path / "file"):
        seen = []
        for forking in (True, False):
            monkeypatch.setattr(launch, "FORKING", forking)
            stdout = file.open("wb") if file else None
            with Terminal([*launch.MULTIGIT, "3"], tmp_path, env, stdout=stdout) as terminal:
                if stdout:
                    stdout.close()
                terminal.send_line("typed")
                terminal.send_key("ctrl-d")
                assert terminal.finish() == 3
            told = file.read_text() if file else terminal.text
            seen.append(json.loads(told[told.index("{") :].partition("to stderr")[0]))
        del seen[1]["environment"]["PWD"]  # of the shell that takes the terminal
        assert seen[0] == seen[1]
        assert seen[0]["terminal"] == [True, not file, True]
        assert (seen[0]["foreground"], seen[0]["stdin"]) == (True, "typed\n")


@pytest.mark.parametrize(
    "more", [{"LC_ALL": "C"}, {"LANG": "C"}, {"PYTHONUTF8": "1"}, {"PYTHONPATH": "/a:/b"}], ids=str
)
def test_where_python_begins_otherwise_nothing_is_forked(
    forge: Forge, more: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fork has already started, so these variables would come too late."""
    monkeypatch.setattr(launch, "_server", None)
    assert forge.run("--version", env=more, check=0).stdout.startswith("multigit ")


def _run(*args: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    return launch.run(*args, input=b"typed\n", timeout=60.0, **options)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_signals_end_it(tmp_path: Path, env: dict[str, str], number: int) -> None:
    """They reach its own pid, and its status names them."""
    process = launch.start("0", "wait", cwd=tmp_path, env=env)
    assert process.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        process.communicate(timeout=0.01)
    process.send_signal(number)
    process.communicate()
    assert process.returncode == process.wait() == process.poll() == -number
    process.kill()


def test_many_are_forked_side_by_side(tmp_path: Path, env: dict[str, str]) -> None:
    """Each has its own pid and status."""
    running = [launch.start(str(number), cwd=tmp_path, env=env) for number in range(10)]
    assert len({process.pid for process in running}) == len(running)
    assert [process.wait() for process in running] == list(range(10))
    for process in running:
        process.communicate()


def test_servers_end_with_who_uses_them(env: dict[str, str]) -> None:
    """Even if that process was killed."""
    program = (
        "import os, signal, sys; from pathlib import Path; from tests.support import launch\n"
        "env = {**os.environ, 'PYTHONPATH': sys.argv[1]}\n"
        "launch.run('0', cwd=Path(), env=env, timeout=60)\n"
        "servers = [launch._first(), *launch._SERVERS.values()]\n"
        "print(*[each.process.pid for each in servers], flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    root = Path(__file__).resolve().parents[2]
    package = env.pop("PYTHONPATH")
    done = subprocess.run(
        [sys.executable, "-c", program, package],
        cwd=root,
        env=env,
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    first, beside = done.stdout.split()
    until(lambda: not any(Path(f"/proc/{int(pid)}/fd/0").exists() for pid in (first, beside)))


def test_a_server_survives_a_client_that_asks_for_nothing(
    tmp_path: Path, env: dict[str, str]
) -> None:
    """A client that dies before it sends its request takes no other one with it."""
    assert _run("3", cwd=tmp_path, env=env).returncode == 3
    server = launch._SERVERS[env["PYTHONPATH"]]
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
        client.connect(server.place)
    assert _run("3", cwd=tmp_path, env=env).returncode == 3


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_multigit_says_the_same(forge: Forge, command: tuple[str, ...]) -> None:
    """For a command, its help, and a mistake in it."""
    forge.add("api").commit("dev", {"a.txt": "1\n"})
    forge.write_config()
    first, second = (forge.run(*command, anew=anew) for anew in (False, True))
    assert _steady(first) == _steady(second)


def _steady(done: subprocess.CompletedProcess[str]) -> tuple[int, list[str]]:
    """Return the exit code and output of a run, without times and what depends on them."""
    moments = r"\d{8}T\d{6}Z\S+-[0-9a-f]{4}|\d{8}-\d{6}|[0-9a-f]{40}|\b\d+(?:s|ms|min)\b"
    return done.returncode, [re.sub(moments, "…", text) for text in (done.stdout, done.stderr)]
