"""Finding repositories below a folder, and writing a configuration for them."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from typing import TYPE_CHECKING

import pytest

from multigit.adapters.config.discovery import discover
from multigit.adapters.config.load import load
from multigit.adapters.config.template import render_config
from multigit.core.values.found_repo import FoundRepo
from multigit.core.values.workspace import Confirm, Repo, Stage, Workspace

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ignore the git configuration of the machine."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Ada")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "ada@example.org")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Return an empty folder called shop."""
    folder = tmp_path / "shop"
    folder.mkdir()
    return folder


def git(folder: Path, *arguments: str) -> str:
    """Run git and return what it prints."""
    return subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


def repository(
    folder: Path, *, local: str = "", remote: str = "", origin: str = "git@host:x.git"
) -> Path:
    """Make a repository with these local and remote-tracking branches, and a remote origin."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet", "--template=", "--initial-branch=wip")
    if origin:
        git(folder, "config", "remote.origin.url", origin)
    refs = [
        *(f"refs/heads/{branch}" for branch in local.split()),
        *(f"refs/remotes/origin/{branch}" for branch in remote.split()),
    ]
    if refs:
        git(folder, "commit", "--quiet", "--allow-empty", "--message=first")
        head = git(folder, "rev-parse", "HEAD")
        for ref in refs:
            git(folder, "update-ref", ref, head)
    return folder


def rendered(folder: Path, found: tuple[FoundRepo, ...], name: str = "shop") -> Workspace:
    """Write the configuration for these repositories and load it."""
    path = folder / "multigit.toml"
    path.write_text(render_config(name, found), encoding="utf-8")
    return load(path)


class TestDiscover:
    """The repositories below a folder."""

    def test_everything_about_one(self, shop: Path) -> None:
        """The path, name, remote, URL and branches of a repository are found, in a fixed order."""
        repository(
            shop / "services" / "api",
            local="feature/main main dev/x",
            remote="staging develop wip master",
            origin="git@github.com:acme/api.git",
        )
        assert discover(shop) == (
            FoundRepo(
                path="services/api",
                name="api",
                remote="origin",
                url="git@github.com:acme/api.git",
                branches=("develop", "staging", "main", "master"),
            ),
        )

    def test_where_it_searches(self, shop: Path) -> None:
        """It searches the folder and four levels below, without hidden folders and node_modules."""
        for path in (".", "z", "a/b/c/d", "a/b/c/x/e", ".venv/x", "node_modules/y", "z/inner"):
            repository(shop / path)
        (shop / "link").symlink_to(shop / "z")
        found = discover(shop)
        assert [(repo.path, repo.name) for repo in found] == [
            (".", "shop"),
            ("a/b/c/d", "d"),
            ("z", "z"),
        ]

    def test_nothing(self, shop: Path) -> None:
        """A folder without repositories has none, even if it is inside a repository."""
        repository(shop.parent)
        assert discover(shop) == ()

    def test_second_work_tree(self, shop: Path) -> None:
        """A linked work tree belongs to the same repository, and is left out."""
        main = repository(shop / "z", local="main")
        git(main, "worktree", "add", "--quiet", "--detach", str(shop / "a"))
        assert [repo.path for repo in discover(shop)] == ["z"]

    def test_names(self, shop: Path) -> None:
        """Equal names get the parent's name as a prefix, and invalid characters are replaced."""
        for path in ("services/api", "old/API", "my repo", "-x-", "web", "a/web", "a-web"):
            repository(shop / path)
        assert {repo.path: repo.name for repo in discover(shop)} == {
            "-x-": "x",
            "a/web": "a-web",
            "a-web": "a-web-2",
            "my repo": "my-repo",
            "old/API": "old-API",
            "services/api": "services-api",
            "web": "web",
        }

    def test_remotes(self, shop: Path) -> None:
        """It is origin, or else the only remote; with several others, none is chosen."""
        one = repository(shop / "one", origin="")
        git(one, "remote", "add", "up.stream", "../one.git")
        git(one, "commit", "--quiet", "--allow-empty", "--message=first")
        git(one, "update-ref", "refs/remotes/up.stream/stage", "HEAD")
        several = repository(shop / "several", origin="")
        git(several, "remote", "add", "a", "/a.git")
        git(several, "remote", "add", "b", "/b.git")
        both = repository(shop / "both")
        git(both, "remote", "add", "a", "/a.git")
        found = {repo.path: repo for repo in discover(shop)}
        assert (found["one"].remote, found["one"].branches) == ("up.stream", ("stage",))
        assert found["one"].url == str(shop / "one.git")
        assert (found["several"].remote, found["several"].url) == ("", "")
        assert found["several"].note
        assert found["both"].remote == "origin"

    def test_remote_of_the_stages(self, shop: Path) -> None:
        """Of several remotes without origin, it is the one that all stages follow."""
        two = repository(shop / "two", local="dev main", origin="")
        for name in ("up", "fork"):
            git(two, "remote", "add", name, f"/{name}.git")
        git(two, "config", "branch.dev.remote", "up")
        git(two, "config", "branch.wip.remote", "fork")
        assert [repo.remote for repo in discover(shop)] == ["up"]
        git(two, "config", "branch.main.remote", "fork")
        assert [repo.remote for repo in discover(shop)] == [""]

    def test_refused(self, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Repositories that git refuses are listed with the reason."""
        repository(shop / "theirs")
        (shop / "broken" / ".git").mkdir(parents=True)
        monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
        assert [(repo.path, repo.note) for repo in discover(shop)] == [
            ("broken", "the folder is not a git repository."),
            ("theirs", "the repository belongs to another user."),
        ]

    def test_touches_nothing(self, shop: Path) -> None:
        """No file is created or changed."""
        repository(shop, local="dev")
        repository(shop / "api", local="dev")

        def files() -> dict[str, int]:
            return {str(path): path.stat().st_mtime_ns for path in shop.rglob("*")}

        before = files()
        render_config("shop", discover(shop))
        assert files() == before


STAGES = (
    Stage("dev", "develop"),
    Stage("stg", "stage", "dev", "stg-deploy-{timestamp}"),
    Stage("main", "main", "stg", "deploy-{timestamp}", Confirm.NAME, require_message=True),
)
API = FoundRepo("services/api", "api", "origin", "git@host:api.git", ("dev", "stg", "main"))


class TestRender:
    """Writing the configuration for what was found."""

    def test_found_on_disk(self, shop: Path) -> None:
        """Discovering, rendering and loading gives the repositories that exist."""
        repository(shop, remote="develop main")
        repository(shop / "services" / "a.b", remote="develop stage main", origin="/srv/a.git")
        assert rendered(shop, discover(shop)) == Workspace(
            root=shop,
            stages=STAGES,
            repos=(Repo("shop", ".", "git@host:x.git"), Repo("a.b", "services/a.b", "/srv/a.git")),
            name="shop",
        )

    def test_most_frequent_branches(self, shop: Path) -> None:
        """Each stage has the branch that most repositories have, the others have their own."""
        found = (
            FoundRepo("a", "a", "origin", branches=("dev", "stg", "master")),
            FoundRepo("b", "b", "origin", branches=("develop", "master")),
            FoundRepo("c", "c", "origin", branches=("develop", "staging", "main", "master")),
            FoundRepo("d", "d", "origin", branches=()),
        )
        workspace = rendered(shop, found)
        assert [stage.branch for stage in workspace.stages] == ["develop", "stg", "master"]
        assert [repo.branches for repo in workspace.repos] == [
            {"dev": "dev"},
            {},
            {"stg": "staging"},
            {},
        ]
        comments = [line for line in render_config("shop", found).splitlines() if "has no" in line]
        assert comments == [
            "# It has no branch stg.",
            '# If it has no stage stg, add: stages = ["dev", "main"]',
            "# It has no branch develop.",
            "# It has no branch stg.",
            "# It has no branch master.",
        ]

    def test_a_proposed_list_of_stages_is_valid(self, shop: Path) -> None:
        """It can be added as it stands; which of two branches is meant is left to the reader."""
        found = (
            FoundRepo("a", "a", "origin", branches=("dev", "stg", "main")),
            FoundRepo("b", "b", "origin", branches=("develop", "development", "main")),
            FoundRepo("c", "c", "origin", branches=("develop", "master")),
            FoundRepo("d", "d", "origin", branches=("dev", "stg", "main")),
        )
        text = render_config("shop", found)
        assert "# It has no branch dev, but develop and development." in text
        (shop / "multigit.toml").write_text(
            re.sub(r"# If it has no stage .*, add: ", "", text), encoding="utf-8"
        )
        repos = load(shop / "multigit.toml").repos
        assert [repo.stages for repo in repos] == [(), ("main",), ("dev", "main"), ()]
        assert repos[2].branches == {"dev": "develop", "main": "master"}

    def test_stage_that_no_repository_has(self, shop: Path) -> None:
        """A stage without any branch is left out of the chain, with a comment."""
        found = (FoundRepo("a", "a", "origin", branches=("dev", "main")),)
        stages = rendered(shop, found).stages
        assert [(stage.name, stage.promotes_from) for stage in stages] == [
            ("dev", ""),
            ("main", "dev"),
        ]
        text = render_config("shop", found)
        assert "# There is no stage stg: no branch stg or stage or staging was found." in text

    def test_no_branch_at_all(self, shop: Path) -> None:
        """New repositories get the usual three stages."""
        stages = rendered(shop, (FoundRepo("a", "a", note="is no git repository."),)).stages
        assert [stage.branch for stage in stages] == ["dev", "stg", "main"]

    def test_remote(self, shop: Path) -> None:
        """The most frequent remote is the workspace's, and other repositories set their own."""
        found = (
            FoundRepo("a", "a", "up", "/a.git", ("main",)),
            FoundRepo("b", "b", "up", "/b.git", ("main",)),
            FoundRepo("c", "c", "origin", "/c.git", ("main",)),
        )
        workspace = rendered(shop, found)
        assert workspace.remote == "up"
        assert [workspace.remote_of(repo) for repo in workspace.repos] == ["up", "up", "origin"]

    def test_push_url(self, shop: Path) -> None:
        """A comment shows a different push URL, without the credentials in it."""
        repository(shop / "api", remote="dev")
        git(shop / "api", "remote", "set-url", "--push", "origin", "https://a:canary@host/f.git")
        text = render_config("shop", discover(shop))
        assert "https://***@host/f.git" in text
        assert "canary" not in text
        git(shop / "api", "remote", "set-url", "--push", "origin", "ssh://git@host/x.git")
        assert "push_url" not in render_config("shop", discover(shop))

    @pytest.mark.parametrize(
        ("url", "written"),
        [
            ("https://ada:canary@host/x.git", "https://host/x.git"),
            ("https://ghp_canary@host/x.git", "https://host/x.git"),
            ("HTTP://a:b@canary@host/x.git", "HTTP://host/x.git"),
            ("ssh://git:canary@host/x.git", "ssh://host/x.git"),
            ("https://robin@host/x.git", "https://robin@host/x.git"),
            ("ssh://git@host:22/x.git", "ssh://git@host:22/x.git"),
            ("git@host:x@y.git", "git@host:x@y.git"),
            ("https://host/@scope/x.git", "https://host/@scope/x.git"),
        ],
    )
    def test_credentials(self, shop: Path, url: str, written: str) -> None:
        """A password or token is not written, and a comment shows the masked URL."""
        found = (FoundRepo("x", "x", "origin", url, ("main",)),)
        text = render_config("shop", found)
        assert rendered(shop, found).repos == (Repo("x", "x", written),)
        assert "canary" not in text
        assert ("contains credentials: " in text and "://***@host/x.git" in text) == (
            url != written
        )

    @pytest.mark.parametrize("odd", ['a"b', "a\\b", "ä\U0001f600", "a]b", "a#b", "a'''b", "a b"])
    def test_odd_texts(self, shop: Path, odd: str) -> None:
        """Quotes, backslashes and any Unicode text are read back unchanged."""
        found = (FoundRepo(odd, "x", "origin", f"/srv/{odd}", ("main",)),)
        workspace = rendered(shop, found, name=odd)
        assert (workspace.name, workspace.repos) == (odd, (Repo("x", odd, f"/srv/{odd}"),))

    @pytest.mark.parametrize("hostile", ["\n[x]\n", "\x1b[31m", "\x7f", "\u202e", "\udcff"])
    def test_hostile_texts(self, shop: Path, hostile: str) -> None:
        """Text that cannot be written is left out with a comment, and all else is still written."""
        found = (
            API,
            FoundRepo(f"a{hostile}", "a", "origin", "/a.git", ("main",)),
            FoundRepo("b", "b", f"o{hostile}", f"/b{hostile}", ("main",), f"note {hostile}"),
        )
        text = render_config(hostile, found)
        assert text.replace("\n", "").isprintable()
        assert "cannot be written in this file." in text
        workspace = rendered(shop, found, name=hostile)
        assert workspace.repos == (Repo("api", "services/api", "git@host:api.git"), Repo("b", "b"))

    def test_paths_that_differ_in_case(self, shop: Path) -> None:
        """The second of two such paths is left out."""
        found = (API, FoundRepo("Services/API", "API-2", "origin"))
        assert [repo.name for repo in rendered(shop, found).repos] == ["api"]
        assert "# Left out: Services/API differs from services/api" in render_config("shop", found)

    def test_names_found_on_disk_load(self, shop: Path) -> None:
        """The result can be loaded, whatever the folders are called."""
        for name in ("-x", "a" * 120, "a" * 119 + "b", "é", "$(x)", "A", "~"):
            repository(shop / name, origin="")
        names = [repo.name for repo in rendered(shop, discover(shop)).repos]
        assert names == ["x", "x-2", "A", "a" * 100, "a" * 90 + "-2", "repo-2"]

    def test_nothing_found(self) -> None:
        """Without repositories, the result is a file to fill in."""
        assert set(tomllib.loads(render_config("shop", ()))) == {"workspace", "stages"}
