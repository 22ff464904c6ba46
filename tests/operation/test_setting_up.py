"""Operations that set up: init, example workflows, and the demo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from multigit import errors
from multigit.core.values.found_repo import FoundRepo
from multigit.core.values.workspace import Workspace
from multigit.errors import MultigitError, RefusedError, UsageError
from multigit.operation import initialization
from multigit.operation.demonstration import demonstrate
from multigit.operation.example_workflows import write_workflows
from multigit.operation.initialization import Initialization, initialize
from multigit.operation.session import Session
from tests.operation.desk import DeskScreen

CONFIG = """\
[workspace]
name = "shop"

[stages.dev]
branch = "dev"

[stages.stg]
branch = "stg"
promotes_from = "dev"
tag = "stg-deploy-{timestamp}"

[stages.stg.deploy]
runner = "github"
workflow = "deploy-stg.yml"

[repos.api]
url = "https://github.com/acme/api"

[repos.web]
url = "https://github.com/acme/web"
"""


# --- A session


def test_a_session_reads_the_nearest_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From any folder below it; jobs, JSON and color come from the options."""
    (tmp_path / "multigit.toml").write_text(CONFIG)
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    session = Session.open(jobs=1, json=True, no_color=True)
    assert session.workspace.root == tmp_path
    assert (session.jobs, session.screen.json_wanted) == (1, True)
    assert session.runners().leave.is_set() is False
    with pytest.raises(RefusedError):
        session.locks("nowhere")
    assert session.locks("api") is not None


# --- A configuration


def found(*paths: str) -> Any:
    """Return a function that discovers these repositories."""
    return lambda _: tuple(FoundRepo(name=path, path=path, url="") for path in paths)


@pytest.fixture
def screen() -> DeskScreen:
    """Return a screen without a person."""
    return DeskScreen()


def init(screen: DeskScreen, folder: Path, **options: bool) -> Initialization:
    """Run `multigit init`."""
    chosen = {"dry_run": False, "gitignore": False} | options
    return initialize(screen, folder, **chosen)


