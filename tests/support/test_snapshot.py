"""Snapshots detect each kind of change, and taking one changes nothing."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import pytest

from .forge import Forge, ForgeRepo, remotes_untouched, untouched
from .gitenv import GitFailedError, as_text, git
from .refs import read_refs


def test_refs_are_those_of_for_each_ref(api: ForgeRepo) -> None:
    """Loose before packed; a ref that was packed, then moved; a ref that was packed, then gone."""

    def listed() -> dict[str, str]:
        rows = api.remote_git("for-each-ref", "--format=%(refname) %(objectname)").split("\n")
        return dict(row.split(" ", 1) for row in rows)

    api.remote_git("tag", "--annotate", "--message", "m", "v1", "main")
    api.remote_git("branch", "old", "main")
    assert read_refs(api.bare) == listed()
    api.remote_git("pack-refs", "--all")
    api.commit("dev", {"a": "1"})
    api.remote_git("branch", "--delete", "--force", "old")
    assert read_refs(api.bare) == listed()
    assert "refs/heads/old" not in read_refs(api.bare)


def _chmod(repo: ForgeRepo) -> None:
    (repo.clone / "README.md").chmod(0o755)


def _touch(repo: ForgeRepo) -> None:
    os.utime(repo.clone / "README.md", (1, 1))


def _touch_index(repo: ForgeRepo) -> None:
    os.utime(repo.clone / ".git/index", (1, 1))


def _relink(repo: ForgeRepo) -> None:
    (repo.clone / "link").unlink()
    (repo.clone / "link").symlink_to("there")


def _there_and_back(repo: ForgeRepo) -> None:
    repo.git("checkout", "--quiet", "--detach")
    repo.git("checkout", "--quiet", "dev")


def _merge_begun(repo: ForgeRepo) -> None:
    repo.git("merge", "--no-ff", "--no-commit", "side")


def _rebase_begun(repo: ForgeRepo) -> None:
    with pytest.raises(GitFailedError):
        repo.git("rebase", "--exec", "false", "HEAD~1")


def _worktree_file(repo: ForgeRepo) -> None:
    (repo.clone.parent.parent.parent / "linked/README.md").write_text("changed")


CHANGES: dict[str, tuple[Callable[[ForgeRepo], object], str]] = {
    "content": (lambda repo: repo.write({"README.md": "x"}), r"README.md: content: .* → b'x'"),
    "new file": (lambda repo: repo.write({"n/x": ""}), r"n/x: content: \(absent\) → b''"),
    "removed file": (lambda repo: repo.write({"README.md": None}), r"README.md: .* → \(gone\)"),
    "empty folder": (lambda repo: (repo.clone / "e").mkdir(), "services/api/e: mode"),
    "mode": (_chmod, "README.md: mode: 0o100644 → 0o100755"),
    "mtime": (_touch, "README.md: mtime"),
    "symlink": (_relink, "link: content: symlink to here → symlink to there"),
    "staged": (lambda repo: repo.git("rm", "--cached", "README.md"), r"\.git/index: "),
    "index time": (_touch_index, r"\.git/index: mtime"),
    "checkout": (
        lambda repo: repo.git("checkout", "--detach"),
        r"\.git/HEAD: b'ref: refs/heads/dev",
    ),
    "there and back": (_there_and_back, r"\.git/logs/HEAD"),
    "branch": (lambda repo: repo.git("branch", "x"), r"refs/heads/x: \(absent\)"),
    "tag": (lambda repo: repo.git("tag", "v1"), "refs/tags/v1"),
    "configuration": (lambda repo: repo.git("config", "a.b", "c"), r"\.git/config"),
    "hook": (lambda repo: (repo.clone / ".git/hooks/pre-push").touch(), "hooks/pre-push"),
    "fetch": (lambda repo: repo.git("fetch"), "FETCH_HEAD"),
    "merge": (_merge_begun, "MERGE_HEAD"),
    "rebase": (_rebase_begun, "rebase-merge/"),
    "bisect": (lambda repo: repo.git("bisect", "start"), "BISECT_LOG"),
    "linked worktree": (_worktree_file, "linked/README.md: content"),
    "other file": (lambda repo: (repo.clone.parent / "other").touch(), "shop/services/other"),
    "remote branch": (
        lambda repo: repo.commit("main", {"a": "1"}),
        "remote api: refs/heads/main: ",
    ),
    "remote tag": (lambda repo: repo.remote_git("tag", "v1", "main"), "remote api: refs/tags/v1"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_untouched_catches(change: str, forge: Forge, api: ForgeRepo) -> None:
    api.local_commit({"a.txt": "1\n"})
    api.git("branch", "side", "HEAD~1")
    api.git("worktree", "add", "--quiet", str(forge.root / "linked"), "side")
    git(
        forge.root / "linked", "commit", "--quiet", "--allow-empty", "--message", "m", env=forge.env
    )
    (api.clone / "link").symlink_to("here")
    act, expected = CHANGES[change]
    with pytest.raises(AssertionError, match=expected), untouched(forge):
        act(api)


def test_untouched_allows_looking_and_records(forge: Forge, api: ForgeRepo) -> None:
    """A fetch without FETCH_HEAD, our own refs, packed refs, `.multigit/` and the log."""
    api.commit("main", {"a": "1"})
    with untouched(forge):
        api.git("fetch", "--quiet", "--no-write-fetch-head", "--no-tags")
        api.git("update-ref", "refs/multigit/x", "HEAD")
        api.git("pack-refs", "--all")
        api.git("--no-optional-locks", "status")
        (forge.shop / ".multigit/operations").mkdir(parents=True)
        (forge.shop / ".multigit/lock").touch()
        (forge.shop / "deployment.log").touch()
    with pytest.raises(AssertionError, match=r"api/\.multigit"), untouched(forge):
        (api.clone / ".multigit").mkdir()


def test_untouched_looks_also_after_an_error(forge: Forge, api: ForgeRepo) -> None:
    def fail(repo: ForgeRepo, act: Callable[[ForgeRepo], None]) -> None:
        act(repo)
        raise KeyError

    with pytest.raises(AssertionError, match="1 facts changed"), untouched(forge):
        fail(api, _touch)
    with pytest.raises(KeyError), untouched(forge):
        fail(api, lambda _: None)


def test_untouched_survives_names_that_are_no_text(forge: Forge, api: ForgeRepo) -> None:
    name = as_text(b"raw-\xff.txt" if sys.platform != "darwin" else "raw-ü.txt".encode())
    with pytest.raises(AssertionError, match="raw-") as caught, untouched(forge):
        api.write({name: "x"})
    str(caught.value).encode("utf-8")


def test_submodule_is_watched(forge: Forge, api: ForgeRepo) -> None:
    web = forge.add("web")
    web.git("submodule", "--quiet", "add", api.url, "lib")
    with (
        pytest.raises(AssertionError, match=r"web/\.git/modules/lib: refs/tags/v1"),
        untouched(forge),
    ):
        git(web.clone / "lib", "tag", "v1")
    with untouched(forge):
        git(web.clone / "lib", "fetch", "--quiet", "--no-write-fetch-head")


def test_remotes_untouched_looks_at_remotes_alone(forge: Forge, api: ForgeRepo) -> None:
    with remotes_untouched(forge):
        api.local_commit({"a": "1"})
    with pytest.raises(AssertionError, match="refs/heads/dev"), remotes_untouched(forge):
        api.git("push", "--quiet")
