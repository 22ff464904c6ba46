"""The status as a document for scripts, and as a sentence for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from multigit import errors
from multigit.core.planning.plan import Result
from multigit.core.reports.document import frame, problem_document
from multigit.core.reports.held_stages import NOTHING_HELD, Holding, hold_hint
from multigit.core.reports.status import Pair, StatusRow
from multigit.core.values.deployment import RunState
from multigit.core.values.text import plural
from multigit.core.values.workspace import Stage
from multigit.hints import Hint


def status_document(
    rows: Sequence[StatusRow], hint: str = "", holding: Holding = NOTHING_HELD
) -> dict[str, Any]:
    """Return the status as the one JSON document."""
    exit_code = status_exit_code(rows, holding)
    return frame(
        "status",
        status_sentence(rows),
        result=Result.FAILED if exit_code else Result.DONE,
        exit_code=exit_code,
        holds=holding.documents(),
        repos=[_row_document(row) for row in rows],
        problems=holding.problems,
        hint=hint,
    )


def _row_document(row: StatusRow) -> dict[str, Any]:
    work = row.work
    return {
        "repo": row.repo,
        "path": row.path,
        "branch": (work.branch or None) if work else None,
        "head": (work.head or None) if work else None,
        "changed_files": work.changed if work else None,
        "ahead": work.ahead if work else None,
        "behind": work.behind if work else None,
        "in_progress": (work.unfinished or None) if work else None,
        "pairs": [
            {
                "source": pair.source,
                "target": pair.target,
                "state": pair.state,
                "commits": pair.commits,
                "conflicts": list(pair.conflicts),
                "debt": pair.debt,
                "merge_owed": pair.merge_owed,
                "reverted": [each.sha for each in pair.reverted],
                "rolled_back": pair.rolled_back,
                "held": pair.held,
            }
            for pair in row.pairs
        ],
        "unpushed": {each.stage: each.commits for each in row.unpushed},
        "deploys": {
            stage: {"tag": tag.name, "time": tag.time} for stage, tag in row.deploys.items()
        },
        "deployed": {stage: asdict(each) for stage, each in row.deployed.items()},
        "rolled_back": {stage: each.release for stage, each in row.rolled_back.items()},
        "problems": [problem_document(problem) for problem in row.problems],
    }


def status_exit_code(rows: Sequence[StatusRow], holding: Holding = NOTHING_HELD) -> int:
    """Return 1 if a repository or its remote could not be read, or it is a shallow clone.

    So it is if it is unknown whether a stage is held.
    """
    unknown = holding.problems or any(row.problems for row in rows)
    return errors.FAILED if unknown else errors.OK


def status_hint(
    rows: Sequence[StatusRow],
    pairs: Sequence[tuple[Stage, Stage]],
    holding: Holding = NOTHING_HELD,
) -> str:
    """Return what to run if a stage is held in one of these repositories, or reverted work."""
    shown = {row.repo for row in rows}
    held = [each for each in holding.holds if not each.repos or shown & each.repos.keys()]
    if held and not holding.busy:
        return hold_hint(
            held, pairs, {pair.target for row in rows for pair in row.pairs if pair.restored}
        )
    reverted = {
        (pair.source, pair.target)
        for row in rows
        for pair in row.pairs
        if pair.reverted and not row.problems  # which would block any plan
    }
    for source, target in pairs:
        if (source.name, target.name) in reverted:
            message = ' -m "what comes"' if target.require_message else ""
            return Hint.SEE_REVERTED.format(pair=f"{source.name} {target.name}{message}")
    return ""


def status_sentence(rows: Sequence[StatusRow]) -> str:
    """Return what matters most as one sentence."""
    numbers = Counter[str]()
    for row in rows:
        numbers.update({what: int(holds) for what, holds in _facts(row).items()})
    counts = ", ".join(f"{number} {what}" for what, number in numbers.items() if number)
    total = plural(len(rows), "repository")
    stages = f"{total}: {counts}." if counts else f"{total}, all stages up to date."
    return f"{stages} {_deployments(rows)}".rstrip()


def _deployments(rows: Sequence[StatusRow]) -> str:
    """Return how many deployments have not ended, or may not have, as a sentence, or nothing.

    One is running, or waiting, only if its host was asked just now.
    """
    left = [
        each.state if each.under_way and stage in row.asked else RunState.UNKNOWN
        for row in rows
        for stage, each in row.deployed.items()
        if each.may_run
    ]
    waiting, unknown = left.count(RunState.WAITING), left.count(RunState.UNKNOWN)
    parts = (
        _clause(len(left) - waiting - unknown, "is running", "are running"),
        _clause(waiting, "is waiting for approval", "are waiting for approval"),
        _clause(unknown, "has an unknown result", "have an unknown result"),
    )
    said = ", ".join(filter(None, parts))
    return f"{said}." if said else ""


def _clause(count: int, one: str, several: str) -> str:
    verb = one if count == 1 else several
    return f"{plural(count, 'deployment')} {verb}" if count else ""


def waits(pair: Pair) -> bool:
    """Return whether something is to be promoted there, other than what is held."""
    return pair.state == "waiting" and bool(pair.commits or pair.merge_waits)


def _facts(row: StatusRow) -> dict[str, bool]:
    """Return what is true of a repository, in the order of the sentence."""
    pairs, codes = row.pairs, {problem.code for problem in row.problems}
    wrong = {each.state for each in row.deployed.values() if each.went_wrong}
    return {
        "with commits to promote": any(waits(pair) for pair in pairs),
        "with held commits": any(pair.held for pair in pairs),
        "with conflicts": any(pair.state == "conflict" for pair in pairs),
        "with reverted work": any(pair.reverted for pair in pairs),
        "with hotfixes to carry back": any(pair.hotfixes or pair.merge_owed for pair in pairs),
        "with unpushed commits": bool(row.unpushed),
        "without a stage's branch": any(pair.missing for pair in pairs),
        "whose last deployment failed": bool(wrong - {RunState.NOT_STARTED}),
        "not fully deployed": RunState.NOT_STARTED in wrong,
        "in a shallow clone": "shallow" in codes,
        "that could not be read": bool(codes - {"shallow"}),
    }
