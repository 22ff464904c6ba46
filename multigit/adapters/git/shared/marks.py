"""Marks of releases as refs on a remote: a new mark replaces the one that was there."""

from __future__ import annotations

from multigit.adapters.git.repository import GitRepository
from multigit.core.progress.marks import MARKS, mark_bytes, mark_ref, read_mark
from multigit.core.values.git_answers import Publication, PushReport
from multigit.core.values.mark import Mark
from multigit.errors import MultigitError, RefusedError


class RemoteMarks:
    """The marks in one repository's remote."""

    def __init__(self, repository: GitRepository) -> None:
        self._repository = repository

    def replace(self, mark: Mark) -> None:
        """Mark a release, if its mark is still the one that was fetched last.

        Raises RefusedError if someone else has marked it meanwhile, or if the remote does not have
        the mark, or may not have it.
        """
        ref = mark_ref(mark.release)
        before, _ = self._repository.shared_refs().get(ref, ("", b""))
        sha = self._repository.store(mark_bytes(mark))
        try:
            report = self._repository.push([Publication(ref, before, sha)])
            if report.accepted:
                return
            self._repository.fetch_shared()
        except MultigitError as error:
            raise unmarked(mark.release, error.message) from error
        there, content = self._repository.shared_refs().get(ref, ("", b""))
        if there == sha:
            return  # only the answer was lost
        if there == before:
            raise _refused(mark.release, report)
        raise _changed(mark.release, read_mark(mark.release, content))


def unmarked(release: str, reason: str) -> RefusedError:
    """Return the error about a mark of which the remote's answer is missing."""
    return RefusedError(
        f"{release} may not be marked, because the remote with the marks did not answer: {reason}",
        hint="When it can be reached, run the command again.",
        code="mark_unreachable",
    )


def _refused(release: str, report: PushReport) -> RefusedError:
    if not report.final or not report.sent:
        return unmarked(release, report.reason)
    return RefusedError(
        f"The remote did not accept the mark ({MARKS}*): {report.reason}",
        hint="Allow these refs there, or name another repository in the [lock] section.",
        code="mark_refused",
    )


def _changed(release: str, mark: Mark | None) -> RefusedError:
    how = f"{mark.who} marked it {mark.quality} ({mark.reason})." if mark else "It was changed."
    return RefusedError(
        f"The mark of {release} has changed meanwhile: {how}",
        hint="To replace that mark, run the command again.",
        code="mark_changed",
    )
