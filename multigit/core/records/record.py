"""A record of the deployment log: what it keeps of an operation, as a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import chain
from typing import Any, Self

from multigit.core.planning.plan import Result, State
from multigit.core.progress.holds import kept_held
from multigit.core.progress.outcome import Report
from multigit.core.records.back_record import RollBackRecord
from multigit.core.records.chain import content_of
from multigit.core.records.repo_record import ProblemRecord, RepoRecord, plain
from multigit.core.values.agreement import (
    ASKS_NOTHING,
    Accepted,
    Actor,
    ActorKind,
    Agreement,
    ChecklistState,
    ConsentState,
)
from multigit.core.values.mark import QUALITIES, Mark
from multigit.core.values.untrusted import known, table, text

SCHEMA = "multigit-log/1"
UNKNOWN_ACTOR = Actor("", "", "")
PUBLISHING = {"promote", "push", "backmerge"}
ROLLBACK = "rollback"
CONSENT_STATES = {str(each): each for each in ConsentState}
CHECKLIST_STATES = {str(each): each for each in ChecklistState}
ACTOR_KINDS = {str(each): each for each in ActorKind}


@dataclass(frozen=True, slots=True)
class ReviewRecord:
    """A review of a deployment; `state` is a ReviewResult, or a word of a later version.

    `by` is who has reviewed it before us, or empty.
    """

    repo: str = ""
    target: str = ""
    environments: tuple[str, ...] = ()
    state: str = ""
    by: str = ""

    def document(self) -> dict[str, Any]:
        """Return it as the log and documents have it."""
        return {**plain(self), "target": self.target or None, "by": self.by or None}


@dataclass(frozen=True, slots=True)
class Record:
    """What the log keeps of an operation; `at` is when it ended, in UTC.

    `actor` is who ran it last; `agreement` says who confirmed its plan, maybe someone else.
    `undoes`, `watches` and `reviews` name the operation that this one undid, watched or reviewed;
    `accepted` is what was in its way, and a person accepted; `rolls_back` says what it rolled back.
    `kept` are the repositories in which it deployed a release by name, and which stayed held.
    `quality` is what a person said about the `release`, with the command `mark`.
    `stored` is the whole record as it was read, including keys that this version does not know.
    """

    at: str = ""
    operation: str = ""
    command: str = ""
    result: str = ""
    actor: Actor = UNKNOWN_ACTOR
    agreement: Agreement = ASKS_NOTHING
    source: str = ""
    stage: str = ""
    message: str = ""
    release: str = ""
    undoes: str = ""
    watches: str = ""
    reviews: str = ""
    quality: str = ""
    reason: str = ""
    problems: tuple[ProblemRecord, ...] = ()
    repos: tuple[RepoRecord, ...] = ()
    reviewed: tuple[ReviewRecord, ...] = ()
    accepted: tuple[Accepted, ...] = ()
    rolls_back: RollBackRecord | None = None
    kept: tuple[str, ...] = ()
    stored: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def released(self) -> str:
        """Return its release if that exists: a promotion that published nothing made no tag.

        A roll-back that makes no release of its own names the earlier one.
        """
        makes = self.command in PUBLISHING
        if back := self.rolls_back:
            makes = self.release != back.to
        made = not makes or any(each.maybe_published for each in self.repos)
        return self.release if made else ""

    @classmethod
    def of(cls, report: Report, actor: Actor, at: str, agreement: Agreement) -> Self:
        """Return what the log keeps of a report."""
        plan = report.plan
        return cls(
            at=at,
            operation=plan.operation,
            command=plan.command,
            result=str(report.reported_result),
            actor=actor,
            agreement=agreement,
            source=plan.source,
            stage=plan.target,
            message=plan.message,
            release=plan.release,
            undoes=plan.undoes,
            reason=_reason(report),
            problems=tuple(map(ProblemRecord.of, report.problems)),
            repos=tuple(map(RepoRecord.of, report.outcomes)),
            accepted=plan.accepted,
            rolls_back=RollBackRecord.of(report),
            kept=kept_held(plan),
        )

    @classmethod
    def parse(cls, content: object) -> Self:
        """Return the record in plain data, which any version, or anyone, may have written.

        A value that is missing, or is not of the expected type, is empty.
        """
        whole = table(content)
        actor = _actor(whole, text(whole.get("user")), text(whole.get("host")))
        return cls(**known(cls, whole), actor=actor, agreement=_agreed(whole), stored=whole)

    def document(self) -> dict[str, Any]:
        """Return the record as this version writes it, without its place in the chain."""
        by = self.agreement.actor
        written: dict[str, Any] = {
            "schema": SCHEMA,
            "at": self.at,
            "operation": self.operation,
            "command": self.command,
            "result": self.result,
            "who": self.actor.identity,
            "user": self.actor.user,
            "host": self.actor.host,
            "actor": str(self.actor.kind or ""),
            "consent": str(self.agreement.consent),
            "consent_by": {"who": by.identity, "actor": str(by.kind or "")} if by else None,
            "checklist": str(self.agreement.checklist or ""),
            "source": self.source,
            "stage": self.stage,
            "message": self.message,
            "release": self.release,
            "undoes": self.undoes,
            "reason": self.reason,
            "problems": [asdict(each) for each in self.problems],
            "repos": [each.document() for each in self.repos],
        }
        if self.accepted:
            written |= {"accepted": [asdict(each) for each in self.accepted]}
        if self.quality:
            written |= {"quality": self.quality}
        if self.rolls_back:
            written |= {"rolls_back": asdict(self.rolls_back)}
        if self.kept:
            written |= {"kept": [*self.kept]}
        if self.watches:
            written |= {"watches": self.watches}
        if self.reviews:
            reviewed = [each.document() for each in self.reviewed]
            written |= {"reviews": self.reviews, "reviewed": reviewed}
        return written

    def has(self, *codes: str) -> bool:
        """Return whether the operation as a whole has a problem with one of these codes."""
        return any(each.code in codes for each in self.problems)

    @property
    def mark(self) -> Mark | None:
        """Return the mark that it set, or None: a word of a later version says nothing."""
        if self.command != "mark" or self.result != Result.DONE or self.quality not in QUALITIES:
            return None
        quality, who, host = QUALITIES[self.quality], self.actor.identity, self.actor.host
        return Mark(self.release, self.stage, quality, who, host, self.at, self.message)

    @property
    def why(self) -> str:
        """Return why nothing was done, as a code; in earlier versions only the problems say."""
        return self.reason or next((each.code for each in self.problems), "")

    def publishes(self) -> bool:
        """Return whether it was meant to publish something new, whatever the result.

        A roll-back does that where it restores files in a new commit.
        """
        moves = any(each.moves for each in self.repos)
        return self.command in PUBLISHING or (self.command == ROLLBACK and moves)

    def deploys(self) -> bool:
        """Return whether it had deployments of its own, started or not."""
        return self.command != "watch" and any(each.deployments for each in self.repos)

    def maybe_published(self) -> bool:
        """Return whether a remote had at least a part of it in the end, or may have had."""
        publishing = self.command not in {"undo", "watch"}
        return publishing and any(each.maybe_published for each in self.repos)

    def was_undone(self) -> bool:
        """Return whether it was undone while it was unfinished."""
        return self.has("undone")

    def undid_something(self) -> bool:
        """Return whether it undid at least a part of the operation that it undoes."""
        return bool(self.undoes) and any(each.published for each in self.repos)

    def published(self, repo: str) -> Iterator[RepoRecord]:
        """Yield what it says about a repository, if the repository was published."""
        return (each for each in self.repos if each.repo == repo and each.published)

    def redeployed(self, repo: str) -> str:
        """Return the earlier release that a roll-back deployed to a repository again, or empty."""
        rows = (each for each in self.repos if each.repo == repo and each.deployed)
        return next((each.tag for each in rows if each.redeployed), "")

    def moved_to(self, repo: RepoRecord, stage: str) -> str:
        """Return the commit to which it moved a stage's branch in a repository, or empty."""
        tips = {move.stage: move.after for move in repo.moves or ()}
        return tips.get(stage, repo.after if self.stage == stage else "")

    def stages_moved(self, repo: RepoRecord) -> frozenset[str]:
        """Return the stages whose branches it was to move in a repository."""
        return frozenset({self.stage} if repo.moves is None else {m.stage for m in repo.moves})

    def concerns(self, stage: str, lower: Mapping[str, Sequence[str]]) -> bool:
        """Return whether a stage was its target, or it was to move the stage's branch.

        `lower` are the stages below each one, downwards.
        """
        recorded = [each.moves for each in self.repos if each.moves is not None]
        moved = {move.stage for moves in recorded for move in moves}
        return stage == self.stage or stage in (moved if recorded else self._stages_between(lower))

    def _stages_between(self, lower: Mapping[str, Sequence[str]]) -> set[str]:
        """Return the other stages that an operation of an earlier version was to move."""
        below = list(lower.get(self.source, ()))
        if self.command == "backmerge" and self.stage in below:
            return set(below[: below.index(self.stage)])
        return {self.source} if self.command == "push" else set()


