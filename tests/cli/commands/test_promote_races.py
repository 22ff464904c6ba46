"""Promotions that race with colleagues, and remotes that refuse: no one's commit is lost."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.cli.answers import (
    DONE,
    FAILED,
    QUESTION,
    Document,
    answered,
    asked_for_json,
    at_terminal,
    codes,
    meanwhile,
    merge_facts,
    pushing_slowly,
    rows,
    states,
    told,
)
from tests.support.forge import Forge, ForgeRepo, remotes_untouched
from tests.support.refs import read_refs


@pytest.fixture
def trio(forge: Forge) -> Forge:
    """Return a workspace of three repositories with work on dev."""
    for name in ("database", "api", "web"):
        forge.add(name).commit("dev", {"a.txt": f"{name}\n"})
    forge.write_config()
    return forge


def test_colleague_who_pushes_at_the_question_loses_nothing(trio: Forge) -> None:
    """Their commit stays, the message names both SHAs, and the other two are published: exit 1."""
    api = trio.repos["api"]
    planned = api.tip("stg")
    with at_terminal(trio, "promote", "dev", "stg") as terminal:
        terminal.expect(QUESTION)
        theirs = api.commit("stg", {"theirs.txt": "1\n"})
        terminal.send_line("y")
        assert terminal.finish() == FAILED
    assert api.tip("stg") == theirs
    assert not [ref for ref in api.remote_refs() if ref.startswith("refs/tags/")]
    assert planned[:7] in terminal.text
    assert theirs[:7] in terminal.text
    for name in ("database", "web"):
        assert len(merge_facts(trio.repos[name], "stg")[0]) == 2
    trio.json("continue", "--yes", check=DONE)
    assert merge_facts(api, "stg")[0] == [theirs, api.tip("dev")]


def test_colleague_who_pushes_during_our_push_loses_nothing(trio: Forge) -> None:
    """The server compares at the last moment: their commit stays, and neither ref is pushed."""
    api = trio.repos["api"]
    planned = api.tip("stg")

    def promote() -> Document:
        return trio.json("promote", "dev", "stg", "--yes", check=FAILED)

    with pushing_slowly(api) as (came, go), meanwhile(promote) as promotion:
        came()
        theirs = api.commit("stg", {"theirs.txt": "1\n"})
        go()
        document = promotion.result()
    assert states(document) == {"database": "published", "api": "failed", "web": "published"}
    row = rows(document)["api"]
    assert codes(row) == ["moved"]
    assert planned[:7] in told(document)
    assert theirs[:7] in told(document)
    assert (row["after"], document["result"]) == (None, "failed")
    assert api.tip("stg") == theirs
    assert not [ref for ref in api.remote_refs() if ref.startswith("refs/tags/")]


def rewind(repo: ForgeRepo) -> None:
    """Let a colleague remove the last commit of stg."""
    repo.remote_git("update-ref", "refs/heads/stg", "stg~1")


def delete(repo: ForgeRepo) -> None:
    """Let a colleague delete stg."""
    repo.remote_git("update-ref", "-d", "refs/heads/stg")


def vanish(repo: ForgeRepo) -> None:
    """Make the remote unreachable."""
    repo.bare.rename(repo.bare.with_suffix(".away"))


@pytest.mark.parametrize(
    ("event", "state", "code"),
    [
        (rewind, "failed", "moved"),
        (delete, "failed", "moved"),
        (vanish, "failed", "remote_missing"),
    ],
)
def test_remote_that_changed_at_the_question_is_not_pushed_over(
    event: Callable[[ForgeRepo], None], state: str, code: str, trio: Forge
) -> None:
    """A rewound or deleted branch, or a missing remote, is reported, and nothing is forced."""
    api = trio.repos["api"]
    api.commit("stg", {"more.txt": "1\n"})
    with asked_for_json(trio, "promote", "dev", "stg") as terminal:
        terminal.expect(QUESTION)
        event(api)
        bare = api.bare if api.bare.exists() else api.bare.with_suffix(".away")
        before = read_refs(bare)
        terminal.send_line("y")
        assert terminal.finish() == FAILED
    assert read_refs(bare) == before
    document = answered(trio)
    assert states(document) == {"database": "published", "api": state, "web": "published"}
    assert codes(rows(document)["api"]) == [code]


@pytest.mark.parametrize("pattern", ["refs/heads/stg", "refs/tags/*"])
def test_refused_branch_keeps_the_tag_away_and_the_other_way_round(
    pattern: str, trio: Forge
) -> None:
    """If the branch or the tag is protected, neither is pushed; the server's message is shown."""
    api = trio.repos["api"]
    api.reject_pushes(pattern, "GH006: Protected branch update failed")
    before = api.remote_refs()
    document = trio.json("promote", "dev", "stg", "--yes", check=FAILED)
    assert states(document) == {"database": "published", "api": "failed", "web": "published"}
    assert codes(rows(document)["api"]) == ["refused_by_remote"]
    assert "GH006: Protected branch update failed" in told(document)
    assert api.remote_refs() == before

    api.allow_pushes()
    with remotes_untouched(trio):
        plan = trio.json("promote", "dev", "stg", "--dry-run", check=DONE)
    assert states(plan) == {"database": "up_to_date", "api": "planned", "web": "up_to_date"}


def test_failure_names_the_file_that_holds_what_git_said(trio: Forge) -> None:
    """The transcript is where the output says, and only the user can read it."""
    trio.repos["api"].reject_pushes("refs/heads/stg", "GH006: no")
    done = trio.run("promote", "dev", "stg", "--yes", check=FAILED)
    (place,) = re.findall(r"\.multigit/operations/\S+/", done.stdout + done.stderr)
    transcript = trio.shop / place / "api.log"
    assert "GH006: no" in transcript.read_text()
    assert transcript.stat().st_mode & 0o777 == 0o600
    assert (trio.shop / ".multigit").stat().st_mode & 0o777 == 0o700


def test_merge_is_dated_at_the_time_of_the_operation(trio: Forge) -> None:
    """Merge, tag and the name of the tag have the same second."""
    began = int(time.time())
    tag = trio.json("promote", "dev", "stg", "--yes", check=DONE)["release"]
    stamp = datetime.strptime(tag, "stg-deploy-%Y%m%d-%H%M%S").replace(tzinfo=UTC)
    for repo in trio.repos.values():
        merged = int(repo.remote_git("log", "-1", "--format=%ct", "stg"))
        assert began <= merged <= int(time.time())
        assert merged == int(stamp.timestamp())
