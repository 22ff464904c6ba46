"""Which runs of a workflow a push starts, by the file of the pushed commit."""

from __future__ import annotations

from dataclasses import dataclass

from multigit.adapters.github.workflow_file import Filter, WorkflowFile
from multigit.core.values.deployment import Idle, RunState
from multigit.core.values.pushed import Pushed, skip_instruction
from multigit.core.values.refs import HEADS

MOST_FILES = 300  # that GitHub compares with a path filter
MOST_COMMITS = 1000  # with more, GitHub does not evaluate path filters


@dataclass(frozen=True, slots=True)
class PushStarts:
    """What a push of a branch and a tag starts: the full names of the refs that start a run.

    `idle` says why no run, or perhaps no run, starts.
    """

    refs: tuple[str, ...]
    idle: Idle | None = None


def push_starts(
    name: str, file: WorkflowFile, branch: str, tag: str, pushed: Pushed | None
) -> PushStarts:
    """Return what starts a workflow, which sentences call by this name.

    `pushed` is the commit, None if it cannot be read here; then filters of paths are ignored.
    """
    refs = file.started_by(branch=branch, tag=tag)
    if not refs:
        reason = f"no push trigger of {name} matches {branch} or its deploy tag."
        return PushStarts((), Idle(code="push_starts_nothing", reason=reason, end=RunState.FAILED))
    if pushed is None or file.pushed is None:
        return PushStarts(refs)
    instruction, certain = skip_instruction(pushed.message)
    if instruction:
        starts = "starts" if certain else "may start"
        reason = f"the commit's message has {instruction}, so the push {starts} no run of {name}."
        return PushStarts(
            () if certain else refs,
            Idle(
                code="skip_instruction",
                reason=reason,
                end=RunState.SKIPPED if certain else RunState.UNKNOWN,
            ),
        )
    return _filtered(name, file.pushed.paths, refs, pushed)


def _filtered(name: str, paths: Filter, refs: tuple[str, ...], pushed: Pushed) -> PushStarts:
    """Return what is left of these refs after a path filter, which does not apply to tags."""
    tags = tuple(ref for ref in refs if not ref.startswith(HEADS))
    starts = True if paths.absent or tags == refs else _paths_start(paths, pushed)
    if starts:
        return PushStarts(refs)
    if tags:
        return PushStarts(tags if starts is False else refs)
    if starts is None:
        return PushStarts(refs, Idle(code="path_filter_unclear", reason=_unclear(name, pushed)))
    reason = f"no changed file passes the path filter of {name}, so the push starts no run."
    return PushStarts((), Idle(code="path_filter", reason=reason, end=RunState.SKIPPED))


def _unclear(name: str, pushed: Pushed) -> str:
    if pushed.commits > MOST_COMMITS:
        many = f"more than {MOST_COMMITS:,} commits"
        return f"no changed file passes the path filter of {name}, which {many} may override."
    first = f"the first {MOST_FILES} of {len(pushed.paths):,} changed files"
    return f"GitHub compares only {first} with the path filter of {name}, which may start no run."


def _paths_start(paths: Filter, pushed: Pushed) -> bool | None:
    """Return whether changed files pass a path filter; None if GitHub's limits leave that open.

    See docs.github.com, "Workflow syntax", "Git diff comparisons". In which order GitHub lists the
    files is not documented, so only what holds for any order counts.
    """
    matching = sum(map(paths.matches, pushed.paths))
    if pushed.commits > MOST_COMMITS:
        return True if matching else None
    if not matching:
        return False
    return True if len(pushed.paths) - matching < MOST_FILES else None
