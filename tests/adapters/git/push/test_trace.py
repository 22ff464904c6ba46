"""The events that git records of a push in its trace2 format."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from multigit.adapters.git.push.trace import PushTrace, read_trace

BEGUN = {"event": "version", "sid": "1"}
HELPER = {"event": "child_start", "sid": "1", "child_class": "remote-https", "argv": ["git"]}
PACK = {"event": "child_start", "sid": "1", "argv": ["git", "pack-objects", "--stdout"]}
ENDED, SENT, OPEN = PushTrace(ended=True, sent=False), PushTrace(ended=True), PushTrace(sent=False)
OF_A_CHILD = {"event": "exit", "sid": "1/2", "code": 1}


@pytest.mark.parametrize(
    ("events", "seen"),
    [
        ([HELPER, {"event": "exit", "sid": "1", "code": 128}], ENDED),
        ([HELPER, OF_A_CHILD, {"event": "signal", "sid": "1", "signo": 13}], ENDED),
        ([HELPER, PACK, {"event": "signal", "sid": "1", "signo": 13}], SENT),
        ([HELPER, {"event": "signal", "sid": "1", "signo": 15}], OPEN),
        ([HELPER, OF_A_CHILD], OPEN),
    ],
    ids=["exit", "broken pipe", "broken pipe with a pack", "ended by somebody", "no end"],
)
def test_an_end_is_gits_own(
    events: list[dict[str, object]], seen: PushTrace, tmp_path: Path
) -> None:
    """Git exits, or gets a broken pipe from a helper that ended first; both are normal ends."""
    file = tmp_path / "push"
    file.write_text("".join(f"{json.dumps(each)}\n" for each in [BEGUN, *events]), "utf-8")
    assert read_trace(file) == seen
