"""Git's output is kept for troubleshooting, and only its owner can read it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from multigit.adapters.git.transcript import LONGEST, Transcript
from multigit.adapters.git.workspace import GitRepositories
from multigit.core.values.text import is_hidden
from multigit.core.values.workspace import Repo, Workspace
from multigit.errors import GitError
from tests.adapters.git.clones import STAGES
from tests.support.forge import Forge


def mode(path: Path) -> int:
    """Return a file's permissions."""
    return stat.S_IMODE(path.stat().st_mode)


def test_nothing_is_written_until_somebody_keeps_it(tmp_path: Path) -> None:
    """Then everything so far is written, and everything that follows."""
    transcript, file = Transcript(), tmp_path / "operations/x/api.log"
    transcript.add(["fetch", "origin"], "", "", 0)
    assert list(tmp_path.iterdir()) == []
    transcript.keep(file)
    transcript.add(["push", "a b"], "out\n", "err\n", 1)
    assert file.read_text() == "$ git fetch origin\nexit 0\n$ git push 'a b'\nout\nerr\nexit 1\n"


def test_the_file_is_private(tmp_path: Path) -> None:
    """So are the folders that are created for it."""
    transcript, file = Transcript(), tmp_path / "operations/x/api.log"
    transcript.add(["fetch"], "", "", 0)
    transcript.keep(file)
    assert mode(file) == 0o600
    assert mode(file.parent) == 0o700


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    """The file that it points at is unchanged, and no error is raised."""
    (tmp_path / "victim").write_text("mine\n", encoding="utf-8")
    (tmp_path / "api.log").symlink_to(tmp_path / "victim")
    transcript = Transcript()
    transcript.add(["fetch"], "", "", 0)
    transcript.keep(tmp_path / "api.log")
    assert (tmp_path / "victim").read_text() == "mine\n"


def test_long_output_is_cut(tmp_path: Path) -> None:
    """The beginning is kept."""
    transcript = Transcript()
    transcript.add(["log"], "x" * (LONGEST + 5), "", 0)
    transcript.keep(tmp_path / "log")
    assert (tmp_path / "log").read_text() == f"$ git log\n{'x' * LONGEST}\nexit 0\n"


HOSTILE = "a\x1b[31m\x1b]0;t\x07b\x9b2J\u202ec\u200bd\r\x08e\x7f\ufefff\U000e0041"


def test_nothing_in_it_steers_a_terminal(tmp_path: Path) -> None:
    """Arguments, output and errors are escaped, and remain readable."""
    transcript, file = Transcript(), tmp_path / "log"
    transcript.add(["commit", "-m", HOSTILE, "two\nlines"], f"{HOSTILE}\t1\n", f"{HOSTILE}\n", 1)
    transcript.keep(file)
    command, out, err, ending = file.read_text(encoding="utf-8").splitlines()
    shown = HOSTILE.encode("unicode_escape").decode()
    assert command == f"$ git commit -m '{shown}' 'two\\nlines'"
    assert (out, err, ending) == (f"{shown}\t1", shown, "exit 1")


def test_what_others_wrote_is_harmless_in_it(forge: Forge) -> None:
    """Authors, subjects, paths and a server's messages are escaped; letters of any script stay."""
    api = forge.add("api")
    author = "Eve \x1b[2J\u202e <eve@example.org>"
    path = "p\u200bath\x1b[31m"
    api.commit("dev", {path: "1\n"}, message="feat: \x9b2J ünï \u2066code", author=author)
    api.reject_pushes("refs/heads/stg", "no \x1b]0;owned\x07 \u202ereally")
    forge.write_config()
    forge.json("promote", "dev", "stg", "--yes", check=1)
    (file,) = (forge.shop / ".multigit/operations").glob("*/api.log")
    text = file.read_text(encoding="utf-8")
    assert [c for c in text if is_hidden(c) and c not in "\n\t"] == []
    for shown in ("\\x1b[2J", "\\u202e", "\\x9b2J ünï", "\\x1b]0;owned"):
        assert shown in text


