"""The deployment log's records: what they hold, their canonical bytes, and the chain they form."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from multigit.core.planning.plan import Result, State, stage_of
from multigit.core.progress.outcome import Outcome, Report
from multigit.core.values.agreement import ASKS_NOTHING, Actor, Agreement
from multigit.core.values.deployment import Deployment
from multigit.core.values.problem import Problem
from multigit.core.values.refs import branch_ref

SCHEMA = "multigit-log/1"
NO_LINE = "0" * 64
MARK = b'"prev":"'  # stands in each record
MOST = 2**53  # records; a greater number is not one of ours


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the log: how many records there are, and the SHA-256 of the last line."""

    seq: int = 0
    sha256: str = NO_LINE


@dataclass(frozen=True, slots=True)
class BadLine:
    """The first line of a log that does not fit, counted from 1, and what is wrong with it."""

    line: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Record:
    """What the log keeps of an operation; `at` is when it ended, in UTC.

    `actor` ran the last of it; `agreement` tells who agreed to its plan: maybe somebody else.
    """

    at: str
    operation: str
    command: str
    result: str
    actor: Actor
    stage: str
    message: str
    source: str = ""
    release: str = ""
    undoes: str = ""
    problems: tuple[Problem, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    agreement: Agreement = ASKS_NOTHING

    def content(self) -> dict[str, Any]:
        """Return the record as the line holds it, without its place in the chain."""
        return {
            "schema": SCHEMA,
            "at": self.at,
            "operation": self.operation,
            "command": self.command,
            "result": self.result,
            "who": self.actor.identity,
            "user": self.actor.user,
            "host": self.actor.host,
            "actor": str(self.actor.kind or ""),
            **_agreement(self.agreement),
            "source": self.source,
            "stage": self.stage,
            "message": self.message,
            "release": self.release,
            "undoes": self.undoes,
            "reason": self.reason(),
            "problems": [{"code": p.code, "message": p.message} for p in self.problems],
            "repos": [_repo(outcome) for outcome in self.outcomes],
        }

    def reason(self) -> str:
        """Return why nothing was done, as a code; empty where it was done, tried or cancelled.

        It tells what a person did not agree to from what a repository was not ready for. Of one
        that was to be left out, the first problem says why.
        """
        if self.result != Result.BLOCKED:
            return ""
        of_repos = (p for o in self.outcomes for p in o.problems if o.state is State.BLOCKED)
        left_out = (p.code for o in self.outcomes if o.plan.left_out for p in o.problems[:1])
        blocking = (p.code for p in (*self.problems, *of_repos) if p.blocks)
        return next(chain(blocking, left_out), "")


def record(report: Report, actor: Actor, at: str, agreement: Agreement) -> dict[str, Any]:
    """Return what the log keeps of a report."""
    plan = report.plan
    return Record(
        at=at,
        operation=plan.operation,
        command=plan.command,
        result=str(report.told),
        actor=actor,
        agreement=agreement,
        stage=plan.target,
        message=plan.message,
        source=plan.source,
        release=plan.release,
        undoes=plan.undoes,
        problems=report.problems,
        outcomes=report.outcomes,
    ).content()


def _agreement(agreement: Agreement) -> dict[str, Any]:
    by = agreement.actor
    return {
        "consent": str(agreement.consent),
        "consent_by": {"who": by.identity, "actor": str(by.kind or "")} if by else None,
        "checklist": str(agreement.checklist or ""),
    }


def _repo(outcome: Outcome) -> dict[str, Any]:
    plan = outcome.plan
    return {
        "repo": plan.repo,
        "state": outcome.told,
        "branch": plan.branch,
        "before": plan.before,
        "after": outcome.after,
        "moves": _moves(outcome),
        "tag": plan.deploy_tag,
        "problems": [{"code": p.code, "message": p.message} for p in outcome.problems],
        "deployments": [deployment_document(each) for each in outcome.deployments],
    }


def _moves(outcome: Outcome) -> list[dict[str, str]]:
    """Return each stage whose branch was to move; `after` is empty where it is not known to have.

    Of a part that is published, the problems of the repository tell.
    """
    plan, moved = outcome.plan, outcome.state is State.PUBLISHED
    befores = {update.ref: update.before for update in plan.updates()}
    stages = {step.branch: stage_of(step) for step in plan.moves()}
    return [
        {
            "stage": stage,
            "branch": branch,
            "before": befores.get(branch_ref(branch), ""),
            "after": outcome.made.get(branch_ref(branch), "") if moved else "",
        }
        for branch, stage in stages.items()
    ]


def deployment_document(deployment: Deployment) -> dict[str, Any]:
    """Return what the log and scripts are told of one deployment."""
    sight = deployment.sight
    return {
        "target": deployment.target or None,
        "state": str(deployment.state),
        "url": deployment.url or None,
        "output": sight.output or None,
        "job": sight.job or None,
        "step": sight.step or None,
        "detail": sight.detail or None,
        "reviewers": list(sight.reviewers),
        "approved_by": list(sight.approved_by),
        "attempt": deployment.attempt,
        "seconds": round(deployment.seconds),
    }


def canonical(content: Mapping[str, Any]) -> bytes:
    """Return the one way to write a record: sorted keys, ASCII, no spaces, no line break."""
    return json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode()


def canonical_text(text: str) -> bytes:
    """Return how a text stands in a record as a value, or as a key."""
    return json.dumps(text, ensure_ascii=True).encode()


def next_line(content: Mapping[str, Any], head: Head) -> tuple[bytes, Head]:
    """Return the record's line behind `head`, without its line break, and the new head."""
    line = canonical({**content, "seq": head.seq + 1, "prev": head.sha256})
    return line, Head(head.seq + 1, hashlib.sha256(line).hexdigest())


def parse(line: bytes) -> dict[str, Any] | None:
    """Return the record in a line, or None when the line is not exactly a canonical record."""
    content = decoded(line) if MARK in line else None
    try:
        fits = content is not None and _is_shaped(content) and canonical(content) == line
    except (ValueError, RecursionError):
        return None
    return content if fits else None


def decoded(line: bytes) -> dict[str, Any] | None:
    """Return the JSON object in a line; None where it is anything else, however absurd."""
    if not line.startswith(b"{"):  # at once, should there be millions of such lines
        return None
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _is_shaped(record: Mapping[str, Any]) -> bool:
    """Tell whether everything lies where it is looked for, whatever the values are."""
    repos = record.get("repos", [])
    return (
        _are_tables(repos)
        and _are_tables(record.get("problems", []))
        and _are_tables(record.get("reviewed") or [])
        and all(_are_tables(each.get("deployments") or []) for each in repos)
        and all(_are_tables(each.get("moves") or []) for each in repos)
    )


def _are_tables(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)


def verify(lines: Sequence[bytes]) -> BadLine | Head:
    """Return the head of a sound log, or the first line that does not fit and why.

    Tells apart: edited (a line is not what was written), cut (lines are missing in between) and
    reordered (all are there, elsewhere). `lines` carry no line break. What the chain alone cannot
    show, lines missing at the end or a chain computed anew, the deploy tags do.
    """
    head = Head()
    for number, line in enumerate(lines, start=1):
        content = parse(line)
        if content is None:
            return BadLine(number, "edited", "is not a record as multigit writes it")
        found = number_of(content)
        if found != number:
            if any(number_of(parse(each) or {}) == number for each in lines):
                return BadLine(number, "reordered", f"holds record {found}")
            return BadLine(number, "cut", f"holds record {found}: one is missing")
        if content.get("prev") != head.sha256:
            return _broken(number)
        head = Head(number, hashlib.sha256(line).hexdigest())
    return head


def number_of(record: Mapping[str, Any]) -> int:
    """Return a record's number in the log, 0 where it has none that could be counted to."""
    seq = record.get("seq")
    if not isinstance(seq, int) or isinstance(seq, bool):
        return 0
    return seq if 0 < seq < MOST else 0


def _broken(number: int) -> BadLine:
    if number == 1:
        return BadLine(1, "edited", "claims that a line stood before it")
    return BadLine(number - 1, "edited", f"is not the line that line {number} was written after")
