"""Names that do not fit are cut, and stay distinct."""

from __future__ import annotations

import random

import pytest
from rich.cells import cell_len
from rich.console import Group

from multigit.ui.names import distinct, up_to_date
from tests.ui.views import shown


def test_a_name_that_fits_is_whole() -> None:
    """It takes exactly its own columns."""
    assert distinct(["payment-gateway-api1"], 20) == {
        "payment-gateway-api1": "payment-gateway-api1"
    }


def test_a_name_is_cut_in_the_middle() -> None:
    """What differs between names of one family is most often at the end."""
    names = [f"payment-gateway-api{number}" for number in (1, 2, 3)]
    assert [*distinct(names, 13).values()] == ["paymen…y-api1", "paymen…y-api2", "paymen…y-api3"]


@pytest.mark.parametrize(
    ("names", "cuts"),
    [
        (["aaaaXbbbbbbb", "aaaaYbbbbbbb"], ["aaaaX…b", "aaaaY…b"]),
        (["aaaaaaaXbbbbbbbb", "aaaaaaaYbbbbbbbb"], ["…Xbbbb…", "…Ybbbb…"]),
    ],
)
def test_names_that_differ_in_the_middle_are_cut_elsewhere(
    names: list[str], cuts: list[str]
) -> None:
    """Two names never look the same."""
    assert [*distinct(names, len(cuts[0])).values()] == cuts


def test_names_that_cannot_be_told_apart_stay_whole() -> None:
    """A name in the wrong place is worse than a line that is too long."""
    names = [f"x{number:03}" for number in range(100)]
    assert {*distinct(names, 2).values()} == {*names}


def test_no_two_names_are_shown_alike() -> None:
    """Whatever they are, and however narrow the column is."""
    dice = random.Random(7)
    for _ in range(200):
        names = {"".join(dice.choices("ab日-", k=dice.randrange(1, 14))) for _ in range(8)}
        width = dice.randrange(1, 12)
        cuts = distinct(names, width)
        assert len({*cuts.values()}) == len(names)
        assert all(cell_len(cut) <= width or cut in names for cut in cuts.values())


@pytest.mark.parametrize("width", [25, 40, 80])
def test_what_is_up_to_date_is_one_sentence(width: int) -> None:
    """It is wrapped between names, never inside one."""
    names = [f"payment-gateway-api{number}" for number in range(4)]
    lines = shown(Group(*up_to_date(names)), width)
    assert max(map(len, lines)) <= width
    assert " ".join(" ".join(lines).split()) == f"up to date: {', '.join(names)}"
    assert up_to_date([]) == []
