"""The status as a document for scripts, and as a sentence for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from multigit import errors
from multigit.core.planning.plan import Result
from multigit.core.planning.routes import requires_message
from multigit.core.reports.document import frame, problem_document
from multigit.core.reports.status import StatusRow
from multigit.core.values.text import plural
from multigit.core.values.workspace import Stage
from multigit.hints import Hint


def status_document(rows: Sequence[StatusRow], hint: str = "") -> dict[str, Any]:
    """Return the status as the one JSON document."""
    exit_code = status_exit_code(rows)
    return frame(
        "status",
        status_sentence(rows),
        result=Result.FAILED if exit_code else Result.DONE,
        exit_code=exit_code,
        repos=[_row_document(row) for row in rows],
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
            }
            for pair in row.pairs
        ],
        "unpushed": {each.stage: each.commits for each in row.unpushed},
        "deploys": {
            stage: {"tag": tag.name, "time": tag.time} for stage, tag in row.deploys.items()
        },
        "deployed": {stage: asdict(each) for stage, each in row.deployed.items()},
        "problems": [problem_document(problem) for problem in row.problems],
    }


def status_exit_code(rows: Sequence[StatusRow]) -> int:
    """Return 1 if a repository or its remote could not be read, or it is a shallow clone."""
    return errors.FAILED if any(row.problems for row in rows) else errors.OK


def status_hint(rows: Sequence[StatusRow], pairs: Sequence[tuple[Stage, Stage]]) -> str:
    """Return what to run if a stage reverted work, or nothing."""
    reverted = {
        (pair.source, pair.target)
        for row in rows
        for pair in row.pairs
        if pair.reverted and not row.problems  # which would block any plan
    }
    for source, target in pairs:
        if (source.name, target.name) in reverted:
            message = ' -m "what comes"' if requires_message(source, target) else ""
            return Hint.SEE_REVERTED.format(pair=f"{source.name} {target.name}{message}")
    return ""


def status_sentence(rows: Sequence[StatusRow]) -> str:
    """Return what matters most as one sentence."""
    waiting = sum(any(p.state == "waiting" for p in row.pairs) for row in rows)
    conflicts = sum(any(p.state == "conflict" for p in row.pairs) for row in rows)
    reverted = sum(any(p.reverted for p in row.pairs) for row in rows)
    debts = sum(any(p.hotfixes or p.merge_owed for p in row.pairs) for row in rows)
    unpushed = sum(bool(row.unpushed) for row in rows)
    missing = sum(any(p.missing for p in row.pairs) for row in rows)
    failed = sum(any(each.went_wrong for each in row.deployed.values()) for row in rows)
    codes = [{problem.code for problem in row.problems} for row in rows]
    shallow = sum("shallow" in each for each in codes)
    unread = sum(bool(each - {"shallow"}) for each in codes)
    facts = [
        (waiting, "with commits to promote"),
        (conflicts, "with conflicts"),
        (reverted, "with reverted work"),
        (debts, "with hotfixes to carry back"),
        (unpushed, "with unpushed commits"),
        (missing, "without a stage's branch"),
        (failed, "whose last deployment failed"),
        (shallow, "in a shallow clone"),
        (unread, "that could not be read"),
    ]
    counts = ", ".join(f"{number} {what}" for number, what in facts if number)
    total = plural(len(rows), "repository")
    return f"{total}: {counts}." if counts else f"{total}, all stages up to date."
