"""The command that adds a library fits the installer of the running environment."""

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
    """Its command keeps the library when multigit is upgraded."""
    (tmp_path / marker).touch()
    assert shlex.split(adding("notify", "apprise", tmp_path)) == command


def test_this_environment_has_pip() -> None:
    """The environment of the tests has none of the other installers' files."""
    assert adding("notify", "apprise").endswith(f' -m pip install "{DISTRIBUTION}[notify]"')
