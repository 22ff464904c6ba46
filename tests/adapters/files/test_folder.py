"""The .multigit folder of a workspace is private and never committed."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from multigit.adapters.files.folder import WorkspaceFiles, write_new
from multigit.adapters.files.journal import Journal
from multigit.core.progress.journal import Entry, EntryKind
from multigit.core.values.agreement import Actor
from multigit.core.values.workspace import Workspace
from multigit.errors import RefusedError, UsageError
from tests.core.builders import plan, to_publish
from tests.support.gitenv import git, init
from tests.support.unprivileged import unprivileged

ADA = Actor("Ada <ada@example.com>", "ada", "build-7")


def files(root: Path) -> WorkspaceFiles:
    """Return the files of a workspace in this folder."""
    return WorkspaceFiles(Workspace(root, (), ()))


def test_the_folder_is_private_and_ignored(tmp_path: Path) -> None:
    """It is ignored by a repository that contains the workspace."""
    init(tmp_path)
    files(tmp_path).require_writable()
    folder = tmp_path / ".multigit"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    (folder / "note").touch()
    assert git(tmp_path, "status", "--porcelain", "--untracked-files=all") == "?? deployment.log"


def test_it_may_be_there_already(tmp_path: Path) -> None:
    """An existing .gitignore in it is kept."""
    (tmp_path / ".multigit").mkdir()
    (tmp_path / ".multigit/.gitignore").write_text("# mine\n", encoding="utf-8")
    files(tmp_path).require_writable()
    assert (tmp_path / ".multigit/.gitignore").read_text() == "# mine\n"


def test_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    """The error has a code and a hint."""
    (tmp_path / ".multigit").touch()
    with pytest.raises(RefusedError) as caught:
        files(tmp_path).require_writable()
    assert caught.value.code == "workspace_not_writable"
    assert caught.value.hint


def test_a_link_to_where_no_one_may_look_is_refused() -> None:
    """The error has the reason, even if Python cannot say whether the target is a folder."""
    with unprivileged() as root:
        (root / "closed/x").mkdir(parents=True)
        (root / ".multigit").symlink_to(root / "closed/x")
        (root / "closed").chmod(0)
        with pytest.raises(RefusedError, match="Permission denied") as caught:
            files(root).require_writable()
        (root / "closed").chmod(0o700)
    assert caught.value.code == "workspace_not_writable"


@pytest.mark.parametrize("place", [".multigit", ".multigit/operations"])
def test_a_link_to_nowhere_is_found_beforehand(tmp_path: Path, place: str) -> None:
    """Either folder may be such a link; the reported problem equals the error of an operation."""
    files(tmp_path).require_writable()
    (tmp_path / place).rename(tmp_path / "away")
    (tmp_path / place).symlink_to("nowhere")
    (problem,) = files(tmp_path).write_problems()
    with pytest.raises(RefusedError) as caught:
        files(tmp_path).require_writable()
    assert (problem.message, problem.hint) == (caught.value.message, caught.value.hint)


@pytest.mark.parametrize("lock", ["lock", "lock.json", "log.lock"])
def test_a_lock_that_cannot_be_taken_is_found_beforehand(tmp_path: Path, lock: str) -> None:
    """The problem is reported in advance, since an operation would be refused because of it."""
    files(tmp_path).require_writable()
    file = tmp_path / ".multigit" / lock
    file.unlink(missing_ok=True)
    assert files(tmp_path).write_problems() == ()
    file.symlink_to("nowhere")
    (problem,) = files(tmp_path).write_problems()
    assert problem.code == "lock_unusable"
    assert lock in problem.message


def test_without_room_it_asks_for_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hint asks for free space, not for other permissions."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(RefusedError) as caught:
        files(tmp_path).require_writable()
    assert caught.value.hint.startswith("Free some space there")


def test_the_log_lies_where_the_configuration_says(tmp_path: Path) -> None:
    """The path is relative to the workspace folder."""
    workspace = Workspace(tmp_path, (), (), log="logs/deploy.log")
    assert WorkspaceFiles(workspace).log.file == tmp_path / "logs/deploy.log"


def test_new_files_overwrite_nothing(tmp_path: Path) -> None:
    """An existing file is kept, and a link is not followed."""
    write_new(tmp_path / "new", "ü\n")
    assert (tmp_path / "new").read_bytes() == "ü\n".encode()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("new", "link"):
        with pytest.raises(RefusedError):
            write_new(tmp_path / name, "other")
    assert (tmp_path / "new").read_bytes() == "ü\n".encode()
    assert not os.path.lexists(tmp_path / "nowhere")


def test_what_never_began_leaves_nothing_behind(tmp_path: Path) -> None:
    """A journal without a complete line is removed, and one with a line is kept."""
    mine = files(tmp_path)
    mine.operations.mkdir(parents=True)
    for name, content in (("empty", b""), ("torn", b'{"journal":1'), ("begun", b'{"journal":1}\n')):
        (mine.operations / f"{name}.jsonl").write_bytes(content)
    mine.remove_unstarted()
    assert mine.unfinished() == ("begun",)
    assert [file.name for file in mine.operations.iterdir()] == ["begun.jsonl"]


def test_nothing_to_forget_is_no_error(tmp_path: Path) -> None:
    """This holds even if no operation was ever started."""
    files(tmp_path).remove_unstarted()


def test_an_undo_is_newer_than_what_it_takes_back(tmp_path: Path) -> None:
    """This holds even if the clock was set back in between."""
    mine = files(tmp_path)
    mine.operations.mkdir(parents=True)
    operations = ("20261120T120000Z-promote-dev-undo-1a2b", "20261119T120000Z-undo-stg-3c4d")
    for operation in operations:
        (mine.operations / f"{operation}.jsonl").write_bytes(b"{}\n")
    assert mine.unfinished() == operations


def test_no_id_leads_to_a_journal_elsewhere(tmp_path: Path) -> None:
    """An id may come from a log that anyone could have written, so such ids are unknown."""
    mine, elsewhere = tmp_path / "shop", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (mine / ".multigit/operations").mkdir(parents=True)
    Journal(elsewhere / "a.jsonl").write(Entry(EntryKind.BEGUN, plan(to_publish()), ADA))
    (mine / ".multigit/operations/a.jsonl").write_bytes((elsewhere / "a.jsonl").read_bytes())
    assert files(mine).read_journal("a")[1].plan == plan(to_publish())
    for operation in ("../../../elsewhere/a", str(elsewhere / "a"), "../operations/a", "..", ""):
        with pytest.raises(UsageError) as caught:
            files(mine).read_journal(operation)
        assert caught.value.code == "unknown_operation"
