"""Temporary files of a killed run are removed by the next operation."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.answers import DONE, hook
from tests.support import launch
from tests.support.forge import Forge
from tests.support.http_git import GitHttpServer
from tests.support.launch import Process
from tests.support.patience import until

DEPLOY = """
[stages.stg.deploy]
runner = "command"
command = ["true"]
"""


@pytest.fixture
def held(forge: Forge) -> Iterator[Forge]:
    """Return a workspace in which exports and clones that start while `hold` exists are held."""
    (forge.root / "temporary").mkdir()
    forge.env["TMPDIR"] = str(forge.root / "temporary")
    slow = forge.root / "slow"
    slow.write_text(
        f'#!/bin/sh\ncd "{forge.root}"\n'
        "[ ! -e hold ] || { touch came; while [ -e wait ]; do sleep 0.1; done; }\nexec cat\n"
    )
    slow.chmod(0o755)
    with Path(forge.env["GIT_CONFIG_GLOBAL"]).open("a") as settings:
        settings.write(f'[filter "slow"]\nsmudge = "{slow}"\nclean = cat\n')
    api = forge.add("api", files={".gitattributes": "*.bin filter=slow\n", "a.bin": "1\n"})
    config = forge.write_config()
    config.write_text(config.read_text() + DEPLOY)
    api.commit("dev", {"b.txt": "1\n"})
    (forge.root / "wait").touch()
    yield forge
    (forge.root / "wait").unlink(missing_ok=True)


def start(forge: Forge, *args: str) -> Process:
    """Start multigit in the workspace and discard its output."""
    nobody = launch.DEVNULL
    return launch.start(*args, cwd=forge.shop, env=forge.env, stdout=nobody, stderr=nobody)


def killed(forge: Forge, *args: str) -> None:
    """Run multigit, and kill it, but not its child processes, once it is held."""
    (forge.root / "hold").touch()
    running = start(forge, *args)
    until((forge.root / "came").exists)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    (forge.root / "hold").unlink()


def scratch(forge: Forge) -> list[Path]:
    """Return the temporary files and folders."""
    places = (forge.root / "temporary").iterdir(), forge.shop.glob(".multigit/clones/*")
    trees = forge.shop.glob(".multigit/operations/*/api/*/tree")
    return sorted([*places[0], *places[1], *trees])


@pytest.mark.parametrize("way", ["continue", "abandon"])
def test_a_killed_export_leaves_nothing(held: Forge, way: str) -> None:
    """Neither the exported files nor the temporary index of a killed export remain."""
    mine = held.root / "temporary" / "multigit-notes"
    mine.mkdir()
    killed(held, "promote", "dev", "stg", "--yes")
    assert len(scratch(held)) == 3
    held.run("status", check=DONE)
    assert len(scratch(held)) == 3  # commands that only read remove nothing
    held.run(way, *(["--yes"] if way == "continue" else []), check=DONE)
    until(lambda: scratch(held) == [mine])  # the command's supervisor may remove it a little later


def test_a_killed_clone_leaves_nothing(held: Forge) -> None:
    """The next run clones the repository and removes the partial clone."""
    held.repos["api"].clone.rename(held.root / "away")
    held.run("pull", "dev", check=DONE)
    held.repos["api"].clone.rename(held.root / "away too")
    killed(held, "pull", "dev")
    assert len(scratch(held)) == 1
    held.run("pull", "dev", check=DONE)
    assert scratch(held) == []
    assert (held.repos["api"].clone / ".git").is_dir()


def test_a_killed_push_leaves_no_password(held: Forge) -> None:
    """The next operation removes the folder in which git recorded the URL with the password."""
    api, word = held.repos["api"], "canary-password"
    with GitHttpServer(held.remotes, password=word) as server:
        api.use_url(server.url("api"))
        api.git("config", "remote.origin.url", server.url("api", with_password=True))
        wait = "touch came; while [ -e wait ]; do sleep 0.1; done"
        hook(api.bare / "hooks/pre-receive", f'cd "{held.root}"; {wait}')
        killed(held, "promote", "dev", "stg", "--yes")
        assert [*filter(None, map(word_in(word), (held.root / "temporary").rglob("*")))]
        (held.root / "wait").unlink()
        until(lambda: not server.busy)
        held.run("continue", "--yes", check=DONE)
    until(lambda: scratch(held) == [])
    assert not [*filter(word_in(word), held.shop.glob(".multigit/**/*"))]


def word_in(word: str) -> Callable[[Path], bool]:
    """Return a function that checks whether a file contains the word."""
    return lambda file: file.is_file() and word.encode() in file.read_bytes()


def test_a_living_run_keeps_its_folders(held: Forge) -> None:
    """Another operation of the same user in another workspace does not remove them."""
    other = held.root / "other"
    other.mkdir()
    config = (held.shop / "multigit.toml").read_text()
    (other / "multigit.toml").write_text(config)
    (held.root / "hold").touch()
    running = start(held, "promote", "dev", "stg", "--yes")
    until((held.root / "came").exists)
    (held.root / "hold").unlink()
    before = scratch(held)
    held.run("pull", "dev", "--config", str(other / "multigit.toml"), check=DONE)
    assert (other / "api" / ".git").is_dir()
    assert scratch(held) == before != []
    (held.root / "wait").unlink()
    assert running.wait() == DONE
    until(lambda: scratch(held) == [])  # the command's supervisor may remove it a little later
