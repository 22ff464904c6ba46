"""Checking a workspace and its remotes for problems."""

from __future__ import annotations

from multigit.adapters.git.process import require_git
from multigit.adapters.system import clock
from multigit.adapters.system.limits import files_for, most_workers
from multigit.core.progress.locks import lock_ref
from multigit.core.reports.checkup import DoctorRequest, Surroundings
from multigit.core.reports.diagnosis import diagnose
from multigit.core.reports.findings import Finding
from multigit.core.values.workspace import Repo
from multigit.engine.checkup import check_repositories
from multigit.operation.reading import verify_log
from multigit.operation.session import Session
from multigit.operation.unfinished import in_flight, ways_out


def check(session: Session, repos: tuple[Repo, ...], *, jobs: int | None) -> tuple[Finding, ...]:
    """Check the repositories, their remotes and the workspace; change nothing.

    `jobs` repositories at a time are wanted, or what the configuration says.
    """
    space, files = session.workspace, session.files
    probe = lock_ref(f"doctor-{clock.nonce()}")
    request = DoctorRequest(repos, space, probe, space.lock_repo)
    with session.fleet() as fleet:
        seen = check_repositories(session.git, request, fleet)
    wanted, unfinished = jobs or space.jobs, files.unfinished()
    around = Surroundings(
        git=".".join(map(str, require_git())),
        now=int(session.start_time.time.timestamp()),
        log=verify_log(session, [each for one in seen.values() for each in one.anchors]),
        unwritable=files.write_problems(),
        unfinished={each: ways_out(session, each) for each in unfinished},
        in_flight=[name for each in unfinished for name in in_flight(session, each)],
        jobs=wanted,
        possible=most_workers(),
        files=files_for(wanted),
    )
    return diagnose(request, around, seen)
