"""Why a remote does not have a lock, or a hold, that was pushed to it."""

from __future__ import annotations

from multigit.core.progress.locks import PREFIX
from multigit.core.values.git_answers import PushReport
from multigit.errors import LockedError, MultigitError
from multigit.hints import Hint


def unreachable(error: MultigitError) -> LockedError:
    """Return the error about a remote that did not answer."""
    return LockedError(
        f"The remote that holds the locks did not answer: {error.message}",
        hint=Hint.LOCK_TRY_AGAIN,
        code="lock_unreachable",
    )


def not_taken(report: PushReport) -> LockedError:
    """Return the error about a push of locks that was not accepted."""
    return _refused(report, "The remote did not accept the lock", "lock was", "taken")


def not_held(report: PushReport) -> LockedError:
    """Return the error about a push of a hold that was not accepted."""
    return _refused(report, "The remote did not accept the hold", "stage was", "held")


def _refused(report: PushReport, refused: str, what: str, done: str) -> LockedError:
    why, code = f"{refused} ({PREFIX}*)", "lock_refused"
    hint = "Allow these refs there, or name another repository in the [lock] section."
    if not report.final:
        why, code = f"The connection was lost before the {what} {done}", "lock_unreachable"
        hint = Hint.LOCK_TRY_AGAIN
    elif not report.sent:
        why = f"The {what} not {done}, because nothing was sent"
        code, hint = "lock_unreachable", report.hint
    return LockedError(f"{why}: {report.reason}", hint=hint, code=code)
