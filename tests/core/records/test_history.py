"""Looking up earlier operations in the log."""

from __future__ import annotations

import pytest

from multigit.core.planning.plan import State
from multigit.core.records.record import Record
from multigit.core.records.repo_record import MoveRecord, ProblemRecord
from tests.core.builders import past, record, row

UNDONE = (ProblemRecord("undone"),)


def test_an_operation_is_found_by_its_id_or_its_release() -> None:
    """The newest match is returned; a name in a message or in another field does not count."""
    first = record("a", row("m1"), release="one")
    again = record("b", row("m1"), release="one", command="deploy")
    other = record("c", row("m2"), release="two", message="one", undoes="a")
    history = past(first, again, other)
    assert history.find(Record.publishes, "one") == first
    assert history.find(Record.publishes, "a") == first
    assert history.find(lambda _: True, "one") == again
    assert history.find(lambda _: True) == other
    assert history.find(lambda _: True, "three") is None
    assert history.find(lambda each: each.stage == "main") is None


@pytest.mark.parametrize(
    ("kept", "wanted"),
    [
        (record("a", row("m1", "running")), True),
        (record("a", row("m1", "not_started")), True),
        (record("a", row("m1")), False),
        (record("a", row("m1", "succeeded"), command="watch", watches="b"), False),
    ],
)
def test_a_watch_deploys_nothing(kept: Record, wanted: bool) -> None:  # noqa: FBT001
    """The deployments belong to the operation that is being watched."""
    assert kept.deploys() == wanted


@pytest.mark.parametrize(
    ("kept", "left"),
    [
        (record("a", row("m1")), True),
        (record("a", row("", state="unknown")), True),
        (record("a", row("", state="failed", problems=(ProblemRecord("half_published"),))), True),
        (record("a", row("", state="failed", problems=(ProblemRecord("conflict"),))), False),
        (record("a", row("", state="not_published")), False),
        (record("a", row("m0"), command="undo", undoes="b"), False),
        (record("a", row("m1"), command="watch", watches="b"), False),
    ],
)
def test_what_can_be_undone_was_maybe_published(kept: Record, left: bool) -> None:  # noqa: FBT001
    """All of it, part of it or possibly some of it was published; an undo cannot be undone."""
    assert kept.maybe_published() == left


@pytest.mark.parametrize(
    ("stage", "limit", "shown", "hidden"),
    [
        (None, 0, "abc", 0),
        (None, 2, "bc", 1),
        (None, 3, "abc", 0),
        (None, 9, "abc", 0),
        ("stg", 0, "ac", 0),
        ("stg", 1, "c", 1),
        ("dev", 5, "", 0),
    ],
)
def test_the_last_records_of_a_stage(
    stage: str | None, limit: int, shown: str, hidden: int
) -> None:
    """The newest is last; the limit counts the records that are shown, and the rest is counted."""
    history = past(record("a"), record("b", stage="main"), record("c"))
    found, older = history.last(limit, stage, {})
    assert ["".join(each.operation for each in found), older] == [shown, hidden]


def test_what_was_deployed_is_found_by_its_commit() -> None:
    """Any operation may have deployed it, but a deployment that never started is ignored."""
    history = past(
        record("a", row("m1"), row("m2", "failed", repo="web")),
        record("b", row("m1", "succeeded"), command="deploy"),
        record("c", row("m3", "not_started"), row("m4", "running")),
    )
    assert history.deployed(["m1", "m2", "m3"]) == {"api": {"m1"}, "web": {"m2"}}
    assert history.deployed([]) == {}


def test_the_release_before_an_operation() -> None:
    """It is the last one that published the repository on that stage."""
    history = past(
        record("a", row("m0", tag="one")),
        record("b", row("m1", tag="two", state="failed")),
        record("c", row("m1", tag="three"), stage="main"),
        record("d", row("m2", tag="four")),
    )
    assert history.release_before("api", "stg", "d") == "one"
    assert history.release_before("api", "stg", "a") == ""
    assert history.release_before("web", "stg", "d") == ""
    assert history.release_before("api", "stg", "e") == ""


def test_the_release_before_was_not_undone() -> None:
    """A release may be undone in one repository, and not in another one."""
    history = past(
        record("a", row("m0", tag="one")),
        record("b", row("m1", tag="two"), row("m1", tag="two", repo="web")),
        record("u", row("m0"), command="undo", undoes="b"),
        record("d", row("m2", tag="three")),
    )
    assert history.release_before("api", "stg", "d") == "one"
    assert history.release_before("web", "stg", "d") == "two"


