"""What the log keeps of a roll-back."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from multigit.core.planning.plan import Plan, State
from multigit.core.progress.outcome import Outcome, cancelled, ended, refused
from multigit.core.progress.outcome import planned as shows
from multigit.core.records.back_record import RollBackRecord, WayRecord
from multigit.core.records.chain import canonical
from multigit.core.records.last_deployments import last_deployed, with_unfinished
from multigit.core.records.record import Record
from multigit.core.values.agreement import Actor, Agreement
from multigit.core.values.deployment import Deployment, RunState
from multigit.core.values.problem import Problem
from tests.core.builders import past, plan, published, record, row, to_publish
from tests.core.roll_backs import BACK, redeployed, restored, roll_back, went_back

ADA = Actor("Ada <ada@example.com>", "ada", "laptop")
AGAIN = WayRecord("redeploy", "stg-1", commits=2, files=3, held=True)
RESTORED = WayRecord("restore", "stg-1", commits=2, files=3)
DONE, FAILED, NOT_STARTED = RunState.SUCCEEDED, RunState.FAILED, RunState.NOT_STARTED


def kept(planned: Plan, *outcomes: Outcome) -> Record:
    """Return the record of a roll-back that ended, as it is read from the log."""
    made = Record.of(ended(planned, outcomes), ADA, "2025-01-15T15:02:00Z", Agreement())
    read = Record.parse(json.loads(canonical(made.document())))
    assert read == made
    return read


def test_it_says_what_each_repository_lost_and_how_it_went_back() -> None:
    """The record says that of all of them together, with both releases and the reason."""
    planned = roll_back(redeployed(), restored(), release="deploy-3")
    found = kept(planned, went_back(redeployed(), DONE), went_back(restored()))
    assert found.rolls_back == RollBackRecord(
        "deploy-1", "deploy-2", "payments fail", held=True, commits=4
    )
    assert [each.rolled_back for each in found.repos] == [AGAIN, RESTORED]
    assert (found.publishes(), found.released) == (True, "deploy-3")


def test_an_automatic_one_names_the_operation_that_it_answers() -> None:
    """That one has a record of its own."""
    back = replace(BACK, after="20250115T150000Z-promote-dev-stg-aaaa")
    found = kept(roll_back(redeployed(), back=back), went_back(redeployed(), DONE))
    assert found.rolls_back
    assert found.rolls_back.after == "20250115T150000Z-promote-dev-stg-aaaa"


def test_deployments_alone_publish_nothing() -> None:
    """The release is the one that is deployed again, so it exists, even if nothing was started."""
    found = kept(roll_back(redeployed()), went_back(redeployed(), DONE))
    assert not found.publishes()
    assert found.released == "deploy-1"
    nothing = kept(roll_back(redeployed()), Outcome(redeployed(), State.NOT_PUBLISHED))
    assert nothing.released == "deploy-1"


def test_it_holds_nothing_and_took_nothing_back_where_nothing_was_reached() -> None:
    """A restore never holds the stage."""
    nothing = kept(roll_back(redeployed()), went_back(redeployed(), NOT_STARTED))
    assert nothing.rolls_back == RollBackRecord("deploy-1", "deploy-2", "payments fail")
    whole = kept(roll_back(restored(), release="deploy-3"), went_back(restored()))
    assert whole.rolls_back
    assert (whole.rolls_back.held, whole.rolls_back.commits) == (False, 2)


def test_one_that_was_cancelled_made_no_release() -> None:
    """Its tag would be a new one."""
    planned = roll_back(restored(), release="deploy-3")
    shown = shows(planned)
    locked = refused(shown, Problem("locked", "stg is locked."))
    for report in (cancelled(shown, interrupted=False), locked):
        found = Record.of(report, ADA, "2025-01-15T15:02:00Z", Agreement())
        assert found.released == ""
        assert found.rolls_back
        assert (found.rolls_back.commits, found.rolls_back.held) == (0, False)


def test_other_operations_do_not_have_it() -> None:
    """Neither as a whole, nor in a repository."""
    found = Record.of(ended(plan(to_publish()), [published()]), ADA, "2025-01-15", Agreement())
    assert found.rolls_back is None
    assert "rolls_back" not in found.document()
    assert "rolled_back" not in found.document()["repos"][0]


def test_the_last_deployment_knows_to_what_it_went_back() -> None:
    """One that someone watched does so, too; the next promotion is not one."""
    back = kept(roll_back(redeployed()), went_back(redeployed(), RunState.RUNNING))
    end = record("w", row("stg-1", "succeeded"), command="watch", watches=back.operation)
    later = record("z", row("stg-3", "succeeded"))
    assert last_deployed([back])["api"]["stg"].rolled_back_to == "deploy-1"
    watched = last_deployed([back, end])["api"]["stg"]
    assert (watched.rolled_back_to, watched.state) == ("deploy-1", "succeeded")
    assert last_deployed([back, end, later])["api"]["stg"].rolled_back_to == ""


def test_an_unfinished_roll_back_counts() -> None:
    """It has no record yet."""
    started = {"api": {"": Deployment(state=RunState.RUNNING)}}
    last = with_unfinished({}, roll_back(redeployed()), started)
    assert last["api"]["stg"].rolled_back_to == "deploy-1"


@pytest.mark.parametrize(("state", "before"), [("succeeded", "one"), ("not_started", "two")])
def test_the_release_before_is_what_was_deployed_again(state: str, before: str) -> None:
    """It counts only where something was started."""
    history = past(
        record("a", row("m0", tag="one")),
        record("b", row("m1", tag="two")),
        record(
            "c",
            row("m0", state, state="deployed", tag="one", rolled_back=AGAIN),
            command="rollback",
        ),
        record("d", row("m2", tag="three")),
    )
    assert history.release_before("api", "stg", "d") == before
    assert history.release_before("api", "stg", "c") == "two"
