"""The start time gives the timestamp of tags, the operation's id and all dates."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from multigit.core.values.start_time import StartTime, is_deploy_tag, tag_glob, tag_name
from tests.core.builders import MOMENT

TEMPLATE = "deploy-{timestamp}"
NAME = "deploy-20250115-160130"


def test_the_stamp_is_in_the_workspaces_timezone() -> None:
    """Tags have the local time of the team."""
    assert MOMENT.stamp == "20250115-160130"


def test_the_log_and_the_operation_are_in_utc() -> None:
    """Machines compare times in UTC, and a nonce distinguishes operations of the same second."""
    assert MOMENT.utc == "2025-01-15T15:01:30Z"
    assert MOMENT.operation("promote", "stg") == "20250115T150130Z-promote-stg-7f3a"


def test_git_gets_seconds_and_offset() -> None:
    """It is the same time in git's format."""
    assert MOMENT.git_date == "1736953290 +0100"


def test_a_git_date_is_the_same_moment() -> None:
    """An operation that is continued later keeps its time and its time zone."""
    assert StartTime.of(MOMENT.git_date, "7f3a") == MOMENT
    assert StartTime.of(MOMENT.git_date).stamp == MOMENT.stamp


def test_the_hour_that_occurs_twice_is_two_instants() -> None:
    """At the end of daylight saving time, the timestamps are equal but the times are not."""
    first = replace(MOMENT, time=datetime(2025, 10, 26, 2, 30, tzinfo=ZoneInfo("Europe/Berlin")))
    second = replace(first, time=first.time.replace(fold=1))
    assert first.stamp == second.stamp == "20251026-023000"
    assert (first.utc, second.utc) == ("2025-10-26T00:30:00Z", "2025-10-26T01:30:00Z")


@pytest.mark.parametrize(
    ("word", "name"), [("pre-prod", "pre_prod"), ("../x y", ".._x_y"), ("v1.2_b", "v1.2_b")]
)
def test_an_operations_id_is_a_file_name(word: str, name: str) -> None:
    """No stage name can leave the folder or split the id."""
    assert MOMENT.operation(word) == f"20250115T150130Z-{name}-7f3a"


@pytest.mark.parametrize(
    ("taken", "name"),
    [
        ((), NAME),
        (("deploy-20250115-160131", f"stg-{NAME}"), NAME),
        ((NAME,), f"{NAME}-2"),
        ((NAME, f"{NAME}-2"), f"{NAME}-3"),
        ((NAME, f"{NAME}-3"), f"{NAME}-2"),
        ((f"{NAME}-2",), NAME),
    ],
)
def test_a_taken_tag_gets_the_first_free_number(taken: tuple[str, ...], name: str) -> None:
    """Only exactly the same name counts as taken."""
    assert tag_name(TEMPLATE, MOMENT, set(taken)) == name


@pytest.mark.parametrize(
    ("taken", "name"),
    [
        ((f"{NAME}/x",), f"{NAME}-2"),
        ((f"{NAME}/x", f"{NAME}-2/y/z"), f"{NAME}-3"),
        ((f"{NAME}0/x",), NAME),
    ],
)
def test_a_name_with_a_tag_below_it_is_taken(taken: tuple[str, ...], name: str) -> None:
    """Git cannot have both deploy-1 and deploy-1/x."""
    assert tag_name(TEMPLATE, MOMENT, set(taken)) == name


def test_the_stamp_may_be_anywhere() -> None:
    """It is where the template puts it, and a number is added at the end."""
    template = "release/{timestamp}-shop"
    taken = {"release/20250115-160130-shop"}
    assert tag_name(template, MOMENT, taken) == "release/20250115-160130-shop-2"


def test_a_pattern_matches_all_tags_of_a_template() -> None:
    """It has a star in place of the timestamp."""
    assert tag_glob("release/{timestamp}-shop") == "release/*-shop"


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        (NAME, True),
        (f"{NAME}-2", True),
        (f"stg-{NAME}", False),
        (f"{NAME}-", False),
        (f"{NAME}-rc1", False),
        (f"{NAME}/x", False),
        ("deploy-2025-1601", False),
        ("deploy-latest", False),
        (f"{NAME}\n", False),
    ],
)
def test_a_deploy_tag_is_one_that_the_template_makes(name: str, ours: bool) -> None:  # noqa: FBT001
    """Tags of another stage or made by hand are not deployments of this stage."""
    assert is_deploy_tag(TEMPLATE, name) is ours


def test_a_dot_in_a_template_is_a_dot() -> None:
    """Templates are plain text, not patterns."""
    assert is_deploy_tag("v1.{timestamp}", "v1.20250115-160130")
    assert not is_deploy_tag("v1.{timestamp}", "v1x20250115-160130")
