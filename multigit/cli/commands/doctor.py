"""multigit doctor: problems in the workspace and its remotes."""

from __future__ import annotations

from multigit.cli import options as o


def doctor(names: o.Names = None, *, chosen: o.Chosen, running: o.Running) -> int:
    """Check this workspace and its remotes for problems, with a fix for each.

    Tests pushes with --dry-run. Takes and releases a test lock where stage locks are configured.

    Examples:
      multigit doctor
      multigit doctor api database --json
    """
    from multigit.core.reports.findings import doctor_document, doctor_exit_code
    from multigit.operation.checking import check

    session = running.session()
    repos = chosen.of(session.workspace, *(names or ()))
    findings = check(session, repos, jobs=running.jobs)
    session.screen.findings(findings, len(repos))
    session.screen.document(doctor_document(findings, len(repos)))
    return doctor_exit_code(findings)
