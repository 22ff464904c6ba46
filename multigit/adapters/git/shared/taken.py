"""The stage refs of one operation while it has their locks: the holds in them, and what stays."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any

from multigit.adapters.git.repository import GitRepository
from multigit.adapters.git.shared.refusals import not_held, unreachable
from multigit.core.progress.locks import Holder, lock_kept, lock_left, lock_ref
from multigit.core.progress.stage_refs import StageRef, hold_bytes, lock_bytes, within
from multigit.core.values.git_answers import Publication, PushReport
from multigit.core.values.hold import Hold
from multigit.core.values.problem import Problem
from multigit.errors import MultigitError


class TakenRefs:
    """The refs of some stages, from the push that takes their locks to the one that releases them.

    It knows every object that it made for each ref: whichever of them the remote has, is its own.
    """

    def __init__(
        self,
        repository: GitRepository,
        stages: Sequence[str],
        holder: Holder,
        ahead: Hold | None = None,
    ) -> None:
        """`ahead` is the hold that is set first once the locks are taken: it comes with them."""
        self._ahead = ahead
        self._repository = repository
        self._holder = holder
        self._stages = tuple(stages)
        self._made: dict[str, list[str]] = {stage: [] for stage in stages}
        self._after = dict.fromkeys(stages, "")
        self._found: Mapping[str, StageRef] = {}
        self._kept = False

    def take(self, found: Mapping[str, StageRef]) -> PushReport:
        """Push the locks of all stages, each only if its ref is still as it was `found`.

        The holds that were found stay in them, but for the one that is replaced at once. Until
        `hold` is called, they also are what a release leaves.
        """
        self._found, publications = found, []
        for stage in self._stages:
            ref = found.get(stage)
            written = ref.written if ref else {}
            ahead = self._ahead if self._ahead and self._ahead.stage == stage else None
            sha = self._make(stage, ahead.document() if ahead else written)
            self._after[stage] = self._store(written) if written else ""
            publications.append(Publication(lock_ref(stage), ref.sha if ref else "", sha))
        return self._repository.push(publications)

    def has(self, found: Mapping[str, StageRef]) -> bool:
        """Return whether the remote has the locks: then only the answer to a push was lost."""
        return all(stage in found and self._is_own(stage, found[stage].sha) for stage in self._made)

    def keep(self) -> None:
        """Keep the locks, and the holds in them, for a later command of the operation."""
        self._kept = True

    def pass_on(self, stages: Collection[str]) -> None:
        """Leave the locks of these stages, and the holds in them, to the operation that follows."""
        self._stages = tuple(stage for stage in self._stages if stage not in stages)
        self._made = {stage: self._made[stage] for stage in self._stages}

    def hold(self, stage: str, hold: Hold) -> None:
        """Hold a locked stage, for all machines to see, from now on and after its release.

        Raises LockedError if the remote does not have the hold, or may not have it: what needs it
        must not begin.
        """
        if hold == self._ahead:  # the remote has it since the locks were taken
            self._after[stage] = self._store(hold.document())
            return
        before, ref = self._made[stage][-1], lock_ref(stage)
        sha, after = self._make(stage, hold.document()), self._store(hold.document())
        try:
            report = self._repository.push([Publication(ref, before, sha)])
            there = report.accepted or self._now([ref]).get(ref) == sha
        except MultigitError as error:
            raise unreachable(error) from error
        if not there:
            raise not_held(report)
        self._after[stage] = after

    def release_hold(self, stage: str, rest: Hold | None = None) -> None:
        """Let the ref have only the `rest` of the hold, or none, once the lock is released."""
        written = self._found[stage].written if stage in self._found else {}
        self._after[stage] = self._store(within(written, rest)) if rest else ""

    def end(self, report: Callable[[Problem], None]) -> None:
        """Release the locks, unless they are kept; report those that stay, or may stay."""
        if self._kept:
            report(lock_kept(self._stages))
        elif any(self._made.values()) and (left := self._released()):
            report(lock_left(map(lock_ref, left), self._holder.nonce))

    def give_up(self) -> None:
        """Release the locks in one try, since they may be taken although that is unknown."""
        if any(self._made.values()):
            with suppress(MultigitError):
                self._repository.push(self._releases({}))

    def _released(self) -> Sequence[str]:
        """Release the locks; return the stages whose lock the remote still has, or may have."""
        now: Mapping[str, str] = {}
        for _ in range(2):  # the second time only those that the remote was seen to have
            with suppress(MultigitError):
                if self._repository.push(self._releases(now)).accepted:
                    return ()
            left = [stage for stage in self._stages if not now or lock_ref(stage) in now]
            try:
                there = self._now([lock_ref(stage) for stage in left])
            except MultigitError:
                return left
            left = [s for s in left if self._is_own(s, there.get(lock_ref(s), ""))]
            if not left:
                return ()
            now = {lock_ref(stage): there[lock_ref(stage)] for stage in left}
        return left

    def _releases(self, now: Mapping[str, str]) -> list[Publication]:
        """Return what to push: to the refs that are `now` there, or to all as they should be."""
        newest = {lock_ref(stage): made[-1] for stage, made in self._made.items() if made}
        after = {lock_ref(stage): sha for stage, sha in self._after.items()}
        return [Publication(ref, sha, after[ref]) for ref, sha in (now or newest).items()]

    def _make(self, stage: str, hold: Mapping[str, Any]) -> str:
        """Make the object of a lock with a hold in it, or none."""
        sha = self._repository.store(lock_bytes(self._holder, hold))
        self._made[stage].append(sha)
        return sha

    def _store(self, hold: Mapping[str, Any]) -> str:
        return self._repository.store(hold_bytes(hold))

    def _is_own(self, stage: str, sha: str) -> bool:
        return sha in self._made[stage]

    def _now(self, refs: Sequence[str]) -> Mapping[str, str]:
        return self._repository.remote_refs(refs)
