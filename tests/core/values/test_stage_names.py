"""A stage may be named by its branch."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.values.stage_names import stage_called, stage_confirmed
from multigit.errors import UsageError
from tests.core.builders import API, WEB, workspace

SHORT = replace(WEB, stages=("dev", "main"), branches={"dev": "trunk"})
SPACE = workspace(API, SHORT)


@pytest.mark.parametrize(
    ("name", "stage"),
    [("stg", "stg"), ("staging", "stg"), ("trunk", "dev"), ("develop", "dev")],
)
def test_a_branch_names_its_stage(name: str, stage: str) -> None:
    """So does the branch of a single repository."""
    assert stage_called(name, SPACE, SPACE.repos).name == stage


def test_a_branch_counts_where_it_is_used() -> None:
    """The branch of a repository that is not selected is unknown."""
    with pytest.raises(UsageError, match="There is no stage 'trunk'"):
        stage_called("trunk", SPACE, (API,))


def test_a_stage_comes_before_a_branch() -> None:
    """A branch that is called like another stage does not hide that."""
    odd = replace(API, branches={"stg": "main"})
    assert stage_called("main", SPACE, (odd,)).name == "main"


def test_a_branch_of_two_stages_is_ambiguous() -> None:
    """The error names both, and the repositories."""
    odd = replace(API, branches={"stg": "trunk"})
    with pytest.raises(UsageError) as caught:
        stage_called("trunk", SPACE, (odd, SHORT))
    error = caught.value
    assert error.message == "trunk is the branch of stg in api and dev in web."
    assert (error.hint, error.code) == ("Name the stage: stg or dev.", "ambiguous_stage")


def test_a_misspelt_branch_has_a_hint() -> None:
    """Branches are suggested like stages."""
    with pytest.raises(UsageError) as caught:
        stage_called("stagign", SPACE, SPACE.repos)
    assert caught.value.hint == "Did you mean staging?"


def test_a_confirmation_may_name_the_branch() -> None:
    """A word that names no stage, or several, is compared as it is."""
    assert stage_confirmed("master", SPACE, SPACE.repos) == "main"
    assert stage_confirmed("production", SPACE, SPACE.repos) == "production"
