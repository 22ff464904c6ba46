"""Commits and tags are signed if the user's configuration says so."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from multigit.adapters.git.repository import GitRepository
from multigit.core.values.git_answers import Publication
from multigit.errors import GitError
from tests.adapters.git.clones import SIGNATURE, open_clone, sides
from tests.support.forge import Forge, ForgeRepo, untouched

needs_gpg = pytest.mark.skipif(not shutil.which("gpg"), reason="gpg is not installed")
needs_ssh = pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="ssh-keygen is not installed")


@pytest.fixture
def api(forge: Forge) -> ForgeRepo:
    """Return a repository whose dev is ahead of main, and that signs everything."""
    return signing(forge)


def signing(forge: Forge, object_format: str = "sha1") -> ForgeRepo:
    """Return such a repository with object ids of this format."""
    repo = forge.add("api", object_format=object_format)
    repo.commit("dev", {"a": "1\n"})
    repo.git("config", "commit.gpgSign", "true")
    repo.git("config", "tag.gpgSign", "true")
    return repo


@pytest.fixture
def gpg_key(tmp_path_factory: pytest.TempPathFactory, forge: Forge) -> Iterator[str]:
    """Return the id of a fresh key without a passphrase, known to gpg while the test runs."""
    # The agent's socket needs a short path.
    home = (
        Path(os.path.realpath("/tmp"))
        / f"gnupg-{os.getpid()}-{tmp_path_factory.getbasetemp().name}"
    )
    home.mkdir(mode=0o700)
    forge.env["GNUPGHOME"] = os.environ["GNUPGHOME"] = str(home)
    quick = ("--batch", "--passphrase", "", "--quick-generate-key")
    subprocess.run(
        ["gpg", *quick, "Ada Lovelace <ada@example.org>", "ed25519", "sign"],
        check=True,
        capture_output=True,
    )
    yield "ada@example.org"
    subprocess.run(["gpgconf", "--kill", "all"], check=False, capture_output=True)
    del os.environ["GNUPGHOME"]
    shutil.rmtree(home, ignore_errors=True)


def sign_all(repository: GitRepository, repo: ForgeRepo) -> tuple[str, str, str]:
    """Merge, tag and commit; return the three objects."""
    ours, theirs = sides(repository)
    merged = repository.merge(ours, theirs, SIGNATURE).commit
    tag = repository.tag("deploy-1", merged, SIGNATURE)
    repo.write({"new": "1\n"})
    work = repository.work_tree()
    made = repository.commit(work.changes, SIGNATURE, verify=True)
    return merged, tag, made.sha


def verified(repo: ForgeRepo, *objects: str) -> None:
    """Assert that git accepts the signatures."""
    for each in objects:
        kind = repo.git("cat-file", "-t", each)
        repo.git(f"verify-{kind}", each)


@needs_gpg
def test_an_identity_for_a_folder_signs_there(
    forge: Forge, api: ForgeRepo, gpg_key: str, tmp_path: Path
) -> None:
    """An identity from `includeIf "gitdir:…"` is used for merges and tags."""
    work = tmp_path / "work.gitconfig"
    work.write_text(f"[user]\n\tname = Ada at work\n\tsigningKey = {gpg_key}\n")
    included = f"includeIf.gitdir:{api.clone.parent}/.path"
    api.git("config", "--file", forge.env["GIT_CONFIG_GLOBAL"], included, str(work))
    api.git("config", "--file", forge.env["GIT_CONFIG_GLOBAL"], "user.signingKey", "nobody")
    merged, tag, _ = sign_all(open_clone(forge, api), api)
    verified(api, merged, tag)
    assert "\ntagger Ada at work <" in api.git("cat-file", "tag", tag)


@needs_gpg
def test_everything_is_signed_by_gpg(forge: Forge, api: ForgeRepo, gpg_key: str) -> None:
    """Merges, tags and commits are signed; the tag is not a local ref, and has the usual text."""
    api.git("config", "user.signingKey", gpg_key)
    repository = open_clone(forge, api)
    merged, tag, made = sign_all(repository, api)
    verified(api, merged, tag, made)
    assert not [ref for ref in api.local_refs() if ref.startswith("refs/tags/")]
    header, _, rest = api.git("cat-file", "tag", tag).partition("\n\n")
    assert header.splitlines() == [
        f"object {merged}",
        "type commit",
        "tag deploy-1",
        f"tagger Ada Lovelace <ada@example.org> {SIGNATURE.date}",
    ]
    assert rest.startswith(f"{SIGNATURE.message}\n-----BEGIN PGP SIGNATURE-----")


@needs_gpg
def test_a_signed_release_can_be_published(forge: Forge, api: ForgeRepo, gpg_key: str) -> None:
    """The signature can be verified on the remote."""
    api.git("config", "user.signingKey", gpg_key)
    repository = open_clone(forge, api)
    ours, theirs = sides(repository)
    merged = repository.merge(ours, theirs, SIGNATURE).commit
    tag = repository.tag("deploy-1", merged, SIGNATURE)
    refs = ("refs/heads/main", "refs/tags/deploy-1")
    push = [Publication(refs[0], ours.sha, merged), Publication(refs[1], "", tag)]
    assert repository.push(push).accepted
    api.remote_git("verify-tag", "deploy-1")


@needs_ssh
@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_everything_is_signed_by_ssh(forge: Forge, tmp_path: Path, object_format: str) -> None:
    """The repository's own key and format are used."""
    api = signing(forge, object_format)
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    public = Path(f"{key}.pub").read_text()
    (tmp_path / "signers").write_text(f"ada@example.org {public}", encoding="utf-8")
    api.git("config", "gpg.format", "ssh")
    api.git("config", "user.signingKey", str(key))
    api.git("config", "gpg.ssh.allowedSignersFile", str(tmp_path / "signers"))
    verified(api, *sign_all(open_clone(forge, api), api))


def test_a_key_that_is_missing_is_found_while_planning(forge: Forge, api: ForgeRepo) -> None:
    """The preview already signs the merge, so planning fails before anything changes."""
    api.git("config", "gpg.program", "false")
    repository = open_clone(forge, api)
    with untouched(forge):
        ours, theirs = sides(repository)
        with pytest.raises(GitError):
            repository.merge(ours, theirs, SIGNATURE)
        with pytest.raises(GitError):
            repository.tag("deploy-1", ours.sha, SIGNATURE)


def test_nothing_is_signed_that_nobody_wants_signed(forge: Forge, api: ForgeRepo) -> None:
    """Nothing is signed if the configuration says no."""
    api.git("config", "commit.gpgSign", "false")
    api.git("config", "tag.gpgSign", "off")
    for each in sign_all(open_clone(forge, api), api):
        kind = api.git("cat-file", "-t", each)
        assert "SIGNATURE" not in api.git("cat-file", kind, each)
        assert "gpgsig" not in api.git("cat-file", kind, each)


def test_a_tag_that_should_be_signed_is_signed(forge: Forge, api: ForgeRepo) -> None:
    """Git 2.39 makes an unsigned tag and exits with 0 if an ssh key is missing: an error here."""
    api.git("config", "tag.gpgSign", "true")
    api.git("config", "gpg.format", "ssh")
    api.git("config", "user.signingKey", "/nowhere")
    repository = open_clone(forge, api)
    ours, _ = sides(repository)
    with pytest.raises(GitError):
        repository.tag("deploy-1", ours.sha, SIGNATURE)
