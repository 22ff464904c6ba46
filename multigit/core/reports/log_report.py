"""The deployment log as people and scripts read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from multigit import errors
from multigit.core.planning.plan import Result
from multigit.core.records.chain import BadLine, Head
from multigit.core.records.record import Record
from multigit.core.records.tag_anchors import TagComparison
from multigit.core.reports.document import frame
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.text import plural


@dataclass(frozen=True, slots=True)
class LogReport:
    """The requested records, newest last, and what a verification of the whole log found.

    `compared` is what the deploy tags say, None if they were not read or the log is not sound
    anyway; `unread` says, by repository, why its tags could not be read. `hidden` counts the older
    records that were left out.
    """

    records: tuple[Record, ...]
    verified: BadLine | Head | None = None
    compared: TagComparison | None = None
    unread: Mapping[str, Problem] = field(default_factory=dict)
    hidden: int = 0

    def unread_rows(self) -> list[tuple[str, tuple[Problem, ...]]]:
        """Return the repositories whose tags could not be read, each with its reason."""
        return [(repo, (problem,)) for repo, problem in self.unread.items()]

    @property
    def exit_code(self) -> int:
        """Return 1 if the log is not sound, or a remote could not be reached."""
        bad = isinstance(self.verified, BadLine) or self.unread
        return errors.FAILED if bad else errors.OK


def log_sentence(seen: LogReport) -> str:
    """Return what the verification found, or how many records are shown."""
    match seen.verified:
        case BadLine() as bad:
            return f"The log is not sound: line {bad.line} {bad.message}."
        case Head() as head:
            chain = f"{plural(head.seq, 'record')}, each follows the one before"
            sound = f"{chain}{_agreement(seen.compared)}"
            if seen.unread:
                unread = f"the tags of {', '.join(seen.unread)} could not be read"
                return f"Cannot tell whether the log is complete: {unread}. Here it has {sound}"
            return f"The log is sound: {sound}"
    return plural(len(seen.records), "record") + "."


def _agreement(compared: TagComparison | None) -> str:
    """Return what the tags add: how many agree, and how many say nothing about this log."""
    if compared is None:
        return "."
    agree = "agrees" if compared.own == 1 else "agree"
    own = f", and {plural(compared.own, 'deploy tag')} {agree}."
    others = f"{plural(compared.others, 'tag')} of other logs" if compared.others else ""
    silent = f"{plural(compared.silent, 'tag')} without a log" if compared.silent else ""
    rest = " and ".join(filter(None, (others, silent)))
    return f"{own} Not compared: {rest}." if rest else own


def log_document(seen: LogReport) -> dict[str, Any]:
    """Return the log as the one JSON document."""
    return frame(
        "log",
        log_sentence(seen),
        result=Result.FAILED if seen.exit_code else Result.DONE,
        exit_code=seen.exit_code,
        records=[dict(each.stored) for each in seen.records],
        hidden=seen.hidden,
        verified=_verified(seen),
        tags=_tags(seen.compared),
        problems=problems_of(seen),
        hint=log_hint(seen),
    )


def _verified(seen: LogReport) -> bool | None:
    """Return `verified` for scripts; if a remote was not reached, the end may be missing."""
    if isinstance(seen.verified, BadLine):
        return False
    return True if seen.verified and not seen.unread else None


def _tags(compared: TagComparison | None) -> dict[str, int] | None:
    if compared is None:
        return None
    return {"own": compared.own, "other_logs": compared.others, "silent": compared.silent}


def problems_of(seen: LogReport) -> Iterator[Problem]:
    """Yield what is wrong with the log, then which repositories could not be read."""
    if isinstance(seen.verified, BadLine):
        bad = seen.verified
        yield Problem(f"log_{bad.code}", f"line {bad.line} {bad.message}", hint_for(bad))
    for repo, problem in seen.unread.items():
        yield replace(problem, message=f"{repo}: {problem.message}")


def log_hint(seen: LogReport) -> str:
    """Return what to do about a log that is not sound, or how to see hidden records, or nothing."""
    if isinstance(seen.verified, BadLine):
        return hint_for(seen.verified)
    if not seen.hidden:
        return ""
    older = "1 older record is" if seen.hidden == 1 else f"{seen.hidden} older records are"
    return f"{older} not shown. Pass --all, or -n and a number."


def hint_for(bad: BadLine) -> str:
    """Return what to do about a log that is not sound."""
    return TORN if bad.code == "torn" else HINT


def torn(log: str, aside: str) -> Problem:
    """Return the problem of a log whose torn end was moved to a separate file."""
    message = f"{log} ended in the middle of a record. That end is kept in {aside}."
    return Problem("log_torn", message, severity=Severity.WARN)


TORN = (
    "The next operation moves that end to a separate file. After a crash, the unfinished operation "
    "writes its record again."
)
HINT = "Compare the file with a backup: nothing from that line on can be trusted."
