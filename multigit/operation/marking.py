"""Marking a release bad or good by hand, where everyone who shares the workspace sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from multigit.adapters.git.shared.marks import RemoteMarks
from multigit.adapters.system import clock
from multigit.core.planning.checks import check_reason
from multigit.core.planning.plan import Result
from multigit.core.records.record import Record
from multigit.core.records.release_history import RELEASING
from multigit.core.records.releases import MOST_NAMES
from multigit.core.values.mark import Mark, Quality
from multigit.core.values.problem import Problem
from multigit.core.values.start_time import is_deploy_tag
from multigit.core.values.workspace import unknown
from multigit.engine.observe.releases import TagObservation
from multigit.errors import RefusedError
from multigit.operation.exclusive import exclusive
from multigit.operation.session import Session


@dataclass(frozen=True, slots=True)
class Marked:
    """The mark that a release has now, and the one that it had before.

    It is `local` if only the log of this workspace has it.
    """

    mark: Mark
    before: Mark | None
    local: bool

    @property
    def sentence(self) -> str:
        """Return what was done."""
        here = ", in this workspace only" if self.local else ""
        was = f" It was marked {self.before.quality} before." if self.before else ""
        return f"{self.mark.release} is marked {self.mark.quality}{here}.{was}"


def mark_release(session: Session, name: str, quality: Quality, reason: str) -> Marked:
    """Mark a release, and record it; return the mark.

    Raises UsageError if there is no such release, and RefusedError if the remote that has the marks
    does not answer, or does not take it: then nothing is recorded.
    """
    check_reason(reason)
    with exclusive(session, "mark"):
        release, stage = _release(session, name)
        shared = session.shared()
        actor = session.actor(repo.name for repo in session.workspace.repos)
        mark = Mark(
            release=release,
            stage=stage,
            quality=quality,
            who=actor.identity,
            host=actor.host,
            since=clock.utc_now(),
            reason=reason,
        )
        if session.workspace.lock_repo:
            _marks(session, shared.stale).replace(mark)
        record = Record(
            at=mark.since,
            operation=session.start_time.operation("mark", stage),
            command="mark",
            result=str(Result.DONE),
            actor=actor,
            stage=stage,
            message=reason,
            release=release,
            quality=str(quality),
        )
        session.files.log.append(record)
    return Marked(mark, shared.marks.get(release), local=not session.workspace.lock_repo)


def _marks(session: Session, stale: Problem | None) -> RemoteMarks:
    """Return the marks that all machines share; `stale` is why they could not be read.

    Raises RefusedError then: no one would see a mark.
    """
    if stale:
        raise RefusedError(
            f"The remote with the marks did not answer, so nothing was marked: {stale.message}",
            hint=stale.hint,
            code="mark_unreachable",
        )
    return RemoteMarks(session.git.repository(session.workspace.repo(session.workspace.lock_repo)))


def _release(session: Session, name: str) -> tuple[str, str]:
    """Return a release and its stage: from the log, or from the tags on the remotes.

    A stage that makes no tags has releases without a name: an operation's id is one.
    """
    logged = session.files.history.find(_is_release, name)
    if logged and name in {logged.released, logged.operation}:
        return logged.released or logged.operation, logged.stage
    known = _tagged(session)
    if name in known:
        return name, known[name]
    recent = [each.released for each in session.files.log.newest() if _is_release(each)]
    names = [*dict.fromkeys(each for each in (*recent, *reversed([*known])) if each)]
    alike = [each for each in names if name and name.casefold() in each.casefold()]
    raise unknown("release", name, (alike or names)[:MOST_NAMES], also=names)


def _is_release(record: Record) -> bool:
    return record.command in RELEASING and record.maybe_published()


def _tagged(session: Session) -> Mapping[str, str]:
    """Return the deploy tags on the remotes, each with its stage, in the order of their names."""
    space, found = session.workspace, dict[str, str]()
    seen = session.observe(space.repos, lambda _: TagObservation(space.stages))
    for name in sorted({name for each in seen.values() for name in each.tag_messages}):
        for stage in space.stages:
            if stage.tag and is_deploy_tag(stage.tag, name):
                found.setdefault(name, stage.name)
    return found
