"""Hints work where multigit was run: in a clone, below one, or elsewhere with --config."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from multigit.hints import Hint
from tests.cli.answers import DONE, FAILED, REFUSED, rows
from tests.hints.test_merges import BOTH, MIXED, hint_of, released_twice
from tests.hints.typing import follow
from tests.support.forge import Forge


@pytest.fixture
def shallow(forge: Forge) -> Forge:
    """Return a workspace in which api and web are shallow clones; web has a folder src."""
    for name in ("api", "web"):
        repo = forge.add(name, path=f"services/{name}")
        repo.commit("dev", {"a": "1\n"})
        repo.git("fetch", "--quiet", "--depth=1", "origin")
    (forge.repos["web"].clone / "src").mkdir()
    forge.write_config()
    return forge


@pytest.mark.parametrize(
    ("folder", "api", "web"),
    [
        ("shop", "services/api", "services/web"),
        ("shop/services", "api", "web"),
        ("shop/services/web", "{shop}/services/api", "."),
        ("shop/services/web/src", "{shop}/services/api", "{shop}/services/web"),
        (".", "shop/services/api", "shop/services/web"),
        ("home", "{shop}/services/api", "{shop}/services/web"),
    ],
)
def test_a_clone_is_named_as_seen_from_the_current_folder(
    shallow: Forge, folder: str, api: str, web: str
) -> None:
    """By a relative path if it is below; `path` in JSON stays relative to the workspace."""
    here = shallow.root / folder
    config = () if folder.startswith("shop") else ("--config", str(shallow.shop / "multigit.toml"))
    said = shallow.json("promote", "dev", "stg", *config, cwd=here, check=REFUSED)
    for path in (api, web):
        named = shlex.quote(path.format(shop=shallow.shop))
        follow(shallow, said, Hint.UNSHALLOW, f"git -C {named} fetch --unshallow", cwd=here)
    assert {row["path"] for row in rows(said).values()} == {"services/api", "services/web"}
    assert shallow.json("promote", "dev", "stg", "--dry-run", check=DONE)["problems"] == []


def test_a_folder_that_was_entered_through_a_link(shallow: Forge) -> None:
    """No hint has `..`, which a shell would resolve to the folder that contains the link."""
    link = shallow.root / "link"
    link.symlink_to(shallow.repos["web"].clone)
    said = shallow.json("promote", "dev", "stg", cwd=link, check=REFUSED)
    for path in (shallow.repos["api"].clone, "."):
        command = f"git -C {shlex.quote(str(path))} fetch --unshallow"
        follow(shallow, said, Hint.UNSHALLOW, command, cwd=link)


@pytest.mark.parametrize("folder", ["web", "web/src", "api"])
def test_work_is_kept_from_inside_a_clone(forge: Forge, folder: str) -> None:
    """A command that changes the folder starts from the current one."""
    forge.add("api")
    released_twice(forge, "web")
    web = forge.repos["web"]
    (web.clone / "src").mkdir()
    web.commit("main", MIXED, message="Quick help")
    here = forge.shop / folder
    said = forge.json("backmerge", "main", "--yes", cwd=here, check=REFUSED)
    command = hint_of(said, "web", "mixed_roll_back").partition("work: ")[2].partition(". To m")[0]
    follow(forge, said, Hint.KEEP_OR_ACCEPT, command, cwd=here)
    assert web.tree("stg")["a.txt"] == BOTH


def test_a_branch_that_was_left_alone_is_updated_from_inside(forge: Forge) -> None:
    """Problems that are reported after the push are relative to the current folder, too."""
    api, web = forge.add("api"), forge.add("web")
    api.commit("dev", {"a": "1\n"})
    api.git("switch", "--quiet", "stg")
    api.local_commit({"own": "1\n"})
    api.git("switch", "--quiet", "dev")
    forge.write_config()
    said = forge.json("promote", "dev", "stg", "--yes", cwd=web.clone, check=DONE)
    [command] = [
        part
        for part in hint_of(said, "api", "local_branch_left").removeprefix("Run: ").split(", then ")
        if "pull" not in part
    ]
    follow(forge, said, Hint.PULL_REBASE_THERE, command, cwd=web.clone)
    assert api.git("branch", "--show-current") == "stg"


def test_what_was_hinted_elsewhere_is_not_repeated(forge: Forge) -> None:
    """A warning in the plan of an unfinished operation is repeated without its hint."""
    api, web, docs = forge.add("api"), forge.add("web"), forge.add("docs")
    for repo in (api, docs):
        repo.commit("dev", {"a": "1\n"})
    web.git("fetch", "--quiet", "--depth=1", "origin")
    forge.write_config()
    api.reject_pushes("refs/heads/stg")
    said = forge.json(
        "promote", "dev", "stg", "--skip-blocked", "--yes", cwd=web.clone, check=FAILED
    )
    assert hint_of(said, "web", "shallow") == "Run: git -C . fetch --unshallow"
    api.allow_pushes()
    said = forge.json("continue", cwd=api.clone, check=DONE)
    [problem] = rows(said)["web"]["problems"]
    assert (problem["code"], problem["hint"]) == ("shallow", None)


def test_the_transcript_is_at_the_path_that_is_named(forge: Forge) -> None:
    """The path is right even if multigit was run in a clone."""
    api = forge.add("api")
    api.commit("dev", {"a": "1\n"})
    api.reject_pushes("refs/heads/stg")
    forge.write_config()
    said = forge.run("promote", "dev", "stg", "--yes", cwd=api.clone, check=FAILED)
    told = (said.stdout + said.stderr).partition("Output of git: ")[2]
    assert Path("".join(told.splitlines())).is_file()
