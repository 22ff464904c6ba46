"""What every HTTP double shares: answers, drips, silence, refusal, and a clean end."""

from __future__ import annotations

import threading
import time

import pytest
import requests

from .loopback import Answer, LoopbackServer, Request, Silence, json_answer


class Echo(LoopbackServer):
    """Answers with the request; the first part of the path chooses the fault."""

    def react(self, request: Request) -> Answer | Silence:
        """Echo, drip, or say nothing."""
        match request.path:
            case "/cut":
                return Silence.HANG_UP
            case "/never":
                return Silence.NEVER
            case "/drip":
                return Answer(200, b"abc", drip=0.001)
            case "/slow":
                return Answer(200, b"abc", drip=60)
        return json_answer(200, [request.method, request.target, request.query, request.json()])


def test_request_arrives_as_sent() -> None:
    with Echo() as server:
        answer = requests.post(server.url + "/a%2Fb?c=d%20e&f=", json={"g": 1}, timeout=9)
    assert answer.json() == ["POST", "/a%2Fb?c=d%20e&f=", [["c", "d e"], ["f", ""]], {"g": 1}]


def test_silence_is_no_answer() -> None:
    with Echo() as server:
        with pytest.raises(requests.ConnectionError):
            requests.get(server.url + "/cut", timeout=9)
        with pytest.raises(requests.ReadTimeout):
            requests.get(server.url + "/never", timeout=0.05)


def test_drip_arrives_whole() -> None:
    with Echo() as server:
        assert requests.get(server.url + "/drip", timeout=9).text == "abc"


def test_refused_connections_come_back_on_the_same_port() -> None:
    with Echo() as server:
        url = server.url + "/drip"
        server.refuse()
        with pytest.raises(requests.ConnectionError, match="refused"):
            requests.get(url, timeout=9)
        server.listen()
        assert requests.get(url, timeout=9).ok
        server.refuse()


def test_server_is_refused_before_its_block() -> None:
    server = Echo()
    with pytest.raises(requests.ConnectionError, match="refused"):
        requests.get(server.url, timeout=9)
    with server:
        assert requests.get(server.url + "/drip", timeout=9).ok


def test_end_cuts_what_is_open_and_leaves_no_thread() -> None:
    """A kept connection, a dripping answer and a silent one end with the block."""
    before = set(threading.enumerate())
    start = time.monotonic()
    with requests.Session() as session, Echo() as server:
        assert session.get(server.url + "/drip", timeout=9).ok
        waiting = [threading.Thread(target=_fail, args=(server.url + path,)) for path in SLOW]
        for thread in waiting:
            thread.start()
        while len(set(threading.enumerate()) - before) < 2 * len(SLOW) + 2:
            time.sleep(0.001)
    for thread in waiting:
        thread.join()
    assert set(threading.enumerate()) == before
    assert time.monotonic() - start < 30


SLOW = ("/never", "/slow")


def _fail(url: str) -> None:
    with pytest.raises(requests.RequestException):
        requests.get(url, timeout=60)
