"""Notifies people through Apprise: chats, mail, pagers, webhooks. A failure is only a warning.

Apprise is an extra, `notify`. Its log may contain addresses with their secrets, so it is switched
off.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from types import ModuleType
from typing import Any

from multigit.adapters.system.deadline import in_background
from multigit.adapters.system.installation import adding
from multigit.core.reports.news import News
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.text import masked, visible
from multigit.core.values.workspace import Event
from multigit.phrase import marked, phrase

LIMIT = 30.0  # seconds that all targets together may take
SUPPORTED = "https://github.com/caronc/apprise lists the addresses that Apprise supports."

_SECRET = re.compile(r"\{env:([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class _Target:
    """An address that Apprise supports: its name without secrets, and what sends to it."""

    name: str
    plugin: Any = field(repr=False)


def notify(
    addresses: Sequence[str],
    news: News,
    environment: Mapping[str, str],
    *,
    limit: float = LIMIT,
) -> tuple[Problem, ...]:
    """Send the news to all addresses at the same time; return which failed, and why.

    `{env:NAME}` in an address stands for a variable of the environment. Never raises; `limit` is in
    seconds.
    """
    apprise = _apprise()
    if apprise is None:
        return _missing(addresses)
    targets, problems = _targets(apprise, addresses, environment)
    until = time.monotonic() + limit
    sent = [(target, in_background(partial(_send, apprise, target, news))) for target in targets]
    failed = [_failed(target, future, until, limit) for target, future in sent]
    return (*problems, *filter(None, failed))


def check(addresses: Sequence[str], environment: Mapping[str, str]) -> tuple[Problem, ...]:
    """Return what is wrong with the addresses, as far as can be seen without sending."""
    apprise = _apprise() if addresses else None
    if apprise is None:
        return _missing(addresses)
    return _targets(apprise, addresses, environment)[1]


def load() -> None:
    """Import the library, which takes a moment, if it is installed."""
    _apprise()


def _apprise() -> ModuleType | None:
    """Return the library with its log switched off, or None if it is not installed."""
    try:
        import apprise
    except ImportError:
        return None
    log = logging.getLogger("apprise")
    log.propagate = False
    log.setLevel(logging.CRITICAL + 1)
    return apprise


def _missing(addresses: Sequence[str]) -> tuple[Problem, ...]:
    if not addresses:
        return ()
    message = "no notifications can be sent: Apprise is not installed."
    hint = phrase("Install it: `{add}`", add=adding("notify", "apprise"))
    return (Problem("notify_missing", message, hint, Severity.WARN),)


def _targets(
    apprise: ModuleType, addresses: Sequence[str], environment: Mapping[str, str]
) -> tuple[list[_Target], tuple[Problem, ...]]:
    """Return the valid targets, and what is wrong with the other addresses."""
    targets: list[_Target] = []
    problems: list[Problem] = []
    for address in addresses:
        unset = [name for name in _SECRET.findall(address) if not environment.get(name)]
        if unset:
            problems.append(_unset(unset))
        elif target := _target(apprise, address, environment):
            targets.append(target)
        else:
            problems.append(_unknown(address))
    return targets, tuple(problems)


def _target(apprise: ModuleType, address: str, environment: Mapping[str, str]) -> _Target | None:
    """Return the target of an address, or None if Apprise does not support it.

    Apprise masks what it knows to be a secret; what comes from the environment is not shown at all.
    """
    try:
        filled = _SECRET.sub(lambda match: environment[match[1]], address)
        plugin = apprise.Apprise.instantiate(filled)
        if plugin is None:
            return None
        shown: str = plugin.url(privacy=True)
    except Exception:  # noqa: BLE001  (a plugin's bug must not end the operation)
        return None
    if names := _SECRET.findall(address):
        return _Target(f"{_in_words(names)} ({shown.partition('://')[0]})", plugin)
    return _Target(visible(masked(shown.partition("?")[0])), plugin)


def _in_words(names: Sequence[str]) -> str:
    return ", ".join(f"{{env:{name}}}" for name in names)


def _send(apprise: ModuleType, target: _Target, news: News) -> bool:
    kinds = {
        Event.SUCCEEDED: apprise.NotifyType.SUCCESS,
        Event.FAILED: apprise.NotifyType.FAILURE,
        Event.WAITING: apprise.NotifyType.WARNING,
    }
    sender = apprise.Apprise()
    sender.add(target.plugin)
    kind = kinds.get(news.event, apprise.NotifyType.INFO)
    form = apprise.NotifyFormat.MARKDOWN
    sent = sender.notify(news.body, title=news.title, notify_type=kind, body_format=form)
    return bool(sent)


def _failed(target: _Target, future: Future[bool], until: float, limit: float) -> Problem | None:
    """Wait for a target until the time is up; return what went wrong, or None."""
    try:
        why = "" if future.result(max(0.0, until - time.monotonic())) else "it was not accepted"
    except TimeoutError:
        why = f"no answer within {limit:g} s"
    except Exception:  # noqa: BLE001  (a plugin's bug must not end the operation or show a secret)
        why = "Apprise could not send it"
    hint = marked("To see why, send one by hand: `apprise -vv -b test ADDRESS`")
    message = f"the message to {target.name} failed: {why}."
    return Problem("notify_failed", message, hint, Severity.WARN) if why else None


def _unset(names: Sequence[str]) -> Problem:
    these = ", ".join(names)
    word = "variable" if len(names) == 1 else "variables"
    message = f"a notification address needs the {word} {these}, not set here."
    hint = f"Set {these}, or remove the address from the configuration."
    return Problem("notify_address", message, hint, Severity.WARN)


def _unknown(address: str) -> Problem:
    """Return the problem of an unsupported address, without what could be secret in it."""
    names = _SECRET.findall(address)
    scheme, separator, _ = address.partition("://")
    shown = _in_words(names) or (f"{visible(scheme)}://…" if separator else "one without ://")
    message = f"Apprise does not support a notification address: {shown}."
    return Problem("notify_address", message, SUPPORTED, Severity.WARN)
