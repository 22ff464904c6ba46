"""Git's trace of a push: whether anything was sent that a server can act on.

These are the events of trace2 (git's api-trace2). Git names the refs to the server and then starts
`pack-objects`, in this order; a server that gets no pack updates nothing. So a push that ended by
itself, and for which no `pack-objects` was started, has changed nothing. If the events do not show
all of that, nothing is concluded.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VARIABLE = "GIT_TRACE2_EVENT"
BROKEN_PIPE = 13  # SIGPIPE, on every system that has it
# Helpers that let git itself send, or start another git that does; any other may send by itself.
_PLAIN = {"remote-http", "remote-https", "remote-ftp", "remote-ftps", "remote-ext", "remote-fd"}
_SENDING = {"pack-objects", "http-push"}


@dataclass(frozen=True, slots=True)
class PushTrace:
    """What the events show of a push; the defaults are for one without events.

    `ended`: git ended by itself, and the events are complete. `sent`: something was sent, or may
    have been. `hook`: the repository's own pre-push hook refused.
    """

    ended: bool = False
    sent: bool = True
    hook: bool = False


def read_trace(file: Path) -> PushTrace:
    """Read the events of a push and of everything it started."""
    events = list(_events(file))
    if not events or events[0]["event"] != "version":
        return PushTrace()
    top = [event for event in events if event["sid"] == events[0]["sid"]]
    hooks = {_child(event) for event in top if event.get("hook_name") == "pre-push"} - {None}
    ends = [event for event in top if event["event"] == "child_exit" and _child(event) in hooks]
    return PushTrace(
        ended=any(map(_ends, top)),
        sent=any(_sends(event) for event in events if event["event"] == "child_start"),
        hook=any(event.get("code") for event in ends),
    )


def _events(file: Path) -> Iterator[Mapping[str, Any]]:
    try:
        lines = file.read_text("utf-8", "replace").splitlines()
    except OSError:
        return
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            event = None
        if not isinstance(event, dict) or not {"event", "sid"} <= event.keys():
            yield {"event": "child_start", "sid": "", "argv": ["pack-objects"]}  # may have sent
        else:
            yield event


def _child(event: Mapping[str, Any]) -> object:
    return event.get("child_id") if event["event"] in {"child_start", "child_exit"} else None


def _ends(event: Mapping[str, Any]) -> bool:
    """Return whether git ended by itself, or by writing to a helper that had ended."""
    return event["event"] == "exit" or (
        event["event"] == "signal" and event.get("signo") == BROKEN_PIPE
    )


def _sends(event: Mapping[str, Any]) -> bool:
    """Return whether a process was started that sends, or that may send."""
    kind = str(event.get("child_class", ""))
    helper = kind.startswith("remote-") and kind not in _PLAIN
    words = event.get("argv", ())
    return helper or not isinstance(words, list) or bool(_SENDING.intersection(map(str, words)))
