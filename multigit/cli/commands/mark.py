"""multigit mark: what a person says about a release."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from multigit.cli import options as o
from multigit.cli.completion import complete_release


def mark(
    release: Annotated[
        str,
        typer.Argument(
            metavar="RELEASE",
            help="A deploy tag, or the id of an operation that made none.",
            autocompletion=complete_release,
        ),
    ],
    quality: Annotated[
        str, typer.Argument(metavar="QUALITY", help="bad or good: what you think of it.")
    ],
    *,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why; recorded with the mark.")
    ],
    running: o.Running,
) -> int:
    """Mark a release bad or good, whatever its deployments said.

    A bad release is not deployed again without an override, and no roll-back goes back to it.

    Examples:
      multigit mark deploy-main-20250115-150130 bad --reason "charges twice"
    """
    from multigit import errors
    from multigit.core.reports.document import frame
    from multigit.core.values.mark import quality_named
    from multigit.operation.marking import mark_release

    wanted = quality_named(quality)
    session = running.session()
    marked = mark_release(session, release, wanted, reason)
    session.screen.say(marked.sentence, "bold")
    session.screen.document(
        frame(
            "mark",
            marked.sentence,
            mark=asdict(marked.mark),
            replaced=asdict(marked.before) if marked.before else None,
            local=marked.local,
        )
    )
    return errors.OK
