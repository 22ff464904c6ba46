"""Sending metrics over UDP."""

from __future__ import annotations

import socket
import threading

import pytest

from multigit.adapters.notify.statsd import check, send
from multigit.core.values.problem import Severity
from tests.doubles.receivers import StatsD

LINE = "deployment.count:1|c|#stage:main,result:done,repo:api"


@pytest.mark.parametrize("scheme", ["", "udp://"])
def test_lines_arrive(scheme: str) -> None:
    """Each line is a metric."""
    with StatsD() as statsd:
        assert send(scheme + statsd.address, (LINE, "deployment.duration:5|ms")) == ()
        assert statsd.lines(2) == [LINE, "deployment.duration:5|ms"]


def test_many_lines_are_sent_in_several_packets() -> None:
    """Each packet fits into one UDP datagram, and no line is lost."""
    with StatsD() as statsd:
        assert send(statsd.address, (LINE,) * 60) == ()
        assert statsd.lines(60) == [LINE] * 60


def test_nothing_to_send() -> None:
    """Without lines, nothing is sent."""
    assert send("127.0.0.1:9", ()) == ()


def test_no_one_listens() -> None:
    """UDP does not report it, so neither does multigit."""
    assert send("127.0.0.1:9", (LINE,) * 60) == ()


@pytest.mark.parametrize(
    "address",
    ["", ":8125", "host:port", "host:0", "http://host:8125", "host:99999", "h st:1", "host:1/x"],
)
def test_what_is_not_an_address(address: str) -> None:
    """A wrong address is a warning when it is checked and when metrics are sent."""
    (problem,) = check(address)
    assert send(address, (LINE,)) == (problem,)
    assert (problem.code, problem.severity) == ("metrics_address", Severity.WARN)


@pytest.mark.parametrize("address", ["127.0.0.1", "statsd:8125", "[::1]:8125", "udp://statsd/"])
def test_what_is_an_address(address: str) -> None:
    """The port may be left out."""
    assert check(address) == ()


def test_a_password_in_the_address_is_not_repeated() -> None:
    """It is not supported there, and the message does not show it."""
    assert "secret" not in repr(check("udp://ada:secret@host:1"))


def test_an_unknown_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a warning, and the operation continues."""

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    (problem,) = send("statsd.invalid:1", (LINE,))
    assert (problem.code, problem.severity) == ("metrics_failed", Severity.WARN)
    assert "statsd.invalid:1: the host is unknown" in problem.message


def test_a_name_that_is_never_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting for it ends at the time limit."""
    over = threading.Event()

    def slow(*_: object, **__: object) -> None:
        over.wait(30)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    try:
        (problem,) = send("statsd:1", (LINE,), limit=0.05)
    finally:
        over.set()
    assert "no answer within 0.05 s" in problem.message
