"""The hints about submodules, each typed as is."""

from __future__ import annotations

import pytest

from multigit.hints import Hint
from tests.cli.answers import DONE, REFUSED, codes, hook, rows
from tests.cli.test_submodules import pointer, superproject, take_in
from tests.hints.typing import follow
from tests.support.forge import Forge, ForgeRepo, untouched

PUSH = ("push", "dev", "--yes")
PATH = "deep folder/vendor"


@pytest.fixture
def web(forge: Forge) -> ForgeRepo:
    """Return a repository with a submodule that is not in the workspace."""
    vendor, web = forge.add("vendor"), forge.add("web")
    take_in(web, vendor.url, PATH)
    del forge.repos["vendor"]
    forge.write_config()
    return web


def inside(web: ForgeRepo, *command: str) -> str:
    """Run git in the submodule."""
    return web.git("-C", PATH, *command)


def test_a_commit_of_a_branch_is_pushed_there_first(forge: Forge, web: ForgeRepo) -> None:
    """It is pushed to the remote that the submodule was cloned from, whatever its name."""
    inside(web, "switch", "--quiet", "dev")
    inside(web, "remote", "rename", "origin", "vendors")
    inside(web, "commit", "--quiet", "--allow-empty", "--message", "one")
    said = forge.json(*PUSH, check=REFUSED)
    follow(forge, said, Hint.PUSH_SUBMODULE, f"git -C 'web/{PATH}' push vendors dev")
    forge.json(*PUSH, check=DONE)
    assert pointer(web, "dev", PATH) == inside(web, "rev-parse", "HEAD")


def test_a_commit_on_no_branch_has_no_command(forge: Forge, web: ForgeRepo) -> None:
    """It is unknown which branch the commit belongs on."""
    inside(web, "switch", "--quiet", "--detach")
    inside(web, "commit", "--quiet", "--allow-empty", "--message", "one")
    with untouched(forge):
        (problem,) = rows(forge.json(*PUSH, check=REFUSED))["web"]["problems"]
    assert problem["code"] == "submodule_unpublished"
    assert "git " not in problem["hint"]
    assert "BRANCH" not in problem["hint"]


def test_what_is_not_committed_is_committed_there(forge: Forge, web: ForgeRepo) -> None:
    """The hint commits changed and new files."""
    inside(web, "switch", "--quiet", "dev")
    for file in ("README.md", "new.txt"):
        (web.clone / PATH / file).write_text("1\n")
    editor = forge.root / "editor"
    hook(editor, 'echo "By hand" >"$1"')
    forge.env["GIT_EDITOR"] = str(editor)
    said = forge.json(*PUSH, check=DONE)
    there = f"git -C 'web/{PATH}'"
    follow(forge, said, Hint.COMMIT_SUBMODULE, f"{there} add --all && {there} commit")
    follow(forge, forge.json(*PUSH, check=REFUSED), Hint.PUSH_SUBMODULE, f"{there} push origin dev")
    assert codes(rows(forge.json(*PUSH, check=DONE))["web"]) == []
    assert pointer(web, "dev", PATH) == inside(web, "rev-parse", "HEAD")


def test_one_that_lacks_commits_is_updated(forge: Forge, web: ForgeRepo) -> None:
    """Afterwards it is at the commit that the superproject records."""
    inside(web, "switch", "--quiet", "dev")
    inside(web, "commit", "--quiet", "--allow-empty", "--message", "one")
    inside(web, "push", "--quiet", "origin", "dev")
    forge.json(*PUSH, check=DONE)
    inside(web, "reset", "--quiet", "--hard", "HEAD^")
    said = forge.json(*PUSH, check=DONE)
    follow(forge, said, Hint.UPDATE_SUBMODULE, f"git -C web submodule update '{PATH}'")
    assert pointer(web, "dev", PATH) == inside(web, "rev-parse", "HEAD")


def test_one_of_the_workspace_is_pulled(forge: Forge) -> None:
    """Pulling it with multigit keeps it on its branch."""
    top, lib = superproject(forge), forge.add("lib")
    forge.write_config()
    take_in(top, lib.url)
    lib.write({"work.txt": "1\n"})
    forge.json(*PUSH, check=DONE)
    lib.git("reset", "--quiet", "--hard", "HEAD^")
    said = forge.json(*PUSH, "-r", "top", check=DONE)
    follow(forge, said, Hint.PULL_SUBMODULE, "multigit pull dev --switch -r lib")
    assert lib.git("rev-parse", "dev") == pointer(top, "dev")
