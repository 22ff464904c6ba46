"""All commands agree on whether an operation is unfinished, and each way out of it works."""

from __future__ import annotations

from pathlib import Path

import pytest

from multigit.hints import Hint
from tests.cli.answers import (
    DONE,
    FAILED,
    INTERRUPTED,
    REFUSED,
    Document,
    codes,
    hook,
    meanwhile,
    pushing_slowly,
    states,
)
from tests.hints.typing import follow
from tests.support.forge import Forge, remotes_untouched, untouched
from tests.support.patience import HEARD

PROMOTE = ("promote", "dev", "stg", "--yes")
DEPLOY = """
[stages.stg.deploy]
runner = "command"
command = ["true"]
"""


def open_journals(forge: Forge) -> list[Path]:
    """Return the journals that are still open."""
    return sorted(forge.shop.glob(".multigit/operations/*.jsonl"))


def assert_nothing_is_open(forge: Forge) -> None:
    """Assert that no command reports an unfinished operation, and that a new one can start."""
    assert open_journals(forge) == []
    assert forge.json("status", check=DONE)["unfinished"] is None
    assert codes(forge.json("continue", check=REFUSED)) == ["nothing_unfinished"]
    forge.json(*PROMOTE, check=DONE)


# --- Ctrl-C before anything is published


@pytest.mark.parametrize("options", [(), ("--no-wait",)])
def test_interrupt_while_preparing_leaves_nothing_unfinished(
    options: tuple[str, ...], forge: Forge
) -> None:
    """Nothing was published, so the operation failed and is closed, even with --no-wait."""
    told = forge.shop / ".multigit/lock.json"
    for name in ("api", "web"):
        repo = forge.add(name)
        repo.write({"a.txt": "1\n"})
        find = f"multigit=$(sed 's/.*\"pid\": \"//; s/\".*//' '{told}')"
        press = f"{find}; kill -INT $multigit; {HEARD} $multigit"
        hook(repo.clone / ".git/hooks/pre-commit", press)
    config = forge.write_config()
    config.write_text(config.read_text() + DEPLOY)
    with remotes_untouched(forge):
        document = forge.json(
            *("push", "dev", "--promote", "stg", "--yes", "--jobs", "1", *options),
            check=INTERRUPTED,
        )
    assert document["result"] == "failed"
    assert set(states(document).values()) == {"not_published"}
    (record,) = forge.json("log")["records"]
    assert (record["operation"], record["result"]) == (document["operation"], "failed")
    assert_nothing_is_open(forge)


# --- A crash between the record and the end of the journal


@pytest.fixture
def recorded(forge: Forge) -> Forge:
    """Return a promotion that was killed right after it was recorded, with new work on dev."""
    api = forge.add("api")
    api.commit("dev", {"a.txt": "1\n"})
    forge.write_config()
    reopen(forge, forge.json(*PROMOTE, check=DONE))
    api.commit("dev", {"b.txt": "1\n"})
    return forge


def reopen(forge: Forge, document: Document) -> None:
    """Move the journal of an operation back to where a crash would have left it."""
    operations = forge.shop / ".multigit/operations"
    name = document["operation"]
    (operations / name / "journal.jsonl").rename(operations / f"{name}.jsonl")


def test_who_only_looks_calls_it_over(recorded: Forge) -> None:
    """Commands that only read do not call it unfinished, and leave the journal where it is."""
    before = open_journals(recorded)
    for command in ("status", "log"):
        assert recorded.json(command, check=DONE)["unfinished"] is None
    findings = {each["code"] for each in recorded.json("doctor")["problems"]}
    assert "unfinished_operation" not in findings
    assert recorded.json("promote", "dev", "stg", "--dry-run", check=DONE)["result"] == "planned"
    for command in ("continue", "undo"):
        recorded.json(command, "--dry-run")
    assert open_journals(recorded) == before != []


def test_a_new_operation_closes_it(recorded: Forge) -> None:
    """A new operation is not blocked by it, and closes its journal."""
    assert states(recorded.json(*PROMOTE, check=DONE)) == {"api": "published"}
    assert open_journals(recorded) == []


