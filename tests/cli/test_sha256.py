"""Repositories with SHA-256 object ids of 64 digits."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.cli.answers import DONE, FAILED, hook, rows, states
from tests.support.forge import Forge, ForgeRepo, untouched


@pytest.fixture
def api(forge: Forge) -> ForgeRepo:
    """Return a SHA-256 repository next to a SHA-1 one, with its remote used for locks."""
    files = {name: f"{name}\n" for name in ("edit", "gone", "old", "mode", "deep/gone")}
    forge.add("web")
    repo = forge.add("api", files=files, object_format="sha256")
    config = forge.write_config()
    config.write_text(f'{config.read_text()}\n[lock]\nrepo = "api"\n')
    return repo


def test_every_kind_of_change_is_committed(forge: Forge, api: ForgeRepo) -> None:
    """Deleted, renamed, edited, new and executable files are pushed and promoted."""
    (api.clone / "old").rename(api.clone / "new")
    api.write({"edit": "edited\n", "gone": None, "deep/gone": None, "added": "added\n"})
    (api.clone / "mode").chmod(0o755)
    with untouched(forge):
        plan = forge.json("push", "dev", "--promote", "stg", "--dry-run", check=DONE)

    document = forge.json("push", "dev", "--promote", "stg", "--yes", check=DONE)

    assert states(document) == {"web": "up_to_date", "api": "published"}
    row = rows(document)["api"]
    assert len(row["after"]) == 64
    assert rows(plan)["api"]["after"] != ""
    assert api.tree("dev") == api.tree("stg")
    assert set(api.tree("stg")) == {"edit", "new", "mode", "added"}
    assert api.remote_git("ls-tree", "stg", "mode").startswith("100755 ")
    assert api.git("status", "--porcelain") == ""
    assert api.tip("stg") == row["after"]
    assert api.remote_git("rev-parse", f"{row['tag']}^{{commit}}") == row["after"]
    assert not [ref for ref in api.remote_refs() if "lock" in ref]


def test_the_whole_tour(forge: Forge, api: ForgeRepo) -> None:
    """Promote, a refused push, continue, undo, backmerge, status, pull and log work."""
    before = api.tip("stg")
    api.commit("dev", {"a": "1\n"})
    forge.repos["web"].commit("dev", {"a": "1\n"})
    api.reject_pushes("refs/heads/stg")
    assert states(forge.json("promote", "dev", "stg", "--yes", check=FAILED))["api"] == "failed"
    api.allow_pushes()
    assert states(forge.json("continue", "--yes", check=DONE))["api"] == "published"
    assert api.tree("stg")["a"] == "1\n"
    forge.json("undo", "--yes", check=DONE)
    assert api.tip("stg") == before
    forge.json("promote", "dev", "stg", "--yes", check=DONE)
    api.commit("stg", {"hotfix": "1\n"})
    forge.json("backmerge", "stg", "--yes", check=DONE)
    assert api.tree("dev")["hotfix"] == "1\n"
    forge.json("pull", "dev", check=DONE)
    assert (api.clone / "hotfix").read_text() == "1\n"
    (pair, _) = rows(forge.json("status", check=DONE))["api"]["pairs"]
    assert (pair["state"], pair["debt"]) == ("up_to_date", 0)
    forge.json("log", "--verify", "--remote", check=DONE)


def test_a_stopped_commit_leaves_the_index(forge: Forge, api: ForgeRepo) -> None:
    """After a hook rejects a deletion, nothing is staged."""
    api.write({"gone": None})
    hook(api.clone / ".git/hooks/pre-commit", "exit 1")
    with untouched(forge):
        forge.run("push", "dev", "--dry-run", check=DONE)
    forge.json("push", "dev", "--yes", check=FAILED)
    assert api.git("status", "--porcelain").strip() == "D gone"


def test_a_revert_is_known_by_its_long_id(forge: Forge, api: ForgeRepo) -> None:
    """A revert whose message has an id of 64 digits is recognized."""
    before = api.tip("stg")
    api.commit("dev", {"a": "1\n"})
    forge.json("promote", "dev", "stg", "--yes", check=DONE)
    merged = api.tip("stg")
    message = f"Revert\n\nThis reverts commit {merged}, reversing\nchanges made to {before}."
    api.commit("stg", {"a": None, "version": "2\n"}, message=message)
    api.commit("dev", {"b": "1\n"})
    document = forge.json("promote", "dev", "stg", "--yes", check=DONE)
    assert [each["code"] for each in rows(document)["api"]["problems"]] == ["brings_back"]
    assert api.tree("stg") == api.tree("dev") | {"version": "2\n"}


@pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="ssh-keygen is not installed")
def test_what_was_rolled_back_comes_back_signed(forge: Forge, api: ForgeRepo) -> None:
    """Both commits are signed, and are the planned ones after a refused push and a continue."""
    key = forge.root / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    (forge.root / "signers").write_text(f"ada@example.org {key.with_suffix('.pub').read_text()}")
    signing = {"gpg.format": "ssh", "user.signingKey": str(key), "commit.gpgSign": "true"}
    for name, value in signing.items():
        api.git("config", name, value)
    api.git("config", "gpg.ssh.allowedSignersFile", str(forge.root / "signers"))
    work = api.commit("dev", {"a": "1\n"})
    forge.json("promote", "dev", "stg", "--yes", check=DONE)
    reverted = api.commit("stg", {"a": None}, message=f"Revert\n\nThis reverts commit {work}.")
    new = api.commit("dev", {"b": "1\n"})
    forge.repos["web"].commit("dev", {"b": "1\n"})
    api.reject_pushes("refs/heads/stg")
    forge.json("promote", "dev", "stg", "--yes", check=FAILED)
    api.allow_pushes()
    assert states(forge.json("continue", "--yes", check=DONE))["api"] == "published"
    back, theirs = api.git("log", "-1", "--format=%P", api.tip("stg")).split()
    assert (theirs, api.git("log", "-1", "--format=%P", back)) == (new, reverted)
    assert api.git("log", "-1", "--format=%b", back).strip().endswith(f"\n\nReapplies: {reverted}")
    assert api.tree("stg") == api.tree("dev")
    for commit in (api.tip("stg"), back):
        api.git("verify-commit", commit)
