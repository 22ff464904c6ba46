"""The lock across machines, when its holder dies, is interrupted, or cannot release it."""

from __future__ import annotations

import json
import re
import signal

import pytest

from tests.cli.answers import (
    DONE,
    FAILED,
    INTERRUPTED,
    REFUSED,
    USAGE,
    Document,
    codes,
    hook,
    states,
)
from tests.support.forge import Forge, untouched
from tests.support.patience import HEARD, until
from tests.support.ssh_git import GitSshServer

PROMOTE = ("promote", "dev", "stg", "--yes")
LOCK = "refs/multigit/locks/stg"
NOTHING = "0" * 40
HOLD = ("operation", "release", "bad", "who", "host", "since", "why")
TAKEN, GIVEN_BACK = f'[ "$new" != {NOTHING} ]', f'[ "$new" = {NOTHING} ]'


@pytest.fixture
def pair(forge: Forge) -> Forge:
    """Return two repositories with work on dev; the locks are on the remote of database."""
    for name in ("database", "api"):
        forge.add(name).commit("dev", {"a.txt": "1\n"})
    config = forge.write_config()
    config.write_text(f'{config.read_text()}\n[lock]\nrepo = "database"\n', encoding="utf-8")
    return forge


def strike(forge: Forge, name: str, when: str, act: str) -> None:
    """Make a hook of the locks' remote act once, when the lock is taken or released.

    `$multigit` is the process that holds the workspace lock.
    """
    told = forge.shop / ".multigit/lock.json"
    find = f"multigit=$(sed 's/.*\"pid\": \"//; s/\".*//' '{told}')"
    text = f'while read old new ref; do if [ "$ref" = {LOCK} ] && {when}; then rm "$0"'
    hook(forge.repos["database"].bare / f"hooks/{name}", f"{text}; {find}; {act}; fi; done")


def is_locked(forge: Forge) -> bool:
    """Return whether stg is locked."""
    return LOCK in forge.repos["database"].remote_refs()


def records(forge: Forge) -> list[Document]:
    """Return the records of the deployment log."""
    lines = (forge.shop / "deployment.log").read_text().splitlines()
    return [json.loads(line) for line in lines]


def assert_published_once(forge: Forge) -> None:
    """Assert that each repository has its tag, the log one record, and nothing is left over."""
    for repo in forge.repos.values():
        assert len([ref for ref in repo.remote_refs() if ref.startswith("refs/tags/")]) == 1
    (record,) = records(forge)
    assert {row["state"] for row in record["repos"]} == {"published"}
    assert not list(forge.shop.glob(".multigit/operations/*.jsonl"))
    assert not is_locked(forge)


def test_killed_with_the_lock_alone_it_goes_on(pair: Forge) -> None:
    """The journal is written before the lock is taken, so `continue` knows whose lock it is."""
    strike(pair, "post-receive", TAKEN, "kill -KILL $multigit")
    pair.run(*PROMOTE, check=-signal.SIGKILL)
    assert is_locked(pair)
    assert states(pair.json("continue", check=DONE)) == dict.fromkeys(pair.repos, "published")
    assert_published_once(pair)


@pytest.mark.parametrize(
    ("name", "ending"), [("pre-receive", "; exit 1"), ("post-receive", "")], ids=["held", "given"]
)
def test_killed_when_all_is_done_it_leaves_no_lock(name: str, ending: str, pair: Forge) -> None:
    """The lock is released before the journal is closed, so `continue` does what is missing."""
    strike(pair, name, GIVEN_BACK, f"kill -KILL $multigit{ending}")
    pair.run(*PROMOTE, check=-signal.SIGKILL)
    assert is_locked(pair) == bool(ending)
    assert codes(pair.json("continue", check=DONE)) == ["recorded_already"]
    assert_published_once(pair)


@pytest.mark.parametrize("way", ["undo", "abandon"])
def test_every_way_out_gives_the_lock_back(way: str, pair: Forge) -> None:
    """Undo and abandon release the lock even if nothing was published yet."""
    strike(pair, "post-receive", TAKEN, "kill -KILL $multigit")
    with untouched(pair):
        pair.run(*PROMOTE, check=-signal.SIGKILL)
        pair.run(way, *(("--yes",) if way == "undo" else ()), check=DONE)
    assert not is_locked(pair)


