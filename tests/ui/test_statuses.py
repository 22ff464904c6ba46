"""The status shows the same facts at every width."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from multigit.core.records.last_deployments import LastDeployment
from multigit.core.reports.held_stages import Holding
from multigit.core.reports.status import Pair, StatusRow, Unpushed, WentBack
from multigit.core.values.merge import Reversal
from multigit.core.values.problem import Problem
from multigit.core.values.refs import Tag
from multigit.core.values.work_tree import WorkTree
from multigit.ui.render import ABSENT
from multigit.ui.statuses import deploys_cell, status_view
from tests.core.builders import DEV, MAIN, NEWEST, STG, change
from tests.core.roll_backs import HOLD
from tests.ui.views import shown

NOW = datetime.fromtimestamp(NEWEST.time + 15 * 60, UTC)
TAG = Tag("deploy", NEWEST.time)
LONG = "feature/a-branch-with-a-long-name"
ROWS = (
    StatusRow("database", "db", WorkTree("dev", "dev-2"), (Pair("dev", "stg"),
              Pair("stg", "main")), {}),
    StatusRow(
        "api", "api", WorkTree(LONG, "dev-2", 1, 22, (change("a.py"),)),
        (Pair("dev", "stg", blocked=True), Pair("stg", "main", commits=7, debt=3)),
        {"stg": TAG, "main": TAG},
    ),
)  # fmt: skip
VIEW = status_view(ROWS, ((DEV, STG), (STG, MAIN)), NOW)


@pytest.mark.parametrize("width", [30, 40, 50, 60, 70, 80, 120])
def test_no_fact_is_cut(width: int) -> None:
    """Only the branch is, in the narrowest table and the narrowest list; no line is too long."""
    lines = shown(VIEW, width)
    assert max(map(len, lines)) <= width
    text = " ".join(" ".join(lines).split())
    for fact in (
        "database", "dev", "feature/", "↑1 ↓22 ●1", "✗ conflicts", "7 waiting", "3 on main",
        "stg 15min", "main 15min", "2 repositories:",
    ):  # fmt: skip
        assert fact in text, fact
    assert text.count("…") == (width in {30, 80})


@pytest.mark.parametrize("width", [30, 80, 110])
def test_unpushed_commits_of_other_branches_are_below(width: int) -> None:
    """Those of the checked-out branch are shown by its arrow."""
    unpushed = (
        Unpushed("dev", "develop", 1),
        Unpushed("stg", "stg", 2),
        Unpushed("main", "main", 1),
    )
    row = replace(ROWS[0], work=WorkTree("develop", "dev-2", 1, 0), unpushed=unpushed)
    lines = shown(status_view([row], ((DEV, STG), (STG, MAIN)), NOW), width)
    assert max(map(len, lines)) <= width
    text = " ".join(" ".join(lines).split())
    assert "! database: 2 unpushed commits on stg, 1 unpushed commit on main." in text
    assert "on dev" not in text


@pytest.mark.parametrize("width", [30, 80, 110])
def test_what_was_reverted_is_below(width: int) -> None:
    """It has the commit and a hint, and branch names are escaped."""
    pair = Pair("stg", "main", reverted=(Reversal("aaaaaaaaaa", "Revert", 2),))
    row = StatusRow("api", "api", WorkTree("dev", "dev-2"), (Pair("dev", "stg"), pair), {})
    row = replace(row, branches={"stg": "staging", "main": "ma\x1b[31min"})
    view = status_view([row], ((DEV, STG), (STG, MAIN)), NOW)
    lines = shown(view, width)
    assert max(len(line) for line in lines if "--dry-run" not in line) <= width
    text = " ".join(" ".join(lines).split())
    assert "✗ reverted" in text
    assert "✗ api: aaaaaaa on ma\\x1b[31min " in text
    assert "1 repository: 1 with reverted work. Hint: To see how to keep that work: " in text


def test_wide_table_has_everything_in_a_row() -> None:
    """Each repository has one line."""
    row = re.split("  +", shown(VIEW, 115)[1].strip())
    assert row == [
        "api", f"{LONG} ↑1 ↓22 ●1", "✗ conflicts", "7 waiting", "3 on main",
        "stg 15min, main 15min",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("state", "mark"),
    [
        ("succeeded", "✓"),
        ("unhealthy", "✗"),
        ("running", "…"),
        ("timed_out", "?"),
        ("skipped", "\N{EN DASH}"),
    ],
)
def test_the_last_deployment_shows_its_result(state: str, mark: str) -> None:
    """The age is that of the deployment, not that of the tag."""
    at = (NOW - timedelta(minutes=5)).isoformat()
    assert last_deploys(LastDeployment("deploy", at, state)) == f"main 5min {mark}"


def test_an_earlier_release_that_was_deployed_again_is_named() -> None:
    """It is deployed, although it is not the newest tag."""
    at = (NOW - timedelta(minutes=5)).isoformat()
    last = LastDeployment("deploy-2024", at, "succeeded")
    assert last_deploys(last, went_back=True) == "main 5min ✓ deploy-2024"
    assert last_deploys(last) == "main 5min ✓"


def test_a_release_that_the_log_does_not_know_has_no_mark() -> None:
    """Someone else has made a newer tag since then."""
    at = (NOW - timedelta(days=1)).isoformat()
    assert last_deploys(LastDeployment("deploy-2024", at, "failed")) == "main 15min"


def test_what_no_host_was_asked_about_is_not_called_running() -> None:
    """Its end may not have been seen."""
    at = (NOW - timedelta(minutes=5)).isoformat()
    assert last_deploys(LastDeployment("deploy", at, "running"), asked=False) == "main 5min ?"


def last_deploys(last: LastDeployment, *, went_back: bool = False, asked: bool = True) -> str:
    """Return the cell of a repository with a tag on main and this deployment in the log."""
    row = replace(ROWS[1], deploys={"main": TAG}, deployed={"main": last})
    main = frozenset({"main"})
    row = replace(row, went_back=main if went_back else frozenset())
    row = replace(row, asked=main if asked else frozenset())
    return deploys_cell(row, NOW).plain


def test_a_stage_out_of_the_log_steers_no_terminal() -> None:
    """The name of a stage in a record may contain anything."""
    last = LastDeployment("r-1", "2025-01-15T15:02:00Z", "failed")
    row = replace(ROWS[1], deploys={}, deployed={"\x1b[31m": last})
    assert deploys_cell(row, NOW).plain.startswith("\\x1b[31m ")


def test_narrower_table_stacks_the_deploys() -> None:
    """Each deployment has its own line."""
    lines = shown(VIEW, 105)
    assert lines[1].endswith("3 on main  stg 15min")
    assert re.fullmatch(" +main 15min", lines[2])


def test_a_still_narrower_table_has_them_below() -> None:
    """Only repositories with deployments are listed there."""
    lines = shown(VIEW, 92)
    assert f"  api       {LONG} ↑1 ↓22 ●1  ✗ conflicts" in lines[1]
    assert lines[4:6] == ["  repo  last deploys", "  api   stg 15min, main 15min"]


def test_the_narrowest_table_cuts_branches() -> None:
    """They stay distinct, and repositories of twenty columns are whole."""
    names = [f"payment-gateway-api{number}" for number in range(3)]
    works = [WorkTree(f"feature/a-long-branch-{number}", "dev-2", 1) for number in range(3)]
    rows = [replace(ROWS[1], repo=n, work=w) for n, w in zip(names, works, strict=True)]
    lines = shown(status_view(rows, ((DEV, STG), (STG, MAIN)), NOW), 80)
    assert [line.split()[:3] for line in lines[1:4]] == [
        [name, f"feature/…branch-{number}", "↑1"] for number, name in enumerate(names)
    ]


def test_the_narrowest_view_is_a_list() -> None:
    """Each fact has its own line."""
    assert shown(VIEW, 60) == [
        f"  api  {LONG} ↑1 ↓22 ●1",
        "    dev → stg: ✗ conflicts",
        "    stg → main: 7 waiting",
        "    hotfixes: 3 on main",
        "    last deploys: stg 15min, main 15min",
        "  database  dev",
        "    dev → stg: up to date",
        "    stg → main: up to date",
        "",
        "2 repositories: 1 with commits to promote, 1 with conflicts,",
        "1 with hotfixes to carry back.",
    ]


@pytest.mark.parametrize("width", [30, 80])
def test_repositories_without_news_share_a_sentence(width: int) -> None:
    """Nothing waits there, nothing was deployed, and a stage's branch is checked out."""
    branches = {"dev": DEV.branch}
    on_a_stage = replace(ROWS[0], work=WorkTree(DEV.branch, "dev-2"), branches=branches)
    quiet = [replace(on_a_stage, repo=f"payment-api{number}") for number in range(3)]
    lines = shown(status_view([*quiet, *ROWS], ((DEV, STG), (STG, MAIN)), NOW), width)
    assert max(map(len, lines)) <= width
    text = " ".join(" ".join(lines).split())
    assert "up to date: payment-api0, payment-api1, payment-api2 5 repositories: " in text
    assert text.index("api feature") < text.index("database") < text.index("up to date: payment")


