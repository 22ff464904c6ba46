"""The rules between the values of `multigit.toml`, one short function each."""

from __future__ import annotations

from itertools import combinations
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from unicodedata import normalize

from multigit.adapters.config.deploy_rules import deploy_mistakes
from multigit.adapters.config.mistakes import Key, Mistake
from multigit.adapters.config.roll_back_rules import roll_back_mistakes
from multigit.adapters.config.stage_rules import own_stage_mistakes
from multigit.adapters.config.values import USE_NAME, is_name, is_ref, shown
from multigit.core.planning.waves import waves
from multigit.core.values.start_time import STAMP
from multigit.core.values.workspace import unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from multigit.adapters.config.sections import Configuration


def mistakes(configuration: Configuration) -> Iterator[Mistake]:
    """Yield what does not fit together in a configuration with valid single values."""
    yield from _empty(configuration)
    yield from _names(configuration)
    yield from _stage_branches(configuration)
    yield from _earlier_stages(configuration)
    yield from _circles(configuration)
    yield from own_stage_mistakes(configuration)
    yield from _tags(configuration)
    yield from _folders(configuration)
    yield from _log(configuration)
    yield from _lock(configuration)
    yield from _after(configuration)
    yield from _notified_stages(configuration)
    yield from deploy_mistakes(configuration)
    yield from roll_back_mistakes(configuration)


def _empty(configuration: Configuration) -> Iterator[Mistake]:
    if not configuration.stages:
        yield Mistake(
            ("stages",), "there is no stage.", "Add one for each branch, such as [stages.main]."
        )
    if not configuration.repos:
        yield Mistake(
            ("repos",), "there is no repository.", "Add a table for each, such as [repos.api]."
        )


def _names(configuration: Configuration) -> Iterator[Mistake]:
    tables: tuple[tuple[str, str, Mapping[str, object]], ...] = (
        ("stages", "stage", configuration.stages),
        ("repos", "repository", configuration.repos),
    )
    for table, kind, named in tables:
        for name in named:
            if not is_name(name):
                sentence = f"{shown(name)} is not a valid {kind} name."
                yield Mistake((table, name), sentence, USE_NAME)
        for key, first in _same({(table, name): folded(name) for name in named}):
            yield Mistake(
                key,
                f"the name differs from {first[-1]} only in case.",
                "Rename one: to some file systems they are the same.",
            )


def _stage_branches(configuration: Configuration) -> Iterator[Mistake]:
    branches: dict[Key, str] = {
        ("stages", name, "branch"): stage.branch or name
        for name, stage in configuration.stages.items()
    }
    for key, branch in branches.items():
        if branch == key[1] and is_name(branch) and not is_ref(branch):
            hint = "Add branch: without it, the stage's branch has the stage's name."
            yield Mistake(key, f"{shown(branch)} is not a valid branch name.", hint)
    for key, first in _same(branches):
        yield Mistake(
            key,
            f"{shown(branches[key])} is also the branch of stage {first[1]}.",
            "Give each stage a branch of its own.",
            beside=(first,),
        )


def _earlier_stages(configuration: Configuration) -> Iterator[Mistake]:
    for name, stage in configuration.stages.items():
        earlier = stage.promotes_from
        if earlier and earlier not in configuration.stages:
            others = [other for other in configuration.stages if other != name]
            yield _no_such("stage", earlier, others, ("stages", name, "promotes_from"))


def _circles(configuration: Configuration) -> Iterator[Mistake]:
    earlier = {name: stage.promotes_from for name, stage in configuration.stages.items()}
    reported: set[str] = set()
    for name in earlier:
        trail = [name]
        while (before := earlier.get(trail[-1], "")) and before not in trail:
            trail.append(before)
        if before == name and name not in reported:
            reported.update(trail)
            yield Mistake(
                ("stages", name, "promotes_from"),
                f"the stages form a circle: {' → '.join((name, *reversed(trail)))}.",
                "Remove promotes_from from the first stage.",
            )


def _tags(configuration: Configuration) -> Iterator[Mistake]:
    tagged = [(name, stage.tag) for name, stage in configuration.stages.items() if stage.tag]
    for (first, earlier), (name, tag) in combinations(tagged, 2):
        if _may_collide(earlier, tag):
            yield Mistake(
                ("stages", name, "tag"),
                f"{shown(tag)} can make the same tag as {shown(earlier)} of stage {first}.",
                f"Begin each with the stage, such as {name}-deploy-{STAMP}.",
            )


def _may_collide(tag: str, other: str) -> bool:
    """Return whether two templates can make the same tag, with -2, -3, … if it is taken.

    `#` stands for any digit. The shorter can reach the longer's length only with such a suffix.
    """
    short, long = sorted((t.replace(STAMP, "########-######") for t in (tag, other)), key=len)
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
            f"{shown(paths[key])} is also the folder of repository {first[1]}.",
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
                f"{shown(log)} is also the folder of repository {name}.",
                "Give the log another name.",
                beside=(("repos", name, "path"),),
            )


def folded(text: str) -> str:
    """Return what a file system that ignores case and composition makes of a name."""
    return normalize("NFC", text).casefold()


def _same(values: Mapping[Key, str]) -> Iterator[tuple[Key, Key]]:
    """Yield each key with the value of an earlier key, and that earlier key."""
    keys: dict[str, Key] = {}
    for key, value in values.items():
        first = keys.setdefault(value, key)
        if first != key:
            yield key, first


def _notified_stages(configuration: Configuration) -> Iterator[Mistake]:
    for place, stage in enumerate(configuration.notify.stages):
        if stage not in configuration.stages:
            yield _no_such("stage", stage, configuration.stages, ("notify", "stages", place))


def _after(configuration: Configuration) -> Iterator[Mistake]:
    after = {name: repo.after for name, repo in configuration.repos.items()}
    for name, listed in after.items():
        for place, other in enumerate(listed):
            if other not in after:
                others = [repo for repo in after if repo != name]
                yield _no_such("repository", other, others, ("repos", name, "after", place))
    existing = {name: [repo for repo in repos if repo in after] for name, repos in after.items()}
    try:
        waves(existing)
    except ValueError as circle:
        first = str(circle).partition(" → ")[0]
        yield Mistake(
            ("repos", first, "after"),
            f"the repositories wait for each other: {circle}.",
            "Remove one of them.",
        )


def _lock(configuration: Configuration) -> Iterator[Mistake]:
    name = configuration.lock.repo
    if name and name not in configuration.repos:
        yield _no_such("repository", name, configuration.repos, ("lock", "repo"))


def _no_such(kind: str, name: str, known: Iterable[str], key: Key) -> Mistake:
    return Mistake(key, f"there is no {kind} {shown(name)}.", unknown(kind, name, known).hint)
