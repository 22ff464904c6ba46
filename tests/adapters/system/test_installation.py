"""What adds a library is what the installer of this very environment understands."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from multigit import DISTRIBUTION
from multigit.adapters.system.installation import adding


@pytest.mark.parametrize(
    ("marker", "command"),
    [
        ("pipx_metadata.json", ["pipx", "inject", DISTRIBUTION, "apprise"]),
        ("uv-receipt.toml", ["uv", "tool", "install", f"{DISTRIBUTION}[notify]"]),
        ("pyvenv.cfg", [sys.executable, "-m", "pip", "install", f"{DISTRIBUTION}[notify]"]),
    ],
)
def test_the_installer_is_known_by_what_it_left(
    marker: str, command: list[str], tmp_path: Path
) -> None:
    """Each keeps what it added when it upgrades multigit."""
    (tmp_path / marker).touch()
    assert shlex.split(adding("notify", "apprise", tmp_path)) == command


def test_this_environment_has_pip() -> None:
    """The one that runs the tests was made by none of them."""
    assert adding("notify", "apprise").endswith(f' -m pip install "{DISTRIBUTION}[notify]"')
