"""A program that has imported multigit, and forks a new process for each request.

Each fork is as real as a newly started process: it has its own pid, session, directory,
environment, streams and signals, and its own exit status. It only skips loading Python and the
package, and building what never changes, which takes three quarters of a short command's time.
See `launch.py`, which starts this program and sends the requests.

When asked for a server for another copy of the package, it forks one that already has all the
libraries. It imports nothing from the tests, since such a copy may come without them.
"""

from __future__ import annotations

import fcntl
import gc
import importlib
import json
import os
import pkgutil
import runpy
import selectors
import signal
import socket
import sys
import termios
import time
import traceback
from contextlib import suppress
from functools import cache
from itertools import pairwise
from typing import Any, NoReturn, cast

STREAMS = 3
LARGEST = 1 << 20  # bytes of a request
LATE = (  # what commands import when they run
    *("_strptime", "encodings.utf_8_sig", "pwd", "resource"),
    *("apprise", "rich.markdown", "rich.panel", "rich.table", "rich.traceback"),
)


def load() -> None:
    """Import all of multigit except what runs on import, and build what every command needs.

    `typer.rich_utils` reads the environment when it is imported, so each process does that itself.
    """
    import multigit

    for found in pkgutil.walk_packages(multigit.__path__, "multigit."):
        if not found.name.endswith(".__main__"):
            importlib.import_module(found.name)
    for name in LATE:
        importlib.import_module(name)
    if cli := sys.modules.get("multigit.cli.app"):
        _build_command_line(cli)
    if journal := sys.modules.get("multigit.adapters.files.journal"):
        journal.entry_reader()
    assert "typer.rich_utils" not in sys.modules
    gc.collect()
    gc.freeze()


def _build_command_line(cli: Any) -> None:
    """Build the commands, and the parsers for the values of their options."""
    import typer

    build = typer.main.get_command
    if not hasattr(build, "cache_info"):
        typer.main.get_command = build = cache(build)
    commands: list[Any] = [build(cli.app)]
    for command in commands:
        commands += getattr(command, "commands", {}).values()
        for parameter in command.params:
            parameter.get_runtime_param()


def serve(listening: socket.socket, life: int) -> None:
    """Fork for each client, until the other end of the `life` pipe is closed.

    A client sends one request with its streams, and receives the pid and, at the end, the status.
    """
    with selectors.DefaultSelector() as selector:
        selector.register(listening, selectors.EVENT_READ, lambda: _accept(listening, selector))
        selector.register(life, selectors.EVENT_READ, sys.exit)
        while True:
            for key, _ in selector.select():
                key.data()


def _accept(listening: socket.socket, selector: selectors.BaseSelector) -> None:
    """Fork for the next client, and let the selector report the end."""
    client, _ = listening.accept()
    request, streams, _, _ = socket.recv_fds(client, LARGEST, STREAMS)
    if not request:  # it has died since
        client.close()
        return
    wanted = json.loads(request)
    pid = os.fork()
    if pid == 0:
        if "args" in wanted:
            _become(wanted, streams)
        else:
            _become_server(wanted, streams)
    for fd in streams:
        os.close(fd)
    _tell(client, pid)
    process = os.pidfd_open(pid)

    def end() -> None:
        selector.unregister(process)
        os.close(process)
        with client:
            _tell(client, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))

    selector.register(process, selectors.EVENT_READ, end)


def _tell(client: socket.socket, number: int) -> None:
    with suppress(OSError):  # the client is gone
        client.send(str(number).encode())


def _become_server(request: dict[str, Any], fds: list[int]) -> NoReturn:
    """Become a server for a copy of the package in another folder."""
    status = 1
    try:
        os.setsid()
        for low, high in pairwise([STREAMS - 1, *sorted(fds), os.sysconf("SC_OPEN_MAX")]):
            os.closerange(low + 1, high)
        _leave(os.environ.get("PYTHONPATH"))
        if package := request["PYTHONPATH"]:
            sys.path.insert(0, package)
        os.environ["PYTHONPATH"] = package
        load()
        listening, life = fds
        serve(socket.socket(fileno=listening), life)
    except SystemExit:
        status = 0
    except BaseException:  # noqa: BLE001  (nothing of the other server's may run on here)
        traceback.print_exc()
    finally:
        os._exit(status)


def _leave(package: str | None) -> None:
    """Unload the imported copy of the package, but keep the libraries."""
    sys.path[:] = [folder for folder in sys.path if folder != package]
    for name in list(sys.modules):
        if name.partition(".")[0] == "multigit":
            del sys.modules[name]


def _become(request: dict[str, Any], streams: list[int]) -> NoReturn:
    """Become what `python -P -m multigit` would be, with the same exit status."""
    status = 1
    try:
        os.setsid()
        for number, fd in enumerate(streams):
            os.dup2(fd, number)
        os.closerange(STREAMS, os.sysconf("SC_OPEN_MAX"))
        if request["terminal"]:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        os.chdir(request["cwd"])
        os.environ.clear()
        os.environ.update(request["env"])
        time.tzset()
        _open_streams()
        sys.argv = ["multigit", *request["args"]]
        runpy.run_module("multigit", run_name="__main__", alter_sys=True)
        sys.stdout.flush()
        status = 0
    except SystemExit as end:
        sys.stdout.flush()
        status = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:  # noqa: BLE001  (nothing of the server's may run on here)
        traceback.print_exc()
    finally:
        os._exit(status)


def _open_streams() -> None:
    """Open Python's streams on the current descriptors 0, 1 and 2, as the interpreter does."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        old = getattr(sys, f"__{name}__")
        new = open(  # noqa: SIM115
            number,
            "w" if number else "r",
            buffering=1 if name == "stderr" else -1,
            encoding=old.encoding,
            errors=old.errors,
            closefd=False,
        )
        cast("Any", new).buffer.raw.name = f"<{name}>"
        setattr(sys, name, new)
        setattr(sys, f"__{name}__", new)


if __name__ == "__main__":
    # Even if we are started in the background.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"  # as `multigit.cli.app.run` does
    load()
    serve(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2]))
