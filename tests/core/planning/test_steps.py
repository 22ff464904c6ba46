"""Every kind of step: where it is carried out, how it is shown, and how it is undone."""

from __future__ import annotations

from dataclasses import is_dataclass, replace
from inspect import getmembers, isabstract, isclass
from typing import get_args, get_type_hints

import pytest

from multigit.core.planning import publish_steps, pull_steps, steps
from multigit.core.planning.making import DeleteTagStep, Moving, RestoreStep
from multigit.core.planning.publish_steps import (
    DeployStep,
    FollowingStep,
    MoveBackStep,
    PushStep,
    RefUpdate,
)
from multigit.core.planning.pull_steps import PullingStep
from multigit.core.planning.steps import (
    AdvanceStep,
    CommitStep,
    MakingStep,
    MovingStep,
    ReapplyStep,
    RedeployStep,
    RollBackStep,
    Step,
    TagStep,
    pushing,
)
from multigit.core.values.commits import PendingCommits
from multigit.core.values.merge import Fold, Skip
from tests.core.builders import NEWEST, branch, change, merge, merge_step, refs, tip

COMMIT = CommitStep("dev", "develop", "dev-2", "dev-3", "feat: x", (change("a.txt"),))
ADVANCE = AdvanceStep("dev", "develop", "dev-1", "dev-2", PendingCommits(2, NEWEST))
MERGE = merge_step()
FOLD = Fold((Skip("main-3"),), ("main-3",), commits=2, tip=tip("main-4"))
WITH_WORK = replace(MERGE, merge=replace(MERGE.merge, fold=FOLD))
ALONE = replace(merge(commit="stg-2", commits=0), fold=replace(FOLD, tip=tip("stg-2"), alone=True))
REAPPLY = ReapplyStep(ALONE, "staging")
RESTORE = RestoreStep("stg", "staging", "merge-1", "stg-1")
BACK = RollBackStep("stg", "staging", "stg-1", "old", "tree", "back-1", "Back", PendingCommits(2))
TAG, DELETE = TagStep("v1", "staging", "Release"), DeleteTagStep("v1", "tag-1")
MAKING = (COMMIT, ADVANCE, MERGE, REAPPLY, BACK, RESTORE, TAG, DELETE)


MODULES = (steps, publish_steps, pull_steps)


def classes() -> set[type]:
    """Return every class of step in the modules."""
    found = [each for module in MODULES for _, each in getmembers(module, isclass)]
    return {each for each in found if is_dataclass(each) and hasattr(each, "type")}


def test_every_class_is_a_step_of_one_kind() -> None:
    """It can then be in a plan and a journal, and exactly one part of the engine carries it out."""
    kinds = (MakingStep, FollowingStep, PullingStep)
    members = [each for kind in kinds for each in get_args(kind)] + [
        PushStep,
        DeployStep,
        RedeployStep,
    ]
    assert len(members) == len(set(members))
    assert classes() == set(members) == set(get_args(Step))


def test_every_class_implements_its_kind() -> None:
    """Each also has its own name in documents."""
    assert not [each for each in classes() if isabstract(each)]
    assert {each for each in classes() if issubclass(each, Moving)} == set(get_args(MovingStep))
    names = [get_type_hints(each)["type"] for each in classes()]
    assert len(names) == len(set(names))


def test_every_step_that_makes_something_is_tested_here() -> None:
    """The tests below cover all of them."""
    assert {type(each) for each in MAKING} == set(get_args(MakingStep))


@pytest.mark.parametrize(
    ("step", "ref", "lease"),
    [
        (COMMIT, "refs/heads/develop", "seen"),
        (ADVANCE, "refs/heads/develop", "dev-1"),
        (MERGE, "refs/heads/staging", "stg-1"),
        (WITH_WORK, "refs/heads/staging", "stg-1"),
        (REAPPLY, "refs/heads/staging", "stg-1"),
        (BACK, "refs/heads/staging", "stg-1"),
        (RESTORE, "refs/heads/staging", "merge-1"),
        (TAG, "refs/tags/v1", ""),
        (DELETE, "refs/tags/v1", "tag-1"),
    ],
    ids=lambda each: getattr(each, "type", ""),
)
def test_what_is_pushed_has_a_lease(step: MakingStep, ref: str, lease: str) -> None:
    """It is the commit that was planned, or else the one that planning saw."""
    seen = refs(develop=branch("seen"))
    assert pushing((step,), seen) == (PushStep((RefUpdate(ref, lease),)),)


