"""The deployment log's records: what they hold, their canonical bytes, and the chain they form."""

from __future__ import annotations

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
