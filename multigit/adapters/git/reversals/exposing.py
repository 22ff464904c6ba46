"""What was rolled back before a roll-back, and would count again without it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from multigit.adapters.git.changes import hunks
from multigit.adapters.git.process import GitDoor
from multigit.adapters.git.reversals.history import History
from multigit.core.lineage.hunks import Hunk, only_puts_back, puts_back
from multigit.core.lineage.keepers import before_work, last_work, reverted_before
from multigit.core.lineage.line import LineCommit, PathEvent, events_at
from multigit.core.lineage.revert_messages import rolled_back_to
from multigit.core.values.merge import Evidence, Reversal, Skip


@dataclass(frozen=True, slots=True)
class Lines:
    """What commits changed in some files line by line, read for all of them at once."""

    door: GitDoor
    paths: Collection[str]
    _read: dict[tuple[str, str], Mapping[str, tuple[Hunk, ...]]] = field(default_factory=dict)

    def changed(self, before: str, after: str, path: str) -> tuple[Hunk, ...]:
        """Return what changed in a file between two commits."""
        if (before, after) not in self._read:
            self._read[before, after] = hunks(self.door, before, after, self.paths)
        return self._read[before, after].get(path, ())


def with_exposed(
    history: History, reversal: Reversal, idle: Iterable[Reversal], known: Collection[str]
) -> Reversal:
    """Add the changes of the line that would count again without a reversal.

    That is an older roll-back over which a newer one put an old release back, the first part of a
    roll-back in two commits, and what was `idle`, since it was merged after this one. `known` are
    commits that are reported themselves, whose work is back, or that brought it back. If only their
    content shows it, but the reversal says what it is, a person has to decide; but not if it does
    nothing but restore the commit that it names: without it, all is as it was before it.
    """
    if not reversal.step:
        return reversal
    exposed, unclear = dict[str, set[str]](), {*reversal.mixed}
    restores = bool(rolled_back_to(history.own[reversal.sha].message)) and not reversal.rest
    lines = Lines(history.door, reversal.paths)
    for path in reversal.paths:
        for step, certain in _before(history, path, reversal.step, lines):
            if step.sha in known or history.is_accepted(step):
                continue
            if certain and (reversal.kind is Evidence.CONTENT or history.claimed_paths(step)):
                exposed.setdefault(step.sha, set()).add(path)
            elif not restores:
                unclear.add(path)
    for other in idle:
        merged = history.step_of(other.sha)
        if merged and {*other.paths} & {*reversal.paths}:
            exposed.setdefault(merged.sha, set()).update(other.paths)
    return replace(
        reversal,
        back=tuple(path for path in reversal.back if path not in unclear),
        mixed=tuple(sorted(unclear)),
        exposed=tuple(_skip(history, sha, paths) for sha, paths in exposed.items()),
    )


def _before(
    history: History, path: str, sha: str, lines: Lines
) -> Iterator[tuple[LineCommit, bool]]:
    """Yield the own commits that had reverted work on a path before; False if they did more."""
    older = reverted_before(history.line, path, sha)
    yield from ((step, True) for step in older)
    events, place = _events(history, path, sha)
    own = list[PathEvent]()
    while place and not events[place - 1].step.brings:
        place -= 1
        own.append(events[place])
    moved = {event.path for event in own} - {path}
    base = before_work(history.line, path, sha)
    if not base and (last := last_work(history.line, path, sha)):
        base = next(iter(last.parents), "")
    work = lines.changed(base, own[-1].step.parents[0], path) if own and base else ()
    for at, event in enumerate(own):
        step = event.step
        undone = any(later.after == event.before for later in own[:at])
        if step in older or undone or event.before == event.after:
            continue
        if moved or not base:  # the work has another name
            yield step, False
            continue
        then = lines.changed(step.parents[0], step.sha, path)
        if puts_back(work, then):
            yield step, only_puts_back(work, then)


def _events(history: History, path: str, sha: str) -> tuple[list[PathEvent], int]:
    """Return what happened to a file under all of its names, and the place of a commit in that."""
    for thread in history.threads:
        for place, event in enumerate(thread):
            if (event.step.sha, event.path) == (sha, path):
                return thread, place
    return events_at(history.line, path, sha)


def _skip(history: History, sha: str, paths: Collection[str]) -> Skip:
    everything = history.changes_of(history.own[sha]).keys() == {*paths}
    return Skip(sha) if everything else Skip(sha, tuple(sorted(paths)))