@pytest.mark.parametrize("way", ["continue", "undo", "abandon"])
def test_lock_is_kept_while_a_push_may_arrive(way: str, pair: Forge) -> None:
    """Until the result is known, no one else can take it; each way out releases it."""
    api = pair.repos["api"]
    pre_receive = hook(api.bare / "hooks/pre-receive", 'kill -KILL "$PPID"')
    document = pair.json(*PROMOTE, check=FAILED)
    assert states(document) == {"database": "published", "api": "unknown"}
    assert codes(document) == ["lock_kept"]
    assert document["problems"][0]["message"].startswith("The lock of stg is kept because a push")
    (lock,) = pair.json("lock", "status")["locks"]
    assert lock["holder"]["operation"] == document["operation"]
    again = pair.json("continue", "--yes", check=FAILED)  # it may still be published
    assert (states(again)["api"], codes(again)) == ("unknown", ["lock_kept"])
    assert is_locked(pair)
    pre_receive.unlink()
    ended = pair.json(way, *(() if way == "abandon" else ("--yes",)), check=DONE)
    assert "lock_kept" not in codes(ended)
    assert not is_locked(pair)


@pytest.mark.parametrize("way", ["continue", "undo", "abandon"])
def test_lock_is_given_back_where_it_was_taken(way: str, pair: Forge) -> None:
    """Each way out releases it even if the configuration no longer has [lock]."""
    strike(pair, "post-receive", TAKEN, "kill -KILL $multigit")
    pair.run(*PROMOTE, check=-signal.SIGKILL)
    assert is_locked(pair)
    pair.write_config()
    ended = pair.json(way, *(() if way == "abandon" else ("--yes",)), check=DONE)
    assert codes(ended) == ([] if way == "continue" else [f"{way}ed".replace("undoed", "undone")])
    assert not is_locked(pair)


def test_lock_that_stays_is_released_where_it_was_taken(pair: Forge) -> None:
    """The hint says to restore [lock] in the configuration first."""
    strike(pair, "post-receive", TAKEN, "kill -KILL $multigit")
    pair.run(*PROMOTE, check=-signal.SIGKILL)
    refuse = f'[ "$1" != {LOCK} ] || [ "$3" != {NOTHING} ] || exit 1'
    update = hook(pair.repos["database"].bare / "hooks/update", refuse)
    config = (pair.shop / "multigit.toml").read_text()
    pair.write_config()
    ended = pair.json("continue", "--yes", check=DONE)
    (problem,) = ended["problems"]
    assert problem["code"] == "lock_left"
    first, command = problem["hint"].split(" again. ")
    assert first == 'First put [lock] with repo = "database" into multigit.toml'
    update.unlink()
    pair.write_config(config)
    nonce = command.partition("--id ")[2].split()[0]
    pair.run("lock", "release", "--id", nonce, "--reason", "a hook kept it", check=DONE)
    assert not is_locked(pair)


def test_interrupt_is_heard_when_all_is_recorded(pair: Forge) -> None:
    """Everything was published: the document says so, exit 130, and nothing is left to continue."""
    strike(pair, "pre-receive", GIVEN_BACK, f"kill -TERM $multigit; {HEARD} $multigit")
    document = pair.json(*PROMOTE, check=INTERRUPTED)
    assert states(document) == dict.fromkeys(pair.repos, "published")
    assert document["result"] == "done"
    assert_published_once(pair)


def test_interrupt_while_the_lock_is_taken_changes_nothing(pair: Forge) -> None:
    """The lock is released, and nothing is left to continue."""
    strike(pair, "pre-receive", TAKEN, f"kill -INT $multigit; {HEARD} $multigit")
    with untouched(pair):
        document = pair.json(*PROMOTE, check=INTERRUPTED)
        assert document["result"] == "cancelled"
        assert codes(pair.json("continue", check=REFUSED)) == ["nothing_unfinished"]
    assert not is_locked(pair)
    assert [record["result"] for record in records(pair)] == ["cancelled"]


def test_second_interrupt_while_the_lock_is_taken_keeps_it(pair: Forge) -> None:
    """The message says so, and abandon releases it."""
    press = f"kill -INT $multigit; {HEARD} $multigit"
    strike(pair, "pre-receive", TAKEN, f"{press}; {press}")
    document = pair.json(*PROMOTE, check=INTERRUPTED)
    assert "The lock of stg is kept because a push may still succeed." in document["message"]
    until(lambda: is_locked(pair))
    pair.json("abandon", check=DONE)
    assert not is_locked(pair)


