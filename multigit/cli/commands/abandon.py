"""multigit abandon: close an unfinished operation as it is."""

from __future__ import annotations

from multigit import errors
from multigit.cli import options as o
from multigit.operation.recovery import close, only_closed, remote_states, unfinished


def abandon(
    json: o.Json = False,
    jobs: o.Jobs = None,
    config: o.Config = None,
    no_color: o.NoColor = False,
) -> int:
    """Close the unfinished operation as it is. No ref is touched; the log says what was left.

    Examples:
      multigit abandon
    """
    from multigit.operation.session import Session

    session = Session.open(o.Common(config, json, no_color, jobs))
    with session.alone("abandon") as over:
        if only_closed(session, "abandon", over):
            return errors.OK
        journal, story = unfinished(session)
        standings = remote_states(session, journal, story, flights=story.flights)
        return close(session, journal, story, standings, "abandoned")
