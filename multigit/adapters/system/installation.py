"""How multigit was installed, as far as it matters for adding something to it."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from multigit import DISTRIBUTION


def adding(extra: str, library: str, prefix: Path | None = None) -> str:
    """Return the command that adds the library of an extra to the environment that runs multigit.

    pipx and uv leave a file in the environments that they make, and keep what they added there when
    they upgrade it. Elsewhere the environment's own pip does it. `prefix` is the environment's
    folder; without it, that of this process.
    """
    prefix = prefix or Path(sys.prefix)
    if (prefix / "pipx_metadata.json").is_file():
        return f"pipx inject {DISTRIBUTION} {library}"
    if (prefix / "uv-receipt.toml").is_file():
        return f'uv tool install "{DISTRIBUTION}[{extra}]"'
    return f'{shlex.quote(sys.executable)} -m pip install "{DISTRIBUTION}[{extra}]"'