def test_a_branch_is_pushed_once() -> None:
    """It has the lease of its first step, and without steps there is no push."""
    (push,) = pushing((ADVANCE, COMMIT, MERGE), refs())
    assert push.updates == (
        RefUpdate("refs/heads/develop", "dev-1"),
        RefUpdate("refs/heads/staging", "stg-1"),
    )
    assert pushing((), refs()) == ()


@pytest.mark.parametrize(
    ("step", "undone_by"),
    [
        (COMMIT, (RestoreStep("dev", "develop", "new", "old"),)),
        (ADVANCE, (RestoreStep("dev", "develop", "new", "old"),)),
        (
            MERGE,
            (RestoreStep("stg", "staging", "new", "old"), MoveBackStep("staging", "new", "old")),
        ),
        (
            REAPPLY,
            (RestoreStep("stg", "staging", "new", "old"), MoveBackStep("staging", "new", "old")),
        ),
        (
            BACK,
            (RestoreStep("stg", "staging", "new", "old"), MoveBackStep("staging", "new", "old")),
        ),
        (TAG, (DeleteTagStep("v1", "new"),)),
        (RESTORE, ()),
        (DELETE, ()),
    ],
    ids=lambda each: getattr(each, "type", ""),
)
def test_how_each_is_undone(step: MakingStep, undone_by: tuple[Step, ...]) -> None:
    """A person's commits stay in the clone, and an undo itself cannot be undone."""
    assert step.undo("new", "old") == undone_by
    assert step.is_undo == (not undone_by)


@pytest.mark.parametrize(
    ("step", "shown"),
    [
        (COMMIT, ("dev", "dev-3", "commit, push", "dev-2 → a commit", 1, 1)),
        (ADVANCE, ("dev", "dev-2", "push", "dev-1 → dev-2", 2, None)),
        (MERGE, ("stg", "merge-1", "merge", "stg-1 → merge-1", 3, 5)),
        (WITH_WORK, ("stg", "merge-1", "reapply, merge", "stg-1 → merge-1", 5, 5)),
        (REAPPLY, ("stg", "stg-2", "reapply", "stg-1 → stg-2", 2, 5)),
        (BACK, ("stg", "back-1", "restore old", "stg-1 → back-1", None, 0)),
        (RESTORE, ("stg", "stg-1", "set back", "merge-1 → stg-1", None, None)),
    ],
    ids=lambda each: getattr(each, "type", ""),
)
def test_how_each_is_shown(step: MovingStep, shown: tuple[object, ...]) -> None:
    """People see it in a table, and scripts get its type and branch."""
    move = step.move()
    row = (f"{move.before} → {move.after}", move.commits, move.files)
    assert (move.stage, move.goal, move.words, *row) == shown
    document = step.document({})
    assert (document["type"], document["branch"]) == (step.type, step.branch)


def test_documents_have_what_was_made_instead_of_what_was_planned() -> None:
    """A hook may have changed the commit."""
    for step in (COMMIT, MERGE):
        assert step.document({step.ref: "other"})["after"] == "other"


@pytest.mark.parametrize(("step", "by"), [(WITH_WORK, "main-4"), (REAPPLY, "stg-2")])
def test_scripts_read_which_commit_brings_work_back(step: MovingStep, by: str) -> None:
    """It has the commits that it reverts, and how many commits come back with it."""
    assert step.document({})["reapplies"] == {"sha": by, "reverts": ["main-3"], "commits": 2}
    assert MERGE.document({})["reapplies"] is None
