"""What the receivers receive, how they fail, and that they leave nothing behind."""

from __future__ import annotations

import smtplib
import socket
import threading
from email.message import EmailMessage

import pytest
import requests

from .loopback import Answer, Silence
from .receivers import Health, Smtp, StatsD, Webhook, healthy


def test_statsd_receives_lines() -> None:
    before = set(threading.enumerate())
    with StatsD() as statsd, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        host, _, port = statsd.address.partition(":")
        sender.sendto(b"deployment.count:1|c\ndeployment.time:9|ms", (host, int(port)))
        sender.sendto(b"deployment.count:1|c|#stage:main", (host, int(port)))
        assert sorted(statsd.lines(3)) == [
            "deployment.count:1|c",
            "deployment.count:1|c|#stage:main",
            "deployment.time:9|ms",
        ]
    assert set(threading.enumerate()) == before


def test_half_a_request_is_none() -> None:
    """The sender was killed before it sent the body."""
    with Webhook() as hook:
        with socket.create_connection(("127.0.0.1", hook.port)) as killed:
            killed.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf")
        requests.post(hook.url, data=b"whole", timeout=9)
    assert [one.body for one in hook.deliveries] == [b"whole"]


def test_webhook_keeps_what_came() -> None:
    with Webhook() as hook:
        assert requests.post(f"{hook.url}/x?y=z", json={"text": "done"}, timeout=9).text == "ok"
        requests.post(hook.url, data=b"no json", timeout=9)
    assert [(one.path, one.value) for one in hook.deliveries] == [
        ("/x?y=z", {"text": "done"}),
        ("/", None),
    ]
    assert hook.deliveries[1].body == b"no json"


def test_webhook_fails_and_still_keeps_it() -> None:
    with Webhook() as hook:
        hook.fail(503)
        assert requests.post(hook.url, json=1, timeout=9).status_code == 503
        hook.fail(Silence.HANG_UP)
        with pytest.raises(requests.ConnectionError):
            requests.post(hook.url, json=2, timeout=9)
    assert [one.value for one in hook.deliveries] == [1, 2]


def test_health_answers_in_turn_and_stays_with_the_last() -> None:
    with Health() as health:
        assert requests.get(health.url, timeout=9).json() == {"status": "ok"}
        health.answer(Answer(503), healthy({"sha": "1"}, ("X-Release", "r1"), status=203))
        seen = [requests.get(f"{health.url}/up", timeout=9) for _ in range(3)]
    assert [one.status_code for one in seen] == [503, 203, 203]
    assert (seen[2].json(), seen[2].headers["X-Release"]) == ({"sha": "1"}, "r1")
    assert health.asked == ["/", "/up", "/up", "/up"]


@pytest.mark.parametrize("slow", [healthy(delay=60), healthy(drip=60), Silence.NEVER])
def test_slow_health_is_cut_at_the_end(slow: Answer | Silence) -> None:
    with Health() as health:
        health.answer(slow)
        with pytest.raises(requests.exceptions.RequestException, match="timed out"):
            requests.get(health.url, timeout=0.05)


def test_health_that_is_not_there() -> None:
    with Health() as health:
        health.refuse()
        with pytest.raises(requests.ConnectionError, match="refused"):
            requests.get(health.url, timeout=9)
        health.listen()
        assert requests.get(health.url, timeout=9).ok


def test_smtp_keeps_mail_and_refuses_it() -> None:
    message = EmailMessage()
    message["Subject"] = "Deployed ✓"
    message.set_content("api\n")
    before = set(threading.enumerate())
    with Smtp() as smtp, smtplib.SMTP("127.0.0.1", smtp.port, timeout=30) as client:
        client.send_message(message, "ada@example.org", ["grace@example.org"])
        smtp.fail()
        with pytest.raises(smtplib.SMTPDataError):
            client.send_message(message, "ada@example.org", ["grace@example.org"])
    (mail,) = smtp.mails
    assert (mail.sender, mail.recipients) == ("ada@example.org", ("grace@example.org",))
    assert (mail.message["Subject"], mail.message.get_content().split()) == ("Deployed ✓", ["api"])
    assert set(threading.enumerate()) == before


def test_smtp_ends_with_an_open_connection() -> None:
    with Smtp() as smtp:
        client = smtplib.SMTP("127.0.0.1", smtp.port, timeout=30)
    client.close()
    assert smtp.mails == ()
