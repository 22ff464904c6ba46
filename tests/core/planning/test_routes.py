"""The merges that a command makes one after another, and how they are confirmed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.planning.routes import (
    Hop,
    default_message,
    hop,
    hops_down,
    is_promotion,
    strictest,
)
from multigit.core.values.workspace import Stage
from multigit.errors import USAGE, UsageError
from tests.core.builders import (
    API,
    DEV,
    MAIN,
    STAGES,
    STG,
    WEB,
    workspace,
)

SHOP = workspace(API, WEB)
ALONE = Stage("demo", "demo")


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        (DEV, STG, "Merge dev into stg"),
        (STG, MAIN, "Merge stg into main (production deployment)"),
        (MAIN, STG, "Merge main into stg (hotfix sync)"),
        (STG, DEV, "Merge stg into dev (sync verified)"),
    ],
)
def test_default_messages(source: Stage, target: Stage, message: str) -> None:
    """They are the same as in the history of earlier releases."""
    assert default_message(SHOP, source, target) == message


def test_a_hop_takes_the_given_message() -> None:
    """Without one, the default message is used."""
    assert hop(SHOP, DEV, STG, "feat: x", forward=True) == Hop(DEV, STG, "feat: x")
    assert hop(SHOP, DEV, STG, None, forward=True) == Hop(DEV, STG, "Merge dev into stg")


@pytest.mark.parametrize(
    ("source", "target", "hint"),
    [
        (DEV, MAIN, "From dev you can go to: stg."),
        (MAIN, DEV, "To carry it all the way down: multigit backmerge main"),
        (STG, STG, "From stg you can go to: dev, main."),
        (ALONE, STG, "From demo you can go to: no other stage."),
    ],
)
def test_only_neighbors_can_be_merged(source: Stage, target: Stage, hint: str) -> None:
    """The hint names the neighbors."""
    with pytest.raises(UsageError) as caught:
        is_promotion(workspace(API, stages=(*STAGES, ALONE)), source, target, (API,))
    error = caught.value
    assert error.message == f"{source.name} and {target.name} are not neighboring stages."
    assert (error.hint, error.code, error.exit_code) == (hint, "not_neighbours", USAGE)


def test_a_stage_may_require_a_message() -> None:
    """A missing message is an error then."""
    with pytest.raises(UsageError) as caught:
        hop(SHOP, STG, MAIN, None, forward=True)
    assert caught.value.message == "main requires a message for every change."
    assert caught.value.hint == 'Pass one: -m "what changes and why".'
    assert caught.value.code == "message_required"


def test_a_back_merge_requires_no_message() -> None:
    """This holds even for a stage that requires one for promotions."""
    strict = replace(STG, require_message=True)
    back = hop(SHOP, MAIN, strict, None, forward=False)
    assert back == Hop(MAIN, strict, "Merge main into stg (hotfix sync)", forward=False)


def test_a_message_is_checked() -> None:
    """This holds even if the stage does not require one."""
    with pytest.raises(UsageError, match="empty"):
        hop(SHOP, DEV, STG, " ", forward=True)


@pytest.mark.parametrize(
    ("source", "hops"),
    [
        (None, [("main", "stg"), ("stg", "dev")]),
        ("main", [("main", "stg"), ("stg", "dev")]),
        ("stg", [("stg", "dev")]),
    ],
)
def test_a_backmerge_starts_at_the_last_stage(
    source: str | None, hops: list[tuple[str, str]]
) -> None:
    """It can also start at a named stage, and it ends at the first stage."""
    assert [(h.source.name, h.target.name) for h in hops_down(SHOP, source, SHOP.repos)] == hops


def test_the_first_stage_has_no_back_merge() -> None:
    """It is a usage error, and so is an unknown stage."""
    with pytest.raises(UsageError, match=r"There is no stage before dev\.") as caught:
        hops_down(SHOP, "dev", SHOP.repos)
    assert caught.value.code == "no_stage_before"
    with pytest.raises(UsageError, match="There is no stage 'prod'"):
        hops_down(SHOP, "prod", SHOP.repos)


@pytest.mark.parametrize(
    ("stages", "name"),
    [
        (STAGES, "main"),
        ((MAIN, STG, DEV), "main"),
        ((DEV, STG), "stg"),
        ((STG, DEV), "stg"),
        ((STG, Stage("qa", "qa")), "qa"),
    ],
)
def test_the_strictest_stage_decides(stages: tuple[Stage, ...], name: str) -> None:
    """The order does not matter, and the last of several equal ones is chosen."""
    assert strictest(stages).name == name
