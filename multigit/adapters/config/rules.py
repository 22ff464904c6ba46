"""The rules between the values of `multigit.toml`, one short function each."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from unicodedata import normalize

from multigit.adapters.config.deploy_rules import complaints
from multigit.adapters.config.values import USE_NAME, is_name, is_ref, shown
from multigit.core.planning.waves import waves
from multigit.core.values.moment import STAMP
from multigit.core.values.workspace import unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from multigit.adapters.config.sections import Configuration

Key = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Mistake:
    """A sentence about the value at `key`; `beside` are the values that it was compared with."""

    key: Key
    sentence: str
    hint: str
    beside: tuple[Key, ...] = ()


def mistakes(configuration: Configuration) -> Iterator[Mistake]:
    """Yield what does not fit together in a configuration whose values are right one by one."""
    yield from _empty(configuration)
    yield from _names(configuration)
    yield from _stage_branches(configuration)
    yield from _earlier_stages(configuration)
    yield from _circles(configuration)
    yield from _tags(configuration)
    yield from _folders(configuration)
    yield from _log(configuration)
    yield from _lock(configuration)
    yield from _after(configuration)
    yield from _told(configuration)
    yield from (Mistake(*each) for each in complaints(configuration))


def _empty(configuration: Configuration) -> Iterator[Mistake]:
    if not configuration.stages:
        yield Mistake(
            ("stages",), "there is no stage.", "Add one for each branch, as in [stages.main]."
        )
    if not configuration.repos:
        yield Mistake(
            ("repos",), "there is no repository.", "Add a table for each, as in [repos.api]."
        )


def _names(configuration: Configuration) -> Iterator[Mistake]:
    tables: tuple[tuple[str, str, Mapping[str, object]], ...] = (
        ("stages", "stage", configuration.stages),
        ("repos", "repository", configuration.repos),
    )
    for table, kind, named in tables:
        for name in named:
            if not is_name(name):
                yield Mistake((table, name), f"{shown(name)} is no name for a {kind}.", USE_NAME)
        for key, first in _same({(table, name): folded(name) for name in named}):
            yield Mistake(
                key,
                f"the name differs from {first[-1]} in case only.",
                "Rename one: not every file system can tell them apart.",
            )


def _stage_branches(configuration: Configuration) -> Iterator[Mistake]:
    branches: dict[Key, str] = {
        ("stages", name, "branch"): stage.branch or name
        for name, stage in configuration.stages.items()
    }
    for key, branch in branches.items():
        if branch == key[1] and is_name(branch) and not is_ref(branch):
            hint = "Name the stage's branch: a stage without one has the branch of its own name."
            yield Mistake(key, f"{shown(branch)} is no branch name that git takes.", hint)
    for key, first in _same(branches):
        yield Mistake(
            key,
            f"{shown(branches[key])} is the branch of stage {first[1]} too.",
            "Give each stage a branch of its own.",
            beside=(first,),
        )


def _earlier_stages(configuration: Configuration) -> Iterator[Mistake]:
    for name, stage in configuration.stages.items():
        earlier = stage.promotes_from
        if earlier and earlier not in configuration.stages:
            others = [other for other in configuration.stages if other != name]
            yield Mistake(
                ("stages", name, "promotes_from"),
                f"there is no stage {shown(earlier)}.",
                unknown("stage", earlier, others).hint,
            )


def _circles(configuration: Configuration) -> Iterator[Mistake]:
    earlier = {name: stage.promotes_from for name, stage in configuration.stages.items()}
    told: set[str] = set()
    for name in earlier:
        trail = [name]
        while (before := earlier.get(trail[-1], "")) and before not in trail:
            trail.append(before)
        if before == name and name not in told:
            told.update(trail)
            yield Mistake(
                ("stages", name, "promotes_from"),
                f"the stages go in a circle: {' → '.join((name, *reversed(trail)))}.",
                "Leave promotes_from out of the first stage.",
            )


def _tags(configuration: Configuration) -> Iterator[Mistake]:
    tagged = [(name, stage.tag) for name, stage in configuration.stages.items() if stage.tag]
    for (first, one), (name, other) in combinations(tagged, 2):
        if _may_meet(one, other):
            yield Mistake(
                ("stages", name, "tag"),
                f"{shown(other)} can make the same tag as {shown(one)} of stage {first}.",
                f"Begin each with the stage, as in {name}-deploy-{STAMP}.",
            )


def _may_meet(one: str, other: str) -> bool:
    """Tell whether two templates can make the same tag, a taken one's -2, -3, … included.

    `#` stands for any digit. The shorter can only reach the longer's length with such an ending.
    """
    short, long = sorted((t.replace(STAMP, "########-######") for t in (one, other)), key=len)
    missing = len(long) - len(short)
    if missing:
        short += f"-{'#' * (missing - 1)}"
    digits = set("#0123456789")
    return missing != 1 and all(
        a == b or ("#" in {a, b} and {a, b} <= digits) for a, b in zip(short, long, strict=True)
    )


def _folders(configuration: Configuration) -> Iterator[Mistake]:
    paths: dict[Key, str] = {
        ("repos", name, "path"): repo.path or name for name, repo in configuration.repos.items()
    }
    for key, first in _same({key: folded(path) for key, path in paths.items()}):
        yield Mistake(
            key,
            f"{shown(paths[key])} is the folder of repository {first[1]} too.",
            "Give each repository a folder of its own, different in more than case.",
            beside=(first,),
        )


def _log(configuration: Configuration) -> Iterator[Mistake]:
    log = configuration.workspace.log
    for name, repo in configuration.repos.items():
        outermost = PurePosixPath(repo.path or name).parts[:1]
        if outermost and folded(outermost[0]) == folded(log):
            yield Mistake(
                ("workspace", "log"),
                f"{shown(log)} is the folder of repository {name} too.",
                "Give the log another name.",
                beside=(("repos", name, "path"),),
            )


def folded(text: str) -> str:
    """Return what a file system that ignores case and composition makes of a name."""
    return normalize("NFC", text).casefold()


def _same(values: Mapping[Key, str]) -> Iterator[tuple[Key, Key]]:
    """Yield each key whose value an earlier key has already, and that earlier key."""
    seen: dict[str, Key] = {}
    for key, value in values.items():
        first = seen.setdefault(value, key)
        if first != key:
            yield key, first


def _told(configuration: Configuration) -> Iterator[Mistake]:
    for place, stage in enumerate(configuration.notify.stages):
        if stage not in configuration.stages:
            error = unknown("stage", stage, configuration.stages)
            sentence = f"there is no stage {shown(stage)}."
            yield Mistake(("notify", "stages", place), sentence, error.hint)


def _after(configuration: Configuration) -> Iterator[Mistake]:
    after = {name: repo.after for name, repo in configuration.repos.items()}
    for name, others in after.items():
        for place, other in enumerate(others):
            if other not in after:
                error = unknown("repository", other, [each for each in after if each != name])
                sentence = f"there is no repository {shown(other)}."
                yield Mistake(("repos", name, "after", place), sentence, error.hint)
    known = {name: [each for each in others if each in after] for name, others in after.items()}
    try:
        waves(known)
    except ValueError as circle:
        first = str(circle).partition(" → ")[0]
        yield Mistake(
            ("repos", first, "after"),
            f"the repositories wait for each other: {circle}.",
            "Take one of them out.",
        )


def _lock(configuration: Configuration) -> Iterator[Mistake]:
    name = configuration.lock.repo
    if name and name not in configuration.repos:
        error = unknown("repository", name, configuration.repos)
        yield Mistake(("lock", "repo"), f"there is no repository {shown(name)}.", error.hint)