def record_in(line: bytes) -> Record | None:
    """Return the record in a line of the log; None if multigit would not have written that."""
    content = content_of(line)
    return None if content is None else Record.parse(content)


def _reason(report: Report) -> str:
    """Return why nothing was done, as a code; empty if it was done, tried or cancelled.

    So what a person did not confirm differs from what a repository was not ready for. For one that
    was to be left out, the code is that of its first problem.
    """
    if report.reported_result != Result.BLOCKED:
        return ""
    outcomes = report.outcomes
    of_repos = (p for o in outcomes for p in o.problems if o.state is State.BLOCKED)
    left_out = (p.code for o in outcomes if o.plan.left_out for p in o.problems[:1])
    blocking = (p.code for p in (*report.problems, *of_repos) if p.blocks)
    return next(chain(blocking, left_out), "")


def _agreed(content: Mapping[str, Any]) -> Agreement:
    """Return how a plan was confirmed; a word of a later version counts as unknown."""
    given = CONSENT_STATES.get(text(content.get("consent")), ConsentState.UNKNOWN)
    by = content.get("consent_by")
    actor = _actor(by) if isinstance(by, dict) else None
    return Agreement(given, CHECKLIST_STATES.get(text(content.get("checklist"))), actor)


def _actor(content: Mapping[str, Any], user: str = "", host: str = "") -> Actor:
    return Actor(text(content.get("who")), user, host, ACTOR_KINDS.get(text(content.get("actor"))))