def test_output_that_is_no_text_is_kept(tmp_path: Path) -> None:
    """NULs become line breaks, and bytes that are not UTF-8 are escaped."""
    transcript = Transcript()
    transcript.add(["ls-files", "\udcff"], "a\0b\udcff\0", "ü\n", 0)
    transcript.keep(tmp_path / "log")
    text = (tmp_path / "log").read_text(encoding="utf-8")
    assert "a\nb\\udcff" in text
    assert "$ git ls-files '\\udcff'" in text
    assert "ü\nexit 0\n" in text


@pytest.mark.parametrize(
    "secret", ["sesame", "pa%20ss", "x-oauth-basic:ghp_123", "a'b", 'a"b', "p@ss", "a;b&c"]
)
def test_no_password_is_kept(secret: str, tmp_path: Path) -> None:
    """Passwords in URLs are masked in arguments and output."""
    transcript, url = Transcript(), f"https://ada:{secret}@example.org/api.git"
    transcript.add(["fetch", url, f"--x={url}"], f"{url}\n", "", 0)
    transcript.keep(tmp_path / "log")
    assert secret not in (tmp_path / "log").read_text()
    assert "https://***@example.org/api.git" in (tmp_path / "log").read_text()


def test_no_setting_that_may_hold_a_secret_is_kept(forge: Forge) -> None:
    """Values that multigit does not know are masked; those that explain failures are kept."""
    api = forge.add("api")
    secrets = {
        "http.extraHeader": "Authorization: Basic canary",
        "http.https://example.org/.extraheader": "Authorization: bearer\ncanary",
        "credential.helper": "!f() { echo password=canary; }; f",
        "sendemail.smtpPass": "canary",
        "url.https://ada:canary@example.org/.insteadOf": "example:",
        "remote.origin.pushurl": "https://ada:canary@example.org/api.git",
    }
    for key, value in secrets.items():
        api.git("config", key, value)
    repos = (Repo("api", "api"),)
    git = GitRepositories(Workspace(forge.shop, (), repos))
    assert git.repository(repos[0]).exists()
    git.repository(repos[0]).facts()
    folder = forge.shop / ".multigit/operations/x"
    git.keep_transcripts(folder)
    text = (folder / "api.log").read_text()
    assert "canary" not in text
    assert "local file:.git/config http.extraheader=***\n" in text
    assert "core.bare=false\n" in text
    assert f"remote.origin.url={api.url}\n" in text


def test_each_repository_has_its_file(forge: Forge) -> None:
    """It has the failed command and its exit status, and no password."""
    repos = Repo("api", "api"), Repo("web", "web")
    for repo in repos:
        forge.add(repo.name).use_url("http://ada:sesame@127.0.0.1:1/x.git")
    git = GitRepositories(Workspace(forge.shop, (), repos))
    for repo in repos:
        with pytest.raises(GitError):
            git.repository(repo).fetch(STAGES)
    folder = forge.shop / ".multigit/operations/x"
    git.keep_transcripts(folder)
    for name in ("api", "web"):
        text = (folder / f"{name}.log").read_text()
        assert "$ git fetch " in text
        assert "Failed to connect" in text
        assert "exit 128" in text
        assert "sesame" not in text


def test_what_is_opened_later_is_kept_from_its_first_command(forge: Forge) -> None:
    """`multigit continue` opens some repositories only when it deploys them."""
    api = forge.add("api")
    repo = Repo("api", api.path)
    git = GitRepositories(Workspace(forge.shop, (), (repo,)))
    git.keep_transcripts(forge.root / "kept")
    git.repository(repo).fetch(STAGES)
    said = (forge.root / "kept/api.log").read_text()
    assert "$ git config" in said
    assert "$ git fetch" in said
