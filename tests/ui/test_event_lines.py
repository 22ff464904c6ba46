"""Events on lines of standard output, for scripts."""

from __future__ import annotations

import io
import json
from typing import Any

from multigit.core.values.deployment import Deployment, RunState, RunStatus
from multigit.ui.event_lines import EventLines
from multigit.ui.streams import SafeStream


def events(stream: io.StringIO) -> list[dict[str, Any]]:
    """Return the printed events without what all of them have."""
    found = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert all(each.pop("schema") == "multigit/1" for each in found)
    assert all(each.pop("at").endswith("Z") for each in found)
    return found


def test_each_event_is_one_line() -> None:
    """Whatever is in it."""
    stream = io.StringIO()
    lines = EventLines(SafeStream(stream))
    lines.phase("Publishing", ["api"])
    lines.started("api", "pushing")
    lines.finished("api", "failed", "refused:\nhttps://me:secret@example.org")
    lines.say("Waiting for 1 push: api.")
    assert events(stream) == [
        {"event": "phase", "phase": "Publishing", "repos": ["api"]},
        {
            "event": "repo",
            "phase": "Publishing",
            "repo": "api",
            "state": "failed",
            "detail": "refused:\nhttps://***@example.org",
        },
        {"event": "note", "message": "Waiting for 1 push: api."},
    ]


def test_a_deployment_is_printed_when_it_changes() -> None:
    """Not at each poll, though it takes longer each time."""
    stream = io.StringIO()
    lines = EventLines(SafeStream(stream))
    running = RunStatus(RunState.RUNNING, "deploy")
    ended = RunStatus(RunState.FAILED, "deploy", detail="it failed.")
    for seconds, status in enumerate((running, running, ended)):
        lines.deploying("api", Deployment("fra", status=status).seen(status, seconds))
    first, last = events(stream)
    assert (first["repo"], first["target"], first["state"]) == ("api", "fra", "running")
    assert (last["state"], last["detail"]) == ("failed", "it failed.")
    assert "seconds" not in first


def test_a_pause_is_printed_once_and_its_end() -> None:
    """However many repositories wait for it."""
    stream = io.StringIO()
    lines = EventLines(SafeStream(stream))
    for why in ("GitHub asks to wait.", "GitHub asks to wait.", "", ""):
        lines.paused(why)
    assert [each["why"] for each in events(stream)] == ["GitHub asks to wait.", None]
