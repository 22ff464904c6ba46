"""Routes: the merges between neighboring stages that a command makes, one after another."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from multigit.core.planning import checks
from multigit.core.values.workspace import Confirm, Stage, Workspace
from multigit.errors import UsageError
from multigit.hints import Hint

STRICTNESS = (Confirm.NONE, Confirm.YES, Confirm.NAME)


@dataclass(frozen=True, slots=True)
class Hop:
    """One merge of a stage into its neighbor, with the message of the merge commit.

    The message is empty if it is asked for once the plan was shown.
    """

    source: Stage
    target: Stage
    message: str

    @property
    def forward(self) -> bool:
        """True for a promotion, False for a back-merge."""
        return self.target.promotes_from == self.source.name


def default_message(workspace: Workspace, source: Stage, target: Stage) -> str:
    """Return the message of a merge for which none was given."""
    message = f"Merge {source.name} into {target.name}"
    if target.promotes_from == source.name:
        return f"{message} (production deployment)" if workspace.is_last(target) else message
    return f"{message} ({'hotfix sync' if workspace.is_last(source) else 'sync verified'})"


def hop(
    workspace: Workspace,
    source: Stage,
    target: Stage,
    message: str | None,
    *,
    asked_later: bool = False,
) -> Hop:
    """Return the merge between two stages.

    A missing message is empty if it is `asked_later`. Raises UsageError if the stages are not
    neighbors, or if the message is missing or malformed.
    """
    if source.name != target.promotes_from and target.name != source.promotes_from:
        later = [stage.name for stage in workspace.stages if stage.promotes_from == source.name]
        neighbors = [source.promotes_from, *later] if source.promotes_from else later
        hint = f"From {source.name} you can go to: {', '.join(neighbors) or 'no other stage'}."
        if target in workspace.chain_down(source)[1:]:
            hint = Hint.BACKMERGE.format(stage=source.name)
        raise UsageError(
            f"{source.name} and {target.name} are not neighboring stages.",
            hint=hint,
            code="not_neighbours",
        )
    if message is not None:
        checks.check_message(message)
    elif requires_message(source, target):
        if asked_later:
            return Hop(source, target, "")
        raise message_required(target)
    return Hop(source, target, message or default_message(workspace, source, target))


def requires_message(source: Stage, target: Stage) -> bool:
    """Return whether a merge requires a message; back-merges never do."""
    return target.require_message and target.promotes_from == source.name


def hops_down(workspace: Workspace, source: str | None) -> tuple[Hop, ...]:
    """Return the merges from a stage (None: the last one) down to the first one.

    Raises UsageError if there is no earlier stage.
    """
    last = next(stage.name for stage in reversed(workspace.stages) if workspace.is_last(stage))
    first = workspace.stage(last if source is None else source)
    chain = workspace.chain_down(first)
    if len(chain) == 1:
        raise UsageError(
            f"There is no stage before {first.name}.",
            hint=Hint.BACKMERGE_FROM.format(stage=last),
            code="no_stage_before",
        )
    return tuple(hop(workspace, here, below, None) for here, below in itertools.pairwise(chain))


def message_required(stage: Stage) -> UsageError:
    """Return the error about a missing message."""
    return UsageError(
        f"{stage.name} requires a message for every change.",
        hint='Pass one: -m "what changes and why".',
        code="message_required",
    )


def strictest(stages: Iterable[Stage]) -> Stage:
    """Return the stage with the strictest confirmation; among equals, the later one."""
    return max(reversed(list(stages)), key=lambda stage: STRICTNESS.index(stage.confirm))
