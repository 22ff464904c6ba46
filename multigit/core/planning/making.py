"""The kinds of steps that make what a push publishes, and those that undo them.

A step does nothing itself; the engine carries it out. `move` of a step that moves a branch has what
planning, tables, documents and `undo` need.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from multigit.core.planning.move import Move
from multigit.core.planning.publish_steps import MoveBackStep
from multigit.core.values.refs import Objects, Refs, branch_ref, tag_ref


class Making(ABC):
    """A step that makes the object that one ref is to point at; a push publishes it."""

    __slots__ = ()

    is_undo: ClassVar[bool] = False  # it undoes what another operation published

    @property
    @abstractmethod
    def ref(self) -> str:
        """Return the full name of the ref."""

    @abstractmethod
    def lease(self, refs: Refs) -> str:
        """Return what the ref must still hold when it is pushed; empty: it must not exist.

        `refs` are those seen while planning.
        """

    @abstractmethod
    def undo(self, wrote: str, before: str) -> tuple[UndoingStep, ...]:
        """Return the steps that undo this one, which changed the ref from `before` to `wrote`."""


class Moving(Making):
    """A step that moves a branch of the remote, and is reported."""

    __slots__ = ()

    branch: str
    type: str

    @abstractmethod
    def move(self) -> Move:
        """Return the facts about its move."""

    @abstractmethod
    def document(self, made: Objects) -> dict[str, Any]:
        """Return the step for scripts; `made` are the objects made so far, by ref."""

    @property
    def ref(self) -> str:
        """Return the full name of the branch's ref."""
        return branch_ref(self.branch)

    def _document(self, before: str, after: str, **more: Any) -> dict[str, Any]:
        move = {"before": before or None, "after": after or None}
        return {"type": self.type, "branch": self.branch, **move, **more}

    def lease(self, refs: Refs) -> str:
        """Return what the branch must still hold, as planned or else as seen."""
        lease, remote = self.move().lease, refs.branch(self.branch).remote
        return (remote.sha if remote else "") if lease is None else lease

    def undo(self, wrote: str, before: str) -> tuple[UndoingStep, ...]:
        """Return the steps of an undo; the local branch moves back, too, but keeps own commits."""
        if self.is_undo:
            return ()  # an undo is not undone
        restored = RestoreStep(self.move().stage, self.branch, wrote, before)
        follow = MoveBackStep(self.branch, wrote, before)
        return (restored,) if self.move().own else (restored, follow)


@dataclass(frozen=True, slots=True)
class RestoreStep(Moving):
    """Move a branch back from `before` to `after`, where it was; empty: delete it, it was new."""

    is_undo: ClassVar[bool] = True

    stage: str
    branch: str
    before: str
    after: str
    type: Literal["restore"] = "restore"

    def move(self) -> Move:
        """Return the facts about its move."""
        return Move(
            stage=self.stage,
            goal=self.after,
            lease=self.before,
            own=False,
            words="set back",
            before=self.before[:7],
            after=self.after[:7] or "gone",
        )

    def document(self, made: Objects) -> dict[str, Any]:  # noqa: ARG002
        """Return the step for scripts."""
        return self._document(self.before, self.after)


@dataclass(frozen=True, slots=True)
class DeleteTagStep(Making):
    """Delete the deploy tag that an operation made, whose object is `before`."""

    also: ClassVar[str] = "delete tag"
    is_undo: ClassVar[bool] = True

    name: str
    before: str
    type: Literal["delete_tag"] = "delete_tag"

    @property
    def ref(self) -> str:
        """Return the full name of the tag's ref."""
        return tag_ref(self.name)

    def lease(self, refs: Refs) -> str:  # noqa: ARG002
        """Return the tag's object."""
        return self.before

    def undo(self, wrote: str, before: str) -> tuple[UndoingStep, ...]:  # noqa: ARG002
        """Return nothing: an undo is not undone."""
        return ()


UndoingStep = RestoreStep | DeleteTagStep | MoveBackStep
