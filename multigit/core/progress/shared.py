"""What all machines share: locks and holds of stages, and marks of releases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from multigit.core.progress.locks import PREFIX
from multigit.core.progress.marks import MARKS, read_mark
from multigit.core.progress.stage_refs import StageRef, stage_ref
from multigit.core.values.hold import Hold, SeenHold
from multigit.core.values.mark import Mark
from multigit.core.values.problem import Problem

Found = Mapping[str, tuple[str, bytes]]  # by ref or by stage: the object's id and its content


@dataclass(frozen=True, slots=True)
class Shared:
    """What was read of it: the refs of `stages` by stage, and `marks` by release.

    `unreadable_marks` are the releases whose mark cannot be read. `stale` says why it is only what
    was fetched last.
    """

    stages: Mapping[str, StageRef] = field(default_factory=dict)
    marks: Mapping[str, Mark] = field(default_factory=dict)
    unreadable_marks: tuple[str, ...] = ()
    stale: Problem | None = None

    def holds(self) -> Mapping[str, Hold]:
        """Return the holds, by stage."""
        return {stage: ref.hold for stage, ref in self.stages.items() if ref.hold}

    def with_local(self, local: Shared) -> Shared:
        """Return it with holds that a workspace made before it shared any, where no other is."""
        other = {stage for stage, ref in self.stages.items() if ref.hold or not ref.readable}
        own = {stage: ref for stage, ref in local.stages.items() if stage not in other}
        return replace(self, stages={**self.stages, **own})

    def unreadable(self) -> tuple[str, ...]:
        """Return the stages of which it is unknown whether they are held."""
        return tuple(stage for stage, ref in self.stages.items() if not ref.readable)

    def marked(self) -> Mapping[str, Mark | None]:
        """Return the marks by release; None is one that cannot be read."""
        return {**self.marks, **dict.fromkeys(self.unreadable_marks)}

    def seen(self, stages: Iterable[str]) -> Mapping[str, SeenHold]:
        """Return the holds on these stages, as a plan keeps them."""
        found = {stage: self.stages[stage].seen() for stage in stages if stage in self.stages}
        return {stage: seen for stage, seen in found.items() if seen}


def shared_in(refs: Found) -> Shared:
    """Return what refs below `refs/multigit/` say; those of another kind do not count."""
    stages = {_name(ref, PREFIX): of for ref, of in refs.items() if ref.startswith(PREFIX)}
    marked = {_name(ref, MARKS): of for ref, of in refs.items() if ref.startswith(MARKS)}
    marks = {release: read_mark(release, content) for release, (_, content) in marked.items()}
    return Shared(
        {stage: stage_ref(stage, *of) for stage, of in stages.items()},
        {release: mark for release, mark in marks.items() if mark},
        tuple(release for release, mark in marks.items() if not mark),
    )


def local_holds(files: Found) -> Shared:
    """Return the holds of a workspace that shares none, read from its files by stage."""
    place = ".multigit/holds/{}.json".format
    return Shared({s: stage_ref(s, *of, file=place(s)) for s, of in files.items()})


def _name(ref: str, prefix: str) -> str:
    return ref.removeprefix(prefix)
