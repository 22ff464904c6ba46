"""The door to git: how it is started, how long it may take, and what its failures mean."""

from __future__ import annotations

import os
import shlex
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from multigit.adapters.git import outcome as git_outcome
from multigit.adapters.git.outcome import Completed, failure, last_line
from multigit.adapters.git.process import SSH_OPTIONS, require_git, ssh_command
from multigit.core.values.git_answers import Publication
from multigit.errors import GitError, RefusedError
from tests.adapters.git.clones import STAGES, open_clone, open_door
from tests.support.forge import Forge, ForgeRepo, untouched
from tests.support.gitenv import init
from tests.support.http_git import GitHttpServer


@pytest.fixture
def api(forge: Forge) -> ForgeRepo:
    """Return a repository."""
    return forge.add("api")


def program(path: Path, script: str) -> Path:
    """Write a shell script that can be run."""
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


# --- Starting git


def test_bytes_come_back_as_they_are(tmp_path: Path) -> None:
    """Input as bytes, output as bytes, and as text that turns back into them."""
    init(tmp_path)
    door = open_door(tmp_path)
    sha = door.run("hash-object", "-w", "--stdin", input=b"\xff\n\0").text.strip()
    done = door.run("cat-file", "blob", sha)
    assert (done.stdout, done.text, done.status) == (b"\xff\n\0", "\udcff\n\0", 0)
    assert done.fields() == ["\udcff\n"]


def test_a_status_may_be_accepted(tmp_path: Path) -> None:
    """Others are errors, with what git said."""
    init(tmp_path)
    door = open_door(tmp_path)
    assert door.run("rev-parse", "--quiet", "--verify", "x", accept=(0, 1)).status == 1
    with pytest.raises(GitError) as caught:
        door.run("rev-parse", "--verify", "x")
    assert caught.value.message == "git rev-parse failed: Needed a single revision"
    assert caught.value.output == "fatal: Needed a single revision\n"


def test_git_speaks_english_and_asks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the user's language, editor, pager and prompts are."""
    for name in ("GIT_EDITOR", "GIT_ASKPASS", "GIT_PAGER", "LC_ALL", "LANGUAGE"):
        monkeypatch.setenv(name, "/nowhere")
    init(tmp_path)
    shown = open_door(tmp_path).run("-c", "alias.e=!env", "e").text.splitlines()
    found = dict(line.split("=", 1) for line in shown if "=" in line)
    assert found["GIT_EDITOR"] == "false"
    assert found["GIT_TERMINAL_PROMPT"] == "0"
    assert found["GIT_ASKPASS"] == "true"
    assert (found["LC_ALL"], found["LANGUAGE"]) == ("C", "C")


