"""The web pages of runs, and of what waits between two stages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from multigit.core.values.deployment import RunState
from multigit.core.values.workspace import Workspace
from multigit.errors import RefusedError
from multigit.operation.pages import comparison_pages, run_pages
from multigit.operation.status import read_status
from tests.operation.conftest import with_work
from tests.operation.desk import WORKFLOW, YES, Desk


def on_github(space: Workspace) -> Workspace:
    """Return the workspace with a name at GitHub for api, and a mistyped one for web."""
    slugs = {"api": "acme/api", "web": "acme"}
    return replace(space, repos=tuple(replace(r, slug=slugs[r.name]) for r in space.repos))


def test_the_pages_of_runs_are_those_that_the_journal_knows(tmp_path: Path) -> None:
    """In the order of the configuration, once each."""
    desk = with_work(Desk(tmp_path, deploys=WORKFLOW))
    for name in ("api", "web"):
        desk.hosts.script(name, RunState.RUNNING)
    desk.promote(wait=False)
    pages = run_pages(desk.session(), None)
    assert [page.split("/")[-2] for page in pages] == ["api", "web"]


def test_without_any_run_there_is_no_page(tmp_path: Path) -> None:
    """The error is that of watch."""
    with pytest.raises(RefusedError) as caught:
        run_pages(with_work(Desk(tmp_path)).session(), None)
    assert caught.value.code == "nothing_to_watch"


def test_what_waits_is_compared_where_the_name_is_known(tmp_path: Path) -> None:
    """A repository that is elsewhere has no page; with nothing at all that is an error."""
    desk = with_work(Desk(tmp_path))
    desk.change = on_github
    session = desk.session()
    rows = read_status(session, session.workspace.repos, fetch=True).rows
    branches = rows[0].branches
    page = f"https://github.com/acme/api/compare/{branches['stg']}...{branches['dev']}"
    assert comparison_pages(session, rows) == (page,)
    with pytest.raises(RefusedError) as caught:
        comparison_pages(session, rows[1:])
    assert caught.value.code == "no_page"
    desk.promote(YES)
    done = read_status(session, session.workspace.repos, fetch=True).rows
    assert "stg...dev" not in " ".join(comparison_pages(session, done))
