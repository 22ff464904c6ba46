"""The hints about operations that are not finished, and about what an undo leaves."""

from __future__ import annotations

import signal

import pytest

from multigit.hints import Hint
from tests.cli.answers import DONE, FAILED, REFUSED, USAGE, hook, rows
from tests.hints.typing import follow
from tests.support.forge import Forge

PROMOTE = ("promote", "dev", "stg", "--yes")


@pytest.fixture
def halves(forge: Forge) -> Forge:
    """Return a promotion whose api is published, and whose web was refused until now."""
    for name in ("api", "web"):
        forge.add(name).commit("dev", {"a.txt": "1\n"})
    forge.write_config()
    forge.repos["web"].reject_pushes("refs/heads/stg")
    return forge


def test_what_is_half_published_is_continued_or_undone(halves: Forge) -> None:
    """By the report, by the next command, by status and by doctor."""
    document = halves.json(*PROMOTE, check=FAILED)
    refused = halves.json(*PROMOTE, check=REFUSED)
    said = halves.run("status", check=DONE).stdout
    halves.repos["web"].allow_pushes()
    follow(halves, refused, Hint.FINISH_OR_UNDO, "multigit continue")
    undo = halves.json("undo", "--dry-run", check=DONE)
    assert undo["message"] == "2 repositories will go back."
    halves.repos["web"].reject_pushes("refs/heads/stg")
    follow(halves, document, Hint.FINISH_OR_UNDO, "multigit continue", check=REFUSED)
    assert "multigit undo" in said


@pytest.mark.parametrize("way", ["multigit undo", "multigit abandon"])
def test_each_way_out_is_one(halves: Forge, way: str) -> None:
    """Undo takes back, abandon leaves; afterwards nothing is unfinished."""
    document = halves.json(*PROMOTE, check=FAILED)
    answers = ("--yes",) if way == "multigit undo" else ()
    follow(halves, document, Hint.FINISH_OR_UNDO, way, *answers)
    none = halves.json("continue", check=REFUSED)
    follow(halves, none, Hint.LOG, "multigit log")


def test_an_undo_is_finished_not_undone(halves: Forge) -> None:
    """When a remote refused to go back."""
    halves.repos["web"].allow_pushes()
    halves.json(*PROMOTE, check=DONE)
    halves.repos["web"].reject_pushes("refs/heads/stg")
    document = halves.json("undo", "--yes", check=FAILED)
    halves.repos["web"].allow_pushes()
    follow(halves, document, Hint.FINISH, "multigit continue")


def test_a_branch_that_somebody_moved_is_left_to_abandon(halves: Forge) -> None:
    """Neither what it was, nor what was made for it; a new operation can begin then."""
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
    follow(halves, document, Hint.BEGIN_AGAIN, "multigit abandon")


def test_what_was_promoted_onwards_is_undone_first(halves: Forge) -> None:
    """By the operation that the hint names; its id is shown by the log's document."""
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
    follow(halves, unknown, Hint.LOG_IDS, "multigit log --json")


def test_a_later_release_on_top_is_undone_first(halves: Forge) -> None:
    """Also one that came by on its way to another stage."""
    api = halves.repos["api"]
    first = halves.json(*PROMOTE, "-r", "api", check=DONE)["operation"]
    api.commit("main", {"hot.txt": "1\n"})
    second = halves.json("backmerge", "main", "--yes", "-r", "api", check=DONE)["operation"]
    refused = halves.json("undo", first, "--yes", check=REFUSED)
    follow(halves, refused, Hint.UNDO_FIRST, f"multigit undo {second}", "--yes")
    halves.json("undo", first, "--yes", check=DONE)


def test_a_remote_that_went_away_is_asked_when_it_is_back(halves: Forge) -> None:
    """Nobody knows before what it has."""
    web = halves.repos["web"]
    away = web.bare.with_suffix(".away")
    web.allow_pushes()
    hook(web.bare / "hooks/update", f"mv {web.bare} {away}; kill -9 $PPID")
    document = halves.json(*PROMOTE, check=FAILED)
    away.rename(web.bare)
    web.allow_pushes()
    follow(halves, document, Hint.CONTINUE_REACHABLE, "multigit continue")


def test_what_has_all_ended_is_only_closed(halves: Forge) -> None:
    """A look says so: by continue where all arrived, by undo where nothing is there any more."""
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
