"""What all processes of a test run share because it takes long to build."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from filelock import FileLock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest


def shared(factory: pytest.TempPathFactory, name: str) -> Path:
    """Return a folder that is shared by the whole test run."""
    own = factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / name
    folder.mkdir(exist_ok=True)
    return folder


def once(place: Path, build: Callable[[Path], object]) -> Path:
    """Return a folder that the first process builds, while the others wait."""
    built = place.with_name(f"{place.name}.built")
    with FileLock(f"{place}.lock"):
        if not built.exists():
            shutil.rmtree(place, ignore_errors=True)
            build(place)
            built.touch()
    return place
