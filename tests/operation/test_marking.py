"""Marking a release: which one is meant, who sees it, and what the log says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.progress.marks import mark_ref, read_mark
from multigit.core.values.mark import Mark, Quality
from multigit.core.values.workspace import Workspace
from multigit.errors import RefusedError, UsageError
from multigit.operation.marking import Marked, mark_release
from tests.operation.desk import COMMAND, Desk
from tests.support.fake_git import gone_afterwards


@pytest.fixture
def released(desk: Desk) -> str:
    """Return the release of a promotion to stg."""
    desk.change = tagging
    return desk.promote().report.plan.release


def tagging(space: Workspace) -> Workspace:
    """Return the workspace with deploy tags on stg."""
    stages = (replace(each, tag="stg-{timestamp}") for each in space.stages)
    return replace(space, stages=tuple(each for each in stages))


def sharing(space: Workspace) -> Workspace:
    """Return the workspace with its marks on the remote of api."""
    return replace(tagging(space), lock_repo="api")


def mark(desk: Desk, name: str, quality: Quality = Quality.BAD, why: str = "slow") -> Marked:
    """Mark a release."""
    return mark_release(desk.session(), name, quality, why)


def remote_mark(desk: Desk, release: str) -> Mark | None:
    """Return the mark that the remote has."""
    remote = desk.git["api"].remote
    sha = remote.refs.get(mark_ref(release), "")
    return read_mark(release, remote.objects.blobs[sha]) if sha else None


def test_a_mark_is_recorded(desk: Desk, released: str) -> None:
    """Without a lock repository only this workspace knows of it; the last mark counts."""
    made = mark(desk, released)
    assert (made.local, made.before) == (True, None)
    assert made.sentence == f"{released} is marked bad, in this workspace only."
    record = desk.records[-1]
    assert (record.command, record.result, record.stage) == ("mark", "done", "stg")
    assert (record.release, record.quality, record.message) == (released, "bad", "slow")
    assert desk.session().shared().marks == {released: made.mark}
    again = mark(desk, released, Quality.GOOD, "it was the network")
    assert again.before == made.mark
    assert again.sentence.endswith("It was marked bad before.")
    assert desk.session().shared().marks == {released: again.mark}


def test_a_mark_is_shared(desk: Desk, released: str) -> None:
    """Others see it, also if they do not have the log."""
    desk.change = sharing
    made = mark(desk, released)
    assert not made.local
    assert remote_mark(desk, released) == made.mark
    assert desk.session().shared().marks == {released: made.mark}
    assert desk.records[-1].mark == made.mark


def test_a_release_of_another_machine_is_known_by_its_tag(desk: Desk) -> None:
    """The remotes have it, and the tag says of which stage it is."""
    desk.change = tagging
    remote = desk.git["web"].remote
    remote.tag("stg-20250114-120000", remote.tip("stg"))
    assert mark(desk, "stg-20250114-120000").mark.stage in {"dev", "stg", "main"}


def test_a_name_that_is_no_release_is_refused(desk: Desk, released: str) -> None:
    """The hint has the nearest one, and nothing is recorded."""
    before = desk.records
    with pytest.raises(UsageError) as caught:
        mark(desk, f"{released[:-1]}x")
    assert caught.value.code == "unknown_release"
    assert released in caught.value.hint
    with pytest.raises(UsageError, match="reason is empty"):
        mark(desk, released, why=" ")
    assert desk.records == before


def test_an_operation_without_a_release_is_marked_by_its_id(desk: Desk) -> None:
    """The stage makes no tags."""
    desk.change = lambda space: replace(
        space, stages=tuple(replace(each, tag="") for each in space.stages)
    )
    operation = desk.promote().report.plan.operation
    assert mark(desk, operation).mark.release == operation


def test_what_no_one_would_see_is_not_recorded(desk: Desk, released: str) -> None:
    """The remote cannot be reached, or is gone before it has answered."""
    desk.change = sharing
    before = desk.records
    remote = desk.git["api"].remote
    remote.reachable = False
    with pytest.raises(RefusedError) as caught:
        mark(desk, released)
    assert caught.value.code == "mark_unreachable"
    remote.reachable = True
    remote.next_push = gone_afterwards
    with pytest.raises(RefusedError) as caught:
        mark(desk, released)
    assert caught.value.code == "mark_unreachable"
    assert desk.records == before


def test_a_bad_release_is_not_deployed(desk: Desk) -> None:
    """Also if it is what the stage has."""
    desk.change = sharing
    desk.git.deploy = COMMAND
    release = desk.promote().report.plan.release
    mark(desk, release)
    outcomes = desk.deploy().report.outcomes
    assert {problem.code for each in outcomes for problem in each.problems} == {"bad_release"}
