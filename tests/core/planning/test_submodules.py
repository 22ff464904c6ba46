"""Submodules in a push: which pointers move, and the problems of those that do not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from multigit.core.planning.submodules import pointer_changes, submodule_problems
from multigit.core.values.problem import Problem
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.work_tree import Change, Outgoing, Submodule
from multigit.core.values.workspace import Repo
from multigit.hints import Hint
from tests.core.builders import API, DEV, change, snapshot, work

LIB = Submodule("lib", recorded="lib-1", now="lib-2", branch="develop", remote="origin")
MOVED = Change("lib", "modified", before="lib-1", commit="lib-2")
INSIDE = Repo("library", "services/api/lib")
BROKEN = Problem("dubious_ownership", "someone else owns it.", "Own it.")


def seen(*submodules: Submodule, moved: bool = True, on: str = "develop") -> Snapshot:
    """Return the snapshot of a clone with submodules; if `moved`, their pointers changed."""
    changes = [replace(MOVED, path=each.path) for each in submodules if moved]
    return snapshot(work=replace(work(*changes, on=on), submodules=submodules))


def problems(
    found: Snapshot, *, nested: Mapping[str, Repo] | None = None, publishes: bool = True
) -> list[Problem]:
    """Return the problems of its submodules."""
    return list(submodule_problems(API, found, DEV, nested or {}, publishes=publishes))


def codes(found: Snapshot, *, publishes: bool = True) -> list[tuple[str, bool]]:
    """Return the codes, and whether each blocks."""
    return [(each.code, each.blocks) for each in problems(found, publishes=publishes)]


def test_a_pointer_moves_forward_only() -> None:
    """The pointer of a submodule that is behind stays as it is."""
    behind = replace(LIB, path="old", behind=True)
    tree = replace(work(MOVED, replace(MOVED, path="old"), change("a")), submodules=(LIB, behind))
    assert pointer_changes(tree) == (MOVED, change("a"))


@pytest.mark.parametrize(
    ("submodule", "code"),
    [
        (LIB, []),
        (replace(LIB, on_remote=False), [("submodule_unpublished", True)]),
        (replace(LIB, behind=True), [("submodule_behind", False)]),
        (replace(LIB, changed_files=2), [("submodule_dirty", False)]),
        (replace(LIB, error=BROKEN), [("submodule_unreadable", True)]),
        (
            replace(LIB, behind=True, changed_files=1, on_remote=False),
            [
                ("submodule_behind", False),
                ("submodule_unpublished", True),
                ("submodule_dirty", False),
            ],
        ),
    ],
)
def test_problems_of_submodules(submodule: Submodule, code: list[tuple[str, bool]]) -> None:
    """Commits that no one else can fetch block, and what the push leaves out is a warning."""
    assert codes(seen(submodule)) == code


def test_nothing_is_reported_if_nothing_is_pushed() -> None:
    """That is, on another branch, if no pointer moves, or if there is nothing to push."""
    hidden = replace(LIB, on_remote=False, changed_files=3)
    assert codes(seen(hidden, on="other")) == []
    assert codes(seen(replace(LIB, error=BROKEN), moved=False)) == []
    assert codes(seen(replace(LIB, on_remote=False)), publishes=False) == []


def test_a_submodule_that_the_same_push_publishes_is_not_checked() -> None:
    """Its own plan reports its problems."""
    found = replace(seen(replace(LIB, on_remote=False)), follows=("library",))
    assert problems(found, nested={"lib": INSIDE}) == []
    assert [each.code for each in problems(found)] == ["submodule_unpublished"]


def test_problems_of_pointers_in_unpushed_commits() -> None:
    """The same problems are reported, but not for an unreadable submodule that does not move."""
    goes = (Outgoing("lib", pointer=True), Outgoing("a.txt"))
    there = replace(LIB, on_remote=False)
    assert codes(replace(snapshot(), pointers=(there,), outgoing=goes)) == [
        ("submodule_unpublished", True)
    ]
    unread = replace(LIB, error=BROKEN)
    assert codes(replace(snapshot(), pointers=(unread,), outgoing=goes)) == [
        ("submodule_unreadable", True)
    ]
    assert codes(replace(snapshot(), pointers=(unread,), outgoing=goes[1:])) == []


@pytest.mark.parametrize(
    ("submodule", "hint"),
    [
        (LIB, "Push it first: git -C services/api/lib push origin develop"),
        (replace(LIB, remote=""), "Push it there first."),
        (replace(LIB, branch=""), "It is not on a branch there"),
        (replace(LIB, behind=True), "Push lib-1 there first."),
    ],
)
def test_how_to_publish_it(submodule: Submodule, hint: str) -> None:
    """The hint has the remote and the branch, if both are known."""
    [found] = [
        each
        for each in problems(seen(replace(submodule, on_remote=False)))
        if each.code == "submodule_unpublished"
    ]
    assert found.hint.startswith(hint)
    assert found.files == ("lib",)


def test_how_to_update_it() -> None:
    """A repository of the workspace is pulled, which keeps it on its branch."""
    behind = seen(replace(LIB, behind=True))
    [plain], [nested] = problems(behind), problems(behind, nested={"lib": INSIDE})
    assert plain.hint == Hint.UPDATE_SUBMODULE.format(path="services/api", submodule="lib")
    assert nested.hint == Hint.PULL_SUBMODULE.format(stage="dev", repo="library")


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (BROKEN, "Own it."),
        (replace(BROKEN, hint=""), Hint.SEE_STATUS.format(path="services/api/lib")),
        (replace(BROKEN, code="not_a_repository"), "Move services/api/lib away"),
    ],
)
def test_how_to_read_it_again(error: Problem, hint: str) -> None:
    """The hint is that of the error, unless it is not a clone."""
    [found] = problems(seen(replace(LIB, error=error)))
    assert found.hint.startswith(hint)
    assert error.message in found.message
