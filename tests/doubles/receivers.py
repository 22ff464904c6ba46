"""Receivers for what deployments report, by StatsD, webhook and mail, and a health endpoint."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.event_loop import EventLoopThread

from .loopback import Answer, LoopbackServer, Request, Silence

_PATIENCE = 20.0  # seconds to wait for something that was sent
_LARGEST = 65535


class StatsD:
    """Receives metrics over UDP while its `with` block runs."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._received = threading.Condition()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._receive)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    @property
    def address(self) -> str:
        """Where to send, as host:port."""
        return f"127.0.0.1:{self.port}"

    def lines(self, count: int = 0) -> list[str]:
        """The metrics so far, such as `deployment.count:1|c`, once there are `count` of them.

        Raises TimeoutError.
        """
        with self._received:
            if not self._received.wait_for(lambda: len(self._lines) >= count, _PATIENCE):
                raise TimeoutError(self._lines)
            return list(self._lines)

    def all_so_far(self) -> list[str]:
        """All metrics from packets that were sent before this call."""
        last = f"last:{time.monotonic_ns()}|c"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(last.encode(), self._socket.getsockname())
        with self._received:
            if not self._received.wait_for(lambda: last in self._lines, _PATIENCE):
                raise TimeoutError(self._lines)
            self._lines.remove(last)
            return list(self._lines)

    def _receive(self) -> None:
        """Receive until a packet comes from the receiver itself."""
        while True:
            packet, sender = self._socket.recvfrom(_LARGEST)
            if sender == self._socket.getsockname():
                return
            with self._received:
                self._lines += packet.decode().splitlines()
                self._received.notify_all()


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a webhook received; `value` is None if the body is not JSON."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    value: Any


class Webhook(LoopbackServer):
    """Accepts every POST while its `with` block runs, unless a test lets it fail."""

    def __init__(self) -> None:
        super().__init__()
        self.deliveries: list[Delivery] = []
        self._reaction: Answer | Silence = Answer(200, b"ok")

    def fail(self, reaction: int | Silence) -> None:
        """Answer with this status, or not at all, from now on."""
        self._reaction = Answer(reaction) if isinstance(reaction, int) else reaction

    def react(self, request: Request) -> Answer | Silence:
        """Record the request, even if it fails."""
        try:
            value = request.json()
        except ValueError:
            value = None
        self.deliveries.append(Delivery(request.target, request.headers, request.body, value))
        return self._reaction


class Health(LoopbackServer):
    """A health endpoint, which is healthy until a test says otherwise.

    `refuse()` and `listen()` take it off the network and back.
    """

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self._guard = threading.Lock()
        self._course: list[Answer | Silence] = [healthy()]

    def answer(self, *course: Answer | Silence) -> None:
        """Set the answers from now on, one for each request; the last one stays."""
        with self._guard:
            self._course = list(course)

    def react(self, request: Request) -> Answer | Silence:
        """Give the answer that the test has set."""
        with self._guard:
            self.asked.append(request.target)
            return self._course.pop(0) if len(self._course) > 1 else self._course[0]


def healthy(
    value: Any = None,
    *headers: tuple[str, str],
    status: int = 200,
    delay: float = 0.0,
    drip: float = 0.0,
) -> Answer:
    """A health endpoint's answer with a JSON body."""
    body = json.dumps({"status": "ok"} if value is None else value).encode()
    kind = ("Content-Type", "application/json")
    return Answer(status, body, (kind, *headers), drip=drip, delay=delay)


@dataclass(frozen=True, slots=True)
class Mail:
    """A delivered message."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage


@dataclass(slots=True)
class _Postman:
    mails: list[Mail] = field(default_factory=list)
    refusal: str = ""

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        if self.refusal:
            return self.refusal
        content = envelope.content
        data = content if isinstance(content, bytes) else (content or "").encode()
        message = email.message_from_bytes(data, policy=email.policy.default)
        recipients = tuple(envelope.rcpt_tos)
        self.mails.append(Mail(envelope.mail_from or "", recipients, message))
        return "250 Taken"


class Smtp:
    """A mail server that keeps what it receives, while its `with` block runs."""

    def __init__(self) -> None:
        self._postman = _Postman()
        self._loop = EventLoopThread()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]

    def __enter__(self) -> Self:
        self._loop.__enter__()
        self._loop.run(self._serve())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.run(self._close())
        self._loop.__exit__(kind, error, trace)

    @property
    def mails(self) -> tuple[Mail, ...]:
        """The messages delivered so far."""
        return tuple(self._postman.mails)

    def fail(self, refusal: str = "554 Refused") -> None:
        """Refuse every message from now on; an empty text accepts them again."""
        self._postman.refusal = refusal

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._session, sock=self._socket)

    def _session(self) -> SMTP:
        return SMTP(self._postman, hostname="localhost", enable_SMTPUTF8=True)

    async def _close(self) -> None:
        self._server.close()
        await self._server.wait_closed()
