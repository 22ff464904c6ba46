"""Finds `multigit.toml`: the file that an option names, or the nearest one above."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from multigit.adapters.config import FILE
from multigit.core.values.text import visible
from multigit.errors import ConfigError
from multigit.hints import Hint

if TYPE_CHECKING:
    from collections.abc import Mapping


VARIABLE = "MULTIGIT_CONFIG"


def find_config(start: Path, environment: Mapping[str, str], explicit: Path | None) -> Path:
    """Return the absolute path of the configuration file.

    `explicit` (--config) comes first, then MULTIGIT_CONFIG, both relative to `start`; then the
    nearest `multigit.toml` in `start` or above. Raises ConfigError if there is none.
    """
    named = explicit or environment.get(VARIABLE)
    if named:
        path = Path(os.path.abspath(start / named))  # noqa: PTH100  (no symlinks resolved)
        if not os.path.isfile(path):  # noqa: PTH113  (false too if it is unreadable)
            source = "--config" if explicit else VARIABLE
            raise ConfigError(
                f"{visible(str(path))}, named by {source}, is not a file.",
                hint=Hint.NAME_CONFIG,
                code="no_config",
            )
        return path
    folder = Path(os.path.abspath(start))  # noqa: PTH100
    for candidate in (folder, *folder.parents):
        if os.path.lexists(candidate / FILE):  # if it is not a file, load() says so
            return candidate / FILE
    raise ConfigError(
        f"There is no {FILE} in {visible(str(folder))} or above it.",
        hint=Hint.NO_CONFIG,
        code="no_config",
    )
