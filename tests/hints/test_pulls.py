"""The hints about a branch that has diverged from its remote, each typed as is."""

from __future__ import annotations

from multigit.hints import Hint
from tests.cli.answers import DONE, REFUSED
from tests.hints.typing import follow
from tests.support.forge import Forge, ForgeRepo


def apart(forge: Forge) -> ForgeRepo:
    """Return a repository whose dev has a commit in the clone and another one on the remote."""
    api = forge.add("api")
    api.git("remote", "add", "fork", api.url)
    api.git("fetch", "--quiet", "fork")
    api.local_commit({"mine": "1\n"})
    api.commit("dev", {"theirs": "1\n"})
    forge.write_config()
    return api


def test_a_branch_that_is_checked_out_is_rebased(forge: Forge) -> None:
    """The hint works with an uncommitted change, and the push is accepted afterwards."""
    api = apart(forge)
    api.write({"README.md": "changed\n"})
    command = "git -C api pull --rebase --autostash origin dev"
    follow(forge, forge.json("pull", "dev", check=REFUSED), Hint.PULL_REBASE, command)
    api.commit("dev", {"theirs": "2\n"})
    follow(forge, forge.json("push", "dev", "--yes", check=REFUSED), Hint.PULL_REBASE, command)
    forge.json("push", "dev", "--yes", check=DONE)
    assert api.tip("dev") == api.git("rev-parse", "dev")


def test_another_branch_is_switched_to_first(forge: Forge) -> None:
    """Push and pull suggest it; the second command of the hint follows the first."""
    api = apart(forge)
    api.git("switch", "--quiet", "--create", "feature")
    commands = ("git -C api switch dev", "git -C api pull --rebase --autostash origin dev")
    follow(
        forge,
        forge.json("push", "dev", "--yes", check=REFUSED),
        Hint.PULL_REBASE_THERE,
        commands[0],
    )
    api.git("switch", "--quiet", "feature")
    said = forge.json("pull", "dev", check=REFUSED)
    for command in commands:
        follow(forge, said, Hint.PULL_REBASE_THERE, command)
    forge.json("push", "dev", "--yes", check=DONE)
    assert api.tip("dev") == api.git("rev-parse", "dev")
