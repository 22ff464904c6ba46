"""A superproject points at what the same push publishes of its submodules."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.planning.linking import innermost_first, linked, tip_to_come
from multigit.core.planning.push_request import PushRequest
from multigit.core.values.commits import PreparedCommit
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.work_tree import Change, Submodule
from multigit.core.values.workspace import Repo
from tests.core.builders import (
    API,
    DEV,
    MOMENT,
    ROOT,
    branch,
    change,
    refs,
    snapshot,
    work,
    workspace,
)

LIB = Repo("library", "services/api/lib")
DEEP = Repo("deep", "services/api/lib/deep")
SPACE = workspace(ROOT, API, LIB, DEEP)
REQUEST = PushRequest(DEV, "feat: x", MOMENT, (API, LIB))
POINTER = Submodule("lib", recorded="lib-1", now="lib-2", branch="develop", remote="origin")
OUTER = snapshot(work=replace(work(change("a")), submodules=(POINTER,)))
COMMITS = replace(
    snapshot(repo=LIB, work=work(change("b"), head="lib-2")), commit=PreparedCommit("lib-3", "tree")
)
LOCAL = refs(develop=branch("lib-1", "lib-2", "/shop/services/api/lib"))
GOES_OUT = snapshot(repo=LIB, refs=LOCAL, work=work(head="lib-2"), ahead=1)


def link(inner: Snapshot | None, outer: Snapshot = OUTER) -> Snapshot:
    """Return what is seen of the superproject beside this submodule."""
    seen = {"api": outer} | ({"library": inner} if inner else {})
    return linked(REQUEST, SPACE, API, seen)


def test_the_innermost_repositories_come_first() -> None:
    """So that each superproject finds its submodules linked already; the workspace comes last."""
    assert innermost_first((ROOT, API, DEEP, LIB)) == (DEEP, LIB, API, ROOT)


def test_the_pointer_moves_to_the_commit_that_will_be_made() -> None:
    """Beside the changes that were there."""
    found = link(COMMITS)
    assert found.follows == ("library",)
    assert found.work is not None
    assert found.work.changes == (
        change("a"),
        Change("lib", "modified", before="lib-1", commit="lib-3", follows="library"),
    )


def test_the_pointer_moves_to_the_commit_that_goes_out() -> None:
    """Where nothing is committed in the submodule."""
    found = link(GOES_OUT)
    assert found.work is not None
    assert [each.commit for each in found.work.changes] == ["", "lib-2"]


def test_a_pointer_that_is_right_already_only_follows() -> None:
    """It is published after its submodule all the same."""
    right = replace(OUTER, work=replace(work(), submodules=(replace(POINTER, recorded="lib-2"),)))
    found = link(GOES_OUT, right)
    assert found.follows == ("library",)
    assert found.work is not None
    assert found.work.changes == ()


@pytest.mark.parametrize(
    "inner",
    [
        None,  # not among the repositories of the push
        snapshot(repo=LIB, work=work(head="lib-2")),  # nothing to publish
        replace(GOES_OUT, work=work(on="other", head="lib-2")),
    ],
)
def test_a_submodule_that_is_not_published_moves_nothing(inner: Snapshot | None) -> None:
    """What is checked out there stays out of the plan."""
    found = link(inner)
    assert (found.follows, found.work) == ((), OUTER.work)


def test_a_submodule_of_nobody_stays_as_it_was_seen() -> None:
    """It is not a repository of the workspace."""
    alien = replace(OUTER, work=replace(work(), submodules=(replace(POINTER, path="alien"),)))
    assert link(COMMITS, alien).follows == ()


@pytest.mark.parametrize("outer", [snapshot(), replace(OUTER, work=work(on="other"))])
def test_a_superproject_on_another_branch_is_left_alone(outer: Snapshot) -> None:
    """Nothing of its work tree is committed."""
    assert link(COMMITS, outer) is outer


def test_a_submodule_that_is_skipped_is_not_published() -> None:
    """With --skip-blocked, since something blocks it."""
    shallow = replace(GOES_OUT, facts=replace(GOES_OUT.facts, shallow=True))
    assert tip_to_come(REQUEST, SPACE, LIB, shallow) == "lib-2"
    skipping = replace(REQUEST, skip_blocked=True)
    assert tip_to_come(skipping, SPACE, LIB, shallow) is None
