"""The errors that multigit raises on purpose: a sentence, a hint, a code and an exit code.

Anything else that reaches the top is a bug, and exits with 70.
"""

from __future__ import annotations

from collections.abc import Iterable

from multigit.hints import Hint

OK = 0
FAILED = 1
USAGE = 2
REFUSED = 3
BUG = 70
INTERRUPTED = 130


class MultigitError(Exception):
    """Something that a person can fix.

    `message` is a sentence about the thing, `hint` says what to run next (may be empty), `code` is
    a stable lower_snake_case name for scripts, and the process exits with `exit_code`.
    """

    code = "error"
    exit_code = FAILED

    def __init__(self, message: str, *, hint: str = "", code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code or type(self).code


class UsageError(MultigitError):
    """The command line names something that does not exist, or options that do not fit together."""

    code = "usage"
    exit_code = USAGE


class ConfigError(MultigitError):
    """The configuration is missing or wrong; `details` holds one (message, hint) per mistake."""

    code = "config"
    exit_code = USAGE

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        code: str = "",
        details: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(message, hint=hint, code=code)
        self.details = details


class RefusedError(MultigitError):
    """Nothing was changed, and a person has to decide."""

    code = "refused"
    exit_code = REFUSED


class LockedError(RefusedError):
    """Another operation is running, here or on another machine."""

    code = "locked"


class CancelledError(RefusedError):
    """A person answered a question with no, or `interrupted` it with Ctrl-C."""

    code = "cancelled"

    def __init__(self, unchanged: str = "Nothing was changed.", *, interrupted: bool) -> None:
        super().__init__(f"Cancelled. {unchanged}")
        if interrupted:
            self.exit_code = INTERRUPTED


class GitError(MultigitError):
    """A git command failed in one repository; `output` is what git said, already masked."""

    code = "git"

    def __init__(self, message: str, *, hint: str = "", code: str = "", output: str = "") -> None:
        super().__init__(message, hint=hint, code=code)
        self.output = output


class InterruptedRunError(MultigitError):
    """A second Ctrl-C: multigit stopped waiting, but pushes or deployments may still be running."""

    code = "interrupted"
    exit_code = INTERRUPTED

    def __init__(self, operation: str, locks: Iterable[str] = (), *, pushes: bool = True) -> None:
        """`locks` are sentences about the locks it keeps; without `pushes` it only deploys."""
        rest = "Running pushes may still succeed." if pushes else "Deployments keep running."
        stopped = f"Stopped waiting for {operation}. {rest}"
        super().__init__(" ".join((stopped, *locks)), hint=Hint.CONTINUE_SOON)


class UnknownStartError(MultigitError):
    """It is unknown whether something started, so it must not be requested again."""


class NotStartedError(MultigitError):
    """Something certainly did not start, so it may be requested again."""


class RunGoneError(MultigitError):
    """A host does not show a run any more. If that lasts, it had ended: none is deleted before."""


class TooEarlyError(MultigitError):
    """A host did nothing because of a limit; it may be asked again after `seconds`."""

    code = "rate_limited"

    def __init__(self, message: str, *, hint: str = "", seconds: float) -> None:
        super().__init__(message, hint=hint)
        self.seconds = seconds


class BugError(MultigitError):
    """A bug in multigit; `file` holds the report, and is empty where the report was shown."""

    code = "bug"
    exit_code = BUG
    request = "Report this bug in multigit"  # how each hint begins

    def __init__(self, message: str, *, file: str) -> None:
        report = f"attach {file}" if file else "add the text above"
        hint = f"{self.request} and {report}. Check it for private names first."
        super().__init__(message, hint=hint)


class StoppedError(MultigitError):
    """Ctrl-C before anything was changed."""

    code = "interrupted"
    exit_code = INTERRUPTED

    def __init__(self) -> None:
        super().__init__("Interrupted. Nothing was changed.")
