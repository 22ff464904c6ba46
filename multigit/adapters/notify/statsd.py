"""Sends metrics to StatsD or DogStatsD, over UDP."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from functools import partial
from urllib.parse import urlsplit

from multigit.adapters.system.deadline import in_background
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.text import visible

PORT = 8125
LARGEST = 1432  # bytes of a packet that no network has to split
HINT = "Set the address as host:port, such as 127.0.0.1:8125."
LIMIT = 3.0  # seconds for resolving a name


def send(address: str, metrics: Sequence[str], *, limit: float = LIMIT) -> tuple[Problem, ...]:
    """Send the lines to host:port (udp://host:port); return why that failed. Never raises.

    Whether they are received is unknown.
    """
    place = _place(address)
    if place is None:
        return check(address)
    if not metrics:
        return ()
    future = in_background(partial(_send, place, tuple(_packets(metrics))))
    try:
        future.result(limit)
    except TimeoutError:
        return (_failed(address, f"no answer within {limit:g} s"),)
    except (OSError, ValueError):
        return (_failed(address, "the host is unknown or cannot be reached"),)
    return ()


def check(address: str) -> tuple[Problem, ...]:
    """Return what is wrong with an address, as far as can be seen without sending."""
    if _place(address):
        return ()
    message = f"the address for metrics, {_shown(address)}, is not host:port."
    return (Problem("metrics_address", message, HINT, Severity.WARN),)


def _place(address: str) -> tuple[str, int] | None:
    """Return host and port, or None."""
    whole = address if "://" in address else f"udp://{address}"
    try:
        parts = urlsplit(whole)
        port = PORT if parts.port is None else parts.port
    except ValueError:
        return None
    valid = parts.scheme == "udp" and parts.hostname and port and parts.path in {"", "/"}
    if not valid or parts.username is not None or visible(address) != address or " " in address:
        return None
    return str(parts.hostname), port


def _packets(metrics: Sequence[str]) -> Iterator[bytes]:
    """Yield the lines in as few packets as possible."""
    packet = b""
    for line in (metric.encode() for metric in metrics):
        if packet and len(packet) + 1 + len(line) > LARGEST:
            yield packet
            packet = b""
        packet = b"\n".join(filter(None, (packet, line)))
    yield packet


def _send(place: tuple[str, int], packets: Sequence[bytes]) -> None:
    family, kind, protocol, _, resolved = socket.getaddrinfo(*place, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind, protocol) as sender:
        for packet in packets:
            sender.sendto(packet, resolved)


def _failed(address: str, why: str) -> Problem:
    message = f"the metrics cannot be sent to {_shown(address)}: {why}."
    return Problem("metrics_failed", message, HINT, Severity.WARN)


def _shown(address: str) -> str:
    """Return an address without what could be a password in it."""
    return visible(address.rpartition("@")[2])
