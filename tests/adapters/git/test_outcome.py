"""How a git process ended, and what its error messages mean in multigit's words."""

from __future__ import annotations

import shlex
import shutil
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from multigit.adapters.git import outcome as git_outcome
from multigit.adapters.git.outcome import Completed, failure, last_line
from multigit.adapters.git.push.publishing import BEFORE_SENDING
from multigit.errors import GitError
from tests.adapters.git.clones import STAGES, open_clone
from tests.support.forge import Forge, ForgeRepo
from tests.support.http_git import GitHttpServer
from tests.support.programs import program


def by_ssh(words: str) -> Callable[[Forge, ForgeRepo], None]:
    """Return a function that makes ssh fail with these words."""

    def arrange(forge: Forge, repo: ForgeRepo) -> None:
        script = program(forge.root / "ssh", f"echo {shlex.quote(words)} >&2; exit 255")
        repo.git("config", "core.sshCommand", str(script))
        repo.use_url("ssh://git@example.org/api.git")

    return arrange


def no_such_host(_forge: Forge, repo: ForgeRepo) -> None:
    """Use a host name that cannot exist."""
    repo.use_url("http://nowhere.invalid/api.git")


def closed_port(_forge: Forge, repo: ForgeRepo) -> None:
    """Use a port on which nothing listens."""
    repo.use_url("http://127.0.0.1:1/api.git")


def moved_away(_forge: Forge, repo: ForgeRepo) -> None:
    """Delete the remote."""
    shutil.rmtree(repo.bare)


def unwritable(_forge: Forge, repo: ForgeRepo) -> None:
    """Put files where git has to write folders, which stops even root."""
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
    """Each has a code, a sentence without git's jargon and a hint; git's output is kept."""
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
    """A missing repository and a wrong password have different codes."""
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
    """A server that answers every request with an HTTP error."""

    def do_GET(self) -> None:
        """Answer with the status in the path."""
        self.send_error(int(self.path.split("/")[1]))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (overrides)
        """Log nothing."""


@pytest.mark.parametrize(("status", "code"), [(503, "connection_lost"), (403, "authentication")])
def test_reasons_by_http_status(status: int, code: str, forge: Forge, api: ForgeRepo) -> None:
    """An HTTP error has the code that its status stands for."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Trouble) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        api.use_url(f"http://127.0.0.1:{server.server_port}/{status}/api.git")
        with pytest.raises(GitError) as caught:
            open_clone(forge, api).fetch(STAGES)
        server.shutdown()
    assert caught.value.code == code


@pytest.mark.parametrize("errors", [git_outcome._REASONS])
def test_every_reason_is_whole(errors: tuple[tuple[str, ...], ...]) -> None:
    """Each has a pattern, a code, a sentence and a hint, and no pattern occurs twice."""
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
    """These reasons cannot be provoked in a test, so they are recognized by their text."""
    assert failure("fetch", Completed(128, b"", stderr)).code == code


def test_a_connection_that_is_reset_in_the_middle_is_not_final() -> None:
    """The push may have been sent completely, so the server may still carry it out."""
    said = (
        "error: RPC failed; curl 56 Recv failure: Connection reset by peer\n"
        "send-pack: unexpected disconnect while reading sideband packet\n"
        "fatal: the remote end hung up unexpectedly\n"
    )
    assert failure("push", Completed(1, b"", said)).code not in BEFORE_SENDING


def test_a_connection_that_ends_at_once_is_tried_again() -> None:
    """A connection that is closed at once counts as lost, so the command may be repeated."""
    said = "fatal: the remote end hung up upon initial contact\n"
    assert failure("fetch", Completed(128, b"", said)).code == "connection_lost"


def test_the_cause_of_a_lost_connection_is_reported() -> None:
    """The message has the first fatal error, since the others only follow from it."""
    gone = "the remote end hung up unexpectedly"
    stderr = f"fatal: protocol error: bad line length 17\nfatal: {gone}\n"
    error = failure("fetch", Completed(128, b"", stderr))
    assert error.message.endswith("was lost: protocol error: bad line length 17")
    assert failure("fetch", Completed(128, b"", f"fatal: {gone}\n")).message.endswith("was lost.")


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
    """It is the first line with `fatal:` or `error:`, or else the last line."""
    assert last_line(stderr) == line


def test_a_hint_names_the_clone_from_where_the_user_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In full where it is not below, and where git has removed the current folder."""
    (tmp_path / "my shop/api/src").mkdir(parents=True)
    hints = []
    for place in ("my shop", "my shop/api", "my shop/api/src"):
        monkeypatch.chdir(tmp_path / place)
        if place.endswith("src"):
            Path.cwd().rmdir()
        gone = Completed(128, b"", "fatal: repository not found\n")
        hints.append(failure("fetch", gone, tmp_path / "my shop/api").hint)
    whole = f"'{tmp_path}/my shop/api'"
    assert [hint.partition("git -C ")[2] for hint in hints] == [
        "api remote -v",
        ". remote -v",
        f"{whole} remote -v",
    ]
