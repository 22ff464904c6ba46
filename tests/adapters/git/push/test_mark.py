"""The mark of a push is held by every process of the push, and by no other one."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from multigit.adapters.git.push.mark import PushMark
from multigit.core.values.git_answers import Publication
from multigit.errors import GitError
from tests.adapters.git.clones import open_clone
from tests.support.forge import Forge
from tests.support.patience import until


def test_a_mark_is_seen_while_a_process_of_the_push_is_there(tmp_path: Path) -> None:
    """This includes a helper that outlives git, and two pushes that hold the mark at once."""
    mark = PushMark(tmp_path / "pushes/api")
    name = mark.make()
    assert mark.is_held(name) is False
    helper = f"until [ -e {tmp_path}/go ]; do sleep 0.02; done &"
    with mark.held() as first, mark.held() as second:
        for files in (first, second):
            subprocess.run(["sh", "-c", helper], pass_fds=files, check=True)
    assert mark.is_held(name) is True
    (tmp_path / "go").touch()
    until(lambda: mark.is_held(name) is False)


def test_a_look_keeps_nobody_out(tmp_path: Path) -> None:
    """A push can still hold the mark after several checks, and no check is taken for a push."""
    mark = PushMark(tmp_path / "api")
    name = mark.make()
    assert [mark.is_held(name) for _ in range(3)] == [False] * 3
    with mark.held() as files:
        assert files
        assert mark.is_held(name) is True


def test_a_copy_is_another_mark(tmp_path: Path) -> None:
    """Whether a copy or a deleted mark is held is unknown."""
    mark, copy = PushMark(tmp_path / "api"), PushMark(tmp_path / "copy")
    name = mark.make()
    shutil.copy(tmp_path / "api", tmp_path / "copy")
    assert copy.is_held(name) is None
    (tmp_path / "api").unlink()
    assert mark.is_held(name) is None


def test_a_push_that_was_not_announced_has_no_mark(tmp_path: Path) -> None:
    """A push that takes a lock is an example, since no operation asks for its result."""
    with PushMark(tmp_path / "pushes/api").held() as files:
        assert files == ()


def test_without_a_mark_a_push_is_not_announced(tmp_path: Path) -> None:
    """It is an error if the file cannot be created."""
    (tmp_path / "pushes").write_text("in the way")
    with pytest.raises(GitError, match="cannot be written"):
        PushMark(tmp_path / "pushes/api").make()


def test_a_push_whose_mark_cannot_be_held_is_not_sent(
    forge: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There may be too many open files, or the disk may not support locks."""
    api = forge.add("api")
    repository = open_clone(forge, api)
    flight, before = repository.flight(), api.remote_refs()

    def fails(*_args: object, **_kwargs: object) -> int:
        raise OSError(errno.EMFILE, "Too many open files")

    for name, doing in (
        ("multigit.adapters.files.durable.open_private", "opened"),
        ("fcntl.flock", "locked"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(name, fails)
            assert repository.in_flight(flight) is None
            report = repository.push([Publication("refs/heads/new", "", api.tip("main"))])
        assert (report.accepted, report.sent, report.code) == (False, False, "not_writable")
        assert f"cannot be {doing}: Too many open files" in report.reason
    assert api.remote_refs() == before


def test_what_follows_a_push_does_not_hold_it(forge: Forge) -> None:
    """Commands after it do not inherit its file descriptor, whose number may be another file's."""
    api = forge.add("api")
    repository = open_clone(forge, api)
    taken = [os.open(os.devnull, os.O_RDONLY) for _ in range(20)]
    repository.flight()
    tip = api.tip("main")
    assert repository.push([Publication("refs/heads/new", "", tip)]).accepted
    for descriptor in taken:  # so that git itself gets lower numbers
        os.close(descriptor)
    assert repository.remote_refs(["refs/heads/new"]) == {"refs/heads/new": tip}


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("file:///srv/api.git", True),
        ("/srv/api.git", True),
        ("ssh://git@example.org/api.git", False),
        ("git@example.org:api.git", False),
        ("https://example.org/api.git", False),
    ],
)
def test_only_a_remote_on_this_machine_ends_with_git(
    forge: Forge, url: str, *, local: bool
) -> None:
    """A push to it ends with its last process; a remote server may still be working."""
    api = forge.add("api")
    api.git("remote", "set-url", "origin", url)
    repository = open_clone(forge, api, timeout=7.0)
    flight = repository.flight()
    assert flight.local is local
    assert flight.until - flight.began >= 7.0
    assert repository.in_flight(flight) is (False if local else None)


def test_a_rewritten_url_leads_elsewhere(forge: Forge) -> None:
    """The URL after rewriting counts, even if only pushes are rewritten."""
    api = forge.add("api")
    api.git("remote", "set-url", "origin", "/srv/api.git")
    assert open_clone(forge, api).flight().local
    api.git("config", "url.ssh://example.org/.pushInsteadOf", "/srv/")
    assert not open_clone(forge, api).flight().local


def test_what_was_pushed_from_another_machine_is_not_looked_for_here(
    forge: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The workspace may be on a disk that several machines share."""
    repository = open_clone(forge, forge.add("api"))
    flight = repository.flight()
    assert repository.in_flight(flight) is False
    monkeypatch.setattr("socket.gethostname", lambda: "elsewhere")
    assert repository.in_flight(flight) is None
    assert (forge.shop / ".multigit/pushes/api").exists()
