"""The hints about the workspace's own files, each typed as is."""

from __future__ import annotations

import os

import pytest

from multigit.adapters.files.lock import exclusive
from multigit.errors import RefusedError
from multigit.hints import Hint
from tests.cli.answers import DONE, REFUSED, USAGE
from tests.hints.typing import follow
from tests.support.forge import Forge
from tests.support.unprivileged import unprivileged

WORKFLOW = """
[stages.main.deploy]
runner = "github"
workflow = "ship.yml"
"""


def test_a_folder_without_a_configuration_gets_one(forge: Forge) -> None:
    """Init writes it, suggests the next command, and overwrites nothing."""
    forge.add("api")
    said = forge.json("status", check=USAGE)
    named = forge.json("status", "--config", "nowhere.toml", check=USAGE)
    done = follow(forge, said, Hint.NO_CONFIG, "multigit init")
    follow(forge, done, Hint.INIT_DONE, "multigit status")
    there = forge.json("init", check=REFUSED)
    follow(forge, there, Hint.INIT_DRY_RUN, "multigit init --dry-run")
    (forge.shop / "multigit.toml").unlink()
    none = forge.json("init", "--workflows", check=USAGE)
    follow(forge, none, Hint.WRITE_CONFIG, "multigit init")
    (forge.shop / "multigit.toml").unlink()
    follow(forge, named, Hint.NAME_CONFIG, "multigit init")


def test_a_configuration_is_written_for_another_folder(forge: Forge) -> None:
    """The commands name that folder."""
    api, shop = forge.add("api"), forge.shop.rename(forge.root / "the shop")
    forge.shop.mkdir()
    done = forge.run("init", "../the shop", check=DONE).stdout
    config = "--config '../the shop/multigit.toml'"
    follow(forge, done, Hint.INIT_DONE, f"multigit status {config}")
    there = forge.json("init", "../the shop", check=REFUSED)
    follow(forge, there, Hint.INIT_DRY_RUN, "multigit init '../the shop' --dry-run")
    with (shop / "multigit.toml").open("a") as file:
        file.write(WORKFLOW)
    done = forge.run("init", "../the shop", "--workflows", check=DONE).stdout
    follow(forge, done, Hint.PUSH_WORKFLOWS, f"multigit push dev {config}", "--yes")
    assert ".github/workflows/ship.yml" in api.tree("dev")


def test_a_corrected_configuration_is_checked_again(forge: Forge) -> None:
    """The hint also works if there are more mistakes than multigit lists."""
    forge.add("api")
    text = forge.write_config().read_text()
    forge.write_config(text.replace('remote = "origin"', 'remot = "origin"'))
    said = forge.json("status", check=USAGE)
    follow(forge, said, Hint.CHECK_CONFIG, "multigit config check", check=USAGE)
    forge.write_config(text + "".join(f"\n[repos.r{n}]\npath = {n}\n" for n in range(201)))
    many = forge.json("status", check=USAGE)
    forge.write_config(text)
    follow(forge, many, Hint.CHECK_LONG_CONFIG, "multigit config check")


@pytest.mark.skipif(os.name != "posix", reason="asks for permissions as POSIX has them")
def test_a_lock_file_that_is_read_only(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command in the hint makes it writable."""
    with unprivileged() as folder:
        lock = folder / "lock"
        lock.touch(0o444)
        monkeypatch.chdir(folder)
        with pytest.raises(RefusedError) as caught, exclusive(folder, {}):
            pass
        follow(forge, caught.value.hint, Hint.MAKE_WRITABLE, "chmod u+w lock", cwd=folder)
        with exclusive(folder, {}):
            pass


def test_workflows_are_pushed(forge: Forge) -> None:
    """They are pushed to the first stage that their repositories have, where work starts."""
    api, web = forge.add("api"), forge.add("web", stages=("stg", "main"))
    config = forge.write_config()
    text = config.read_text() + WORKFLOW
    config.write_text(text.replace('[repos."web"]', '[repos."web"]\nstages = ["stg", "main"]'))
    done = forge.run("init", "--workflows", check=DONE)
    follow(forge, done.stdout, Hint.PUSH_WORKFLOWS, "multigit push dev", "--yes")
    assert ".github/workflows/ship.yml" in api.tree("dev")
    assert ".github/workflows/ship.yml" not in web.tree("stg")
    web.git("checkout", "--quiet", "stg")
    follow(forge, done.stdout, Hint.PUSH_LATER_STAGE, "multigit push stg", "--yes")
    assert ".github/workflows/ship.yml" in web.tree("stg")


def test_what_has_no_page_is_in_the_status(forge: Forge) -> None:
    """What waits in a repository that is not at GitHub cannot be compared there."""
    forge.add("api").commit("dev", {"a": "1\n"})
    forge.write_config()
    refused = forge.json("status", "--web", check=REFUSED)
    assert "api" in follow(forge, refused, Hint.STATUS_ELSEWHERE, "multigit status")
