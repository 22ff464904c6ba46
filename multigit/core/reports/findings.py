"""What doctor found in a workspace and its repositories, as a document and as a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from multigit import errors
from multigit.core.planning.plan import Result
from multigit.core.reports.document import frame
from multigit.core.values.text import plural
from multigit.hints import Hint


class Level(StrEnum):
    """How good or bad a finding is, from good to bad."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding; `repo` is empty for the workspace as a whole."""

    repo: str
    state: Level
    code: str
    message: str
    hint: str = ""


def doctor_exit_code(findings: Sequence[Finding]) -> int:
    """Return 3 if there is a problem that a person has to fix."""
    bad = any(each.state is Level.PROBLEM for each in findings)
    return errors.REFUSED if bad else errors.OK


def doctor_summary(findings: Sequence[Finding], repos: int) -> tuple[str, str]:
    """Return how many repositories were checked and what was found, and a hint."""
    count = Counter(each.state for each in findings)
    problems, warnings = count[Level.PROBLEM], count[Level.WARNING]
    counts = ((problems, "problem"), (warnings, "warning"))
    result = " and ".join(plural(*each) for each in counts if each[0]) or "no problems found"
    sentence = f"Checked {plural(repos, 'repository')}: {result}."
    return sentence, Hint.DOCTOR_AGAIN if problems else ""


def doctor_document(findings: Sequence[Finding], repos: int) -> dict[str, Any]:
    """Return the findings as the one JSON document."""
    sentence, hint = doctor_summary(findings, repos)
    exit_code = doctor_exit_code(findings)
    return frame(
        "doctor",
        sentence,
        result=Result.BLOCKED if exit_code else Result.DONE,
        exit_code=exit_code,
        findings=[
            {
                "code": each.code,
                "repo": each.repo or None,
                "state": str(each.state),
                "message": each.message,
                "hint": each.hint or None,
            }
            for each in findings
        ],
        hint=hint,
    )


def grouped(findings: Iterable[Finding]) -> list[tuple[tuple[str, ...], Finding]]:
    """Return each different finding once, with all repositories that share it, worst last."""
    shared: dict[Finding, list[str]] = {}
    for each in findings:
        shared.setdefault(replace(each, repo=""), []).append(each.repo)
    order = list(Level)
    return [
        (tuple(repos), finding)
        for finding, repos in sorted(shared.items(), key=lambda item: order.index(item[0].state))
    ]
