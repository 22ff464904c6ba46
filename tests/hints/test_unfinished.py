"""The hints about unfinished operations, and about what an undo cannot do."""

from __future__ import annotations

import signal

import pytest

from multigit.hints import Hint
from tests.cli.answers import (
    DONE,
    FAILED,
    INTERRUPTED,
    REFUSED,
    USAGE,
    at_terminal,
    codes,
    hook,
    pushing_slowly,
    rows,
)
from tests.hints.typing import follow
from tests.support.forge import Forge

PROMOTE = ("promote", "dev", "stg", "--yes")


@pytest.fixture
def halves(forge: Forge) -> Forge:
    """Return api and web with work on dev; web's remote refuses pushes to stg."""
    for name in ("api", "web"):
        forge.add(name).commit("dev", {"a.txt": "1\n"})
    forge.write_config()
    forge.repos["web"].reject_pushes("refs/heads/stg")
    return forge


def test_what_is_half_published_is_continued_or_undone(halves: Forge) -> None:
    """The report says so, and so do the next command and status."""
    document = halves.json(*PROMOTE, check=FAILED)
    refused = halves.json(*PROMOTE, check=REFUSED)
    planned = halves.json("promote", "dev", "stg", "--dry-run", check=DONE)
    assert (codes(planned), codes(refused)) == (["unfinished_operation"], ["unfinished_operation"])
    assert (
        planned["message"]
        == "1 repository will be promoted, 1 is up to date. 1 commit reaches stg."
    )
    said = halves.run("status", check=DONE).stdout
    halves.repos["web"].allow_pushes()
    follow(halves, planned, Hint.FINISH_OR_UNDO, "multigit continue")
    assert refused["hint"] == planned["problems"][0]["hint"]
    undo = halves.json("undo", "--dry-run", check=DONE)
    assert undo["message"] == "2 repositories will be reset."
    halves.repos["web"].reject_pushes("refs/heads/stg")
    follow(halves, document, Hint.FINISH_OR_UNDO, "multigit continue", check=REFUSED)
    assert "multigit undo" in said


@pytest.mark.parametrize("way", ["multigit undo", "multigit abandon"])
def test_each_way_out_works(halves: Forge, way: str) -> None:
    """Nothing is unfinished afterwards."""
    document = halves.json(*PROMOTE, check=FAILED)
    answers = ("--yes",) if way == "multigit undo" else ()
    follow(halves, document, Hint.FINISH_OR_UNDO, way, *answers)
    none = halves.json("continue", check=REFUSED)
    follow(halves, none, Hint.LOG, "multigit log")


def test_an_undo_is_finished_not_undone(halves: Forge) -> None:
    """A remote refused the undo, and continue completes it."""
    halves.repos["web"].allow_pushes()
    halves.json(*PROMOTE, check=DONE)
    halves.repos["web"].reject_pushes("refs/heads/stg")
    document = halves.json("undo", "--yes", check=FAILED)
    halves.repos["web"].allow_pushes()
    follow(halves, document, Hint.FINISH, "multigit continue")


def test_a_branch_that_a_colleague_moved_is_left_to_abandon(halves: Forge) -> None:
    """It is at neither the old nor the new commit, so the hint is to abandon the operation."""
    api, web = halves.repos["api"], halves.repos["web"]
    halves.json("push", "dev", "--promote", "stg", "--yes", check=FAILED)
    halves.json("abandon")
    api.local_commit({"b.txt": "1\n"})
    web.local_commit({"b.txt": "1\n"})
    web.reject_pushes("refs/heads/dev")
    for repo in (api, web):
        repo.git("pull", "--quiet", "--rebase", "origin", "dev")
    halves.json("push", "dev", "--yes", check=FAILED)
    web.commit("dev", {"theirs.txt": "1\n"})
    document = halves.json("continue", check=REFUSED)
    follow(halves, document, Hint.START_OVER, "multigit abandon")


