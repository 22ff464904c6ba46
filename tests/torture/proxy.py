"""A TCP proxy for an HTTP server that disrupts one chosen message of one chosen connection."""

from __future__ import annotations

import contextlib
import re
import select
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

_CHUNK = 65536
_POLL = 0.05  # seconds that closing may take
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Fault(StrEnum):
    """What happens at the chosen byte."""

    CUT = "cut"  # both sides see an orderly end
    RESET = "reset"  # the client sees a reset
    STALL = "stall"  # nothing more arrives, and no one hangs up
    DRIP = "drip"  # one byte at a time from here on


class Side(StrEnum):
    """The direction of a message."""

    REQUEST = "request"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Spoil:
    """Disrupt the message numbered `message` of the `nth` connection whose first line has `words`.

    `at` bytes of it pass (or all but `at`, with `from_end`), then comes the fault. `pause` is the
    time between two dripping bytes. With `down` no one can connect afterwards, until `mend`.
    """

    words: tuple[str, ...]
    message: int
    side: Side
    at: int
    fault: Fault
    nth: int = 1
    from_end: bool = False
    pause: float = 0.05
    down: bool = False


@dataclass
class Message:
    """A request or an answer in transit: how much has passed, and its length once that is known."""

    passed: int = 0
    length: int | None = None
    head: bytes = b""

    def read(self, data: bytes) -> None:
        """Read the length from the head."""
        if self.length is None:
            self.head += data
            head, end, _ = self.head.partition(b"\r\n\r\n")
            if end:
                found = _LENGTH.search(head)
                self.length = len(head + end) + (int(found[1]) if found else 0)


@dataclass
class Traffic:
    """A connection: its first line, and its messages in both directions."""

    line: str
    request: list[Message] = field(default_factory=list)
    answer: list[Message] = field(default_factory=list)


class Proxy:
    """Passes connections on to a port of 127.0.0.1 while its `with` block runs."""

    def __init__(self, target: int) -> None:
        self.spoil: Spoil | None = None
        self.traffic: list[Traffic] = []
        self.fired = False
        self.is_down = False
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._seen = 0
        self._guard = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()
        self._listener.close()

    def through(self, url: str) -> str:
        """Return the URL that reaches the server through the proxy."""
        parts = urlsplit(url)
        login, at, _ = parts.netloc.rpartition("@")
        port = self._listener.getsockname()[1]
        return parts._replace(netloc=f"{login}{at}127.0.0.1:{port}").geturl()

    def mend(self) -> None:
        """Let everything pass from now on."""
        self.spoil = None
        self.is_down = False

    def _listen(self) -> None:
        while not self._over.is_set():
            ready, _, _ = select.select([self._listener], [], [], _POLL)
            if ready:
                client, _ = self._listener.accept()
                threading.Thread(target=self._pass, args=(client,), daemon=True).start()

    def _pass(self, client: socket.socket) -> None:
        if self.is_down:
            _reset(client)
            return
        with contextlib.suppress(OSError), client:
            first = client.recv(_CHUNK)
            traffic = Traffic(first.partition(b"\r\n")[0].decode("latin-1"))
            self.traffic.append(traffic)
            spoil = self._chosen(traffic.line) if first else None
            with socket.create_connection(("127.0.0.1", self._target)) as server:
                _Pipe(self, client, server, traffic, spoil, self._over).run(first)

    def _chosen(self, line: str) -> Spoil | None:
        """Return the fault for this connection, or None."""
        spoil = self.spoil
        with self._guard:
            if spoil is None or not all(word in line for word in spoil.words):
                return None
            self._seen += 1
            return spoil if self._seen == spoil.nth else None


class _Pipe:
    """One connection through the proxy."""

    def __init__(
        self,
        proxy: Proxy,
        client: socket.socket,
        server: socket.socket,
        traffic: Traffic,
        spoil: Spoil | None,
        over: threading.Event,
    ) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        self._traffic = traffic
        self._spoil = spoil
        self._over = over
        self._last: Side = Side.ANSWER
        self._dripping = False

    def run(self, first: bytes) -> None:
        """Pass everything on until one side hangs up, or the fault occurs."""
        client, server = self._client, self._server
        for each in (client, server):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        lives = self._forward(first, Side.REQUEST)
        while lives and not self._over.is_set():
            ready, _, _ = select.select([client, server], [], [], _POLL)
            for source in ready:
                data = source.recv(_CHUNK)
                side = Side.REQUEST if source is client else Side.ANSWER
                lives = lives and bool(data) and self._forward(data, side)

    def _forward(self, data: bytes, side: Side) -> bool:
        """Pass some bytes on; return whether the connection is still open."""
        message = self._message(side)
        message.read(data)
        passed, message.passed = message.passed, message.passed + len(data)
        goal = self._server if side is Side.REQUEST else self._client
        left = self._left(side, message, passed)
        if left is None or left > len(data):
            self._send(goal, data)
            return True
        goal.sendall(data[:left])
        return self._fire(goal, data[left:])

    def _message(self, side: Side) -> Message:
        """Return the message that bytes on this side belong to."""
        if side is Side.REQUEST and self._last is Side.ANSWER:
            self._traffic.request.append(Message())
            self._traffic.answer.append(Message())
        self._last = side
        return (self._traffic.request if side is Side.REQUEST else self._traffic.answer)[-1]

    def _left(self, side: Side, message: Message, passed: int) -> int | None:
        """Return how many bytes may still pass before the fault; None if there is no fault here."""
        spoil = self._spoil
        if self._dripping or spoil is None or spoil.side is not side:
            return None
        if len(self._traffic.request) != spoil.message:
            return None
        if not spoil.from_end:
            return max(spoil.at - passed, 0)
        return None if message.length is None else max(message.length - spoil.at - passed, 0)

    def _send(self, goal: socket.socket, data: bytes) -> None:
        pause = self._spoil.pause if self._spoil and self._dripping else 0.0
        for number in range(len(data) if pause else 0):
            goal.sendall(data[number : number + 1])
            time.sleep(pause)
        if not pause:
            goal.sendall(data)

    def _fire(self, goal: socket.socket, rest: bytes) -> bool:
        """Trigger the fault; return whether the connection is still open."""
        spoil = self._spoil
        if spoil is None:
            return True
        self._proxy.fired = True
        self._proxy.is_down = spoil.down
        match spoil.fault:
            case Fault.DRIP:
                self._dripping = True
                self._send(goal, rest)
                return True
            case Fault.STALL:
                self._hold()
            case Fault.RESET:
                _reset(self._client)
            case Fault.CUT:
                pass
        return False

    def _hold(self) -> None:
        """Keep the connection open and silent until the client gives up."""
        while not self._over.is_set():
            ready, _, _ = select.select([self._client], [], [], _POLL)
            if ready and not self._client.recv(_CHUNK):
                return


def _reset(client: socket.socket) -> None:
    """Close a connection so that the other side sees a reset."""
    with contextlib.suppress(OSError):
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
