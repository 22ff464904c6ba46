"""Held stages in the status: what is said of them, and of the work that waits behind them."""

from __future__ import annotations

from dataclasses import replace

from multigit.core.progress.shared import local_holds, shared_in
from multigit.core.progress.stage_refs import hold_bytes
from multigit.core.records.last_deployments import LastDeployment
from multigit.core.reports.held_stages import Holding, hold_hint, holding_of
from multigit.core.reports.status import StatusRow, WentBack, status_rows
from multigit.core.reports.status_words import (
    status_document,
    status_exit_code,
    status_hint,
    status_sentence,
)
from multigit.core.values.problem import Problem
from multigit.core.values.refs import Tag
from tests.core.builders import API, DEV, MAIN, STG, WEB, merge, refs, snapshot, work, workspace
from tests.core.roll_backs import HOLD

HELD = Holding((HOLD,), counts={"stg": {"api": 2}})
SINCE = 1736953320  # of the hold
PAIRS = ((DEV, STG), (STG, MAIN))


def row(holding: Holding = HELD, **last: LastDeployment) -> StatusRow:
    """Return the row of api, of which nothing else waits; keywords are the last deployments."""
    seen = {"api": snapshot(refs=refs("stg-deploy-20250115-150130"), work=work())}
    return status_rows(workspace(API), (API,), seen, {"api": last}, holding)[0]


def test_held_commits_wait() -> None:
    """They are on the stage's branch, so without the hold the stage would be up to date."""
    found = row()
    assert [(pair.state, pair.commits, pair.held) for pair in found.pairs] == [
        ("waiting", 0, 2),
        ("up_to_date", 0, 0),
    ]
    assert [pair.state for pair in row(Holding()).pairs] == ["up_to_date"] * 2
    assert status_sentence([found]) == "1 repository: 1 with held commits."


def test_they_are_counted_apart_from_what_is_to_be_promoted() -> None:
    """Both may wait in a repository; neither is a hotfix to carry back."""
    seen = {"api": snapshot(merge(), work=work())}
    found = status_rows(workspace(API), (API,), seen, {}, HELD)
    assert (found[0].pairs[0].commits, found[0].pairs[0].held, found[0].pairs[0].debt) == (3, 2, 0)
    said = "1 repository: 1 with commits to promote, 1 with held commits."
    assert status_sentence(found) == said


def test_the_document_has_the_holds() -> None:
    """They are local, or shared with all machines."""
    document = status_document([row()], "Do it.", HELD)
    assert document["holds"] == [{**HOLD.document(), "local": False}]
    assert document["repos"][0]["rolled_back"] == {"stg": "deploy-1"}
    assert document["repos"][0]["pairs"][0]["held"] == 2
    assert (document["exit_code"], document["problems"]) == (0, [])
    local = Holding((replace(HOLD, local=True),))
    assert status_document([row()], "", local)["holds"][0]["local"] is True


def test_the_hint_releases_the_hold() -> None:
    """By a promotion, with a message where the stage requires one; else by a deployment."""
    assert status_hint([row()], PAIRS, HELD) == (
        "If it is fixed, promote the fix and release the hold: multigit promote dev stg "
        '--release-hold --reason "why"'
    )
    main = replace(HOLD, stage="main")
    assert '`multigit promote stg main -m "what comes" ' in repr_of(hold_hint((main,), PAIRS))
    first = replace(HOLD, stage="dev")
    assert "multigit deploy dev --release-hold" in hold_hint((first,), PAIRS)
    assert status_hint([row()], PAIRS) == ""


def test_a_hold_of_other_repositories_is_no_reason_to_promote_these() -> None:
    """Nor can it be released while an operation is unfinished here: every promotion is refused."""
    web = Holding((replace(HOLD, repos={"web": HOLD.repos["api"]}),))
    assert status_hint([row()], PAIRS, web) == ""
    assert status_hint([row()], PAIRS, replace(HELD, busy=True)) == ""


def repr_of(hint: str) -> str:
    """Return a hint with its commands between marks."""
    return "".join(f"`{part}" for part in getattr(hint, "parts", (hint,)))


def test_a_hold_that_cannot_be_read_is_said() -> None:
    """The status fails then, since it does not know what is held."""
    shared = shared_in({"refs/multigit/locks/stg": ("0", b"{}")})
    (problem,) = holding_of(shared, {}).problems
    assert problem.code == "hold_unreadable"
    assert problem.message == (
        "it is unknown whether stg is held: refs/multigit/locks/stg cannot be read."
    )
    assert status_exit_code([row()], holding_of(shared, {})) == 1
    (local,) = holding_of(local_holds({"stg": ("", b"{}")}), {}).problems
    assert ".multigit/holds/stg.json cannot be read" in local.message
    assert "multigit lock" not in local.hint, "there is no lock repository to ask"


def test_what_could_not_be_fetched_is_said_once() -> None:
    """The row of the lock repository says so, if the status has one."""
    stale = Problem("unreachable", "the remote cannot be reached.")
    content = hold_bytes(HOLD.document())
    shared = replace(shared_in({"refs/multigit/locks/stg": ("0", content)}), stale=stale)
    assert holding_of(shared, {}) == Holding((HOLD,), (stale,))
    assert holding_of(shared, {}, told=True) == Holding((HOLD,))


def test_a_stage_that_went_back_is_known_by_its_hold_or_by_the_log() -> None:
    """The log only knows what was done here; a newer tag was made elsewhere."""
    assert row().rolled_back == {"stg": WentBack("deploy-1", SINCE)}
    last = LastDeployment("deploy-1", "2025-01-15T17:00:00Z", "failed", rolled_back_to="deploy-0")
    assert row(Holding(), stg=last).rolled_back == {"stg": WentBack("deploy-0", last.time)}
    assert row(Holding(), stg=replace(last, rolled_back_to="")).rolled_back == {}
    older = replace(last, at="2025-01-15T12:00:00Z")
    tagged = refs("stg-deploy-20250115-150130")
    assert [tag.time for tag in tagged.tags] == [Tag("", 1736949600).time]
    assert row(Holding(), stg=older).rolled_back == {}


def test_other_repositories_did_not_go_back() -> None:
    """A hold names those that did."""
    seen = {"web": snapshot(repo=WEB, work=work())}
    (found,) = status_rows(workspace(WEB), (WEB,), seen, {}, HELD)
    assert (found.rolled_back, found.pairs[0].held) == ({}, 0)
