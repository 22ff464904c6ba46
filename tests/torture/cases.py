"""What a case is, how it is named, and the workshop that makes its world."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from tests.support.shared import once
from tests.torture.hosts import hasty, hosting
from tests.torture.scenes import build
from tests.torture.world import PACKAGE, World


class Kind(StrEnum):
    """The kinds that are counted."""

    KILL = "kill points"
    CUT = "cut connections"
    OTHER = "other faults"


@dataclass(frozen=True, slots=True)
class Case:
    """One fault in one scene; its name is enough to repeat it."""

    family: str
    scene: str
    fault: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return family, scene and fault, joined by slashes."""
        return "/".join((self.family, self.scene, *self.fault))

    @classmethod
    def named(cls, name: str) -> Case:
        """Return the case with this name."""
        family, scene, *fault = name.split("/")
        return cls(family, scene, tuple(fault))


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a case; `fired` is false if the fault never occurred, and it is not counted."""

    fired: bool
    violations: tuple[str, ...] = ()
    note: str = ""

    @classmethod
    def of(cls, violations: Iterable[str], note: str = "") -> Verdict:
        """Return the verdict on a case whose fault occurred."""
        return cls(fired=True, violations=tuple(violations), note=note)

    @classmethod
    def idle(cls, note: str) -> Verdict:
        """Return the verdict on a case whose fault never occurred."""
        return cls(fired=False, note=note)


@dataclass
class Workshop:
    """Makes worlds below `folder` from `templates`, with the multigit in `package`.

    If `thorough`, multigit itself verifies the log at the end, in addition to our own check.
    """

    folder: Path
    templates: Path
    package: Path = PACKAGE
    thorough: bool = True
    _count: int = field(default=0, init=False)

    def template(self, scene: str) -> Path:
        """Return a scene's template, which is built on first use."""
        return once(self.templates / scene, lambda root: build(scene, root))

    @contextmanager
    def world(self, scene: str, *, config: str = "") -> Iterator[World]:
        """Provide a world, and remove it afterwards."""
        self._count += 1
        root = self.folder / "worlds" / str(self._count)
        try:
            with (
                World(
                    self.template(scene), root, scene, package=self.package, config=config
                ) as world,
                hosting(world, lambda: hasty(self.package, self.folder / "hasty")),
            ):
                world.thorough = self.thorough
                yield world
        finally:
            shutil.rmtree(root, ignore_errors=True)


Play = Callable[[Workshop, Case], Verdict]