def test_a_secret_in_an_error_is_masked(tmp_path: Path) -> None:
    """Git likes to show whole URLs."""
    init(tmp_path)
    url = "http://ada:sesame@127.0.0.1:1/x"
    with pytest.raises(GitError) as caught:
        open_door(tmp_path).run("-c", "alias.e=!f() { echo $1 >&2; exit 1; }; f", "e", url)
    error = caught.value
    assert "sesame" not in f"{error.message}{error.hint}{error.output}"
    assert "http://***@127.0.0.1:1/x" in error.output


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("echo git version 2.37.9", "git_too_old"),
        ("echo git version 1.9", "git_too_old"),
        ("exit 1", "git_missing"),
    ],
)
def test_an_unfit_git_is_refused(
    answer: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is read."""
    program(tmp_path / "git", answer)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    require_git.cache_clear()
    with pytest.raises(RefusedError) as caught:
        require_git()
    assert caught.value.code == code
    require_git.cache_clear()


@pytest.mark.parametrize(
    ("answer", "version"),
    [
        ("git version 2.38.0", (2, 38, 0)),
        ("git version 2.50.1 (Apple Git-155)", (2, 50, 1)),
        ("git version 2.39.5.windows.1", (2, 39, 5)),
        ("git version 3.0", (3, 0)),
    ],
)
def test_a_fit_git_tells_its_version(
    answer: str, version: tuple[int, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the forms that distributions give it."""
    program(tmp_path / "git", f"echo '{answer}'")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    require_git.cache_clear()
    assert require_git() == version
    require_git.cache_clear()


def test_a_missing_git_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when it goes away between two commands."""
    init(tmp_path)
    door = open_door(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    require_git.cache_clear()
    with pytest.raises(RefusedError, match="git was not found"):
        require_git()
    with pytest.raises(RefusedError, match="git was not found"):
        door.run("status")
    require_git.cache_clear()


# --- Time


def alive(pid: int) -> bool:
    """Tell whether a process runs (one that only waits to be buried does not)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def gone(pid: int) -> bool:
    """Give a process a moment to end."""
    for _ in range(100):
        if not alive(pid):
            return True
        time.sleep(0.02)
    return False


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Assert that the block takes no longer."""
    begin = time.monotonic()
    yield
    assert time.monotonic() - begin < seconds


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="looks processes up in /proc")  # noqa: PTH112
def test_a_server_that_never_answers_is_left_with_all_helpers(forge: Forge, api: ForgeRepo) -> None:
    """Git, the shell that it started and what that started: the whole group ends."""
    pids = forge.root / "pids"
    sleeper = program(forge.root / "upload-pack", f"sleep 60 & echo $$ $! > {pids}; wait")
    api.git("config", "--global", "remote.origin.uploadpack", str(sleeper))
    repository = open_clone(forge, api, timeout=1)
    with untouched(forge), at_most(5), pytest.raises(GitError) as caught:
        repository.fetch(STAGES)
    assert caught.value.code == "timeout"
    assert caught.value.message == "git fetch did not end within 1 seconds."
    for pid in pids.read_text().split():
        assert gone(int(pid))


def test_a_server_that_drips_is_left_too(forge: Forge, api: ForgeRepo) -> None:
    """Time counts, not silence."""
    dripping = program(
        forge.root / "upload-pack", "printf fff0; while sleep 0.1; do printf x; done"
    )
    api.git("config", "--global", "remote.origin.uploadpack", str(dripping))
    with at_most(5), pytest.raises(GitError) as caught:
        open_clone(forge, api, timeout=1).remote_refs(["refs/heads/main"])
    assert caught.value.code == "timeout"


def test_a_push_that_takes_too_long_is_an_error(forge: Forge, api: ForgeRepo) -> None:
    """So the executor asks the remote what became of it."""
    program(api.bare / "hooks/pre-receive", "sleep 60")
    commit = api.local_commit({"a": "1\n"})
    push = [Publication("refs/heads/dev", api.tip("dev"), commit)]
    with at_most(5), pytest.raises(GitError) as caught:
        open_clone(forge, api, timeout=1).push(push)
    assert caught.value.code == "timeout"


def test_a_prompt_is_answered_with_nothing(forge: Forge, api: ForgeRepo) -> None:
    """A password that nobody can type is one that is refused, at once."""
    with GitHttpServer(forge.remotes) as server, at_most(10):
        api.use_url(server.url("api"))
        with pytest.raises(GitError) as caught:
            open_clone(forge, api).fetch(STAGES)
    assert caught.value.code == "authentication"


# --- ssh


@pytest.mark.parametrize(
    ("environment", "configured", "expected"),
    [
        ({}, "", f"ssh {SSH_OPTIONS}"),
        ({}, "ssh -i 'my key'", f"ssh -i 'my key' {SSH_OPTIONS}"),
        ({"GIT_SSH_COMMAND": "/usr/bin/ssh -v"}, "ssh -i key", f"/usr/bin/ssh -v {SSH_OPTIONS}"),
        ({"GIT_SSH": "plink"}, "", ""),
        ({"GIT_SSH": "plink"}, "ssh -i key", f"ssh -i key {SSH_OPTIONS}"),
        ({"GIT_SSH_COMMAND": "plink -batch"}, "", ""),
        ({"GIT_SSH_COMMAND": "./my-script"}, "", ""),
        (
            {"GIT_SSH_COMMAND": "./my-script", "GIT_SSH_VARIANT": "ssh"},
            "",
            f"./my-script {SSH_OPTIONS}",
        ),
        ({"GIT_SSH_COMMAND": "ssh", "GIT_SSH_VARIANT": "simple"}, "", ""),
        ({"GIT_SSH_COMMAND": "ssh 'unclosed"}, "", ""),
        ({"GIT_SSH_COMMAND": " "}, "", ""),
    ],
)
def test_ssh_keeps_the_users_command_and_gets_time_outs(
    environment: dict[str, str], configured: str, expected: str
) -> None:
    """Only OpenSSH does; git's own order of precedence holds."""
    assert ssh_command(environment, configured) == expected


def test_ssh_is_started_with_them(
    forge: Forge, api: ForgeRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a terminal to ask at, behind what the repository configures."""
    said = forge.root / "said"
    folder = forge.root / "bin"
    folder.mkdir()
    program(folder / "ssh", f'echo "$@" > {said}; exit 255')
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    api.git("config", "core.sshCommand", "ssh -i key")
    api.use_url("ssh://git@example.org/api.git")
    with pytest.raises(GitError):
        open_clone(forge, api).fetch(STAGES)
    assert shlex.split(said.read_text())[:4] == ["-i", "key", "-o", "BatchMode=yes"]


# --- Reasons


def by_ssh(words: str) -> Callable[[Forge, ForgeRepo], None]:
    """Return how to let ssh fail with these words."""

    def arrange(forge: Forge, repo: ForgeRepo) -> None:
        script = program(forge.root / "ssh", f"echo {shlex.quote(words)} >&2; exit 255")
        repo.git("config", "core.sshCommand", str(script))
        repo.use_url("ssh://git@example.org/api.git")

    return arrange


def no_such_host(_forge: Forge, repo: ForgeRepo) -> None:
    """Name a host that can not exist."""
    repo.use_url("http://nowhere.invalid/api.git")


def closed_port(_forge: Forge, repo: ForgeRepo) -> None:
    """Name a port at which nobody listens."""
    repo.use_url("http://127.0.0.1:1/api.git")


def moved_away(_forge: Forge, repo: ForgeRepo) -> None:
    """Take the remote away."""
    shutil.rmtree(repo.bare)


def unwritable(_forge: Forge, repo: ForgeRepo) -> None:
    """Put a file where git wants to write a folder; that stops root, too."""
    repo.commit("dev", {"a": "1\n"})
    shutil.rmtree(repo.clone / ".git/objects/pack")
    (repo.clone / ".git/objects/pack").touch()
    for number in range(256):
        place = repo.clone / f".git/objects/{number:02x}"
        if not place.exists():
            place.touch()


REASONS: dict[str, tuple[str, Callable[[Forge, ForgeRepo], None]]] = {
    "no such host": ("unreachable", no_such_host),
    "closed port": ("unreachable", closed_port),
    "ssh: no route": (
        "unreachable",
        by_ssh("ssh: connect to host example.org port 22: No route to host"),
    ),
    "ssh: slow": (
        "unreachable",
        by_ssh("ssh: connect to host example.org port 22: Connection timed out"),
    ),
    "ssh: key refused": (
        "authentication",
        by_ssh("git@example.org: Permission denied (publickey)."),
    ),
    "ssh: host key": ("host_key", by_ssh("Host key verification failed.")),
    "ssh: not found": ("remote_missing", by_ssh("ERROR: Repository not found.")),
    "moved away": ("remote_missing", moved_away),
    "not writable": ("not_writable", unwritable),
}


@pytest.mark.parametrize("case", REASONS)
def test_a_reason_that_we_know_has_our_words(case: str, forge: Forge, api: ForgeRepo) -> None:
    """A code for scripts, a sentence without git's jargon, a hint; git's words are kept."""
    code, arrange = REASONS[case]
    arrange(forge, api)
    with pytest.raises(GitError) as caught:
        open_clone(forge, api).fetch(STAGES)
    error = caught.value
    assert error.code == code
    assert error.message.endswith(".")
    assert "fatal" not in error.message
    assert error.hint
    assert error.output


@pytest.mark.parametrize("path", ["nowhere", "api"])
def test_reasons_over_http(path: str, forge: Forge, api: ForgeRepo) -> None:
    """A repository that is not there, and a password that is not right."""
    with GitHttpServer(forge.remotes) as server:
        url = server.url(path, with_password=path == "nowhere")
        api.use_url(url.replace("http://", "http://eve:wrong@") if path == "api" else url)
        with pytest.raises(GitError) as caught:
            open_clone(forge, api).fetch(STAGES)
    expected = {"nowhere": "remote_missing", "api": "authentication"}
    assert caught.value.code == expected[path]
    assert "sesame" not in caught.value.output
    assert "wrong" not in caught.value.output


class Trouble(BaseHTTPRequestHandler):
    """A server that is being repaired, or that lets nobody in."""

    def do_GET(self) -> None:
        """Answer with the status that stands in the path."""
        self.send_error(int(self.path.split("/")[1]))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (overrides)
        """Keep quiet."""


@pytest.mark.parametrize(("status", "code"), [(503, "connection_lost"), (403, "authentication")])
def test_reasons_by_http_status(status: int, code: str, forge: Forge, api: ForgeRepo) -> None:
    """A server that answers, but not with what we want."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Trouble) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        api.use_url(f"http://127.0.0.1:{server.server_port}/{status}/api.git")
        with pytest.raises(GitError) as caught:
            open_clone(forge, api).fetch(STAGES)
        server.shutdown()
    assert caught.value.code == code


@pytest.mark.parametrize("errors", [git_outcome._REASONS])
def test_every_reason_is_whole(errors: tuple[tuple[str, ...], ...]) -> None:
    """A pattern, a code, a sentence, a hint; no two patterns twice."""
    for pattern, code, sentence, hint in errors:
        assert pattern
        assert code.replace("_", "").islower()
        assert sentence.endswith(".")
        assert hint
    assert len({pattern for pattern, *_ in errors}) == len(errors)


@pytest.mark.parametrize(
    ("stderr", "code"),
    [
        ("error: file write error: No space left on device\nfatal: x", "disk_full"),
        ("fatal: Unable to create temporary file: Disk quota exceeded", "disk_full"),
        ("error: cannot open .git/x: Read-only file system", "not_writable"),
        ("fatal: something new", "git"),
        ("", "git"),
    ],
)
def test_other_reasons_by_their_words(stderr: str, code: str) -> None:
    """What cannot be made to happen here."""
    assert failure("fetch", Completed(128, b"", stderr)).code == code


@pytest.mark.parametrize(
    ("stderr", "line"),
    [
        ("warning: a\nfatal: b\nhint: c\n", "b"),
        ("error: a\nfatal: b\n", "a"),
        ("only this\n\n", "only this"),
        ("\n", ""),
    ],
)
def test_the_telling_line_is_chosen(stderr: str, line: str) -> None:
    """The first that git calls fatal or an error, or the last of all."""
    assert last_line(stderr) == line
