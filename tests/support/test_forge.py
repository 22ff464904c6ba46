"""The forge makes the same as git, and a colleague changes only the remotes."""

from __future__ import annotations

import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from . import commits, fastimport
from .fastimport import Stamp
from .forge import COLLEAGUE, Forge, ForgeRepo, untouched
from .gitenv import GitFailedError, as_bytes, git


def test_clone_is_what_git_clone_makes(forge: Forge, api: ForgeRepo, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--branch", "dev", api.url, "real", env=forge.env)
    real = tmp_path / "real"
    for command in (
        ("config", "--local", "--list"),
        ("for-each-ref", "--format=%(refname) %(objectname) %(symref)"),
        ("status", "--porcelain=v2", "--branch"),
        ("symbolic-ref", "HEAD"),
        ("ls-files", "--stage"),
    ):
        assert sorted(api.git(*command).split("\n")) == sorted(git(real, *command).split("\n"))
    api.git("fsck", "--strict")
    assert (api.clone / "README.md").read_text() == "# api\n"


def test_stages_start_at_one_commit(forge: Forge) -> None:
    repo = forge.add("web", stages=("develop", "main"), files={"a/b.txt": "x"}, checkout="main")
    assert set(repo.remote_refs()) == {"refs/heads/develop", "refs/heads/main"}
    assert len(set(repo.remote_refs().values())) == 1
    assert repo.tree("develop") == {"a/b.txt": "x"}
    assert repo.git("branch", "--show-current") == "main"


def test_repository_without_stages_is_unborn(forge: Forge) -> None:
    repo = forge.add("new", stages=())
    assert repo.remote_refs() == {}
    assert "No commits yet" in repo.git("status")


def test_workspace_folder_may_be_a_repository(forge: Forge, api: ForgeRepo) -> None:
    root = forge.add("shop", path=".", files={"compose.yml": "services:\n"})
    assert root.clone == forge.shop
    assert root.git("status", "--porcelain") == "?? services/"
    assert api.git("rev-parse", "HEAD") != root.git("rev-parse", "HEAD")


def test_colleague_commits_on_the_remote_alone(forge: Forge, api: ForgeRepo) -> None:
    before, clone = api.tip("dev"), api.local_refs()
    first = api.commit("dev", {"a.txt": "one\n", "deep/ü b.txt": b"\xff\0"}, message="feat: ü")
    second = api.commit(
        "dev", {"README.md": None, "a.txt": "two\n"}, author="Bob <bob@example.org>"
    )
    assert api.remote_git("rev-list", "--parents", "-1", second) == f"{second} {first}"
    assert api.remote_git("rev-parse", f"{first}^") == before
    assert api.remote_git("log", "-1", "--format=%an <%ae>|%s", first) == f"{COLLEAGUE}|feat: ü"
    assert api.remote_git("log", "-1", "--format=%an", second) == "Bob"
    assert api.tree("dev") == {"a.txt": "two\n", "deep/ü b.txt": "\udcff\0"}
    assert api.tree(first)["README.md"] == "# api\n"
    assert api.tip("dev") == second
    assert api.tip("main") == before
    assert api.local_refs() == clone
    api.git("fetch", "--quiet")
    assert api.local_refs()["refs/remotes/origin/dev"] == second
    assert forge.tick() > int(api.remote_git("log", "-1", "--format=%ct", second))


def test_commits_are_the_ones_that_fast_import_makes(forge: Forge, api: ForgeRepo) -> None:
    """Also where files become folders, and where git sorts a folder behind a file."""
    changes: list[dict[str, str | bytes | None]] = [
        {"a": "1\n", "a.b": b"\xff", "deep/er/ü": "2\n", "deep.txt": "", "gone/x": "3\n"},
        {"a/b/c": "4\n", "deep": "5\n", "gone": None, "README.md": None},
    ]
    for each in changes:
        parent, when = api.tip("dev"), forge.tick()
        entries = {
            as_bytes(path): None if content is None else fastimport.text_file(content)
            for path, content in each.items()
        }
        stamp = Stamp(COLLEAGUE, when)
        stream = fastimport.commit(
            f"refs/heads/at-{when}", 1, stamp=stamp, message="ü", parents=[parent], changes=entries
        )
        (expected,) = fastimport.run(api.bare, stream, [1])
        assert api.write_commit(each, stamp=stamp, message="ü", parents=[parent]) == expected
        assert api.commit("dev", {**each, "more": str(when)}, message="ü")
    api.remote_git("fsck", "--strict")


def test_commit_begins_a_new_branch_only_when_told_where(api: ForgeRepo) -> None:
    with pytest.raises(KeyError):
        api.commit("release/1", {"a": "1"})
    sha = api.commit("release/1", {"a": "1"}, start="main")
    assert api.remote_git("rev-parse", f"{sha}^") == api.tip("main")


def test_a_branch_that_somebody_moves_meanwhile_is_not_overwritten(api: ForgeRepo) -> None:
    """A push that holds git's lock of the branch is waited for, and what it pushed stays."""
    tip, lock = api.tip("dev"), api.bare / "refs/heads/dev.lock"
    made = api.write_commit({"a": "1"}, stamp=Stamp(COLLEAGUE, 0), message="m", parents=[tip])
    with pytest.raises(ValueError, match="refs/heads/dev"):
        commits.point(api.bare, "refs/heads/dev", made, api.commit("stg", {"b": "1"}))
    with pytest.raises(ValueError, match="refs/heads/dev"):
        api.commit("dev", {"a": "1"}, start="dev")
    lock.touch()
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(commits.point, api.bare, "refs/heads/dev", made, tip)
        assert not waiting.done()
        lock.unlink()
        waiting.result()
    assert api.tip("dev") == made


def test_commits_have_the_same_sha_in_every_run(tmp_path: Path) -> None:
    shas = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        repo = Forge(tmp_path / name).add("api")
        shas.append((repo.commit("dev", {"a": "1"}), repo.local_commit({"b": "2"}, "local")))
    assert shas[0] == shas[1]


def test_local_commit_stays_in_the_clone(api: ForgeRepo) -> None:
    before = api.remote_refs()
    sha = api.local_commit({"odd [x]*.txt": "1\n", "README.md": None}, "fix: it")
    assert api.local_refs()["refs/heads/dev"] == sha
    assert api.git("ls-files") == "odd [x]*.txt"
    assert api.git("status", "--porcelain") == ""
    assert api.remote_refs() == before


def test_merge_by_git_is_a_merge_commit_or_the_conflicted_paths(
    forge: Forge, api: ForgeRepo
) -> None:
    api.commit("dev", {"a.txt": "dev\n"})
    clean = api.commit("stg", {"b.txt": "stg\n"})
    with untouched(forge):
        tree, conflicts = api.merge_by_git("stg", "dev")
    assert tree is not None
    assert api.merge_by_git("stg", "stg") == (
        api.remote_git("rev-parse", f"{clean}^{{tree}}"),
        conflicts,
    )
    api.commit("stg", {"a.txt": "stg\n"})
    assert api.merge_by_git("stg", "dev") == (None, frozenset({"a.txt"}))
    assert list((forge.root / "merges").iterdir()) == []


def test_update_hook_rejects_matching_refs(api: ForgeRepo) -> None:
    api.reject_pushes("refs/heads/main", "GH006: Protected branch update failed, it's so")
    api.reject_pushes("refs/tags/*", "no tags")
    sha = api.local_commit({"a": "1"})
    with pytest.raises(GitFailedError, match=r"remote: GH006: .* it's so"):
        api.git("push", "origin", f"{sha}:refs/heads/main")
    with pytest.raises(GitFailedError, match="no tags"):
        api.git("push", "origin", f"{sha}:refs/tags/a/b")
    api.git("push", "--quiet", "origin", f"{sha}:refs/heads/stg")
    api.allow_pushes()
    api.git("push", "--quiet", "origin", f"{sha}:refs/heads/main", f"{sha}:refs/tags/a/b")
    assert set(api.remote_refs().values()) >= {sha}
    assert api.tip("main") == sha


def test_config_names_the_stages_and_every_repository(forge: Forge, api: ForgeRepo) -> None:
    forge.add("shop", path=".")
    config = tomllib.loads(forge.write_config().read_text())
    assert list(config["stages"]) == ["dev", "stg", "main"]
    assert config["repos"]["api"] == {"path": "services/api", "url": api.url}
    assert config["repos"]["shop"]["path"] == "."
    assert api.url.startswith("file:///")
    assert forge.write_config("x = 1\n").read_text() == "x = 1\n"


def _pretend(forge: Forge, program: str) -> dict[str, str]:
    """Make `program` run for `python -m multigit`."""
    package = forge.root / "fake/multigit"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(program)
    return {"PYTHONPATH": str(package.parent)}


def test_run_has_no_terminal_and_checks_the_exit_code(forge: Forge) -> None:
    program = """\
import os, sys
print(os.getcwd(), sys.argv[1:], sys.stdin.read(), os.environ["HOME"])
try:
    open("/dev/tty")
except OSError:
    sys.exit(3)
"""
    env = _pretend(forge, program)
    done = forge.run("status", "x", input="yes", env=env, check=3)
    assert done.stdout == f"{forge.shop} ['status', 'x'] yes {forge.root / 'home'}\n"
    with pytest.raises(AssertionError, match="exit code 3 instead of 0"):
        forge.run(env=env, check=0)


def test_json_is_exactly_one_document(forge: Forge) -> None:
    env = _pretend(forge, "import json, sys; print(json.dumps({'args': sys.argv[1:]}))")
    assert forge.json("status", env=env) == {"args": ["status", "--json"]}
    (forge.root / "fake/multigit/__main__.py").write_text("print('{}'); print('{}')")
    with pytest.raises(AssertionError, match="no single JSON document"):
        forge.json("status", env=env)
