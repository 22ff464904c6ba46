"""Loading ahead: what the deployments require is imported while the remotes are read."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from multigit.core.values.deploy_config import Deploy, GithubRunner
from multigit.operation import loading
from tests.operation.desk import COMMAND, Desk


class AtOnce(threading.Thread):
    """A thread that has ended when it was started."""

    start = threading.Thread.run


def test_the_library_for_github_is_loaded_only_for_what_a_workflow_deploys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not for commands, for stages without deployments, or for other repositories."""
    loaded: list[str] = []
    monkeypatch.setattr(loading, "_load_github", lambda: loaded.append("github"))
    monkeypatch.setattr(loading, "Thread", AtOnce)
    session = Desk(tmp_path, deploys=COMMAND).session()
    space = session.workspace
    web = replace(space.repo("web"), deploys={"stg": Deploy(GithubRunner("deploy.yml"))})
    stg = space.stage("stg")
    loading.load_hosts_ahead(session, stg, space.repos)
    loading.load_hosts_ahead(session, space.stage("main"), [web])
    loading.load_hosts_ahead(session, stg, [])
    assert loaded == []
    loading.load_hosts_ahead(session, stg, [space.repo("api"), web])
    assert loaded == ["github"]
