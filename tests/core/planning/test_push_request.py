"""The message of a push, and what it commits."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from multigit.core.planning.push_request import PushRequest, push_message, to_commit
from multigit.core.planning.routes import Hop
from multigit.core.values.push_rules import PushRules
from multigit.core.values.work_tree import WorkTree
from multigit.errors import UsageError
from tests.core.builders import (
    API,
    DEV,
    MAIN,
    MOMENT,
    STG,
    work,
)
from tests.core.planning.pushes import (
    CODE,
)

RULES = PushRules()


@pytest.mark.parametrize("tree", [None, work(CODE, on="feature/x"), work(CODE, on="")])
def test_only_the_stages_branch_is_committed(tree: WorkTree | None) -> None:
    """Changes on another branch or a detached HEAD are not, and a clone may have no work tree."""
    assert to_commit(tree, DEV, RULES) == ()


def test_a_push_has_a_default_message() -> None:
    """The default names the stage, and a given message is used as it is."""
    assert push_message(DEV, None) == "dev: auto commit and deploy"
    assert push_message(MAIN, "hotfix: x") == "hotfix: x"


@pytest.mark.parametrize(
    ("make_message", "code"),
    [
        (lambda: push_message(MAIN, None), "message_required"),
        (lambda: push_message(DEV, ""), "usage"),
        (lambda: push_message(DEV, "\x1b[31m"), "message_control_character"),
    ],
)
def test_a_stage_may_require_a_message(make_message: Callable[[], str], code: str) -> None:
    """A message that is empty or could control a terminal is refused as well."""
    with pytest.raises(UsageError) as caught:
        make_message()
    assert caught.value.code == code


@pytest.mark.parametrize(("forward", "tag"), [(True, STG.tag), (False, "")])
def test_only_a_push_that_goes_up_makes_a_release(*, forward: bool, tag: str) -> None:
    """A merge down, as in a back-merge, has no tag and no checklist, and deploys nothing."""
    down = Hop(MAIN, STG, "Merge main into stg", forward)
    request = PushRequest(MAIN, "hotfix: x", MOMENT, (API,), down)
    assert (request.tag_template, request.release_stage) == (tag, STG if forward else None)
