"""Routes: the merges between neighboring stages that a command makes, one after another."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from multigit.core.planning import checks
from multigit.core.planning.plan import NOT_NEIGHBORS
from multigit.core.planning.taking_part import no_stage, require_stages
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.stage_names import stage_called
from multigit.core.values.workspace import Confirm, Repo, Stage, Workspace
from multigit.errors import UsageError
from multigit.hints import Hint

STRICTNESS = (Confirm.NONE, Confirm.YES, Confirm.NAME)


@dataclass(frozen=True, slots=True)
class Hop:
    """One merge of a stage into its neighbor, with the message of the merge commit.

    It is `forward` for a promotion, and not for a back-merge. The message is empty if it is asked
    for once the plan was shown.
    """

    source: Stage
    target: Stage
    message: str
    forward: bool = True


def default_message(
    workspace: Workspace, source: Stage, target: Stage, *, branches: bool = False
) -> str:
    """Return the message of a merge for which none was given; in a commit it names the branches."""
    here, there = (each.branch if branches else each.name for each in (source, target))
    message = f"Merge {here} into {there}"
    if workspace.is_later(target, source):
        return f"{message} (production deployment)" if workspace.is_last(target) else message
    return f"{message} ({'hotfix sync' if workspace.is_last(source) else 'sync verified'})"


def is_promotion(workspace: Workspace, source: Stage, target: Stage, repos: Sequence[Repo]) -> bool:
    """Return whether a merge goes to the later of two stages.

    Raises UsageError if they are neighbors in none of these repositories.
    """
    require_stages(workspace, (source, target), repos)
    pairs = shared_pairs(workspace, repos)
    names = {(earlier.name, later.name) for earlier, later in pairs}
    if (source.name, target.name) in names:
        return True
    if (target.name, source.name) in names:
        return False
    neighbors = [later for earlier, later in names if earlier == source.name]
    neighbors += [earlier for earlier, later in names if later == source.name]
    there = [stage.name for stage in workspace.stages if stage.name in neighbors]
    hint = f"From {source.name} you can go to: {', '.join(there) or 'no other stage'}."
    if workspace.is_later(source, target):
        hint = Hint.BACKMERGE.format(stage=source.name)
    raise UsageError(
        f"{source.name} and {target.name} are not neighboring stages.",
        hint=hint,
        code=NOT_NEIGHBORS,
    )


def shared_pairs(workspace: Workspace, repos: Sequence[Repo]) -> tuple[tuple[Stage, Stage], ...]:
    """Return each (earlier, later) pair that is neighboring in a repository, longer ones last."""
    of_repos = (workspace.seen_by(repo).pairs() for repo in repos)
    found = dict.fromkeys((a.name, b.name) for pairs in of_repos for a, b in pairs)
    names = [stage.name for stage in workspace.stages]

    def order(pair: tuple[str, str]) -> tuple[int, int]:
        earlier, later = map(names.index, pair)
        return later, -earlier

    return tuple((workspace.stage(a), workspace.stage(b)) for a, b in sorted(found, key=order))


def hop(
    workspace: Workspace,
    source: Stage,
    target: Stage,
    message: str | None,
    *,
    forward: bool,
    asked_later: bool = False,
) -> Hop:
    """Return the merge between two neighboring stages, `forward` if it is a promotion.

    A missing message is empty if it is `asked_later`. Raises UsageError if it is missing or
    malformed.
    """
    if message is not None:
        checks.check_message(message)
    elif forward and target.require_message:
        if asked_later:
            return Hop(source, target, "")
        raise message_required(target)
    message = message or default_message(workspace, source, target)
    return Hop(source, target, message, forward)


def hops_down(workspace: Workspace, source: str | None, repos: Sequence[Repo]) -> tuple[Hop, ...]:
    """Return the merges from a stage (None: the last one) down to the first one.

    Only stages of those repositories count that have the one to start from. Raises UsageError if
    there is no earlier stage.
    """
    last = next(stage for stage in reversed(workspace.stages) if workspace.is_last(stage))
    first = stage_called(source, workspace, repos) if source is not None else last
    require_stages(workspace, [first], repos)
    moved = [repo for repo in repos if repo.has(first)]
    below = [s for s in workspace.chain_down(first)[1:] if any(repo.has(s) for repo in moved)]
    if not below:
        raise UsageError(
            f"There is no stage before {first.name}.",
            hint=Hint.BACKMERGE_FROM.format(stage=last.name) if first != last else "",
            code="no_stage_before",
        )
    return tuple(
        Hop(here, there, default_message(workspace, here, there), forward=False)
        for here, there in itertools.pairwise((first, *below))
    )


def route_in(hops: tuple[Hop, ...], workspace: Workspace, repo: Repo) -> tuple[Hop, ...] | Problem:
    """Return the merges of a route in one repository, without the stages that it lacks.

    A message that no one gave names its own branches. Return a problem if one end is missing there,
    or if a stage stands between the two.
    """
    first, *others = (hops[0].source, *(each.target for each in hops))
    own = {stage.name: stage for stage in workspace.stages_of(repo, (first, *others))}
    route = [own[stage.name] for stage in (first, *others) if stage.name in own]
    if first.name not in own or len(route) == 1:
        return no_stage(others[0] if first.name in own else first)
    for here, there in itertools.pairwise(route):
        if here.name != there.promotes_from and there.name != here.promotes_from:
            return _not_neighbors(workspace, here, there)
    given = {
        (each.source.name, each.target.name): each.message
        for each in hops
        if each.message != default_message(workspace, each.source, each.target)
    }

    def hop_in(here: Stage, there: Stage) -> Hop:
        default = default_message(workspace, here, there, branches=True)
        return Hop(here, there, given.get((here.name, there.name), default), hops[0].forward)

    return tuple(itertools.starmap(hop_in, itertools.pairwise(route)))


def _not_neighbors(workspace: Workspace, here: Stage, there: Stage) -> Problem:
    later, earlier = (there, here) if workspace.is_later(there, here) else (here, there)
    message = f"has {later.promotes_from} between {earlier.name} and {later.name}."
    return Problem(NOT_NEIGHBORS, message, severity=Severity.WARN)


def message_required(stage: Stage) -> UsageError:
    """Return the error about a missing message."""
    return UsageError(
        f"{stage.name} requires a message for every change.",
        hint=checks.PASS_ONE,
        code="message_required",
    )


def strictest(stages: Iterable[Stage]) -> Stage:
    """Return the stage with the strictest confirmation; among equals, the later one."""
    return max(reversed(list(stages)), key=lambda stage: STRICTNESS.index(stage.confirm))
