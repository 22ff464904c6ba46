"""The rules for a repository's own stages and branches: [repos.api] stages and branches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from multigit.adapters.config.mistakes import Key, Mistake
from multigit.adapters.config.values import quoted, shown
from multigit.core.values.workspace import unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from multigit.adapters.config.repo_section import RepoSection
    from multigit.adapters.config.sections import Configuration


def own_stage_mistakes(configuration: Configuration) -> Iterator[Mistake]:
    """Yield what does not fit together in the stages and branches of repositories."""
    for name, repo in configuration.repos.items():
        yield from _stages(configuration, name, repo)
        yield from _branches(configuration, name, repo)


def stages_of(configuration: Configuration, repo: RepoSection) -> tuple[str, ...]:
    """Return the names of the stages that a repository has."""
    return repo.stages or tuple(configuration.stages)


def _stages(configuration: Configuration, name: str, repo: RepoSection) -> Iterator[Mistake]:
    key: Key = ("repos", name, "stages")
    listed = repo.stages or ()
    if repo.stages == ():
        hint = "Name the stages that the repository has, or remove the key if it has all of them."
        yield Mistake(key, "must not be empty.", hint)
    for place, stage in enumerate(listed):
        if stage not in configuration.stages:
            hint = unknown("stage", stage, configuration.stages).hint
            yield Mistake((*key, place), f"there is no stage {shown(stage)}.", hint)
        elif stage in listed[:place]:
            yield Mistake((*key, place), f"{shown(stage)} is listed twice.", "Keep one.")
    yield from _order(configuration, key, listed)


def _order(configuration: Configuration, key: Key, stages: Sequence[str]) -> Iterator[Mistake]:
    """Check that no stage stands before an earlier one of the chain."""
    ordered = sorted(dict.fromkeys(stages), key=lambda stage: len(_before(configuration, stage)))
    for place, stage in enumerate(stages):
        late = [each for each in stages[place + 1 :] if each in _before(configuration, stage)]
        if late:
            sentence = f"{shown(late[0])} must stand before {shown(stage)}, as in promotes_from."
            hint = f"Write stages = [{', '.join(map(quoted, ordered))}]."
            beside = tuple(("stages", each, "promotes_from") for each in stages)
            yield Mistake(key, sentence, hint, beside=beside)
            return


def _before(configuration: Configuration, stage: str) -> Sequence[str]:
    """Return the stages before this one; a circle among them is another mistake."""
    before: list[str] = []
    while stage in configuration.stages and stage not in before:
        before.append(stage)
        stage = configuration.stages[stage].promotes_from
    return before[1:]


def _branches(configuration: Configuration, name: str, repo: RepoSection) -> Iterator[Mistake]:
    key: Key = ("repos", name, "branches")
    own = stages_of(configuration, repo)
    for stage in repo.branches:
        if stage not in configuration.stages:
            hint = unknown("stage", stage, configuration.stages).hint
            yield Mistake((*key, stage), f"there is no stage {shown(stage)}.", hint)
        elif stage not in own:
            yield no_such_stage((*key, stage), name, stage)
    branches = {
        stage: repo.branches.get(stage, configuration.stages[stage].branch or stage)
        for stage in configuration.stages
        if stage in own
    }
    listed = [stage for stage in repo.branches if stage in branches]
    for place, stage in enumerate(listed):
        before = {*branches, *listed[:place]} - set(listed[place:])
        same = [each for each in branches if each in before and branches[each] == branches[stage]]
        if same:
            yield Mistake(
                (*key, stage),
                f"{shown(branches[stage])} is also its branch of stage {same[0]}.",
                "Give each stage a branch of its own.",
                beside=(("stages", same[0], "branch"), ("repos", name, "stages")),
            )


def no_such_stage(key: Key, repo: str, stage: str) -> Mistake:
    """Return the mistake that a table is about a stage that the repository does not have."""
    return Mistake(
        key,
        f"{repo} has no stage {shown(stage)}.",
        f"Remove it, or add {quoted(stage)} to the repository's stages.",
        beside=(("repos", repo, "stages"),),
    )
