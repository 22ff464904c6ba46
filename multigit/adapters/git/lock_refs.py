"""Locks as refs on a remote: exactly one operation creates them, and only it deletes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from threading import Event

from multigit.adapters.git.repository import GitRepository
from multigit.core.progress.locks import (
    PREFIX,
    Holder,
    from_bytes,
    lock_kept,
    lock_left,
    lock_ref,
    to_bytes,
)
from multigit.core.values.git_answers import Publication, PushReport
from multigit.core.values.problem import Problem
from multigit.errors import LockedError, MultigitError, StoppedError
from multigit.hints import Hint


class RemoteLocks:
    """The lock refs in one repository's remote."""

    def __init__(self, repository: GitRepository) -> None:
        self._repository = repository

    @contextmanager
    def hold(
        self,
        stages: Sequence[str],
        holder: Holder,
        *,
        also: str = "",
        report: Callable[[Problem], None],
    ) -> Iterator[Callable[[], None]]:
        """Hold the locks of all these stages: one push to take them, one to release them.

        Raises LockedError that says who holds one. A lock that this operation, or the operation
        `also`, left behind when it was killed is taken over. Never waits, and never breaks a lock.
        Yields a function that keeps the locks for a later command of the operation, for when a push
        may still be under way. Locks that stay are reported.

        At Ctrl-C while they are taken they are released: StoppedError. At a second one they are
        kept, without waiting.
        """
        keep = Event()
        sha = self._repository.store(to_bytes(holder))
        own = [Publication(lock_ref(stage), sha, "") for stage in stages]
        taking = _in_thread(lambda: self._take(stages, sha, {holder.operation, also}))
        try:
            taking.result()
        except KeyboardInterrupt:
            try:
                wait([taking])
                self._release(own, holder.nonce, report)
            except KeyboardInterrupt:
                report(lock_kept(stages))
                raise
            raise StoppedError from None
        except BaseException:
            with suppress(MultigitError):  # the locks may be taken, if only the answer was lost
                self._repository.push(own)
            raise
        try:
            yield keep.set
        finally:  # also at a second Ctrl-C
            if keep.is_set():
                report(lock_kept(stages))
            else:
                self._release(own, holder.nonce, report)

    def _release(
        self, own: Sequence[Publication], nonce: str, report: Callable[[Problem], None]
    ) -> None:
        """Delete a holder's own locks, and report those that the remote may still have."""
        if unreleased := self._delete(own):
            report(lock_left([lock.ref for lock in unreleased], nonce))

    def _delete(self, locks: Sequence[Publication]) -> Sequence[Publication]:
        """Delete locks; return those that the remote still has, or may have."""
        remaining = locks
        for _ in range(2):  # the second time only those that the remote was seen to have
            with suppress(MultigitError):
                if self._repository.push(remaining).accepted:
                    return ()
            try:
                now = self._repository.remote_refs([lock.ref for lock in remaining])
            except MultigitError:
                return remaining
            remaining = [lock for lock in remaining if now.get(lock.ref) == lock.before]
            if not remaining:
                return ()
        return remaining

    def _take(self, stages: Sequence[str], sha: str, ours: set[str]) -> None:
        refs = [lock_ref(stage) for stage in stages]
        try:
            report = self._repository.push([Publication(ref, "", sha) for ref in refs])
            if report.accepted:
                return
            held = {stage: lock for stage in stages if (lock := self.read(stage))}
        except LockedError:
            raise
        except MultigitError as error:
            raise LockedError(
                f"The remote that holds the locks did not answer: {error.message}",
                hint=Hint.LOCK_TRY_AGAIN,
                code="lock_unreachable",
            ) from error
        if len(held) == len(stages) and all(lock[0] == sha for lock in held.values()):
            return  # only the answer was lost
        for stage, (_, other) in held.items():
            if other is None or other.operation not in ours:
                raise _locked(stage, other)
        if not held:
            raise _refused(report)
        before = {lock_ref(stage): lock[0] for stage, lock in held.items()}
        report = self._repository.push([Publication(r, before.get(r, ""), sha) for r in refs])
        if not report.accepted:
            raise _refused(report)

    def release_of(
        self, stages: Sequence[str], operation: str, *, report: Callable[[Problem], None]
    ) -> None:
        """Delete the locks of these stages that an operation left behind; report what stays."""
        for stage in stages:
            sha, holder = self.read(stage) or ("", None)
            if holder and holder.operation == operation:
                self._release([Publication(lock_ref(stage), sha, "")], holder.nonce, report)

    def read(self, stage: str) -> tuple[str, Holder | None] | None:
        """Return the id of a stage's lock and who holds it; None if it is free."""
        lock = self._repository.remote_content(lock_ref(stage))
        return (lock[0], from_bytes(lock[1])) if lock else None

    def release(self, stage: str, sha: str) -> bool:
        """Delete a lock if it is still this one; return whether it was deleted."""
        return self._repository.push([Publication(lock_ref(stage), sha, "")]).accepted


def _in_thread(call: Callable[[], None]) -> Future[None]:
    """Make a call in a thread of its own: Ctrl-C ends the wait for it, not the call."""
    executor = ThreadPoolExecutor(1)
    future = executor.submit(call)
    executor.shutdown(wait=False)
    return future


def _locked(stage: str, holder: Holder | None) -> LockedError:
    if holder is None:
        return LockedError(
            f"{PREFIX}{stage} exists on the remote, but is not a lock of multigit.",
            hint="Check it, and delete it by hand if it is not needed.",
            code="lock_unreadable",
        )
    return LockedError(
        holder.sentence(stage),
        hint=Hint.LOCK_HELD.format(nonce=holder.nonce),
        code="locked_remotely",
    )


def _refused(report: PushReport) -> LockedError:
    sentence, code = f"The remote did not accept the lock ({PREFIX}*)", "lock_refused"
    hint = "Allow these refs there, or name another repository in the [lock] section."
    if not report.final:
        sentence, code = "The connection was lost before the lock was taken", "lock_unreachable"
        hint = Hint.LOCK_TRY_AGAIN
    elif not report.sent:
        sentence, code = "The lock was not taken, because nothing was sent", "lock_unreachable"
        hint = report.hint
    return LockedError(f"{sentence}: {report.reason}", hint=hint, code=code)
