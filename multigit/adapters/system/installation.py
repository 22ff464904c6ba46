"""How multigit was installed, as far as that matters for adding something to it."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from multigit import DISTRIBUTION


def adding(extra: str, library: str, prefix: Path | None = None) -> str:
    """Return the command that adds the library of an extra to the environment of multigit.

    pipx and uv leave a file in environments that they make, and keep what they added when they
    upgrade one. In others, pip does it. `prefix` is the folder of the environment, by default that
    of this process.
    """
    prefix = prefix or Path(sys.prefix)
    if (prefix / "pipx_metadata.json").is_file():
        return f"pipx inject {DISTRIBUTION} {library}"
    if (prefix / "uv-receipt.toml").is_file():
        return f'uv tool install "{DISTRIBUTION}[{extra}]"'
    return f'{shlex.quote(sys.executable)} -m pip install "{DISTRIBUTION}[{extra}]"'
