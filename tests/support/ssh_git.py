"""A git server over ssh on the loopback: asyncssh runs the real upload-pack and receive-pack.

It needs neither root nor an account; the tests need the ssh client.
"""

from __future__ import annotations

import asyncio
import contextlib
import shlex
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import asyncssh
from asyncssh.connection import SSHConnection

from .event_loop import EventLoopThread
from .gitenv import default_environment

_KIND = "ssh-ed25519"
_SERVICES = ("upload-pack", "receive-pack")
_PIECE = 65536

Pipe = TypeVar("Pipe", asyncio.StreamReader, asyncio.StreamWriter)


@dataclass(frozen=True, slots=True)
class Request:
    """One run of a service: `upload-pack` (fetch) or `receive-pack` (push)."""

    repo: str
    service: str
    status: int
    connection: int


class GitSshServer:
    """Serves the bare repositories `root/NAME.git` while its `with` block runs.

    The client's key files and known_hosts file go to `folder`. Raises FileNotFoundError if there
    is no ssh client.
    """

    def __init__(self, root: Path, folder: Path, user: str = "ada") -> None:
        self.requests: list[Request] = []
        self.port = 0
        self._root = root
        self._user = user
        self._folder = folder
        self._host_key = asyncssh.generate_private_key(_KIND)
        self._key = asyncssh.generate_private_key(_KIND)
        self._connections: list[SSHConnection] = []
        self._loop = EventLoopThread()

    def __enter__(self) -> Self:
        if shutil.which("ssh") is None:
            raise FileNotFoundError("Tests of git over ssh need the ssh client (openssh-client).")
        self._loop.__enter__()
        self._server = self._loop.run(self._listen())
        self.port = self._server.get_port()
        self._write_files()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.run(self._close())
        self._loop.__exit__(kind, error, trace)

    def url(self, name: str) -> str:
        """The URL of `root/name.git`."""
        return f"ssh://{self._user}@127.0.0.1:{self.port}/{name}.git"

    def command(self, *, known: bool = True, trusted: bool = True) -> str:
        """A value for GIT_SSH_COMMAND that ignores the user's ssh configuration.

        Without `known` the client has never seen the host; without `trusted` the host has never
        seen the client's key.
        """
        hosts = "known_hosts" if known else "no_hosts"
        key = "key" if trusted else "other_key"
        options = {
            "IdentityFile": self._folder / key,
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "UserKnownHostsFile": self._folder / hosts,
            "GlobalKnownHostsFile": "/dev/null",
        }
        words = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        return shlex.join(["ssh", "-F", "/dev/null", *words])

    def environment(self, *, known: bool = True, trusted: bool = True) -> dict[str, str]:
        """The environment that git needs to reach the server."""
        command = self.command(known=known, trusted=trusted)
        return {"GIT_SSH_COMMAND": command, "GIT_SSH_VARIANT": "ssh"}

    def count(self, repo: str | None = None, service: str | None = None) -> int:
        """The number of times a service ran for a repository; None means any."""
        return len(list(self._chosen(repo, service)))

    def connections(self, repo: str | None = None, service: str | None = None) -> int:
        """The number of connections that carried them."""
        return len({request.connection for request in self._chosen(repo, service)})

    def _chosen(self, repo: str | None, service: str | None) -> Iterable[Request]:
        return (
            request
            for request in list(self.requests)
            if repo in (None, request.repo) and service in (None, request.service)
        )

    def _write_files(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        keys = {"key": self._key, "other_key": asyncssh.generate_private_key(_KIND)}
        for name, key in keys.items():
            path = self._folder / name
            path.touch(mode=0o600)
            path.write_bytes(key.export_private_key())
        public = self._host_key.export_public_key().decode()
        (self._folder / "known_hosts").write_text(f"[127.0.0.1]:{self.port} {public}")
        (self._folder / "no_hosts").touch()

    async def _listen(self) -> asyncssh.SSHAcceptor:
        public = self._key.export_public_key().decode()
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[self._host_key],
            authorized_client_keys=asyncssh.import_authorized_keys(public),
            process_factory=self._serve,
            acceptor=self._connections.append,
            encoding=None,
        )

    async def _close(self) -> None:
        self._server.close()
        for connection in self._connections:
            connection.abort()
        await self._server.wait_closed()

    async def _serve(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        """Run what the client asks for, if it is one of git's two services."""
        words = shlex.split(process.command or "")
        service = words[0].removeprefix("git-") if words else ""
        name = words[-1].strip("/").removesuffix(".git") if words else ""
        if service not in _SERVICES:
            process.stderr.write(b"Only git is served here.\n")
            process.exit(128)
            return
        connection = self._connections.index(process.channel.get_connection())
        status = await self._run(process, service, name)
        self.requests.append(Request(name, service, status, connection))
        with contextlib.suppress(OSError):  # the client was killed
            process.exit(status)

    async def _run(self, process: asyncssh.SSHServerProcess[bytes], service: str, name: str) -> int:
        protocol = process.env.get("GIT_PROTOCOL")
        environment = {**default_environment(), "REMOTE_USER": self._user}
        if protocol:
            environment["GIT_PROTOCOL"] = protocol
        pipe = asyncio.subprocess.PIPE
        child = await asyncio.create_subprocess_exec(
            "git",
            service,
            str(self._root / f"{name}.git"),
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            env=environment,
        )
        try:
            return await _served(process, child)
        finally:
            if child.returncode is None:  # the server is ending
                child.kill()
                await child.wait()


async def _served(
    process: asyncssh.SSHServerProcess[bytes], child: asyncio.subprocess.Process
) -> int:
    feeding = asyncio.create_task(_feed(process, _there(child.stdin)))
    await asyncio.gather(
        _pass_on(_there(child.stdout), process.stdout),
        _pass_on(_there(child.stderr), process.stderr),
    )
    status = await child.wait()
    feeding.cancel()
    return status


async def _feed(
    process: asyncssh.SSHServerProcess[bytes], child_stdin: asyncio.StreamWriter
) -> None:
    # Both a client that is gone and a child that has ended simply end the feeding.
    with contextlib.suppress(OSError, asyncssh.Error), contextlib.closing(child_stdin):
        while data := await process.stdin.read(_PIECE):
            child_stdin.write(data)
            await child_stdin.drain()


async def _pass_on(source: asyncio.StreamReader, target: asyncssh.SSHWriter[bytes]) -> None:
    """Keep reading even if the client is gone, so that a push that it started can finish."""
    while data := await source.read(_PIECE):
        with contextlib.suppress(OSError):
            target.write(data)
            await target.drain()


def _there(pipe: Pipe | None) -> Pipe:
    if pipe is None:
        raise TypeError(pipe)
    return pipe
