"""Locks as refs on a remote: created by exactly one, released only by who holds them."""

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
        tell: Callable[[Problem], None],
    ) -> Iterator[Callable[[], None]]:
        """Hold the locks of all these stages: one push to take them, one to give them back.

        Raises LockedError that says who holds one. A lock that this very operation, or the
        operation `also`, left behind when it was killed is taken over. Never waits, and never
        breaks a lock. Yields what keeps the locks: whoever calls it leaves them to a later command
        of the operation, since a push may still arrive. What stays is told.

        At Ctrl-C while they are taken they are given back: StoppedError. At a second one nobody
        waits for that, and they are kept.
        """
        keep = Event()
        sha = self._repository.store(to_bytes(holder))
        refs = [lock_ref(stage) for stage in stages]
        own = [Publication(ref, sha, "") for ref in refs]
        taking = _begin(lambda: self._take(stages, sha, {holder.operation, also}))
        try:
            taking.result()
        except KeyboardInterrupt:
            try:
                wait([taking])
                if left := self._give_back(own):
                    tell(lock_left([each.ref for each in left], holder.nonce))
            except KeyboardInterrupt:
                tell(lock_kept(stages))
                raise
            raise StoppedError from None
        except BaseException:
            with suppress(MultigitError):  # the answer may be lost, and the lock taken
                self._repository.push(own)
            raise
        try:
            yield keep.set
        finally:  # also at a second Ctrl-C
            if keep.is_set():
                tell(lock_kept(stages))
            elif left := self._give_back(own):
                tell(lock_left([each.ref for each in left], holder.nonce))

    def _give_back(self, own: Sequence[Publication]) -> Sequence[Publication]:
        """Delete our locks; return those that the remote still has, as far as it can be asked."""
        left = own
        for _ in range(2):  # the second time only for what the remote was seen to hold
            try:
                if self._pushed(left):
                    return ()
                now = self._repository.remote_refs([each.ref for each in left])
            except MultigitError:
                return left
            left = [each for each in left if now.get(each.ref) == each.before]
            if not left:
                return ()
        return left

    def _pushed(self, publications: Sequence[Publication]) -> bool:
        """Push; tell whether that is known to have been done."""
        try:
            return self._repository.push(publications).accepted
        except MultigitError:
            return False

    def _take(self, stages: Sequence[str], sha: str, ours: set[str]) -> None:
        refs = [lock_ref(stage) for stage in stages]
        try:
            report = self._repository.push([Publication(ref, "", sha) for ref in refs])
            if report.accepted:
                return
            held = {stage: found for stage in stages if (found := self.read(stage))}
        except LockedError:
            raise
        except MultigitError as error:
            raise LockedError(
                f"The remote that holds the locks did not answer: {error.message}",
                hint=Hint.LOCK_TRY_AGAIN,
                code="lock_unreachable",
            ) from error
        if len(held) == len(stages) and all(found[0] == sha for found in held.values()):
            return  # only the answer was lost
        for stage, (_, other) in held.items():
            if other is None or other.operation not in ours:
                raise _held(stage, other)
        if not held:
            raise _refused(report)
        before = {lock_ref(stage): found[0] for stage, found in held.items()}
        again = self._repository.push([Publication(r, before.get(r, ""), sha) for r in refs])
        if not again.accepted:
            raise _refused(again)

    def release_of(
        self, stages: Sequence[str], operation: str, *, tell: Callable[[Problem], None]
    ) -> None:
        """Delete the locks of these stages that an operation left behind; tell what stays."""
        for stage in stages:
            found = self.read(stage)
            if found and found[1] and found[1].operation == operation:
                own = [Publication(lock_ref(stage), found[0], "")]
                if left := self._give_back(own):
                    tell(lock_left([each.ref for each in left], found[1].nonce))

    def read(self, stage: str) -> tuple[str, Holder | None] | None:
        """Return the id of a stage's lock and who holds it; None when it is free."""
        found = self._repository.remote_content(lock_ref(stage))
        return (found[0], from_bytes(found[1])) if found else None

    def release(self, stage: str, sha: str) -> bool:
        """Delete a lock while it still is this one; tell whether it is gone."""
        return self._repository.push([Publication(lock_ref(stage), sha, "")]).accepted


def _begin(call: Callable[[], None]) -> Future[None]:
    """Let a thread of its own make a call: Ctrl-C ends the waiting for it, not the call."""
    with_one = ThreadPoolExecutor(1)
    future = with_one.submit(call)
    with_one.shutdown(wait=False)
    return future


def _held(stage: str, holder: Holder | None) -> LockedError:
    if holder is None:
        return LockedError(
            f"{PREFIX}{stage} exists on the remote, but is no lock of multigit.",
            hint="Look at it, and delete it by hand if it is not needed.",
            code="lock_unreadable",
        )
    return LockedError(
        holder.sentence(stage),
        hint=Hint.LOCK_HELD.format(nonce=holder.nonce),
        code="locked_remotely",
    )


def _refused(report: PushReport) -> LockedError:
    if not report.final:
        return LockedError(
            f"The connection broke off before the lock was taken: {report.reason}",
            hint=Hint.LOCK_TRY_AGAIN,
            code="lock_unreachable",
        )
    if not report.sent:
        return LockedError(
            f"The lock was not taken, since nothing was sent: {report.reason}",
            hint=report.hint,
            code="lock_unreachable",
        )
    return LockedError(
        f"The remote did not take the lock ({PREFIX}*): {report.reason}",
        hint="Allow these refs there, or name another repository in the [lock] section.",
        code="lock_refused",
    )
