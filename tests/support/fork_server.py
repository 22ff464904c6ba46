"""A program that has imported multigit, and forks a process of its own for each request.

Each is as real as one that was started anew: it has its own pid, session, directory, environment,
streams and signals, and ends with its own status. Only reading Python and the package is left out,
which takes three quarters of a short command. See `launch.py`, which starts this program and asks.

It stands alone, since the package that it imports may be a copy that knows nothing of the tests.
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
from typing import Any, NoReturn, cast

STREAMS = 3
FDS = STREAMS + 1  # the standard streams, and where the status goes
HEAD = 8  # bytes that say how long a request is
CHUNK = 65536


def load() -> None:
    """Import all of multigit but what runs when it is imported, and build its command line.

    `typer.rich_utils` reads the environment when it is imported, so each process does that itself.
    """
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # also where we begin in the background
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"  # as `multigit.cli.app.run` does
    import multigit

    for found in pkgutil.walk_packages(multigit.__path__, "multigit."):
        if not found.name.endswith(".__main__"):
            importlib.import_module(found.name)
    if "multigit.cli.app" in sys.modules:
        import typer

        typer.main.get_command = cache(typer.main.get_command)
        typer.main.get_command(sys.modules["multigit.cli.app"].app)
    assert "typer.rich_utils" not in sys.modules
    gc.collect()
    gc.freeze()


def serve(control: socket.socket) -> None:
    """Fork for each request until the other side is gone; tell each one's pid and wait status."""
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is not control:
                    selector.unregister(key.fileobj)
                    _end(key.fd, *key.data)
                    continue
                request = _receive(control)
                if request is None:
                    return
                process, answer, pid = request
                selector.register(process, selectors.EVENT_READ, (answer, pid))


def _end(process: int, answer: socket.socket, pid: int) -> None:
    os.close(process)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with answer, suppress(OSError):
        answer.sendall(f"{status}\n".encode())


def _receive(control: socket.socket) -> tuple[int, socket.socket, int] | None:
    """Fork for the next request: what tells of its end, where to tell it, and the pid."""
    head, fds, _, _ = socket.recv_fds(control, HEAD, FDS)
    if not head:
        return None
    missing = int.from_bytes(head, "big")
    parts = []
    while missing:
        parts.append(control.recv(min(missing, CHUNK)))
        missing -= len(parts[-1])
    request = json.loads(b"".join(parts))
    pid = os.fork()
    if pid == 0:
        _become(request, fds[:STREAMS])
    for fd in fds[:STREAMS]:
        os.close(fd)
    answer = socket.socket(fileno=fds[STREAMS])
    with suppress(OSError):
        answer.sendall(f"{pid}\n".encode())
    return os.pidfd_open(pid), answer, pid


def _become(request: dict[str, Any], streams: list[int]) -> NoReturn:
    """Be what `python -P -m multigit` would be, and end as that does."""
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
    """Open Python's streams on what lies at 0, 1 and 2 now, as the interpreter opens them."""
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
    load()
    serve(socket.socket(fileno=int(sys.argv[1])))
