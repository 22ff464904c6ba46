"""The errors that multigit raises on purpose: a sentence, the next step, a code and an exit code.

Anything else that reaches the top is a bug and exits with 70.
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
    """Something a person can mend.

    `message` is a sentence about the thing, `hint` what to type next (may be empty), `code` a
    stable lower_snake_case name for scripts, `exit_code` what the process ends with.
    """

    code = "error"
    exit_code = FAILED

    def __init__(self, message: str, *, hint: str = "", code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code or type(self).code


class UsageError(MultigitError):
    """The command line asks for something that does not exist or does not fit."""

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
    """Nothing was changed and a person has to decide."""

    code = "refused"
    exit_code = REFUSED


class LockedError(RefusedError):
    """Somebody else is at work, here or on another machine."""

    code = "locked"


class GitError(MultigitError):
    """A git command failed in one repository; `output` is what git said, already masked."""

    code = "git"

    def __init__(self, message: str, *, hint: str = "", code: str = "", output: str = "") -> None:
        super().__init__(message, hint=hint, code=code)
        self.output = output


class InterruptedRunError(MultigitError):
    """A second Ctrl-C: we stopped waiting, while git may still be at work."""

    code = "interrupted"
    exit_code = INTERRUPTED

    def __init__(self, operation: str, locks: Iterable[str] = ()) -> None:
        """`locks` are sentences about the locks of the operation that stay."""
        stopped = f"Stopped waiting for {operation}. Pushes that were running may still arrive."
        super().__init__(" ".join((stopped, *locks)), hint=Hint.CONTINUE_SOON)


class DoubtError(MultigitError):
    """It is not known whether something began, so it must not be asked for again."""


class NotBegunError(MultigitError):
    """It is known that something never began, so it may be asked for."""


class BugError(MultigitError):
    """multigit itself is wrong; `file` holds the report, empty where it was shown instead."""

    code = "bug"
    exit_code = BUG
    request = "Please report this bug in multigit"  # how each hint begins

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