@pytest.fixture
def repos(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make init find two repositories, and a .gitignore that lacks them."""
    monkeypatch.setattr(initialization, "discover", found("api", "web"))
    monkeypatch.setattr(initialization, "missing_ignores", lambda *_: ["/api/", "/it's/"])


@pytest.mark.usefixtures("repos")
@pytest.mark.parametrize("dry_run", [True, False])
def test_a_configuration_is_written_unless_it_is_a_dry_run(
    screen: DeskScreen, tmp_path: Path, *, dry_run: bool
) -> None:
    """The hint adds what .gitignore lacks."""
    done = init(screen, tmp_path, dry_run=dry_run)
    assert done.target.exists() is not dry_run
    assert not done.ignores_file.exists()
    assert "'/it'\"'\"'s/'" in done.hint


@pytest.mark.usefixtures("repos")
def test_the_ignores_are_added_where_somebody_agrees(screen: DeskScreen, tmp_path: Path) -> None:
    """With the option or a yes; end of input is not a yes."""
    for folder, person, answer, gitignore, written in (
        ("option", False, True, True, True),
        ("yes", True, True, False, True),
        ("no", True, False, False, False),
        ("gone", True, EOFError(), False, False),
    ):
        (tmp_path / folder).mkdir()
        screen.person, screen.answer = person, answer
        done = init(screen, tmp_path / folder, gitignore=gitignore)
        assert (done.ignores_written, done.ignores_file.exists()) == (written, written)
        assert bool(done.hint) is not written


@pytest.mark.usefixtures("repos")
def test_a_configuration_is_never_overwritten(screen: DeskScreen, tmp_path: Path) -> None:
    """A dry run still shows what would be written."""
    (tmp_path / "multigit.toml").write_text("mine")
    with pytest.raises(RefusedError) as refused:
        init(screen, tmp_path)
    assert refused.value.code == "config_exists"
    assert init(screen, tmp_path, dry_run=True).content
    assert (tmp_path / "multigit.toml").read_text() == "mine"


def test_there_is_nothing_to_configure(
    screen: DeskScreen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder is missing, or has no repository."""
    with pytest.raises(UsageError):
        init(screen, tmp_path / "nowhere")
    monkeypatch.setattr(initialization, "discover", found())
    with pytest.raises(UsageError) as refused:
        init(screen, tmp_path)
    assert refused.value.code == "no_repositories"


# --- Example workflows


@pytest.mark.parametrize("dry_run", [True, False])
def test_workflows_are_written_where_none_are(tmp_path: Path, *, dry_run: bool) -> None:
    """Not into a missing repository, and not over a file or a link."""
    (tmp_path / "multigit.toml").write_text(CONFIG)
    (tmp_path / "api").mkdir()
    done = write_workflows(tmp_path, dry_run=dry_run)
    file = tmp_path / "api" / ".github" / "workflows" / "deploy-stg.yml"
    assert done.exit_code == errors.OK
    assert file.exists() is not dry_run
    by_repo = {each.example.repo.name: each for each in done.each}
    assert by_repo["api"].document(dry_run=dry_run)["written"] is not dry_run
    assert by_repo["web"].obstacle
    if not dry_run:
        again = {
            each.example.repo.name: each for each in write_workflows(tmp_path, dry_run=True).each
        }
        assert again["api"].obstacle


def test_workflows_are_pushed_where_work_starts(tmp_path: Path) -> None:
    """This is the first stage that a repository has, and only of those with a new workflow."""
    late = CONFIG.replace("[repos.web]", '[repos.web]\nstages = ["stg"]')
    (tmp_path / "multigit.toml").write_text(late)
    (tmp_path / "web").mkdir()
    assert write_workflows(tmp_path, dry_run=True).stages == ("stg",)
    (tmp_path / "api").mkdir()
    assert write_workflows(tmp_path, dry_run=False).stages == ("dev", "stg")
    assert write_workflows(tmp_path, dry_run=False).stages == ()


def test_a_workflow_that_cannot_be_given_is_refused(tmp_path: Path) -> None:
    """Two stages require different content in the same file."""
    other = """
[stages.main]
branch = "main"
promotes_from = "stg"
tag = "deploy-{timestamp}"

[stages.main.deploy]
runner = "github"
workflow = "deploy-stg.yml"
trigger = "push"
"""
    (tmp_path / "multigit.toml").write_text(CONFIG + other)
    (tmp_path / "api").mkdir()
    done = write_workflows(tmp_path, dry_run=False)
    assert done.exit_code == errors.REFUSED
    blocked = next(each for each in done.each if each.problem)
    assert blocked.document(dry_run=False)["problems"]
    assert not blocked.file.exists()


# --- The demo


class Sandbox:
    """An empty sandbox."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.shop, self.servers = folder, folder / "shop", folder / "servers"
        self.shop.mkdir(parents=True)

    def colleague(self, *_: object) -> None:
        """Do nothing."""

    write = deploy = colleague


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use a sandbox without git."""
    monkeypatch.setattr("multigit.operation.demonstration.Sandbox.build", Sandbox)


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize("named", [True, False])
def test_the_demo_runs_real_commands_in_the_shop(
    screen: DeskScreen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, named: bool
) -> None:
    """Each command ends as expected; one fails because a disk is full."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    run: list[str] = []

    def multigit(arguments: Sequence[str]) -> int:
        run.append(arguments[0])
        full = any(Path.cwd().parent.glob("servers/*/full-disk"))
        return errors.FAILED if full else errors.OK

    here = Path.cwd()
    demonstrate(tmp_path / "demo" if named else None, screen, multigit)
    plain = {"status", "push", "promote", "pull", "backmerge", "continue", "log"}
    assert {*plain, "rollback"} == set(run)
    assert Path.cwd() == here


@pytest.mark.usefixtures("sandbox")
def test_the_demo_ends_where_a_command_fails(screen: DeskScreen, tmp_path: Path) -> None:
    """The hint names the folder."""
    with pytest.raises(MultigitError) as failed:
        demonstrate(tmp_path / "demo", screen, lambda _: errors.REFUSED)
    assert failed.value.code == "demo_failed"
    assert str(tmp_path / "demo") in failed.value.hint


def test_a_workspace_is_replaced_as_values_are() -> None:
    """Tests change a copy of a configuration."""
    assert replace(Workspace(Path("/a"), (), ()), root=Path("/b")).root == Path("/b")