@pytest.mark.parametrize("width", [40, 80, 120])
def test_what_could_not_be_read_is_not_up_to_date(width: int) -> None:
    """What was seen last may have changed since then; where nothing was seen, there is only a ?."""
    problem = Problem("unreachable", "could not be fetched: no route to host.")
    stale = replace(ROWS[0], repo="stale", problems=(problem,))
    waits = replace(ROWS[1], repo="waits", problems=(problem,))
    unread = frozenset({("dev", "stg"), ("stg", "main")})
    blind = replace(stale, repo="blind", pairs=(), unread=unread)
    lines = shown(status_view([stale, waits, blind], ((DEV, STG), (STG, MAIN)), NOW), width)
    text = " ".join(" ".join(lines).split())
    assert "up to date" not in text
    assert "✗ conflicts ?" in text
    assert "7 waiting ?" in text
    assert text.count("?") == 6


@pytest.mark.parametrize("width", [40, 120])
def test_stages_that_are_not_neighbors_everywhere_have_a_column(width: int) -> None:
    """A repository has nothing in the columns of the others; a list leaves them out."""
    docs = replace(ROWS[1], repo="docs", pairs=(Pair("dev", "main", commits=4),))
    pairs = ((DEV, STG), (STG, MAIN), (DEV, MAIN))
    lines = shown(status_view([ROWS[1], docs], pairs, NOW), width)
    text = " ".join(" ".join(lines).split())
    if width == 40:
        assert "docs" in text
        assert text.count("dev → main: 4 waiting") == text.count("dev → main: ") == 1
    else:
        (line,) = (line for line in lines if line.split()[:1] == ["docs"])
        assert re.split("  +", line.strip())[2:5] == [ABSENT, ABSENT, "4 waiting"]


