"""Locks as refs on a remote: exactly one operation takes them, and only it releases them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager

from multigit.adapters.git.repository import GitRepository
from multigit.adapters.git.shared.refusals import not_taken, unreachable
from multigit.adapters.git.shared.taken import TakenRefs
from multigit.core.progress.locks import Holder, hold_left, lock_left, lock_ref
from multigit.core.progress.refusals import hold_changed, refusal
from multigit.core.progress.shared import shared_in
from multigit.core.progress.stage_refs import StageRef, hold_bytes, within
from multigit.core.values.git_answers import Publication
from multigit.core.values.hold import NOTHING_ENDED, Ends, Hold, SeenHold
from multigit.core.values.problem import Problem
from multigit.errors import LockedError, MultigitError, StoppedError

NO_HOLDS: Mapping[str, SeenHold] = {}
NOTHING_CHANGES: Mapping[str, Hold | None] = {}


class RemoteLocks:
    """The stage refs in one repository's remote."""

    def __init__(self, repository: GitRepository) -> None:
        self._repository = repository

    @contextmanager
    def hold(
        self,
        stages: Sequence[str],
        holder: Holder,
        *,
        seen: Mapping[str, SeenHold] = NO_HOLDS,
        also: str = "",
        after: str = "",
        ahead: Hold | None = None,
        exact: bool = False,
        report: Callable[[Problem], None],
    ) -> Iterator[TakenRefs]:
        """Hold the locks of all these stages: one push to take them, one to release them.

        Raises LockedError that says who holds one, or who has held a stage since the plan was made,
        which had `seen` these holds. A lock that this operation, or the operation `also`, left
        behind when it was killed is taken over, and so is each hold if there is an `also`: an undo
        deploys nothing. A lock that the operation `after` passed on is taken over, too. Holds stay.
        Never waits, and never breaks a lock. Locks that stay are reported. The hold `ahead` is
        there with the locks, and stays once it is set. If `exact`, no hold may have changed since.

        At Ctrl-C while they are taken they are released: StoppedError. At a second one they are
        kept, without waiting.
        """
        taken = TakenRefs(self._repository, stages, holder, ahead)
        own = holder.operation

        def refused(stage: str, ref: StageRef | None) -> LockedError | None:
            hold = seen.get(stage)
            why = refusal(stage, ref, hold, operation=own, also=also, after=after) if ref else None
            return why or (hold_changed(stage, ref, hold, operation=own) if exact else None)

        taking = _in_thread(lambda: self._take(taken, stages, refused, seen))
        try:
            taking.result()
        except KeyboardInterrupt:
            try:
                wait([taking])
                taken.end(report)
            except KeyboardInterrupt:
                taken.keep()
                taken.end(report)
                raise
            raise StoppedError from None
        except BaseException:
            taken.give_up()  # the locks may be taken, if only the answer was lost
            raise
        try:
            yield taken
        finally:  # also at a second Ctrl-C
            taken.end(report)

    def _take(
        self,
        taken: TakenRefs,
        stages: Sequence[str],
        refused: Callable[[str, StageRef | None], LockedError | None],
        seen: Mapping[str, SeenHold],
    ) -> None:
        try:
            found = self._as_seen(stages, seen)
            report = taken.take(found)
            if report.accepted:
                return
            now = self.read(stages)
        except LockedError:
            raise
        except MultigitError as error:
            raise unreachable(error) from error
        if taken.has(now):
            return  # only the answer was lost
        for stage in dict.fromkeys((*now, *seen)):
            if why := refused(stage, now.get(stage)):
                raise why
        if {stage: ref.sha for stage, ref in now.items()} == _shas(found):
            raise not_taken(report)
        report = taken.take(now)
        if not report.accepted:
            raise not_taken(report)

    def _as_seen(
        self, stages: Sequence[str], seen: Mapping[str, SeenHold]
    ) -> Mapping[str, StageRef]:
        """Return the refs that the plan saw, as far as the clone still has their objects."""
        if not seen:
            return {}
        fetched = shared_in(self._repository.shared_refs()).stages
        return {
            stage: fetched[stage]
            for stage in stages
            if stage in seen and stage in fetched and fetched[stage].seen() == seen[stage]
            if not fetched[stage].holder
        }

    def release_of(
        self,
        stages: Sequence[str],
        operation: str,
        *,
        after: str = "",
        changed: Mapping[str, Hold | None] = NOTHING_CHANGES,
        ends: Ends = NOTHING_ENDED,
        seen: Mapping[str, SeenHold] = NO_HOLDS,
        report: Callable[[Problem], None],
    ) -> None:
        """Release the locks of these stages that an operation left behind; report what stays.

        So are those that the operation `after` passed on to it, and that it did not take. Their
        holds stay, but for those that the operation `changed`: to a smaller one, or to none. Such a
        hold is changed even if its lock is gone, if it is the operation's own, or the one that was
        `seen`. With its lock, its own says how its deployments have ended.
        """
        for stage, ref in self.read(stages).items():
            hold = ref.hold
            own = ref.holder and ref.holder.operation in {operation, after or operation}
            before = seen[stage].operation if stage in seen else operation
            known = hold and hold.operation in {operation, before}
            if own or (known and not ref.holder and stage in changed):
                mine = hold.after(ends) if hold and hold.operation == operation else hold
                rest = changed.get(stage, mine)
                kept = hold_bytes(within(ref.written, rest)) if rest else b""
                if not self._replace(stage, ref, kept):
                    left = lock_left([lock_ref(stage)], ref.holder.nonce) if ref.holder else None
                    report(left or hold_left(stage))

    def _replace(self, stage: str, found: StageRef, content: bytes) -> bool:
        """Let a stage's ref have this content, or delete it; return False if it may be as found."""
        ref, sha = lock_ref(stage), self._repository.store(content) if content else ""
        for _ in range(2):
            try:
                if self._repository.push([Publication(ref, found.sha, sha)]).accepted:
                    return True
                if self._repository.remote_refs([ref]).get(ref) != found.sha:
                    return True
            except MultigitError:
                return False
        return False

    def read(self, stages: Sequence[str]) -> Mapping[str, StageRef]:
        """Return what the refs of these stages say now, as far as they exist: one connection.

        Raises GitError if the remote does not answer.
        """
        self._repository.fetch_shared()
        found = shared_in(self._repository.shared_refs()).stages
        return {stage: found[stage] for stage in stages if stage in found}

    def release(self, stage: str, found: StageRef) -> bool:
        """Release a lock if it is still this one, and keep its hold; return whether it was."""
        kept = self._repository.store(hold_bytes(found.written)) if found.hold else ""
        return self._repository.push([Publication(lock_ref(stage), found.sha, kept)]).accepted


def _shas(refs: Mapping[str, StageRef]) -> Mapping[str, str]:
    return {stage: ref.sha for stage, ref in refs.items()}


def _in_thread(call: Callable[[], None]) -> Future[None]:
    """Make a call in a thread of its own: Ctrl-C ends the wait for it, not the call."""
    executor = ThreadPoolExecutor(1)
    future = executor.submit(call)
    executor.shutdown(wait=False)
    return future
