"""multigit doctor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from multigit.cli import options as o

if TYPE_CHECKING:
    from multigit.adapters.files.folder import WorkspaceFiles
    from multigit.core.records.chain import BadLine, Head
    from multigit.core.records.tag_anchors import Witness
    from multigit.core.values.problem import Problem


def doctor(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="REPO", help="Only these repositories.", autocompletion=o.complete_repo
        ),
    ] = None,
    groups: o.Groups = None,
    exclude: o.Exclude = None,
    jobs: o.Jobs = None,
    json: o.Json = False,
    config: o.Config = None,
    no_color: o.NoColor = False,
) -> int:
    """Find out what would stop multigit here, before it does, and what to do about it.

    Pushes are only rehearsed. Where locks across machines are configured, one is set and released.

    Examples:
      multigit doctor
      multigit doctor api database --json
    """
    from multigit.adapters.git.process import require_git
    from multigit.adapters.system import clock as moments
    from multigit.core.progress.locks import lock_ref
    from multigit.core.reports.diagnosis import HealthRequest, Surroundings, diagnose
    from multigit.core.reports.findings import health_document, health_exit_code
    from multigit.engine.checkup import examine
    from multigit.operation import session as s

    session = s.Session.open(o.Common(config, json, no_color, jobs))
    space = session.workspace
    repos = session.select(o.selection(names, groups, exclude))
    probe = lock_ref(f"doctor-{moments.nonce()}")
    request = HealthRequest(repos, space.stages, probe, space.lock_repo)
    with session.screen.progress() as progress:
        seen = examine(session.git, request, jobs=session.jobs, listener=progress)
    wanted, unfinished = jobs or space.jobs, session.files.unfinished()
    around = Surroundings(
        git=".".join(map(str, require_git())),
        now=int(session.moment.time.timestamp()),
        log=_verify(session.files, [each for one in seen.values() for each in one.witnesses]),
        unwritable=session.files.try_out(),
        unfinished={each: session.ways_out(each) for each in unfinished},
        in_flight=[name for each in unfinished for name in session.in_flight(each)],
        jobs=wanted,
        possible=s.most_workers(),
        files=s.FILES_FOR_OURSELVES + s.FILES_PER_WORKER * wanted,
    )
    findings = diagnose(space, request, around, seen)
    session.screen.health(findings, len(repos))
    session.screen.document(health_document(findings, len(repos)))
    return health_exit_code(findings)


def _verify(files: WorkspaceFiles, witnesses: Sequence[Witness]) -> BadLine | Head | Problem:
    """Verify the deployment log, also against the deploy tags that were fetched."""
    from multigit.core.records.chain import Head
    from multigit.core.records.tag_anchors import cross_examine
    from multigit.core.values.problem import Problem
    from multigit.errors import RefusedError

    try:
        found = files.log.verify()
        if isinstance(found, Head):
            seen = cross_examine(
                files.log.lines(), witnesses, ran=files.ran(), unrecorded=files.unrecorded()
            )
            return seen.bad or found
    except RefusedError as error:
        return Problem.of(error)
    return found
