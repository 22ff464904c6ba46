"""Notifications: what people receive, and that no failure stops multigit or shows a secret."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import pytest

from multigit.adapters.notify.apprise import check, notify
from multigit.adapters.system.installation import adding
from multigit.core.reports.news import News
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.workspace import Event
from tests.doubles.loopback import Silence
from tests.doubles.receivers import Smtp, Webhook

# Apprise imports a module that Python has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr':DeprecationWarning")

SECRET = "s3cr3t-canary"
NEWS = News(
    Event.FAILED,
    "promote stg → main failed: deploy-1",
    "1 failed.\n\n| repository | state |\n|---|---|\n| api | failed |\n",
)


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    """Return a webhook that accepts everything."""
    with Webhook() as receiver:
        yield receiver


@pytest.fixture(autouse=True)
def _quiet(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Assert at the end that nothing was printed, and that Apprise logged nothing."""
    caplog.set_level("DEBUG")
    yield
    assert capfd.readouterr() == ("", "")
    assert not any(record.name == "apprise" for record in caplog.records)


def address(webhook: Webhook, path: str = "") -> str:
    """Return the URL of the webhook for Apprise."""
    return f"json://127.0.0.1:{webhook.port}/{path}"


def only(problems: tuple[Problem, ...]) -> Problem:
    """Return the only problem, after checking that it warns, has a hint and shows no secret."""
    (problem,) = problems
    assert problem.severity is Severity.WARN
    assert problem.hint
    assert SECRET not in repr(problem)
    return problem


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (Event.STARTED, "info"),
        (Event.SUCCEEDED, "success"),
        (Event.FAILED, "failure"),
        (Event.WAITING, "warning"),
    ],
)
def test_a_webhook_gets_one_message(webhook: Webhook, event: Event, kind: str) -> None:
    """It has a title, a text and a kind."""
    news = News(event, NEWS.title, NEWS.body)
    assert notify([address(webhook)], news, {}) == ()
    (delivery,) = webhook.deliveries
    assert (delivery.value["title"], delivery.value["type"]) == (NEWS.title, kind)
    assert delivery.value["message"] == NEWS.body.strip()


def test_a_mail_has_a_table() -> None:
    """Markdown is sent as HTML if the target can show it."""
    with Smtp() as smtp:
        target = f"mailto://127.0.0.1:{smtp.port}/ada@example.com?from=multigit@example.com"
        assert notify([target], NEWS, {}) == ()
        (mail,) = smtp.mails
    assert (mail.recipients, mail.message["Subject"]) == (("ada@example.com",), NEWS.title)
    html = mail.message.get_body(("html",))
    assert html is not None
    assert "<td>api</td>" in html.get_content()


def test_secrets_come_from_the_environment(webhook: Webhook) -> None:
    """A variable can hold the whole address or a part of it."""
    environment = {"HOOK": address(webhook, SECRET), "KEY": SECRET}
    addresses = ["{env:HOOK}", address(webhook, "hooks/{env:KEY}")]
    assert check(addresses, environment) == ()
    assert notify(addresses, NEWS, environment) == ()
    paths = {delivery.path for delivery in webhook.deliveries}
    assert paths == {f"/{SECRET}", f"/hooks/{SECRET}"}


def test_a_target_that_fails_is_a_warning(webhook: Webhook) -> None:
    """The other targets get the message, and no secret is shown."""
    webhook.fail(500)
    with Smtp() as smtp:
        good = f"mailto://127.0.0.1:{smtp.port}/ada@example.com?from=multigit@example.com"
        problem = only(notify(["{env:HOOK}", good], NEWS, {"HOOK": address(webhook, SECRET)}))
        assert len(smtp.mails) == 1
    assert problem.code == "notify_failed"
    assert problem.message == "the message to {env:HOOK} (json) failed: it was not accepted."


def test_a_password_in_an_address_is_masked(webhook: Webhook) -> None:
    """The configuration may contain it, but no message does."""
    webhook.fail(500)
    port = webhook.port
    problem = only(notify([f"json://ada:{SECRET}@127.0.0.1:{port}/x?y={SECRET}"], NEWS, {}))
    assert problem.message.startswith(f"the message to json://***@127.0.0.1:{port}/x failed")


def test_a_target_that_is_silent(webhook: Webhook) -> None:
    """Waiting for it ends at the time limit."""
    webhook.fail(Silence.NEVER)
    begin = time.monotonic()
    problem = only(notify([address(webhook)], NEWS, {}, limit=0.3))
    assert "no answer within 0.3 s" in problem.message
    assert time.monotonic() - begin < 4


@pytest.mark.parametrize(
    ("wrong", "shown"),
    [
        (f"slcak://{SECRET}/{SECRET}", "slcak://…"),
        (SECRET, "one without ://"),
        ("", "one without ://"),
        ("{env:KEY}", "{env:KEY}"),
        ("slack://{env:KEY}", "{env:KEY}"),
    ],
)
def test_an_unknown_address_is_a_warning(wrong: str, shown: str) -> None:
    """The warning is the same when the address is checked and when a message is sent."""
    problem = only(check([wrong], {"KEY": SECRET}))
    assert problem.code == "notify_address"
    assert problem.message == f"Apprise does not support a notification address: {shown}."
    assert notify([wrong], NEWS, {"KEY": SECRET}) == (problem,)


def test_a_missing_variable_is_a_warning(webhook: Webhook) -> None:
    """The warning names it; an empty variable counts as missing."""
    target = address(webhook, "{env:A}/{env:B}/{env:C}")
    problem = only(notify([target], NEWS, {"A": "", "B": "b"}))
    assert problem.code == "notify_address"
    assert "needs the variables A, C, not set here" in problem.message
    assert webhook.deliveries == []


def test_without_apprise(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hint says what to run; without addresses, Apprise is not needed."""
    monkeypatch.setitem(sys.modules, "apprise", None)
    problem = only(check(["json://host/"], {}))
    assert problem.code == "notify_missing"
    assert adding("notify", "apprise") in problem.hint
    assert notify(["json://host/"], NEWS, {}) == (problem,)
    assert check([], {}) == notify([], NEWS, {}) == ()


def test_a_plugin_with_a_bug(webhook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception becomes a warning, without its text, which may contain the address."""
    import apprise

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(apprise.Apprise, "notify", broken)
    problem = only(notify([address(webhook)], NEWS, {}))
    assert "Apprise could not send it" in problem.message
    monkeypatch.setattr(apprise.Apprise, "instantiate", broken)
    assert only(check([address(webhook)], {})).code == "notify_address"