def test_lock_that_was_not_given_back_is_told(pair: Forge) -> None:
    """The release is published; the warning names the command that releases the lock."""
    refuse = f'[ "$1" != {LOCK} ] || [ "$3" != {NOTHING} ] || exit 1'
    update = hook(pair.repos["database"].bare / "hooks/update", refuse)
    done = pair.run(*PROMOTE, check=DONE)
    assert "! The lock of stg could not be released." in done.stdout
    update.unlink()
    (hint,) = [line for line in done.stdout.replace("\n    ", " ").splitlines() if "--id" in line]
    nonce = hint.partition("--id ")[2].split()[0]
    pair.run("lock", "release", "--id", nonce, "--reason", "a hook kept it", check=DONE)
    assert not is_locked(pair)


def test_lock_that_was_not_given_back_is_a_warning_in_the_document(pair: Forge) -> None:
    """The warning has the code lock_left."""
    refuse = f'[ "$1" != {LOCK} ] || [ "$3" != {NOTHING} ] || exit 1'
    hook(pair.repos["database"].bare / "hooks/update", refuse)
    document = pair.json(*PROMOTE, check=DONE)
    assert (document["result"], codes(document)) == ("done", ["lock_left"])
    assert document["problems"][0]["severity"] == "warn"


def test_answer_that_is_lost_leaves_no_lock(pair: Forge) -> None:
    """The remote is asked again, and the lock that it still has is released."""
    strike(pair, "pre-receive", GIVEN_BACK, 'kill -KILL "$PPID"; exit 1')
    document = pair.json(*PROMOTE, check=DONE)
    assert codes(document) == []
    assert_published_once(pair)


def test_operation_that_gets_no_lock_is_over(pair: Forge) -> None:
    """What cannot be read blocks; that is recorded, and nothing is left to continue."""
    database = pair.repos["database"]
    strangers = database.remote_git("hash-object", "-w", "--stdin", input="x")
    database.remote_git("update-ref", LOCK, strangers)
    with untouched(pair):
        blocked = pair.json(*PROMOTE, check=REFUSED)
        assert {code for row in blocked["repos"] for code in codes(row)} == {"hold_unreadable"}
        assert codes(pair.json("continue", check=REFUSED)) == ["nothing_unfinished"]
    assert [record["result"] for record in records(pair)] == ["blocked"]


def test_the_lock_costs_two_connections_for_the_whole_operation(pair: Forge) -> None:
    """One to take it and one to release it, in addition to each repository's fetch and push.

    What is shared comes with the fetch, so a held stage needs no more. Only if the repository with
    the locks takes no part, it is fetched alone.
    """
    with GitSshServer(pair.remotes, pair.root / "ssh") as server:
        pair.env.update(server.environment())
        for name, repo in pair.repos.items():
            repo.git("config", "remote.origin.url", server.url(name))
        pair.json(*PROMOTE, check=DONE)
        assert [server.connections(name) for name in ("api", "database")] == [2, 4]
        assert_published_once(pair)
        hold = {"hold": {**dict.fromkeys(HOLD, "x"), "stage": "stg", "repos": {}}}
        content = json.dumps(hold, sort_keys=True, indent=1) + "\n"
        database = pair.repos["database"]
        sha = database.remote_git("hash-object", "-w", "--stdin", input=content)
        database.remote_git("update-ref", LOCK, sha)
        for repo in pair.repos.values():
            repo.commit("dev", {"b.txt": "1\n"})
        pair.json(*PROMOTE, "--release-hold", "--reason", "it is fixed", check=DONE)
        assert [server.connections(name) for name in ("api", "database")] == [4, 8]
        assert LOCK not in database.remote_refs()
        pair.repos["api"].commit("dev", {"c.txt": "1\n"})
        pair.json(*PROMOTE, "-r", "api", check=DONE)
        assert [server.connections(name) for name in ("api", "database")] == [6, 11]
        database.remote_git("update-ref", LOCK, sha)
        status = pair.json("lock", "status", check=DONE)
    assert status["locks"] == []
    assert status["holds"] == [{**hold["hold"], "running": [], "left": []}]
    assert status["message"] == "No stage is locked, 1 is held."


def test_the_hint_to_name_a_repository_for_locks_is_right_as_it_stands(forge: Forge) -> None:
    """Following it literally adds two lines at the end of the file."""
    forge.add("api")
    config = forge.write_config()
    refused = forge.json("lock", "status", check=USAGE)
    told = re.search(r"multigit.toml: (\S+), and below it (.*?) with", refused["hint"])
    assert told, refused["hint"]
    first, second = told.groups()
    lines = f"{first}\n{second.replace('NAME', 'api')}\n"
    config.write_text(f"{config.read_text()}{lines}", encoding="utf-8")
    assert forge.json("lock", "status", check=DONE)["message"] == "No stage is locked."
