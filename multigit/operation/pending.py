"""The unfinished operation in one line, for shell prompts: from files alone, and fast."""

from __future__ import annotations

import os
from pathlib import Path

from multigit.adapters.config.find import find_config
from multigit.adapters.config.raw import raw_log
from multigit.adapters.files.holding import is_held
from multigit.adapters.files.open_operations import OPERATIONS, is_recorded, open_operations
from multigit.core.values.text import visible
from multigit.errors import ConfigError


def pending(config: Path | None) -> tuple[str, str]:
    """Return the id of the unfinished operation of the workspace, and a line about it, or empty.

    Outside of a workspace there is none. `config` is the configuration that an option names.
    """
    try:
        file = find_config(Path.cwd(), os.environ, config)
    except ConfigError:
        if config:
            raise
        return "", ""
    folder = file.parent / ".multigit"
    found = open_operations(file.parent / OPERATIONS)
    left = [each for each in found if not is_recorded(raw_log(file), each)]
    if not left:
        return "", ""
    words = left[-1].split("-")[1:-1] or left[-1:]
    state = "running" if is_held(folder / "lock.json") else "unfinished"
    return left[-1], visible(" ".join((*words, state)))