@pytest.mark.parametrize("width", [40, 120])
def test_only_what_a_repository_has_is_unknown(width: int) -> None:
    """If it could not be read, the pairs of others are still none of its own."""
    problem = Problem("unreachable", "could not be fetched: no route to host.")
    unread = frozenset({("dev", "main")})
    docs = replace(ROWS[1], repo="docs", pairs=(), problems=(problem,), unread=unread)
    pairs = ((DEV, STG), (STG, MAIN), (DEV, MAIN))
    lines = shown(status_view([ROWS[1], docs], pairs, NOW), width)
    text = " ".join(" ".join(lines).split())
    assert text.count("?") == 1
    if width == 40:
        assert "dev → main: ?" in text
    else:
        (line,) = (line for line in lines if line.split()[:1] == ["docs"])
        assert re.split("  +", line.strip())[2:5] == [ABSENT, ABSENT, "?"]


@pytest.mark.parametrize("width", [40, 80, 120])
def test_a_held_stage_is_on_top(width: int) -> None:
    """It says by whom, why and to what, and what waits behind it; a local one is called so."""
    pair = Pair("dev", "stg", commits=1, held=2)
    back = {"stg": WentBack("deploy-1", NEWEST.time)}
    row = StatusRow("api", "api", WorkTree("dev"), (pair,), {"stg": TAG}, rolled_back=back)
    held = Holding((replace(HOLD, local=True),), (Problem("gone", "it cannot be read.", "Look."),))
    lines = shown(status_view([row], ((DEV, STG),), NOW, held), width)
    text = " ".join(" ".join(lines).split())
    assert text.startswith("✗ stg is held in this workspace since 2025-01-15")
    for fact in (
        "Ada on laptop rolled it back to deploy-1 (payments fail).", "✗ it cannot be read.",
        "1 waiting, 2 held", "stg 15min rolled back to deploy-1", "--release-hold",
    ):  # fmt: skip
        assert fact in text, fact


def test_the_last_deploy_that_went_back_says_so() -> None:
    """With its result, where this workspace knows that."""
    last = LastDeployment("deploy-1", "", "succeeded", rolled_back_to="deploy-1")
    back = {"stg": WentBack("deploy-1", 0)}
    row = StatusRow("api", "", None, (), {}, deployed={"stg": last}, rolled_back=back)
    assert deploys_cell(row, NOW).plain.endswith(" ✓ rolled back to deploy-1")