def test_what_promoted_it_further_is_named_only_if_it_can_be_undone() -> None:
    """It cannot be undone if it was deployed, already undone, or has others' commits on top."""
    onward = record("b", row("m1"), stage="main")
    assert past(onward).promoted_by("api", "main", "m1") == "b"
    assert past(onward).promoted_by("web", "main", "m1") == ""
    assert past(onward).promoted_by("api", "main", "theirs") == ""
    deployed = record("c", row("m1", "succeeded", state="deployed"), command="deploy")
    assert past(onward, deployed).promoted_by("api", "main", "m1") == ""
    undo = record("u", row("m0"), command="undo", undoes="b", stage="main")
    assert past(onward, undo).promoted_by("api", "main", "m0") == ""


def test_the_last_one_on_top_moved_one_of_the_same_branches() -> None:
    """Its own other branch may have moved on, and so may one of those on top of that."""
    both = (MoveRecord("dev", after="d1"), MoveRecord("stg", after="m1"))
    first = record("b", row("m1", moves=both), command="push")
    pushed = record("c", row("d2"), command="push", stage="dev")
    elsewhere = (
        record("d", row("m9"), stage="main"),
        record("e", row("d9", repo="web"), stage="dev"),
    )
    assert past(first, *elsewhere).last_on("api", {"b"}) == "b"
    assert past(first, pushed, *elsewhere).last_on("api", {"b"}) == "c"
    assert past(first, pushed, *elsewhere).last_on("api", {"b", "d"}) == "d"
    undo = record("u", row("d1"), command="undo", undoes="c", stage="dev")
    assert past(first, pushed, undo).last_on("api", {"b"}) == "b"
    assert past(first, pushed, undo).last_on("api", set()) == ""


def test_what_was_deployed_keeps_all_below_it_from_being_undone() -> None:
    """Its own commit there, or one that it moved another branch to."""
    both = (MoveRecord("dev", after="d1"), MoveRecord("stg", after="m1"))
    first = record("b", row("m1", "succeeded", moves=both), command="push")
    pushed = record("c", row("d2"), command="push", stage="dev")
    assert past(first, pushed).last_on("api", {"b"}) == ""
    later = record("d", row("m1", "succeeded", state="deployed"), command="deploy")
    promoted = record("b", row("m1", moves=both), command="push")
    assert past(promoted, pushed, later).last_on("api", {"b"}) == ""


def test_what_a_record_moved_on_the_way_counts_as_well() -> None:
    """A back-merge also moves the branches of the stages in between."""
    moves = (MoveRecord("stg", after="m1"), MoveRecord("dev", after="m2"))
    down = past(record("b", row("m2", moves=moves), command="backmerge", stage="dev"))
    assert down.promoted_by("api", "stg", "m1") == "b"
    assert down.promoted_by("api", "dev", "m2") == "b"
    assert down.promoted_by("api", "stg", "m2") == ""
    assert down.promoted_by("api", "dev", "") == ""


def test_the_undo_of_an_operation_undid_something() -> None:
    """It is the last undo that changed something; a refused one does not count."""
    first, last, refused = (
        record(name, row("m0", state=state), command="undo", undoes="a")
        for name, state in (("u1", "published"), ("u2", "published"), ("u3", "failed"))
    )
    history = past(record("a", row("m1")), first, last, refused)
    assert history.undo_of("a") == last
    assert history.undo_of("u1") is None
    assert last.was_undone() is False
    assert record("a", problems=UNDONE).was_undone()


def test_states_that_only_a_later_version_knows_are_ignored() -> None:
    """The result is as if the log did not contain them."""
    assert past(record("a", row("m1", state="melted"))).states_of("a") == {}
    assert past(record("a", row("m1"))).states_of("a") == {"api": State.PUBLISHED}


def test_an_end_is_recorded_once() -> None:
    """Two watches see the same end, and a deployment that is still running is not recorded."""

    def watched(run: str) -> Record:
        return record("w", row("m1", run), command="watch", watches="a")

    started, other = record("a", row("m1", "queued")), record("b", row("m1", "succeeded"))
    assert not past(started).lacks_end(watched("running"))
    assert past(started, other).lacks_end(watched("succeeded"))
    assert not past(started, watched("succeeded")).lacks_end(watched("succeeded"))
    assert past(started, watched("failed")).lacks_end(watched("succeeded"))
    assert past(started, watched("succeeded"), watched("failed")).lacks_end(watched("succeeded"))