@pytest.mark.parametrize("way", ["continue", "abandon"])
def test_each_way_out_says_that_it_is_closed_now(way: str, recorded: Forge) -> None:
    """Continue and abandon close it without a second record."""
    document = recorded.json(way, check=DONE)
    assert (document["result"], codes(document)) == ("nothing", ["recorded_already"])
    assert len(recorded.json("log")["records"]) == 1
    assert_nothing_is_open(recorded)


def test_undo_takes_back_what_was_recorded(recorded: Forge) -> None:
    """It is undone like any operation that has ended."""
    (record,) = recorded.json("log")["records"]
    document = recorded.json("undo", "--yes", check=DONE)
    assert states(document) == {"api": "published"}
    undo = recorded.json("log")["records"][-1]
    assert (undo["command"], undo["undoes"]) == ("undo", record["operation"])
    assert_nothing_is_open(recorded)


def test_watch_calls_it_over(forge: Forge) -> None:
    """Watch does not suggest continuing an operation whose record has been written."""
    forge.add("api").commit("dev", {"a.txt": "1\n"})
    config = forge.write_config()
    config.write_text(config.read_text() + DEPLOY)
    document = forge.json(*PROMOTE, check=DONE)
    reopen(forge, document)
    said = forge.run("watch", document["operation"], check=DONE)
    assert "not finished" not in said.stdout + said.stderr


def test_its_lock_is_given_back(recorded: Forge) -> None:
    """The command that closes the operation releases its lock."""
    lock = "refs/multigit/locks/stg"
    config = recorded.shop / "multigit.toml"
    config.write_text(config.read_text() + '\n[lock]\nrepo = "api"\n')
    api = recorded.repos["api"]
    keep = hook(api.bare / "hooks/pre-receive", f"! grep -q '0000 {lock}$'")
    document = recorded.json(*PROMOTE, check=DONE)
    keep.unlink()
    assert lock in api.remote_refs()
    reopen(recorded, document)
    said = recorded.json("continue", check=DONE)
    follow(recorded, said, Hint.LOG, "multigit log")
    assert lock not in api.remote_refs()


# --- A dry run only looks


def test_a_dry_run_works_while_somebody_is_at_work(forge: Forge) -> None:
    """A dry run names the command that is running, and neither waits for it nor fails."""
    for name in ("api", "web"):
        forge.add(name).commit("dev", {"a.txt": "1\n"})
    forge.write_config()
    forge.json(*PROMOTE, "-r", "api", check=DONE)
    web = forge.repos["web"]
    with (
        pushing_slowly(web) as (wait, go),
        meanwhile(lambda: forge.json(*PROMOTE, check=DONE)) as promotion,
    ):
        wait()
        with untouched(forge):
            for command in ("continue", "undo"):
                document = forge.json(command, "--dry-run")
                assert document["result"] in {"planned", "blocked"}
                assert "locked" in codes(document)
                assert "running multigit promote here" in document["problems"][-1]["message"]
        go()
        assert states(promotion.result())["web"] == "published"


# --- A stage that is no longer in the configuration


@pytest.mark.parametrize("command", ["continue", "undo"])
def test_a_stage_that_was_renamed_is_to_be_put_back(command: str, forge: Forge) -> None:
    """The hint says to restore the stage, and abandon works without it."""
    for name in ("api", "web"):
        forge.add(name).commit("dev", {"a.txt": "1\n"})
    config = forge.write_config()
    forge.repos["web"].reject_pushes("refs/heads/stg")
    forge.json(*PROMOTE, check=FAILED)
    text = config.read_text().replace("[stages.stg]", "[stages.stage]")
    forge.write_config(text.replace('promotes_from = "stg"', 'promotes_from = "stage"'))
    with untouched(forge):
        document = forge.json(command, "--yes", check=REFUSED)
    assert codes(document) == ["unknown_stage"]
    assert document["message"] == "The stage stg is no longer in the configuration."
    assert document["hint"] == "Restore it there first."
    forge.json("abandon", check=DONE)