def test_a_further_promotion_is_undone_first(halves: Forge) -> None:
    """The hint names the later operation, and `multigit log` lists the ids."""
    halves.repos["web"].allow_pushes()
    first = halves.json(*PROMOTE, check=DONE)["operation"]
    halves.json("promote", "stg", "main", "--confirm", "main", check=DONE)
    refused = halves.json("undo", first, "--yes", check=REFUSED)
    hint = rows(refused)["api"]["problems"][0]["hint"]
    follow(halves, refused, Hint.UNDO_FIRST, hint.partition(": ")[2], "--confirm", "main")
    halves.json("undo", first, "--yes", check=DONE)

    first = halves.json(*PROMOTE, check=DONE)["operation"]
    for repo in halves.repos.values():
        repo.commit("dev", {"more.txt": "1\n"})
    halves.json(*PROMOTE, check=DONE)
    last = halves.json("promote", "stg", "main", "--confirm", "main", check=DONE)["operation"]
    refused = halves.json("undo", first, "--yes", check=REFUSED)
    follow(halves, refused, Hint.UNDO_FIRST, f"multigit undo {last}", "--confirm", "main")

    unknown = halves.json("undo", "stg-deploy-1", "--yes", check=USAGE)
    assert f"{last}\n" in follow(halves, unknown, Hint.LOG_IDS, "multigit log")


def test_a_later_release_on_top_is_undone_first(halves: Forge) -> None:
    """A back-merge that passed through this stage counts as well, and what is on top of that."""
    api = halves.repos["api"]
    first = halves.json(*PROMOTE, "-r", "api", check=DONE)["operation"]
    api.commit("main", {"hot.txt": "1\n"})
    second = halves.json("backmerge", "main", "--yes", "-r", "api", check=DONE)["operation"]
    api.git("pull", "--quiet", "origin", "dev")
    api.local_commit({"b.txt": "1\n"})
    third = halves.json("push", "dev", "--yes", "-r", "api", check=DONE)["operation"]
    for later in (third, second):
        refused = halves.json("undo", first, "--yes", check=REFUSED)
        follow(halves, refused, Hint.UNDO_FIRST, f"multigit undo {later}", "--yes")
    halves.json("undo", first, "--yes", check=DONE)


def test_a_remote_is_asked_when_it_can_be_reached_again(halves: Forge) -> None:
    """Until then its state is unknown."""
    web = halves.repos["web"]
    away = web.bare.with_suffix(".away")
    web.allow_pushes()
    hook(web.bare / "hooks/update", f"mv {web.bare} {away}; kill -9 $PPID")
    document = halves.json(*PROMOTE, check=FAILED)
    away.rename(web.bare)
    web.allow_pushes()
    follow(halves, document, Hint.CONTINUE_REACHABLE, "multigit continue")


def test_what_has_all_ended_is_only_closed(halves: Forge) -> None:
    """Continue closes it if everything is published, undo if nothing is on the remotes."""
    api = halves.repos["api"]
    before = api.tip("stg")
    told = halves.shop / ".multigit/lock.json"
    multigit = f"$(sed 's/.*\"pid\": \"//; s/\".*//' '{told}')"
    for command in ("continue", "undo"):
        killing = hook(api.bare / "hooks/post-receive", f"kill -KILL {multigit}")
        halves.run(*PROMOTE, "-r", "api", check=-signal.SIGKILL)
        killing.unlink()
        if command == "continue":
            said = halves.json("continue", "--dry-run", check=DONE)
            assert "Only its record is left to write." in said["message"]
            follow(halves, said, Hint.CLOSE, "multigit continue")
        else:
            tag = next(each for each in api.remote_refs() if each.startswith("refs/tags/"))
            api.remote_git("update-ref", "-d", tag)
            api.remote_git("update-ref", "refs/heads/stg", before)
            said = halves.json("undo", "--dry-run", check=DONE)
            follow(halves, said, Hint.CLOSE_UNDONE, "multigit undo", "--yes")
        assert halves.json("status")["unfinished"] is None
        if command == "continue":
            halves.json("undo", "--yes", check=DONE)
    assert len(halves.json("log")["records"]) == 3


def test_pushes_that_were_left_running_are_continued(forge: Forge) -> None:
    """The first Ctrl-C says so, and the second one leaves them."""
    api = forge.add("api")
    api.commit("dev", {"a.txt": "1\n"})
    forge.write_config()
    with pushing_slowly(api) as (came, go), at_terminal(forge, *PROMOTE, cols=120) as terminal:
        came()
        terminal.press_ctrl_c()
        terminal.expect("multigit continue finishes.")
        terminal.press_ctrl_c()
        assert terminal.finish() == INTERRUPTED
        go()
    said = terminal.text
    assert "Stopped waiting for" in said
    follow(forge, said, Hint.LEAVE_PUSHES, "multigit continue")
    assert api.remote_git("log", "-1", "--format=%s", "stg") == "Merge dev into stg"
