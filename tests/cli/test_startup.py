"""Start-up: commands that only print something import no heavy modules."""

from __future__ import annotations

import subprocess
import sys

import pytest

from multigit import __version__
from tests.cli.answers import INTERRUPTED
from tests.support.forge import Forge

HEAVY = {"git", "github", "pydantic", "questionary"}
POSIX = ("fcntl", "grp", "pwd", "resource", "termios")


@pytest.mark.parametrize("line", ["--version", "--help", "status --pending"])
def test_what_only_prints_imports_none_of_the_heavy_ones(line: str, forge: Forge) -> None:
    """None of git, github, pydantic and questionary is in the import times."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-P", "-m", "multigit", *line.split()],
        cwd=forge.shop,
        env=forge.env,
        capture_output=True,
        check=True,
        text=True,
    )
    rows = (line.rpartition("|")[2].strip() for line in done.stderr.splitlines())
    imported = {name.partition(".")[0] for name in rows}
    assert "typer" in imported
    assert imported & HEAVY == set()
    assert bool(done.stdout.strip()) == line.startswith("--")


def test_help_names_every_command_and_needs_no_workspace(forge: Forge) -> None:
    """`--help`, `-h` and `COMMAND --help` work anywhere and exit with 0."""
    commands = ("status", "pull", "push", "promote", "backmerge")
    shown = forge.run("--help", check=0).stdout
    assert all(name in shown for name in commands)
    assert forge.run("-h", check=0).stdout == shown
    for name in commands:
        assert f"multigit {name}" in forge.run(name, "--help", check=0).stdout


def test_version_is_one_line(forge: Forge) -> None:
    """`--version` prints the name and the version."""
    assert forge.run("--version", check=0).stdout == f"multigit {__version__}\n"


PRESSED = """
import os, signal, sys

class Press:
    def find_spec(self, name, *_):
        if name == chosen:
            os.kill(os.getpid(), signal.SIGINT)

chosen = sys.argv.pop(1)
sys.meta_path.insert(0, Press())
from multigit.__main__ import main
main()
"""


@pytest.mark.parametrize(
    "module",
    ["multigit.cli.app", "typer", "multigit.cli.commands.promote", "multigit.adapters.config.load"],
)
def test_ctrl_c_while_modules_are_loaded_ends_with_a_sentence(module: str, forge: Forge) -> None:
    """It prints a message, and never a traceback or nothing at all."""
    forge.add("api")
    forge.write_config()
    done = subprocess.run(
        [sys.executable, "-P", "-c", PRESSED, module, "status"],
        cwd=forge.shop,
        env=forge.env,
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == INTERRUPTED
    assert done.stderr == "Error: Interrupted. Nothing was changed.\n"


def test_what_every_command_imports_exists_on_every_system() -> None:
    """Modules that only POSIX systems have are imported only where they are used."""
    none = "; ".join(f"sys.modules[{name!r}] = None" for name in POSIX)
    command = f"import sys; {none}; import multigit.operation.run, multigit.operation.watching"
    subprocess.run([sys.executable, "-P", "-c", command], check=True)
