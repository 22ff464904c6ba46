"""The lock across machines: one ref for each stage, on the remote of one chosen repository."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from multigit.core.planning.plan import Plan
from multigit.core.values.problem import Problem, Severity
from multigit.hints import Hint
from multigit.phrase import Instant, phrase

PREFIX = "refs/multigit/locks/"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock. The `nonce` makes the object of each lock unique.

    Without it, a second push of the same content would be "up to date" and look like success.
    """

    nonce: str
    operation: str
    command: str
    who: str
    host: str
    pid: int
    since: str
    why: str

    def sentence(self, stage: str) -> str:
        """Return a sentence that says who holds the stage's lock, since when, and what for."""
        return phrase(
            "{stage} is locked by {who} on {host} since {since}: multigit {command} ({why}).",
            stage=stage,
            **{**asdict(self), "since": Instant(self.since)},
        )


def lock_ref(stage: str) -> str:
    """Return the full name of a stage's lock ref."""
    return f"{PREFIX}{stage}"


def lock_left(refs: Iterable[str], nonce: str) -> Problem:
    """Return the warning that locks could not be released."""
    stages = ", ".join(ref.removeprefix(PREFIX) for ref in refs)
    message = f"The lock of {stages} could not be released."
    return Problem("lock_left", message, Hint.LOCK_RELEASE.format(nonce=nonce), Severity.WARN)


def lock_kept(stages: Iterable[str]) -> Problem:
    """Return the warning that an operation keeps its locks while a push may still succeed."""
    message = f"The lock of {', '.join(stages)} is kept because a push may still succeed."
    return Problem("lock_kept", message, Hint.LOCK_KEPT, Severity.WARN)


def hold_left(stage: str, hint: str = Hint.LOCK_STATUS) -> Problem:
    """Return the warning that a stage is still held, although its hold was to be released."""
    message = f"The hold of {stage} could not be released."
    return Problem("hold_left", message, hint, Severity.WARN)


def lock_unknown(stages: Iterable[str], reason: str) -> Problem:
    """Return the warning that it is unknown whether locks were released."""
    message = f"It is unknown whether {', '.join(stages)} is still locked: {reason}"
    return Problem("lock_unknown", message, Hint.LOCK_STATUS, Severity.WARN)


def stages_changed(plan: Plan) -> tuple[str, ...]:
    """Return the stages that an operation moves or deploys, sorted by name."""
    moved = {step.move().stage for repo in plan.repos for step in repo.branch_steps()}
    deployed = {step.stage for repo in plan.repos for step in repo.deploys()}
    return tuple(sorted(moved | deployed))
