"""The hints about locks across machines."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

import pytest

from multigit.hints import Hint
from tests.cli.answers import DONE, FAILED, REFUSED, hook
from tests.cli.commands.test_lock import LOCK, NOTHING, PROMOTE, TAKEN, strike
from tests.hints.typing import follow
from tests.support.forge import Forge


@pytest.fixture
def locked(forge: Forge) -> Forge:
    """Return a repository with work on dev, whose remote has the locks."""
    forge.add("database").commit("dev", {"a.txt": "1\n"})
    config = forge.write_config()
    config.write_text(f'{config.read_text()}\n[lock]\nrepo = "database"\n', encoding="utf-8")
    return forge


def released(command: str) -> str:
    """Return the command in the hint, from `multigit lock release` on."""
    return command[command.index("multigit lock release") :]


def test_a_lock_that_could_not_be_released_is_released_later(locked: Forge) -> None:
    """The hint has the id of the lock."""
    refuse = f'[ "$1" != {LOCK} ] || [ "$3" != {NOTHING} ] || exit 1'
    update = hook(locked.repos["database"].bare / "hooks/update", refuse)
    document = locked.json(*PROMOTE, check=DONE)
    update.unlink()
    command = released(document["problems"][0]["hint"])
    follow(locked, document, Hint.LOCK_RELEASE, command)
    assert LOCK not in locked.repos["database"].remote_refs()
    gone = locked.json("lock", "release", "--id", "beef", "--reason", "why", check=REFUSED)
    follow(locked, gone, Hint.LOCK_STATUS, "multigit lock status")


@pytest.fixture
def theirs(locked: Forge) -> Path:
    """Return a colleague's workspace with the same repositories."""
    return Path(shutil.copytree(locked.shop, locked.root / "theirs"))


def test_the_lock_of_a_process_that_was_killed_is_released_there(
    locked: Forge, theirs: Path
) -> None:
    """`continue` releases it in the workspace that holds it."""
    strike(locked, "post-receive", TAKEN, "kill -KILL $multigit")
    locked.run(*PROMOTE, check=-signal.SIGKILL)
    refused = locked.json(*PROMOTE, cwd=theirs, check=REFUSED)
    follow(locked, refused, Hint.LOCK_HELD, "multigit continue")
    assert LOCK not in locked.repos["database"].remote_refs()


def test_a_lock_that_is_kept_for_a_push_is_released_there(locked: Forge, theirs: Path) -> None:
    """No hint suggests releasing it as if its process were dead."""
    database = locked.repos["database"]
    cut_off = hook(database.bare / "hooks/pre-receive", 'grep -q locks || kill -KILL "$PPID"')
    locked.json(*PROMOTE, check=FAILED)
    cut_off.unlink()
    refused = locked.json(*PROMOTE, cwd=theirs, check=REFUSED)
    assert "dead" not in refused["hint"]
    follow(locked, refused, Hint.LOCK_HELD, "multigit continue")
    assert LOCK not in database.remote_refs()


def test_a_lock_without_a_workspace_is_released(locked: Forge, theirs: Path) -> None:
    """A colleague can release it if the workspace of its operation is gone."""
    strike(locked, "post-receive", TAKEN, "kill -KILL $multigit")
    locked.run(*PROMOTE, check=-signal.SIGKILL)
    refused = locked.json(*PROMOTE, cwd=theirs, check=REFUSED)
    follow(locked, refused, Hint.LOCK_HELD, released(refused["hint"]), cwd=theirs)
    locked.json(*PROMOTE, cwd=theirs, check=DONE)


def test_a_lock_that_was_kept_is_released(locked: Forge) -> None:
    """Continue releases it when the operation ends."""
    database = locked.repos["database"]
    cut_off = hook(database.bare / "hooks/pre-receive", 'grep -q locks || kill -KILL "$PPID"')
    document = locked.json(*PROMOTE, check=FAILED)
    assert LOCK in database.remote_refs()
    cut_off.unlink()
    follow(locked, document, Hint.LOCK_KEPT, "multigit continue")
    assert LOCK not in database.remote_refs()


def test_taking_a_lock_is_tried_again(locked: Forge) -> None:
    """Nothing was changed, and the same command works once the remote can be reached."""
    strike(locked, "pre-receive", TAKEN, 'kill -KILL "$PPID"; exit 1')
    refused = locked.json(*PROMOTE, check=REFUSED)
    follow(locked, refused, Hint.LOCK_TRY_AGAIN, "multigit lock status")
    locked.json(*PROMOTE, check=DONE)
