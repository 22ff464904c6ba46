"""multigit lock: the locks of stages across machines."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from multigit import errors
from multigit.cli import options as o
from multigit.cli.help import Command, group
from multigit.core.values.text import plural

lock_app = group("Show stage locks, or release a stale one.")


@lock_app.command("status", cls=Command)
def lock_status(json: o.Json = False, config: o.Config = None, no_color: o.NoColor = False) -> int:
    """Show which stages are locked or held, by whom, since when, and why.

    Examples:
      multigit lock status
    """
    from multigit.core.reports.document import frame
    from multigit.operation.locking import locks_in, stage_refs

    session = o.Running(json=json, config=config, no_color=no_color).session()
    refs = stage_refs(session)
    found, holds = locks_in(refs), [ref.hold for ref in refs.values() if ref.hold]
    for each in found:
        if holder := each.holder:
            session.screen.say(holder.sentence(each.stage))
            session.screen.say(f"  id {holder.nonce}, operation {holder.operation}", "dim")
        else:
            session.screen.say(f"{each.stage} is locked, but not by multigit.")
    for hold in holds:
        session.screen.say(hold.sentence())
    count = plural(len(found), "stage") if found else "No stage"
    held = f", {len(holds)} {'are' if len(holds) > 1 else 'is'} held" if holds else ""
    sentence = f"{count} {'are' if len(found) > 1 else 'is'} locked{held}."
    session.screen.say(sentence, "bold")
    locks, held_stages = [asdict(each) for each in found], [hold.document() for hold in holds]
    session.screen.document(frame("lock status", sentence, locks=locks, holds=held_stages))
    return errors.OK


@lock_app.command("release", cls=Command)
def lock_release(
    nonce: Annotated[
        str,
        typer.Option("--id", metavar="ID", help="The lock id, as shown by multigit lock status."),
    ],
    reason: Annotated[
        str,
        typer.Option(
            "--reason",
            metavar="TEXT",
            help="Why it has to be released by hand; recorded in the log.",
        ),
    ],
    json: o.Json = False,
    config: o.Config = None,
    no_color: o.NoColor = False,
) -> int:
    """Release a stale lock. The deployment log records who did it and why.

    If its operation can be continued, run multigit continue instead.

    Examples:
      multigit lock release --id 1f0c9a2b77d3e4f5 --reason "laptop was stolen"
    """
    from multigit.core.reports.document import frame
    from multigit.operation.locking import release_lock

    session = o.Running(json=json, config=config, no_color=no_color).session()
    released = release_lock(session, nonce, reason)
    sentence = f"Released: {', '.join(each.stage for each in released)}."
    session.screen.say(sentence, "bold")
    locks = [asdict(each) for each in released]
    session.screen.document(frame("lock release", sentence, locks=locks))
    return errors.OK
