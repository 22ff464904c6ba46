"""A superproject points at the commits of its submodules that the same push publishes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.planning.linking import (
    PublishedTip,
    innermost_first,
    linked,
    published_tip,
)
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
DEVELOP = "refs/heads/develop"
MOVED = Change("lib", "modified", before="lib-1", follows="library", ref=DEVELOP)
LOCAL = refs(develop=branch("lib-1", "lib-2", "/shop/services/api/lib"))
UNPUSHED = snapshot(repo=LIB, refs=LOCAL, work=work(head="lib-2"), ahead=1)


def link(inner: Snapshot | None, outer: Snapshot = OUTER) -> Snapshot:
    """Return the snapshot of the superproject after linking it with this one of its submodule."""
    seen = {"api": outer} | ({"library": inner} if inner else {})
    return linked(REQUEST, SPACE, API, seen)


def test_the_innermost_repositories_come_first() -> None:
    """Submodules are then linked before their superproject, and the workspace itself comes last."""
    assert innermost_first((ROOT, API, DEEP, LIB)) == (DEEP, LIB, API, ROOT)


def test_the_pointer_moves_to_the_commit_that_will_be_made() -> None:
    """The change of the pointer is added to the other changes."""
    found = link(COMMITS)
    assert found.follows == ("library",)
    assert found.work is not None
    assert found.work.changes == (
        change("a"),
        replace(MOVED, commit="lib-3"),
    )


def test_the_pointer_is_to_the_branch_that_the_submodule_has_for_the_stage() -> None:
    """Its superproject may have another branch for the stage, or that branch for another stage."""
    inner = replace(LIB, branches={"dev": "trunk", "stg": "develop"})
    local = refs(trunk=branch("lib-1", "lib-2", "/shop/services/api/lib"))
    seen = replace(UNPUSHED, refs=local, work=work(on="trunk", head="lib-2"))
    found = linked(REQUEST, workspace(API, inner), API, {"api": OUTER, "library": seen})
    assert found.work is not None
    trunk = replace(MOVED, commit="lib-2", ref="refs/heads/trunk")
    assert found.work.changes == (change("a"), trunk)


def test_the_pointer_moves_to_an_unpushed_commit() -> None:
    """This holds if nothing else is committed in the submodule."""
    found = link(UNPUSHED)
    assert found.work is not None
    assert [each.commit for each in found.work.changes] == ["", "lib-2"]


def test_a_pointer_that_does_not_move_only_follows() -> None:
    """The superproject is still published after its submodule."""
    right = replace(OUTER, work=replace(work(), submodules=(replace(POINTER, recorded="lib-2"),)))
    found = link(UNPUSHED, right)
    assert found.follows == ("library",)
    assert found.work is not None
    assert found.work.changes == ()


@pytest.mark.parametrize(
    "inner",
    [
        None,  # not among the repositories of the push
        snapshot(repo=LIB, work=work(head="lib-2")),  # nothing to publish
        replace(UNPUSHED, work=work(on="other", head="lib-2")),
    ],
)
def test_a_submodule_that_is_not_published_moves_nothing(inner: Snapshot | None) -> None:
    """The pointer stays, even if another commit is checked out in the submodule."""
    found = link(inner)
    assert (found.follows, found.work) == ((), OUTER.work)


def test_a_submodule_outside_the_workspace_stays_as_it_is() -> None:
    """Multigit does not publish it."""
    alien = replace(OUTER, work=replace(work(), submodules=(replace(POINTER, path="alien"),)))
    assert link(COMMITS, alien).follows == ()


@pytest.mark.parametrize("outer", [snapshot(), replace(OUTER, work=work(on="other"))])
def test_a_superproject_on_another_branch_is_left_alone(outer: Snapshot) -> None:
    """Its work tree is not committed."""
    assert link(COMMITS, outer) is outer


def test_a_submodule_that_is_skipped_is_not_published() -> None:
    """With --skip-blocked, a problem that blocks it leaves it out."""
    shallow = replace(UNPUSHED, facts=replace(UNPUSHED.facts, shallow=True))
    assert published_tip(REQUEST, SPACE, LIB, shallow) == PublishedTip(DEVELOP, "lib-2")
    skipping = replace(REQUEST, skip_blocked=True)
    assert published_tip(skipping, SPACE, LIB, shallow) is None
